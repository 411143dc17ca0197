"""An American reference laboratory: values in or out of range in two columns, units behind the ranges, sites at the edge."""

from __future__ import annotations

from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.seventh.sums import clearance, left, less, over, part, total
from tests.generators.sheet import Color, Flow, Sheet

LEFT, RIGHT = 36.0, 576.0
INSIDE, OUTSIDE, RANGE = 262.0, 336.0, 414.0
GREEN: Color = (0, 96, 64)
SITES = {"HEPATITIS PANEL, GENERAL": "KX", "VITAMIN AND HORMONE PANEL": "KX"}


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(LEFT, 42, case.form.lab, 15, "B", color=GREEN)
    sheet.text(RIGHT, 36, "LABORATORY REPORT", 9, "B", align="R")
    sheet.text(RIGHT, 47, f"Page {sheet.pages} of {{nb}}", 8, align="R")
    sheet.rule(LEFT, 52, RIGHT, 52, 1.4, GREEN)
    sheet.text(LEFT, 64, "PATIENT INFORMATION", 7.5, "B", color=GREEN)
    sheet.text(LEFT, 76, f"{who.family}, {who.given}".upper(), 10, "B")
    sheet.text(226, 64, "SPECIMEN INFORMATION", 7.5, "B", color=GREEN)
    sheet.text(226, 76, f"SPECIMEN:  {case.accession}", 8.5)
    sheet.text(412, 64, "REPORT STATUS  FINAL", 8.5, "B")
    sheet.text(412, 76, f"COLLECTED:  {case.collected:%m/%d/%Y  %I:%M %p}", 8)
    if sheet.pages > 1:
        sheet.rule(LEFT, 84, RIGHT, 84, 0.5)
        _heads(sheet, 97)
        return 118
    sheet.text(LEFT, 88, f"DOB: {who.birth_date:%m/%d/%Y}   AGE: {case.years}", 8.5)
    sheet.text(LEFT, 99, f"GENDER: {case.pick('F', 'M')}", 8.5)
    sheet.text(LEFT, 110, f"PATIENT ID: {who.mrn}", 8.5)
    sheet.text(LEFT, 121, "PHONE: 555.014.7733", 8.5)
    sheet.text(226, 88, "REQUISITION: 0048812", 8.5)
    sheet.text(226, 99, "LAB REF NO:", 8.5)
    sheet.text(226, 110, "FASTING: Y", 8.5)
    sheet.text(412, 88, f"RECEIVED:  {case.received:%m/%d/%Y  %I:%M %p}", 8)
    sheet.text(412, 99, f"REPORTED:  {case.reported:%m/%d/%Y  %I:%M %p}", 8)
    sheet.text(412, 113, "ORDERING PHYSICIAN", 7.5, "B", color=GREEN)
    sheet.text(412, 124, "PETTIGREW, LORNA A", 8.5)
    sheet.text(226, 124, "CLIENT INFORMATION  77120455", 7.5, "B", color=GREEN)
    sheet.text(226, 135, "SAGE HOLLOW INTERNAL MEDICINE", 8)
    sheet.text(226, 145, "2210 E JUNIPER ST STE 140, BOISE, ID 83799", 8)
    sheet.rule(LEFT, 153, RIGHT, 153, 0.5)
    _heads(sheet, 166)
    return 188


def _heads(sheet: Sheet, y: float) -> None:
    sheet.box(LEFT, y - 10, RIGHT - LEFT, 14, fill=(226, 238, 232))
    for x, word in (
        (LEFT + 4, "Test Name"),
        (INSIDE, "In Range"),
        (OUTSIDE, "Out Of Range"),
        (RANGE, "Reference Range"),
    ):
        sheet.text(x, y, word, 8.5, "B")
    sheet.text(RIGHT - 4, y, "Lab", 8.5, "B", align="R")


def _row(sheet: Sheet, flow: Flow, one: Line) -> None:
    remarks = sheet.wrap(one.comment, 400, 8, "") if one.comment else []
    flow.need(11.5 + 10 * len(remarks))
    one.page = sheet.pages
    sheet.text(LEFT + 14, flow.y, one.test.name, 9, fit=INSIDE - LEFT - 20)
    if one.flag:
        sheet.text(OUTSIDE, flow.y, one.value, 9, "B")
        sheet.text(OUTSIDE + sheet.measure(one.value, 9, "B") + 6, flow.y, one.flag, 9, "B")
    else:
        sheet.text(INSIDE, flow.y, one.value, 9)
    sheet.text(RANGE, flow.y, f"{one.reference} {one.test.unit}".strip(), 9)
    sheet.text(RIGHT - 4, flow.y, SITES.get(one.section, "BO"), 8, align="R")
    flow.y += 11.5
    for text in remarks:
        sheet.text(LEFT + 26, flow.y - 0.5, text, 8)
        flow.y += 10


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 738, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(48)
        sheet.text(LEFT + 4, flow.y, title, 9, "B")
        flow.y += 12
        for one in lines:
            _row(sheet, flow, one)
        flow.y += 6
    flow.need(52)
    flow.y += 4
    sheet.text(LEFT + 4, flow.y, "Performing Laboratory Information:", 8, "B")
    for place, text in enumerate((
        "BO  Basin & Range Diagnostics - Boise, 400 W Overlook Rd, Boise, ID 83799   Laboratory Director: Ned Q. Tarrant, MD",
        "KX  Basin & Range Diagnostics - Knoxville, 18 Millrace Pike, Knoxville, TN 37999   Laboratory Director: Ilse Woodbine, PhD",
    )):  # fmt: skip
        sheet.text(LEFT + 4, flow.y + 11 + 10 * place, text, 7.5)
    sheet.text((LEFT + RIGHT) / 2, flow.y + 36, "*** END OF REPORT ***", 8, "B", align="C")


NEGATIVE = ("NEGATIVE", "TRACE", "1+", "2+")
FORM = Form(
    name="us_in_out", language="en", lab="Basin & Range Diagnostics", accession="BX{number:06d}{day:%j}K", draw=draw, paper="letter", series="seventh",
    span="{low}-{high}", upper="<{high}", lower="> OR = {low}", flags={"LL": "L", "L": "L", "H": "H", "HH": "H", "A": "A"},
    sections=(
        ("LIPID PANEL, STANDARD", (
            q("CHOLESTEROL, TOTAL", "mg/dL", None, 200, 0, "2093-3", formula=total("hdl", "ldl", "trig", 5)), q("HDL CHOLESTEROL", "mg/dL", 40, None, 0, "2085-9", women=(50, None), key="hdl"), q("TRIGLYCERIDES", "mg/dL", None, 150, 0, "2571-8", key="trig"),
            q("LDL-CHOLESTEROL", "mg/dL (calc)", None, 100, 0, "13457-7", key="ldl", remark="Desirable range <100 mg/dL for primary prevention; <70 mg/dL for patients with CHD or diabetic patients with two or more CHD risk factors."),
            q("CHOL/HDLC RATIO", "", None, 5.0, 1, "9830-1", formula=lambda at: (at["hdl"] + at["ldl"] + at["trig"] / 5) / at["hdl"]),
        )),
        ("COMPREHENSIVE METABOLIC PANEL", (
            q("GLUCOSE", "mg/dL", 65, 99, 0, "2345-7", remark="Fasting reference interval"), q("UREA NITROGEN (BUN)", "mg/dL", 7, 25, 0, "3094-0", key="bun"), q("CREATININE", "mg/dL", 0.70, 1.30, 2, "2160-0", women=(0.50, 1.05), key="crea"),
            q("EGFR", "mL/min/1.73m2", 60, None, 0, "98979-8", formula=clearance("crea")), q("BUN/CREATININE RATIO", "", 6, 22, 0, "3097-3", formula=over("bun", "crea")),
            q("SODIUM", "mmol/L", 135, 146, 0, "2951-2"), q("POTASSIUM", "mmol/L", 3.5, 5.3, 1, "2823-3", remark="Specimen slightly hemolyzed; potassium may be falsely elevated."), q("CHLORIDE", "mmol/L", 98, 110, 0, "2075-0"), q("CARBON DIOXIDE", "mmol/L", 20, 32, 0, "2028-9"), q("CALCIUM", "mg/dL", 8.6, 10.3, 1, "17861-6"),
            q("PROTEIN, TOTAL", "g/dL", 6.1, 8.1, 1, "2885-2", key="tp"), q("ALBUMIN", "g/dL", 3.6, 5.1, 1, "1751-7", key="alb"), q("GLOBULIN", "g/dL (calc)", 1.9, 3.7, 1, "10834-0", formula=less("tp", "alb")), q("ALBUMIN/GLOBULIN RATIO", "", 1.0, 2.5, 1, "1759-0", formula=lambda at: at["alb"] / (at["tp"] - at["alb"])),
            q("BILIRUBIN, TOTAL", "mg/dL", 0.2, 1.2, 1, "1975-2"), q("ALKALINE PHOSPHATASE", "U/L", 35, 144, 0, "6768-6", women=(31, 125)), q("AST", "U/L", 10, 35, 0, "1920-8"), q("ALT", "U/L", 9, 46, 0, "1742-6", women=(6, 29)),
        )),
        ("CBC (INCLUDES DIFF/PLT)", (
            q("WHITE BLOOD CELL COUNT", "Thousand/uL", 3.8, 10.8, 1, "6690-2", key="wbc"), q("RED BLOOD CELL COUNT", "Million/uL", 4.20, 5.80, 2, "789-8", women=(3.80, 5.10), formula=over("hct", "mcv", 10)), q("HEMOGLOBIN", "g/dL", 13.2, 17.1, 1, "718-7", women=(11.7, 15.5), formula=part("hct", "mchc")), q("HEMATOCRIT", "%", 38.5, 50.0, 1, "4544-3", women=(35.0, 45.0), key="hct"),
            q("MCV", "fL", 80.0, 100.0, 1, "787-2", key="mcv"), q("MCH", "pg", 27.0, 33.0, 1, "785-6", formula=part("mcv", "mchc")), q("MCHC", "g/dL", 32.0, 36.0, 1, "786-4", key="mchc"), q("RDW", "%", 11.0, 15.0, 1, "788-0"), q("PLATELET COUNT", "Thousand/uL", 140, 400, 0, "777-3"),
            q("ABSOLUTE NEUTROPHILS", "cells/uL", 1500, 7800, 0, "751-8", formula=part("wbc", "neu", 1000)), q("ABSOLUTE LYMPHOCYTES", "cells/uL", 850, 3900, 0, "731-0", formula=part("wbc", "lym", 1000)), q("ABSOLUTE MONOCYTES", "cells/uL", 200, 950, 0, "742-7", formula=part("wbc", "mon", 1000)), q("ABSOLUTE EOSINOPHILS", "cells/uL", 15, 500, 0, "711-2", formula=part("wbc", "eos", 1000)),
        )),
        ("PROTHROMBIN TIME WITH INR AND PTT", (
            q("INR", "", 0.9, 1.1, 1, "6301-6", remark="Moderate-intensity warfarin therapy 2.0-3.0. Higher-intensity warfarin therapy 3.0-4.0."), q("PT", "sec", 9.0, 11.5, 1, "5902-2"), q("PARTIAL THROMBOPLASTIN TIME, ACTIVATED", "sec", 23, 32, 0, "14979-9"),
        )),
        ("VITAMIN AND HORMONE PANEL", (
            q("TSH", "mIU/L", 0.40, 4.50, 2, "3016-3", below=0.01), q("T4, FREE", "ng/dL", 0.8, 1.8, 1, "3024-7"), q("VITAMIN D,25-OH,TOTAL,IA", "ng/mL", 30, 100, 0, "", remark="Vitamin D Status 25-OH Vitamin D: Deficiency <20 ng/mL; Insufficiency 20 - 29 ng/mL."), q("VITAMIN B12", "pg/mL", 200, 1100, 0, "2132-9"), q("FERRITIN", "ng/mL", 38, 380, 0, "2276-4", women=(16, 232)),
            q("HEMOGLOBIN A1c", "% of total Hgb", None, 5.7, 1, "4548-4", remark="For the purpose of screening for the presence of diabetes: <5.7% Consistent with the absence of diabetes."),
        )),
        ("HEPATITIS PANEL, GENERAL", (
            w("HEPATITIS A AB, IGM", ("NON-REACTIVE", "REACTIVE"), "13950-1", "NON-REACTIVE"), w("HEPATITIS B SURFACE ANTIGEN", ("NON-REACTIVE", "REACTIVE"), "5196-1", "NON-REACTIVE"), w("HEPATITIS C ANTIBODY", ("NON-REACTIVE", "REACTIVE"), "13955-0", "NON-REACTIVE"),
        )),
        ("URINALYSIS, COMPLETE", (
            w("COLOR", ("YELLOW", "AMBER"), "5778-6", "YELLOW"), w("APPEARANCE", ("CLEAR", "CLOUDY", "TURBID"), "5767-9", "CLEAR"), q("SPECIFIC GRAVITY", "", 1.001, 1.035, 3, "5811-5"), q("PH", "", 5.0, 8.0, 1, "5803-2"), w("GLUCOSE", NEGATIVE, "25428-4", "NEGATIVE"), w("KETONES", NEGATIVE, "2514-8", "NEGATIVE"), w("OCCULT BLOOD", NEGATIVE, "5794-3", "NEGATIVE"), w("PROTEIN", NEGATIVE, "20454-5", "NEGATIVE"), w("NITRITE", ("NEGATIVE", "POSITIVE"), "5802-4", "NEGATIVE"), w("LEUKOCYTE ESTERASE", NEGATIVE, "5799-2", "NEGATIVE"),
            w("WBC", ("0-5", "6-10", "20-40"), "5821-4", "< OR = 5", unit="/HPF"), w("RBC", ("0-2", "3-10"), "13945-1", "< OR = 2", unit="/HPF"),
        )),
    ),
    unprinted=(
        q("lym", "%", None, None, 1, "", around=30), q("mon", "%", None, None, 1, "", around=8), q("eos", "%", None, None, 1, "", around=2.4), q("bas", "%", None, None, 1, "", around=0.7),
        q("neu", "%", None, None, 1, "", formula=left(100, "lym", "mon", "eos", "bas")),
    ),
)  # fmt: skip
