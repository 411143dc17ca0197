"""Printed dates in local orders to ISO text in the precision given; an order that cannot be known counts as guessed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from engine.extraction.folding import plain
from engine.extraction.packs.model import Language

_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_NUMERIC = re.compile(r"^(\d{1,4})([/.\-])(\d{1,2})\2(\d{1,4})$")
_WORDY = re.compile(
    r"^(\d{1,2})(?:st|nd|rd|th|º)?[\s./-]*(?:de\s+)?([^\W\d_]{3,12})\.?[\s.,/-]*(?:del?\s+)?(\d{4}|\d{2})$"
)
_WORDY_US = re.compile(r"^([^\W\d_]{3,12})\.?\s*(\d{1,2})(?:st|nd|rd|th)?\s*,?\s*(\d{4})$")
_WORDY_ISO = re.compile(r"^(\d{4})[\s./-]([^\W\d_]{3,12})\.?[\s./-](\d{1,2})$")
_MONTH_YEAR = re.compile(r"^(?:([^\W\d_]{3,12})\.?\s*(?:de\s+|del\s+)?|(\d{1,2})[/-])(\d{4})$")
_COMPACT = re.compile(r"^((?:19|20)\d{2})(\d{2})(\d{2})$")
_TIME = re.compile(
    r"^(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?\s*(a\.?\s?m\.?|p\.?\s?m\.?|h|hrs?|horas)?\.?(?:\s*(?:UTC|GMT|[ECMP][SD]T|CET|CEST|Z))?$",
    re.IGNORECASE,
)
_DATE_TIME = re.compile(
    r"^(.*?\d)(?:\s*[T,]\s*|\s+(?:at\s+|a las\s+|à\s+|às\s+|alle\s+|ore\s+|um\s+|-\s+)?)"
    r"(\d{1,2}[:.h]\d{2}.*|\d{4}(?:\s?(?:h|hrs?|horas))?)$"
)
_ISO_OFFSET = re.compile(r"(?:(?<=:\d\d)|(?<=\.\d{3})|(?<=T\d{4}))(?:Z|[+-]\d{2}:?\d{2})$")


@dataclass(frozen=True, slots=True)
class PrintedDate:
    """A date as ISO text; `guessed` when day and month could be exchanged or the century was chosen."""

    iso: str
    guessed: bool = False


def looks_like_date(text: str, language: Language) -> bool:
    """Whether a text has the form of a full date, with or without a time."""
    if len(text) < 6 or (not text[-1].isalnum() and text[-1] not in ".)"):
        return False
    return parse_date(text, language) is not None


def parse_date(text: str, language: Language, order: str = "") -> PrintedDate | None:
    """Read a printed date.

    Args:
        text: one date, with or without a time of day.
        language: for month names and the usual order of numeric dates.
        order: `dmy` or `mdy` where the document shows its own order, else empty.
    """
    if not any(map(str.isdecimal, text)):
        return None
    body = _ISO_OFFSET.sub("", text.strip().strip("()[]").rstrip(".,;"))
    clock = ""
    match = _DATE_TIME.match(body)
    if match:
        clock = _time(match.group(2).strip()) or ""
        if not clock:
            return None
        body = match.group(1)
    date = _date(body.strip(), language, order)
    if date is None or not clock:
        return date
    return PrintedDate(f"{date.iso}T{clock}", date.guessed) if len(date.iso) == 10 else None


def _time(text: str) -> str | None:
    if text[:4].isdigit():
        text = f"{text[:2]}:{text[2:]}"
    match = _TIME.match(text)
    if not match:
        return None
    hour, minute = int(match.group(1)), int(match.group(2))
    half = (match.group(4) or "").lower()[:1]
    if half in ("a", "p"):
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59:
        return None
    seconds = f":{match.group(3)}" if match.group(3) else ""
    return f"{hour:02d}:{minute:02d}{seconds}"


def _date(text: str, language: Language, order: str) -> PrintedDate | None:
    match = _NUMERIC.match(text)
    if match:
        return _numeric(match.group(1), match.group(3), match.group(4), order or language.dates[0])
    match = _COMPACT.match(text)
    if match:
        return _iso(int(match.group(1)), int(match.group(2)), int(match.group(3)))
    return _worded(text, language)


def _worded(text: str, language: Language) -> PrintedDate | None:
    months = language.months
    match = _WORDY.match(text)
    if match and plain(match.group(2)) in months:
        year, guessed = _year(match.group(3))
        return _iso(year, months[plain(match.group(2))], int(match.group(1)), guessed=guessed)
    match = _WORDY_US.match(text)
    if match and plain(match.group(1)) in months:
        return _iso(int(match.group(3)), months[plain(match.group(1))], int(match.group(2)))
    match = _WORDY_ISO.match(text)
    if match and plain(match.group(2)) in months:
        return _iso(int(match.group(1)), months[plain(match.group(2))], int(match.group(3)))
    match = _MONTH_YEAR.match(text)
    if match:
        month = months.get(plain(match.group(1)), 0) if match.group(1) else int(match.group(2))
        return PrintedDate(f"{match.group(3)}-{month:02d}") if 1 <= month <= 12 and _century(match.group(3)) else None
    return None


def _century(year: str) -> bool:
    return "1850" <= year <= "2100"


def _numeric(first: str, second: str, third: str, order: str) -> PrintedDate | None:
    if len(first) == 4:
        return _iso(int(first), int(second), int(third))
    if len(first) > 2 or len(third) not in (2, 4):
        return None
    year, guessed = _year(third)
    a, b = int(first), int(second)
    if a > 12:
        return _iso(year, b, a, guessed=guessed)
    if b > 12:
        return _iso(year, a, b, guessed=guessed)
    day, month = (b, a) if order == "mdy" else (a, b)
    return _iso(year, month, day, guessed=guessed or a != b)


def _year(text: str) -> tuple[int, bool]:
    if len(text) == 4:
        return int(text), False
    short = int(text)
    return (2000 if short < 40 else 1900) + short, True


def _iso(year: int, month: int, day: int, *, guessed: bool = False) -> PrintedDate | None:
    if not (1850 <= year <= 2100 and 1 <= month <= 12 and 1 <= day <= _DAYS[month - 1]):
        return None
    if month == 2 and day == 29 and (year % 4 or (year % 100 == 0 and year % 400)):
        return None
    return PrintedDate(f"{year:04d}-{month:02d}-{day:02d}", guessed)


_ANY = re.compile(r"(?<![\d/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?![\d/-]|\.\d)")


def vote_order(texts: list[str]) -> str:
    """The document's own order of numeric dates: `dmy` or `mdy` where dates with a day over 12 agree, else empty."""
    days_first = months_first = 0
    for text in texts:
        for match in _ANY.finditer(text):
            a, b = int(match.group(1)), int(match.group(3))
            days_first += a > 12 and b <= 12
            months_first += b > 12 and a <= 12
    if days_first and not months_first:
        return "dmy"
    return "mdy" if months_first and not days_first else ""


def order_by_words(texts: Sequence[str], language: Language) -> str:
    """The date order in which a day printed in numbers is one that is printed with its month's name too, else empty.

    `10/02/2025` beside `10-Feb-2025` is the tenth of February.
    """
    named = {found.iso for text in texts for found in _named(text, language) if len(found.iso) == 10}
    orders = set()
    for text in texts if named else ():
        for match in _ANY.finditer(text):
            a, b, year = int(match.group(1)), int(match.group(3)), _year(match.group(4))[0]
            for order, month, day in (("dmy", b, a), ("mdy", a, b)):
                date_ = _iso(year, month, day)
                if a != b and date_ is not None and date_.iso in named:
                    orders.add(order)
    return orders.pop() if len(orders) == 1 else ""


def _named(text: str, language: Language) -> Iterator[PrintedDate]:
    """The dates of a text whose month is a word."""
    words = [word.strip(",;()") for word in text.split()]
    for start in range(len(words)):
        for size in range(1, 4):
            found = _worded(" ".join(words[start : start + size]), language)
            if found is not None:
                yield found


_SOON = 14


def order_by_span(first: Sequence[str], last: Sequence[str], language: Language) -> str:
    """The date order that makes a report follow its specimen within two weeks, where only one order does.

    Args:
        first: printed times of collection or receipt.
        last: printed times of the report.
        language: for `parse_date`.

    Returns:
        `dmy`, `mdy`, or empty when both orders or none would do.
    """
    fitting = [order for order in ("dmy", "mdy") if _soon(first, last, language, order)]
    return fitting[0] if len(fitting) == 1 else ""


def _soon(first: Sequence[str], last: Sequence[str], language: Language, order: str) -> bool:
    start = [found.iso for text in first if (found := parse_date(text, language, order)) and len(found.iso) >= 10]
    end = [found.iso for text in last if (found := parse_date(text, language, order)) and len(found.iso) >= 10]
    if not start or not end:
        return False
    return 0 <= (date.fromisoformat(end[0][:10]) - date.fromisoformat(start[0][:10])).days <= _SOON
