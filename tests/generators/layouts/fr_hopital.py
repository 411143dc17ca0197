"""A French hospital laboratory: a ruled table in SI units, B and H in a column of their own, ranges in square brackets."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word, status_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Color, Flow, Sheet

BLUE: Color = (20, 60, 130)
PALE: Color = (228, 234, 245)
LEFT, RIGHT = 36.0, 560.0
TEST, FLAG, VALUE, UNITS, RANGE, BEFORE = 40.0, 246.0, 262.0, 322.0, 388.0, 480.0
STAMP = "%d/%m/%Y %H:%M"


def _head(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.box(LEFT, 26, RIGHT - LEFT, 30, fill=BLUE)
    white: Color = (255, 255, 255)
    sheet.text(LEFT + 8, 45, report.lab.name, 13, "B", color=white)
    sheet.text(RIGHT - 8, 45, "COMPTE RENDU D'ANALYSES", 10, "B", align="R", color=white)
    sheet.text(LEFT, 67, f"{', '.join(report.lab.lines)} - Tél : {report.lab.phone}", 7.5)
    facts = (
        ("Nom :", who.family.upper(), "N° de demande :", order.accession),
        ("Prénom :", who.given, "Date de prélèvement :", f"{order.collected:{STAMP}}"),
        ("Date de naissance :", f"{who.birth_date:%d/%m/%Y}", "Date de réception :", f"{order.received:{STAMP}}"),
        ("Sexe :", f"{sex_word(report)}    Age : {age(report)} ans", "Date d'édition :", f"{order.reported:{STAMP}}"),
        ("IPP :", who.mrn, "Médecin prescripteur :", order.provider),
    )
    for line, (label, text, other, fact) in enumerate(facts):
        y = 84 + 13 * line
        sheet.text(LEFT + 4, y, label, 8.5, "B")
        sheet.text(LEFT + 96, y, text, 9)
        sheet.text(306, y, other, 8.5, "B")
        sheet.text(412, y, fact, 9)
    sheet.box(LEFT, 74, RIGHT - LEFT, 70, edge=BLUE)
    sheet.text(RIGHT, 828, f"Page {sheet.pages} sur {{nb}}", 8, align="R")
    sheet.text(LEFT, 828, f"Statut : {status_word(report)}", 8)
    return 156


def _open_page(sheet: Sheet, report: Report) -> float:
    y = _head(sheet, report)
    sheet.box(LEFT, y - 10, RIGHT - LEFT, 15, fill=PALE)
    for x, head in (
        (TEST, "Analyse"),
        (VALUE, "Résultat"),
        (UNITS, "Unité"),
        (RANGE, "Intervalle de référence"),
        (BEFORE + 24, "Antériorité"),
    ):
        sheet.text(x, y, head, 8.5, "B")  # fmt: skip
    return y + 19


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(TEST, y, row.name, 8.5, fit=200)
    sheet.text(FLAG, y, row.flag, 8.5, "B")
    sheet.text(VALUE, y, row.value, 8.5, "B" if row.flag else "", fit=56)
    sheet.text(UNITS, y, row.unit, 8.5)
    sheet.text(RANGE, y, row.reference, 8.5)
    sheet.text(BEFORE + 24, y, row.previous[0] if row.previous else "", 8.5)
    sheet.rule(LEFT, y + 3.5, RIGHT, y + 3.5, 0.2)


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(40)
    sheet.text(TEST, flow.y, section.title, 9.5, "B", color=BLUE)
    flow.y += 14
    for row in section.rows:
        flow.need(13)
        _row(sheet, row, flow.y)
        flow.y += 13
    flow.y += 8


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 806, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(30)
    sheet.text(LEFT + 330, flow.y + 14, f"Validation biologique : {report.lab.director}", 8.5, "I")


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="si", decimal=",", span="{low} - {high}", upper="< {high}", lower="> {low}", brackets="[{}]", history=1,
        flags={"L": "B", "H": "H", "LL": "BB", "HH": "HH", "A": "A"}, capital_sections=True,
        respelled={"10^9/L": "G/L", "10^12/L": "T/L", "umol/L": "µmol/L", "U/L": "UI/L", "IU/mL": "UI/mL", "mIU/L": "mUI/L", "/hpf": "/champ", "/lpf": "/champ", "sec": "s"},
    )  # fmt: skip


LAYOUT = Layout(
    name="fr_hopital",
    languages=("fr",),
    panels={"fr": ("cbc", "bioq", "lipids_eu", "enzymes", "a1c_eu", "tumor_eu", "serology_eu", "urine_eu")},
    labs={
        "fr": Lab(name="Centre Hospitalier du Val de Bief", lines=("12 avenue du Barrage", "71300 Montceau"), phone="03 55 01 88 00", director="Dr Gontran Maillefer",
                  accession="{day:%y}B{number:07d}", software="HexaBio 5", facility="CHVB"),
    },
    style=style,
    draw=draw,
    paper="a4",
)  # fmt: skip
