"""Hints for whoever waits for work; they may be lost or doubled, so nobody relies on them alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable


class Wakeups:
    """Gives every listener each hint once, however often it came since the listener last looked."""

    def __init__(self) -> None:
        self._listeners: list[_Listener] = []
        self._closed = False

    def give(self, hints: Iterable[str]) -> None:
        """Pass hints on; called in the loop."""
        for listener in self._listeners:
            listener.hints.update(dict.fromkeys(hints))
            listener.event.set()

    def close(self) -> None:
        """End every listener's iteration."""
        self._closed = True
        for listener in self._listeners:
            listener.event.set()

    def listen(self) -> AsyncIterator[str]:
        """Hints from now on; registered at the call, not at the first step."""
        listener = _Listener()
        self._listeners.append(listener)
        return self._iterate(listener)

    async def _iterate(self, listener: _Listener) -> AsyncIterator[str]:
        try:
            while True:
                while listener.hints:
                    hint = next(iter(listener.hints))
                    del listener.hints[hint]
                    yield hint
                if self._closed:
                    return
                listener.event.clear()
                await listener.event.wait()
        finally:
            self._listeners.remove(listener)


class _Listener:
    def __init__(self) -> None:
        self.event = asyncio.Event()
        self.hints: dict[str, None] = {}
