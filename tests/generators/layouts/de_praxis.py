"""A German practice laboratory: unit and reference before the result, L and H behind it, last a column of earlier values."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Color, Flow, Sheet

GREY: Color = (232, 232, 232)
LEFT, UNITS, RANGE, VALUE, MARK, BEFORE, RIGHT = 44.0, 210.0, 282.0, 420.0, 428.0, 512.0, 552.0
DAY = "%d.%m.%Y"


def _head(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.text(LEFT, 42, report.lab.name, 13, "B")
    sheet.text(LEFT, 53, f"{', '.join(report.lab.lines)}, Tel. {report.lab.phone}", 8)
    sheet.box(LEFT, 62, RIGHT - LEFT, 44, edge=(0, 0, 0))
    cells = (
        (("Name, Vorname", f"{who.family}, {who.given}"), ("Geburtsdatum", f"{who.birth_date:{DAY}}"), ("Geschlecht", sex_word(report)), ("Patienten-ID", who.mrn)),
        (("Entnahme", f"{order.collected:{DAY} %H:%M}"), ("Probeneingang", f"{order.received:{DAY} %H:%M}"), ("Druckdatum", f"{order.reported:{DAY} %H:%M}"), ("Labor-Nr.", order.accession)),
    )  # fmt: skip
    for line, facts in enumerate(cells):
        for x, (label, text) in zip((LEFT + 4, 236.0, 360.0, 470.0), facts, strict=True):
            sheet.text(x, 70 + 22 * line, label, 6.5)
            sheet.text(x, 80 + 22 * line, text, 9, "B" if line == 0 and x < 100 else "")
    sheet.text(LEFT, 117, f"Alter: {age(report)} Jahre    Auftraggeber: {order.provider}", 8)
    sheet.text(298, 826, f"- {sheet.pages} -", 8, align="C")
    return 138


def _open_page(sheet: Sheet, report: Report) -> float:
    y = _head(sheet, report)
    sheet.box(LEFT, y - 10, RIGHT - LEFT, 15, fill=GREY)
    sheet.text(LEFT + 3, y, "Parameter", 8.5, "B")
    sheet.text(UNITS, y, "Einheit", 8.5, "B")
    sheet.text(RANGE, y, "Referenzbereich", 8.5, "B")
    sheet.text(VALUE, y, "Messwert", 8.5, "B", align="R")
    sheet.text(BEFORE, y, f"Vorwert {report.order.history[0]:%d.%m.%y}", 8.5, "B", align="R")
    return y + 18


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(LEFT + 3, y, row.name, 9, fit=160)
    sheet.text(UNITS, y, row.unit, 9)
    sheet.text(RANGE, y, row.reference, 9)
    sheet.text(VALUE, y, row.value, 9, "B" if row.flag else "", align="R", fit=90)
    sheet.text(MARK, y, row.flag, 9, "B")
    sheet.text(BEFORE, y, row.previous[0] if row.previous else "", 9, align="R", color=(90, 90, 90))


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(40)
    sheet.text(LEFT + 3, flow.y, section.title, 9.5, "B")
    flow.y += 13
    for row in section.rows:
        flow.need(12)
        _row(sheet, row, flow.y)
        flow.y += 12
    flow.y += 7


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 804, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(30)
    sheet.text(LEFT, flow.y + 12, f"Mit freundlichen kollegialen Grüßen, {report.lab.director}", 8.5)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="us", counts="si", decimal=".", span="{low} - {high}", upper="bis {high}", lower="ab {low}", history=1, capital_sections=False,
        flags={"L": "L", "H": "H", "LL": "LL", "HH": "HH", "A": "!"},
        respelled={"10^9/L": "G/l", "10^12/L": "T/l", "x10^6/uL": "T/l", "g/dL": "g/dl", "mg/dL": "mg/dl", "U/L": "U/l", "mEq/L": "mmol/l", "mmol/L": "mmol/l", "mg/L": "mg/l", "ng/mL": "ng/ml",
                   "pg/mL": "pg/ml", "ug/dL": "µg/dl", "ng/dL": "ng/dl", "IU/mL": "IE/ml", "mIU/L": "mIE/l", "uIU/mL": "µIE/ml", "sec": "s", "/hpf": "/Gesichtsfeld", "/lpf": "/Gesichtsfeld"},
    )  # fmt: skip


LAYOUT = Layout(
    name="de_praxis",
    languages=("de",),
    panels={"de": ("cbc", "bioq", "lipids_eu", "enzymes", "a1c_eu", "inflammation_eu", "tumor_eu", "urine_eu")},
    labs={
        "de": Lab(name="Laborgemeinschaft Mühlengraben", lines=("Am Wehr 3", "99084 Erfurt"), phone="0361 5550199", director="Dr. med. Ingolf Strehlow",
                  accession="{day:%d%m}{number:05d}", software="PraxLab 4.1", facility="MUEHLE"),
    },
    style=style,
    draw=draw,
    paper="a4",
)  # fmt: skip
