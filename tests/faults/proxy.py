"""A TCP proxy between the engine and a receiver that does to the connection what networks and receivers do."""

from __future__ import annotations

import contextlib
import random
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

LATE = 0.8
"""Seconds: longer than the `ack_timeout` of the sites under test."""


@dataclass(slots=True)
class Wire:
    """The two sockets of one proxied connection, seen from the side of what flows."""

    source: socket.socket
    sink: socket.socket
    sleep: Callable[[float], object]

    def reset(self) -> None:
        """End both at once with RST, whatever is in flight."""
        for end in (self.source, self.sink):
            with contextlib.suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                end.shutdown(socket.SHUT_RDWR)
        raise ConnectionResetError

    def hang_up(self) -> None:
        """End both in an orderly way."""
        for end in (self.source, self.sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError


def _delay(wire: Wire, data: bytes) -> None:
    wire.sleep(0.2)
    wire.sink.sendall(data)


def _drip(wire: Wire, data: bytes) -> None:
    for number in range(len(data)):
        wire.sink.sendall(data[number : number + 1])


def _cut(wire: Wire, data: bytes) -> None:
    wire.sink.sendall(data[: len(data) // 2])
    wire.hang_up()


def _hole(_wire: Wire, _data: bytes) -> None:
    return


def _reset(wire: Wire, _data: bytes) -> None:
    wire.reset()


def _double(wire: Wire, data: bytes) -> None:
    wire.sink.sendall(data + data)


def _late(wire: Wire, data: bytes) -> None:
    wire.sleep(LATE)
    wire.sink.sendall(data)


def _other_id(wire: Wire, data: bytes) -> None:
    head, sign, tail = data.partition(b"MSA|AA|")
    wire.sink.sendall(head + sign + b"X" + tail[1:] if sign else data)


ANSWERS: dict[str, Callable[[Wire, bytes], None]] = {
    "answer delayed": _delay,
    "answer byte by byte": _drip,
    "answer cut in the middle": _cut,
    "answer swallowed": _hole,
    "answer replaced by a reset": _reset,
    "answer twice": _double,
    "answer after the time-out": _late,
    "answer for another message": _other_id,
}
REQUESTS: dict[str, Callable[[Wire, bytes], None]] = {
    "message cut in the middle": _cut,
    "message byte by byte": _drip,
    "message swallowed": _hole,
    "message replaced by a reset": _reset,
}


class Proxy:
    """Forwards everything; a share of the chunks that flow one way is treated with `act`."""

    def __init__(self, dice: random.Random, share: float = 0.3) -> None:
        self.port = 0
        self.acted = 0
        self.share = share
        self.on_answer: Callable[[Wire, bytes], None] | None = None
        self.on_request: Callable[[Wire, bytes], None] | None = None
        self.target = 0
        self._dice = dice
        self._over = threading.Event()
        self._sockets: list[socket.socket] = []

    def sever(self) -> None:
        """End every connection that is open now."""
        for end in list(self._sockets):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _reach(self) -> socket.socket:
        """A connection to what is behind the proxy."""
        return socket.create_connection(("127.0.0.1", self.target), timeout=5)

    def serve(self, listener: socket.socket) -> None:
        """Accept until the listener is closed."""
        with contextlib.suppress(OSError):
            while True:
                near, _ = listener.accept()
                try:
                    far = self._reach()
                except OSError:
                    near.close()
                    continue
                far.settimeout(None)
                self._sockets += [near, far]
                for wire, way in (
                    (Wire(near, far, self._over.wait), "request"),
                    (Wire(far, near, self._over.wait), "answer"),
                ):
                    threading.Thread(target=self._pump, args=(wire, way), daemon=True).start()

    def _pump(self, wire: Wire, way: str) -> None:
        with contextlib.suppress(OSError):
            while data := wire.source.recv(1 << 16):
                act = self.on_answer if way == "answer" else self.on_request
                if act is None or self._dice.random() >= self.share:
                    wire.sink.sendall(data)
                else:
                    self.acted += 1
                    act(wire, data)
        for end in (wire.source, wire.sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """End everything."""
        self._over.set()
        self.sever()
        for end in self._sockets:
            end.close()


P = TypeVar("P", bound=Proxy)


@contextlib.contextmanager
def proxied(dice: random.Random, share: float = 0.3) -> Iterator[Proxy]:
    """A proxy; set its `target`, a port of this machine, before the first connection."""
    with serving(Proxy(dice, share)) as proxy:
        yield proxy


@contextlib.contextmanager
def serving(proxy: P) -> Iterator[P]:
    """Let a proxy listen on a free port of this machine, its `port`."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    proxy.port = listener.getsockname()[1]
    threading.Thread(target=proxy.serve, args=(listener,), daemon=True).start()
    try:
        yield proxy
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        proxy.close()
