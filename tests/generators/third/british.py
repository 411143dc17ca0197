"""A British practice's print-out of linked results: one column a date, the newest first; units and ranges beside the name."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.sheet import Flow, Sheet
from tests.generators.third.model import Case, Form, Line, q

LEFT, UNITS, RANGE, NOW, ONE, TWO, RIGHT = 42.0, 204.0, 270.0, 376.0, 454.0, 528.0, 556.0


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(297, 40, case.form.lab, 13, "B", align="C")
    sheet.text(
        297,
        52,
        "Blood Sciences, Sluice Lane, Ottermouth EX9 7QQ    Enquiries 01632 960 771    UKAS 8899",
        7.5,
        align="C",
    )
    sheet.rule(LEFT, 58, RIGHT, 58)
    sheet.text(LEFT, 72, f"Name: {who.family.upper()}, {who.given}", 9, "B")
    sheet.text(
        LEFT,
        84,
        f"DOB: {who.birth_date:%d/%m/%Y}   Gender: {'Female' if who.sex == 'F' else 'Male'}   Patient ID: {who.mrn}",
        9,
    )
    sheet.text(LEFT, 96, "GP: Dr L. Featherstonehaugh, Otter Vale Surgery (L83999)", 9)
    sheet.text(330, 72, f"Specimen No: {case.accession}", 9)
    sheet.text(330, 84, f"Collected: {case.collected:%d/%m/%Y %H:%M}", 9)
    sheet.text(330, 96, f"Received: {case.received:%d/%m/%Y %H:%M}", 9)
    sheet.text(330, 108, f"Reported: {case.reported:%d/%m/%Y %H:%M}", 9)
    sheet.text(LEFT, 108, "Clinical details: TATT, on ramipril", 9)
    sheet.text(
        LEFT, 822, f"Page {sheet.pages} of {{nb}}    Printed for patient care; dispose of as confidential waste", 7
    )
    days = (case.collected, case.collected - timedelta(days=96), case.collected - timedelta(days=371))
    sheet.rule(LEFT, 120, RIGHT, 120, 0.3)
    for x, head in ((LEFT, "Test"), (UNITS, "Units"), (RANGE, "Ref. range")):
        sheet.text(x, 132, head, 8.5, "B")
    for x, day in zip((NOW, ONE, TWO), days, strict=True):
        sheet.text(x, 132, f"{day:%d-%b-%Y}", 8.5, "B", align="C")
    sheet.rule(LEFT, 137, RIGHT, 137, 0.3)
    return 152


def _row(sheet: Sheet, flow: Flow, one: Line) -> None:
    flow.need(13)
    one.page = sheet.pages
    sheet.text(LEFT + 6, flow.y, one.test.name, 9, fit=152)
    sheet.text(UNITS, flow.y, one.test.unit, 8.5, fit=62)
    sheet.text(RANGE, flow.y, one.reference, 8.5)
    sheet.text(NOW, flow.y, f"{one.value} {one.flag}".strip(), 9, "B", align="C")
    sheet.text(ONE, flow.y, one.previous[0], 9, align="C")
    sheet.text(TWO, flow.y, one.previous[1], 9, align="C")
    flow.y += 13


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 806, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(40)
        sheet.text(LEFT, flow.y, title, 9.5, "BI")
        flow.y += 13
        for one in lines:
            _row(sheet, flow, one)
        flow.y += 5
    flow.need(40)
    sheet.text(
        LEFT,
        flow.y + 4,
        "Comment: No action required on renal function. Repeat thyroid function in 6 weeks if symptomatic.",
        8.5,
    )
    sheet.text(LEFT, flow.y + 18, "Filed by: Dr L. Featherstonehaugh - Normal, no further action", 8.5)


FORM = Form(
    name="uk_practice", language="en", lab="Ottermouth District General Hospital", accession="B,{day:%y}.{number:07d}.K", draw=draw,
    flags=("L", "H"), upper="<{high}", lower=">{low}",
    sections=(
        ("Full blood count", (
            q("Haemoglobin", "g/L", 115, 165, 0, "718-7"), q("White blood cells", "10*9/L", 4.0, 11.0, 1, "6690-2"), q("Platelets", "10*9/L", 150, 400, 0, "777-3"),
            q("Red blood cells", "10*12/L", 3.80, 5.80, 2, "789-8"), q("Haematocrit", "L/L", 0.370, 0.470, 3, "4544-3"), q("Mean cell volume", "fL", 80, 100, 0, "787-2"),
            q("Mean cell haemoglobin", "pg", 27.0, 32.0, 1, "785-6"), q("Neutrophils", "10*9/L", 2.0, 7.5, 1, "751-8"), q("Lymphocytes", "10*9/L", 1.0, 4.0, 1, "731-0"),
            q("Monocytes", "10*9/L", 0.2, 1.0, 1, "742-7"), q("Eosinophils", "10*9/L", 0.0, 0.5, 1, "711-2"), q("Basophils", "10*9/L", 0.0, 0.1, 2, "704-7"),
        )),
        ("Urea and electrolytes", (
            q("Sodium", "mmol/L", 133, 146, 0, "2951-2"), q("Potassium", "mmol/L", 3.5, 5.3, 1, "2823-3"), q("Urea", "mmol/L", 2.5, 7.8, 1, "22664-7"),
            q("Creatinine", "umol/L", 45, 84, 0, "14682-9"),
        )),
        ("Liver function tests", (
            q("Bilirubin", "umol/L", None, 21, 0, "14631-6"), q("Alanine transaminase", "U/L", None, 41, 0, "1742-6"), q("Alkaline phosphatase", "U/L", 30, 130, 0, "6768-6"),
            q("Albumin", "g/L", 35, 50, 0, "1751-7"), q("Total protein", "g/L", 60, 80, 0, "2885-2"),
        )),
        ("Bone profile", (q("Calcium", "mmol/L", 2.20, 2.60, 2, "2000-8"), q("Phosphate", "mmol/L", 0.80, 1.50, 2, "14879-1"))),
        ("Thyroid function", (q("TSH", "mU/L", 0.27, 4.20, 2, "3016-3"), q("Free T4", "pmol/L", 12.0, 22.0, 1, "14920-3"))),
        ("Haematinics and others", (
            q("Ferritin", "ug/L", 13, 150, 0, "2276-4"), q("Vitamin B12", "ng/L", 197, 771, 0, "2132-9"), q("HbA1c (IFCC)", "mmol/mol", 20, 41, 0, "59261-8"),
            q("C-reactive protein", "mg/L", None, 5, 0, "1988-5", below=1),
        )),
    ),
)  # fmt: skip
