"""Two tables side by side on one page, arrows for flags."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, Section, age, sex_word, status_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Color, Sheet

RUST: Color = (150, 60, 24)
PALE: Color = (250, 238, 230)
COLUMNS = (30.0, 306.0)
NAME, VALUE, ARROW, UNIT, RANGE, END = 3.0, 132.0, 136.0, 148.0, 202.0, 264.0
HEADS = {
    "en": ("Analyte", "Result", "Units", "Ref. range"),
    "es": ("Determinación", "Resultado", "Unidad", "Referencia"),
}
WORDS = {
    "en": {"title": "CLINICAL LABORATORY RESULTS", "family": "Last name:", "given": "First name:", "dob": "Birth date:", "sex": "Sex:", "age": "Age:",
           "id": "MRN:", "acc": "Accession:", "col": "Drawn:", "rec": "Received:", "rep": "Reported:", "by": "Provider:", "status": "Status:", "page": "Page {n} of {{nb}}",
           "legend": "Arrows mark values outside the reference range.", "foot": "Performed at the address above unless otherwise noted. CLIA 45D0000000"},
    "es": {"title": "RESULTADOS DE LABORATORIO", "family": "Apellidos:", "given": "Nombres:", "dob": "Nacimiento:", "sex": "Sexo:", "age": "Edad:",
           "id": "Historia:", "acc": "Protocolo:", "col": "Toma:", "rec": "Ingreso:", "rep": "Emisión:", "by": "Derivante:", "status": "Estado:", "page": "Pág. {n} / {{nb}}",
           "legend": "Las flechas indican valores fuera del intervalo de referencia.", "foot": "Laboratorio adherido a un programa de control de calidad externo."},
}  # fmt: skip
DAY = {"en": "%d-%b-%Y", "es": "%d/%m/%Y"}


def _head(sheet: Sheet, report: Report) -> None:
    who, order, words, day = report.patient, report.order, WORDS[report.language], DAY[report.language]
    sheet.box(0, 0, sheet.width, 54, fill=RUST)
    white: Color = (255, 255, 255)
    sheet.text(30, 26, report.lab.name, 17, "B", color=white)
    sheet.text(30, 42, f"{', '.join(report.lab.lines)}  |  {report.lab.phone}", 8, color=white)
    sheet.text(sheet.width - 30, 32, words["title"], 9.5, "B", align="R", color=white)
    blocks = [
        [(words["family"], who.family), (words["given"], f"{who.given} {who.middle}".strip()), (words["id"], who.mrn), (words["by"], order.provider)],
        [(words["dob"], f"{who.birth_date:{day}}"), (words["sex"], sex_word(report)), (words["age"], str(age(report))), (words["status"], status_word(report))],
        [(words["acc"], order.accession), (words["col"], f"{order.collected:{day} %H:%M}"), (words["rec"], f"{order.received:{day} %H:%M}"), (words["rep"], f"{order.reported:{day} %H:%M}")],
    ]  # fmt: skip
    for x, block in zip((30, 240, 396), blocks, strict=True):
        for line, (label, text) in enumerate(block):
            sheet.text(x, 72 + 13 * line, label, 8.5, color=RUST)
            sheet.text(x + 56, 72 + 13 * line, text, 9, "B" if x == 30 and line < 2 else "")
    sheet.text(30, 766, words["legend"], 7, "I")
    sheet.text(30, 776, words["foot"], 7)
    sheet.text(sheet.width - 30, 776, words["page"].format(n=sheet.pages), 7.5, align="R")


def _column_heads(sheet: Sheet, report: Report, x: float, y: float) -> None:
    heads = HEADS[report.language]
    sheet.rule(x, y - 10, x + END, y - 10, 1, RUST)
    sheet.text(x + NAME, y, heads[0], 8, "B")
    sheet.text(x + VALUE, y, heads[1], 8, "B", align="R")
    sheet.text(x + UNIT, y, heads[2], 8, "B")
    sheet.text(x + RANGE, y, heads[3], 8, "B")
    sheet.rule(x, y + 3, x + END, y + 3, 1, RUST)


def _row(sheet: Sheet, row: Row, x: float, y: float) -> None:
    sheet.mark(row)
    weight = "B" if row.flag else ""
    room = min(100.0, VALUE - NAME - 5 - sheet.measure(row.value, 8, weight))
    sheet.text(x + NAME, y, row.name, 8, fit=room)
    sheet.text(x + VALUE, y, row.value, 8, weight, align="R")
    if row.flag:
        sheet.arrow(x + ARROW, y, up=row.flag == "↑", size=8.5, color=(180, 0, 0))
    sheet.text(x + UNIT, y, row.unit, 7.5, fit=RANGE - UNIT - 3)
    sheet.text(x + RANGE, y, row.reference, 7.5, fit=END - RANGE)


def _table(sheet: Sheet, report: Report, section: Section, x: float, y: float) -> float:
    sheet.box(x, y - 10, END, 14, fill=PALE)
    sheet.text(x + NAME, y, section.title, 8.5, "B", color=RUST)
    y += 18
    _column_heads(sheet, report, x, y)
    y += 15
    for row in section.rows:
        _row(sheet, row, x, y)
        y += 12.4
    return y + 12


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report: each section goes under the shorter column, a new page when both are full."""
    sheet.page()
    _head(sheet, report)
    tops = [142.0, 142.0]
    for section in report.sections:
        height = 45 + 12.4 * len(section.rows)
        side = 0 if tops[0] <= tops[1] else 1
        if tops[side] + height > 756:
            sheet.page()
            _head(sheet, report)
            tops, side = [142.0, 142.0], 0
        tops[side] = _table(sheet, report, section, COLUMNS[side], tops[side])
    y = min(max(tops) + 16, 748)
    sheet.signature(440, y - 6, report.order.accession)
    sheet.text(440, y + 12, report.lab.director, 8)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    spanish = language == "es"
    return PrintStyle(language=language, system="es" if spanish else "us", decimal="," if spanish else ".", thousands="." if spanish else ",", span="{low} a {high}" if spanish else "{low} - {high}",
                      upper="Hasta {high}" if spanish else "<{high}", lower=">={low}", flags={"L": "↓", "H": "↑", "LL": "↓", "HH": "↑", "A": "↑"}, spelling=2)  # fmt: skip


LAYOUT = Layout(
    name="twin_tables",
    languages=("en", "es"),
    panels={"en": ("cbc", "cmp", "lipids", "coag", "inflammation"), "es": ("cbc", "bioq", "lipids", "coag_es", "thyroid")},
    labs={
        "en": Lab(name="Copper Ridge Medical Laboratory", lines=("302 Sluice Road", "Amarillo, TX 79101"), phone="(806) 555-0113", director="Naomi Brandvold, PhD, HCLD", accession="CR{day:%y%j}{number:07d}",
                  software="RidgeLIS 2024.2", facility="CRML"),
        "es": Lab(name="Laboratorio del Litoral", lines=("Bv. Gálvez 1580", "Santa Fe"), phone="0342 555-0124", director="Bioq. Martín Echagüe (MP 0000)", accession="{number:07d}",
                  software="RidgeLIS 2024.2", facility="LITORAL"),
    },
    style=style,
    draw=draw,
)  # fmt: skip
