"""Reports that are no tables of chemistry, read as a careful person would."""

from __future__ import annotations

import pytest

from engine.documents.opening import open_pages
from engine.domain.report import LabReport
from engine.extraction.conditions import Person, conditional_ranges, range_of
from engine.extraction.packs import load_packs
from engine.extraction.reader import read_report
from tests.generators.special import SPECIALS

NAMES = sorted(SPECIALS)


def reading(name: str) -> LabReport:
    """One of the special documents, read."""
    return read_report(open_pages(SPECIALS[name].pdf()), load_packs(), sha256="0" * 64)


@pytest.mark.parametrize("name", NAMES)
def test_rows_are_read_as_printed(name: str) -> None:
    """Name, value and unit of every row of the page are found as printed."""
    found = {(item.test_name, item.value, item.unit) for item in reading(name).results}
    assert set(SPECIALS[name].rows) <= found


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_result_is_never_released_as_one(name: str) -> None:
    """MICs, sizes of specimens, limits of risk tables and figures of remarks never become results on their own."""
    silent = [item.value for item in reading(name).results if not item.needs_review]
    assert not set(SPECIALS[name].never) & set(silent)


@pytest.mark.parametrize("name", NAMES)
def test_prose_is_kept_as_text(name: str) -> None:
    """Organisms, grids and diagnoses stand inside a text result, word for word."""
    texts = [item.value for item in reading(name).results if item.value_type == "TX"]
    assert [text for text in SPECIALS[name].texts if not any(text in kept for kept in texts)] == []


@pytest.mark.parametrize("name", NAMES)
def test_the_range_is_the_patients_own(name: str) -> None:
    """Of several printed ranges the one of the patient's sex and age gives the limits, and all stay in the text."""
    found = {item.test_name: item for item in reading(name).results}
    for test, low, high in SPECIALS[name].ranges:
        assert (str(found[test].reference_low or ""), str(found[test].reference_high or "")) == (low, high)


def test_empty_cells_of_a_susceptibility_grid_are_written_out() -> None:
    """Ampicillin was tested on the second organism only; the first one's empty cells say so."""
    text = next(item.value for item in reading("culture_es").results if item.value_type == "TX")
    assert "Ampicilina | - | - | <=2 | S" in text.split("\n")
    assert "Oxacilina | 0,5 | S | - | -" in text.split("\n")


@pytest.mark.parametrize(
    ("text", "person", "raw"),
    [
        ("< 18 y: 100 - 390 18 - 60 y: 35 - 105 > 60 y: 40 - 130", Person("F", 64), "40"),
        ("< 18 y: 100 - 390 18 - 60 y: 35 - 105 > 60 y: 40 - 130", Person("", 60), "35"),
        ("< 18 y: 100 - 390 18 - 60 y: 35 - 105 > 60 y: 40 - 130", Person("F"), ""),
        ("H > 18 años: 13,5 - 17,5; M > 18 años: 12 - 16", Person("F", 40), "12"),
        ("Männer 18 - 60 J.: 3 - 5; Frauen 18 - 60 J.: 2 - 4", Person("M", 30), "3"),
        ("Men 18 - 60 y: 3 - 5; Men 50 - 90 y: 4 - 6", Person("M", 55), ""),
        ("0 - 12 months: 3.0 - 8.0, 1 - 17 years: 2.0 - 6.0, Adults: 2.5 - 7.0", Person("F", 50), "2.5"),
        ("Desirable: 100 - 200", Person("F", 50), ""),
    ],
)
def test_conditions_of_ranges(text: str, person: Person, raw: str) -> None:
    """Sex and age pick a range; where several may apply, or a word is not understood, none does."""
    span = range_of(conditional_ranges(text), person)
    assert (span.low.raw if span and span.low else "") == raw


@pytest.mark.parametrize("name", ["bloodgas_en", "bloodgas_de"])
def test_whole_blood_gets_no_code_of_serum(name: str) -> None:
    """Under the heading of a blood gas sodium is that of whole blood; no code of serum or plasma is given."""
    found = reading(name).results
    assert [item.loinc_name for item in found if "Serum" in item.loinc_name or "Plasma" in item.loinc_name] == []
    assert sum(bool(item.loinc_code) for item in found) >= len(found) - 1


def test_rows_under_a_departments_name_stay_rows() -> None:
    """`Microbiology` heads serology too: what stands under it is not swallowed as prose."""
    lines = "Patient: Doe, Jane   DOB: 01/02/1970   Sex: F\n\nMicrobiology\nHepatitis B Surface Antigen     Negative\n"
    report = read_report(open_pages(lines.encode()), load_packs(), sha256="0" * 64)
    assert [(item.test_name, item.value) for item in report.results] == [("Hepatitis B Surface Antigen", "Negative")]
