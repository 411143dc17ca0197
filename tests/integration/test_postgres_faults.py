"""A PostgreSQL server that fails under the store: nothing acknowledged is lost, and the store recovers by itself."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
from asyncpg.transaction import Transaction

from engine.domain.message import MessageState
from engine.plugins.stores import postgres
from engine.plugins.stores.postgres.store import PostgresStore
from engine.ports.services import SiteServices
from engine.ports.store import KeyLease, LaneLease, LeaseLost, QueuedDelivery, StoreError
from tests.contracts.store_kit import (
    CountedIds,
    FrozenClock,
    Recorder,
    accept,
    claim_one,
    delivery,
    finish,
    lane_of,
    message,
    queue,
    sent,
    step,
)
from tests.support.postgres_server import PostgresServer, new_database, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
T = TypeVar("T")
LEASE = 1.5
MESSAGES = 30
KEYS = 5


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_server() as found:
        yield found


@pytest.fixture
async def store(server: PostgresServer) -> AsyncIterator[PostgresStore]:
    dsn = await new_database(server, "faults")
    services = SiteServices(
        site=Path(), node="node-a", clock=FrozenClock(), ids=CountedIds(), observer=Recorder(), blobs=None
    )
    found = PostgresStore(postgres.PostgresSettings(dsn=dsn, lease=LEASE, timeout=10.0, inline=2048), services)
    await found.open()
    yield found
    await found.close()


async def cut_all(server: PostgresServer) -> None:
    """End every connection to the database, as an administrator or a failing server would."""
    connection = await asyncpg.connect(server.dsn())
    try:
        await connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'faults'"  # test of the server's act
        )
    finally:
        await connection.close()


async def stubborn(call: Callable[[], Awaitable[T]]) -> T:
    """What every caller of the store does: again, until it is done or the lease is lost."""
    while True:
        try:
            return await call()
        except LeaseLost:
            raise
        except StoreError:
            await asyncio.sleep(0)


class Flow:
    """A sender, a worker and a destination that go on whatever the store answers."""

    def __init__(self, store: PostgresStore) -> None:
        self.store = store
        self.acknowledged: list[str] = []
        self.wire: list[QueuedDelivery] = []
        self.steps = 0
        self._moved = asyncio.Condition()

    async def run(self) -> None:
        async with asyncio.timeout(100), asyncio.TaskGroup() as tasks:
            worker = tasks.create_task(self._work())
            tasks.create_task(self._send())
            await self._deliver()
            worker.cancel()

    async def reach(self, steps: int) -> None:
        """Wait until that many steps were done."""
        async with self._moved:
            await self._moved.wait_for(lambda: self.steps >= steps)

    async def _step(self) -> None:
        async with self._moved:
            self.steps += 1
            self._moved.notify_all()

    async def _send(self) -> None:
        for number in range(1, MESSAGES + 1):
            body = None if number % 10 else f"MSH|{number}".encode() * 1000  # some go into chunks
            new = message(number, key=f"key{number % KEYS}", body=body)
            (accepted,) = await stubborn(lambda new=new: self.store.accept([new]))  # type: ignore[misc]
            self.acknowledged.append(accepted.id)
            await self._step()

    async def _work(self) -> None:
        while True:
            for lease in await stubborn(lambda: self.store.claim("node-a", keys=KEYS, per_key=10)):
                with suppress(LeaseLost):
                    await self._advance(lease)
                with suppress(StoreError):
                    await self.store.release(lease)

    async def _advance(self, lease: KeyLease) -> None:
        for item in lease.items:
            change = step(int(item.id), None, deliveries=(delivery(int(item.id)),))
            await stubborn(lambda change=change: self.store.advance(lease, change))  # type: ignore[misc]
            await self._step()

    async def _deliver(self) -> None:
        lane: LaneLease | None = None
        while len({item.id for item in self.wire}) < MESSAGES:
            lane = lane or await stubborn(lambda: self.store.open_lane("node-a", "lab", "ehr"))
            if lane is None:
                continue
            try:
                await self._settle_due(lane)
            except LeaseLost:
                lane = None

    async def _settle_due(self, lane: LaneLease) -> None:
        for item in await stubborn(lambda: self.store.due(lane, limit=20)):
            self.wire.append(item)
            result = sent(int(item.id.removeprefix("d")))
            await stubborn(lambda result=result: self.store.settle(lane, [result]))  # type: ignore[misc]
            await self._step()


async def require_all(flow: Flow) -> None:
    """Everything acknowledged is there and delivered, in the order of its key, and counted once."""
    assert sorted(flow.acknowledged) == [message(number).id for number in range(1, MESSAGES + 1)]
    figures = await stubborn(flow.store.figures)
    assert dict(figures.messages) == {("lab", "delivered"): MESSAGES}
    for number in range(1, MESSAGES + 1):
        assert await stubborn(lambda number=number: flow.store.raw(message(number).id))  # type: ignore[misc]
    firsts = list({item.id: item for item in flow.wire}.values())
    for key in {item.ordering_key for item in firsts}:
        sequences = [item.sequence for item in firsts if item.ordering_key == key]
        assert sequences == sorted(sequences)


@pytest.mark.parametrize("seed", [1, 2])
async def test_cut_connections_lose_nothing(store: PostgresStore, server: PostgresServer, seed: int) -> None:
    """All connections are ended five times in the middle of the work; everything arrives, in order, counted once."""
    flow, chance = Flow(store), random.Random(seed)

    async def strike() -> None:
        for steps in sorted(chance.sample(range(3 * MESSAGES - 10), 5)):
            await flow.reach(steps)
            await cut_all(server)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(strike())
        tasks.create_task(flow.run())
    await require_all(flow)


async def test_a_server_that_crashes_and_comes_back_lost_nothing(store: PostgresStore, server: PostgresServer) -> None:
    """The server is stopped as by a crash twice in the middle of the work and started again; nobody helps the store."""
    flow = Flow(store)

    async def strike() -> None:
        for steps in (10, 45):
            await flow.reach(steps)
            await asyncio.to_thread(server.restart, "immediate")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(strike())
        tasks.create_task(flow.run())
    await require_all(flow)


async def test_a_dead_server_means_a_quick_refusal(store: PostgresStore, server: PostgresServer) -> None:
    """While the server is down a message is refused and readiness says why; afterwards the same message is taken in."""
    await asyncio.to_thread(server.stop, "immediate")
    try:
        async with asyncio.timeout(30):
            with pytest.raises(StoreError) as refused:
                await store.accept([message(1)])
            assert await store.trouble() == "database"
    finally:
        await asyncio.to_thread(server.start)
    assert "MSH" not in str(refused.value)
    assert "C1" not in str(refused.value)
    (accepted,) = await stubborn(lambda: store.accept([message(1)]))
    assert not accepted.retransmission


class LostAnswer:
    """The next COMMIT is done, but its answer never arrives: the connection is gone."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._is_armed = False
        commit = Transaction.commit

        async def lossy(transaction: Any) -> None:
            await commit(transaction)
            if self._is_armed:
                self._is_armed = False
                raise ConnectionResetError

        monkeypatch.setattr(Transaction, "commit", lossy)

    async def during(self, call: Awaitable[object]) -> None:
        """Make the call; it must fail, for nobody can know what became of it."""
        self._is_armed = True
        with pytest.raises(StoreError):
            await call


@pytest.fixture
def lost(store: PostgresStore, monkeypatch: pytest.MonkeyPatch) -> LostAnswer:
    return LostAnswer(monkeypatch)


async def test_a_message_whose_commit_was_not_answered_is_taken_in_once(store: PostgresStore, lost: LostAnswer) -> None:
    """The sender repeats it and gets the first answer; there is one message."""
    await lost.during(store.accept([message(1)]))
    (again,) = await store.accept([message(1)])
    assert again.retransmission
    assert again.ack == message(1).ack
    assert (await store.figures()).messages == {("lab", "received"): 1}


async def test_a_key_whose_claim_was_not_answered_comes_back(store: PostgresStore, lost: LostAnswer) -> None:
    """Nobody renews a lease that nobody knows of: it runs out, and the key is claimed again."""
    await accept(store, 1)
    await lost.during(store.claim("node-a", keys=1, per_key=1))
    async with asyncio.timeout(30):
        while not (leases := await store.claim("node-a", keys=1, per_key=1)):
            await asyncio.sleep(0)
    assert [item.id for item in leases[0].items] == [message(1).id]


async def test_a_decision_whose_commit_was_not_answered_stands_once(store: PostgresStore, lost: LostAnswer) -> None:
    """The worker tries again, is told that the work is gone, and there is one delivery."""
    await accept(store, 1)
    lease = await claim_one(store)
    change = step(1, None, deliveries=(delivery(1),))
    await lost.during(store.advance(lease, change))
    with pytest.raises(LeaseLost):
        await store.advance(lease, change)
    await store.release(lease)
    detail = await store.get(message(1).id)
    assert detail is not None
    assert detail.message.state is MessageState.QUEUED
    assert [item.id for item in detail.message.deliveries] == ["d1"]


async def test_a_queue_whose_opening_was_not_answered_is_opened_again(store: PostgresStore, lost: LostAnswer) -> None:
    """The same node need not wait for the lease it lost sight of."""
    await queue(store, 1)
    await lost.during(store.open_lane("node-a", "lab", "ehr"))
    lane = await lane_of(store)
    assert [item.id for item in await store.due(lane, limit=5)] == ["d1"]


async def test_a_result_whose_commit_was_not_answered_is_kept(store: PostgresStore, lost: LostAnswer) -> None:
    """What the peer accepted is not sent again, and a repeated result changes nothing but the count of tries."""
    await queue(store, 1)
    lane = await lane_of(store)
    await lost.during(store.settle(lane, [sent(1)]))
    assert await store.due(lane, limit=5) == []
    await store.settle(lane, [sent(1)])
    assert (await store.figures()).messages == {("lab", "delivered"): 1}


async def test_bodies_lie_in_chunks_without_a_blob_store(store: PostgresStore) -> None:
    """A large body comes back byte for byte, its copy is kept once, and pruned it leaves the database with a sweep."""
    body = bytes(range(256)) * 12_000
    await store.accept([message(1, body=body)])
    await store.accept([message(2, key="other", body=body)])
    assert await store.raw(message(1).id) == body
    for _ in range(2):
        await finish(store, await claim_one(store), final_state=MessageState.FILTERED)
    assert store.check() == []
