"""A Spanish public hospital: the former result between value and unit, stars first, an LDL table of goals, a footer of words."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Flow, Sheet

LEFT, STAR, VALUE, BEFORE, UNITS, RANGE, RIGHT = 38.0, 214.0, 270.0, 346.0, 362.0, 446.0, 560.0
STAMP = "%d/%m/%Y %H:%M"
GOALS = (("Riesgo bajo", "< 116 mg/dL"), ("Riesgo moderado", "< 100 mg/dL"), ("Riesgo alto", "< 70 mg/dL"), ("Riesgo muy alto", "< 55 mg/dL"))  # fmt: skip


def _open_page(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.text(LEFT, 40, report.lab.name, 12, "B")
    sheet.text(LEFT, 51, f"{' · '.join(report.lab.lines)} · Tfno. {report.lab.phone}", 7.5)
    sheet.text(RIGHT, 40, "INFORME DE LABORATORIO", 10, "B", align="R")
    sheet.box(LEFT - 4, 58, RIGHT - LEFT + 8, 64, edge=(90, 90, 90), width=0.4)
    facts = (
        ("Apellidos y nombre:", f"{who.family.upper()}, {who.given.upper()}", "Nº petición:", order.accession),
        ("NHC:", who.mrn, "F. extracción:", f"{order.collected:{STAMP}}"),
        (
            "F. nacimiento:",
            f"{who.birth_date:%d/%m/%Y}  ({age(report)} años)",
            "F. recepción:",
            f"{order.received:{STAMP}}",
        ),
        ("Sexo:", "Mujer" if who.sex == "F" else "Hombre", "F. informe:", f"{order.reported:{STAMP}}"),
        ("Médico:", order.provider, "Servicio:", "Medicina Interna   Estado: Definitivo"),
    )
    for line, (label, text, other, fact) in enumerate(facts):
        y = 70 + 12 * line
        sheet.text(LEFT, y, label, 8)
        sheet.text(LEFT + 84, y, text, 9, "B" if line == 0 else "")
        sheet.text(350, y, other, 8)
        sheet.text(418, y, fact, 9)
    sheet.text(LEFT, 826, f"Página {sheet.pages} de {{nb}}", 8)
    sheet.text(RIGHT, 826, "Los valores marcados con * están fuera del intervalo de referencia", 7.5, align="R")
    y = 142.0
    for x, head, side in ((LEFT, "Prueba", "L"), (VALUE, "Resultado", "R"), (BEFORE, f"Previo {order.history[0]:%d/%m/%y}", "R"), (UNITS, "Unidades", "L"), (RANGE, "Intervalo de referencia", "L")):  # fmt: skip
        sheet.text(x, y, head, 8, "B", align=side)
    sheet.rule(LEFT, y + 4, RIGHT, y + 4, 0.8)
    return y + 20


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(LEFT + 6, y, row.name, 8.5, fit=168)
    sheet.text(STAR, y, row.flag, 8.5, "B")
    sheet.text(VALUE, y, row.value, 8.5, "B" if row.flag else "", align="R")
    sheet.text(BEFORE, y, row.previous[0] if row.previous else "", 8.5, color=(100, 100, 100), align="R")
    sheet.text(UNITS, y, row.unit, 8.5)
    sheet.text(RANGE, y, row.reference, 8.5, fit=112)


def _goals(sheet: Sheet, flow: Flow) -> None:
    flow.need(68)
    sheet.text(LEFT + 20, flow.y, "Objetivos de colesterol LDL según riesgo cardiovascular (ESC 2021):", 7.5, "I")
    for risk, goal in GOALS:
        flow.y += 10
        sheet.text(LEFT + 30, flow.y, risk, 7.5)
        sheet.text(LEFT + 130, flow.y, goal, 7.5)
    flow.y += 16


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(42)
    sheet.text(LEFT, flow.y, section.title, 9.5, "B")
    flow.y += 14
    for row in section.rows:
        flow.need(12)
        _row(sheet, row, flow.y)
        flow.y += 12
    flow.y += 4
    if section.panel == "lipids_si":
        _goals(sheet, flow)
    flow.y += 6


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 804, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(44)
    sheet.text(LEFT, flow.y + 8, f"Validado por: {report.lab.director} el {report.order.reported:{STAMP}}", 8)
    sheet.text(LEFT, flow.y + 20, "Los intervalos de referencia se han revisado el 01/03/2024 según edad y sexo.", 8)
    sheet.text(LEFT, flow.y + 32, "Muestra hemolizada en grado leve (índice 1+): interpretar con precaución.", 8)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="es", decimal=",", thousands=".", span="{low} - {high}", upper="Hasta {high}", lower="Mayor de {low}", brackets="[{}]", naming=9, history=1,
        flags=dict.fromkeys(("L", "H", "LL", "HH", "A"), "*"), spelling=1,
    )  # fmt: skip


LAYOUT = Layout(
    name="es_hospital",
    languages=("es",),
    panels={"es": ("cbc", "coag_es", "bioq", "lipids_si", "enzymes", "a1c_es", "thyroid", "iron", "serology", "urine_chem")},
    labs={
        "es": Lab(name="Hospital Universitario Virgen de la Noria", lines=("Servicio de Análisis Clínicos", "Carretera del Pantano s/n", "30005 Murcia"), phone="968 555 014",
                  director="Dra. Nieves Albacete", accession="{number:08d}", software="SIL Modular 4", facility="NORIA"),
    },
    style=style,
    draw=draw,
    paper="a4",
)  # fmt: skip
