"""Intake and work of the model database: every function is one transaction, which is done whole and at once or raises and did nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from engine.domain.message import DeliveryState, MessageId, MessageState
from engine.domain.reasons import merge, reason
from engine.ports.store import (
    Accepted,
    AuditEntry,
    Fingerprint,
    FingerprintOwner,
    FingerprintTaken,
    KeyLease,
    LaneLease,
    LeaseLost,
    NewDelivery,
    NewMessage,
    StoreError,
    TimelineEntry,
    Transition,
    WorkItem,
)
from tests.simulation.model_rows import OPEN, UNFINISHED, Case, Dlv, Key, LaneRow, Msg

LEASE_SECONDS = 4.0
_GONE = (MessageState.FILTERED, MessageState.WITHDRAWN)


@dataclass(slots=True)
class Print:
    owner: Msg
    detail: str


class Rows:
    """What all nodes share: messages, keys, leases, deliveries, and what moves them.

    Args:
        now: the database's clock; `monotonic` in seconds, for leases.
        expiring: whether leases run out (a cluster) or last until the store is opened again.
    """

    def __init__(self, now: Callable[[], datetime], monotonic: Callable[[], float], *, expiring: bool = False) -> None:
        self.now = now
        self.monotonic = monotonic
        self.expiring = expiring
        self.messages: dict[str, Msg] = {}
        self.order: list[Msg] = []
        self.same: dict[tuple[str, str, str], Msg] = {}
        self.ids: dict[tuple[str, str], datetime] = {}
        self.keys: dict[tuple[str, str], Key] = {}
        self.held: dict[tuple[str, str], set[int]] = {}
        self.lanes: dict[tuple[str, str], LaneRow] = {}
        self.deliveries: dict[str, Dlv] = {}
        self.by_idempotency: dict[str, Dlv] = {}
        self.cases: dict[str, Case] = {}
        self.prints: dict[tuple[str, str], Print] = {}
        self.paused: set[tuple[str, str]] = set()
        self.roles: dict[str, tuple[str, int]] = {}
        self.fragments: list[object] = []
        self.epoch = 0
        self.fenced = 0
        self.writes: list[tuple[str, int, int]] = []
        """Every fenced write: what, the epoch it came with, the epoch that held."""
        self.hint: Callable[[str], None] = _quiet

    # --- intake ---

    def accept(self, new: Sequence[NewMessage], window: timedelta) -> list[Accepted]:
        known = set(self.messages)
        for message in new:
            if not self._first(message, window):
                if message.id in known:
                    raise StoreError("the id is taken")
                known.add(message.id)
        return [self._accept(message, window) for message in new]

    def _first(self, new: NewMessage, window: timedelta) -> Msg | None:
        first = self.same.get((new.control_id, new.dedupe_sender, new.sha256)) if new.control_id else None
        return first if first and first.new.received_at >= new.received_at - window else None

    def _accept(self, new: NewMessage, window: timedelta) -> Accepted:
        first = self._first(new, window)
        if first is not None:
            self._audit(first, AuditEntry(action="retransmission", actor=f"source:{new.source}"), new.received_at)
            return Accepted(id=first.new.id, ack=first.new.ack, retransmission=True)
        reused = False
        if new.control_id and new.dedupe_sender:
            last = self.ids.get((new.control_id, new.dedupe_sender))
            reused = last is not None and last >= new.received_at - window
            self.same[new.control_id, new.dedupe_sender, new.sha256] = message = self._add(new, reused=reused)
            self.ids[new.control_id, new.dedupe_sender] = new.received_at
        else:
            message = self._add(new, reused=False)
        self._audit(message, AuditEntry(action="accept", actor=f"source:{new.source}"), new.received_at)
        return Accepted(id=new.id, ack=new.ack, reused=reused)

    def _add(self, new: NewMessage, *, reused: bool) -> Msg:
        reasons = (*new.reasons, reason("control_id.reused")) if reused else new.reasons
        message = Msg(new, len(self.order) + 1, reasons)
        self.order.append(message)
        self.messages[new.id] = message
        self._work(message)
        return message

    def _work(self, message: Msg) -> None:
        message.has_work = True
        key = self.keys.setdefault(message.key, Key(*message.key))
        key.work[message.sequence] = message
        self.hint("work")

    def _audit(self, message: Msg, entry: AuditEntry, at: datetime | None = None) -> None:
        message.timeline.append(
            TimelineEntry(at=at or self.now(), action=entry.action, actor=entry.actor, detail=entry.detail)
        )

    # --- leases ---

    def leased(self) -> list[Key | LaneRow]:
        """Everything that can be leased."""
        return [*self.keys.values(), *self.lanes.values()]

    def free_all(self, node: str = "") -> None:
        for row in self.leased():
            if not node or row.owner == node:
                row.owner = ""
        self.roles = {name: role for name, role in self.roles.items() if node and role[0] != node}

    def renew(self, node: str, known: Collection[int]) -> list[int]:
        """Make the leases that a node knows of last longer; the epochs of those it still has.

        Not all that carry its name: the answer to a claim may have been lost, then nobody works on that key.
        """
        now = self.monotonic()
        kept = []
        for row in self.leased():
            if row.owner == node and row.epoch in known and row.lease_until > now:
                row.lease_until = now + LEASE_SECONDS
                kept.append(row.epoch)
        return kept

    def _is_free(self, row: Key | LaneRow) -> bool:
        return not row.owner or (self.expiring and row.lease_until <= self.monotonic())

    def _lease(self, row: Key | LaneRow, node: str) -> None:
        self.epoch += 1
        row.owner, row.epoch, row.lease_until = node, self.epoch, self.monotonic() + LEASE_SECONDS

    def fence(self, what: str, row: Key | LaneRow | None, lease: KeyLease | LaneLease) -> None:
        held = row is not None and row.owner == lease.owner and row.epoch == lease.epoch
        if not held or (row is not None and self._is_free(row)):
            self.fenced += 1
            raise LeaseLost("the lease is gone")
        self.writes.append((what, lease.epoch, row.epoch if row else 0))

    # --- work ---

    def claim(self, node: str, keys: int, per_key: int) -> list[KeyLease]:
        now = self.now()
        ready = [key for key in self.keys.values() if self._claimable(key, now)]
        ready.sort(key=lambda key: (min(item.new.priority for item in self.workable(key)), min(key.work)))
        return [self._hand_out(key, node, per_key) for key in ready[:keys]]

    def _claimable(self, key: Key, now: datetime) -> bool:
        if not key.work or not self._is_free(key) or (key.not_before is not None and key.not_before > now):
            return False
        return bool(self.workable(key))

    def workable(self, key: Key) -> list[Msg]:
        """In order, up to the first that a parked message of the key holds up."""
        held = self.held.get((key.channel, key.name))
        return [key.work[number] for number in sorted(key.work) if not held or number < min(held)]

    def _hand_out(self, key: Key, node: str, per_key: int) -> KeyLease:
        self._lease(key, node)
        key.not_before = None
        items = []
        for message in self.workable(key)[:per_key]:
            if message.state is MessageState.RECEIVED:
                message.state = MessageState.PROCESSING
            items.append(_item(message))
        return KeyLease(channel=key.channel, key=key.name, owner=node, epoch=key.epoch, items=tuple(items))

    def release(self, lease: KeyLease) -> None:
        key = self.keys.get((lease.channel, lease.key))
        if key is None or (key.owner, key.epoch) != (lease.owner, lease.epoch):
            return
        key.owner = ""
        if key.work:
            self.hint("work")
        else:
            del self.keys[lease.channel, lease.key]

    def advance(self, lease: KeyLease, change: Transition) -> MessageState:
        key = self.keys.get((lease.channel, lease.key))
        self.fence("advance", key, lease)
        message = self.messages.get(change.message_id)
        if key is None or message is None or message.sequence not in key.work:
            raise LeaseLost("not work of this key")
        self._check(message, change)
        for item in change.fingerprints:
            self.prints[item.kind, item.value] = Print(message, change.fingerprint_detail)
        self._findings(message, change)
        for delivery in change.deliveries:
            self._queue(message, delivery)
        if change.review is not None:
            self._open(message, change)
        for entry in change.audit:
            self._audit(message, entry)
        return self._move(key, message, change)

    def _check(self, message: Msg, change: Transition) -> None:
        for item in change.fingerprints:
            owner = self.owner(item)
            if owner is not None and owner.owner is not message and owner.owner.state not in _GONE:
                raise FingerprintTaken(owner.owner.new.id)
        fresh = {item.idempotency_key: item.id for item in change.deliveries}
        for key, identity in fresh.items():
            if key not in self.by_idempotency and identity in self.deliveries:
                raise StoreError("the delivery id is taken")
        unknown = [identity for key, identity in fresh.items() if key not in self.by_idempotency]
        if len(set(unknown)) != len(unknown):
            raise StoreError("the delivery id is taken")

    def owner(self, item: Fingerprint) -> Print | None:
        return self.prints.get((item.kind, item.value))

    def owners(self, items: Sequence[Fingerprint]) -> list[FingerprintOwner]:
        return [
            FingerprintOwner(
                fingerprint=Fingerprint(kind=kind, value=value),
                message_id=row.owner.new.id,
                state=row.owner.state,
                detail=row.detail,
                channel=row.owner.new.channel,
            )
            for item in items
            for kind, value in self._fitting(item)
            if (row := self.prints.get((kind, value))) is not None
        ]

    def _fitting(self, asked: Fingerprint) -> list[tuple[str, str]]:
        if not asked.is_begin:
            return [(asked.kind, asked.value)]
        return sorted(key for key in self.prints if asked.asks_for(Fingerprint(kind=key[0], value=key[1])))

    def _findings(self, message: Msg, change: Transition) -> None:
        if change.dossier:
            message.put_dossier(change.next_stage or "$end", change.dossier)
        for output in change.outputs:
            message.outputs[output.stage] = output
        message.metadata.update(change.metadata)
        message.findings = merge(message.findings, change.reasons)
        message.error = change.error
        if change.documents is not None:
            message.documents = change.documents
        if change.duplicate_of is not None:
            message.duplicate_of = change.duplicate_of

    def _queue(self, message: Msg, new: NewDelivery) -> None:
        known = self.by_idempotency.get(new.idempotency_key)
        if known is None:
            row = Dlv(new, len(self.deliveries) + 1, message, self.now(), run_id=message.run_id)
            self.deliveries[new.id] = self.by_idempotency[new.idempotency_key] = row
            message.deliveries.append(row)
            self.lane(message.new.channel, new.destination).all.append(row)
            self._stand(row)
        elif known.message is message:
            known.run_id = message.run_id
            if known.state in (DeliveryState.PARKED, DeliveryState.WITHDRAWN):
                known.new = replace(known.new, control_id=new.control_id, body=new.body, required=new.required)
                self._again(known)

    def _again(self, row: Dlv) -> None:
        row.state, row.next_at, row.rejects, row.holds, row.reason = DeliveryState.QUEUED, None, 0, False, None
        self._stand(row)

    def lane(self, channel: str, destination: str) -> LaneRow:
        return self.lanes.setdefault((channel, destination), LaneRow(channel, destination))

    def _stand(self, row: Dlv) -> None:
        """Keep the queue's index: queued ones, and parked ones that hold their key."""
        lane = self.lane(row.message.new.channel, row.new.destination)
        line = lane.open.setdefault(row.message.new.ordering_key, [])
        wanted = row.state in OPEN or (row.state is DeliveryState.PARKED and row.holds)
        if wanted and row not in line:
            line.append(row)
            line.sort(key=lambda item: (item.message.sequence, item.number))
        elif not wanted and row in line:
            line.remove(row)
        if not line:
            del lane.open[row.message.new.ordering_key]
        self.hint(f"lane:{lane.channel}/{lane.destination}")

    def _open(self, message: Msg, change: Transition) -> None:
        if change.review is None:
            return
        new = change.review
        case = Case(new.id, len(self.cases) + 1, message, message.run_id, new.reasons, self.now())
        known = self.cases.get(new.id)
        if known is not None:
            case.number = known.number
            message.cases.remove(known)
        self.cases[new.id] = case
        message.cases.append(case)

    def _move(self, key: Key, message: Msg, change: Transition) -> MessageState:
        if change.final_state is None and change.next_stage is not None:
            message.stage = change.next_stage
            message.attempts = message.attempts + 1 if change.retry_at else 0
            if change.retry_at:
                key.not_before = change.retry_at
            return message.state
        del key.work[message.sequence]
        message.has_work = False
        if change.final_state is not MessageState.PARKED:
            for row in message.deliveries:
                if row.run_id < message.run_id and row.state in (DeliveryState.QUEUED, DeliveryState.PARKED):
                    self._withdraw(row)
                    self._audit(message, AuditEntry(action="delivery.superseded"))
        if change.final_state is None:
            for case in message.cases:
                if case.run_id < message.run_id and case.state == "open":
                    case.state = "superseded"
        message.is_final = change.final_state is not None
        message.state = change.final_state or message.computed
        if change.holds_key and change.final_state is MessageState.PARKED:
            message.holds = True
            self.held.setdefault(message.key, set()).add(message.sequence)
        return message.state

    def _withdraw(self, row: Dlv) -> None:
        row.state, row.next_at, row.holds = DeliveryState.WITHDRAWN, None, False
        self._stand(row)

    def let_go(self, message: Msg) -> bool:
        """Its keys go on."""
        held = message.holds or any(row.holds for row in message.deliveries)
        message.holds = False
        numbers = self.held.get(message.key, set())
        numbers.discard(message.sequence)
        if not numbers:
            self.held.pop(message.key, None)
        for row in message.deliveries:
            if row.holds:
                row.holds = False
                self._stand(row)
        self.hint("work")
        return held

    def replay(self, message_id: MessageId, from_stage: str, audit: AuditEntry) -> bool:
        message = self.messages.get(message_id)
        if message is None or message.state in UNFINISHED:
            return False
        if message.holds:
            message.holds = False
            self.held[message.key].discard(message.sequence)
            if not self.held[message.key]:
                del self.held[message.key]
        message.state, message.is_final, message.findings = MessageState.PROCESSING, False, ()
        message.run_id += 1
        message.duplicate_of, message.error, message.attempts, message.stage = None, "", 0, from_stage
        message.touched = True
        message.put_dossier(from_stage, message.dossiers.get(from_stage, "") if from_stage else "")
        self._work(message)
        self._audit(message, audit)
        return True


def _quiet(_hint: str) -> None:
    return


def _item(message: Msg) -> WorkItem:
    new = message.new
    return WorkItem(
        id=new.id,
        sequence=message.sequence,
        channel=new.channel,
        source=new.source,
        kind=new.kind,
        message_type=new.message_type,
        control_id=new.control_id,
        file_name=new.file_name,
        received_at=new.received_at,
        raw=new.raw,
        sha256=new.sha256,
        stage=message.stage,
        dossier=message.dossier,
        attempts=message.attempts,
        run_id=message.run_id,
        reasons=merge(message.reasons, message.findings),
        size_bytes=len(new.raw),
    )
