"""Answers of a remote extractor as a LabReport: its own JSON by a dialect's field names, or a FHIR Bundle in it.

The mapping says what the remote said. Only what contradicts itself, has no known form or is called doubtful by the
remote gets a reason; whether the values stand in the document is asked elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from engine.domain.reasons import REASONS, Reason, merge, reason
from engine.domain.report import (
    LabReport,
    PrintedIdentifier,
    ReportHeader,
    ReportLab,
    ReportPatient,
    Result,
    Section,
)
from engine.mapping import medextract_places as places
from engine.mapping import medextract_values as values
from engine.mapping.medextract_fhir import BundleReading, read_bundle
from engine.mapping.medextract_values import WrongAnswer

_VALUE_TYPES = frozenset({"NM", "SN", "ST", "TX", "CWE"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerShape:
    """Where a dialect's answer holds what.

    Attributes:
        fields: our name of a field -> dotted paths, the first present one counts. `result.*` starts at a result,
            `section.*` at a section, everything else at the answer (or at the object under `root`).
        confidence_scale: 1, or 100 where confidences are percents.
    """

    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    confidence_scale: int = 1


def report_of(answer: object, shape: AnswerShape, *, engine: str, min_confidence: float = 0.0) -> LabReport:
    """The report an answer tells of.

    Args:
        answer: parsed JSON; numbers with a fraction are Decimals.
        shape: where the dialect holds what.
        engine: name for `LabReport.engine`.
        min_confidence: results below it get `extraction.low_confidence`.

    Raises:
        WrongAnswer: it has neither results, sections nor a Bundle, or something in it has the wrong type.
    """
    top = values.mapping(answer, "answer")
    reader = _Reader(top, shape)
    bundle = reader.bundle()
    if not reader.has_results():
        if bundle is None:
            raise WrongAnswer("answer: neither results nor a Bundle")
        report = _of_bundle(bundle)
    else:
        report = reader.report()
        if bundle is not None:
            report = _completed(report, _of_bundle(bundle))
    return _judged(replace(report, engine=engine), min_confidence)


class _Reader:
    """One answer under one shape."""

    def __init__(self, top: Mapping[str, object], shape: AnswerShape) -> None:
        self._shape = shape
        self._answer = top
        root = self._find("root", top)
        self._top = root if isinstance(root, Mapping) else top

    def bundle(self) -> BundleReading | None:
        """The Bundle that the answer is or holds."""
        for found in (self._answer, self._top, self._find("bundle", self._top)):
            if isinstance(found, Mapping) and found.get("resourceType") == "Bundle":
                return read_bundle(found)
        return None

    def has_results(self) -> bool:
        """Whether there is a list of results or sections, were it empty."""
        return any(isinstance(self._find(name, self._top), list) for name in ("results", "sections"))

    def report(self) -> LabReport:
        """The report of the answer's own fields."""
        patient = self._patient()
        overall = self._share("confidence", self._top, "confidence")
        pages = values.sequence(self._find("pages_failed", self._top), "pages_failed")
        failed = tuple(int(item) for item in pages if isinstance(item, int))
        unread = places.listed_parts(self._find("unread", self._top))
        sections = self._sections(overall)
        results = [item for section in sections for item in section.results]
        mean = sum(item.confidence for item in results) / len(results) if results else 0.0
        return LabReport(
            patient=patient,
            patient_count=self._patient_count(patient),
            lab=ReportLab(
                name=self._text("lab.name"), accession=self._text("lab.accession"), address=self._text("lab.address")
            ),
            report=ReportHeader(
                collected_at=values.moment(self._text("report.collected_at")),
                received_at=values.moment(self._text("report.received_at")),
                reported_at=values.moment(self._text("report.reported_at")),
                status=self._text("report.status"),
                ordering_provider=self._text("report.ordering_provider"),
            ),
            sections=sections,
            confidence=mean if overall is None else overall,
            review_reasons=self._report_reasons(partial=bool(failed or unread)),
            pages_failed=failed,
            unread=places.unread_lines(unread),
        )

    def _report_reasons(self, *, partial: bool) -> tuple[Reason, ...]:
        told = _told(self._find("review_reasons", self._top), "")
        return merge(told, [reason("extraction.partial")] if partial else [])

    def _patient(self) -> ReportPatient:
        return ReportPatient(
            name=self._text("patient.name"),
            family=self._text("patient.family"),
            given=self._text("patient.given"),
            identifiers=_identifiers(self._find("patient.identifiers", self._top)),
            birth_date=values.date(self._text("patient.birth_date")),
            sex=values.sex(self._text("patient.sex")),
            age=self._text("patient.age"),
            confidence=self._share("patient.confidence", self._top, "patient.confidence") or 0.0,
        )

    def _patient_count(self, patient: ReportPatient) -> int:
        told = self._find("patient.count", self._top)
        if isinstance(told, int) and not isinstance(told, bool):
            return told
        return int(bool(patient.name or patient.family or patient.identifiers))

    def _sections(self, overall: float | None) -> tuple[Section, ...]:
        out: list[Section] = []
        count = 0
        loose = values.sequence(self._find("results", self._top), "results")
        named = values.sequence(self._find("sections", self._top), "sections")
        for place, name, items in [("results", "", loose), *(self._section(at, item) for at, item in enumerate(named))]:
            results = [
                self._result(item, f"r{count + at}", f"{place}[{at}]", overall)
                for at, item in enumerate(items, start=1)
            ]
            count += len(results)
            if results or name:
                out.append(Section(name=name, results=tuple(results)))
        return tuple(out)

    def _section(self, at: int, item: object) -> tuple[str, str, Sequence[object]]:
        place = f"sections[{at + 1}]"
        section = values.mapping(item, place)
        name = values.text(self._find("section.name", section), f"{place}.name")
        return place, name, values.sequence(self._find("section.results", section), f"{place}.results")

    def _result(self, item: object, identity: str, place: str, overall: float | None) -> Result:
        row = values.mapping(item, place)

        def text(name: str) -> str:
            return values.text(self._find(f"result.{name}", row), f"{place}.{name}")

        def number(name: str) -> Decimal | None:
            return values.number(self._find(f"result.{name}", row), f"{place}.{name}")

        name, code = text("test_name"), text("loinc_code")
        if not name and not code:
            raise WrongAnswer(f"{place}: neither a name nor a code")
        sure = self._share("result.confidence", row, f"{place}.confidence")
        flag = self._find("result.flag", row)
        given_range = self._find("result.reference_range", row)
        known = values.loinc(code)
        result = Result(
            id=identity,
            test_name=name or text("loinc_name") or code,
            value=text("value"),
            test_name_en=text("test_name_en"),
            loinc_code=known,
            loinc_name=text("loinc_name") if known else "",
            numeric_value=number("numeric_value"),
            value_type=text("value_type"),
            unit=text("unit"),
            unit_ucum=text("unit_ucum"),
            reference_range=_range_text(given_range, f"{place}.reference_range"),
            reference_low=number("reference_low"),
            reference_high=number("reference_high"),
            flag="" if isinstance(flag, bool) else values.text(flag, f"{place}.flag"),
            interpretation=values.interpretation(self._find("result.interpretation", row))
            or values.interpretation(flag),
            plausibility=text("plausibility") or "unknown",
            method=text("method"),
            specimen=text("specimen"),
            status=values.status(text("status")),
            comments=_texts(self._find("result.comments", row), f"{place}.comments"),
            confidence=(overall or 0.0) if sure is None else sure,
            review_reasons=self._doubts(row, identity, code if code and not known else ""),
            provenance=places.provenance(self._find("result.page", row), self._find("result.box", row)),
        )
        return settle_value(result, values.COMPARATORS.get(text("comparator")))

    def _doubts(self, row: Mapping[str, object], identity: str, bad_code: str) -> tuple[Reason, ...]:
        place = f"results[{identity}]"
        found = list(_told(self._find("result.review_reasons", row), place))
        if self._find("result.needs_review", row) is True and not found:
            found.append(reason("extraction.low_confidence", "The remote extractor asks for a review.", place))
        if self._find("result.plausibility", row) in ("implausible", "suspicious", "fail", "failed"):
            found.append(reason("value.implausible", field=f"{place}.value"))
        if bad_code:
            found.append(reason("code.unknown", "The code is not a LOINC code.", f"{place}.loinc_code"))
        return merge(found)

    def _text(self, name: str) -> str:
        return values.text(self._find(name, self._top), name)

    def _share(self, name: str, start: Mapping[str, object], place: str) -> float | None:
        return values.share(self._find(name, start), place, self._shape.confidence_scale)

    def _find(self, name: str, start: Mapping[str, object]) -> object:
        """What stands at the first of the field's paths that is present."""
        for path in self._shape.fields.get(name, ()):
            found: object = start
            for step in path.split("."):
                found = found.get(step) if isinstance(found, Mapping) else None
            if found is not None:
                return found
        return None


def settle_value(result: Result, comparator: str | None) -> Result:
    """Bring printed text, comparator, number and type of a result together; what contradicts gets a reason."""
    claimed = result.numeric_value
    printed = result.value or ("" if claimed is None else format(claimed, "f"))
    shown, number, contradicts = values.printed_number(printed, claimed)
    if comparator and shown and comparator != shown:
        contradicts = True
    sign = shown or comparator
    kind = "SN" if number is not None and sign else "NM" if number is not None else result.value_type
    if number is None and kind not in _VALUE_TYPES - {"NM", "SN"}:
        kind = "TX" if "\n" in printed else "ST"
    doubt = [reason("value.ambiguous", field=f"results[{result.id}].value")] if contradicts else []
    return replace(
        result,
        value=f"{comparator}{printed}" if comparator and not shown and number is not None else printed,
        comparator=sign if number is not None else None,
        numeric_value=number,
        value_type=kind,
        review_reasons=merge(result.review_reasons, doubt),
    )


def _of_bundle(bundle: BundleReading) -> LabReport:
    results = tuple(settle_value(item, item.comparator) for item in bundle.results)
    mean = sum(item.confidence for item in results) / len(results) if results else 0.0
    return LabReport(
        patient=bundle.patient,
        patient_count=bundle.patient_count,
        lab=bundle.lab,
        report=bundle.header,
        sections=(Section(name="", results=results),) if results else (),
        confidence=mean if bundle.confidence is None else bundle.confidence,
        review_reasons=merge(bundle.reasons, [reason("extraction.partial")] if bundle.partial else []),
        pages_failed=bundle.pages_failed,
        unread=bundle.unread,
    )


def _completed(report: LabReport, bundle: LabReport) -> LabReport:
    """The answer's own results, with the Bundle's patient, lab and times where its own are empty.

    Values that only one of the two tells are doubtful; an answer whose own list is empty takes the Bundle's.
    """
    if not report.results:
        report = replace(report, sections=bundle.sections, confidence=report.confidence or bundle.confidence)
    elif bundle.results:
        told = Counter(_said(item) for item in bundle.results)
        sections = [replace(item, results=_agreed(item.results, told)) for item in report.sections]
        alone = sum(told.values()) > 0
        more = [reason("extraction.partial", "The answer's Bundle holds results that its list lacks.")] if alone else []
        report = replace(report, sections=tuple(sections), review_reasons=merge(report.review_reasons, more))
    partial = [item for item in bundle.review_reasons if item.code == "extraction.partial"]
    return replace(
        report,
        unread=report.unread or bundle.unread,
        review_reasons=merge(report.review_reasons, partial),
        patient=report.patient if report.patient_count else bundle.patient,
        patient_count=max(report.patient_count, bundle.patient_count),
        lab=report.lab if report.lab.name else bundle.lab,
        report=report.report if report.report.collected_at or report.report.reported_at else bundle.report,
    )


def _said(result: Result) -> tuple[str, str]:
    number = result.numeric_value
    value = " ".join(result.value.casefold().split()) if number is None else str(number.normalize())
    return result.comparator or "", value


def _agreed(results: Sequence[Result], told: Counter[tuple[str, str]]) -> tuple[Result, ...]:
    out: list[Result] = []
    for item in results:
        if told[_said(item)] > 0:
            told[_said(item)] -= 1
            out.append(item)
        else:
            text = "The answer's list and its Bundle differ in this value."
            doubt = reason("extraction.low_confidence", text, f"results[{item.id}].value")
            out.append(replace(item, review_reasons=merge(item.review_reasons, [doubt])))
    return tuple(out)


def _judged(report: LabReport, least: float) -> LabReport:
    """With low confidences named, and `needs_review` as the reasons say."""
    sections = tuple(
        replace(section, results=tuple(_judged_result(item, least) for item in section.results))
        for section in report.sections
    )
    return reviewed(replace(report, sections=sections))


def _judged_result(result: Result, least: float) -> Result:
    if result.confidence >= least:
        return result
    doubt = reason("extraction.low_confidence", field=f"results[{result.id}]")
    return replace(result, review_reasons=merge(result.review_reasons, [doubt]))


def reviewed(report: LabReport) -> LabReport:
    """The report with every `needs_review` set by the reasons that stand on it."""
    sections = tuple(
        replace(
            section,
            results=tuple(
                replace(item, needs_review=any(doubt.holds for doubt in item.review_reasons))
                for item in section.results
            ),
        )
        for section in report.sections
    )
    held = any(item.holds for item in report.review_reasons)
    return replace(
        report, sections=sections, needs_review=held or any(one.needs_review for s in sections for one in s.results)
    )


def _identifiers(found: object) -> tuple[PrintedIdentifier, ...]:
    """One identifier as a text, or a list of texts and objects `{value, type, label}`."""
    items = found if isinstance(found, list) else [] if found is None else [found]
    out: list[PrintedIdentifier] = []
    for item in values.sequence(items, "patient.identifiers"):
        given = item if isinstance(item, Mapping) else {"value": item}
        parts = {name: values.text(given.get(name), "patient.identifiers") for name in ("value", "type", "label")}
        if parts["value"]:
            out.append(PrintedIdentifier(**parts))
    return tuple(out)


def _range_text(found: object, place: str) -> str:
    """A range as text; of an object its `text`, or its ends."""
    if not isinstance(found, Mapping):
        return values.text(found, place)
    low, high = (values.text(found.get(name), place) for name in ("low", "high"))
    spoken = values.text(found.get("text"), place)
    return spoken or (f"{low} - {high}" if low and high else f">= {low}" if low else f"<= {high}" if high else "")


def _texts(found: object, place: str) -> tuple[str, ...]:
    items = found if isinstance(found, list) else [] if found is None else [found]
    return tuple(text for item in values.sequence(items, place) if (text := values.text(item, place)))


def _told(found: object, place: str) -> tuple[Reason, ...]:
    """The remote's own reasons in our words; a code that is not ours is a doubt without a name."""
    codes = [item.get("code") for item in found if isinstance(item, Mapping)] if isinstance(found, list) else []
    known = [code if isinstance(code, str) and code in REASONS else "extraction.low_confidence" for code in codes]
    return tuple(reason(code, field=place) for code in known)
