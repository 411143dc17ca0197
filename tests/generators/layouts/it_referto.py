"""An Italian private laboratory: Esito with an asterisk column before it, ranges in brackets, method lines under the name."""

from __future__ import annotations

from tests.generators.content import Lab, PrintStyle, Report, Row, Section
from tests.generators.layouts.model import Layout
from tests.generators.sheet import Color, Flow, Sheet

TEAL: Color = (0, 96, 100)
LEFT, STAR, VALUE, UNITS, RANGE, RIGHT = 42.0, 250.0, 262.0, 336.0, 424.0, 552.0
DAY, STAMP = "%d/%m/%Y", "%d/%m/%Y %H:%M"
METHODS = {"glucose": "Met. Esochinasi", "chol": "Met. Enzimatico colorimetrico", "tsh": "Met. CLIA", "cea": "Met. ECLIA", "hbsag": "Met. CMIA"}  # fmt: skip


def _letterhead(sheet: Sheet, report: Report) -> float:
    who, order = report.patient, report.order
    sheet.text(298, 42, report.lab.name, 15, "B", align="C", color=TEAL)
    sheet.text(298, 53, f"{' - '.join(report.lab.lines)} - Tel. {report.lab.phone}", 8, align="C")
    sheet.text(298, 63, f"Direttore responsabile: {report.lab.director}", 8, "I", align="C")
    sheet.rule(LEFT, 69, RIGHT, 69, 1, TEAL)
    sheet.text(LEFT, 86, f"{'Sig.ra' if who.sex == 'F' else 'Sig.'} {who.family.upper()} {who.given.upper()}", 11, "B")
    sheet.text(LEFT, 99, f"Data di nascita: {who.birth_date:{DAY}}", 9)
    sheet.text(LEFT, 111, f"Sesso: {who.sex}     Codice paziente: {who.mrn}", 9)
    sheet.text(LEFT, 123, f"Medico richiedente: {order.provider}", 9)
    facts = (("N. accettazione:", order.accession), ("Data prelievo:", f"{order.collected:{STAMP}}"), ("Data accettazione:", f"{order.received:{STAMP}}"), ("Data referto:", f"{order.reported:{STAMP}}"))  # fmt: skip
    for line, (label, text) in enumerate(facts):
        sheet.text(350, 86 + 12 * line, label, 9)
        sheet.text(440, 86 + 12 * line, text, 9)
    sheet.text(
        LEFT, 820, "(*) Valore fuori dai limiti di riferimento. Il presente referto ha validità solo se firmato.", 7
    )
    sheet.text(RIGHT, 820, f"Pag. {sheet.pages} di {{nb}}", 8, align="R")
    return 144


def _open_page(sheet: Sheet, report: Report) -> float:
    y = _letterhead(sheet, report)
    for x, head in ((LEFT, "ESAME"), (VALUE, "ESITO"), (UNITS, "UNITÀ DI MISURA"), (RANGE, "VALORI DI RIFERIMENTO")):
        sheet.text(x, y, head, 8, "B")
    sheet.rule(LEFT, y + 4, RIGHT, y + 4, 0.6, TEAL)
    return y + 20


def _row(sheet: Sheet, row: Row, y: float) -> None:
    sheet.mark(row)
    sheet.text(LEFT, y, row.name, 9, fit=200)
    sheet.text(STAR, y, row.flag, 9, "B")
    sheet.text(VALUE, y, row.value, 9, "B" if row.flag else "", fit=70)
    sheet.text(UNITS, y, row.unit, 9)
    sheet.text(RANGE, y, row.reference, 9)


def _section(sheet: Sheet, flow: Flow, section: Section) -> None:
    flow.need(44)
    sheet.text(298, flow.y, section.title, 10, "B", align="C", color=TEAL)
    flow.y += 16
    for row in section.rows:
        notes = [note for note in (METHODS.get(row.key, ""), row.comment) if note]
        flow.need(13 + 10 * len(notes))
        _row(sheet, row, flow.y)
        for note in notes:
            flow.y += 10
            sheet.text(LEFT + 8, flow.y, note, 7.5, "I")
        flow.y += 13
    flow.y += 8


def draw(sheet: Sheet, report: Report) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open_page(sheet, report))
    for section in report.sections:
        _section(sheet, flow, section)
    flow.need(50)
    sheet.text(RIGHT - 20, flow.y + 14, "Il Direttore del Laboratorio", 8.5, align="R")
    sheet.text(RIGHT - 20, flow.y + 26, report.lab.director, 8.5, "B", align="R")
    sheet.signature(RIGHT - 130, flow.y + 38, report.order.accession)


def style(language: str) -> PrintStyle:
    """Printing habits."""
    return PrintStyle(
        language=language, system="us", decimal=",", thousands=".", span="{low} - {high}", upper="fino a {high}", lower="> {low}", brackets="[ {} ]", naming=9, comments=True,
        flags=dict.fromkeys(("L", "H", "LL", "HH", "A"), "*"),
        respelled={"x10^3/uL": "10^3/µL", "x10^6/uL": "10^6/µL", "sec": "sec", "IU/mL": "UI/mL", "mIU/L": "mUI/L", "uIU/mL": "µUI/mL", "ug/dL": "µg/dL", "/hpf": "/campo", "/lpf": "/campo", "mm/h": "mm/h"},
    )  # fmt: skip


LAYOUT = Layout(
    name="it_referto",
    languages=("it",),
    panels={"it": ("cbc", "coag_it", "bioq", "lipids_eu", "enzymes", "iron_eu", "thyroid_eu", "tumor_eu", "serology_eu")},
    labs={
        "it": Lab(name="Laboratorio Analisi La Chiusa", lines=("Via del Naviglio 18", "20144 Milano"), phone="02 5550 1188", director="Dott.ssa Eleonora Gattinara",
                  accession="{day:%Y}/{number:06d}", software="AnaLab 6", facility="CHIUSA"),
    },
    style=style,
    draw=draw,
    paper="a4",
)  # fmt: skip
