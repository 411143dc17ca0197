"""A Spanish private hospital: an asterisk behind the unit, ranges in square brackets, the former result in small print below, methods at the margin."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fourth.formulas import (
    cholesterol,
    filtration,
    mean_haemoglobin,
    ratio,
    red,
    rest,
    share,
)
from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.sheet import Color, Flow, Sheet

LEFT, VALUE, UNIT, STAR, RANGE, METHOD, RIGHT = 44.0, 268.0, 274.0, 356.0, 370.0, 496.0, 556.0
GREEN: Color = (0, 98, 72)
GREY: Color = (105, 105, 105)
MINT: Color = (226, 240, 234)
PLAIN = {"SISTEMÁTICO DE ORINA", "ORINA DE 24 HORAS", "SEROLOGÍA"}


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.box(0, 0, sheet.width, 10, fill=GREEN)
    sheet.text(LEFT, 38, case.form.lab, 15, "B", color=GREEN)
    sheet.text(LEFT, 50, "Servicio de Análisis Clínicos", 9)
    sheet.text(RIGHT, 38, "INFORME DE LABORATORIO", 10, "B", align="R")
    sheet.text(RIGHT, 50, f"Página {sheet.pages} de {{nb}}", 8, align="R")
    sheet.rule(LEFT, 56, RIGHT, 56, 0.8, GREEN)
    labels = ("Apellidos", "Nombre", "N.º Historia", "F. Nacimiento", "Sexo")
    facts = (who.family.upper(), who.given.upper(), who.mrn, f"{who.birth_date:%d/%m/%Y} ({case.years} años)", case.pick("Mujer", "Hombre"))  # fmt: skip
    for place, (label, fact) in enumerate(zip(labels, facts, strict=True)):
        sheet.text(LEFT, 70 + 11.5 * place, label, 7.5, color=GREY)
        sheet.text(LEFT + 64, 70 + 11.5 * place, fact, 9, "B")
    labels = ("N.º Petición", "F. Extracción", "F. Recepción", "F. Informe", "Destino")
    facts = (
        case.accession, f"{case.collected:%d/%m/%Y %H:%M}", f"{case.received:%d/%m/%Y %H:%M}", f"{case.reported:%d/%m/%Y %H:%M}",
        "C. Ext. Medicina Interna - Dra. Lobato",
    )  # fmt: skip
    for place, (label, fact) in enumerate(zip(labels, facts, strict=True)):
        sheet.text(330, 70 + 11.5 * place, label, 7.5, color=GREY)
        sheet.text(394, 70 + 11.5 * place, fact, 9)
    sheet.rule(LEFT, 122, RIGHT, 122, 0.8, GREEN)
    for x, head, align in (
        (LEFT, "Determinación", "L"),
        (VALUE, "Resultado", "R"),
        (UNIT, "Unidades", "L"),
        (RANGE, "[Intervalo de referencia]", "L"),
        (METHOD, "Método", "L"),
    ):
        sheet.text(x, 133, head, 8, "B", align=align, color=GREEN)
    sheet.text(LEFT, 814, "* Resultado fuera del intervalo de referencia, calculado según edad y sexo. Laboratorio certificado UNE-EN ISO 9001.", 6.5, color=GREY)  # fmt: skip
    sheet.text(LEFT, 823, "Avda. de la Acequia Mayor 118, 46099 Valencia. Tel. 960 99 99 00. Facultativos: Dr. Amat, Dra. Lobato, Dr. Ferrandis.", 6.5, color=GREY)  # fmt: skip
    return 152


def _row(sheet: Sheet, flow: Flow, case: Case, one: Line) -> None:
    lines = one.ranges
    past = one.number is not None and one.section not in PLAIN
    tall = max(12 if not past else 19, 10.5 * len(lines) + 1.5) + (10 if one.comment else 0)
    flow.need(tall)
    one.page = sheet.pages
    sheet.text(LEFT + 12, flow.y, one.test.name, 9, fit=166)
    sheet.text(VALUE, flow.y, one.value, 9.5, "B" if one.state else "", align="R")
    sheet.text(UNIT, flow.y, one.test.unit, 8.5, fit=78)
    sheet.text(STAR, flow.y, one.flag, 10, "B")
    for place, line in enumerate(lines):
        sheet.text(RANGE, flow.y + 10.5 * place, line, 8.5, fit=122)
    sheet.text(METHOD, flow.y, one.test.detail, 6.5, color=GREY)
    if past:
        day = case.collected - timedelta(days=208)
        sheet.text(VALUE, flow.y + 8, f"Ant.: {one.previous[0]} ({day:%d/%m/%y})", 6.5, "I", align="R", color=GREY)
    flow.y += tall
    if one.comment:
        sheet.text(LEFT + 20, flow.y - 11, f"Obs.: {one.comment}", 7.5, "I")


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 798, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(50)
        sheet.box(LEFT, flow.y - 10, RIGHT - LEFT, 14, fill=MINT)
        sheet.text(LEFT + 4, flow.y, title, 10, "B")
        flow.y += 17
        group = ""
        for one in lines:
            if one.test.group != group:
                group = one.test.group
                flow.need(32)
                sheet.text(LEFT + 6, flow.y, group, 9, "BI", color=GREEN)
                flow.y += 12.5
            _row(sheet, flow, case, one)
        flow.y += 7
    flow.need(24)
    sheet.text(LEFT, flow.y + 6, "Validado por: Dra. Nieves Lobato Carrión. Firmado electrónicamente.", 8.5)


RED, SERIES, WHITE = "Serie roja", "Serie plaquetar", "Serie blanca"
KIDNEY, IONS, LIVER, LIPID, IRON = "Función renal", "Iones", "Perfil hepático", "Perfil lipídico", "Metabolismo férrico"
NONE = ("Negativo", "Indicios", "+", "++")
CELLS = "x10^3/µL"
LDL = "[Riesgo bajo < 116\nRiesgo moderado < 100\nRiesgo alto < 70\nRiesgo muy alto < 55]"
VITAMIN = "[Deficiencia < 20\nInsuficiencia 20 - 30\nSuficiencia > 30]"
FORM = Form(
    name="es_determinacion", language="es", lab="Hospital Nuestra Señora de la Acequia", accession="{day:%d%m}{number:06d}", draw=draw, decimal=",", thousands=".", series="sixth",
    span="[{low} - {high}]", upper="[Hasta {high}]", lower="[Mayor de {low}]", past="{sign} {limit}", flags={"LL": "*", "L": "*", "H": "*", "HH": "*", "A": "*"},
    sections=(
        ("HEMATIMETRÍA", (
            q("Hematíes", "x10^6/µL", 4.40, 5.90, 2, "789-8", women=(3.90, 5.20), formula=red(1000), group=RED), q("Hemoglobina", "g/dL", 13.0, 17.5, 1, "718-7", women=(12.0, 15.8), key="hgb", group=RED), q("Hematocrito", "%", 39.0, 52.0, 1, "4544-3", women=(35.5, 47.0), formula=ratio("hgb", "mchc", 100), group=RED), q("V.C.M.", "fL", 80,  99, 0, "787-2", key="mcv", group=RED), q("H.C.M.", "pg", 27.0, 33.5, 1, "785-6", formula=mean_haemoglobin(0.01), group=RED), q("C.H.C.M.", "g/dL", 31.5, 36.0, 1, "786-4", key="mchc", group=RED), q("A.D.E.", "%", 11.5, 14.8, 1, "788-0", group=RED),
            q("Plaquetas", CELLS, 140, 400, 0, "777-3", group=SERIES, remark="agregados plaquetarios en el frotis."),
            q("Leucocitos", CELLS, 4.00, 11.00, 2, "6690-2", key="wbc", group=WHITE),
            q("Neutrófilos %", "%", 40.0, 75.0, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso"), group=WHITE), q("Linfocitos %", "%", 18.0, 48.0, 1, "736-9", key="lymph", group=WHITE), q("Monocitos %", "%", 2.0, 11.0, 1, "5905-5", key="mono", group=WHITE), q("Eosinófilos %", "%", 0.0, 6.0, 1, "713-8", key="eos", group=WHITE), q("Basófilos %", "%", 0.0, 2.0, 1, "706-2", key="baso", group=WHITE),
            q("Neutrófilos", CELLS, 1.80, 7.50, 2, "751-8", formula=share("neut"), group=WHITE), q("Linfocitos", CELLS, 1.00, 4.00, 2, "731-0", formula=share("lymph"), group=WHITE), q("Monocitos", CELLS, 0.20, 1.00, 2, "742-7", formula=share("mono"), group=WHITE), q("Eosinófilos", CELLS, 0.00, 0.50, 2, "711-2", formula=share("eos"), group=WHITE), q("Basófilos", CELLS, 0.00, 0.20, 2, "704-7", formula=share("baso"), group=WHITE),
        )),
        ("HEMOSTASIA", (q("Actividad de protrombina", "%", 70, 120, 0, "5894-1", detail="Coagulom."), q("I.N.R.", "", 0.80, 1.20, 2, "6301-6", detail="Cálculo"), q("T.T.P.A.", "seg", 25.0, 36.0, 1, "14979-9", detail="Coagulom."), q("Dímero D", "ng/mL FEU", None, 500, 0, "48065-7", below=215, detail="Inmunoturb."))),
        ("BIOQUÍMICA EN SUERO", (
            q("Glucosa basal", "mg/dL", 74, 106, 0, "2345-7", detail="Hexoquinasa", group=KIDNEY), q("Urea", "mg/dL", 17, 49, 0, "3091-6", detail="Ureasa", group=KIDNEY), q("Creatinina", "mg/dL", 0.70, 1.20, 2, "2160-0", women=(0.50, 0.90), key="creatinine", detail="Enzimático", group=KIDNEY), q("Filtrado glomerular (CKD-EPI 2021)", "mL/min/1,73 m²", 60, None, 0, "98979-8", formula=filtration(1), above=90, detail="Cálculo", group=KIDNEY), q("Urato", "mg/dL", 3.4, 7.0, 1, "3084-1", women=(2.4, 5.7), detail="Uricasa", group=KIDNEY),
            q("Ion sodio", "mmol/L", 136, 145, 0, "2951-2", detail="ISE indirecto", group=IONS), q("Ion potasio", "mmol/L", 3.5, 5.1, 1, "2823-3", detail="ISE indirecto", group=IONS, remark="muestra ligeramente hemolizada."), q("Calcio", "mg/dL", 8.6, 10.2, 1, "17861-6", detail="NM-BAPTA", group=IONS),
            q("Bilirrubina total", "mg/dL", 0.10, 1.20, 2, "1975-2", detail="Diazo", group=LIVER), q("G.O.T. (AST)", "U/L", 5, 40, 0, "1920-8", women=(5, 32), detail="IFCC", group=LIVER), q("G.P.T. (ALT)", "U/L", 5, 41, 0, "1742-6", women=(5, 33), detail="IFCC", group=LIVER), q("G.G.T.", "U/L", 8, 61, 0, "2324-2", women=(5, 36), detail="IFCC", group=LIVER), q("Fosfatasa alcalina", "U/L", 40, 129, 0, "6768-6", women=(35, 104), detail="IFCC", group=LIVER),
            q("Colesterol", "mg/dL", None, 200, 0, "2093-3", key="chol", formula=cholesterol(5), detail="CHOD-PAP", group=LIPID), q("Colesterol HDL", "mg/dL", 40, None, 0, "2085-9", key="hdl", women=(50, None), detail="Homogéneo", group=LIPID), q("Colesterol LDL (Friedewald)", "mg/dL", None, 116, 0, "13457-7", reference=LDL, key="ldl", detail="Cálculo", group=LIPID), q("Triglicéridos", "mg/dL", None, 150, 0, "2571-8", key="trig", detail="GPO-PAP", group=LIPID), q("Índice aterogénico (CT/HDL)", "", None, 5.0, 1, "9830-1", formula=ratio("chol", "hdl"), detail="Cálculo", group=LIPID),
            q("Hierro", "µg/dL", 59, 158, 0, "2498-4", women=(37, 145), detail="Ferrozina", group=IRON), q("Ferritina", "ng/mL", 30, 400, 0, "2276-4", women=(15, 150), detail="ECLIA", group=IRON),
        )),
        ("HORMONAS Y VITAMINAS", (
            q("Tirotropina (TSH)", "µUI/mL", 0.27, 4.20, 2, "3016-3", below=0.01, detail="ECLIA"), q("Tiroxina libre (T4L)", "ng/dL", 0.93, 1.70, 2, "3024-7", detail="ECLIA"), q("25-hidroxivitamina D", "ng/mL", 30.0, None, 1, "62292-8", reference=VITAMIN, detail="ECLIA"),
        )),
        ("PROTEÍNAS ESPECÍFICAS", (q("Proteína C reactiva", "mg/L", None, 5.0, 1, "1988-5", below=0.6, detail="Inmunoturb."), q("Inmunoglobulina G", "mg/dL", 700, 1600, 0, "2465-3", detail="Inmunoturb."))),
        ("SEROLOGÍA", (w("Ag. superficie hepatitis B", ("No reactivo", "Reactivo"), "5196-1", "[No reactivo]", detail="ECLIA"), w("Ac. anti-VHC", ("No reactivo", "Reactivo"), "13955-0", "[No reactivo]", detail="ECLIA"), w("VIH 1/2 (Ag p24 + Ac)", ("No reactivo", "Reactivo"), "56888-1", "[No reactivo]", detail="ECLIA"))),
        ("SISTEMÁTICO DE ORINA", (
            q("Densidad", "", 1.005, 1.030, 3, "5811-5", detail="Tira reactiva"), w("Proteínas", NONE, "20454-5", "[Negativo]"), w("Glucosa", NONE, "25428-4", "[Negativo]"), w("Sangre", NONE, "5794-3", "[Negativo]"), w("Leucocitos", NONE, "5799-2", "[Negativo]"),
        )),
        ("ORINA DE 24 HORAS", (q("Volumen de diuresis", "mL/24 h", 800, 2000, 0, "3167-4"), q("Creatinina en orina 24 h", "mg/24 h", 740, 2000, 0, "2162-6"), q("Proteínas en orina 24 h", "mg/24 h", None, 150, 0, "2889-4", below=40), q("Calcio en orina 24 h", "mg/24 h", 100, 300, 0, "6874-2"))),
    ),
)  # fmt: skip
