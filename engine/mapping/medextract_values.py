"""Foreign JSON narrowed to what a report may hold: texts, numbers with their digits, shares, dates, codes.

Nothing is guessed: what has another type makes the answer wrong, what has a form of two meanings stays empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

MAX_TEXT = 20_000
"""Characters of one text; a longer one is no field of a report."""
MAX_ITEMS = 5_000
"""Entries of one list."""

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_PLAIN = re.compile(r"[-+]?\d{1,30}(?:\.\d{1,30})?")
_NUMBER = re.compile(r"^\s*(<=|>=|=<|=>|[<>≤≥])?\s*([-+−]?\d{1,18}(?:[.,]\d{1,18})*)(?![\d.,:/])")
_LOINC = re.compile(r"(\d{1,7})-(\d)")
_DATE = re.compile(r"\d{4}(?:-\d{2}(?:-\d{2})?)?")
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2})(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?")
COMPARATORS: Mapping[str, str] = MappingProxyType(
    {"<": "<", ">": ">", "<=": "<=", ">=": ">=", "=<": "<=", "=>": ">=", "≤": "<=", "≥": ">="}
)
_INTERPRETATIONS: Mapping[str, str] = MappingProxyType(
    {
        **{code.casefold(): code for code in ("N", "H", "L", "HH", "LL", "A", "AA", "S", "I", "R", "POS", "NEG")},
        "normal": "N",
        "high": "H",
        "low": "L",
        "abnormal": "A",
        "critical_high": "HH",
        "critical_low": "LL",
        "critical high": "HH",
        "critical low": "LL",
        "critical": "AA",
        "positive": "POS",
        "negative": "NEG",
        "susceptible": "S",
        "intermediate": "I",
        "resistant": "R",
    }
)
_STATUS: Mapping[str, str] = MappingProxyType(
    {
        **{letter.casefold(): letter for letter in "FPCXI"},
        "final": "F",
        "preliminary": "P",
        "partial": "P",
        "corrected": "C",
        "amended": "C",
        "appended": "C",
        "cancelled": "X",
        "entered-in-error": "X",
        "registered": "I",
        "pending": "I",
    }
)
_SEX: Mapping[str, str] = MappingProxyType(
    {"f": "F", "female": "F", "m": "M", "male": "M", "o": "O", "other": "O", "u": "U", "unknown": "U"}
)


class WrongAnswer(ValueError):
    """The answer does not have the shape it should; the text names the place and the kind, never the content."""


def text(value: object, place: str) -> str:
    """A text field; numbers as their digits, control characters as blanks. Raises WrongAnswer."""
    if value is None:
        return ""
    if isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return format(value, "f") if isinstance(value, Decimal) else str(value)
    if not isinstance(value, str):
        raise WrongAnswer(f"{place}: {type(value).__name__} instead of a text")
    if len(value) > MAX_TEXT:
        raise WrongAnswer(f"{place}: {len(value)} characters")
    return _CONTROLS.sub(" ", value).strip()


def number(value: object, place: str) -> Decimal | None:
    """A number field; a text counts when it is nothing but a plain number. Raises WrongAnswer."""
    if isinstance(value, bool) or not (value is None or isinstance(value, (int, Decimal, str))):
        raise WrongAnswer(f"{place}: {type(value).__name__} instead of a number")
    if isinstance(value, str):
        value = value.strip()
        return Decimal(value) if _PLAIN.fullmatch(value) else None
    return None if value is None else Decimal(value)


def share(value: object, place: str, scale: int = 1) -> float | None:
    """A confidence as 0..1, None when absent; `scale` is 100 for percents. Raises WrongAnswer."""
    found = number(value, place)
    if found is None:
        return None
    if not 0 <= found <= scale:
        raise WrongAnswer(f"{place}: outside 0 to {scale}")
    return float(found / scale)


def mapping(value: object, place: str) -> Mapping[str, object]:
    """A JSON object; absent is empty. Raises WrongAnswer."""
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise WrongAnswer(f"{place}: {type(value).__name__} instead of an object")
    return value


def sequence(value: object, place: str) -> Sequence[object]:
    """A JSON list; absent is empty. Raises WrongAnswer."""
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        raise WrongAnswer(f"{place}: {type(value).__name__} instead of a list")
    if len(value) > MAX_ITEMS:
        raise WrongAnswer(f"{place}: {len(value)} items")
    return value


def date(value: str) -> str:
    """An ISO date in its precision, or empty: `03/02/2024` has two meanings and is not a date here."""
    return value if _DATE.fullmatch(value) else moment(value)[:10]


def moment(value: str) -> str:
    """An ISO time to the minute in its precision, or empty.

    An offset is dropped, since the page prints the lab's local time; a time in UTC is not the printed one, so that
    only its date stays.
    """
    if _DATE.fullmatch(value):
        return value
    found = _TIME.fullmatch(value)
    if found is None:
        return ""
    return f"{found[1]}T{found[2]}" if found[2] and found[3] not in ("Z", "+00:00", "-00:00") else found[1]


def loinc(value: str) -> str:
    """A LOINC code whose check digit is right, or empty.

    Source: LOINC Users' Guide, appendix "Calculating Mod 10 check digits".
    """
    found = _LOINC.fullmatch(value)
    if found is None:
        return ""
    total = 0
    for position, digit in enumerate(reversed(found[1])):
        step = int(digit) * (1 if position % 2 else 2)
        total += step - 9 if step > 9 else step
    return value if -total % 10 == int(found[2]) else ""


def interpretation(value: object) -> str:
    """Table 0078 code of a word or code that is certain, else empty; a bare true is A, a bare false N."""
    if isinstance(value, bool):
        return "A" if value else "N"
    return _INTERPRETATIONS.get(value.strip().casefold(), "") if isinstance(value, str) else ""


def status(value: str) -> str:
    """OBX-11 letter of a status word; final when none is given, preliminary when the word is unknown."""
    return _STATUS.get(value.casefold(), "P") if value else "F"


def report_status(value: str) -> str:
    """Letter of a whole report's status word (F, P, C, X), or the word itself when it is unknown."""
    return _STATUS.get(value.casefold(), value)


def sex(value: str) -> str:
    """F, M, O, U, or empty for any other word: `H` and `V` mean other things in other languages."""
    return _SEX.get(value.casefold(), "")


def printed_number(printed: str, claimed: Decimal | None) -> tuple[str | None, Decimal | None, bool]:
    """Comparator, number with its printed digits, and whether text and claimed number contradict each other.

    A text with one reading is that number. One with two (`1.234`) needs the claimed number, and is left open without.
    """
    found = _NUMBER.match(printed)
    if found is None:
        return None, None, claimed is not None
    comparator = COMPARATORS[found[1]] if found[1] else None
    readings = _readings(found[2].replace("−", "-"))
    if claimed is not None:
        fitting = next((item for item in readings if item == claimed), None)
        return comparator, fitting, fitting is None
    whole = not printed[found.end() :].strip()
    return comparator, readings[0] if whole and len(readings) == 1 else None, len(readings) != 1


def _readings(digits: str) -> tuple[Decimal, ...]:
    """The values a printed number may have."""
    marks = [char for char in digits if char in ".,"]
    if not marks:
        return (Decimal(digits),)
    last = max(digits.rfind("."), digits.rfind(","))
    grouped = Decimal(digits.replace(".", "").replace(",", ""))
    decimal = Decimal(f"{digits[:last].replace('.', '').replace(',', '')}.{digits[last + 1 :]}")
    if len(marks) > 1:
        return (grouped,) if len(set(marks)) == 1 else (decimal,)
    head = digits[:last].lstrip("+-")
    if len(digits) - last - 1 == 3 and len(head) <= 3 and not head.startswith("0"):
        return (decimal, grouped)
    return (decimal,)
