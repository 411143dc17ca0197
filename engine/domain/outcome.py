"""What a stage says, and what may leave when all stages have spoken."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from engine.domain.dossier import Dossier
from engine.domain.patient import Decision
from engine.domain.reasons import Holds, Reason, opens_case, reason
from engine.domain.report import LabReport, Result
from engine.domain.version import CANCELLED, TAKEN_BACK


@dataclass(frozen=True, slots=True)
class Continue:
    """Go on with this dossier. What needs a person is in its reasons; the release rule reads them."""

    dossier: Dossier


@dataclass(frozen=True, slots=True)
class Filtered:
    """The channel's own rule says this is nothing for it; an end state."""

    dossier: Dossier
    why: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The same report is already here; an end state, linked to the first."""

    dossier: Dossier
    duplicate_of: str


@dataclass(frozen=True, slots=True)
class Done:
    """What the message was for has happened here (its patients are in the directory); an end state, delivered."""

    dossier: Dossier


Outcome = Continue | Filtered | Duplicate | Done


class ReleaseKind(StrEnum):
    """How much leaves now."""

    ALL = "all"
    PART = "part"
    ORIGINAL = "original"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """The decision on what leaves now.

    Attributes:
        kind: all, part (held results stay back), original (the documents and lines of text alone), nothing.
        held: (document sha256, result id) of results that wait for a person.
        reasons: everything that keeps something back: the review case, empty when none is needed.
    """

    kind: ReleaseKind
    held: frozenset[tuple[str, str]] = frozenset()
    reasons: tuple[Reason, ...] = ()

    def lets_out(self, report: LabReport, result: Result) -> bool:
        """Whether this result leaves now."""
        if self.kind in (ReleaseKind.NOTHING, ReleaseKind.ORIGINAL):
            return False
        return (report.document.sha256, result.id) not in self.held


def plan_release(dossier: Dossier) -> Release:
    """Decide what of a message may leave, from its reasons alone.

    A reason that holds the message wins over everything: nothing leaves. An uncertain patient is such a reason even
    when a stage forgot to say so. Then: a reading that cannot be trusted lets out the original at most; a doubtful
    result stays back alone (`split`), keeps everything else with it (`hold_all`), or leaves beside its case
    (`send_all`). Some reasons open a case and hold nothing: a retraction leaves at once, and a person looks.
    """
    reasons = _with_patient_reason(dossier)
    holding = tuple(item for item in reasons if item.holds > Holds.NOTE)
    cases = tuple(item for item in reasons if opens_case(item))
    nothing = Release(kind=ReleaseKind.NOTHING, held=_every_result(dossier), reasons=cases)
    if cases and not _has_content(dossier):
        return nothing
    if not holding:
        return Release(kind=ReleaseKind.ALL, reasons=cases)
    if any(item.holds is Holds.MESSAGE for item in holding):
        return nothing
    held = frozenset(_doubtful_results(dossier))
    if dossier.gate.on_partial == "send_all" and all(item.holds is Holds.RESULT for item in holding):
        return Release(kind=ReleaseKind.ALL, reasons=cases)
    kind = _partial_kind(dossier, held)
    if kind is ReleaseKind.NOTHING or (kind is ReleaseKind.PART and dossier.gate.on_partial == "hold_all"):
        return nothing
    return Release(kind=kind, held=held, reasons=cases)


def _has_content(dossier: Dossier) -> bool:
    """Whether there is anything to write: a result, a document that stands, a retraction, a cancelled order."""
    if dossier.retractions or any(item.status not in TAKEN_BACK for item in dossier.documents):
        return True
    if dossier.inbound is None:
        return False
    is_order = dossier.inbound.kind != "MDM"  # the cancellation of a document nobody had says nothing
    return any(
        order.observations or (is_order and order.report_status == CANCELLED) for order in dossier.inbound.orders
    )


def _with_patient_reason(dossier: Dossier) -> tuple[Reason, ...]:
    """The reasons, completed by one for the patient when matching did not end in a match."""
    reasons = dossier.all_reasons
    if any(item.holds is Holds.MESSAGE for item in reasons):
        return reasons
    if dossier.patient is not None and (
        dossier.patient.decision is not Decision.MATCH or dossier.patient.record is None
    ):
        return (*reasons, reason(dossier.patient.reason_code or "patient.unknown", field="patient"))
    if dossier.patient is None and (dossier.inbound is None or not dossier.inbound.patient.identifiers):
        return (*reasons, reason("patient.unknown", field="patient"))
    return reasons


def _every_result(dossier: Dossier) -> frozenset[tuple[str, str]]:
    return frozenset((report.document.sha256, r.id) for report in dossier.reports for r in report.results)


def _doubtful_results(dossier: Dossier) -> list[tuple[str, str]]:
    """Results that may not leave: all of a reading that is held as a whole, else those with a holding reason.

    With `send_all` the second kind leaves beside its case.
    """
    alone = dossier.gate.on_partial != "send_all"
    found: list[tuple[str, str]] = []
    for report in dossier.reports:
        whole = _is_held_as_a_whole(report, dossier)
        found.extend(
            (report.document.sha256, result.id)
            for result in report.results
            if whole or (alone and any(item.holds > Holds.NOTE for item in result.review_reasons))
        )
    return found


def _is_held_as_a_whole(report: LabReport, dossier: Dossier) -> bool:
    """A reason of the report, or one of the message that names its document's place, or names no document's place."""
    if any(item.holds >= Holds.READING for item in report.all_reasons):
        return True
    own = {item.location for item in dossier.documents if item.sha256 == report.document.sha256}
    about = (item.field for item in dossier.reasons if item.holds >= Holds.READING)
    return any(not field or field in own for field in about)


def _partial_kind(dossier: Dossier, held: frozenset[tuple[str, str]]) -> ReleaseKind:
    """Part when a result may leave, else the original alone, else nothing."""
    discrete = dossier.inbound is not None and bool(dossier.inbound.results)
    if discrete or dossier.retractions or len(_every_result(dossier)) > len(held):
        return ReleaseKind.PART
    if dossier.documents and dossier.gate.on_unreadable == "forward_original":
        return ReleaseKind.ORIGINAL
    return ReleaseKind.NOTHING
