"""An Italian public hospital: S- and Sg- before names, decimal points, ranges of both sexes, the flag between value and unit."""

from __future__ import annotations

from dataclasses import replace

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Flow, Sheet

LEFT, VALUE, FLAG, UNITS, RANGE, RIGHT = 46.0, 272.0, 280.0, 300.0, 376.0, 556.0
DAY, STAMP = "%d/%m/%Y", "%d/%m/%Y ore %H.%M"
PREFIX = {"cbc": "Sg", "coag_it": "P", "a1c_eu": "Sg", "inflammation_eu": "S"}


def amend(report: Report) -> Report:
    """The specimen before each name, as S-Glucosio."""
    sections = [
        replace(section, rows=tuple(replace(row, name=f"{PREFIX.get(section.panel, 'S')}-{row.name}") for row in section.rows))
        for section in report.sections
    ]  # fmt: skip
    return replace(report, sections=tuple(sections))


def _open_page(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.text(LEFT, 40, "AZIENDA SOCIO SANITARIA TERRITORIALE", 8)
    sheet.text(LEFT, 53, report.lab.name, 12, "B")
    sheet.text(LEFT, 64, f"{' - '.join(report.lab.lines)} - tel. {report.lab.phone} - Direttore: {report.lab.director}", 7.5)  # fmt: skip
    sheet.text(330, 84, "Cognome e Nome", 7)
    sheet.text(330, 94, f"{who.family.upper()} {who.given.upper()}", 10, "B")
    sheet.text(330, 106, "Data di nascita", 7)
    sheet.text(330, 116, f"{who.birth_date:{DAY}}   ({age(report)} aa)   Sesso {who.sex}", 9)
    sheet.text(330, 128, "Codice paziente", 7)
    sheet.text(330, 138, who.mrn, 9)
    facts = (("Richiesta n.", order.accession), ("Prelievo del", f"{order.collected:{STAMP}}"), ("Check-in", f"{order.received:{STAMP}}"), ("Refertato il", f"{order.reported:{STAMP}}"), ("Provenienza", "Ambulatorio Medicina 2"))  # fmt: skip
    for line, (label, text) in enumerate(facts):
        sheet.text(LEFT, 86 + 12 * line, label, 8)
        sheet.text(LEFT + 66, 86 + 12 * line, text, 9)
    sheet.text(LEFT, 824, f"Referto n. {order.accession} - pagina {sheet.pages} di {{nb}}", 7.5)
    y = 162.0
    sheet.rule(LEFT, y - 11, RIGHT, y - 11)
    for x, head in ((LEFT, "Esame"), (VALUE - 44, "Risultato"), (UNITS, "U.M."), (RANGE, "Intervallo di Riferimento")):
        sheet.text(x, y, head, 8.5, "I")
    sheet.rule(LEFT, y + 4, RIGHT, y + 4)
    return y + 20


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(LEFT + 8, y, row.name, 9, fit=170)
    sheet.text(VALUE, y, row.value, 9, "B", align="R")
    if row.flag in {"H", "L"}:
        sheet.text(FLAG, y, row.flag, 8)
    else:
        sheet.text(FLAG, y, row.flag, 8, "B")
    sheet.text(UNITS, y, row.unit, 9)
    sheet.text(RANGE, y, row.reference, 9, fit=178)


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(44)
    sheet.text(LEFT, flow.y, f"*** {section.title} ***", 9.5, "B")
    flow.y += 15
    for row in section.rows:
        flow.need(24 if row.comment else 12)
        _row(sheet, row, flow.y)
        if row.comment:
            flow.y += 10
            sheet.text(LEFT + 20, flow.y, row.comment, 7.5, "I")
        flow.y += 12
    flow.y += 8


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    sheet.face("times")
    flow = Flow(sheet, 804, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(46)
    sheet.text(LEFT, flow.y + 8, "Glicemia: IFG 100 - 125 mg/dL; diabete >= 126 mg/dL in due occasioni (ADA).", 8)
    sheet.text(LEFT, flow.y + 19, "Legenda: S = siero, P = plasma, Sg = sangue. H = alto, L = basso.", 8)
    sheet.text(
        LEFT, flow.y + 30, f"Referto firmato digitalmente da {report.lab.director} ai sensi del D.Lgs. 82/2005", 8
    )


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="us", decimal=".", span="{low} - {high}", upper="< {high}", lower="> {low}", naming=9, comments=True, both_sexes=True,
        flags={"L": "L", "H": "H", "LL": "LL", "HH": "HH", "A": "*"},
        respelled={"x10^3/uL": "x10^3/µL", "x10^6/uL": "x10^6/µL", "IU/mL": "UI/mL", "mIU/L": "mUI/L", "uIU/mL": "mUI/L", "ug/dL": "µg/dL", "U/L": "U/L", "mm/h": "mm/1h"},
    )  # fmt: skip


LAYOUT = Layout(
    name="it_ospedale",
    languages=("it",),
    panels={"it": ("cbc", "coag_it", "bioq", "lipids_eu", "enzymes", "iron_eu", "a1c_eu", "thyroid_eu", "inflammation_eu", "serology_eu")},
    labs={
        "it": Lab(name="Laboratorio Unico Ospedale San Gervaso", lines=("Via dei Mulini 40", "24121 Bergamo"), phone="035 555 0190", director="Dott. Ludovico Ferraris",
                  accession="{day:%d%m}{number:07d}", software="DNLab 9", facility="SGERV"),
    },
    style=style,
    draw=draw,
    paper="a4",
    amend=amend,
)  # fmt: skip
