"""Who goes first on the one event loop: peers who wait for an ACK, then the work that nobody waits for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from engine.ports.clock import Clock

_LONGEST_SECONDS = 0.02
_STEP_SECONDS = 0.001


class Pace:
    """Turns for processor-bound steps of the pipeline.

    One step runs per round of the loop, so that sockets are served between any two; while frames wait to be stored,
    a step waits too, but never longer than 20 ms: under a flood intake gets the loop and the backlog, which is safe on
    disk, still moves.

    Args:
        clock: measures how long a step has waited.
        waiting: how many frames wait for their answer now.
    """

    def __init__(self, clock: Clock, waiting: Callable[[], int]) -> None:
        self._clock = clock
        self._waiting = waiting
        self._turnstile = asyncio.Lock()

    async def turn(self) -> None:
        """Wait for the next turn."""
        async with self._turnstile:
            await asyncio.sleep(0)
            began = self._clock.monotonic()
            while self._waiting() and self._clock.monotonic() - began < _LONGEST_SECONDS:
                await self._clock.sleep(_STEP_SECONDS)
