"""Two readings of one document: agreement is silent, every difference waits for a person at its place."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.readings import seconded
from engine.domain.reasons import reason
from engine.domain.report import LabReport, PrintedIdentifier, ReportPatient, Result, Section

PATIENT = ReportPatient(
    name="Prueba, Ana", birth_date="1968-05-12", sex="F", identifiers=(PrintedIdentifier(value="MRN 1"),)
)


def _row(number: int, name: str, value: str, unit: str = "mg/dL", loinc: str = "", **more: Any) -> Result:
    digits = value.lstrip("<>").replace(",", ".")
    numeric = Decimal(digits) if digits.replace(".", "").isdigit() else None
    base = Result(id=f"r{number}", test_name=name, value=value, numeric_value=numeric, unit=unit, loinc_code=loinc)
    return replace(base, **more)


GLUCOSE = _row(1, "Glucosa basal", "105", loinc="2345-7", unit_ucum="mg/dL")
UREA = _row(2, "Urea", "40", loinc="3091-6", unit_ucum="mg/dL")
HIV = _row(3, "HIV", "Negativo", unit="")


def _report(*rows: Result, **more: Any) -> LabReport:
    return LabReport(patient=PATIENT, sections=(Section(name="", results=rows),), **more)


def _told(report: LabReport) -> list[tuple[str, str]]:
    return [(item.code, item.field) for item in report.all_reasons]


def test_agreement_is_silent() -> None:
    """Other ids, another order, digits, case and blanks, and what one leaves empty are no difference."""
    second = _report(
        replace(HIV, id="x1", value="NEGATIVO "),
        replace(UREA, id="x2", unit_ucum="", loinc_code="", numeric_value=Decimal("40.0"), value="40.0"),
        replace(GLUCOSE, id="x3", test_name="GLUCOSA  BASAL"),
        engine="other",
    )
    both = seconded(_report(GLUCOSE, UREA, HIV), second)
    assert _told(both) == []
    assert not both.needs_review


@pytest.mark.parametrize(
    ("other", "field"),
    [
        (replace(GLUCOSE, value="150", numeric_value=Decimal(150)), "value"),
        (replace(GLUCOSE, value="<105", comparator="<"), "value"),
        (replace(GLUCOSE, value="alto", numeric_value=None), "value"),
        (replace(GLUCOSE, unit_ucum="mmol/L", unit="mmol/L"), "unit"),
        (replace(GLUCOSE, loinc_code="2339-0"), "loinc_code"),
        (replace(GLUCOSE, test_name="Glucose", loinc_code="2339-0"), "loinc_code"),
    ],
)
def test_a_difference_waits_at_its_place(other: Result, field: str) -> None:
    """Value, comparator, unit and code; the other results carry nothing."""
    both = seconded(_report(GLUCOSE, UREA), _report(other, UREA))
    assert _told(both) == [("cross_check.disagrees", f"results[r1].{field}")]
    assert [item.needs_review for item in both.results] == [True, False]
    assert both.needs_review


def test_a_result_of_one_reader_only() -> None:
    """What the second does not see is not in the document; what the first does not see makes it partial."""
    assert _told(seconded(_report(GLUCOSE, UREA), _report(GLUCOSE))) == [("value.not_in_document", "results[r2].value")]
    assert _told(seconded(_report(GLUCOSE), _report(GLUCOSE, UREA))) == [("extraction.partial", "")]


def test_printed_units_are_compared_where_no_code_is_known() -> None:
    """Two unknown units that differ are a difference; a known one against a printed one cannot be told."""
    first, other = _row(1, "X", "5", unit="U/mL"), _row(1, "X", "5", unit="kU/mL")
    assert _told(seconded(_report(first), _report(other))) == [("cross_check.disagrees", "results[r1].unit")]
    assert _told(seconded(_report(first), _report(replace(other, unit_ucum="k[IU]/mL")))) == []


def test_the_same_test_twice_is_paired_by_value() -> None:
    """A repeated test is no difference in whatever order it comes."""
    one, two = _row(1, "Glucosa", "105"), _row(2, "Glucosa", "140")
    assert _told(seconded(_report(one, two), _report(replace(two, id="a"), replace(one, id="b")))) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "Prueba, Eva"}, "name"),
        ({"birth_date": "1968-05-13"}, "birth_date"),
        ({"sex": "M"}, "sex"),
        ({"identifiers": (PrintedIdentifier(value="MRN-7"),)}, "identifiers"),
    ],
)
def test_another_patient_waits(change: dict[str, Any], field: str) -> None:
    """Two readings that do not name the same person hold the message."""
    other = replace(_report(GLUCOSE), patient=replace(PATIENT, **change))
    assert _told(seconded(_report(GLUCOSE), other)) == [("cross_check.disagrees", f"patient.{field}")]


def test_a_patient_told_in_other_words_is_the_same() -> None:
    """A shorter name, a number written otherwise, and what one leaves empty speak against nothing."""
    patient = ReportPatient(name="ANA PRUEBA GARCIA", identifiers=(PrintedIdentifier(value="mrn-1"),))
    assert _told(seconded(_report(GLUCOSE), replace(_report(GLUCOSE), patient=patient))) == []


def test_a_second_reading_without_results_speaks_by_its_reasons() -> None:
    """A service that failed keeps the reading back, not each of its values."""
    failed = LabReport(review_reasons=(reason("extraction.remote_failed"),))
    both = seconded(_report(GLUCOSE), failed)
    assert _told(both) == [("extraction.remote_failed", "")]
    assert both.needs_review


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 3), st.sampled_from(["mg/dL", "g/L"])), max_size=8))
def test_a_reading_agrees_with_itself(rows: list[tuple[str, int, str]]) -> None:
    """Whatever repeats in a report, reading it twice the same way raises nothing, in any order."""
    results = [_row(at, name, str(value), unit) for at, (name, value, unit) in enumerate(rows)]
    backwards = [replace(item, id=f"x{item.id}") for item in reversed(results)]
    assert _told(seconded(_report(*results), _report(*backwards))) == []
