"""What is written into the store: messages, transitions, deliveries, and the leases under which they are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine.domain.document import Document
from engine.domain.message import ContentKind, DeliveryState, MessageId, MessageState
from engine.domain.reasons import Reason

JsonText = str
"""A JSON document as text; the store keeps it and never looks inside."""
NEWER = "newer:"
"""Begin of the names of metadata that say by which messages one was overtaken; the rest and the value are the id."""


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
        size_bytes: length of `raw`, also when that is not handed out.
        is_deferred: `raw` is empty because the claim was large enough already; `Store.raw` gives it.
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
    size_bytes: int = 0
    is_deferred: bool = False


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
    """One identity of a report; (kind, value) is unique in a site and owned by the first message.

    Attributes:
        is_begin: only to ask: any fingerprint of the kind whose value begins so.
    """

    kind: str
    value: str
    is_begin: bool = False

    def asks_for(self, other: Fingerprint) -> bool:
        """Whether a question with this one is answered by the other."""
        fits = other.value.startswith(self.value) if self.is_begin else other.value == self.value
        return fits and other.kind == self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintOwner:
    """Who owns a fingerprint, and where that message stands. `detail` is what the owner stored with it."""

    fingerprint: Fingerprint
    message_id: MessageId
    state: MessageState
    detail: JsonText = "{}"
    channel: str = ""


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
class Overtaken:
    """An older message, results of which this one says again: it must not reach a receiver after this one.

    Attributes:
        message_id: the older message.
        is_whole: this one's deliveries say everything the older one has to say.
    """

    message_id: MessageId
    is_whole: bool = False


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
        overtakes: older messages. What of them is queued or parked for the channel and destination of one of
            `deliveries` never goes there after it: where `is_whole`, it is withdrawn; otherwise it stays queued where
            it goes before (same ordering key, smaller sequence) and is parked where it would not. Its reason and its
            audit name this message, and a parked one is not retried without force once this one is on its way. One
            that is on the wire meanwhile counts as sent when its receipt says so, and is not tried again.
        holds_key: with `final_state` parked, under `order: strict`: nothing later of the key is handed out before a
            person acts (replay, withdraw, set aside).
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
    overtakes: tuple[Overtaken, ...] = ()
    review: NewReview | None = None
    audit: tuple[AuditEntry, ...] = ()
    holds_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleLease:
    """The right to be the one that does a piece of singleton work."""

    name: str
    owner: str
    epoch: int


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
    is_deferred: bool = False
    """`body` is empty because the batch was large enough already; `Store.payload` gives it."""


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
        holds_key: with `parked`, under `order: strict`: nothing later of its ordering key is due in this queue before
            a person acts (retry, withdraw, set aside).
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
    holds_key: bool = False
