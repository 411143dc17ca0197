"""Rows as workers and senders get them; the columns come in the order of the fields."""

from __future__ import annotations

from engine.domain.message import ContentKind, DeliveryState, MessageId, MessageState
from engine.domain.reasons import merge
from engine.ports.store import AuditEntry, DeliveryResult, QueuedDelivery, Transition, WorkItem
from engine.records.values import Row, load_reasons, moment

_OPEN = ("queued", "sending")


def work_item(channel: str, row: Row, *, size_bytes: int, dossier: str | None, raw: bytes | None) -> WorkItem:
    """A claimed message with its body, or without it for later."""
    sequence, stage, attempts, message_id, source, kind, message_type, control_id, file_name, *rest = row
    received_at, digest, run_id, reasons, findings = rest
    return WorkItem(
        id=MessageId(message_id),
        sequence=sequence,
        channel=channel,
        source=source,
        kind=ContentKind(kind),
        message_type=message_type,
        control_id=control_id,
        file_name=file_name,
        received_at=moment(received_at),
        raw=raw or b"",
        sha256=digest.hex(),
        stage=stage,
        dossier=dossier or "",
        attempts=attempts,
        run_id=run_id,
        reasons=merge(load_reasons(reasons), load_reasons(findings)),
        size_bytes=size_bytes,
        is_deferred=raw is None,
    )


def damaged(message_id: MessageId, error: str) -> Transition:
    """The end of a message whose body is gone: a person must know."""
    return Transition(
        message_id=message_id,
        next_stage=None,
        final_state=MessageState.PARKED,
        error=error,
        audit=(AuditEntry(action="park", detail='{"cause": "body missing"}'),),
    )


def queued(row: Row, body: bytes | None) -> QueuedDelivery:
    """A delivery that is due, with its payload or without it for later."""
    delivery_id, message_id, sequence, key, control_id, media_type, attempts, rejects, queued_at, *_ = row
    return QueuedDelivery(
        id=delivery_id,
        message_id=MessageId(message_id),
        sequence=sequence,
        ordering_key=key,
        control_id=control_id,
        body=body or b"",
        is_deferred=body is None,
        media_type=media_type,
        attempts=attempts,
        rejects=rejects,
        queued_at=moment(queued_at),
    )


def state_after(old: str, result: DeliveryResult) -> str:
    """The state of a delivery after a try.

    What someone withdrew or parked while it was on the wire stays so, for their reason, unless the peer took it.
    """
    return old if stays(old, result) else result.state.value


def stays(old: str, result: DeliveryResult) -> bool:
    """Whether the try changes nothing of where the delivery stands."""
    return result.state is not DeliveryState.SENT and old not in _OPEN
