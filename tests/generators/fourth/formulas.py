"""Numbers that follow from others, so that the results of one report fit together."""

from __future__ import annotations

from tests.generators.fourth.model import Amounts, Formula, Test, q


def ratio(top: str, bottom: str, factor: float = 1.0) -> Formula:
    """One amount by another."""
    return lambda v: factor * v[top] / max(v[bottom], 0.01)


def minus(whole: str, *parts: str) -> Formula:
    """What is left of the whole."""
    return lambda v: v[whole] - sum(v[part] for part in parts)


def share(kind: str) -> Formula:
    """Cells of one kind out of the white cells (``wbc``) and their percentage."""
    return lambda v: v["wbc"] * v[kind] / 100


def rest(*kinds: str) -> Formula:
    """The percentage that the other kinds leave."""
    return lambda v: 100 - sum(v[kind] for kind in kinds)


def saturation(tension: str) -> Formula:
    """The share of oxygenated haemoglobin at a tension of oxygen in mm Hg, by Hill."""
    return lambda v: 100 / (1 + (26.8 / v[tension]) ** 2.7)


def red(factor: float) -> Formula:
    """Red cells (``rbc``) from haemoglobin, MCHC and MCV; ``factor`` 1000 whatever the unit of mass."""
    return lambda v: factor * v["hgb"] / v["mchc"] / v["mcv"]


def mean_haemoglobin(factor: float) -> Formula:
    """MCH from MCV and MCHC."""
    return lambda v: factor * v["mcv"] * v["mchc"]


def cholesterol(fifth: float) -> Formula:
    """Total cholesterol (Friedewald) from its parts; ``fifth`` is 5 in mg/dL, 2.2 in mmol/L."""
    return lambda v: v["hdl"] + v["ldl"] + v["trig"] / fifth


def filtration(scale: float) -> Formula:
    """CKD-EPI 2021; ``scale`` turns the printed creatinine into mg/dL."""

    def egfr(v: Amounts) -> float:
        kappa, alpha, extra = (0.7, -0.241, 1.012) if v["_female"] else (0.9, -0.302, 1.0)
        part = v["creatinine"] * scale / kappa
        return float(142 * min(part, 1) ** alpha * max(part, 1) ** -1.2 * 0.9938 ** v["_age"] * extra)

    return egfr


def differential() -> tuple[Test, ...]:
    """The percentages behind a form's absolute counts, for forms that print only these."""
    parts = tuple(
        q(kind, "%", None, None, 1, "", around=usual)
        for kind, usual in (("lymph", 29), ("mono", 8), ("eos", 2.6), ("baso", 0.6))
    )
    return (*parts, q("neut", "%", None, None, 1, "", formula=rest("lymph", "mono", "eos", "baso")))


def as_percent(ifcc: str) -> Formula:
    """HbA1c in percent from mmol/mol (the master equation)."""
    return lambda v: 0.09148 * v[ifcc] + 2.152
