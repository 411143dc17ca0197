"""A Brazilian laboratory: a block per test (name, material, method, result, reference); blood count and urine as tables."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Color, Flow, Sheet

NAVY: Color = (28, 44, 92)
LEFT, RIGHT = 44.0, 552.0
TABLED = frozenset({"cbc", "urine_eu"})
METHODS = {"bioq": "Colorimétrico", "lipids_eu": "Enzimático", "enzymes": "Cinético UV", "thyroid_eu": "Quimioluminescência", "iron_eu": "Imunoturbidimetria"}  # fmt: skip
STAMP = "%d/%m/%Y %H:%M"


def _open_page(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.text(LEFT, 42, report.lab.name, 15, "B", color=NAVY)
    sheet.text(LEFT, 53, f"{' - '.join(report.lab.lines)} - Fone: {report.lab.phone}", 8)
    sheet.rule(LEFT, 60, RIGHT, 60, 1.2, NAVY)
    sheet.text(LEFT, 75, f"Paciente: {f'{who.given} {who.family}'.upper()}", 10, "B")
    sheet.text(LEFT, 88, f"Data de Nascimento: {who.birth_date:%d/%m/%Y}   Idade: {age(report)} anos   Sexo: {sex_word(report)}", 8.5)  # fmt: skip
    sheet.text(LEFT, 100, f"Prontuário: {who.mrn}    Pedido: {order.accession}    Solicitante: {order.provider}", 8.5)
    sheet.text(LEFT, 112, f"Coleta: {order.collected:{STAMP}}   Recebimento: {order.received:{STAMP}}   Emissão: {order.reported:{STAMP}}", 8.5)  # fmt: skip
    sheet.rule(LEFT, 118, RIGHT, 118, 0.6, NAVY)
    sheet.text(RIGHT, 822, f"Página {sheet.pages} de {{nb}}", 8, align="R")
    sheet.text(LEFT, 822, f"Responsável técnico: {report.lab.director}", 8)
    return 136


def _table_row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(LEFT + 6, y, row.name, 9, fit=180)
    sheet.text(290, y, row.value, 9, "B", align="R")
    sheet.text(300, y, row.unit, 9)
    sheet.text(400, y, row.reference, 9)


def _table(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(60)
    sheet.text(298, flow.y, section.title, 11, "B", align="C", color=NAVY)
    flow.y += 15
    sheet.text(290, flow.y, "Resultado", 8.5, "B", align="R")
    sheet.text(300, flow.y, "Unidade", 8.5, "B")
    sheet.text(400, flow.y, "Valores de Referência", 8.5, "B")
    flow.y += 13
    for row in section.rows:
        flow.need(12)
        _table_row(sheet, row, flow.y)
        flow.y += 12
    flow.y += 10


def _block(sheet: Sheet, flow: Flow, row: Row, method: str) -> None:
    flow.need(64)
    sheet.mark(row)
    sheet.text(LEFT, flow.y, row.name.upper(), 10, "B")
    sheet.text(LEFT + 8, flow.y + 12, f"Material: Soro      Método: {method}", 7.5, color=(80, 80, 80))
    sheet.text(LEFT + 8, flow.y + 25, f"Resultado: {row.value} {row.unit}".strip(), 9.5, "B")
    if row.reference:
        sheet.text(300, flow.y + 25, f"Valor de Referência: {row.reference}", 9)
    if row.comment:
        sheet.text(LEFT + 8, flow.y + 36, f"Nota: {row.comment}", 8, "I")
        flow.y += 11
    sheet.rule(LEFT, flow.y + 32, RIGHT, flow.y + 32, 0.2)
    flow.y += 46


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open_page(sheet, report))
    for section in report.sections:
        if section.panel in TABLED:
            _table(sheet, flow, section)
            continue
        flow.need(80)
        sheet.text(298, flow.y, section.title, 11, "B", align="C", color=NAVY)
        flow.y += 18
        for row in section.rows:
            _block(sheet, flow, row, METHODS.get(section.panel, "Automatizado"))
    flow.need(30)
    sheet.text(LEFT, flow.y + 12, f"Assinado eletronicamente por {report.lab.director}", 8, "I")


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="us", counts="es_units", decimal=",", thousands=".", span="{low} a {high}", upper="Inferior a {high}", lower="Superior a {low}", flags={}, capitals=True, comments=True,
        respelled={"x10^6/uL": "milhões/mm³", "/mm3": "/mm³", "sec": "segundos", "IU/mL": "UI/mL", "mIU/L": "mUI/L", "uIU/mL": "µUI/mL", "ug/dL": "µg/dL", "/hpf": "/campo", "/lpf": "/campo"},
    )  # fmt: skip


LAYOUT = Layout(
    name="br_blocos",
    languages=("pt",),
    panels={"pt": ("cbc", "bioq", "lipids_eu", "enzymes", "thyroid_eu", "iron_eu", "serology_eu", "urine_eu")},
    labs={
        "pt": Lab(name="Laboratório Represa Análises Clínicas", lines=("Rua da Barragem, 210", "Campinas - SP"), phone="(19) 5555-0134", director="Dra. Jussara Albernaz",
                  accession="{day:%y}{number:07d}", software="LabNet 8", facility="REPRESA"),
    },
    style=style,
    draw=draw,
    paper="a4",
)  # fmt: skip
