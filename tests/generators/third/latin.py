"""A Latin American laboratory (examen, resultado, unidades, valores de referencia, the method under each test) and a Mexican one in cards."""

from __future__ import annotations

from tests.generators.sheet import Flow, Sheet
from tests.generators.third.model import Case, Form, Line, q, w

LEFT, VALUE, UNITS, RANGE, RIGHT = 46.0, 250.0, 330.0, 410.0, 560.0
METHODS = {
    "HEMATOLOGIA": "Citometría de flujo / impedancia",
    "QUIMICA CLINICA": "Espectrofotometría automatizada",
    "INMUNOLOGIA": "Quimioluminiscencia",
}


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.disc(LEFT + 14, 40, 14, (170, 30, 40))
    sheet.text(LEFT + 36, 38, case.form.lab, 15, "B", color=(170, 30, 40))
    sheet.text(
        LEFT + 36, 50, "Jr. Las Compuertas 482, Miraflores, Lima 15074 - Telf. (01) 555-0188 - RUC 20999999991", 7.5
    )
    sheet.text(LEFT, 74, f"Paciente   : {who.family.upper()}, {who.given.upper()}", 9, "B")
    sheet.text(LEFT, 86, f"Historia   : {who.mrn}", 9)
    sheet.text(
        LEFT, 98, f"Edad       : {case.years} Años        Sexo : {'Femenino' if who.sex == 'F' else 'Masculino'}", 9
    )
    sheet.text(LEFT, 110, f"Fecha Nac. : {who.birth_date:%d/%m/%Y}", 9)
    sheet.text(318, 74, f"Nro. Orden       : {case.accession}", 9, "B")
    sheet.text(318, 86, f"Toma de muestra  : {case.collected:%d/%m/%Y %H:%M}", 9)
    sheet.text(318, 98, f"Recepción        : {case.received:%d/%m/%Y %H:%M}", 9)
    sheet.text(318, 110, f"Fecha de informe : {case.reported:%d/%m/%Y %H:%M}", 9)
    sheet.text(LEFT, 122, "Médico     : DRA. XIMENA PAUCAR LOAYZA        Procedencia : CONSULTA EXTERNA", 9)
    sheet.text(LEFT, 826, "Los resultados deben ser interpretados por su médico. Acreditado ISO 15189 - LC 099", 7)
    sheet.text(RIGHT, 826, f"Pág. {sheet.pages} de {{nb}}", 7.5, align="R")
    sheet.rule(LEFT, 130, RIGHT, 130, 1)
    for x, head in ((LEFT, "EXAMEN"), (VALUE, "RESULTADO"), (UNITS, "UNIDADES"), (RANGE, "VALORES DE REFERENCIA")):
        sheet.text(x, 142, head, 8.5, "B")
    sheet.rule(LEFT, 147, RIGHT, 147, 1)
    return 164


def _row(sheet: Sheet, flow: Flow, one: Line) -> None:
    flow.need(26)
    one.page = sheet.pages
    sheet.text(LEFT + 4, flow.y, one.test.name, 9, fit=196)
    sheet.text(VALUE, flow.y, one.value, 9, "B")
    sheet.text(UNITS, flow.y, one.test.unit, 9)
    sheet.text(RANGE, flow.y, one.reference, 9)
    sheet.text(
        LEFT + 10, flow.y + 9, f"Método: {METHODS.get(one.section, 'Tira reactiva')}", 6.5, "I", color=(90, 90, 90)
    )
    flow.y += 22


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(48)
        sheet.text(LEFT, flow.y, title, 10, "B")
        flow.y += 15
        for one in lines:
            _row(sheet, flow, one)
        flow.y += 4
    flow.need(60)
    sheet.text(LEFT, flow.y, "VITAMINA D 25-OH TOTAL", 9)
    sheet.text(VALUE, flow.y, "PENDIENTE", 9, "I")
    sheet.signature(400, flow.y + 30, case.accession)
    sheet.text(400, flow.y + 46, "T.M. Edgardo Quispe Rivas  CTMP 99999", 8)


FORM = Form(
    name="latam_metodo", language="es", lab="Laboratorio Clínico Las Compuertas", accession="{day:%y%m%d}{number:05d}", draw=draw,
    span="{low} - {high}", upper="Hasta {high}", lower="Mayor a {low}",
    sections=(
        ("HEMATOLOGIA", (
            q("LEUCOCITOS", "10^3/uL", 4.50, 11.00, 2, "6690-2"), q("HEMATIES", "10^6/uL", 4.00, 5.50, 2, "789-8"), q("HEMOGLOBINA", "g/dL", 12.0, 16.0, 1, "718-7"),
            q("HEMATOCRITO", "%", 36.0, 48.0, 1, "4544-3"), q("VOLUMEN CORPUSCULAR MEDIO", "fL", 80.0, 98.0, 1, "787-2"), q("HEMOGLOBINA CORPUSCULAR MEDIA", "pg", 27.0, 32.0, 1, "785-6"),
            q("PLAQUETAS", "10^3/uL", 150, 450, 0, "777-3"), q("SEGMENTADOS", "%", 45, 65, 0, "770-8"), q("EOSINOFILOS", "%", 0, 4, 0, "713-8"),
            q("MONOCITOS", "%", 4, 8, 0, "5905-5"), q("LINFOCITOS", "%", 25, 45, 0, "736-9"), q("VELOCIDAD DE SEDIMENTACION GLOBULAR", "mm/h", 0, 20, 0, "30341-2"),
        )),
        ("QUIMICA CLINICA", (
            q("GLUCOSA", "mg/dL", 70, 100, 0, "2345-7"), q("UREA", "mg/dL", 15, 43, 0, "3091-6"), q("CREATININA", "mg/dL", 0.50, 0.90, 2, "2160-0"),
            q("ACIDO URICO", "mg/dL", 2.4, 5.7, 1, "3084-1"), q("COLESTEROL TOTAL", "mg/dL", None, 200, 0, "2093-3"), q("COLESTEROL HDL", "mg/dL", 45, None, 0, "2085-9"),
            q("TRIGLICERIDOS", "mg/dL", None, 150, 0, "2571-8"), q("BILIRRUBINA TOTAL", "mg/dL", 0.20, 1.20, 2, "1975-2"), q("BILIRRUBINA DIRECTA", "mg/dL", 0.00, 0.30, 2, "1968-7"),
            q("TGO (AST)", "U/L", None, 32, 0, "1920-8"), q("TGP (ALT)", "U/L", None, 33, 0, "1742-6"), q("FOSFATASA ALCALINA", "U/L", 35, 104, 0, "6768-6"),
        )),
        ("INMUNOLOGIA", (
            q("TSH", "uUI/mL", 0.270, 4.200, 3, "3016-3"), q("PROTEINA C REACTIVA", "mg/L", None, 5.0, 1, "1988-5", below=0.6),
            w("HEPATITIS B - ANTIGENO DE SUPERFICIE", ("No reactivo", "Reactivo"), "5196-1", "No reactivo"), w("HEPATITIS C - ANTICUERPOS", ("No reactivo", "Reactivo"), "16128-1", "No reactivo"),
        )),
    ),
)  # fmt: skip


def _open_cards(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(40, 46, case.form.lab, 17, "B", color=(30, 110, 160))
    sheet.text(
        40, 60, "Av. Insurgentes Norte 2210, Col. Lindavista, CDMX 07300   Tel. 55 5555 0144", 8, color=(110, 110, 110)
    )
    sheet.box(36, 70, 540, 58, fill=(240, 246, 250))
    sheet.text(46, 84, "Nombre del paciente", 7, color=(110, 110, 110))
    sheet.text(46, 96, f"{who.given} {who.family}", 11, "B")
    for x, label, fact in ((270, "Fecha de nacimiento", f"{who.birth_date:%d/%m/%Y}"), (380, "Sexo", "Mujer" if who.sex == "F" else "Hombre"), (450, "Expediente", who.mrn)):  # fmt: skip
        sheet.text(x, 84, label, 7, color=(110, 110, 110))
        sheet.text(x, 96, fact, 9)
    for x, label, fact in ((46, "Folio", case.accession), (160, "Toma de muestra", f"{case.collected:%d/%m/%Y %H:%M}"), (300, "Recibido", f"{case.received:%d/%m/%Y %H:%M}"), (430, "Emisión", f"{case.reported:%d/%m/%Y %H:%M}")):  # fmt: skip
        sheet.text(x, 110, label, 7, color=(110, 110, 110))
        sheet.text(x, 121, fact, 9)
    sheet.text(40, 778, "Responsable sanitario: Q.F.B. Araceli Monroy, Céd. Prof. 9999999", 7)
    sheet.text(572, 778, f"Página {sheet.pages} de {{nb}}", 7, align="R")
    return 150


def draw_cards(sheet: Sheet, case: Case) -> None:
    """Draw three cards a line."""
    flow = Flow(sheet, 760, lambda: _open_cards(sheet, case))
    for title, lines in case.sections():
        flow.need(90)
        sheet.text(40, flow.y, title, 12, "B", color=(30, 110, 160))
        flow.y += 10
        for start in range(0, len(lines), 3):
            flow.need(76)
            for place, one in enumerate(lines[start : start + 3]):
                _card(sheet, one, 36 + 182.0 * place, flow.y)
            flow.y += 76
        flow.y += 18


def _card(sheet: Sheet, one: Line, x: float, y: float) -> None:
    one.page = sheet.pages
    sheet.box(x, y, 174, 68, edge=(180, 200, 215), width=0.8)
    sheet.text(x + 10, y + 15, one.test.name, 9, color=(70, 70, 70), fit=154)
    sheet.text(x + 10, y + 38, one.value, 18, "B", color=(190, 30, 30) if one.state else (20, 20, 20))
    sheet.text(x + 16 + sheet.measure(one.value, 18, "B"), y + 38, one.test.unit, 9)
    sheet.text(x + 10, y + 57, f"Ref. {one.reference}", 8, color=(110, 110, 110))


CARDS = Form(
    name="mx_tarjetas", language="es", lab="Diagnóstica Presa Nueva", accession="{day:%m%d}{number:06d}", draw=draw_cards, paper="letter", thousands=",",
    sections=(
        ("Biometría hemática", (
            q("Hemoglobina", "g/dL", 12.0, 16.0, 1, "718-7"), q("Hematocrito", "%", 36.0, 47.0, 1, "4544-3"), q("Eritrocitos", "millones/µL", 4.00, 5.40, 2, "789-8"),
            q("Leucocitos", "/µL", 4500, 10000, 0, "6690-2"), q("Plaquetas", "/µL", 150000, 400000, 0, "777-3"), q("VCM", "fL", 80, 98, 0, "787-2"),
        )),
        ("Química sanguínea", (
            q("Glucosa", "mg/dL", 70, 99, 0, "2345-7"), q("Urea", "mg/dL", 17, 49, 0, "3091-6"), q("Creatinina", "mg/dL", 0.50, 0.95, 2, "2160-0"),
            q("Ácido úrico", "mg/dL", 2.4, 6.0, 1, "3084-1"), q("Colesterol total", "mg/dL", None, 200, 0, "2093-3"), q("Triglicéridos", "mg/dL", None, 150, 0, "2571-8"),
            q("Sodio", "mmol/L", 136, 145, 0, "2951-2"), q("Potasio", "mmol/L", 3.5, 5.1, 1, "2823-3"), q("Calcio", "mg/dL", 8.6, 10.2, 1, "17861-6"),
        )),
        ("Endocrinología", (q("TSH", "µUI/mL", 0.35, 4.94, 2, "3016-3"), q("T4 libre", "ng/dL", 0.70, 1.48, 2, "3024-7"), q("Hemoglobina glucosilada (HbA1c)", "%", 4.0, 5.6, 1, "4548-4"))),
    ),
)  # fmt: skip
