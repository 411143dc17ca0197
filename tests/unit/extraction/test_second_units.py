"""One result printed in two units: both are kept as printed, and held where they do not agree."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

import pytest

from engine.documents.opening import open_pages
from engine.domain.report import LabReport
from engine.extraction.agreement import line_between
from engine.extraction.packs import Packs, load_packs
from engine.extraction.reader import read_report

HEAD = "Patient: DOE, JANE          DOB: 14/03/1970\n\nTest                     Result    Units      Reference Range\n"


@cache
def packs() -> Packs:
    return load_packs()


def read(first: tuple[str, ...], second: tuple[str, ...]) -> LabReport:
    lines = [f"{name:<25}{value:<10}{unit:<11}{span}" for name, value, unit, span in (first, ("", *second))]
    return read_report(open_pages((HEAD + "\n".join(lines) + "\n").encode()), packs(), sha256="0" * 64)


PAIRS = [
    (("Glucose", "95", "mg/dL", "70 - 99"), ("5.27", "mmol/L", "3.9 - 5.5")),
    (("Creatinine", "0.88", "mg/dL", "0.50 - 0.90"), ("78", "umol/L", "44 - 80")),
    (("Triglycerides", "150", "mg/dL", "< 150"), ("1.71", "mmol/L", "< 1.71")),
    (("Hemoglobin A1c", "6.5", "%", "4.0 - 6.0"), ("48", "mmol/mol", "20 - 42")),
    (("Hemoglobin A1c", "48", "mmol/mol", "20 - 42"), ("6.5", "%", "4.0 - 6.0")),
    (("Hematocrit", "43.1", "%", "36 - 46"), ("0.431", "L/L", "0.36 - 0.46")),
    (("Iron", "95", "ug/dL", "50 - 170"), ("17.0", "umol/L", "9 - 30")),
]  # fmt: skip


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_units_that_agree_are_two_results(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    """Each as printed with its own code; neither waits for anything."""
    one, other = read(first, second).results
    assert (one.value, other.value) == (first[1], second[0])
    assert one.test_name == other.test_name == first[0]
    assert one.loinc_code
    assert other.loinc_code
    assert not one.needs_review
    assert not other.needs_review


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_two_units_that_differ_are_held(first: tuple[str, ...], second: tuple[str, ...]) -> None:
    """A value a fifth off is that of another line or misprinted: both wait."""
    odd = (str(Decimal(second[0]) * Decimal("1.2")), *second[1:])
    report = read(first, odd)
    assert [one.needs_review for one in report.results] == [True, True]
    assert all("do not agree" in " ".join(item.text for item in one.review_reasons) for one in report.results)


def test_two_units_that_nobody_can_compare() -> None:
    """No molar mass, no factor: the second one is kept and held."""
    one, other = read(("Lipoprotein (a)", "30", "mg/dL", "< 30"), ("72", "nmol/L", "< 75")).results
    assert (one.value, other.value) == ("30", "72")
    assert not one.needs_review
    assert "could not be compared" in " ".join(item.text for item in other.review_reasons)


@pytest.mark.parametrize(
    ("analyte", "unit", "other", "value", "wanted"),
    [("glucose", "mg/dL", "mmol/L", "100", "5.55"), ("creatinine", "umol/L", "mg/dL", "88.4", "1.00"), ("alt", "U/L", "ukat/L", "60", "1.00"),
     ("hemoglobin", "g/dL", "g/L", "13.5", "135"), ("pco2", "mm[Hg]", "kPa", "40", "5.33"), ("wbc", "10*3/uL", "10*9/L", "7.1", "7.1")],
)  # fmt: skip
def test_how_units_compare(analyte: str, unit: str, other: str, value: str, wanted: str) -> None:
    """Prefixes, moles, katals, pressures and counts."""
    known = packs().analytes
    times, plus = line_between(unit, other, known.get(analyte) or known["glucose"]) or (Decimal(0), Decimal(0))
    assert (Decimal(value) * times + plus).quantize(Decimal(wanted)) == Decimal(wanted)
