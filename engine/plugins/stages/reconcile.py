"""reconcile: whose results are these, by message, document and directory together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field, model_validator

from engine.domain import matching, weighing
from engine.domain.concordance import patient_conflicts
from engine.domain.dossier import Dossier
from engine.domain.outcome import Continue, Outcome
from engine.domain.patient import Decision, Demographics, Identifier, Match, PatientRecord
from engine.domain.reasons import Reason, merge, reason
from engine.domain.report import LabReport, ReportPatient
from engine.domain.weighing import BUILT_IN_M, FieldWeight, Knowledge
from engine.ports.directory import Directory, DirectoryIncomplete, DirectoryUnavailable, commonness
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.stage import StageContext, StageRetry, StageServices


class Figures(Settings):
    """How often a field agrees; what is left out stays built in."""

    m: float | None = Field(default=None, gt=0.0, lt=1.0)
    """When both descriptions are of one person."""
    u: float | None = Field(default=None, gt=0.0, lt=1.0)
    """When they are of two people, by chance. Where the directory counts names and birth dates, its counts win."""


class Weights(Settings):
    """Figures of your own, field by field, as `headrace match --estimate` prints them."""

    family: Figures = Figures()
    """The family name."""
    given: Figures = Figures()
    """The given name."""
    birth_date: Figures = Figures()
    """The birth date."""
    sex: Figures = Figures()
    """Female or male; other values say nothing."""
    phone: Figures = Figures()
    """The last nine digits of the phone number."""
    postcode: Figures = Figures()
    """The postcode."""

    @model_validator(mode="after")
    def _agreement_speaks_for_one_person(self) -> Weights:
        for name, own in self.by_field().items():
            if own.u is not None and own.u >= (BUILT_IN_M[name] if own.m is None else own.m):
                raise ValueError(f"{name}: u must be less than m, or agreement would speak against the patient")
        return self

    def by_field(self) -> dict[str, FieldWeight]:
        """What is said, without the fields of which nothing is."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: FieldWeight(m=own.m, u=own.u) for name, own in fields.items() if own != Figures()}


class ReconcileSettings(Settings):
    """Find the patient in the directory; anything uncertain goes to a person."""

    directory: str = "patients"
    """Name of a directory in conf/headrace.yaml."""
    auto: float = Field(default=0.97, ge=0.5, le=1.0)
    """Probability from which demographics alone decide."""
    review: float = Field(default=0.2, ge=0.0, le=1.0)
    """Probability below which a candidate is not shown as likely."""
    margin: float = Field(default=0.10, ge=0.0, le=1.0)
    """How much better the best candidate must be than the next one."""
    weights: Weights = Weights()
    """Your own figures in place of the built-in ones. They can hold a match back and never make one."""
    on_unavailable: Literal["wait", "review"] = "wait"
    """When the directory does not answer: `wait` until it does, in order, or `review`: a person decides at once."""


class Reconcile:
    """The reconcile stage."""

    checkpoint = False

    def __init__(self, settings: ReconcileSettings, directory: Directory) -> None:
        self._directory = directory
        self._waits = settings.on_unavailable == "wait"
        self._weights = settings.weights.by_field()
        self._rules = matching.MatchRules(
            auto=settings.auto,
            review=settings.review,
            margin=settings.margin,
            default_authority=directory.default_authority,
        )

    async def run(self, dossier: Dossier, _context: StageContext) -> Outcome:
        """Decide who the patient is. Message says A and document says B: always a person."""
        try:
            return await self._decided(dossier)
        except DirectoryUnavailable:
            if self._waits:
                raise StageRetry("directory unavailable") from None
        return _undecided(dossier)

    async def _decided(self, dossier: Dossier) -> Continue:
        person = _described(dossier)
        match = await self._match(person)
        reasons = [*_match_reasons(match), *_document_reasons(dossier, match)]
        reasons += await self._foreign_numbers(dossier, match)
        reasons += _deceased(dossier, match)
        metadata = dict(dossier.metadata)
        if match.decision is Decision.MATCH and match.record is not None:
            metadata["patient_mrn"] = match.record.mrn
        return Continue(replace(dossier, patient=match, reasons=merge(dossier.reasons, reasons), metadata=metadata))

    async def _match(self, person: Demographics) -> Match:
        try:
            match = matching.decide(person, await self._candidates(person), self._rules)
        except DirectoryIncomplete as answer:
            return matching.not_all_seen(matching.decide(person, answer.found, self._rules))
        if match.step != "demographics":
            return match
        known = Knowledge(counts=await commonness(self._directory, match.record), weights=self._weights)
        return weighing.weigh(match, known, auto=self._rules.auto)

    async def _candidates(self, person: Demographics) -> Sequence[PatientRecord]:
        return () if person.is_empty else await self._directory.candidates(person)

    async def _foreign_numbers(self, dossier: Dossier, match: Match) -> list[Reason]:
        """A hospital number printed on the page that belongs to somebody else of the directory."""
        if match.record is None:
            return []
        for report in dossier.reports:
            printed = _numbers(report.patient)
            if not printed or matching.identifies(printed, match.record, self._rules.default_authority):
                continue
            try:
                others = await self._candidates(Demographics(identifiers=printed))
            except DirectoryIncomplete:
                return [reason("directory.incomplete", field="patient.identifiers")]
            if any(matching.identifies(printed, item, self._rules.default_authority) for item in others):
                return [
                    reason("patient.conflict", "The number on the page is another patient's.", "patient.identifiers")
                ]
        return []

    async def close(self) -> None:
        """Directories belong to the site and are closed there."""


def _undecided(dossier: Dossier) -> Continue:
    """Nobody was asked: a person decides, and sees what message and pages say against each other."""
    match = Match(decision=Decision.REVIEW, reason_code="directory.unavailable")
    reasons = [*_match_reasons(match), *_document_reasons(dossier, match)]
    return Continue(replace(dossier, patient=match, reasons=merge(dossier.reasons, reasons)))


def _described(dossier: Dossier) -> Demographics:
    """Who the message means, with what it leaves out taken from a page that names one patient.

    The page fills gaps only: where both speak and differ it is a conflict, found by `_document_reasons`.
    """
    person = dossier.inbound.patient if dossier.inbound else Demographics()
    printed = next((item.patient for item in dossier.reports if item.patient_count <= 1), None)
    if printed is None:
        return person
    nameless = not (person.family or person.given)
    return replace(
        person,
        identifiers=person.identifiers or _numbers(printed),
        family=printed.family if nameless else person.family,
        given=printed.given if nameless else person.given,
        birth_date=person.birth_date or printed.birth_date,
        sex=person.sex or printed.sex,
    )


def _numbers(printed: ReportPatient) -> tuple[Identifier, ...]:
    """Identifiers of the page that stand behind a hospital label; a lab's own numbers say nothing here."""
    return tuple(Identifier(value=item.value, type="MR") for item in printed.identifiers if item.type in ("MR", ""))


def _match_reasons(match: Match) -> list[Reason]:
    return [] if match.decision is Decision.MATCH else [reason(match.reason_code or "patient.unknown", field="patient")]


def _document_reasons(dossier: Dossier, match: Match) -> list[Reason]:
    """What the pages say against the message, and against the record that was found."""
    found: list[Reason] = []
    message = dossier.inbound.patient if dossier.inbound else Demographics()
    for report in dossier.reports:
        if report.patient_count > 1:
            found.append(reason("patient.two_in_document", field="patient"))
            continue
        fields = patient_conflicts(message, report.patient)
        if match.record is not None:
            fields += patient_conflicts(_as_demographics(match.record), report.patient)
        if fields:
            words = ", ".join(dict.fromkeys(name.replace("_", " ") for name in fields))
            found.append(reason("patient.conflict", f"Message and document differ in {words}.", "patient"))
    return found


def _as_demographics(record: PatientRecord) -> Demographics:
    return Demographics(family=record.family, given=record.given, birth_date=record.birth_date, sex=record.sex)


def _deceased(dossier: Dossier, match: Match) -> list[Reason]:
    """Collected after the patient's death; reports without a collection date are not judged."""
    died = match.record.deceased_date if match.record else ""
    if not died:
        return []
    collected = [_iso(order.collected_at) for order in (dossier.inbound.orders if dossier.inbound else ())]
    collected += [report.report.collected_at[:10] for report in _dated(dossier.reports)]
    if any(day > died for day in collected if len(day) == 10):
        return [reason("patient.deceased", field="patient")]
    return []


def _dated(reports: Sequence[LabReport]) -> list[LabReport]:
    return [report for report in reports if report.report.collected_at]


def _iso(hl7_time: str) -> str:
    return f"{hl7_time[:4]}-{hl7_time[4:6]}-{hl7_time[6:8]}" if len(hl7_time) >= 8 else ""


def _build(settings: ReconcileSettings, services: StageServices) -> Any:
    return Reconcile(settings, services.directories[settings.directory])


PLUGIN = Plugin(
    kind=Kind.STAGE,
    name="reconcile",
    settings=ReconcileSettings,
    build=_build,
    summary="Finds the patient in a directory; what is not certain goes to a person.",
    guarantees="Never releases on an identifier alone: the demographics must confirm it as a whole.",
)
