"""A German hospital's cumulative print: name and unit in brackets, then the range, then three days with the newest last."""

from __future__ import annotations

from dataclasses import replace

from tests.generators.content import Lab, PrintStyle, Report, Row, Section
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Flow, Sheet

LEFT, UNITS, RANGE, RIGHT = 40.0, 190.0, 256.0, 560.0
DAYS = (392.0, 468.0, 540.0)
DAY = "%d.%m.%y"


def amend(report: Report) -> Report:
    """The unit in brackets is printed apart from the unit in the truth: nothing changes but the missing earlier values."""
    sections = []
    for section in report.sections:
        rows = tuple(replace(row, previous=tuple(old or "---" for old in row.previous)) for row in section.rows)
        sections.append(replace(section, rows=rows))
    return replace(report, sections=tuple(sections))


def _open_page(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.text(LEFT, 38, report.lab.name, 12, "B")
    sheet.text(LEFT, 49, f"{', '.join(report.lab.lines)}, Tel. {report.lab.phone}", 8)
    sheet.text(RIGHT, 38, "Kumulativbefund", 12, "B", align="R")
    sheet.text(LEFT, 70, f"{who.family}, {who.given}", 11, "B")
    sheet.text(LEFT, 82, f"*{who.birth_date:%d.%m.%Y}  {'weiblich' if who.sex == 'F' else 'männlich'}", 9)
    sheet.text(LEFT, 94, f"Pat.-ID: {who.mrn}   Fallnr.: 55{order.placer[3:]}", 9)
    sheet.text(330, 70, f"Auftrags-Nr.: {order.accession}", 9)
    sheet.text(330, 82, f"Station: Innere 3A   Anforderer: {order.provider}", 9)
    sheet.text(330, 94, f"Materialeingang: {order.received:%d.%m.%Y %H:%M}", 9)
    sheet.text(330, 106, f"Druckdatum: {order.reported:%d.%m.%Y %H:%M}", 9)
    y = 128.0
    for x, day, hour in zip(DAYS, (order.history[1], order.history[0], order.collected), ("", "", f"{order.collected:%H:%M}"), strict=True):  # fmt: skip
        sheet.text(x, y, f"{day:{DAY}}", 8.5, "B", align="R")
        sheet.text(x, y + 10, hour or "07:30", 8, align="R")
    for x, head in ((LEFT, "Analyt"), (UNITS, "Einheit"), (RANGE, "Referenzbereich")):
        sheet.text(x, y + 10, head, 8.5, "B")
    sheet.rule(LEFT, y + 14, RIGHT, y + 14, 0.8)
    sheet.text(LEFT, 826, f"Ärztliche Leitung: {report.lab.director}    Seite {sheet.pages} / {{nb}}", 7.5)
    return y + 29


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(LEFT + 4, y, row.name, 9, fit=140)
    sheet.text(UNITS, y, row.unit, 9)
    sheet.text(RANGE, y, row.reference, 9, fit=84)
    for x, old in zip(DAYS[:2], reversed(row.previous), strict=True):
        sheet.text(x, y, old, 9, align="R", fit=66)
    sheet.text(DAYS[2], y, row.value, 9, "B" if row.flag else "", align="R", fit=66)
    sheet.text(DAYS[2] + 3, y, row.flag, 9, "B")


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(40)
    sheet.text(LEFT, flow.y, section.title, 9.5, "B")
    flow.y += 14
    for row in section.rows:
        flow.need(12)
        _row(sheet, row, flow.y)
        flow.y += 12
    flow.y += 8


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 806, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(30)
    sheet.text(LEFT, flow.y + 8, "+ erhöht, - erniedrigt, --- nicht angefordert. Elektronisch freigegeben.", 8)
    sheet.text(LEFT, flow.y + 19, "Troponin-Grenzwert (99. Perzentile): 14 ng/l. Notfall-Telefon 04141 555 0 110.", 8)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="us", counts="si", decimal=",", thousands="", span="{low}-{high}", upper="<{high}", lower=">{low}", naming=9, history=2, capital_sections=False,
        flags={"L": "-", "H": "+", "LL": "--", "HH": "++", "A": "+"},
        respelled={"10^9/L": "Gpt/l", "10^12/L": "Tpt/l", "x10^6/uL": "Tpt/l", "g/dL": "g/dl", "mg/dL": "mg/dl", "U/L": "U/l", "mmol/L": "mmol/l", "mEq/L": "mmol/l", "mg/L": "mg/l", "ng/mL": "µg/l",
                   "pg/mL": "pg/ml", "ug/dL": "µg/dl", "ng/dL": "ng/dl", "IU/mL": "IU/ml", "mIU/L": "mU/l", "uIU/mL": "mU/l", "mm/h": "mm/h", "sec": "s"},
    )  # fmt: skip


LAYOUT = Layout(
    name="de_klinik",
    languages=("de",),
    panels={"de": ("cbc", "coag_eu", "bioq", "enzymes", "iron_eu", "thyroid_eu", "inflammation_eu", "tumor_eu")},
    labs={
        "de": Lab(name="Kreisklinikum Mühlgraben Zentrallabor", lines=("Am Wehrdamm 1", "37154 Northeim"), phone="05551 555 0 200", director="Prof. Dr. Ansgar Thielemann",
                  accession="{day:%y%m%d}{number:04d}", software="LabCentre 12", facility="MUEHLGR"),
    },
    style=style,
    draw=draw,
    paper="a4",
    amend=amend,
)  # fmt: skip
