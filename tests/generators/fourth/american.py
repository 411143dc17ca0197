"""A hospital's flowsheet on landscape letter paper, three draws side by side, and an urgent care analyzer's receipt."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fourth.formulas import filtration, mean_haemoglobin, minus, ratio, red, rest, share
from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.sheet import Flow, Sheet

LEFT, NAME, RANGE, RIGHT = 34.0, 40.0, 250.0, 758.0
DRAWS = (470.0, 586.0, 702.0)
STEEL = (70, 84, 104)


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.box(LEFT, 22, RIGHT - LEFT, 44, fill=(236, 239, 244))
    sheet.text(NAME, 38, f"{who.family}, {who.given}", 13, "B")
    sheet.text(
        NAME,
        56,
        f"MRN {who.mrn}    DOB {who.birth_date:%m/%d/%Y} ({case.years} yrs)    Legal sex: {case.pick('Female', 'Male')}",
        9,
    )
    sheet.text(RIGHT - 6, 38, case.form.lab, 11, "B", align="R", color=STEEL)
    sheet.text(RIGHT - 6, 56, "Adm: Med/Surg 4 East, Bed 4117-B    Attending: S. Okafor-Lindgren, MD", 8.5, align="R")
    sheet.text(NAME, 82, "Lab Results Flowsheet", 12, "B")
    sheet.text(RIGHT - 6, 82, f"Order # {case.accession}    Result status: Final    Last resulted: {case.reported:%m/%d/%Y %H:%M}", 8.5, align="R")  # fmt: skip
    sheet.rule(LEFT, 90, RIGHT, 90, 0.8, STEEL)
    sheet.text(NAME, 108, "Component", 9, "B")
    sheet.text(RANGE, 108, "Latest Ref Rng & Units", 9, "B")
    days = (
        case.collected,
        case.collected - timedelta(days=1, minutes=17),
        case.collected - timedelta(days=3, minutes=-52),
    )
    for x, label, day in zip(DRAWS, ("Latest draw", "Previous", "Previous"), days, strict=True):
        sheet.text(x, 101, label, 7.5, "I", align="C")
        sheet.text(x, 112, f"{day:%m/%d/%Y %H:%M}", 8.5, "B", align="C")
    sheet.rule(LEFT, 118, RIGHT, 118, 0.8, STEEL)
    sheet.text(NAME, 584, f"Collected: {case.collected:%m/%d/%Y %H:%M}   Received in lab: {case.received:%m/%d/%Y %H:%M}   H high, L low, C critical, A abnormal", 7.5)  # fmt: skip
    sheet.text(RIGHT - 6, 584, f"Page {sheet.pages}/{{nb}}", 7.5, align="R")
    return 132


def _row(sheet: Sheet, flow: Flow, one: Line, *, tinted: bool) -> None:
    flow.need(14)
    one.page = sheet.pages
    if tinted:
        sheet.box(LEFT, flow.y - 10, RIGHT - LEFT, 14, fill=(247, 248, 250))
    sheet.text(NAME + 8, flow.y, one.test.name, 9)
    sheet.text(
        RANGE, flow.y, " ".join(part for part in (one.reference, one.test.unit) if part), 8.5, color=(60, 60, 60)
    )
    told = f"{one.flag} {one.value}" if one.flag else one.value
    sheet.text(DRAWS[0], flow.y, told, 9, "B" if one.flag else "", align="C")
    for x, before in zip(DRAWS[1:], one.previous, strict=True):
        sheet.text(x, flow.y, before, 9, align="C")
    flow.y += 14


def draw_flowsheet(sheet: Sheet, case: Case) -> None:
    """Draw the flowsheet."""
    flow = Flow(sheet, 566, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(46)
        sheet.text(NAME, flow.y + 2, title, 9.5, "B", color=STEEL)
        sheet.rule(LEFT, flow.y + 6, RIGHT, flow.y + 6, 0.3, STEEL)
        flow.y += 18
        for place, one in enumerate(lines):
            _row(sheet, flow, one, tinted=place % 2 == 1)
        flow.y += 6


FLOWSHEET = Form(
    name="us_flowsheet", language="en", lab="Headwater Regional Medical Center", accession="{day:%y%j}{number:06d}", draw=draw_flowsheet, paper="letter_landscape",
    upper="<={high}", lower=">={low}", flags={"LL": "C", "L": "L", "H": "H", "HH": "C", "A": "A"},
    sections=(
        ("CBC AND DIFFERENTIAL", (
            q("WBC COUNT", "K/uL", 4.2, 9.1, 1, "6690-2", key="wbc"), q("HEMOGLOBIN", "g/dL", 13.7, 17.5, 1, "718-7", women=(11.2, 15.7), key="hgb"),
            q("HEMATOCRIT", "%", 40.1, 51.0, 1, "4544-3", women=(34.1, 44.9), formula=ratio("hgb", "mchc", 100)), q("PLATELETS", "K/uL", 163, 337, 0, "777-3"),
            q("RBC COUNT", "M/uL", 4.63, 6.08, 2, "789-8", women=(3.93, 5.22), formula=red(1000)), q("MCV", "fL", 79.0, 94.8, 1, "787-2", key="mcv"),
            q("MCH", "pg", 25.6, 32.2, 1, "785-6", formula=mean_haemoglobin(0.01)), q("MCHC", "g/dL", 32.2, 36.5, 1, "786-4", key="mchc"),
            q("MPV", "fL", 9.4, 12.4, 1, "32623-1"), q("NEUTROPHILS RELATIVE PERCENT", "%", None, None, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso")),
            q("LYMPHOCYTES RELATIVE PERCENT", "%", None, None, 1, "736-9", key="lymph", around=28), q("MONOCYTES RELATIVE PERCENT", "%", None, None, 1, "5905-5", key="mono", around=8),
            q("EOSINOPHILS RELATIVE PERCENT", "%", None, None, 1, "713-8", key="eos", around=2.4), q("BASOPHILS RELATIVE PERCENT", "%", None, None, 1, "706-2", key="baso", around=0.6),
            q("NEUTROPHILS ABSOLUTE", "K/uL", 1.56, 6.13, 2, "751-8", formula=share("neut")), q("LYMPHOCYTES ABSOLUTE", "K/uL", 1.18, 3.74, 2, "731-0", formula=share("lymph")),
            q("MONOCYTES ABSOLUTE", "K/uL", 0.24, 0.86, 2, "742-7", formula=share("mono")),
        )),
        ("BASIC METABOLIC PANEL", (
            q("SODIUM", "mmol/L", 136, 145, 0, "2951-2", key="na"), q("POTASSIUM", "mmol/L", 3.4, 5.1, 1, "2823-3"), q("CHLORIDE", "mmol/L", 98, 107, 0, "2075-0", key="cl"),
            q("CO2", "mmol/L", 22, 29, 0, "2028-9", key="co2"), q("ANION GAP", "mmol/L", 6, 16, 0, "33037-3", formula=minus("na", "cl", "co2")),
            q("GLUCOSE", "mg/dL", 74, 106, 0, "2345-7"), q("BUN", "mg/dL", 8, 23, 0, "3094-0"), q("CREATININE", "mg/dL", 0.67, 1.17, 2, "2160-0", women=(0.51, 0.95), key="creatinine"),
            q("EGFR", "mL/min/1.73m2", 60, None, 0, "98979-8", formula=filtration(1)), q("CALCIUM", "mg/dL", 8.6, 10.0, 1, "17861-6"),
            q("MAGNESIUM", "mg/dL", 1.6, 2.6, 1, "19123-9"), q("PHOSPHORUS", "mg/dL", 2.5, 4.5, 1, "2777-1"),
        )),
        ("CARDIAC AND COAGULATION", (
            q("TROPONIN I HIGH SENSITIVITY", "ng/L", None, 20, 0, "89579-7", below=3), q("NT-PROBNP", "pg/mL", None, 125, 0, "33762-6", below=36),
            q("PROTIME", "sec", 9.4, 12.5, 1, "5902-2"), q("INR", "", 0.9, 1.1, 1, "6301-6"), q("APTT", "sec", 25.1, 36.5, 1, "14979-9"),
        )),
        ("URINALYSIS, MACROSCOPIC", (
            w("COLOR, URINE", ("Yellow", "Amber"), "5778-6", "Yellow"), w("CLARITY, URINE", ("Clear", "Cloudy"), "5767-9", "Clear"),
            w("NITRITE, URINE", ("Negative", "Positive"), "5802-4", "Negative"), w("LEUKOCYTE ESTERASE, URINE", ("Negative", "Trace", "Large"), "5799-2", "Negative"),
            w("KETONES, URINE", ("Negative", "Trace", "15"), "2514-8", "Negative"),
        )),
    ),
)  # fmt: skip


def _receipt_row(sheet: Sheet, one: Line, y: float) -> None:
    one.page = sheet.pages
    sheet.text(14, y, one.test.name, 8.5)
    sheet.text(86, y, one.value, 8.5, "B", align="R")
    sheet.text(89, y, one.flag, 8.5, "B")
    sheet.text(102, y, one.reference, 8.5)
    sheet.text(160, y, one.test.unit, 8.5)


def draw_receipt(sheet: Sheet, case: Case) -> None:
    """Draw the strip."""
    who = case.patient
    sheet.page()
    sheet.face("courier")
    sheet.text(113, 24, case.form.lab, 9, "B", align="C")
    sheet.text(113, 35, "2208 Flume Rd, Boise ID", 8, align="C")
    facts = (
        f"{case.reported:%m/%d/%Y}      {case.reported:%I:%M %p}", f"Patient: {who.family.upper()},{who.given.upper()}", f"Patient ID: {who.mrn}",
        f"DOB: {who.birth_date:%m/%d/%Y}  Sex: {who.sex}", f"Sample ID: {case.accession}", f"Collected: {case.collected:%m/%d/%Y %H:%M}",
        "Operator ID: 017  Li-heparin", "Rotor Lot: 4231AC7  S/N 0000P12345",
    )  # fmt: skip
    y = 54.0
    for fact in facts:
        sheet.text(14, y, fact, 8)
        y += 11
    for title, lines in case.sections():
        sheet.text(14, y + 8, title, 8.5, "B")
        sheet.rule(14, y + 12, 212, y + 12, 0.4)
        y += 24
        for one in lines:
            _receipt_row(sheet, one, y)
            y += 11.5
    for line in (
        "",
        "QC OK    LIP 0  ICT 0",
        "* outside reference range",
        "Reviewed by: ______________",
        "Page 1 of 1",
    ):
        sheet.text(14, y + 4, line, 8)
        y += 13


RECEIPT = Form(
    name="us_receipt", language="en", lab="Headgate Urgent Care", accession="{day:%m%d}-{number:04d}", draw=draw_receipt, paper="receipt", received=False,
    span="{low}-{high}", upper="<{high}", lower=">{low}", flags={"LL": "*", "L": "*", "H": "*", "HH": "*", "A": "*"},
    sections=(
        ("COMPREHENSIVE METABOLIC", (
            q("GLU", "mg/dL", 73, 118, 0, "2345-7"), q("BUN", "mg/dL", 7, 22, 0, "3094-0"), q("CRE", "mg/dL", 0.6, 1.2, 1, "2160-0", key="creatinine"),
            q("eGFR", "mL/min", 60, None, 0, "98979-8", formula=filtration(1)), q("NA+", "mmol/L", 128, 145, 0, "2951-2"), q("K+", "mmol/L", 3.6, 5.1, 1, "2823-3"),
            q("CL-", "mmol/L", 98, 108, 0, "2075-0"), q("tCO2", "mmol/L", 18, 33, 0, "2028-9"), q("CA", "mg/dL", 8.0, 10.3, 1, "17861-6"),
            q("ALB", "g/dL", 3.3, 5.5, 1, "1751-7"), q("TP", "g/dL", 6.4, 8.1, 1, "2885-2"), q("ALP", "U/L", 42, 141, 0, "6768-6"),
            q("ALT", "U/L", 10, 47, 0, "1742-6"), q("AST", "U/L", 11, 38, 0, "1920-8"), q("TBIL", "mg/dL", 0.2, 1.6, 1, "1975-2"),
        )),
        ("CBC 3-PART", (
            q("WBC", "x10^3/uL", 4.6, 10.2, 1, "6690-2"), q("RBC", "x10^6/uL", 4.04, 6.13, 2, "789-8", formula=red(1000)), q("HGB", "g/dL", 12.2, 18.1, 1, "718-7", key="hgb"),
            q("HCT", "%", 37.7, 53.7, 1, "4544-3", formula=ratio("hgb", "mchc", 100)), q("MCV", "fL", 80, 97, 0, "787-2", key="mcv"),
            q("MCHC", "g/dL", 31.8, 35.4, 1, "786-4", key="mchc"), q("PLT", "x10^3/uL", 142, 424, 0, "777-3"),
        )),
        ("URINE STRIP", (
            w("LEU", ("NEG", "TRACE", "2+"), "5799-2"), w("NIT", ("NEG", "POS"), "5802-4"), w("PRO", ("NEG", "1+", "2+"), "20454-5"), w("BLD", ("NEG", "1+", "3+"), "5794-3"),
        )),
    ),
)  # fmt: skip
