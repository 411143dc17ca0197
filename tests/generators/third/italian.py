"""An Italian laboratory: esame, esito, U.M., valori di riferimento; an asterisk before the value, the method beside each heading."""

from __future__ import annotations

from tests.generators.sheet import Flow, Sheet
from tests.generators.third.model import Case, Form, Line, q, w

LEFT, STAR, VALUE, UNITS, RANGE, RIGHT = 44.0, 248.0, 296.0, 320.0, 402.0, 552.0


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(298, 40, case.form.lab, 13, "B", align="C")
    sheet.text(
        298,
        52,
        "Direttore Sanitario: Dott.ssa Flavia Roncaglia - Via della Gora 18, 41121 Modena - Tel. 059 9990144",
        7.5,
        align="C",
    )
    sheet.box(LEFT - 4, 60, 250, 62, edge=(60, 60, 60))
    sheet.box(LEFT + 252, 60, 260, 62, edge=(60, 60, 60))
    sheet.text(LEFT, 73, f"Sig.{'ra' if who.sex == 'F' else ''} {who.family.upper()} {who.given.upper()}", 10, "B")
    sheet.text(LEFT, 86, f"Data di nascita: {who.birth_date:%d/%m/%Y}   Sesso: {who.sex}", 9)
    sheet.text(LEFT, 99, f"Codice paziente: {who.mrn}", 9)
    sheet.text(LEFT, 112, "Medico curante: Dott. Guglielmo Pavan", 9)
    sheet.text(LEFT + 258, 73, f"Richiesta N.: {case.accession}", 9, "B")
    sheet.text(LEFT + 258, 86, f"Prelievo del: {case.collected:%d/%m/%Y} ore {case.collected:%H:%M}", 9)
    sheet.text(LEFT + 258, 99, f"Accettazione del: {case.received:%d/%m/%Y} ore {case.received:%H:%M}", 9)
    sheet.text(LEFT + 258, 112, f"Referto del: {case.reported:%d/%m/%Y} ore {case.reported:%H:%M}", 9)
    sheet.text(
        LEFT,
        826,
        "* = valore fuori dai limiti di riferimento. Referto firmato digitalmente ai sensi del D.Lgs. 82/2005",
        7,
    )
    sheet.text(RIGHT, 826, f"Pagina {sheet.pages} di {{nb}}", 7.5, align="R")
    for x, head in ((LEFT, "ESAME"), (VALUE - 30, "ESITO"), (UNITS, "U.M."), (RANGE, "VALORI DI RIFERIMENTO")):
        sheet.text(x, 138, head, 8.5, "B")
    sheet.rule(LEFT, 142, RIGHT, 142)
    return 158


def _row(sheet: Sheet, flow: Flow, one: Line) -> None:
    flow.need(13)
    one.page = sheet.pages
    sheet.text(LEFT + 4, flow.y, one.test.name, 9)
    sheet.text(STAR, flow.y, one.flag, 9, "B")
    sheet.text(VALUE, flow.y, one.value, 9, "B" if one.flag else "", align="R")
    sheet.text(UNITS, flow.y, one.test.unit, 9)
    sheet.text(RANGE, flow.y, one.reference, 9)
    flow.y += 12.5


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(44)
        sheet.box(LEFT, flow.y - 9, RIGHT - LEFT, 12, fill=(235, 235, 235))
        sheet.text(LEFT + 2, flow.y, title, 9, "B")
        sheet.text(
            RIGHT - 2,
            flow.y,
            "Metodo: citofluorimetrico" if title.startswith("EMO") else "Metodo: enzimatico / ECLIA",
            7,
            "I",
            align="R",
        )
        flow.y += 15
        for one in lines:
            _row(sheet, flow, one)
        flow.y += 7
    flow.need(50)
    sheet.text(LEFT, flow.y + 4, "Nota: siero lievemente lipemico. Esami in corso: vitamina D (25-OH).", 8.5)
    sheet.text(RIGHT, flow.y + 28, "Il Biologo Dott. Sergio Malaguti", 8.5, align="R")


FORM = Form(
    name="it_esito", language="it", lab="Poliambulatorio Gora Vecchia", accession="{day:%y}/{number:06d}", draw=draw, decimal=",", thousands=".", flags=("*", "*"),
    span="[ {low} - {high} ]", upper="[ inf. a {high} ]", lower="[ sup. a {low} ]",
    sections=(
        ("EMOCROMO COMPLETO", (
            q("Globuli bianchi", "10^3/µL", 4.0, 10.0, 1, "6690-2"), q("Globuli rossi", "10^6/µL", 4.00, 5.20, 2, "789-8"), q("Emoglobina", "g/dL", 12.0, 16.0, 1, "718-7"),
            q("Ematocrito", "%", 36.0, 46.0, 1, "4544-3"), q("MCV (volume globulare medio)", "fL", 80.0, 98.0, 1, "787-2"), q("MCH", "pg", 27.0, 33.0, 1, "785-6"),
            q("MCHC", "g/dL", 31.5, 36.0, 1, "786-4"), q("Piastrine", "10^3/µL", 150, 400, 0, "777-3"), q("Neutrofili", "%", 40.0, 75.0, 1, "770-8"),
            q("Linfociti", "%", 20.0, 45.0, 1, "736-9"), q("Monociti", "%", 2.0, 10.0, 1, "5905-5"), q("V.E.S.", "mm/h", None, 20, 0, "30341-2"),
        )),
        ("CHIMICA CLINICA", (
            q("S-Glucosio", "mg/dL", 70, 100, 0, "2345-7"), q("S-Creatinina", "mg/dL", 0.50, 1.00, 2, "2160-0"), q("S-Urea", "mg/dL", 15, 50, 0, "3091-6"),
            q("S-Acido urico", "mg/dL", 2.4, 5.7, 1, "3084-1"), q("Colesterolo totale", "mg/dL", None, 200, 0, "2093-3"), q("Colesterolo HDL", "mg/dL", 45, None, 0, "2085-9"),
            q("Trigliceridi", "mg/dL", None, 150, 0, "2571-8"), q("AST (GOT)", "U/L", None, 32, 0, "1920-8"), q("ALT (GPT)", "U/L", None, 33, 0, "1742-6"),
            q("Gamma GT", "U/L", None, 40, 0, "2324-2"), q("Sideremia", "µg/dL", 37, 145, 0, "2498-4"), q("Ferritina", "ng/mL", 13, 150, 0, "2276-4"),
            q("Sodio", "mmol/L", 136, 145, 0, "2951-2"), q("Potassio", "mmol/L", 3.5, 5.1, 1, "2823-3"), q("Proteina C reattiva", "mg/L", None, 5.0, 1, "1988-5", below=0.6),
        )),
        ("IMMUNOMETRIA", (
            q("TSH", "µUI/mL", 0.270, 4.200, 3, "3016-3"), q("FT4", "pg/mL", 9.3, 17.0, 1, "3024-7"), w("HBsAg", ("Negativo", "Positivo"), "5196-1", "Negativo"),
            w("Anti-HCV", ("Negativo", "Positivo"), "16128-1", "Negativo"),
        )),
    ),
)  # fmt: skip
