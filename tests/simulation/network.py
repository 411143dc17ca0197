"""Connections that exist only in the loop: bytes take time, arrive in order, or not at all."""
# ruff: noqa: ARG002 - a transport takes what asyncio gives it

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextvars import Context, copy_context
from random import Random
from typing import Any

from tests.simulation.loop import SimLoop


class SimTransport(asyncio.Transport):
    """One end of a connection; the other end is a function that gets what was written."""

    def __init__(self, loop: SimLoop, protocol: asyncio.Protocol, dice: Random) -> None:
        super().__init__()
        self._loop = loop
        self._protocol = protocol
        self._dice = dice
        self._context: Context = copy_context()
        self._closing = False
        self._lost = False
        self._last = 0.0
        self.far_end: Callable[[SimTransport, bytes], None] = _nobody

    def write(self, data: Any) -> None:
        if not self._closing:
            self._loop.call_later(self._delay(), self.far_end, self, bytes(data), context=Context())

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        return

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self.abort()

    def abort(self) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._lose, context=self._context)

    def arrive(self, data: bytes, delay: float = 0.0) -> None:
        """Bytes from the far end, behind those that are under way."""
        self._last = max(self._last + 1e-6, self._loop.time() + delay + self._delay())
        self._loop.call_at(self._last, self._receive, data, context=self._context)

    def hang_up(self, delay: float = 0.0) -> None:
        """The far end closes, behind what it sent."""
        self._last = max(self._last + 1e-6, self._loop.time() + delay)
        self._loop.call_at(self._last, self._end, context=self._context)

    def _receive(self, data: bytes) -> None:
        if not self._closing:
            self._protocol.data_received(data)

    def _end(self) -> None:
        if not self._closing:
            self._protocol.eof_received()
            self.abort()

    def _lose(self) -> None:
        if not self._lost:
            self._lost = True
            self._protocol.connection_lost(None)

    def _delay(self) -> float:
        return self._dice.uniform(0.0005, 0.01)


def _nobody(_transport: SimTransport, _data: bytes) -> None:
    return
