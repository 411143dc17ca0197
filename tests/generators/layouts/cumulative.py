"""A university hospital's cumulative report: three dates, wrapped test names, ranges for both sexes, three or four pages."""

from __future__ import annotations

from datetime import date

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word, status_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Color, Flow, Sheet

BLUE: Color = (20, 70, 130)
FAINT: Color = (200, 210, 222)
LEFT, RIGHT = 40.0, 555.0
TEST, NOW, FLAG, BEFORE, EARLIER, UNITS, RANGE = 44.0, 214.0, 218.0, 282.0, 338.0, 350.0, 444.0
NAME_WIDTH = 114.0
WORDS = {
    "en": {"test": "Test", "now": "Current", "units": "Units", "range": "Reference Range", "title": "CUMULATIVE LABORATORY REPORT", "patient": "Patient", "mrn": "MRN", "dob": "DOB", "sex": "Sex", "acc": "Accession #",
           "col": "Collected", "rec": "Received", "rep": "Reported", "by": "Ordering Provider", "status": "Report Status", "page": "Page {n} of {{nb}}", "age": "y", "end": "--- End of report ---",
           "foot": "Tests were performed by the core laboratory of the medical center. Method-specific ranges apply; do not compare with other laboratories."},
    "es": {"test": "Prueba", "now": "Actual", "units": "Unidades", "range": "Valores de referencia", "title": "INFORME ACUMULADO DE LABORATORIO", "patient": "Paciente", "mrn": "N.º historia", "dob": "Fecha nac.", "sex": "Sexo", "acc": "N.º de petición",
           "col": "Extracción", "rec": "Recepción", "rep": "Validación", "by": "Facultativo", "status": "Estado", "page": "Página {n} de {{nb}}", "age": "a", "end": "--- Fin del informe ---",
           "foot": "Pruebas realizadas en el laboratorio central del hospital. H: hombres, M: mujeres. No comparar con otros laboratorios."},
}  # fmt: skip


def _day(day: date) -> str:
    return f"{day:%Y-%m-%d}"


def _open_page(sheet: Sheet, report: Report) -> float:
    who, order, words = report.patient, report.order, WORDS[report.language]
    sheet.box(LEFT, 28, 26, 26, fill=BLUE)
    sheet.text(LEFT + 13, 47, report.lab.facility[0], 18, "B", align="C", color=(255, 255, 255), font="times")
    sheet.text(LEFT + 34, 40, report.lab.name, 13, "B", color=BLUE)
    sheet.text(LEFT + 34, 51, f"{', '.join(report.lab.lines)}   {report.lab.phone}", 7.5)
    sheet.text(RIGHT, 40, words["title"], 9, "B", align="R")
    sheet.text(RIGHT, 51, f"{words['status']}: {status_word(report)}", 8, align="R")
    sheet.rule(LEFT, 60, RIGHT, 60, 1.2, BLUE)
    facts = [
        (words["patient"], f"{who.family}, {who.given} {who.middle}".strip()), (words["dob"], f"{_day(who.birth_date)} ({age(report)}{words['age']})"), (words["sex"], sex_word(report)),
        (words["mrn"], who.mrn), (words["acc"], order.accession), (words["by"], order.provider),
        (words["col"], f"{order.collected:%Y-%m-%d %H:%M}"), (words["rec"], f"{order.received:%Y-%m-%d %H:%M}"), (words["rep"], f"{order.reported:%Y-%m-%d %H:%M}"),
    ]  # fmt: skip
    for index, (label, text) in enumerate(facts):
        x, y = LEFT + 172 * (index % 3), 74 + 13 * (index // 3)
        sheet.text(x, y, f"{label}:", 8, "B")
        sheet.text(x + sheet.measure(f"{label}:", 8, "B") + 4, y, text, 8.5)
    sheet.text(LEFT, 812, words["foot"], 6.5, fit=450)
    sheet.text(RIGHT, 812, words["page"].format(n=sheet.pages), 7.5, align="R")
    return _heads(sheet, report, 130)


def _heads(sheet: Sheet, report: Report, y: float) -> float:
    words, order = WORDS[report.language], report.order
    sheet.rule(LEFT, y - 20, RIGHT, y - 20, 0.8, BLUE)
    sheet.text(TEST, y, words["test"], 8.5, "B")
    sheet.text(NOW, y - 10, words["now"], 7.5, "B", align="R")
    sheet.text(NOW, y, _day(order.collected.date()), 8.5, "B", align="R")
    sheet.text(BEFORE, y, _day(order.history[0]), 8.5, align="R")
    sheet.text(EARLIER, y, _day(order.history[1]), 8.5, align="R")
    sheet.text(UNITS, y, words["units"], 8.5, "B")
    sheet.text(RANGE, y, words["range"], 8.5, "B")
    sheet.rule(LEFT, y + 5, RIGHT, y + 5, 0.8, BLUE)
    return y + 19


def split_range(reference: str) -> list[str]:
    """Both sexes' ranges on two lines."""
    for label in (" F: ", " M: "):
        if not reference.startswith(label.strip()) and label in reference:
            head, tail = reference.split(label, 1)
            return [head, label.strip() + " " + tail]
    return [reference]


def _row(sheet: Sheet, row: Row, names: list[str], y: float) -> None:
    sheet.mark(row)
    for line, text in enumerate(names):
        sheet.text(TEST, y + 10 * line, text, 8.5)
    for line, text in enumerate(split_range(row.reference)):
        sheet.text(RANGE, y + 10 * line, text, 8.2)
    sheet.text(NOW, y, row.value, 9, "B" if row.flag else "", align="R", fit=52)
    sheet.text(FLAG, y, row.flag, 8, "B", color=(190, 0, 0))
    for x, text in zip((BEFORE, EARLIER), row.previous, strict=False):
        sheet.text(x, y, text, 8.2, align="R", color=(80, 80, 80), fit=52)
    sheet.text(UNITS, y, row.unit, 8.2, fit=RANGE - UNITS - 4)


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(50)
    sheet.text(LEFT, flow.y, section.title, 9.5, "B", color=BLUE)
    flow.y += 14
    for row in section.rows:
        names = sheet.wrap(row.name, NAME_WIDTH, 8.5)
        height = 10 * max(len(names), len(split_range(row.reference)))
        flow.need(height + 6)
        _row(sheet, row, names, flow.y)
        flow.y += height + 5
        sheet.rule(LEFT, flow.y - 10.5, RIGHT, flow.y - 10.5, 0.3, FAINT)
    flow.y += 10


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 794, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(34)
    sheet.text(LEFT, flow.y + 8, report.lab.director, 8)
    sheet.text((LEFT + RIGHT) / 2, flow.y + 24, WORDS[report.language]["end"], 8, "I", align="C")


def style(language: str) -> PrintStyle:
    """Printing habits."""
    spanish = language == "es"
    return PrintStyle(language=language, system="es" if spanish else "us", decimal="," if spanish else ".", span="{low}-{high}", upper="<{high}", lower=">={low}", both_sexes=True, long_names=True,
                      flags={"L": "B", "H": "A", "LL": "BB", "HH": "AA", "A": "*"} if spanish else {"L": "L", "H": "H", "LL": "LL", "HH": "HH", "A": "*"},
                      spelling=0, history=2)  # fmt: skip


LAYOUT = Layout(
    name="cumulative",
    languages=("en", "es"),
    panels={
        "en": ("cbc", "hematology_plus", "coag", "cmp", "lipids", "iron", "thyroid", "vitamins", "hormones", "proteins", "serology", "urine_chem"),
        "es": ("cbc", "coag_es", "bioq", "enzymes", "lipids", "iron", "hormones", "tumor", "proteins", "urine_chem"),
    },
    labs={
        "en": Lab(name="Penstock University Medical Center", lines=("1 Forebay Drive", "Portland, OR 97201"), phone="503-555-0155", director="Medical director: Yusuf Adeyemi, MD, PhD", accession="{day:%y%j}-CH{number:07d}",
                  software="CareSuite Lab 2023.11", facility="PUMC"),
        "es": Lab(name="Hospital Universitario del Azud", lines=("Paseo de la Noria, s/n", "30009 Murcia"), phone="968 55 01 40", director="Jefa de servicio: Dra. Marina Sotomayor", accession="{day:%Y%m%d}{number:07d}",
                  software="CareSuite Lab 2023.11", facility="HUA"),
    },
    style=style,
    draw=draw,
    paper="a4",
)  # fmt: skip
