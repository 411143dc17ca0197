"""One peer's calls: tried again where it may help, counted, and none while the peer fails."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from engine.links.failures import CallFailed, Cause
from engine.links.pacing import Breaker
from engine.ports.clock import Clock
from engine.ports.observe import Observer

if TYPE_CHECKING:
    from engine.links.settings import BreakerSettings

_T = TypeVar("_T")
_LONGEST_WAIT = 5.0
"""Longer waits are the message's, which is taken up again later."""


class Guard:
    """Stands between a directory and its server.

    Args:
        name: what the configuration calls the directory.
        breaker: when the server is left alone.
        tries: tries of one call, the first included.
        wait: seconds between two.
    """

    def __init__(
        self, name: str, breaker: BreakerSettings, *, tries: int, wait: float, clock: Clock, observer: Observer
    ) -> None:
        self._name = name
        self._tries = tries
        self._wait = wait
        self._clock = clock
        self._observer = observer
        self._left_alone = False
        self._trouble: Cause | None = None
        self.breaker = Breaker(breaker, clock)

    async def call(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """What the work brings, at the latest try.

        Raises:
            CallFailed: nothing usable; noted.
        """
        for attempt in range(1, self._tries):
            try:
                return await self._once(work)
            except CallFailed as failed:
                wait = self._wait * 2 ** (attempt - 1) if failed.retry_after is None else failed.retry_after
                if not failed.cause.again or wait > _LONGEST_WAIT:
                    self._tell(failed)
                    raise
            await self._clock.sleep(wait)
        try:
            return await self._once(work)
        except CallFailed as failed:
            self._tell(failed)
            raise

    async def _once(self, work: Callable[[], Awaitable[_T]]) -> _T:
        was, since, outcome = self.breaker.state, self._clock.monotonic(), "cancelled"
        try:
            with self.breaker.call():
                answer = await work()
                outcome = "answered"
                self._tell_back()
                return answer
        except CallFailed as failed:
            outcome = failed.cause.word
            raise
        finally:
            self._count(outcome, since, was)

    def _tell(self, failed: CallFailed) -> None:
        """Say it: an outage once, not with each of its calls; a refused question each time."""
        cause = failed.cause
        if cause is Cause.OPEN or (cause is self._trouble and not cause.in_document):
            return
        self._trouble = self._trouble if cause.in_document else cause
        status = failed.status or None
        self._observer.note(
            "directory.no_answer", level="warning", directory=self._name, reason=cause.word, status=status
        )

    def _tell_back(self) -> None:
        if self._trouble is not None:
            self._trouble = None
            self._observer.note("directory.back", directory=self._name)

    def _count(self, outcome: str, since: float, was: str) -> None:
        """Figures of a try, and the circuit where it changed; the gauge stands at 1 until the circuit is closed."""
        name, state = self._name, self.breaker.state
        self._observer.count("directory_calls", directory=name, outcome=outcome)
        self._observer.observe("directory_seconds", self._clock.monotonic() - since, directory=name)
        if state != was:
            self._observer.note("directory.circuit", level="warning", directory=name, state=state)
        if (state != "closed") != self._left_alone:
            self._left_alone = not self._left_alone
            self._observer.count("directory_circuit_open", 1 if self._left_alone else -1, directory=name)


async def all_of(calls: Iterable[Awaitable[_T]]) -> list[_T | None]:
    """What each call brought, None where the question itself was refused.

    Raises:
        CallFailed: one of them failed; the others were waited for, they end by their own time.
    """
    results = await asyncio.gather(*calls, return_exceptions=True)
    found: list[_T | None] = []
    for result in results:
        if isinstance(result, CallFailed) and result.cause.in_document:
            found.append(None)
        elif isinstance(result, BaseException):
            raise result
        else:
            found.append(result)
    return found
