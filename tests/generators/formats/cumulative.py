"""A British infirmary's cumulative report as formatted text in one OBX: three dates as columns, the latest first, commands of layout and highlighting."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.formats.hl7 import escaped, message
from tests.generators.formats.model import HL7, Form, says
from tests.generators.fourth.formulas import cholesterol, differential, filtration, mean_haemoglobin, ratio, red, share
from tests.generators.fourth.model import Case, Line, q, w

NAME, NOW, BEFORE, UNIT = 29, 12, 11, 16
BR, SPACE = "\\.br\\", "\\.sp2\\"
ADVICE = {
    "UREA & ELECTROLYTES": ("Results from lithium heparin plasma. eGFR is not valid in pregnancy,", "in acute kidney injury or at extremes of muscle mass."),
    "THYROID": ("Please state whether the patient takes levothyroxine ~ dose helps to interpret.",),
}  # fmt: skip


def _head(case: Case) -> str:
    who, stamp = case.patient, "%d/%m/%Y %H:%M"
    first = f"\\.nf\\\\.ce\\\\H\\{escaped(case.form.lab.upper())}\\N\\{BR}"
    lines = (
        "Blood Sciences & Haematology, Lower Sluice Road, Ashmere AS1 9ZZ", "", f"{f'Patient: {who.family.upper()}, {who.given}':<46}Hospital No: {who.mrn}", f"{f'DOB: {who.birth_date:%d/%m/%Y}  Age: {case.years}y  Sex: {who.sex}':<46}Lab No: {case.accession}",
        f"{'Requestor: Dr R Fenwick-Amis':<46}Location: Renal OPD \\ Clinic 2", f"{f'Collected: {case.collected:{stamp}}':<46}Received: {case.received:{stamp}}", f"Reported: {case.reported:{stamp}}",
    )  # fmt: skip
    return first + "".join(escaped(line) + BR for line in lines)


def _heads(case: Case) -> str:
    days = (
        case.collected,
        case.collected - timedelta(days=53, minutes=-47),
        case.collected - timedelta(days=121, minutes=12),
    )
    dates, times = ([f"{day:{shape}}" for day in days] for shape in ("%d/%m/%y", "%H:%M"))
    lines = (
        f"{'Date':<{NAME}}{dates[0]:<{NOW}}{dates[1]:<{BEFORE}}{dates[2]:<{BEFORE}}",
        f"{'Time':<{NAME}}{times[0]:<{NOW}}{times[1]:<{BEFORE}}{times[2]:<{BEFORE}}{'Units':<{UNIT}}Ref. range",
    )
    return "".join(f"\\H\\{escaped(line.rstrip())}\\N\\{BR}" for line in lines)


def _row(one: Line) -> str:
    now = escaped(f"{one.value} {one.flag}".strip())
    blanks = " " * (NOW - len(f"{one.value} {one.flag}".strip()))
    rest = f"{one.previous[0]:<{BEFORE}}{one.previous[1]:<{BEFORE}}{one.test.unit:<{UNIT}}{one.reference}".rstrip()
    row = escaped(f"{one.test.name:<{NAME}}") + (f"\\H\\{now}\\N\\" if one.state else now) + blanks + escaped(rest) + BR
    return row + (f"\\.ti+4\\{escaped(one.comment)}{BR}" if one.comment else "")


def write(case: Case) -> tuple[bytes, int]:
    """The message."""
    text = _head(case) + SPACE + _heads(case)
    for title, group in case.sections():
        text += BR + f"\\H\\{escaped(title)}\\N\\{BR}" + "".join(_row(one) for one in group)
        if title in ADVICE:
            text += "\\.in+4\\" + BR.join(escaped(line) for line in ADVICE[title]) + BR + "\\.in-4\\"
    text += SPACE + escaped("Serum folate: result to follow | Authorised by Dr Ines Castlereagh, Consultant") + BR
    obx = f"OBX|1|FT|11502-2^Laboratory report^LN||{text}||||||F"
    return message(case, [obx], sender="APEXLIMS", charset="8859/1", codec="latin-1", version="2.4"), 1


FORM = Form(write=write, media_type=HL7, says=says(
    "uk_cumulative_ft", "en", "Ashmere Royal Infirmary", "AS{day:%y}-{number:06d}", span="{low} - {high}", upper="<{high}", lower=">{low}", flags={"LL": "LL", "L": "L", "H": "H", "HH": "HH", "A": "A"},
    sections=(
        ("FULL BLOOD COUNT", (
            q("Haemoglobin", "g/L", 130, 170, 0, "718-7", women=(115, 150), key="hgb"), q("WBC", "10^9/L", 4.0, 11.0, 1, "6690-2", key="wbc"), q("Platelets", "10^9/L", 150, 410, 0, "777-3", remark="Platelet clumps seen on film."), q("RBC", "10^12/L", 4.50, 5.50, 2, "789-8", women=(3.80, 4.80), formula=red(1000)), q("HCT", "L/L", 0.400, 0.500, 3, "4544-3", women=(0.360, 0.460), formula=ratio("hgb", "mchc")), q("MCV", "fL", 83.0, 101.0, 1, "787-2", key="mcv"),
            q("MCH", "pg", 27.0, 32.0, 1, "785-6", formula=mean_haemoglobin(0.001)), q("MCHC", "g/L", 315, 345, 0, "786-4", key="mchc"), q("Neutrophils", "10^9/L", 2.0, 7.0, 1, "751-8", formula=share("neut")), q("Lymphocytes", "10^9/L", 1.0, 3.0, 1, "731-0", formula=share("lymph")), q("Monocytes", "10^9/L", 0.2, 1.0, 1, "742-7", formula=share("mono")), q("Eosinophils", "10^9/L", 0.0, 0.5, 1, "711-2", formula=share("eos")), q("ESR", "mm/hr", None, 20, 0, "4537-7"),
        )),
        ("UREA & ELECTROLYTES", (
            q("Sodium", "mmol/L", 133, 146, 0, "2951-2"), q("Potassium", "mmol/L", 3.5, 5.3, 1, "2823-3", remark="Slight haemolysis, potassium may be raised."), q("Bicarbonate", "mmol/L", 22, 29, 0, "1963-8"), q("Urea", "mmol/L", 2.5, 7.8, 1, "22664-7"), q("Creatinine", "umol/L", 59, 104, 0, "14682-9", women=(45, 84), key="creatinine"), q("eGFR (CKD-EPI 2021)", "mL/min/1.73m2", None, None, 0, "98979-8", formula=filtration(1 / 88.4), above=90),
        )),
        ("LIVER & BONE", (
            q("Total Bilirubin", "umol/L", None, 21, 0, "14631-6", below=3), q("ALT", "U/L", None, 50, 0, "1742-6", women=(None, 35)), q("ALP", "U/L", 30, 130, 0, "6768-6"), q("GGT", "U/L", None, 55, 0, "2324-2", women=(None, 38)), q("Total Protein", "g/L", 60, 80, 0, "2885-2"), q("Albumin", "g/L", 35, 50, 0, "1751-7"), q("Calcium", "mmol/L", 2.20, 2.60, 2, "2000-8"), q("Phosphate", "mmol/L", 0.80, 1.50, 2, "14879-1"), q("Magnesium", "mmol/L", 0.70, 1.00, 2, "2601-3"), q("CRP", "mg/L", None, 5, 0, "1988-5", below=1),
        )),
        ("LIPIDS", (q("Cholesterol", "mmol/L", None, None, 1, "14647-2", key="chol", formula=cholesterol(2.2)), q("Triglyceride", "mmol/L", None, 2.3, 1, "14927-8", key="trig"), q("HDL Cholesterol", "mmol/L", 1.0, None, 1, "14646-4", key="hdl"), q("LDL Cholesterol (calc)", "mmol/L", None, 3.0, 1, "39469-2", key="ldl"))),
        ("THYROID", (q("TSH", "mU/L", 0.35, 4.94, 2, "3016-3", below=0.01), q("Free T4", "pmol/L", 9.0, 19.1, 1, "14920-3"))),
        ("HAEMATINICS & DIABETES", (q("Ferritin", "ug/L", 22, 275, 0, "2276-4", women=(5, 204)), q("Vitamin B12", "ng/L", 187, 883, 0, "2132-9", above=2000), q("HbA1c (IFCC)", "mmol/mol", 20, 41, 0, "59261-8"))),
        ("VIROLOGY", (w("Hepatitis B Surface Antigen", ("Not det", "DETECTED"), "5196-1"), w("Hepatitis C Antibody", ("Not det", "DETECTED"), "13955-0"))),
    ),
    unprinted=differential(),
))  # fmt: skip
