"""Hop 11: one durable queue a destination; FIFO inside an ordering key, a bad message blocks only its own key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial

from engine.domain.message import DeliveryState
from engine.domain.reasons import reason
from engine.pipeline.circuit import Circuit
from engine.pipeline.ordering import Order
from engine.pipeline.retry import backoff_seconds
from engine.ports.clock import Clock, Ids
from engine.ports.destination import Destination, Receipt, Verdict
from engine.ports.observe import Observer
from engine.ports.store import (
    AuditEntry,
    BodyMissing,
    DeliveryResult,
    LaneLease,
    LeaseLost,
    QueuedDelivery,
    Store,
    StoreError,
)

_BATCH = 64
_POLL_SECONDS = 1.0
_SHIFT_SECONDS = 1.0
_NOT_SURE = "the queue is no longer surely ours"


class Lane:
    """Sends the deliveries of one destination for as long as this node holds the queue's lease.

    Args:
        in_flight: how many may be on their way at once, each of another ordering key.
        order: whether a parked delivery holds those behind it in its key.
    """

    def __init__(
        self,
        store: Store,
        destination: Destination,
        *,
        channel: str,
        name: str,
        node: str,
        clock: Clock,
        ids: Ids,
        observer: Observer,
        in_flight: int = 1,
        order: Order = Order.SKIP_FAILED,
    ) -> None:
        self._store = store
        self._destination = destination
        self._channel = channel
        self._name = name
        self._node = node
        self._clock = clock
        self._ids = ids
        self._observer = observer
        self._in_flight = in_flight
        self._is_strict = order is Order.STRICT
        self._wake = asyncio.Event()
        self._stopping = False
        self._circuit = Circuit(destination.retry, ids, observer, channel=channel, destination=name)

    @property
    def hint(self) -> str:
        """The wakeup hint that means this queue."""
        return f"lane:{self._channel}/{self._name}"

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    def stop(self) -> None:
        """Send nothing new; `run` returns when the messages in flight have their answers."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Send until stopped."""
        while not self._stopping:
            lane = await self._open()
            if lane is None:
                await self._rest(_POLL_SECONDS)
                continue
            try:
                await self._send_all(lane)
                await self._store.close_lane(lane)
            except LeaseLost:
                self._circuit.forget()
                await self._give_back(lane)
                self._observer.note(
                    "delivery.lease_lost", level="warning", channel=self._channel, destination=self._name
                )
            except StoreError as problem:
                await self._give_back(lane)
                await self._store_failed(problem)

    async def _give_back(self, lane: LaneLease) -> None:
        """Let another node have the queue; where that fails too the lease ends, or this node takes it anew."""
        with suppress(StoreError):
            await self._store.close_lane(lane)

    async def _open(self) -> LaneLease | None:
        """The right to send, or None while another node has it or the store does not answer."""
        self._wake.clear()  # or the rest after it would be none
        try:
            return await self._store.open_lane(self._node, self._channel, self._name)
        except StoreError as problem:
            await self._store_failed(problem)
            return None

    async def _store_failed(self, problem: StoreError) -> None:
        self._observer.note("delivery.store_failed", level="error", error=type(problem).__name__)
        self._wake.clear()
        await self._rest(_POLL_SECONDS)

    async def _send_all(self, lane: LaneLease) -> None:
        while not self._stopping:
            self._wake.clear()
            batch = await self._store.due(lane, limit=_BATCH)
            if batch:
                await self._leave_alone(await self._send_batch(lane, batch))
            else:
                await self._rest(await self._until_due(lane))

    async def _send_batch(self, lane: LaneLease, batch: list[QueuedDelivery]) -> float:
        """Send a batch, each key in order; returns until when to leave the receiver alone, in monotonic seconds.

        Receipts are written while the next message is already on its way: a crash in between sends some again, under
        their own control ids. After a second the rest is asked for again: the queue may have been paused.
        """
        shift = Shift(
            self._circuit.probes(batch), _Receipts(self._store, lane), self._clock.monotonic() + _SHIFT_SECONDS
        )
        try:
            if self._in_flight == 1 or self._circuit.is_open:
                await self._work(lane, shift)
            else:
                await self._work_together(lane, shift)
        finally:
            await shift.receipts.written()
        return shift.alone_until

    async def _work_together(self, lane: LaneLease, shift: Shift) -> None:
        """Several at once; the first failure of the lease or the store ends all of them, after their answers."""
        workers = [asyncio.create_task(self._work(lane, shift)) for _ in range(self._in_flight)]
        await asyncio.wait(workers)
        for worker in workers:
            worker.result()

    async def _work(self, lane: LaneLease, shift: Shift) -> None:
        while not self._stopping and self._clock.monotonic() < shift.until:
            delivery = shift.take()
            if delivery is None:
                return
            receipt = await self._send(lane, delivery)
            if not receipt.sent and not self._store.holds(lane):
                shift.end()
                raise LeaseLost(_NOT_SURE)
            result, pause = self._judge(delivery, receipt)
            shift.done(delivery, result, alone_until=self._clock.monotonic() + pause if pause else 0.0)

    async def _send(self, lane: LaneLease, delivery: QueuedDelivery) -> Receipt:
        began = self._clock.monotonic()
        whole = await self._whole(delivery)
        if whole is None:
            receipt = Receipt(verdict=Verdict.PARK, sent=False, error="the stored payload is gone")
        else:
            receipt = await self._destination.deliver(whole, may_send=partial(self._store.holds, lane))
        self._observer.count(
            "delivery_attempts", channel=self._channel, destination=self._name, result=receipt.verdict.value
        )
        self._observer.observe(
            "delivery_seconds", self._clock.monotonic() - began, channel=self._channel, destination=self._name
        )
        return receipt

    async def _whole(self, delivery: QueuedDelivery) -> QueuedDelivery | None:
        """The delivery with its bytes; None when they are gone or damaged, and nothing may be sent instead."""
        if not delivery.is_deferred:
            return delivery
        try:
            body = await self._store.payload(delivery.id)
        except BodyMissing:
            return None
        return None if body is None else replace(delivery, body=body, is_deferred=False)

    def _note(self, delivery: QueuedDelivery, receipt: Receipt) -> None:
        """Loss is noted once and return once, not at every try."""
        done, in_outage = receipt.verdict is Verdict.DONE, self._circuit.unreached > 0
        if in_outage and receipt.verdict is Verdict.UNREACHED:
            return
        event = "delivery.failed" if not done else "delivery.back" if in_outage else "delivery.sent"
        self._observer.note(
            event,
            level="info" if done else "warning",
            channel=self._channel,
            destination=self._name,
            message_id=delivery.message_id,
            code=receipt.ack_code,
            reason=receipt.error or None,
            attempt=delivery.attempts + 1,
        )

    def _judge(self, delivery: QueuedDelivery, receipt: Receipt) -> tuple[DeliveryResult, float]:
        """What the try means for the delivery, and for the receiver as a whole (seconds to leave it alone)."""
        self._note(delivery, receipt)
        if receipt.verdict is Verdict.UNREACHED:
            delay = self._circuit.missed(delivery.ordering_key)
            waiting = self._result(delivery, receipt, DeliveryState.QUEUED, delay=delay)
            return waiting, delay if self._circuit.is_open or not receipt.sent else 0.0
        self._circuit.reached()
        if receipt.verdict is Verdict.DONE:
            return self._result(delivery, receipt, DeliveryState.SENT), 0.0
        policy, rejects = self._destination.retry, delivery.rejects + 1
        is_over = receipt.verdict is Verdict.RETRY and rejects > policy.rejects
        if receipt.verdict is Verdict.PARK or is_over:
            return self._result(delivery, receipt, DeliveryState.PARKED, rejected=True), 0.0
        delay = backoff_seconds(rejects, policy, self._ids)
        return self._result(delivery, receipt, DeliveryState.QUEUED, delay=delay, rejected=True), 0.0

    def _result(
        self,
        delivery: QueuedDelivery,
        receipt: Receipt,
        state: DeliveryState,
        *,
        delay: float = 0.0,
        rejected: bool = False,
    ) -> DeliveryResult:
        """TRANSACTION (at settle): the try, its answer, the state of delivery and message, and the audit row."""
        failed = state is not DeliveryState.SENT
        code = "delivery.rejected" if rejected else "delivery.no_ack"
        return DeliveryResult(
            delivery_id=delivery.id,
            state=state,
            ack_code=receipt.ack_code,
            answer=receipt.answer,
            retry_at=self._clock.now() + timedelta(seconds=delay) if delay else None,
            sent=receipt.sent,
            rejected=rejected,
            error=receipt.error,
            reason=reason(code, field=self._name) if failed else None,
            audit=self._audit(delivery, receipt, state),
            holds_key=self._is_strict and state is DeliveryState.PARKED,
        )

    def _audit(self, delivery: QueuedDelivery, receipt: Receipt, state: DeliveryState) -> tuple[AuditEntry, ...]:
        """Every outcome is audited; of an outage only the first failed try, or the trail would drown in it."""
        if receipt.verdict is Verdict.UNREACHED and delivery.attempts > 0:
            return ()
        detail = {"destination": self._name, "state": state.value, "ack": receipt.ack_code, "error": receipt.error}
        return (AuditEntry(action="deliver", detail=json.dumps(detail)),)

    async def _until_due(self, lane: LaneLease) -> float:
        """Seconds until something waiting becomes due; at most the polling interval."""
        due_at = await self._store.next_due_at(lane)
        if due_at is None:
            return _POLL_SECONDS
        return min(max((due_at - self._clock.now()).total_seconds(), 0.001), _POLL_SECONDS)

    async def _leave_alone(self, until: float) -> None:
        """Wait for the receiver's sake: new messages do not shorten it, only the end of the engine does."""
        while not self._stopping and (left := until - self._clock.monotonic()) > 0:
            self._wake.clear()
            await self._rest(left)

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return


class _Receipts:
    """Receipts of one batch on their way into the store, one write at a time, everything that gathers in the next."""

    def __init__(self, store: Store, lane: LaneLease) -> None:
        self._store = store
        self._lane = lane
        self._gathered: list[DeliveryResult] = []
        self._writing: asyncio.Task[None] | None = None

    @property
    def have_failed(self) -> bool:
        """The store did not take the last ones: send nothing more before `written` has said why."""
        return self._writing is not None and self._writing.done()

    def add(self, result: DeliveryResult) -> None:
        """Take a receipt; it is written as soon as the one before it is."""
        self._gathered.append(result)
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())

    async def _write(self) -> None:
        while self._gathered:
            results, self._gathered = self._gathered, []
            await self._store.settle(self._lane, results)
        self._writing = None

    async def written(self) -> None:
        """Wait until every receipt is on disk. Raises LeaseLost, StoreError."""
        if self._writing is not None:
            await self._writing


class Shift:
    """A batch being sent: what is next, which keys must wait, and how long the receiver is to be left alone.

    Args:
        batch: in the order it was handed out.
        receipts: take what comes of each.
        until: when the rest is asked for again (monotonic seconds).
    """

    def __init__(self, batch: Sequence[QueuedDelivery], receipts: _Receipts, until: float) -> None:
        self._left = list(batch)
        self._blocked: set[str] = set()
        self._is_over = False
        self.receipts = receipts
        self.until = until
        self.alone_until = 0.0

    def take(self) -> QueuedDelivery | None:
        """The next delivery whose key neither waits nor is on its way; its key is then on its way."""
        if self._is_over or self.receipts.have_failed:
            return None
        for index, delivery in enumerate(self._left):
            if delivery.ordering_key not in self._blocked:
                self._blocked.add(delivery.ordering_key)
                del self._left[index]
                return delivery
        return None

    def done(self, delivery: QueuedDelivery, result: DeliveryResult, *, alone_until: float) -> None:
        """What became of it; its key goes on when it was taken.

        Behind one that waits or was parked it goes on with the next batch, when that is on disk: a crash in between
        would bring the older one back after its successor.
        """
        self.receipts.add(result)
        if result.state is DeliveryState.SENT:
            self._blocked.discard(delivery.ordering_key)
        if alone_until > 0:
            self.alone_until = max(self.alone_until, alone_until)
            self.end()

    def end(self) -> None:
        """Nothing more of it is sent."""
        self._is_over = True
