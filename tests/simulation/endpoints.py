"""Both ends of the world: labs that send until they are answered, and a receiver with moods."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from tests.simulation.loop import SimLoop
from tests.simulation.network import SimTransport

PATIENTS = 4
POSITIVE = (b"AA", b"CA")


def fields(frame: bytes, segment: bytes) -> list[bytes]:
    for line in frame.split(b"\r"):
        if line.startswith(segment + b"|"):
            return line.split(b"|")
    return []


def msa(answer: bytes) -> tuple[bytes, bytes]:
    """MSA-1 and MSA-2."""
    found = fields(answer, b"MSA")
    return (found[1], found[2]) if len(found) > 2 else (b"", b"")


@dataclass(slots=True)
class Letter:
    """One message a lab has to send."""

    lab: str
    control_id: str
    patient: int
    body: bytes
    kind: str
    answers: list[bytes] = field(default_factory=list)
    accepted: bytes | None = None


def _tests(dice: Random) -> list[str]:
    """The tests of a message: a correction may speak of a part of the order."""
    both = ["2345-7^Glucose^LN", "2160-0^Creatinine^LN"]
    return dice.choice([both, both, both[:1], both[1:]])


def letter(lab: str, number: int, dice: Random) -> Letter:
    """A message drawn by the dice."""
    kind = dice.choices(
        ["result", "stat", "correction", "unknown", "poison", "flaky", "refused", "headless"],
        [46, 6, 22, 4, 5, 8, 2, 1],
    )[0]
    origin = number if kind != "correction" else max(1, number - dice.randint(1, 2))
    patient = (origin * 3 + sum(lab.encode())) % PATIENTS
    status = "C" if kind == "correction" else "F"
    control_id = f"{lab.upper()}-{number}"
    event = "ADT^A08" if kind == "refused" else "ORU^R01^ORU_R01"
    modes = dice.choice(["", "", "|||AL|NE"])
    pid = f"P{patient}" if kind != "unknown" else "P9999"
    urgent = "^^^^^S" if kind == "stat" else ""
    moment = number if dice.random() < 0.8 else max(0, number - 4)  # now and then a late one
    body = (
        f"MSH|^~\\&|LIS|{lab}|HEADRACE|HOSP|20260301101500||{event}|{control_id}|P|2.5.1{modes}\r"
        f"PID|1||{pid}^^^HOSP^MR||Marlow{patient}^Ada||1968051{patient}|F\r"
        f"OBR|1||F{lab}{origin}|24323-8^Panel^LN|||202603010815|||||||||||||||2026030110{moment:02}||CH|{status}||{urgent}\r"
    )
    for place, code in enumerate(_tests(dice), start=1):
        body += f"OBX|{place}|NM|{code}||{number}.{dice.randrange(100)}|mg/dL|70-110|N|||{status}\r"
    if kind in ("poison", "flaky"):
        body += f"NTE|1||{kind.upper()}\r"
    if kind == "headless":
        body = "garbage without a header"
    return Letter(lab, control_id, patient, body.encode(), kind)


@dataclass(slots=True)
class Arrival:
    """A frame that reached the receiver: what it did with it."""

    at: float
    control_id: str
    body: bytes
    took: bool
    mood: str


class Receiver:
    """The EHR: takes a message once, answers as its mood is."""

    def __init__(self, loop: SimLoop, dice: Random, note: Callable[[str], None], *, ack_timeout: float) -> None:
        self._loop = loop
        self._dice = dice
        self._note = note
        self._patience = ack_timeout
        self.arrivals: list[Arrival] = []
        self.taken: dict[str, float] = {}
        self.refused: set[str] = set()
        self.is_down = False
        self.badness = 0.0
        self._last = b"NONE"
        self._links: set[SimTransport] = set()

    async def dial(self, factory: Callable[[], asyncio.Protocol], _host: str, _port: int) -> tuple[Any, Any]:
        await asyncio.sleep(self._dice.uniform(0.001, 0.02))
        if self.is_down:
            if self._dice.random() < 0.3:
                await asyncio.sleep(3600)
            raise ConnectionRefusedError
        protocol = factory()
        transport = SimTransport(self._loop, protocol, self._dice)
        transport.far_end = self._hear
        self._links.add(transport)
        protocol.connection_made(transport)
        return transport, protocol

    def fall(self) -> None:
        """Go down: every connection ends."""
        self.is_down = True
        for link in self._links:
            link.hang_up()
        self._links.clear()

    def _mood(self) -> str:
        if self._dice.random() >= self.badness:
            return "AA"
        return self._dice.choice(
            ["AE", "AE", "AR", "AR", "mute", "late", "wrong", "previous", "hang_up", "took_and_hung_up", "garbage"]
        )

    def _hear(self, link: SimTransport, data: bytes) -> None:
        if self.is_down:
            return
        frame = data.strip(b"\x0b\x1c\r")
        control_id = fields(frame + b"\r", b"MSH")[9]
        name = control_id.decode()
        mood = self._mood()
        took = mood in ("AA", "late", "took_and_hung_up")
        self.arrivals.append(Arrival(self._loop.time(), name, frame, took, mood))
        self._note(f"ehr <- {name} ({mood})")
        if took:
            self.taken.setdefault(name, self._loop.time())
        elif mood in ("AE", "AR"):
            self.refused.add(name)
        self._reply(link, mood, control_id)
        self._last = control_id

    def _reply(self, link: SimTransport, mood: str, control_id: bytes) -> None:
        if mood in ("AA", "AE", "AR"):
            link.arrive(_ack(mood.encode(), control_id), self._dice.uniform(0, 0.3))
        elif mood == "late":
            link.arrive(_ack(b"AA", control_id), self._patience + self._dice.uniform(0.01, 5))
        elif mood == "wrong":
            link.arrive(_ack(b"AA", b"X" + control_id), 0.1)
        elif mood == "previous":
            link.arrive(_ack(b"AA", self._last if self._last != control_id else b"NONE"), 0.1)
        elif mood == "garbage":
            link.arrive(b"\x0bwhat\x1c\r", 0.1)
        elif mood != "mute":
            link.hang_up(self._dice.uniform(0, 0.2))


def _ack(code: bytes, control_id: bytes) -> bytes:
    return b"\x0bMSH|^~\\&|EHR|H|HEADRACE||20260301||ACK|A1|P|2.5.1\rMSA|" + code + b"|" + control_id + b"\r\x1c\r"
