"""A Brazilian hospital: differential with percent and absolute count on one line, a colon after names, references in prose."""

from __future__ import annotations

from dataclasses import replace

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Flow, Sheet

LEFT, VALUE, UNITS, SECOND, RANGE, RIGHT = 42.0, 236.0, 242.0, 318.0, 400.0, 554.0
STAMP = "%d/%m/%Y %H:%M"
CELLS = ("neut", "lymph", "mono", "eos", "baso")


def amend(report: Report) -> Report:
    """The absolute count stands beside its percentage under one name."""
    sections = []
    for section in report.sections:
        if section.panel == "cbc":
            named = {row.key: row for row in section.rows}
            rows = [row for row in section.rows if not row.key.endswith(("_pct", "_abs"))]
            for cell in CELLS:
                percent = named[f"{cell}_pct"]
                name = percent.name.replace(" %", "")
                rows += [replace(percent, name=name, reference=""), replace(named[f"{cell}_abs"], name=name)]
            sections.append(replace(section, rows=tuple(rows)))
        else:
            sections.append(section)
    return replace(report, sections=tuple(sections))


def _open_page(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.text(298, 40, report.lab.name, 13, "B", align="C")
    sheet.text(298, 51, f"{' - '.join(report.lab.lines)} - Tel.: {report.lab.phone} - CNES 5550123", 7.5, align="C")
    sheet.box(LEFT - 4, 58, RIGHT - LEFT + 8, 54, edge=(60, 60, 60))
    rows = (
        (f"Nome: {who.given.upper()} {who.family.upper()}", f"Atendimento: {order.accession}"),
        (f"Nascimento: {who.birth_date:%d/%m/%Y} - {age(report)} ano(s)     Sexo: {'Feminino' if who.sex == 'F' else 'Masculino'}", f"Coletado em: {order.collected:{STAMP}}"),
        (f"Registro: {who.mrn}     Convênio: SUS", f"Recebido em: {order.received:{STAMP}}"),
        (f"Médico(a): {order.provider}", f"Liberado em: {order.reported:{STAMP}}"),
    )  # fmt: skip
    for line, (text, other) in enumerate(rows):
        sheet.text(LEFT, 70 + 12 * line, text, 8.5)
        sheet.text(380, 70 + 12 * line, other, 8.5)
    sheet.text(298, 828, f"Folha {sheet.pages}/{{nb}}", 8, align="C")
    return 132


def _count(sheet: Sheet, flow: Flow, section: Section) -> None:
    rows = list(section.rows)
    sheet.text(UNITS - 40, flow.y, "Resultado", 8, "B")
    sheet.text(RANGE, flow.y, "Referência", 8, "B")
    flow.y += 12
    while rows:
        row = rows.pop(0)
        flow.need(12)
        sheet.mark(row)
        sheet.text(LEFT + 4, flow.y, f"{row.name}:", 9, fit=150)
        sheet.text(VALUE, flow.y, row.value, 9, "B", align="R")
        sheet.text(UNITS, flow.y, row.unit, 8)
        if rows and rows[0].name == row.name:
            row = rows.pop(0)
            sheet.mark(row)
            sheet.text(SECOND + 30, flow.y, row.value, 9, "B", align="R")
            sheet.text(SECOND + 34, flow.y, row.unit, 8)
        sheet.text(RANGE, flow.y, row.reference, 8.5)
        flow.y += 12


def _test(sheet: Sheet, flow: Flow, row: Row) -> None:
    flow.need(44)
    sheet.mark(row)
    sheet.text(LEFT, flow.y, row.name, 9.5, "B")
    sheet.text(VALUE + 20, flow.y, f"{row.value} {row.unit}".strip(), 9.5, "B")
    flow.y += 11
    sheet.text(LEFT + 8, flow.y, "Amostra: Soro   Método: Automatizado", 7.5)
    if row.reference:
        sheet.text(LEFT + 8, flow.y + 10, f"Valores de referência: {row.reference}", 8)
        flow.y += 10
    flow.y += 16


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 808, lambda: _open_page(sheet, report))
    for section in report.sections:
        flow.need(60)
        sheet.text(LEFT, flow.y, section.title, 11, "B")
        sheet.rule(LEFT, flow.y + 3, RIGHT, flow.y + 3, 0.6)
        flow.y += 17
        if section.panel == "cbc":
            _count(sheet, flow, section)
        else:
            for row in section.rows:
                _test(sheet, flow, row)
        flow.y += 8
    flow.need(40)
    sheet.text(LEFT, flow.y + 8, f"Assinatura digital: {report.lab.director} - CRBM 5550", 8)
    sheet.text(
        LEFT,
        flow.y + 19,
        "A interpretação dos resultados depende da avaliação clínica. Resultado válido por 180 dias.",
        8,
    )


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="us", counts="es_units", decimal=",", thousands=".", span="{low} a {high}", upper="até {high}", lower="acima de {low}", flags={}, naming=9,
        respelled={"x10^6/uL": "10^6/mm³", "/mm3": "/mm³", "sec": "seg", "IU/mL": "UI/mL", "mIU/L": "mUI/L", "uIU/mL": "µUI/mL", "ug/dL": "mcg/dL"},
    )  # fmt: skip


LAYOUT = Layout(
    name="br_hospital",
    languages=("pt",),
    panels={"pt": ("cbc", "coag_it", "bioq", "enzymes", "lipids_eu", "a1c_eu", "thyroid_eu", "vitamins_eu", "serology_eu")},
    labs={
        "pt": Lab(name="Hospital Regional das Comportas", lines=("Av. do Canal, 1500", "Juiz de Fora - MG"), phone="(32) 5555-0170", director="Dr. Teobaldo Sarmento",
                  accession="{number:07d}", software="MV Lab 3", facility="COMPORTAS"),
    },
    style=style,
    draw=draw,
    paper="a4",
    amend=amend,
)  # fmt: skip
