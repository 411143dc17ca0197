"""One unit taken in: its identity, its states, and those of its deliveries."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

MessageId = NewType("MessageId", str)
"""The engine's own id: 26 characters, sorts by time of receipt."""
ControlId = NewType("ControlId", str)
"""MSH-10."""
ChannelName = NewType("ChannelName", str)


class MessageState(StrEnum):
    """Where a message is. There is no end other than `END_STATES`; everything else is seen by someone."""

    RECEIVED = "received"
    PROCESSING = "processing"
    QUEUED = "queued"
    REVIEW = "review"
    DELIVERED = "delivered"
    DUPLICATE = "duplicate"
    FILTERED = "filtered"
    PARKED = "parked"
    WITHDRAWN = "withdrawn"


END_STATES = frozenset({MessageState.DELIVERED, MessageState.DUPLICATE, MessageState.FILTERED, MessageState.WITHDRAWN})


class DeliveryState(StrEnum):
    """Where one delivery (one message to one destination) is."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    PARKED = "parked"
    PAUSED = "paused"
    WITHDRAWN = "withdrawn"
    SKIPPED = "skipped"


_DONE = frozenset({DeliveryState.SENT, DeliveryState.SKIPPED, DeliveryState.WITHDRAWN})


class ContentKind(StrEnum):
    """What the raw bytes of a message are."""

    ER7 = "er7"
    """An HL7 v2 message in its vertical-bar encoding."""
    DOCUMENT = "document"
    """A bare document (a file from a folder, an upload, an attachment)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryStatus:
    """What the state of a message depends on, for one delivery."""

    state: DeliveryState
    required: bool = True


def settled_state(*, review_open: bool, deliveries: Collection[DeliveryStatus]) -> MessageState:
    """The state of a message whose stages are done.

    Args:
        review_open: whether any review case of the message is open.
        deliveries: every delivery of the message; may be empty (nothing to send).

    Returns:
        `review` wins over `parked`, that over `queued`; `delivered` once all required deliveries are done.
    """
    if review_open:
        return MessageState.REVIEW
    if any(item.state is DeliveryState.PARKED for item in deliveries):
        return MessageState.PARKED
    if any(item.required and item.state not in _DONE for item in deliveries):
        return MessageState.QUEUED
    return MessageState.DELIVERED
