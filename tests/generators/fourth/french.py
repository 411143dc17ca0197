"""A French laboratory: percentage and absolute count on one line, two former results, technique lines, a window for the address."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fourth.formulas import cholesterol, filtration, mean_haemoglobin, ratio, red, rest, share
from tests.generators.fourth.model import Case, Form, Line, Test, q, w
from tests.generators.sheet import Flow, Sheet

LEFT, PART, STAR, VALUE, UNITS, RANGE, ONE, TWO, RIGHT = 34.0, 210.0, 244.0, 290.0, 295.0, 372.0, 508.0, 560.0, 562.0
NAVY, SAND = (20, 40, 90), (245, 240, 228)


def _first(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(LEFT, 40, case.form.lab, 15, "B", color=NAVY)
    for place, line in enumerate((
        "Laboratoire de biologie médicale - Site des Halles", "3 rue du Bief, 58000 NEVERS - Tél. 03 99 99 01 55",
        "Biologistes : Dr A. Courtemanche, Dr S. Lhuillier", "Ouvert du lundi au samedi, 7h00 - 18h30",
    )):  # fmt: skip
        sheet.text(LEFT, 52 + 10 * place, line, 8)
    sheet.text(322, 76, f"{case.pick('Madame', 'Monsieur')} {who.given} {who.family.upper()}", 11, "B")
    sheet.text(322, 90, "14 chemin des Vannes", 10)
    sheet.text(322, 104, "58000 NEVERS", 10)
    sheet.box(LEFT, 122, RIGHT - LEFT, 54, fill=SAND)
    facts = (
        (f"Nom : {who.family.upper()}", f"Prénom : {who.given}", f"Dossier : {case.accession}"),
        (f"Date de naissance : {who.birth_date:%d/%m/%Y}", f"Sexe : {case.pick('Féminin', 'Masculin')}", f"Identifiant patient : {who.mrn}"),
        (f"Prélèvement : {case.collected:%d/%m/%Y %H:%M}", "Lieu : laboratoire", f"Enregistrement : {case.received:%d/%m/%Y %H:%M}"),
        ("Prescripteur : Dr Yves LE BIHAN", "Copie : patient", f"Compte rendu édité : {case.reported:%d/%m/%Y %H:%M}"),
    )  # fmt: skip
    for row, cells in enumerate(facts):
        for x, fact in zip((LEFT + 6, LEFT + 182, LEFT + 312), cells, strict=True):
            sheet.text(x, 134 + 12 * row, fact, 8.5, "B" if row == 0 else "")
    return 196


def _next(sheet: Sheet, case: Case) -> float:
    sheet.text(
        LEFT,
        34,
        f"{case.form.lab} - Dossier {case.accession} - {case.patient.family.upper()} {case.patient.given}",
        8,
        "I",
    )
    sheet.rule(LEFT, 39, RIGHT, 39, 0.4, NAVY)
    return 58


def _open(sheet: Sheet, case: Case) -> float:
    y = _first(sheet, case) if sheet.pages == 1 else _next(sheet, case)
    for x, head, align in (
        (LEFT, "Examen", "L"),
        (VALUE, "Résultat", "R"),
        (UNITS, "Unité", "L"),
        (RANGE, "Intervalle de référence", "L"),
    ):
        sheet.text(x, y, head, 8, "B", align=align, color=NAVY)
    sheet.text(534, y - 9, "Antériorités", 7.5, "B", align="C", color=NAVY)
    for x, days in ((ONE, 168), (TWO, 391)):
        sheet.text(x, y, f"{case.collected - timedelta(days=days):%d/%m/%y}", 7.5, align="R", color=NAVY)
    sheet.rule(LEFT, y + 4, RIGHT, y + 4, 0.6, NAVY)
    sheet.text(
        LEFT,
        814,
        "Accréditation Cofrac Examens médicaux n° 8-9998, liste des sites et portée sur www.cofrac.fr. Le rapport ne",
        6.5,
    )
    sheet.text(
        LEFT, 822, "doit pas être reproduit, sinon en entier. * : résultat hors de l'intervalle de référence.", 6.5
    )
    sheet.text(RIGHT, 822, f"{sheet.pages}/{{nb}}", 8, align="R")
    return y + 20


def _value(sheet: Sheet, one: Line, y: float) -> None:
    one.page = sheet.pages
    sheet.text(STAR, y, one.flag, 9, "B")
    sheet.text(VALUE, y, one.value, 9, "B", align="R")
    sheet.text(UNITS, y, one.test.unit, 8.5, fit=74)
    sheet.text(RANGE, y, one.reference, 8.5)
    sheet.text(ONE, y, one.previous[0], 8, align="R", color=(100, 100, 100))
    sheet.text(TWO, y, one.previous[1], 8, align="R", color=(100, 100, 100))


def _rows(sheet: Sheet, flow: Flow, lines: list[Line]) -> None:
    waiting: Line | None = None
    for one in lines:
        if one.test.group == "%":
            waiting = one
            continue
        flow.need(24)
        sheet.text(LEFT + 4, flow.y, one.test.name, 9)
        if waiting is not None:
            waiting.page = sheet.pages
            sheet.text(PART - 16, flow.y, f"{waiting.value} %", 9, align="R")
            sheet.text(PART - 6, flow.y, "soit", 8, "I")
            waiting = None
        _value(sheet, one, flow.y)
        flow.y += 12
        for said in (one.test.detail, one.comment):
            if said:
                sheet.text(LEFT + 14, flow.y - 2, said, 7.5, "I", color=(90, 90, 90))
                flow.y += 10


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 798, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(56)
        sheet.box(LEFT, flow.y - 10, 5, 14, fill=NAVY)
        sheet.text(LEFT + 11, flow.y, title, 10.5, "B", color=NAVY)
        flow.y += 16
        _rows(sheet, flow, lines)
        flow.y += 9
    flow.need(40)
    sheet.text(LEFT, flow.y, "Conclusion : bilan à confronter au contexte clinique.", 9)
    sheet.text(RIGHT, flow.y + 16, "Validé électroniquement par le Dr Solange Lhuillier", 8.5, "I", align="R")


def _cells(name: str, bounds: tuple[float, float], percent: Test) -> tuple[Test, Test]:
    """The percentage of a kind of white cells and its count, printed on one line under one name."""
    count = q(name, "G/L", *bounds, 2, COUNTS[percent.key], formula=share(percent.key))
    return percent, count


def _part(name: str, key: str, loinc: str, **more: object) -> Test:
    return q(name, "%", None, None, 1, loinc, key=key, group="%", **more)


COUNTS = {"neut": "751-8", "eos": "711-2", "baso": "704-7", "lymph": "731-0", "mono": "742-7"}
DIFFERENTIAL = (
    *_cells("Polynucléaires neutrophiles", (1.50, 7.50), _part("Polynucléaires neutrophiles", "neut", "770-8", formula=rest("eos", "baso", "lymph", "mono"))),
    *_cells("Polynucléaires éosinophiles", (0.02, 0.63), _part("Polynucléaires éosinophiles", "eos", "713-8", around=2.6)),
    *_cells("Polynucléaires basophiles", (0.00, 0.11), _part("Polynucléaires basophiles", "baso", "706-2", around=0.6)),
    *_cells("Lymphocytes", (1.10, 4.00), _part("Lymphocytes", "lymph", "736-9", around=30)),
    *_cells("Monocytes", (0.20, 1.00), _part("Monocytes", "mono", "5905-5", around=7.8)),
)  # fmt: skip
FORM = Form(
    name="fr_formule", language="fr", lab="Biologie des Trois Biefs", accession="{day:%y%m%d}T{number:04d}", draw=draw, decimal=",", thousands=" ",
    span="{low} - {high}", upper="inf. à {high}", lower="sup. à {low}", past="{sign} {limit}", flags={"LL": "*", "L": "*", "H": "*", "HH": "*"},
    sections=(
        ("Hémogramme", (
            q("Hématies", "T/L", 4.28, 6.00, 2, "789-8", women=(3.80, 5.90), formula=red(1000)), q("Hémoglobine", "g/dL", 13.4, 16.7, 1, "718-7", women=(11.5, 15.0), key="hgb"),
            q("Hématocrite", "%", 39.2, 48.6, 1, "4544-3", women=(34.4, 43.9), formula=ratio("hgb", "mchc", 100)), q("Volume globulaire moyen", "fL", 78.0, 97.0, 1, "787-2", key="mcv"),
            q("Teneur corpusculaire moyenne en hémoglobine", "pg", 26.0, 32.0, 1, "785-6", formula=mean_haemoglobin(0.01)), q("C.C.M.H.", "g/dL", 32.0, 36.0, 1, "786-4", key="mchc"),
            q("Leucocytes", "G/L", 4.05, 11.00, 2, "6690-2", key="wbc"),
            *DIFFERENTIAL,
            q("Plaquettes", "G/L", 161, 398, 0, "777-3"), q("Vitesse de sédimentation à la 1ère heure", "mm", None, 15, 0, "30341-2", women=(None, 20)),
        )),
        ("Hémostase", (q("Taux de prothrombine", "%", 70, 130, 0, "5894-1"), q("INR", "", 0.90, 1.20, 2, "6301-6"), q("Fibrinogène", "g/L", 2.00, 4.00, 2, "3255-7"))),
        ("Biochimie du sang", (
            q("Glycémie à jeun", "g/L", 0.74, 1.06, 2, "2345-7", detail="Hexokinase - plasma fluoré"), q("Hémoglobine glyquée HbA1c", "%", 4.0, 6.0, 1, "4548-4", detail="HPLC - sang total"),
            q("Créatinine", "mg/L", 7.2, 12.5, 1, "2160-0", women=(5.7, 11.1), key="creatinine", detail="Méthode enzymatique"), q("Débit de filtration glomérulaire (CKD-EPI 2021)", "mL/min/1,73m²", 60, None, 0, "98979-8", formula=filtration(0.1)),
            q("Urée", "g/L", 0.17, 0.43, 2, "3091-6"), q("Sodium", "mmol/L", 136, 145, 0, "2951-2"), q("Potassium", "mmol/L", 3.5, 5.1, 1, "2823-3", remark="Sérum légèrement hémolysé, potassium à contrôler."), q("Chlorures", "mmol/L", 98, 107, 0, "2075-0"),
            q("CRP", "mg/L", None, 5.0, 1, "1988-5", below=0.6), q("Cholestérol total", "g/L", None, 2.00, 2, "2093-3", key="chol", formula=cholesterol(5)), q("HDL-cholestérol", "g/L", 0.40, None, 2, "2085-9", key="hdl"), q("Triglycérides", "g/L", None, 1.50, 2, "2571-8", key="trig"),
            q("LDL-cholestérol calculé (Friedewald)", "g/L", None, 1.60, 2, "13457-7", key="ldl", remark="Objectif à définir selon le risque cardiovasculaire."),
            q("ASAT", "U/L", None, 40, 0, "1920-8"), q("ALAT", "U/L", None, 41, 0, "1742-6"), q("Gamma-GT", "U/L", None, 60, 0, "2324-2"), q("Ferritine", "µg/L", 30, 400, 0, "2276-4", women=(15, 150)),
        )),
        ("Hormonologie et sérologie", (
            q("TSH", "mUI/L", 0.27, 4.20, 2, "3016-3", below=0.01, detail="Électrochimiluminescence"), w("Antigène HBs", ("Négatif", "Positif"), "5196-1"), w("Anticorps anti-VHC", ("Négatif", "Positif"), "13955-0"),
        )),
    ),
)  # fmt: skip
