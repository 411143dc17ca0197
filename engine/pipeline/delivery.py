"""Hop 11: one durable queue a destination; FIFO inside an ordering key, a bad message blocks only its own key."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

from engine.domain.message import DeliveryState
from engine.domain.reasons import reason
from engine.pipeline.retry import backoff_seconds
from engine.ports.clock import Clock, Ids
from engine.ports.destination import Destination, Receipt, Verdict
from engine.ports.observe import Observer
from engine.ports.store import (
    AuditEntry,
    DeliveryResult,
    LaneLease,
    LeaseLost,
    QueuedDelivery,
    Store,
    StoreError,
)

_BATCH = 64
_POLL_SECONDS = 1.0


class Lane:
    """Sends the deliveries of one destination, one at a time, for as long as this node holds the queue's lease."""

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
    ) -> None:
        self._store = store
        self._destination = destination
        self._channel = channel
        self._name = name
        self._node = node
        self._clock = clock
        self._ids = ids
        self._observer = observer
        self._wake = asyncio.Event()
        self._stopping = False
        self._unreached = 0

    @property
    def hint(self) -> str:
        """The wakeup hint that means this queue."""
        return f"lane:{self._channel}/{self._name}"

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    def stop(self) -> None:
        """Send nothing new; `run` returns when the message in flight has its answer."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Send until stopped."""
        while not self._stopping:
            lane = await self._store.open_lane(self._node, self._channel, self._name)
            if lane is None:
                await self._rest(_POLL_SECONDS)
                continue
            try:
                await self._send_all(lane)
                await self._store.close_lane(lane)
            except LeaseLost:
                self._observer.note(
                    "delivery.lease_lost", level="warning", channel=self._channel, destination=self._name
                )
            except StoreError as problem:
                self._observer.note("delivery.store_failed", level="error", error=type(problem).__name__)
                await self._rest(_POLL_SECONDS)

    async def _send_all(self, lane: LaneLease) -> None:
        while not self._stopping:
            self._wake.clear()
            batch = await self._store.due(lane, limit=_BATCH)
            if batch:
                pause = await self._send_batch(lane, batch)
            else:
                pause = await self._until_due(lane)
            if pause > 0:
                await self._rest(pause)

    async def _send_batch(self, lane: LaneLease, batch: list[QueuedDelivery]) -> float:
        """Send a batch in order; returns how long to leave the receiver alone, in seconds.

        Receipts are written while the next message is already on its way: a crash in between sends some again, under
        their own control ids.
        """
        blocked: set[str] = set()
        receipts = _Receipts(self._store, lane)
        pause = 0.0
        try:
            for delivery in batch:
                if self._stopping or pause > 0:
                    break
                if delivery.ordering_key in blocked:
                    continue
                result, pause = self._judge(delivery, await self._send(delivery))
                receipts.add(result)
                if result.state is DeliveryState.QUEUED:
                    blocked.add(delivery.ordering_key)
        finally:
            await receipts.written()
        return pause

    async def _send(self, delivery: QueuedDelivery) -> Receipt:
        began = self._clock.monotonic()
        whole = await self._whole(delivery)
        if whole is None:
            receipt = Receipt(verdict=Verdict.PARK, sent=False, error="the stored payload is gone")
        else:
            receipt = await self._destination.deliver(whole)
        self._observer.count(
            "delivery_attempts", channel=self._channel, destination=self._name, result=receipt.verdict.value
        )
        self._observer.observe(
            "delivery_seconds", self._clock.monotonic() - began, channel=self._channel, destination=self._name
        )
        self._note(delivery, receipt)
        return receipt

    async def _whole(self, delivery: QueuedDelivery) -> QueuedDelivery | None:
        """The delivery with its bytes; None when they are gone or damaged, and nothing may be sent instead."""
        if not delivery.is_deferred:
            return delivery
        try:
            body = await self._store.payload(delivery.id)
        except StoreError:
            return None
        return None if body is None else replace(delivery, body=body, is_deferred=False)

    def _note(self, delivery: QueuedDelivery, receipt: Receipt) -> None:
        """Loss is noted once and return once, not at every try."""
        done = receipt.verdict is Verdict.DONE
        if done and self._unreached == 0:
            self._observer.note(
                "delivery.sent",
                channel=self._channel,
                destination=self._name,
                message_id=delivery.message_id,
                code=receipt.ack_code,
                attempt=delivery.attempts + 1,
            )
        elif receipt.verdict is not Verdict.UNREACHED or self._unreached == 0:
            self._observer.note(
                "delivery.back" if done else "delivery.failed",
                level="info" if done else "warning",
                channel=self._channel,
                destination=self._name,
                message_id=delivery.message_id,
                code=receipt.ack_code,
                reason=receipt.error,
                attempt=delivery.attempts + 1,
            )
        self._unreached = self._unreached + 1 if receipt.verdict is Verdict.UNREACHED else 0

    def _judge(self, delivery: QueuedDelivery, receipt: Receipt) -> tuple[DeliveryResult, float]:
        """What the try means for the delivery, and for the receiver as a whole (seconds to leave it alone)."""
        if receipt.verdict is Verdict.DONE:
            return self._result(delivery, receipt, DeliveryState.SENT), 0.0
        policy = self._destination.retry
        if receipt.verdict is Verdict.UNREACHED:
            delay = backoff_seconds(max(self._unreached, 1), policy, self._ids)
            waiting = self._result(delivery, receipt, DeliveryState.QUEUED, delay=delay)
            return waiting, 0.0 if receipt.sent else delay
        rejects = delivery.rejects + 1
        if receipt.verdict is Verdict.PARK or rejects > policy.rejects:
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
