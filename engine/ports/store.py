"""The durable store: the one place that decides what was accepted, who works on it, and what came of it.

Every method that changes something is one transaction, durable when it returns. A crash between two calls leaves
exactly what the calls that returned have written; the next start finds unfinished work by itself.

Concurrency: any number of tasks may call; changes are grouped into commits. In a cluster several nodes share one
store: a lease (owner, epoch) fences every write of a worker, so that a node that was thought dead cannot write.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Sequence
from datetime import datetime
from typing import Protocol

from engine.domain.message import MessageId, MessageState
from engine.ports.store_life import Prunable, Swept
from engine.ports.store_values import (
    Accepted,
    AuditEntry,
    DeliveryResult,
    Fingerprint,
    FingerprintOwner,
    FragmentRecord,
    JsonText,
    KeyLease,
    LaneLease,
    NewDelivery,
    NewMessage,
    NewReview,
    Overtaken,
    QueuedDelivery,
    RoleLease,
    StageOutput,
    Transition,
    WorkItem,
)
from engine.ports.store_views import (
    DeliveryView,
    MessageDetail,
    MessageQuery,
    MessageView,
    NodeView,
    QueueView,
    ReviewQuery,
    ReviewView,
    StoreFigures,
    TimelineEntry,
)

__all__ = [
    "Accepted",
    "AuditEntry",
    "BodyMissing",
    "DeliveryResult",
    "DeliveryView",
    "Fingerprint",
    "FingerprintOwner",
    "FingerprintTaken",
    "FragmentRecord",
    "JsonText",
    "KeyLease",
    "LaneLease",
    "LeaseLost",
    "MessageDetail",
    "MessageQuery",
    "MessageView",
    "NewDelivery",
    "NewMessage",
    "NewReview",
    "NewerSent",
    "NodeView",
    "Overtaken",
    "Prunable",
    "QueueView",
    "QueuedDelivery",
    "ReviewQuery",
    "ReviewView",
    "RoleLease",
    "StageOutput",
    "Store",
    "StoreError",
    "StoreFigures",
    "StoreFull",
    "StoreLocked",
    "Swept",
    "TimelineEntry",
    "Transition",
    "WorkItem",
]


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


class BodyMissing(StoreError):
    """The bytes of a body are gone or damaged: no later try finds them, a person must know."""


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


class NewerSent(StoreError):
    """A newer version is at the receiver or on its way there: sending this delivery would undo it.

    Attributes:
        newer: the message that overtook it.
    """

    def __init__(self, newer: MessageId) -> None:
        super().__init__("a newer version was sent")
        self.newer = newer


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

    def holds(self, lease: KeyLease | LaneLease | RoleLease) -> bool:
        """Whether the lease is surely still ours, by the local clock and with a margin; asked before a side effect.

        A fence in the database guards the database; this guards the peer from a node that was frozen and wakes up.
        """

    async def open_lane(self, node: str, channel: str, destination: str) -> LaneLease | None:
        """Take the right to send on a queue, or None when another node has it."""

    async def due(self, lane: LaneLease, *, limit: int) -> list[QueuedDelivery]:
        """The deliveries that may be sent now, none while the queue is paused; marks none. Raises LeaseLost."""

    async def settle(self, lane: LaneLease, results: Sequence[DeliveryResult]) -> None:
        """Record tries; updates the messages' states in the same transaction. Raises LeaseLost."""

    async def close_lane(self, lane: LaneLease) -> None:
        """Give the right to send back."""

    async def next_due_at(self, lane: LaneLease) -> datetime | None:
        """When the next delivery of the queue that waits for its time is due, or None when nothing waits."""

    async def find_fingerprints(self, fingerprints: Collection[Fingerprint]) -> list[FingerprintOwner]:
        """Owners of any of these fingerprints, in the order asked; of those that begin alike, by value."""

    def wakeups(self) -> AsyncIterator[str]:
        """Hints that something may be due: `work`, or `lane:<channel>/<destination>`. Hints may be lost or doubled."""

    async def replay(self, message_id: MessageId, *, from_stage: str, audit: AuditEntry) -> bool:
        """Queue the message for its stages again, from `from_stage` (empty: the first), as a new run.

        Returns False when it is unknown or still being worked on.
        """

    async def take_role(self, node: str, name: str) -> RoleLease | None:
        """Become the one node that does a piece of singleton work, or None while another one is.

        Roles: the pruner, a poller of a folder or a mailbox, a scheduler. Kept alive by the store until given back.
        """

    async def drop_role(self, role: RoleLease) -> None:
        """Give a role back; a lost one is no error."""

    # What a person does. Each returns False when there is nothing of that id in a state it applies to; each writes
    # `audit` in the same transaction and brings the message's state up to date.

    async def retry_delivery(self, delivery_id: str, *, audit: AuditEntry, force: bool = False) -> bool:
        """Queue a parked or waiting delivery to be sent now: the same bytes, the same control id, rejects from 0.

        Raises:
            NewerSent: it is parked and was overtaken (`Transition.overtakes`) by a message of which a delivery to the
                same queue was sent, or waits there and is not held up by this one; with `force` it is queued all the
                same.
        """

    async def withdraw_delivery(self, delivery_id: str, *, audit: AuditEntry) -> bool:
        """End a delivery that was not sent: `queued`, `parked` -> `withdrawn`."""

    async def set_aside(self, message_id: MessageId, *, audit: AuditEntry) -> bool:
        """Let the ordering keys go on that this message holds up under `order: strict`; it stays where it is."""

    async def withdraw(self, message_id: MessageId, *, audit: AuditEntry) -> bool:
        """Close a message for good: review or parked -> `withdrawn`.

        Its open review cases are closed, its unsent deliveries withdrawn, its keys let go. What was sent stays sent.
        """

    async def close_review(self, review_id: str, *, outcome: str, audit: AuditEntry) -> bool:
        """Close an open review case; `outcome` (a word: `released`, `rejected` ...) becomes its state."""

    async def pause(self, channel: str, destination: str, *, is_paused: bool, audit: AuditEntry) -> None:
        """Stop or resume sending: one queue, all of a channel (`destination` empty), or all there are (both empty).

        A queue is paused while any of the three is; its queued deliveries are shown as `paused`.
        """

    # The life of data.

    async def prune(self, what: Prunable, *, before: datetime, channel: str = "", limit: int = 1000) -> int:
        """Remove up to `limit` of what was received before a time; returns how many went, 0 when nothing is left.

        Only messages in an end state are touched (never one in review, parked, queued or at work).
        """

    async def sweep(self, *, older_than: datetime) -> Swept:
        """Remove blobs that nothing refers to and that were written before a time (a grace of at least a day)."""

    async def nodes(self) -> list[NodeView]:
        """The nodes that share this store, this one first."""

    @property
    def pressure(self) -> float:
        """How full the way to the disk is: 0 idle, 1 refuses; sources stop reading at a half. Free to ask."""

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

    async def trouble(self) -> str:
        """Why nothing can be accepted now, in a few words for readiness (`disk space`, `database`), or empty."""

    async def close(self) -> None:
        """Finish what was begun, then close; later calls raise StoreError."""
