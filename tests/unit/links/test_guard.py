"""Calls of a directory's server under the guard."""

from __future__ import annotations

import asyncio

import pytest

from engine.links.failures import CallFailed, Cause
from engine.links.guard import Guard
from engine.links.settings import BreakerSettings
from tests.support.intake_fakes import HandClock, RecordingObserver


class _World:
    """A guard with a clock of the test, and work that fails as scripted."""

    def __init__(self, *script: CallFailed, failures: int = 9) -> None:
        self.clock, self.observer = HandClock(), RecordingObserver()
        breaker = BreakerSettings.model_validate({"failures": failures, "reset": "30s"})
        self.guard = Guard("mpi", breaker, tries=2, wait=0.5, clock=self.clock, observer=self.observer)
        self.script = list(script)
        self.calls = 0

    async def work(self) -> str:
        self.calls += 1
        if self.script:
            raise self.script.pop(0)
        return "answer"

    def told(self) -> list[str]:
        return [item["reason"] for item in self.observer.events("directory.no_answer")]


async def test_passing_trouble_is_tried_again_after_a_wait() -> None:
    """The second try follows after the wait; nothing is said of trouble that passed."""
    world = _World(CallFailed(Cause.CUT))
    asked = asyncio.create_task(world.guard.call(world.work))
    await world.clock.asleep(0.5)
    await world.clock.advance(0.5)
    assert await asked == "answer"
    assert (world.calls, world.told()) == (2, [])
    assert world.observer.counted("directory_calls", directory="mpi", outcome="connection_cut") == 1
    assert world.observer.counted("directory_calls", outcome="answered") == 1


@pytest.mark.parametrize(
    "failed",
    [
        CallFailed(Cause.DENIED, status=401),
        CallFailed(Cause.QUESTION, status=400),
        CallFailed(Cause.RATE, retry_after=60.0),
    ],
    ids=lambda failed: failed.cause.word,
)
async def test_what_will_not_pass_soon_is_not_tried_again(failed: CallFailed) -> None:
    """A refusal, or a wait longer than a call may take: one try, told with its reason."""
    world = _World(failed)
    with pytest.raises(CallFailed):
        await world.guard.call(world.work)
    assert (world.calls, world.told()) == (1, [failed.cause.word])


async def test_a_failing_server_is_left_alone_and_comes_back() -> None:
    """After failures in a row no call is made; after the pause one is, and closes the circuit."""
    world = _World(*[CallFailed(Cause.DENIED, status=403)] * 2, failures=2)
    for _ in range(3):
        with pytest.raises(CallFailed):
            await world.guard.call(world.work)
    assert (world.calls, world.told()) == (2, ["denied"])
    assert world.observer.counted("directory_calls", outcome="circuit_open") == 1
    assert world.observer.counted("directory_circuit_open", directory="mpi") == 1
    await world.clock.advance(31)
    assert await world.guard.call(world.work) == "answer"
    assert world.observer.counted("directory_circuit_open", directory="mpi") == 0
    assert len(world.observer.events("directory.back")) == 1
    assert [item["state"] for item in world.observer.events("directory.circuit")] == ["open", "closed"]
