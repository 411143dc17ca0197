"""The model database: every function is one transaction, which is done whole and at once or raises and did nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime

from engine.domain.message import DeliveryState, MessageId, MessageState
from engine.domain.overtaking import fate
from engine.ports.store import (
    AuditEntry,
    DeliveryResult,
    KeyLease,
    LaneLease,
    NewerSent,
    RoleLease,
    StoreError,
    Transition,
)
from engine.ports.store_values import NEWER
from tests.simulation.model_rows import OPEN, Dlv, Msg
from tests.simulation.model_work import LEASE_SECONDS, Rows

__all__ = ["LEASE_SECONDS", "Bank"]


class Bank(Rows):
    """Destination queues, and what a person does."""

    def advance(self, lease: KeyLease, change: Transition) -> MessageState:
        state = super().advance(lease, change)
        self._overtake(self.messages[change.message_id], change)
        return state

    def _overtake(self, newer: Msg, change: Transition) -> None:
        """Older messages' unsent deliveries never arrive after this one's: see `Transition.overtakes`."""
        queues = {item.destination for item in change.deliveries}
        for item in change.overtakes:
            older = self.messages.get(item.message_id)
            if older is None or older.new.channel != newer.new.channel:
                continue
            for row in older.deliveries:
                if row.new.destination in queues and row.state in (DeliveryState.QUEUED, DeliveryState.PARKED):
                    self._go_behind(row, newer, is_whole=item.is_whole)
            older.settle()

    def _go_behind(self, row: Dlv, newer: Msg, *, is_whole: bool) -> None:
        older = row.message
        older.metadata[f"{NEWER}{newer.new.id}"] = newer.new.id
        found = fate(
            is_whole=is_whole,
            is_queued=row.state is DeliveryState.QUEUED,
            is_ahead=older.key == newer.key and older.sequence < newer.sequence,
            destination=row.new.destination,
            newer=newer.new.id,
        )
        if found is None:
            return
        row.state, row.next_at, row.reason = found.state, None, found.why
        row.holds = row.holds and row.state is DeliveryState.PARKED
        self._stand(row)
        detail = json.dumps({"delivery": row.new.id, "newer": newer.new.id})
        self._audit(older, AuditEntry(action=found.why.code, detail=detail))

    # --- queues ---

    def open_lane(self, node: str, channel: str, destination: str) -> LaneLease | None:
        row = self.lane(channel, destination)
        # A node that doubts its own lease asks again: to the one who holds it the queue is not another node's.
        if not self._is_free(row) and row.owner != node:
            return None
        self._lease(row, node)
        return LaneLease(channel=channel, destination=destination, owner=node, epoch=row.epoch)

    def close_lane(self, lease: LaneLease) -> None:
        row = self.lane(lease.channel, lease.destination)
        if (row.owner, row.epoch) == (lease.owner, lease.epoch):
            row.owner = ""

    def is_paused(self, channel: str, destination: str) -> bool:
        return bool(self.paused & {(channel, destination), (channel, ""), ("", "")})

    def due(self, lease: LaneLease, limit: int) -> list[Dlv]:
        lane = self.lane(lease.channel, lease.destination)
        held = self.lanes.get((lease.channel, lease.destination))
        self.fence("due", held, lease)
        if self.is_paused(lease.channel, lease.destination):
            return []
        now = self.now()
        urgent: list[Dlv] = []
        rest: list[Dlv] = []
        for line in lane.open.values():
            free = _free(line, now)
            last = max((place for place, row in enumerate(line) if row.message.new.priority < 5), default=-1)
            rush = {row.number for row in line[: last + 1]}
            urgent += [row for row in free if row.number in rush]
            rest += [row for row in free if row.number not in rush]
        by_order = sorted(urgent, key=_place) + sorted(rest, key=_place)
        return by_order[:limit]

    def next_due(self, lease: LaneLease) -> datetime | None:
        now = self.now()
        lines = self.lane(lease.channel, lease.destination).open.values()
        times = [row.next_at for line in lines for row in line if row.next_at and row.next_at > now]
        return min(times, default=None)

    def settle(self, lease: LaneLease, results: Sequence[DeliveryResult]) -> None:
        self.fence("settle", self.lanes.get((lease.channel, lease.destination)), lease)
        for result in results:
            row = self.deliveries.get(result.delivery_id)
            if row is None or (row.message.new.channel, row.new.destination) != (lease.channel, lease.destination):
                raise StoreError("the delivery is not of this queue")
        for result in results:
            self._record(self.deliveries[result.delivery_id], result)

    def _record(self, row: Dlv, result: DeliveryResult) -> None:
        is_sent = result.state is DeliveryState.SENT
        if is_sent or row.state in OPEN:
            row.state = result.state
            row.holds = result.holds_key and result.state is DeliveryState.PARKED
            row.reason = None if is_sent else result.reason
        row.attempts += result.sent
        row.rejects += result.rejected
        row.ack_code = result.ack_code or row.ack_code
        row.sent_at = self.now() if is_sent else row.sent_at
        row.next_at = result.retry_at if row.state is DeliveryState.QUEUED else None
        row.error = result.error
        if result.answer is not None:
            row.answer = result.answer
        for entry in result.audit:
            self._audit(row.message, entry)
        self._stand(row)
        row.message.settle()

    # --- a person ---

    def retry_delivery(self, delivery_id: str, audit: AuditEntry, *, force: bool = False) -> bool:
        row = self.deliveries.get(delivery_id)
        if row is None or row.state not in (DeliveryState.PARKED, DeliveryState.QUEUED):
            return False
        if row.state is DeliveryState.PARKED and not force:
            self._ask_newer(row)
        row.message.touched = True
        self._again(row)
        return self._acted(row.message, audit)

    def _ask_newer(self, row: Dlv) -> None:
        for name, value in row.message.metadata.items():
            newer = self.messages.get(value) if name.startswith(NEWER) else None
            for item in newer.deliveries if newer is not None else ():
                if item.new.destination == row.new.destination and self._is_past(row, item):
                    raise NewerSent(MessageId(value))

    @staticmethod
    def _is_past(row: Dlv, newer: Dlv) -> bool:
        """Whether the newer one was sent, or may be sent before the older one."""
        behind = row.holds and row.message.key == newer.message.key and newer.message.sequence > row.message.sequence
        return newer.state is DeliveryState.SENT or (newer.state in OPEN and not behind)

    def withdraw_delivery(self, delivery_id: str, audit: AuditEntry) -> bool:
        row = self.deliveries.get(delivery_id)
        if row is None or row.state not in (DeliveryState.PARKED, DeliveryState.QUEUED):
            return False
        self._withdraw(row)
        return self._acted(row.message, audit)

    def _acted(self, message: Msg, audit: AuditEntry) -> bool:
        message.settle()
        self._audit(message, audit)
        return True

    def set_aside(self, message_id: MessageId, audit: AuditEntry) -> bool:
        message = self.messages.get(message_id)
        if message is None or not self.let_go(message):
            return False
        self._audit(message, audit)
        return True

    def withdraw(self, message_id: MessageId, audit: AuditEntry) -> bool:
        message = self.messages.get(message_id)
        if message is None or message.state not in (MessageState.REVIEW, MessageState.PARKED):
            return False
        self.let_go(message)
        for case in message.cases:
            case.state = "withdrawn" if case.state == "open" else case.state
        for row in message.deliveries:
            if row.state in (DeliveryState.PARKED, DeliveryState.QUEUED):
                self._withdraw(row)
        message.state, message.is_final, message.touched = MessageState.WITHDRAWN, True, True
        self._audit(message, audit)
        return True

    def close_review(self, review_id: str, outcome: str, audit: AuditEntry) -> bool:
        case = self.cases.get(review_id)
        if case is None or case.state != "open":
            return False
        case.state = outcome
        return self._acted(case.message, audit)

    def pause(self, channel: str, destination: str, *, is_paused: bool) -> None:
        (self.paused.add if is_paused else self.paused.discard)((channel, destination))
        for name, place in self.lanes:
            self.hint(f"lane:{name}/{place}")

    def take_role(self, node: str, name: str) -> RoleLease | None:
        owner, _ = self.roles.get(name, ("", 0))
        if owner:
            return None
        self.epoch += 1
        self.roles[name] = (node, self.epoch)
        return RoleLease(name=name, owner=node, epoch=self.epoch)

    def drop_role(self, role: RoleLease) -> None:
        if self.roles.get(role.name) == (role.owner, role.epoch):
            del self.roles[role.name]


def _place(row: Dlv) -> tuple[int, int]:
    return row.message.sequence, row.number


def _free(line: list[Dlv], now: datetime) -> list[Dlv]:
    """What of a key may be sent: up to the first that waits for its time or holds it."""
    found = []
    for row in line:
        if row.state is DeliveryState.PARKED or (row.next_at is not None and row.next_at > now):
            break
        found.append(row)
    return found
