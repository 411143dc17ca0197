"""A Portuguese hospital's bulletin: small panels in two columns side by side, A and B behind values outside their range."""

from __future__ import annotations

from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.seventh.sums import clearance, left, part, total
from tests.generators.sheet import Color, Sheet

LEFT, RIGHT, BOTTOM = 34.0, 561.0, 786.0
WIDE = 256.0
SIDES = (LEFT, RIGHT - WIDE)
VALUE, MARK, UNIT, RANGE = 120.0, 123.0, 133.0, 178.0
GREY: Color = (90, 90, 90)
SAMPLES = {
    "HEMOGRAMA": "Sangue (EDTA)", "COAGULAÇÃO": "Plasma (citrato)", "URINA TIPO II": "Urina (2ª micção)", "HEMOGLOBINA GLICADA": "Sangue (EDTA)",
}  # fmt: skip


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.page()
    sheet.text(LEFT, 38, case.form.lab, 12, "B")
    sheet.text(LEFT, 49, "Serviço de Patologia Clínica - Direção: Dra. Benedita Sarmento", 8)
    sheet.text(LEFT, 59, "Rua da Azenha Velha, 3999-001 Vale do Mondego - Tel. 239 999 100", 8)
    sheet.text(RIGHT, 38, "BOLETIM DE ANÁLISES", 12, "B", align="R")
    sheet.text(RIGHT, 59, f"Pág. {sheet.pages} de {{nb}}", 8, align="R")
    sheet.box(LEFT, 65, RIGHT - LEFT, 52, fill=(240, 240, 236))
    facts = (
        (f"Utente: {who.given} {who.family}", f"N.º da requisição: {case.accession}", f"Colheita: {case.collected:%d-%m-%Y %H:%M}"),
        (f"Data de nascimento: {who.birth_date:%d-%m-%Y}", f"N.º de processo: {who.mrn}", f"Receção: {case.received:%d-%m-%Y %H:%M}"),
        (f"Sexo: {case.pick('Feminino', 'Masculino')}     Idade: {case.years} anos", "Proveniência: Consulta Externa", f"Emissão: {case.reported:%d-%m-%Y %H:%M}"),
        ("Médico requisitante: Dr. Baltazar Quintela", "Subsistema: SNS", "Boletim final"),
    )  # fmt: skip
    for place, row in enumerate(facts):
        for x, text in zip((LEFT + 6, 242, 416), row, strict=True):
            sheet.text(x, 76 + 12 * place, text, 8.5, "B" if place == 0 else "", fit=200 if x < 50 else 168)
    sheet.text(LEFT, 804, "A - Acima do intervalo de referência   B - Abaixo do intervalo de referência   * - Resultado alterado", 7)  # fmt: skip
    sheet.text(LEFT, 814, "Os resultados referem-se apenas às amostras analisadas. Validado por: Dra. Benedita Sarmento (O.M. 99999)", 7)  # fmt: skip
    return 136


def _tall(one: Line) -> float:
    return 10.8 + 9 * (len(one.ranges) - 1) + 8.5 * (bool(one.test.detail) + bool(one.comment))


def _panel(sheet: Sheet, title: str, lines: list[Line], x: float, y: float) -> None:
    sheet.box(x, y - 9.5, WIDE, 13, fill=(70, 84, 96))
    sheet.text(x + 4, y, title, 8.5, "B", color=(255, 255, 255))
    sheet.text(x + WIDE - 4, y, SAMPLES.get(title, "Soro"), 7.5, align="R", color=(255, 255, 255))
    y += 12.5
    sheet.text(x + 2, y, "Análise", 7, "I", color=GREY)
    sheet.text(x + VALUE, y, "Resultado", 7, "I", align="R", color=GREY)
    sheet.text(x + UNIT, y, "Unidades", 7, "I", color=GREY)
    sheet.text(x + RANGE, y, "Interv. ref.", 7, "I", color=GREY)
    y += 11
    for one in lines:
        one.page = sheet.pages
        bold = "B" if one.state else ""
        sheet.text(x + 2, y, one.test.name, 8)
        sheet.text(x + VALUE, y, one.value, 8, bold, align="R")
        sheet.text(x + MARK, y, one.flag, 8, "B")
        sheet.text(x + UNIT, y, one.test.unit, 7.5)
        for place, text in enumerate(one.ranges):
            sheet.text(x + RANGE, y + 9 * place, text, 7.5)
        below = y + 9 * (len(one.ranges) - 1) + 8.5
        for text, style in ((one.test.detail, "I"), (one.comment, "")):
            if text:
                sheet.text(x + 8, below, text, 6.8, style, color=GREY if style else (0, 0, 0))
                below += 8.5
        y += _tall(one)


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    top, side = _open(sheet, case), 0
    y = top
    for title, lines in case.sections():
        tall = 23.5 + sum(map(_tall, lines))
        if y + tall > BOTTOM:
            side += 1
            if side == len(SIDES):
                _open(sheet, case)
                side = 0
            y = top
        _panel(sheet, title, lines, SIDES[side], y)
        y += tall + 10


NEGATIVE = ("Negativo", "Vestígios", "+", "++")
REACTIVE = ("Não reativo", "Reativo")
FORM = Form(
    name="pt_lado_a_lado", language="pt", lab="Hospital Distrital de Vale do Mondego", accession="{day:%y%j}{number:05d}", draw=draw, series="seventh", decimal=",",
    span="{low} - {high}", upper="< {high}", lower="> {low}", past="<{limit}", flags={"LL": "B", "L": "B", "H": "A", "HH": "A", "A": "*"},
    sections=(
        ("HEMOGRAMA", (
            q("Eritrócitos", "10^12/L", 4.50, 5.90, 2, "789-8", women=(4.00, 5.20), formula=lambda at: at["hct"] * 10 / at["vgm"]), q("Hemoglobina", "g/dL", 13.5, 17.5, 1, "718-7", women=(12.0, 16.0), formula=part("hct", "chgm")), q("Hematócrito", "%", 41.0, 53.0, 1, "4544-3", women=(36.0, 46.0), key="hct"), q("V.G.M.", "fL", 80.0, 97.0, 1, "787-2", key="vgm"), q("H.G.M.", "pg", 27.0, 33.0, 1, "785-6", formula=part("vgm", "chgm")), q("C.H.G.M.", "g/dL", 31.5, 36.0, 1, "786-4", key="chgm"), q("R.D.W.", "%", 11.6, 14.0, 1, "788-0"),
            q("Leucócitos", "10^9/L", 4.0, 10.0, 1, "6690-2"), q("Neutrófilos", "%", 40.0, 75.0, 1, "770-8", formula=left(100, "lin", "mon", "eos", "bas")), q("Linfócitos", "%", 20.0, 45.0, 1, "736-9", key="lin"), q("Monócitos", "%", 2.0, 10.0, 1, "5905-5", key="mon"), q("Eosinófilos", "%", None, 6.0, 1, "713-8", key="eos"), q("Basófilos", "%", None, 1.5, 1, "706-2", key="bas"), q("Plaquetas", "10^9/L", 150, 400, 0, "777-3", remark="Contagem confirmada em esfregaço."), q("V.S. (1ª hora)", "mm", None, 20, 0, "", detail="Westergren"),
        )),
        ("COAGULAÇÃO", (q("T. protrombina", "seg", 9.4, 12.5, 1, "5902-2"), q("Taxa protrombina", "%", 70, 120, 0, "5894-1"), q("INR", "", 0.8, 1.2, 1, "6301-6"), q("APTT", "seg", 25.1, 36.5, 1, "14979-9"), q("Fibrinogénio", "mg/dL", 200, 393, 0, ""))),
        ("HEMOGLOBINA GLICADA", (q("HbA1c (NGSP)", "%", 4.0, 6.0, 1, "4548-4", detail="HPLC de troca iónica"),)),
        ("PERFIL LIPÍDICO", (
            q("Colesterol total", "mg/dL", None, 190, 0, "2093-3", formula=total("hdl", "ldl", "tri", 5)), q("Colesterol HDL", "mg/dL", 40, None, 0, "2085-9", key="hdl", women=(45, None)), q("Colesterol LDL", "mg/dL", None, None, 0, "", key="ldl", around=118, reference="Baixo risco: < 116\nRisco mod.: < 100\nAlto risco: < 70"), q("Triglicéridos", "mg/dL", None, 150, 0, "2571-8", key="tri"),
        )),
        ("BIOQUÍMICA", (
            q("Glicose", "mg/dL", 70, 110, 0, "2345-7"), q("Ureia", "mg/dL", 16, 49, 0, "3091-6"), q("Creatinina", "mg/dL", 0.70, 1.20, 2, "2160-0", women=(0.50, 0.90), key="crea", detail="Jaffé compensado"), q("TFG (CKD-EPI)", "mL/min", 60, None, 0, "", formula=clearance("crea")), q("Ácido úrico", "mg/dL", 3.4, 7.0, 1, "3084-1", women=(2.4, 5.7)), q("Sódio", "mmol/L", 135, 145, 0, "2951-2"), q("Potássio", "mmol/L", 3.5, 5.1, 1, "2823-3", remark="Soro ligeiramente hemolisado."), q("Cloro", "mmol/L", 98, 107, 0, "2075-0"), q("Cálcio total", "mg/dL", 8.6, 10.2, 1, "17861-6"),
            q("AST (TGO)", "U/L", None, 40, 0, "1920-8", women=(None, 32)), q("ALT (TGP)", "U/L", None, 41, 0, "1742-6", women=(None, 33)), q("Gama-GT", "U/L", 10, 71, 0, "2324-2", women=(6, 42)), q("Fosf. alcalina", "U/L", 40, 130, 0, "6768-6", women=(35, 105)), q("Bilirrubina total", "mg/dL", None, 1.20, 2, "1975-2"), q("Albumina", "g/dL", 3.5, 5.2, 1, "1751-7"), q("Proteína C reativa", "mg/dL", None, 0.50, 2, "", below=0.06), q("Ferritina", "ng/mL", 30, 400, 0, "2276-4", women=(15, 150)),
        )),
        ("ENDOCRINOLOGIA E VITAMINAS", (
            q("TSH", "µUI/mL", 0.27, 4.20, 2, "3016-3", below=0.01, detail="Eletroquimioluminescência"), q("T4 livre", "ng/dL", 0.93, 1.70, 2, "3024-7"), q("FSH", "mUI/mL", 1.5, 12.4, 1, "15067-2", women=(None, None), around=7, reference_women="Folicular: 3,5 - 12,5\nOvulatória: 4,7 - 21,5\nLútea: 1,7 - 7,7\nMenop.: 25,8 - 134,8"), q("Vitamina B12", "pg/mL", 197, 771, 0, "2132-9"), q("Vitamina D (25-OH)", "ng/mL", None, None, 1, "", around=25, reference="Défice: < 20,0\nInsuf.: 20,0 - 30,0\nSuficiente: > 30,0"),
        )),
        ("SEROLOGIA", (w("AgHBs", REACTIVE, "5196-1"), w("Ac. anti-VHC", REACTIVE, "13955-0"), w("VIH 1/2 (Ag/Ac)", REACTIVE, "56888-1"), q("Ac. anti-HBs", "mUI/mL", None, None, 1, "", around=85, reference="Imune: > 10,0"))),
        ("URINA TIPO II", (
            q("Densidade", "", 1.005, 1.030, 3, "5811-5"), q("pH", "", 5.0, 8.0, 1, "5803-2"), w("Proteínas", NEGATIVE, "20454-5", "Negativo"), w("Glicose (urina)", NEGATIVE, "25428-4", "Negativo"), w("C. cetónicos", NEGATIVE, "2514-8", "Negativo"), w("Nitritos", ("Negativo", "Positivo"), "5802-4", "Negativo"), w("Leucócitos (urina)", ("0 - 2", "6 - 10", "12 - 20"), "", "< 5", unit="/campo"), w("Eritrócitos (urina)", ("0 - 1", "4 - 6", "10 - 15"), "", "< 3", unit="/campo"),
        )),
    ),
)  # fmt: skip
