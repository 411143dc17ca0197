"""An American hospital's result print-out: range and unit share a cell, each panel its specimen line, eGFR stages below."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Flow, Sheet

LEFT, VALUE, RANGE, BY, RIGHT = 48.0, 218.0, 318.0, 474.0, 566.0
STAMP = "%m/%d/%Y %I:%M %p"
STAGES = (
    ("G1", ">= 90", "Normal or high"), ("G2", "60 - 89", "Mildly decreased"), ("G3a", "45 - 59", "Mildly to moderately decreased"),
    ("G3b", "30 - 44", "Moderately to severely decreased"), ("G4", "15 - 29", "Severely decreased"), ("G5", "< 15", "Kidney failure"),
)  # fmt: skip


def _open_page(sheet: Sheet, report: Report) -> float:
    who = report.patient
    sheet.text(LEFT, 36, f"{who.family}, {who.given} (MRN {who.mrn}) DOB: {who.birth_date:%m/%d/%Y}", 8)
    sheet.text(RIGHT, 36, f"Page {sheet.pages} of {{nb}}", 8, align="R")
    sheet.rule(LEFT, 41, RIGHT, 41)
    if sheet.pages > 1:
        return 60
    sheet.text(LEFT, 60, report.lab.name, 13, "B")
    sheet.text(LEFT, 71, f"{', '.join(report.lab.lines)}  Phone: {report.lab.phone}  Medical Director: {report.lab.director}", 7.5)  # fmt: skip
    facts = (
        ("Patient Name", f"{who.family}, {who.given}", "Accession", report.order.accession),
        ("MRN", who.mrn, "Collected", f"{report.order.collected:{STAMP}}"),
        ("Legal Sex / Age", f"{sex_word(report)} / {age(report)} y.o.", "Received", f"{report.order.received:{STAMP}}"),
        ("DOB", f"{who.birth_date:%m/%d/%Y}", "Resulted", f"{report.order.reported:{STAMP}}"),
        ("Ordering Provider", report.order.provider, "Status", "Final result"),
    )
    for line, (label, text, other, fact) in enumerate(facts):
        y = 90 + 12 * line
        sheet.text(LEFT, y, label, 8, "B")
        sheet.text(LEFT + 90, y, text, 9)
        sheet.text(330, y, other, 8, "B")
        sheet.text(400, y, fact, 9)
    return 166


def _heading(sheet: Sheet, flow: Flow, report: Report, section: Section) -> None:
    flow.need(64)
    sheet.box(LEFT - 3, flow.y - 10, RIGHT - LEFT + 6, 14, fill=(226, 232, 240))
    sheet.text(LEFT, flow.y, section.title, 10, "B")
    flow.y += 13
    kind = "Urine, Clean Catch" if section.panel.startswith("urine") else "Blood, Venous"
    sheet.text(LEFT, flow.y, f"Specimen: {kind}   Collected: {report.order.collected:{STAMP}}", 7.5, "I")
    flow.y += 13
    for x, head in ((LEFT, "Component"), (VALUE, "Value"), (RANGE, "Ref Range & Units"), (BY, "Lab")):
        sheet.text(x, flow.y, head, 8, "B")
    sheet.rule(LEFT, flow.y + 3, RIGHT, flow.y + 3, 0.3)
    flow.y += 13


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(LEFT + 4, y, row.name, 9, fit=158)
    sheet.text(VALUE, y, f"{row.value} {row.flag}".strip(), 9, "B" if row.flag else "", fit=94)
    sheet.text(RANGE, y, f"{row.reference} {row.unit}".strip(), 9, fit=150)
    sheet.text(BY, y, "HVMC", 8)


def _stages(sheet: Sheet, flow: Flow) -> None:
    flow.need(94)
    sheet.text(LEFT + 10, flow.y, "Interpretation of eGFR (mL/min/1.73m2), KDIGO 2012:", 8, "I")
    for stage, span, words in STAGES:
        flow.y += 10
        for x, text in ((LEFT + 20, stage), (LEFT + 60, span), (LEFT + 120, words)):
            sheet.text(x, flow.y, text, 8)
    flow.y += 16


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 752, lambda: _open_page(sheet, report))
    for section in report.sections:
        _heading(sheet, flow, report, section)
        for row in section.rows:
            flow.need(13)
            _row(sheet, row, flow.y)
            flow.y += 13
        flow.y += 4
        if any(row.key == "egfr" for row in section.rows):
            _stages(sheet, flow)
        flow.y += 8
    flow.need(30)
    sheet.text(LEFT, flow.y + 8, f"HVMC: {report.lab.name}, {report.lab.lines[0]}. CLIA 05D5550123", 7.5)
    sheet.text(LEFT, flow.y + 18, "Result entry 1 of 1. Printed by interface. (H) high, (L) low, (A) abnormal.", 7.5)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="us", naming=9, upper="<{high}", lower=">={low}", capital_sections=False,
        flags={"L": "(L)", "H": "(H)", "LL": "(LL)", "HH": "(HH)", "A": "(A)"},
    )  # fmt: skip


LAYOUT = Layout(
    name="us_hospital",
    languages=("en",),
    panels={"en": ("cmp", "cbc", "lipids", "a1c", "thyroid", "iron", "urine")},
    labs={
        "en": Lab(name="Headwater Valley Medical Center Laboratory", lines=("500 Penstock Road", "Millbrae Falls, OR 97002"), phone="503-555-0142",
                  director="Judith Amsel MD", accession="{day:%y}HV-{day:%j}{number:05d}", software="Beacon 2024", facility="HVMC"),
    },
    style=style,
    draw=draw,
)  # fmt: skip
