"""A British trust's pathology report: a bar for each profile with its tube, an asterisk in the margin, the units last."""

from __future__ import annotations

from tests.generators.fourth.formulas import differential, filtration, mean_haemoglobin, minus, ratio, red, share
from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.sheet import Flow, Sheet

LEFT, STAR, NAME, VALUE, RANGE, UNITS, RIGHT = 36.0, 42.0, 52.0, 300.0, 340.0, 448.0, 559.0
BLUE, PALE = (0, 70, 140), (229, 238, 247)
TUBES = {"FULL BLOOD COUNT": "EDTA whole blood", "RANDOM URINE": "Urine", "COAGULATION SCREEN": "Citrated plasma"}


def _facts(case: Case) -> tuple[tuple[str, str, str, str], ...]:
    who = case.patient
    return (
        ("Surname", who.family.upper(), "Laboratory No.", case.accession),
        ("Forename(s)", who.given, "Collected", f"{case.collected:%d %b %Y %H:%M}"),
        ("Date of birth", f"{who.birth_date:%d %b %Y}  ({case.years} y)", "Received", f"{case.received:%d %b %Y %H:%M}"),
        ("Sex", case.pick("Female", "Male"), "Authorised", f"{case.reported:%d %b %Y %H:%M}"),
        ("Hospital No.", who.mrn, "Consultant / GP", "Dr H. Ravensbourne"),
        ("Address", "4 Tannery Row, Sluicewell SW9 9QQ", "Location", "Medical Assessment Unit"),
    )  # fmt: skip


def _open(sheet: Sheet, case: Case) -> float:
    sheet.text(LEFT, 38, case.form.lab, 14, "B", color=BLUE)
    sheet.text(LEFT, 50, "Department of Blood Sciences, Royal Infirmary, Cooper's Hill   Tel. 01632 960 118", 7.5)
    sheet.box(RIGHT - 84, 26, 84, 26, edge=BLUE)
    sheet.text(RIGHT - 42, 37, "UKAS 99998", 8, "B", align="C", color=BLUE)
    sheet.text(RIGHT - 42, 47, "MEDICAL", 7, align="C", color=BLUE)
    y = 60.0
    for left, fact, right, other in _facts(case):
        for x, wide, label, said in ((LEFT, 76.0, left, fact), (LEFT + 262, 84.0, right, other)):
            sheet.box(x, y, wide, 14, fill=PALE, edge=(190, 205, 220), width=0.4)
            sheet.box(x + wide, y, 261 - wide, 14, edge=(190, 205, 220), width=0.4)
            sheet.text(x + 4, y + 10, label, 8)
            sheet.text(x + wide + 5, y + 10, said, 8.5, "B" if label in {"Surname", "Laboratory No."} else "")
        y += 14
    sheet.text(LEFT, 166, "Clinical details: weight loss, ?malabsorption. On lithium.", 8.5)
    sheet.text(
        LEFT, 812, "* outside the reference interval. Tests marked # in the user handbook are not accredited.", 7
    )
    sheet.text(LEFT, 822, "Results should be read with the clinical picture. Duty biochemist: bleep 2290.", 7)
    sheet.text(RIGHT, 822, f"Page {sheet.pages} of {{nb}}", 7.5, align="R")
    return 184


def _bar(sheet: Sheet, title: str, y: float) -> None:
    sheet.box(LEFT, y - 10, RIGHT - LEFT, 14, fill=BLUE)
    sheet.text(LEFT + 5, y, title, 9, "B", color=(255, 255, 255))
    sheet.text(RIGHT - 5, y, f"Sample: {TUBES.get(title, 'Serum (gel tube)')}", 7.5, align="R", color=(255, 255, 255))
    for x, head, align in ((NAME, "Investigation", "L"), (VALUE, "Result", "R"), (RANGE, "Reference interval", "L"), (UNITS, "Units", "L")):  # fmt: skip
        sheet.text(x, y + 14, head, 7.5, "I", align=align, color=(80, 80, 80))


def _row(sheet: Sheet, flow: Flow, one: Line, case: Case) -> None:
    names = sheet.wrap(one.test.name, 186, 9)
    if flow.need(11.5 * len(names) + 12):
        _bar(sheet, one.section, flow.y)
        flow.y += 27
    one.page = sheet.pages
    style = "B" if one.flag else ""
    sheet.text(STAR, flow.y, one.flag, 11, "B")
    sheet.text(VALUE, flow.y, one.value, 9, style, align="R")
    sheet.text(RANGE, flow.y, one.reference, 9)
    sheet.text(UNITS, flow.y, one.test.unit, 9)
    for name in names:
        sheet.text(NAME, flow.y, name, 9, style)
        flow.y += 11.5
    if one.comment:
        sheet.text(NAME + 10, flow.y - 1, one.comment, 8, "I")
        flow.y += 11


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 796, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(76)
        _bar(sheet, title, flow.y)
        flow.y += 27
        for one in lines:
            _row(sheet, flow, one, case)
        flow.y += 12
    flow.need(24)
    sheet.text(LEFT, flow.y, "Electronically authorised: Dr Prudence Akintola, Consultant Chemical Pathologist", 8)


FORM = Form(
    name="uk_profiles", language="en", lab="Sluicewell Hospitals Pathology", accession="{day:%y}{number:06d}Q", draw=draw,
    span="( {low} - {high} )", upper="( <{high} )", lower="( >{low} )",
    flags={"LL": "*", "L": "*", "H": "*", "HH": "*", "A": "*"},
    unprinted=differential(),
    sections=(
        ("FULL BLOOD COUNT", (
            q("Haemoglobin concentration", "g/L", 133, 167, 0, "718-7", women=(118, 148), key="hgb"),
            q("Total white cell count", "10^9/L", 3.7, 11.1, 1, "6690-2", key="wbc"),
            q("Platelet count", "10^9/L", 150, 400, 0, "777-3"),
            q("Red blood cell count", "10^12/L", 4.30, 5.70, 2, "789-8", women=(3.80, 5.00), formula=red(1000)),
            q("Haematocrit", "L/L", 0.350, 0.530, 3, "4544-3", women=(0.330, 0.470), formula=ratio("hgb", "mchc")),
            q("Mean cell volume", "fL", 80.0, 98.0, 1, "787-2", key="mcv"),
            q("Mean cell haemoglobin", "pg", 27.0, 33.0, 1, "785-6", formula=mean_haemoglobin(0.001)),
            q("Mean cell haemoglobin concentration", "g/L", 315, 355, 0, "786-4", key="mchc"),
            q("Red cell distribution width", "%", 11.0, 15.0, 1, "788-0"),
            q("Neutrophil count", "10^9/L", 1.7, 7.5, 1, "751-8", formula=share("neut")), q("Lymphocyte count", "10^9/L", 1.0, 3.2, 1, "731-0", formula=share("lymph")),
            q("Monocyte count", "10^9/L", 0.2, 0.8, 1, "742-7", formula=share("mono")), q("Eosinophil count", "10^9/L", 0.0, 0.5, 1, "711-2", formula=share("eos")),
            q("Basophil count", "10^9/L", 0.0, 0.1, 1, "704-7", formula=share("baso")),
        )),
        ("RENAL PROFILE", (
            q("Serum sodium level", "mmol/L", 133, 146, 0, "2951-2"),
            q("Serum potassium level", "mmol/L", 3.5, 5.3, 1, "2823-3", remark="Slight haemolysis: potassium may be overestimated."),
            q("Serum urea level", "mmol/L", 2.5, 7.8, 1, "22664-7"),
            q("Serum creatinine level", "umol/L", 59, 104, 0, "14682-9", women=(45, 84), key="creatinine"),
            q("Estimated glomerular filtration rate (CKD-EPI 2021)", "mL/min/1.73m2", 60, None, 0, "98979-8", formula=filtration(1 / 88.4), above=90),
        )),
        ("LIVER PROFILE", (
            q("Serum total bilirubin level", "umol/L", None, 21, 0, "14631-6"),
            q("Serum alanine aminotransferase level", "U/L", None, 50, 0, "1742-6", women=(None, 35)),
            q("Serum alkaline phosphatase level", "U/L", 30, 130, 0, "6768-6"),
            q("Serum gamma-glutamyl transferase level", "U/L", None, 73, 0, "2324-2", women=(None, 38)),
            q("Serum total protein level", "g/L", 60, 80, 0, "2885-2", key="protein"), q("Serum albumin level", "g/L", 35, 50, 0, "1751-7", key="albumin"),
            q("Serum globulin level", "g/L", 18, 36, 0, "10834-0", formula=minus("protein", "albumin")),
        )),
        ("BONE PROFILE", (
            q("Serum calcium level", "mmol/L", 2.15, 2.60, 2, "2000-8"), q("Serum inorganic phosphate level", "mmol/L", 0.80, 1.50, 2, "14879-1"),
            q("Serum magnesium level", "mmol/L", 0.70, 1.00, 2, "2601-3"),
            q("Serum 25-hydroxyvitamin D level", "nmol/L", 50, 120, 0, "68438-1", below=10, remark="Below 25 nmol/L: deficient; 25 to 50 nmol/L: may be inadequate."),
        )),
        ("ENDOCRINE AND TUMOUR MARKERS", (
            q("Serum thyroid stimulating hormone level", "mU/L", 0.30, 4.20, 2, "3016-3", below=0.01),
            q("Serum free thyroxine level", "pmol/L", 9.0, 19.1, 1, "14920-3"), q("Serum carcinoembryonic antigen level", "ug/L", None, 5.0, 1, "2039-6", below=0.5),
            q("Serum C reactive protein level", "mg/L", None, 5, 0, "1988-5", below=1),
            w("Hepatitis B surface antigen", ("Not detected", "DETECTED"), "5196-1"),
        )),
    ),
)  # fmt: skip
