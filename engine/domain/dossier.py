"""Everything the engine knows so far of one message: what each stage found, carried from stage to stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from engine.domain.document import Document
from engine.domain.order import Inbound
from engine.domain.patient import Match
from engine.domain.reasons import Reason, merge
from engine.domain.report import LabReport
from engine.domain.version import Older, OrderVersion, Retraction


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The channel's wishes on what may leave before a person has looked.

    Attributes:
        on_partial: `split` sends the sure results now and holds the rest, `hold_all` waits for the person,
            `send_all` sends everything and opens the case beside it.
        on_unreadable: `forward_original` sends the document itself when nothing could be read, `hold` waits.
    """

    on_partial: str = "split"
    on_unreadable: str = "forward_original"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """The state of one message between stages; small enough to be kept as JSON after each of them.

    Attributes:
        inbound: set by decode.
        documents: set by decode; bytes are fetched from the message by digest.
        reports: set by extract, one for each document that was read; linked by `report.document.sha256`.
        patient: set by reconcile; None means no stage looked, and the message's own PID stands.
        fingerprints: (kind, value) pairs set by dedupe, claimed when the stages are done.
        supersedes: id of the message whose result set this one replaces, or empty.
        older: messages whose results this one says again; what they have not sent must not arrive after it.
        versions: what each order says, for its later versions; set by dedupe, kept with the fingerprints.
        retractions: results of earlier versions that this message takes back.
        reasons: of the message as a whole; reports and results carry their own.
        metadata: exact-match search keys.
        normalise: discrete results leave with rewritten codes and units instead of byte for byte.
    """

    inbound: Inbound | None = None
    documents: tuple[Document, ...] = ()
    reports: tuple[LabReport, ...] = ()
    patient: Match | None = None
    fingerprints: tuple[tuple[str, str], ...] = ()
    supersedes: str = ""
    older: tuple[Older, ...] = ()
    versions: tuple[OrderVersion, ...] = ()
    retractions: tuple[Retraction, ...] = ()
    reasons: tuple[Reason, ...] = ()
    gate: Gate = Gate()
    metadata: Mapping[str, str] = field(default_factory=dict)
    normalise: bool = False

    @property
    def all_reasons(self) -> tuple[Reason, ...]:
        """Reasons of the message, its reports and their results, without repeats."""
        return merge(self.reasons, *(report.all_reasons for report in self.reports))

    def report_on(self, sha256: str) -> LabReport | None:
        """The report read from that document, or None."""
        return next((report for report in self.reports if report.document.sha256 == sha256), None)
