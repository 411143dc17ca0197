"""A Portuguese laboratory: a table with a (alto) and b (baixo) beside values out of range and the earlier result of a named day."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Color, Flow, Sheet

WINE: Color = (110, 24, 48)
LEFT, VALUE, MARK, UNITS, RANGE, BEFORE, RIGHT = 40.0, 268.0, 274.0, 296.0, 366.0, 540.0, 556.0
DAY, STAMP = "%d-%m-%Y", "%d-%m-%Y %H:%M"


def _letterhead(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.text(LEFT, 42, report.lab.name, 14, "B", color=WINE)
    sheet.text(LEFT, 53, f"{', '.join(report.lab.lines)} · Telef. {report.lab.phone}", 8)
    sheet.text(LEFT, 63, f"Direção técnica: {report.lab.director}", 8)
    facts = (
        ("Nome:", f"{who.given} {who.family}", "Nº de processo:", who.mrn),
        ("Data nasc.:", f"{who.birth_date:{DAY}}  ({age(report)} anos)", "Requisição nº:", order.accession),
        ("Sexo:", sex_word(report), "Colheita:", f"{order.collected:{STAMP}}"),
        ("Médico:", order.provider, "Receção:", f"{order.received:{STAMP}}"),
        ("", "", "Data do relatório:", f"{order.reported:{STAMP}}"),
    )
    for line, (label, text, other, fact) in enumerate(facts):
        y = 82 + 12 * line
        sheet.text(LEFT, y, label, 8.5)
        sheet.text(LEFT + 58, y, text, 9, "B" if line == 0 else "")
        sheet.text(330, y, other, 8.5)
        sheet.text(416, y, fact, 9)
    sheet.text(RIGHT, 822, f"Pág. {sheet.pages}/{{nb}}", 8, align="R")
    return 152


def _open_page(sheet: Sheet, report: Report) -> float:
    y = _letterhead(sheet, report)
    sheet.rule(LEFT, y - 10, RIGHT, y - 10, 0.7, WINE)
    sheet.text(LEFT, y, "Análise", 8.5, "B")
    sheet.text(VALUE, y, "Resultado", 8.5, "B", align="R")
    sheet.text(UNITS, y, "Unidades", 8.5, "B")
    sheet.text(RANGE, y, "Valores de Referência", 8.5, "B")
    sheet.text(BEFORE, y, f"Anterior {report.order.history[0]:{DAY}}", 8.5, "B", align="R")
    sheet.rule(LEFT, y + 4, RIGHT, y + 4, 0.7, WINE)
    return y + 19


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(LEFT + 4, y, row.name, 9, fit=176)
    sheet.text(VALUE, y, row.value, 9, "B" if row.flag else "", align="R")
    sheet.text(MARK, y, row.flag, 9, "B")
    sheet.text(UNITS, y, row.unit, 9)
    sheet.text(RANGE, y, row.reference, 9)
    sheet.text(BEFORE, y, row.previous[0] if row.previous else "", 9, align="R")


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(40)
    sheet.text(LEFT, flow.y, section.title, 10, "B", color=WINE)
    flow.y += 14
    for row in section.rows:
        flow.need(24 if row.comment else 12.5)
        _row(sheet, row, flow.y)
        if row.comment:
            flow.y += 10
            sheet.text(LEFT + 12, flow.y, f"Obs.: {row.comment}", 8, "I")
        flow.y += 12.5
    flow.y += 8


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(40)
    sheet.text(LEFT + 330, flow.y + 14, f"Validado por: {report.lab.director}", 8.5)
    sheet.signature(LEFT + 340, flow.y + 30, report.order.accession)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="us", counts="si", decimal=",", span="{low} - {high}", upper="< {high}", lower="> {low}", naming=9, history=1, comments=True,
        flags={"L": "b", "H": "a", "LL": "b", "HH": "a", "A": "*"}, capital_sections=True,
        respelled={"10^9/L": "x10^9/L", "10^12/L": "x10^12/L", "x10^6/uL": "x10^12/L", "IU/mL": "UI/mL", "mIU/L": "mUI/L", "uIU/mL": "µUI/mL", "ug/dL": "µg/dL", "/hpf": "/campo", "/lpf": "/campo", "sec": "seg"},
    )  # fmt: skip


LAYOUT = Layout(
    name="pt_tabela",
    languages=("pt",),
    panels={"pt": ("cbc", "coag_it", "bioq", "lipids_eu", "enzymes", "a1c_eu", "vitamins_eu", "inflammation_eu", "tumor_eu")},
    labs={
        "pt": Lab(name="Laboratório Açude", lines=("Rua da Azenha, 33", "3000-120 Coimbra"), phone="239 555 018", director="Dr. Anselmo Vilhena",
                  accession="{day:%y%m}{number:06d}", software="ClinLab 3.3", facility="ACUDE"),
    },
    style=style,
    draw=draw,
    paper="a4",
)  # fmt: skip
