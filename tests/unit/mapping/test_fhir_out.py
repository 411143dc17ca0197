"""FHIR out: a report becomes a Bundle that other systems can read, and that our own client reads back unchanged."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.reasons import reason
from engine.domain.report import (
    LabReport,
    PrintedIdentifier,
    Provenance,
    ReadDocument,
    ReportHeader,
    ReportLab,
    ReportPatient,
    Result,
    Section,
    UnreadLine,
)
from engine.mapping.fhir_out import EXTENSION, to_bundle
from engine.mapping.medextract import AnswerShape, report_of
from engine.mapping.report_json import dumps, loads

GLUCOSE = Result(
    id="r1",
    test_name="Glucosa basal",
    value="105,0",
    numeric_value=Decimal("105.0"),
    value_type="NM",
    loinc_code="2345-7",
    loinc_name="Glucose [Mass/volume] in Serum or Plasma",
    unit="mg/dl",
    unit_ucum="mg/dL",
    reference_range="70 - 110",
    reference_low=Decimal(70),
    reference_high=Decimal(110),
    flag="*",
    interpretation="N",
    comments=("fasting",),
    confidence=0.97,
    provenance=Provenance(page=1, box=(10.0, 20.0, 30.5, 40.0)),
)
TSH = Result(
    id="r2",
    test_name="TSH",
    value="<0,01",
    comparator="<",
    numeric_value=Decimal("0.01"),
    value_type="SN",
    unit="mUI/L",
    confidence=0.6,
    review_reasons=(reason("code.unknown", field="results[r2]"),),
)
ANTIBODY = Result(id="r3", test_name="HIV", value="Negativo", status="P", confidence=0.9)
REPORT = LabReport(
    document=ReadDocument(sha256="ab" * 32, media_type="application/pdf", pages=2),
    patient=ReportPatient(
        name="Prueba, Ana",
        family="Prueba",
        given="Ana",
        identifiers=(PrintedIdentifier(value="MRN-1", type="MR", label="NHC"),),
        birth_date="1968-05-12",
        sex="F",
        age="55 a",
    ),
    patient_count=1,
    lab=ReportLab(name="Laboratorio Norte", accession="A-1"),
    report=ReportHeader(
        collected_at="2026-01-02T08:15", received_at="2026-01-02", reported_at="2026-01-03T09:00", status="F"
    ),
    sections=(Section(name="BIOQUIMICA", results=(GLUCOSE, TSH)), Section(name="", results=(ANTIBODY,))),
    confidence=0.8,
    review_reasons=(reason("extraction.partial"),),
    pages_failed=(2,),
)


def _resources(kind: str, bundle: dict[str, Any]) -> list[dict[str, Any]]:
    return [item["resource"] for item in bundle["entry"] if item["resource"]["resourceType"] == kind]


def _extensions(resource: dict[str, Any], name: str) -> list[Any]:
    found = [item for item in resource["extension"] if item["url"] == EXTENSION + name]
    return [value for item in found for key, value in item.items() if key.startswith("value")]


def test_the_report_names_its_patient_and_results() -> None:
    """One DiagnosticReport; every reference in the Bundle leads to an entry of it, and none is there twice."""
    bundle = to_bundle(REPORT)
    urls = [item["fullUrl"] for item in bundle["entry"]]
    (report,), (patient,) = _resources("DiagnosticReport", bundle), _resources("Patient", bundle)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    assert len(urls) == len(set(urls)) == 5
    assert [item["reference"] for item in report["result"]] == urls[2:]
    assert {item["subject"]["reference"] for item in _resources("Observation", bundle)} == {urls[1]}
    assert report["code"]["coding"][0] == {
        "system": "http://loinc.org",
        "code": "11502-2",
        "display": "Laboratory report",
    }
    assert (report["status"], report["identifier"], report["effectiveDateTime"]) == (
        "partial",
        [{"value": "A-1"}],
        "2026-01-02",
    )
    assert (patient["gender"], patient["birthDate"], patient["identifier"][0]["value"]) == (
        "female",
        "1968-05-12",
        "MRN-1",
    )


def test_a_number_is_a_quantity_with_its_digits_and_ucum() -> None:
    """LOINC, UCUM, range, interpretation and confidence stand where FHIR wants them; 105.0 keeps its zero."""
    observation = _resources("Observation", to_bundle(REPORT))[0]
    assert observation["code"]["coding"][0]["code"] == "2345-7"
    assert observation["code"]["text"] == "Glucosa basal"
    assert observation["valueQuantity"] == {
        "value": Decimal("105.0"),
        "unit": "mg/dl",
        "system": "http://unitsofmeasure.org",
        "code": "mg/dL",
    }
    assert '"value": 105.0,' in dumps(observation)
    assert observation["referenceRange"][0]["low"]["value"] == 70
    assert observation["referenceRange"][0]["text"] == "70 - 110"
    assert observation["interpretation"][0]["coding"][0]["code"] == "N"
    assert observation["interpretation"][0]["text"] == "*"
    assert _extensions(observation, "confidence") == [Decimal("0.97")]
    assert _extensions(observation, "printed-value") == ["105,0"]


def test_other_values_and_doubts() -> None:
    """A comparator is the Quantity's; a word is a string; an unknown unit is no UCUM; doubts travel as codes."""
    _, tsh, antibody = _resources("Observation", to_bundle(REPORT))
    assert tsh["valueQuantity"] == {"value": Decimal("0.01"), "comparator": "<", "unit": "mUI/L"}
    assert "coding" not in tsh["code"]
    assert _extensions(tsh, "review-reason") == ["code.unknown"]
    assert (antibody["valueString"], antibody["status"]) == ("Negativo", "preliminary")


def test_an_observation_without_a_value_says_so() -> None:
    """FHIR obs-6: either a value or the reason why there is none."""
    (observation,) = _resources("Observation", to_bundle(replace(REPORT, sections=(Section(name="", results=(
        Result(id="r1", test_name="Urea", value=""),)),))))  # fmt: skip
    assert not any(key.startswith("value") for key in observation)
    assert observation["dataAbsentReason"]["coding"][0]["code"] == "unknown"


def test_nothing_is_empty() -> None:
    """FHIR forbids empty strings, lists and objects, whatever a report lacks."""

    def empties(node: object) -> int:
        if isinstance(node, dict):
            return (not node) + sum(empties(item) for item in node.values())
        if isinstance(node, list):
            return (not node) + sum(empties(item) for item in node)
        return node is None or node == ""

    assert empties(to_bundle(REPORT)) == 0
    bare = to_bundle(LabReport())
    assert empties(bare) == 0
    assert [item["resource"]["resourceType"] for item in bare["entry"]] == ["DiagnosticReport"]


def test_confidence_can_be_left_out() -> None:
    """`include_confidence=false` leaves every other extension."""
    text = dumps(to_bundle(REPORT, include_confidence=False))
    assert "fhir:confidence" not in text
    assert "fhir:printed-value" in text


def test_the_same_report_gives_the_same_bundle() -> None:
    """Identities come from the document, so that a repeated call can be recognised."""
    other = replace(REPORT, document=replace(REPORT.document, sha256="cd" * 32))
    assert to_bundle(REPORT) == to_bundle(REPORT)
    assert to_bundle(other)["entry"][0]["fullUrl"] != to_bundle(REPORT)["entry"][0]["fullUrl"]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_our_client_reads_it_back(at: int) -> None:
    """Printed digits, comparator, unit, range, status and doubts survive the way over FHIR."""
    back = report_of(loads(dumps(to_bundle(REPORT))), AnswerShape(), engine="remote")
    was, now = REPORT.results[at], back.results[at]
    names = (
        "test_name",
        "value",
        "comparator",
        "numeric_value",
        "unit",
        "unit_ucum",
        "reference_range",
        "status",
        "flag",
    )
    for name in (*names, "reference_low", "reference_high", "interpretation", "loinc_code", "loinc_name", "confidence"):
        assert getattr(now, name) == getattr(was, name), name
    assert [item.code for item in now.review_reasons] == [item.code for item in was.review_reasons]


def test_our_client_reads_the_head_back() -> None:
    """Patient, lab, local times, unread pages and the report's own doubts."""
    back = report_of(loads(dumps(to_bundle(REPORT))), AnswerShape(), engine="remote")
    assert (back.report.collected_at, back.report.received_at, back.report.reported_at) == (
        "2026-01-02T08:15",
        "2026-01-02",
        "2026-01-03T09:00",
    )
    assert replace(back.patient, identifiers=(), confidence=0.0) == replace(REPORT.patient, identifiers=())
    assert [(item.value, item.type) for item in back.patient.identifiers] == [("MRN-1", "MR")]
    assert (back.lab.name, back.lab.accession, back.pages_failed) == ("Laboratorio Norte", "A-1", (2,))
    assert [item.code for item in back.review_reasons] == ["extraction.partial"]
    assert back.report.status == "F"
    assert back.needs_review


def test_our_client_reads_places_back() -> None:
    """Where a result was read, and lines that were not, are for the page beside the fields."""
    line = UnreadLine(page=1, box=(10.0, 50.25, 90.0, 60.0), text="Ferritina 12 ng/mL")
    back = report_of(loads(dumps(to_bundle(replace(REPORT, unread=(line,))))), AnswerShape(), engine="remote")
    assert [item.provenance and (item.provenance.page, item.provenance.box) for item in back.results] == [
        item.provenance and (item.provenance.page, item.provenance.box) for item in REPORT.results
    ]
    assert back.results[0].provenance
    assert back.unread == (line,)


def test_unread_lines_alone_make_a_bundle_partial() -> None:
    """A service that tells of a line and forgets the reason is held all the same."""
    line = UnreadLine(page=1, box=(10.0, 50.25, 90.0, 60.0), text="Ferritina 12 ng/mL")
    bundle = to_bundle(replace(REPORT, unread=(line,), pages_failed=(), review_reasons=()))
    back = report_of(loads(dumps(bundle)), AnswerShape(), engine="remote")
    assert [item.code for item in back.review_reasons] == ["extraction.partial"]


@pytest.mark.parametrize(("word", "letter"), [("corrected", "C"), ("final", "F"), ("preliminary", "P"), ("", "")])
def test_a_foreign_report_status_becomes_a_letter(word: str, letter: str) -> None:
    """`corrected` of a foreign DiagnosticReport must not turn into a final report in OBR-25."""
    report = {"resourceType": "DiagnosticReport", "status": word}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": report}]}
    assert report_of(bundle, AnswerShape(), engine="remote").report.status == letter
