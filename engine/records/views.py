"""Rows as people and metrics see them; the columns come in the order of the fields."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from engine.domain.message import ContentKind, DeliveryState, MessageId, MessageState
from engine.domain.reasons import Reason, merge
from engine.ports.store import (
    DeliveryView,
    Fingerprint,
    FingerprintOwner,
    MessageDetail,
    MessageView,
    QueueView,
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


def messages(rows: Iterable[Row], deliveries: Iterable[Row]) -> dict[int, MessageView]:
    """Messages by sequence, in the order of their rows; a row of a delivery begins with the sequence."""
    of: dict[int, list[Row]] = {}
    for row in deliveries:
        of.setdefault(row[0], []).append(row[1:])
    return {row[1]: _message(row, of.get(row[1], [])) for row in rows}


def _message(row: Row, delivery_rows: Sequence[Row]) -> MessageView:
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
        deliveries=tuple(_delivery(item) for item in delivery_rows),
        duplicate_of=None if duplicate_of is None else MessageId(duplicate_of),
        batch_id=batch_id,
        size_bytes=size_bytes,
        file_name=file_name,
    )


def _all_reasons(accepted: str, findings: str, delivery_rows: Sequence[Row]) -> tuple[Reason, ...]:
    return merge(load_reasons(accepted), load_reasons(findings), *(load_reasons(row[11]) for row in delivery_rows))


def _delivery(row: Row) -> DeliveryView:
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


def detail(
    message: MessageView,
    *,
    error: str,
    dossier: str,
    outputs: Iterable[Row],
    timeline: Iterable[Row],
    metadata: Mapping[str, str],
) -> MessageDetail:
    """One message with its history."""
    return MessageDetail(
        message=message,
        dossier=dossier,
        outputs=tuple(StageOutput(stage=stage, data=text) for stage, text in outputs),
        timeline=tuple(
            TimelineEntry(at=moment(at), action=action, actor=actor, detail=text)
            for at, action, actor, text in timeline
        ),
        metadata=metadata,
        error=error,
    )


def owner(kind: str, row: Row) -> FingerprintOwner:
    """Who owns a fingerprint of that kind."""
    value, message_id, state, said, channel = row
    return FingerprintOwner(
        fingerprint=Fingerprint(kind=kind, value=value),
        message_id=MessageId(message_id),
        state=MessageState(state),
        detail=said,
        channel=channel,
    )


def reviews(rows: Iterable[Row]) -> list[ReviewView]:
    """Review cases in the order of their rows."""
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


class Tallies:
    """Counts by state, of messages in channels and of deliveries in queues."""

    def __init__(self, rows: Iterable[Row], pauses: Iterable[Row]) -> None:
        self._messages: dict[tuple[str, str], int] = {}
        self._lanes: dict[tuple[str, str], dict[str, int]] = {}
        for channel, destination, state, amount in rows:
            if destination:
                self._lanes.setdefault((channel, destination), {})[state] = amount
            else:
                self._messages[channel, state] = amount
        self._pauses = {(row[0], row[1]) for row in pauses}
        for place in self._pauses:
            if all(place):
                self._lanes.setdefault(place, {})  # paused before anything was queued for it

    @property
    def places(self) -> list[tuple[str, str]]:
        """Every queue there is: channel and destination."""
        return sorted(self._lanes)

    def figures(self, heads: Callable[[tuple[str, str]], Row | None], open_reviews: Row) -> StoreFigures:
        """The counts as a page shows them; `heads` gives the first delivery of a queue: since when, and its error."""
        return StoreFigures(
            messages=self._messages,
            queues=tuple(_queue(place, self._lanes[place], heads(place), self._pauses) for place in self.places),
            reviews_open=open_reviews[0],
            oldest_review_at=moment_or_none(open_reviews[1]),
            work_waiting=sum(amount for (_, state), amount in self._messages.items() if state in _WAITING),
        )


def _queue(
    place: tuple[str, str], amounts: Mapping[str, int], head: Row | None, pauses: Collection[tuple[str, str]]
) -> QueueView:
    channel, destination = place
    return QueueView(
        channel=channel,
        destination=destination,
        queued=amounts.get("queued", 0) + amounts.get("sending", 0),
        parked=amounts.get("parked", 0),
        oldest_at=moment(head[0]) if head else None,
        head_error=head[1] if head else "",
        is_paused=any(item in pauses for item in (("", ""), (channel, ""), place)),
    )
