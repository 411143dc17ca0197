"""A Portuguese hospital whose range and unit come first and today's result last, and a Brazilian laboratory with a box a test."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fourth.formulas import filtration, mean_haemoglobin, ratio, red, rest, share
from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.sheet import Flow, Sheet

LEFT, RANGE, UNITS, ONE, NOW, MARK, RIGHT = 44.0, 232.0, 318.0, 460.0, 532.0, 538.0, 552.0
GREEN, MINT = (0, 96, 60), (228, 242, 234)


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.face("times")
    sheet.text(LEFT, 42, case.form.lab, 15, "B", color=GREEN)
    sheet.text(LEFT, 55, "Serviço de Patologia Clínica - Largo da Represa, 2005-999 Santarém - Tel. 243 999 018", 9)
    sheet.text(RIGHT, 42, "Boletim Analítico", 13, "BI", align="R")
    sheet.rule(LEFT, 62, RIGHT, 62, 1.5, GREEN)
    facts = (
        (f"Utente: {who.given} {who.family}", f"N.º de amostra: {case.accession}"), (f"N.º de processo: {who.mrn}", f"Colheita: {case.collected:%Y-%m-%d %H:%M}"),
        (f"Data de nascimento: {who.birth_date:%Y-%m-%d}   ({case.years} anos)", f"Entrada no laboratório: {case.received:%Y-%m-%d %H:%M}"),
        (f"Sexo: {case.pick('Feminino', 'Masculino')}", f"Data de validação: {case.reported:%Y-%m-%d %H:%M}"), ("Requisitante: Dr. Vasco Albergaria", "Unidade: Consulta de Nefrologia"),
    )  # fmt: skip
    for place, (left, right) in enumerate(facts):
        sheet.text(LEFT, 78 + 13 * place, left, 10, "B" if place == 0 else "")
        sheet.text(330, 78 + 13 * place, right, 10, "B" if place == 0 else "")
    sheet.rule(LEFT, 138, RIGHT, 138, 0.6, GREEN)
    for x, head, align in ((LEFT + 4, "Parâmetro", "L"), (RANGE, "Int. biológico ref.", "L"), (UNITS, "Unid.", "L")):
        sheet.text(x, 156, head, 9.5, "BI", align=align)
    for x, label, day in ((ONE, "Anterior", case.collected - timedelta(days=147)), (NOW, "Atual", case.collected)):
        sheet.text(x, 150, label, 9.5, "BI", align="R")
        sheet.text(x, 160, f"{day:%Y-%m-%d}", 8.5, "I", align="R")
    sheet.rule(LEFT, 165, RIGHT, 165, 0.6, GREEN)
    sheet.text(LEFT, 818, "Legenda: + acima, - abaixo do intervalo. Ensaio acreditado IPAC E0998, NP EN ISO 15189.", 8)
    sheet.text(RIGHT, 818, f"Página {sheet.pages} de {{nb}}", 8.5, align="R")
    return 184


def _row(sheet: Sheet, flow: Flow, one: Line) -> None:
    flow.need(26)
    one.page = sheet.pages
    sheet.text(LEFT + (20 if one.test.group else 8), flow.y, one.test.name, 10)
    sheet.text(RANGE, flow.y, one.reference, 10)
    sheet.text(UNITS, flow.y, one.test.unit, 9.5)
    sheet.text(ONE, flow.y, one.previous[0], 9.5, align="R", color=(100, 100, 100))
    sheet.text(NOW, flow.y, one.value, 10.5, "B", align="R")
    sheet.text(MARK, flow.y, one.flag, 10.5, "B")
    flow.y += 13
    if one.comment:
        sheet.text(LEFT + 24, flow.y - 1, one.comment, 8.5, "I")
        flow.y += 12


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 798, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(52)
        sheet.box(LEFT, flow.y - 11, RIGHT - LEFT, 15, fill=MINT)
        sheet.text(298, flow.y, title, 11, "B", align="C", color=GREEN)
        flow.y += 18
        group = ""
        for one in lines:
            if one.test.group != group:
                group = one.test.group
                flow.need(38)
                sheet.text(LEFT + 8, flow.y, group, 10, "I")
                flow.y += 13
            _row(sheet, flow, one)
        flow.y += 9
    flow.need(36)
    sheet.text(RIGHT, flow.y + 8, "Validação biopatológica: Dra. Ermelinda Vasconcelos", 9.5, "I", align="R")


PARTS = "Contagem diferencial"
FORM = Form(
    name="pt_atual", language="pt", lab="Hospital Distrital da Represa Nova", accession="{day:%j}{number:06d}", draw=draw, decimal=",", thousands=".",
    span="[{low} ; {high}]", upper="[< {high}]", lower="[> {low}]", flags={"LL": "-", "L": "-", "H": "+", "HH": "+"},
    unprinted=(q("eos", "%", None, None, 1, "", around=2.6), q("baso", "%", None, None, 1, "", around=0.6)),
    sections=(
        ("Hematologia", (
            q("Leucócitos", "x10^9/L", 4.0, 11.0, 1, "6690-2", key="wbc"), q("Eritrócitos", "x10^12/L", 4.30, 5.70, 2, "789-8", women=(3.80, 5.00), formula=red(1000)), q("Hemoglobina", "g/dL", 13.2, 17.2, 1, "718-7", women=(11.8, 15.8), key="hgb"),
            q("Hematócrito", "%", 39.0, 50.0, 1, "4544-3", women=(35.0, 45.5), formula=ratio("hgb", "mchc", 100)), q("VGM", "fL", 80.0, 98.0, 1, "787-2", key="mcv"), q("HGM", "pg", 27.0, 33.5, 1, "785-6", formula=mean_haemoglobin(0.01)), q("CHGM", "g/dL", 31.5, 36.0, 1, "786-4", key="mchc"),
            q("RDW", "%", 11.5, 15.0, 1, "788-0"), q("Plaquetas", "x10^9/L", 150, 400, 0, "777-3"),
            q("Neutrófilos (%)", "%", 40.0, 75.0, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso"), group=PARTS), q("Neutrófilos", "x10^9/L", 1.80, 7.70, 2, "751-8", formula=share("neut"), group=PARTS),
            q("Linfócitos (%)", "%", 20.0, 45.0, 1, "736-9", key="lymph", group=PARTS), q("Linfócitos", "x10^9/L", 1.00, 4.00, 2, "731-0", formula=share("lymph"), group=PARTS), q("Monócitos (%)", "%", 3.0, 11.0, 1, "5905-5", key="mono", group=PARTS), q("Monócitos", "x10^9/L", 0.20, 1.00, 2, "742-7", formula=share("mono"), group=PARTS),
        )),
        ("Química Clínica", (
            q("Glucose", "mg/dL", 74, 106, 0, "2345-7"), q("Ureia", "mg/dL", 17, 43, 0, "3091-6"), q("Creatinina", "mg/dL", 0.67, 1.17, 2, "2160-0", women=(0.51, 0.95), key="creatinine"), q("TFG estimada (CKD-EPI 2021)", "mL/min/1,73m²", 60, None, 0, "98979-8", formula=filtration(1), above=90),
            q("Ionograma: sódio", "mmol/L", 136, 145, 0, "2951-2"), q("Ionograma: potássio", "mmol/L", 3.5, 5.1, 1, "2823-3", remark="Soro com hemólise ligeira."), q("Ionograma: cloro", "mmol/L", 98, 107, 0, "2075-0"), q("Cálcio", "mg/dL", 8.6, 10.2, 1, "17861-6"), q("Fósforo inorgânico", "mg/dL", 2.5, 4.5, 1, "2777-1"), q("Magnésio", "mg/dL", 1.6, 2.6, 1, "19123-9"),
            q("Proteínas totais", "g/dL", 6.4, 8.3, 1, "2885-2"), q("Albumina", "g/dL", 3.5, 5.2, 1, "1751-7"), q("AST", "U/L", None, 40, 0, "1920-8"), q("ALT", "U/L", None, 41, 0, "1742-6"), q("Gama-GT", "U/L", None, 60, 0, "2324-2"), q("Bilirrubina total", "mg/dL", None, 1.20, 2, "1975-2", below=0.15),
            q("Proteína C reativa", "mg/L", None, 5.0, 1, "1988-5", below=0.3), q("Ferro", "µg/dL", 59, 158, 0, "2498-4", women=(37, 145)), q("Ferritina", "ng/mL", 30, 400, 0, "2276-4", women=(15, 150)), q("Transferrina", "mg/dL", 200, 360, 0, "3034-6"),
        )),
        ("Endocrinologia", (q("TSH", "µUI/mL", 0.270, 4.200, 3, "3016-3", below=0.005), q("PTH intacta", "pg/mL", 15, 65, 0, "2731-8", remark="Interpretar em função do cálcio e da vitamina D."), q("25-hidroxivitamina D", "ng/mL", 30.0, 100.0, 1, "62292-8", below=4.0))),
        ("Urina (amostra ocasional)", (
            w("Cor", ("Amarela", "Âmbar"), "5778-6"), q("Densidade", "", 1.005, 1.030, 3, "5811-5"), q("pH", "", 5.0, 8.0, 1, "5803-2"), w("Proteínas na urina", ("Negativo", "Vestígios", "++"), "20454-5", "[Negativo]"), w("Corpos cetónicos", ("Negativo", "+", "++"), "2514-8", "[Negativo]"),
            w("Nitritos", ("Negativo", "Positivo"), "5802-4", "[Negativo]"), q("Albumina na urina", "mg/L", None, 20.0, 1, "14957-5", below=3.0),
        )),
    ),
)  # fmt: skip


def _open_cards(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.box(0, 0, sheet.width, 18, fill=(90, 60, 140))
    sheet.text(32, 42, case.form.lab, 16, "B", color=(90, 60, 140))
    sheet.text(32, 54, "Rua da Barragem, 318 - Londrina/PR - CNPJ 99.999.999/0001-99 - (43) 5555-0160", 8)
    sheet.text(32, 74, f"Cliente: {who.given} {who.family}", 9.5, "B")
    sheet.text(
        32,
        87,
        f"Data de Nascimento: {who.birth_date:%d/%m/%Y}   Sexo: {case.pick('Feminino', 'Masculino')}   Registro: {who.mrn}",
        8.5,
    )
    sheet.text(32, 99, "Médico: Dra. Iolanda Sarmento CRM-PR 99999   Convênio: Saúde Açude", 8.5)
    sheet.text(350, 74, f"Atendimento: {case.accession}", 9.5, "B")
    sheet.text(350, 87, f"Coletado em: {case.collected:%d/%m/%Y %H:%M}", 8.5)
    sheet.text(350, 99, f"Liberado em: {case.reported:%d/%m/%Y %H:%M}", 8.5)
    sheet.text(
        32,
        822,
        "Resp. Técnico: Dr. Evandro Tibiriçá CRF-PR 99999. Acreditado PALC. A interpretação deste laudo cabe ao médico.",
        7,
    )
    sheet.text(563, 822, f"Página {sheet.pages}/{{nb}}", 7.5, align="R")
    return 116


def _card(sheet: Sheet, case: Case, one: Line, x: float, y: float) -> None:
    one.page = sheet.pages
    sheet.box(x, y, 258, 74, edge=(150, 140, 175), width=0.6)
    sheet.box(x, y, 258, 17, fill=(236, 231, 245), edge=(150, 140, 175), width=0.6)
    sheet.text(x + 7, y + 12, one.test.name, 9, "B")
    sheet.text(x + 7, y + 30, "Resultado", 7.5, color=(100, 100, 100))
    sheet.text(x + 7, y + 48, one.value, 14, "B")
    sheet.text(x + 13 + sheet.measure(one.value, 14, "B"), y + 48, one.test.unit, 9)
    sheet.text(x + 150, y + 30, "Valor de referência", 7.5, color=(100, 100, 100))
    sheet.text(x + 150, y + 47, one.reference, 9)
    day = case.collected - timedelta(days=204)
    sheet.text(x + 7, y + 67, f"Material: {one.test.group or 'Soro'} / {one.test.detail}", 7, color=(110, 110, 110))
    sheet.text(x + 251, y + 67, f"Anterior ({day:%d/%m/%y}): {one.previous[0]}", 7, align="R", color=(110, 110, 110))


def draw_cards(sheet: Sheet, case: Case) -> None:
    """Draw two boxes a line."""
    flow = Flow(sheet, 808, lambda: _open_cards(sheet, case))
    for title, lines in case.sections():
        flow.need(104)
        sheet.text(32, flow.y + 8, title, 11, "B", color=(90, 60, 140))
        flow.y += 16
        for start in range(0, len(lines), 2):
            flow.need(82)
            for place, one in enumerate(lines[start : start + 2]):
                _card(sheet, case, one, 32 + 273.0 * place, flow.y)
            flow.y += 82
        flow.y += 8


CLIA, COLOR, BLOOD = "Quimioluminescência", "Colorimétrico", "Sangue total"
CARDS = Form(
    name="br_quadros", language="pt", lab="Laboratório Barragem Análises Clínicas", accession="{day:%y}.{number:06d}", draw=draw_cards, decimal=",", thousands=".", received=False,
    span="{low} a {high}", upper="até {high}", lower="acima de {low}", past="{sign} {limit}",
    sections=(
        ("Bioquímica", (
            q("Glicemia de jejum", "mg/dL", 70, 99, 0, "2345-7", detail="Hexoquinase"), q("Hemoglobina glicada (HbA1c)", "%", 4.0, 5.6, 1, "4548-4", detail="HPLC", group=BLOOD), q("Ureia", "mg/dL", 15, 39, 0, "3091-6", detail="UV"), q("Creatinina", "mg/dL", 0.60, 1.30, 2, "2160-0", detail=COLOR),
            q("Ácido úrico", "mg/dL", 2.6, 7.2, 1, "3084-1", detail=COLOR), q("Colesterol total", "mg/dL", None, 190, 0, "2093-3", detail=COLOR), q("Colesterol HDL", "mg/dL", 40, None, 0, "2085-9", detail=COLOR), q("Triglicerídeos", "mg/dL", None, 150, 0, "2571-8", detail=COLOR),
            q("Transaminase oxalacética (AST/TGO)", "U/L", 5, 40, 0, "1920-8", detail="Cinético"), q("Transaminase pirúvica (ALT/TGP)", "U/L", 7, 56, 0, "1742-6", detail="Cinético"),
        )),
        ("Eletrólitos", (q("Sódio", "mmol/L", 136, 145, 0, "2951-2", detail="Íon seletivo"), q("Potássio", "mmol/L", 3.5, 5.1, 1, "2823-3", detail="Íon seletivo"))),
        ("Hormônios e vitaminas", (
            q("TSH ultrassensível", "µUI/mL", 0.45, 4.50, 2, "3016-3", below=0.01, detail=CLIA), q("T4 livre", "ng/dL", 0.70, 1.48, 2, "3024-7", detail=CLIA), q("Ferritina", "ng/mL", 22, 322, 0, "2276-4", detail=CLIA), q("Vitamina B12", "pg/mL", 211, 911, 0, "2132-9", below=50, detail=CLIA),
        )),
        ("Imunologia", (
            q("Proteína C reativa", "mg/L", None, 5.0, 1, "1988-5", below=0.5, detail="Turbidimetria"), w("Hepatite B - HBsAg", ("Não reagente", "Reagente"), "5196-1", "Não reagente", detail=CLIA), w("Hepatite C - Anti-HCV", ("Não reagente", "Reagente"), "13955-0", "Não reagente", detail=CLIA), w("HIV 1 e 2 - Antígeno e anticorpos", ("Não reagente", "Reagente"), "56888-1", "Não reagente", detail=CLIA),
        )),
    ),
)  # fmt: skip
