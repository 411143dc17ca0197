"""Leaving the service alone: not more calls than it allows, and none while it fails."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from engine.links.failures import CallFailed, Cause
from engine.ports.clock import Clock

if TYPE_CHECKING:
    from engine.links.settings import BreakerSettings, RateSettings

_PATIENCE = 60.0


class Turns:
    """Gives each call its turn, first come first served.

    The last calls' times are kept, so that no span of `per` ever holds more than `requests` calls: a bucket that
    refills while it is emptied would allow up to twice as many, and the service would answer 429.
    """

    def __init__(self, settings: RateSettings | None, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._last: deque[float] = deque(maxlen=settings.requests if settings is not None else 1)
        self._not_before = float("-inf")

    async def take(self) -> None:
        """Wait for the turn.

        Raises:
            CallFailed: it would come too late; no turn was used up.
        """
        now = self._clock.monotonic()
        turn = max(now, self._not_before)
        settings = self._settings
        patience = settings.wait if settings is not None else _PATIENCE
        if settings is not None and len(self._last) == settings.requests:
            turn = max(turn, self._last[0] + settings.per)
        if turn - now > patience:
            raise CallFailed(Cause.NO_TURN, retry_after=turn - now)
        if settings is not None:
            self._last.append(turn)
        if turn > now:
            await self._clock.sleep(turn - now)

    def pause(self, seconds: float) -> None:
        """No turn before that: the service asked for it."""
        self._not_before = max(self._not_before, self._clock.monotonic() + seconds)


class Breaker:
    """Closed, open, or half open with one probe on its way."""

    def __init__(self, settings: BreakerSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None
        self._probing = False

    @property
    def state(self) -> str:
        """`closed`, `open`, or `half_open` when the next call is or would be the probe."""
        if self._opened_at is None:
            return "closed"
        over = self._clock.monotonic() - self._opened_at >= self._settings.reset
        return "half_open" if over or self._probing else "open"

    def check(self) -> None:
        """Raise CallFailed while no call may be made."""
        if self.state == "open" or self._probing:
            raise CallFailed(Cause.OPEN)

    @contextmanager
    def call(self) -> Iterator[None]:
        """One call under the breaker; its `CallFailed` counts as its cause says, leaving without one as success.

        Raises:
            CallFailed: the circuit is open, or its probe is still on the way.
        """
        self.check()
        probe = self._probing = self.state == "half_open"
        try:
            yield
        except CallFailed as failed:
            if failed.cause.counts:
                self._failed()
            elif failed.status:
                self._succeeded()
            raise
        else:
            self._succeeded()
        finally:
            if probe:
                self._probing = False

    def _failed(self) -> None:
        self._failures += 1
        if self._failures >= self._settings.failures:
            self._opened_at = self._clock.monotonic()

    def _succeeded(self) -> None:
        self._failures = 0
        self._opened_at = None
