"""A stand-in PDQ supplier and PIX manager: HL7 v2 over real loopback sockets, by plain bytes, with a script of faults."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

VT, END = b"\x0b", b"\x1c\r"
OIDS = {"HOSP": "2.999.1", "LAB": "2.999.2"}


@dataclass(frozen=True)
class Person:
    """One patient: numbers by authority, and PID fields 5 to 8 as sent."""

    numbers: Mapping[str, str]
    name: str
    birth: str
    sex: str = "F"
    more: str = ""

    def pid(self) -> str:
        ids = "~".join(f"{value}^^^{name}&{OIDS[name]}&ISO^MR" for name, value in self.numbers.items())
        return f"PID|||{ids}||{self.name}||{self.birth}|{self.sex}{self.more}"


class Query:
    """A received message, by plain splitting."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        lines = data.decode("utf-8").rstrip("\r").split("\r")
        self.segments = {line[:3]: line.split("|") for line in lines}
        self.control_id = self.segments["MSH"][9]
        self.kind = self.segments["MSH"][8]
        self.charset = self.segments["MSH"][17]
        self.is_cancel = self.kind.startswith("QCN")
        self.tag, self.name = self.segments["QID"][1:3] if self.is_cancel else self.segments["QPD"][2:0:-1]
        self.parameters = [] if self.is_cancel else self.segments["QPD"][3:]
        self.pointer = self.segments["DSC"][1] if "DSC" in self.segments else ""
        self.most = "" if self.is_cancel else (*self.segments["RCP"], "", "")[2]

    @property
    def words(self) -> dict[str, str]:
        """What is looked for, by the place in PID."""
        pairs = (item.split("^", 1) for item in self.parameters[0].split("~"))
        return {place.removeprefix("@PID."): value for place, value in pairs}


Act = Callable[[Query], bytes | None]
"""The answer's data; None hangs up."""


def reply(
    query: Query,
    *pids: str,
    status: str = "",
    code: str = "AA",
    hits: str = "",
    pointer: str = "",
    errors: tuple[str, ...] = (),
    control_id: str | None = None,
    tag: str | None = None,
    kind: str = "",
    charset: str = "UNICODE UTF-8",
) -> bytes:
    """An answer; what is not said is as it should be."""
    answered = kind or {"QBP^Q22^QBP_Q21": "RSP^K22^RSP_K21", "QBP^Q23^QBP_Q21": "RSP^K23^RSP_K23"}[query.kind]
    lines = [
        f"MSH|^~\\&|PDS|HOSP|HEADRACE||20260101120000||{answered}|A{query.control_id}|P|2.5||||||{charset}",
        f"MSA|{code}|{query.control_id if control_id is None else control_id}",
        *errors,
        f"QAK|{query.tag if tag is None else tag}|{status or ('OK' if pids else 'NF')}||{hits}",
        "|".join(query.segments["QPD"]),
        *pids,
        *([f"DSC|{pointer}|I"] if pointer else []),
    ]
    codec = {"UNICODE UTF-8": "utf-8", "8859/1": "latin-1"}[charset]
    return "".join(f"{line}\r" for line in lines).encode(codec)


def always(data: bytes | None) -> Act:
    return lambda _: data


class PdqServer:
    """Holds people; plays `script` one act a query before it answers by itself.

    Attributes:
        received: the queries, in order; `cancelled`: tags of those that were cancelled.
        connections: how many were made.
        usual: in place of its own answers.
        page: people in one answer; continuations follow. 0 gives all.
    """

    def __init__(self, *people: Person) -> None:
        self.people = list(people)
        self.received: list[Query] = []
        self.cancelled: list[str] = []
        self.script: deque[Act] = deque()
        self.usual: Act | None = None
        self.page = 0
        self.port = self.connections = 0
        self.released = threading.Event()

    def silent(self, _: Query) -> bytes | None:
        """Says nothing until the test is over."""
        self.released.wait(30)
        return None

    def answer(self, query: Query) -> bytes | None:
        if query.is_cancel:
            self.cancelled.append(query.tag)
            return f"MSH|^~\\&|PDS||||20260101||ACK^J01^ACK|1|P|2.5\rMSA|AA|{query.control_id}\r".encode()
        self.received.append(query)
        if self.script:
            return self.script.popleft()(query)
        if self.usual is not None:
            return self.usual(query)
        return self.by_itself(query)

    def by_itself(self, query: Query) -> bytes:
        if query.kind.startswith("QBP^Q23"):
            return self._crossed(query)
        found = [one.pid() for one in self.people if self._fits(one, query.words)]
        if not self.page:
            return reply(query, *found, hits=str(len(found)))
        start = int(query.pointer or "0")
        stop = start + self.page
        return reply(query, *found[start:stop], hits=str(len(found)), pointer=str(stop) if stop < len(found) else "")

    @staticmethod
    def _fits(one: Person, words: dict[str, str]) -> bool:
        parts = one.name.split("^")
        authority = words.get("3.4.1", "")
        numbers = [value for name, value in one.numbers.items() if not authority or name == authority]
        tests = {
            "3.1": lambda value: value in numbers,
            "5.1.1": lambda value: _equal(parts[0], value),
            "5.2": lambda value: _equal(parts[1], value),
            "7": lambda value: one.birth == value,
        }
        return all(tests[place](value) for place, value in words.items() if place in tests)

    def _crossed(self, query: Query) -> bytes:
        value, _, _, authority = query.parameters[0].split("^")
        name = authority.split("&")[0]
        if name not in OIDS:
            return reply(query, status="AE", code="AE", errors=("ERR||QPD^1^3^1^4|204|E",))
        owners = [one for one in self.people if one.numbers.get(name) == value]
        if not owners:
            return reply(query, status="AE", code="AE", errors=("ERR||QPD^1^3^1^1|204|E",))
        own = [one.numbers["HOSP"] for one in owners if "HOSP" in one.numbers]
        ids = "~".join(f"{number}^^^HOSP&{OIDS['HOSP']}&ISO^PI" for number in own)
        return reply(query, *([f"PID|||{ids}||^^^^^^S"] if own else []))

    @contextlib.contextmanager
    def run(self, context: ssl.SSLContext | None = None) -> Iterator[PdqServer]:
        """Listen on a free loopback port until the end of the block, one thread a connection."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.port = listener.getsockname()[1]
        sockets: list[socket.socket] = []
        threads: list[threading.Thread] = []

        def listen() -> None:
            with contextlib.suppress(OSError):
                while True:
                    peer, _ = listener.accept()
                    self.connections += 1
                    sockets.append(peer)
                    threads.append(threading.Thread(target=self._serve, args=(peer, context), daemon=True))
                    threads[-1].start()

        listening = threading.Thread(target=listen, daemon=True)
        listening.start()
        try:
            yield self
        finally:
            self.released.set()
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
            listening.join()
            for peer in sockets:
                with contextlib.suppress(OSError):
                    peer.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()

    def _serve(self, peer: socket.socket, context: ssl.SSLContext | None) -> None:
        with contextlib.suppress(OSError), contextlib.closing(peer):
            if context is not None:
                peer = context.wrap_socket(peer, server_side=True)
            buffer = b""
            with contextlib.closing(peer):
                while data := peer.recv(65536):
                    buffer += data
                    while END in buffer:
                        frame, _, buffer = buffer.partition(END)
                        answer = self.answer(Query(frame.lstrip(VT)))
                        if answer is None:
                            return
                        peer.sendall(VT + answer + END if not answer.startswith(b"raw:") else answer[4:])


def _equal(name: str, wanted: str) -> bool:
    if wanted.endswith("*"):
        return name.casefold().startswith(wanted[:-1].casefold())
    return name.casefold() == wanted.casefold()
