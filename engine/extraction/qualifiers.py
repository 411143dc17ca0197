"""What is said beside a name and makes another test of it: `LDL (Friedewald)` is the calculated one.

For each test the patterns of what may be said, in accentless lower case, with the test that it is then: another one,
the same one where only the method is named, or none that has a code here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from engine.extraction.folding import plain

_SENSITIVE = r"\b(?:hs|us)\b|high(?:ly)?[ -]sens|hochsens|ultra|hypersens|haute sens|alta sens"
_FREE = r"\bfree\b|frei|\bliber|\blibre|\blivre"
_CALCULATED = r"calc|berechn|\bber\b|friedewald|\bmartin\b|hopkins|sampson|\bnih\b"
_CELLS = r"\bery|eritr|\brbc\b|intraery|intracel|globul"
_OF_CELLS = ((_CELLS, ""),)

_WHOLE = r"vollblut|whole blood|sangre total|sang total|sangue (?:intero|total)"
_ELSEWHERE = re.compile(
    rf"saliv|speichel|sudor|sweat|schwei|\bsuor|sueur|fluid|liquid[eo]|ascit|pleur|punktat|drain|synov|sinov|amnio"
    rf"|fruchtwasser|dialys|dialis|periton|transcut|exsudat|aspirat|{_WHOLE}"
)
"""Of a specimen that no code here is for, unless the table says so of the test."""

_TABLE: dict[str, tuple[tuple[str, str], ...]] = {
    "egfr": (
        (r"cyst|cockcroft|gault|schwartz|black|afri|noir|negr|schwarz", ""),
        (r"ckd.?epi.*2021|2021.*ckd", "egfr_ckdepi_2021"),
        (r"race|ethni", ""),
        (r"ckd.?epi", "egfr_ckdepi"),
        (r"mdrd", "egfr_mdrd"),
    ),
    "egfr_ckdepi": ((r"cyst|black|afri|noir|negr", ""), (r"2021", "egfr_ckdepi_2021"), (r"race|ethni", "")),
    "egfr_mdrd": ((r"black|afri|noir|negr", ""),),
    "creatinine_clearance": ((r"cockcroft|gault|schwartz|estim|berechn|stimat", ""),),
    "creatinine": ((r"jaff|enzym|idms", "creatinine"),),
    "cholesterol_total": (
        (r"non.?hdl|no.?hdl|nicht.?hdl|nao.?hdl", "cholesterol_non_hdl"),
        (r"^\W*(?:c-?)?vldl\b", "cholesterol_vldl"),
        (r"^\W*(?:c-?)?ldl(?:\W*(?:c|chol.*|col.*))?$", "cholesterol_ldl"),
        (r"^\W*(?:c-?)?hdl(?:\W*(?:c|chol.*|col.*))?$", "cholesterol_hdl"),
    ),
    "cholesterol_ldl": (
        (r"oxid|small|partic|partik|ratio|/", ""),
        (_CALCULATED, "cholesterol_ldl_calculated"),
        (r"direct|direkt|dirett|diret", "cholesterol_ldl_direct"),
    ),
    "cholesterol_hdl": ((r"ratio|/|\bhdl ?[23]\b", ""),),
    "bilirubin_total": (
        (r"indire|unconj|no conj|non con|nao conj|nicht konj|unkonj|\blibre", "bilirubin_indirect"),
        (r"direct|direkt|dirett|diret|conj|konj|coniug", "bilirubin_direct"),
        (r"delta", ""),
    ),
    "calcium": (
        (r"\bioni", "calcium_ionized"),
        (r"prot", ""),
        (r"corr|korr|adjust|ajust|alb", "calcium_corrected"),
    ),
    "troponin_i": ((_SENSITIVE, "troponin_i_hs"),),
    "troponin_t": ((_SENSITIVE, "troponin_t_hs"),),
    "crp": ((_SENSITIVE + r"|cardi", "crp_hs"), (r"quant|turb", "crp")),
    "vancomycin": (
        (r"trough|valle|\bvale\b|\btal|resid|\bmin", "vancomycin_trough"),
        (r"peak|pico|spitz|\bpic\b|\bmax", ""),
    ),
    "prothrombin_time": ((r"ratio|rapport|quotient", ""), (r"activ|attiv|ativ|aktiv|%", "prothrombin_activity")),
    "aptt": ((r"ratio|rapport|quotient", ""),),
    "fibrinogen": ((r"clauss", "fibrinogen"), (r"abgeleitet|deriv|antig|degrad|spalt", "")),
    "antithrombin": ((r"antig", ""),),
    "protein_c_activity": ((r"antig", ""),),
    "glucose": (
        (
            r"\bh\b|\d ?hr?s?\b|hora|heure|hour|stund|\bstd|\bore?\b|\d ?min|minut|post|nach|apres",
            "",
        ),
        (r"dopo|despues|\bapos\b|\bpp\b|prandial|sobrecarga|carico|charge|belast|tolera", ""),
        (r"fast|nuchtern|jeun|ayun|digiun|jejum", "glucose_fasting"),
    ),
    "hba1c": ((r"ifcc|dcct|ngsp|hplc", "hba1c"),),
    "insulin": ((r"antibod|antik|anticuerp|anticorp|\ba[bck]\b|\bh\b|\d ?min", ""),),
    "thyroglobulin": ((r"antibod|antik|anticuerp|anticorp|\ba[bck]\b", "anti_thyroglobulin"),),
    "tsh": ((r"rezept|recept|anti|\ba[ck]\b|\btrak\b|\btrh\b|\bstim", ""),),
    "t4_total": ((_FREE, "t4_free"),),
    "t3_total": ((_FREE, "t3_free"), (r"rever|\brt3", "")),
    "vitamin_b12": ((r"holo|aktiv|activ", ""),),
    "pth_intact": ((r"1-84|bio|whole", ""),),
    "ige_total": ((r"spez|spec|espec|specif", ""),),
    "blood_ph": ((r"arter", "arterial_ph"), (r"\bven", "venous_ph")),
    "pco2": ((r"arter", "pco2_arterial"), (r"\bven", "")),
    "po2": ((r"arter", "po2_arterial"), (r"\bven", "")),
    "cortisol": (
        (r"\bpm\b|p\.m|tarde|abend|soir|\bsera\b|noche|noite|\b(?:1[4-9]|2[0-4]) ?(?:h|uhr|:|\.|$)|dexa", ""),
        (r"\b0?[6-9] ?(?:[:.h]|uhr|am)", "cortisol"),
    ),
    "testosterone_total": ((r"bio", ""), (_FREE, "testosterone_free")),
    "psa_total": ((r"ratio|/|quot|%", ""), (_FREE, "psa_free")),
    "hcg_beta": ((_FREE, ""),),
    "vitamin_d_25oh": (
        (r"\b1[,. ]+25|di-?h[iy]dr|calcitriol|\bd2\b(?!.*d3)", ""),
        (r"d2\W*(?:\+|and|und|et|e|y)\W*d3", "vitamin_d_25oh"),
        (r"\bd3\b", "vitamin_d3_25oh"),
        (r"25", "vitamin_d_25oh"),
    ),
    "vitamin_d3_25oh": ((r"\b1[,. ]+25|di-?h[iy]dr|calcitriol", ""),),
    "transferrin": ((r"satur|sattig", "transferrin_saturation"), (r"rezept|recept|carbo|kohlen", "")),
    "tacrolimus": ((_WHOLE, "tacrolimus"),),
    "cyclosporine": ((_WHOLE, "cyclosporine"),),
    "lead_blood": ((_WHOLE, "lead_blood"),),
    "folate": _OF_CELLS,
    "magnesium": _OF_CELLS,
    "potassium": _OF_CELLS,
    "zinc": _OF_CELLS,
    "copper": _OF_CELLS,
    "amylase": ((r"pancre|pankre", ""),),
    "alp": ((r"bone|knoch|oss|oseo|osea|leber|liver|plazent|placent", ""),),
    "ldh": ((r"\biso|\b[1-5]\b", ""),),
    "ck": ((r"\bmb\b", "ck_mb"), (r"\b(?:bb|mm)\b|macro|makro", "")),
    "albumin": (
        (r"elektroph|electrof|electroph|elettrof|eletrof|elpho|proteinog", "albumin_electrophoresis"),
        (r"/|ratio", ""),
    ),
    "hemoglobin": (
        (r"a1c|glic|glyc|glyk", "hba1c"),
        (
            r"\ba2\b|\bf\b|\bs\b|retik|retic|carbo|\bco\b|\bmet|plasm|serum|seri|suero|soro|siero|frei|libre|liber|livre|free",
            "",
        ),
    ),
    "reticulocytes": ((r"\bhb|hemo|hamo|\bchr\b|\bret-?he", ""),),
    "lymphocytes": ((r"\bcd ?\d|atyp|atip|\b[tb]\b|reakt|react", ""),),
    "rheumatoid_factor": ((r"\big[agm]\b", ""),),
    "hiv_ab": ((r"\bag\b|p24|antig", "hiv_ag_ab"),),
    "anti_hbc_total": (
        (r"igg.*igm|igm.*igg|total|gesamt", "anti_hbc_total"),
        (r"igm", "anti_hbc_igm"),
        (r"igg", "anti_hbc_igg"),
    ),
    "anti_hav_total": (
        (r"igg.*igm|igm.*igg|total|gesamt", "anti_hav_total"),
        (r"igm", "anti_hav_igm"),
        (r"igg", "anti_hav_igg"),
    ),
    "esr": ((r"westergren", "esr_westergren"),),
    "osmolality": ((r"calc|berechn|gap|luck", ""),),
    "igg": ((r"\b[1-4]\b|sub", ""),),
}
_METHOD = re.compile(
    r"^\W*\d{0,2}\W*$|^\w$|\b(?:e?clia|eia|meia|cmia|elisa|elfa|ria|irma|fpia|chemilum|hplc|lc.?ms|icp|aas|uv|ise|pap|god|bcg|bcp)"
    r"|\b(?:ifcc|ngsp|dcct|idms|dgkc|sfbc|enzym|jaff|biuret|hexok|kinet|cinet|[ck]olor|turbid|neph|nefel|photom|fotom)"
    r"|potentiom|\b(?:imped|[cz]ytom|citom|clauss|latex|l[aá]tex|aggl|aglut|p5p|pyrid|iift?|ift|hep.?2|immuno|inmuno|imuno)"
    r"|\b(?:auto|calc|berechn|edta|citrat|hepar|naf|fluorid|37 ?.?c|method|metodo|quant|screen|gesamt|total)"
    r"|\b(?:activ|attiv|aktiv|ativ|actin|contag|v\.?a\.?$|1 ?(?:a|h|st)|1\.|hora|ora$|gesch|estim|stimat|mittl)"
    r"|\b(?:monitor|hepatit|epatit|pour 100|mak$|h?tg$|tpo$|hcv$|prist|pro 100|per 100|ag.{1,3}a[bck]\b)"
    r"|\b(?:abs|rel|\d.{0,3}gen|basal|adult|formula|formel|friedewald|westergren|roche|abbott|diagnos|siemens|beckman|cobas|architect)",
    re.IGNORECASE,
)
"""What only says how, or of whom, the same thing was measured."""
_PATTERNS = {name: tuple((re.compile(pattern), other) for pattern, other in rules) for name, rules in _TABLE.items()}


def qualified(ids: Iterable[str], said: Iterable[str]) -> tuple[tuple[str, ...], bool]:
    """The tests that names stand for with what is said beside them, and whether any of it is known of them.

    A test that what is said makes one without a code is left out.
    """
    found: dict[str, None] = {}
    known = False
    texts = [plain(text) for text in said]
    for name in ids:
        hits = [other for text in texts for pattern, other in _PATTERNS.get(name, ()) if pattern.search(text)][:1]
        if not hits and any(map(_ELSEWHERE.search, texts)):
            hits = [""]
        known = known or bool(hits)
        other = hits[0] if hits else name
        if other:
            found[other] = None
    return tuple(found), known


def is_method(said: str) -> bool:
    """Whether what is said beside a name only tells the method, so that the test stays the same."""
    return bool(_METHOD.search(plain(said)))
