"""A reference laboratory of the United States: Result, Flag, Units, Reference Interval, Lab; panels, footnotes, a pending test."""

from __future__ import annotations

from tests.generators.sheet import Flow, Sheet
from tests.generators.third.model import Case, Form, Line, q, w

LEFT, VALUE, FLAG, UNITS, RANGE, BY, RIGHT = 40.0, 222.0, 282.0, 330.0, 412.0, 540.0, 572.0
STAMP = "%m/%d/%Y %H%M"


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(LEFT, 36, case.form.lab, 15, "B", color=(10, 70, 120))
    sheet.text(RIGHT, 36, "Patient Report", 12, align="R")
    sheet.rule(LEFT, 42, RIGHT, 42, 1.4, (10, 70, 120))
    sheet.text(LEFT, 56, f"Patient: {who.family}, {who.given}", 8.5, "B")
    sheet.text(LEFT, 67, f"DOB: {who.birth_date:%m/%d/%Y}", 8.5)
    sheet.text(LEFT + 110, 67, f"Age: {case.years}", 8.5)
    sheet.text(LEFT + 170, 67, f"Sex: {'Female' if who.sex == 'F' else 'Male'}", 8.5)
    sheet.text(LEFT, 78, f"Patient ID: {who.mrn}", 8.5)
    sheet.text(290, 56, f"Specimen ID: {case.accession}", 8.5, "B")
    sheet.text(290, 67, f"Date Collected: {case.collected:%m/%d/%Y %H:%M} Local", 8.5)
    sheet.text(290, 78, f"Date Received: {case.received:%m/%d/%Y %H:%M}", 8.5)
    sheet.text(290, 89, f"Date Reported: {case.reported:%m/%d/%Y %H:%M} ET", 8.5)
    sheet.text(LEFT, 89, "Ordering Physician: M. Castellanos-Reed MD   NPI: 1999999984", 8.5)
    sheet.text(LEFT, 100, "Account: 04417720   Fasting: Yes   Phone: 555-555-0117", 8.5)
    sheet.text(
        LEFT, 770, "01: BN  Penstock Burlington, 1447 Weir Court, Burlington, NC 27215-3361   Dir: Sanjit Nadar, MD", 7
    )
    sheet.text(LEFT, 779, f"Date Created and Stored {case.reported:%m/%d/%y %H%M} ET   FINAL REPORT", 7)
    sheet.text(RIGHT, 779, f"Page {sheet.pages} of {{nb}}", 7, align="R")
    sheet.box(LEFT, 110, RIGHT - LEFT, 14, fill=(220, 230, 238))
    for x, head in ((LEFT + 3, "Tests"), (VALUE, "Result"), (FLAG, "Flag"), (UNITS, "Units"), (RANGE, "Reference Interval"), (BY, "Lab")):  # fmt: skip
        sheet.text(x, 120, head, 8.5, "B")
    return 140


def _row(sheet: Sheet, flow: Flow, one: Line) -> None:
    flow.need(24)
    one.page = sheet.pages
    style = "B" if one.flag else ""
    sheet.text(LEFT + 8, flow.y, one.test.name, 9, style, font="courier", fit=174)
    sheet.text(VALUE, flow.y, one.value, 9, style, font="courier")
    sheet.text(FLAG, flow.y, one.flag, 9, style, font="courier")
    sheet.text(UNITS, flow.y, one.test.unit, 9, font="courier", fit=78)
    sheet.text(RANGE, flow.y, one.reference, 9, font="courier")
    sheet.text(BY, flow.y, "01", 9, font="courier")
    flow.y += 11
    if one.test.note:
        sheet.text(LEFT + 26, flow.y, one.test.note, 8, font="courier")
        flow.y += 11


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 750, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(50)
        sheet.text(LEFT, flow.y, title, 9.5, "B")
        flow.y += 13
        for one in lines:
            _row(sheet, flow, one)
        flow.y += 6
    flow.need(70)
    sheet.text(LEFT, flow.y, "Vitamin B1 (Thiamine), Blood", 9.5, "B")
    sheet.text(VALUE, flow.y, "Pending", 9, font="courier")
    sheet.text(LEFT, flow.y + 20, "FOOTNOTES", 8, "B")
    sheet.text(
        LEFT,
        flow.y + 31,
        "Reference intervals are for adults unless stated otherwise. Flags compare with the interval shown.",
        8,
    )
    sheet.text(
        LEFT,
        flow.y + 42,
        "This test was developed and its performance characteristics determined by Penstock. Not cleared by the FDA.",
        8,
    )


FORM = Form(
    name="us_reference", language="en", lab="Penstock Diagnostics", accession="{day:%j}-{number:06d}-0", draw=draw, paper="letter",
    flags=("Low", "High"), span="{low}-{high}", upper="0-{high}", lower=">{low}",
    sections=(
        ("CBC With Differential/Platelet", (
            q("WBC", "x10E3/uL", 3.4, 10.8, 1, "6690-2"), q("RBC", "x10E6/uL", 3.77, 5.28, 2, "789-8"), q("Hemoglobin", "g/dL", 11.1, 15.9, 1, "718-7"),
            q("Hematocrit", "%", 34.0, 46.6, 1, "4544-3"), q("MCV", "fL", 79, 97, 0, "787-2"), q("MCH", "pg", 26.6, 33.0, 1, "785-6"),
            q("MCHC", "g/dL", 31.5, 35.7, 1, "786-4"), q("RDW", "%", 11.7, 15.4, 1, "788-0"), q("Platelets", "x10E3/uL", 150, 450, 0, "777-3"),
            q("Neutrophils", "%", None, None, 0, "770-8", reference="Not Estab.", around=58), q("Lymphs", "%", None, None, 0, "736-9", reference="Not Estab.", around=30),
            q("Monocytes", "%", None, None, 0, "5905-5", reference="Not Estab.", around=8), q("Neutrophils (Absolute)", "x10E3/uL", 1.4, 7.0, 1, "751-8"),
            q("Lymphs (Absolute)", "x10E3/uL", 0.7, 3.1, 1, "731-0"), q("Immature Granulocytes", "%", None, None, 0, "71695-1", reference="Not Estab.", around=1),
        )),
        ("Comp. Metabolic Panel (14)", (
            q("Glucose", "mg/dL", 70, 99, 0, "2345-7"), q("BUN", "mg/dL", 6, 24, 0, "3094-0"), q("Creatinine", "mg/dL", 0.57, 1.00, 2, "2160-0"),
            q("eGFR", "mL/min/1.73", 59, None, 0, "98979-8"), q("BUN/Creatinine Ratio", "", 9, 23, 0, "3097-3"), q("Sodium", "mmol/L", 134, 144, 0, "2951-2"),
            q("Potassium", "mmol/L", 3.5, 5.2, 1, "2823-3", note="Specimen slightly hemolyzed."), q("Chloride", "mmol/L", 96, 106, 0, "2075-0"),
            q("Carbon Dioxide, Total", "mmol/L", 20, 29, 0, "2028-9"), q("Calcium", "mg/dL", 8.7, 10.2, 1, "17861-6"), q("Protein, Total", "g/dL", 6.0, 8.5, 1, "2885-2"),
            q("Albumin", "g/dL", 3.9, 4.9, 1, "1751-7"), q("Globulin, Total", "g/dL", 1.5, 4.5, 1, "10834-0"), q("Bilirubin, Total", "mg/dL", 0.0, 1.2, 1, "1975-2"),
            q("Alkaline Phosphatase", "IU/L", 44, 121, 0, "6768-6"), q("AST (SGOT)", "IU/L", 0, 40, 0, "1920-8"), q("ALT (SGPT)", "IU/L", 0, 32, 0, "1742-6"),
        )),
        ("Lipid Panel", (
            q("Cholesterol, Total", "mg/dL", 100, 199, 0, "2093-3"), q("Triglycerides", "mg/dL", 0, 149, 0, "2571-8"), q("HDL Cholesterol", "mg/dL", 39, None, 0, "2085-9"),
            q("VLDL Cholesterol Cal", "mg/dL", 5, 40, 0, "13458-5"), q("LDL Chol Calc (NIH)", "mg/dL", 0, 99, 0, "13457-7"),
        )),
        ("Hemoglobin A1c", (q("Hemoglobin A1c", "%", 4.8, 5.6, 1, "4548-4", note="Prediabetes: 5.7 - 6.4   Diabetes: >6.4"),)),
        ("TSH", (q("TSH", "uIU/mL", 0.450, 4.500, 3, "3016-3"),)),
        ("Hepatitis Panel", (w("HBsAg Screen", ("Negative", "Positive"), "5196-1", "Negative"), w("Hep C Virus Ab", ("Non Reactive", "Reactive"), "16128-1", "Non Reactive"))),
    ),
)  # fmt: skip
