"""A Brazilian laboratory's report as plain text in Latin-1: a block a test with its material and its method, the blood count as lines with dots."""

from __future__ import annotations

from tests.generators.formats.model import TEXT, Form, says
from tests.generators.fourth.formulas import filtration, mean_haemoglobin, ratio, red, rest
from tests.generators.fourth.model import Case, Formula, Line, q, w

WIDE, HALF = 92, 46


def _head(case: Case) -> list[str]:
    who, stamp = case.patient, "%d/%m/%Y %H:%M"
    facts = (
        (f"Paciente..: {who.given.upper()} {who.family.upper()}", f"Prontuário: {who.mrn}"), (f"Nascimento: {who.birth_date:%d/%m/%Y} ({case.years} anos)", f"Sexo......: {case.pick('Feminino', 'Masculino')}"),
        ("Médico....: Dr. Ubirajara Peçanha CRM 99999", f"Pedido nº.: {case.accession}"), ("Convênio..: Saúde da Serra", f"Coleta....: {case.collected:{stamp}}"), (f"Recebido..: {case.received:{stamp}}", f"Emissão...: {case.reported:{stamp}}"),
    )  # fmt: skip
    return [
        f"{case.form.lab.upper():^{WIDE}}".rstrip(),
        f"{'Praça do Açude, 27 - Ouro Branco da Serra/MG - Tel. (31) 5555-0190':^{WIDE}}".rstrip(),
        "=" * WIDE,
        *(f"{left:<{HALF}}{right}" for left, right in facts),
        "=" * WIDE,
    ]


def _counted(one: Line) -> list[str]:
    lines = [f"{one.test.name + ' ':.<34}: {one.value:>9} {one.test.unit:<14} {one.reference}".rstrip()]
    return lines + ([f"     Obs.: {one.comment}"] if one.comment else [])


def _block(one: Line) -> list[str]:
    material = one.test.group or "Soro"
    lines = [one.test.name, f"{f'Material: {material}':<{HALF}}Método: {one.test.detail}"]
    result = f"Resultado: {one.value} {one.test.unit}".rstrip()
    # the unit is said again behind the limits; the range is what stands before it
    limits = f"{one.reference} {one.test.unit}".strip()
    lines.append(f"{result:<{HALF}}Valor de referência: {limits}" if one.reference else result)
    return [*lines, *((f"Obs.: {one.comment}",) if one.comment else ()), ""]


def write(case: Case) -> tuple[bytes, int]:
    """The text."""
    lines = _head(case)
    for title, group in case.sections():
        lines += ["", f"{title:^{WIDE}}".rstrip(), "-" * WIDE]
        if title in COUNTED:
            lines += [f"{f'Material: {COUNTED[title]}':<{HALF}}Método: Automatizado", ""]
        for one in group:
            lines += _counted(one) if title in COUNTED else _block(one)
    lines += [
        "25-HIDROXIVITAMINA D", f"{'Material: Soro':<{HALF}}Método: Quimioluminescência", "Resultado: em andamento", "", "-" * WIDE,
        "Assinado eletronicamente por: Dra. Zuleica Matoso - CRBM 99999", "A correta interpretação dos exames depende da avaliação do médico.",
    ]  # fmt: skip
    return ("\r\n".join(lines) + "\r\n").encode("cp1252"), 1


def white(kind: str) -> Formula:
    """Cells of one kind a cubic millimetre."""
    return lambda v: v["wbc"] * v[kind] / 100


COUNTED = {"HEMOGRAMA COMPLETO": "Sangue total com EDTA", "URINA TIPO I": "Urina, jato médio"}
COLOR, CLIA, ION = "Enzimático colorimétrico", "Quimioluminescência", "Eletrodo íon seletivo"
SIGN = ("Ausente", "Traços", "Presente +", "Presente ++")
FORM = Form(write=write, media_type=TEXT, says=says(
    "br_blocos_text", "pt", "Laboratório Açude da Serra", "{day:%Y%m}.{number:05d}-{day:%d}", decimal=",", thousands=".", span="{low} a {high}", upper="Inferior a {high}", lower="Superior a {low}", past="{sign} {limit}",
    sections=(
        ("HEMOGRAMA COMPLETO", (
            q("Hemácias", "milhões/mm³", 4.30, 5.70, 2, "789-8", women=(3.90, 5.00), formula=red(1000)), q("Hemoglobina", "g/dL", 13.5, 17.5, 1, "718-7", women=(12.0, 15.5), key="hgb"), q("Hematócrito", "%", 39.0, 50.0, 1, "4544-3", women=(35.0, 45.0), formula=ratio("hgb", "mchc", 100)), q("V.C.M.", "fL", 81.0, 95.0, 1, "787-2", key="mcv"), q("H.C.M.", "pg", 26.0, 34.0, 1, "785-6", formula=mean_haemoglobin(0.01)),
            q("C.H.C.M.", "g/dL", 31.0, 36.0, 1, "786-4", key="mchc"), q("R.D.W.", "%", 11.8, 15.6, 1, "788-0"), q("Leucócitos", "/mm³", 3500, 10500, 0, "6690-2", key="wbc"), q("Segmentados (%)", "%", 40.0, 74.0, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso")), q("Eosinófilos (%)", "%", 1.0, 5.0, 1, "713-8", key="eos"), q("Basófilos (%)", "%", 0.0, 2.0, 1, "706-2", key="baso"),
            q("Linfócitos (%)", "%", 20.0, 45.0, 1, "736-9", key="lymph"), q("Monócitos (%)", "%", 2.0, 10.0, 1, "5905-5", key="mono"), q("Segmentados (absoluto)", "/mm³", 1700, 7000, 0, "751-8", formula=white("neut")), q("Linfócitos (absoluto)", "/mm³", 900, 2900, 0, "731-0", formula=white("lymph")), q("Monócitos (absoluto)", "/mm³", 300, 900, 0, "742-7", formula=white("mono")),
            q("Plaquetas", "/mm³", 150000, 450000, 0, "777-3", remark="Presença de agregados plaquetários."),
        )),
        ("BIOQUÍMICA", (
            q("GLICOSE", "mg/dL", 70, 99, 0, "2345-7", detail="Hexoquinase", group="Plasma fluoretado"), q("HEMOGLOBINA GLICADA (HbA1c)", "%", None, 5.7, 1, "4548-4", detail="HPLC", group="Sangue total", remark="Diabetes mellitus: maior ou igual a 6,5%."), q("UREIA", "mg/dL", 19, 49, 0, "3091-6", detail="Urease"), q("CREATININA", "mg/dL", 0.70, 1.30, 2, "2160-0", women=(0.50, 1.10), detail="Jaffé cinético", key="creatinine"),
            q("TAXA DE FILTRAÇÃO GLOMERULAR (CKD-EPI 2021)", "mL/min/1,73m²", 60, None, 0, "98979-8", detail="Cálculo", formula=filtration(1), above=90), q("ÁCIDO ÚRICO", "mg/dL", 3.4, 7.0, 1, "3084-1", women=(2.4, 6.0), detail=COLOR), q("SÓDIO", "mEq/L", 136, 145, 0, "2951-2", detail=ION), q("POTÁSSIO", "mEq/L", 3.5, 5.1, 1, "2823-3", detail=ION, remark="Amostra levemente hemolisada."), q("CÁLCIO TOTAL", "mg/dL", 8.6, 10.2, 1, "17861-6", detail="Arsenazo III"),
            q("COLESTEROL TOTAL", "mg/dL", None, 190, 0, "2093-3", detail=COLOR), q("COLESTEROL HDL", "mg/dL", 40, None, 0, "2085-9", detail="Enzimático direto"), q("TRIGLICERÍDEOS", "mg/dL", None, 150, 0, "2571-8", detail=COLOR), q("TGO (AST)", "U/L", None, 40, 0, "1920-8", detail="IFCC, cinético UV"), q("TGP (ALT)", "U/L", None, 41, 0, "1742-6", detail="IFCC, cinético UV"), q("GAMA GT", "U/L", 8, 61, 0, "2324-2", women=(5, 36), detail="Szasz"),
            q("BILIRRUBINA TOTAL", "mg/dL", 0.20, 1.20, 2, "1975-2", detail="DPD"), q("PROTEÍNA C REATIVA", "mg/L", None, 5.0, 1, "1988-5", below=0.6, detail="Imunoturbidimetria"),
        )),
        ("URINA TIPO I", (q("Densidade", "", 1.005, 1.030, 3, "5811-5"), q("pH", "", 5.0, 7.0, 1, "5803-2"), w("Proteínas", SIGN, "20454-5", "Ausente"), w("Glicose", SIGN, "25428-4", "Ausente"), w("Corpos cetônicos", SIGN, "2514-8", "Ausente"), w("Nitrito", ("Negativo", "Positivo"), "5802-4", "Negativo"))),
        ("HORMÔNIOS E SOROLOGIA", (
            q("TSH ULTRASSENSÍVEL", "µUI/mL", 0.45, 4.50, 2, "3016-3", below=0.01, detail=CLIA), q("T4 LIVRE", "ng/dL", 0.70, 1.80, 2, "3024-7", detail=CLIA), q("FERRITINA", "ng/mL", 22, 322, 0, "2276-4", women=(10, 291), detail=CLIA), q("VITAMINA B12", "pg/mL", 211, 911, 0, "2132-9", below=80, detail=CLIA), w("HBsAg", ("Não reagente", "Reagente"), "5196-1", "Não reagente", detail=CLIA), w("ANTI-HCV", ("Não reagente", "Reagente"), "13955-0", "Não reagente", detail=CLIA),
        )),
    ),
))  # fmt: skip
