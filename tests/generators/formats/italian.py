"""An Italian hospital's report as a word processor's file: the patient in the head of the page, tables with merged cells, words torn into runs, a page set by hand."""

from __future__ import annotations

from tests.generators.formats.docx import BREAK, cell, document, field, paragraph, row, run, table, torn
from tests.generators.formats.model import DOCX, Form, says
from tests.generators.fourth.formulas import (
    as_percent,
    cholesterol,
    filtration,
    mean_haemoglobin,
    minus,
    ratio,
    red,
    rest,
    share,
)
from tests.generators.fourth.model import Case, Line, q, w

WIDTHS = (3600, 1300, 600, 1500, 2100, 1100)
HEADS = ("Esame", "Esito", "", "U.M.", "Valori di riferimento", "Campione")
SAMPLES = {
    "EMATOLOGIA": "Sangue EDTA",
    "FORMULA LEUCOCITARIA": "Sangue EDTA",
    "EMOGLOBINA GLICATA": "Sangue EDTA",
    "COAGULAZIONE": "Plasma citrato",
    "ESAME URINE": "Urina del mattino",
}
SECOND = "BIOCHIMICA CLINICA"
"""The heading that begins the second page."""


def _head(case: Case) -> str:
    who = case.patient
    facts = (
        (f"Paziente: {who.family.upper()} {who.given.upper()}", f"Data di nascita: {who.birth_date:%d/%m/%Y}"),
        (f"Codice assistito: {who.mrn}", f"Sesso: {who.sex}   Età: {case.years} anni"),
    )
    rows = [row(*(cell(paragraph(run(text, bold=not at)), 5000) for text in pair)) for at, pair in enumerate(facts)]
    return (
        paragraph(run(case.form.lab, bold=True), align="center")
        + paragraph(run("Laboratorio Analisi Chimico Cliniche e Microbiologia - Via della Chiusa Grande 40, 26999 Roggia Alta (CR)"), align="center")
        + table((5000, 5000), *rows)
    )  # fmt: skip


def _order(case: Case) -> str:
    stamp = "%d/%m/%Y %H:%M"
    rows = (
        (f"Numero richiesta: {case.accession}", f"Prelievo del: {case.collected:{stamp}}"), ("Reparto: Medicina Generale - letto 14", f"Ricevuto il: {case.received:{stamp}}"),
    )  # fmt: skip
    last = row(cell(paragraph(torn(f"Referto del: {case.reported:{stamp}} - Medico richiedente: Dott.ssa Fulvia Arcangeli")), 10000, span=2))  # fmt: skip
    return table((5000, 5000), *(row(*(cell(paragraph(run(text)), 5000) for text in pair)) for pair in rows), last)


def _row(one: Line, sample: str, place: int) -> list[str]:
    name = torn(one.test.name) if place % 3 == 1 else run(one.test.name)
    texts = (
        paragraph(name), paragraph(run(one.value, bold=bool(one.state)), align="right"), paragraph(run(one.flag, bold=True), align="center") if one.flag else "",
        paragraph(run(one.test.unit)) if one.test.unit else "", paragraph(run(one.reference)) if one.reference else "",
    )  # fmt: skip
    merge = "continue" if place else "restart"
    cells = [cell(text, width) for text, width in zip(texts, WIDTHS, strict=False)]
    rows = [row(*cells, cell("" if place else paragraph(run(sample)), WIDTHS[-1], merge=merge))]
    if one.comment:
        rows.append(row(cell(paragraph(run(f"Nota: {one.comment}", italic=True)), sum(WIDTHS[:-1]), span=5), cell("", WIDTHS[-1], merge="continue")))  # fmt: skip
    return rows


def _results(sections: list[tuple[str, list[Line]]]) -> str:
    heads = [cell(paragraph(run(head, bold=True)) if head else "", width) for head, width in zip(HEADS, WIDTHS, strict=True)]  # fmt: skip
    rows = [row(*heads, head=True)]
    for title, group in sections:
        rows.append(row(cell(paragraph(run(title, bold=True)), sum(WIDTHS), span=len(WIDTHS))))
        for place, one in enumerate(group):
            rows += _row(one, SAMPLES.get(title, "Siero"), place)
    return table(WIDTHS, *rows)


def write(case: Case) -> tuple[bytes, int]:
    """The file."""
    sections = case.sections()
    cut = next(at for at, (title, _) in enumerate(sections) if title == SECOND)
    for _, group in sections[cut:]:
        for one in group:
            one.page = 2
    struck = '<w:del w:id="7" w:author="Tecnico"><w:r><w:delText>Glucosio 999 mg/dL</w:delText></w:r></w:del>'
    body = (
        paragraph(run("REFERTO DI LABORATORIO", bold=True), run(" BOZZA", hidden=True), align="center")
        + _order(case)
        + "<w:p/>"
        + _results(sections[:cut])
        + paragraph(run("Osservazioni: la conta piastrinica è eseguita in impedenza. "), struck, run("Si consiglia controllo clinico."))
        + BREAK
        + _results(sections[cut:])
        + paragraph(run("Esami in corso: Vitamina D (25-OH), Elettroforesi proteica"))
        + paragraph(run("Il Dirigente Biologo: Dott. Aristide Bonfanti\tFirmato digitalmente ai sensi del D.Lgs. 82/2005"))
    )  # fmt: skip
    foot = paragraph(run("Pagina "), field("PAGE", "1"), run(" di "), field("NUMPAGES", "2"), align="center")
    return document(body, head=_head(case), foot=foot), 2


SIGN = ("assente", "tracce", "+", "++")
FORM = Form(write=write, media_type=DOCX, says=says(
    "it_ospedale_docx", "it", "Ospedale Civile di Roggia Alta", "{number:06d}/{day:%Y}", decimal=",", span="{low} - {high}", upper="fino a {high}", lower="superiore a {low}", flags={"LL": "▼▼", "L": "▼", "H": "▲", "HH": "▲▲", "A": "!"},
    sections=(
        ("EMATOLOGIA", (
            q("Globuli bianchi (WBC)", "10^3/µL", 4.00, 10.00, 2, "6690-2", key="wbc"), q("Globuli rossi (RBC)", "10^6/µL", 4.40, 5.90, 2, "789-8", women=(3.90, 5.30), formula=red(1000)), q("Emoglobina (HGB)", "g/dL", 13.0, 17.5, 1, "718-7", women=(12.0, 16.0), key="hgb"), q("Ematocrito (HCT)", "%", 40.0, 52.0, 1, "4544-3", women=(36.0, 47.0), formula=ratio("hgb", "mchc", 100)),
            q("Volume cellulare medio (MCV)", "fL", 80.0, 97.0, 1, "787-2", key="mcv"), q("Contenuto Hb medio (MCH)", "pg", 26.0, 33.0, 1, "785-6", formula=mean_haemoglobin(0.01)), q("Conc. Hb media (MCHC)", "g/dL", 31.0, 36.0, 1, "786-4", key="mchc"), q("RDW-CV", "%", 11.5, 14.5, 1, "788-0"), q("Piastrine (PLT)", "10^3/µL", 150, 400, 0, "777-3", remark="Presenza di aggregati piastrinici."),
        )),
        ("FORMULA LEUCOCITARIA", (
            q("Neutrofili %", "%", 40.0, 74.0, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso")), q("Linfociti %", "%", 19.0, 48.0, 1, "736-9", key="lymph"), q("Monociti %", "%", 3.0, 11.0, 1, "5905-5", key="mono"), q("Eosinofili %", "%", 0.0, 7.0, 1, "713-8", key="eos"), q("Basofili %", "%", 0.0, 1.5, 1, "706-2", key="baso"), q("Neutrofili", "10^3/µL", 1.80, 7.70, 2, "751-8", formula=share("neut")), q("Linfociti", "10^3/µL", 1.00, 4.80, 2, "731-0", formula=share("lymph")),
        )),
        ("COAGULAZIONE", (q("Tempo di protrombina - attività", "%", 70, 120, 0, "5894-1"), q("Tempo di protrombina - INR", "", 0.85, 1.20, 2, "6301-6"), q("aPTT", "sec", 24.0, 36.0, 1, "14979-9"), q("Fibrinogeno", "mg/dL", 180, 400, 0, "3255-7"))),
        (SECOND, (
            q("Glicemia", "mg/dL", 70, 100, 0, "2345-7"), q("Urea", "mg/dL", 17, 49, 0, "3091-6"), q("Creatinina", "mg/dL", 0.70, 1.20, 2, "2160-0", women=(0.50, 0.90), key="creatinine"), q("eGFR (CKD-EPI 2021)", "mL/min/1,73 m²", 60, None, 0, "98979-8", formula=filtration(1)), q("Uricemia", "mg/dL", 3.4, 7.0, 1, "3084-1", women=(2.4, 5.7)), q("Sodio", "mmol/L", 136, 145, 0, "2951-2"), q("Potassio", "mmol/L", 3.5, 5.1, 1, "2823-3", remark="Campione lievemente emolizzato."),
            q("Cloro", "mmol/L", 98, 107, 0, "2075-0"), q("Calcio totale", "mg/dL", 8.6, 10.2, 1, "17861-6"), q("Magnesio", "mg/dL", 1.6, 2.6, 1, "19123-9"), q("Bilirubina totale", "mg/dL", None, 1.20, 2, "1975-2", below=0.15), q("AST (GOT)", "U/L", None, 40, 0, "1920-8", women=(None, 32)), q("ALT (GPT)", "U/L", None, 41, 0, "1742-6", women=(None, 33)), q("Gamma-GT", "U/L", None, 60, 0, "2324-2", women=(None, 40)), q("Fosfatasi alcalina", "U/L", 40, 129, 0, "6768-6", women=(35, 104)),
            q("Colesterolo totale", "mg/dL", None, 200, 0, "2093-3", key="chol", formula=cholesterol(5)), q("Colesterolo HDL", "mg/dL", 40, None, 0, "2085-9", key="hdl"), q("Trigliceridi", "mg/dL", None, 150, 0, "2571-8", key="trig"), q("Colesterolo LDL calcolato", "mg/dL", None, 115, 0, "13457-7", key="ldl"), q("Colesterolo non-HDL", "mg/dL", None, 145, 0, "43396-1", formula=minus("chol", "hdl")), q("Proteina C reattiva", "mg/L", None, 5.0, 1, "1988-5", below=0.6),
        )),
        ("EMOGLOBINA GLICATA", (q("HbA1c (IFCC)", "mmol/mol", 20, 42, 0, "59261-8", key="ifcc", remark="Valore diagnostico di diabete: da 48 mmol/mol."), q("HbA1c (DCCT)", "%", 4.0, 6.0, 1, "4548-4", formula=as_percent("ifcc")))),
        ("ORMONI", (q("TSH riflesso", "mUI/L", 0.27, 4.20, 2, "3016-3", below=0.01), q("FT4", "ng/L", 9.3, 17.0, 1, "3024-7"), q("Ferritina", "ng/mL", 30, 400, 0, "2276-4", women=(13, 150)))),
        ("ESAME URINE", (q("Peso specifico", "", 1.005, 1.030, 3, "5811-5"), q("pH urine", "", 5.0, 7.5, 1, "5803-2"), w("Proteine urine", SIGN, "20454-5", "assente"), w("Glucosio urine", SIGN, "25428-4", "assente"), w("Emoglobina urine", SIGN, "5794-3", "assente"), w("Nitriti urine", ("assente", "presente"), "5802-4", "assente"), w("Esterasi leucocitaria", SIGN, "5799-2", "assente"))),
    ),
))  # fmt: skip
