"""When two looks at a recognised number agree, and what is no part of a number."""

from __future__ import annotations

import pytest

from engine.documents.ocr.page import agree, together
from engine.documents.ocr.recognise import Letter
from engine.documents.ocr.words import Line, without_speck, words_of


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("41.8", "41,8", True),
        ("0.20", "0,20", True),
        ("15,7.", "15,7", True),
        ("*3,4", "3,4", True),
        ("1.234", "1,234", False),
        ("3.600", "3,600", False),
        ("12", "1.2", False),
        ("4.8", "4.3", False),
        ("", "4", False),
    ],
)
def test_two_looks_agree_on_digits(one: str, other: str, same: bool) -> None:
    """A decimal sign may be read as point or comma; before three digits it may part thousands, so it has to be the same."""
    assert agree(one, other) is same
    assert agree(other, one) is same


@pytest.mark.parametrize(
    ("printed", "number"),
    [("15,7.", "15,7"), ("<0,05.", "<0,05"), ("1.234.", "1.234."), ("12.", "12."), ("7.1.2", "7.1.2"), ("5.", "5.")],
)
def test_a_point_behind_decimals_is_a_speck(printed: str, number: str) -> None:
    """Only where the number has its decimals; elsewhere the point may stand for digits that were lost."""
    assert without_speck(printed) == number


@pytest.mark.parametrize(
    ("first", "second", "least", "most"),
    [
        (0.7, 0.7, 0.8, 0.85),
        (0.6, 0.6, 0.6, 0.7),
        (0.5, 0.98, 0.95, 0.99),
        (0.95, 0.2, 0.95, 0.95),
        (0.9, 0.99, 0.99, 0.999),
    ],
)
def test_two_looks_together(first: float, second: float, least: float, most: float) -> None:
    """Two doubtful looks stay below the gate, a sure second one lifts the first, and none ever lowers it."""
    assert least <= together(first, second) <= most


def line(text: str) -> Line:
    letters = tuple(Letter(character, 10.0 * at, 0.99) for at, character in enumerate(text))
    return Line(0.0, 10.0, 10.0 * len(text), 20.0, letters)


@pytest.mark.parametrize(
    ("read", "words"),
    [
        ("1,31 . g/L", ["1,31", "g/L"]),
        ('" 152', ["152"]),
        ("31,4· pg", ["31,4", "pg"]),
        ("4 . 8", ["4", ".", "8"]),
        ("3,5 - 5,1", ["3,5", "-", "5,1"]),
        ("Nitrite -", ["Nitrite", "-"]),
        (".", []),
    ],
)
def test_specks_beside_the_print_are_no_words(read: str, words: list[str]) -> None:
    """Points that stand alone are left out, but not between two digits: there they may part one number; dashes stay."""
    assert [word.text for word in words_of(line(read))] == words
