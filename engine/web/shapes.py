"""The JSON shapes of the public contract; the terminal's `--json` prints the same ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from engine.domain.dossier import Dossier
from engine.domain.patient import Match
from engine.domain.reasons import REASONS, Reason
from engine.mapping import report_json
from engine.ports.store import (
    DeliveryView,
    MessageDetail,
    MessageView,
    NodeView,
    QueueView,
    ReviewView,
    StoreFigures,
    TimelineEntry,
)
from engine.web.services import ChannelInfo

Json = dict[str, Any]
"""A JSON object; numbers read from documents are Decimals (see `engine.mapping.report_json`)."""

WORKING = ("received", "processing")


def moment(at: datetime | None) -> str | None:
    """ISO 8601 with milliseconds and offset."""
    return None if at is None else at.isoformat(timespec="milliseconds")


def reason(item: Reason) -> Json:
    """One reason."""
    return {"code": item.code, "text": item.text, "field": item.field}


def message(view: MessageView) -> Json:
    """One message of a list."""
    return {
        "id": view.id,
        "channel": view.channel,
        "source": view.source,
        "control_id": view.control_id,
        "message_type": view.message_type,
        "received_at": moment(view.received_at),
        "state": view.state.value,
        "reasons": [reason(item) for item in view.reasons],
        "patient_mrn": view.patient_mrn,
        "documents": [
            {"sha256": item.sha256, "media_type": item.media_type, "bytes": item.size_bytes} for item in view.documents
        ],
        "deliveries": [delivery(item) for item in view.deliveries],
    }


def delivery(view: DeliveryView) -> Json:
    """One delivery of a message in a list."""
    return {
        "destination": view.destination,
        "state": view.state.value,
        "control_id": view.control_id,
        "attempts": view.attempts,
        "ack_code": view.ack_code or None,
    }


def delivery_in_detail(view: DeliveryView) -> Json:
    """One delivery with its times and the id that its payload and ACK are fetched by."""
    return delivery(view) | {
        "id": view.id,
        "required": view.required,
        "queued_at": moment(view.queued_at),
        "sent_at": moment(view.sent_at),
        "next_attempt_at": moment(view.next_attempt_at),
        "error": view.error,
    }


def message_in_detail(detail: MessageDetail, dossier: Dossier, versions: Sequence[Json]) -> Json:
    """One message with its history; `report` is the first document's, `reports` has all of them."""
    view = detail.message
    reports = [report_json.to_dict(item) for item in dossier.reports]
    return message(view) | {
        "kind": view.kind.value,
        "bytes": view.size_bytes,
        "file_name": view.file_name,
        "batch_id": view.batch_id or None,
        "duplicate_of": view.duplicate_of,
        "error": detail.error,
        "deliveries": [delivery_in_detail(item) for item in view.deliveries],
        "timeline": [timeline_entry(item) for item in detail.timeline],
        "report": reports[0] if reports else None,
        "reports": reports,
        "versions": list(versions),
        "match": match(dossier.patient) if dossier.patient else None,
    }


def match(item: Match) -> Json:
    """Who the patient is, by which step, and what spoke for and against it; `mrn` of the best candidate."""
    return {
        "decision": item.decision.value,
        "mrn": item.record.mrn if item.record else None,
        "score": item.score,
        "step": item.step,
        "evidence": [{"field": one.field, "outcome": one.outcome, "weight": one.weight} for one in item.evidence],
    }


def timeline_entry(entry: TimelineEntry) -> Json:
    """One step of a message's history."""
    return {
        "at": moment(entry.at),
        "action": entry.action,
        "actor": entry.actor,
        "detail": report_json.loads(entry.detail or "{}"),
    }


def version(view: MessageView, relations: Iterable[str]) -> Json:
    """A message linked to another one."""
    return {
        "id": view.id,
        "relations": list(relations),
        "channel": view.channel,
        "control_id": view.control_id,
        "received_at": moment(view.received_at),
        "state": view.state.value,
    }


def review(view: ReviewView) -> Json:
    """One review case."""
    return {
        "id": view.id,
        "message_id": view.message_id,
        "channel": view.channel,
        "state": view.state,
        "reasons": [reason(item) for item in view.reasons],
        "opened_at": moment(view.opened_at),
    }


def queue(view: QueueView) -> Json:
    """One destination queue."""
    return {
        "channel": view.channel,
        "destination": view.destination,
        "queued": view.queued,
        "parked": view.parked,
        "oldest_at": moment(view.oldest_at),
        "head_error": view.head_error,
        "paused": view.is_paused,
    }


def node(view: NodeView) -> Json:
    """One node of a cluster."""
    return {
        "name": view.name,
        "started_at": moment(view.started_at),
        "seen_at": moment(view.seen_at),
        "alive": view.is_alive,
        "leases": view.leases,
        "release": view.release,
    }


def counters(figures: StoreFigures, channel: str) -> dict[str, int]:
    """A channel's messages by the words of the dashboard; all but `received` add up to `received`."""
    states = {state: number for (name, state), number in figures.messages.items() if name == channel}
    return {
        "received": sum(states.values()),
        "filtered": states.get("filtered", 0),
        "queued": states.get("queued", 0),
        "sent": states.get("delivered", 0),
        "errored": states.get("parked", 0),
        "review": states.get("review", 0),
        "duplicates": states.get("duplicate", 0),
        "working": sum(states.get(name, 0) for name in WORKING),
        "withdrawn": states.get("withdrawn", 0),
    }


def channel(info: ChannelInfo, figures: StoreFigures) -> Json:
    """One channel: what is configured, how its sources stand, and its counters."""
    return {
        "name": info.name,
        "title": info.title,
        "enabled": info.enabled,
        "sources": [
            {
                "name": item.name,
                "use": item.use,
                "address": item.address,
                "listening": item.listening,
                "connections": item.connections,
            }
            for item in info.sources
        ],
        "stages": [{"id": item.id, "use": item.use} for item in info.stages],
        "destinations": [
            {"name": item.name, "use": item.use, "address": item.address, "required": item.required}
            for item in info.destinations
        ],
        "counters": counters(figures, info.name),
    }


def known_reasons() -> list[Json]:
    """Every reason code with what it holds back and what to do."""
    return [
        {"code": code, "holds": spec.holds.name.lower(), "meaning": spec.meaning, "action": spec.action}
        for code, spec in REASONS.items()
    ]


def page(items: Sequence[Mapping[str, Any]], following: str | None) -> Json:
    """A page of a list and the cursor of the next one."""
    return {"items": list(items), "next": following}
