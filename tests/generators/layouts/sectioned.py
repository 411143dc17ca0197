"""A reference laboratory with two result columns (in range, out of range), comments and footnotes, set in Times."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word, status_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Color, Flow, Sheet

INK: Color = (24, 44, 96)
LEFT, RIGHT = 46.0, 566.0
TEST, INSIDE, OUTSIDE, RANGE, SITE = 50.0, 236.0, 322.0, 412.0, 552.0
NOTES = {
    ("ldl", "en"): ("Desirable range <100 mg/dL for primary prevention; <70 mg/dL for patients with CHD", "or diabetic patients with > or = 2 CHD risk factors."),
    ("egfr", "en"): ("The eGFR is based on the CKD-EPI 2021 equation without a coefficient for race.",),
    ("vitd", "en"): ("Vitamin D status 25-OH vitamin D: deficiency <20 ng/mL; insufficiency 20 - 29 ng/mL;", "optimal > or = 30 ng/mL."),
    ("tsh", "en"): ("Biotin may interfere with this assay; patients should stop biotin 2 days before the draw.",),
    ("ldl", "es"): ("Objetivo <70 mg/dL en prevención secundaria y <55 mg/dL en riesgo muy alto.",),
    ("egfr", "es"): ("Calculado con la ecuación CKD-EPI 2021, sin ajuste por raza.",),
    ("vitd", "es"): ("Deficiencia <20 ng/mL; insuficiencia 20 - 29 ng/mL; suficiencia desde 30 ng/mL.",),
    ("tsh", "es"): ("La biotina puede interferir en este ensayo.",),
}  # fmt: skip
FOOTNOTED = {"potassium": "1", "glucose": "2", "calcium": "1"}
WORDS = {
    "en": {"test": "Test Name", "in": "In Range", "out": "Out Of Range", "range": "Reference Range", "lab": "Lab", "patient": "PATIENT INFORMATION", "report": "REPORT STATUS:",
           "specimen": "SPECIMEN INFORMATION", "client": "ORDERING PHYSICIAN", "sex": "GENDER:", "dob": "DOB:", "age": "AGE:", "id": "ID:", "acc": "SPECIMEN:", "req": "REQUISITION:",
           "col": "COLLECTED:", "rec": "RECEIVED:", "rep": "REPORTED:", "page": "PAGE {n} OF {{nb}}", "end": "END OF REPORT",
           "foot1": "1  Specimen was slightly hemolyzed; interpret with caution.", "foot2": "2  Fasting status was not provided by the client.", "sign": "Electronically signed by"},
    "es": {"test": "Prueba", "in": "Dentro de rango", "out": "Fuera de rango", "range": "Intervalo de referencia", "lab": "Lab", "patient": "DATOS DEL PACIENTE", "report": "ESTADO DEL INFORME:",
           "specimen": "DATOS DE LA MUESTRA", "client": "MÉDICO SOLICITANTE", "sex": "SEXO:", "dob": "F. NAC.:", "age": "EDAD:", "id": "N.º HISTORIA:", "acc": "MUESTRA:", "req": "VOLANTE:",
           "col": "EXTRACCIÓN:", "rec": "RECEPCIÓN:", "rep": "INFORME:", "page": "PÁGINA {n} DE {{nb}}", "end": "FIN DEL INFORME",
           "foot1": "1  Muestra ligeramente hemolizada; interpretar con precaución.", "foot2": "2  No consta el ayuno del paciente.", "sign": "Validado electrónicamente por"},
}  # fmt: skip
MONTHS = {
    "es": ["ENE", "FEB", "MAR", "ABR", "MAY", "JUN", "JUL", "AGO", "SEP", "OCT", "NOV", "DIC"],
    "en": ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
}


def _open_page(sheet: Sheet, report: Report) -> float:
    who, order, words = report.patient, report.order, WORDS[report.language]
    sheet.face("times")
    sheet.text(LEFT, 46, report.lab.name, 20, "BI", color=INK, fit=186)
    for line, text in enumerate((*report.lab.lines, report.lab.phone)):
        sheet.text(LEFT, 60 + 10 * line, text, 8.5)
    sheet.box(242, 30, 324, 104, edge=INK, width=0.8)
    sheet.rule(404, 30, 404, 134, 0.5, INK)
    sheet.text(250, 42, words["patient"], 8, "B", color=INK)
    sheet.text(250, 54, f"{who.family},{who.given} {who.middle}".strip().upper(), 10, "B")
    stamp = "%d/%m/%Y" if report.language == "es" else "%m/%d/%Y"
    left = [
        (words["dob"], f"{who.birth_date:{stamp}}   {words['age']} {age(report)}"),
        (words["sex"], sex_word(report)),
        (words["id"], who.mrn),
    ]
    right = [(words["acc"], order.accession), (words["req"], order.placer), *(
        (words[key], f"{when:{stamp} %H:%M}") for key, when in (("col", order.collected), ("rec", order.received), ("rep", order.reported)))]  # fmt: skip
    for line, (label, text) in enumerate(left):
        sheet.text(250, 68 + 12 * line, label, 8)
        sheet.text(250 + max(40, sheet.measure(label, 8) + 5), 68 + 12 * line, text, 9)
    sheet.text(250, 112, words["client"], 7.5, color=INK)
    sheet.text(250, 124, order.provider.upper(), 9)
    sheet.text(412, 42, words["specimen"], 8, "B", color=INK)
    for line, (label, text) in enumerate(right):
        sheet.text(412, 56 + 12 * line, label, 8)
        sheet.text(412 + 62, 56 + 12 * line, text, 9)
    sheet.text(412, 126, words["report"], 8, "B")
    sheet.text(412 + sheet.measure(words["report"], 8, "B") + 5, 126, status_word(report).upper(), 9, "B", fit=58)
    _foot(sheet, report)
    _heads(sheet, report, 152)
    return 172


def _foot(sheet: Sheet, report: Report) -> None:
    who, words = report.patient, WORDS[report.language]
    sheet.rule(LEFT, 744, RIGHT, 744, 0.8, INK)
    sheet.text(LEFT, 755, f"{who.family},{who.given} - {report.order.accession}".upper(), 7.5)
    sheet.text(RIGHT, 755, words["page"].format(n=sheet.pages), 7.5, align="R")
    sheet.text(306, 766, f"{report.lab.name}, the associated logo and all associated marks are the trademarks of {report.lab.facility}."
               if report.language == "en" else "Informe protegido por la normativa de protección de datos.", 6.5, "I", align="C")  # fmt: skip


def _heads(sheet: Sheet, report: Report, y: float) -> None:
    words = WORDS[report.language]
    sheet.rule(LEFT, y - 10, RIGHT, y - 10, 0.8, INK)
    for x, key in ((TEST, "test"), (INSIDE, "in"), (OUTSIDE, "out"), (RANGE, "range"), (SITE, "lab")):
        sheet.text(x, y, words[key], 9, "B", color=INK)
    sheet.rule(LEFT, y + 4, RIGHT, y + 4, 0.8, INK)


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(TEST + 8, y, row.name, 9, fit=168)
    if row.key in FOOTNOTED:
        sheet.text(TEST + 11 + sheet.measure(row.name, 9), y - 3, FOOTNOTED[row.key], 6)
    if row.flag:
        sheet.text(OUTSIDE, y, row.value, 9, "B", fit=60)
        sheet.text(OUTSIDE + 66, y, row.flag, 9, "B")
    else:
        sheet.text(INSIDE, y, row.value, 9, fit=82)
    sheet.text(RANGE, y, row.reference, 9)
    sheet.text(RANGE + (sheet.measure(row.reference, 9) + 4 if row.reference else 0), y, row.unit, 9)
    sheet.text(SITE, y, "EZ", 8)


def _section(sheet: Sheet, flow: Flow, section: Section, language: str) -> None:
    flow.need(42)
    sheet.text(TEST, flow.y, section.title, 9.5, "B")
    flow.y += 13
    for row in section.rows:
        notes = NOTES.get((row.key, language), ())
        if flow.need(12 + 10 * len(notes)):
            sheet.text(TEST, flow.y, section.title, 9.5, "B")
            flow.y += 13
        _row(sheet, row, flow.y)
        for note in notes:
            flow.y += 10
            sheet.text(TEST + 20, flow.y, note, 7.5, font="courier")
        flow.y += 12.2
    flow.y += 7


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    words = WORDS[report.language]
    flow = Flow(sheet, 722, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section, report.language)
    flow.need(86)
    sheet.rule(LEFT, flow.y, LEFT + 150, flow.y, 0.4)
    sheet.text(LEFT, flow.y + 12, words["foot1"], 7.5)
    sheet.text(LEFT, flow.y + 22, words["foot2"], 7.5)
    sheet.signature(LEFT + 380, flow.y + 38, report.order.accession)
    sheet.text(LEFT + 370, flow.y + 58, f"{words['sign']} {report.lab.director}", 7.5, "I")
    sheet.text(306, flow.y + 72, f"- {words['end']} -", 8, "B", align="C")


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(language=language, system="us" if language == "en" else "es", span="{low}-{high}", upper="<{high}", lower="> or = {low}" if language == "en" else ">={low}",
                      decimal="." if language == "en" else ",", flags={"L": "L", "H": "H", "LL": "LL", "HH": "HH", "A": "A"}, spelling=5, capitals=True)  # fmt: skip


LAYOUT = Layout(
    name="sectioned",
    languages=("en", "es"),
    panels={
        "en": ("lipids", "cmp", "cbc", "thyroid", "vitamins", "iron"),
        "es": ("lipids", "bioq", "cbc", "thyroid", "vitamins", "iron"),
    },
    labs={
        "en": Lab(name="Merriam Clinical Labs", lines=("8401 Fallbrook Avenue", "West Hills, CA 91304"), phone="866-555-0177", director="Ingrid Solheim, MD, FCAP",
                  accession="WX{number:07d}K", software="MCL Output Manager 4.11", facility="MCL Holdings"),
        "es": Lab(name="Laboratorios Merriam Ibérica", lines=("Ronda de Levante 84", "30008 Murcia"), phone="968 55 01 77", director="Dra. Elvira Toboso",
                  accession="MU{number:07d}K", software="MCL Output Manager 4.11", facility="MCL"),
    },
    style=style,
    draw=draw,
)  # fmt: skip
