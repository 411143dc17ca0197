"""Numbers, ranges, dates and units as laboratories print them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.extraction.dates import parse_date, vote_order
from engine.extraction.numbers import Vote, parse_number, take_vote
from engine.extraction.packs.load import make_language
from engine.extraction.ranges import pick_range, split_sexes
from engine.extraction.units import fold_unit, make_unit_table, unit_shaped

ENGLISH = make_language({"language": "en", "dates": ["mdy"], "months": {"jan": 1, "january": 1, "march": 3}})
SPANISH = make_language({"language": "es", "dates": ["dmy"], "months": {"ene": 1, "enero": 1, "marzo": 3}})


@pytest.mark.parametrize(
    ("text", "readings"),
    [
        ("7.22", ["7.22"]),
        ("7,22", ["7.22"]),
        ("1.234,5", ["1234.5"]),
        ("1,234.5", ["1234.5"]),
        ("0.123", ["0.123"]),
        ("0,050", ["0.050"]),
        ("1.2345", ["1.2345"]),
        ("1234.567", ["1234.567"]),
        ("12,345,678", ["12345678"]),
        ("2,45,000", ["245000"]),
        ("1 234", ["1234"]),
        ("1’234.5", ["1234.5"]),
        ("-2.3", ["-2.3"]),
        ("−2.3", ["-2.3"]),
        ("+2.1", ["2.1"]),
        (".5", ["0.5"]),
        ("1.234", ["1.234", "1234"]),
        ("250.000", ["250.000", "250000"]),
        ("5,100", ["5.100", "5100"]),
    ],
)
def test_separator_shapes(text: str, readings: list[str]) -> None:
    """The shape of the separators decides; one sign with three digits behind it leaves two readings."""
    number = parse_number(text)
    assert number is not None
    assert [str(item) for item in number.readings] == readings


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "12.03.2024",
        "1,23,45",
        "1.23,45.6",
        "12-16",
        "1:160",
        "5 mg",
        "abc",
        "1,,2",
        "12 34",
        "1.2.3",
        "<",
        "10^3",
    ],
)
def test_no_number(text: str) -> None:
    """Dates, ranges, titres and broken groupings are no numbers."""
    assert parse_number(text) is None


@pytest.mark.parametrize(
    ("text", "comparator", "value"),
    [("<0.5", "<", "0.5"), ("≥ 60", ">=", "60"), ("=<3", "<=", "3"), ("> or = 60", ">=", "60"), ("< = 5", "<=", "5")],
)
def test_comparators(text: str, comparator: str, value: str) -> None:
    """A comparator is kept apart from the number, in ASCII."""
    number = parse_number(text)
    assert number is not None
    assert (number.comparator, str(number.readings[0])) == (comparator, value)


def test_vote_needs_a_clear_majority() -> None:
    """Three numbers must agree and hardly one differ, else the document has no habit; dates do not vote."""
    assert take_vote(["3.5 - 5.1", "7.22"]).decimal == "."
    assert take_vote(["3.5", "5.1"]).decimal == ""
    assert take_vote(["3.5 5.1 7.2 8.1", "3,5 4,4"]).decimal == ""
    assert take_vote(["01.02.24 03.04.24 05.06.24", "1.2.3"]) == Vote(0, 0)


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("3.5 - 5.1", "3.5", "5.1"),
        ("(70 - 110)", "70", "110"),
        ("[3,5 – 5,1]", "3.5", "5.1"),
        ("<200", None, "200"),
        (">= 60", "60", None),
        ("> or = 60", "60", None),
        ("up to 5", None, "5"),
        ("-2 - 3", "-2", "3"),
        ("-2.0 to +3.0", "-2.0", "3.0"),
        ("150 000 - 400 000", "150000", "400000"),
        ("M: 13-18 F: 12-16", "12", "16"),
        ("Male: 13.5-17.5 Female: 12.0-15.5", "12.0", "15.5"),
        ("H: 13,2-17,3 M: 11,7-15,5", "11.7", "15.5"),
        ("V: 13-17 / M: 12-15", "12", "15"),
    ],
)
def test_ranges(text: str, low: str | None, high: str | None) -> None:
    """Every usual form of a range gives its ends; of ranges for each sex the woman's applies to a woman."""
    found, known = pick_range(text, "F", {"up to": "<="})
    assert known
    assert found is not None
    assert found.limits(Vote()) == (Decimal(low) if low else None, Decimal(high) if high else None)


@pytest.mark.parametrize("text", ["Negative", "2024-01-02", "200 100-300", "10 - 5", "see note", "mL/min/1.73 m² >=60"])
def test_no_range(text: str) -> None:
    """Words, dates, a value in front of a range, and ends in the wrong order are no ranges."""
    assert pick_range(text, "F") == (None, False)


def test_sex_is_not_guessed() -> None:
    """A range for each sex gives no ends while the sex is unknown, and M means women beside H."""
    assert pick_range("M: 13-18 F: 12-16", "") == (None, True)
    assert split_sexes("H: 4,2-5,8 M: 3,8-5,2") == {"M": "4,2-5,8", "F": "3,8-5,2"}
    assert split_sexes("M: 4.2-5.8 F: 3.8-5.2") == {"M": "4.2-5.8", "F": "3.8-5.2"}


@pytest.mark.parametrize(
    ("language", "text", "iso", "guessed"),
    [
        ("en", "01/02/2024", "2024-01-02", True),
        ("es", "01/02/2024", "2024-02-01", True),
        ("en", "13/02/2024", "2024-02-13", False),
        ("en", "02/02/2024", "2024-02-02", False),
        ("en", "Jan 5, 2024 8:15 AM", "2024-01-05T08:15", False),
        ("en", "5-Jan-2024 12:05 am", "2024-01-05T00:05", False),
        ("es", "5 de enero de 2024", "2024-01-05", False),
        ("es", "07ENE2025", "2025-01-07", False),
        ("en", "2024-01-02T08:15:00Z", "2024-01-02T08:15:00", False),
        ("en", "20240102", "2024-01-02", False),
        ("en", "10/14/25 1046", "2025-10-14T10:46", True),
        ("en", "01/2024", "2024-01", False),
        ("en", "March 2024", "2024-03", False),
    ],
)
def test_dates(language: str, text: str, iso: str, *, guessed: bool) -> None:
    """Dates keep their printed precision; an exchangeable day and month, or a short year, counts as guessed."""
    found = parse_date(text, {"en": ENGLISH, "es": SPANISH}[language])
    assert found is not None
    assert (found.iso, found.guessed) == (iso, guessed)


@pytest.mark.parametrize(
    "text", ["30/02/2024", "02/30/2023", "12-16", "3.5-5.1", "1.2.3", "99/99/2024", "29/02/2023", "", "2024"]
)
def test_no_dates(text: str) -> None:
    """Impossible days, ranges and bare years are no dates."""
    assert parse_date(text, ENGLISH) is None


def test_document_date_order() -> None:
    """One unmistakable date tells the order of all; contradicting ones tell nothing."""
    assert vote_order(["01/02/2024", "25/02/2024"]) == "dmy"
    assert vote_order(["02/25/2024"]) == "mdy"
    assert vote_order(["25/02/2024", "02/25/2024"]) == ""
    assert parse_date("01/02/2024", ENGLISH, "dmy") is not None


def test_units() -> None:
    """Spellings fold to one UCUM code; letter case counts where it distinguishes units."""
    table = make_unit_table(
        {"10*3/uL": ["K/uL"], "mg/dL": [], "m[IU]/L": ["mIU/L", "mU/L"], "M[IU]/L": ["MU/L"], "umol/L": []}
    )
    for printed in ("10^3/uL", "x10^3/µL", "X10E3/uL", "10³/μL", "x 10 3/uL", "K/uL", "k/ul"):
        assert table.ucum(printed) == "10*3/uL", printed
    assert table.ucum("MG/DL") == "mg/dL"
    assert table.ucum("mU/L") == "m[IU]/L"
    assert table.ucum("MU/L") == "M[IU]/L"
    assert table.ucum("MU/l") == ""
    assert table.ucum("furlongs") == ""
    assert fold_unit("µmol / L") == "umol/L"
    assert unit_shaped("ng/mL FEU")
    assert not unit_shaped("Albumin/Creatinine ratio in a long name")
