"""Unusual column order, plus and minus flags first, results under the dates they were taken on."""

from __future__ import annotations

from datetime import date

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word, status_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Color, Flow, Sheet

VIOLET: Color = (84, 40, 120)
BAND: Color = (243, 239, 248)
LEFT, RIGHT = 44.0, 551.0
FLAG, TEST, RANGE, UNITS, NOW, BEFORE = 50.0, 74.0, 238.0, 330.0, 466.0, 544.0
WORDS = {
    "en": {"test": "Investigation", "range": "Ref. interval", "units": "Unit", "born": "born", "mrn": "Patient No.", "acc": "Report No.", "col": "Sample taken", "rec": "Sample received",
           "rep": "Printed", "by": "Referred by", "page": "Page {n} of {{nb}}", "foot": "+ above, - below the reference interval. Earlier results are shown for comparison.", "copy": "Copy for the patient record"},
    "es": {"test": "Magnitud", "range": "Int. referencia", "units": "Unidad", "born": "nac.", "mrn": "Nº paciente", "acc": "Nº informe", "col": "Toma de muestra", "rec": "Entrada en laboratorio",
           "rep": "Emitido", "by": "Remite", "page": "Página {n} de {{nb}}", "foot": "+ por encima, - por debajo del intervalo de referencia. Se muestran resultados anteriores.", "copy": "Copia para la historia clínica"},
}  # fmt: skip
DAY = {"en": "%d %b %Y", "es": "%d.%m.%Y"}


def _day(day: date, report: Report) -> str:
    return f"{day:{DAY[report.language]}}"


def _open_page(sheet: Sheet, report: Report) -> float:
    who, order, words = report.patient, report.order, WORDS[report.language]
    sheet.rule(LEFT, 30, RIGHT, 30, 3, VIOLET)
    sheet.text(RIGHT, 52, report.lab.name, 15, "B", align="R", color=VIOLET)
    for line, text in enumerate((*report.lab.lines, f"Tel. {report.lab.phone}")):
        sheet.text(RIGHT, 64 + 10 * line, text, 8, align="R")
    sheet.text(LEFT, 54, words["copy"], 7.5, "I")
    sheet.text(LEFT, 74, f"{who.given} {who.middle} {who.family}".replace("  ", " "), 12, "B")
    sheet.text(LEFT, 88, f"{words['born']} {_day(who.birth_date, report)}  ({age(report)})   {sex_word(report)}", 9)
    sheet.text(LEFT, 101, f"{words['mrn']} {who.mrn}", 9)
    sheet.text(LEFT, 118, f"{words['by']}: {order.provider}", 8.5)
    stamps = ((words["acc"], order.accession), (words["col"], f"{_day(order.collected, report)} {order.collected:%H:%M}"),
              (words["rec"], f"{_day(order.received, report)} {order.received:%H:%M}"), (words["rep"], f"{_day(order.reported, report)} {order.reported:%H:%M} ({status_word(report)})"))  # fmt: skip
    for index, (label, text) in enumerate(stamps):
        x = LEFT + 128 * index
        sheet.text(x, 138, label, 7.5, color=VIOLET)
        sheet.text(x, 149, text, 8.5, fit=124)
    sheet.text(LEFT, 814, words["foot"], 7)
    sheet.text(RIGHT, 814, words["page"].format(n=sheet.pages), 7.5, align="R")
    return _heads(sheet, report, 172)


def _heads(sheet: Sheet, report: Report, y: float) -> float:
    words, order = WORDS[report.language], report.order
    sheet.rule(LEFT, y - 12, RIGHT, y - 12, 0.8, VIOLET)
    sheet.text(TEST, y, words["test"], 8.5, "B")
    sheet.text(RANGE, y, words["range"], 8.5, "B")
    sheet.text(UNITS, y, words["units"], 8.5, "B")
    sheet.text(NOW, y, _day(order.collected.date(), report), 8.5, "B", align="R")
    sheet.text(BEFORE, y, _day(order.history[0], report), 8.5, align="R", color=(110, 110, 110))
    sheet.rule(LEFT, y + 5, RIGHT, y + 5, 0.8, VIOLET)
    return y + 20


def _row(sheet: Sheet, row: Row, y: float, *, banded: bool) -> None:
    sheet.mark(row)
    if banded:
        sheet.box(LEFT, y - 9.5, RIGHT - LEFT, 13, fill=BAND)
    sheet.text(FLAG, y, row.flag, 9, "B", color=(190, 0, 30))
    sheet.text(TEST, y, row.name, 9, fit=RANGE - TEST - 8)
    sheet.text(RANGE, y, row.reference, 8.5)
    sheet.text(UNITS, y, row.unit, 8.5)
    sheet.text(NOW, y, row.value, 9, "B", align="R")
    sheet.text(BEFORE, y, row.previous[0] if row.previous else "", 8.5, align="R", color=(110, 110, 110))


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(44)
    sheet.text(LEFT, flow.y, section.title, 10, "BI", color=VIOLET)
    flow.y += 15
    for index, row in enumerate(section.rows):
        flow.need(13)
        _row(sheet, row, flow.y, banded=index % 2 == 0)
        flow.y += 13
    flow.y += 9


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 796, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(40)
    sheet.signature(LEFT, flow.y + 14, report.order.accession)
    sheet.text(LEFT, flow.y + 36, report.lab.director, 8.5)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    spanish = language == "es"
    return PrintStyle(language=language, system="es" if spanish else "si", decimal="," if spanish else ".", span="({low} - {high})", upper="(< {high})", lower="(> {low})",
                      flags={"L": "-", "H": "+", "LL": "--", "HH": "++", "A": "+"}, spelling=3, capital_sections=False, history=1)  # fmt: skip


LAYOUT = Layout(
    name="reordered",
    languages=("es", "en"),
    panels={"es": ("cbc", "bioq", "enzymes", "iron", "hormones"), "en": ("cbc", "bioq", "enzymes", "thyroid", "vitamins")},
    labs={
        "es": Lab(name="Analítica Sierra Norte", lines=("C/ de los Batanes, 7", "28400 Collado Villalba"), phone="91 555 01 33", director="Dr. Fermín Altamira", accession="SN/{day:%Y}/{number:07d}",
                  software="OpenLabor 9", facility="ASN"),
        "en": Lab(name="Northmoor Biomedical", lines=("Unit 4, Tailrace Yard", "Kendal LA9 4AA"), phone="01539 555 012", director="Dr Hester Lyle FRCPath", accession="NM/{day:%Y}/{number:07d}",
                  software="OpenLabor 9", facility="NMB"),
    },
    style=style,
    draw=draw,
    paper="a4",
)  # fmt: skip
