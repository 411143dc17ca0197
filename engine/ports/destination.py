"""Where results go."""

from __future__ import annotations

from collections.abc import Callable
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
    INSIST = "insist"
    """The receiver refused; tried again for ever."""
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
    """When to try again.

    Attributes:
        base_seconds: back-off with full jitter begins here and doubles, up to `longest_seconds`.
        rejects: refusals of one delivery before it parks.
        opens_after: tries in a row without a usable answer after which the circuit opens: from then on one delivery
            at a time is tried, at most `probe_seconds` after the last.
    """

    base_seconds: float = 1.0
    longest_seconds: float = 300.0
    rejects: int = 20
    opens_after: int = 5
    probe_seconds: float = 30.0


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


def always() -> bool:
    """Nobody else could be sending."""
    return True


class Destination(Protocol):
    """One receiver with its own queue. `build` is pure.

    `deliver` is called for one delivery at a time, or for as many as `in_flight` says, each of another ordering key.
    """

    retry: RetryPolicy
    required: bool
    media_type: str

    def build(self, outgoing: Outgoing) -> bytes:
        """The exact bytes to send; stored before the first try and never rebuilt.

        Raises:
            ValueError: nothing valid can be built; the message is parked.
        """

    async def deliver(self, delivery: QueuedDelivery, *, may_send: Callable[[], bool] = always) -> Receipt:
        """Try once. Expected trouble (no connection, no answer, a refusal) is a receipt, not an exception.

        `may_send` is asked right before the first byte leaves; when it says no, nothing is sent.
        """

    async def close(self) -> None:
        """Drop connections."""
