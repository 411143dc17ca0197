"""An American reference laboratory's report as plain text of 80 columns: form feeds, two columns of results, names in two lines, notes."""

from __future__ import annotations

import textwrap

from tests.generators.formats.model import TEXT, Form, says
from tests.generators.fourth.formulas import cholesterol, filtration, mean_haemoglobin, minus, ratio, red, rest, share
from tests.generators.fourth.model import Case, Formula, Line, q, w

NAME, INSIDE, OUTSIDE, UNIT, RANGE = 24, 13, 13, 14, 14
ROOM, WIDE = 54, 80
HEADS = (
    f"{'TEST NAME':<{NAME}}{'IN RANGE':<{INSIDE}}{'OUT OF RANGE':<{OUTSIDE}}{'UNITS':<{UNIT}}{'REFERENCE':<{RANGE}}LB"
)
NOTES = {
    "LIPID PANEL, STANDARD": ("Note 1: Desirable range <100 mg/dL for primary prevention; <70 mg/dL for", "        patients with CHD or diabetic patients with 2 or more risk factors."),
    "SEROLOGY": ("Note 2: A titer of 1:40 to 1:80 is a low antibody level and may be seen in", "        healthy persons."),
}  # fmt: skip


def cells(kind: str) -> Formula:
    """Cells of one kind a microlitre, where white cells are counted in thousands."""
    return lambda v: 1000 * share(kind)(v)


def _head(case: Case, page: int, pages: int) -> list[str]:
    who, stamp = case.patient, "%m/%d/%Y %H:%M"
    name = f"{who.family}, {who.given} {who.middle}".strip().upper()
    return [
        f"{case.form.lab.upper():<64}{f'PAGE {page} OF {pages}':>{WIDE - 64}}",
        "1 WATERGATE PLAZA, SLUICE CITY, NE 68999      CLIENT SERVICES: 800-555-0142",
        "=" * WIDE,
        f"{'PATIENT: ' + name:<44}SPECIMEN: {case.accession}",
        f"{f'DOB: {who.birth_date:%m/%d/%Y}  AGE: {case.years}  SEX: {who.sex}':<44}COLLECTED: {case.collected:{stamp}}",
        f"{'PATIENT ID: ' + who.mrn:<44}RECEIVED:  {case.received:{stamp}}",
        f"{'ORDERING: OKONKWO-REYES, T. CLIENT #: 40119':<44}REPORTED:  {case.reported:{stamp}}",
        "=" * WIDE,
        HEADS,
        "-" * WIDE,
    ]


def _row(one: Line) -> list[str]:
    names = textwrap.wrap(one.test.name, NAME - 2) if len(one.test.name) >= NAME else [one.test.name]
    inside, outside = ("", f"{one.value} {one.flag}".strip()) if one.state else (one.value, "")
    row = f"{names[0]:<{NAME}}{inside:<{INSIDE}}{outside:<{OUTSIDE}}{one.test.unit:<{UNIT}}{one.reference:<{RANGE}}SC"
    return [row, *(f"  {name}" for name in names[1:]), *((f"    {one.comment}",) if one.comment else ())]


def _blocks(case: Case) -> list[tuple[Line | None, list[str]]]:
    """Lines that stay on one page, each with the result it prints."""
    blocks: list[tuple[Line | None, list[str]]] = []
    for title, group in case.sections():
        rows = [(one, _row(one)) for one in group]
        blocks += [(group[0], ["", title, *rows[0][1]]), *rows[1:]]
        if title.startswith("ENDO"):
            blocks.append((None, [f"{'VITAMIN D,25-OH,TOTAL,IA':<{NAME}} {'PENDING':<{INSIDE}}".rstrip()]))
        if title in NOTES:
            blocks.append((None, ["", *NOTES[title]]))
    lab = (
        "", "PERFORMING LABORATORY INFORMATION:", f"SC  Performed at: {case.form.lab},",
        "    1 Watergate Plaza, Sluice City, NE 68999   Director: H. L. Castlebury, MD", "    CLIA: 28D9999999", "", "*** END OF REPORT ***",
    )  # fmt: skip
    return [*blocks, (None, list(lab))]


def write(case: Case) -> tuple[bytes, int]:
    """The text."""
    pages: list[list[str]] = [[]]
    for one, lines in _blocks(case):
        if len(pages[-1]) + len(lines) > ROOM:
            pages.append([])
        pages[-1] += lines
        if one is not None:
            one.page = len(pages)
    texts = ["\r\n".join([*_head(case, at, len(pages)), *lines]) for at, lines in enumerate(pages, 1)]
    return ("\r\n\f".join(texts) + "\r\n").encode("ascii"), len(pages)


STRIP, HPF = ("NEGATIVE", "TRACE", "1+", "2+"), "/HPF"
FORM = Form(write=write, media_type=TEXT, says=says(
    "us_reference_text", "en", "Sluice City Reference Laboratories", "SC{number:06d}{day:%j}", span="{low}-{high}", upper="<{high}", lower="> OR = {low}", flags={"LL": "L", "L": "L", "H": "H", "HH": "H", "A": "A"},
    sections=(
        ("CBC (INCLUDES DIFF/PLT)", (
            q("WHITE BLOOD CELL COUNT", "Thousand/uL", 3.8, 10.8, 1, "6690-2", key="wbc"), q("RED BLOOD CELL COUNT", "Million/uL", 4.20, 5.80, 2, "789-8", women=(3.80, 5.10), formula=red(1000)), q("HEMOGLOBIN", "g/dL", 13.2, 17.1, 1, "718-7", women=(11.7, 15.5), key="hgb"), q("HEMATOCRIT", "%", 38.5, 50.0, 1, "4544-3", women=(35.0, 45.0), formula=ratio("hgb", "mchc", 100)),
            q("MCV", "fL", 80.0, 100.0, 1, "787-2", key="mcv"), q("MCH", "pg", 27.0, 33.0, 1, "785-6", formula=mean_haemoglobin(0.01)), q("MCHC", "g/dL", 32.0, 36.0, 1, "786-4", key="mchc"), q("RDW", "%", 11.0, 15.0, 1, "788-0"), q("PLATELET COUNT", "Thousand/uL", 140, 400, 0, "777-3", remark="Platelet count verified by smear review."), q("MPV", "fL", 7.5, 12.5, 1, "32623-1"),
            q("NEUTROPHILS", "%", None, None, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso")), q("LYMPHOCYTES", "%", None, None, 1, "736-9", key="lymph", around=30), q("MONOCYTES", "%", None, None, 1, "5905-5", key="mono", around=7), q("EOSINOPHILS", "%", None, None, 1, "713-8", key="eos", around=2.5), q("BASOPHILS", "%", None, None, 1, "706-2", key="baso", around=0.7),
            q("ABSOLUTE NEUTROPHILS", "cells/uL", 1500, 7800, 0, "751-8", formula=cells("neut")), q("ABSOLUTE LYMPHOCYTES", "cells/uL", 850, 3900, 0, "731-0", formula=cells("lymph")), q("ABSOLUTE MONOCYTES", "cells/uL", 200, 950, 0, "742-7", formula=cells("mono")), q("ABSOLUTE EOSINOPHILS", "cells/uL", 15, 500, 0, "711-2", formula=cells("eos")), q("ABSOLUTE BASOPHILS", "cells/uL", 0, 200, 0, "704-7", formula=cells("baso")),
        )),
        ("COMPREHENSIVE METABOLIC PANEL", (
            q("GLUCOSE", "mg/dL", 65, 99, 0, "2345-7", remark="Fasting reference interval."), q("UREA NITROGEN (BUN)", "mg/dL", 7, 25, 0, "3094-0", key="bun"), q("CREATININE", "mg/dL", 0.70, 1.28, 2, "2160-0", women=(0.50, 1.03), key="creatinine"), q("EGFR (CKD-EPI 2021), NON RACE BASED", "mL/min/1.73m2", 60, None, 0, "98979-8", formula=filtration(1)), q("BUN/CREATININE RATIO", "(calc)", 6, 22, 0, "3097-3", formula=ratio("bun", "creatinine")),
            q("SODIUM", "mmol/L", 135, 146, 0, "2951-2"), q("POTASSIUM", "mmol/L", 3.5, 5.3, 1, "2823-3", remark="Specimen slightly hemolyzed."), q("CHLORIDE", "mmol/L", 98, 110, 0, "2075-0"), q("CARBON DIOXIDE", "mmol/L", 20, 32, 0, "2028-9"), q("CALCIUM", "mg/dL", 8.6, 10.3, 1, "17861-6"), q("PROTEIN, TOTAL", "g/dL", 6.1, 8.1, 1, "2885-2", key="protein"), q("ALBUMIN", "g/dL", 3.6, 5.1, 1, "1751-7", key="albumin"),
            q("GLOBULIN", "g/dL (calc)", 1.9, 3.7, 1, "10834-0", formula=minus("protein", "albumin")), q("ALBUMIN/GLOBULIN RATIO", "(calc)", 1.0, 2.5, 1, "1759-0", formula=lambda v: v["albumin"] / max(v["protein"] - v["albumin"], 0.1)), q("BILIRUBIN, TOTAL", "mg/dL", 0.2, 1.2, 1, "1975-2"), q("ALKALINE PHOSPHATASE", "U/L", 36, 130, 0, "6768-6"), q("AST", "U/L", 10, 35, 0, "1920-8"), q("ALT", "U/L", 9, 46, 0, "1742-6", women=(6, 29)),
        )),
        ("LIPID PANEL, STANDARD", (
            q("CHOLESTEROL, TOTAL", "mg/dL", None, 200, 0, "2093-3", key="chol", formula=cholesterol(5)), q("HDL CHOLESTEROL", "mg/dL", 40, None, 0, "2085-9", women=(50, None), key="hdl"), q("TRIGLYCERIDES", "mg/dL", None, 150, 0, "2571-8", key="trig"), q("LDL-CHOLESTEROL, CALCULATED (FRIEDEWALD)", "mg/dL (calc)", None, None, 0, "13457-7", reference="See Note 1", around=96, key="ldl"), q("NON HDL CHOLESTEROL", "mg/dL (calc)", None, 130, 0, "43396-1", formula=minus("chol", "hdl")),
        )),
        ("ENDOCRINOLOGY", (q("TSH", "mIU/L", 0.40, 4.50, 2, "3016-3", below=0.01), q("T4, FREE", "ng/dL", 0.8, 1.8, 1, "3024-7"), q("HEMOGLOBIN A1c", "% of tot Hgb", 4.0, 5.6, 1, "4548-4"), q("FERRITIN", "ng/mL", 38, 380, 0, "2276-4", women=(16, 232)))),
        ("SEROLOGY", (
            w("ANA TITER", ("<1:40", "1:80", "1:320"), "5048-4", "See Note 2"), w("HEPATITIS C ANTIBODY", ("NON-REACTIVE", "REACTIVE"), "13955-0", "NON-REACTIVE"), w("HIV AG/AB, 4TH GENERATION, SCREENING", ("NON-REACTIVE", "REACTIVE"), "56888-1", "NON-REACTIVE"), w("HEPATITIS B SURFACE ANTIGEN", ("NON-REACTIVE", "REACTIVE"), "5196-1", "NON-REACTIVE"),
        )),
        ("URINALYSIS, COMPLETE", (
            w("COLOR", ("YELLOW", "DARK YELLOW"), "5778-6", "YELLOW"), w("APPEARANCE", ("CLEAR", "CLOUDY"), "5767-9", "CLEAR"), q("SPECIFIC GRAVITY", "", 1.001, 1.035, 3, "5811-5"), q("PH", "", 5.0, 8.0, 1, "5803-2"), w("GLUCOSE, URINE", STRIP, "25428-4", "NEGATIVE"), w("KETONES", STRIP, "2514-8", "NEGATIVE"), w("OCCULT BLOOD", STRIP, "5794-3", "NEGATIVE"), w("PROTEIN", STRIP, "20454-5", "NEGATIVE"), w("NITRITE", ("NEGATIVE", "POSITIVE"), "5802-4", "NEGATIVE"),
            w("LEUKOCYTE ESTERASE", STRIP, "5799-2", "NEGATIVE"), w("WBC", ("NONE SEEN", "6-10", "40-60"), "5821-4", "< OR = 5", unit=HPF), w("RBC", ("NONE SEEN", "3-10", "10-20"), "13945-1", "< OR = 2", unit=HPF), w("BACTERIA", ("NONE SEEN", "FEW", "MANY"), "25145-4", "NONE SEEN", unit=HPF),
        )),
    ),
))  # fmt: skip
