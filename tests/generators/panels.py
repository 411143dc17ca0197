"""Panels: which tests stand together, and values that could have come from one patient on one day.

Values are drawn in each analyte's base unit, rounded as printed, and what labs calculate (indices, LDL, ratios,
eGFR, absolute counts) is calculated from the rounded figures, so that a reader's cross-checks hold.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.generators.analytes import STOCK, Analyte, Unit
from tests.generators.analytes.tongue import COUNTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A named group of tests."""

    key: str
    en: str
    es: str
    tests: tuple[str, ...]
    loinc: str = ""


def _panel(key: str, en: str, es: str, loinc: str, tests: str) -> Panel:
    return Panel(key=key, en=en, es=es, loinc=loinc, tests=tuple(tests.split()))


PANELS: dict[str, Panel] = {
    panel.key: panel
    for panel in (
        _panel("cbc", "CBC With Differential/Platelet", "Hemograma completo", "57021-8",
               "wbc rbc hgb hct mcv mch mchc rdw plt mpv neut_pct lymph_pct mono_pct eos_pct baso_pct neut_abs lymph_abs mono_abs eos_abs baso_abs"),
        _panel("cmp", "Comprehensive Metabolic Panel", "Bioquímica general", "24323-8",
               "glucose bun creatinine egfr bun_creat sodium potassium chloride co2 calcium protein albumin globulin ag_ratio bili_total alp ast alt"),
        _panel("bmp", "Basic Metabolic Panel", "Bioquímica básica", "51990-0",
               "glucose bun creatinine egfr sodium potassium chloride co2 anion_gap calcium"),
        _panel("bioq", "Clinical Chemistry", "Bioquímica", "",
               "glucose urea creatinine egfr urate sodium potassium chloride calcium phosphate magnesium protein albumin"),
        _panel("lipids", "Lipid Panel", "Perfil lipídico", "24331-1", "chol trig hdl vldl ldl nonhdl chol_hdl"),
        _panel("lipids_si", "Lipid Studies", "Estudio lipídico", "", "chol trig hdl ldl nonhdl chol_hdl"),
        _panel("lipids_plus", "Advanced Lipids", "Lípidos especiales", "", "apob lpa"),
        _panel("liver", "Hepatic Function Panel", "Perfil hepático", "24325-3",
               "protein albumin globulin ag_ratio bili_total bili_direct bili_indirect alp ast alt ggt"),
        _panel("enzymes", "Enzymes", "Enzimas", "", "ast alt ggt alp ldh amylase lipase ck bili_total"),
        _panel("thyroid", "Thyroid Profile", "Perfil tiroideo", "", "tsh ft4 ft3 t4 t3 tpo tgab"),
        _panel("coag", "Coagulation", "Coagulación", "", "pt inr aptt fibrinogen ddimer"),
        _panel("coag_es", "Coagulation", "Hemostasia", "", "pt pt_pct inr aptt fibrinogen ddimer"),
        _panel("urine", "Urinalysis, Complete", "Análisis de orina", "24356-8",
               "u_color u_clarity u_sg u_ph u_protein u_glucose u_ketones u_bili u_blood u_urobil u_nitrite u_leuk u_wbc u_rbc u_squam u_casts u_bact"),
        _panel("urine_chem", "Urine Chemistry", "Bioquímica de orina", "", "u_creat u_malb u_acr"),
        _panel("a1c", "Hemoglobin A1c", "Hemoglobina glicosilada", "", "a1c eag"),
        _panel("a1c_es", "Hemoglobin A1c", "Hemoglobina glicosilada", "", "a1c a1c_ifcc"),
        _panel("iron", "Iron and Total Iron Binding Capacity", "Metabolismo del hierro", "", "iron tibc iron_sat ferritin transferrin"),
        _panel("vitamins", "Vitamins", "Vitaminas", "", "vitd b12 folate homocysteine"),
        _panel("hormones", "Hormones", "Hormonas", "", "cortisol testosterone estradiol fsh lh prolactin progesterone dheas pth insulin"),
        _panel("tumor", "Tumor Markers", "Marcadores tumorales", "", "psa cea afp ca125 ca199"),
        _panel("tumor_f", "Tumor Markers", "Marcadores tumorales", "", "cea afp ca125 ca199 hcg"),
        _panel("cardiac", "Cardiac Markers", "Marcadores cardiacos", "", "troponin ntprobnp bnp ck ckmb ldh"),
        _panel("inflammation", "Inflammation", "Reactantes de fase aguda", "", "crp hscrp esr procalcitonin rf aso ccp ana"),
        _panel("proteins", "Specific Proteins", "Proteínas específicas", "", "c3 c4 igg iga igm ige ttg"),
        _panel("serology", "Infectious Serology", "Serología", "", "hbsag hbcab hbsab hcv hiv rpr rubella toxo"),
        _panel("syphilis", "Syphilis Serology", "Serología luética", "", "rpr rpr_titer"),
        _panel("coag_fr", "Coagulation", "Hemostasia", "", "pt_pct inr aptt fibrinogen ddimer"),
        _panel("coag_eu", "Coagulation", "Hemostasia", "", "pt_pct inr aptt fibrinogen ddimer"),
        _panel("coag_it", "Coagulation", "Hemostasia", "", "pt pt_pct inr aptt fibrinogen ddimer"),
        _panel("lipids_eu", "Lipids", "Lípidos", "", "chol trig hdl ldl nonhdl"),
        _panel("iron_eu", "Iron Studies", "Hierro", "", "iron ferritin transferrin"),
        _panel("thyroid_eu", "Thyroid", "Tiroides", "", "tsh ft4 ft3"),
        _panel("a1c_eu", "Hemoglobin A1c", "Hemoglobina glicosilada", "", "a1c a1c_ifcc"),
        _panel("inflammation_eu", "Inflammation", "Inflamación", "", "crp esr rf"),
        _panel("vitamins_eu", "Vitamins", "Vitaminas", "", "vitd b12 folate"),
        _panel("tumor_eu", "Tumor Markers", "Marcadores tumorales", "", "cea afp"),
        _panel("serology_eu", "Infectious Serology", "Serología", "", "hbsag hbcab hcv hiv"),
        _panel("urine_eu", "Urinalysis", "Orina", "", "u_color u_clarity u_sg u_ph u_protein u_glucose u_ketones u_bili u_blood u_nitrite u_leuk u_wbc u_rbc u_squam u_casts u_bact"),
        _panel("hematology_plus", "Reticulocytes", "Reticulocitos", "", "retic_pct rdwsd"),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """One value on its way to paper.

    Attributes:
        analyte: The test.
        unit: The unit it will be printed in.
        number: Value in that unit, rounded to ``unit.decimals``; None for words, grades and titres.
        choice: Index into ``analyte.choices``; None for numbers.
        comparator: ``<`` or ``>`` when past a measuring limit.
        interpretation: Table 0078 code, empty where the report gives nothing to judge by.
    """

    analyte: Analyte
    unit: Unit
    number: float | None
    choice: int | None
    comparator: str
    interpretation: str


Amounts = dict[str, float]


def _ratio(top: str, bottom: str, factor: float = 1.0) -> Callable[[Amounts], float]:
    return lambda v: v[top] / max(v[bottom], 0.01) * factor


def _egfr(v: Amounts) -> float:
    """CKD-EPI 2021 from the printed creatinine; ``_age`` and ``_female`` come from the patient."""
    kappa, alpha, extra = (0.7, -0.241, 1.012) if v["_female"] else (0.9, -0.302, 1.0)
    part = v["creatinine"] / kappa
    return float(142 * min(part, 1) ** alpha * max(part, 1) ** -1.2 * 0.9938 ** v["_age"] * extra)


FORMULAS: dict[str, Callable[[Amounts], float]] = {
    "mcv": _ratio("hct", "rbc", 10),
    "mch": _ratio("hgb", "rbc", 10),
    "mchc": _ratio("hgb", "hct", 100),
    "neut_abs": lambda v: v["wbc"] * v["neut_pct"] / 100,
    "lymph_abs": lambda v: v["wbc"] * v["lymph_pct"] / 100,
    "mono_abs": lambda v: v["wbc"] * v["mono_pct"] / 100,
    "eos_abs": lambda v: v["wbc"] * v["eos_pct"] / 100,
    "baso_abs": lambda v: v["wbc"] * v["baso_pct"] / 100,
    "egfr": _egfr,
    "bun_creat": _ratio("bun", "creatinine"),
    "anion_gap": lambda v: v["sodium"] - v["chloride"] - v["co2"],
    "globulin": lambda v: v["protein"] - v["albumin"],
    "ag_ratio": lambda v: v["albumin"] / (v["protein"] - v["albumin"]),
    "bili_indirect": lambda v: v["bili_total"] - v["bili_direct"],
    "vldl": lambda v: v["trig"] / 5,
    "ldl": lambda v: v["chol"] - v["hdl"] - round(v["trig"] / 5),
    "nonhdl": lambda v: v["chol"] - v["hdl"],
    "chol_hdl": _ratio("chol", "hdl"),
    "eag": lambda v: 28.7 * v["a1c"] - 46.7,
    "a1c_ifcc": lambda v: (v["a1c"] - 2.15) * 10.929,
    "iron_sat": _ratio("iron", "tibc", 100),
    "inr": lambda v: (v["pt"] / 11.0) ** 1.05,
    "pt_pct": lambda v: max(11.0, min(118.0, 100 * (11.0 / v["pt"]) ** 1.5)),
    "u_acr": lambda v: v["u_malb"] / v["u_creat"] * 1000,
}


def choose_unit(analyte: Analyte, system: str) -> Unit:
    """The unit this convention prints; ``es_units`` falls back to ``es``, everything to the first."""
    wanted = (system, "es") if system == "es_units" else (system,)
    for name in wanted:
        for unit in analyte.units:
            if name in unit.systems:
                return unit
    return analyte.units[0]


def limits(unit: Unit, sex: str) -> tuple[float | None, float | None]:
    """The reference limits for this sex."""
    return unit.female if sex == "F" and unit.female is not None else unit.bounds


def _draw_number(analyte: Analyte, sex: str, draw: random.Random, abnormal: float) -> float:
    """A value in the base unit: inside the range mostly, with a tail that reaches the worth-drawing limits."""
    low, high = limits(analyte.units[0], sex)
    floor = analyte.least if low is None else low
    roof = analyte.most if high is None else high
    edge = draw.random()
    if edge < 0.03 and low is None:
        return analyte.least
    if edge > 0.98 and analyte.units[0].above is not None:
        return analyte.most
    if high is None:
        roof = floor + (analyte.most - floor) * 0.6
    if low is None:
        floor = max(analyte.least, roof * 0.2)
    dice = draw.random()
    if dice < abnormal * 0.6 and high is not None and analyte.most > roof:
        return float(roof + (analyte.most - roof) * draw.random() ** 2.5)
    if dice < abnormal and low is not None and analyte.least < floor:
        return floor - (floor - analyte.least) * draw.random() ** 2
    return floor + (roof - floor) * (0.1 + 0.8 * draw.betavariate(2, 2))


def _blood_count(v: Amounts, sex: str, draw: random.Random, abnormal: float) -> None:
    """Red cells that fit together and a differential whose five printed percentages add to 100.0."""
    v["hgb"] = round(_draw_number(STOCK["hgb"], sex, draw, abnormal), 1)
    micro = draw.random() < abnormal * 0.4
    v["hct"] = round(v["hgb"] / draw.uniform(0.325, 0.350), 1)
    v["rbc"] = round(v["hct"] / (draw.uniform(68, 78) if micro else draw.uniform(83, 97)) * 10, 2)
    base, eos = (
        round(draw.uniform(0.1, 1.6), 1),
        round(draw.uniform(0.4, 7.0) if draw.random() < 0.2 else draw.uniform(0.4, 4.6), 1),
    )
    mono, lymph = (
        round(draw.uniform(4.2, 11.4), 1),
        round(draw.uniform(9, 52) if draw.random() < 0.3 else draw.uniform(18, 42), 1),
    )
    v.update(
        baso_pct=base, eos_pct=eos, mono_pct=mono, lymph_pct=lymph, neut_pct=round(100 - base - eos - mono - lymph, 1)
    )


def _sane(v: Amounts, draw: random.Random) -> None:
    """Parts stay smaller than their wholes."""
    if {"chol", "hdl", "trig"} <= v.keys():
        v["chol"] = max(v["chol"], v["hdl"] + round(v["trig"] / 5) + 42)
    if "protein" in v and "albumin" in v:
        v["albumin"] = round(min(v["albumin"], v["protein"] - 1.4), 1)
    if "bili_total" in v and "bili_direct" in v:
        v["bili_direct"] = round(max(0.1, v["bili_total"] * draw.uniform(0.15, 0.45)), 1)
        v["bili_total"] = round(max(v["bili_total"], v["bili_direct"] + 0.1), 1)
    if "iron" in v and "tibc" in v:
        v["iron"] = min(v["iron"], round(v["tibc"] * 0.7))
    for nitrogen, low, high in (("bun", 9, 21), ("urea", 19, 45)):
        if nitrogen in v and "creatinine" in v:
            v[nitrogen] = round(max(6.0, min(v["creatinine"] * draw.uniform(low, high), 28.0 * low)))
    if "sodium" in v and "chloride" in v:
        v["chloride"] = round(v["sodium"] - v.get("co2", 26) - draw.uniform(7, 15))


def round_half_up(value: float, decimals: int) -> float:
    """Round as a lab computer does, halves away from zero."""
    scale: int = 10**decimals
    return float(math.copysign(math.floor(abs(value) * scale + 0.5 + 1e-9) / scale, value))


def _off_limit(amount: float, unit: Unit, sex: str) -> float:
    """Rounded as printed; a value on an open limit would read two ways and moves up by one step."""
    low, high = limits(unit, sex)
    number = round_half_up(amount, unit.decimals)
    if (low is None and number == high) or (high is None and number == low):
        return round_half_up(number + 10**-unit.decimals, unit.decimals)
    return number


def draw_amounts(keys: list[str], *, sex: str, age: int, draw: random.Random, abnormal: float = 0.22) -> Amounts:
    """Values in base units, rounded as the base unit prints, consistent with one another."""
    v: Amounts = {"_age": float(age), "_female": float(sex == "F")}
    _blood_count(v, sex, draw, abnormal)
    for key in keys:
        analyte = STOCK[key]
        if not analyte.choices and key not in FORMULAS and key not in v:
            v[key] = _off_limit(_draw_number(analyte, sex, draw, abnormal), analyte.units[0], sex)
    if "pt" not in v and {"inr", "pt_pct"} & set(keys):
        v["pt"] = _draw_number(STOCK["pt"], sex, draw, abnormal)
    _sane(v, draw)
    for key in keys:
        if key in FORMULAS and key not in v:
            v[key] = FORMULAS[key](v)
    return v


def judge(number: float, unit: Unit, sex: str, critical: tuple[float | None, float | None]) -> str:
    """Table 0078 code of a printed number; an open ``< high`` range makes the limit itself high."""
    low, high = limits(unit, sex)
    if critical[0] is not None and number < critical[0] * unit.factor:
        return "LL"
    if critical[1] is not None and number > critical[1] * unit.factor:
        return "HH"
    if low is not None and number < low:
        return "L"
    if high is not None and (number > high or (low is None and number >= high)):
        return "H"
    return "" if low is None and high is None else "N"


def _draw_word(analyte: Analyte, unit: Unit, draw: random.Random, abnormal: float) -> Drawn:
    count = len(analyte.choices)
    usual = analyte.normal > 0 and draw.random() >= abnormal
    index = draw.randrange(analyte.normal) if usual else draw.randrange(min(analyte.normal, count - 1), count)
    code = "" if not analyte.reference[0] else "N" if index < analyte.normal else "A"
    return Drawn(analyte=analyte, unit=unit, number=None, choice=index, comparator="", interpretation=code)


def _measure(analyte: Analyte, unit: Unit, amount: float, sex: str) -> Drawn:
    number = _off_limit(amount * unit.factor, unit, sex)
    comparator = ""
    if unit.below is not None and amount * unit.factor < unit.below:
        number, comparator = unit.below, "<"
    elif unit.above is not None and amount * unit.factor > unit.above:
        number, comparator = unit.above, ">"
    code = judge(number, unit, sex, analyte.critical)
    return Drawn(analyte=analyte, unit=unit, number=number, choice=None, comparator=comparator, interpretation=code)


def draw_panel(
    panel: Panel,
    *,
    system: str,
    sex: str,
    age: int,
    draw: random.Random,
    abnormal: float = 0.22,
    amounts: Amounts | None = None,
    counts: str = "",
    preferred: Mapping[str, Unit] | None = None,
) -> list[Drawn]:
    """Values for a panel in the units of ``system`` (``us``, ``es``, ``es_units``, ``si``).

    Cell counts follow ``counts`` where it is given; ``preferred`` units, by key, come first.
    """
    v = amounts or draw_amounts(list(panel.tests), sex=sex, age=age, draw=draw, abnormal=abnormal)
    out = []
    for key in panel.tests:
        analyte = STOCK[key]
        own = (preferred or {}).get(key)
        unit = own or choose_unit(analyte, counts if counts and key in COUNTS else system)
        out.append(
            _draw_word(analyte, unit, draw, abnormal) if analyte.choices else _measure(analyte, unit, v[key], sex)
        )
    return out
