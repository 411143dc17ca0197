"""extract: read the documents, with the first extractor that answers, or with several that are compared."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field, model_validator

from engine.domain.concordance import result_conflicts
from engine.domain.document import Document
from engine.domain.dossier import Dossier
from engine.domain.order import Observation
from engine.domain.outcome import Continue, Outcome
from engine.domain.readings import seconded
from engine.domain.reasons import Holds, Reason, merge, reason
from engine.domain.report import LabReport, ReadDocument
from engine.extraction.normalise import normalise
from engine.extraction.packs.load import load_packs
from engine.extraction.packs.model import Packs
from engine.ports.extractor import Extractor, ExtractorUnavailable, ReadRequest
from engine.ports.fields import Duration
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.stage import StageContext, StageRetry, StageServices


class ExtractSettings(Settings):
    """Read the results out of the embedded documents."""

    with_: tuple[str, ...] = Field(default=("local",), alias="with", min_length=1)
    """Extractors in order of preference; the first that answers reads the document. `local` is built in."""
    compare: bool = False
    """Read each document with all of them at once and hold what they do not agree on; the first one's reading counts.
    Where only one of them answers its reading counts alone, with a warning on it."""
    language: str = "auto"
    """Language of the reports: `auto`, or a pack's code (`en`, `es`)."""
    when_discrete: Literal["skip", "extract"] = "skip"
    """What to do with documents of a message that brings discrete results too: they are the lab's own and pass on."""
    cross_check: bool = False
    """Read the document beside discrete results and hold the message when the two disagree."""
    normalise: bool = False
    """Add LOINC codes and UCUM units to discrete results where they are certain; off, they pass byte for byte."""
    on_unreadable: Literal["forward_original", "hold"] | None = None
    """Send the original alone when nothing could be read and the patient is certain, or hold it. Default: forward."""
    give_up_after: Duration | None = None
    """While no extractor answers a message waits; after this time from its receipt it goes on without results. The
    original is sent where `on_unreadable` lets it; replay it when the extractor is back. Default: it waits for ever."""

    @model_validator(mode="after")
    def _two_to_compare(self) -> ExtractSettings:
        if self.compare and len(set(self.with_)) < 2:
            raise ValueError("compare needs two extractors in `with`")
        return self


class Extract:
    """The extract stage; costly, so its output is committed before the next stage runs."""

    checkpoint = True

    def __init__(self, settings: ExtractSettings, extractors: Sequence[Extractor], packs: Packs | None = None) -> None:
        self._settings = settings
        self._packs = packs
        self._extractors = extractors

    async def run(self, dossier: Dossier, context: StageContext) -> Outcome:
        """Read each document; one that cannot be read carries its reason and keeps the others going."""
        if self._settings.on_unreadable is not None:
            dossier = replace(dossier, gate=replace(dossier.gate, on_unreadable=self._settings.on_unreadable))
        if self._packs is not None and dossier.inbound is not None:
            dossier = replace(dossier, inbound=normalise(dossier.inbound, self._packs), normalise=True)
        results = dossier.inbound.results if dossier.inbound else ()
        if results and self._settings.when_discrete == "skip" and not self._settings.cross_check:
            return Continue(dossier)
        files = dict.fromkeys(document.sha256 for document in dossier.documents)
        reports = [await self._read(dossier, sha256, context) for sha256 in files]
        if self._settings.cross_check and results:
            dossier = _cross_checked(dossier, results, reports)
            if self._settings.when_discrete == "skip":
                return Continue(dossier)
        return Continue(replace(dossier, reports=tuple(reports), metadata=_metadata(dossier, reports)))

    async def _read(self, dossier: Dossier, sha256: str, context: StageContext) -> LabReport:
        opened = context.content.document(sha256)
        if opened is None:
            raise StageRetry("document vanished")
        request = ReadRequest(
            document=opened.document,
            data=opened.data,
            language=self._settings.language,
            sex=dossier.inbound.patient.sex if dossier.inbound else "",
            facility=dossier.inbound.sending_facility if dossier.inbound else "",
            application=dossier.inbound.sending_application if dossier.inbound else "",
        )
        report = await (self._compared(request) if self._settings.compare else self._first(request))
        if report is None:
            patience = self._settings.give_up_after
            if patience is None or context.age_seconds < patience:
                raise StageRetry("no extractor answers")
            return _unread(opened.document)
        return report

    async def _first(self, request: ReadRequest) -> LabReport | None:
        """The reading of the first extractor that answers."""
        for extractor in self._extractors:
            report = await _reading(extractor, request)
            if report is not None:
                return report
        return None

    async def _compared(self, request: ReadRequest) -> LabReport | None:
        """The first reading with results, with the doubts that the others raise."""
        answers = await asyncio.gather(*(_reading(extractor, request) for extractor in self._extractors))
        readings = [report for report in answers if report is not None]
        if not readings:
            return None
        chosen = next((report for report in readings if report.results), readings[0])
        others = [report for report in readings if report is not chosen]
        if not others:
            return replace(chosen, warnings=(*chosen.warnings, "no second extractor answered; nothing was compared"))
        for other in others:
            chosen = seconded(chosen, other)
        return chosen

    async def close(self) -> None:
        """Extractors belong to the site and are closed there."""


async def _reading(extractor: Extractor, request: ReadRequest) -> LabReport | None:
    """The extractor's reading, None while it cannot answer."""
    try:
        return _accountable(await extractor.extract(request), request.document)
    except ExtractorUnavailable:
        return None


def _unread(document: Document) -> LabReport:
    """What stands for a document that nobody read in time."""
    return LabReport(
        document=ReadDocument(sha256=document.sha256, media_type=document.media_type),
        needs_review=True,
        review_reasons=(reason("extraction.late"),),
    )


def _accountable(report: LabReport, document: Document) -> LabReport:
    """The report bound to its document, and never empty without a word, whatever the extractor forgot."""
    if report.document.sha256 != document.sha256:
        report = replace(report, document=replace(report.document, sha256=document.sha256))
    if report.results or any(item.holds >= Holds.READING for item in report.review_reasons):
        return report
    told = merge(report.review_reasons, [reason("extraction.no_results")])
    return replace(report, review_reasons=told, needs_review=True)


def _cross_checked(dossier: Dossier, results: Sequence[Observation], reports: Sequence[LabReport]) -> Dossier:
    """The discrete results as they are; the reading speaks against them."""
    against: list[Reason] = []
    for report in reports:
        against.extend(reason("cross_check.disagrees", field=place) for place in result_conflicts(results, report))
        if not report.results:
            against.append(reason("extraction.no_results", "The document could not be compared.", "cross_check"))
    return replace(dossier, reasons=merge(dossier.reasons, against))


def _metadata(dossier: Dossier, reports: Sequence[LabReport]) -> dict[str, str]:
    accession = next((report.lab.accession for report in reports if report.lab.accession), "")
    return {**dossier.metadata, "accession": accession} if accession else dict(dossier.metadata)


def _build(settings: ExtractSettings, services: StageServices) -> Any:
    extractors = [services.extractors[name] for name in settings.with_]
    return Extract(settings, extractors, load_packs() if settings.normalise else None)


PLUGIN = Plugin(
    kind=Kind.STAGE,
    name="extract",
    settings=ExtractSettings,
    build=_build,
    summary="Reads the results out of embedded documents.",
    guarantees="A document that cannot be read never blocks the message; the reason stands on it.",
)
