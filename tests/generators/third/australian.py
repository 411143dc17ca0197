"""An Australian cumulative report: requests run left to right with the latest last, dates, times and numbers as three lines of heads."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.sheet import Flow, Sheet
from tests.generators.third.model import Case, Form, Line, q

LEFT, TWO, ONE, NOW, UNITS, RANGE = 44.0, 210.0, 286.0, 362.0, 392.0, 464.0


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.box(0, 0, sheet.width, 30, fill=(0, 95, 90))
    sheet.text(LEFT, 20, case.form.lab, 14, "B", color=(255, 255, 255))
    sheet.text(551, 20, "ABN 00 999 999 999   NATA accredited 19999", 8, align="R", color=(255, 255, 255))
    sheet.text(LEFT, 48, f"Patient Name: {who.family.upper()}, {who.given.upper()}", 9.5, "B")
    sheet.text(LEFT, 60, f"Patient Address: {4 + int(who.mrn) % 90} Billabong Crescent, WANNEROO WA 6065", 8.5)
    sheet.text(
        LEFT,
        72,
        f"D.O.B: {who.birth_date:%d/%m/%Y}     Gender: {who.sex}     Medicare No.: 2999 99999 1     UR No.: {who.mrn}",
        8.5,
    )
    sheet.text(
        LEFT,
        84,
        f"Requested: {case.collected:%d/%m/%Y}     Lab. Reference: {case.accession}     Addressee: DR T. NGUYEN-BARLOW",
        8.5,
    )
    sheet.text(
        LEFT,
        96,
        f"Collected: {case.collected:%d/%m/%Y %H:%M}     Received: {case.received:%d/%m/%Y %H:%M}     Reported: {case.reported:%d/%m/%Y %H:%M}",
        8.5,
    )
    sheet.text(LEFT, 824, f"Page {sheet.pages} of {{nb}}     Authorised by Dr Carol Mirrabooka FRCPA", 8)
    return 122


def _heads(sheet: Sheet, flow: Flow, case: Case) -> None:
    days = (
        case.collected - timedelta(days=412, minutes=31),
        case.collected - timedelta(days=120, minutes=-44),
        case.collected,
    )
    for x, day in zip((TWO, ONE, NOW), days, strict=True):
        sheet.text(x, flow.y, f"{day:%d/%m/%y}", 8.5, "B" if day is days[2] else "", font="courier", align="R")
        sheet.text(x, flow.y + 10, f"{day:%H%M}", 8.5, font="courier", align="R")
        sheet.text(x, flow.y + 20, case.accession[:4] + f"{day:%m%d}", 8.5, font="courier", align="R")
    for line, head in enumerate(("Date:", "Time:", "Lab No:")):
        sheet.text(LEFT, flow.y + 10 * line, head, 8.5, font="courier")
    sheet.text(UNITS, flow.y + 20, "Units", 8.5, "B", font="courier")
    sheet.text(RANGE, flow.y + 20, "Reference", 8.5, "B", font="courier")
    flow.y += 34


def _row(sheet: Sheet, flow: Flow, one: Line) -> None:
    one.page = sheet.pages
    sheet.text(LEFT, flow.y, one.test.name, 9, font="courier")
    sheet.text(TWO, flow.y, one.previous[1], 9, font="courier", align="R")
    sheet.text(ONE, flow.y, one.previous[0], 9, font="courier", align="R")
    sheet.text(NOW, flow.y, one.value, 9, "B", font="courier", align="R")
    sheet.text(NOW + 4, flow.y, one.flag, 9, "B", font="courier")
    sheet.text(UNITS, flow.y, one.test.unit, 9, font="courier")
    sheet.text(RANGE, flow.y, one.reference, 9, font="courier")
    flow.y += 11


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(70 + 11 * len(lines))
        sheet.text(LEFT, flow.y, title, 10, "B")
        flow.y += 16
        _heads(sheet, flow, case)
        for one in lines:
            _row(sheet, flow, one)
        sheet.text(LEFT, flow.y + 6, f"Comments on Collection {case.collected:%d/%m/%y %H%M}:", 8.5, "B")
        sheet.text(
            LEFT,
            flow.y + 17,
            "Results within expected limits for a general practice population are not commented upon.",
            8.5,
        )
        flow.y += 38
    sheet.text(LEFT, flow.y, "Tests Completed: FBE, UEC, LFT, LIPIDS    Tests Pending: 25-OH VITAMIN D", 8.5, "B")


FORM = Form(
    name="au_cumulative", language="en", lab="Swanbrook Pathology", accession="{day:%y}-{number:08d}", draw=draw, flags=("L", "H"),
    span="({low}-{high})", upper="(< {high})", lower="(> {low})",
    sections=(
        ("FULL BLOOD EXAMINATION", (
            q("Haemoglobin", "g/L", 119, 160, 0, "718-7"), q("RCC", "x10^12/L", 3.80, 5.80, 2, "789-8"), q("Haematocrit", "", 0.35, 0.48, 2, "4544-3"),
            q("MCV", "fL", 80, 100, 0, "787-2"), q("MCH", "pg", 27, 32, 0, "785-6"), q("Platelets", "x10^9/L", 150, 450, 0, "777-3"),
            q("WCC", "x10^9/L", 4.0, 11.0, 1, "6690-2"), q("Neutrophils", "x10^9/L", 2.0, 7.5, 1, "751-8"), q("Lymphocytes", "x10^9/L", 1.2, 4.0, 1, "731-0"),
            q("Monocytes", "x10^9/L", 0.2, 1.0, 1, "742-7"),
        )),
        ("SERUM CHEMISTRY", (
            q("Sodium", "mmol/L", 135, 145, 0, "2951-2"), q("Potassium", "mmol/L", 3.5, 5.5, 1, "2823-3"), q("Chloride", "mmol/L", 95, 110, 0, "2075-0"),
            q("Bicarbonate", "mmol/L", 20, 32, 0, "1963-8"), q("Urea", "mmol/L", 2.5, 7.0, 1, "22664-7"), q("Creatinine", "umol/L", 45, 85, 0, "14682-9"),
            q("Bili.Total", "umol/L", 3, 15, 0, "14631-6"), q("ALP", "U/L", 30, 115, 0, "6768-6"), q("GGT", "U/L", 5, 35, 0, "2324-2"),
            q("ALT", "U/L", 5, 30, 0, "1742-6"), q("AST", "U/L", 10, 35, 0, "1920-8"), q("Albumin", "g/L", 36, 47, 0, "1751-7"),
        )),
        ("LIPIDS", (
            q("Cholesterol", "mmol/L", None, 5.5, 1, "14647-2"), q("Triglyceride", "mmol/L", None, 2.0, 1, "14927-8"), q("HDL", "mmol/L", 1.1, None, 2, "14646-4"),
        )),
    ),
)  # fmt: skip
