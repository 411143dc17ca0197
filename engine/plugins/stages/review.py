"""review: the gate; what is not sure enough waits for a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from engine.domain import names
from engine.domain.dossier import Dossier, Gate
from engine.domain.layout import Form, Layout, LayoutState, Verdict, difference, judge, sender_of
from engine.domain.outcome import Continue, Outcome
from engine.domain.reasons import Holds, Reason, merge, reason
from engine.domain.report import LabReport, Result, Section
from engine.ports.layouts import LayoutBook
from engine.ports.observe import Observer
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.stage import StageContext, StageServices

_SURE_FOR = timedelta(seconds=60)
_MOST_SURE = 10_000
_CHANGED = 0.5
"""What is left of the confidence in a reading whose form is not the laboratory's usual one."""


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
    layouts: Literal["learn", "confirm", "off"] = "learn"
    """Reports in a form that was not seen of their laboratory before (columns more, fewer, renamed, moved): `learn`
    takes the forms of a new laboratory from documents that were read without doubts, and holds later changes until
    somebody has looked; `confirm` holds the first document too; `off` compares nothing."""
    learn_from: int = Field(default=5, ge=1, le=1000)
    """A laboratory is new until that many of its documents were read without doubts, or one form was confirmed."""


class Review:
    """The review gate."""

    checkpoint = False

    def __init__(self, settings: ReviewSettings, memory: LayoutMemory | None = None) -> None:
        self._settings = settings
        self._memory = memory

    async def run(self, dossier: Dossier, context: StageContext) -> Outcome:
        """Add a reason for everything below the thresholds and for a changed form; set the channel's wishes."""
        gate = Gate(
            on_partial=self._settings.on_partial,
            on_unreadable=self._settings.on_unreadable or dossier.gate.on_unreadable,
        )
        reports = [self._report(item) for item in dossier.reports]
        if self._memory is not None:
            reports = [await self._memory.compared(item, dossier, context) for item in reports]
        return Continue(replace(dossier, gate=gate, reports=tuple(reports)))

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


def _sighting(sender: str, lab: str, context: StageContext) -> Layout:
    """A layout without its form yet."""
    return Layout(
        sender=sender,
        lab=lab,
        form=Form(kind="", roles=()),
        state=LayoutState.SEEN,
        first_at=context.now,
        message_id=context.message_id,
    )


def _is_clean(report: LabReport) -> bool:
    """Whether everything was read without doubts; a test that has no code yet is none."""
    return all(item.code == "code.unknown" for item in report.all_reasons if item.holds > Holds.NOTE)


def _lab_name(report: LabReport, dossier: Dossier) -> str:
    inbound = dossier.inbound
    sender = (inbound.sending_facility or inbound.sending_application) if inbound else ""
    return sender or report.lab.name


def _held(report: LabReport, lab: str, remembered: Sequence[Layout], verdict: Verdict, first: datetime) -> LabReport:
    """The report with its reason in words."""
    usual = [item.form for item in remembered if item.state is not LayoutState.HELD]
    told = "; ".join(dict.fromkeys(filter(None, (difference(usual, form) for form in verdict.unknown))))
    text = (
        f"Lab {lab} changed its report on {first:%Y-%m-%d}{': ' + told if told else ''}."
        if usual
        else f"Lab {lab} is new; nobody has looked at its reports yet."
    )
    reasons = merge(report.review_reasons, [reason("layout.unknown", text, "layout")])
    return replace(report, review_reasons=reasons, needs_review=True, confidence=round(report.confidence * _CHANGED, 3))


def _holds(reasons: tuple[Reason, ...]) -> bool:
    return any(item.holds > Holds.NOTE for item in reasons)


class LayoutMemory:
    """Compares the forms of a report with those of its laboratory, and remembers what may be remembered."""

    def __init__(self, settings: ReviewSettings, book: LayoutBook, observer: Observer) -> None:
        self._settings = settings
        self._book = book
        self._observer = observer
        self._sure: dict[tuple[str, str, tuple[Form, ...]], datetime] = {}

    async def compared(self, report: LabReport, dossier: Dossier, context: StageContext) -> LabReport:
        """The report, with a reason and half its confidence when its form is another than usual. Raises StoreError."""
        if not report.forms or not report.results or dossier.inbound is None:
            return report
        sender = sender_of(dossier.inbound.sending_application, dossier.inbound.sending_facility)
        lab = names.fold(report.lab.name)
        if self._is_sure(sender, lab, report.forms, context.now):
            return report
        remembered = await self._book.of_sender(sender)
        learn_from = self._settings.learn_from if self._settings.layouts == "learn" else 0
        verdict = judge(remembered, lab, report.forms, learn_from=learn_from)
        learns = verdict.is_new and self._settings.layouts == "learn"
        if learns:
            await self._learn(verdict, remembered, _sighting(sender, lab, context), is_clean=_is_clean(report))
            return report
        if not verdict.unknown:
            self._sure[sender, lab, report.forms] = context.now
            return report
        first = await self._hold(verdict, remembered, _sighting(sender, lab, context))
        self._observer.note(
            "review.layout_changed", level="warning", channel=context.channel, message_id=context.message_id
        )
        return _held(report, _lab_name(report, dossier), remembered, verdict, first)

    def _is_sure(self, sender: str, lab: str, forms: tuple[Form, ...], now: datetime) -> bool:
        """Whether these forms were known a moment ago; `headrace layouts forget` counts after that moment."""
        if len(self._sure) > _MOST_SURE:
            self._sure.clear()
        known = self._sure.get((sender, lab, forms))
        return known is not None and timedelta(0) <= now - known < _SURE_FOR

    async def _learn(self, verdict: Verdict, remembered: Sequence[Layout], sighting: Layout, *, is_clean: bool) -> None:
        """Remember the forms; one that is only seen again is written once."""
        state = LayoutState.LEARNED if is_clean else LayoutState.SEEN
        there = {item.id for item in remembered}
        for form in verdict.unknown:
            layout = replace(sighting, form=form, state=state)
            if is_clean or layout.id not in there:
                await self._book.see(layout)
        if is_clean and verdict.known:
            known = verdict.known[0]
            await self._book.see(replace(sighting, form=known.form, lab=known.lab, state=known.state))

    async def _hold(self, verdict: Verdict, remembered: Sequence[Layout], sighting: Layout) -> datetime:
        """Remember what is held, once; the time it was first seen."""
        first = sighting.first_at
        for form in verdict.unknown:
            wanted = replace(sighting, form=form, state=LayoutState.HELD)
            there = next((item for item in remembered if item.id == wanted.id), None)
            if there is None or there.state is LayoutState.SEEN:
                await self._book.see(wanted)
            first = min(first, there.first_at if there else first)
        return first


def _build(settings: ReviewSettings, services: StageServices) -> Any:
    if settings.layouts == "off" or services.layouts is None:
        return Review(settings)
    return Review(settings, LayoutMemory(settings, services.layouts, services.observer))


PLUGIN = Plugin(
    kind=Kind.STAGE,
    name="review",
    settings=ReviewSettings,
    build=_build,
    summary="Holds what is not sure enough for a person.",
    guarantees="Reasons that hold a message hold it with or without this stage.",
)
