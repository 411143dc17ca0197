"""A Portuguese laboratory on landscape paper in two columns, and a Brazilian one with a block a test."""

from __future__ import annotations

from tests.generators.sheet import Flow, Sheet
from tests.generators.third.model import Case, Form, Line, q, w


def _open_wide(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(40, 36, case.form.lab, 14, "B", color=(90, 40, 110))
    sheet.text(
        800, 36, "Rua da Levada 77, 4050-099 Porto · Telefone 229 999 014 · Acreditação IPAC E0099", 8, align="R"
    )
    sheet.rule(40, 42, 802, 42, 1, (90, 40, 110))
    sheet.text(40, 56, f"Nome: {who.given} {who.family}", 9, "B")
    sheet.text(
        40,
        68,
        f"Data de nascimento: {who.birth_date:%d-%m-%Y}    Sexo: {'Feminino' if who.sex == 'F' else 'Masculino'}    N.º utente: {who.mrn}",
        9,
    )
    sheet.text(430, 56, f"N.º requisição: {case.accession}    Médico: Dra. Teresa Vilaverde", 9)
    sheet.text(
        430,
        68,
        f"Colheita: {case.collected:%d-%m-%Y %H:%M}    Receção: {case.received:%d-%m-%Y %H:%M}    Emissão: {case.reported:%d-%m-%Y %H:%M}",
        9,
    )
    for left in (40.0, 430.0):
        sheet.box(left, 78, 372, 14, fill=(236, 228, 240))
        for x, head in ((4, "Análise"), (168, "Resultado"), (226, "Unidades"), (290, "V. Referência")):
            sheet.text(left + x, 88, head, 8, "B")
    sheet.text(
        40, 578, f"Pág. {sheet.pages}/{{nb}}    Validado por: Dr. Abílio Seixas, Especialista em Patologia Clínica", 8
    )
    return 108


def draw_wide(sheet: Sheet, case: Case) -> None:
    """Draw two columns, the left one filled first."""
    sheet.page()
    top = _open_wide(sheet, case)
    left, y = 40.0, top
    for title, lines in case.sections():
        if y + 15 + 13 * min(3, len(lines)) > 560:
            left, y = 430.0, top
        sheet.text(left + 2, y, title, 9, "B", color=(90, 40, 110))
        y += 14
        for one in lines:
            if y > 560:
                left, y = 430.0, top
            _cells(sheet, one, left, y)
            y += 13
        y += 6


def _cells(sheet: Sheet, one: Line, left: float, y: float) -> None:
    one.page = sheet.pages
    sheet.text(left + 4, y, one.test.name, 8.5, fit=150)
    sheet.text(left + 204, y, one.value, 8.5, "B" if one.flag else "", align="R")
    sheet.text(left + 208, y, one.flag, 8.5, "B")
    sheet.text(left + 226, y, one.test.unit, 8.5)
    sheet.text(left + 290, y, one.reference, 8.5)


WIDE = Form(
    name="pt_paisagem", language="pt", lab="Laboratório de Análises Clínicas da Levada", accession="{day:%y%j}{number:05d}", draw=draw_wide, paper="a4_landscape",
    decimal=",", flags=("*", "*"), span="{low} - {high}", upper="< {high}", lower="> {low}",
    sections=(
        ("Hemograma", (
            q("Eritrócitos", "x10^12/L", 3.80, 5.10, 2, "789-8"), q("Hemoglobina", "g/dL", 12.0, 15.5, 1, "718-7"), q("Hematócrito", "%", 36.0, 46.0, 1, "4544-3"),
            q("VGM", "fL", 80, 97, 0, "787-2"), q("HGM", "pg", 27.0, 32.0, 1, "785-6"), q("CHGM", "g/dL", 32.0, 36.0, 1, "786-4"), q("RDW", "%", 11.5, 14.5, 1, "788-0"),
            q("Leucócitos", "x10^9/L", 4.0, 10.0, 1, "6690-2"), q("Neutrófilos", "x10^9/L", 1.8, 7.0, 1, "751-8"), q("Linfócitos", "x10^9/L", 1.0, 3.5, 1, "731-0"),
            q("Plaquetas", "x10^9/L", 150, 400, 0, "777-3"), q("Velocidade de sedimentação", "mm/h", None, 20, 0, "30341-2"),
        )),
        ("Bioquímica", (
            q("Glicose", "mg/dL", 70, 110, 0, "2345-7"), q("Ureia", "mg/dL", 17, 49, 0, "3091-6"), q("Creatinina", "mg/dL", 0.50, 0.90, 2, "2160-0"),
            q("Ácido úrico", "mg/dL", 2.4, 5.7, 1, "3084-1"), q("Sódio", "mEq/L", 136, 145, 0, "2951-2"), q("Potássio", "mEq/L", 3.5, 5.1, 1, "2823-3"),
            q("Cloro", "mEq/L", 98, 107, 0, "2075-0"), q("Cálcio total", "mg/dL", 8.6, 10.0, 1, "17861-6"), q("Fósforo", "mg/dL", 2.5, 4.5, 1, "2777-1"),
            q("AST/TGO", "U/L", None, 32, 0, "1920-8"), q("ALT/TGP", "U/L", None, 33, 0, "1742-6"), q("Gama GT", "U/L", None, 40, 0, "2324-2"),
            q("Fosfatase alcalina", "U/L", 35, 105, 0, "6768-6"), q("Bilirrubina total", "mg/dL", None, 1.20, 2, "1975-2"),
        )),
        ("Lípidos", (q("Colesterol total", "mg/dL", None, 190, 0, "2093-3"), q("Colesterol HDL", "mg/dL", 45, None, 0, "2085-9"), q("Triglicéridos", "mg/dL", None, 150, 0, "2571-8"))),
        ("Função tiroideia", (q("TSH", "mUI/L", 0.27, 4.20, 2, "3016-3"), q("T4 livre", "ng/dL", 0.93, 1.70, 2, "3024-7"))),
        ("Serologia", (w("Antigénio HBs", ("Negativo", "Positivo"), "5196-1", "Negativo"), q("Proteína C reativa", "mg/L", None, 5.0, 1, "1988-5", below=0.6))),
    ),
)  # fmt: skip


def _open_blocks(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(50, 44, case.form.lab, 14, "B")
    sheet.text(50, 56, "Av. das Comportas, 1.250 - Belo Horizonte/MG - CEP 30199-000 - CNES 9999999", 8)
    sheet.rule(50, 62, 546, 62)
    sheet.text(50, 76, f"Paciente: {who.given.upper()} {who.family.upper()}", 9, "B")
    sheet.text(
        50,
        88,
        f"Nascimento: {who.birth_date:%d/%m/%Y}   Idade: {case.years} anos   Sexo: {'Feminino' if who.sex == 'F' else 'Masculino'}",
        9,
    )
    sheet.text(50, 100, f"Prontuário: {who.mrn}   Convênio: PARTICULAR", 9)
    sheet.text(340, 76, f"Pedido: {case.accession}", 9, "B")
    sheet.text(340, 88, f"Coleta: {case.collected:%d/%m/%Y %H:%M}", 9)
    sheet.text(340, 100, f"Recebimento: {case.received:%d/%m/%Y %H:%M}", 9)
    sheet.text(340, 112, f"Emissão: {case.reported:%d/%m/%Y %H:%M}", 9)
    sheet.text(50, 112, "Solicitante: Dr. Ronaldo Bittencourt CRM-MG 99999", 9)
    sheet.rule(50, 118, 546, 118)
    sheet.text(50, 824, f"Responsável técnico: Dra. Jussara Pimenta CRBM 9999   Página {sheet.pages} de {{nb}}", 7.5)
    return 138


def draw_blocks(sheet: Sheet, case: Case) -> None:
    """Draw a block a test."""
    flow = Flow(sheet, 806, lambda: _open_blocks(sheet, case))
    for one in case.lines:
        flow.need(66)
        one.page = sheet.pages
        sheet.text(50, flow.y, one.test.name, 10, "B")
        sheet.text(50, flow.y + 11, f"Material: Soro   Método: {one.section}", 8, color=(80, 80, 80))
        sheet.text(62, flow.y + 25, "Resultado:", 9.5)
        sheet.text(124, flow.y + 25, f"{one.value} {one.test.unit}".strip(), 9.5, "B")
        sheet.text(300, flow.y + 25, "Valores de referência:", 8.5)
        sheet.text(392, flow.y + 25, one.reference, 8.5)
        sheet.rule(50, flow.y + 36, 546, flow.y + 36, 0.2, (170, 170, 170))
        flow.y += 52


BLOCKS = Form(
    name="br_resultado", language="pt", lab="Laboratório Comportas Medicina Diagnóstica", accession="{number:06d}-{day:%y}", draw=draw_blocks,
    decimal=",", thousands=".", span="{low} a {high}", upper="Inferior a {high}", lower="Superior a {low}", heads=False,
    sections=(
        ("Colorimétrico enzimático", (
            q("GLICOSE", "mg/dL", 70, 99, 0, "2345-7"), q("UREIA", "mg/dL", 15, 40, 0, "3091-6"), q("CREATININA", "mg/dL", 0.50, 1.10, 2, "2160-0"),
            q("ÁCIDO ÚRICO", "mg/dL", 2.5, 6.2, 1, "3084-1"), q("COLESTEROL TOTAL", "mg/dL", None, 190, 0, "2093-3"), q("COLESTEROL HDL", "mg/dL", 40, None, 0, "2085-9"),
            q("TRIGLICÉRIDES", "mg/dL", None, 150, 0, "2571-8"),
        )),
        ("Cinético UV", (
            q("TGO - TRANSAMINASE GLUTÂMICO OXALACÉTICA", "U/L", 5, 34, 0, "1920-8"), q("TGP - TRANSAMINASE GLUTÂMICO PIRÚVICA", "U/L", 5, 55, 0, "1742-6"),
            q("GAMA GLUTAMIL TRANSFERASE", "U/L", 9, 36, 0, "2324-2"), q("FOSFATASE ALCALINA", "U/L", 40, 150, 0, "6768-6"),
        )),
        ("Eletrodo íon seletivo", (q("SÓDIO", "mEq/L", 136, 145, 0, "2951-2"), q("POTÁSSIO", "mEq/L", 3.5, 5.1, 1, "2823-3"))),
        ("Quimioluminescência", (
            q("TSH - HORMÔNIO TIREOESTIMULANTE", "µUI/mL", 0.40, 4.30, 2, "3016-3"), q("T4 LIVRE", "ng/dL", 0.70, 1.80, 2, "3024-7"), q("FERRITINA", "ng/mL", 13, 150, 0, "2276-4"),
            q("VITAMINA B12", "pg/mL", 187, 883, 0, "2132-9"), w("HBsAg", ("NÃO REAGENTE", "REAGENTE"), "5196-1", "NÃO REAGENTE"),
        )),
        ("Imunoturbidimetria", (q("PROTEÍNA C REATIVA", "mg/L", None, 5.0, 1, "1988-5", below=0.6),)),
    ),
)  # fmt: skip
