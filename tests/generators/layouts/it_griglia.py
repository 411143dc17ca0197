"""An Italian hospital: ruled grid, asterisk after the value in the same cell, ranges of both sexes, decimal point."""

from __future__ import annotations

from itertools import pairwise

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Color, Flow, Sheet

LINE: Color = (110, 110, 110)
SHADE: Color = (236, 236, 228)
EDGES = (34.0, 226.0, 306.0, 386.0, 562.0)
STEP = 15.0
HEADS = ("Descrizione esame", "Risultato", "U.M.", "Intervallo di riferimento")


def _facts(report: Report) -> list[tuple[str, str, str, str]]:
    who, order = report.patient, report.order
    stamp = "%d/%m/%Y %H:%M"
    return [
        ("Cognome e nome", f"{who.family} {who.given}".upper(), "Numero richiesta", order.accession),
        ("Nato/a il", f"{who.birth_date:%d/%m/%Y}", "Prelievo del", f"{order.collected:{stamp}}"),
        ("Sesso / Età", f"{sex_word(report)} / {age(report)} anni", "Ricevuto il", f"{order.received:{stamp}}"),
        ("ID paziente", who.mrn, "Refertato il", f"{order.reported:{stamp}}"),
        ("Richiedente", order.provider, "Reparto", "Ambulatorio"),
    ]


def _open_page(sheet: Sheet, report: Report) -> float:
    sheet.text(EDGES[0], 40, report.lab.name, 13, "B")
    sheet.text(EDGES[0], 51, f"{', '.join(report.lab.lines)} - Telefono {report.lab.phone}", 8)
    sheet.text(EDGES[-1], 40, "REFERTO DI LABORATORIO", 10, "B", align="R")
    y = 60.0
    for label, text, other, fact in _facts(report):
        sheet.box(EDGES[0], y, EDGES[-1] - EDGES[0], 13, edge=LINE)
        sheet.text(EDGES[0] + 4, y + 9.5, f"{label}:", 8)
        sheet.text(EDGES[0] + 88, y + 9.5, text, 9, "B")
        sheet.text(320, y + 9.5, f"{other}:", 8)
        sheet.text(404, y + 9.5, fact, 9)
        y += 13
    y += 8
    for left, right in pairwise(EDGES):
        sheet.box(left, y, right - left, STEP, fill=SHADE, edge=LINE)
    for left, head in zip(EDGES, HEADS, strict=False):
        sheet.text(left + 4, y + 10.5, head, 8.5, "B")
    sheet.text(EDGES[-1], 824, f"Pagina {sheet.pages}/{{nb}}", 8, align="R")
    return y + STEP


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    for left, right in pairwise(EDGES):
        sheet.box(left, y, right - left, STEP, edge=LINE)
    base = y + 10.5
    sheet.text(EDGES[0] + 4, base, row.name, 8.5, fit=184)
    sheet.text(EDGES[1] + 4, base, f"{row.value} {row.flag}".strip(), 8.5, "B" if row.flag else "", fit=74)
    sheet.text(EDGES[2] + 4, base, row.unit, 8.5, fit=74)
    sheet.text(EDGES[3] + 4, base, row.reference, 8.5, fit=168)


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(3 * STEP)
    sheet.box(EDGES[0], flow.y, EDGES[-1] - EDGES[0], STEP, edge=LINE)
    sheet.text((EDGES[0] + EDGES[-1]) / 2, flow.y + 10.5, section.title, 9, "B", align="C")
    flow.y += STEP
    for row in section.rows:
        flow.need(STEP)
        _row(sheet, row, flow.y)
        flow.y += STEP


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 806, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(30)
    sheet.text(EDGES[0], flow.y + 16, f"Firmato digitalmente da {report.lab.director}", 8, "I")


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="us", decimal=".", span="{low} - {high}", upper="< {high}", lower="> {low}", both_sexes=True,
        flags=dict.fromkeys(("L", "H", "LL", "HH", "A"), "*"),
        respelled={"x10^3/uL": "x10^3/µL", "x10^6/uL": "x10^6/µL", "IU/mL": "UI/mL", "mIU/L": "mUI/L", "uIU/mL": "µUI/mL", "ug/dL": "mcg/dL", "/hpf": "p.c.m.", "/lpf": "p.c.m.", "sec": "s"},
    )  # fmt: skip


LAYOUT = Layout(
    name="it_griglia",
    languages=("it",),
    panels={"it": ("cbc", "bioq", "lipids_eu", "enzymes", "a1c_eu", "inflammation_eu", "vitamins_eu", "urine_eu")},
    labs={
        "it": Lab(name="Ospedale San Procolo", lines=("Via dei Mulini 2", "40138 Bologna"), phone="051 5550 177", director="Dott. Ermete Casalgrandi",
                  accession="{number:09d}", software="LIS 2.8", facility="PROCOLO"),
    },
    style=style,
    draw=draw,
    paper="a4",
)  # fmt: skip
