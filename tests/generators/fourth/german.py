"""A German laboratory whose units stand in brackets behind the names, and a practice's sheet in A5 across with two columns."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fourth.formulas import (
    as_percent,
    cholesterol,
    filtration,
    mean_haemoglobin,
    minus,
    ratio,
    red,
    rest,
)
from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.sheet import Flow, Sheet

LEFT, RANGE, BEFORE, MARK, NOW, RIGHT = 56.0, 262.0, 408.0, 462.0, 538.0, 545.0
MATERIAL = {"Hämatologie": "EDTA-Blut", "Gerinnung": "Citratblut", "Diabetesdiagnostik": "EDTA-Blut"}


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(RIGHT, 40, case.form.lab, 15, "B", align="R")
    sheet.text(
        RIGHT,
        52,
        "Überörtliche Gemeinschaft für Labormedizin und Mikrobiologie, Kanalufer 21, 49099 Osnabrück",
        7.5,
        align="R",
    )
    sheet.text(RIGHT, 62, "Befundauskunft 0541 99 99-40", 7.5, align="R")
    sheet.text(LEFT, 88, "Ärztlicher Befundbericht", 12, "B")
    sheet.box(LEFT, 96, RIGHT - LEFT, 58, edge=(120, 120, 120))
    sheet.rule(LEFT + 262, 96, LEFT + 262, 154, 0.5, (120, 120, 120))
    left = (
        f"Name: {who.family}",
        f"Vorname: {who.given}",
        f"Geburtsdatum: {who.birth_date:%d.%m.%Y}   Geschlecht: {case.pick('W', 'M')}",
        f"Patienten-ID: {who.mrn}",
    )
    right = (
        f"Labornummer: {case.accession}",
        f"Probenentnahme: {case.collected:%d.%m.%Y, %H:%M} Uhr",
        f"Probeneingang: {case.received:%d.%m.%Y, %H:%M} Uhr",
        f"Befundausgang: {case.reported:%d.%m.%Y, %H:%M} Uhr",
    )
    for x, facts in ((LEFT + 6, left), (LEFT + 268, right)):
        for place, fact in enumerate(facts):
            sheet.text(x, 109 + 13 * place, fact, 9, "B" if place == 0 else "")
    for x, head, align in (
        (LEFT + 4, "Untersuchung [Einheit]", "L"),
        (RANGE, "Referenzbereich", "L"),
        (NOW, "Ergebnis", "R"),
    ):
        sheet.text(x, 174, head, 9, "B", align=align)
    sheet.text(BEFORE, 174, f"Vorwert v. {case.collected - timedelta(days=233):%d.%m.%y}", 8, align="C")
    sheet.rule(LEFT, 179, RIGHT, 179, 1.2)
    sheet.text(
        LEFT,
        816,
        "Akkreditiert nach DIN EN ISO 15189 (DAkkS D-ML-99998-01-00). Die Akkreditierung gilt für die in der Urkunde genannten Verfahren.",
        6.5,
    )
    sheet.text(LEFT, 826, f"Labornummer {case.accession}, {who.family}, {who.given}", 7)
    sheet.text(RIGHT, 826, f"Blatt {sheet.pages} / {{nb}}", 7.5, align="R")
    return 196


def _row(sheet: Sheet, flow: Flow, one: Line) -> None:
    flow.need(24)
    one.page = sheet.pages
    name = f"{one.test.name} [{one.test.unit}]" if one.test.unit else one.test.name
    sheet.text(LEFT + 10, flow.y, name, 9.5, fit=190)
    sheet.text(RANGE, flow.y, one.reference, 9.5)
    sheet.text(BEFORE, flow.y, one.previous[0], 9, align="C", color=(110, 110, 110))
    sheet.text(MARK, flow.y, one.flag, 9.5, "B", align="R")
    sheet.text(NOW, flow.y, one.value, 9.5, "B" if one.state else "", align="R")
    flow.y += 13
    if one.comment:
        sheet.text(LEFT + 18, flow.y - 1, one.comment, 8, "I")
        flow.y += 12


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 798, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(48)
        sheet.box(LEFT, flow.y - 10, RIGHT - LEFT, 14, fill=(230, 230, 230))
        sheet.text(LEFT + 4, flow.y, title, 9.5, "B")
        sheet.text(RIGHT - 4, flow.y, f"Material: {MATERIAL.get(title, 'Serum')}", 8, align="R")
        flow.y += 17
        for one in lines:
            _row(sheet, flow, one)
        flow.y += 8
    flow.need(44)
    sheet.text(LEFT, flow.y + 6, "Mit freundlichen kollegialen Grüßen", 9)
    sheet.text(
        LEFT,
        flow.y + 20,
        "Dr. med. Ottilie Brandhorst, Fachärztin für Laboratoriumsmedizin (elektronisch freigegeben)",
        9,
    )


MVZ = Form(
    name="de_einheit", language="de", lab="MVZ Labor am Kanalufer", accession="{number:06d}-{day:%y}", draw=draw, decimal=",", past="{sign} {limit}",
    span="{low} bis {high}", upper="unter {high}", lower="über {low}", flags={"LL": "--", "L": "-", "H": "+", "HH": "++", "A": "+"},
    sections=(
        ("Hämatologie", (
            q("Leukozyten", "Tsd./µl", 3.9, 10.2, 1, "6690-2"), q("Erythrozyten", "Mio./µl", 4.30, 5.75, 2, "789-8", women=(3.90, 5.15), formula=red(1000)), q("Hämoglobin", "g/dl", 13.5, 17.2, 1, "718-7", women=(12.0, 15.4), key="hgb"),
            q("Hämatokrit", "%", 39.5, 50.5, 1, "4544-3", women=(35.5, 45.0), formula=ratio("hgb", "mchc", 100)), q("MCV", "fl", 80.0, 99.0, 1, "787-2", key="mcv"), q("MCH", "pg", 27.0, 33.5, 1, "785-6", formula=mean_haemoglobin(0.01)),
            q("MCHC", "g/dl", 31.5, 36.0, 1, "786-4", key="mchc"), q("Thrombozyten", "Tsd./µl", 150, 370, 0, "777-3"), q("Neutrophile Granulozyten", "%", 42.0, 77.0, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso")),
            q("Lymphozyten", "%", 20.0, 44.0, 1, "736-9", key="lymph"), q("Monozyten", "%", 2.0, 9.5, 1, "5905-5", key="mono"), q("Eosinophile Granulozyten", "%", 0.5, 5.5, 1, "713-8", key="eos"), q("Basophile Granulozyten", "%", 0.0, 1.8, 1, "706-2", key="baso"),
        )),
        ("Gerinnung", (q("Thromboplastinzeit n. Quick", "%", 70, 120, 0, "5894-1"), q("INR", "", 0.90, 1.20, 2, "6301-6"), q("PTT", "sec", 25, 37, 0, "14979-9"))),
        ("Klinische Chemie", (
            q("Natrium", "mmol/l", 136, 145, 0, "2951-2"), q("Kalium", "mmol/l", 3.5, 5.1, 1, "2823-3", remark="Probe leicht hämolytisch, Kontrolle empfohlen."), q("Calcium", "mmol/l", 2.20, 2.55, 2, "2000-8"), q("Kreatinin enzymatisch", "mg/dl", 0.67, 1.17, 2, "2160-0", women=(0.51, 0.95), key="creatinine"),
            q("eGFR (CKD-EPI 2021)", "ml/min/1,73m²", 60, None, 0, "98979-8", formula=filtration(1), above=90), q("Harnstoff", "mg/dl", 17, 48, 0, "3091-6"), q("Harnsäure", "mg/dl", 3.4, 7.0, 1, "3084-1", women=(2.4, 5.7)), q("Bilirubin gesamt", "mg/dl", None, 1.20, 2, "1975-2", below=0.15),
            q("GOT/ASAT", "U/l", None, 50, 0, "1920-8", women=(None, 35)), q("GPT/ALAT", "U/l", None, 50, 0, "1742-6", women=(None, 35)), q("Gamma-GT", "U/l", None, 60, 0, "2324-2", women=(None, 40)), q("Alkalische Phosphatase", "U/l", 40, 130, 0, "6768-6"), q("Lipase", "U/l", None, 60, 0, "3040-3"),
            q("Cholesterin gesamt", "mg/dl", None, 200, 0, "2093-3", key="chol", formula=cholesterol(5)), q("HDL-Cholesterin", "mg/dl", 40, None, 0, "2085-9", key="hdl"), q("LDL-Cholesterin (Friedewald)", "mg/dl", None, 130, 0, "13457-7", key="ldl"), q("Non-HDL-Cholesterin (berechnet)", "mg/dl", None, 145, 0, "43396-1", formula=minus("chol", "hdl")),
            q("Triglyzeride", "mg/dl", None, 150, 0, "2571-8", key="trig"), q("CRP", "mg/l", None, 5.0, 1, "1988-5", below=0.6),
        )),
        ("Diabetesdiagnostik", (q("HbA1c (IFCC)", "mmol/mol", 20, 42, 0, "59261-8", key="ifcc"), q("HbA1c", "%", 4.0, 6.0, 1, "4548-4", formula=as_percent("ifcc")))),
        ("Schilddrüse und Vitamine", (
            q("TSH", "mU/l", 0.27, 4.20, 2, "3016-3", below=0.01, remark="Referenzbereich gilt nicht in der Schwangerschaft."), q("Freies Thyroxin (fT4)", "pmol/l", 12.0, 22.0, 1, "14920-3"), q("Freies Trijodthyronin (fT3)", "pmol/l", 3.1, 6.8, 1, "14928-6"), q("Ferritin", "µg/l", 30, 400, 0, "2276-4", women=(15, 150)), q("Vitamin B12", "ng/l", 197, 771, 0, "2132-9", below=150),
        )),
        ("Infektionsserologie", (w("HBs-Antigen", ("negativ", "positiv"), "5196-1", "negativ"), w("HCV-Antikörper", ("negativ", "positiv"), "13955-0", "negativ"), w("HIV-1/2 Antigen/Antikörper", ("negativ", "grenzwertig"), "56888-1", "negativ"))),
    ),
)  # fmt: skip


def _open_small(sheet: Sheet, case: Case) -> None:
    who = case.patient
    sheet.page()
    sheet.text(28, 30, case.form.lab, 11, "B")
    sheet.text(28, 40, "Dr. med. Jonte Wittrock, Hausärztliche Versorgung, Deichweg 5, 26099 Emden", 6.5)
    sheet.text(567, 30, "Laborblatt (Praxislabor)", 10, "B", align="R")
    sheet.rule(28, 46, 567, 46, 1)
    sheet.text(28, 57, f"{who.family}, {who.given}", 9.5, "B")
    sheet.text(
        28,
        68,
        f"geb. {who.birth_date:%d.%m.%Y}   Geschlecht: {case.pick('weiblich', 'männlich')}   Pat.-Nr. {who.mrn}",
        8,
    )
    sheet.text(567, 57, f"Tagesnummer: {case.accession}", 8, align="R")
    sheet.text(
        567, 68, f"Abnahme: {case.collected:%d.%m.%Y %H:%M}   Ausdruck: {case.reported:%d.%m.%Y %H:%M}", 8, align="R"
    )
    for left in (28.0, 302.0):
        sheet.rule(left, 76, left + 265, 76, 0.5)
        for x, head, align in ((2, "Parameter", "L"), (124, "Wert", "R"), (142, "Einheit", "L"), (196, "Norm", "L")):
            sheet.text(left + x, 86, head, 7.5, "B", align=align)
        sheet.rule(left, 90, left + 265, 90, 0.5)
    sheet.rule(297.5, 76, 297.5, 384, 0.3, (150, 150, 150))
    sheet.text(
        28, 404, "Pfeile: Wert ober- oder unterhalb der Norm. Maschinell erstellt, ohne Unterschrift gültig.", 6.5
    )
    sheet.text(567, 404, "Seite 1 von 1", 6.5, align="R")


def _small_row(sheet: Sheet, one: Line, left: float, y: float) -> None:
    one.page = sheet.pages
    sheet.text(left + 2, y, one.test.name, 8)
    sheet.text(left + 124, y, one.value, 8, "B" if one.state else "", align="R")
    if one.flag:
        sheet.arrow(left + 128, y, up=one.flag == "↑", size=8)
    sheet.text(left + 142, y, one.test.unit, 7.5)
    sheet.text(left + 196, y, one.reference, 7.5)
    sheet.rule(left, y + 3, left + 265, y + 3, 0.15, (180, 180, 180))


def draw_small(sheet: Sheet, case: Case) -> None:
    """Draw the sheet, the left column first."""
    _open_small(sheet, case)
    left, y = 28.0, 102.0
    for place, (title, lines) in enumerate(case.sections()):
        if place == 2:
            left, y = 302.0, 102.0
        sheet.text(left + 2, y, title, 8, "BI")
        y += 11
        for one in lines:
            _small_row(sheet, one, left, y)
            y += 11.5
        y += 5


SMALL = Form(
    name="de_laborblatt", language="de", lab="Hausarztpraxis Deichweg", accession="{number:04d}/{day:%d%m}", draw=draw_small, paper="a5_landscape", decimal=",",
    received=False, span="{low}-{high}", upper="<{high}", lower=">{low}", flags={"LL": "↓", "L": "↓", "H": "↑", "HH": "↑"},
    sections=(
        ("Kleines Blutbild", (
            q("Leukozyten", "/nl", 4.0, 10.0, 1, "6690-2"), q("Erythrozyten", "/pl", 4.00, 5.60, 2, "789-8", formula=red(1000)), q("Hb", "g/dl", 12.0, 16.5, 1, "718-7", key="hgb"), q("Hkt", "%", 36.0, 49.0, 1, "4544-3", formula=ratio("hgb", "mchc", 100)),
            q("MCV", "fl", 82, 98, 0, "787-2", key="mcv"), q("MCH", "pg", 27.0, 33.0, 1, "785-6", formula=mean_haemoglobin(0.01)), q("MCHC", "g/dl", 32.0, 36.0, 1, "786-4", key="mchc"), q("Thrombozyten", "/nl", 150, 400, 0, "777-3"), q("BSG 1 Std.", "mm", None, 20, 0, "30341-2"),
        )),
        ("Urinstreifen", (
            w("Leukozyten im Urin", ("neg.", "+", "++"), "5799-2", "neg."), w("Nitrit", ("neg.", "pos."), "5802-4", "neg."), w("Eiweiß im Urin", ("neg.", "+", "++"), "20454-5", "neg."), w("Glucose im Urin", ("norm.", "+", "+++"), "25428-4", "norm."),
            w("Blut im Urin", ("neg.", "+", "+++"), "5794-3", "neg."), q("pH im Urin", "", 5.0, 8.0, 1, "5803-2"),
        )),
        ("Stoffwechsel", (
            q("Glucose nüchtern", "mg/dl", 70, 99, 0, "2345-7"), q("HbA1c", "%", 4.0, 6.0, 1, "4548-4"), q("Cholesterin", "mg/dl", None, 200, 0, "2093-3", key="chol"), q("HDL", "mg/dl", 40, None, 0, "2085-9"), q("Triglyceride", "mg/dl", None, 150, 0, "2571-8"), q("Harnsäure", "mg/dl", 2.6, 7.0, 1, "3084-1"),
        )),
        ("Niere, Leber, Elektrolyte", (
            q("Kreatinin", "mg/dl", 0.60, 1.20, 2, "2160-0"), q("Harnstoff", "mg/dl", 17, 48, 0, "3091-6"), q("Natrium", "mmol/l", 135, 145, 0, "2951-2"), q("Kalium", "mmol/l", 3.5, 5.0, 1, "2823-3"), q("GOT", "U/l", None, 50, 0, "1920-8"), q("GPT", "U/l", None, 50, 0, "1742-6"),
            q("GGT", "U/l", None, 60, 0, "2324-2"), q("AP", "U/l", 40, 130, 0, "6768-6"), q("Bilirubin ges.", "mg/dl", None, 1.1, 1, "1975-2"), q("CRP", "mg/l", None, 5, 0, "1988-5", below=3), q("TSH", "mU/l", 0.40, 4.00, 2, "3016-3", below=0.05),
        )),
    ),
)  # fmt: skip
