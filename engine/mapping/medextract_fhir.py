"""A FHIR R4 Bundle with laboratory Observations as results: the remote extractor's other language.

Source: FHIR R4, Bundle, Observation, DiagnosticReport, Patient. Decimals keep their digits (R4 2.24.0.1 "decimal").
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.domain.reasons import REASONS, Reason, reason
from engine.domain.report import (
    PrintedIdentifier,
    Provenance,
    ReportHeader,
    ReportLab,
    ReportPatient,
    Result,
    UnreadLine,
)
from engine.mapping import medextract_places as places
from engine.mapping import medextract_values as values
from engine.mapping.fhir_out import EXTENSION
from engine.mapping.medextract_values import WrongAnswer

_LOINC = "http://loinc.org"
_UCUM = "http://unitsofmeasure.org"
_INTERPRETATION = "ObservationInterpretation"
Json = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleReading:
    """What a Bundle says; `partial`: not all was read. Results have comparator and number as the Bundle has them."""

    patient: ReportPatient
    patient_count: int
    lab: ReportLab
    header: ReportHeader
    results: tuple[Result, ...]
    confidence: float | None
    reasons: tuple[Reason, ...] = ()
    pages_failed: tuple[int, ...] = ()
    unread: tuple[UnreadLine, ...] = ()
    partial: bool = False


def read_bundle(bundle: Json) -> BundleReading:
    """Read the Patient, Organization, DiagnosticReport and Observations of a Bundle.

    Raises:
        WrongAnswer: an entry is no resource, or an element has the wrong type.
    """
    found = list(_resources(bundle))
    reports = [item for item in found if item["resourceType"] == "DiagnosticReport"]
    patients = [item for item in found if item["resourceType"] == "Patient"]
    report = reports[0] if reports else {}
    results: list[Result] = []
    for item in found:
        if item["resourceType"] == "Observation":
            results.extend(_results(item, len(results)))
    failed = tuple(page for item in _ours(report, "page-failed") if isinstance(page := item, int))
    unread = list(_nested(report, "unread"))
    return BundleReading(
        patient=_patient(patients[0]) if patients else ReportPatient(),
        patient_count=len({_who(item) for item in patients}),
        lab=ReportLab(name=_lab_name(found, report), accession=_accession(report)),
        header=_header(report),
        results=tuple(results),
        confidence=_confidence(report) if reports else _confidence(bundle),
        reasons=_told(report, ""),
        pages_failed=failed,
        unread=places.unread_lines(unread),
        partial=bool(failed or unread),
    )


def _resources(bundle: Json) -> Iterator[Json]:
    for number, entry in enumerate(values.sequence(bundle.get("entry"), "entry"), start=1):
        resource = values.mapping(
            values.mapping(entry, f"entry[{number}]").get("resource"), f"entry[{number}].resource"
        )
        if not isinstance(resource.get("resourceType"), str):
            raise WrongAnswer(f"entry[{number}].resource: no resourceType")
        yield resource


def _first(found: object, place: str) -> Json:
    items = values.sequence(found, place)
    return values.mapping(items[0], place) if items else {}


def _string(start: Json, *path: str) -> str:
    """The text at the end of a path; lists stand for their first item."""
    found: object = start
    place = ".".join(path)
    for step in path:
        if isinstance(found, list):
            found = found[0] if found else None
        found = values.mapping(found, place).get(step)
    if isinstance(found, list):
        found = found[0] if found else None
    return values.text(found, place)


def _patient(resource: Json) -> ReportPatient:
    name = _first(resource.get("name"), "Patient.name")
    family = values.text(name.get("family"), "Patient.name.family")
    given = " ".join(
        values.text(item, "Patient.name.given") for item in values.sequence(name.get("given"), "Patient.name.given")
    )
    identifiers = [
        PrintedIdentifier(value=_string(one, "value"), type=_string(one, "type", "coding", "code"))
        for item in values.sequence(resource.get("identifier"), "Patient.identifier")
        if (one := values.mapping(item, "Patient.identifier")).get("value")
    ]
    return ReportPatient(
        name=values.text(name.get("text"), "Patient.name.text") or f"{given} {family}".strip(),
        family=family,
        given=given,
        identifiers=tuple(identifiers),
        birth_date=values.date(_string(resource, "birthDate")),
        sex=values.sex(_string(resource, "gender")),
        age=_our_text(resource, "age"),
        confidence=_confidence(resource) or 0.0,
    )


def _who(resource: Json) -> tuple[str, ...]:
    patient = _patient(resource)
    return (patient.name.casefold(), patient.birth_date, *(item.value for item in patient.identifiers))


def _lab_name(found: Sequence[Json], report: Json) -> str:
    spoken = _string(report, "performer", "display")
    if spoken:
        return spoken
    organizations = [item for item in found if item["resourceType"] == "Organization"]
    return _string(organizations[0], "name") if len(organizations) == 1 else ""


def _accession(report: Json) -> str:
    return _string(report, "identifier", "value")


def _header(report: Json) -> ReportHeader:
    collected = _string(report, "effectiveDateTime") or _string(report, "effectivePeriod", "start")
    return ReportHeader(
        collected_at=values.moment(_our_text(report, "collected-at") or collected),
        received_at=values.moment(_our_text(report, "received-at")),
        reported_at=values.moment(_our_text(report, "reported-at") or _string(report, "issued")),
        status=_our_text(report, "report-status") or values.report_status(_string(report, "status")),
        ordering_provider=_our_text(report, "ordering-provider") or _string(report, "resultsInterpreter", "display"),
    )


def _results(resource: Json, count: int) -> list[Result]:
    """The result of an Observation, or of each of its components; a mere heading of members gives none."""
    name = _code(resource)[0]
    own = _valued(resource)
    components = [values.mapping(item, "component") for item in values.sequence(resource.get("component"), "component")]
    rows = [resource] if own or not (components or resource.get("hasMember")) else []
    out: list[Result] = []
    for row in (*rows, *components):
        part, part_code, part_display = _code(row)
        identity = f"r{count + len(out) + 1}"
        title = part if row is resource or not name or not part else f"{name}, {part}"
        if not title and not part_code:
            raise WrongAnswer("Observation.code: neither a name nor a code")
        out.append(_result(row, resource, identity, (title, part_code, part_display)))
    return out


def _valued(row: Json) -> bool:
    return any(key.startswith("value") for key in row)


def _result(row: Json, resource: Json, identity: str, named: tuple[str, str, str]) -> Result:
    value, comparator, number = _value(row)
    value = _our_text(row, "printed-value") or value
    quantity = values.mapping(row.get("valueQuantity"), "valueQuantity")
    limits = _first(row.get("referenceRange"), "referenceRange")
    low, high = (_limit(limits, name) for name in ("low", "high"))
    name, code, display = named
    known = values.loinc(code)
    share = _confidence(row)
    if share is None:
        share = _confidence(resource)
    notes = values.sequence(resource.get("note"), "note")
    return Result(
        id=identity,
        test_name=name or display or code,
        value=value,
        loinc_code=known,
        loinc_name=display if known else "",
        comparator=comparator,
        numeric_value=number,
        unit=values.text(quantity.get("unit") or quantity.get("code"), "valueQuantity.unit"),
        unit_ucum=_string(quantity, "code") if quantity.get("system") == _UCUM else "",
        reference_range=values.text(limits.get("text"), "referenceRange.text") or _range(low, high),
        reference_low=low,
        reference_high=high,
        flag=_our_text(row, "printed-flag"),
        interpretation=_interpretation(row),
        method=_string(resource, "method", "text"),
        specimen=_string(resource, "specimen", "display"),
        status=values.status(_string(resource, "status")),
        comments=tuple(text for item in notes if (text := _string(values.mapping(item, "note"), "text"))),
        confidence=share or 0.0,
        review_reasons=_doubts(identity, code if code and not known else "", row),
        provenance=_provenance(row),
    )


def _doubts(identity: str, bad_code: str, row: Json) -> tuple[Reason, ...]:
    place = f"results[{identity}]"
    found = list(_told(row, place))
    if bad_code:
        found.append(reason("code.unknown", "The code is not a LOINC code.", f"{place}.loinc_code"))
    if not _valued(row):
        found.append(reason("extraction.low_confidence", "The Observation has no value.", f"{place}.value"))
    return tuple(found)


def _value(row: Json) -> tuple[str, str | None, Decimal | None]:
    """Text, comparator and number of a value[x]; an absent one is an empty text."""
    quantity = row.get("valueQuantity")
    if quantity is not None:
        given = values.mapping(quantity, "valueQuantity")
        number = values.number(given.get("value"), "valueQuantity.value")
        comparator = values.COMPARATORS.get(_string(given, "comparator"))
        return ("" if number is None else format(number, "f")), comparator, number
    for key in ("valueString", "valueInteger", "valueDateTime", "valueTime"):
        if row.get(key) is not None:
            whole = values.number(row[key], key) if key == "valueInteger" else None
            return values.text(row[key], key), None, whole
    if row.get("valueCodeableConcept") is not None:
        return _concept(values.mapping(row["valueCodeableConcept"], "valueCodeableConcept")), None, None
    if row.get("valueRatio") is not None:
        ratio = values.mapping(row["valueRatio"], "valueRatio")
        return f"{_string(ratio, 'numerator', 'value')}:{_string(ratio, 'denominator', 'value')}", None, None
    if row.get("valueRange") is not None:
        span = values.mapping(row["valueRange"], "valueRange")
        return f"{_string(span, 'low', 'value')}-{_string(span, 'high', 'value')}", None, None
    return "", None, None


def _concept(concept: Json) -> str:
    return (
        values.text(concept.get("text"), "text")
        or _string(concept, "coding", "display")
        or _string(concept, "coding", "code")
    )


def _code(row: Json) -> tuple[str, str, str]:
    """Printed name, LOINC code as given, and the code's display."""
    concept = values.mapping(row.get("code"), "code")
    codings = [values.mapping(item, "code.coding") for item in values.sequence(concept.get("coding"), "code.coding")]
    ours = next((item for item in codings if item.get("system") == _LOINC), {})
    display = values.text(ours.get("display"), "code.coding.display")
    spoken = values.text(concept.get("text"), "code.text") or next(
        (text for item in codings if (text := values.text(item.get("display"), "code.coding.display"))), ""
    )
    return spoken, values.text(ours.get("code"), "code.coding.code"), display


def _limit(limits: Json, name: str) -> Decimal | None:
    return values.number(values.mapping(limits.get(name), f"referenceRange.{name}").get("value"), name)


def _range(low: Decimal | None, high: Decimal | None) -> str:
    if low is not None and high is not None:
        return f"{low:f} - {high:f}"
    return f">= {low:f}" if low is not None else f"<= {high:f}" if high is not None else ""


def _interpretation(row: Json) -> str:
    concept = _first(row.get("interpretation"), "interpretation")
    coding = _first(concept.get("coding"), "interpretation.coding")
    trusted = not coding.get("system") or _INTERPRETATION in str(coding.get("system"))
    return values.interpretation(coding.get("code") if coding and trusted else concept.get("text"))


def _confidence(row: Json) -> float | None:
    """The value of an extension whose address ends in `confidence`."""
    for item in values.sequence(row.get("extension"), "extension"):
        extension = values.mapping(item, "extension")
        if values.text(extension.get("url"), "extension.url").casefold().endswith("confidence"):
            return values.share(extension.get("valueDecimal"), "extension.valueDecimal")
    return None


def _ours(row: Json, name: str) -> list[object]:
    """The values of the extensions that `engine.mapping.fhir_out` writes under this name."""
    extensions = [values.mapping(item, "extension") for item in values.sequence(row.get("extension"), "extension")]
    found = [item for item in extensions if item.get("url") == EXTENSION + name]
    return [value for item in found for key, value in item.items() if key.startswith("value")]


def _nested(row: Json, name: str) -> Iterator[places.Part]:
    """Page, box and text of our own extensions that have parts."""
    for item in values.sequence(row.get("extension"), "extension"):
        extension = values.mapping(item, "extension")
        if extension.get("url") == EXTENSION + name:
            yield places.extension_parts(extension)


def _provenance(row: Json) -> Provenance | None:
    return next((places.provenance(page, box) for page, box, _ in _nested(row, "place")), None)


def _our_text(row: Json, name: str) -> str:
    return next((values.text(value, f"extension.{name}") for value in _ours(row, name)), "")


def _told(row: Json, place: str) -> tuple[Reason, ...]:
    """The reasons of our own service; a code of a later release is a doubt without a name."""
    codes = [values.text(value, "extension.review-reason") for value in _ours(row, "review-reason")]
    return tuple(reason(code if code in REASONS else "extraction.low_confidence", field=place) for code in codes)
