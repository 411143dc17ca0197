"""Nodes that share a PostgreSQL database: nothing is done twice, nothing waits for a node that is gone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import asyncpg
import pytest

from engine.plugins.stores import postgres
from engine.plugins.stores.postgres.store import PostgresStore
from engine.ports.services import SiteServices
from engine.ports.store import KeyLease, LeaseLost, StoreError, Transition
from tests.contracts.store_kit import CountedIds, FrozenClock, Recorder, accept, claim_one, finish, message, queue, step
from tests.support.postgres_server import PostgresServer, new_database, running_server

pytestmark = pytest.mark.slow
LEASE = 1.5
DEADLINE = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_server() as found:
        yield found


class Cluster:
    """Nodes on one empty database."""

    def __init__(self, dsn: str) -> None:
        self.dsn = dsn
        self.clock = FrozenClock()
        self._open: list[PostgresStore] = []

    async def join(self, node: str) -> PostgresStore:
        services = SiteServices(
            site=Path(), node=node, clock=self.clock, ids=CountedIds(), observer=Recorder(), blobs=None
        )
        settings = postgres.PostgresSettings(dsn=self.dsn, lease=LEASE, timeout=10.0)
        store = PostgresStore(settings, services)
        await store.open()
        self._open.append(store)
        return store

    async def leave(self) -> None:
        for store in self._open:
            await store.close()


@pytest.fixture
async def cluster(server: PostgresServer) -> AsyncIterator[Cluster]:
    found = Cluster(await new_database(server, "cluster"))
    yield found
    await found.leave()


def stop(task_name: str) -> None:
    """End one of a node's own tasks: what a frozen or cut off node no longer does."""
    (task,) = [task for task in asyncio.all_tasks() if task.get_name() == task_name]
    task.cancel()


async def until(look: Callable[[], Awaitable[object]]) -> None:
    """Look again and again, a moment of the loop in between, until something is there."""
    async with asyncio.timeout(DEADLINE):
        while not await look():
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.Event().wait(), 0.05)


async def claim_soon(store: PostgresStore, node: str) -> KeyLease:
    """Claim a key as soon as there is one."""
    found: list[KeyLease] = []

    async def look() -> bool:
        found.extend(await store.claim(node, keys=1, per_key=10))
        return bool(found)

    await until(look)
    return found[0]


async def test_no_key_is_handed_to_two_nodes(cluster: Cluster) -> None:
    """Two nodes that claim at the same time get every key once."""
    one, two = await cluster.join("a"), await cluster.join("b")
    await one.accept([message(number, key=f"k{number}") for number in range(60)])
    shares = await asyncio.gather(*(store.claim("n", keys=5, per_key=5) for store in (one, two) * 12))
    keys = [lease.key for share in shares for lease in share]
    assert sorted(keys) == sorted(f"k{number}" for number in range(60))


async def test_work_of_a_frozen_node_is_taken_over_and_fenced(cluster: Cluster) -> None:
    """Without a sign of life a lease runs out; another node does the work, the first one can write nothing any more."""
    one, two = await cluster.join("a"), await cluster.join("b")
    await accept(one, 1)
    old = await claim_one(one, "a")
    stop("leases of a")
    new = await claim_soon(two, "b")
    assert [item.id for item in new.items] == [message(1).id]
    assert (one.holds(old), two.holds(new)) == (False, True)
    with pytest.raises(LeaseLost):
        await one.advance(old, step(1))
    await one.release(old)
    assert two.holds(new)
    await finish(two, new)
    assert await one.claim("a", keys=9, per_key=9) == []


async def test_a_living_node_keeps_its_lease(cluster: Cluster) -> None:
    """Signs of life renew a lease for as long as the work takes; nobody else gets the key meanwhile."""
    one, two = await cluster.join("a"), await cluster.join("b")
    await accept(one, 1)
    lease = await claim_one(one, "a")
    start = (await two.nodes())[0].seen_at

    async def look() -> bool:
        assert await two.claim("b", keys=1, per_key=1) == []
        return ((await two.nodes())[0].seen_at - start).total_seconds() > 2 * LEASE

    await until(look)
    assert one.holds(lease)
    await one.advance(lease, step(1))


async def test_a_lease_that_nobody_knows_runs_out(cluster: Cluster) -> None:
    """A key whose claim was written although its answer was lost is renewed by nobody, not even by its own node."""
    one = await cluster.join("a")
    await accept(one, 1)
    await claim_one(one, "a")
    connection = await asyncpg.connect(cluster.dsn)
    await connection.execute("UPDATE okey SET epoch = nextval('lease_epoch')")  # a claim the node never heard of
    await connection.close()
    assert (await claim_soon(one, "a")).items


async def test_queues_and_roles_of_a_frozen_node_are_taken_over(cluster: Cluster) -> None:
    """The right to send and the singleton roles run out like keys, and the old holder is refused."""
    one, two = await cluster.join("a"), await cluster.join("b")
    await queue(one, 1)
    lane, role = await one.open_lane("a", "lab", "ehr"), await one.take_role("a", "pruner")
    if lane is None or role is None:
        raise AssertionError("both must be free")
    assert await two.open_lane("b", "lab", "ehr") is None
    assert await two.take_role("b", "pruner") is None
    stop("leases of a")
    await until(lambda: two.open_lane("b", "lab", "ehr"))
    await until(lambda: two.take_role("b", "pruner"))
    with pytest.raises(LeaseLost):
        await one.due(lane, limit=5)
    assert not one.holds(lane)
    assert not one.holds(role)


async def test_order_inside_a_key_holds_over_nodes(cluster: Cluster) -> None:
    """A sender whose messages land on alternating nodes gets them worked on in its order, whichever node works."""
    stores = [await cluster.join("a"), await cluster.join("b")]
    for number in range(1, 13):
        await accept(stores[number % 2], number)
    done = []
    for turn in range(12):
        store = stores[turn // 2 % 2]
        (lease,) = await store.claim("n", keys=1, per_key=1)
        done.append(lease.items[0].id)
        await store.advance(lease, Transition(message_id=lease.items[0].id, next_stage=None))
        await store.release(lease)
    assert done == [message(number).id for number in range(1, 13)]


async def test_a_retransmission_to_another_node_finds_the_first(cluster: Cluster) -> None:
    """The same message sent to two nodes at once is stored once; both answers are those of the first."""
    one, two = await cluster.join("a"), await cluster.join("b")
    for number in range(10):
        first, second = message(number), message(number, id=message(number + 100).id, ack=b"other")
        answers = await asyncio.gather(one.accept([first]), two.accept([second]))
        assert sorted(answer.retransmission for (answer,) in answers) == [False, True]
        assert len({(answer.id, answer.ack) for (answer,) in answers}) == 1


async def test_a_hint_reaches_the_other_node(cluster: Cluster) -> None:
    """What one node takes in wakes the workers of the other."""
    one, two = await cluster.join("a"), await cluster.join("b")
    await two.is_listening()
    hints = two.wakeups()
    await accept(one, 1)
    async with asyncio.timeout(DEADLINE):
        assert await anext(hints) == "work"


async def test_without_hints_work_is_found_all_the_same(cluster: Cluster) -> None:
    """A node that hears nothing finds the work when it looks."""
    one, two = await cluster.join("a"), await cluster.join("b")
    stop("hints of b")
    await accept(one, 1)
    assert (await claim_one(two, "b")).items


async def test_a_server_that_forgets_is_refused(server: PostgresServer, cluster: Cluster) -> None:
    """With fsync off an acknowledged message could be lost: such a server is refused unless that is asked for."""
    admin = await asyncpg.connect(server.dsn(), timeout=10)
    try:
        await admin.execute("ALTER SYSTEM SET fsync = off")
        await admin.execute("SELECT pg_reload_conf()")
        await until(lambda: _shows_fsync(server, "off"))
        with pytest.raises(StoreError, match="fsync"):
            await cluster.join("a")
    finally:
        await admin.execute("ALTER SYSTEM RESET fsync")
        await admin.execute("SELECT pg_reload_conf()")
        await admin.close()


async def _shows_fsync(server: PostgresServer, wanted: str) -> bool:
    connection = await asyncpg.connect(server.dsn())
    try:
        found: str = await connection.fetchval("SHOW fsync")
        return found == wanted
    finally:
        await connection.close()
