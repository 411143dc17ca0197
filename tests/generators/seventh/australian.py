"""An Australian practice's cumulative report: each panel under its own dates and laboratory numbers, the newest on the right."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.seventh.sums import clearance, left, less, over, part, total
from tests.generators.sheet import Color, Flow, Sheet

LEFT, RIGHT = 40.0, 556.0
DATES = (252.0, 318.0, 384.0)
UNITS, RANGE = 410.0, 484.0
GREY: Color = (110, 110, 110)
GAPS = {"HAEMATOLOGY": (341, 172), "GENERAL CHEMISTRY": (341, 172), "LIPIDS": (402, 0), "THYROID FUNCTION": (0, 0)}
NOTES = {
    "LIPIDS": "Fasting status: fasting. Target levels depend on absolute cardiovascular risk; see the Australian CVD risk calculator.",
    "THYROID FUNCTION": "Biochemically assessed on current sample only. Biotin supplements may interfere with this assay.",
    "COAGULATION": "Patient is not stated to be on anticoagulants.",
}


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.box(LEFT, 26, 7, 30, fill=(190, 60, 30))
    sheet.text(LEFT + 14, 42, case.form.lab, 16, "B", color=(70, 70, 70))
    sheet.text(LEFT + 14, 53, "ABN 00 999 999 999   NATA Accreditation No 99999   APA No 009999", 7, color=GREY)
    sheet.text(RIGHT, 38, "Enquiries 1800 999 000", 8, align="R")
    sheet.text(RIGHT, 48, "17 Wattlebird Cres, Toowong QLD 4999", 8, align="R")
    if sheet.pages > 1:
        sheet.text(LEFT, 74, f"{who.family.upper()}, {who.given}", 9, "B")
        sheet.text(220, 74, f"DOB {who.birth_date:%d/%m/%Y}", 9)
        sheet.text(RIGHT, 74, f"Lab Reference {case.accession}   Page {sheet.pages} of {{nb}}", 9, align="R")
        sheet.rule(LEFT, 80, RIGHT, 80, 0.6)
        return 98
    facts = (
        ((LEFT, "Patient"), (92, f"{who.family.upper()}, {who.given}"), (330, "Requested by"), (408, "Dr Imogen Tallis")),
        ((LEFT, "Address"), (92, "8/41 Ferny Way, Grange QLD 4999"), (330, "Copy to"), (408, "Dr S Venkataraman")),
        ((LEFT, "D.O.B."), (92, f"{who.birth_date:%d/%m/%Y}   ({case.years} yrs)   Sex: {case.pick('F', 'M')}"), (330, "Lab Reference"), (408, case.accession)),
        ((LEFT, "UR No"), (92, who.mrn), (330, "Collected"), (408, f"{case.collected:%d/%m/%Y %H:%M}")),
        ((LEFT, "Your Ref"), (92, "TALL-2210"), (330, "Received"), (408, f"{case.received:%d/%m/%Y %H:%M}")),
        ((LEFT, "Medicare"), (92, "9999 99999 9"), (330, "Reported"), (408, f"{case.reported:%d/%m/%Y %H:%M}")),
    )  # fmt: skip
    for place, row in enumerate(facts):
        for at, (x, text) in enumerate(row):
            sheet.text(x, 74 + 12 * place, text, 9, "B" if (place, at) == (0, 1) else "", color=GREY if at % 2 == 0 else (0, 0, 0))  # fmt: skip
    sheet.text(LEFT, 150, "Clinical notes: ?anaemia. Tired. Family history of T2DM.", 8.5)
    sheet.text(RIGHT, 150, f"Page {sheet.pages} of {{nb}}", 8.5, align="R")
    sheet.rule(LEFT, 156, RIGHT, 156, 0.6)
    return 174


def _heads(sheet: Sheet, case: Case, title: str, y: float) -> float:
    sheet.text(LEFT, y, title, 10, "B")
    days = GAPS.get(title, (0, 0))
    rows = (
        ("Date", [f"{case.collected - timedelta(days=day):%d/%m/%y}" for day in (*days, 0)]),
        ("Time", [f"{case.collected - timedelta(minutes=7 * day % 83):%H:%M}" for day in (*days, 0)]),
        ("Lab Number", [f"{(int(case.accession.split('-')[1]) + 71 * day) % 10**6:06d}" for day in (*days, 0)]),
    )
    for place, (word, cells) in enumerate(rows):
        at = y + 11 * (place + 1)
        sheet.text(LEFT, at, word, 8, color=GREY)
        for x, cell, day in zip(DATES, cells, (*days, 1), strict=True):
            if day:
                sheet.text(x, at, cell, 8, "B" if x == DATES[2] else "", align="R", color=GREY if x < DATES[2] else (0, 0, 0))  # fmt: skip
    sheet.text(UNITS, y + 33, "Units", 8, color=GREY)
    sheet.text(RANGE, y + 33, "Ref. Range", 8, color=GREY)
    sheet.rule(LEFT, y + 37, RIGHT, y + 37, 0.3)
    return 48


def _mark(one: Line, former: str, sex: str) -> str:
    low, high = one.test.limits(sex)
    try:
        number = float(former)
    except ValueError:
        return ""
    if high is not None and number > high:
        return "H"
    return "L" if low is not None and number < low else ""


def _row(sheet: Sheet, case: Case, one: Line, y: float) -> None:
    one.page = sheet.pages
    sheet.text(LEFT, y, one.test.name, 9, fit=DATES[0] - LEFT - 40)
    for x, former, day in zip(DATES, reversed(one.previous), GAPS.get(one.section, (0, 0)), strict=False):
        if day:
            sheet.text(x, y, former, 9, align="R")
            sheet.text(x + 3, y, _mark(one, former, case.patient.sex), 8)
    sheet.text(DATES[2], y, one.value, 9, "B", align="R")
    sheet.text(DATES[2] + 3, y, one.flag, 8, "B")
    sheet.text(UNITS, y, one.test.unit, 8.5)
    for place, text in enumerate(one.ranges):
        sheet.text(RANGE, y + 10.5 * place, text, 8.5)


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 796, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(96)
        flow.y += _heads(sheet, case, title, flow.y)
        for one in lines:
            if flow.need(12 * len(one.ranges) + (10 if one.comment else 0)):
                flow.y += _heads(sheet, case, title, flow.y)
            _row(sheet, case, one, flow.y)
            flow.y += 11.5 + 10.5 * (len(one.ranges) - 1)
            if one.comment:
                sheet.text(LEFT + 10, flow.y - 1, one.comment, 8, "I")
                flow.y += 10
        flow.y += 10
    flow.need(56)
    for title, note in NOTES.items():
        sheet.text(LEFT, flow.y, f"Note on {title.lower()}: {note}", 8)
        flow.y += 11
    flow.y += 6
    sheet.text(LEFT, flow.y, "Validated by: Dr Aroha Linklater, Consultant Pathologist      All tests on this request are now complete.", 8)  # fmt: skip


DETECTED = ("Not detected", "DETECTED")
FORM = Form(
    name="au_serial", language="en", lab="Kookaburra Ridge Pathology", accession="{day:%y}-{number:06d}", draw=draw, series="seventh",
    span="({low}-{high})", upper="(<{high})", lower="(>{low})", past="{sign} {limit}", flags={"LL": "L", "L": "L", "H": "H", "HH": "H", "A": "*"},
    sections=(
        ("HAEMATOLOGY", (
            q("Haemoglobin", "g/L", 130, 180, 0, "718-7", women=(115, 165), formula=lambda at: at["pcv"] * at["mchc"]), q("RCC", "x10^12/L", 4.50, 6.50, 2, "789-8", women=(3.80, 5.80), formula=over("pcv", "mcv", 1000)), q("Haematocrit", "L/L", 0.40, 0.54, 2, "4544-3", women=(0.37, 0.47), key="pcv"),
            q("MCV", "fL", 80, 100, 0, "787-2", key="mcv"), q("MCH", "pg", 27.0, 32.0, 1, "785-6", formula=lambda at: at["mcv"] * at["mchc"] / 1000), q("MCHC", "g/L", 310, 360, 0, "786-4", formula=lambda at: at["mchc"]), q("RDW", "%", 11.0, 15.0, 1, "788-0"), q("Platelets", "x10^9/L", 150, 450, 0, "777-3", remark="Platelet count confirmed on film."),
            q("White Cell Count", "x10^9/L", 4.0, 11.0, 1, "6690-2", key="wcc"), q("Neutrophils", "x10^9/L", 2.0, 7.5, 1, "751-8", formula=part("wcc", "neu")), q("Lymphocytes", "x10^9/L", 1.0, 4.0, 1, "731-0", formula=part("wcc", "lym")), q("Monocytes", "x10^9/L", 0.2, 1.0, 1, "742-7", formula=part("wcc", "mon")), q("Eosinophils", "x10^9/L", None, 0.5, 1, "711-2", formula=part("wcc", "eos")), q("Basophils", "x10^9/L", None, 0.2, 1, "704-7", formula=part("wcc", "bas")),
            q("ESR", "mm/h", None, 20, 0, ""),
        )),
        ("GENERAL CHEMISTRY", (
            q("Sodium", "mmol/L", 135, 145, 0, "2951-2"), q("Potassium", "mmol/L", 3.5, 5.5, 1, "2823-3"), q("Chloride", "mmol/L", 95, 110, 0, "2075-0"), q("Bicarbonate", "mmol/L", 20, 32, 0, "1963-8"), q("Urea", "mmol/L", 3.0, 8.0, 1, "22664-7"), q("Creatinine", "umol/L", 60, 110, 0, "14682-9", women=(45, 90), key="crea"), q("eGFR", "mL/min/1.73m2", 60, None, 0, "98979-8", formula=clearance("crea", 1 / 88.4), above=90),
            q("Urate", "mmol/L", 0.20, 0.42, 2, "14933-6", women=(0.14, 0.36)), q("Bilirubin Total", "umol/L", None, 20, 0, "14631-6"), q("ALP", "U/L", 30, 110, 0, "6768-6"), q("Gamma GT", "U/L", None, 50, 0, "2324-2", women=(None, 35)), q("ALT", "U/L", None, 40, 0, "1742-6", women=(None, 35)), q("AST", "U/L", None, 35, 0, "1920-8"), q("Albumin", "g/L", 32, 44, 0, "1751-7", key="alb"), q("Total Protein", "g/L", 60, 80, 0, "2885-2", key="tp"), q("Globulin", "g/L", 21, 43, 0, "10834-0", formula=less("tp", "alb")),
            q("Calcium", "mmol/L", 2.10, 2.60, 2, "2000-8"), q("Phosphate", "mmol/L", 0.75, 1.50, 2, "14879-1"), q("C-Reactive Protein", "mg/L", None, 5, 0, "1988-5", below=1),
        )),
        ("LIPIDS", (
            q("Cholesterol", "mmol/L", None, 5.5, 1, "14647-2", formula=total("hdl", "ldl", "trig", 2.2)), q("Triglycerides", "mmol/L", None, 2.0, 1, "14927-8", key="trig"), q("HDL Chol", "mmol/L", 1.0, None, 1, "14646-4", key="hdl"), q("LDL Chol", "mmol/L", None, 3.5, 1, "", key="ldl"), q("Chol/HDL Ratio", "", None, 4.5, 1, "9830-1", formula=lambda at: (at["hdl"] + at["ldl"] + at["trig"] / 2.2) / at["hdl"]),
        )),
        ("THYROID FUNCTION", (q("TSH", "mIU/L", 0.40, 4.00, 2, "3016-3", below=0.01), q("Free T4", "pmol/L", 10.0, 20.0, 1, "14920-3"), q("Free T3", "pmol/L", 2.8, 6.8, 1, "14928-6"))),
        ("COAGULATION", (q("INR", "", 0.9, 1.2, 1, "6301-6"), q("APTT", "secs", 25, 37, 0, "14979-9"), q("Fibrinogen", "g/L", 1.5, 4.0, 1, "3255-7"))),
        ("IRON STUDIES AND VITAMINS", (
            q("Iron", "umol/L", 10, 30, 0, "14798-3"), q("Transferrin", "g/L", 2.1, 3.8, 1, "3034-6"), q("Transferrin Sat.", "%", 15, 45, 0, ""), q("Ferritin", "ug/L", 30, 300, 0, "2276-4", women=(20, 200)),
            q("Vitamin B12", "pmol/L", 135, 650, 0, "14685-2"), q("25-OH Vitamin D", "nmol/L", None, None, 0, "", around=62, reference="Deficient <30\nInsufficient 30-50\nAdequate >50"),
        )),
        ("SEROLOGY", (w("Hepatitis B Surface Antigen", DETECTED, "5196-1"), w("Hepatitis C Antibody", DETECTED, "13955-0"), w("Rubella IgG", ("Immune", "Low level"), "", free=True))),
    ),
    unprinted=(
        q("lym", "%", None, None, 1, "", around=30), q("mon", "%", None, None, 1, "", around=8), q("eos", "%", None, None, 1, "", around=2.6), q("bas", "%", None, None, 1, "", around=0.8), q("mchc", "g/L", 312, 350, 0, ""),
        q("neu", "%", None, None, 1, "", formula=left(100, "lym", "mon", "eos", "bas")),
    ),
)  # fmt: skip
