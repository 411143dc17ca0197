"""Leases are told by the database's clock, or end with the process: a step of a node's own clock changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from pathlib import Path

import pytest

from engine.plugins.stores import postgres, sqlite
from engine.plugins.stores.postgres.store import PostgresStore
from engine.ports.services import SiteServices
from engine.ports.store import KeyLease, LeaseLost, Store
from tests.contracts.store_kit import CountedIds, FrozenClock, Recorder, accept, claim_one, step
from tests.support.postgres_server import PostgresServer, new_database, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
LEASE = 1.5
STEPS = pytest.mark.parametrize("seconds", [3600, -3600, 86_400, -86_400])


class SteppedClock(FrozenClock):
    """A wall clock that is set, while the time that only goes forward stays."""

    def set_by(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


def services(site: Path, node: str, clock: SteppedClock) -> SiteServices:
    return SiteServices(site=site, node=node, clock=clock, ids=CountedIds(), observer=Recorder(), blobs=None)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_server() as found:
        yield found


@pytest.fixture
async def stack() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as found:
        yield found


async def join(stack: AsyncExitStack, dsn: str, node: str) -> tuple[PostgresStore, SteppedClock]:
    clock = SteppedClock()
    store = PostgresStore(postgres.PostgresSettings(dsn=dsn, lease=LEASE, timeout=10.0), services(Path(), node, clock))
    await store.open()
    stack.push_async_callback(store.close)
    return store, clock


async def claim_in_time(store: Store, node: str) -> KeyLease:
    """Claim again and again until there is a key."""
    async with asyncio.timeout(30.0):
        while not (found := await store.claim(node, keys=1, per_key=1)):
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.05)
    return found[0]


@STEPS
async def test_a_set_clock_neither_ends_nor_prolongs_a_lease_of_a_cluster(
    server: PostgresServer, stack: AsyncExitStack, seconds: int
) -> None:
    """A living node keeps its key over twice the lease, a dead one loses it, whichever clock was set by how much."""
    dsn = await new_database(server, "lease_clock")
    one, clock_of_one = await join(stack, dsn, "a")
    two, clock_of_two = await join(stack, dsn, "b")
    await accept(one, 1)
    lease = await claim_one(one, "a")
    clock_of_one.set_by(seconds)
    clock_of_two.set_by(-seconds)
    start = (await two.nodes())[0].seen_at
    while ((await two.nodes())[0].seen_at - start).total_seconds() < 2 * LEASE:
        assert await two.claim("b", keys=1, per_key=1) == []
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), 0.05)
    assert one.holds(lease)
    (beats,) = [task for task in asyncio.all_tasks() if task.get_name() == "leases of a"]
    beats.cancel()
    taken = await claim_in_time(two, "b")
    assert (one.holds(lease), two.holds(taken)) == (False, True)
    with pytest.raises(LeaseLost):
        await one.advance(lease, step(1))


@STEPS
async def test_a_set_clock_neither_ends_nor_prolongs_a_lease_of_one_process(
    tmp_path: Path, stack: AsyncExitStack, seconds: int
) -> None:
    """The SQLite store keeps a key for its worker through the step, and the next start has it free at once."""
    clock = SteppedClock()
    (tmp_path / "var").mkdir()
    settings = sqlite.SqliteSettings(path="var/headrace.db")
    store = sqlite.PLUGIN.build(settings, services(tmp_path, "a", clock))
    await store.open()
    await accept(store, 1)
    lease = await claim_one(store, "a")
    clock.set_by(seconds)
    assert await store.claim("a", keys=1, per_key=1) == []
    assert store.holds(lease)
    await store.advance(lease, step(1))
    await store.close()
    again = sqlite.PLUGIN.build(settings, services(tmp_path, "a", clock))
    await again.open()
    stack.push_async_callback(again.close)
    assert [item.id for item in (await claim_one(again, "a")).items] == [lease.items[0].id]
