"""A German reference laboratory: Befund with Normbereich, plus and minus marks in their own column, remarks below."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, Section
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Flow, Sheet

LEFT, VALUE, MARK, UNITS, RANGE, RIGHT = 56.0, 292.0, 304.0, 336.0, 420.0, 548.0
DAY, STAMP = "%d.%m.%Y", "%d.%m.%Y %H:%M"


def _letterhead(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.text(RIGHT, 42, report.lab.name, 14, "B", align="R")
    sheet.text(RIGHT, 53, " · ".join(report.lab.lines), 8, align="R")
    sheet.text(RIGHT, 63, f"Telefon {report.lab.phone} · Ärztliche Leitung: {report.lab.director}", 8, align="R")
    sheet.text(LEFT, 88, "Laborbefund", 14, "B")
    sheet.text(LEFT, 106, "Patient:", 9)
    sheet.text(LEFT + 62, 106, f"{who.family}, {who.given}", 10, "B")
    sheet.text(LEFT, 119, "geb. am:", 9)
    sheet.text(LEFT + 62, 119, f"{who.birth_date:{DAY}}   Geschlecht: {'w' if who.sex == 'F' else 'm'}", 9)
    sheet.text(LEFT, 132, "Pat.-Nr.:", 9)
    sheet.text(LEFT + 62, 132, who.mrn, 9)
    sheet.text(LEFT, 145, "Einsender:", 9)
    sheet.text(LEFT + 62, 145, order.provider, 9)
    facts = (("Auftragsnummer:", order.accession), ("Abnahme:", f"{order.collected:{STAMP}}"), ("Eingang:", f"{order.received:{STAMP}}"), ("Befunddatum:", f"{order.reported:{STAMP}}"))  # fmt: skip
    for line, (label, text) in enumerate(facts):
        sheet.text(330, 106 + 13 * line, label, 9)
        sheet.text(418, 106 + 13 * line, text, 9)
    sheet.text(RIGHT, 820, f"Seite {sheet.pages} von {{nb}}", 8, align="R")
    sheet.text(LEFT, 820, "+ / - : Wert oberhalb / unterhalb des Normbereichs", 7.5)
    return 168


def _open_page(sheet: Sheet, report: Report) -> float:
    y = _letterhead(sheet, report)
    sheet.rule(LEFT, y - 11, RIGHT, y - 11, 0.8)
    sheet.text(LEFT, y, "Untersuchung", 9, "B")
    sheet.text(VALUE, y, "Ergebnis", 9, "B", align="R")
    sheet.text(UNITS, y, "Einheit", 9, "B")
    sheet.text(RANGE, y, "Normbereich", 9, "B")
    sheet.rule(LEFT, y + 4, RIGHT, y + 4, 0.8)
    return y + 19


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(LEFT, y, row.name, 9.5, fit=180)
    sheet.text(VALUE, y, row.value, 9.5, "B" if row.flag else "", align="R")
    sheet.text(MARK, y, row.flag, 9.5, "B")
    sheet.text(UNITS, y, row.unit, 9.5)
    sheet.text(RANGE, y, row.reference, 9.5)


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(40)
    sheet.text(LEFT, flow.y, section.title, 10, "B")
    flow.y += 14
    for row in section.rows:
        flow.need(25 if row.comment else 12.5)
        _row(sheet, row, flow.y)
        if row.comment:
            flow.y += 11
            sheet.text(LEFT + 10, flow.y, row.comment, 8, "I")
        flow.y += 12.5
    flow.y += 8


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(40)
    sheet.text(LEFT, flow.y + 10, f"Medizinisch validiert: {report.lab.director}", 8.5)
    sheet.text(LEFT, flow.y + 22, "Dieser Befund wurde elektronisch erstellt und ist ohne Unterschrift gültig.", 7.5)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="us", counts="si", decimal=",", thousands=".", span="{low} - {high}", upper="< {high}", lower="> {low}",
        flags={"L": "-", "H": "+", "LL": "--", "HH": "++", "A": "+"}, naming=9, comments=True, capital_sections=False,
        respelled={"10^9/L": "/nl", "10^12/L": "/pl", "x10^6/uL": "/pl", "g/dL": "g/dl", "mg/dL": "mg/dl", "U/L": "U/l", "mmol/L": "mmol/l", "mEq/L": "mmol/l", "mg/L": "mg/l", "ng/mL": "ng/ml",
                   "pg/mL": "pg/ml", "ug/dL": "µg/dl", "ng/dL": "ng/dl", "IU/mL": "IU/ml", "mIU/L": "mU/l", "uIU/mL": "µU/ml", "mm/h": "mm", "sec": "sek", "/hpf": "/GF", "/lpf": "/GF"},
    )  # fmt: skip


LAYOUT = Layout(
    name="de_befund",
    languages=("de",),
    panels={"de": ("cbc", "coag_eu", "bioq", "lipids_eu", "enzymes", "iron_eu", "thyroid_eu", "vitamins_eu", "serology_eu")},
    labs={
        "de": Lab(name="Labor Schleusentor MVZ", lines=("Deichstraße 7", "21682 Stade"), phone="04141 5550123", director="Dr. med. Heiderose Brinkmann",
                  accession="{number:08d}", software="LabSys 9", facility="SCHLEUSE"),
    },
    style=style,
    draw=draw,
    paper="a4",
)  # fmt: skip
