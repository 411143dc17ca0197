"""The in-memory store, with what a person does to it; an act that does not apply answers False like the port says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from engine.domain.message import DeliveryState, MessageId, MessageState
from engine.ports.store import (
    AuditEntry,
    DeliveryView,
    MessageDetail,
    MessageView,
    NewerSent,
    NodeView,
    QueueView,
    StoreFigures,
)
from tests.unit.web.fakes import START, FakeStore

BUSY = {MessageState.RECEIVED, MessageState.PROCESSING}
UNSENT = {DeliveryState.QUEUED, DeliveryState.PARKED, DeliveryState.PAUSED}


@dataclass
class ActingStore(FakeStore):
    """Remembers every audit entry; `holding` names messages that hold up others, `overtaken` newer ones by delivery."""

    audits: list[AuditEntry] = field(default_factory=list)
    holding: set[str] = field(default_factory=set)
    overtaken: dict[str, MessageId] = field(default_factory=dict)
    pauses: set[tuple[str, str]] = field(default_factory=set)
    replayed: list[str] = field(default_factory=list)

    async def replay(self, message_id: MessageId, *, from_stage: str, audit: AuditEntry) -> bool:
        self._called("replay")
        item = await self.get(message_id)
        if item is None or item.message.state in BUSY:
            return False
        self.replayed.append(f"{message_id}:{from_stage}")
        return self._put(item, audit, state=MessageState.PROCESSING)

    async def withdraw(self, message_id: MessageId, *, audit: AuditEntry) -> bool:
        self._called("withdraw")
        item = await self.get(message_id)
        if item is None or item.message.state not in {MessageState.REVIEW, MessageState.PARKED}:
            return False
        return self._put(item, audit, state=MessageState.WITHDRAWN)

    async def set_aside(self, message_id: MessageId, *, audit: AuditEntry) -> bool:
        self._called("set_aside")
        if message_id not in self.holding:
            return False
        self.holding.remove(message_id)
        self.audits.append(audit)
        return True

    async def retry_delivery(self, delivery_id: str, *, audit: AuditEntry, force: bool = False) -> bool:
        self._called("retry_delivery")
        if delivery_id in self.overtaken and not force:
            raise NewerSent(self.overtaken[delivery_id])
        return self._move(delivery_id, DeliveryState.QUEUED, MessageState.QUEUED, audit)

    async def withdraw_delivery(self, delivery_id: str, *, audit: AuditEntry) -> bool:
        self._called("withdraw_delivery")
        return self._move(delivery_id, DeliveryState.WITHDRAWN, MessageState.DELIVERED, audit)

    async def close_review(self, review_id: str, *, outcome: str, audit: AuditEntry) -> bool:
        self._called("close_review")
        for place, item in enumerate(self.review_views):
            if item.id == review_id and item.state == "open":
                self.review_views[place] = replace(item, state=outcome)
                self.audits.append(audit)
                return True
        return False

    async def pause(self, channel: str, destination: str, *, is_paused: bool, audit: AuditEntry) -> None:
        self._called("pause")
        self.audits.append(audit)
        if is_paused:
            self.pauses.add((channel, destination))
        else:
            self.pauses.discard((channel, destination))

    async def figures(self) -> StoreFigures:
        found = await super().figures()
        return replace(found, queues=tuple(self._paused(item) for item in self.queues))

    def _paused(self, item: QueueView) -> QueueView:
        places = {("", ""), (item.channel, ""), (item.channel, item.destination)}
        return replace(item, is_paused=bool(places & self.pauses))

    async def nodes(self) -> list[NodeView]:
        self._called("nodes")
        return [NodeView(name="node-a", started_at=START, seen_at=START, is_alive=True, leases=2, release="0.1.0")]

    def _move(self, delivery_id: str, new: DeliveryState, state: MessageState, audit: AuditEntry) -> bool:
        for item in self.details:
            for one in item.message.deliveries:
                if one.id == delivery_id and one.state in UNSENT:
                    moved = tuple(_with(each, delivery_id, new) for each in item.message.deliveries)
                    return self._put(item, audit, state=state, deliveries=moved)
        return False

    def _put(self, item: MessageDetail, audit: AuditEntry, **changes: object) -> bool:
        self.audits.append(audit)
        changed: MessageView = replace(item.message, **changes)  # type: ignore[arg-type]
        self.details[self.details.index(item)] = replace(item, message=changed)
        return True


def _with(view: DeliveryView, delivery_id: str, state: DeliveryState) -> DeliveryView:
    return replace(view, state=state, error="") if view.id == delivery_id else view
