"""Where messages come from, and the one entrance they take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable

from engine.hl7v2.header import Limits


class AckMode(StrEnum):
    """How a source answers: by what the message asks, or always one way."""

    AUTO = "auto"
    ORIGINAL = "original"
    ENHANCED = "enhanced"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptPolicy:
    """What a source takes in and how it answers; all fields come from its settings (contract: `mllp` source)."""

    types: frozenset[str]
    versions: frozenset[str]
    processing_ids: frozenset[str] = frozenset({"P"})
    receiving_applications: frozenset[str] = frozenset()
    ack_mode: AckMode = AckMode.AUTO
    on_store_error: str = "AR"
    answer_unparseable: bool = True
    answer_empty: bool = True
    limits: Limits = field(default_factory=Limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where one frame came from: the source's name, the peer's address (never a person), and when.

    Attributes:
        connection: the source's own name of the connection, unique while the process runs, by which
            `AnsweringSource.answer` finds it again; empty where nothing can be answered later.
    """

    source: str
    channel: str
    peer: str
    received_at: datetime
    connection: str = ""


PRESSED = 0.5
"""From this pressure on sources stop reading; what was read is still taken."""


class Intake(Protocol):
    """The only entrance; every source calls it. Any bytes get an answer; nothing raises for content."""

    async def accept_frame(self, frame: bytes, origin: Origin, policy: AcceptPolicy) -> bytes | None:
        """Take one complete HL7 frame: check, store, and return the answer to send, or None for none.

        The answer is returned only after the message is durable.
        """

    def refuse_oversize(self, head: bytes, origin: Origin, policy: AcceptPolicy) -> bytes | None:
        """The answer to a frame over the size limit of which only the head was kept."""

    async def keep_fragment(self, data: bytes, size: int, reason: str, origin: Origin) -> None:
        """Keep a torn frame for diagnosis; failures are noted, not raised."""

    @property
    def pressure(self) -> float:
        """How full the way to the disk is, 0 to 1; from `PRESSED` on a source stops reading. Free to ask."""


class Source(Protocol):
    """A listener or poller."""

    async def start(self) -> Sequence[str]:
        """Bind or connect; returns the addresses listened on. Raises OSError when it cannot."""

    async def stop(self) -> None:
        """Take nothing new, finish answering what was read, then close."""


@runtime_checkable
class AnsweringSource(Source, Protocol):
    """A source that can say something later on the connection a message came from."""

    async def answer(self, connection: str, payload: bytes) -> bool:
        """Write a payload behind everything that is still to be answered there; False when the connection is gone."""
