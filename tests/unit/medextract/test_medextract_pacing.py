"""Turns and the circuit breaker on a clock that stands still."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.links.failures import CallFailed, Cause, cause_of
from engine.links.pacing import Breaker, Turns
from engine.links.settings import BreakerSettings, RateSettings
from tests.support.examples import examples
from tests.support.intake_fakes import HandClock

RATE = RateSettings(requests=3, per=60.0, wait=1000.0)


class JumpingClock(HandClock):
    """Sleeping moves the time on at once."""

    async def sleep(self, seconds: float) -> None:
        self._seconds += seconds


@given(st.lists(st.floats(0, 40), min_size=4, max_size=30))
@settings(max_examples=examples(50), deadline=None)
def test_no_span_holds_more_calls_than_allowed(pauses: list[float]) -> None:
    """However calls come, any three calls and the next one lie at least a span apart."""

    async def run() -> list[float]:
        clock = JumpingClock()
        turns = Turns(RATE, clock)
        times = []
        for pause in pauses:
            await clock.sleep(pause)
            await turns.take()
            times.append(clock.monotonic())
        return times

    times = asyncio.run(run())
    assert all(later - earlier >= 60.0 - 1e-6 for earlier, later in zip(times, times[3:], strict=False))


async def test_a_turn_too_far_away_is_refused_and_not_used_up() -> None:
    """Who would wait too long is told so at once, and does not delay those who come later."""
    clock = HandClock()
    turns = Turns(RateSettings(requests=1, per=60.0, wait=10.0), clock)
    await turns.take()
    for _ in range(3):
        with pytest.raises(CallFailed) as caught:
            await turns.take()
        assert caught.value.cause is Cause.NO_TURN
        assert caught.value.retry_after == 60.0
    await clock.advance(60)
    await turns.take()


async def test_without_a_rate_only_a_pause_holds() -> None:
    """No limit means no wait, until the service asks for one."""
    clock = HandClock()
    turns = Turns(None, clock)
    for _ in range(100):
        await turns.take()
    turns.pause(30)
    waiting = asyncio.create_task(turns.take())
    await clock.asleep(30)
    await clock.advance(30)
    await waiting
    turns.pause(61)
    with pytest.raises(CallFailed, match="no_turn"):
        await turns.take()


def fail(breaker: Breaker, cause: Cause = Cause.SERVER, status: int = 500) -> None:
    with pytest.raises(CallFailed, match=cause.word), breaker.call():
        raise CallFailed(cause, status=status)


async def test_only_failures_in_a_row_open_the_circuit() -> None:
    """A success, or an answer that blames the document, starts the count anew."""
    breaker = Breaker(BreakerSettings(failures=2, reset=30.0), HandClock())
    fail(breaker)
    with breaker.call():
        pass
    fail(breaker)
    fail(breaker, Cause.REFUSED, 422)
    fail(breaker)
    assert breaker.state == "closed"
    fail(breaker, Cause.NO_TURN, 0)
    fail(breaker)
    assert breaker.state == "open"


async def test_one_probe_at_a_time() -> None:
    """Half open, the first call goes through and all others wait for its outcome; an odd end frees the probe."""
    clock = HandClock()
    breaker = Breaker(BreakerSettings(failures=1, reset=30.0), clock)
    fail(breaker)
    with pytest.raises(CallFailed, match="circuit_open"):
        breaker.check()
    await clock.advance(30)
    probe = breaker.call()
    probe.__enter__()
    assert breaker.state == "half_open"
    with pytest.raises(CallFailed, match="circuit_open"):
        breaker.check()
    assert not probe.__exit__(asyncio.CancelledError, asyncio.CancelledError(), None)
    with breaker.call():
        pass
    assert breaker.state == "closed"


async def test_a_late_call_does_not_free_anothers_probe() -> None:
    """A call from before the circuit opened ends during the probe: the probe is still the only one."""
    clock = HandClock()
    breaker = Breaker(BreakerSettings(failures=1, reset=30.0), clock)
    early = breaker.call()
    early.__enter__()
    fail(breaker)
    await clock.advance(30)
    with breaker.call():
        failed = CallFailed(Cause.RATE)
        assert not early.__exit__(CallFailed, failed, None)
        with pytest.raises(CallFailed, match="circuit_open"):
            breaker.check()


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (301, Cause.REDIRECT), (308, Cause.REDIRECT), (400, Cause.REFUSED), (401, Cause.DENIED), (404, Cause.CLIENT_ERROR),
        (408, Cause.SERVER), (413, Cause.REFUSED), (415, Cause.REFUSED), (422, Cause.REFUSED), (425, Cause.SERVER),
        (429, Cause.RATE), (500, Cause.SERVER), (501, Cause.CLIENT_ERROR), (503, Cause.SERVER), (504, Cause.SERVER),
        (204, Cause.CLIENT_ERROR),
    ],
)  # fmt: skip
def test_each_status_has_its_meaning(status: int, cause: Cause) -> None:
    """What is worth another try, what lies in the document, and what speaks against the service."""
    assert cause_of(status) is cause
