"""The gate: what makes a read result doubtful. A doubt is a reason, never a correction."""

from __future__ import annotations

from decimal import Decimal

from engine.extraction.packs.model import Analyte


def plausibility(analyte: Analyte | None, value: Decimal | None, ucum: str) -> str:
    """`ok`, `implausible`, or `unknown` where no limits are known for the unit."""
    if analyte is None or value is None:
        return "unknown"
    limits = analyte.plausible.get(ucum or "none") or (analyte.plausible.get("1") if not ucum else None)
    if limits is None:
        return "unknown"
    return "ok" if limits[0] <= value <= limits[1] else "implausible"


def flag_disagrees(interpretation: str, value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    """Whether a printed high or low flag contradicts the value and its own range."""
    if interpretation in ("H", "HH"):
        return high is not None and value < high
    if interpretation in ("L", "LL"):
        return low is not None and value > low
    if interpretation == "N":
        return (high is not None and value > high) or (low is not None and value < low)
    return False


def outside(value: Decimal, low: Decimal | None, high: Decimal | None) -> bool:
    """Whether a value lies beyond a known end of its range."""
    return (high is not None and value > high) or (low is not None and value < low)


def far_outside(value: Decimal, low: Decimal | None, high: Decimal | None, times: int) -> bool:
    """Whether a value is more than `times` beyond its range, as a lost decimal sign would make it."""
    if high is not None and high > 0 and value > high * times:
        return True
    return low is not None and low > 0 and 0 <= value * times < low


def lost_decimals(raw: str, low: Decimal | None, high: Decimal | None) -> bool:
    """Whether a value of two and more digits has no decimals although its range has them."""
    digits = raw.strip("<>=≤≥ +-")
    if not digits.isdigit() or len(digits) < 2:
        return False
    return any(
        end is not None and isinstance(exponent := end.as_tuple().exponent, int) and exponent < 0 for end in (low, high)
    )


def interpret(printed: str, value: Decimal | None, low: Decimal | None, high: Decimal | None) -> str:
    """Table 0078 code of a flag kind: certain kinds as they are; a mere mark where the row's range tells its side."""
    if printed in ("H", "L", "HH", "LL", "A", "AA", "N"):
        return printed
    if not printed or value is None:
        return ""
    if high is not None and value > high:
        return "H"
    return "L" if low is not None and value < low else ""
