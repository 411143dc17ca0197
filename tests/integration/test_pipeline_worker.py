"""The worker and the delivery lanes over the embedded store, with stages and a receiver that do what a test says."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from engine.domain.dossier import Dossier
from engine.domain.message import MessageState
from engine.domain.order import Inbound
from engine.domain.outcome import Continue, Duplicate, Filtered, Outcome
from engine.domain.patient import Demographics, Identifier
from engine.domain.reasons import reason
from engine.pipeline.delivery import Lane
from engine.pipeline.ordering import Order
from engine.pipeline.pace import Pace
from engine.pipeline.plan import ChannelPlan, PlannedStage
from engine.pipeline.run import Tools
from engine.pipeline.worker import Worker
from engine.plugins.blobs.files import FileBlobs
from engine.plugins.stores import sqlite
from engine.ports.destination import Outgoing, Receipt, RetryPolicy, Verdict
from engine.ports.services import SiteServices
from engine.ports.stage import StageContext, StageRetry
from engine.ports.store import AuditEntry, MessageQuery, QueuedDelivery, ReviewQuery, Store
from tests.contracts.store_kit import CountedIds, Recorder, Shop, message

INBOUND = Inbound(kind="ORU", patient=Demographics(identifiers=(Identifier(value="1", authority="HOSP"),)))
Run = Callable[[Dossier, StageContext], Awaitable[Outcome]]


class ScriptedStage:
    """A stage that runs a function of the test and counts its calls."""

    def __init__(self, run: Run, *, checkpoint: bool = False) -> None:
        self._run = run
        self.checkpoint = checkpoint
        self.calls = 0

    async def run(self, dossier: Dossier, context: StageContext) -> Outcome:
        self.calls += 1
        return await self._run(dossier, context)

    async def close(self) -> None:
        return


class ScriptedReceiver:
    """A destination whose answers a test gives: control id -> receipt."""

    def __init__(
        self, answer: Callable[[QueuedDelivery], Receipt] = lambda _: Receipt(verdict=Verdict.DONE, ack_code="AA")
    ) -> None:
        self.retry = RetryPolicy(base_seconds=1.0, longest_seconds=4.0, rejects=2)
        self.required = True
        self.media_type = "application/hl7-v2"
        self.answer = answer
        self.sent: list[QueuedDelivery] = []
        self.built = 0

    def build(self, outgoing: Outgoing) -> bytes:
        self.built += 1
        return f"built {self.built} for {outgoing.control_id}".encode()

    async def deliver(self, delivery: QueuedDelivery, **_: object) -> Receipt:
        self.sent.append(delivery)
        return self.answer(delivery)

    async def close(self) -> None:
        return


async def read(dossier: Dossier, _context: StageContext) -> Outcome:
    """The smallest decode."""
    return Continue(replace(dossier, inbound=INBOUND))


class Bench:
    """A store with a worker and a lane on it."""

    def __init__(
        self,
        shop: Shop,
        store: Store,
        stages: dict[str, ScriptedStage],
        receiver: ScriptedReceiver,
        *,
        order: Order = Order.SKIP_FAILED,
        in_flight: int = 1,
    ) -> None:
        self.shop = shop
        self.store = store
        self.receiver = receiver
        self.observer = Recorder()
        ids = CountedIds()
        plan = ChannelPlan(
            name="lab",
            order=order,
            stages=[PlannedStage(id=name, stage=stage) for name, stage in stages.items()],
            destinations={"ehr": receiver},
        )
        tools = Tools(store=store, clock=shop.clock, ids=ids, observer=self.observer, pace=Pace(shop.clock))
        self.worker = Worker(tools, {"lab": plan}, node="node-a")
        self.lane = Lane(store, receiver, channel="lab", name="ehr", node="node-a", clock=shop.clock, ids=ids, observer=self.observer, order=order, in_flight=in_flight)  # fmt: skip
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        """Run both until `stop`."""
        self._tasks = [asyncio.create_task(self.worker.run()), asyncio.create_task(self.lane.run())]

    async def stop(self) -> None:
        """Stop as the engine does: nothing new, what is in hand is finished."""
        self.worker.stop()
        self.lane.stop()
        await asyncio.gather(*self._tasks)
        self._tasks = []

    async def until(self, state: MessageState, count: int = 1) -> None:
        """Until so many messages are in that state; wakes both meanwhile, as hints would."""
        async with asyncio.timeout(20):
            while len(await self.store.search(MessageQuery(state=state.value))) < count:
                self.worker.wake()
                self.lane.wake()
                await asyncio.sleep(0)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    def build(services: SiteServices, settings: dict[str, object]) -> Store:
        return sqlite.PLUGIN.build(sqlite.SqliteSettings(path="var/headrace.db", **settings), services)

    found = Shop(build, tmp_path, FileBlobs(tmp_path / "blobs"))
    yield found
    await found.close()


@contextlib.asynccontextmanager
async def bench(shop: Shop, receiver: ScriptedReceiver | None = None, **stages: ScriptedStage) -> AsyncIterator[Bench]:
    """A running bench on a fresh store."""
    found = Bench(shop, await shop.open(), stages or {"decode": ScriptedStage(read)}, receiver or ScriptedReceiver())
    found.start()
    try:
        yield found
    finally:
        await found.stop()


async def state_of(store: Store, number: int = 1) -> MessageState:
    """Where message `number` is."""
    (view,) = await store.search(MessageQuery(control_id=f"C{number}"))
    return view.state


async def test_message_goes_through_its_stages_and_out(shop: Shop) -> None:
    """Accepted, decoded, sent, acknowledged: delivered, one payload, one control id, everything audited."""
    async with bench(shop) as running:
        await running.store.accept([message(1)])
        await running.until(MessageState.DELIVERED)
    (view,) = await running.store.search(MessageQuery())
    (delivery,) = view.deliveries
    assert (delivery.attempts, delivery.ack_code, len(running.receiver.sent)) == (1, "AA", 1)
    detail = await running.store.get(view.id)
    assert detail is not None
    assert [entry.action for entry in detail.timeline] == ["accept", "decide", "deliver"]


async def test_stages_of_one_key_never_overlap_and_keep_their_order(shop: Shop) -> None:
    """Messages of one ordering key run one after the other, in the order they were accepted."""
    running_now, order = 0, []

    async def slow(dossier: Dossier, context: StageContext) -> Outcome:
        nonlocal running_now
        running_now += 1
        assert running_now == 1
        for _ in range(5):
            await asyncio.sleep(0)
        order.append(context.message_id)
        running_now -= 1
        return await read(dossier, context)

    async with bench(shop, decode=ScriptedStage(slow)) as running:
        await running.store.accept([message(number, key="one") for number in range(1, 13)])
        await running.until(MessageState.DELIVERED, 12)
    assert order == sorted(order)
    assert [item.message_id for item in running.receiver.sent] == order


async def test_wish_to_wait_blocks_only_its_key(shop: Shop) -> None:
    """A stage whose service is down keeps its message and the rest of its key; other keys go on; later it goes through."""
    down = True

    async def needy(dossier: Dossier, context: StageContext) -> Outcome:
        if down and context.content.raw.find(b"C1|") > 0:
            raise StageRetry("service is down", after_seconds=60)
        return await read(dossier, context)

    async with bench(shop, decode=ScriptedStage(needy)) as running:
        await running.store.accept([message(1, key="a"), message(2, key="a"), message(3, key="b")])
        await running.until(MessageState.DELIVERED)
        assert await state_of(running.store, 3) is MessageState.DELIVERED
        assert len(running.receiver.sent) == 1
        down = False
        shop.clock.advance(61)
        await running.until(MessageState.DELIVERED, 3)
    assert [int(item.message_id) for item in running.receiver.sent] == [3, 1, 2]


async def test_stage_that_breaks_parks_its_message_and_nothing_else(shop: Shop) -> None:
    """A bug in a stage is tried three times, then the message is parked with the place of the error; others go on."""

    async def broken(dossier: Dossier, context: StageContext) -> Outcome:
        if b"C1|" in context.content.raw:
            raise ZeroDivisionError("the patient's name must not be in a log")
        return await read(dossier, context)

    stage = ScriptedStage(broken)
    async with bench(shop, decode=stage) as running:
        await running.store.accept([message(1, key="a"), message(2, key="b")])
        await running.until(MessageState.DELIVERED)
        for _ in range(3):
            shop.clock.advance(120)
            running.worker.wake()
        async with asyncio.timeout(20):
            while await state_of(running.store) is not MessageState.PARKED:
                shop.clock.advance(120)
                running.worker.wake()
                await asyncio.sleep(0)
    (view,) = await running.store.search(MessageQuery(control_id="C1"))
    assert "pipeline.failed" in {item.code for item in view.reasons}
    detail = await running.store.get(view.id)
    assert detail is not None
    assert detail.error.startswith("ZeroDivisionError at tests")
    assert "patient" not in detail.error
    assert stage.calls == 4


async def test_costly_output_is_kept_over_a_crash(shop: Shop) -> None:
    """A stage with a checkpoint is not run again after a crash behind it; the run goes on with its output."""

    async def costly(dossier: Dossier, _context: StageContext) -> Outcome:
        return Continue(replace(dossier, inbound=INBOUND, metadata={"accession": "A-77"}))

    async def interrupted(_dossier: Dossier, _context: StageContext) -> Outcome:
        raise StageRetry("the machine dies here", after_seconds=0.01)

    first = ScriptedStage(costly, checkpoint=True)
    async with bench(shop, extract=first, last=ScriptedStage(interrupted)) as running:
        await running.store.accept([message(1)])
        async with asyncio.timeout(20):
            while not first.calls or await state_of(running.store) is MessageState.RECEIVED:
                await asyncio.sleep(0)
    await running.store.close()
    again = ScriptedStage(costly, checkpoint=True)
    shop.clock.advance(5)

    async def finish(dossier: Dossier, _context: StageContext) -> Outcome:
        assert dossier.metadata == {"accession": "A-77"}
        return Continue(dossier)

    async with bench(shop, extract=again, last=ScriptedStage(finish)) as second:
        await second.until(MessageState.DELIVERED)
    assert (first.calls, again.calls) == (1, 0)


async def test_ends_without_delivery(shop: Shop) -> None:
    """Filtered and duplicate are ends of their own; a duplicate names the first."""

    async def sort(dossier: Dossier, context: StageContext) -> Outcome:
        if b"C1|" in context.content.raw:
            return Filtered(dossier, "not for us")
        return Duplicate(dossier, f"{1:026d}")

    async with bench(shop, decode=ScriptedStage(sort)) as running:
        await running.store.accept([message(1, key="a"), message(2, key="b")])
        await running.until(MessageState.DUPLICATE)
        await running.until(MessageState.FILTERED)
    (view,) = await running.store.search(MessageQuery(control_id="C2"))
    assert view.duplicate_of == f"{1:026d}"
    assert running.receiver.sent == []


async def test_held_message_opens_a_case_and_sends_nothing(shop: Shop) -> None:
    """A reason that holds the message: review, one open case with the reason, nothing built."""

    async def doubtful(dossier: Dossier, _context: StageContext) -> Outcome:
        return Continue(replace(dossier, inbound=INBOUND, reasons=(reason("patient.conflict", field="patient"),)))

    async with bench(shop, decode=ScriptedStage(doubtful)) as running:
        await running.store.accept([message(1)])
        await running.until(MessageState.REVIEW)
    (case,) = await running.store.reviews(ReviewQuery())
    assert [item.code for item in case.reasons] == ["patient.conflict"]
    assert running.receiver.built == 0


async def test_channel_that_is_gone_parks_its_messages(shop: Shop) -> None:
    """A message of a channel that is not configured any more is parked, not lost and not left."""
    async with bench(shop) as running:
        await running.store.accept([replace(message(1), channel="gone")])
        await running.until(MessageState.PARKED)


async def test_refusal_is_tried_again_and_then_set_aside(shop: Shop) -> None:
    """A receiver that refuses gets the same bytes again, twice, then the delivery is parked and its key goes on."""
    receiver = ScriptedReceiver(
        lambda item: (
            Receipt(verdict=Verdict.RETRY, ack_code="AR", error="AR 207")
            if int(item.message_id) == 1
            else Receipt(verdict=Verdict.DONE, ack_code="AA")
        )
    )
    async with bench(shop, receiver) as running:
        await running.store.accept([message(1, key="a"), message(2, key="a")])
        async with asyncio.timeout(20):
            while await state_of(running.store) is not MessageState.PARKED:
                shop.clock.advance(5)
                running.lane.wake()
                running.worker.wake()
                await asyncio.sleep(0)
        await running.until(MessageState.DELIVERED)
    bodies = [item.body for item in receiver.sent if int(item.message_id) == 1]
    assert len(bodies) == 3
    assert len(set(bodies)) == 1
    (view,) = await running.store.search(MessageQuery(control_id="C1"))
    assert [item.code for item in view.reasons] == ["delivery.rejected"]


async def test_receiver_that_cannot_be_reached_is_left_alone_for_a_while(shop: Shop) -> None:
    """Without a connection nothing is lost: the queue keeps its order, and the next try comes after the back-off."""
    reachable = False

    def answer(_delivery: QueuedDelivery) -> Receipt:
        if reachable:
            return Receipt(verdict=Verdict.DONE, ack_code="AA")
        return Receipt(verdict=Verdict.UNREACHED, sent=False, error="refused")

    receiver = ScriptedReceiver(answer)
    async with bench(shop, receiver) as running:
        await running.store.accept([message(number, key=f"k{number}") for number in range(1, 6)])
        async with asyncio.timeout(20):
            while len(receiver.sent) < 1:
                await asyncio.sleep(0)
        reachable = True
        shop.clock.advance(10)
        await running.until(MessageState.DELIVERED, 5)
    assert running.observer.events.count("delivery.failed") == 1
    first = [int(item.message_id) for item in receiver.sent]
    assert sorted(set(first)) == [1, 2, 3, 4, 5]
    (view,) = await running.store.search(MessageQuery(control_id="C1"))
    assert view.deliveries[0].attempts == 1, "a try without a connection sent nothing"


async def test_replay_runs_the_stages_again_and_sends_nothing_twice(shop: Shop) -> None:
    """A replay of a delivered message whose result is the same leaves nothing new; MSH-10 stays one."""
    async with bench(shop) as running:
        await running.store.accept([message(1)])
        await running.until(MessageState.DELIVERED)
        (view,) = await running.store.search(MessageQuery())
        assert await running.store.replay(view.id, from_stage="", audit=AuditEntry(action="replay", actor="tester"))
        async with asyncio.timeout(20):
            while running.receiver.built < 2:
                running.worker.wake()
                await asyncio.sleep(0)
        await running.until(MessageState.DELIVERED)
    assert len({item.control_id for item in running.receiver.sent}) == 1
    assert len(running.receiver.sent) == 1


async def test_circuit_opens_and_lets_every_key_have_its_try(shop: Shop) -> None:
    """A receiver silent on one message and then on all is probed key by key; when it answers again all are delivered."""
    silent = True

    def answer(_delivery: QueuedDelivery) -> Receipt:
        if silent:
            return Receipt(verdict=Verdict.UNREACHED, error="no_ack")
        return Receipt(verdict=Verdict.DONE, ack_code="AA")

    receiver = ScriptedReceiver(answer)
    receiver.retry = RetryPolicy(base_seconds=0.001, longest_seconds=0.001, opens_after=2)
    async with bench(shop, receiver) as running:
        await running.store.accept([message(number, key=f"k{number}") for number in range(1, 4)])
        async with asyncio.timeout(20):
            while len({item.ordering_key for item in receiver.sent}) < 3:
                shop.clock.advance(1)
                running.worker.wake()
                running.lane.wake()
                await asyncio.sleep(0)
        assert running.observer.events.count("delivery.circuit") == 1
        silent = False
        async with asyncio.timeout(20):
            while len(await running.store.search(MessageQuery(state="delivered"))) < 3:
                shop.clock.advance(1)
                running.lane.wake()
                await asyncio.sleep(0)
    assert running.observer.events.count("delivery.circuit") == 2


async def test_several_in_flight_never_two_of_one_key(shop: Shop) -> None:
    """With four in flight different keys overlap and one key never does; each key keeps its order."""
    now: list[str] = []
    most = 0

    class Slow(ScriptedReceiver):
        async def deliver(self, delivery: QueuedDelivery, **_: object) -> Receipt:
            nonlocal most
            assert delivery.ordering_key not in now
            now.append(delivery.ordering_key)
            most = max(most, len(now))
            for _turn in range(5):
                await asyncio.sleep(0)
            now.remove(delivery.ordering_key)
            return await super().deliver(delivery)

    receiver = Slow()
    found = Bench(shop, await shop.open(), {"decode": ScriptedStage(read)}, receiver, in_flight=4)
    await found.store.accept([message(number, key=f"k{number % 5}") for number in range(1, 31)])
    worker = asyncio.create_task(found.worker.run())
    await found.until(MessageState.QUEUED, 30)
    lane = asyncio.create_task(found.lane.run())
    await found.until(MessageState.DELIVERED, 30)
    found.worker.stop()
    found.lane.stop()
    await asyncio.gather(worker, lane)
    assert most == 4
    for key in range(5):
        mine = [int(item.message_id) for item in receiver.sent if int(item.message_id) % 5 == key]
        assert mine == sorted(mine)


async def test_strict_order_asks_the_store_to_hold_the_key(shop: Shop) -> None:
    """Under `order: strict` a parked delivery is written with `holds_key`; otherwise it is not."""
    refused = Receipt(verdict=Verdict.PARK, ack_code="AE", error="AE")
    parked = QueuedDelivery(
        id="d", message_id=message(1).id, sequence=1, ordering_key="k", control_id="c", body=b"", media_type="",
        attempts=0, rejects=0, queued_at=shop.clock.now(),
    )  # fmt: skip
    store = await shop.open()
    for order, holds in ((Order.STRICT, True), (Order.SKIP_FAILED, False)):
        lane = Bench(shop, store, {}, ScriptedReceiver(), order=order).lane
        assert lane._judge(parked, refused)[0].holds_key is holds


async def test_a_fingerprint_taken_meanwhile_makes_the_deduping_stage_look_again(shop: Shop) -> None:
    """The message whose claim came second is not sent for ever into the same wall: the stages before its claim run again."""
    store = await shop.open()
    both = asyncio.Barrier(2)
    looked: dict[str, int] = {}

    async def dedupe(dossier: Dossier, context: StageContext) -> Outcome:
        looked[context.message_id] = looked.get(context.message_id, 0) + 1
        if looked[context.message_id] == 1:
            await both.wait()  # neither sees the other's claim
            return Continue(replace(dossier, fingerprints=(("report", "the same"),)))
        return Duplicate(dossier, message(1).id)

    async def review(dossier: Dossier, _context: StageContext) -> Outcome:
        return Continue(dossier)

    stages = {"read": ScriptedStage(read), "dedupe": ScriptedStage(dedupe), "review": ScriptedStage(review)}
    bench = Bench(shop, store, stages, ScriptedReceiver())
    await store.accept([message(1, key="a"), message(2, key="b")])
    bench.start()
    async with asyncio.timeout(20):
        while not await store.search(MessageQuery(state="duplicate")):
            shop.clock.advance(1)
            bench.worker.wake()
            bench.lane.wake()
            await asyncio.sleep(0)
    await bench.until(MessageState.DELIVERED)
    await bench.stop()
    assert sorted(looked.values()) == [1, 2]
