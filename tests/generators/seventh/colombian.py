"""A Colombian laboratory: one block of lines for each examination, its result, its range, its technique and its validation."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.seventh.sums import clearance, left, part, total
from tests.generators.sheet import Color, Flow, Sheet

LEFT, RIGHT = 48.0, 564.0
VALUE, RANGE = 126.0, 330.0
WINE: Color = (130, 20, 60)
GREY: Color = (95, 95, 95)


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(306, 40, case.form.lab, 15, "B", align="C", color=WINE)
    sheet.text(
        306, 52, "NIT 999.999.999-0   Carrera 14 No. 93-68 Piso 2, Manizales   PBX (606) 999 12 34", 8, align="C"
    )
    sheet.rule(LEFT, 58, RIGHT, 58, 1.2, WINE)
    if sheet.pages > 1:
        sheet.text(LEFT, 72, f"Paciente: {who.given} {who.family}", 9, "B")
        sheet.text(RIGHT, 72, f"Orden No. {case.accession}   Página {sheet.pages} de {{nb}}", 9, align="R")
        sheet.rule(LEFT, 78, RIGHT, 78, 0.4, WINE)
        return 96
    facts = (
        ("Nombres:", who.given, "Orden No.:", case.accession),
        ("Apellidos:", who.family, "Fecha de toma:", f"{case.collected:%d/%m/%Y %H:%M}"),
        ("Historia clínica:", who.mrn, "Fecha de recepción:", f"{case.received:%d/%m/%Y %H:%M}"),
        ("Fecha nacimiento:", f"{who.birth_date:%d/%m/%Y}", "Fecha de informe:", f"{case.reported:%d/%m/%Y %H:%M}"),
        ("Edad:", f"{case.years} Años", "Médico:", "Dr. Evelio Zuluaga Marín"),
        ("Sexo:", case.pick("Femenino", "Masculino"), "Entidad:", "EPS Cafetera del Sur"),
    )
    for place, (a, b, c, d) in enumerate(facts):
        y = 72 + 12 * place
        sheet.text(LEFT, y, a, 9, "B")
        sheet.text(142, y, b, 9)
        sheet.text(330, y, c, 9, "B")
        sheet.text(432, y, d, 9)
    sheet.text(RIGHT, 146, f"Página {sheet.pages} de {{nb}}", 8, align="R")
    sheet.text(LEFT, 146, "INFORME DE RESULTADOS DE LABORATORIO CLÍNICO", 10, "B")
    sheet.rule(LEFT, 152, RIGHT, 152, 0.4, WINE)
    return 172


def _block(sheet: Sheet, flow: Flow, one: Line) -> None:
    ranges = one.ranges if one.reference else ()
    tall = 25 + 10.5 * max(len(ranges) - 1, 0) + 9 * (bool(one.test.detail) + bool(one.comment)) + 5
    flow.need(tall)
    one.page = sheet.pages
    sheet.text(LEFT + 6, flow.y, one.test.name, 9.5, "B")
    y = flow.y + 12
    sheet.text(LEFT + 16, y, "Resultado:", 9, color=GREY)
    sheet.text(VALUE, y, one.value, 10, "B")
    x = VALUE + sheet.measure(one.value, 10, "B") + 5
    sheet.text(x, y, one.test.unit, 9)
    x += sheet.measure(one.test.unit, 9) + 12
    sheet.text(x, y, one.flag, 9, "B", color=WINE)
    if ranges:
        sheet.text(RANGE, y, "Valor de referencia:", 9, color=GREY)
        for place, text in enumerate(ranges):
            sheet.text(RANGE + 88, y + 10.5 * place, text, 9)
        y += 10.5 * (len(ranges) - 1)
    for text, style in ((f"Técnica: {one.test.detail}" if one.test.detail else "", ""), (f"Observación: {one.comment}" if one.comment else "", "I")):  # fmt: skip
        if text:
            y += 10
            sheet.text(LEFT + 16, y, text, 8, style, color=GREY if not style else (0, 0, 0))
    flow.y = y + 17


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 742, lambda: _open(sheet, case))
    signed = case.reported - timedelta(minutes=22)
    for title, lines in case.sections():
        flow.need(70)
        sheet.box(LEFT, flow.y - 10, RIGHT - LEFT, 14, fill=(245, 228, 234))
        sheet.text(306, flow.y, title, 9.5, "B", align="C", color=WINE)
        flow.y += 20
        for one in lines:
            _block(sheet, flow, one)
        flow.need(14)
        sheet.text(LEFT + 6, flow.y - 2, f"Validado por: Bact. Yamile Ocampo Duque  R.P. 99999   Fecha de validación: {signed:%d/%m/%Y %H:%M}", 7.5, color=GREY)  # fmt: skip
        flow.y += 16
    flow.need(12)
    sheet.text(306, flow.y, "FIN DEL INFORME - La interpretación de los resultados corresponde al médico tratante.", 8, "I", align="C")  # fmt: skip


NEGATIVE = ("NEGATIVO", "TRAZAS", "+", "++")
REACTIVE = ("NO REACTIVO", "REACTIVO")
FORM = Form(
    name="co_examenes", language="es", lab="Laboratorio Clínico Nevado Alto", accession="{day:%y%m}{number:06d}", draw=draw, paper="letter", series="seventh",
    span="{low} - {high}", upper="Menor de {high}", lower="Mayor de {low}", past="< {limit}", flags={"LL": "BAJO", "L": "BAJO", "H": "ALTO", "HH": "ALTO", "A": "(*)"},
    sections=(
        ("QUÍMICA SANGUÍNEA", (
            q("GLUCOSA EN SUERO", "mg/dL", 70, 100, 0, "2345-7", detail="Hexoquinasa"), q("CREATININA EN SUERO", "mg/dL", 0.70, 1.20, 2, "2160-0", women=(0.50, 0.90), key="crea", detail="Jaffé cinético compensado"), q("TASA DE FILTRACIÓN GLOMERULAR (CKD-EPI)", "mL/min/1.73m2", 60, None, 0, "98979-8", formula=clearance("crea"), detail="Cálculo"), q("NITRÓGENO UREICO (BUN)", "mg/dL", 6, 20, 0, "3094-0", detail="Ureasa cinética"), q("ÁCIDO ÚRICO", "mg/dL", 3.4, 7.0, 1, "3084-1", women=(2.4, 5.7), reference="Hombres: 3.4 - 7.0\nMujeres: 2.4 - 5.7", detail="Uricasa"),
            q("TRANSAMINASA GLUTÁMICO OXALACÉTICA (TGO/AST)", "U/L", None, 40, 0, "1920-8", women=(None, 32), detail="IFCC sin fosfato de piridoxal"), q("TRANSAMINASA GLUTÁMICO PIRÚVICA (TGP/ALT)", "U/L", None, 41, 0, "1742-6", women=(None, 33), detail="IFCC sin fosfato de piridoxal"), q("FOSFATASA ALCALINA", "U/L", 40, 129, 0, "6768-6", women=(35, 104)), q("BILIRRUBINA TOTAL", "mg/dL", None, 1.20, 2, "1975-2"), q("PROTEÍNA C REACTIVA", "mg/L", None, 5.0, 1, "1988-5", below=0.6, detail="Inmunoturbidimetría", remark="Resultado verificado por repetición."),
            q("POTASIO", "mmol/L", 3.50, 5.10, 2, "2823-3", detail="Ion selectivo", remark="Muestra ligeramente hemolizada."), q("SODIO", "mmol/L", 136, 145, 0, "2951-2", detail="Ion selectivo"),
        )),
        ("PERFIL LIPÍDICO", (
            q("COLESTEROL TOTAL", "mg/dL", None, None, 0, "2093-3", formula=total("hdl", "ldl", "tri", 5), reference="Deseable: Menor de 200\nLimítrofe: 200 - 239\nAlto: Mayor o igual a 240", detail="Enzimático colorimétrico"), q("COLESTEROL HDL", "mg/dL", 40, None, 0, "2085-9", key="hdl", women=(50, None)), q("COLESTEROL LDL CALCULADO", "mg/dL", None, 130, 0, "13457-7", key="ldl", detail="Fórmula de Friedewald"), q("TRIGLICÉRIDOS", "mg/dL", None, 150, 0, "2571-8", key="tri", detail="Enzimático colorimétrico"),
        )),
        ("HEMATOLOGÍA", (
            q("RECUENTO DE LEUCOCITOS", "10^3/uL", 4.50, 11.30, 2, "6690-2", key="leu"), q("NEUTRÓFILOS ABSOLUTOS", "10^3/uL", 1.80, 7.70, 2, "751-8", formula=part("leu", "neu")), q("LINFOCITOS ABSOLUTOS", "10^3/uL", 1.00, 4.80, 2, "731-0", formula=part("leu", "lin")), q("HEMOGLOBINA", "g/dL", 13.5, 17.5, 1, "718-7", women=(12.0, 16.0), formula=part("hto", "chcm")), q("HEMATOCRITO", "%", 41.0, 53.0, 1, "4544-3", women=(36.0, 46.0), key="hto"), q("VOLUMEN CORPUSCULAR MEDIO (VCM)", "fL", 80.0, 100.0, 1, "787-2"), q("RECUENTO DE PLAQUETAS", "10^3/uL", 150, 450, 0, "777-3"),
            q("VELOCIDAD DE SEDIMENTACIÓN GLOBULAR", "mm/h", None, 20, 0, "", detail="Fotometría capilar"), q("HEMOGLOBINA GLICOSILADA (HbA1c)", "%", None, None, 1, "4548-4", around=5.7, reference="No diabético: Menor de 5.7\nPrediabetes: 5.7 - 6.4\nDiabetes: Mayor o igual a 6.5", detail="HPLC"),
        )),
        ("COAGULACIÓN", (q("TIEMPO DE PROTROMBINA (PT)", "seg", 9.9, 11.8, 1, "5902-2", detail="Coagulométrica"), q("INR", "", 0.90, 1.20, 2, "6301-6"), q("TIEMPO DE TROMBOPLASTINA PARCIAL (PTT)", "seg", 25.0, 31.3, 1, "14979-9", detail="Coagulométrica"))),
        ("INMUNOLOGÍA Y HORMONAS", (
            q("HORMONA ESTIMULANTE DEL TIROIDES (TSH)", "uUI/mL", 0.27, 4.20, 2, "3016-3", below=0.01, detail="Electroquimioluminiscencia"), q("TIROXINA LIBRE (T4 LIBRE)", "ng/dL", 0.93, 1.70, 2, "3024-7", detail="Electroquimioluminiscencia"), q("FERRITINA", "ng/mL", 30, 400, 0, "2276-4", women=(13, 150)), q("VITAMINA B12", "pg/mL", 197, 771, 0, "2132-9"), q("VITAMINA D 25-HIDROXI", "ng/mL", None, None, 1, "", around=28, reference="Deficiencia: Menor de 20.0\nInsuficiencia: 20.0 - 29.9\nSuficiencia: 30.0 - 100.0"),
            w("ANTÍGENO DE SUPERFICIE HEPATITIS B", REACTIVE, "5196-1", "NO REACTIVO", detail="Quimioluminiscencia"), w("VIH 1 Y 2 ANTICUERPOS Y ANTÍGENO p24", REACTIVE, "56888-1", "NO REACTIVO", detail="Quimioluminiscencia"), w("PRUEBA NO TREPONÉMICA (VDRL)", ("NO REACTIVO", "REACTIVO 1:4"), "", "NO REACTIVO", detail="Floculación"),
        )),
        ("UROANÁLISIS", (
            w("COLOR", ("AMARILLO", "ÁMBAR"), "5778-6", free=True), w("ASPECTO", ("LÍMPIDO", "LIGERAMENTE TURBIO"), "5767-9", free=True), q("DENSIDAD", "", 1.005, 1.030, 3, "5811-5"), q("pH", "", 5.0, 8.0, 1, "5803-2"), w("PROTEÍNAS EN ORINA", NEGATIVE, "20454-5", "NEGATIVO"), w("NITRITOS", ("NEGATIVO", "POSITIVO"), "5802-4", "NEGATIVO"), w("LEUCOCITOS (SEDIMENTO)", ("0 - 2", "6 - 10", "15 - 20"), "", "0 - 5", unit="xCAP"), w("BACTERIAS", ("ESCASAS", "MODERADAS"), "", "ESCASAS"),
        )),
    ),
    unprinted=(
        q("lin", "%", None, None, 1, "", around=30), q("mon", "%", None, None, 1, "", around=8), q("eos", "%", None, None, 1, "", around=2.5), q("chcm", "g/dL", 32.2, 35.5, 1, ""),
        q("neu", "%", None, None, 1, "", formula=left(100, "lin", "mon", "eos")),
    ),
)  # fmt: skip
