"""Who goes first on the one event loop: peers who wait for an ACK, then the work that nobody waits for."""

from __future__ import annotations

import asyncio

from engine.ports.clock import Clock

_LONGEST_SECONDS = 0.1
_QUIET_SECONDS = 0.002
_STEP_SECONDS = 0.001
_PATIENT_LAG_SECONDS = 5.0
_LONGEST_LAG_SECONDS = 30.0


class Pace:
    """Turns for processor-bound steps of the pipeline.

    One step runs per round of the loop, so that sockets are served between two. While frames wait to be stored, or the
    last one was stored a moment ago and the next is likely on its way, a step gives way, for 100 ms at most: under a
    flood intake gets the loop, and the backlog, which is safe on disk, still moves. The longer the backlog has waited,
    the less it gives way; after half a minute not at all, so that it never grows without end.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turnstile = asyncio.Lock()
        self._waiting = 0
        self._last = float("-inf")

    def enter(self) -> None:
        """A frame waits for the store."""
        self._waiting += 1

    def leave(self) -> None:
        """It is stored, or refused."""
        self._waiting -= 1
        self._last = self._clock.monotonic()

    async def turn(self, lag_seconds: float) -> None:
        """Wait for the next turn; `lag_seconds` is how long the message has waited since it was received."""
        async with self._turnstile:
            await asyncio.sleep(0)
            longest = _LONGEST_SECONDS * (1.0 - lag_seconds / _LONGEST_LAG_SECONDS)
            quiet = _QUIET_SECONDS if lag_seconds < _PATIENT_LAG_SECONDS else 0.0
            began = now = self._clock.monotonic()
            while now - began < longest and (self._waiting or now - self._last < quiet):
                await self._clock.sleep(_STEP_SECONDS)
                now = self._clock.monotonic()
