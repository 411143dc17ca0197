"""One step of a channel's pipeline."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from engine.domain.dossier import Dossier
from engine.domain.message import MessageId
from engine.domain.outcome import Outcome
from engine.ports.content import Content
from engine.ports.directory import Directory
from engine.ports.extractor import Extractor
from engine.ports.layouts import LayoutBook
from engine.ports.observe import Observer
from engine.ports.store import Fingerprint, FingerprintOwner


class FingerprintLookup(Protocol):
    """The store as dedupe sees it."""

    async def find_fingerprints(self, fingerprints: Collection[Fingerprint]) -> list[FingerprintOwner]:
        """Owners of any of these fingerprints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageServices:
    """What a stage may use: extractors and directories by the name the site gave them, and the store's fingerprints.

    `layouts` is the memory of report forms, None where there is none (a dry run).
    """

    extractors: Mapping[str, Extractor]
    directories: Mapping[str, Directory]
    fingerprints: FingerprintLookup
    observer: Observer
    layouts: LayoutBook | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StageContext:
    """The message a stage looks at.

    Attributes:
        now: the time of this run, aware.
        received_at: when the message was taken in; None where nothing waits for it (a rehearsal).
        is_rehearsal: a dry run; a stage that feeds a directory says what it would do and leaves it alone.
    """

    message_id: MessageId
    channel: str
    content: Content
    now: datetime
    is_rehearsal: bool = False
    received_at: datetime | None = None

    @property
    def age_seconds(self) -> float:
        """How long the message has been here."""
        return (self.now - self.received_at).total_seconds() if self.received_at else 0.0


class StageRetry(Exception):
    """The stage cannot finish now (a service is down): keep the message and try again later.

    Args:
        why: a short word for the operator, without content.
        after_seconds: when to try again; None lets the worker's back-off decide.
    """

    def __init__(self, why: str, after_seconds: float | None = None) -> None:
        super().__init__(why)
        self.why = why
        self.after_seconds = after_seconds


class Stage(Protocol):
    """Called for many messages at once, never twice at once for one ordering key.

    A stage changes nothing outside the dossier it returns, except that it may feed a directory, or the memory of
    layouts, with what may come twice and in any order; it may be run again for the same message after a crash or a
    replay and must then say the same.
    """

    checkpoint: bool
    """Whether its output is committed before the next stage runs: true for slow or costly stages."""

    async def run(self, dossier: Dossier, context: StageContext) -> Outcome:
        """Look at the message and say what comes next. Raises StageRetry."""

    async def close(self) -> None:
        """Give back what the stage holds."""
