"""A Spanish hospital laboratory: decimal comma, thousands dot, asterisk before values out of range, A4."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word, status_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Color, Flow, Sheet

GREEN: Color = (0, 98, 65)
PALE: Color = (226, 239, 232)
LEFT, RIGHT = 42.0, 553.0
TEST, VALUE, UNITS, RANGE = 48.0, 318.0, 334.0, 440.0
STAMP = "%d/%m/%Y %H:%M"


def _letterhead(sheet: Sheet, report: Report) -> None:
    sheet.box(LEFT, 28, 34, 34, fill=GREEN)
    sheet.box(LEFT + 13, 33, 8, 24, fill=(255, 255, 255))
    sheet.box(LEFT + 5, 41, 24, 8, fill=(255, 255, 255))
    sheet.text(LEFT + 44, 42, report.lab.name, 14, "B", color=GREEN)
    sheet.text(LEFT + 44, 54, "Servicio de Análisis Clínicos", 9)
    sheet.text(LEFT + 44, 65, f"{', '.join(report.lab.lines)} · Tel. {report.lab.phone}", 7.5)
    sheet.barcode(436, 30, report.order.accession)
    sheet.text(436, 62, f"Nº petición: {report.order.accession}", 8)
    sheet.rule(LEFT, 74, RIGHT, 74, 1, GREEN)


def _patient(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.box(LEFT, 82, RIGHT - LEFT, 62, edge=GREEN)
    left = (("Paciente:", f"{who.family}, {who.given}".upper()), ("Fecha nac.:", f"{who.birth_date:%d/%m/%Y}    Edad: {age(report)} años"),
            ("Sexo:", sex_word(report)), ("NHC:", who.mrn))  # fmt: skip
    right = (
        ("Solicitante:", order.provider),
        ("F. extracción:", f"{order.collected:{STAMP}}"),
        ("F. recepción:", f"{order.received:{STAMP}}"),
        ("F. informe:", f"{order.reported:{STAMP}}"),
    )
    for x, gap, facts in ((LEFT + 8, 56, left), (LEFT + 290, 66, right)):
        for line, (label, text) in enumerate(facts):
            sheet.text(x, 96 + 14 * line, label, 8.5, color=(70, 70, 70))
            sheet.text(x + gap, 96 + 14 * line, text, 9, "B" if line == 0 and gap == 56 else "")
    return 162


def _open_page(sheet: Sheet, report: Report) -> float:
    _letterhead(sheet, report)
    y = _patient(sheet, report)
    sheet.box(LEFT, y - 10, RIGHT - LEFT, 15, fill=GREEN)
    white: Color = (255, 255, 255)
    sheet.text(TEST, y, "Prueba", 9, "B", color=white)
    sheet.text(VALUE, y, "Resultado", 9, "B", align="R", color=white)
    sheet.text(UNITS, y, "Unidades", 9, "B", color=white)
    sheet.text(RANGE, y, "Valores de referencia", 9, "B", color=white)
    sheet.text(LEFT, 806, "Los resultados marcados con asterisco (*) están fuera de los valores de referencia.", 7, "I")
    sheet.text(
        LEFT, 816, "Este informe no puede reproducirse parcialmente sin la autorización del laboratorio.", 7, "I"
    )
    sheet.text(RIGHT, 816, f"Página {sheet.pages} de {{nb}}", 8, align="R")
    sheet.text(RIGHT, 806, f"Informe {status_word(report).lower()}", 8, "B", align="R")
    return y + 20


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    weight = "B" if row.flag else ""
    sheet.text(TEST, y, row.name, 9, weight, fit=226)
    sheet.text(VALUE, y, f"{row.flag} {row.value}".strip(), 9, weight, align="R")
    sheet.text(UNITS, y, row.unit, 9)
    sheet.text(RANGE, y, row.reference, 9)


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(40)
    sheet.box(LEFT, flow.y - 10, RIGHT - LEFT, 14, fill=PALE)
    sheet.text(LEFT + 4, flow.y, section.title, 9.5, "B", color=GREEN)
    flow.y += 16
    for row in section.rows:
        flow.need(13)
        _row(sheet, row, flow.y)
        flow.y += 13
    flow.y += 7


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 786, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(62)
    sheet.signature(LEFT + 350, flow.y + 20, report.order.accession)
    sheet.text(LEFT + 340, flow.y + 42, f"Fdo.: {report.lab.director}", 8.5)
    sheet.text(LEFT + 340, flow.y + 52, "Facultativo responsable", 7.5, "I")


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(language=language, system="es_units", decimal=",", thousands=".", flags=dict.fromkeys(("L", "H", "LL", "HH", "A"), "*"),
                      span="{low} - {high}", upper="< {high}", lower="> {low}", brackets="[{}]")  # fmt: skip


LAYOUT = Layout(
    name="es_clasico",
    languages=("es",),
    panels={"es": ("cbc", "coag_es", "bioq", "lipids", "enzymes", "a1c_es", "iron", "inflammation", "urine")},
    labs={
        "es": Lab(name="Hospital Comarcal de la Acequia", lines=("Avda. del Molino, 12", "46920 Mislata (Valencia)"), phone="961 55 01 00", director="Dra. Leonor Castaño",
                  accession="{day:%y%m%d}{number:07d}", software="GestLab 11.3", facility="HCA"),
    },
    style=style,
    draw=draw,
    paper="a4",
)  # fmt: skip
