"""The pruner removes in small batches what its rules say, gives way to intake, and sweeps once a day."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

from engine.pipeline.retention import Pruner, Rule
from engine.ports.store import Prunable, Swept
from tests.support.intake_fakes import NOON, HandClock, RecordingObserver

RULE = Rule(what=Prunable.BODIES, keep=timedelta(days=90), channel="lab")


class Shelf:
    """The part of a store that prunes: so many old things, and how busy it is."""

    def __init__(self, old: int = 0) -> None:
        self.old = old
        self.pressure = 0.0
        self.asked: list[tuple[Prunable, datetime, str]] = []
        self.sweeps: list[datetime] = []

    async def prune(self, what: Prunable, *, before: datetime, channel: str = "", limit: int = 1000) -> int:
        self.asked.append((what, before, channel))
        gone = min(limit, self.old)
        self.old -= gone
        return gone

    async def sweep(self, *, older_than: datetime) -> Swept:
        self.sweeps.append(older_than)
        return Swept(files=1, size_bytes=5)


class Instant(HandClock):
    """A clock whose sleepers wake at once, and which remembers how long they meant to sleep."""

    def __init__(self) -> None:
        super().__init__()
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.sleep(0)


def pruner_of(shelf: Any, *rules: Rule, clock: HandClock | None = None) -> tuple[Pruner, RecordingObserver]:
    observer = RecordingObserver()
    return Pruner(shelf, rules, clock=clock or Instant(), observer=observer), observer


async def test_everything_old_goes_in_small_batches() -> None:
    """Batches follow one another, with a breath between, until nothing old is left; the sum is said once."""
    shelf, clock = Shelf(old=450), Instant()
    pruner, observer = pruner_of(shelf, RULE, clock=clock)
    await pruner.once()
    assert shelf.old == 0
    assert shelf.asked == [(Prunable.BODIES, NOON - timedelta(days=90), "lab")] * 4
    assert len(clock.slept) == 3
    fields = {"level": "info", "kind": "bodies", "channel": "lab", "count": 450}
    assert ("retention.pruned", fields) in observer.notes


async def test_it_waits_while_intake_is_busy() -> None:
    """Nothing is removed as long as the way to the disk is in use."""
    shelf, clock = Shelf(old=5), HandClock()
    shelf.pressure = 0.5
    pruner, _ = pruner_of(shelf, RULE, clock=clock)
    task = asyncio.ensure_future(pruner.once())
    await clock.asleep(2.0)
    assert shelf.asked == []
    shelf.pressure = 0.0
    await clock.advance(2.0)
    await clock.asleep(0.05)
    assert shelf.old == 0
    await clock.advance(0.05)
    await task


async def test_without_rules_nothing_is_pruned_but_strays_are_swept() -> None:
    """Keeping for ever still removes bodies that nothing names, with a grace of a day."""
    shelf = Shelf(old=5)
    pruner, observer = pruner_of(shelf)
    await pruner.once()
    assert shelf.asked == []
    assert shelf.sweeps == [NOON - timedelta(days=1)]
    assert ("retention.swept", {"level": "info", "count": 1, "bytes": 5}) in observer.notes


async def test_it_sweeps_once_a_day_and_prunes_every_few_minutes() -> None:
    """Each pass applies the rules; only the first of a day sweeps."""
    shelf, clock = Shelf(), HandClock()
    pruner, _ = pruner_of(shelf, RULE, clock=clock)
    task = asyncio.ensure_future(pruner.run())
    for seconds in (300, 86_400):
        await clock.asleep(300)
        await clock.advance(seconds)
    await clock.asleep(300)
    assert len(shelf.asked) == 3
    assert len(shelf.sweeps) == 2
    task.cancel()
    await asyncio.wait({task})
