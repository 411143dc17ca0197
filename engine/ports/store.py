"""The durable store: the one place that decides what was accepted, who works on it, and what came of it.

Every method that changes something is one transaction, durable when it returns. A crash between two calls leaves
exactly what the calls that returned have written; the next start finds unfinished work by itself.

Concurrency: any number of tasks may call; changes are grouped into commits. In a cluster several nodes share one
store: a lease (owner, epoch) fences every write of a worker, so that a node that was thought dead cannot write.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from engine.domain.document import Document
from engine.domain.message import ContentKind, DeliveryState, MessageId, MessageState
from engine.domain.reasons import Reason

JsonText = str
"""A JSON document as text; the store keeps it and never looks inside."""


class StoreError(Exception):
    """The store could not do it; nothing of the call was written."""


class StoreFull(StoreError):
    """No space, or a guard (free disk, writer queue) refuses; the peer gets AR/CE with ERR 207."""


class StoreLocked(StoreError):
    """Another process owns the store's directory.

    Attributes:
        pid: of that process, or None when it could not be read.
    """

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"the store is in use by process {pid}" if pid else "the store is in use by another process")
        self.pid = pid


class LeaseLost(StoreError):
    """The lease is no longer ours: stop working on the key, write nothing."""


class FingerprintTaken(StoreError):
    """Another message owns a fingerprint that a transition claims; run dedupe again.

    Attributes:
        owner: the message that has it.
    """

    def __init__(self, owner: MessageId) -> None:
        super().__init__("fingerprint taken")
        self.owner = owner


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who did what to a message; written in the same transaction as the act.

    Attributes:
        action: `accept`, `decide`, `deliver`, `park`, `review.open`, `replay` ...
        actor: `engine`, `source:<name>`, or a user.
        detail: a JSON object of codes, counts and ids; no patient content.
    """

    action: str
    actor: str = "engine"
    detail: JsonText = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """One message about to be accepted.

    Attributes:
        ordering_key: opaque (a digest); FIFO holds inside (channel, ordering_key), in commit order.
        priority: 0 STAT, 5 routine; lower goes first between keys.
        dedupe_sender: digest of source, MSH-3 and MSH-4; with `control_id` the identity for retransmissions.
            Empty for content without a control id (a file): then never a retransmission.
        sha256: hex digest of `raw`.
        ack: the answer that will be sent for it, or None for none; replayed byte for byte to a retransmission.
        batch_id: links the messages of one batch.
    """

    id: MessageId
    channel: str
    source: str
    ordering_key: str
    received_at: datetime
    raw: bytes
    sha256: str
    kind: ContentKind = ContentKind.ER7
    priority: int = 5
    control_id: str = ""
    dedupe_sender: str = ""
    message_type: str = ""
    peer: str = ""
    file_name: str = ""
    ack: bytes | None = None
    batch_id: str = ""
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of one `NewMessage`.

    Attributes:
        id: of the stored message: the new one, or for a retransmission the first one.
        ack: the answer to send: the new one, or the stored one of the first.
        retransmission: same sender, control id and bytes as before; nothing was stored again.
        reused: same sender and control id, other bytes; stored, with reason `control_id.reused`.
    """

    id: MessageId
    ack: bytes | None
    retransmission: bool = False
    reused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FragmentRecord:
    """A torn frame kept for diagnosis: never answered, never processed."""

    source: str
    peer: str
    received_at: datetime
    reason: str
    size: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """One unfinished message of a leased key, with what is needed to go on.

    Attributes:
        sequence: commit order of acceptance; unique, rising.
        stage: id of the stage to run next; empty means the first.
        dossier: the JSON written by the last transition, or empty.
        attempts: how often the current stage was tried and failed.
        run_id: rises with each replay.
    """

    id: MessageId
    sequence: int
    channel: str
    source: str
    kind: ContentKind
    message_type: str
    control_id: str
    file_name: str
    received_at: datetime
    raw: bytes
    sha256: str
    stage: str = ""
    dossier: JsonText = ""
    attempts: int = 0
    run_id: int = 1
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyLease:
    """The right to work on one ordering key until it is released or lost; `items` in commit order."""

    channel: str
    key: str
    owner: str
    epoch: int
    items: tuple[WorkItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StageOutput:
    """What one stage left behind, kept for `explain` and for replay from the stage after it."""

    stage: str
    data: JsonText


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """One identity of a report; (kind, value) is unique in a channel group and owned by the first message."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintOwner:
    """Who owns a fingerprint, and where that message stands. `detail` is what the owner stored with it."""

    fingerprint: Fingerprint
    message_id: MessageId
    state: MessageState
    detail: JsonText = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDelivery:
    """One payload for one destination.

    Attributes:
        id: derived from `idempotency_key`; unique.
        destination: name in the channel; the queue is (channel, destination).
        idempotency_key: unique for ever: the same result set for the same destination can be queued only once.
        control_id: MSH-10 of the payload (or the destination's own id for it), the same at every try.
        body: the exact bytes that will be sent at every try.
    """

    id: str
    destination: str
    idempotency_key: str
    control_id: str
    body: bytes
    media_type: str = "application/hl7-v2"
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReview:
    """A review case to open, with every reason it has."""

    id: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What a worker decided on one item; applied whole or not at all.

    Attributes:
        next_stage: the stage to run next, or None when the stages are done and the work item goes.
        state: the message's new state; with `next_stage` None the store itself computes it from the reviews and
            deliveries (`engine.domain.message.settled_state`) unless `final_state` is set.
        final_state: duplicate, filtered or parked: set as it is.
        retry_at: keep the item on `next_stage`, count an attempt, block its key until then.
        metadata: for search: `patient_mrn`, `accession`, `filler`, `placer`, `lab` ... ; values are exact-match.
        documents: replaces the list shown with the message.
        fingerprints: claimed for this message, with `fingerprint_detail`.
    """

    message_id: MessageId
    next_stage: str | None
    dossier: JsonText = ""
    final_state: MessageState | None = None
    retry_at: datetime | None = None
    error: str = ""
    reasons: tuple[Reason, ...] = ()
    outputs: tuple[StageOutput, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    documents: tuple[Document, ...] | None = None
    fingerprints: tuple[Fingerprint, ...] = ()
    fingerprint_detail: JsonText = "{}"
    duplicate_of: MessageId | None = None
    deliveries: tuple[NewDelivery, ...] = ()
    review: NewReview | None = None
    audit: tuple[AuditEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneLease:
    """The right to send on one destination queue (channel, destination)."""

    channel: str
    destination: str
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedDelivery:
    """One delivery that is due.

    FIFO inside its ordering key: heads of keys are handed out in commit order, followed by their successors; a caller
    that fails one must skip the rest of that key.
    """

    id: str
    message_id: MessageId
    sequence: int
    ordering_key: str
    control_id: str
    body: bytes
    media_type: str
    attempts: int
    rejects: int
    queued_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryResult:
    """What one try to send came to.

    Attributes:
        state: `sent`, `parked`, or `queued` to try again at `retry_at`.
        ack_code: MSA-1 as received, or empty when none came.
        answer: the peer's bytes, kept for `show --part ack` (None: keep what is there).
        sent: whether bytes went out at this try (counts in `attempts`).
        rejected: whether the peer refused it (counts in `rejects`).
        reason: why it is parked or waits, or None.
    """

    delivery_id: str
    state: DeliveryState
    ack_code: str = ""
    answer: bytes | None = None
    retry_at: datetime | None = None
    sent: bool = True
    rejected: bool = False
    error: str = ""
    reason: Reason | None = None
    audit: tuple[AuditEntry, ...] = ()


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

    `text` (the API's `q`) is an exact match on control id, id or any metadata.
    """

    control_id: str = ""
    channel: str = ""
    state: str = ""
    text: str = ""
    limit: int = 50
    before: int | None = None
    """Keyset: only messages with a smaller sequence."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreFigures:
    """Counts for the dashboard and the metrics. `messages` maps (channel, state) to a number."""

    messages: Mapping[tuple[str, str], int]
    queues: tuple[QueueView, ...]
    reviews_open: int
    oldest_review_at: datetime | None
    work_waiting: int


class Store(Protocol):
    """See the module's words on transactions and leases."""

    async def open(self) -> None:
        """Take the store over, bring its schema up to date, free what a crash left leased; once, before all else.

        Raises:
            StoreLocked: another process has it.
            StoreError: it cannot be opened or was written by a newer release.
        """

    async def accept(self, messages: Sequence[NewMessage]) -> list[Accepted]:
        """Store messages and answer for each; all of one call in one transaction, before any ACK leaves.

        Raises:
            StoreFull: refused by a guard; the peer gets AR (or AE) / CE with ERR 207.
            StoreError: not stored; the same answer.
        """

    async def keep_fragment(self, fragment: FragmentRecord) -> None:
        """Keep a torn frame for diagnosis."""

    async def claim(self, node: str, *, keys: int, per_key: int) -> list[KeyLease]:
        """Lease up to `keys` ordering keys that have due work, STAT first, then oldest first."""

    async def advance(self, lease: KeyLease, transition: Transition) -> MessageState:
        """Apply a transition, fenced by the lease; returns the message's new state.

        Raises:
            LeaseLost: the lease is gone; nothing was written.
            FingerprintTaken: nothing was written; run dedupe again.
        """

    async def release(self, lease: KeyLease) -> None:
        """Give a key back; a lost lease is no error."""

    async def open_lane(self, node: str, channel: str, destination: str) -> LaneLease | None:
        """Take the right to send on a queue, or None when another node has it."""

    async def due(self, lane: LaneLease, *, limit: int) -> list[QueuedDelivery]:
        """The deliveries that may be sent now; marks none. Raises LeaseLost."""

    async def settle(self, lane: LaneLease, results: Sequence[DeliveryResult]) -> None:
        """Record tries; updates the messages' states in the same transaction. Raises LeaseLost."""

    async def close_lane(self, lane: LaneLease) -> None:
        """Give the right to send back."""

    async def next_due_at(self, lane: LaneLease) -> datetime | None:
        """When the next delivery of the queue that waits for its time is due, or None when nothing waits."""

    async def find_fingerprints(self, fingerprints: Collection[Fingerprint]) -> list[FingerprintOwner]:
        """Owners of any of these fingerprints."""

    def wakeups(self) -> AsyncIterator[str]:
        """Hints that something may be due: `work`, or `lane:<channel>/<destination>`. Hints may be lost or doubled."""

    async def replay(self, message_id: MessageId, *, from_stage: str, audit: AuditEntry) -> bool:
        """Queue the message for its stages again, from `from_stage` (empty: the first), as a new run.

        Returns False when it is unknown or still being worked on.
        """

    async def search(self, query: MessageQuery) -> list[MessageView]:
        """Messages, newest first."""

    async def get(self, message_id: MessageId) -> MessageDetail | None:
        """One message with its history."""

    async def raw(self, message_id: MessageId) -> bytes | None:
        """The bytes as received."""

    async def ack_sent(self, message_id: MessageId) -> bytes | None:
        """The answer given at acceptance."""

    async def payload(self, delivery_id: str) -> bytes | None:
        """The bytes of a delivery."""

    async def answer(self, delivery_id: str) -> bytes | None:
        """The peer's last answer to a delivery."""

    async def reviews(self, query: ReviewQuery) -> list[ReviewView]:
        """Review cases, newest first."""

    async def figures(self) -> StoreFigures:
        """Counts for dashboard and metrics; cheap enough for every scrape."""

    async def is_writable(self) -> bool:
        """Whether a message could be accepted now (a real write, rolled back or trivial)."""

    async def close(self) -> None:
        """Finish what was begun, then close; later calls raise StoreError."""
