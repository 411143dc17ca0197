"""Where results go."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from engine.domain.dossier import Dossier
from engine.domain.outcome import Release
from engine.ports.content import Content
from engine.ports.store import QueuedDelivery


class Verdict(StrEnum):
    """What a receiver's answer means for the delivery."""

    DONE = "done"
    PARK = "park"
    RETRY = "retry"
    """The receiver refused, perhaps not for ever: counts as a reject."""
    UNREACHED = "unreached"
    """No usable answer: the connection is thrown away, tried again for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What one try came to. `answer` are the peer's bytes; `sent` whether ours left; `error` a short word."""

    verdict: Verdict
    ack_code: str = ""
    answer: bytes | None = None
    sent: bool = True
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """Back-off with full jitter between `base` and `longest` seconds; `rejects` refusals before it parks."""

    base_seconds: float = 1.0
    longest_seconds: float = 300.0
    rejects: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """Everything a destination needs to build its payload.

    Attributes:
        control_id: MSH-10 to use (at most 20 characters).
        built_at: time for MSH-7, aware.
    """

    channel: str
    dossier: Dossier
    content: Content
    release: Release
    control_id: str
    built_at: datetime


class Destination(Protocol):
    """One receiver with its own queue. `build` is pure; `deliver` is called for one delivery at a time."""

    retry: RetryPolicy
    required: bool
    media_type: str

    def build(self, outgoing: Outgoing) -> bytes:
        """The exact bytes to send; stored before the first try and never rebuilt.

        Raises:
            ValueError: nothing valid can be built; the message is parked.
        """

    async def deliver(self, delivery: QueuedDelivery) -> Receipt:
        """Try once. Expected trouble (no connection, no answer, a refusal) is a receipt, not an exception."""

    async def close(self) -> None:
        """Drop connections."""
