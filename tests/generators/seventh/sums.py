"""What the counts, indices and fractions of one report have in common."""

from __future__ import annotations

from tests.generators.fourth.model import Amounts, Formula


def left(whole: float, *parts: str) -> Formula:
    """What the parts leave of the whole."""
    return lambda at: whole - sum(at[part] for part in parts)


def same(key: str) -> Formula:
    """A number that others follow from as well."""
    return lambda at: at[key]


def part(of: str, percent: str, scale: float = 1) -> Formula:
    """A percentage of another number."""
    return lambda at: at[of] * at[percent] / 100 * scale


def over(upper: str, lower: str, scale: float = 1) -> Formula:
    """One number by another."""
    return lambda at: at[upper] / at[lower] * scale


def less(whole: str, *parts: str) -> Formula:
    """One number without others."""
    return lambda at: at[whole] - sum(at[part] for part in parts)


def total(hdl: str, ldl: str, trig: str, divisor: float) -> Formula:
    """Total cholesterol by Friedewald."""
    return lambda at: at[hdl] + at[ldl] + at[trig] / divisor


def clearance(creatinine: str, scale: float = 1) -> Formula:
    """CKD-EPI 2021 of a creatinine in mg/dL once scaled."""

    def rate(at: Amounts) -> float:
        woman = bool(at["_female"])
        kappa, alpha = (0.7, -0.241) if woman else (0.9, -0.302)
        level = at[creatinine] * scale / kappa
        return float(
            142 * min(level, 1) ** alpha * max(level, 1) ** -1.2 * 0.9938 ** at["_age"] * (1.012 if woman else 1)
        )

    return rate
