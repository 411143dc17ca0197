"""One timer for many waits that follow one another: it is not set anew for each message."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.ports.clock import Clock


class Patience:
    """Watches one wait at a time; all waits are equally long, so the timer that runs is never too late for the next."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._give_up: Callable[[], None] | None = None
        self._due = 0.0
        self._timer: asyncio.Task[None] | None = None

    def begin(self, seconds: float, give_up: Callable[[], None]) -> None:
        """Call `give_up` in that many seconds, unless `end` is said before."""
        self._due = self._clock.monotonic() + seconds
        self._give_up = give_up
        if self._timer is None:
            self._timer = asyncio.get_running_loop().create_task(self._watch())

    def end(self) -> None:
        """The wait is over. The timer runs on; it finds the next wait, or nothing and ends."""
        self._give_up = None

    def close(self) -> None:
        """Stop the timer unless a wait is going on."""
        if self._timer is not None and self._give_up is None:
            self._timer.cancel()
            self._timer = None

    async def _watch(self) -> None:
        while self._give_up is not None:
            left = self._due - self._clock.monotonic()
            if left > 0:
                await self._clock.sleep(left)
                continue
            self._give_up()
            self._give_up = None
        self._timer = None
