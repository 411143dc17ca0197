"""A German laboratory chain with a star between brackets for the place in the range, and a university hospital's line printer across."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fourth.formulas import (
    as_percent,
    cholesterol,
    differential,
    filtration,
    mean_haemoglobin,
    minus,
    ratio,
    red,
    rest,
    share,
)
from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.sheet import Color, Flow, Sheet

TEAL: Color = (0, 92, 105)
GREY: Color = (95, 95, 95)
LEFT, VALUE, MARK, UNIT, GRAPH, RANGE, BEFORE = 50.0, 262.0, 267.0, 284.0, 350.0, 400.0, 548.0
SPECIMENS = {"Blutbild, maschinell": "EDTA-Blut", "Gerinnung": "Citratplasma", "Urindiagnostik": "Spontanurin"}


def _open(sheet: Sheet, case: Case) -> float:
    who, first = case.patient, sheet.pages == 1
    sheet.box(LEFT, 28, 26, 26, fill=TEAL)
    sheet.text(LEFT + 34, 42, case.form.lab, 15, "B", color=TEAL)
    sheet.text(LEFT + 34, 53, "Labormedizin  Mikrobiologie  Humangenetik", 7.5, color=TEAL)
    if not first:
        sheet.text(BEFORE, 42, f"Seite {sheet.pages} von {{nb}}", 8, align="R")
        sheet.text(
            LEFT,
            74,
            f"{who.family}, {who.given}, geb. {who.birth_date:%d.%m.%Y}     Auftrags-Nr. {case.accession}",
            8.5,
        )
        return _heads(sheet, case, 92)
    sheet.text(BEFORE, 34, "Stauwerkstr. 14, 34099 Kassel", 7, align="R")
    sheet.text(BEFORE, 43, "Tel. 0561 99 99-0   Fax 0561 99 99-199", 7, align="R")
    sheet.text(BEFORE, 52, f"Seite {sheet.pages} von {{nb}}", 7, align="R")
    for place, line in enumerate(("Gemeinschaftspraxis", "Dres. Wellmann und Orth", "Marktplatz 3", "34999 Talheim")):
        sheet.text(LEFT, 92 + 12 * place, line, 9)
    facts = (
        ("Patient", f"{who.family}, {who.given}"),
        ("geb. am / Geschlecht", f"{who.birth_date:%d.%m.%Y} / {case.pick('weiblich', 'männlich')}"),
        ("Patienten-Nr.", who.mrn),
        ("Auftrags-Nr.", case.accession),
        ("Abnahme", f"{case.collected:%d.%m.%Y %H:%M}"),
        ("Eingang", f"{case.received:%d.%m.%Y %H:%M}"),
        ("Befunddatum", f"{case.reported:%d.%m.%Y %H:%M}"),
    )
    for place, (label, fact) in enumerate(facts):
        sheet.text(318, 84 + 11.5 * place, label, 8, color=GREY)
        sheet.text(412, 84 + 11.5 * place, fact, 9, "B" if place == 0 else "")
    sheet.text(LEFT, 180, "ENDBEFUND", 13, "B")
    return _heads(sheet, case, 200)


def _heads(sheet: Sheet, case: Case, y: float) -> float:
    sheet.box(LEFT, y - 10, BEFORE - LEFT, 15, fill=TEAL)
    white = (255, 255, 255)
    for x, head, align in (
        (LEFT + 4, "Analyse", "L"),
        (VALUE, "Ergebnis", "R"),
        (UNIT, "Einheit", "L"),
        (RANGE, "Referenzbereich", "L"),
    ):
        sheet.text(x, y, head, 8.5, "B", align=align, color=white)
    sheet.text(BEFORE - 3, y, f"Vorwert {case.collected - timedelta(days=119):%d.%m.%y}", 7.5, align="R", color=white)
    sheet.text(LEFT, 806, "+/- ausserhalb des Referenzbereichs, ++/-- stark abweichend.", 6.5, color=GREY)
    sheet.text(
        LEFT,
        815,
        "Durch die DAkkS nach DIN EN ISO 15189 akkreditiertes Laboratorium (D-ML-99997-01-00). Nur vollständig zu vervielfältigen.",
        6.5,
        color=GREY,
    )
    return y + 22


def _graph(one: Line) -> str:
    """The star's place between the brackets, or outside them."""
    low, high = (float(limit.replace(",", ".")) if limit else 0.0 for limit in (one.low, one.high))
    if one.number is None or not one.high or one.test.reference is not None:
        return ""
    if one.state in {"H", "HH"}:
        return "[        ] *"
    if one.state in {"L", "LL"}:
        return "* [        ]"
    place = min(7, int(8 * (one.number - low) / (high - low)))
    return f"[{' ' * place}*{' ' * (7 - place)}]"


def _row(sheet: Sheet, flow: Flow, one: Line, *, before: bool) -> None:
    lines = one.ranges
    flow.need(12 * len(lines) + (10 if one.comment else 0))
    one.page = sheet.pages
    sheet.text(LEFT + 4, flow.y, one.test.name, 9, fit=158)
    sheet.text(VALUE, flow.y, one.value, 9, "B" if one.state else "", align="R")
    sheet.text(MARK, flow.y, one.flag, 9, "B")
    sheet.text(UNIT, flow.y, one.test.unit, 8.5, fit=62)
    graph = _graph(one)
    sheet.text(GRAPH - (10 if graph.startswith("*") else 0), flow.y, graph, 9, color=TEAL)
    for place, line in enumerate(lines):
        sheet.text(RANGE, flow.y + 10.5 * place, line, 8.5 if len(lines) == 1 else 7.5)
    if before:
        sheet.text(BEFORE - 3, flow.y, one.previous[0], 8.5, align="R", color=GREY)
    flow.y += 12 + 10.5 * (len(lines) - 1)
    if one.comment:
        sheet.text(LEFT + 14, flow.y - 1, one.comment, 7.5, "I")
        flow.y += 11


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 792, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(46)
        sheet.text(LEFT, flow.y, title, 10, "B", color=TEAL)
        after = LEFT + sheet.measure(title, 10, "B") + 6
        sheet.text(after, flow.y, f"({SPECIMENS.get(title, 'Serum')})", 8, color=GREY)
        sheet.rule(LEFT, flow.y + 3, BEFORE, flow.y + 3, 0.4, TEAL)
        flow.y += 16
        for one in lines:
            _row(sheet, flow, one, before=title not in {"Infektionsserologie", "Urindiagnostik"})
        flow.y += 7
    flow.need(30)
    sheet.text(
        LEFT, flow.y + 6, "Medizinisch validiert durch: Dr. med. Henrike Osterloh, FÄ für Laboratoriumsmedizin", 8.5
    )


RISK = "Zielwerte nach Risiko:\nniedrig < 116\nmoderat < 100\nhoch < 70\nsehr hoch < 55"
ANSWER = ("negativ", "positiv")
CHAIN = Form(
    name="de_stern", language="de", lab="Labor Stauwerk MVZ GmbH", accession="{day:%y%m%d}{number:05d}", draw=draw, decimal=",", series="sixth",
    span="{low} - {high}", upper="bis {high}", lower="ab {low}", past="{sign}{limit}", flags={"LL": "--", "L": "-", "H": "+", "HH": "++", "A": "+"},
    unprinted=differential(),
    sections=(
        ("Blutbild, maschinell", (
            q("Leukozyten", "G/l", 3.90, 10.20, 2, "6690-2", key="wbc"), q("Erythrozyten", "T/l", 4.30, 5.75, 2, "789-8", women=(3.90, 5.15), formula=red(1000)), q("Hämoglobin", "g/dl", 13.5, 17.2, 1, "718-7", women=(12.0, 15.4), key="hgb"), q("Hämatokrit", "l/l", 0.395, 0.505, 3, "4544-3", women=(0.355, 0.450), formula=ratio("hgb", "mchc")),
            q("MCV (mittl. Zellvol.)", "fl", 80.0, 99.0, 1, "787-2", key="mcv"), q("MCH (Färbekoeff.)", "pg", 27.0, 33.5, 1, "785-6", formula=mean_haemoglobin(0.01)), q("MCHC", "g/dl", 31.5, 36.0, 1, "786-4", key="mchc"), q("Ery-Verteilungsbreite (EVB)", "%", 11.5, 15.0, 1, "788-0"), q("Thrombozyten", "G/l", 150, 370, 0, "777-3", remark="EDTA-bedingte Aggregate möglich, Kontrolle aus Citratblut empfohlen."),
            q("Neutrophile abs.", "G/l", 1.50, 7.70, 2, "751-8", formula=share("neut")), q("Lymphozyten abs.", "G/l", 1.10, 4.50, 2, "731-0", formula=share("lymph")), q("Monozyten abs.", "G/l", 0.10, 0.90, 2, "742-7", formula=share("mono")), q("Eosinophile abs.", "G/l", 0.02, 0.50, 2, "711-2", formula=share("eos")), q("Basophile abs.", "G/l", 0.00, 0.20, 2, "704-7", formula=share("baso")),
        )),
        ("Gerinnung", (q("TPZ (Quick)", "%", 70, 130, 0, "5894-1"), q("INR", "", 0.85, 1.15, 2, "6301-6", remark="Therapeutischer Bereich je nach Indikation 2,0 - 3,0."), q("aPTT", "sek.", 25.0, 37.0, 1, "14979-9"), q("D-Dimere", "mg/l FEU", None, 0.50, 2, "48065-7", below=0.19))),
        ("Klinische Chemie", (
            q("Natrium", "mmol/l", 135, 145, 0, "2951-2"), q("Kalium", "mmol/l", 3.6, 4.8, 1, "2823-3", remark="Serum leicht hämolytisch."), q("Calcium gesamt", "mmol/l", 2.15, 2.58, 2, "2000-8"), q("Harnstoff", "mg/dl", 18, 55, 0, "3091-6"), q("Kreatinin (enzym.)", "mg/dl", 0.70, 1.20, 2, "2160-0", women=(0.50, 0.90), key="creatinine"),
            q("GFR n. CKD-EPI 2021", "ml/min/1,73qm", 60, None, 0, "98979-8", formula=filtration(1), above=90), q("Harnsäure", "mg/dl", 3.4, 7.0, 1, "3084-1", women=(2.4, 5.7)), q("Gesamteiweiss", "g/l", 64, 83, 0, "2885-2"), q("Bilirubin, ges.", "mg/dl", None, 1.10, 2, "1975-2", below=0.15),
            q("ASAT (GOT)", "U/l", None, 50, 0, "1920-8", women=(None, 35)), q("ALAT (GPT)", "U/l", None, 50, 0, "1742-6", women=(None, 35)), q("Gamma-GT", "U/l", None, 60, 0, "2324-2", women=(None, 40)), q("AP", "U/l", 40, 130, 0, "6768-6", women=(35, 105)), q("LDH", "U/l", None, 250, 0, "2532-0"), q("CHE (Cholinesterase)", "U/l", 5320, 12920, 0, "2098-2", women=(4260, 11250)),
            q("CRP quantitativ", "mg/l", None, 5.0, 1, "1988-5", below=0.6), q("Eisen", "µg/dl", 59, 158, 0, "2498-4", women=(37, 145)), q("Ferritin", "ng/ml", 30, 400, 0, "2276-4", women=(15, 150)), q("Transferrin", "g/l", 2.00, 3.60, 2, "3034-6"),
        )),
        ("Fettstoffwechsel", (
            q("Cholesterin", "mg/dl", None, 200, 0, "2093-3", key="chol", formula=cholesterol(5)), q("HDL-Chol.", "mg/dl", 40, None, 0, "2085-9", women=(45, None), key="hdl"), q("Non-HDL-Chol.", "mg/dl", None, 160, 0, "43396-1", formula=minus("chol", "hdl")), q("LDL-Chol. (Friedewald)", "mg/dl", None, 116, 0, "13457-7", reference=RISK, key="ldl"), q("Triglyceride", "mg/dl", None, 150, 0, "2571-8", key="trig"),
        )),
        ("Schilddrüse / Vitamine", (
            q("TSH basal", "mIU/l", 0.40, 4.00, 2, "3016-3", below=0.01), q("fT3", "pg/ml", 2.0, 4.4, 1, "3051-0"), q("fT4", "ng/dl", 0.93, 1.70, 2, "3024-7"), q("MAK (TPO-AK)", "IU/ml", None, 34, 0, "8099-4", below=9), q("Vitamin B12", "pg/ml", 197, 771, 0, "2132-9", below=150), q("Folsäure", "ng/ml", 3.9, None, 1, "2284-8", above=20.0),
            q("Vitamin D (25-OH)", "ng/ml", 30.0, None, 1, "62292-8", reference="Mangel < 10\nInsuffizienz 10 - 30\nausreichend > 30", remark="Kontrolle nach 3 Monaten Substitution empfohlen."),
        )),
        ("Infektionsserologie", (w("HBs-Antigen", ANSWER, "5196-1", "negativ"), w("Anti-HBc (gesamt)", ANSWER, "13952-7", "negativ"), w("HCV-Ak", ANSWER, "13955-0", "negativ"), w("HIV-Ag/Ak-Combo", ("nicht reaktiv", "reaktiv"), "56888-1", "nicht reaktiv"))),
        ("Urindiagnostik", (q("Kreatinin i. U.", "mg/dl", None, None, 0, "2161-8", around=92, reference=""), q("Albumin i. U.", "mg/l", None, 20.0, 1, "14957-5", below=3.0), q("Alb./Krea.-Quotient", "mg/g Krea", None, 30, 0, "9318-7"))),
    ),
)  # fmt: skip

CODE, NAME, RESULT, OFF, MEASURE, BRACKET, ONE, TWO, SAMPLE = (
    36.0,
    84.0,
    352.0,
    362.0,
    390.0,
    492.0,
    680.0,
    748.0,
    768.0,
)
SIZE = 9.0
TUBES = {"HÄMATOLOGIE": "EB", "DIFFERENTIALBLUTBILD": "EB", "HÄMOSTASEOLOGIE": "CP", "BLUTGASANALYSE": "HB", "URINSTATUS": "SU", "DIABETES": "EB"}  # fmt: skip


def _open_hospital(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.face("courier")
    sheet.text(CODE, 34, case.form.lab, 12, "B")
    sheet.text(806, 34, f"Blatt {sheet.pages}/{{nb}}", SIZE, align="R")
    sheet.text(CODE, 45, "Zentrum für Laboratoriumsmedizin, Direktor: Prof. Dr. med. W. Ahlersmeyer, Tel. 4-9999", 8)
    sheet.rule(CODE, 51, 806, 51, 0.8)
    left = (
        f"Name.......: {who.family}",
        f"Vorname....: {who.given}",
        f"geboren....: {who.birth_date:%d.%m.%Y} ({case.years} J.)  {case.pick('weibl.', 'männl.')}",
    )
    middle = (f"PID........: {who.mrn}", "Fall-Nr....: 4400917733", "Station....: INN-3B")
    right = (
        f"Auftrag....: {case.accession}",
        f"Entnahme...: {case.collected:%d.%m.%Y %H:%M}",
        f"Eingang....: {case.received:%d.%m.%Y %H:%M}",
        f"Ausdruck...: {case.reported:%d.%m.%Y %H:%M}",
    )
    for x, facts in ((CODE, left), (346.0, middle), (578.0, right)):
        for place, fact in enumerate(facts):
            sheet.text(x, 63 + 11 * place, fact, SIZE)
    sheet.rule(CODE, 102, 806, 102, 0.8)
    for x, head, align in (
        (CODE, "Kürzel", "L"),
        (NAME, "Analyt", "L"),
        (RESULT, "Messwert", "R"),
        (OFF, "Bew", "L"),
        (MEASURE, "Einheit", "L"),
        (BRACKET, "Ref.-Intervall", "L"),
        (SAMPLE, "Mat", "L"),
    ):
        sheet.text(x, 114, head, SIZE, "B", align=align)
    for x, days in ((ONE, 1), (TWO, 3)):
        sheet.text(x, 114, f"{case.collected - timedelta(days=days):%d.%m.%y}", SIZE, align="R")
    sheet.rule(CODE, 119, 806, 119, 0.4)
    sheet.text(
        CODE, 574, "H = hoch, T = tief, HH/TT = Alarmwert. SE Serum, EB EDTA-Blut, CP Citratplasma, HB Heparinblut, SU Spontanurin", 7
    )  # fmt: skip
    return 134


def draw_hospital(sheet: Sheet, case: Case) -> None:
    """Draw the hospital's report."""
    flow = Flow(sheet, 560, lambda: _open_hospital(sheet, case))
    for title, lines in case.sections():
        flow.need(36)
        sheet.text(NAME, flow.y, f"--- {title} ---", SIZE, "B")
        flow.y += 13
        for one in lines:
            flow.need(11 * (2 if one.comment else 1))
            one.page = sheet.pages
            sheet.text(CODE, flow.y, one.test.detail, SIZE)
            sheet.text(NAME, flow.y, one.test.name, SIZE)
            sheet.text(RESULT, flow.y, one.value, SIZE, "B" if one.state else "", align="R")
            sheet.text(OFF, flow.y, one.flag, SIZE, "B")
            sheet.text(MEASURE, flow.y, one.test.unit, SIZE)
            sheet.text(BRACKET, flow.y, one.reference, SIZE)
            if title not in {"URINSTATUS", "DIABETES"}:
                sheet.text(ONE, flow.y, one.previous[0], SIZE, align="R")
                sheet.text(TWO, flow.y, one.previous[1], SIZE, align="R")
            sheet.text(SAMPLE, flow.y, TUBES.get(title, "SE"), SIZE)
            flow.y += 11
            if one.comment:
                sheet.text(NAME + 11, flow.y, f"> {one.comment}", SIZE)
                flow.y += 11
        flow.y += 6
    flow.need(20)
    sheet.text(CODE, flow.y, "Befund technisch und medizinisch freigegeben: OA Dr. L. Brinkschulte", SIZE)


NEG = ("neg", "+", "++", "+++")
HOSPITAL = Form(
    name="de_zentrallabor", language="de", lab="Universitätsklinikum Oberweser", accession="L{day:%y%j}-{number:05d}", draw=draw_hospital, paper="a4_landscape", decimal=",", series="sixth",
    span="[{low}-{high}]", upper="[<{high}]", lower="[>{low}]", past="{sign}{limit}", flags={"LL": "TT", "L": "T", "H": "H", "HH": "HH", "A": "H"},
    sections=(
        ("HÄMATOLOGIE", (
            q("Leukozyten", "Tsd/µl", 4.0, 10.0, 1, "6690-2", detail="LEUKO"), q("Erythrozyten", "Mio/µl", 4.4, 5.9, 1, "789-8", women=(3.8, 5.2), detail="ERY", formula=red(1000)), q("Hämoglobin", "g/dl", 13.5, 17.5, 1, "718-7", women=(12.0, 16.0), detail="HB", key="hgb"), q("Hämatokrit", "%", 40.0, 53.0, 1, "4544-3", women=(35.0, 47.0), detail="HK", formula=ratio("hgb", "mchc", 100)),
            q("mittl. Erythrozytenvolumen", "fl", 80, 96, 0, "787-2", detail="MCV", key="mcv"), q("mittl. Hb-Gehalt", "pg", 28.0, 33.0, 1, "785-6", detail="MCH", formula=mean_haemoglobin(0.01)), q("mittl. Hb-Konzentration", "g/dl", 33.0, 36.0, 1, "786-4", detail="MCHC", key="mchc"), q("Erythrozytenverteilungsbreite", "%", 11.0, 15.0, 1, "788-0", detail="RDW"), q("Thrombozyten", "Tsd/µl", 150, 400, 0, "777-3", detail="THRO"), q("mittl. Thrombozytenvolumen", "fl", 7.0, 12.0, 1, "32623-1", detail="MPV"), q("Retikulozyten", "%", 0.5, 2.0, 1, "17849-1", detail="RETI"),
        )),
        ("DIFFERENTIALBLUTBILD", (
            q("Neutrophile", "%", 42.0, 75.0, 1, "770-8", detail="NEUT", key="neut", formula=rest("lymph", "mono", "eos", "baso")), q("Lymphozyten", "%", 20.0, 45.0, 1, "736-9", detail="LYMP", key="lymph"), q("Monozyten", "%", 2.0, 10.0, 1, "5905-5", detail="MONO", key="mono"), q("Eosinophile", "%", 0.0, 6.0, 1, "713-8", detail="EOS", key="eos"), q("Basophile", "%", 0.0, 1.5, 1, "706-2", detail="BASO", key="baso"),
        )),
        ("HÄMOSTASEOLOGIE", (q("Thromboplastinzeit", "%", 70, 130, 0, "5894-1", detail="QUICK"), q("INR", "", 0.90, 1.20, 2, "6301-6", detail="INR"), q("part. Thromboplastinzeit akt.", "s", 25, 37, 0, "14979-9", detail="APTT"), q("Fibrinogen n. Clauss", "mg/dl", 180, 350, 0, "3255-7", detail="FIB"), q("Antithrombin (Aktivität)", "%", 80, 120, 0, "27811-9", detail="AT"))),
        ("KLINISCHE CHEMIE", (
            q("Natrium", "mmol/l", 136, 145, 0, "2951-2", detail="NA"), q("Kalium", "mmol/l", 3.4, 4.5, 1, "2823-3", detail="K", remark="Hämolyseindex erhöht, Wert eingeschränkt beurteilbar"), q("Chlorid", "mmol/l", 98, 107, 0, "2075-0", detail="CL"), q("Calcium", "mmol/l", 2.20, 2.65, 2, "2000-8", detail="CA"), q("Phosphat, anorg.", "mmol/l", 0.84, 1.45, 2, "14879-1", detail="PHOS"),
            q("Kreatinin", "µmol/l", 62, 106, 0, "14682-9", women=(44, 80), detail="KREA", key="creatinine"), q("eGFR CKD-EPI 2021", "ml/min/1,73m²", 60, None, 0, "98979-8", detail="GFR", formula=filtration(1 / 88.4)), q("Harnstoff", "mmol/l", 2.8, 8.1, 1, "22664-7", detail="HST"), q("Albumin", "g/l", 35.0, 52.0, 1, "1751-7", detail="ALB"), q("Bilirubin gesamt", "µmol/l", None, 21, 0, "14631-6", detail="BILG"), q("Bilirubin konjugiert", "µmol/l", None, 5, 0, "14629-0", detail="BILK"),
            q("Aspartat-Aminotransferase", "U/l", None, 50, 0, "1920-8", women=(None, 35), detail="ASAT"), q("Alanin-Aminotransferase", "U/l", None, 50, 0, "1742-6", women=(None, 35), detail="ALAT"), q("Gamma-Glutamyltransferase", "U/l", None, 60, 0, "2324-2", women=(None, 40), detail="GGT"), q("alkalische Phosphatase", "U/l", 40, 130, 0, "6768-6", women=(35, 105), detail="AP"), q("Lipase", "U/l", None, 60, 0, "3040-3", detail="LIP"), q("Creatinkinase", "U/l", None, 190, 0, "2157-6", women=(None, 170), detail="CK"), q("Laktatdehydrogenase", "U/l", 135, 225, 0, "2532-0", detail="LDH"),
            q("C-reaktives Protein", "mg/l", None, 5.0, 1, "1988-5", detail="CRP", below=0.6), q("Procalcitonin", "ng/ml", None, 0.50, 2, "33959-8", detail="PCT", below=0.02), q("Troponin T hochsensitiv", "ng/l", None, 14, 0, "67151-1", detail="TNTHS", below=5), q("NT-proBNP", "pg/ml", None, 125, 0, "33762-6", detail="PBNP"), q("Haptoglobin", "g/l", 0.30, 2.00, 2, "4542-7", detail="HAPTO"), q("Thyreotropin", "mU/l", 0.27, 4.20, 2, "3016-3", detail="TSH", below=0.01),
        )),
        ("DIABETES", (q("HbA1c (NGSP)", "%", 4.0, 6.0, 1, "4548-4", detail="A1C", formula=as_percent("ifcc")), q("HbA1c (IFCC)", "mmol/mol", 20, 42, 0, "59261-8", detail="A1CI", key="ifcc"))),
        ("BLUTGASANALYSE", (
            q("pH arteriell", "", 7.350, 7.450, 3, "2744-1", detail="PH"), q("pCO2 arteriell", "mmHg", 32.0, 46.0, 1, "2019-8", detail="PCO2"), q("pO2 arteriell", "mmHg", 71.0, 104.0, 1, "2703-7", detail="PO2"), q("Basenüberschuss", "mmol/l", -2.0, 3.0, 1, "1925-7", detail="BE", reference="[-2,0 bis 3,0]"), q("Laktat arteriell", "mmol/l", 0.5, 1.6, 1, "2518-9", detail="LAK"),
        )),
        ("URINSTATUS", (
            q("pH-Wert", "", 5.0, 7.5, 1, "5803-2", detail="UPH"), q("spezifisches Gewicht", "", 1.010, 1.030, 3, "5811-5", detail="USG"), w("Leukozyten (Streifen)", NEG, "5799-2", "[neg]", detail="ULEU"), w("Nitrit", ("neg", "pos"), "5802-4", "[neg]", detail="UNIT"), w("Eiweiß", NEG, "20454-5", "[neg]", detail="UEIW"), w("Glukose", ("norm", "+", "++"), "25428-4", "[norm]", detail="UGLU"), w("Ketonkörper", NEG, "2514-8", "[neg]", detail="UKET"), w("Erythrozyten/Hb", NEG, "5794-3", "[neg]", detail="UERY"),
        )),
    ),
)  # fmt: skip
