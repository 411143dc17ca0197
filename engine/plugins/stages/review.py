"""review: the gate; what is not sure enough waits for a person."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from engine.domain.dossier import Dossier, Gate
from engine.domain.outcome import Continue, Outcome
from engine.domain.reasons import Holds, Reason, merge, reason
from engine.domain.report import LabReport, Result, Section
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.stage import StageContext, StageServices


class Thresholds(Settings):
    """Confidence 0..1 from which something passes without a person."""

    field: float = Field(default=0.85, ge=0.0, le=1.0)
    """For one result: the least of its fields."""
    report: float = Field(default=0.80, ge=0.0, le=1.0)
    """For the report as a whole; below it everything read from the document waits."""


class ReviewSettings(Settings):
    """Decide what leaves at once and what waits for a person."""

    confidence: Thresholds = Field(default_factory=Thresholds)
    """Below these, results wait."""
    on_partial: Literal["split", "hold_all", "send_all"] = "split"
    """Send the sure results now and hold the others, hold all of them, or send all and open the case beside it."""
    on_unreadable: Literal["forward_original", "hold"] | None = None
    """Send the original alone when nothing could be read and the patient is certain, or hold it. Default: forward."""
    unmapped: Literal["review", "pass"] = "review"
    """Tests without a LOINC code wait for a person, or pass with their local name."""


class Review:
    """The review gate."""

    checkpoint = False

    def __init__(self, settings: ReviewSettings) -> None:
        self._settings = settings

    async def run(self, dossier: Dossier, _context: StageContext) -> Outcome:
        """Add a reason for everything below the thresholds and set the channel's wishes."""
        gate = Gate(
            on_partial=self._settings.on_partial,
            on_unreadable=self._settings.on_unreadable or dossier.gate.on_unreadable,
        )
        return Continue(replace(dossier, gate=gate, reports=tuple(self._report(item) for item in dossier.reports)))

    def _report(self, report: LabReport) -> LabReport:
        reasons = report.review_reasons
        if report.results and report.confidence < self._settings.confidence.report:
            reasons = merge(reasons, [reason("extraction.low_confidence")])
        sections = tuple(
            Section(name=section.name, results=tuple(self._result(item) for item in section.results))
            for section in report.sections
        )
        waits = _holds(reasons) or any(item.needs_review for section in sections for item in section.results)
        return replace(report, sections=sections, review_reasons=reasons, needs_review=waits)

    def _result(self, result: Result) -> Result:
        reasons = result.review_reasons
        if self._settings.unmapped == "pass":
            reasons = tuple(item for item in reasons if item.code != "code.unknown")
        if result.confidence < self._settings.confidence.field and not _holds(reasons):
            reasons = merge(reasons, [reason("extraction.low_confidence", field=f"results[{result.id}]")])
        return replace(result, review_reasons=reasons, needs_review=_holds(reasons))

    async def close(self) -> None:
        """Nothing is held."""


def _holds(reasons: tuple[Reason, ...]) -> bool:
    return any(item.holds > Holds.NOTE for item in reasons)


def _build(settings: ReviewSettings, _services: StageServices) -> Any:
    return Review(settings)


PLUGIN = Plugin(
    kind=Kind.STAGE,
    name="review",
    settings=ReviewSettings,
    build=_build,
    summary="Holds what is not sure enough for a person.",
    guarantees="Reasons that hold a message hold it with or without this stage.",
)
