"""What the model store shows of its rows."""

from __future__ import annotations

from collections import Counter

from engine.domain.message import DeliveryState
from engine.domain.reasons import merge
from engine.ports.store import (
    DeliveryView,
    MessageDetail,
    MessageQuery,
    MessageView,
    QueuedDelivery,
    QueueView,
    ReviewQuery,
    ReviewView,
    StoreFigures,
)
from tests.simulation.model_bank import Bank
from tests.simulation.model_rows import OPEN, UNFINISHED, Dlv, Msg


def queued(row: Dlv) -> QueuedDelivery:
    return QueuedDelivery(
        id=row.new.id,
        message_id=row.message.new.id,
        sequence=row.message.sequence,
        ordering_key=row.message.new.ordering_key,
        control_id=row.new.control_id,
        body=row.new.body,
        media_type=row.new.media_type,
        attempts=row.attempts,
        rejects=row.rejects,
        queued_at=row.queued_at,
    )


def delivery(bank: Bank, row: Dlv) -> DeliveryView:
    paused = row.state in OPEN and bank.is_paused(row.message.new.channel, row.new.destination)
    return DeliveryView(
        id=row.new.id,
        destination=row.new.destination,
        state=DeliveryState.PAUSED if paused else row.state,
        control_id=row.new.control_id,
        attempts=row.attempts,
        ack_code=row.ack_code or None,
        required=row.new.required,
        queued_at=row.queued_at,
        sent_at=row.sent_at,
        next_attempt_at=row.next_at,
        error=row.error,
    )


def message(bank: Bank, row: Msg) -> MessageView:
    new = row.new
    said = [(item.reason,) for item in row.deliveries if item.reason is not None]
    return MessageView(
        id=new.id,
        sequence=row.sequence,
        channel=new.channel,
        source=new.source,
        control_id=new.control_id,
        message_type=new.message_type,
        kind=new.kind,
        received_at=new.received_at,
        state=row.state,
        reasons=merge(row.reasons, row.findings, *said),
        patient_mrn=row.metadata.get("patient_mrn"),
        documents=row.documents,
        deliveries=tuple(delivery(bank, item) for item in row.deliveries),
        duplicate_of=row.duplicate_of,
        batch_id=new.batch_id,
        size_bytes=len(new.raw),
        file_name=new.file_name,
    )


def search(bank: Bank, query: MessageQuery) -> list[MessageView]:
    found: list[MessageView] = []
    for row in reversed(bank.order):
        if len(found) == query.limit:
            break
        if (query.before is None or row.sequence < query.before) and _fits(row, query):
            found.append(message(bank, row))
    return found


def _fits(row: Msg, query: MessageQuery) -> bool:
    new, words = row.new, {row.new.control_id, row.new.id, *row.metadata.values()}
    reasons = {item.code for item in (*row.reasons, *row.findings)}
    return (
        query.control_id in ("", new.control_id)
        and query.channel in ("", new.channel)
        and query.state in ("", row.state)
        and query.source in ("", new.source)
        and query.message_type in ("", new.message_type)
        and (not query.text or query.text in words)
        and (not query.reason or query.reason in reasons)
        and (query.since is None or new.received_at >= query.since)
        and (query.until is None or new.received_at < query.until)
        and all(row.metadata.get(name) == value for name, value in query.metadata.items())
    )


def detail(bank: Bank, message_id: str) -> MessageDetail | None:
    row = bank.messages.get(message_id)
    if row is None:
        return None
    return MessageDetail(
        message=message(bank, row),
        dossier=row.dossier,
        outputs=tuple(row.outputs.values()),
        timeline=tuple(row.timeline),
        metadata=dict(row.metadata),
        error=row.error,
    )


def raw(bank: Bank, message_id: str) -> bytes | None:
    row = bank.messages.get(message_id)
    return None if row is None else row.new.raw


def ack(bank: Bank, message_id: str) -> bytes | None:
    row = bank.messages.get(message_id)
    return None if row is None else row.new.ack


def payload(bank: Bank, delivery_id: str) -> bytes | None:
    row = bank.deliveries.get(delivery_id)
    return None if row is None else row.new.body


def answer(bank: Bank, delivery_id: str) -> bytes | None:
    row = bank.deliveries.get(delivery_id)
    return None if row is None else row.answer


def reviews(bank: Bank, query: ReviewQuery) -> list[ReviewView]:
    last = bank.cases.get(query.before)
    cases = sorted(bank.cases.values(), key=lambda case: -case.number)
    found = [
        ReviewView(
            id=case.id,
            message_id=case.message.new.id,
            channel=case.message.new.channel,
            state=case.state,
            reasons=case.reasons,
            opened_at=case.opened_at,
        )
        for case in cases
        if query.state in ("", case.state)
        and query.channel in ("", case.message.new.channel)
        and (last is None or case.number < last.number)
    ]
    return found[: query.limit]


def figures(bank: Bank) -> StoreFigures:
    messages = Counter((row.new.channel, row.state.value) for row in bank.order)
    opened = [case.opened_at for case in bank.cases.values() if case.state == "open"]
    return StoreFigures(
        messages=dict(messages),
        queues=tuple(_queue(bank, *place) for place in sorted(_places(bank))),
        reviews_open=len(opened),
        oldest_review_at=min(opened, default=None),
        work_waiting=sum(row.state in UNFINISHED for row in bank.order),
    )


def _places(bank: Bank) -> set[tuple[str, str]]:
    """Every queue that had a delivery, and those that were paused before one came."""
    return {place for place in bank.lanes if bank.lanes[place].all} | {place for place in bank.paused if all(place)}


def _queue(bank: Bank, channel: str, destination: str) -> QueueView:
    rows = bank.lanes[channel, destination].all if (channel, destination) in bank.lanes else []
    waiting = sorted((row for row in rows if row.state in OPEN), key=lambda row: (row.message.sequence, row.number))
    return QueueView(
        channel=channel,
        destination=destination,
        queued=len(waiting),
        parked=sum(row.state is DeliveryState.PARKED for row in rows),
        oldest_at=waiting[0].queued_at if waiting else None,
        head_error=waiting[0].error if waiting else "",
        is_paused=bank.is_paused(channel, destination),
    )
