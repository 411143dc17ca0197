"""A large US reference laboratory: Test / Result / Flag / Units / Reference Interval, banded panels."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word, status_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Color, Flow, Sheet

TEAL: Color = (0, 104, 118)
GREY: Color = (232, 236, 238)
SOFT: Color = (90, 90, 90)
LEFT, RIGHT = 40.0, 572.0
TEST, RESULT, FLAG, UNITS, RANGE, SITE = 48.0, 232.0, 292.0, 362.0, 450.0, 552.0
STAMP = "%m/%d/%Y %H:%M"


def _letterhead(sheet: Sheet, report: Report) -> None:
    sheet.disc(58, 46, 15, TEAL)
    sheet.disc(66, 40, 8, (255, 255, 255))
    sheet.text(82, 44, report.lab.name, 17, "B", color=TEAL)
    sheet.text(82, 57, "Clinical Laboratory Services", 8, "I", color=SOFT)
    sheet.text(RIGHT, 40, "Patient Report", 13, "B", align="R")
    sheet.text(RIGHT, 54, f"{status_word(report)} Report", 8, align="R", color=SOFT)
    sheet.rule(LEFT, 66, RIGHT, 66, 1.4, TEAL)


def _facts(report: Report) -> list[list[tuple[str, str]]]:
    who, order = report.patient, report.order
    name = f"{who.family}, {who.given} {who.middle}".strip()
    return [
        [("Patient Details", ""), ("", name), ("DOB:", f"{who.birth_date:%m/%d/%Y}"), ("Age:", f"{age(report)} y"), ("Sex:", sex_word(report)), ("Patient ID:", who.mrn)],
        [("Physician Details", ""), ("Ordering:", order.provider), ("Referring:", ""), ("NPI:", "1000000004"), ("Phone:", "555-0142"), ("Account:", "70021944")],
        [("Specimen Details", ""), ("Specimen ID:", order.accession), ("Control ID:", order.placer), ("Date collected:", f"{order.collected:{STAMP}}"), ("Date received:", f"{order.received:{STAMP}}"), ("Date reported:", f"{order.reported:{STAMP}}")],
    ]  # fmt: skip


def _patient_block(sheet: Sheet, report: Report) -> float:
    for column, facts in enumerate(_facts(report)):
        x = LEFT + 4 + column * 180
        for line, (label, text) in enumerate(facts):
            y = 80 + line * 12
            sheet.text(x, y, label, 8, "B")
            sheet.text(
                x + (sheet.measure(label, 8, "B") + 4 if label else 0),
                y,
                text,
                9 if not label else 8,
                "" if label else "B",
            )
    sheet.rule(LEFT, 148, RIGHT, 148, 0.6, SOFT)
    return 164


def _running_head(sheet: Sheet, report: Report) -> float:
    who = report.patient
    sheet.text(LEFT + 4, 80, f"Patient: {who.family}, {who.given} {who.middle}".strip(), 8, "B")
    sheet.text(LEFT + 220, 80, f"DOB: {who.birth_date:%m/%d/%Y}", 8)
    sheet.text(LEFT + 310, 80, f"Patient ID: {who.mrn}", 8)
    sheet.text(RIGHT, 80, f"Specimen ID: {report.order.accession}", 8, align="R")
    sheet.rule(LEFT, 86, RIGHT, 86, 0.4, SOFT)
    return 100


def _footer(sheet: Sheet, report: Report) -> None:
    sheet.rule(LEFT, 742, RIGHT, 742, 0.5, SOFT)
    sheet.text(LEFT, 752, f"Date Created and Stored {report.order.reported:%m/%d/%Y %H%M} ET", 7, color=SOFT)
    sheet.text(306, 752, f"{status_word(report)} Report", 7, align="C", color=SOFT)
    sheet.text(RIGHT, 752, f"Page {sheet.pages} of {{nb}}", 7, align="R", color=SOFT)
    sheet.text(
        LEFT,
        763,
        "This document contains private and confidential health information protected by state and federal law.",
        6.5,
        "I",
        color=SOFT,
    )
    sheet.text(
        LEFT, 772, f"If you have received this document in error, please call {report.lab.phone}.", 6.5, "I", color=SOFT
    )


def _column_heads(sheet: Sheet, y: float) -> None:
    sheet.box(LEFT, y - 10, RIGHT - LEFT, 14, fill=GREY)
    for x, title in (
        (TEST, "TESTS"),
        (RESULT, "RESULT"),
        (FLAG, "FLAG"),
        (UNITS, "UNITS"),
        (RANGE, "REFERENCE INTERVAL"),
        (SITE, "LAB"),
    ):
        sheet.text(x, y, title, 7.5, "B")


def _row(sheet: Sheet, row: Row, y: float) -> None:
    weight = "B" if row.flag else ""
    sheet.mark(row)
    sheet.text(TEST, y, row.name, 8.5, weight, fit=180)
    sheet.text(RESULT, y, row.value, 8.5, weight)
    sheet.text(FLAG, y, row.flag, 8.5, "B")
    sheet.text(UNITS, y, row.unit, 8.5)
    sheet.text(RANGE, y, row.reference, 8.5)
    sheet.text(SITE, y, "01", 7, color=SOFT)


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(60)
    sheet.text(LEFT + 2, flow.y, section.title, 9.5, "B", color=TEAL)
    flow.y += 14
    _column_heads(sheet, flow.y)
    flow.y += 15
    for row in section.rows:
        if flow.need(12):
            sheet.text(LEFT + 2, flow.y, f"{section.title} (Cont.)", 9.5, "B", color=TEAL)
            _column_heads(sheet, flow.y + 14)
            flow.y += 29
        _row(sheet, row, flow.y)
        flow.y += 12.5
    flow.y += 8


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""

    def open_page() -> float:
        _letterhead(sheet, report)
        _footer(sheet, report)
        return _patient_block(sheet, report) if sheet.pages == 1 else _running_head(sheet, report)

    flow = Flow(sheet, 700, open_page)
    panels = "; ".join(section.title for section in report.sections)
    sheet.text(LEFT + 4, flow.y, "Ordered Items", 8, "B")
    sheet.text(LEFT + 70, flow.y, panels, 8, fit=RIGHT - LEFT - 74)
    flow.y += 22
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(44)
    sheet.rule(LEFT, flow.y, RIGHT, flow.y, 0.4, SOFT)
    sheet.text(LEFT + 4, flow.y + 12, f"01  {report.lab.facility}  {report.lab.name}, {', '.join(report.lab.lines)}", 7)
    sheet.text(
        LEFT + 4,
        flow.y + 22,
        f"Dir: {report.lab.director}   For inquiries, the physician may contact Lab: {report.lab.phone}",
        7,
    )


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(language=language, system="us", span="{low}-{high}", upper="<{high}", lower=">={low}",
                      flags={"L": "Low", "H": "High", "LL": "Low Critical", "HH": "High Critical", "A": "Abnormal"},
                      spelling=4, capital_sections=False, naming=1)  # fmt: skip


LAYOUT = Layout(
    name="us_chem",
    languages=("en",),
    panels={"en": ("cmp", "lipids", "a1c")},
    labs={
        "en": Lab(name="Tidewater Diagnostics", lines=("1440 Millrace Parkway", "Burlington, NC 27215"), phone="800-555-0119", director="Sanjay Nagarkar, MD",
                  accession="{day:%j}-{number:07d}-0", software="TWReport 7.2", facility="TD"),
    },
    style=style,
    draw=draw,
)  # fmt: skip
