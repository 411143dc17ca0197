"""An infirmary's mainframe print: 132 columns in capitals, former results beside today's, notes at the foot of a page."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.carried.model import Case, Form, Line, made, q, rest, says, told, w
from tests.generators.formats.model import TEXT

LAB = "NORTHMOOR GENERAL INFIRMARY"
WIDE = 132
PENDING = "ZINC"
NOTES = {
    "POTASSIUM": "SPECIMEN SLIGHTLY HEMOLYZED, RESULT MAY BE RAISED.",
    "GLUCOSE": "RANDOM SPECIMEN UNLESS STATED OTHERWISE.",
    "TSH": "THIRD GENERATION ASSAY.",
}

SECTIONS = (
    (
        "HEMATOLOGY",
        (
            q("WBC", "X10E3/UL", 4.0, 11.0, 1, "6690-2", key="wbc"),
            q("RBC", "X10E6/UL", 4.5, 5.9, 2, "789-8", women=(4.0, 5.2), key="rbc"),
            q("HEMOGLOBIN", "G/DL", 13.5, 17.5, 1, "718-7", women=(12.0, 16.0), formula=made(1e-3, "rbc", "mcv", "mchc")),
            q("HEMATOCRIT", "%", 41.0, 53.0, 1, "4544-3", women=(36.0, 46.0), formula=made(0.1, "rbc", "mcv")),
            q("MCV", "FL", 80.0, 100.0, 1, "787-2", key="mcv"),
            q("MCH", "PG", 26.0, 34.0, 1, "785-6", formula=made(0.01, "mcv", "mchc")),
            q("MCHC", "G/DL", 31.0, 37.0, 1, "786-4", key="mchc"),
            q("PLATELET COUNT", "X10E3/UL", 150, 400, 0, "777-3"),
            q("NEUTROPHILS", "%", 40, 75, 0, "770-8", formula=rest("ly", "mo", "eo", "ba")),
            q("LYMPHOCYTES", "%", 20, 45, 0, "736-9", key="ly"),
            q("MONOCYTES", "%", 2, 10, 0, "5905-5", key="mo"),
            q("EOSINOPHILS", "%", 0, 6, 0, "713-8", key="eo"),
            q("BASOPHILS", "%", 0, 2, 0, "706-2", key="ba"),
        ),
    ),
    (
        "COAGULATION",
        (
            q("PROTHROMBIN TIME", "SEC", 9.5, 12.5, 1, "5902-2"),
            q("INR", "", 0.9, 1.1, 1, "6301-6"),
            q("APTT", "SEC", 25.0, 36.0, 1, "14979-9"),
        ),
    ),
    (
        "GENERAL CHEMISTRY",
        (
            q("SODIUM", "MMOL/L", 135, 145, 0, "2951-2"),
            q("POTASSIUM", "MMOL/L", 3.5, 5.1, 1, "2823-3"),
            q("CHLORIDE", "MMOL/L", 98, 107, 0, "2075-0"),
            q("CARBON DIOXIDE", "MMOL/L", 22, 30, 0, "2028-9"),
            q("UREA NITROGEN", "MG/DL", 7, 20, 0, "3094-0"),
            q("CREATININE", "MG/DL", 0.7, 1.3, 2, "2160-0", women=(0.6, 1.1)),
            q("GLUCOSE", "MG/DL", 70, 110, 0, "2345-7"),
            q("CALCIUM", "MG/DL", 8.5, 10.5, 1, "17861-6"),
            q("MAGNESIUM", "MG/DL", 1.6, 2.6, 1, "19123-9"),
            q("TOTAL PROTEIN", "G/DL", 6.0, 8.3, 1, "2885-2"),
            q("ALBUMIN", "G/DL", 3.5, 5.0, 1, "1751-7"),
            q("TOTAL BILIRUBIN", "MG/DL", 0.2, 1.2, 1, "1975-2"),
            q("ALKALINE PHOSPHATASE", "U/L", 40, 129, 0, "6768-6"),
            q("AST (SGOT)", "U/L", 5, 40, 0, "1920-8"),
            q("ALT (SGPT)", "U/L", 7, 56, 0, "1742-6"),
            q("C-REACTIVE PROTEIN", "MG/L", None, 8.0, 1, "1988-5", below=0.5),
        ),
    ),
    (
        "ENDOCRINE",
        (
            q("TSH", "UIU/ML", 0.4, 4.0, 2, "3016-3", below=0.01),
            q("FREE T4", "NG/DL", 0.8, 1.8, 2, "3024-7"),
        ),
    ),
    (
        "SEROLOGY",
        (
            w("HEPATITIS B SURFACE AG", ("NEGATIVE", "POSITIVE"), "5196-1", "NEGATIVE"),
            w("HEPATITIS C AB", ("NEGATIVE", "POSITIVE"), "13955-0", "NEGATIVE"),
        ),
    ),
)  # fmt: skip
AT = (1, 28, 46, 62, 78, 94, 118)
"""Columns of name, result, both former results, unit, range and note."""
BREAK = "GENERAL CHEMISTRY"


def _laid(*texts: str) -> str:
    """Texts at the columns of the print."""
    line = ""
    for text, at in zip(texts, AT, strict=False):
        line = f"{line:<{at}}{text}"
    return line.rstrip()


def _top(case: Case, page: int) -> list[str]:
    who, stamp = case.patient, "%m/%d/%Y %H:%M"
    return [
        f" {LAB:<50}{'CUMULATIVE LABORATORY REPORT':<58}PAGE {page:>3}",
        f" {'DEPARTMENT OF LABORATORY MEDICINE':<50}DIRECTOR: THADDEUS PELHAM, MD",
        " " + "=" * (WIDE - 2),
        f" {'PATIENT: ' + who.family.upper() + ', ' + who.given.upper():<50}{'MRN: ' + who.mrn:<32}{'ACCESSION: ' + case.accession}",
        f" {f'DOB: {who.birth_date:%m/%d/%Y}':<26}{f'AGE: {case.years}Y':<12}{f'SEX: {who.sex}':<12}{'LOC: 4 WEST':<32}ATTENDING: VOSS, CORDELIA MD",
        f" {'COLLECTED: ' + told(case.collected, stamp):<50}{'RECEIVED: ' + told(case.received, stamp):<32}REPORTED: {told(case.reported, stamp)}",
        " " + "=" * (WIDE - 2),
        "",
    ]


def _titles(case: Case) -> list[str]:
    days = (
        case.collected,
        case.collected - timedelta(days=19, minutes=47),
        case.collected - timedelta(days=96, hours=2),
    )
    return [
        _laid("", "CURRENT", "----- FORMER RESULTS -----"),
        _laid("", *(told(day, "%m/%d/%y") for day in days)),
        _laid("TEST", *(told(day, "%H%M") for day in days), "UNITS", "REFERENCE RANGE", "NOTE"),
        " " + "-" * (WIDE - 2),
    ]


def _row(one: Line, note: str) -> str:
    value = f"{one.value:<12}{one.flag}".rstrip()
    return _laid(one.test.name, value, *one.previous, one.test.unit, one.reference, note)


def _section(case: Case, title: str, lines: list[Line], noted: list[str]) -> list[str]:
    out = [f" {title}"]
    for one in lines:
        note = ""
        if one.flag and one.test.name in NOTES:
            noted.append(NOTES[one.test.name])
            note = f"({len(noted)})"
        out.append(_row(one, note))
    if title == BREAK:
        out.append(_laid(PENDING, "PENDING"))
    return [*out, ""]


def _bottom(noted: list[str], *, last: bool) -> list[str]:
    out = [" " + "-" * (WIDE - 2)]
    out += [f" ({at}) {text}" for at, text in enumerate(noted, 1)]
    out.append(" L = LOW   H = HIGH   A = ABNORMAL   RANGES ARE THOSE OF ADULTS")
    return [*out, "", f"{'*** END OF REPORT ***' if last else '*** CONTINUED ON NEXT PAGE ***':^{WIDE}}".rstrip()]


def _write(case: Case) -> tuple[bytes, int]:
    pages: list[list[str]] = []
    noted: list[str] = []
    for title, lines in case.sections():
        if not pages or title == BREAK:
            if pages:
                pages[-1] += _bottom(noted, last=False)
                noted = []
            pages.append([*_top(case, len(pages) + 1), *_titles(case)])
        for one in lines:
            one.page = len(pages)
        pages[-1] += _section(case, title, lines, noted)
    pages[-1] += _bottom(noted, last=True)
    text = "\f".join("\r\n".join(page) + "\r\n" for page in pages)
    return text.encode("ascii", "strict"), len(pages)


FORM = Form(
    says=says(
        "northmoor_print", "en", LAB, "H{day:%j}{number:06d}", SECTIONS, span="{low} - {high}", upper="< {high}", lower="> {low}",
        flags={"LL": "L", "L": "L", "H": "H", "HH": "H", "A": "A"},
    ),
    write=_write, media_type=TEXT,
)  # fmt: skip
