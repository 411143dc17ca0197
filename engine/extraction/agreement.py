"""Two printed results of one test in two units, held against each other: a value from another line shows.

Nothing is converted for anybody. Both results stay as printed; where they differ or cannot be compared, a person looks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

from engine.extraction.doubts import Finding
from engine.extraction.packs.model import Analyte

_SLACK = Decimal("0.025")
"""Laboratories use rounded factors: triglycerides are multiplied by 1.129 or 1.143."""
_UNIT = re.compile(r"^([kmunpf]?)(g|mol|kat|U|\[IU\])/([dmu]?)L$")
_PREFIX = {"k": 3, "": 0, "d": -1, "m": -3, "u": -6, "n": -9, "p": -12, "f": -15}
_OTHER = {
    "/uL": ("count", Decimal(10**6)), "10*6/L": ("count", Decimal(10**6)), "10*3/uL": ("count", Decimal(10**9)),
    "10*9/L": ("count", Decimal(10**9)), "10*6/uL": ("count", Decimal(10**12)), "10*12/L": ("count", Decimal(10**12)),
    "mm[Hg]": ("pressure", Decimal(1)), "kPa": ("pressure", Decimal("7.50062")),
    "%": ("share", Decimal("0.01")), "L/L": ("share", Decimal(1)), "1": ("share", Decimal(1)),
}  # fmt: skip
_KATAL = Decimal(60_000_000)
"""Units in one katal."""
_PARTS = frozenset({"share"})
_WHOLES = frozenset({"count", "g", "mol"})


def compare_pairs(findings: Sequence[Finding]) -> None:
    """Doubt the results that repeat the one before them in another unit and do not agree with it."""
    for first, second in pairwise(findings):
        if not _is_pair(first, second):
            continue
        agree = _agree(first, second)
        if agree is None:
            text = "The result in a second unit could not be compared with the one above it."
            second.reading.reasons.append(second.doubt("extraction.low_confidence", text, "value"))
        elif not agree:
            for one in (first, second):
                text = "The results of this test in two units do not agree."
                one.reading.reasons.append(one.doubt("extraction.low_confidence", text, "value"))


def _is_pair(first: Finding, second: Finding) -> bool:
    """Whether both share the words of one name and measure one thing; a percentage and a count do not."""
    name, other = (one.draft.row.fields.get("name") for one in (first, second))
    if not name or not other or name[0] is not other[0]:
        return False
    kinds = {_sized(one.reading.ucum)[0] for one in (first, second)}
    return not (kinds & _PARTS and kinds & _WHOLES)


def _agree(first: Finding, second: Finding) -> bool | None:
    """Whether the numbers are one within what is printed of them; None when it cannot be known."""
    analyte = first.chosen.analyte or second.chosen.analyte
    one, other = first.reading.numeric, second.reading.numeric
    signs = {finding.reading.number.comparator for finding in (first, second) if finding.reading.number}
    if analyte is None or one is None or other is None or len(signs) != 1:
        return None
    line = line_between(first.reading.ucum, second.reading.ucum, analyte)
    if line is None:
        return None
    times, plus = line
    ends = sorted((one + sign * _half(one)) * times + plus for sign in (-1, 1))
    slack = _SLACK * abs(other)
    return ends[0] - slack <= other + _half(other) and other - _half(other) <= ends[1] + slack


def _half(number: Decimal) -> Decimal:
    """Half a step of the last printed digit."""
    exponent = number.as_tuple().exponent
    return Decimal(5).scaleb(int(exponent) - 1) if isinstance(exponent, int) else Decimal(0)


def line_between(unit: str, other: str, analyte: Analyte) -> tuple[Decimal, Decimal] | None:
    """`times` and `plus` that lead from one UCUM unit of a test to another; None when nobody can tell."""
    if analyte.line is not None:
        start, end, times, plus = analyte.line
        if (unit, other) == (start, end):
            return times, plus
        if (unit, other) == (end, start):
            return 1 / times, -plus / times
    (kind, size), (other_kind, other_size) = _sized(unit), _sized(other)
    if kind and kind == other_kind:
        return size / other_size, Decimal(0)
    kinds = {kind, other_kind}
    if kinds == {"g", "mol"} and analyte.molar is not None:
        return size / other_size * (analyte.molar if kind == "mol" else 1 / analyte.molar), Decimal(0)
    if kinds == {"kat", "U"}:
        return size / other_size * (_KATAL if kind == "kat" else 1 / _KATAL), Decimal(0)
    return None


def _sized(unit: str) -> tuple[str, Decimal]:
    """What a unit measures and how large it is; empty when it has no such form."""
    match = _UNIT.match(unit)
    if match is None:
        return _OTHER.get(unit, ("", Decimal(1)))
    return match.group(2), Decimal(10) ** (_PREFIX[match.group(1)] - _PREFIX[match.group(3)])
