"""A clinic's report with colour bars beside the values, and a consultant's letter with the results in running text."""

from __future__ import annotations

from tests.generators.sheet import Flow, Sheet
from tests.generators.third.model import Case, Form, Line, q

GREEN, AMBER, RED = (120, 190, 120), (240, 200, 110), (225, 120, 110)


def _open_bars(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(48, 50, case.form.lab, 18, "B", color=(40, 60, 120))
    sheet.text(48, 66, "Your blood test results", 11, color=(100, 100, 120))
    sheet.text(48, 88, f"Name: {who.given} {who.family}", 9)
    sheet.text(48, 101, f"Date of birth: {who.birth_date:%d %B %Y}", 9)
    sheet.text(48, 114, f"Sex: {'Female' if who.sex == 'F' else 'Male'}    Client ID: {who.mrn}", 9)
    sheet.text(320, 88, f"Sample ID: {case.accession}", 9)
    sheet.text(320, 101, f"Sample collected: {case.collected:%d %B %Y %H:%M}", 9)
    sheet.text(320, 114, f"Reported: {case.reported:%d %B %Y %H:%M}", 9)
    sheet.text(
        48,
        822,
        f"Page {sheet.pages} of {{nb}}   Weirside House, 9 Lock Street, Leeds LS1 9ZZ   Laboratory: ISO 15189 No. 9999",
        7.5,
    )
    return 146


def _bar(sheet: Sheet, one: Line, y: float) -> None:
    low, high = one.test.low or 0.0, one.test.high or (one.test.low or 1) * 2
    for x, wide, fill in ((330.0, 40.0, AMBER), (370.0, 120.0, GREEN), (490.0, 50.0, RED)):
        sheet.box(x, y - 7, wide, 6, fill=fill)
    place = 370 + 120 * ((one.number or 0) - low) / (high - low)
    sheet.disc(min(536, max(334, place)), y - 4, 4, (40, 60, 120))
    if one.test.low is not None:
        sheet.text(370, y + 8, f"{low:.{one.test.decimals}f}", 7, align="C", color=(90, 90, 90))
    if one.test.high is not None:
        sheet.text(490, y + 8, f"{high:.{one.test.decimals}f}", 7, align="C", color=(90, 90, 90))


def draw_bars(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open_bars(sheet, case))
    for title, lines in case.sections():
        flow.need(70)
        sheet.text(48, flow.y, title, 12, "B", color=(40, 60, 120))
        flow.y += 22
        for one in lines:
            flow.need(30)
            one.page = sheet.pages
            sheet.text(48, flow.y, one.test.name, 9.5, "B")
            sheet.text(230, flow.y, one.value, 11, "B", align="R")
            sheet.text(235, flow.y, one.test.unit, 8.5)
            sheet.text(48, flow.y + 10, f"Normal range: {one.reference}", 7.5, color=(100, 100, 100))
            _bar(sheet, one, flow.y)
            flow.y += 30
        flow.y += 6


BARS = Form(
    name="uk_bars", language="en", lab="Weirside Health Screening", accession="WS{number:07d}", draw=draw_bars, received=False,
    span="{low} - {high}", upper="below {high}", lower="above {low}",
    sections=(
        ("Liver health", (
            q("Alanine aminotransferase (ALT)", "U/L", 5, 40, 0, "1742-6"), q("Gamma GT", "U/L", 6, 42, 0, "2324-2"), q("Albumin", "g/L", 35, 50, 0, "1751-7"), q("Total bilirubin", "umol/L", 3, 21, 0, "14631-6"),
        )),
        ("Cholesterol", (
            q("Total cholesterol", "mmol/L", None, 5.0, 1, "14647-2"), q("HDL cholesterol", "mmol/L", 1.2, None, 1, "14646-4"), q("Triglycerides", "mmol/L", None, 2.3, 1, "14927-8"),
        )),
        ("Kidney health", (q("Creatinine", "umol/L", 45, 84, 0, "14682-9"), q("Urea", "mmol/L", 2.5, 7.8, 1, "22664-7"))),
        ("Diabetes and energy", (
            q("HbA1c", "mmol/mol", 20, 41, 0, "59261-8"), q("Ferritin", "ug/L", 13, 150, 0, "2276-4"), q("TSH", "mIU/L", 0.27, 4.20, 2, "3016-3"), q("Haemoglobin", "g/L", 115, 165, 0, "718-7"),
        )),
    ),
)  # fmt: skip


def draw_letter(sheet: Sheet, case: Case) -> None:
    """Draw the letter."""
    who = case.patient
    sheet.page()
    sheet.face("times")
    sheet.text(60, 60, case.form.lab, 15, "B")
    sheet.text(60, 74, "Department of Nephrology, Millpond Road, Carrickmore BT79 9ZZ    Tel 028 9999 0144", 9)
    sheet.text(60, 104, f"Our ref: {case.accession}", 10.5)
    sheet.text(
        60,
        118,
        f"Sample collected: {case.collected:%d/%m/%Y %H:%M}    Letter date: {case.reported:%d/%m/%Y %H:%M}",
        10.5,
    )
    sheet.text(60, 144, "Dear Dr Maguire,", 11)
    sheet.text(
        60,
        164,
        f"Re: {who.given} {who.family}    DOB: {who.birth_date:%d/%m/%Y}    Hospital No: {who.mrn}    Sex: {'Female' if who.sex == 'F' else 'Male'}",
        10.5,
        "B",
    )
    told = [" ".join(part for part in (one.test.name, one.value, one.test.unit) if part) for one in case.lines]
    text = f"I reviewed this pleasant patient in clinic today. Blood results: {', '.join(told)}. Blood pressure was 134/82 and weight 71 kg. I have made no change to the medication and will see the patient again in 6 months."  # fmt: skip
    y = 188.0
    for part in sheet.wrap(text, 470, 11):
        sheet.text(60, y, part, 11)
        y += 15
    sheet.text(60, y + 26, "Yours sincerely,", 11)
    sheet.signature(60, y + 48, case.accession)
    sheet.text(60, y + 76, "Dr Niamh Devlin, Consultant Nephrologist", 11)
    sheet.text(60, 800, "Page 1 of 1", 8)


LETTER = Form(
    name="uk_letter", language="en", lab="Carrickmore General Hospital", accession="ND/{number:06d}", draw=draw_letter, received=False, heads=False,
    sections=(("", (
        q("Hb", "g/dL", 11.5, 16.5, 1, "718-7", reference=""), q("WBC", "", 4.0, 11.0, 1, "6690-2", reference=""), q("platelets", "", 150, 400, 0, "777-3", reference=""),
        q("sodium", "mmol/L", 133, 146, 0, "2951-2", reference=""), q("potassium", "mmol/L", 3.5, 5.3, 1, "2823-3", reference=""), q("urea", "mmol/L", 2.5, 7.8, 1, "22664-7", reference=""),
        q("creatinine", "umol/L", 45, 160, 0, "14682-9", reference=""), q("CRP", "mg/L", None, 30, 0, "1988-5", reference="", below=5), q("ferritin", "ug/L", 13, 150, 0, "2276-4", reference=""),
    )),),
)  # fmt: skip
