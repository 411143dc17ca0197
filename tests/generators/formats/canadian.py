"""A Canadian laboratory's report as text, one OBX a printed line: the flag before the result, the unit last, units of the SI."""

from __future__ import annotations

from tests.generators.formats.hl7 import escaped, message
from tests.generators.formats.model import HL7, Form, says
from tests.generators.fourth.formulas import (
    cholesterol,
    differential,
    filtration,
    mean_haemoglobin,
    minus,
    ratio,
    red,
    share,
)
from tests.generators.fourth.model import Case, Line, q, w

NAME, FLAG, VALUE, RANGE = 38, 6, 14, 19


def _head(case: Case) -> list[str]:
    who = case.patient

    def at(moment: object) -> str:
        return f"{moment:%d-%b-%Y %H:%M}".upper()

    name = f"{who.family}, {who.given} {who.middle}".strip().upper()
    return [
        f"{case.form.lab:<74}*** FINAL ***",
        "3100 Portage Lock Rd, Unit 4, Brantwood ON  N0X 9Z9   Tel 519-555-0163",
        "Licence No. 9999   Laboratory Director: Dr. Odile Fournier-Baptiste",
        "",
        f"{'Patient: ' + name:<46}Accession: {case.accession}",
        f"{f'Birth Date: {who.birth_date:%d-%b-%Y}'.upper().replace('BIRTH DATE', 'Birth Date'):<46}Chart No.: {who.mrn}",
        f"{f'Sex: {who.sex}  Age: {case.years} Y  HCN: 9999-999-999 ZZ':<46}Phone: {who.phone}",
        f"{'Ordered by: DR. S. MACALLISTER (099999)':<46}Copy to: DR. J. TOUSIGNANT",
        f"{f'Collected: {at(case.collected)}':<46}Received: {at(case.received)}",
        f"Reported: {at(case.reported)}",
        "",
        f"{'TEST':<{NAME}}{'FLAG':<{FLAG}}{'RESULT':<{VALUE}}{'REFERENCE RANGE':<{RANGE}}UNITS",
        "_" * 92,
    ]  # fmt: skip


def _row(one: Line) -> list[str]:
    row = f"  {one.test.name:<{NAME - 2}}{one.flag:<{FLAG}}{one.value:<{VALUE}}{one.reference:<{RANGE}}{one.test.unit}"
    return [row.rstrip(), *((f"      -> {one.comment}",) if one.comment else ())]


def write(case: Case) -> tuple[bytes, int]:
    """The message."""
    lines = _head(case)
    for title, group in case.sections():
        lines += ["", title]
        for one in group:
            lines += _row(one)
        if title == "ENDOCRINOLOGY":
            lines.append(f"  {'Vitamin D 25-Hydroxy':<{NAME + FLAG - 2}}PENDING")
    lines += [
        "",
        "HI/LO: outside reference range; HI!/LO!: critical, called to the ordering practitioner.",
        "Reference ranges are sex & age specific where applicable.",
        "-- END OF REPORT --",
    ]
    observations = [f"OBX|{at}|TX|LABREP^Laboratory Report^L||{escaped(line)}||||||F" for at, line in enumerate(lines, 1)]  # fmt: skip
    return message(case, observations, sender="NSLIS", charset="", codec="ascii", version="2.3"), 1


G, STRIP = "x E9/L", ("Negative", "Trace", "1+", "2+")
FORM = Form(write=write, media_type=HL7, says=says(
    "ca_lines_tx", "en", "Northern Sluice Medical Laboratories", "{day:%Y}-{number:07d}", span="{low} - {high}", upper="< {high}", lower="> {low}", flags={"LL": "LO!", "L": "LO", "H": "HI", "HH": "HI!", "A": "ABN"},
    sections=(
        ("HEMATOLOGY", (
            q("WBC", G, 4.0, 11.0, 1, "6690-2", key="wbc"), q("RBC", "x E12/L", 4.50, 6.00, 2, "789-8", women=(4.00, 5.10), formula=red(1000)), q("Hemoglobin", "g/L", 135, 175, 0, "718-7", women=(120, 160), key="hgb"), q("Hematocrit", "L/L", 0.40, 0.50, 2, "4544-3", women=(0.35, 0.45), formula=ratio("hgb", "mchc")), q("MCV", "fL", 80, 100, 0, "787-2", key="mcv"), q("MCH", "pg", 27.5, 33.0, 1, "785-6", formula=mean_haemoglobin(0.001)),
            q("MCHC", "g/L", 305, 360, 0, "786-4", key="mchc"), q("RDW", "%", 11.5, 14.5, 1, "788-0"), q("Platelet Count", G, 150, 400, 0, "777-3", remark="Platelet count confirmed on repeat."), q("Neutrophils", G, 2.0, 7.5, 1, "751-8", formula=share("neut")), q("Lymphocytes", G, 1.0, 3.5, 1, "731-0", formula=share("lymph")), q("Monocytes", G, 0.2, 1.0, 1, "742-7", formula=share("mono")), q("Eosinophils", G, 0.0, 0.5, 1, "711-2", formula=share("eos")),
            q("Basophils", G, 0.0, 0.2, 1, "704-7", formula=share("baso")),
        )),
        ("COAGULATION", (q("INR", "", 0.9, 1.2, 1, "6301-6", remark="Therapeutic range for most indications is 2.0 - 3.0."), q("APTT", "s", 25, 37, 0, "14979-9"))),
        ("BIOCHEMISTRY", (
            q("Glucose Random", "mmol/L", 3.6, 11.0, 1, "14749-6"), q("Hemoglobin A1C/Total Hemoglobin", "%", None, 6.0, 1, "4548-4", remark="Diabetes diagnosis: 6.5 % or more."), q("Creatinine", "umol/L", 62, 115, 0, "14682-9", women=(44, 97), key="creatinine"), q("eGFR (CKD-EPI 2021)", "mL/min/1.73m2", 60, None, 0, "98979-8", formula=filtration(1 / 88.4)), q("Urea", "mmol/L", 3.0, 9.2, 1, "22664-7"), q("Sodium", "mmol/L", 136, 146, 0, "2951-2", key="na"),
            q("Potassium", "mmol/L", 3.7, 5.4, 1, "2823-3", remark="Specimen hemolyzed; interpret with caution."), q("Chloride", "mmol/L", 95, 108, 0, "2075-0"), q("Calcium", "mmol/L", 2.15, 2.60, 2, "2000-8"), q("Magnesium", "mmol/L", 0.65, 1.05, 2, "2601-3"), q("Urate", "umol/L", 210, 450, 0, "14933-6", women=(150, 360)), q("Albumin", "g/L", 35, 52, 0, "1751-7"), q("Bilirubin Total", "umol/L", None, 23, 0, "14631-6", below=3), q("Alkaline Phosphatase", "U/L", 40, 129, 0, "6768-6", women=(35, 104)),
            q("ALT", "U/L", None, 46, 0, "1742-6", women=(None, 36)), q("GGT", "U/L", 15, 73, 0, "2324-2", women=(12, 43)), q("CK", "U/L", 62, 257, 0, "2157-6", women=(33, 211), above=2000), q("C Reactive Protein", "mg/L", None, 5.0, 1, "1988-5", below=0.6),
        )),
        ("LIPIDS", (
            q("Triglyceride", "mmol/L", None, 1.70, 2, "14927-8", key="trig"), q("Cholesterol", "mmol/L", None, 5.20, 2, "14647-2", key="chol", formula=cholesterol(2.2)), q("HDL Cholesterol", "mmol/L", 1.00, None, 2, "14646-4", women=(1.30, None), key="hdl"), q("Non HDL Cholesterol", "mmol/L", None, 4.20, 2, "70204-3", formula=minus("chol", "hdl")), q("LDL Cholesterol (calculated)", "mmol/L", None, 3.50, 2, "39469-2", key="ldl"),
        )),
        ("ENDOCRINOLOGY", (q("Thyroid Stimulating Hormone [TSH]", "mU/L", 0.32, 4.00, 2, "3016-3", below=0.01), q("Ferritin", "ug/L", 30, 400, 0, "2276-4", women=(15, 205)), q("Vitamin B12", "pmol/L", 138, 652, 0, "14685-2", below=110))),
        ("URINALYSIS", (w("Urine Color", ("Yellow", "Amber"), "5778-6"), w("Urine Clarity", ("Clear", "Cloudy"), "5767-9"), q("Urine pH", "", 5.0, 8.0, 1, "5803-2"), w("Urine Protein", STRIP, "20454-5", "Negative"), w("Urine Glucose", STRIP, "25428-4", "Negative"), w("Urine Blood", STRIP, "5794-3", "Negative"), w("Urine Nitrite", ("Negative", "Positive"), "5802-4", "Negative"), w("Urine Leukocyte Esterase", STRIP, "5799-2", "Negative"))),
    ),
    unprinted=differential(),
))  # fmt: skip
