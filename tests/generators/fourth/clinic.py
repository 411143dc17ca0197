"""An outpatient clinic's summary: readings and medicines above, results in words of the patient, units in the headings."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fourth.formulas import cholesterol, filtration, minus
from tests.generators.fourth.model import Case, Form, Line, q
from tests.generators.sheet import Flow, Sheet

LEFT, RANGE, LAST, NOW, SAYS, RIGHT = 56.0, 250.0, 388.0, 458.0, 468.0, 540.0
TEAL, MIST = (0, 102, 102), (226, 241, 240)


def _open(sheet: Sheet, case: Case) -> float:
    sheet.face("times")
    sheet.text(LEFT, 820, f"{case.patient.given} {case.patient.family}, chart {case.patient.mrn}", 8, "I")
    sheet.text(RIGHT, 820, f"Page {sheet.pages} of {{nb}}", 8, align="R")
    sheet.rule(LEFT, 808, RIGHT, 808, 0.4, TEAL)
    return 60


def _head(sheet: Sheet, case: Case, y: float) -> float:
    who = case.patient
    sheet.text(LEFT, y, case.form.lab, 18, "B", color=TEAL)
    sheet.text(
        LEFT, y + 15, "Harbour Quay, Ballyweir, Co. Wexford   Phone 053 555 0136   Clinic lead: Dr Orla Tierney", 9
    )
    sheet.text(LEFT, y + 42, "Clinic visit summary", 15)
    facts = (
        (f"Patient: {who.given} {who.family}", f"Date of birth: {who.birth_date:%d %B %Y}"),
        (f"Chart number: {who.mrn}", f"Sex: {case.pick('Female', 'Male')}"),
        (f"Blood taken: {case.collected:%d %B %Y, %H:%M}", f"Summary printed: {case.reported:%d %B %Y, %H:%M}"),
        (f"Sample number: {case.accession}", "Your GP: Dr Fintan Mulcahy"),
    )  # fmt: skip
    for place, (left, right) in enumerate(facts):
        sheet.text(LEFT, y + 62 + 14 * place, left, 11)
        sheet.text(312, y + 62 + 14 * place, right, 11)
    return y + 128


def _visit(sheet: Sheet, case: Case, y: float) -> float:
    sheet.box(LEFT, y, RIGHT - LEFT, 62, fill=MIST)
    weight = 62 + int(case.patient.mrn) % 40
    lines = (
        f"Today we measured: blood pressure 132/78 mmHg, pulse 72, weight {weight}.4 kg, BMI {weight / 2.9:.1f}.",
        "Your medicines: metformin 1000 mg twice a day, atorvastatin 20 mg at night, ramipril 5 mg in the morning.",
        "What we agreed: keep up the walking, eye screening in autumn, next appointment in 4 months.",
    )
    for place, line in enumerate(lines):
        sheet.text(LEFT + 8, y + 18 + 16 * place, line, 10.5)
    return y + 88


def _heads(sheet: Sheet, case: Case, title: str, y: float) -> None:
    sheet.text(LEFT, y, title, 12, "B", color=TEAL)
    sheet.rule(LEFT, y + 4, RIGHT, y + 4, 0.8, TEAL)
    sheet.text(RANGE, y, "Healthy range", 9.5, "I")
    sheet.text(LAST, y, f"{case.collected - timedelta(days=126):%d/%m/%Y}", 9.5, "I", align="R")
    sheet.text(NOW, y, "This visit", 9.5, "BI", align="R")


def _row(sheet: Sheet, one: Line, y: float) -> None:
    one.page = sheet.pages
    sheet.text(LEFT + 6, y, one.test.name, 11)
    sheet.text(RANGE, y, one.reference, 11)
    sheet.text(LAST, y, one.previous[0], 11, align="R", color=(110, 110, 110))
    sheet.text(NOW, y, one.value, 11, "B", align="R")
    sheet.text(SAYS, y, one.flag, 10, "I")


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the summary."""
    flow = Flow(sheet, 796, lambda: _open(sheet, case))
    flow.y = _visit(sheet, case, _head(sheet, case, flow.y))
    for title, lines in case.sections():
        flow.need(26 + 17 * len(lines))
        _heads(sheet, case, title, flow.y)
        flow.y += 19
        for one in lines:
            _row(sheet, one, flow.y)
            flow.y += 17
        flow.y += 14
    flow.need(56)
    sheet.text(
        LEFT,
        flow.y,
        "If a result says above or below, we have talked about it or will ring you. Nothing else is needed.",
        10.5,
    )
    sheet.signature(LEFT, flow.y + 22, case.accession)
    sheet.text(LEFT, flow.y + 44, "Siobhan Gantly, Advanced Nurse Practitioner, PIN 99999", 10.5)


FORM = Form(
    name="ie_clinic", language="en", lab="Ballyweir Diabetes Clinic", accession="BW{number:06d}", draw=draw, received=False,
    span="{low} to {high}", upper="under {high}", lower="over {low}", flags={"LL": "below", "L": "below", "H": "above", "HH": "above"},
    sections=(
        ("Sugar control (mmol/mol)", (q("HbA1c", "mmol/mol", 20, 42, 0, "59261-8"),)),
        ("Blood fats (mmol/L)", (
            q("Total cholesterol", "mmol/L", None, 5.0, 1, "14647-2", key="chol", formula=cholesterol(2.2)), q("HDL cholesterol", "mmol/L", 1.0, None, 1, "14646-4", women=(1.2, None), key="hdl"),
            q("Triglycerides", "mmol/L", None, 1.7, 1, "14927-8", key="trig"), q("LDL cholesterol, calculated", "mmol/L", None, 3.0, 1, "39469-2", key="ldl"),
            q("Non-HDL cholesterol", "mmol/L", None, 3.8, 1, "70204-3", formula=minus("chol", "hdl")),
        )),
        ("Kidneys: salts (mmol/L)", (
            q("Sodium", "mmol/L", 133, 146, 0, "2951-2"), q("Potassium", "mmol/L", 3.5, 5.3, 1, "2823-3"), q("Urea", "mmol/L", 2.5, 7.8, 1, "22664-7"),
        )),
        ("Kidneys: creatinine (umol/L)", (q("Creatinine", "umol/L", 59, 104, 0, "14682-9", women=(45, 84), key="creatinine"),)),
        ("Filtration (mL/min/1.73m2)", (q("eGFR", "mL/min/1.73m2", 60, None, 0, "98979-8", formula=filtration(1 / 88.4), above=90),)),
        ("Liver (U/L)", (
            q("ALT", "U/L", None, 50, 0, "1742-6", women=(None, 35)), q("Alkaline phosphatase", "U/L", 30, 130, 0, "6768-6"), q("Gamma GT", "U/L", None, 55, 0, "2324-2", below=10),
        )),
        ("Thyroid (mU/L)", (q("TSH", "mU/L", 0.27, 4.20, 2, "3016-3", below=0.01),)),
        ("Vitamins (ng/L)", (q("Vitamin B12", "ng/L", 197, 771, 0, "2132-9", below=150),)),
    ),
)  # fmt: skip
