"""What is read from the store: messages, reviews and queues as the API and the pages show them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.domain.document import Document
from engine.domain.message import ContentKind, DeliveryState, MessageId, MessageState
from engine.domain.reasons import Reason
from engine.ports.store_values import JsonText, StageOutput


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryView:
    """One delivery as the API shows it."""

    id: str
    destination: str
    state: DeliveryState
    control_id: str
    attempts: int
    ack_code: str | None
    required: bool
    queued_at: datetime
    sent_at: datetime | None
    next_attempt_at: datetime | None
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageView:
    """One message as a list shows it."""

    id: MessageId
    sequence: int
    channel: str
    source: str
    control_id: str
    message_type: str
    kind: ContentKind
    received_at: datetime
    state: MessageState
    reasons: tuple[Reason, ...]
    patient_mrn: str | None
    documents: tuple[Document, ...]
    deliveries: tuple[DeliveryView, ...]
    duplicate_of: MessageId | None = None
    batch_id: str = ""
    size_bytes: int = 0
    file_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One audit row of a message."""

    at: datetime
    action: str
    actor: str
    detail: JsonText


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDetail:
    """One message with its history; bodies are fetched apart."""

    message: MessageView
    dossier: JsonText
    outputs: tuple[StageOutput, ...]
    timeline: tuple[TimelineEntry, ...]
    metadata: Mapping[str, str]
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewView:
    """One review case as a list shows it."""

    id: str
    message_id: MessageId
    channel: str
    state: str
    reasons: tuple[Reason, ...]
    opened_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageQuery:
    """A search; all given fields must fit.

    `text` (the API's `q`) is an exact match on control id, id or any metadata; `metadata` on named values
    (`patient_mrn`, `accession`, `filler` ...). `since` and `until` bound the time of receipt, `until` excluded.
    """

    control_id: str = ""
    channel: str = ""
    state: str = ""
    text: str = ""
    limit: int = 50
    before: int | None = None
    """Keyset: only messages with a smaller sequence."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    until: datetime | None = None
    source: str = ""
    message_type: str = ""
    reason: str = ""
    """A reason code the message carries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewQuery:
    """Review cases, newest first; `state` open by default, empty for all."""

    state: str = "open"
    channel: str = ""
    limit: int = 50
    before: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueView:
    """One destination queue: how many wait, since when, and why the head waits."""

    channel: str
    destination: str
    queued: int
    parked: int
    oldest_at: datetime | None
    head_error: str
    is_paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeView:
    """One node of a cluster; `leases` are the keys, queues and roles it holds. A node alone is always alive."""

    name: str
    started_at: datetime
    seen_at: datetime
    is_alive: bool
    leases: int = 0
    release: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFigures:
    """Counts for the dashboard and the metrics. `messages` maps (channel, state) to a number."""

    messages: Mapping[tuple[str, str], int]
    queues: tuple[QueueView, ...]
    reviews_open: int
    oldest_review_at: datetime | None
    work_waiting: int
