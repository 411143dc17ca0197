"""A German laboratory's portal: cards of block elements laid out by a style sheet, explanations hidden in each."""

from __future__ import annotations

from html import escape

from tests.generators.carried.model import Case, Form, Line, made, q, rest, says, told, w
from tests.generators.formats.model import HTML

LAB = "MVZ Labor Seeblick"
PENDING = ("Vitamin B12", "folgt")
NEGATIVE = ("negativ", "positiv", "Spuren")

TIPS = {
    "Leukozyten": "Weiße Blutkörperchen sind Teil der Abwehr.",
    "Erythrozyten": "Rote Blutkörperchen tragen den Sauerstoff.",
    "Hämoglobin": "Der rote Blutfarbstoff.",
    "Thrombozyten": "Blutplättchen sind für die Gerinnung nötig.",
    "Kreatinin": "Ein Abbauprodukt der Muskeln, das die Nieren ausscheiden.",
    "Kalium": "Ein Salz, das für Herz und Muskeln wichtig ist.",
    "GPT (ALT)": "Ein Enzym der Leber.",
    "Cholesterin": "Ein Fett, das der Körper zum Teil selbst bildet.",
    "TSH basal": "Ein Hormon, das die Schilddrüse steuert.",
    "Quick": "Ein Maß der Gerinnung.",
}

SECTIONS = (
    (
        "Blutbild",
        (
            q("Leukozyten", "/nl", 3.9, 10.2, 1, "6690-2", key="wbc"),
            q("Erythrozyten", "/pl", 4.3, 5.75, 2, "789-8", women=(3.9, 5.15), key="rbc"),
            q("Hämoglobin", "g/dl", 13.5, 17.2, 1, "718-7", women=(12.0, 15.4), formula=made(1e-3, "rbc", "mcv", "mchc")),
            q("Hämatokrit", "%", 39.5, 50.5, 1, "4544-3", women=(35.5, 45.0), formula=made(0.1, "rbc", "mcv")),
            q("MCV", "fl", 80.0, 99.0, 1, "787-2", key="mcv"),
            q("MCH", "pg", 27.0, 33.5, 1, "785-6", formula=made(0.01, "mcv", "mchc")),
            q("MCHC", "g/dl", 31.5, 36.0, 1, "786-4", key="mchc"),
            q("Thrombozyten", "/nl", 150, 370, 0, "777-3"),
            q("Neutrophile", "%", 42.0, 77.0, 1, "770-8", formula=rest("ly", "mo", "eo", "ba")),
            q("Lymphozyten", "%", 20.0, 44.0, 1, "736-9", key="ly"),
            q("Monozyten", "%", 2.0, 9.5, 1, "5905-5", key="mo"),
            q("Eosinophile", "%", 0.5, 5.5, 1, "713-8", key="eo"),
            q("Basophile", "%", None, 1.8, 1, "706-2", key="ba"),
        ),
    ),
    (
        "Klinische Chemie",
        (
            q("Natrium", "mmol/l", 136, 145, 0, "2951-2"),
            q("Kalium", "mmol/l", 3.5, 5.1, 1, "2823-3", remark="Probe leicht hämolytisch."),
            q("Calcium", "mmol/l", 2.2, 2.55, 2, "2000-8"),
            q("Kreatinin", "mg/dl", 0.67, 1.17, 2, "2160-0", women=(0.51, 0.95)),
            q("Harnstoff", "mg/dl", 17, 48, 0, "3091-6"),
            q("Harnsäure", "mg/dl", 3.4, 7.0, 1, "3084-1", women=(2.4, 5.7)),
            q("Glukose", "mg/dl", 74, 106, 0, "2345-7", remark="Nüchternwert vorausgesetzt."),
            q("GOT (AST)", "U/l", None, 50, 0, "1920-8", women=(None, 35)),
            q("GPT (ALT)", "U/l", None, 50, 0, "1742-6", women=(None, 35)),
            q("Gamma-GT", "U/l", None, 60, 0, "2324-2", women=(None, 40), below=4),
            q("Bilirubin gesamt", "mg/dl", None, 1.2, 2, "1975-2", below=0.15),
            q("C-reaktives Protein", "mg/l", None, 5.0, 1, "1988-5", below=0.6),
            q("Ferritin", "ng/ml", 30, 400, 0, "2276-4", women=(15, 150)),
        ),
    ),
    (
        "Fettstoffwechsel",
        (
            q("Cholesterin", "mg/dl", None, 200, 0, "2093-3"),
            q("HDL-Cholesterin", "mg/dl", 40, None, 0, "2085-9", women=(45, None)),
            q("Triglyceride", "mg/dl", None, 150, 0, "2571-8"),
        ),
    ),
    (
        "Schilddrüse",
        (
            q("TSH basal", "mU/l", 0.27, 4.2, 2, "3016-3", below=0.01),
            q("Freies T3", "pg/ml", 2.0, 4.4, 2, "3051-0"),
            q("Freies T4", "ng/dl", 0.93, 1.7, 2, "3024-7"),
        ),
    ),
    (
        "Gerinnung",
        (
            q("Quick", "%", 70, 130, 0, "5894-1"),
            q("INR", "", 0.85, 1.15, 2, "6301-6"),
            q("aPTT", "s", 25.1, 36.5, 1, "14979-9"),
        ),
    ),
    (
        "Urinstatus",
        (
            q("pH-Wert", "", 5.0, 7.5, 1, "5803-2"),
            w("Eiweiß", NEGATIVE, "20454-5", "negativ"),
            w("Glukose im Urin", NEGATIVE, "25428-4", "negativ"),
            w("Nitrit", NEGATIVE[:2], "5802-4", "negativ"),
        ),
    ),
)  # fmt: skip

STYLE = """
:root{--ink:#14213d;--soft:#6b7280;--line:#e5e7eb;--warn:#b91c1c}
*{box-sizing:border-box}body{margin:0;font:16px/1.45 "Inter",system-ui,sans-serif;color:var(--ink);background:#f8fafc}
.topbar{display:flex;justify-content:space-between;align-items:center;padding:12px 24px;background:#0f4c5c;color:#fff}
.topbar__nav{display:flex;gap:18px}.topbar__nav a{color:#fff;text-decoration:none}
.meta{display:grid;grid-template-columns:repeat(3,1fr);gap:10px 28px;margin:20px 24px;padding:16px;background:#fff;border-radius:10px}
.meta__item{display:flex;flex-direction:column}.meta__key{font-size:12px;color:var(--soft)}.meta__text{margin:0;font-weight:600}
.panel{margin:20px 24px;background:#fff;border-radius:10px;padding:4px 16px}
.panel__list{display:grid;grid-template-columns:repeat(auto-fill,minmax(260px,1fr));gap:12px}
.analyte{position:relative;border:1px solid var(--line);border-radius:8px;padding:10px}
.analyte__head{display:flex;justify-content:space-between}.analyte__body{display:flex;align-items:baseline;gap:6px}
.analyte__value{font-size:22px;font-weight:700}.analyte--out .analyte__value{color:var(--warn)}
.analyte__unit{color:var(--soft)}.analyte__range{display:block;color:var(--soft);font-size:12px}
.badge{border-radius:99px;padding:0 8px;background:#fee2e2;color:var(--warn)}
.tip{display:none;position:absolute;top:100%;left:0;background:#111827;color:#fff;padding:6px;font-size:12px}
.analyte:hover .tip{display:block}
@media print{.topbar__nav,.cookie{display:none}}
"""
ICON = '<svg class="icon" width="14" height="14" viewBox="0 0 16 16" aria-hidden="true"><path d="M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1zm-.8 6h1.6v5H7.2z"></path></svg>'
NAMES = {"L": "erniedrigt", "H": "erhöht", "A": "auffällig"}


def _card(one: Line, at: int) -> str:
    tip = TIPS.get(one.test.name, "")
    info = f'{ICON}<span class="tip" role="tooltip" id="tip-{at}">{escape(tip)}</span>' if tip else ""
    unit = f'<span class="analyte__unit">{escape(one.test.unit)}</span>' if one.test.unit else ""
    badge = f'<span class="badge" title="{NAMES[one.state[0]]}">{one.flag}</span>' if one.flag else ""
    note = f'<div class="analyte__note">{escape(one.comment)}</div>' if one.comment else ""
    return (
        f'<div class="analyte{" analyte--out" if one.flag else ""}" role="listitem" data-id="{at}">'
        f'<div class="analyte__head"><span class="analyte__name">{escape(one.test.name)}</span>{info}</div>'
        f'<div class="analyte__body"><span class="analyte__value">{escape(one.value)}</span>{unit}{badge}</div>'
        f'<small class="analyte__range">Referenz: {escape(one.reference)}</small>{note}</div>'
    )


def _waiting() -> str:
    name, word = PENDING
    return (
        f'<div class="analyte analyte--open" role="listitem"><div class="analyte__head"><span class="analyte__name">{name}</span></div>'
        f'<div class="analyte__body"><span class="analyte__status">{word}</span></div></div>'
    )


def _facts(case: Case) -> str:
    who = case.patient
    stamp = "%d.%m.%Y, %H:%M Uhr"
    facts = (
        ("Name", f"{who.family}, {who.given}"),
        ("Geburtsdatum", f"{who.birth_date:%d.%m.%Y}"),
        ("Geschlecht", case.pick("weiblich", "männlich")),
        ("Patientennummer", who.mrn),
        ("Auftragsnummer", case.accession),
        ("Einsender", "Dr. med. Wiebke Ohlendorf"),
        ("Probenentnahme", told(case.collected, stamp)),
        ("Probeneingang", told(case.received, stamp)),
        ("Befunddatum", told(case.reported, stamp)),
        ("Befundstatus", "Endbefund"),
    )
    items = "".join(
        f'<div class="meta__item"><dt class="meta__key">{key}</dt><dd class="meta__text">{escape(text)}</dd></div>'
        for key, text in facts
    )
    return f'<dl class="meta">{items}</dl>'


def _write(case: Case) -> tuple[bytes, int]:
    panels, at = "", 0
    for title, lines in case.sections():
        cards = ""
        for one in lines:
            at += 1
            cards += _card(one, at)
        if title == "Klinische Chemie":
            cards += _waiting()
        panels += (
            f'<section class="panel"><h2 class="panel__title">{title}</h2>'
            f'<div class="panel__list" role="list">{cards}</div></section>'
        )
    page = (
        '<!DOCTYPE html>\n<html lang="de"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Befund | Patientenportal</title><style>{STYLE}</style></head><body>"
        f'<div id="root"><header class="topbar"><div class="topbar__brand">{LAB}</div>'
        '<nav class="topbar__nav"><a href="/start">Übersicht</a><a href="/befunde">Befunde</a><a href="/abmelden">Abmelden</a></nav></header>'
        f'<main><h1 class="panel">Laborbefund</h1>{_facts(case)}{panels}</main>'
        '<div class="cookie" style="display:none">Dieses Portal verwendet nur notwendige Cookies.</div>'
        f'<footer class="panel"><div>{LAB}, Uferweg 12, 00815 Seeblick</div><div>Ärztliche Leitung: Dr. med. Gunnar Pfefferkorn</div></footer></div>'
        '<script>window.__STATE__={"view":"befund","open":[]};</script></body></html>\n'
    )
    return page.encode(), 1


FORM = Form(
    says=says(
        "seeblick_cards", "de", LAB, "{day:%y%m%d}{number:06d}", SECTIONS, decimal=",", span="{low} – {high}", upper="< {high}",
        lower="> {low}", past="{sign} {limit}", flags={"LL": "↓", "L": "↓", "H": "↑", "HH": "↑", "A": "!"},
    ),
    write=_write, media_type=HTML,
)  # fmt: skip
