"""The remote's JSON and FHIR as a LabReport."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.document import Document
from engine.domain.report import LabReport, Result
from engine.mapping import medextract_values as values
from engine.mapping import report_json
from engine.mapping.medextract import AnswerShape, WrongAnswer, report_of
from engine.plugins.extractors.medextract.dialect import load_dialect
from tests.support import dossiers
from tests.support.examples import examples

SHAPES: dict[str, AnswerShape] = {
    name: load_dialect(name, Path()).shape for name in ("medextract-guide", "medextract-v2", "medextract-v1")
}


def read(answer: object, dialect: str = "medextract-guide", **more: Any) -> LabReport:
    plain = json.loads(json.dumps(answer), parse_float=Decimal)
    return report_of(plain, SHAPES[dialect], engine=dialect, **more)


def only(row: dict[str, Any], **more: Any) -> Result:
    (result,) = read({"results": [{"name": "Glucose", "confidence": 0.9, **row}]}, **more).results
    return result


def codes(result: Result) -> list[str]:
    return [item.code for item in result.review_reasons]


V2 = {
    "patient": {"name": "Ana Prueba", "age": "57", "sex": "F", "date": "2026-01-02"},
    "sections": [
        {
            "name": "BIOQUIMICA",
            "results": [
                {
                    "test_name": "Glucosa basal",
                    "test_name_en": "Glucose",
                    "value": "118",
                    "numeric_value": 118.0,
                    "unit": "mg/dL",
                    "unit_ucum": "mg/dL",
                    "reference_range": "70 - 110",
                    "reference_low": 70,
                    "reference_high": 110,
                    "loinc_code": "2345-7",
                    "interpretation": "high",
                    "flag": "*",
                    "plausibility": "ok",
                    "confidence": 0.98,
                    "needs_review": False,
                }
            ],
        },
        {
            "name": "ORINA",
            "results": [{"test_name": "Nitritos", "value": "Negativo", "confidence": 0.5, "needs_review": True}],
        },
    ],
    "summary": {"total_tests": 2},
    "metadata": {"engine": "x", "confidence_mean": 0.74},
}


def test_sections_and_fields_of_the_vendors_shape() -> None:
    """The documented v2 answer: sections kept, digits as printed, words to table 0078, the remote's doubt a reason."""
    report = read(V2, "medextract-v2")
    assert [section.name for section in report.sections] == ["BIOQUIMICA", "ORINA"]
    glucose, nitrite = report.results
    assert (glucose.id, nitrite.id) == ("r1", "r2")
    assert (glucose.value, str(glucose.numeric_value), glucose.value_type) == ("118", "118", "NM")
    assert (glucose.interpretation, glucose.flag, glucose.reference_high) == ("H", "*", Decimal(110))
    assert (nitrite.value, nitrite.numeric_value, nitrite.value_type) == ("Negativo", None, "ST")
    assert codes(glucose) == []
    assert codes(nitrite) == ["extraction.low_confidence"]
    assert nitrite.review_reasons[0].field == "results[r2]"
    assert (report.patient.sex, report.patient.age, report.patient_count) == ("F", "57", 1)
    assert (report.report.collected_at, report.confidence) == ("2026-01-02", 0.74)
    assert report.needs_review


def test_our_own_extractor_answers_in_a_shape_that_is_read() -> None:
    """What the local extractor serves comes back with the same values, units, codes, header and confidences."""
    document = Document(sha256="ab" * 32, media_type="application/pdf", size_bytes=1)
    rows = [dossiers.result(1, "105", loinc_code="2345-7"), dossiers.result(2, "0.90", loinc_code="2160-0")]
    served = dossiers.report(document, *rows)
    report = read(json.loads(report_json.dumps(report_json.to_dict(served))), "medextract-v2")
    for ours, theirs in zip(served.results, report.results, strict=True):
        for name in (
            "test_name",
            "value",
            "numeric_value",
            "unit",
            "unit_ucum",
            "loinc_code",
            "reference_range",
            "confidence",
        ):
            assert getattr(ours, name) == getattr(theirs, name), name
    assert report.patient.identifiers == served.patient.identifiers
    assert report.lab.name == served.lab.name


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"value": "5.10", "numeric_value": 5.1}, ("5.10", None, "5.10", "NM", [])),
        ({"value": "5,10", "numeric_value": 5.1}, ("5,10", None, "5.10", "NM", [])),
        ({"value": 5.1}, ("5.1", None, "5.1", "NM", [])),
        ({"value": "<0,5", "numeric_value": 0.5}, ("<0,5", "<", "0.5", "SN", [])),
        ({"value": "0.5", "numeric_value": 0.5, "comparator": "<"}, ("<0.5", "<", "0.5", "SN", [])),
        ({"value": "<0.5", "comparator": ">"}, ("<0.5", "<", "0.5", "SN", ["value.ambiguous"])),
        ({"value": "1.234", "numeric_value": 1234}, ("1.234", None, "1234", "NM", [])),
        ({"value": "1.234"}, ("1.234", None, None, "ST", ["value.ambiguous"])),
        ({"value": "1.234.567"}, ("1.234.567", None, "1234567", "NM", [])),
        ({"value": "1.234,5"}, ("1.234,5", None, "1234.5", "NM", [])),
        ({"value": "105", "numeric_value": 150}, ("105", None, None, "ST", ["value.ambiguous"])),
        ({"value": "Negative", "numeric_value": 0}, ("Negative", None, None, "ST", ["value.ambiguous"])),
        ({"value": "1:80"}, ("1:80", None, None, "ST", [])),
        ({"value": "70-110"}, ("70-110", None, None, "ST", [])),
        ({"numeric_value": 7.20}, ("7.2", None, "7.2", "NM", [])),
        ({"value": None}, ("", None, None, "ST", [])),
        ({"value": "two\nlines"}, ("two\nlines", None, None, "TX", [])),
        ({"value": "-2.5"}, ("-2.5", None, "-2.5", "NM", [])),
    ],
)  # fmt: skip
def test_value_and_number_agree_or_are_doubted(row: dict[str, Any], expected: tuple[object, ...]) -> None:
    """The printed digits win; a number that is none of the printed text's readings is no number but a doubt."""
    result = only(row)
    shown = None if result.numeric_value is None else str(result.numeric_value)
    assert (result.value, result.comparator, shown, result.value_type, codes(result)) == expected


def test_confidence_is_the_results_own_or_the_answers() -> None:
    """A result without one has the answer's; below the least, or without any, it goes to review."""
    own = {"name": "A", "value": "1", "confidence": 0.5}
    none = {"name": "B", "value": "2"}
    report = read({"confidence": 0.9, "results": [own, none]}, min_confidence=0.8)
    assert [item.confidence for item in report.results] == [0.5, 0.9]
    assert [item.needs_review for item in report.results] == [True, False]
    assert only({"confidence": None, "value": "1"}, min_confidence=0.8).needs_review
    assert not only({"confidence": None, "value": "1"}).needs_review


@pytest.mark.parametrize(
    ("flag", "code"),
    [("H", "H"), ("high", "H"), ("critical_low", "LL"), (True, "A"), (False, "N"), ("*", ""), ("alto", ""), (None, "")],
)
def test_only_certain_flags_become_codes(flag: object, code: str) -> None:
    """Table 0078 where the word leaves no doubt, nothing elsewhere."""
    assert only({"value": "1", "abnormality": flag}).interpretation == code


@pytest.mark.parametrize(
    ("code", "right"), [("2345-7", True), ("2345-8", False), ("718-7", True), ("glucose", False), ("23457", False)]
)
def test_codes_that_are_no_loinc_are_dropped(code: str, right: bool) -> None:
    """The check digit decides; the result stays, uncoded and with a reason."""
    result = only({"value": "1", "loinc": code})
    assert result.loinc_code == (code if right else "")
    assert codes(result) == ([] if right else ["code.unknown"])


@pytest.mark.parametrize("code", ["2160-0", "4548-4", "6690-2", "33914-3", "14749-6", "2085-9", "48642-3", "777-3"])
def test_the_check_digit_is_that_of_real_codes(code: str) -> None:
    """Well-known codes pass and each wrong last digit fails."""
    assert values.loinc(code) == code
    body, digit = code.split("-")
    assert not any(values.loinc(f"{body}-{other}") for other in range(10) if other != int(digit))


@pytest.mark.parametrize(
    ("given_time", "kept"),
    [
        ("2026-03", "2026-03"),
        ("2026-03-02", "2026-03-02"),
        ("2026-03-02T08:15:30+01:00", "2026-03-02T08:15"),
        ("2026-03-02 08:15", "2026-03-02T08:15"),
        ("2026-03-02T23:30:00Z", "2026-03-02"),
        ("02/03/2026", ""),
        ("yesterday", ""),
    ],
)
def test_times_keep_their_precision_and_nothing_is_guessed(given_time: str, kept: str) -> None:
    """ISO forms only; UTC is not the printed time; a date with two meanings is no date."""
    assert read({"results": [], "report_date": given_time}).report.reported_at == kept


def test_the_remotes_own_reasons_stay_at_their_result() -> None:
    """Known codes keep their meaning under our numbering; unknown ones are a doubt without a name."""
    told = [{"code": "value.implausible", "field": "results[r99].value"}, {"code": "weird"}]
    result = only({"value": "1", "needs_review": True, "review_reasons": told})
    assert codes(result) == ["value.implausible", "extraction.low_confidence"]
    assert {item.field for item in result.review_reasons} == {"results[r1]"}


def test_unread_lines_are_taken_where_they_are_whole() -> None:
    """A line of the document that the remote says it did not read; one without a place is nothing to look at."""
    whole = {"page": 2, "box": [1, 2.5, 3, 4], "text": "Ferritin 12"}
    odd = [
        {"page": 0, "box": [1, 2, 3, 4], "text": "x"},
        {"page": 1, "box": [1], "text": "x"},
        "x",
        {**whole, "text": 7},
    ]
    report = read({"results": [], "unread": [whole, *odd]})
    assert [(line.page, line.box, line.text) for line in report.unread] == [(2, (1.0, 2.5, 3.0, 4.0), "Ferritin 12")]
    assert [item.code for item in report.review_reasons] == ["extraction.partial"]
    nowhere = read({"results": [], "unread": odd})
    assert (nowhere.unread, [item.code for item in nowhere.review_reasons]) == ((), ["extraction.partial"])
    with pytest.raises(WrongAnswer):
        read({"results": [], "unread": "none"})


def test_a_bundle_beside_the_list_adds_its_unread_lines() -> None:
    """Where an answer holds both, what only the Bundle says was not read still holds the report."""
    lines = [{"url": "page", "valuePositiveInt": 1}, {"url": "text", "valueString": "Ferritin 12"}]
    corners = [{"url": name, "valueDecimal": 1.5} for name in ("x0", "y0", "x1", "y1")]
    extension = {"url": "urn:headrace:fhir:unread", "extension": [*lines, *corners]}
    head = {"resourceType": "DiagnosticReport", "extension": [extension]}
    bundle = {"resourceType": "Bundle", "entry": [{"resource": head}]}
    report = read({"results": [{"name": "Glucose", "value": "5", "confidence": 1}], "fhir_bundle": bundle})
    assert [line.text for line in report.unread] == ["Ferritin 12"]
    assert report.needs_review


def test_provenance_is_taken_where_it_is_whole() -> None:
    """A page and a box of four numbers; anything else is left out without refusing the answer."""
    found = only({"value": "1", "provenance": {"page": 2, "box": [1, 2.5, 3, 4]}}).provenance
    assert found is not None
    assert (found.page, found.box) == (2, (1.0, 2.5, 3.0, 4.0))
    assert only({"value": "1", "provenance": {"page": 0, "box": [1]}}).provenance is None


def test_pages_that_failed_are_told() -> None:
    """A report that misses pages says so as ours does."""
    report = read({"results": [], "pages_failed": [2]})
    assert [item.code for item in report.review_reasons] == ["extraction.partial"]


@pytest.mark.parametrize(
    ("answer", "place"),
    [
        ([], "answer: list instead of an object"),
        ({}, "neither results nor a Bundle"),
        ({"results": {}}, "neither results nor a Bundle"),
        ({"results": [1]}, "results[1]: int instead of an object"),
        ({"results": [{"value": "1"}]}, "results[1]: neither a name nor a code"),
        ({"results": [{"name": "A", "value": {"x": 1}}]}, "results[1].value: dict instead of a text"),
        ({"results": [{"name": "A", "value": True}]}, "results[1].value: bool instead of a text"),
        ({"results": [{"name": "A", "confidence": 7}]}, "results[1].confidence: outside 0 to 1"),
        ({"results": [{"name": "A", "numeric_value": [1]}]}, "results[1].numeric_value: list instead of a number"),
        ({"sections": [{"results": "x"}]}, "sections[1].results: str instead of a list"),
        ({"results": [{"name": "A" * 20_001}]}, "results[1].test_name: 20001 characters"),
        ({"results": [{"name": "A"}] * 5_001}, "results: 5001 items"),
        ({"resourceType": "Bundle", "entry": [{"resource": {}}]}, "entry[1].resource: no resourceType"),
    ],
)
def test_a_wrong_shape_is_named_by_place_and_kind(answer: object, place: str) -> None:
    """An answer of another shape is refused as a whole; the text says where, never what stood there."""
    with pytest.raises(WrongAnswer) as caught:
        read(answer)
    assert place in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-10**6, 10**6) | st.decimals(-1000, 1000, places=2) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["results", "sections", "name", "value", "patient", "id", "confidence", "fhir_bundle", "entry",
                         "resource", "resourceType", "code", "coding", "valueQuantity", "referenceRange", "low", "flag"]),
        inner | st.sampled_from(["Bundle", "Observation", "Patient"]), max_size=5,
    ),
    max_leaves=25,
)  # fmt: skip


@pytest.mark.slow
@given(json_values)
@settings(max_examples=examples(300), deadline=None)
def test_any_json_gives_a_report_or_a_wrong_answer(answer: object) -> None:
    """Nothing a service may send raises anything else, and what is read can be written as JSON."""
    try:
        report = report_of(answer, SHAPES["medextract-guide"], engine="x")
    except WrongAnswer:
        return
    assert report_json.dumps(report_json.to_dict(report))


def observation(number: str, name: str, code: str, **more: Any) -> dict[str, Any]:
    coding = {"system": "http://loinc.org", "code": code, "display": name}
    return {
        "resourceType": "Observation",
        "id": number,
        "status": "final",
        "code": {"text": name, "coding": [coding]},
        **more,
    }


def quantity(value: float, **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL", **more}


GLUCOSE = observation(
    "o1",
    "Glucose",
    "2345-7",
    valueQuantity=quantity(105),
    referenceRange=[{"low": {"value": 70}, "high": {"value": 110}}],
    interpretation=[{"coding": [{"code": "N"}]}],
    extension=[{"url": "https://x.test/StructureDefinition/confidence", "valueDecimal": 0.97}],
    note=[{"text": "fasting"}],
)
PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"value": "MRN-1", "type": {"coding": [{"code": "MR"}]}}],
    "name": [{"family": "Prueba", "given": ["Ana", "María"]}],
    "birthDate": "1968-05-12",
    "gender": "female",
}
REPORT = {
    "resourceType": "DiagnosticReport",
    "status": "final",
    "effectiveDateTime": "2026-01-02T08:00:00+01:00",
    "issued": "2026-01-02T12:00:00+01:00",
    "performer": [{"display": "Laboratorio Norte"}],
    "identifier": [{"value": "ACC-9"}],
}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": item} for item in resources]}


@pytest.mark.parametrize(
    "wrap", [lambda b: b, lambda b: {"fhir_bundle": b}, lambda b: {"results": [], "fhir_bundle": b}]
)
def test_a_bundle_is_read_wherever_it_stands(wrap: Any) -> None:
    """The answer itself, a member of it, or the fuller half of it: patient, lab, times and Observations."""
    report = read(wrap(bundle(PATIENT, REPORT, GLUCOSE)))
    (result,) = report.results
    assert (result.test_name, result.loinc_code, result.value, result.unit, result.unit_ucum) == (
        "Glucose",
        "2345-7",
        "105",
        "mg/dL",
        "mg/dL",
    )
    assert (result.reference_range, result.interpretation, result.confidence) == ("70 - 110", "N", 0.97)
    assert (result.comments, result.status) == (("fasting",), "F")
    assert (report.patient.name, report.patient.sex, report.patient.birth_date) == (
        "Ana María Prueba",
        "F",
        "1968-05-12",
    )
    assert (report.lab.name, report.lab.accession) == ("Laboratorio Norte", "ACC-9")
    assert (report.report.collected_at, report.report.reported_at) == ("2026-01-02T08:00", "2026-01-02T12:00")
    assert not report.needs_review


@pytest.mark.parametrize(
    ("value", "shown", "comparator", "number"),
    [
        ({"valueQuantity": quantity(0.5, comparator="<")}, "<0.5", "<", "0.5"),
        ({"valueString": "Negative"}, "Negative", None, None),
        ({"valueInteger": 12}, "12", None, "12"),
        ({"valueCodeableConcept": {"coding": [{"display": "Escherichia coli"}]}}, "Escherichia coli", None, None),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 80}}}, "1:80", None, None),
        ({"valueRange": {"low": {"value": 3}, "high": {"value": 5}}}, "3-5", None, None),
    ],
)
def test_each_kind_of_value_is_read(
    value: dict[str, Any], shown: str, comparator: str | None, number: str | None
) -> None:
    """Quantities with comparator, texts, integers, concepts, ratios and ranges."""
    (result,) = read(bundle(observation("o", "Test", "2345-7", **value))).results
    assert (result.value, result.comparator) == (shown, comparator)
    assert (None if result.numeric_value is None else str(result.numeric_value)) == number


def test_decimals_of_a_bundle_keep_their_digits() -> None:
    """90.10 stays 90.10."""
    text = json.dumps(bundle(observation("o", "Test", "2345-7", valueQuantity=quantity(0)))).replace(
        '"value": 0', '"value": 90.10'
    )
    report = report_of(json.loads(text, parse_float=Decimal), SHAPES["medextract-guide"], engine="x")
    assert [(item.value, str(item.numeric_value)) for item in report.results] == [("90.10", "90.10")]


def test_components_panels_and_empty_observations() -> None:
    """Components are results of their own, a heading of members is none, an Observation without a value is doubted."""
    parts = observation(
        "o1", "Blood gas", "24336-0", component=[observation("c", "pH", "2744-1", valueQuantity=quantity(7.4))]
    )
    heading = observation("o2", "Panel", "24336-0", hasMember=[{"reference": "x"}])
    empty = observation("o3", "Urea", "3091-6")
    results = read(bundle(parts, heading, empty)).results
    assert [(item.id, item.test_name, item.value) for item in results] == [
        ("r1", "Blood gas, pH", "7.4"),
        ("r2", "Urea", ""),
    ]
    assert [codes(item) for item in results] == [[], ["extraction.low_confidence"]]


def test_two_patients_are_counted() -> None:
    """Two different Patient resources are two patients; the same one twice is one."""
    other = {**PATIENT, "identifier": [{"value": "MRN-2"}]}
    assert read(bundle(PATIENT, PATIENT, GLUCOSE)).patient_count == 1
    assert read(bundle(PATIENT, other, GLUCOSE)).patient_count == 2


def test_list_and_bundle_that_differ_are_doubted() -> None:
    """A value that only one half of the answer tells is not believed on its own."""
    same = {
        "results": [{"name": "Glucose", "value": "105", "confidence": 0.9}],
        "fhir_bundle": bundle(PATIENT, GLUCOSE),
    }
    assert not read(same).needs_review
    assert read(same).patient.family == "Prueba"
    differs = {"results": [{"name": "Glucose", "value": "150", "confidence": 0.9}], "fhir_bundle": bundle(GLUCOSE)}
    report = read(differs)
    assert [codes(item) for item in report.results] == [["extraction.low_confidence"]]
    assert [item.code for item in report.review_reasons] == ["extraction.partial"]
