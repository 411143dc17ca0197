"""Nodes of a cluster wait by the database's clock, whatever their own clocks say and wherever that one is set."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from engine.domain.message import DeliveryState
from engine.plugins.stores import postgres
from engine.plugins.stores.postgres.store import PostgresStore
from engine.ports.services import SiteServices
from engine.ports.store import DeliveryResult, Store
from engine.records.values import micros
from tests.contracts.store_kit import START, CountedIds, FrozenClock, Recorder, accept, claim_one, lane_of, queue, step
from tests.support.postgres_server import new_database, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


class Cluster:
    """Nodes on one database, whose clock a test turns."""

    def __init__(self, dsn: str) -> None:
        self.told = micros(START)
        self._settings = postgres.PostgresSettings(dsn=dsn, lease=60.0, timeout=10.0)
        self._nodes: list[PostgresStore] = []

    async def node(self, name: str, *, ahead: float = 0.0) -> PostgresStore:
        clock = FrozenClock()
        clock.advance(ahead)
        services = SiteServices(site=Path(), node=name, clock=clock, ids=CountedIds(), observer=Recorder(), blobs=None)
        store = PostgresStore(self._settings, services, tell=lambda: self.told)
        await store.open()
        self._nodes.append(store)
        return store

    def turn(self, seconds: float) -> None:
        self.told += int(seconds * 1_000_000)

    async def close(self) -> None:
        for store in self._nodes:
            await store.close()


@pytest.fixture
async def cluster() -> AsyncIterator[Cluster]:
    with running_server() as server:
        found = Cluster(await new_database(server, "clock"))
        yield found
        await found.close()


async def wait_ten_seconds(store: Store, by: timedelta) -> None:
    """A delivery and a stage that are to be tried again in ten seconds, as a node whose clock is off by `by` says it."""
    later = START + by + timedelta(seconds=10)
    await queue(store, 1, key="a")
    lane = await lane_of(store)
    await store.settle(lane, [DeliveryResult(delivery_id="d1", state=DeliveryState.QUEUED, retry_at=later)])
    await store.close_lane(lane)
    await accept(store, 2, key="b")
    lease = await claim_one(store)
    await store.advance(lease, step(2, "again", retry_at=later))
    await store.release(lease)


async def is_due(store: Store) -> tuple[bool, bool]:
    """Whether the delivery and the stage may be tried now."""
    lane = await lane_of(store)
    deliveries = await store.due(lane, limit=5)
    await store.close_lane(lane)
    leases = await store.claim("node-a", keys=1, per_key=1)
    for lease in leases:
        await store.release(lease)
    return bool(deliveries), bool(leases)


@pytest.mark.parametrize("ahead", [3600.0, -3600.0])
async def test_a_node_whose_clock_is_off_makes_nothing_wait_longer_or_less(cluster: Cluster, ahead: float) -> None:
    """It says how long to wait, and the database adds that to its own time."""
    await wait_ten_seconds(await cluster.node("node-b", ahead=ahead), timedelta(seconds=ahead))
    other = await cluster.node("node-a")
    cluster.turn(9)
    assert await is_due(other) == (False, False)
    cluster.turn(1)
    assert await is_due(other) == (True, True)


async def test_a_database_clock_set_back_makes_nothing_wait_longer(cluster: Cluster) -> None:
    """What waits is moved with it, once, by whichever node sees it first."""
    store, other = await cluster.node("node-a"), await cluster.node("node-b")
    await wait_ten_seconds(store, timedelta())
    assert await store._db.write(store._timepiece.keep) == 0
    cluster.turn(-86_400)
    steps = [await node._db.write(node._timepiece.keep) for node in (store, other)]
    assert steps == [86_400_000_000, 0]
    assert await is_due(store) == (False, False)
    cluster.turn(10)
    assert await is_due(store) == (True, True)
