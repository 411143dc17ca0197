"""A small laboratory with a ruled grid: value and flag share one cell; SI units in English, decimal point in Spanish."""

from __future__ import annotations

from itertools import pairwise

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word, status_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Color, Flow, Sheet

NAVY: Color = (32, 52, 92)
SHADE: Color = (240, 240, 232)
LINE: Color = (120, 120, 120)
EDGES = (50.0, 248.0, 332.0, 432.0, 562.0)
STEP = 17.0
HEADS = {
    "en": ("TEST", "RESULT", "UNITS", "REFERENCE RANGE"),
    "es": ("ESTUDIO", "RESULTADO", "UNIDADES", "VALORES DE REFERENCIA"),
}
WORDS = {
    "en": {"title": "LABORATORY REPORT", "name": "Name", "dob": "Date of birth", "sex": "Sex / Age", "id": "Hospital no.", "acc": "Lab no.",
           "col": "Collected", "rec": "Received", "rep": "Reported", "by": "Requested by", "status": "Status", "page": "Page {n} of {{nb}}", "sign": "Authorised by", "years": "yrs",
           "foot": "Results relate only to the samples tested. Reference ranges are for adults unless stated."},
    "es": {"title": "REPORTE DE LABORATORIO", "name": "Nombre", "dob": "Fecha de nacimiento", "sex": "Sexo / Edad", "id": "Expediente", "acc": "Folio",
           "col": "Toma de muestra", "rec": "Recepción", "rep": "Emisión", "by": "Médico", "status": "Estatus", "page": "Hoja {n} de {{nb}}", "sign": "Responsable sanitario", "years": "años",
           "foot": "Este reporte es exclusivo para uso médico. No es válido sin firma del responsable."},
}  # fmt: skip


def _pairs(report: Report) -> list[list[tuple[str, str]]]:
    who, order, words = report.patient, report.order, WORDS[report.language]
    day = "%d/%m/%Y"
    full = f"{who.given} {who.middle} {who.family}".replace("  ", " ")
    return [
        [(words["name"], full), (words["acc"], order.accession)],
        [(words["dob"], f"{who.birth_date:{day}}"), (words["col"], f"{order.collected:{day} %H:%M}")],
        [
            (words["sex"], f"{sex_word(report)} / {age(report)} {words['years']}"),
            (words["rec"], f"{order.received:{day} %H:%M}"),
        ],
        [(words["id"], who.mrn), (words["rep"], f"{order.reported:{day} %H:%M}")],
        [(words["by"], order.provider), (words["status"], status_word(report))],
    ]


def _open_page(sheet: Sheet, report: Report) -> float:
    words = WORDS[report.language]
    sheet.text(306, 44, report.lab.name.upper(), 16, "B", align="C", color=NAVY)
    sheet.text(306, 56, f"{' - '.join(report.lab.lines)} - Tel {report.lab.phone}", 8, align="C")
    sheet.text(306, 76, words["title"], 11, "B", align="C")
    y = 84.0
    for pair in _pairs(report):
        for (label, text), x in zip(pair, (EDGES[0], 314.0), strict=True):
            sheet.box(x, y, 86, 15, fill=SHADE, edge=LINE)
            sheet.box(x + 86, y, (264 if x == EDGES[0] else 248) - 86, 15, edge=LINE)
            sheet.text(x + 4, y + 10.5, label, 8, "B")
            sheet.text(x + 90, y + 10.5, text, 8.5)
        y += 15
    sheet.text(EDGES[0], 760, words["foot"], 7)
    sheet.text(EDGES[-1], 760, words["page"].format(n=sheet.pages), 8, align="R")
    return _heads(sheet, HEADS[report.language], y + 12)


def _cells(sheet: Sheet, y: float, fill: Color | None = None) -> None:
    for left, right in pairwise(EDGES):
        sheet.box(left, y, right - left, STEP, fill=fill, edge=LINE)


def _heads(sheet: Sheet, heads: tuple[str, ...], y: float) -> float:
    _cells(sheet, y, NAVY)
    for left, right, head in zip(EDGES, EDGES[1:], heads, strict=False):
        sheet.text((left + right) / 2, y + 12, head, 8.5, "B", align="C", color=(255, 255, 255))
    return y + STEP


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    _cells(sheet, y)
    base, weight = y + 12, "B" if row.flag else ""
    sheet.text(EDGES[0] + 5, base, row.name, 9, fit=188)
    sheet.text((EDGES[1] + EDGES[2]) / 2, base, f"{row.value} {row.flag}".strip(), 9, weight, align="C", fit=80)
    sheet.text((EDGES[2] + EDGES[3]) / 2, base, row.unit, 9, align="C", fit=96)
    sheet.text((EDGES[3] + EDGES[4]) / 2, base, row.reference, 9, align="C")


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(3 * STEP)
    sheet.box(EDGES[0], flow.y, EDGES[-1] - EDGES[0], STEP, fill=SHADE, edge=LINE)
    sheet.text(EDGES[0] + 5, flow.y + 12, section.title, 9, "B", color=NAVY)
    flow.y += STEP
    for row in section.rows:
        flow.need(STEP)
        _row(sheet, row, flow.y)
        flow.y += STEP


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 742, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(58)
    sheet.signature(420, flow.y + 22, report.order.accession)
    sheet.rule(400, flow.y + 36, 540, flow.y + 36, 0.5)
    sheet.text(470, flow.y + 46, report.lab.director, 8.5, align="C")
    sheet.text(470, flow.y + 56, WORDS[report.language]["sign"], 7.5, "I", align="C")


def style(language: str) -> PrintStyle:
    """Printing habits."""
    spanish = language == "es"
    return PrintStyle(language=language, system="es" if spanish else "si", thousands="," if spanish else "", span="{low} - {high}", upper="< {high}", lower="> {low}",
                      flags={"L": "L", "H": "H", "LL": "LL", "HH": "HH", "A": "A"}, spelling=1, capital_sections=True)  # fmt: skip


LAYOUT = Layout(
    name="grid",
    languages=("en", "es"),
    panels={"en": ("bmp", "liver", "lipids_si", "cbc"), "es": ("bioq", "enzymes", "lipids", "serology")},
    labs={
        "en": Lab(name="Oakfield Pathology", lines=("17 Weir Street", "Hobart TAS 7000"), phone="03 5550 0171", director="Dr Fergus Aldous", accession="{day:%y}-{number:07d}",
                  software="LabBook 3", facility="OAK"),
        "es": Lab(name="Laboratorio San Telmo", lines=("Av. Insurgentes 410", "Puebla, Pue."), phone="222 555 0186", director="QFB Rosaura Medrano", accession="F{number:07d}",
                  software="LabBook 3", facility="SANTELMO"),
    },
    style=style,
    draw=draw,
)  # fmt: skip
