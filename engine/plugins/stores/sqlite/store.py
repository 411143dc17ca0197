"""The SQLite adapter of the Store port: what runs in the loop, around the writer and the readers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from engine.domain.message import MessageId, MessageState
from engine.plugins.stores.sqlite import SqliteSettings, advance, intake, lanes, operator, search, views, work
from engine.plugins.stores.sqlite.layouts import SqliteLayouts
from engine.plugins.stores.sqlite.readers import Gathered
from engine.plugins.stores.sqlite.upkeep import SqliteUpkeep
from engine.ports.services import SiteServices
from engine.ports.store import (
    Accepted,
    AuditEntry,
    BodyMissing,
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
    QueuedDelivery,
    ReviewQuery,
    ReviewView,
    RoleLease,
    StoreError,
    StoreFigures,
    StoreFull,
    Transition,
)
from engine.records.apart import BATCH_BYTES, Allowance
from engine.records.values import micros
from engine.records.work import damaged


class SqliteStore(SqliteUpkeep):
    """See the port for what each call promises."""

    def __init__(self, settings: SqliteSettings, services: SiteServices, **more: Any) -> None:
        super().__init__(settings, services, **more)
        self._held: set[tuple[str, str, str, int]] = set()
        self._has_strays = False
        self._roles: dict[str, RoleLease] = {}
        self._owners = Gathered(self._reading, views.find_fingerprints)
        self.layouts = SqliteLayouts(self._write, self._reading, self._now)

    # --- intake ---

    async def accept(self, messages: Sequence[NewMessage]) -> list[Accepted]:
        """See the port."""
        writer = self._writing()
        writer.require_room()
        self._guard.require_space()
        incoming = [intake.incoming(message) for message in messages]
        for item in incoming:
            if self._bodies.is_large(item.raw) or self._bodies.is_large(item.ack):
                item.raw = await self._place(item.message.raw, item.message.sha256)
                item.ack = await self._place(item.message.ack)
        size = sum([len(message.raw) for message in messages])
        kept = await writer.submit_many(intake.accept, intake.Intake(incoming, self._window_us), size=size)
        return [item if isinstance(item, Accepted) else await self._first_answer(item) for item in kept]

    async def _first_answer(self, known: intake.Retransmission) -> Accepted:
        return Accepted(id=known.id, ack=await self._fetch(known.ack), retransmission=True)

    async def keep_fragment(self, fragment: FragmentRecord) -> None:
        """See the port."""
        self._writing().require_room()
        self._guard.require_space()
        data = await self._place(fragment.data)
        received_us = micros(fragment.received_at)
        await self._write(
            partial(intake.keep_fragment, fragment=fragment, data=data, received_us=received_us), len(fragment.data)
        )

    # --- work ---

    async def claim(self, node: str, *, keys: int, per_key: int) -> list[KeyLease]:
        """See the port. A message whose body is gone is parked instead of being handed out."""
        await self._follow_clock()
        if self._has_strays:
            await self._write(partial(work.free_strays, held=frozenset(self._held)))
            self._has_strays = False
        self._epoch += 1
        epoch, now = self._epoch, self._now()
        call = partial(work.claim, node=node, epoch=epoch, keys=keys, per_key=per_key, now=now)
        try:
            claimed = await self._write(call)
        except StoreError:
            self._has_strays = True  # it may have been written although nobody was told
            raise
        self._held.update((item.channel, item.key, node, item.epoch) for item in claimed)
        allowance = Allowance(BATCH_BYTES)
        return [await self._with_bodies(node, item, allowance) for item in claimed]

    async def _with_bodies(self, node: str, claimed: work.Claimed, allowance: Allowance) -> KeyLease:
        lease = KeyLease(channel=claimed.channel, key=claimed.key, owner=node, epoch=claimed.epoch, items=())
        items = []
        for row in claimed.rows:
            try:
                part = work.raw_of(row)
                raw = await self._fetch(part) or b"" if allowance.covers(part, work.size_of(row)) else None
            except BodyMissing as problem:
                await self._park_damaged(lease, MessageId(row[3]), str(problem))
                continue
            except StoreError:
                raw = None  # not readable just now: whoever works on it asks again
            items.append(work.work_item(claimed.channel, row, raw))
        return KeyLease(channel=lease.channel, key=lease.key, owner=lease.owner, epoch=lease.epoch, items=tuple(items))

    async def _park_damaged(self, lease: KeyLease, message_id: MessageId, error: str) -> None:
        self._observer.note("store.body_missing", level="error", message_id=message_id)
        await self.advance(lease, damaged(message_id, error))

    async def advance(self, lease: KeyLease, transition: Transition) -> MessageState:
        """See the port."""
        bodies = {item.id: await self._place(item.body) for item in transition.deliveries}
        size = sum(len(item.body) for item in transition.deliveries)
        call = advance.Advance(lease, transition, bodies, self._now())
        return await self._writing().submit_many(advance.advance, call, size=size)

    async def release(self, lease: KeyLease) -> None:
        """See the port."""
        self._held.discard(work.fence(lease))
        try:
            await self._writing().submit_many(work.release, lease)
        except StoreError:
            self._has_strays = True
            raise

    async def replay(self, message_id: MessageId, *, from_stage: str, audit: AuditEntry) -> bool:
        """See the port."""
        return await self._write(
            partial(work.replay, message_id=message_id, from_stage=from_stage, audit=audit, now=self._now())
        )

    async def find_fingerprints(self, fingerprints: Collection[Fingerprint]) -> list[FingerprintOwner]:
        """See the port."""
        return await self._owners.ask(fingerprints)

    # --- leases ---

    def holds(self, lease: KeyLease | LaneLease | RoleLease) -> bool:
        """See the port. One process owns the file: no other can take a lease of this start while it runs."""
        if self._writer is None or self._writer.is_closed:
            return False
        if isinstance(lease, RoleLease):
            return self._roles.get(lease.name) == lease
        return lease.epoch >> 32 == self._epoch >> 32

    async def take_role(self, node: str, name: str) -> RoleLease | None:
        """See the port. Kept in memory: the file has one owner, and a role ends with it."""
        if self._writing().is_closed:
            raise StoreError("the store is closed")
        if name in self._roles:
            return None
        self._epoch += 1
        self._roles[name] = role = RoleLease(name=name, owner=node, epoch=self._epoch)
        return role

    async def drop_role(self, role: RoleLease) -> None:
        """See the port."""
        if self._roles.get(role.name) == role:
            del self._roles[role.name]

    # --- what a person does ---

    async def retry_delivery(self, delivery_id: str, *, audit: AuditEntry, force: bool = False) -> bool:
        """See the port."""
        return await self._write(lambda tx: operator.retry_delivery(tx, delivery_id, audit, self._now(), force=force))

    async def withdraw_delivery(self, delivery_id: str, *, audit: AuditEntry) -> bool:
        """See the port."""
        return await self._write(lambda tx: operator.withdraw_delivery(tx, delivery_id, audit, self._now()))

    async def withdraw(self, message_id: MessageId, *, audit: AuditEntry) -> bool:
        """See the port."""
        return await self._write(lambda tx: operator.withdraw(tx, message_id, audit, self._now()))

    async def close_review(self, review_id: str, *, outcome: str, audit: AuditEntry) -> bool:
        """See the port."""
        return await self._write(lambda tx: operator.close_review(tx, review_id, outcome, audit, self._now()))

    async def set_aside(self, message_id: MessageId, *, audit: AuditEntry) -> bool:
        """See the port."""
        return await self._write(lambda tx: operator.set_aside(tx, message_id, audit, self._now()))

    async def pause(self, channel: str, destination: str, *, is_paused: bool, audit: AuditEntry) -> None:
        """See the port."""
        now, place = self._now(), (channel, destination)
        await self._write(partial(operator.pause, place=place, audit=audit, now=now, is_paused=is_paused))

    # --- destinations ---

    async def open_lane(self, node: str, channel: str, destination: str) -> LaneLease | None:
        """See the port."""
        self._epoch += 1
        return await self._write(
            partial(lanes.open_lane, node=node, channel=channel, destination=destination, epoch=self._epoch)
        )

    async def close_lane(self, lane: LaneLease) -> None:
        """See the port."""
        await self._write(partial(lanes.close_lane, lane=lane))

    async def due(self, lane: LaneLease, *, limit: int) -> list[QueuedDelivery]:
        """See the port. Asked of a reader: a long queue never holds up intake."""
        await self._follow_clock()
        return await self._read(partial(lanes.due, bodies=self._bodies, lane=lane, limit=limit, now=self._now()))

    async def next_due_at(self, lane: LaneLease) -> datetime | None:
        """See the port."""
        return await self._read(partial(lanes.next_due_at, lane=lane, now=self._now()))

    async def settle(self, lane: LaneLease, results: Sequence[DeliveryResult]) -> None:
        """See the port."""
        answers = {item.delivery_id: await self._place(item.answer) for item in results if item.answer is not None}
        call = lanes.Settlement(lane, results, answers, self._now())
        await self._writing().submit_many(lanes.settle, call)

    # --- questions ---

    def wakeups(self) -> AsyncIterator[str]:
        """See the port."""
        return self._wakeups.listen()

    async def search(self, query: MessageQuery) -> list[MessageView]:
        """See the port."""
        return await self._read(partial(search.search, query=query))

    async def get(self, message_id: MessageId) -> MessageDetail | None:
        """See the port."""
        return await self._read(partial(views.get, message_id=message_id))

    async def raw(self, message_id: MessageId) -> bytes | None:
        """See the port."""
        return await self._body("raw", message_id)

    async def ack_sent(self, message_id: MessageId) -> bytes | None:
        """See the port."""
        return await self._body("ack", message_id)

    async def payload(self, delivery_id: str) -> bytes | None:
        """See the port."""
        return await self._body("payload", delivery_id)

    async def answer(self, delivery_id: str) -> bytes | None:
        """See the port."""
        return await self._body("answer", delivery_id)

    async def reviews(self, query: ReviewQuery) -> list[ReviewView]:
        """See the port."""
        return await self._read(partial(views.reviews, query=query))

    async def figures(self) -> StoreFigures:
        """See the port."""
        return await self._read(views.figures)

    async def is_writable(self) -> bool:
        """See the port: a real write through the writer, with the guards that intake asks."""
        return not await self.trouble()

    async def trouble(self) -> str:
        """See the port: `disk space`, `queue` or `database`."""
        try:
            self._guard.require_space()
        except StoreFull:
            return "disk space"
        if self.pressure >= 1:
            return "queue"
        try:
            await self._write(partial(intake.probe, now=self._now()))
        except StoreError:
            return "database"
        return ""

    @property
    def pressure(self) -> float:
        """See the port."""
        return 0.0 if self._writer is None else self._writer.pressure
