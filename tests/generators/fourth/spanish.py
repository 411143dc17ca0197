"""A Spanish public hospital: limits in two columns (Mín., Máx.), a triangle before the value, groups and indented rows."""

from __future__ import annotations

from tests.generators.fourth.formulas import cholesterol, filtration, mean_haemoglobin, minus, ratio, red, rest, share
from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.sheet import Flow, Sheet

LEFT, MARK, VALUE, UNITS, LOW, HIGH, RIGHT = 40.0, 268.0, 330.0, 344.0, 470.0, 540.0, 555.0
WINE, ROSE = (130, 20, 60), (248, 236, 240)


def _boxes(sheet: Sheet, case: Case) -> None:
    who = case.patient
    sheet.box(LEFT, 74, 300, 66, edge=WINE, width=0.7)
    sheet.box(LEFT + 308, 74, RIGHT - LEFT - 308, 66, edge=WINE, width=0.7)
    left = (
        ("Apellidos:", who.family.upper()), ("Nombre:", who.given.upper()), ("N.º Historia:", who.mrn),
        ("F. Nacimiento:", f"{who.birth_date:%d/%m/%Y}   Edad: {case.years} a.   Sexo: {case.pick('Mujer', 'Varón')}"),
        ("Servicio:", "Medicina Interna - Consultas externas"),
    )  # fmt: skip
    right = (
        ("Petición n.º:", case.accession), ("Extracción:", f"{case.collected:%d/%m/%Y %H:%M}"), ("Recepción:", f"{case.received:%d/%m/%Y %H:%M}"),
        ("Validación:", f"{case.reported:%d/%m/%Y %H:%M}"), ("Facultativo:", "Dra. Maite Olaizola"),
    )  # fmt: skip
    for x, wide, facts in ((LEFT + 6, 66, left), (LEFT + 314, 58, right)):
        for place, (label, fact) in enumerate(facts):
            sheet.text(x, 86 + 12 * place, label, 8, color=WINE)
            sheet.text(x + wide, 86 + 12 * place, fact, 8.5, "B" if place == 0 else "")


def _open(sheet: Sheet, case: Case) -> float:
    sheet.box(LEFT, 26, 8, 34, fill=WINE)
    sheet.text(LEFT + 16, 38, case.form.lab, 14, "B", color=WINE)
    sheet.text(LEFT + 16, 49, "Servicio Regional de Salud - Laboratorio de Análisis Clínicos", 8.5)
    sheet.text(LEFT + 16, 59, "Ctra. de la Presa, km 4 - 44999 Valdeazud (Teruel) - Ext. 7712", 7.5)
    sheet.text(RIGHT, 38, "INFORME DE RESULTADOS", 10, "B", align="R")
    sheet.text(RIGHT, 59, f"Hoja {sheet.pages} de {{nb}}", 8, align="R")
    _boxes(sheet, case)
    sheet.box(LEFT, 148, RIGHT - LEFT, 15, fill=WINE)
    for x, head, align in ((LEFT + 5, "Determinación", "L"), (VALUE, "Valor", "R"), (UNITS, "Unidades", "L"), (LOW, "Mín.", "R"), (HIGH, "Máx.", "R")):  # fmt: skip
        sheet.text(x, 158.5, head, 8.5, "B", align=align, color=(255, 255, 255))
    sheet.text(
        LEFT,
        816,
        "Documento firmado electrónicamente. CSV: 9QX4-ZV71-LL02   Acreditación ENAC 999/LE9999 (UNE-EN ISO 15189)",
        7,
    )
    sheet.text(LEFT, 826, "Los triángulos señalan valores por encima o por debajo de los límites.", 7)
    return 180


def _row(sheet: Sheet, flow: Flow, one: Line, *, tinted: bool) -> None:
    flow.need(24)
    one.page = sheet.pages
    if tinted:
        sheet.box(LEFT, flow.y - 9, RIGHT - LEFT, 12.5, fill=ROSE)
    sheet.text(LEFT + (18 if one.test.group else 6), flow.y, one.test.name, 9)
    if one.flag:
        sheet.triangle(MARK, flow.y, up=one.flag == "▲", color=(190, 0, 0))
    sheet.text(VALUE, flow.y, one.value, 9.5, "B", align="R")
    sheet.text(UNITS, flow.y, one.test.unit, 8.5)
    sheet.text(LOW, flow.y, one.low, 8.5, align="R")
    sheet.text(HIGH, flow.y, one.high, 8.5, align="R")
    flow.y += 12.5
    if one.comment:
        sheet.text(LEFT + 18, flow.y - 1, one.comment, 7.5, "I", color=(70, 70, 70))
        flow.y += 11


def _group(sheet: Sheet, flow: Flow, title: str) -> None:
    flow.need(36)
    sheet.text(LEFT + 8, flow.y, title, 8.5, "BI")
    flow.y += 12.5


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(54)
        sheet.text(LEFT, flow.y, title, 10, "B", color=WINE)
        sheet.rule(LEFT, flow.y + 3, RIGHT, flow.y + 3, 0.6, WINE)
        flow.y += 15
        group = ""
        for place, one in enumerate(lines):
            if one.test.group != group:
                group = one.test.group
                _group(sheet, flow, group)
            _row(sheet, flow, one, tinted=place % 2 == 1)
        flow.y += 8
    flow.need(30)
    sheet.text(RIGHT, flow.y + 8, "Validado por: Dr. Anselmo Iribarren, FEA Análisis Clínicos", 8, align="R")


RED, WHITE, PARTS = "Serie roja", "Fórmula leucocitaria (%)", "Fórmula leucocitaria (valor absoluto)"
FORM = Form(
    name="es_limites", language="es", lab="Hospital Comarcal de Valdeazud", accession="{day:%d%m}{number:06d}", draw=draw, decimal=",", thousands=".",
    past="{sign} {limit}", flags={"LL": "▼", "L": "▼", "H": "▲", "HH": "▲"},
    sections=(
        ("HEMATIMETRÍA", (
            q("Leucocitos", "x10^3/µL", 4.0, 11.0, 1, "6690-2", key="wbc"), q("Plaquetas", "x10^3/µL", 135, 400, 0, "777-3"), q("Volumen plaquetario medio", "fL", 7.2, 11.6, 1, "32623-1"),
            q("Hematíes", "x10^6/µL", 4.30, 5.80, 2, "789-8", women=(3.80, 5.10), formula=red(1000), group=RED), q("Hemoglobina", "g/dL", 13.0, 17.5, 1, "718-7", women=(12.0, 15.8), key="hgb", group=RED),
            q("Hematocrito", "%", 39.0, 51.0, 1, "4544-3", women=(35.0, 46.0), formula=ratio("hgb", "mchc", 100), group=RED), q("V.C.M.", "fL", 80.0, 99.0, 1, "787-2", key="mcv", group=RED),
            q("H.C.M.", "pg", 26.5, 33.5, 1, "785-6", formula=mean_haemoglobin(0.01), group=RED), q("C.H.C.M.", "g/dL", 31.5, 36.0, 1, "786-4", key="mchc", group=RED), q("A.D.E.", "%", 11.0, 15.0, 1, "788-0", group=RED),
            q("Neutrófilos", "%", 40.0, 75.0, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso"), group=WHITE), q("Linfocitos", "%", 18.0, 45.0, 1, "736-9", key="lymph", group=WHITE),
            q("Monocitos", "%", 2.0, 11.0, 1, "5905-5", key="mono", group=WHITE), q("Eosinófilos", "%", 0.0, 6.0, 1, "713-8", key="eos", group=WHITE), q("Basófilos", "%", 0.0, 1.8, 1, "706-2", key="baso", group=WHITE),
            q("Neutrófilos abs.", "x10^3/µL", 1.80, 7.50, 2, "751-8", formula=share("neut"), group=PARTS), q("Linfocitos abs.", "x10^3/µL", 1.00, 4.00, 2, "731-0", formula=share("lymph"), group=PARTS),
            q("Monocitos abs.", "x10^3/µL", 0.10, 1.00, 2, "742-7", formula=share("mono"), group=PARTS), q("Eosinófilos abs.", "x10^3/µL", 0.00, 0.60, 2, "711-2", formula=share("eos"), group=PARTS),
        )),
        ("BIOQUÍMICA EN SUERO", (
            q("Glucosa basal", "mg/dL", 70, 110, 0, "2345-7"), q("Urea", "mg/dL", 15, 50, 0, "3091-6"), q("Creatinina", "mg/dL", 0.70, 1.20, 2, "2160-0", women=(0.50, 0.90), key="creatinine"),
            q("Filtrado glomerular estimado (CKD-EPI 2021)", "mL/min/1,73 m²", 60, 140, 0, "98979-8", formula=filtration(1)), q("Ácido úrico", "mg/dL", 3.4, 7.0, 1, "3084-1", women=(2.4, 5.7)),
            q("Sodio", "mEq/L", 136, 145, 0, "2951-2"), q("Potasio", "mEq/L", 3.5, 5.1, 1, "2823-3", remark="Suero ligeramente hemolizado: interpretar con cautela."),
            q("Cloruro", "mEq/L", 98, 107, 0, "2075-0"), q("Bilirrubina total", "mg/dL", 0.10, 1.20, 2, "1975-2"), q("GOT (ASAT)", "U/L", 5, 40, 0, "1920-8"), q("GPT (ALAT)", "U/L", 5, 41, 0, "1742-6", women=(5, 33)),
            q("GGT", "U/L", 8, 61, 0, "2324-2", women=(5, 36)), q("Fosfatasa alcalina", "U/L", 40, 129, 0, "6768-6"), q("LDH", "U/L", 135, 225, 0, "2532-0"),
            q("Proteína C reactiva", "mg/L", 0.0, 5.0, 1, "1988-5", below=0.6), q("Ferritina", "ng/mL", 30, 400, 0, "2276-4", women=(15, 150)),
            q("Colesterol total", "mg/dL", 120, 200, 0, "2093-3", key="chol", formula=cholesterol(5), group="Perfil lipídico"), q("Colesterol HDL", "mg/dL", 40, 85, 0, "2085-9", key="hdl", group="Perfil lipídico"),
            q("Triglicéridos", "mg/dL", 40, 150, 0, "2571-8", key="trig", group="Perfil lipídico"), q("Colesterol LDL (calculado)", "mg/dL", 40, 130, 0, "13457-7", key="ldl", group="Perfil lipídico"),
            q("Colesterol no HDL", "mg/dL", 60, 160, 0, "43396-1", formula=minus("chol", "hdl"), group="Perfil lipídico"),
        )),
        ("HORMONAS Y VITAMINAS", (
            q("TSH", "µUI/mL", 0.270, 4.200, 3, "3016-3", below=0.005), q("T4 libre", "ng/dL", 0.93, 1.70, 2, "3024-7"), q("Vitamina B12", "pg/mL", 197, 771, 0, "2132-9", below=150),
            q("Ácido fólico", "ng/mL", 3.9, 26.8, 1, "2284-8", above=20.0), q("25-OH-vitamina D", "ng/mL", 30.0, 100.0, 1, "62292-8", below=4.0, remark="Insuficiencia: 20-30 ng/mL. Deficiencia: inferior a 20 ng/mL."),
        )),
        ("SEROLOGÍA", (
            w("HBsAg", ("No reactivo", "Reactivo"), "5196-1"), w("Anticuerpos anti-VHC", ("No reactivo", "Reactivo"), "13955-0"), w("VIH 1/2 Ag/Ac", ("No reactivo", "Reactivo"), "56888-1"),
        )),
    ),
)  # fmt: skip
