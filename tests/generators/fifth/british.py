"""A British hospital's results print: one specimen a block, High and Low in words in the last column, menstrual phases."""

from __future__ import annotations

from tests.generators.fifth.table import Column, Table
from tests.generators.fourth.formulas import filtration, mean_haemoglobin, minus, ratio, red, rest, share
from tests.generators.fourth.model import Case, Form, q, w
from tests.generators.sheet import Flow, Sheet

LEFT, RIGHT = 45.0, 550.0
COLUMNS = (
    Column(fact="name", x=LEFT + 4, head="Test name", wide=168),
    Column(fact="value", x=268, head="Value", align="R", bold="odd"),
    Column(fact="unit", x=276, head="Unit", size=8.5),
    Column(fact="range", x=352, head="Normal limits", size=8.5),
    Column(fact="flag", x=510, head="Abnormal", bold="always", size=8.5),
)
SAMPLES = {
    "Full Blood Count": "Blood (EDTA)",
    "Clotting Screen": "Blood (citrate)",
    "Group and Save": "Blood (EDTA, transfusion)",
    "Haemoglobin A1c": "Blood (EDTA)",
}


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(LEFT, 40, case.form.lab, 12, "B")
    sheet.text(LEFT, 51, "Integrated Pathology Service, Weirfield Road, Harrowbeck HB4 9ZZ", 8)
    sheet.text(RIGHT, 40, "Pathology Report", 12, align="R")
    sheet.text(RIGHT, 51, f"Page {sheet.pages} of {{nb}}", 8, align="R")
    sheet.box(LEFT, 58, RIGHT - LEFT, 64, edge=(0, 0, 0), width=0.7)
    facts = (
        ((LEFT + 6, f"Surname: {who.family.upper()}"), (212, f"Forename: {who.given.upper()}"), (390, f"Sample ID: {case.accession}")),
        ((LEFT + 6, f"DOB: {who.birth_date:%d-%b-%Y}"), (212, f"Sex: {case.pick('Female', 'Male')}"), (390, f"Taken: {case.collected:%d-%b-%Y %H:%M}")),
        ((LEFT + 6, f"Hospital number: {who.mrn}"), (212, "Ward: Surgical Assessment"), (390, f"Received: {case.received:%d-%b-%Y %H:%M}")),
        ((LEFT + 6, "Requested by: Mr J. Oyelaran"), (212, "Source: Inpatient"), (390, f"Reported: {case.reported:%d-%b-%Y %H:%M}")),
    )  # fmt: skip
    for place, row in enumerate(facts):
        for x, fact in row:
            sheet.text(x, 72 + 14 * place, fact, 8.5, "B" if place == 0 else "")
    sheet.text(LEFT, 136, "Clinical details: abdominal pain, pre-op. Bipolar disorder on lithium.", 8.5, "I")
    sheet.text(
        LEFT, 820, "Results are confidential to the patient and the requesting team. ISO 15189 accredited, no. 9990.", 7
    )
    return 156


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 804, lambda: _open(sheet, case))
    table = Table(sheet=sheet, flow=flow, columns=COLUMNS, step=12, under=LEFT + 14, ruled=True, left=LEFT, right=RIGHT)

    def block(title: str, y: float) -> float:
        sheet.text(LEFT, y, title, 10.5, "B")
        sheet.text(
            RIGHT, y, f"Specimen type: {SAMPLES.get(title.removesuffix(' (contd)'), 'Blood (serum)')}", 8, align="R"
        )
        sheet.rule(LEFT, y + 4, RIGHT, y + 4, 0.8)
        table.heads(y + 15, 8, "")
        return 29

    table.again = lambda title, y: block(f"{title} (contd)", y)
    for title, lines in case.sections():
        flow.need(80)
        flow.y += block(title, flow.y)
        for one in lines:
            table.row(one)
        flow.y += 12
    flow.need(16)
    sheet.text(LEFT, flow.y, "End of report. Authorised by: Dr Fenella Marchbanks", 8.5)


PHASES = "Follicular 3.5 - 12.5\nMid-cycle 4.7 - 21.5\nLuteal 1.7 - 7.7\nPost-menopausal 25.8 - 134.8"
LUTEIN = "Follicular 2.4 - 12.6\nMid-cycle 14.0 - 95.6\nLuteal 1.0 - 11.4\nPost-menopausal 7.7 - 58.5"
FORM = Form(
    name="uk_specimens", language="en", lab="Harrowbeck University Hospitals NHS Trust", accession="{day:%d%m}{number:06d}B", draw=draw, series="fifth",
    span="{low} - {high}", upper="0 - {high}", lower="Above {low}", flags={"LL": "Low", "L": "Low", "H": "High", "HH": "High", "A": "Abnormal"},
    sections=(
        ("Full Blood Count", (
            q("Haemoglobin", "g/L", 130, 180, 0, "718-7", women=(115, 165), key="hgb"), q("White cell count", "10*9/L", 4.00, 11.00, 2, "6690-2", key="wbc"), q("Platelets", "10*9/L", 150, 450, 0, "777-3", remark="Film: platelet clumps seen, count is approximate."), q("Red cell count", "10*12/L", 4.50, 6.50, 2, "789-8", women=(3.80, 5.80), formula=red(1000)), q("PCV", "L/L", 0.400, 0.540, 3, "4544-3", women=(0.370, 0.470), formula=ratio("hgb", "mchc")),
            q("MCV", "fL", 80.0, 100.0, 1, "787-2", key="mcv"), q("MCH", "pg", 27.0, 32.0, 1, "785-6", formula=mean_haemoglobin(0.001)), q("MCHC", "g/L", 320, 360, 0, "786-4", key="mchc"), q("RDW", "%", 11.5, 14.5, 1, "788-0"),
            q("Neutrophils", "10*9/L", 2.00, 7.50, 2, "751-8", formula=share("neut")), q("Lymphocytes", "10*9/L", 1.50, 4.00, 2, "731-0", formula=share("lymph")), q("Monocytes", "10*9/L", 0.20, 1.00, 2, "742-7", formula=share("mono")), q("Eosinophils", "10*9/L", 0.00, 0.50, 2, "711-2", formula=share("eos")), q("Basophils", "10*9/L", 0.00, 0.10, 2, "704-7", formula=share("baso")),
        )),
        ("Clotting Screen", (q("Prothrombin time", "s", 9.5, 13.5, 1, "5902-2"), q("INR", "", 0.8, 1.2, 1, "6301-6"), q("APTT", "s", 24.0, 34.0, 1, "14979-9"), q("Fibrinogen (Clauss)", "g/L", 1.50, 4.00, 2, "3255-7"), q("D-dimer", "ng/mL FEU", None, 500, 0, "48065-7", below=190))),
        ("Urea and Electrolytes", (
            q("Sodium", "mmol/L", 133, 146, 0, "2951-2"), q("Potassium", "mmol/L", 3.5, 5.3, 1, "2823-3"), q("Urea", "mmol/L", 2.5, 7.8, 1, "22664-7"), q("Creatinine", "umol/L", 64, 104, 0, "14682-9", women=(49, 90), key="creatinine"), q("eGFR (CKD-EPI, race not applied)", "mL/min/1.73m2", 60, None, 0, "98979-8", formula=filtration(1 / 88.4), above=90),
            q("Lithium", "mmol/L", 0.40, 1.00, 2, "14334-7", below=0.10, remark="Target range refers to samples 12 hours after the last dose."),
        )),
        ("Liver and Bone Profile", (
            q("Bilirubin", "umol/L", None, 21, 0, "14631-6"), q("ALT", "IU/L", None, 41, 0, "1742-6", women=(None, 33)), q("Alkaline phosphatase", "IU/L", 30, 130, 0, "6768-6"), q("Gamma GT", "IU/L", None, 60, 0, "2324-2", women=(None, 40)), q("Amylase", "IU/L", 28, 100, 0, "1798-8"), q("Total protein", "g/L", 60, 80, 0, "2885-2", key="protein"), q("Albumin", "g/L", 35, 50, 0, "1751-7", key="albumin"), q("Globulin", "g/L", 20, 35, 0, "10834-0", formula=minus("protein", "albumin")),
            q("Calcium", "mmol/L", 2.20, 2.60, 2, "2000-8"), q("Phosphate", "mmol/L", 0.80, 1.50, 2, "14879-1"), q("Magnesium", "mmol/L", 0.70, 1.00, 2, "2601-3"), q("C-reactive protein", "mg/L", None, 5, 0, "1988-5", below=1),
        )),
        ("Haematinics", (q("Ferritin", "ug/L", 22, 275, 0, "2276-4", women=(10, 204)), q("Vitamin B12", "ng/L", 187, 883, 0, "2132-9", below=148), q("Serum folate", "ug/L", 3.1, 20.5, 1, "2284-8", above=20.0), q("Vitamin D (25-OH)", "nmol/L", 50, 125, 0, "68438-1", below=13, remark="30 - 50 nmol/L may be inadequate in some people."))),
        ("Haemoglobin A1c", (q("HbA1c (IFCC)", "mmol/mol", 20, 41, 0, "59261-8"),)),
        ("Endocrinology", (
            q("TSH", "mIU/L", 0.27, 4.20, 2, "3016-3", below=0.01), q("Free T4", "pmol/L", 12.0, 22.0, 1, "14920-3"), q("FSH", "IU/L", 1.5, 12.4, 1, "15067-2", women=(None, None), around=7, reference_women=PHASES), q("LH", "IU/L", 1.7, 8.6, 1, "10501-5", women=(None, None), around=6, reference_women=LUTEIN), q("Testosterone", "nmol/L", 8.6, 29.0, 1, "14913-8", women=(0.3, 1.7)), q("Cortisol (09:00)", "nmol/L", 133, 537, 0, "14675-3"),
        )),
        ("Virology", (w("Hepatitis B surface antigen", ("Not detected", "DETECTED"), "5196-1"), w("Hepatitis C antibody", ("Not detected", "DETECTED"), "13955-0"), w("HIV 1 and 2 antibody/p24 antigen", ("Not detected", "DETECTED"), "56888-1"))),
        ("Group and Save", (w("Blood group", ("O", "A", "B", "AB"), "883-9", free=True), w("Rh (D)", ("Positive", "Negative"), "10331-7", free=True), w("Antibody screen", ("Negative",), "890-4"))),
    ),
    unprinted=(
        q("lymph", "%", None, None, 1, "", around=30), q("mono", "%", None, None, 1, "", around=8), q("eos", "%", None, None, 1, "", around=2.6), q("baso", "%", None, None, 1, "", around=0.6),
        q("neut", "%", None, None, 1, "", formula=rest("lymph", "mono", "eos", "baso")),
    ),
)  # fmt: skip
