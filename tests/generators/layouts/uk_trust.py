"""A British hospital trust: Serum and Plasma before names, a star after the value, brackets, telephone notes, one panel a box."""

from __future__ import annotations

from dataclasses import replace

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, sex_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Flow, Sheet

LEFT, VALUE, STAR, UNITS, RANGE, RIGHT = 52.0, 300.0, 308.0, 322.0, 420.0, 544.0
SERUM = frozenset({"sodium", "potassium", "urea", "creatinine", "albumin", "alt", "alp", "bili_total", "calcium", "phosphate", "tsh", "ft4", "ferritin", "crp", "chol", "hdl", "trig"})  # fmt: skip
BRITISH = {"bili_total": "Total bilirubin", "alp": "Alkaline phosphatase", "alt": "ALT", "chol": "Cholesterol", "hdl": "HDL cholesterol", "trig": "Triglycerides", "ft4": "Free T4",
           "crp": "C reactive protein", "wbc": "White cell count", "rbc": "Red cell count", "hgb": "Haemoglobin", "hct": "Haematocrit", "plt": "Platelet count", "esr": "ESR",
           "neut_abs": "Neutrophil count", "lymph_abs": "Lymphocyte count", "mono_abs": "Monocyte count", "eos_abs": "Eosinophil count", "baso_abs": "Basophil count", "a1c_ifcc": "Haemoglobin A1c (IFCC)"}  # fmt: skip
LEFT_OUT = frozenset({"neut_pct", "lymph_pct", "mono_pct", "eos_pct", "baso_pct"})
NOTES = {"egfr": "If Afro-Caribbean no correction is applied. An eGFR above 90 is not reported as a number by some methods.",
         "potassium": "Sample not haemolysed.", "tsh": "TSH target on thyroxine is 0.4 - 2.5 mU/L."}  # fmt: skip


def amend(report: Report) -> Report:
    """British names, and no percentages in the differential."""
    sections = []
    for section in report.sections:
        rows = [replace(row, name=_named(row)) for row in section.rows if row.key not in LEFT_OUT]
        sections.append(replace(section, rows=tuple(rows)))
    return replace(report, sections=tuple(sections))


def _named(row: Row) -> str:
    name = BRITISH.get(row.key, row.name)
    plain = name if name[:2].isupper() else name[0].lower() + name[1:]
    return f"Serum {plain}" if row.key in SERUM else name


def _open_page(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.text(LEFT, 44, report.lab.name, 13, "B", color=(0, 48, 135))
    sheet.text(LEFT, 56, f"{', '.join(report.lab.lines)}. Tel: {report.lab.phone}", 8)
    sheet.box(LEFT - 4, 64, RIGHT - LEFT + 8, 62, edge=(0, 48, 135))
    sheet.text(LEFT, 78, f"Surname: {who.family.upper()}", 9, "B")
    sheet.text(LEFT, 91, f"Forename: {who.given}", 9)
    sheet.text(LEFT, 104, f"Date of birth: {who.birth_date:%d-%b-%Y}      Sex: {sex_word(report)}", 9)
    sheet.text(LEFT, 117, f"Hospital No: {who.mrn}", 9)
    sheet.text(318, 78, f"Lab No: {order.accession}", 9, "B")
    sheet.text(318, 91, f"Sample taken: {order.collected:%d-%b-%Y %H:%M}", 9)
    sheet.text(318, 104, f"Sample received: {order.received:%d-%b-%Y %H:%M}", 9)
    sheet.text(318, 117, f"Report date: {order.reported:%d-%b-%Y %H:%M}", 9)
    sheet.text(LEFT, 138, f"Requested by: {order.provider}     Location: Ward 7B     Status: Final", 9)
    sheet.text(LEFT, 824, f"Page {sheet.pages} of {{nb}}    UKAS accredited medical laboratory No. 5550", 7.5)
    return 160


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(LEFT + 6, y, row.name, 9.5, fit=196)
    sheet.text(VALUE, y, row.value, 9.5, align="R")
    sheet.text(STAR, y, row.flag, 9.5)
    sheet.text(UNITS, y, row.unit, 9.5)
    sheet.text(RANGE, y, row.reference, 9.5)


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(50)
    sheet.text(LEFT, flow.y, section.title, 10.5, "B")
    sheet.rule(LEFT, flow.y + 3, LEFT + sheet.measure(section.title, 10.5, "B"), flow.y + 3, 0.6)
    flow.y += 16
    for row in section.rows:
        note = NOTES.get(row.key, "")
        flow.need(26 if note else 13)
        _row(sheet, row, flow.y)
        if note:
            flow.y += 11
            sheet.text(LEFT + 18, flow.y, note, 8, "I")
        flow.y += 13
    flow.y += 10


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 806, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(40)
    sheet.text(LEFT, flow.y + 6, f"Result telephoned to Ward 7B at {report.order.reported:%H:%M} and read back.", 9)
    sheet.text(LEFT, flow.y + 20, f"Authorised by: {report.lab.director}      *** End of report ***", 9)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="si", brackets="( {} )", span="{low} - {high}", upper="< {high}", lower="> {low}", capital_sections=False,
        flags=dict.fromkeys(("L", "H", "LL", "HH", "A"), "*"), respelled={"x10E9/L": "10*9/L", "10^9/L": "10*9/L", "10^12/L": "10*12/L", "U/L": "IU/L"},
    )  # fmt: skip


LAYOUT = Layout(
    name="uk_trust",
    languages=("en",),
    panels={"en": ("cbc", "bioq", "enzymes", "lipids_si", "a1c_es", "thyroid_eu", "iron_eu", "inflammation_eu", "serology_eu")},
    labs={
        "en": Lab(name="Millrace Vale Pathology", lines=("St Brannock's Hospital", "Lower Weir Road", "Taunley TA5 5NP"), phone="01632 960 214",
                  director="Dr R. Pemberley FRCPath", accession="{day:%y}.{number:07d}.X", software="PathSys 4", facility="MVALE"),
    },
    style=style,
    draw=draw,
    paper="a4",
    amend=amend,
)  # fmt: skip
