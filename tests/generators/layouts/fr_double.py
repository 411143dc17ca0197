"""A French town laboratory with two units a test: the second value, unit and range stand on a line of their own, without a name."""

from __future__ import annotations

import re
from dataclasses import replace

from tests.generators.content import Lab, PrintStyle, Report, Row, Section
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Flow, Sheet

LEFT, VALUE, UNITS, RANGE, BEFORE, RIGHT = 44.0, 300.0, 306.0, 380.0, 540.0, 556.0
DAY = "%d/%m/%Y"
# key: code, factor from the first unit, second unit, decimals
SECOND = {
    "glucose": ("14749-6", 5.551, "mmol/L", 2), "chol": ("14647-2", 2.586, "mmol/L", 2), "hdl": ("14646-4", 2.586, "mmol/L", 2),
    "trig": ("14927-8", 1.143, "mmol/L", 2), "creatinine": ("14682-9", 88.4, "µmol/L", 0), "urate": ("14933-6", 59.48, "µmol/L", 0),
    "calcium": ("2000-8", 0.2495, "mmol/L", 2), "iron": ("14798-3", 0.1791, "µmol/L", 1), "bili_total": ("14631-6", 17.1, "µmol/L", 1),
}  # fmt: skip


def _converted(text: str, factor: float, decimals: int) -> str:
    def one(found: re.Match[str]) -> str:
        return f"{float(found.group().replace(',', '.')) * factor:.{decimals}f}".replace(".", ",")

    return re.sub(r"\d+(?:,\d+)?", one, text)


def amend(report: Report) -> Report:
    """After each test with a second unit, the same result in it."""
    sections = []
    for section in report.sections:
        rows: list[Row] = []
        for row in section.rows:
            rows.append(row)
            if row.key in SECOND:
                loinc, factor, unit, decimals = SECOND[row.key]
                value, reference = (_converted(text, factor, decimals) for text in (row.value, row.reference))
                old = tuple(_converted(text, factor, decimals) for text in row.previous)
                rows.append(replace(row, key=f"{row.key}_si", loinc=loinc, value=value, unit=unit, reference=reference, previous=old, flag="", comment=""))  # fmt: skip
        sections.append(replace(section, rows=tuple(rows)))
    return replace(report, sections=tuple(sections))


def _open_page(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.text(LEFT, 42, report.lab.name, 13, "B")
    sheet.text(LEFT, 53, " - ".join(report.lab.lines) + f" - Tél : {report.lab.phone}", 8)
    sheet.text(LEFT, 63, f"Biologistes médicaux : {report.lab.director} - Dr Yvon Kersauson", 8)
    sheet.text(310, 84, f"{'Mme' if who.sex == 'F' else 'M.'} {who.family.upper()} {who.given.upper()}", 11, "B")
    sheet.text(310, 97, f"Né(e) le : {who.birth_date:{DAY}}  Sexe : {who.sex}", 9)
    sheet.text(310, 109, f"Identifiant : {who.mrn}", 9)
    sheet.text(LEFT, 84, f"Demande n° {order.accession}", 9, "B")
    sheet.text(LEFT, 97, f"Prélèvement du {order.collected:{DAY}} à {order.collected:%Hh%M}", 9)
    sheet.text(LEFT, 109, f"Réception le {order.received:{DAY}} à {order.received:%Hh%M}", 9)
    sheet.text(LEFT, 121, f"Compte rendu du {order.reported:{DAY}} à {order.reported:%Hh%M}", 9)
    sheet.text(LEFT, 133, f"Prescrit par {order.provider}", 9)
    sheet.text(RIGHT, 824, f"Page {sheet.pages} sur {{nb}}", 8, align="R")
    y = 154.0
    sheet.text(RANGE, y, "Valeurs usuelles", 8, "I")
    sheet.text(BEFORE, y, f"Antériorité du {order.history[0]:{DAY}}", 8, "I", align="R")
    sheet.rule(LEFT, y + 4, RIGHT, y + 4, 0.4)
    return y + 20


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    if not row.key.endswith("_si"):
        sheet.text(LEFT, y, row.name, 9, fit=190)
        start = LEFT + min(190, sheet.measure(row.name, 9)) + 4
        sheet.text(start, y, " ." * int((VALUE - 50 - start) / sheet.measure(" .", 9)), 9)
    sheet.text(VALUE, y, row.value, 9, "B", align="R")
    sheet.text(UNITS, y, row.unit, 9)
    sheet.text(RANGE, y, row.reference, 9)
    sheet.text(BEFORE, y, row.previous[0] if row.previous else "", 9, align="R")


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(46)
    sheet.box(LEFT, flow.y - 11, RIGHT - LEFT, 15, edge=(0, 0, 0))
    sheet.text((LEFT + RIGHT) / 2, flow.y, section.title, 10, "B", align="C")
    flow.y += 19
    for row in section.rows:
        flow.need(26)
        _row(sheet, row, flow.y)
        flow.y += 12
    flow.y += 10


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(30)
    sheet.text(LEFT + 300, flow.y + 12, f"Validé biologiquement par {report.lab.director}", 8.5)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="us", counts="si", decimal=",", span="{low} à {high}", upper="< {high}", lower="> {low}", brackets="({})", flags={}, naming=9, history=1, capitals=True,
        respelled={"10^9/L": "Giga/L", "10^12/L": "Tera/L", "x10^6/uL": "Tera/L", "mIU/L": "mUI/L", "uIU/mL": "µUI/mL", "ug/dL": "µg/dL", "sec": "sec", "IU/mL": "UI/mL"},
    )  # fmt: skip


LAYOUT = Layout(
    name="fr_double",
    languages=("fr",),
    panels={"fr": ("cbc", "coag_fr", "bioq", "lipids_eu", "enzymes", "iron_eu", "thyroid_eu", "inflammation_eu", "serology_eu")},
    labs={
        "fr": Lab(name="BIOVANNES Laboratoire de la Vanne", lines=("12 rue des Tanneurs", "10000 Troyes"), phone="03 25 55 01 18", director="Dr Solange Perrotin",
                  accession="{day:%y%m%d}{number:05d}", software="Kalilab 5", facility="VANNES"),
    },
    style=style,
    draw=draw,
    paper="a4",
    amend=amend,
)  # fmt: skip
