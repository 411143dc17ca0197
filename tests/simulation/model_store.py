"""A store in memory: a call takes time, then commits whole at one instant, then takes time to come back."""
# ruff: noqa: ARG002 - a model takes what the port gives it and needs little of it

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from engine.domain.message import MessageId, MessageState
from engine.ports.blobs import BlobStore
from engine.ports.observe import Observer
from engine.ports.store import (
    Accepted,
    AuditEntry,
    DeliveryResult,
    Fingerprint,
    FingerprintOwner,
    FragmentRecord,
    KeyLease,
    LaneLease,
    MessageDetail,
    MessageQuery,
    MessageView,
    NewMessage,
    NodeView,
    Prunable,
    QueuedDelivery,
    ReviewQuery,
    ReviewView,
    RoleLease,
    StoreError,
    StoreFigures,
    StoreFull,
    Swept,
    Transition,
)
from tests.simulation import model_views as views
from tests.simulation.model_bank import LEASE_SECONDS, Bank

T = TypeVar("T")
Weather = Callable[[str], Awaitable[Callable[[], Awaitable[None]]]]
"""Awaited before a commit (may take time or raise StoreError); what it gives is awaited after it."""
_MARGIN = 1.0


async def fair(_name: str) -> Callable[[], Awaitable[None]]:
    """One turn of the loop, nothing fails."""
    await asyncio.sleep(0)
    return _nothing


async def _nothing() -> None:
    return


class ModelStore:
    """Implements `engine.ports.store.Store` for one node over a bank that nodes may share."""

    def __init__(
        self,
        bank: Bank,
        node: str,
        *,
        weather: Weather = fair,
        blobs: BlobStore | None = None,
        inline: int = 1 << 40,
        observer: Observer | None = None,
        queue: int = 1 << 30,
        retransmission_days: int = 30,
        min_free: int = 0,
    ) -> None:
        self.bank = bank
        self._node = node
        self._weather = weather
        self._blobs = blobs
        self._inline = inline
        self._observer = observer
        self._queue = queue
        self._window = timedelta(days=retransmission_days)
        self._min_free = min_free
        self._waiting = 0
        self._open = False
        self._sure: dict[int, float] = {}
        self._listeners: list[tuple[dict[str, None], asyncio.Event]] = []

    async def _do(self, name: str, op: Callable[[], T]) -> T:
        if not self._open:
            raise StoreError("the store is closed")
        after = await self._weather(name)
        result = op()
        await after()
        return result

    # --- life ---

    async def open(self) -> None:
        if self._open:
            raise StoreError("a store is opened once")
        await self._weather("open")
        self._open = True
        self.bank.free_all(self._node if self.bank.expiring else "")
        if not self.bank.expiring:
            self.bank.hint = self.give

    async def close(self) -> None:
        self._open = False
        for _, event in self._listeners:
            event.set()

    async def beat(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        """Renew this node's leases for ever; a failing store just makes them older."""
        while self._open:
            began = self.bank.monotonic()
            try:
                known = set(self._sure)
                renewed = await self._do("renew", partial(self.bank.renew, self._node, known))
                for epoch in known & set(self._sure):
                    if epoch in renewed:
                        self._leased(epoch, began)
                    else:
                        del self._sure[epoch]
            except StoreError:
                pass
            await sleep(1.0)

    def holds(self, lease: KeyLease | LaneLease | RoleLease) -> bool:
        if not self.bank.expiring:
            return self._open
        return self._open and self.bank.monotonic() < self._sure.get(lease.epoch, float("-inf"))

    def _leased(self, epoch: int, began: float) -> None:
        self._sure[epoch] = max(self._sure.get(epoch, 0.0), began + LEASE_SECONDS - _MARGIN)

    def give(self, hint: str) -> None:
        for hints, event in self._listeners:
            hints[hint] = None
            event.set()

    def wakeups(self) -> AsyncIterator[str]:
        listener: tuple[dict[str, None], asyncio.Event] = ({}, asyncio.Event())
        self._listeners.append(listener)
        return self._iterate(*listener)

    async def _iterate(self, hints: dict[str, None], event: asyncio.Event) -> AsyncIterator[str]:
        while True:
            while hints:
                hint = next(iter(hints))
                del hints[hint]
                yield hint
            if not self._open:
                return
            event.clear()
            await event.wait()

    # --- intake ---

    async def accept(self, messages: Sequence[NewMessage]) -> list[Accepted]:
        if self._waiting >= self._queue or self._min_free:
            raise StoreFull("too much waits, or too little is free")
        self._waiting += 1
        try:
            for message in messages:
                if self._blobs is not None and len(message.raw) > self._inline:
                    self._blobs.put(message.sha256, message.raw)
            return await self._do("accept", lambda: self.bank.accept(messages, self._window))
        finally:
            self._waiting -= 1

    async def keep_fragment(self, fragment: FragmentRecord) -> None:
        await self._do("keep_fragment", lambda: self.bank.fragments.append(fragment))

    # --- work ---

    async def claim(self, node: str, *, keys: int, per_key: int) -> list[KeyLease]:
        began = self.bank.monotonic()
        leases = await self._do("claim", lambda: self.bank.claim(node, keys, per_key))
        for lease in leases:
            self._leased(lease.epoch, began)
        return [await self._readable(lease) for lease in leases]

    async def _readable(self, lease: KeyLease) -> KeyLease:
        """Without the messages whose large body is damaged: those are parked."""
        if self._blobs is None:
            return lease
        kept = []
        for item in lease.items:
            if len(item.raw) <= self._inline or self._is_sound(item.sha256):
                kept.append(item)
                continue
            if self._observer is not None:
                self._observer.note("store.body_missing", level="error", message_id=item.id)
            parked = Transition(message_id=item.id, next_stage=None, final_state=MessageState.PARKED, error="body")
            await self.advance(lease, parked)
        return replace(lease, items=tuple(kept))

    def _is_sound(self, sha256: str) -> bool:
        try:
            return self._blobs is None or hashlib.sha256(self._blobs.get(sha256)).hexdigest() == sha256
        except KeyError:
            return False

    async def advance(self, lease: KeyLease, transition: Transition) -> MessageState:
        return await self._do("advance", lambda: self.bank.advance(lease, transition))

    async def release(self, lease: KeyLease) -> None:
        self._sure.pop(lease.epoch, None)
        await self._do("release", lambda: self.bank.release(lease))

    async def replay(self, message_id: MessageId, *, from_stage: str, audit: AuditEntry) -> bool:
        return await self._do("replay", lambda: self.bank.replay(message_id, from_stage, audit))

    async def find_fingerprints(self, fingerprints: Collection[Fingerprint]) -> list[FingerprintOwner]:
        return await self._do("find_fingerprints", lambda: self.bank.owners(list(fingerprints)))

    # --- queues ---

    async def open_lane(self, node: str, channel: str, destination: str) -> LaneLease | None:
        began = self.bank.monotonic()
        lane = await self._do("open_lane", lambda: self.bank.open_lane(node, channel, destination))
        if lane is not None:
            self._leased(lane.epoch, began)
        return lane

    async def close_lane(self, lane: LaneLease) -> None:
        self._sure.pop(lane.epoch, None)
        await self._do("close_lane", lambda: self.bank.close_lane(lane))

    async def due(self, lane: LaneLease, *, limit: int) -> list[QueuedDelivery]:
        rows = await self._do("due", lambda: self.bank.due(lane, limit))
        return [views.queued(row) for row in rows]

    async def next_due_at(self, lane: LaneLease) -> datetime | None:
        return await self._do("next_due_at", lambda: self.bank.next_due(lane))

    async def settle(self, lane: LaneLease, results: Sequence[DeliveryResult]) -> None:
        await self._do("settle", lambda: self.bank.settle(lane, results))

    async def take_role(self, node: str, name: str) -> RoleLease | None:
        return await self._do("take_role", lambda: self.bank.take_role(node, name))

    async def drop_role(self, role: RoleLease) -> None:
        await self._do("drop_role", lambda: self.bank.drop_role(role))

    # --- a person ---

    async def retry_delivery(self, delivery_id: str, *, audit: AuditEntry, force: bool = False) -> bool:
        return await self._do("retry_delivery", lambda: self.bank.retry_delivery(delivery_id, audit, force=force))

    async def withdraw_delivery(self, delivery_id: str, *, audit: AuditEntry) -> bool:
        return await self._do("withdraw_delivery", lambda: self.bank.withdraw_delivery(delivery_id, audit))

    async def set_aside(self, message_id: MessageId, *, audit: AuditEntry) -> bool:
        return await self._do("set_aside", lambda: self.bank.set_aside(message_id, audit))

    async def withdraw(self, message_id: MessageId, *, audit: AuditEntry) -> bool:
        return await self._do("withdraw", lambda: self.bank.withdraw(message_id, audit))

    async def close_review(self, review_id: str, *, outcome: str, audit: AuditEntry) -> bool:
        return await self._do("close_review", lambda: self.bank.close_review(review_id, outcome, audit))

    async def pause(self, channel: str, destination: str, *, is_paused: bool, audit: AuditEntry) -> None:
        await self._do("pause", lambda: self.bank.pause(channel, destination, is_paused=is_paused))

    # --- the life of data: the simulation keeps everything ---

    async def prune(self, what: Prunable, *, before: datetime, channel: str = "", limit: int = 1000) -> int:
        return await self._do("prune", lambda: 0)

    async def sweep(self, *, older_than: datetime) -> Swept:
        return await self._do("sweep", Swept)

    async def nodes(self) -> list[NodeView]:
        now = self.bank.now()
        return [NodeView(name=self._node, started_at=now, seen_at=now, is_alive=True)]

    @property
    def pressure(self) -> float:
        return min(1.0, self._waiting / self._queue)

    # --- questions ---

    async def search(self, query: MessageQuery) -> list[MessageView]:
        return await self._do("search", lambda: views.search(self.bank, query))

    async def get(self, message_id: MessageId) -> MessageDetail | None:
        return await self._do("get", lambda: views.detail(self.bank, message_id))

    async def raw(self, message_id: MessageId) -> bytes | None:
        return await self._do("raw", lambda: views.raw(self.bank, message_id))

    async def ack_sent(self, message_id: MessageId) -> bytes | None:
        return await self._do("ack_sent", lambda: views.ack(self.bank, message_id))

    async def payload(self, delivery_id: str) -> bytes | None:
        return await self._do("payload", lambda: views.payload(self.bank, delivery_id))

    async def answer(self, delivery_id: str) -> bytes | None:
        return await self._do("answer", lambda: views.answer(self.bank, delivery_id))

    async def reviews(self, query: ReviewQuery) -> list[ReviewView]:
        return await self._do("reviews", lambda: views.reviews(self.bank, query))

    async def figures(self) -> StoreFigures:
        return await self._do("figures", lambda: views.figures(self.bank))

    async def is_writable(self) -> bool:
        return self._open and not self._min_free

    async def trouble(self) -> str:
        return "" if await self.is_writable() else "database"
