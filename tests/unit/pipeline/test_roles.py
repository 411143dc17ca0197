"""Singleton work runs on the one node that holds its role, and stops there when the role is lost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from engine.pipeline.roles import Role
from engine.ports.store import RoleLease
from tests.support.intake_fakes import HandClock, RecordingObserver


class Roles:
    """The role half of a store; `is_free` says whether it may be taken, `is_held` whether it still is."""

    def __init__(self) -> None:
        self.is_free = True
        self.is_held = True
        self.dropped = 0
        self.asked = 0

    async def take_role(self, node: str, name: str) -> RoleLease | None:
        self.asked += 1
        return RoleLease(name=name, owner=node, epoch=self.asked) if self.is_free else None

    async def drop_role(self, _role: RoleLease) -> None:
        self.dropped += 1

    def holds(self, _role: RoleLease) -> bool:
        return self.is_held


class Work:
    """Runs until cancelled, and remembers."""

    def __init__(self) -> None:
        self.started = self.cancelled = 0

    async def __call__(self) -> None:
        self.started += 1
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


class Bench:
    def __init__(self, work: Any) -> None:
        self.store, self.clock, self.observer = Roles(), HandClock(), RecordingObserver()
        store: Any = self.store
        self.role = Role(store, node="a", name="poller:in", work=work, clock=self.clock, observer=self.observer)
        self.task = asyncio.create_task(self.role.run())

    async def finished(self) -> None:
        async with asyncio.timeout(10):
            await self.task


async def test_work_stops_within_a_second_of_losing_the_role_and_starts_again_with_it():
    """Half a second after the lease is in doubt the work is cancelled; with a new lease it begins again."""
    work = Work()
    bench = Bench(work)
    await bench.clock.asleep(0.5)
    assert work.started == 1
    bench.store.is_held = bench.store.is_free = False
    await bench.clock.advance(0.5)
    assert (work.cancelled, bench.store.dropped, len(bench.observer.events("role.lost"))) == (1, 1, 1)
    bench.store.is_held = bench.store.is_free = True
    await bench.clock.advance(1.0)
    assert work.started == 2
    bench.role.stop()
    await bench.finished()
    assert (work.cancelled, bench.store.dropped) == (2, 2)
    assert len(bench.observer.events("role.lost")) == 1


async def test_another_node_has_it():
    """Without the role nothing runs, and it is asked for again."""
    work = Work()
    bench = Bench(work)
    bench.store.is_free = False
    await bench.clock.asleep(1.0)
    await bench.clock.advance(1.0)
    assert (work.started, bench.store.asked >= 2) == (0, True)
    bench.role.stop()
    await bench.finished()


async def test_work_that_is_done_gives_the_role_back():
    """When the work returns the runner returns; when it raises, so does the runner; the role goes back both times."""

    async def done() -> None:
        return

    async def broken() -> None:
        raise OSError("gone")

    bench = Bench(done)
    await bench.finished()
    assert bench.store.dropped == 1
    bench = Bench(broken)
    with pytest.raises(OSError, match="gone"):
        await bench.finished()
    assert bench.store.dropped == 1
