"""Reading printed numbers: the shape of the separators first, then the document's habit, then the row's own range.

This is the most dangerous part of the reader: a dot taken for a thousands sign turns 7.22 into 722. Nothing here uses
binary floating point, the printed digits are kept, and a sign is never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

COMPARATORS = {
    "<": "<",
    ">": ">",
    "<=": "<=",
    ">=": ">=",
    "=<": "<=",
    "=>": ">=",
    "≤": "<=",
    "≥": ">=",
    "⩽": "<=",
    "⩾": ">=",
}
_LEAD = re.compile(r"^(<\s?=|>\s?=|=\s?<|=\s?>|[<>≤≥⩽⩾])\s*")
_OR_EQUAL = re.compile(r"^([<>])\s*(?:or|o)\s*=\s*", re.IGNORECASE)
_BODY = re.compile(r"^([-+−])?(\d+(?:[.,]\d+)*|[.,]\d+)$")
_SPACED = re.compile(r"^([-+−])?(\d{1,3}(?:[ '’\u00a0\u202f]\d{3})+(?:[.,]\d+)?)$")
_SURE = re.compile(r"(?<![\d.,/:])(?:\d+([.,])\d{1,2}|0([.,])\d+)(?![\d.,/:]|-\d\d-)")
_BOTH = re.compile(r"(?<![\d.,])\d{1,3}(?:([.,])\d{3})+([.,])\d+(?![\d.,])")


@dataclass(frozen=True, slots=True)
class Vote:
    """How many numbers of the document surely use a dot, and a comma, as decimal sign."""

    dot: int = 0
    comma: int = 0

    @property
    def decimal(self) -> str:
        """The document's decimal sign when at least three numbers agree and hardly any differs, else empty."""
        most, least = max(self.dot, self.comma), min(self.dot, self.comma)
        if most < 3 or least * 10 > most:
            return ""
        return "." if self.dot > self.comma else ","


@dataclass(frozen=True, slots=True)
class Number:
    """A number as printed.

    Attributes:
        raw: the printed characters.
        comparator: `<`, `>`, `<=`, `>=` or empty.
        readings: the possible values, one when the shape decides; `[as decimal, as thousands]` when it does not.
        spaced: groups are parted by blanks or apostrophes.
    """

    raw: str
    comparator: str
    readings: tuple[Decimal, ...]
    spaced: bool = False

    @property
    def sure(self) -> bool:
        """Whether the shape alone decides."""
        return len(self.readings) == 1

    def resolve(self, vote: Vote) -> Decimal | None:
        """The value, asking the document's habit where the shape leaves two readings; None when still open."""
        if self.sure:
            return self.readings[0]
        decimal = vote.decimal
        if not decimal:
            return None
        return self.readings[0] if decimal in self.raw else self.readings[1]


def take_vote(texts: Iterable[str]) -> Vote:
    """Count the decimal signs of all numbers whose shape leaves no doubt."""
    counts = {".": 0, ",": 0}
    for text in texts:
        if "." in text or "," in text:
            for match in _SURE.finditer(text):
                counts[match.group(1) or match.group(2)] += 1
            for match in _BOTH.finditer(text):
                if match.group(1) != match.group(2):
                    counts[match.group(2)] += 1
    return Vote(counts["."], counts[","])


def split_comparator(text: str) -> tuple[str, str]:
    """Part a leading comparator from the rest; the comparator in its ASCII form, empty when there is none."""
    if text[:1].isdigit():
        return "", text
    match = _OR_EQUAL.match(text)
    if match:
        return match.group(1) + "=", text[match.end() :]
    match = _LEAD.match(text)
    if match:
        return COMPARATORS[match.group(1).replace(" ", "")], text[match.end() :]
    return "", text


@lru_cache(maxsize=8192)
def parse_number(text: str) -> Number | None:
    """Read a text that is one number, with comparator and sign; None when it is anything else."""
    raw = text.strip()
    comparator, body = split_comparator(raw)
    match = _BODY.match(body)
    if match:
        readings = _readings(match.group(2))
        return Number(raw, comparator, _signed(match.group(1), readings)) if readings else None
    match = _SPACED.match(body)
    if match:
        digits = re.sub(r"[ '’\u00a0\u202f]", "", match.group(2)).replace(",", ".")
        return Number(raw, comparator, _signed(match.group(1), (Decimal(digits),)), spaced=True)
    return None


def _signed(sign: str | None, readings: tuple[Decimal, ...]) -> tuple[Decimal, ...]:
    return tuple(-item for item in readings) if sign in ("-", "−") else readings


def _readings(body: str) -> tuple[Decimal, ...]:
    dots, commas = body.count("."), body.count(",")
    if not dots and not commas:
        return (Decimal(body),)
    if dots and commas:
        last = max(body.rfind("."), body.rfind(","))
        other = "," if body[last] == "." else "."
        whole, part = body[:last], body[last + 1 :]
        if body[last] in whole or not _grouped(whole, other):
            return ()
        return (Decimal(f"{whole.replace(other, '')}.{part}"),)
    sign = "." if dots else ","
    if dots + commas > 1:
        return (Decimal(body.replace(sign, "")),) if _grouped(body, sign) else ()
    whole, part = body.split(sign)
    decimal = Decimal(f"{whole or '0'}.{part}")
    if len(part) != 3 or not whole or whole.startswith("0") or len(whole) > 3:
        return (decimal,)
    return (decimal, Decimal(whole + part))


def _grouped(body: str, sign: str) -> bool:
    """Whether groups are of three digits, or of two before a last one of three (`2,45,000`, as India writes)."""
    head, *rest = body.split(sign)
    if sign == "," and len(rest) > 1 and len(rest[-1]) == 3 and all(len(group) == 2 for group in rest[:-1]):
        return 1 <= len(head) <= 2
    return 1 <= len(head) <= 3 and bool(rest) and all(len(group) == 3 for group in rest)
