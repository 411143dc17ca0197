"""A Portuguese public hospital: a typewriter page, dotted lines, ranges in square brackets, the mark in front of the value."""

from __future__ import annotations

from dataclasses import replace

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Flow, Sheet

LEFT, SIZE, STEP, RIGHT = 44.0, 8.5, 5.1, 552.0
STAMP = "%Y-%m-%d %H:%M"


def amend(report: Report) -> Report:
    """Names are cut where the dots must begin."""
    sections = [
        replace(section, rows=tuple(replace(row, name=row.name[:36]) for row in section.rows))
        for section in report.sections
    ]
    return replace(report, sections=tuple(sections))


def _at(column: int) -> float:
    return LEFT + STEP * column


def _open_page(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.text(LEFT, 42, report.lab.name.upper(), 10, "B")
    sheet.text(LEFT, 53, f"{', '.join(report.lab.lines)}  Tel {report.lab.phone}", 7.5)
    lines = (
        f"Utente.......: {who.given} {who.family}",
        f"Data Nasc....: {who.birth_date:%Y-%m-%d} ({age(report)} A)  Sexo: {sex_word(report)}",
        f"N. Processo..: {who.mrn}          Episódio: URG 25{order.placer[3:]}",
        f"N. Pedido....: {order.accession}   Requisitante: {order.provider}",
        f"Colheita.....: {order.collected:{STAMP}}   Receção: {order.received:{STAMP}}",
        f"Validado em..: {order.reported:{STAMP}}",
    )
    for line, text in enumerate(lines):
        sheet.text(LEFT, 72 + 11 * line, text, SIZE)
    sheet.text(LEFT, 142, "-" * 98, SIZE)
    sheet.text(RIGHT, 826, f"Pag. {sheet.pages} de {{nb}}", 8, align="R")
    return 156


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(_at(2), y, row.name + " " + "." * (38 - len(row.name)), SIZE)
    sheet.text(_at(42), y, row.flag, SIZE, "B")
    sheet.text(_at(54), y, row.value, SIZE, "B" if row.flag else "", align="R", fit=STEP * 11)
    sheet.text(_at(56), y, row.unit, SIZE)
    sheet.text(_at(70), y, row.reference, SIZE, fit=STEP * 26)


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(46)
    sheet.text(_at(30), flow.y, section.title, SIZE, "B")
    flow.y += 11
    sheet.text(_at(2), flow.y, "Produto: " + ("Urina" if section.panel.startswith("urine") else "Sangue"), 7.5)
    flow.y += 13
    for row in section.rows:
        flow.need(22 if row.comment else 11)
        _row(sheet, row, flow.y)
        if row.comment:
            flow.y += 10
            sheet.text(_at(6), flow.y, f"# {row.comment}", 7.5)
        flow.y += 11
    flow.y += 8


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    sheet.face("courier")
    flow = Flow(sheet, 806, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(40)
    sheet.text(LEFT, flow.y + 4, "-" * 98, SIZE)
    sheet.text(LEFT, flow.y + 16, f"O Especialista: {report.lab.director}      Fim do relatório", SIZE)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="us", counts="si", decimal=".", span="{low} - {high}", upper="<{high}", lower=">{low}", brackets="[{}]", naming=9, comments=True,
        flags={"L": "(-)", "H": "(+)", "LL": "(-)", "HH": "(+)", "A": "(*)"},
        respelled={"10^9/L": "x10E9/L", "10^12/L": "x10E12/L", "x10^6/uL": "x10E12/L", "IU/mL": "UI/mL", "mIU/L": "mUI/L", "uIU/mL": "uUI/mL", "ug/dL": "ug/dL", "/hpf": "/campo", "/lpf": "/campo", "sec": "s"},
    )  # fmt: skip


LAYOUT = Layout(
    name="pt_hospital",
    languages=("pt",),
    panels={"pt": ("cbc", "coag_it", "bioq", "enzymes", "iron_eu", "thyroid_eu", "inflammation_eu", "serology_eu", "urine_eu")},
    labs={
        "pt": Lab(name="Centro Hospitalar da Levada", lines=("Serviço de Patologia Clínica", "Alameda da Ribeira", "4050-313 Porto"), phone="222 555 019", director="Dra. Benvinda Queiroga",
                  accession="U{day:%y%m%d}{number:05d}", software="Clinidata XXI", facility="LEVADA"),
    },
    style=style,
    draw=draw,
    paper="a4",
    amend=amend,
)  # fmt: skip
