"""Says things later on the connections messages came from: the queue of a source's application acknowledgements.

A connection ends with the process, so who awaits what is kept in memory; what is to be said is in the store. In a
cluster the node that has the connection says it: nodes take the queue in turn.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from engine.domain.message import DeliveryState, MessageId
from engine.domain.reasons import reason
from engine.ports.clock import Clock
from engine.ports.observe import Observer
from engine.ports.source import AnsweringSource
from engine.ports.store import AuditEntry, DeliveryResult, LaneLease, LeaseLost, QueuedDelivery, Store, StoreError

_AWAITED_MAX = 50_000
_BATCH = 256
_LOOK_SECONDS = 60.0
_TURN_SECONDS = 0.2
_GRACE = timedelta(seconds=5)
_KEPT = timedelta(hours=24)
_GONE = "connection_gone"


@dataclass(frozen=True, slots=True)
class Ready:
    """One acknowledgement that is queued and whose connection is awaited here."""

    delivery_id: str
    message_id: MessageId
    body: bytes


class LateAnswers:
    """Which connection awaits what will be said of a message, and what is ready to be said."""

    def __init__(self) -> None:
        self._connections: dict[MessageId, str] = {}
        self._ready: dict[str, deque[Ready]] = {}
        self._lanes: dict[str, asyncio.Event] = {}

    def listen(self, hint: str) -> asyncio.Event:
        """The event that is set when something is ready for this queue."""
        return self._lanes.setdefault(hint, asyncio.Event())

    def expect(self, message_id: MessageId, connection: str) -> None:
        """The sender on this connection wants to hear of the message; the oldest are forgotten when too many wait."""
        if len(self._connections) >= _AWAITED_MAX:
            self._connections.pop(next(iter(self._connections)))
        self._connections[message_id] = connection

    def move(self, message_id: MessageId, connection: str) -> None:
        """The sender asked again on another connection while the message is at work: it is told there."""
        if message_id in self._connections:
            self._connections[message_id] = connection

    def take(self, message_id: MessageId) -> str | None:
        """The connection that awaits word of the message, once."""
        return self._connections.pop(message_id, None)

    def offer(self, hint: str, ready: Ready) -> None:
        """An acknowledgement is queued; it goes out at once if its queue is said here and its connection is ours."""
        if hint not in self._lanes:
            self.take(ready.message_id)
        elif ready.message_id in self._connections:
            self._ready.setdefault(hint, deque()).append(ready)
            self._lanes[hint].set()

    def take_ready(self, hint: str) -> list[Ready]:
        """What is ready for a queue; it is then the caller's."""
        found = self._ready.pop(hint, deque())
        return [item for item in found if item.message_id in self._connections]


class AnswerLane:
    """Sends the application acknowledgements of one source."""

    def __init__(
        self,
        store: Store,
        source: AnsweringSource,
        answers: LateAnswers,
        *,
        channel: str,
        name: str,
        node: str,
        clock: Clock,
        observer: Observer,
    ) -> None:
        self._store = store
        self._source = source
        self._answers = answers
        self._channel = channel
        self._name = name
        self._node = node
        self._clock = clock
        self._observer = observer
        self._wake = answers.listen(self.hint)
        self._stopping = False
        self._hinted = True
        self._looked = float("-inf")

    @property
    def hint(self) -> str:
        """The wakeup hint that means this queue."""
        return f"lane:{self._channel}/{self._name}"

    def wake(self) -> None:
        """Something may be due."""
        self._hinted = True
        self._wake.set()

    def stop(self) -> None:
        """Say nothing new."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Answer until stopped."""
        while not self._stopping:
            self._wake.clear()
            pause = _LOOK_SECONDS
            ready = self._answers.take_ready(self.hint)
            if ready or self._hinted or self._clock.monotonic() - self._looked >= _LOOK_SECONDS:
                pause = await self._turn(ready)
            await self._rest(pause)

    async def _turn(self, ready: list[Ready]) -> float:
        """One turn with the queue; returns how long to rest after it, in seconds."""
        try:
            lane = await self._store.open_lane(self._node, self._channel, self._name)
            if lane is None:
                for item in ready:
                    self._answers.offer(self.hint, item)
                return _TURN_SECONDS
            try:
                return await self._say_all(lane, ready)
            finally:
                await self._store.close_lane(lane)
        except LeaseLost:
            self._observer.note("delivery.lease_lost", level="warning", channel=self._channel, destination=self._name)
        except StoreError as problem:
            self._observer.note("delivery.store_failed", level="error", error=type(problem).__name__)
        self._hinted = True
        return 1.0

    async def _say_all(self, lane: LaneLease, ready: list[Ready]) -> float:
        """What is ready first: an older one of the same patient whose connection is gone must not hold it up."""
        await self._settle(lane, [await self._say(lane, item) for item in ready])
        self._hinted = False
        self._looked = self._clock.monotonic()
        found = await self._store.due(lane, limit=_BATCH)
        settled = await self._settle(lane, [await self._judge(lane, delivery) for delivery in found])
        if settled == len(found) < _BATCH:
            return _LOOK_SECONDS
        self._hinted = True
        return 0.0 if settled == len(found) else _GRACE.total_seconds()

    async def _settle(self, lane: LaneLease, results: list[DeliveryResult | None]) -> int:
        done = [result for result in results if result is not None]
        if done:
            await self._store.settle(lane, done)
        return len(done)

    async def _judge(self, lane: LaneLease, delivery: QueuedDelivery) -> DeliveryResult | None:
        """Say it if its connection is ours; else it is out of time, or waits, or is young and another node's (None)."""
        age = self._clock.now() - delivery.queued_at
        said = await self._say(lane, Ready(delivery.id, delivery.message_id, delivery.body))
        if said is not None and (said.state is DeliveryState.SENT or age < _KEPT):
            return said
        if age >= _KEPT:
            return self._unsaid(delivery.id, DeliveryState.SKIPPED)
        return self._unsaid(delivery.id, DeliveryState.QUEUED, delivery.queued_at + _KEPT) if age >= _GRACE else None

    async def _say(self, lane: LaneLease, ready: Ready) -> DeliveryResult | None:
        """Write it where it is awaited; None when no connection of ours awaits it.

        Raises:
            LeaseLost: another node may be saying it.
        """
        if not self._store.holds(lane):
            raise LeaseLost("the queue is no longer surely ours")
        connection = self._answers.take(ready.message_id)
        if connection is None:
            return None
        if not await self._source.answer(connection, ready.body):
            return self._unsaid(ready.delivery_id, DeliveryState.QUEUED, self._clock.now() + _KEPT)
        self._count("done")
        return DeliveryResult(
            delivery_id=ready.delivery_id, state=DeliveryState.SENT, audit=self._audit(DeliveryState.SENT)
        )

    def _unsaid(self, delivery_id: str, state: DeliveryState, retry_at: datetime | None = None) -> DeliveryResult:
        """The connection is gone: it waits, where people see it, until its day is over; then it is dropped."""
        self._count("unreached")
        return DeliveryResult(
            delivery_id=delivery_id,
            state=state,
            retry_at=retry_at,
            sent=False,
            error=_GONE,
            reason=reason("ack.connection_gone", field=self._name),
            audit=self._audit(state),
        )

    def _audit(self, state: DeliveryState) -> tuple[AuditEntry, ...]:
        error = "" if state is DeliveryState.SENT else _GONE
        detail = {"destination": self._name, "state": state.value, "ack": "", "error": error}
        return (AuditEntry(action="deliver", detail=json.dumps(detail)),)

    def _count(self, result: str) -> None:
        self._observer.count("delivery_attempts", channel=self._channel, destination=self._name, result=result)

    async def _rest(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return
