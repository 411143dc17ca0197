"""The PostgreSQL adapter of the Store port: each call is one transaction on a connection of the pool."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from engine.domain.message import MessageId, MessageState
from engine.plugins.stores.postgres import PostgresSettings, intake, lanes, life, operator, search, views, work
from engine.plugins.stores.postgres import advance as decisions
from engine.plugins.stores.postgres.groups import Grouped
from engine.plugins.stores.postgres.layouts import PostgresLayouts
from engine.plugins.stores.postgres.node import PostgresNode
from engine.plugins.stores.postgres.timepiece import Told, ask_database
from engine.plugins.stores.postgres.upkeep import PostgresUpkeep
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
    NodeView,
    Prunable,
    QueuedDelivery,
    ReviewQuery,
    ReviewView,
    RoleLease,
    StoreError,
    StoreFigures,
    Swept,
    Transition,
)
from engine.ports.store_life import BackupReport, SchemaState
from engine.records.apart import BATCH_BYTES, Allowance
from engine.records.pruning import Scans
from engine.records.values import Part, micros, moment
from engine.records.work import damaged


class PostgresStore(PostgresNode):
    """See the port for what each call promises."""

    def __init__(
        self, settings: PostgresSettings, services: SiteServices, *, tell: Callable[[], Told] = ask_database
    ) -> None:
        super().__init__(settings, services, tell=tell)
        self._upkeep = PostgresUpkeep(settings, services.blobs)
        self._scans = Scans()
        self.layouts = PostgresLayouts(self._read, self._write, self._now)
        self._accepts: Grouped[intake.Intake, intake.Outcome] = Grouped(self._accept_all, settings.queue)
        self._advances: Grouped[decisions.Advance, MessageState] = Grouped(self._advance_all, settings.queue)
        self._releases: Grouped[KeyLease, None] = Grouped(self._release_all, settings.queue)
        self._questions: Grouped[Collection[Fingerprint], list[FingerprintOwner]] = Grouped(
            self._find_all, settings.queue
        )
        self._settlements: Grouped[lanes.Settlement, None] = Grouped(self._settle_all, settings.queue)

    async def close(self) -> None:
        """See the port."""
        for group in (self._accepts, self._advances, self._releases, self._questions, self._settlements):
            await group.close()
        await super().close()

    # --- intake ---

    async def accept(self, messages: Sequence[NewMessage]) -> list[Accepted]:
        """See the port. After a COMMIT whose answer was lost, the sender repeats and gets the first answer."""
        incoming = [intake.incoming(message) for message in messages]
        for item in incoming:
            item.raw = await self._place(item.message.raw, item.message.sha256)
            item.ack = await self._place(item.message.ack)
        size = sum([len(message.raw) for message in messages])
        kept = await self._accepts.submit(intake.Intake(incoming, self._window_us), size)
        return [item if isinstance(item, Accepted) else await self._first_answer(item) for item in kept]

    async def _accept_all(self, calls: Sequence[intake.Intake]) -> list[intake.Outcome]:
        outcomes: list[intake.Outcome] = await self._write(intake.accept, calls)
        self._hint(["work"])
        return outcomes

    async def _first_answer(self, known: intake.Retransmission) -> Accepted:
        return Accepted(id=known.id, ack=await self._fetch(known.ack), retransmission=True)

    async def keep_fragment(self, fragment: FragmentRecord) -> None:
        """See the port."""
        await self._write(intake.keep_fragment, fragment, await self._place(fragment.data))

    # --- work ---

    async def claim(self, node: str, *, keys: int, per_key: int) -> list[KeyLease]:
        """See the port. A message whose body is gone is parked instead of being handed out."""
        owner, asked_at = self._leases.asks(node), self._leases.clock()
        told, seconds = self._timepiece.told(), self._settings.lease
        wanted = work.Wanted(owner=owner, seconds=seconds, keys=keys, per_key=per_key, told=told)
        claimed: list[work.Claimed] = await self._write(work.claim, wanted)
        leases = [
            KeyLease(channel=item.channel, key=item.key, owner=owner, epoch=item.epoch, items=()) for item in claimed
        ]
        for lease in leases:
            self._leases.took(lease, asked_at)
        allowance = Allowance(BATCH_BYTES)
        return [await self._filled(lease, item, allowance) for lease, item in zip(leases, claimed, strict=True)]

    async def _filled(self, lease: KeyLease, claimed: work.Claimed, allowance: Allowance) -> KeyLease:
        items = []
        for row in claimed.rows:
            try:
                part, size = work.raw_of(row), row["size_bytes"]
                raw = await self._fetch(part, size) or b"" if allowance.covers(part, size) else None
            except BodyMissing as problem:
                await self._park_damaged(lease, MessageId(row["id"]), str(problem))
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
        call = decisions.Advance(lease, transition, bodies, self._now(), self._timepiece.told())
        return await self._advances.submit(call, size)

    async def _advance_all(self, calls: Sequence[decisions.Advance]) -> list[MessageState | BaseException]:
        """One transaction; calls that depend on others of it get one after it."""
        hints: list[str] = []
        outcomes: list[MessageState | BaseException] = await self._write(decisions.advance, calls, hints)
        self._hint(hints)
        apart = [number for number, outcome in enumerate(outcomes) if isinstance(outcome, decisions.Apart)]
        for number in apart:
            try:
                (outcomes[number],) = await self._advance_all([calls[number]])
            except StoreError as problem:
                outcomes[number] = problem
        return outcomes

    async def release(self, lease: KeyLease) -> None:
        """See the port."""
        self._leases.gave(lease)
        await self._releases.submit(lease)

    async def _release_all(self, leases: Sequence[KeyLease]) -> list[None]:
        if await self._write(work.release, leases):
            self._hint(["work"])
        return [None] * len(leases)

    async def replay(self, message_id: MessageId, *, from_stage: str, audit: AuditEntry) -> bool:
        """See the port."""
        is_queued: bool = await self._write(work.replay, message_id, stage=from_stage, audit=audit, now=self._now())
        if is_queued:
            self._hint(["work"])
        return is_queued

    async def find_fingerprints(self, fingerprints: Collection[Fingerprint]) -> list[FingerprintOwner]:
        """See the port."""
        return await self._questions.submit(fingerprints)

    async def _find_all(self, calls: Sequence[Collection[Fingerprint]]) -> list[list[FingerprintOwner]]:
        found: list[list[FingerprintOwner]] = await self._ask(views.find_fingerprints, calls)
        return found

    # --- leases ---

    def holds(self, lease: KeyLease | LaneLease | RoleLease) -> bool:
        """See the port."""
        return self._db.is_open and self._leases.holds(lease)

    async def take_role(self, node: str, name: str) -> RoleLease | None:
        """See the port."""
        return await self._leases.take_role(node, name)

    async def drop_role(self, role: RoleLease) -> None:
        """See the port."""
        await self._leases.drop_role(role)

    # --- what a person does ---

    async def retry_delivery(self, delivery_id: str, *, audit: AuditEntry, force: bool = False) -> bool:
        """See the port."""
        return await self._act(operator.retry_delivery, delivery_id, audit=audit, force=force)

    async def withdraw_delivery(self, delivery_id: str, *, audit: AuditEntry) -> bool:
        """See the port."""
        return await self._act(operator.withdraw_delivery, delivery_id, audit=audit)

    async def withdraw(self, message_id: MessageId, *, audit: AuditEntry) -> bool:
        """See the port."""
        return await self._act(operator.withdraw, message_id, audit=audit)

    async def close_review(self, review_id: str, *, outcome: str, audit: AuditEntry) -> bool:
        """See the port."""
        return await self._act(operator.close_review, review_id, outcome=outcome, audit=audit)

    async def set_aside(self, message_id: MessageId, *, audit: AuditEntry) -> bool:
        """See the port."""
        return await self._act(operator.set_aside, message_id, audit=audit)

    async def pause(self, channel: str, destination: str, *, is_paused: bool, audit: AuditEntry) -> None:
        """See the port."""
        await self._act(operator.pause, (channel, destination), is_paused=is_paused, audit=audit)

    # --- destinations ---

    async def open_lane(self, node: str, channel: str, destination: str) -> LaneLease | None:
        """See the port."""
        owner, asked_at = self._leases.asks(node), self._leases.clock()
        place = (channel, destination)
        lane: LaneLease | None = await self._write(lanes.open_lane, place, owner, self._settings.lease)
        if lane is not None:
            self._leases.took(lane, asked_at)
        return lane

    async def close_lane(self, lane: LaneLease) -> None:
        """See the port."""
        self._leases.gave(lane)
        await self._write(lanes.close_lane, lane)

    async def due(self, lane: LaneLease, *, limit: int) -> list[QueuedDelivery]:
        """See the port. A payload that is gone holds up nothing else: its sender asks for it alone and finds out."""
        found: list[lanes.Due] = await self._read(lanes.due, lane, limit=limit, told=self._timepiece.told())
        allowance = Allowance(BATCH_BYTES)
        return [await self._with_payload(*item, allowance) for item in found]

    async def _with_payload(
        self, delivery: QueuedDelivery, part: Part, size_bytes: int, allowance: Allowance
    ) -> QueuedDelivery:
        if not allowance.covers(part, size_bytes):
            return delivery
        try:
            return replace(delivery, body=await self._fetch(part, size_bytes) or b"", is_deferred=False)
        except StoreError:
            return delivery

    async def next_due_at(self, lane: LaneLease) -> datetime | None:
        """See the port."""
        wait: int | None = await self._read(lanes.next_due_at, lane, told=self._timepiece.told())
        return None if wait is None else moment(self._now() + wait)

    async def settle(self, lane: LaneLease, results: Sequence[DeliveryResult]) -> None:
        """See the port."""
        answers = {item.delivery_id: await self._place(item.answer) for item in results if item.answer is not None}
        call = lanes.Settlement(lane, results, answers, self._now(), self._timepiece.told())
        await self._settlements.submit(call, sum(len(item.answer or b"") for item in results))

    async def _settle_all(self, calls: Sequence[lanes.Settlement]) -> list[BaseException | None]:
        outcomes: list[BaseException | None] = await self._write(lanes.settle, calls)
        return outcomes

    # --- the life of data ---

    async def prune(self, what: Prunable, *, before: datetime, channel: str = "", limit: int = 1000) -> int:
        """See the port."""
        dead = self._now() - self._window_us
        call = life.Pruning(what=what, before=micros(before), dead=dead, channel=channel, limit=limit)
        return await life.prune(self._db, self._sql, self._scans, call)

    async def sweep(self, *, older_than: datetime) -> Swept:
        """See the port."""
        return await life.sweep(self._db, self._sql, self._blobs, older_than=older_than)

    # --- what an administrator does ---

    def schema(self) -> SchemaState:
        """See the Upkeep port."""
        return self._upkeep.schema()

    def upgrade(self) -> SchemaState:
        """See the Upkeep port."""
        return self._upkeep.upgrade()

    def check(self) -> list[str]:
        """See the Upkeep port."""
        return self._upkeep.check()

    def backup(self, target: Path) -> BackupReport:
        """See the Upkeep port: PostgreSQL's own tools do it."""
        return self._upkeep.backup(target)

    def restore(self, source: Path) -> BackupReport:
        """See the Upkeep port: PostgreSQL's own tools do it."""
        return self._upkeep.restore(source)

    # --- questions ---

    async def search(self, query: MessageQuery) -> list[MessageView]:
        """See the port."""
        found: list[MessageView] = await self._read(search.search, query)
        return found

    async def get(self, message_id: MessageId) -> MessageDetail | None:
        """See the port."""
        found: MessageDetail | None = await self._read(views.get, message_id)
        return found

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
        found: list[ReviewView] = await self._read(views.reviews, query)
        return found

    async def figures(self) -> StoreFigures:
        """See the port."""
        await self._write(views.fold_tallies)
        found: StoreFigures = await self._read(views.figures)
        return found

    async def nodes(self) -> list[NodeView]:
        """See the port."""
        own = self._leases.owner(self._node)
        found: list[NodeView] = await self._read(views.nodes, own, self._settings.lease)
        return found

    async def is_writable(self) -> bool:
        """See the port: a real write."""
        return not await self.trouble()

    async def trouble(self) -> str:
        """See the port: `queue` or `database`."""
        if self.pressure >= 1:
            return "queue"
        try:
            await self._write(intake.probe, self._now())
        except StoreError:
            return "database"
        return ""

    @property
    def pressure(self) -> float:
        """See the port."""
        return max(self._accepts.pressure, self._advances.pressure)
