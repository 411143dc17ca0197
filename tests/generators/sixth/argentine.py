"""An Argentine biochemist's protocol in typewriter letters: method and range below each result, cells per cubic millimetre, bold as the only mark."""

from __future__ import annotations

from tests.generators.fourth.formulas import cholesterol, filtration, mean_haemoglobin, minus, ratio, rest, share
from tests.generators.fourth.model import Amounts, Case, Form, Formula, Line, Test, q, w
from tests.generators.sheet import Flow, Sheet

LEFT, VALUE, UNIT, BESIDE, RIGHT = 52.0, 318.0, 328.0, 398.0, 546.0
PERCENT, RELATIVE, COUNT, ABSOLUTE = 214.0, 226.0, 372.0, 384.0
LABEL = "Valor de referencia: "
SIZE = 9.5


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.face("courier")
    sheet.text(LEFT, 42, case.form.lab, 15, "B")
    sheet.text(LEFT, 54, "Dra. Graciela Inchaurregui - Bioquímica - M.P. 9.998", 8.5)
    sheet.text(LEFT, 64, "Bv. del Dique 1840, X5099 Córdoba. Tel. (0351) 555-0142", 8.5)
    sheet.text(RIGHT, 42, f"Hoja {sheet.pages} de {{nb}}", 8.5, align="R")
    sheet.rule(LEFT, 70, RIGHT, 70, 0.8)
    left = (
        f"Paciente   : {who.family.upper()}, {who.given}",
        f"H. Clínica : {who.mrn}",
        f"Fecha Nac. : {who.birth_date:%d/%m/%Y}  Sexo: {case.pick('F', 'M')}",
        "Médico     : Dr. Ledesma, Horacio",
    )
    right = (
        f"Protocolo  : {case.accession}",
        f"Extracción : {case.collected:%d/%m/%Y %H:%M}",
        f"Ingreso    : {case.received:%d/%m/%Y %H:%M}",
        f"Emisión    : {case.reported:%d/%m/%Y %H:%M}",
    )
    for x, facts in ((LEFT, left), (352.0, right)):
        for place, fact in enumerate(facts):
            sheet.text(x, 83 + 11 * place, fact, 8.5)
    sheet.rule(LEFT, 122, RIGHT, 122, 0.8)
    sheet.text(LEFT, 820, "Laboratorio adherido al Programa Provincial de Control de Calidad Externo.", 7)
    return 142


def _line(sheet: Sheet, flow: Flow, one: Line) -> None:
    """A result of the blood count or of the urine: the range on the same line."""
    flow.need(24)
    one.page = sheet.pages
    strong = "B" if one.state else ""
    sheet.text(LEFT + 8, flow.y, one.test.name, SIZE)
    sheet.text(VALUE, flow.y, one.value, SIZE, strong, align="R")
    sheet.text(UNIT, flow.y, one.test.unit, SIZE)
    sheet.text(BESIDE, flow.y, one.reference, SIZE)
    flow.y += 12
    if one.comment:
        sheet.text(LEFT + 8, flow.y, f"Obs: {one.comment}", 8)
        flow.y += 12


def _cells(sheet: Sheet, flow: Flow, part: Line, whole: Line) -> None:
    """Share and count of one kind of white cells on one line under one name."""
    part.page = whole.page = sheet.pages
    sheet.text(LEFT + 8, flow.y, part.test.name, SIZE)
    for one, x, after in ((part, PERCENT, RELATIVE), (whole, COUNT, ABSOLUTE)):
        sheet.text(x, flow.y, one.value, SIZE, "B" if one.state else "", align="R")
        sheet.text(after, flow.y, one.reference, SIZE)
    flow.y += 12


def _formula(sheet: Sheet, flow: Flow, lines: list[Line]) -> None:
    flow.need(100)
    flow.y += 4
    sheet.text(LEFT + 8, flow.y, "FORMULA LEUCOCITARIA", SIZE, "B")
    sheet.text(PERCENT, flow.y, "%", SIZE, "B", align="R")
    sheet.text(COUNT, flow.y, "/mm3", SIZE, "B", align="R")
    flow.y += 13
    for part, whole in zip(lines[::2], lines[1::2], strict=True):
        _cells(sheet, flow, part, whole)
    flow.y += 4


def _block(sheet: Sheet, flow: Flow, one: Line) -> None:
    """A result with its method and its range on lines of their own."""
    ranges = one.ranges if one.reference else ()
    flow.need(14 + 10 * (len(ranges) + bool(one.test.detail) + bool(one.comment)))
    one.page = sheet.pages
    strong = "B" if one.state else ""
    sheet.text(LEFT + 8, flow.y, one.test.name, SIZE, "B")
    sheet.text(VALUE, flow.y, one.value, SIZE, strong, align="R")
    sheet.text(UNIT, flow.y, one.test.unit, SIZE, strong)
    flow.y += 10
    if one.test.detail:
        sheet.text(LEFT + 20, flow.y, f"Método: {one.test.detail}", 8)
        flow.y += 10
    for place, said in enumerate(ranges):
        sheet.text(LEFT + 20, flow.y, LABEL + said if place == 0 else " " * len(LABEL) + said, 8)
        flow.y += 10
    if one.comment:
        sheet.text(LEFT + 20, flow.y, f"Obs: {one.comment}", 8)
        flow.y += 10
    flow.y += 4


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(60)
        sheet.text((LEFT + RIGHT) / 2, flow.y, title, 10.5, "B", align="C")
        wide = sheet.measure(title, 10.5, "B")
        sheet.rule((LEFT + RIGHT - wide) / 2, flow.y + 2, (LEFT + RIGHT + wide) / 2, flow.y + 2, 0.6)
        flow.y += 17
        if title in {"HEMOGRAMA", "ORINA COMPLETA"}:
            for one in (one for one in lines if not one.test.group):
                _line(sheet, flow, one)
        else:
            for one in lines:
                _block(sheet, flow, one)
        cells = [one for one in lines if one.test.group]
        if cells:
            _formula(sheet, flow, cells)
        flow.y += 8
    flow.need(36)
    sheet.text(RIGHT, flow.y + 16, "Dra. Graciela Inchaurregui", SIZE, align="R")
    sheet.text(RIGHT, flow.y + 27, "Bioquímica M.P. 9.998", 8.5, align="R")


def _erythrocytes(v: Amounts) -> float:
    """Red cells per cubic millimetre, rounded as laboratories round them."""
    return round(1e9 * v["hgb"] / v["mchc"] / v["mcv"], -4)


def _kind(
    name: str,
    key: str,
    percent: tuple[float, float],
    count: tuple[float, float],
    codes: tuple[str, str],
    *,
    formula: Formula | None = None,
) -> tuple[Test, Test]:
    """Share and count of one kind of white cells; the heads of the two columns print the units."""
    part = q(name, "%", *percent, 0, codes[0], key=key, group="cells", formula=formula)
    return part, q(name, "/mm3", *count, 0, codes[1], group="cells", formula=share(key))


CELLS = (
    *_kind("Neutrófilos", "neut", (40, 70), (1800, 7300), ("770-8", "751-8"), formula=rest("eos", "baso", "lymph", "mono")),
    *_kind("Eosinófilos", "eos", (1, 5), (50, 500), ("713-8", "711-2")),
    *_kind("Basófilos", "baso", (0, 1), (0, 100), ("706-2", "704-7")),
    *_kind("Linfocitos", "lymph", (20, 45), (900, 4700), ("736-9", "731-0")),
    *_kind("Monocitos", "mono", (2, 10), (90, 1000), ("5905-5", "742-7")),
)  # fmt: skip
ENZYME, KINETIC, CLIA = "Enzimático colorimétrico", "Cinético UV 37°C", "Quimioluminiscencia"
CHOLESTEROL = "Deseable: menor de 200\nLimítrofe: 200 a 239\nElevado: mayor de 239"
ABSENT = ("No contiene", "Vestigios", "Contiene +")
FORM = Form(
    name="es_protocolo", language="es", lab="Laboratorio Las Compuertas", accession="{number:06d}", draw=draw, decimal=",", thousands=".", series="sixth",
    span="{low} - {high}", upper="Hasta {high}", lower="Mayor de {low}", past="{sign} {limit}",
    unprinted=(q("wbc_k", "", 4.5, 10.5, 1, "", key="wbc_k"), q("plt_k", "", 150, 400, 0, "", key="plt_k")),
    sections=(
        ("HEMOGRAMA", (
            q("Hematíes", "/mm3", 4_500_000, 5_900_000, 0, "789-8", women=(4_000_000, 5_200_000), formula=_erythrocytes), q("Leucocitos", "/mm3", 4500, 10500, 0, "6690-2", key="wbc", formula=lambda v: 1000 * v["wbc_k"]), q("Plaquetas", "/mm3", 150_000, 400_000, 0, "777-3", formula=lambda v: 1000 * v["plt_k"]), q("Hemoglobina", "g/dl", 13.5, 17.5, 1, "718-7", women=(12.0, 16.0), key="hgb"), q("Hematocrito", "%", 41, 53, 0, "4544-3", women=(36, 46), formula=ratio("hgb", "mchc", 100)),
            q("V.C.M.", "fl", 80, 98, 0, "787-2", key="mcv"), q("H.C.M.", "pg", 27.0, 33.0, 1, "785-6", formula=mean_haemoglobin(0.01)), q("C.H.C.M.", "g/dl", 32.0, 36.0, 1, "786-4", key="mchc"), q("Eritrosedimentación 1ra hora", "mm", None, 15, 0, "30341-2", women=(None, 20)), *CELLS,
        )),
        ("HEMOSTASIA", (q("TIEMPO DE PROTROMBINA", "seg", 10.0, 14.0, 1, "5902-2", detail="Coagulométrico"), q("ACTIVIDAD PROTROMBINICA", "%", 70, 120, 0, "5894-1"), q("R.I.N.", "", 0.90, 1.20, 2, "6301-6"), q("K.P.T.T.", "seg", 25, 38, 0, "14979-9", detail="Coagulométrico"))),
        ("QUIMICA CLINICA", (
            q("GLUCEMIA", "g/l", 0.70, 1.10, 2, "2345-7", detail="Glucosa oxidasa"), q("UREMIA", "g/l", 0.15, 0.50, 2, "3091-6", detail="Ureasa UV"), q("CREATININEMIA", "mg/l", 7.0, 13.0, 1, "2160-0", women=(6.0, 11.0), key="creatinine", detail="Jaffé cinético"), q("FILTRADO GLOMERULAR (CKD-EPI 2021)", "ml/min/1,73m2", 60, None, 0, "98979-8", formula=filtration(0.1)), q("URICEMIA", "mg/l", 34, 70, 0, "3084-1", women=(24, 60), detail="Uricasa"),
            q("COLESTEROL TOTAL", "mg/dl", None, 200, 0, "2093-3", key="chol", formula=cholesterol(5), reference=CHOLESTEROL, detail=ENZYME), q("COLESTEROL HDL", "mg/dl", 40, None, 0, "2085-9", key="hdl", women=(50, None)), q("COLESTEROL LDL", "mg/dl", None, 130, 0, "13457-7", key="ldl", detail="Cálculo de Friedewald"), q("COLESTEROL NO HDL", "mg/dl", None, 160, 0, "43396-1", formula=minus("chol", "hdl")), q("TRIGLICERIDOS", "mg/dl", None, 150, 0, "2571-8", key="trig", detail=ENZYME),
            q("BILIRRUBINA TOTAL", "mg/dl", None, 1.20, 2, "1975-2", detail="Diazo"), q("BILIRRUBINA DIRECTA", "mg/dl", None, 0.30, 2, "1968-7"), q("T.G.O. (A.S.T.)", "U/l", None, 38, 0, "1920-8", women=(None, 32), detail=KINETIC), q("T.G.P. (A.L.T.)", "U/l", None, 41, 0, "1742-6", women=(None, 31), detail=KINETIC), q("FOSFATASA ALCALINA", "U/l", 65, 300, 0, "6768-6", detail=KINETIC), q("GAMMA GLUTAMIL TRANSPEPTIDASA", "U/l", 11, 50, 0, "2324-2", women=(7, 32), detail=KINETIC),
            q("NATREMIA", "mEq/l", 135, 145, 0, "2951-2", detail="Electrodo selectivo"), q("KALEMIA", "mEq/l", 3.5, 5.0, 1, "2823-3", detail="Electrodo selectivo", remark="Suero con ligera hemólisis."), q("PROTEINA C REACTIVA", "mg/l", None, 5.0, 1, "1988-5", below=1.0, detail="Inmunoturbidimetría"),
        )),
        ("ENDOCRINOLOGIA", (q("TIROTROFINA (TSH)", "µUI/ml", 0.40, 4.20, 2, "3016-3", below=0.05, detail=CLIA), q("T4 LIBRE", "ng/dl", 0.80, 1.90, 2, "3024-7", detail=CLIA), q("ANTICUERPOS ANTI PEROXIDASA (ATPO)", "UI/ml", None, 35, 0, "8099-4", below=10, detail=CLIA))),
        ("SEROLOGIA", (w("V.D.R.L.", ("No reactiva", "Reactiva"), "5292-8", "No reactiva", detail="Floculación"), w("HIV 1-2 Ac + Ag p24", ("No reactivo", "Reactivo"), "56888-1", "No reactivo", detail=CLIA), w("HBsAg (ANTIGENO DE SUPERFICIE)", ("No reactivo", "Reactivo"), "5196-1", "No reactivo", detail=CLIA))),
        ("ORINA COMPLETA", (
            w("Color", ("Amarillo ámbar", "Amarillo claro"), "5778-6", free=True), w("Aspecto", ("Límpido", "Ligeramente turbio"), "5767-9"), q("Densidad", "", 1.005, 1.030, 3, "5811-5", reference=""), q("pH", "", 5.0, 7.5, 1, "5803-2", reference=""), w("Proteínas", ABSENT, "20454-5"), w("Glucosa", ABSENT[::2], "25428-4"), w("Cuerpos cetónicos", ABSENT, "2514-8"), w("Hemoglobina", ABSENT, "5794-3"),
        )),
    ),
)  # fmt: skip
