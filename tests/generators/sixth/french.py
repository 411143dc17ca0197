"""A French group of town laboratories with a dated former result under arrows, and a university hospital with the range below each value."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.fourth.formulas import (
    cholesterol,
    filtration,
    mean_haemoglobin,
    ratio,
    red,
    rest,
    share,
)
from tests.generators.fourth.model import Case, Form, Line, q, w
from tests.generators.sheet import Color, Flow, Sheet

PLUM: Color = (104, 28, 92)
GREY: Color = (100, 100, 100)
LEFT, VALUE, ARROW, UNIT, RANGE, RIGHT = 42.0, 286.0, 290.0, 304.0, 374.0, 554.0
NATURE = {
    "HEMATOLOGIE": "Sang total EDTA",
    "HEMOSTASE": "Plasma citraté",
    "BIOCHIMIE SANGUINE": "Sang veineux",
    "BIOCHIMIE URINAIRE": "Urines du matin",
}


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    title = case.pick("Madame", "Monsieur")
    sheet.text(LEFT, 44, case.form.lab, 18, "B", color=PLUM)
    sheet.text(LEFT, 55, "Laboratoire de biologie médicale multisites", 8, color=PLUM)
    if sheet.pages > 1:
        sheet.text(RIGHT, 44, f"Dossier {case.accession} - {title} {who.family.upper()} {who.given}", 8.5, align="R")
        sheet.text(RIGHT, 55, f"Page {sheet.pages} sur {{nb}}", 8, align="R")
        return _heads(sheet, 84)
    for place, line in enumerate(
        (
            "Site de la Martelière - 18 quai des Vannes - 38099 GRENOBLE",
            "Tél. 04 76 99 99 10 - Fax 04 76 99 99 11",
            "Biologistes : A. Coquillard, P. Desrivières, N. El Amrani",
        )
    ):
        sheet.text(LEFT, 68 + 9.5 * place, line, 7.5, color=GREY)
    sheet.box(318, 62, RIGHT - 318, 68, edge=PLUM, width=0.8)
    sheet.text(326, 77, f"{title} {who.family.upper()} {who.given}", 10, "B")
    sheet.text(326, 90, f"{case.pick('Née', 'Né')} le : {who.birth_date:%d/%m/%Y} ({case.years} ans)   Sexe : {case.pick('F', 'M')}", 8.5)  # fmt: skip
    sheet.text(326, 102, f"N° patient : {who.mrn}", 8.5)
    sheet.text(326, 114, f"Dossier N° : {case.accession}", 8.5)
    sheet.text(326, 125, "Prescripteur : Dr Marceline VERGNOLLE", 8.5)
    sheet.text(LEFT, 112, f"Prélevé le {case.collected:%d/%m/%Y à %Hh%M} au laboratoire par IDE", 8.5)
    sheet.text(LEFT, 123, f"Enregistré le {case.received:%d/%m/%Y à %Hh%M}", 8.5)
    sheet.text(LEFT, 134, f"Édité le {case.reported:%d/%m/%Y à %Hh%M}", 8.5)
    sheet.text(298, 154, "COMPTE RENDU D'EXAMENS DE BIOLOGIE MEDICALE", 11, "B", align="C")
    return _heads(sheet, 174)


def _heads(sheet: Sheet, y: float) -> float:
    for x, head, align in (
        (VALUE, "Résultats", "R"),
        (UNIT, "Unités", "L"),
        (RANGE, "Valeurs de référence", "L"),
        (RIGHT, "Antériorités", "R"),
    ):
        sheet.text(x, y, head, 8, "I", align=align, color=PLUM)
    sheet.rule(LEFT, y + 4, RIGHT, y + 4, 0.8, PLUM)
    sheet.text(LEFT, 812, "Les examens précédés du symbole # ne sont pas couverts par l'accréditation n° 8-9997 (portée sur www.cofrac.fr).", 6.5, color=GREY)  # fmt: skip
    sheet.text(LEFT, 821, f"Page {sheet.pages} sur {{nb}}", 6.5, color=GREY)
    return y + 20


def _row(sheet: Sheet, flow: Flow, case: Case, one: Line) -> None:
    lines, second = one.ranges, bool(one.test.detail or one.section != "SEROLOGIES")
    tall = max(10.5 * len(lines), 19 if second else 12) + 2 + (10 if one.comment else 0)
    flow.need(tall)
    one.page = sheet.pages
    sheet.text(LEFT + 6, flow.y, one.test.name, 9, "B", fit=196)
    sheet.text(VALUE, flow.y, one.value, 10 if one.number is not None else 9, "B", align="R")
    if one.flag:
        sheet.arrow(ARROW, flow.y, up=one.flag == "↑", size=9, color=(200, 0, 0))
    sheet.text(UNIT, flow.y, one.test.unit, 8.5, fit=66)
    for place, line in enumerate(lines):
        sheet.text(RANGE, flow.y + 10.5 * place, line, 8.5)
    if one.section != "SEROLOGIES":
        sheet.text(RIGHT, flow.y, one.previous[0], 8.5, align="R")
        sheet.text(RIGHT, flow.y + 8.5, f"{case.collected - timedelta(days=187):%d/%m/%y}", 6.5, align="R", color=GREY)
    sheet.text(LEFT + 12, flow.y + 8.5, one.test.detail, 6.5, "I", color=GREY)
    flow.y += tall
    if one.comment:
        sheet.text(LEFT + 12, flow.y - 11, one.comment, 8, "I")


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 796, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(60)
        sheet.text(298, flow.y + 2, title, 11, "B", align="C", color=PLUM)
        sheet.text(298, flow.y + 11, NATURE.get(title, "Sérum"), 7, "I", align="C", color=GREY)
        flow.y += 26
        for one in lines:
            _row(sheet, flow, case, one)
        flow.y += 8
    flow.need(30)
    sheet.text(RIGHT, flow.y + 6, "Résultats validés par : Nadia EL AMRANI, biologiste médical", 8.5, align="R")


TURBID, CLIA = "Immunoturbidimétrie", "Chimiluminescence"
GOALS = "Objectif selon le risque :\nfaible < 1,16\nmodéré < 1,00\nélevé < 0,70\ntrès élevé < 0,55"
GROUP = Form(
    name="fr_groupe", language="fr", lab="BIOVANNES", accession="{day:%y%m%d}-{number:04d}", draw=draw, decimal=",", thousands=" ", series="sixth",
    span="({low} à {high})", upper="(Inf. à {high})", lower="(Sup. à {low})", past="{sign}{limit}", flags={"LL": "↓", "L": "↓", "H": "↑", "HH": "↑"},
    sections=(
        ("HEMATOLOGIE", (
            q("HEMATIES", "Téra/L", 4.28, 5.79, 2, "789-8", women=(3.80, 5.25), formula=red(1000)), q("HEMOGLOBINE", "g/dL", 13.4, 16.7, 1, "718-7", women=(11.7, 15.5), key="hgb", detail="Spectrophotométrie"), q("HEMATOCRITE", "%", 39.2, 48.6, 1, "4544-3", women=(34.9, 45.5), formula=ratio("hgb", "mchc", 100)), q("V.G.M.", "fL", 77.8, 94.4, 1, "787-2", key="mcv"),
            q("T.C.M.H.", "pg", 26.3, 32.8, 1, "785-6", formula=mean_haemoglobin(0.01)), q("C.C.M.H.", "g/dL", 32.4, 36.3, 1, "786-4", key="mchc"), q("LEUCOCYTES", "Giga/L", 4.00, 10.50, 2, "6690-2", key="wbc", detail="Cytométrie en flux"), q("Neutrophiles", "%", None, None, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso")), q("Neutrophiles, valeur absolue", "Giga/L", 1.80, 7.00, 2, "751-8", formula=share("neut")),
            q("Eosinophiles", "%", None, None, 1, "713-8", key="eos", around=2.7), q("Eosinophiles, valeur absolue", "Giga/L", 0.04, 0.40, 2, "711-2", formula=share("eos")), q("Basophiles", "%", None, None, 1, "706-2", key="baso", around=0.6), q("Basophiles, valeur absolue", "Giga/L", None, 0.10, 2, "704-7", formula=share("baso")), q("Lymphocytes", "%", None, None, 1, "736-9", key="lymph", around=31), q("Lymphocytes, valeur absolue", "Giga/L", 1.00, 4.00, 2, "731-0", formula=share("lymph")),
            q("Monocytes", "%", None, None, 1, "5905-5", key="mono", around=7.4), q("Monocytes, valeur absolue", "Giga/L", 0.20, 1.00, 2, "742-7", formula=share("mono")), q("PLAQUETTES", "Giga/L", 150, 400, 0, "777-3", remark="Présence d'amas plaquettaires, contrôle sur tube citraté conseillé."), q("VITESSE DE SEDIMENTATION 1ère heure", "mm", None, 15, 0, "30341-2", women=(None, 20)),
        )),
        ("HEMOSTASE", (q("TP (Taux de Prothrombine)", "%", 70, 120, 0, "5894-1", detail="Chronométrie"), q("I.N.R.", "", None, 1.20, 2, "6301-6"), q("TCA Patient", "sec", 25.0, 38.0, 1, "14979-9", detail="Chronométrie"), q("FIBRINOGENE", "g/L", 2.00, 4.00, 2, "3255-7", detail="Clauss"))),
        ("BIOCHIMIE SANGUINE", (
            q("SODIUM", "mmol/L", 136, 145, 0, "2951-2", detail="Potentiométrie indirecte"), q("POTASSIUM", "mmol/L", 3.5, 5.1, 1, "2823-3", detail="Potentiométrie indirecte", remark="Sérum hémolysé, résultat à interpréter avec réserve."), q("CHLORE", "mmol/L", 98, 107, 0, "2075-0"), q("RESERVE ALCALINE", "mmol/L", 22, 29, 0, "2028-9"), q("CALCIUM", "mmol/L", 2.15, 2.50, 2, "2000-8"), q("UREE", "mmol/L", 2.8, 7.2, 1, "22664-7"), q("CREATININE", "µmol/L", 59, 104, 0, "14682-9", women=(45, 84), key="creatinine", detail="Enzymatique"),
            q("D.F.G. estimé (CKD-EPI 2021)", "mL/min/1,73 m²", 60, None, 0, "98979-8", formula=filtration(1 / 88.4)), q("ACIDE URIQUE", "µmol/L", 202, 416, 0, "14933-6", women=(142, 339)), q("GLYCEMIE A JEUN", "mmol/L", 4.1, 5.9, 1, "14749-6", detail="Hexokinase"), q("HEMOGLOBINE GLYQUEE (HbA1c)", "%", 4.0, 6.0, 1, "4548-4", detail="HPLC"), q("PROTEINES TOTALES", "g/L", 64, 83, 0, "2885-2"),
            q("ASAT (TGO)", "UI/L", None, 50, 0, "1920-8", women=(None, 35)), q("ALAT (TGP)", "UI/L", None, 50, 0, "1742-6", women=(None, 35)), q("GAMMA GT", "UI/L", None, 55, 0, "2324-2", women=(None, 38)), q("PHOSPHATASES ALCALINES", "UI/L", 30, 120, 0, "6768-6"), q("BILIRUBINE TOTALE", "µmol/L", 5, 21, 0, "14631-6"), q("PROTEINE C REACTIVE (CRP)", "mg/L", None, 5.0, 1, "1988-5", below=0.6, detail=TURBID), q("FER SERIQUE", "µmol/L", 12.5, 32.2, 1, "14798-3", women=(10.7, 32.2)), q("FERRITINE", "µg/L", 20, 300, 0, "2276-4", women=(10, 120), detail=CLIA),
        )),
        ("BILAN LIPIDIQUE", (
            q("CHOLESTEROL TOTAL", "g/L", None, 2.00, 2, "2093-3", key="chol", formula=cholesterol(5)), q("TRIGLYCERIDES", "g/L", None, 1.50, 2, "2571-8", key="trig"), q("CHOLESTEROL HDL", "g/L", 0.40, None, 2, "2085-9", key="hdl"), q("CHOLESTEROL LDL calculé", "g/L", None, 1.16, 2, "13457-7", key="ldl", reference=GOALS, detail="Formule de Friedewald"),
        )),
        ("HORMONOLOGIE", (q("TSH ultrasensible", "mUI/L", 0.35, 4.94, 2, "3016-3", below=0.01, detail=CLIA), q("T4 LIBRE", "pmol/L", 9.0, 19.0, 1, "14920-3", detail=CLIA), q("25-OH VITAMINE D (D2 + D3)", "nmol/L", 75, None, 0, "68438-1", reference="Carence < 25\nInsuffisance 25 à 75\nSuffisance > 75", detail=CLIA))),
        ("SEROLOGIES", (
            w("ANTIGENE HBs", ("Non réactif", "Réactif"), "5196-1"), q("ANTICORPS ANTI-HBs", "UI/L", 10, None, 0, "16935-9", reference="(Seuil : 10)", above=1000), w("ANTICORPS ANTI-HBc totaux", ("Non réactif", "Réactif"), "13952-7"), w("SEROLOGIE HEPATITE C", ("Négative", "Positive"), "13955-0", remark="En cas d'exposition récente, contrôler dans 6 semaines."), w("VIH 1+2 : Ag p24 + Ac", ("Négative", "A contrôler"), "56888-1"),
            q("TOXOPLASMOSE IgG", "UI/mL", None, 3, 0, "5388-4", reference="(Négatif < 2 - Positif > 3)", below=1), q("RUBEOLE IgG", "UI/mL", 10, None, 0, "5334-8", reference="(Immunité si > 10)"),
        )),
        ("BIOCHIMIE URINAIRE", (q("MICROALBUMINURIE", "mg/L", None, 20.0, 1, "14957-5", below=5.0), q("RAPPORT ALBUMINE/CREATININE", "mg/g", None, 30, 0, "9318-7"))),
    ),
)  # fmt: skip

NAME, RUN, WORD, FORMER, EDGE = 62.0, 292.0, 404.0, 536.0, 536.0
BLACKISH: Color = (60, 60, 60)


def _open_hospital(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.face("times")
    sheet.text(NAME, 44, case.form.lab, 15, "B")
    sheet.text(NAME, 56, "Pôle de Biologie et Pathologie - Laboratoire de Biochimie et Hématologie", 9)
    sheet.text(NAME, 67, "Chef de service : Pr Aurélien Maugendre - Secrétariat : 02 99 99 90 10", 8.5)
    sheet.rule(NAME, 73, EDGE, 73, 1.5)
    facts = (
        (f"Nom d'usage : {who.family.upper()}", f"N° de demande : {case.accession}"),
        (f"Nom de naissance : {who.family.upper()}", f"Date de prélèvement : {case.collected:%d/%m/%Y %H:%M}"),
        (f"Prénom : {who.given}", f"Date de réception : {case.received:%d/%m/%Y %H:%M}"),
        (f"Date de naissance : {who.birth_date:%d/%m/%Y}   Sexe : {case.pick('Féminin', 'Masculin')}", f"Date de validation : {case.reported:%d/%m/%Y %H:%M}"),
        (f"IPP : {who.mrn}", "UF : 3312 Médecine interne B"),
    )  # fmt: skip
    for place, (one, two) in enumerate(facts):
        sheet.text(NAME, 88 + 12.5 * place, one, 10)
        sheet.text(318, 88 + 12.5 * place, two, 10)
    sheet.rule(NAME, 145, EDGE, 145, 0.5)
    sheet.text(
        NAME,
        822,
        "Document informatique validé, tout résultat peut être commenté auprès du biologiste d'astreinte.",
        8,
        "I",
    )
    sheet.text(EDGE, 822, f"{sheet.pages} / {{nb}}", 9, align="R")
    return 166


def _hospital_row(sheet: Sheet, flow: Flow, case: Case, one: Line) -> None:
    flow.need(38 if one.comment else 26)
    one.page = sheet.pages
    sheet.text(NAME + 8, flow.y, one.test.name, 10.5, fit=216)
    run = f"{one.value} {one.test.unit}".strip()
    sheet.text(RUN, flow.y, run, 10.5, "B" if one.state else "")
    sheet.text(WORD, flow.y, one.flag, 10.5, "B")
    if one.number is not None and "urinaire" not in one.section:
        day = case.collected - timedelta(days=34)
        sheet.text(FORMER, flow.y, f"{one.previous[0]} le {day:%d/%m/%y}", 9, "I", align="R", color=BLACKISH)
    flow.y += 11
    if one.reference:
        sheet.text(RUN + 8, flow.y, f"Valeurs usuelles : {one.reference}", 8.5, "I", color=BLACKISH)
        flow.y += 11
    if one.comment:
        sheet.text(NAME + 16, flow.y, f"Commentaire : {one.comment}", 9)
        flow.y += 12
    flow.y += 2


def draw_hospital(sheet: Sheet, case: Case) -> None:
    """Draw the hospital's report."""
    flow = Flow(sheet, 806, lambda: _open_hospital(sheet, case))
    for title, lines in case.sections():
        flow.need(52)
        sheet.text(NAME, flow.y, title, 12, "BI")
        flow.y += 17
        for one in lines:
            _hospital_row(sheet, flow, case, one)
        flow.y += 6
    flow.need(30)
    sheet.text(EDGE, flow.y + 8, "Validé par : Dr Perrine Hascoët", 10, "I", align="R")


HOSPITAL = Form(
    name="fr_usuelles", language="fr", lab="Centre Hospitalier Universitaire de Port-Vilaine", accession="{day:%y%j}{number:05d}", draw=draw_hospital, decimal=",", thousands=" ", series="sixth",
    span="{low} à {high}", upper="inférieur à {high}", lower="supérieur à {low}", past="{sign} {limit}", flags={"LL": "Bas", "L": "Bas", "H": "Haut", "HH": "Haut"},
    sections=(
        ("Numération sanguine", (
            q("Leucocytes", "10^9/L", 4.0, 10.0, 1, "6690-2", key="wbc"), q("Érythrocytes", "10^12/L", 4.50, 6.00, 2, "789-8", women=(4.00, 5.40), formula=red(1000)), q("Hémoglobine", "g/L", 130, 170, 0, "718-7", women=(120, 160), key="hgb", reference="H 130 à 170, F 120 à 160"), q("Hématocrite", "L/L", 0.40, 0.54, 2, "4544-3", women=(0.36, 0.47), formula=ratio("hgb", "mchc")), q("VGM", "fL", 80.0, 100.0, 1, "787-2", key="mcv"),
            q("CCMH", "g/L", 310, 360, 0, "786-4", key="mchc"), q("Plaquettes", "10^9/L", 150, 400, 0, "777-3", remark="Résultat contrôlé sur frottis."), q("Réticulocytes", "10^9/L", 20, 100, 0, "60474-4"), q("Polynucléaires neutrophiles", "10^9/L", 1.80, 7.50, 2, "751-8", formula=share("neut")), q("Lymphocytes", "10^9/L", 1.00, 4.00, 2, "731-0", formula=share("lymph")), q("Monocytes", "10^9/L", 0.20, 1.00, 2, "742-7", formula=share("mono")), q("Polynucléaires éosinophiles", "10^9/L", None, 0.80, 2, "711-2", formula=share("eos")), q("Polynucléaires basophiles", "10^9/L", None, 0.20, 2, "704-7", formula=share("baso")),
        )),
        ("Coagulation", (q("Temps de Quick", "s", 11.0, 14.5, 1, "5902-2"), q("Taux de prothrombine", "%", 70, 130, 0, "5894-1"), q("INR", "", 0.90, 1.20, 2, "6301-6"), q("Antithrombine, activité", "%", 80, 120, 0, "27811-9"), q("D-dimères", "ng/mL FEU", None, 500, 0, "48065-7", below=190))),
        ("Biochimie générale", (
            q("Natrémie", "mmol/L", 136, 145, 0, "2951-2"), q("Kaliémie", "mmol/L", 3.5, 5.0, 1, "2823-3", remark="hémolyse ++, à contrôler."), q("Chlorémie", "mmol/L", 98, 107, 0, "2075-0"), q("Calcémie", "mmol/L", 2.20, 2.60, 2, "2000-8"), q("Phosphorémie", "mmol/L", 0.80, 1.45, 2, "14879-1"), q("Magnésémie", "mmol/L", 0.65, 1.05, 2, "2601-3"), q("Urée plasmatique", "mmol/L", 2.5, 7.5, 1, "22664-7"), q("Créatinine plasmatique", "µmol/L", 60, 110, 0, "14682-9", women=(45, 90), key="creatinine"), q("DFG estimé CKD-EPI 2021", "mL/min/1,73m²", 60, None, 0, "98979-8", formula=filtration(1 / 88.4)),
            q("Protidémie", "g/L", 65, 80, 0, "2885-2"), q("Albuminémie", "g/L", 35, 50, 0, "1751-7"), q("Bilirubine conjuguée", "µmol/L", None, 5, 0, "14629-0"), q("Transaminases ASAT", "U/L", None, 40, 0, "1920-8"), q("Transaminases ALAT", "U/L", None, 45, 0, "1742-6"), q("LDH", "U/L", 125, 245, 0, "2532-0"), q("Créatine kinase", "U/L", 30, 200, 0, "2157-6"), q("Troponine T hypersensible", "ng/L", None, 14, 0, "67151-1", below=5), q("NT-proBNP", "ng/L", None, 300, 0, "33762-6"), q("Protéine C-réactive", "mg/L", None, 5, 0, "1988-5", below=1), q("Procalcitonine", "µg/L", None, 0.50, 2, "33959-8", below=0.02),
        )),
        ("Recueil urinaire des 24 heures", (q("Diurèse", "mL", 800, 1500, 0, "3167-4"), q("Protéinurie des 24 h", "g/24h", None, 0.15, 2, "2889-4", below=0.06))),
        ("Ionogramme urinaire sur échantillon", (q("Natriurèse", "mmol/L", None, None, 0, "2955-3", around=84, reference=""), q("Créatininurie", "mmol/L", None, None, 1, "14683-7", around=8.6, reference=""))),
    ),
    unprinted=(
        q("lymph", "%", None, None, 1, "", around=28), q("mono", "%", None, None, 1, "", around=8), q("eos", "%", None, None, 1, "", around=2.5), q("baso", "%", None, None, 1, "", around=0.6),
        q("neut", "%", None, None, 1, "", formula=rest("lymph", "mono", "eos", "baso")),
    ),
)  # fmt: skip
