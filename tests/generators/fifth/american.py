"""An American hospital's chart print-out: reference before the result, the mark in front, panels with specimen and time."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fifth.table import Column, Table
from tests.generators.fourth.formulas import (
    cholesterol,
    filtration,
    mean_haemoglobin,
    minus,
    ratio,
    red,
    rest,
    saturation,
    share,
)
from tests.generators.fourth.model import Case, Form, q, w
from tests.generators.sheet import Color, Flow, Sheet

LEFT, RIGHT = 42.0, 570.0
SHADE: Color = (224, 224, 224)
COLUMNS = (
    Column(fact="name", x=LEFT + 6, head="Procedure", size=8.5, wide=180),
    Column(fact="range", x=244, head="Expected", size=8.5),
    Column(fact="flag", x=348, head="Abn", size=8.5, bold="always", align="C"),
    Column(fact="value", x=420, head="Result", size=8.5, bold="odd", align="R"),
    Column(fact="unit", x=432, head="Unit of Measure", size=8.5),
)
SPECIMENS = {
    "Arterial Blood Gases": "Arterial blood, heparin syringe", "Urinalysis with Microscopy": "Urine, clean catch", "CBC with Auto Differential": "Whole blood, lavender top",
    "Coagulation Studies": "Plasma, blue top", "Blood Bank": "Whole blood, pink top",
}  # fmt: skip


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(306, 34, case.form.lab, 13, "B", align="C")
    sheet.text(
        306,
        45,
        "Department of Pathology and Laboratory Medicine - 900 Spillway Drive, Cedar Weir, OR 97099",
        7.5,
        align="C",
    )
    sheet.text(306, 55, "CLIA 99D9999999 - Medical Director: Orson T. Vandermeer, MD", 7.5, align="C")
    sheet.rule(LEFT, 61, RIGHT, 61, 1)
    facts = (
        (f"Patient Name: {who.family.upper()}, {who.given.upper()}", f"Accession: {case.accession}"),
        (f"MRN: {who.mrn}", f"Collected: {case.collected:%m/%d/%Y %H:%M}"),
        (f"DOB: {who.birth_date:%m/%d/%Y}     Age: {case.years} years     Sex: {case.pick('F', 'M')}", f"Received: {case.received:%m/%d/%Y %H:%M}"),
        ("Ordering Provider: Halloran, Bridget E, MD     Unit/Bed: 4 WEST / 412-2", f"Reported: {case.reported:%m/%d/%Y %H:%M}"),
    )  # fmt: skip
    for place, (left, right) in enumerate(facts):
        sheet.text(LEFT, 74 + 12 * place, left, 9, "B" if place == 0 else "")
        sheet.text(392, 74 + 12 * place, right, 9)
    sheet.rule(LEFT, 116, RIGHT, 116, 1)
    sheet.rule(LEFT, 752, RIGHT, 752, 0.5)
    sheet.text(LEFT, 762, "L = Low   H = High   LL, HH = Critical   A = Abnormal          *** FINAL REPORT ***", 7.5)
    sheet.text(LEFT, 772, f"Printed {case.reported + timedelta(minutes=41):%m/%d/%Y %H:%M}     MRN {who.mrn}", 7.5)
    sheet.text(RIGHT, 762, f"Page {sheet.pages} of {{nb}}", 8, align="R")
    return 134


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 742, lambda: _open(sheet, case))
    table = Table(
        sheet=sheet, flow=flow, columns=COLUMNS, step=11.5, under=LEFT + 18, remark="Comment: {remark}", remark_style=""
    )

    def panel(title: str, y: float) -> float:
        sheet.box(LEFT, y - 10, RIGHT - LEFT, 14, fill=SHADE)
        sheet.text(LEFT + 4, y, title, 9.5, "B")
        sheet.text(
            RIGHT - 4,
            y,
            f"Specimen: {SPECIMENS.get(title.removesuffix(' (continued)'), 'Plasma, green top')}",
            8,
            align="R",
        )
        table.heads(y + 15, 8, "BI")
        return 29

    table.again = lambda title, y: panel(f"{title} (continued)", y)
    for title, lines in case.sections():
        flow.need(74)
        flow.y += panel(title, flow.y)
        for one in lines:
            table.row(one)
        flow.y += 10


GIGA, NONE = "K/mcL", ("Negative", "Trace", "1+", "2+")
FORM = Form(
    name="us_procedures", language="en", lab="Cedar Weir Regional Medical Center", accession="{day:%y}-{day:%j}-{number:05d}", draw=draw, paper="letter", series="fifth",
    span="{low}-{high}", upper="<={high}", lower=">={low}", flags={"LL": "LL", "L": "L", "H": "H", "HH": "HH", "A": "A"},
    sections=(
        ("CBC with Auto Differential", (
            q("WBC", GIGA, 4.50, 11.00, 2, "6690-2", key="wbc"), q("RBC", "M/mcL", 4.50, 5.90, 2, "789-8", women=(4.00, 5.20), formula=red(1000)), q("Hgb", "gm/dL", 13.5, 17.5, 1, "718-7", women=(12.0, 16.0), key="hgb"), q("Hct", "%", 41.0, 53.0, 1, "4544-3", women=(36.0, 46.0), formula=ratio("hgb", "mchc", 100)),
            q("MCV", "fL", 80.0, 100.0, 1, "787-2", key="mcv"), q("MCH", "pg", 26.0, 34.0, 1, "785-6", formula=mean_haemoglobin(0.01)), q("MCHC", "gm/dL", 31.0, 37.0, 1, "786-4", key="mchc"), q("RDW-CV", "%", 11.5, 14.5, 1, "788-0"), q("Platelets", GIGA, 150, 400, 0, "777-3"), q("MPV", "fL", 7.4, 10.4, 1, "32623-1"),
            q("Neutrophils %", "%", 40.0, 70.0, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso")), q("Lymphocytes %", "%", 22.0, 44.0, 1, "736-9", key="lymph"), q("Monocytes %", "%", 4.0, 11.0, 1, "5905-5", key="mono"), q("Eosinophils %", "%", 0.0, 8.0, 1, "713-8", key="eos"), q("Basophils %", "%", 0.0, 3.0, 1, "706-2", key="baso"),
            q("Neutrophils, Absolute", GIGA, 1.80, 7.70, 2, "751-8", formula=share("neut")), q("Lymphocytes, Absolute", GIGA, 1.00, 4.80, 2, "731-0", formula=share("lymph")), q("Monocytes, Absolute", GIGA, 0.20, 0.95, 2, "742-7", formula=share("mono")), q("Eosinophils, Absolute", GIGA, 0.00, 0.50, 2, "711-2", formula=share("eos")), q("Basophils, Absolute", GIGA, 0.00, 0.30, 2, "704-7", formula=share("baso")),
        )),
        ("Comp Metabolic Panel", (
            q("Sodium Lvl", "mmol/L", 136, 145, 0, "2951-2"), q("Potassium Lvl", "mmol/L", 3.5, 5.1, 1, "2823-3", remark="Specimen slightly hemolyzed."), q("Chloride Lvl", "mmol/L", 98, 107, 0, "2075-0"), q("CO2", "mmol/L", 21, 32, 0, "2028-9"), q("Glucose Lvl", "mg/dL", 74, 106, 0, "2345-7"), q("BUN", "mg/dL", 7, 18, 0, "3094-0", key="bun"),
            q("Creatinine Lvl", "mg/dL", 0.70, 1.30, 2, "2160-0", women=(0.55, 1.02), key="creatinine"), q("BUN/Creat Ratio", "", 6, 25, 0, "3097-3", formula=ratio("bun", "creatinine")), q("Estimated GFR (CKD-EPI 2021, non race based)", "mL/min/1.73 m2", 60, None, 0, "98979-8", formula=filtration(1)), q("Calcium Lvl", "mg/dL", 8.5, 10.1, 1, "17861-6"),
            q("Total Protein", "gm/dL", 6.4, 8.2, 1, "2885-2", key="protein"), q("Albumin Lvl", "gm/dL", 3.4, 5.0, 1, "1751-7", key="albumin"), q("Globulin", "gm/dL", 2.0, 4.0, 1, "10834-0", formula=minus("protein", "albumin")), q("Bilirubin Total", "mg/dL", 0.2, 1.0, 1, "1975-2"), q("Alk Phos", "unit/L", 46, 116, 0, "6768-6"), q("AST", "unit/L", 15, 37, 0, "1920-8"), q("ALT", "unit/L", 12, 78, 0, "1742-6"),
        )),
        ("Lipid Panel", (
            q("Cholesterol", "mg/dL", None, 200, 0, "2093-3", key="chol", formula=cholesterol(5)), q("Triglycerides", "mg/dL", None, 150, 0, "2571-8", key="trig"), q("HDL", "mg/dL", 40, None, 0, "2085-9", key="hdl"), q("LDL Calculated", "mg/dL", None, 130, 0, "13457-7", key="ldl"), q("Non-HDL Cholesterol", "mg/dL", None, 160, 0, "43396-1", formula=minus("chol", "hdl")),
        )),
        ("Cardiac and Therapeutic Drug Monitoring", (
            q("Troponin I High Sensitivity", "ng/L", None, 54, 0, "89579-7", below=3), q("NT-proBNP", "pg/mL", None, 125, 0, "33762-6"), q("Magnesium Lvl", "mg/dL", 1.8, 2.4, 1, "19123-9"), q("Digoxin Lvl", "ng/mL", 0.8, 2.0, 1, "10535-3", remark="Time of last dose not given."), q("Vancomycin Trough", "mcg/mL", 10.0, 20.0, 1, "4092-3"),
        )),
        ("Coagulation Studies", (q("PT", "sec", 9.4, 12.5, 1, "5902-2"), q("INR", "", 0.9, 1.1, 1, "6301-6", remark="Therapeutic range for most indications: 2.0-3.0."), q("aPTT", "sec", 25.1, 36.5, 1, "14979-9"), q("D-Dimer, Quantitative", "mcg/mL FEU", None, 0.50, 2, "48065-7", below=0.19))),
        ("Arterial Blood Gases", (
            q("pH Art", "", 7.350, 7.450, 3, "2744-1"), q("pCO2 Art", "mm Hg", 35.0, 45.0, 1, "2019-8"), q("pO2 Art", "mm Hg", 80.0, 100.0, 1, "2703-7", key="po2"), q("HCO3 Art", "mmol/L", 22.0, 26.0, 1, "1960-4"), q("Base Excess Art", "mmol/L", -2.0, 3.0, 1, "1925-7", reference="-2.0-3.0"), q("O2 Sat Art", "%", 95.0, None, 1, "2708-6", formula=saturation("po2")), q("Lactate Art", "mmol/L", 0.5, 1.6, 1, "2518-9"),
        )),
        ("Urinalysis with Microscopy", (
            w("UA Color", ("Yellow", "Amber"), "5778-6"), w("UA Appear", ("Clear", "Hazy", "Cloudy"), "5767-9", "Clear"), q("UA Spec Grav", "", 1.003, 1.035, 3, "5811-5"), q("UA pH", "", 5.0, 8.0, 1, "5803-2"), w("UA Protein", NONE, "20454-5", "Negative"), w("UA Glucose", NONE, "25428-4", "Negative"), w("UA Ketones", NONE, "2514-8", "Negative"), w("UA Bili", NONE[:1], "5770-3", "Negative"),
            w("UA Blood", NONE, "5794-3", "Negative"), w("UA Nitrite", ("Negative", "Positive"), "5802-4", "Negative"), w("UA Leuk Est", NONE, "5799-2", "Negative"), w("UA WBC", ("0-2", "6-10", "11-25"), "5821-4", "0-5", unit="/HPF"), w("UA RBC", ("0-2", "3-5", "11-25"), "13945-1", "0-2", unit="/HPF"), w("UA Squam Epithelial", ("0-5", "6-10"), "11277-1", "0-5", unit="/HPF"), w("UA Bacteria", ("None", "Few", "Moderate"), "25145-4", "None"),
        )),
        ("Blood Bank", (w("ABO Group", ("O", "A", "B", "AB"), "883-9", free=True), w("Rh Type", ("Positive", "Negative"), "10331-7", free=True), w("Antibody Screen", ("Negative",), "890-4"))),
    ),
)  # fmt: skip
