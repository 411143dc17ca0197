"""Whether the document shows what the remote says."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.report import LabReport, Result, Section
from engine.extraction.units import make_unit_table
from engine.plugins.extractors.medextract.evidence import DocumentText, compare, completed, without_misfits

ROWS = (
    "Clínica Norte  page 3 of 9  02/01/2026 08:15",
    "Glucosa   105   mg/dL   70 - 110",
    "Creatinina   0,90   mg/dL   0,6-1,2",
    "Ferritina   <0.5   ng/mL   30 – 400",
    "Leucocitos   *7.2   x10^3/uL   4.0 - 10.0",
    "T4 libre   1.1   ng/dL",
    "Nitritos   Negativo",
    "Proteínas   ++",
    "Base excess   -2.5   mmol/L   -2 - 3",
    "ANA   1:80",
)
PAGE = DocumentText(pages=(ROWS,))


def numeric(value: str, number: int = 1, comparator: str | None = None, **more: Any) -> Result:
    shown = f"{comparator or ''}{value}"
    return Result(
        id=f"r{number}",
        test_name="X",
        value=shown,
        comparator=comparator,
        numeric_value=Decimal(value),
        confidence=1.0,
        **more,
    )


def words(value: str) -> Result:
    return Result(id="r1", test_name="X", value=value, confidence=1.0)


def report(*results: Result) -> LabReport:
    return LabReport(sections=(Section(name="", results=results),))


def codes(*results: Result, text: DocumentText = PAGE, trust: bool = False) -> list[list[str]]:
    compared = compare(report(*results), text, trust_without_text=trust)
    return [[item.code for item in result.review_reasons] for result in compared.results]


@pytest.mark.parametrize(
    "result",
    [
        numeric("105"), numeric("105.0"), numeric("0.9"), numeric("0.5", comparator="<"), numeric("7.2"), numeric("-2.5"),
        words("Negativo"), words("negativo"), words("++"), words("1:80"),
    ],
)  # fmt: skip
def test_what_the_page_shows_passes(result: Result) -> None:
    """Numbers by value whatever their decimal sign, comparators, marks, signs, words and titres."""
    assert codes(result) == [[]]


@pytest.mark.parametrize(
    "result",
    [
        numeric("150"), numeric("10.5"), numeric("0.5"), numeric("0.9", comparator="<"), numeric("2.5"),
        numeric("70"), numeric("110"), numeric("1.2"), numeric("400"),
        numeric("2026"), numeric("15"), numeric("4"), numeric("10"), numeric("80"),
        words("Positivo"), words("+++"), words("Neg"), words("1:160"),
    ],
)  # fmt: skip
def test_what_it_does_not_show_is_held(result: Result) -> None:
    """Other numbers, lost signs and comparators, and what stands only in a range, date, time, name or unit."""
    assert codes(result) == [["value.not_in_document"]]


def test_a_value_claimed_too_often_is_held_everywhere() -> None:
    """Two results cannot both have the one 105 that is printed."""
    assert codes(numeric("105", 1), numeric("105", 2)) == [["value.not_in_document"]] * 2
    twice = DocumentText(pages=(("A   105", "B   105"),))
    assert codes(numeric("105", 1), numeric("105", 2), text=twice) == [[], []]


def test_a_number_with_two_readings_is_ambiguous() -> None:
    """`1.234` alone on the page proves neither reading; the document's habit decides where it has one."""
    unsure = DocumentText(pages=(("Plaquetas   1.234",),))
    assert codes(numeric("1.234"), text=unsure) == [["value.ambiguous"]]
    assert codes(numeric("1234"), text=unsure) == [["value.ambiguous"]]
    commas = DocumentText(pages=(("Plaquetas   1.234", "A   0,5", "B   1,25", "C   7,1"),))
    assert codes(numeric("1234"), text=commas) == [[]]
    assert codes(numeric("1.234"), text=commas) == [["value.not_in_document"]]


def test_the_pages_digits_replace_the_remotes() -> None:
    """A remote that drops zeros does not change what is printed."""
    compared = compare(report(numeric("0.9"), words("Negativo")), PAGE, trust_without_text=False)
    assert [(item.value, str(item.numeric_value)) for item in compared.results] == [
        ("0,90", "0.90"),
        ("Negativo", "None"),
    ]
    glued = Result(id="r1", test_name="X", value="0,9 mg/dL", numeric_value=Decimal("0.9"))
    assert compare(report(glued), PAGE, trust_without_text=False).results[0].value == "0,9 mg/dL"


@pytest.mark.parametrize("text", [DocumentText(), DocumentText(pages=((),)), DocumentText(pages=(ROWS, ()))])
def test_pages_without_text_hold_or_warn(text: DocumentText) -> None:
    """A scan cannot be looked up: its values are held and the report says why; a site may trust the service instead."""
    held = compare(report(numeric("999")), text, trust_without_text=False)
    assert [item.code for item in held.all_reasons] == ["value.not_in_document"]
    assert "no text" in held.all_reasons[0].text
    assert held.needs_review
    assert len(held.warnings) == 1
    trusted = compare(report(numeric("999")), text, trust_without_text=True)
    assert trusted.all_reasons == ()
    assert len(trusted.warnings) == 1


def test_trust_does_not_reach_pages_with_text() -> None:
    """Where every page has text, a missing value is held whatever the site trusts."""
    assert codes(numeric("999"), trust=True) == [["value.not_in_document"]]


def test_a_result_without_value_is_left_alone() -> None:
    """There is nothing to look up; the mapping has spoken about it already."""
    assert codes(words("")) == [[]]


def test_units_and_range_ends_are_completed() -> None:
    """UCUM by our table and the ends of a printed range, only where the remote left them out."""
    table = make_unit_table({"mg/dL": ["mg/dl"]})
    made = completed(report(numeric("105", unit="mg/dl", reference_range="70 - 110")), PAGE, table).results[0]
    assert (made.unit_ucum, made.reference_low, made.reference_high) == ("mg/dL", Decimal(70), Decimal(110))
    given = numeric("105", unit="mg/dl", unit_ucum="g/L", reference_range="70 - 110", reference_high=Decimal(100))
    kept = completed(report(given), PAGE, table).results[0]
    assert (kept.unit_ucum, kept.reference_low, kept.reference_high) == ("g/L", None, Decimal(100))


@pytest.mark.parametrize(
    ("code", "unit", "kept"),
    [("2345-7", "mg/dL", True), ("2345-7", "mmol/L", False), ("3091-6", "mmol/L", True), ("2345-7", "", True)],
)
def test_a_code_that_does_not_fit_the_unit_is_dropped(code: str, unit: str, kept: bool) -> None:
    """A known code outside its units is no code but a reason; unknown codes and units are left."""
    made = without_misfits(
        report(numeric("1", loinc_code=code, unit_ucum=unit)), {"2345-7": frozenset({"mg/dL"})}
    ).results[0]
    assert made.loinc_code == (code if kept else "")
    assert [item.code for item in made.review_reasons] == ([] if kept else ["unit.mismatch"])
    assert made.needs_review is not kept


def test_a_value_of_another_row_is_held() -> None:
    """Where the page has the test's name, the value must stand near it; a name it does not have is looked up anywhere."""
    pages = DocumentText(pages=(("Glucosa basal", "  105   mg/dL", "Urea   33", "Calcio   9.1", "Fosfato   3.4"),))
    named = [numeric(value, number) for number, value in enumerate(("105", "3.4", "3.4"), start=1)]
    for name, result, expected in (
        ("Glucosa basal", named[0], []),
        ("glucosa", named[1], ["value.not_in_document"]),
        ("Phosphate", named[2], []),
    ):
        assert codes(replace(result, test_name=name), text=pages) == [expected]


def test_a_range_can_be_the_value() -> None:
    """Microscopy counts are printed as ranges and looked up as words, a unit beside them or not."""
    page = DocumentText(pages=(("Leucocitos en sedimento   * 11-20   /hpf   [0-5]",),))
    assert codes(words("11-20"), text=page) == [[]]
    assert codes(words("11-25"), text=page) == [["value.not_in_document"]]
