"""Questions of people and metrics; each is answered from one read transaction."""

from __future__ import annotations

import json
from collections.abc import Collection

from engine.domain.message import ContentKind, DeliveryState, MessageId, MessageState
from engine.domain.reasons import Reason, merge
from engine.plugins.stores.sqlite.readers import Snapshot
from engine.ports.store import (
    DeliveryView,
    Fingerprint,
    FingerprintOwner,
    MessageDetail,
    MessageView,
    QueueView,
    ReviewQuery,
    ReviewView,
    StageOutput,
    StoreFigures,
    TimelineEntry,
)
from engine.records.values import Row, load_documents, load_reasons, moment, moment_or_none

LAST = 2**63 - 1
"""More than any number of a row."""
HIGHEST = "\U0010ffff"
"""Behind every other character."""
_WAITING = (MessageState.RECEIVED, MessageState.PROCESSING)


def messages(view: Snapshot, sequences: Collection[int]) -> dict[int, MessageView]:
    """Messages as a list shows them, by sequence; those that are gone are left out."""
    listed = json.dumps(list(sequences))
    deliveries: dict[int, list[Row]] = {}
    for sequence, *rest in view.all("message_deliveries", listed):
        deliveries.setdefault(sequence, []).append(tuple(rest))
    return {row[1]: _message_view(row, deliveries.get(row[1], [])) for row in view.all("message_rows", listed)}


def _message_view(row: Row, delivery_rows: list[Row]) -> MessageView:
    message_id, sequence, channel, source, control_id, message_type, kind, received_at, state, *rest = row
    reasons, findings, documents, duplicate_of, batch_id, size_bytes, file_name, _error, mrn = rest
    return MessageView(
        id=MessageId(message_id),
        sequence=sequence,
        channel=channel,
        source=source,
        control_id=control_id,
        message_type=message_type,
        kind=ContentKind(kind),
        received_at=moment(received_at),
        state=MessageState(state),
        reasons=_all_reasons(reasons, findings, delivery_rows),
        patient_mrn=mrn,
        documents=load_documents(documents),
        deliveries=tuple(_delivery_view(item) for item in delivery_rows),
        duplicate_of=None if duplicate_of is None else MessageId(duplicate_of),
        batch_id=batch_id,
        size_bytes=size_bytes,
        file_name=file_name,
    )


def _all_reasons(accepted: str, findings: str, delivery_rows: list[Row]) -> tuple[Reason, ...]:
    return merge(load_reasons(accepted), load_reasons(findings), *(load_reasons(row[11]) for row in delivery_rows))


def _delivery_view(row: Row) -> DeliveryView:
    delivery_id, destination, state, control_id, attempts, ack_code, required, queued_at, sent_at, next_at, error, _ = (
        row
    )
    return DeliveryView(
        id=delivery_id,
        destination=destination,
        state=DeliveryState(state),
        control_id=control_id,
        attempts=attempts,
        ack_code=ack_code,
        required=bool(required),
        queued_at=moment(queued_at),
        sent_at=moment_or_none(sent_at),
        next_attempt_at=moment_or_none(next_at),
        error=error,
    )


def get(view: Snapshot, message_id: MessageId) -> MessageDetail | None:
    """One message with its history."""
    found = view.one("find_sequence", message_id)
    row = None if found is None else view.one("message_rows", json.dumps(found))
    if row is None:
        return None
    sequence = row[1]
    dossier = view.one("current_dossier", sequence)
    timeline = view.all("timeline", sequence)
    return MessageDetail(
        message=messages(view, [sequence])[sequence],
        dossier=dossier[0] if dossier else "",
        outputs=tuple(StageOutput(stage=stage, data=text) for stage, text in view.all("outputs", sequence)),
        timeline=tuple(
            TimelineEntry(at=moment(at), action=action, actor=actor, detail=detail)
            for at, action, actor, detail in timeline
        ),
        metadata=dict(view.all("metadata", sequence)),
        error=row[16],
    )


def find_fingerprints(view: Snapshot, fingerprints: Collection[Fingerprint]) -> list[FingerprintOwner]:
    """Owners of any of these."""
    found = [(item.kind, row) for item in fingerprints for row in _owner_rows(view, item)]
    return [
        FingerprintOwner(
            fingerprint=Fingerprint(kind=kind, value=value),
            message_id=MessageId(message_id),
            state=MessageState(state),
            detail=detail,
            channel=channel,
        )
        for kind, (value, message_id, state, detail, channel) in found
    ]


def _owner_rows(view: Snapshot, asked: Fingerprint) -> list[Row]:
    if asked.is_begin:
        return view.all("fingerprint_owners", asked.kind, asked.value, asked.value + HIGHEST)
    row = view.one("fingerprint_owner", asked.kind, asked.value)
    return [] if row is None else [row]


def reviews(view: Snapshot, query: ReviewQuery) -> list[ReviewView]:
    """Review cases newest first; `before` is the id of the last one seen."""
    last = view.one("review_number", query.before) if query.before else None
    before = last[0] if last else LAST
    if query.state:
        rows = view.all("reviews_in_state", before, query.limit, query.channel, query.state)
    else:
        rows = view.all("reviews_all", before, query.limit, query.channel)
    return [
        ReviewView(
            id=review_id,
            message_id=MessageId(message_id),
            channel=channel,
            state=state,
            reasons=load_reasons(reasons),
            opened_at=moment(opened_at),
        )
        for review_id, message_id, channel, state, reasons, opened_at in rows
    ]


def figures(view: Snapshot) -> StoreFigures:
    """Counts from the tallies; no message is looked at."""
    messages: dict[tuple[str, str], int] = {}
    lanes: dict[tuple[str, str], dict[str, int]] = {}
    for channel, destination, state, amount in view.all("tallies"):
        if destination:
            lanes.setdefault((channel, destination), {})[state] = amount
        else:
            messages[channel, state] = amount
    reviews_open = view.one("open_reviews") or (0, None)
    pauses = set(view.all("pauses"))
    for channel, destination in pauses:
        if channel and destination:
            lanes.setdefault((channel, destination), {})  # paused before anything was queued for it
    return StoreFigures(
        messages=messages,
        queues=tuple(_queue(view, place, amounts, pauses) for place, amounts in sorted(lanes.items())),
        reviews_open=reviews_open[0],
        oldest_review_at=moment_or_none(reviews_open[1]),
        work_waiting=sum(amount for (_, state), amount in messages.items() if state in _WAITING),
    )


def _queue(view: Snapshot, place: tuple[str, str], amounts: dict[str, int], pauses: Collection[Row]) -> QueueView:
    channel, destination = place
    head = view.one("lane_head", channel, destination)
    return QueueView(
        channel=channel,
        destination=destination,
        queued=amounts.get("queued", 0) + amounts.get("sending", 0),
        parked=amounts.get("parked", 0),
        oldest_at=moment(head[0]) if head else None,
        head_error=head[1] if head else "",
        is_paused=any(item in pauses for item in (("", ""), (channel, ""), place)),
    )
