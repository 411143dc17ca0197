"""A German laboratory's report across the page: material and method columns, plus and minus, former values with their dates."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.seventh.sums import clearance, left, over, part, total
from tests.generators.sheet import Color, Flow, Sheet

LEFT, RIGHT = 36.0, 806.0
MATERIAL, NAME, METHOD, VALUE, MARK, UNIT, RANGE, FORMER, FIRST = 40.0, 76.0, 250.0, 366.0, 378.0, 402.0, 490.0, 660.0, 740.0  # fmt: skip
BLUE: Color = (20, 60, 120)
SAMPLES = {
    "Hämatologie": "EB", "Differentialblutbild": "EB", "Gerinnung": "CB", "Urinstatus": "U", "Kohlenhydratstoffwechsel": "EB", "Infektionsserologie": "S",
}  # fmt: skip


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    herr = case.pick("Frau", "Herrn")
    sheet.text(RIGHT, 34, case.form.lab, 13, "B", align="R", color=BLUE)
    sheet.text(RIGHT, 45, "Dr. med. Adelheid Krummbein, Dr. rer. nat. Till Osterwald - Fachärzte für Laboratoriumsmedizin", 7.5, align="R")  # fmt: skip
    sheet.text(RIGHT, 55, "Am Mühlgraben 14, 07799 Saalwerda  -  Tel. 03999 / 55 50-0  -  Fax 55 50-99", 7.5, align="R")
    sheet.text(LEFT, 36, "Endbefund" if sheet.pages == 1 else "Endbefund (Fortsetzung)", 14, "B")
    sheet.text(LEFT, 55, f"Seite {sheet.pages} von {{nb}}", 8)
    sheet.box(LEFT, 62, RIGHT - LEFT, 42, edge=BLUE, width=0.8)
    facts = (
        ((42, f"Patient: {who.family}, {who.given}"), (300, f"Auftragsnummer: {case.accession}"), (540, f"Entnahme: {case.collected:%d.%m.%Y %H:%M} Uhr")),
        ((42, f"geb. am: {who.birth_date:%d.%m.%Y}   Geschlecht: {case.pick('weiblich', 'männlich')}"), (300, f"Patienten-Nr.: {who.mrn}"), (540, f"Eingang: {case.received:%d.%m.%Y %H:%M} Uhr")),
        ((42, "Einsender: Gemeinschaftspraxis Dres. Ohlendorf / Yilmaz, 07798 Wetterzell"), (300, "Kasse: AOK   Schein: Überweisung"), (540, f"Befund: {case.reported:%d.%m.%Y %H:%M} Uhr")),
    )  # fmt: skip
    for at, row in enumerate(facts):
        for edge, text in row:
            sheet.text(edge, 75 + 12 * at, text, 8.5, "B" if at == 0 and edge < 50 else "", fit=234)
    y = 120.0
    if sheet.pages == 1:
        sheet.text(LEFT, y, f"Sehr geehrte Kolleginnen und Kollegen, für die Überweisung von {herr} {who.family} danken wir. Fragestellung: Abklärung Müdigkeit, Kontrolle unter Therapie.", 8.5)  # fmt: skip
        y += 16
    sheet.box(LEFT, y - 9.5, RIGHT - LEFT, 14, fill=(222, 230, 242))
    before = case.collected - timedelta(days=97)
    first = case.collected - timedelta(days=288)
    for x, word in (
        (MATERIAL, "Mat."), (NAME, "Untersuchung"), (METHOD, "Methode"), (UNIT, "Einheit"), (RANGE, "Referenzbereich"),
    ):  # fmt: skip
        sheet.text(x, y, word, 8.5, "B")
    sheet.text(VALUE, y, "Ergebnis", 8.5, "B", align="R")
    sheet.text(FORMER, y, f"Vorw. {before:%d.%m.%y}", 8, "B")
    sheet.text(FIRST, y, f"{first:%d.%m.%y}", 8, "B")
    sheet.text(LEFT, 566, "Mat.: S = Serum, EB = EDTA-Blut, CB = Citratblut, U = Spontanurin.   +/- außerhalb, ++/-- stark außerhalb des Referenzbereichs.   # = Fremdleistung.", 7)  # fmt: skip
    sheet.text(LEFT, 576, "Akkreditiert nach DIN EN ISO 15189 (D-ML-99999-01-00). Die Ergebnisse beziehen sich ausschließlich auf das untersuchte Material.", 7)  # fmt: skip
    return y + 20


def _row(sheet: Sheet, flow: Flow, one: Line) -> None:
    tall = 11.5 * len(one.ranges) + (10 if one.comment else 0)
    flow.need(tall)
    one.page = sheet.pages
    sheet.text(MATERIAL, flow.y, SAMPLES.get(one.section, "S"), 8)
    sheet.text(NAME, flow.y, one.test.name, 9, fit=METHOD - NAME - 6)
    sheet.text(METHOD, flow.y, one.test.detail, 7.5, color=(90, 90, 90))
    sheet.text(VALUE, flow.y, one.value, 9, "B" if one.state else "", align="R")
    sheet.text(MARK, flow.y, one.flag, 9, "B")
    sheet.text(UNIT, flow.y, one.test.unit, 8.5)
    for place, text in enumerate(one.ranges):
        sheet.text(RANGE, flow.y + 10.5 * place, text, 8.5)
    if one.section != "Infektionsserologie":
        sheet.text(FORMER, flow.y, one.previous[0], 8.5)
        if one.section in {"Hämatologie", "Klinische Chemie", "Lipide"}:
            sheet.text(FIRST, flow.y, one.previous[1], 8.5)
    flow.y += 11.5 + 10.5 * (len(one.ranges) - 1)
    if one.comment:
        sheet.text(NAME + 10, flow.y - 1, one.comment, 8, "I")
        flow.y += 10


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 552, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(40)
        sheet.text(LEFT + 4, flow.y, title, 9.5, "B", color=BLUE)
        sheet.rule(LEFT, flow.y + 3, RIGHT, flow.y + 3, 0.4, BLUE)
        flow.y += 14
        for one in lines:
            _row(sheet, flow, one)
        flow.y += 7
    flow.need(34)
    sheet.text(LEFT + 4, flow.y, "Medizinisch validiert durch: Dr. med. Adelheid Krummbein. Dieser Befund wurde elektronisch erstellt und ist ohne Unterschrift gültig.", 8)  # fmt: skip


NEGATIVE = ("negativ", "+", "++", "+++")
SEROLOGY = ("nicht reaktiv", "reaktiv")
FORM = Form(
    name="de_quer_material", language="de", lab="MVZ Labor Saalwerda GmbH", accession="{day:%d%m}-{number:06d}", draw=draw, paper="a4_landscape", series="seventh", decimal=",",
    span="{low} - {high}", upper="< {high}", lower="> {low}", past="< {limit}", flags={"LL": "--", "L": "-", "H": "+", "HH": "++", "A": "*"},
    sections=(
        ("Hämatologie", (
            q("Leukozyten", "/nl", 3.90, 10.20, 2, "6690-2", key="leu"), q("Erythrozyten", "/pl", 4.30, 5.75, 2, "789-8", women=(3.90, 5.15), formula=over("hkt", "mcv", 10)), q("Hämoglobin", "g/dl", 13.5, 17.2, 1, "718-7", women=(12.0, 15.4), formula=part("hkt", "mchc")), q("Hämatokrit", "%", 39.5, 50.5, 1, "4544-3", women=(35.5, 45.0), key="hkt"),
            q("MCV", "fl", 80.0, 99.0, 1, "787-2", key="mcv"), q("MCH (HbE)", "pg", 27.0, 33.5, 1, "785-6", formula=part("mcv", "mchc")), q("MCHC", "g/dl", 31.5, 36.0, 1, "786-4", key="mchc"), q("Thrombozyten", "/nl", 150, 370, 0, "777-3", remark="Keine Hinweise auf Pseudothrombozytopenie."), q("RDW-CV", "%", 11.5, 14.5, 1, "788-0"),
        )),
        ("Differentialblutbild", (
            q("Neutrophile", "%", 42.0, 77.0, 1, "770-8", formula=left(100, "lym", "mon", "eos", "bas"), detail="Durchflusszytometrie"), q("Lymphozyten", "%", 20.0, 44.0, 1, "736-9", key="lym", detail="Durchflusszytometrie"), q("Monozyten", "%", 2.0, 9.5, 1, "5905-5", key="mon", detail="Durchflusszytometrie"), q("Eosinophile", "%", 0.5, 5.5, 1, "713-8", key="eos", detail="Durchflusszytometrie"), q("Basophile", "%", None, 1.8, 1, "706-2", key="bas", detail="Durchflusszytometrie"),
        )),
        ("Gerinnung", (
            q("Quick (TPZ)", "%", 70, 130, 0, "5894-1", detail="Koagulometrie"), q("INR", "", 0.85, 1.15, 2, "6301-6", detail="berechnet", reference="0,85 - 1,15\nther. Bereich 2,0 - 3,0"), q("aPTT", "s", 25.0, 36.5, 1, "14979-9", detail="Koagulometrie"), q("D-Dimere", "mg/l FEU", None, 0.50, 2, "48065-7", detail="Immunturbidimetrie", below=0.19),
        )),
        ("Klinische Chemie", (
            q("Natrium", "mmol/l", 135, 145, 0, "2951-2", detail="ISE indirekt"), q("Kalium", "mmol/l", 3.50, 5.10, 2, "2823-3", detail="ISE indirekt", remark="Probe leicht hämolytisch, Wert eingeschränkt beurteilbar."), q("Calcium", "mmol/l", 2.15, 2.50, 2, "2000-8", detail="Photometrie"), q("Kreatinin", "mg/dl", 0.70, 1.20, 2, "2160-0", women=(0.50, 0.90), key="krea", detail="enzymatisch"),
            q("GFR n. CKD-EPI 2021", "ml/min/1,73m²", 90, None, 0, "98979-8", formula=clearance("krea"), detail="berechnet"), q("Harnstoff", "mg/dl", 17, 43, 0, "3091-6", detail="Urease/GLDH"), q("Harnsäure", "mg/dl", 3.4, 7.0, 1, "3084-1", women=(2.4, 5.7), detail="Uricase"), q("Bilirubin gesamt", "mg/dl", None, 1.20, 2, "1975-2", detail="Diazo"), q("GOT (AST)", "U/l", None, 50, 0, "1920-8", women=(None, 35), detail="IFCC 37 °C"), q("GPT (ALT)", "U/l", None, 50, 0, "1742-6", women=(None, 35), detail="IFCC 37 °C"),
            q("Gamma-GT", "U/l", None, 60, 0, "2324-2", women=(None, 40), detail="IFCC 37 °C"), q("Alk. Phosphatase", "U/l", 40, 130, 0, "6768-6", women=(35, 105), detail="IFCC 37 °C"), q("LDH", "U/l", None, 250, 0, "", detail="IFCC 37 °C"), q("Gesamteiweiß", "g/l", 64, 83, 0, "2885-2", detail="Biuret"), q("CRP", "mg/l", None, 5.0, 1, "1988-5", below=0.6, detail="Immunturbidimetrie"),
        )),
        ("Lipide", (
            q("Cholesterin", "mg/dl", None, 200, 0, "2093-3", formula=total("hdl", "ldl", "tri", 5), detail="CHOD-PAP"), q("HDL-Cholesterin", "mg/dl", 40, None, 0, "2085-9", women=(45, None), key="hdl", detail="homogen"),
            q("LDL-Cholesterin", "mg/dl", None, None, 0, "", key="ldl", around=128, detail="homogen", reference="niedr. Risiko < 116\nmoderates Risiko < 100\nhohes Risiko < 70"), q("Non-HDL-Cholesterin", "mg/dl", None, 145, 0, "43396-1", formula=lambda at: at["ldl"] + at["tri"] / 5, detail="berechnet"), q("Triglyceride", "mg/dl", None, 150, 0, "2571-8", key="tri", detail="GPO-PAP"),
        )),
        ("Kohlenhydratstoffwechsel", (q("HbA1c (NGSP)", "%", 4.0, 6.0, 1, "4548-4", detail="HPLC", formula=lambda at: at["hba"] * 0.09148 + 2.152), q("HbA1c (IFCC)", "mmol/mol", 20, 42, 0, "59261-8", detail="HPLC", formula=lambda at: at["hba"]))),
        ("Schilddrüse und Vitamine", (
            q("TSH basal", "mU/l", 0.40, 4.00, 2, "3016-3", below=0.01, detail="CLIA"), q("fT3", "pg/ml", 2.00, 4.40, 2, "3051-0", detail="CLIA"), q("fT4", "ng/dl", 0.93, 1.70, 2, "3024-7", detail="CLIA"), q("Ferritin", "µg/l", 30, 400, 0, "2276-4", women=(15, 150), detail="CLIA"), q("Vitamin B12", "pg/ml", 197, 771, 0, "2132-9", detail="ECLIA"), q("25-OH-Vitamin D", "ng/ml", None, None, 1, "", around=24, detail="ECLIA", reference="Mangel < 12,0\nsuboptimal 12,0 - 20,0\nausreichend > 20,0"),
        )),
        ("Infektionsserologie", (w("HBs-Antigen", SEROLOGY, "5196-1", "nicht reaktiv", detail="CMIA"), w("Anti-HCV", SEROLOGY, "13955-0", "nicht reaktiv", detail="CMIA"), w("HIV-1/2-Ak / p24-Ag", SEROLOGY, "56888-1", "nicht reaktiv", detail="CMIA"))),
        ("Urinstatus", (
            q("Spez. Gewicht", "", 1.005, 1.030, 3, "5811-5", detail="Teststreifen"), q("pH-Wert", "", 5.0, 7.5, 1, "5803-2", detail="Teststreifen"), w("Leukozyten i. U.", NEGATIVE, "5799-2", "negativ", detail="Teststreifen"), w("Nitrit", ("negativ", "positiv"), "5802-4", "negativ", detail="Teststreifen"), w("Eiweiß i. U.", NEGATIVE, "20454-5", "negativ", detail="Teststreifen"), w("Glucose i. U.", NEGATIVE, "25428-4", "negativ", detail="Teststreifen"), w("Ketonkörper", NEGATIVE, "2514-8", "negativ", detail="Teststreifen"), w("Blut i. U.", NEGATIVE, "5794-3", "negativ", detail="Teststreifen"),
        )),
    ),
    unprinted=(q("hba", "mmol/mol", 24, 44, 0, ""),),
)  # fmt: skip
