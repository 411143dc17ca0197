"""An Italian accredited laboratory: the tariff's code before each test, the specimen last, an asterisk in brackets after the value, risk bands in words."""

from __future__ import annotations

from tests.generators.fourth.formulas import (
    as_percent,
    cholesterol,
    filtration,
    mean_haemoglobin,
    ratio,
    red,
    rest,
)
from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.sheet import Color, Flow, Sheet

CODE, NAME, VALUE, STAR, UNIT, RANGE, SAMPLE, RIGHT = 38.0, 82.0, 300.0, 304.0, 324.0, 386.0, 508.0, 558.0
BLUE: Color = (28, 60, 120)
PALE: Color = (222, 230, 242)
GREY: Color = (95, 95, 95)
SAMPLES = {
    "EMATOLOGIA": "Sangue EDTA",
    "COAGULAZIONE": "Plasma citr.",
    "DIABETOLOGIA": "Sangue EDTA",
    "ESAME URINE": "Urine",
}


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(298, 38, case.form.lab, 14, "B", align="C", color=BLUE)
    sheet.text(
        298, 49, "Struttura accreditata con il S.S.N. - Direttore Sanitario: Dott.ssa Ilaria Bragantini", 7.5, align="C"
    )
    sheet.text(298, 58, "Via delle Paratoie 27 - 44099 Ferrara - Tel. 0532 999 910 - P.IVA 99999990380", 7.5, align="C")
    sheet.box(CODE, 66, RIGHT - CODE, 54, edge=BLUE, width=0.6)
    facts = (
        (f"Sig.{case.pick('ra', '')} {who.family.upper()} {who.given.upper()}", f"Accettazione n. {case.accession}"),
        (f"Data di nascita {who.birth_date:%d/%m/%Y}   Anni {case.years}   Sesso {case.pick('F', 'M')}", f"Data prelievo {case.collected:%d/%m/%Y} ore {case.collected:%H:%M}"),
        (f"Codice paziente {who.mrn}   Provenienza ESTERNI", f"Data check-in {case.received:%d/%m/%Y} ore {case.received:%H:%M}"),
        ("Medico curante Dott. Fulvio Zambelli", f"Data referto {case.reported:%d/%m/%Y} ore {case.reported:%H:%M}"),
    )  # fmt: skip
    for place, (one, two) in enumerate(facts):
        sheet.text(CODE + 6, 79 + 12 * place, one, 9, "B" if place == 0 else "")
        sheet.text(346, 79 + 12 * place, two, 9)
    sheet.box(CODE, 127, RIGHT - CODE, 14, fill=BLUE)
    for x, head, align in (
        (CODE + 2, "Codice", "L"),
        (NAME, "Prestazione", "L"),
        (VALUE, "Risultato", "R"),
        (UNIT, "Un. Mis.", "L"),
        (RANGE, "Intervallo di riferimento", "L"),
        (SAMPLE, "Materiale", "L"),
    ):
        sheet.text(x, 137, head, 8, "B", align=align, color=(255, 255, 255))
    sheet.text(CODE, 812, "(*) Valore esterno all'intervallo di riferimento. Referto firmato digitalmente ai sensi del D.Lgs. 82/2005.", 6.5, color=GREY)  # fmt: skip
    sheet.text(
        CODE, 821, f"{who.family.upper()} {who.given.upper()} - Accettazione n. {case.accession}", 6.5, color=GREY
    )
    sheet.text(RIGHT, 821, f"Pag. {sheet.pages} di {{nb}}", 7, align="R")
    return 158


def _row(sheet: Sheet, flow: Flow, one: Line, *, shade: bool) -> None:
    lines, names = one.ranges, sheet.wrap(one.test.name, 166, 8.5)
    tall = 10 * max(len(lines), len(names)) + 3
    flow.need(tall + (11 if one.comment else 0))
    one.page = sheet.pages
    if shade:
        sheet.box(CODE, flow.y - 9, RIGHT - CODE, tall, fill=PALE)
    sheet.text(CODE + 2, flow.y, one.test.detail, 7, color=GREY)
    sheet.text(NAME, flow.y, names[0], 8.5)
    sheet.text(VALUE, flow.y, one.value, 8.5, "B", align="R")
    sheet.text(STAR, flow.y, one.flag, 8.5, "B")
    sheet.text(UNIT, flow.y, one.test.unit, 8, fit=58)
    for place, line in enumerate(lines):
        sheet.text(RANGE, flow.y + 10 * place, line, 8, fit=116)
    sheet.text(SAMPLE, flow.y, SAMPLES.get(one.section, "Siero"), 7.5, color=GREY)
    for place, part in enumerate(names[1:], 1):
        sheet.text(NAME, flow.y + 10 * place, part, 8.5)
    flow.y += tall
    if one.comment:
        sheet.text(NAME, flow.y, f"Nota: {one.comment}", 7.5, "I")
        flow.y += 11


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(44)
        sheet.text(NAME, flow.y, title, 9.5, "B", color=BLUE)
        flow.y += 14
        group = ""
        for place, one in enumerate(lines):
            if one.test.group != group:
                group = one.test.group
                flow.need(26)
                if group:
                    sheet.text(NAME, flow.y, group, 8.5, "BI")
                    flow.y += 12
            _row(sheet, flow, one, shade=place % 2 == 0)
        flow.y += 8
    flow.need(34)
    sheet.text(RIGHT, flow.y + 8, "Il Responsabile del Laboratorio", 8.5, align="R")
    sheet.text(RIGHT, flow.y + 20, "Dott. Ermanno Salvaterra - Biologo", 8.5, "I", align="R")


FORMULA, SEDIMENT = "FORMULA LEUCOCITARIA", "Sedimento"
LDL = "Rischio basso: inf. a 116\nRischio moderato: inf. a 100\nRischio alto: inf. a 70"
CHOLESTEROL = "Desiderabile: inf. a 200\nBorderline: 200 - 239\nElevato: sup. a 239"
VITAMIN = "Carenza: inf. a 10\nInsufficienza: 10 - 30\nSufficienza: 30 - 100\nTossicità: sup. a 100"
ABSENT = ("Assente", "Tracce", "Presente +", "Presente ++")
FORM = Form(
    name="it_prestazioni", language="it", lab="Laboratorio Analisi Cliniche Paratoie S.r.l.", accession="{day:%Y}/{number:06d}", draw=draw, decimal=",", thousands=".", series="sixth",
    span="{low} - {high}", upper="Inf. a {high}", lower="Sup. a {low}", past="{sign} {limit}", flags={"LL": "(*)", "L": "(*)", "H": "(*)", "HH": "(*)", "A": "(*)"},
    sections=(
        ("EMATOLOGIA", (
            q("GLOBULI BIANCHI", "x10^3/µL", 4.00, 10.00, 2, "6690-2", detail="90.62.2"), q("GLOBULI ROSSI", "x10^6/µL", 4.50, 5.90, 2, "789-8", women=(4.10, 5.10), formula=red(1000)), q("EMOGLOBINA", "g/dL", 13.5, 17.5, 1, "718-7", women=(12.0, 16.0), key="hgb", reference="Uomini: 13,5 - 17,5\nDonne: 12,0 - 16,0"), q("EMATOCRITO", "%", 41.0, 53.0, 1, "4544-3", women=(36.0, 46.0), formula=ratio("hgb", "mchc", 100)), q("VOLUME GLOBULARE MEDIO (MCV)", "fL", 80.0, 98.0, 1, "787-2", key="mcv"),
            q("CONTENUTO MEDIO EMOGLOBINA (MCH)", "pg", 27.0, 34.0, 1, "785-6", formula=mean_haemoglobin(0.01)), q("CONCENTRAZIONE MEDIA EMOGLOBINA (MCHC)", "g/dL", 31.5, 36.0, 1, "786-4", key="mchc"), q("PIASTRINE", "x10^3/µL", 150, 400, 0, "777-3", remark="Presenza di aggregati piastrinici allo striscio."),
            q("Neutrofili", "%", 40.0, 75.0, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso"), group=FORMULA), q("Linfociti", "%", 20.0, 45.0, 1, "736-9", key="lymph", group=FORMULA), q("Monociti", "%", 3.4, 11.0, 1, "5905-5", key="mono", group=FORMULA), q("Eosinofili", "%", 0.0, 7.0, 1, "713-8", key="eos", group=FORMULA), q("Basofili", "%", 0.0, 1.5, 1, "706-2", key="baso", group=FORMULA), q("VES (1^ ora)", "mm/h", None, 15, 0, "30341-2", women=(None, 20), detail="90.82.5"),
        )),
        ("COAGULAZIONE", (q("TEMPO DI PROTROMBINA - attività", "%", 70, 120, 0, "5894-1", detail="90.75.4"), q("TEMPO DI PROTROMBINA - INR", "", 0.90, 1.20, 2, "6301-6"), q("TEMPO DI TROMBOPLASTINA PARZIALE", "sec", 24.0, 38.0, 1, "14979-9", detail="90.76.1"))),
        ("CHIMICA CLINICA", (
            q("GLICEMIA", "mg/dL", 70, 100, 0, "2345-7", detail="90.27.1"), q("AZOTEMIA (urea)", "mg/dL", 15, 50, 0, "3091-6", detail="90.44.1"), q("CREATININEMIA", "mg/dL", 0.70, 1.20, 2, "2160-0", women=(0.50, 0.90), key="creatinine", detail="90.16.3"), q("eGFR (CKD-EPI 2021)", "mL/min/1,73mq", 60, None, 0, "98979-8", formula=filtration(1)),
            q("SODIEMIA", "mEq/L", 135, 145, 0, "2951-2", detail="90.40.4"), q("POTASSIEMIA", "mEq/L", 3.5, 5.1, 1, "2823-3", detail="90.37.4", remark="Campione lievemente emolizzato."), q("AST (transaminasi GOT)", "U/L", None, 40, 0, "1920-8", women=(None, 32), detail="90.09.2"), q("ALT (transaminasi GPT)", "U/L", None, 41, 0, "1742-6", women=(None, 33), detail="90.04.5"), q("GAMMA GT", "U/L", 8, 61, 0, "2324-2", women=(5, 36), detail="90.25.5"),
            q("BILIRUBINA TOTALE", "mg/dL", None, 1.20, 2, "1975-2", key="bili", detail="90.10.5"), q("BILIRUBINA DIRETTA", "mg/dL", None, 0.30, 2, "1968-7", key="direct"), q("COLESTEROLO TOTALE", "mg/dL", None, 200, 0, "2093-3", key="chol", formula=cholesterol(5), reference=CHOLESTEROL, detail="90.14.3"), q("COLESTEROLO HDL", "mg/dL", 40, None, 0, "2085-9", key="hdl", detail="90.14.1"), q("COLESTEROLO LDL (calcolato)", "mg/dL", None, 116, 0, "13457-7", key="ldl", reference=LDL), q("TRIGLICERIDI", "mg/dL", None, 150, 0, "2571-8", key="trig", detail="90.43.2"),
            q("FERRITINA", "ng/mL", 30, 400, 0, "2276-4", women=(13, 150), detail="90.22.3"), q("PROTEINA C REATTIVA", "mg/L", None, 5.0, 1, "1988-5", below=0.6, detail="90.72.3"),
        )),
        ("ELETTROFORESI PROTEICA", (
            q("PROTEINE TOTALI", "g/dL", 6.4, 8.3, 1, "2885-2", detail="90.38.5"), q("Albumina", "%", 55.8, 66.1, 1, "13980-8", formula=rest("a1", "a2", "beta", "gamma"), detail="90.38.4"), q("Alfa 1", "%", 2.9, 4.9, 1, "13978-2", key="a1"), q("Alfa 2", "%", 7.1, 11.8, 1, "13981-6", key="a2"), q("Beta", "%", 8.4, 13.1, 1, "13982-4", key="beta"), q("Gamma", "%", 11.1, 18.8, 1, "13983-2", key="gamma"),
        )),
        ("DIABETOLOGIA", (q("EMOGLOBINA GLICATA (IFCC)", "mmol/mol", 20, 42, 0, "59261-8", key="ifcc", detail="90.28.1"), q("EMOGLOBINA GLICATA (DCCT)", "%", 4.0, 6.0, 1, "4548-4", formula=as_percent("ifcc")))),
        ("ORMONI E VITAMINE", (
            q("TIREOTROPINA (TSH)", "mUI/L", 0.27, 4.20, 2, "3016-3", below=0.01, detail="90.42.1"), q("TIROXINA LIBERA (FT4)", "pg/mL", 9.3, 17.0, 1, "3024-7", detail="90.42.3"), q("PARATORMONE (PTH)", "pg/mL", 15, 65, 0, "2731-8", detail="90.35.5"), q("VITAMINA D (25-OH)", "ng/mL", 30.0, 100.0, 1, "62292-8", reference=VITAMIN, detail="90.44.5"), q("OMOCISTEINA", "µmol/L", None, 15.0, 1, "13965-9", detail="90.18.4"),
        )),
        ("SIEROLOGIA", (w("EPATITE B: HBsAg", ("NEGATIVO", "POSITIVO"), "5196-1", "Negativo", detail="91.18.5"), w("EPATITE C: anticorpi anti HCV", ("NEGATIVO", "POSITIVO"), "13955-0", "Negativo", detail="91.19.5"), q("ROSOLIA: anticorpi IgG", "UI/mL", 10, None, 0, "5334-8", reference="Negativo: inf. a 10\nPositivo: sup. a 10", detail="91.26.4"))),
        ("ESAME URINE", (
            w("Colore", ("Giallo paglierino", "Giallo ambra"), "5778-6", detail="90.44.3", free=True), q("pH", "", 5.0, 7.5, 1, "5803-2"), q("Peso specifico", "", 1.005, 1.030, 3, "5811-5", reference="1,005 - 1,030"), w("Glucosio", ABSENT, "25428-4", "Assente"), w("Proteine", ABSENT, "20454-5", "Assente"), w("Emoglobina", ABSENT, "5794-3", "Assente"), w("Nitriti", ABSENT[::2], "5802-4", "Assente"), w("Esterasi leucocitaria", ABSENT, "5799-2", "Assente"),
            w("Leucociti", ("0-2", "8-10", "15-20"), "5821-4", "0-5", unit="p.c.", group=SEDIMENT), w("Emazie", ("0-1", "4-6"), "13945-1", "0-2", unit="p.c.", group=SEDIMENT),
        )),
    ),
)  # fmt: skip
