"""A Brazilian diagnostic chain across: material and method in a column, (A) and (B) behind the value, ranges of both sexes, two former results."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fourth.formulas import cholesterol, filtration, mean_haemoglobin, minus, ratio, red, rest, share
from tests.generators.fourth.model import Case, Form, Formula, Line, Test, q, w
from tests.generators.sheet import Color, Flow, Sheet

LEFT, MATERIAL, VALUE, LETTER, UNIT, RANGE, ONE, TWO = 40.0, 252.0, 432.0, 437.0, 458.0, 540.0, 738.0, 802.0
PERCENT, PERCENT_MARK, PERCENT_RANGE, COUNT, COUNT_MARK, COUNT_RANGE = 312.0, 317.0, 340.0, 480.0, 485.0, 520.0
ORANGE: Color = (196, 84, 0)
SAND: Color = (247, 238, 226)
GREY: Color = (100, 100, 100)


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.disc(LEFT + 12, 34, 12, ORANGE)
    sheet.text(LEFT + 32, 34, case.form.lab, 14, "B", color=ORANGE)
    sheet.text(
        LEFT + 32, 44, "Unidade Represa Nova - Rua das Comportas, 455 - Campinas - SP - CEP 13099-999", 7.5, color=GREY
    )
    sheet.text(TWO, 34, f"Página: {sheet.pages}/{{nb}}", 8, align="R")
    sheet.text(TWO, 44, "CRBM/SP 99.998 - CNES 9999980", 7.5, align="R", color=GREY)
    sheet.rule(LEFT, 52, TWO, 52, 1.2, ORANGE)
    facts = (
        ((LEFT, f"Cliente: {who.given} {who.family}"), (330, f"Ficha: {case.accession}"), (560, f"Coleta: {case.collected:%d/%m/%Y %H:%M}")),
        ((LEFT, f"Data de Nascimento: {who.birth_date:%d/%m/%Y}   Idade: {case.years} A"), (330, f"Prontuário: {who.mrn}"), (560, f"Recebimento: {case.received:%d/%m/%Y %H:%M}")),
        ((LEFT, f"Sexo: {case.pick('Feminino', 'Masculino')}"), (330, "Médico: Dr. Otávio Sarmento Leal - CRM 99997"), (560, f"Liberação: {case.reported:%d/%m/%Y %H:%M}")),
    )  # fmt: skip
    for place, row in enumerate(facts):
        for x, fact in row:
            sheet.text(x, 64 + 11.5 * place, fact, 9)
    sheet.rule(LEFT, 92, TWO, 92, 0.5, ORANGE)
    sheet.text(LEFT, 580, "(A) acima e (B) abaixo do valor de referência. A interpretação dos resultados depende de avaliação médica.", 6.5, color=GREY)  # fmt: skip
    sheet.text(TWO, 580, "Responsável técnica: Dra. Yara Munhoz Peixoto - CRBM 9998", 6.5, align="R", color=GREY)
    return 110


def _heads(sheet: Sheet, case: Case, y: float) -> None:
    for x, head, align in (
        (LEFT + 6, "Exame", "L"),
        (MATERIAL, "Material / Método", "L"),
        (VALUE, "Resultado", "R"),
        (UNIT, "Unidade", "L"),
        (RANGE, "Valores de Referência", "L"),
    ):
        sheet.text(x, y, head, 7.5, "B", align=align, color=ORANGE)
    for x, days in ((ONE, 182), (TWO, 371)):
        sheet.text(x, y, f"{case.collected - timedelta(days=days):%d/%m/%Y}", 7.5, "B", align="R", color=ORANGE)


def _row(sheet: Sheet, flow: Flow, case: Case, one: Line) -> None:
    lines = one.ranges
    tall = 10 * len(lines) + 4 + (10 if one.comment else 0)
    if flow.need(tall):
        _title(sheet, flow, case, f"{one.section} (continuação)")
    one.page = sheet.pages
    sheet.text(LEFT + 6, flow.y, one.test.name, 9, "B", fit=206)
    sheet.text(MATERIAL, flow.y, one.test.detail, 7, color=GREY, fit=128)
    sheet.text(VALUE, flow.y, one.value, 9.5, "B", align="R")
    sheet.text(LETTER, flow.y, one.flag, 9, "B", color=(190, 0, 0))
    sheet.text(UNIT, flow.y, one.test.unit, 8.5, fit=78)
    for place, line in enumerate(lines):
        sheet.text(RANGE, flow.y + 10 * place, line, 8, fit=146)
    if one.number is not None and one.section != "URINA TIPO I":
        sheet.text(ONE, flow.y, one.previous[0], 8.5, align="R", color=GREY)
        sheet.text(TWO, flow.y, one.previous[1], 8.5, align="R", color=GREY)
    flow.y += tall
    if one.comment:
        sheet.text(LEFT + 16, flow.y - 12, f"Observação: {one.comment}", 7.5, "I")


def _title(sheet: Sheet, flow: Flow, case: Case, title: str, *, heads: bool = True) -> None:
    sheet.box(LEFT, flow.y - 11, TWO - LEFT, 15, fill=SAND)
    sheet.text(LEFT + 6, flow.y, title, 10, "B", color=ORANGE)
    flow.y += 15
    if heads:
        _heads(sheet, case, flow.y)
        flow.y += 13


def _cells(sheet: Sheet, flow: Flow, lines: list[Line]) -> None:
    """Share and count of each kind of white cells on one line, each with its range."""
    for part, whole in zip(lines[::2], lines[1::2], strict=True):
        flow.need(12)
        part.page = whole.page = sheet.pages
        sheet.text(LEFT + 16, flow.y, part.test.name, 9)
        for one, value, mark, span in (
            (part, PERCENT, PERCENT_MARK, PERCENT_RANGE),
            (whole, COUNT, COUNT_MARK, COUNT_RANGE),
        ):
            sheet.text(value, flow.y, one.value, 9.5, "B", align="R")
            sheet.text(mark, flow.y, one.flag, 9, "B", color=(190, 0, 0))
            sheet.text(span, flow.y, one.reference, 8)
        flow.y += 12


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 568, lambda: _open(sheet, case))
    for title, lines in case.sections():
        cells = [one for one in lines if one.test.group]
        flow.need(25 + 12 * len(lines) if cells else 56)
        _title(sheet, flow, case, title, heads=not cells)
        if cells:
            for x, head, align in (
                (PERCENT, "%", "R"),
                (PERCENT_RANGE, "Referência", "L"),
                (COUNT, "/mm³", "R"),
                (COUNT_RANGE, "Referência", "L"),
            ):
                sheet.text(x, flow.y, head, 7.5, "B", align=align, color=ORANGE)
            flow.y += 13
            _cells(sheet, flow, cells)
        for one in lines:
            if not one.test.group:
                _row(sheet, flow, case, one)
        flow.y += 9
    flow.need(20)
    sheet.text(LEFT, flow.y, "Resultados conferidos e liberados eletronicamente por Dra. Yara Munhoz Peixoto.", 8.5)


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
    part = q(name, "%", *percent, 1, codes[0], key=key, group="cells", formula=formula)
    return part, q(name, "/mm³", *count, 0, codes[1], group="cells", formula=share(key))


CELLS = (
    *_kind("Neutrófilos", "neut", (45.0, 70.0), (1800, 7500), ("770-8", "751-8"), formula=rest("eos", "baso", "lymph", "mono")),
    *_kind("Eosinófilos", "eos", (1.0, 6.0), (50, 500), ("713-8", "711-2")),
    *_kind("Basófilos", "baso", (0.1, 2.0), (5, 200), ("706-2", "704-7")),
    *_kind("Linfócitos", "lymph", (18.0, 48.0), (1000, 4000), ("736-9", "731-0")),
    *_kind("Monócitos", "mono", (4.0, 12.0), (200, 1000), ("5905-5", "742-7")),
)  # fmt: skip


def _sexes(men: str, women: str) -> str:
    return f"Homens: {men}\nMulheres: {women}"


BLOOD, SERUM, PLASMA = "Sangue total EDTA / Automatizado", "Soro / ", "Plasma citratado / Coagulométrico"
ABSENT = ("Ausente", "Traços", "Presente (+)", "Presente (++)")
ANSWER = ("Não reagente", "Reagente")
LDL = "Ótimo: inferior a 100\nDesejável: 100 a 129\nLimítrofe: 130 a 159\nAlto: 160 a 189"
FORM = Form(
    name="br_paisagem", language="pt", lab="Lumeaçude Medicina Diagnóstica", accession="{number:06d}-{day:%d%m}", draw=draw, paper="a4_landscape", decimal=",", thousands=".", series="sixth",
    span="{low} a {high}", upper="Inferior a {high}", lower="Superior a {low}", past="{sign} {limit}", flags={"LL": "(B)", "L": "(B)", "H": "(A)", "HH": "(A)", "A": "(A)"},
    unprinted=(q("wbc_k", "", 4.0, 10.0, 2, "", key="wbc_k"), q("pus", "", None, 100, 0, "", key="pus"), q("blood", "", None, 100, 0, "", key="blood")),
    sections=(
        ("HEMOGRAMA COMPLETO", (
            q("Hemácias", "milhões/mm³", 4.30, 5.70, 2, "789-8", women=(3.90, 5.00), formula=red(1000), reference=_sexes("4,30 a 5,70", "3,90 a 5,00"), detail=BLOOD), q("Hemoglobina", "g/dL", 13.5, 17.5, 1, "718-7", women=(12.0, 15.5), key="hgb", reference=_sexes("13,5 a 17,5", "12,0 a 15,5"), detail=BLOOD), q("Hematócrito", "%", 39.0, 50.0, 1, "4544-3", women=(35.0, 45.0), formula=ratio("hgb", "mchc", 100), reference=_sexes("39,0 a 50,0", "35,0 a 45,0"), detail=BLOOD),
            q("V.C.M.", "fL", 81.0, 98.0, 1, "787-2", key="mcv"), q("H.C.M.", "pg", 26.0, 34.0, 1, "785-6", formula=mean_haemoglobin(0.01)), q("C.H.C.M.", "g/dL", 31.0, 36.0, 1, "786-4", key="mchc"), q("R.D.W.", "%", 11.5, 15.0, 1, "788-0"), q("Leucócitos", "/mm³", 4000, 10000, 0, "6690-2", key="wbc", formula=lambda v: 1000 * v["wbc_k"], detail=BLOOD), q("Plaquetas", "mil/mm³", 150, 450, 0, "777-3", detail=BLOOD, remark="Presença de agregados plaquetários."),
        )),
        ("LEUCOGRAMA", CELLS),
        ("COAGULAÇÃO", (q("Tempo de protrombina (TAP)", "segundos", 10.0, 14.0, 1, "5902-2", detail=PLASMA), q("Atividade de protrombina", "%", 70, 120, 0, "5894-1"), q("R.N.I.", "", 0.90, 1.20, 2, "6301-6"), q("TTPA", "segundos", 25.0, 36.0, 1, "14979-9", detail=PLASMA))),
        ("BIOQUÍMICA", (
            q("Glicose", "mg/dL", 70, 99, 0, "2345-7", detail="Plasma fluoretado / Hexoquinase"), q("Hemoglobina glicada (HbA1c)", "%", None, 5.6, 1, "4548-4", key="a1c", around=5.4, reference="Normal: inferior a 5,7\nPré-diabetes: 5,7 a 6,4\nDiabetes: igual ou superior a 6,5", detail="Sangue total EDTA / HPLC"), q("Glicose média estimada", "mg/dL", None, None, 0, "27353-2", formula=lambda v: 28.7 * v["a1c"] - 46.7, reference=""), q("Ureia", "mg/dL", 16, 48, 0, "3091-6", detail=SERUM + "Urease"), q("Creatinina", "mg/dL", 0.70, 1.20, 2, "2160-0", women=(0.50, 0.90), key="creatinine", reference=_sexes("0,70 a 1,20", "0,50 a 0,90"), detail=SERUM + "Jaffé cinético"), q("Taxa de filtração glomerular (CKD-EPI 2021)", "mL/min/1,73m²", 60, None, 0, "98979-8", formula=filtration(1)),
            q("Ácido úrico", "mg/dL", 3.5, 7.2, 1, "3084-1", women=(2.6, 6.0), detail=SERUM + "Uricase"), q("Sódio", "mEq/L", 136, 145, 0, "2951-2", detail=SERUM + "Eletrodo seletivo"), q("Potássio", "mEq/L", 3.5, 5.1, 1, "2823-3", detail=SERUM + "Eletrodo seletivo", remark="Amostra discretamente hemolisada."), q("Colesterol total", "mg/dL", None, 190, 0, "2093-3", key="chol", formula=cholesterol(5), detail=SERUM + "Enzimático"), q("HDL-colesterol", "mg/dL", 40, None, 0, "2085-9", key="hdl", detail=SERUM + "Enzimático"), q("LDL-colesterol", "mg/dL", None, 130, 0, "13457-7", key="ldl", reference=LDL, detail="Cálculo"), q("Não-HDL-colesterol", "mg/dL", None, 160, 0, "43396-1", formula=minus("chol", "hdl"), detail="Cálculo"), q("Triglicérides", "mg/dL", None, 150, 0, "2571-8", key="trig", detail=SERUM + "Enzimático"),
            q("TGO (AST)", "U/L", None, 40, 0, "1920-8", women=(None, 32), detail=SERUM + "Cinético UV"), q("TGP (ALT)", "U/L", None, 41, 0, "1742-6", women=(None, 33), detail=SERUM + "Cinético UV"), q("Gama GT", "U/L", 8, 61, 0, "2324-2", women=(5, 36), detail=SERUM + "Colorimétrico"), q("Ferro sérico", "µg/dL", 65, 175, 0, "2498-4", women=(50, 170), detail=SERUM + "Ferrozina"), q("Ferritina", "ng/mL", 22, 322, 0, "2276-4", women=(10, 291), detail=SERUM + "Quimioluminescência"), q("Proteína C reativa", "mg/L", None, 5.0, 1, "1988-5", below=0.6, detail=SERUM + "Imunoturbidimetria"),
        )),
        ("HORMÔNIOS E VITAMINAS", (
            q("TSH ultrassensível", "µUI/mL", 0.45, 4.50, 2, "3016-3", below=0.01, detail=SERUM + "Quimioluminescência"), q("T4 livre", "ng/dL", 0.80, 1.80, 2, "3024-7", detail=SERUM + "Quimioluminescência"), q("Insulina", "µUI/mL", 2.6, 24.9, 1, "20448-7", detail=SERUM + "Quimioluminescência"), q("25-hidroxivitamina D", "ng/mL", 20.0, None, 1, "62292-8", reference="Deficiência: inferior a 20\nAdequado: 20 a 60\nRisco de toxicidade: superior a 100", detail=SERUM + "Quimioluminescência"), q("Vitamina B12", "pg/mL", 211, 911, 0, "2132-9", above=2000, detail=SERUM + "Quimioluminescência"),
        )),
        ("SOROLOGIA", (w("HBsAg", ANSWER, "5196-1", "Não reagente", detail=SERUM + "Quimioluminescência"), w("Anti-HCV", ANSWER, "13955-0", "Não reagente", detail=SERUM + "Quimioluminescência"), w("HIV 1 e 2, antígeno e anticorpos", ANSWER, "56888-1", "Não reagente", detail=SERUM + "Quimioluminescência"), w("VDRL", ANSWER, "5292-8", "Não reagente", detail=SERUM + "Floculação"))),
        ("URINA TIPO I", (
            q("Densidade", "", 1.005, 1.030, 3, "5811-5", detail="Urina / Tira reagente"), q("pH", "", 5.0, 8.0, 1, "5803-2"), w("Proteínas", ABSENT, "20454-5", "Ausente"), w("Glicose", ABSENT, "25428-4", "Ausente"), w("Nitrito", ABSENT[::2], "5802-4", "Ausente"), q("Leucócitos", "/mL", None, 10000, 0, "30405-5", key="urine white", formula=lambda v: 100 * round(v["pus"])), q("Hemácias", "/mL", None, 10000, 0, "30391-7", key="urine red", formula=lambda v: 100 * round(v["blood"])),
        )),
    ),
)  # fmt: skip
