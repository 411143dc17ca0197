"""A line printer's report: Courier, dotted leaders, no header line."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, age, sex_word, status_word
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Flow, Sheet

LEFT, SIZE, STEP = 48.0, 8.6, 11.2
WIDTH = 98
LABELS = {
    "en": ("NAME", "MRN", "DOB", "SEX", "AGE", "ACC", "COLL", "RECD", "RPTD", "DR", "STATUS", "PAGE {n} OF {{nb}}", "END OF REPORT", "%m/%d/%y", "%m/%d/%Y"),
    "es": ("NOMBRE", "HC", "F.NAC", "SEXO", "EDAD", "ORDEN", "TOMA", "RECEP", "EMIS", "MED", "ESTADO", "PAGINA {n} DE {{nb}}", "FIN DEL INFORME", "%d/%m/%y", "%d/%m/%Y"),
}  # fmt: skip


def head_lines(report: Report) -> list[str]:
    """The running head of each page."""
    who, order, label = report.patient, report.order, LABELS[report.language]
    name = f"{who.family},{who.given} {who.middle}".strip().upper()
    day, born = label[13], label[14]
    return [
        report.lab.name.upper().center(WIDTH).rstrip(),
        f"{'  '.join(report.lab.lines)}  {report.lab.phone}".upper().center(WIDTH).rstrip(),
        "=" * WIDTH,
        f"{label[0]}: {name:<38}{label[1]}: {who.mrn:<16}{label[2]}: {who.birth_date:{born}}  {label[3]}: {sex_word(report)[0]}  {label[4]}: {age(report)}",
        f"{label[5]}: {order.accession:<20}{label[9]}: {order.provider.upper():<34}{label[10]}: {status_word(report).upper()}",
        f"{label[6]}: {order.collected:{day} %H%M}     {label[7]}: {order.received:{day} %H%M}     {label[8]}: {order.reported:{day} %H%M}",
        "=" * WIDTH,
        "",
    ]


def row_line(row: Row) -> str:
    """One result with its leader; value, flag, unit and range at fixed columns."""
    name = f"  {row.name.upper()} "
    return f"{name:.<42} {row.value:<14}{row.flag:<6}{row.unit:<17}{row.reference}".rstrip()


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    label = LABELS[report.language]

    def open_page() -> float:
        sheet.face("courier")
        y = 44.0
        for line in head_lines(report):
            sheet.text(LEFT, y, line, SIZE)
            y += STEP
        sheet.text(LEFT, 758, label[11].format(n=sheet.pages), SIZE)
        return y

    flow = Flow(sheet, 740, open_page)
    for section in report.sections:
        flow.need(STEP * 4)
        sheet.text(LEFT, flow.y, section.title, SIZE, "B")
        flow.y += STEP
        for row in section.rows:
            flow.need(STEP)
            sheet.mark(row)
            sheet.text(LEFT, flow.y, row_line(row), SIZE)
            flow.y += STEP
        flow.y += STEP
    flow.need(STEP * 3)
    sheet.text(LEFT, flow.y, f"*** {label[12]} ***".center(WIDTH).rstrip(), SIZE)
    sheet.text(LEFT, flow.y + STEP, report.lab.director.upper(), SIZE)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    spanish = language == "es"
    flags = (
        {"L": "BAJO", "H": "ALTO", "LL": "BAJO", "HH": "ALTO", "A": "ANOR"}
        if spanish
        else {"L": "L", "H": "H", "LL": "*L", "HH": "*H", "A": "A"}
    )
    return PrintStyle(language=language, system="es" if spanish else "us", decimal="," if spanish else ".", span="{low}-{high}", upper="<{high}", lower=">={low}", brackets="({})",
                      flags=flags, spelling=0 if spanish else 3, naming=0, capitals=True)  # fmt: skip


LAYOUT = Layout(
    name="monospace",
    languages=("en", "es"),
    panels={"en": ("bmp", "cbc", "cardiac", "urine"), "es": ("bioq", "cbc", "urine")},
    labs={
        "en": Lab(name="County General Hospital Laboratory", lines=("900 Spillway Blvd", "Dayton OH 45402"), phone="937-555-0160", director="J. Whitfield MD Pathologist", accession="{day:%m%d}:C{number:07d}",
                  software="MUMPS PRT 5.6", facility="CGH"),
        "es": Lab(name="Clínica del Río", lines=("Cra. 12 No. 80-15", "Bogotá D.C."), phone="601 555 0190", director="Bact. Lucía Andrade", accession="{number:07d}",
                  software="MUMPS PRT 5.6", facility="CDR"),
    },
    style=style,
    draw=draw,
)  # fmt: skip
