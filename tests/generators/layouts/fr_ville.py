"""A French town laboratory: dotted leaders, values at a right edge, « Antériorités », ranges in words, remarks in italics."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Flow, Sheet

LEFT, VALUE, UNITS, RANGE, BEFORE, RIGHT = 40.0, 296.0, 302.0, 372.0, 540.0, 556.0
DAY, STAMP = "%d/%m/%Y", "%d/%m/%Y à %H:%M"


def _letterhead(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    female = who.sex == "F"
    sheet.text(LEFT, 44, report.lab.name, 15, "B")
    sheet.text(LEFT, 56, " - ".join(report.lab.lines), 8)
    sheet.text(LEFT, 66, f"Tél. {report.lab.phone} - Biologiste responsable : {report.lab.director}", 8)
    sheet.rule(LEFT, 72, RIGHT, 72)
    sheet.text(330, 92, f"{'Madame' if female else 'Monsieur'} {who.family.upper()} {who.given}", 11, "B")
    sheet.text(330, 106, f"{'Née' if female else 'Né'} le {who.birth_date:{DAY}} ({age(report)} ans)", 9)
    sheet.text(330, 118, f"N° patient : {who.mrn}", 9)
    sheet.text(LEFT, 92, f"Dossier n° : {order.accession}", 9, "B")
    sheet.text(LEFT, 104, f"Prélevé le {order.collected:{STAMP}}", 9)
    sheet.text(LEFT, 116, f"Enregistré le {order.received:{STAMP}}", 9)
    sheet.text(LEFT, 128, f"Edité le {order.reported:{STAMP}}", 9)
    sheet.text(LEFT, 140, f"Prescripteur : {order.provider}", 9)
    sheet.text(RIGHT, 822, f"Page {sheet.pages}/{{nb}}", 8, align="R")
    sheet.text(LEFT, 822, "Ce compte rendu ne peut être reproduit que dans son intégralité.", 7, "I")
    return 152


def _open_page(sheet: Sheet, report: Report) -> float:
    y = _letterhead(sheet, report) + 10
    sheet.text(VALUE, y, "Résultats", 8, "B", align="R")
    sheet.text(UNITS, y, "Unités", 8, "B")
    sheet.text(RANGE, y, "Valeurs de référence", 8, "B")
    sheet.text(BEFORE, y - 9, "Antériorités", 8, "B", align="R")
    sheet.text(BEFORE, y, f"{report.order.history[0]:{DAY}}", 8, align="R")
    sheet.rule(LEFT, y + 4, RIGHT, y + 4)
    return y + 20


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(LEFT, y, row.name, 9, fit=200)
    start = LEFT + min(200, sheet.measure(row.name, 9)) + 3
    wide = sheet.measure(f"{row.flag} {row.value}".strip(), 9, "B")
    dots = int((VALUE - wide - 8 - start) / sheet.measure(".", 9))
    sheet.text(start, y, "." * max(0, dots), 9, color=(120, 120, 120))
    sheet.text(VALUE, y, f"{row.flag} {row.value}".strip(), 9, "B", align="R")
    sheet.text(UNITS, y, row.unit, 9)
    sheet.text(RANGE, y, row.reference, 9)
    sheet.text(BEFORE, y, row.previous[0] if row.previous else "", 9, align="R")


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(44)
    sheet.text(298, flow.y, section.title, 10.5, "B", align="C")
    sheet.rule(220, flow.y + 3, 376, flow.y + 3)
    flow.y += 17
    for row in section.rows:
        flow.need(26 if row.comment else 13)
        _row(sheet, row, flow.y)
        if row.comment:
            flow.y += 11
            sheet.text(LEFT + 12, flow.y, row.comment, 8, "I")
        flow.y += 13
    flow.y += 9


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    sheet.face("times")
    flow = Flow(sheet, 796, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(40)
    sheet.text(LEFT + 320, flow.y + 14, f"Validé par : {report.lab.director}", 9)
    sheet.signature(LEFT + 340, flow.y + 30, report.order.accession)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="us", counts="si", decimal=",", thousands=" ", span="{low} à {high}", upper="Inférieur à {high}", lower="Supérieur à {low}",
        flags=dict.fromkeys(("L", "H", "LL", "HH", "A"), "*"), naming=9, history=1, comments=True,
        respelled={"10^9/L": "G/L", "10^12/L": "T/L", "x10^6/uL": "T/L", "U/L": "UI/L", "IU/mL": "UI/mL", "mIU/L": "mUI/L", "uIU/mL": "µUI/mL", "/hpf": "/champ", "/lpf": "/champ", "sec": "s", "ug/dL": "µg/dL"},
    )  # fmt: skip


LAYOUT = Layout(
    name="fr_ville",
    languages=("fr",),
    panels={"fr": ("cbc", "coag_fr", "bioq", "lipids_eu", "enzymes", "iron_eu", "thyroid_eu", "vitamins_eu", "inflammation_eu")},
    labs={
        "fr": Lab(name="Laboratoire de l'Écluse", lines=("4 quai des Mariniers", "58200 Cosne-Cours-sur-Loire"), phone="03 55 01 22 40", director="Dr Armelle Poitevin",
                  accession="{day:%y%m%d}-{number:04d}", software="BioLab 7.2", facility="ECLUSE"),
    },
    style=style,
    draw=draw,
    paper="a4",
)  # fmt: skip
