"""An MLLP load generator: raw sockets and one selector, so that it costs less than what it measures.

    python -m bench.load PORT SIZE CONNECTIONS DEPTH MESSAGES RUN

prints one JSON line: messages a second and ACK latencies. Every answer is checked: MSA-1 accepts, MSA-2 is the id.
"""

from __future__ import annotations

import base64
import json
import random
import selectors
import socket
import sys
import time
from collections import deque
from dataclasses import dataclass, field

END = b"\x1c\r"
SIZES = ("small", "medium", "pdf200k", "pdf2m", "pdf10m")
_DOCUMENT_BYTES = {"pdf200k": 150_000, "pdf2m": 1_500_000, "pdf10m": 7_500_000}
_OBX = {"small": 10, "medium": 110}
_TESTS = (
    ("2345-7", "Glucose", "mg/dL", "70-99"), ("2160-0", "Creatinine", "mg/dL", "0.6-1.3"), ("2951-2", "Sodium", "mmol/L", "136-145"),
    ("2823-3", "Potassium", "mmol/L", "3.5-5.1"), ("718-7", "Hemoglobin", "g/dL", "12.0-16.0"), ("6690-2", "WBC", "10*3/uL", "4.0-11.0"),
    ("777-3", "Platelets", "10*3/uL", "150-400"), ("1742-6", "ALT", "U/L", "7-56"), ("1920-8", "AST", "U/L", "10-40"),
    ("3016-3", "TSH", "m[IU]/L", "0.4-4.0"),
)  # fmt: skip


class Messages:
    """Messages of one size; only control id, patient and order number differ."""

    def __init__(self, size: str, run: str, *, patients: int = 200) -> None:
        self._run = run
        self._patients = patients
        self._tail = self._body(size)

    @staticmethod
    def _body(size: str) -> bytes:
        dice = random.Random(size)
        if size in _DOCUMENT_BYTES:
            data = b"%PDF-1.4\n" + dice.randbytes(_DOCUMENT_BYTES[size]) + b"\n%%EOF\n"
            return b"OBX|1|ED|PDF^Report^L|1|^AP^PDF^Base64^" + base64.b64encode(data) + b"||||||F\r"
        lines = []
        for number in range(_OBX[size]):
            code, name, unit, reference = _TESTS[number % len(_TESTS)]
            lines.append(
                f"OBX|{number + 1}|NM|{code}^{name}^LN|{number // 10 + 1}|{dice.randint(1, 400)}|{unit}|{reference}||||F\r"
            )
        return "".join(lines).encode()

    def frame(self, number: int) -> tuple[bytes, bytes]:
        """(control id, framed message)."""
        control_id = f"{self._run}{number:08}".encode()
        patient = number % self._patients
        head = (
            f"\x0bMSH|^~\\&|LAB|NORTH|EHR|HOSP|20260302081500||ORU^R01^ORU_R01|{control_id.decode()}|P|2.5.1\r"
            f"PID|1||{900000 + patient}^^^HOSP^MR||BENCH{patient:04}^PAT{patient:04}||1970{patient % 12 + 1:02}{patient % 28 + 1:02}|F\r"
            f"OBR|1|ORD{self._run}{number}|ACC{self._run}{number}|24323-8^CMP^LN|||20260302080000|||||||||||||||20260302081000|||F\r"
        )
        return control_id, head.encode() + self._tail + END


def patients_csv(count: int = 200) -> str:
    """The directory that makes every message of the generator a certain match."""
    rows = ["mrn,assigning_authority,family,given,middle,birth_date,sex"]
    rows += [f"{900000 + n},HOSP,BENCH{n:04},PAT{n:04},,1970-{n % 12 + 1:02}-{n % 28 + 1:02},F" for n in range(count)]
    return "\n".join(rows) + "\n"


@dataclass
class _Connection:
    socket: socket.socket
    out: memoryview = memoryview(b"")
    buffer: bytearray = field(default_factory=bytearray)
    flying: deque[tuple[bytes, float]] = field(default_factory=deque)


@dataclass
class Measured:
    """What one run of the generator saw; latencies in milliseconds."""

    messages: int
    seconds: float
    latencies: list[float]

    def as_dict(self) -> dict[str, float]:
        ordered = sorted(self.latencies)

        def at(share: float) -> float:
            return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 3)

        return {"messages": self.messages, "per_second": round(self.messages / self.seconds, 1), "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": round(ordered[-1], 3)}  # fmt: skip


def drive(port: int, messages: Messages, *, connections: int, depth: int, count: int, first: int = 0) -> Measured:
    """Send `count` messages over some connections, at most `depth` unanswered on each.

    Raises:
        RuntimeError: an answer is wrong or missing.
    """
    selector = selectors.DefaultSelector()
    peers = [_Connection(socket.create_connection(("127.0.0.1", port), timeout=60)) for _ in range(connections)]
    for peer in peers:
        peer.socket.setblocking(False)  # noqa: FBT003
        peer.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(peer.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, peer)
    todo = iter(range(first, first + count))
    latencies: list[float] = []
    began = time.perf_counter()
    while len(latencies) < count:
        events = selector.select(timeout=60)
        if not events:
            raise RuntimeError("no answer for a minute")
        for key, mask in events:
            peer = key.data
            if mask & selectors.EVENT_READ:
                _read(peer, latencies)
            wants = _write(peer, messages, todo, depth)
            selector.modify(peer.socket, selectors.EVENT_READ | (selectors.EVENT_WRITE if wants else 0), peer)
    seconds = time.perf_counter() - began
    for peer in peers:
        peer.socket.close()
    return Measured(messages=count, seconds=seconds, latencies=latencies)


def _write(peer: _Connection, messages: Messages, todo: object, depth: int) -> bool:
    """Send what fits; returns whether something is left to write."""
    while True:
        if not peer.out:
            if len(peer.flying) >= depth:
                return False
            number = next(todo, None)  # type: ignore[call-overload]
            if number is None:
                return False
            control_id, frame = messages.frame(number)
            peer.out = memoryview(frame)
            peer.flying.append((control_id, time.perf_counter()))
        try:
            sent = peer.socket.send(peer.out)
        except BlockingIOError:
            return True
        peer.out = peer.out[sent:]


def _read(peer: _Connection, latencies: list[float]) -> None:
    data = peer.socket.recv(1 << 18)
    if not data:
        raise RuntimeError("the server closed a connection")
    peer.buffer += data
    while (end := peer.buffer.find(END)) >= 0:
        answer = bytes(peer.buffer[:end])
        del peer.buffer[: end + 2]
        control_id, sent = peer.flying.popleft()
        msa = answer[answer.index(b"\rMSA|") + 1 :].split(b"|", 3)
        if msa[1] not in (b"AA", b"CA") or msa[2].split(b"\r")[0] != control_id:
            raise RuntimeError(f"answer {msa[1:3]!r} to {control_id!r}")
        latencies.append((time.perf_counter() - sent) * 1000)


def main(arguments: list[str]) -> None:
    port, size, connections, depth, count, run = arguments
    measured = drive(int(port), Messages(size, run), connections=int(connections), depth=int(depth), count=int(count))
    sys.stdout.write(json.dumps(measured.as_dict()) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
