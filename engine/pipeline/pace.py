"""Who goes first on the one event loop: peers who wait for an ACK, then the work that nobody waits for."""

from __future__ import annotations

import asyncio

from engine.ports.clock import Clock

_LONGEST_SECONDS = 0.1
_QUIET_SECONDS = 0.002
_STEP_SECONDS = 0.001
_PATIENT_LAG_SECONDS = 5.0
_LONGEST_LAG_SECONDS = 30.0
_CALM_BYTES = 1024 * 1024
_CALM_SECONDS = 0.25
_CALM_STEP_SECONDS = 0.05
_LONGEST_CALM_SECONDS = 10.0


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
        self._bytes = 0
        self._last_large = float("-inf")

    def enter(self, size_bytes: int) -> None:
        """A frame waits for the store."""
        self._waiting += 1
        self._bytes += size_bytes

    def leave(self, size_bytes: int) -> None:
        """It is stored, or refused."""
        self._waiting -= 1
        self._last = self._clock.monotonic()
        if self._bytes > _CALM_BYTES:
            self._last_large = self._last
        self._bytes -= size_bytes

    async def calm(self, lag_seconds: float) -> None:
        """Wait until no heap of large frames is coming in, before a large message takes memory for itself.

        At most ten seconds, less for a message that has waited long.
        """
        longest = _LONGEST_CALM_SECONDS * (1.0 - lag_seconds / _LONGEST_LAG_SECONDS)
        began = now = self._clock.monotonic()
        while now - began < longest and (self._bytes > _CALM_BYTES or now - self._last_large < _CALM_SECONDS):
            await self._clock.sleep(_CALM_STEP_SECONDS)
            now = self._clock.monotonic()

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
