"""An American laboratory system's report as RTF: a table of its own for each panel, remarks as rows across all columns."""

from __future__ import annotations

from tests.generators.formats.model import RTF, Form, says
from tests.generators.formats.rtf import hexed, row
from tests.generators.fourth.formulas import cholesterol, filtration, mean_haemoglobin, minus, ratio, red, rest, share
from tests.generators.fourth.model import Case, Line, q, w

FACTS = (1500, 5200, 6900, 10400)
COLUMNS = (3700, 5000, 5700, 7200, 9400, 10400)
WHOLE = (10400,)
HEAD = (
    r"{\rtf1\ansi\ansicpg1252\deff0\nouicompat\deflang1033{\fonttbl{\f0\fnil\fcharset0 Calibri;}{\f1\froman\fcharset2 Symbol;}}"
    "\r\n"
    r"{\colortbl ;\red31\green73\blue125;\red217\green217\blue217;}{\*\generator LIS Report Writer 8.1;}{\*\listtable{\list\listid9}}"
    "\r\n"
    r"\viewkind4\uc1\paperw12240\paperh15840\margl720\margr720"
)


def _head(case: Case) -> list[str]:
    who, stamp = case.patient, "%m/%d/%Y %I:%M %p"
    name = f"{who.family.upper()}, {who.given.upper()}" + (f" {who.middle}" if who.middle else "")
    facts = (
        ("Patient:", rf"{{\b {hexed(name)}}}", "Accession #:", case.accession),
        ("MRN:", who.mrn, "Collected:", f"{case.collected:{stamp}}"),
        ("DOB / Age:", f"{who.birth_date:%m/%d/%Y} / {case.years} Y", "Received:", f"{case.received:{stamp}}"),
        ("Sex:", case.pick("Female", "Male"), "Reported:", f"{case.reported:{stamp}}"),
        ("Location:", "MED ONC CLINIC", "Ordering Prov:", r"Strickland, Pauline K, MD (NPI 1999999984)"),
    )
    return [
        HEAD,
        r"\pard\qc\cf1\b\f0\fs30 " + hexed(case.form.lab) + r"\cf0\b0\fs18\line 4400 Millrace Parkway, Suite 200, Tall Pines, WI 53999\line CLIA: 52D9999999 \bullet  Lab Director: Ansel R. Whitby, MD, PhD\par",
        r"\pard\par",
        *(row(tuple(rf"\fs18 {text}" for text in fact), FACTS) for fact in facts),
        r"\pard\par",
        r"\pard\b\fs22 FINAL REPORT\b0\fs18\par",
    ]  # fmt: skip


def _row(one: Line) -> list[str]:
    odd = r"\b " if one.state else ""
    cells = (
        hexed(one.test.name),
        odd + hexed(one.value) + (r"\b0 " if odd else ""),
        odd + one.flag + (r"\b0 " if odd else ""),
        hexed(one.test.unit),
        hexed(one.reference),
        "01",
    )
    rows = [row(cells, COLUMNS, aligns="lrclcc")]
    if one.comment:
        rows.append(row((r"\i\fs16 " + hexed(f"Comment: {one.comment}") + r"\i0\fs18 ",), WHOLE))
    return rows


def write(case: Case) -> tuple[bytes, int]:
    """The report."""
    lines = _head(case)
    for title, group in case.sections():
        lines.append(r"\pard\par")
        lines.append(row((rf"\b\fs20 {hexed(title)}\b0\fs18 ",), WHOLE, before=r"\trkeep\clcbpat2"))
        lines.append(
            row(
                tuple(rf"\b {head}\b0 " for head in ("Test", "Result", "Flag", "Units", "Reference Interval", "Lab")),
                COLUMNS,
                aligns="lrclcc",
                before=r"\trhdr",
            )
        )
        for one in group:
            lines += _row(one)
    lines += [
        r"\pard\par",
        r"\pard\fs16 Flag legend: H = High, L = Low, HH/LL = Critical, A = Abnormal\par",
        r"\pard\fs16 01 - Performed at " + hexed(case.form.lab) + r", Core Laboratory, Tall Pines, WI\par",
        r"\pard\qc\fs16 *** End of Report ***\par}",
        "\0",
    ]  # fmt: skip
    return "\r\n".join(lines).encode("ascii"), 1


K, STRIP, HPF = "K/uL", ("Negative", "Trace", "1+", "2+"), "/HPF"
FORM = Form(write=write, media_type=RTF, says=says(
    "us_lis_rtf", "en", "Tall Pines Clinical Laboratory", "TP{day:%y}-{number:06d}", span="{low}–{high}", upper="<{high}", lower=">={low}", flags={"LL": "LL", "L": "L", "H": "H", "HH": "HH", "A": "A"},
    sections=(
        ("CBC WITH AUTOMATED DIFFERENTIAL", (
            q("WBC Count", K, 3.8, 10.8, 1, "6690-2", key="wbc"), q("RBC Count", "M/uL", 4.20, 5.80, 2, "789-8", women=(3.80, 5.10), formula=red(1000)), q("Hgb", "g/dL", 13.2, 17.1, 1, "718-7", women=(11.7, 15.5), key="hgb"), q("Hct", "%", 38.5, 50.0, 1, "4544-3", women=(35.0, 45.0), formula=ratio("hgb", "mchc", 100)),
            q("MCV", "fL", 80.0, 100.0, 1, "787-2", key="mcv"), q("MCH", "pg", 27.0, 33.0, 1, "785-6", formula=mean_haemoglobin(0.01)), q("MCHC", "g/dL", 32.0, 36.0, 1, "786-4", key="mchc"), q("RDW", "%", 11.0, 15.0, 1, "788-0"), q("Platelet Count", K, 140, 400, 0, "777-3", remark="Platelet clumps noted on smear; count may be underestimated."), q("MPV", "fL", 7.5, 12.5, 1, "32623-1"),
            q("Neutrophils", "%", 40.0, 74.0, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso")), q("Lymphs", "%", 14.0, 46.0, 1, "736-9", key="lymph"), q("Monos", "%", 4.0, 12.0, 1, "5905-5", key="mono"), q("Eos", "%", 0.0, 5.0, 1, "713-8", key="eos"), q("Basos", "%", 0.0, 2.0, 1, "706-2", key="baso"),
            q("Abs Neutrophils", K, 1.50, 7.80, 2, "751-8", formula=share("neut")), q("Abs Lymphs", K, 0.85, 3.90, 2, "731-0", formula=share("lymph")), q("Abs Monos", K, 0.20, 0.95, 2, "742-7", formula=share("mono")),
        )),
        ("COMPREHENSIVE METABOLIC PANEL", (
            q("Glucose, Plasma", "mg/dL", 70, 99, 0, "2345-7", remark="Non-fasting specimen."), q("BUN", "mg/dL", 7, 20, 0, "3094-0", key="bun"), q("Creatinine", "mg/dL", 0.74, 1.35, 2, "2160-0", women=(0.59, 1.04), key="creatinine"), q("eGFR, CKD-EPI 2021", "mL/min/1.73m2", 60, None, 0, "98979-8", formula=filtration(1)), q("BUN/Creat Ratio", "", 10, 24, 0, "3097-3", formula=ratio("bun", "creatinine")),
            q("Sodium", "mmol/L", 135, 145, 0, "2951-2", key="na"), q("Potassium", "mmol/L", 3.5, 5.1, 1, "2823-3"), q("Chloride", "mmol/L", 98, 107, 0, "2075-0", key="cl"), q("Carbon Dioxide (CO2)", "mmol/L", 22, 29, 0, "2028-9", key="co2"), q("Anion Gap", "mmol/L", 4, 16, 0, "33037-3", formula=minus("na", "cl", "co2")), q("Calcium", "mg/dL", 8.6, 10.2, 1, "17861-6"),
            q("Total Protein", "g/dL", 6.3, 8.2, 1, "2885-2"), q("Albumin", "g/dL", 3.5, 5.0, 1, "1751-7"), q("Total Bilirubin", "mg/dL", None, 1.2, 1, "1975-2", below=0.2), q("Alkaline Phosphatase", "U/L", 40, 129, 0, "6768-6"), q("AST (SGOT)", "U/L", 8, 48, 0, "1920-8"), q("ALT (SGPT)", "U/L", 7, 55, 0, "1742-6"),
        )),
        ("LIPID PANEL", (
            q("Cholesterol, Total", "mg/dL", None, 200, 0, "2093-3", key="chol", formula=cholesterol(5)), q("Triglycerides", "mg/dL", None, 150, 0, "2571-8", key="trig"), q("HDL Cholesterol", "mg/dL", 40, None, 0, "2085-9", women=(50, None), key="hdl"), q("LDL Cholesterol, Calc", "mg/dL", None, 100, 0, "13457-7", key="ldl"), q("Non-HDL Cholesterol", "mg/dL", None, 130, 0, "43396-1", formula=minus("chol", "hdl")),
        )),
        ("ENDOCRINOLOGY", (
            q("TSH, 3rd Generation", "uIU/mL", 0.270, 4.200, 3, "3016-3", below=0.005), q("Free T4", "ng/dL", 0.93, 1.70, 2, "3024-7"), q("Hemoglobin A1c", "%", 4.0, 5.6, 1, "4548-4", remark="Increased risk for diabetes: 5.7-6.4%."), q("25-OH Vitamin D, Total", "ng/mL", 30.0, 100.0, 1, "62292-8", below=4.0),
        )),
        ("URINALYSIS, COMPLETE", (
            w("Urine Color", ("Yellow", "Straw", "Amber"), "5778-6", "Yellow"), w("Urine Clarity", ("Clear", "Hazy", "Cloudy"), "5767-9", "Clear"), q("Urine Specific Gravity", "", 1.005, 1.030, 3, "5811-5"), q("Urine pH", "", 5.0, 8.0, 1, "5803-2"), w("Urine Protein", STRIP, "20454-5", "Negative"), w("Urine Glucose", STRIP, "25428-4", "Negative"), w("Urine Ketones", STRIP, "2514-8", "Negative"),
            w("Urine Blood", STRIP, "5794-3", "Negative"), w("Urine Nitrite", ("Negative", "Positive"), "5802-4", "Negative"), w("Leukocyte Esterase", STRIP, "5799-2", "Negative"), w("Urine WBC", ("0–5", "6–10", ">50"), "5821-4", "0–5", unit=HPF), w("Urine RBC", ("0–2", "3–5", "11–20"), "13945-1", "0–2", unit=HPF), w("Urine Bacteria", ("None", "Few", "Many"), "25145-4", "None", unit=HPF),
        )),
    ),
))  # fmt: skip
