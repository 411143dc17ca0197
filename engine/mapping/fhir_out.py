"""A LabReport as a FHIR R4 Bundle: DiagnosticReport, Observations, Patient; plain values for `report_json.dumps`.

FHIR has no words for how sure a reading is, for the digits on the page, or for a local time without an offset; those
travel as extensions under `urn:headrace:fhir:`, and `engine.mapping.medextract_fhir` reads them back.

Source: FHIR R4, Bundle (collection), DiagnosticReport, Observation, Patient; LOINC 11502-2 for the report.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from engine.domain.reasons import Reason
from engine.domain.report import Box, LabReport, ReportPatient, Result, UnreadLine

EXTENSION = "urn:headrace:fhir:"
LOINC, UCUM = "http://loinc.org", "http://unitsofmeasure.org"
_HL7 = "http://terminology.hl7.org/CodeSystem/"
_STATUS: Mapping[str, str] = MappingProxyType(
    {"F": "final", "P": "preliminary", "C": "corrected", "X": "cancelled", "I": "registered"}
)
_GENDER: Mapping[str, str] = MappingProxyType({"F": "female", "M": "male", "O": "other", "U": "unknown"})
_REPORT_WORDS = frozenset({"registered", "partial", "preliminary", "final", "amended", "corrected", "cancelled"})
Json = dict[str, Any]


def to_bundle(report: LabReport, *, include_confidence: bool = True) -> Json:
    """The report as a Bundle of type `collection`; the same report always gives the same Bundle.

    Args:
        report: what was read.
        include_confidence: whether the extensions with confidences are written.
    """
    sha256 = report.document.sha256
    patient_url = _url(sha256, "patient") if _has_patient(report.patient) else ""
    observations = [
        (_url(sha256, item.id), _observation(item, patient_url, report, confident=include_confidence))
        for item in report.results
    ]
    head = _diagnostic_report(report, patient_url, [url for url, _ in observations], confident=include_confidence)
    patients = [(patient_url, _patient(report.patient, confident=include_confidence))] if patient_url else []
    entries = [(_url(sha256, "report"), head), *patients, *observations]
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "entry": [{"fullUrl": url, "resource": resource} for url, resource in entries],
    }


def _url(sha256: str, name: str) -> str:
    """A UUID of the document and a name (RFC 9562, version 8): stable, and the same on every machine."""
    digits = hashlib.sha256(f"{sha256} {name}".encode()).hexdigest()
    return f"urn:uuid:{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def _extension(name: str, kind: str, value: object) -> Json:
    return {"url": EXTENSION + name, f"value{kind}": value}


def _filled(resource: Mapping[str, Any]) -> Json:
    """Without empty elements, which FHIR forbids."""
    return {key: value for key, value in resource.items() if value not in ("", None, [], {})}


def _confidence(value: float, *, confident: bool) -> list[Json]:
    return [_extension("confidence", "Decimal", Decimal(str(value)))] if confident else []


def _reasons(reasons: Iterable[Reason]) -> list[Json]:
    return [_extension("review-reason", "Code", code) for code in dict.fromkeys(item.code for item in reasons)]


def _diagnostic_report(report: LabReport, patient_url: str, results: list[str], *, confident: bool) -> Json:
    """The report's own resource; a printed time has no offset, so that only its date may stand in a dateTime."""
    header = report.report
    printed = {
        "collected-at": header.collected_at,
        "received-at": header.received_at,
        "reported-at": header.reported_at,
        "ordering-provider": header.ordering_provider,
        "report-status": header.status,
    }
    accession = report.lab.accession
    return _filled(
        {
            "resourceType": "DiagnosticReport",
            "extension": [
                *_confidence(report.confidence, confident=confident),
                *_reasons(report.review_reasons),
                *(_extension("page-failed", "PositiveInt", page) for page in report.pages_failed),
                *(_unread(line) for line in report.unread),
                *(_extension(name, "String", text) for name, text in printed.items() if text),
            ],
            "identifier": [{"value": accession}] if accession else [],
            "status": _report_status(report),
            "category": [_concept(_HL7 + "v2-0074", "LAB")],
            "code": _concept(LOINC, "11502-2", "Laboratory report"),
            "subject": _reference(patient_url),
            "effectiveDateTime": header.collected_at[:10],
            "performer": [{"display": report.lab.name}] if report.lab.name else [],
            "result": [_reference(url) for url in results],
        }
    )


def _report_status(report: LabReport) -> str:
    if report.pages_failed or report.unread:
        return "partial"
    said = report.report.status.casefold()
    if said in _REPORT_WORDS:
        return said
    return _STATUS.get(report.report.status, "unknown")


def _patient(patient: ReportPatient, *, confident: bool) -> Json:
    name = _filled({"text": patient.name, "family": patient.family, "given": [patient.given] if patient.given else []})
    return _filled(
        {
            "resourceType": "Patient",
            "extension": [
                *_confidence(patient.confidence, confident=confident),
                *([_extension("age", "String", patient.age)] if patient.age else []),
            ],
            "identifier": [
                _filled({"type": _typed(item.type, item.label), "value": item.value}) for item in patient.identifiers
            ],
            "name": [name] if name else [],
            "gender": _GENDER.get(patient.sex, ""),
            "birthDate": patient.birth_date,
        }
    )


def _has_patient(patient: ReportPatient) -> bool:
    return bool(patient.name or patient.family or patient.identifiers or patient.birth_date or patient.sex)


def _typed(code: str, label: str) -> Json:
    return _filled({"coding": [{"system": _HL7 + "v2-0203", "code": code}] if code else [], "text": label})


def _observation(result: Result, patient_url: str, report: LabReport, *, confident: bool) -> Json:
    return _filled(
        {
            "resourceType": "Observation",
            "extension": [
                *_confidence(result.confidence, confident=confident),
                *([_extension("printed-value", "String", result.value)] if result.value else []),
                *([_extension("printed-flag", "String", result.flag)] if result.flag else []),
                *_reasons(result.review_reasons),
                *_place(result),
            ],
            "status": _STATUS.get(result.status, "unknown"),
            "category": [_concept(_HL7 + "observation-category", "laboratory")],
            "code": _test(result),
            "subject": _reference(patient_url),
            "effectiveDateTime": report.report.collected_at[:10],
            **_value(result),
            "interpretation": _interpretation(result),
            "note": [{"text": text} for text in result.comments],
            "method": {"text": result.method} if result.method else {},
            "specimen": {"display": result.specimen} if result.specimen else {},
            "referenceRange": _ranges(result),
        }
    )


def _test(result: Result) -> Json:
    coding = _filled({"system": LOINC, "code": result.loinc_code, "display": result.loinc_name})
    return _filled({"coding": [coding] if result.loinc_code else [], "text": result.test_name})


def _value(result: Result) -> Json:
    """value[x]: a Quantity for a number, a string for the rest, dataAbsentReason for nothing."""
    if result.numeric_value is not None:
        return {"valueQuantity": _quantity(result, result.numeric_value, result.comparator or "")}
    if result.value:
        return {"valueString": result.value}
    return {"dataAbsentReason": _concept(_HL7 + "data-absent-reason", "unknown")}


def _quantity(result: Result, value: Decimal, comparator: str = "") -> Json:
    coded = {"system": UCUM, "code": result.unit_ucum} if result.unit_ucum else {}
    return _filled({"value": value, "comparator": comparator, "unit": result.unit}) | coded


def _interpretation(result: Result) -> list[Json]:
    """Table 0078 and the code system of FHIR share their codes; the printed flag is the text."""
    coded = _concept(_HL7 + "v3-ObservationInterpretation", result.interpretation) if result.interpretation else {}
    text = {"text": result.flag} if result.flag else {}
    return [coded | text] if coded or text else []


def _ranges(result: Result) -> list[Json]:
    low, high = result.reference_low, result.reference_high
    found = _filled(
        {
            "low": None if low is None else _quantity(result, low),
            "high": None if high is None else _quantity(result, high),
            "text": result.reference_range,
        }
    )
    return [found] if found else []


def _place(result: Result) -> list[Json]:
    """Where it was read: page and box in PDF points from the top left."""
    seen = result.provenance
    if seen is None:
        return []
    parts = [{"url": "page", "valuePositiveInt": seen.page}, *_corners(seen.box)]
    return [{"url": EXTENSION + "place", "extension": parts}]


def _unread(line: UnreadLine) -> Json:
    """A line that may hold a result and became part of none."""
    parts = [{"url": "page", "valuePositiveInt": line.page}, *_corners(line.box)]
    return {"url": EXTENSION + "unread", "extension": [*parts, {"url": "text", "valueString": line.text}]}


def _corners(box: Box) -> list[Json]:
    names = ("x0", "y0", "x1", "y1")
    return [{"url": name, "valueDecimal": Decimal(str(value))} for name, value in zip(names, box, strict=True)]


def _concept(system: str, code: str, display: str = "") -> Json:
    return {"coding": [_filled({"system": system, "code": code, "display": display})]}


def _reference(url: str) -> Json:
    return {"reference": url} if url else {}
