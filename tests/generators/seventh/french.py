"""A French laboratory: each chapter in a box with its sample, dots up to the value, the range in brackets, one former value."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.seventh.sums import clearance, left, part, total
from tests.generators.sheet import Color, Flow, Sheet

LEFT, RIGHT = 38.0, 557.0
NAME, VALUE, MARK, UNIT, RANGE, FORMER = 46.0, 278.0, 283.0, 294.0, 372.0, 548.0
TEAL: Color = (0, 110, 120)
PALE: Color = (225, 240, 241)
FRESH = {"SEROLOGIE", "EXAMEN DES URINES"}
SAMPLES = {
    "HEMOGRAMME": "Sang total EDTA - cytométrie en flux, impédance", "HEMOSTASE": "Plasma citraté - chronométrie", "BIOCHIMIE SANGUINE": "Sérum - spectrophotométrie",
    "BILAN LIPIDIQUE": "Sérum - colorimétrie enzymatique, sujet à jeun", "EXAMEN DES URINES": "Urines, miction", "DIABETE": "Sang total EDTA - HPLC",
}  # fmt: skip


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.disc(LEFT + 12, 40, 12, TEAL)
    sheet.text(LEFT + 32, 38, case.form.lab, 13, "B", color=TEAL)
    sheet.text(
        LEFT + 32, 49, "12 rue des Tanneurs - 49990 Brissac-les-Halles - Tél. 02 99 99 12 34 - FINESS 49 999 999 9", 7.5
    )
    sheet.text(RIGHT, 38, f"Page {sheet.pages}/{{nb}}", 8, align="R")
    civil = case.pick("Madame", "Monsieur")
    if sheet.pages > 1:
        sheet.text(LEFT, 72, f"{civil} {who.family.upper()} {who.given}", 9, "B")
        sheet.text(RIGHT, 72, f"Dossier n° {case.accession} du {case.collected:%d/%m/%Y}", 9, align="R")
        return 88
    sheet.text(LEFT, 66, "Biologistes médicaux : Mme Élise Vautrin, M. Karim Belhadj, pharmaciens", 8)
    sheet.text(LEFT, 84, f"Dossier n° : {case.accession}", 9, "B")
    sheet.text(LEFT, 96, f"Prélevé le : {case.collected:%d/%m/%Y} à {case.collected:%Hh%M} au laboratoire", 8.5)
    sheet.text(LEFT, 107, f"Reçu le : {case.received:%d/%m/%Y} à {case.received:%Hh%M}", 8.5)
    sheet.text(LEFT, 118, f"Édité le : {case.reported:%d/%m/%Y} à {case.reported:%Hh%M}", 8.5)
    sheet.text(LEFT, 129, "Prescripteur : Dr Hortense Malaval", 8.5)
    sheet.box(312, 76, RIGHT - 312, 60, edge=TEAL)
    sheet.text(320, 90, f"{civil} {who.family.upper()} {who.given}", 10, "B")
    sheet.text(320, 103, f"{case.pick('Née', 'Né')} le : {who.birth_date:%d/%m/%Y} ({case.years} ans)   Sexe : {case.pick('F', 'M')}", 8.5)  # fmt: skip
    sheet.text(320, 114, f"N° patient : {who.mrn}", 8.5)
    sheet.text(320, 125, "4 impasse du Lavoir, 49991 Thouarcé-sur-Layon", 8.5)
    sheet.text(LEFT, 152, "COMPTE RENDU D'ANALYSES DE BIOLOGIE MÉDICALE", 10, "B")
    sheet.text(RIGHT, 152, "Compte rendu complet", 8.5, "I", align="R")
    return 164


def _head(sheet: Sheet, case: Case, title: str, y: float) -> float:
    sheet.box(LEFT, y, RIGHT - LEFT, 15, fill=PALE, edge=TEAL)
    sheet.text(NAME, y + 11, title, 9.5, "B", color=TEAL)
    sheet.text(NAME, y + 25, SAMPLES.get(title, "Sérum - électrochimiluminescence"), 7, "I")
    sheet.text(RANGE, y + 25, "Valeurs de référence", 7.5, "I")
    if title not in FRESH:
        sheet.text(RIGHT - 9, y + 10.5, "Antériorité", 7.5, "B", align="R")
        sheet.text(FORMER, y + 25, f"{case.collected - timedelta(days=203):%d/%m/%Y}", 7.5, "I", align="R")
    _sides(sheet, y, 31)
    return 38


def _sides(sheet: Sheet, y: float, tall: float) -> None:
    for x in (LEFT, RIGHT):
        sheet.rule(x, y, x, y + tall, 0.5, TEAL)


def _row(sheet: Sheet, one: Line, y: float) -> float:
    one.page = sheet.pages
    bold = "B" if one.state else ""
    sheet.text(NAME, y, one.test.name, 9)
    start = NAME + sheet.measure(one.test.name, 9) + 3
    room = VALUE - sheet.measure(one.value, 9.5, "B") - 5 - start
    dots = "." * int(room / sheet.measure(".", 9))
    sheet.text(start, y, dots, 9, color=(120, 120, 120))
    sheet.text(VALUE, y, one.value, 9.5, "B", align="R")
    sheet.text(MARK, y, one.flag, 9.5, bold)
    sheet.text(UNIT, y, one.test.unit, 8.5)
    for place, text in enumerate(one.ranges):
        sheet.text(RANGE, y + 10.5 * place, text, 8.5)
    if one.section not in FRESH:
        sheet.text(FORMER, y, one.previous[0], 8.5, align="R")
    tall = 12.0 + 10.5 * (len(one.ranges) - 1)
    for text in (one.test.detail, one.comment):
        if text:
            sheet.text(NAME + 8, y + tall - 2, text, 7.5, "I" if text == one.test.detail else "")
            tall += 10
    return tall


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 790, lambda: _open(sheet, case))
    for title, lines in case.sections():
        if flow.y + 74 > 790:
            flow.turn()
        flow.y += _head(sheet, case, title, flow.y)
        for one in lines:
            tall = 12 + 10.5 * (len(one.ranges) - 1) + 10 * (bool(one.test.detail) + bool(one.comment))
            if flow.y + tall > 790:
                sheet.rule(LEFT, flow.y - 7, RIGHT, flow.y - 7, 0.5, TEAL)
                flow.turn()
                flow.y += _head(sheet, case, title, flow.y)
            _sides(sheet, flow.y - 7, tall)
            flow.y += _row(sheet, one, flow.y)
        sheet.rule(LEFT, flow.y - 7, RIGHT, flow.y - 7, 0.5, TEAL)
        flow.y += 2
    flow.need(38)
    sheet.text(LEFT, flow.y + 12, "Validé biologiquement par : Élise Vautrin", 8.5, "B")
    sheet.text(LEFT, flow.y + 23, "* : résultat hors des valeurs de référence.  Accréditation COFRAC n° 8-9999, portée disponible sur www.cofrac.fr", 7)  # fmt: skip


NEGATIVE = ("Négatif", "Traces", "+", "++")
SEROLOGY = ("Négatif", "Positif")
LIPID_RISK = "Risque faible : < 1,16\nRisque modéré : < 1,00\nRisque élevé : < 0,70"
FORM = Form(
    name="fr_chapitres", language="fr", lab="Laboratoire Tanneurs-Layon", accession="{day:%y%m%d}-{number:05d}", draw=draw, series="seventh", decimal=",", thousands=" ",
    span="({low} à {high})", upper="(< {high})", lower="(> {low})", past="< {limit}", flags={"LL": "*", "L": "*", "H": "*", "HH": "*", "A": "*"},
    sections=(
        ("HEMOGRAMME", (
            q("Leucocytes", "/mm3", 4000, 10000, 0, "6690-2", key="leu"), q("Hématies", "T/L", 4.28, 5.79, 2, "789-8", women=(3.89, 5.08), formula=lambda at: at["hte"] * 10 / at["vgm"]), q("Hémoglobine", "g/dL", 13.4, 16.7, 1, "718-7", women=(11.8, 15.0), formula=part("hte", "ccmh")), q("Hématocrite", "%", 39.2, 48.6, 1, "4544-3", women=(35.8, 43.7), key="hte"), q("V.G.M.", "fL", 77.8, 94.0, 1, "787-2", key="vgm"), q("T.C.M.H.", "pg", 26.1, 32.0, 1, "785-6", formula=part("vgm", "ccmh")), q("C.C.M.H.", "g/dL", 32.4, 36.3, 1, "786-4", key="ccmh"),
            q("Polynucléaires neutrophiles", "/mm3", 1800, 7500, 0, "751-8", formula=part("leu", "pnn")), q("Polynucléaires éosinophiles", "/mm3", None, 600, 0, "711-2", formula=part("leu", "pne")), q("Polynucléaires basophiles", "/mm3", None, 110, 0, "704-7", formula=part("leu", "pnb")), q("Lymphocytes", "/mm3", 1000, 4500, 0, "731-0", formula=part("leu", "lym")), q("Monocytes", "/mm3", 200, 1000, 0, "742-7", formula=part("leu", "mon")),
            q("Plaquettes", "/mm3", 150000, 400000, 0, "777-3", remark="Absence d'agrégats plaquettaires."), q("Vitesse de sédimentation 1ère heure", "mm", None, 20, 0, "", detail="Méthode de Westergren modifiée"),
        )),
        ("HEMOSTASE", (q("Taux de prothrombine", "%", 70, 100, 0, "5894-1"), q("I.N.R.", "", 0.80, 1.20, 2, "6301-6"), q("TCA Patient", "s", 24.0, 36.0, 1, "14979-9"), q("TCA Rapport patient/témoin", "", 0.80, 1.20, 2, ""), q("Fibrinogène", "g/L", 2.00, 4.00, 2, "3255-7", detail="Méthode de Clauss"))),
        ("BIOCHIMIE SANGUINE", (
            q("Glycémie à jeun", "g/L", 0.70, 1.05, 2, "", detail="Hexokinase"), q("Urée", "g/L", 0.17, 0.49, 2, ""), q("Créatinine", "mg/L", 7.2, 12.5, 1, "", women=(5.7, 11.1), key="crea", detail="Méthode enzymatique IDMS"), q("D.F.G. estimé (CKD-EPI)", "mL/min/1,73m²", 60, None, 0, "", formula=clearance("crea", 0.1)), q("Acide urique", "mg/L", 35, 72, 0, "", women=(26, 60)),
            q("Sodium", "mmol/L", 136, 145, 0, "2951-2"), q("Potassium", "mmol/L", 3.5, 5.1, 1, "2823-3", remark="Sérum légèrement hémolysé."), q("Chlore", "mmol/L", 98, 107, 0, "2075-0"), q("Calcium", "mmol/L", 2.20, 2.55, 2, "2000-8"), q("Protéines totales", "g/L", 64, 83, 0, "2885-2"), q("ASAT (TGO)", "U/L", 5, 34, 0, "1920-8"), q("ALAT (TGP)", "U/L", None, 55, 0, "1742-6"), q("Gamma G.T.", "U/L", 12, 64, 0, "2324-2", women=(9, 36)), q("Bilirubine totale", "mg/L", 2.0, 12.0, 1, ""), q("Protéine C réactive (CRP)", "mg/L", None, 5.0, 1, "1988-5", below=0.5),
            q("Ferritine", "µg/L", 30, 400, 0, "2276-4", women=(15, 150), reference="Homme : 30 à 400\nFemme : 15 à 150"),
        )),
        ("DIABETE", (q("Hémoglobine glyquée (HbA1c)", "%", 4.0, 6.0, 1, "4548-4", detail="Technique certifiée NGSP"),)),
        ("BILAN LIPIDIQUE", (
            w("Aspect du sérum", ("Limpide", "Opalescent", "Lactescent"), ""), q("Cholestérol total", "g/L", None, 2.00, 2, "", formula=total("hdl", "ldl", "tri", 5)), q("Triglycérides", "g/L", None, 1.50, 2, "", key="tri"), q("Cholestérol H.D.L.", "g/L", 0.40, None, 2, "", key="hdl", women=(0.50, None)), q("Cholestérol L.D.L. (calculé)", "g/L", None, None, 2, "", key="ldl", around=1.24, reference=LIPID_RISK, detail="Formule de Friedewald"),
        )),
        ("HORMONES ET VITAMINES", (
            q("T.S.H. ultrasensible", "mUI/L", 0.35, 4.94, 2, "3016-3", below=0.01, detail="Chimiluminescence, 3e génération"), q("T4 libre", "pmol/L", 9.0, 19.1, 1, "14920-3"), q("25-OH Vitamine D (D2+D3)", "ng/mL", None, None, 1, "", around=27, reference="Carence : < 10,0\nInsuffisance : 10,0 à 30,0\nTaux recommandé : > 30,0"), q("Vitamine B12", "pg/mL", 187, 883, 0, "2132-9"), q("Folates sériques", "ng/mL", 3.1, 20.5, 1, "2284-8"),
        )),
        ("SEROLOGIE", (w("Antigène HBs", SEROLOGY, "5196-1", "(Négatif)"), w("Anticorps anti-VHC", SEROLOGY, "13955-0", "(Négatif)"), w("VIH 1 et 2, Ac et Ag p24", SEROLOGY, "56888-1", "(Négatif)"))),
        ("EXAMEN DES URINES", (
            q("pH", "", 5.0, 8.0, 1, "5803-2"), w("Protéines", NEGATIVE, "20454-5", "(Négatif)"), w("Glucose", NEGATIVE, "25428-4", "(Négatif)"), w("Corps cétoniques", NEGATIVE, "2514-8", "(Négatif)"), w("Nitrites", SEROLOGY, "5802-4", "(Négatif)"), q("Leucocytes urinaires", "/mm3", None, 10, 0, "", below=1), q("Hématies urinaires", "/mm3", None, 10, 0, "", below=1),
        )),
    ),
    unprinted=(
        q("lym", "%", None, None, 1, "", around=29), q("mon", "%", None, None, 1, "", around=8), q("pne", "%", None, None, 1, "", around=2.7), q("pnb", "%", None, None, 1, "", around=0.6),
        q("pnn", "%", None, None, 1, "", formula=left(100, "lym", "mon", "pne", "pnb")),
    ),
)  # fmt: skip
