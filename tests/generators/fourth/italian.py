"""An Italian local health authority's typewriter form: dot leaders, A and B behind the value, the method at the end of the line."""

from __future__ import annotations

from tests.generators.fourth.formulas import (
    cholesterol,
    differential,
    filtration,
    mean_haemoglobin,
    minus,
    ratio,
    red,
    share,
)
from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.sheet import Flow, Sheet

LEFT, VALUE, MARK, UNITS, RANGE, BY, RIGHT = 34.0, 256.0, 262.0, 284.0, 372.0, 486.0, 562.0
SIZE = 8.5
WIDE = SIZE * 0.6


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.face("courier")
    sheet.text(298, 34, case.form.lab.upper(), 11, "B", align="C")
    sheet.text(298, 46, "PRESIDIO OSPEDALIERO DI VALDIGORA - LABORATORIO ANALISI", SIZE, align="C")
    sheet.text(298, 57, "VIA DEL CANALE 4 - TEL. 0544 999014 - DIRETTORE: DOTT. ERMANNO TASSINARI", 7.5, align="C")
    sheet.text(LEFT, 76, f"ASSISTITO..: {who.family.upper()} {who.given.upper()}", 9, "B")
    sheet.text(LEFT, 88, f"NATO/A IL..: {who.birth_date:%d/%m/%Y}    SESSO: {who.sex}", SIZE)
    sheet.text(LEFT, 100, f"ID PAZIENTE: {who.mrn}", SIZE)
    sheet.text(LEFT, 112, "PROVENIENZA: CUP - ESTERNI", SIZE)
    sheet.text(322, 76, f"N. ACCETTAZIONE: {case.accession}", 9, "B")
    sheet.text(322, 88, f"DATA PRELIEVO..: {case.collected:%d/%m/%Y %H:%M}", SIZE)
    sheet.text(322, 100, f"DATA CHECK-IN..: {case.received:%d/%m/%Y %H:%M}", SIZE)
    sheet.text(322, 112, f"DATA REFERTO...: {case.reported:%d/%m/%Y %H:%M}", SIZE)
    sheet.text(LEFT, 124, "=" * 103, SIZE)
    for x, head, align in ((LEFT, "ANALISI", "L"), (VALUE, "VALORE", "R"), (UNITS, "UNITA'", "L"), (RANGE, "RIFERIMENTI", "L"), (BY, "METODO", "L")):  # fmt: skip
        sheet.text(x, 134, head, SIZE, "B", align=align)
    sheet.text(LEFT, 143, "=" * 103, SIZE)
    sheet.text(LEFT, 804, "-" * 103, SIZE)
    sheet.text(LEFT, 814, "A = ALTO  B = BASSO.  Esami accreditati ACCREDIA n. 9999L secondo UNI EN ISO 15189.", 7)
    sheet.text(LEFT, 823, "Referto sottoscritto con firma digitale ai sensi degli artt. 20 e 21 D.Lgs. 82/2005.", 7)
    sheet.text(RIGHT, 823, f"PAG. {sheet.pages} DI {{nb}}", SIZE, align="R")
    return 162


def _row(sheet: Sheet, flow: Flow, one: Line) -> None:
    names = sheet.wrap(one.test.name, 32 * WIDE, SIZE)
    flow.need(11 * len(names) + 12)
    one.page = sheet.pages
    for name in names[:-1]:
        sheet.text(LEFT + 5, flow.y, name, SIZE)
        flow.y += 11
    room = int((VALUE - LEFT - 10) / WIDE) - len(one.value) - len(names[-1]) - 1
    sheet.text(LEFT + 5, flow.y, names[-1] + "." * max(room, 1), SIZE)
    sheet.text(VALUE, flow.y, one.value, SIZE, "B", align="R")
    sheet.text(MARK, flow.y, one.flag, SIZE, "B")
    sheet.text(UNITS, flow.y, one.test.unit, SIZE)
    sheet.text(RANGE, flow.y, one.reference, SIZE)
    sheet.text(BY, flow.y, one.test.detail, 7)
    flow.y += 11
    if one.comment:
        sheet.text(LEFT + 20, flow.y, one.comment, 7.5)
        flow.y += 11


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    sheet.face("courier")
    flow = Flow(sheet, 792, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(46)
        sheet.text(LEFT, flow.y, f"** {title} **", SIZE, "B")
        flow.y += 13
        for one in lines:
            _row(sheet, flow, one)
        flow.y += 9
    flow.need(30)
    sheet.text(RIGHT, flow.y + 6, "IL DIRIGENTE BIOLOGO: DOTT.SSA MARZIA FOLEGATI", SIZE, align="R")


NUMB, PHOTO, ISE, ECL = "Impedenza", "Fotometrico", "ISE indiretto", "ECLIA"
FORM = Form(
    name="it_puntini", language="it", lab="Azienda Sanitaria Locale Valdigora", accession="{day:%y%m}-{number:06d}", draw=draw, decimal=",",
    span="{low} - {high}", upper="fino a {high}", lower="oltre {low}", flags={"LL": "B", "L": "B", "H": "A", "HH": "A", "A": "A"},
    unprinted=differential(),
    sections=(
        ("SG-EMOCROMO", (
            q("ERITROCITI", "x10^12/L", 4.40, 5.80, 2, "789-8", women=(3.90, 5.20), formula=red(1000), detail=NUMB), q("EMOGLOBINA", "g/L", 135, 175, 0, "718-7", women=(120, 160), key="hgb", detail="Colorimetrico"),
            q("EMATOCRITO", "L/L", 0.400, 0.520, 3, "4544-3", women=(0.360, 0.460), formula=ratio("hgb", "mchc"), detail="Calcolato"), q("VOLUME CELLULARE MEDIO (MCV)", "fL", 80.0, 98.0, 1, "787-2", key="mcv", detail=NUMB),
            q("CONTENUTO CELLULARE MEDIO DI EMOGLOBINA (MCH)", "pg", 27.0, 33.0, 1, "785-6", formula=mean_haemoglobin(0.001), detail="Calcolato"), q("CONCENTRAZIONE CELLULARE MEDIA DI EMOGLOBINA (MCHC)", "g/L", 315, 360, 0, "786-4", key="mchc", detail="Calcolato"),
            q("PIASTRINE", "x10^9/L", 150, 400, 0, "777-3", detail=NUMB), q("LEUCOCITI", "x10^9/L", 4.00, 10.00, 2, "6690-2", key="wbc", detail="Citofluor."), q("NEUTROFILI", "x10^9/L", 1.80, 7.50, 2, "751-8", formula=share("neut"), detail="Citofluor."),
            q("LINFOCITI", "x10^9/L", 1.00, 4.00, 2, "731-0", formula=share("lymph"), detail="Citofluor."), q("MONOCITI", "x10^9/L", 0.20, 1.00, 2, "742-7", formula=share("mono"), detail="Citofluor."), q("EOSINOFILI", "x10^9/L", 0.00, 0.50, 2, "711-2", formula=share("eos"), detail="Citofluor."), q("BASOFILI", "x10^9/L", 0.00, 0.20, 2, "704-7", formula=share("baso"), detail="Citofluor."),
        )),
        ("COAGULAZIONE", (
            q("TEMPO DI PROTROMBINA (INR)", "", 0.80, 1.20, 2, "6301-6", detail="Coagulativo"), q("TEMPO DI TROMBOPLASTINA PARZIALE ATTIVATA (aPTT)", "sec", 24.0, 36.0, 1, "14979-9", detail="Coagulativo"), q("FIBRINOGENO", "mg/dL", 200, 400, 0, "3255-7", detail="Clauss"),
        )),
        ("CHIMICA CLINICA SU SIERO", (
            q("GLUCOSIO", "mg/dL", 70, 100, 0, "2345-7", detail="Esochinasi"), q("CREATININA", "mg/dL", 0.70, 1.20, 2, "2160-0", women=(0.50, 0.90), key="creatinine", detail="Enzimatico"),
            q("VELOCITA' DI FILTRAZIONE GLOMERULARE STIMATA (CKD-EPI 2021)", "mL/min/1,73m2", 60, None, 0, "98979-8", formula=filtration(1), above=90, detail="Calcolato"), q("UREA", "mg/dL", 17, 49, 0, "3091-6", detail=PHOTO), q("ACIDO URICO", "mg/dL", 3.4, 7.0, 1, "3084-1", women=(2.4, 5.7), detail=PHOTO),
            q("SODIO", "mmol/L", 136, 145, 0, "2951-2", detail=ISE), q("POTASSIO", "mmol/L", 3.5, 5.1, 1, "2823-3", detail=ISE, remark="Campione lievemente emolizzato."), q("CLORO", "mmol/L", 98, 107, 0, "2075-0", detail=ISE), q("CALCIO TOTALE", "mg/dL", 8.6, 10.2, 1, "17861-6", detail=PHOTO),
            q("COLESTEROLO TOTALE", "mg/dL", None, 200, 0, "2093-3", key="chol", formula=cholesterol(5), detail=PHOTO), q("COLESTEROLO HDL", "mg/dL", 40, None, 0, "2085-9", key="hdl", detail=PHOTO), q("TRIGLICERIDI", "mg/dL", None, 150, 0, "2571-8", key="trig", detail=PHOTO),
            q("COLESTEROLO LDL (calcolato)", "mg/dL", None, 115, 0, "13457-7", key="ldl", detail="Friedewald", remark="Obiettivo terapeutico secondo il rischio cardiovascolare."), q("COLESTEROLO NON-HDL", "mg/dL", None, 145, 0, "43396-1", formula=minus("chol", "hdl"), detail="Calcolato"),
            q("ASPARTATO AMINOTRANSFERASI (AST)", "U/L", None, 40, 0, "1920-8", detail="IFCC"), q("ALANINA AMINOTRANSFERASI (ALT)", "U/L", None, 41, 0, "1742-6", detail="IFCC"), q("GAMMA GLUTAMILTRANSFERASI", "U/L", None, 60, 0, "2324-2", detail="IFCC"), q("PROTEINA C REATTIVA", "mg/L", None, 5.0, 1, "1988-5", below=0.3, detail="Immunoturb."),
        )),
        ("ORMONI E SIEROLOGIA", (
            q("TIREOTROPINA (TSH)", "mUI/L", 0.270, 4.200, 3, "3016-3", below=0.010, detail=ECL), q("TIROXINA LIBERA (FT4)", "pmol/L", 12.0, 22.0, 1, "14920-3", detail=ECL), q("VITAMINA D (25-OH)", "nmol/L", 75, 250, 0, "68438-1", below=10, detail=ECL),
            w("HBsAg", ("NON REATTIVO", "REATTIVO"), "5196-1", "NON REATTIVO", detail="CMIA"), w("ANTICORPI ANTI-HCV", ("NON REATTIVO", "REATTIVO"), "13955-0", "NON REATTIVO", detail="CMIA"),
        )),
        ("URINE", (
            w("ASPETTO", ("Limpido", "Torbido"), "5767-9", "Limpido", detail="Visivo"), q("PESO SPECIFICO", "", 1.005, 1.030, 3, "5811-5", detail="Striscia"), q("PH", "", 5.0, 7.5, 1, "5803-2", detail="Striscia"), w("PROTEINE", ("Assenti", "Tracce", "30 mg/dL"), "20454-5", "Assenti", detail="Striscia"),
            w("GLUCOSIO URINARIO", ("Assente", "Presente"), "25428-4", "Assente", detail="Striscia"), w("NITRITI", ("Assenti", "Presenti"), "5802-4", "Assenti", detail="Striscia"), w("ESTERASI LEUCOCITARIA", ("Assente", "Presente (+)", "Presente (++)"), "5799-2", "Assente", detail="Striscia"),
        )),
    ),
)  # fmt: skip
