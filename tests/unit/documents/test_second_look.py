"""When two looks at a recognised number agree, and what is no part of a number."""

from __future__ import annotations

import pytest

from engine.documents.ocr.page import agree
from engine.documents.ocr.words import without_speck


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
