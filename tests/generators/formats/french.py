"""A French laboratory's results as the HTML of its mails: a division a row with nothing between its parts, Latin-1, arrows, a former result behind."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.formats.html import escaped
from tests.generators.formats.model import HTML, Form, says
from tests.generators.fourth.formulas import cholesterol, filtration, mean_haemoglobin, ratio, red, rest, share
from tests.generators.fourth.model import Case, Line, q, w

TOP = """<html><head><meta http-equiv="content-type" content="text/html; charset=iso-8859-1">
<style>
.l{clear:both;line-height:18px}.l span{display:inline-block;vertical-align:top}
.n{width:270px}.f{width:18px;color:#b00}.r{width:80px;text-align:right;padding-right:8px}.u{width:90px}.v{width:150px}.a{color:#777;font-size:85%}
.t{background:#e4eef7;font-weight:bold;margin-top:10px}.m{font-style:italic;color:#555}.c{margin-left:24px;font-style:italic}
@media only screen and (max-width:480px){.a{display:none}}
</style></head>
<body style="font-family:Arial,sans-serif;font-size:13px">
"""


def _moment(value: object) -> str:
    return f"{value:%d/%m/%Y à %Hh%M}"


def _head(case: Case) -> str:
    who = case.patient
    lines = (
        f"Patient : <b>{case.pick('Mme', 'M.')} {escaped(who.family.upper())} {escaped(who.given)}</b>", f"{case.pick('Née', 'Né')} le {who.birth_date:%d/%m/%Y} - Sexe : {who.sex} - N° patient : {who.mrn}",
        f"Dossier n° {case.accession} - Prescripteur : Dr Gaspard MÉNEZ", f"Prélevé le {_moment(case.collected)} - Reçu le {_moment(case.received)}", f"Compte rendu validé et édité le {_moment(case.reported)}",
    )  # fmt: skip
    rows = "\n".join(f"<div>{line.replace('à', '&agrave;')}</div>" for line in lines)
    return f"""<div style="display:none;font-size:1px;max-height:0">Vos r&eacute;sultats sont disponibles : cholest&eacute;rol 9,99 g/L</div>
<p>Bonjour,<br>Veuillez trouver ci-dessous les r&eacute;sultats de votre patient. Ne pas r&eacute;pondre &agrave; ce message.</p>
<div style="font-size:17px;font-weight:bold">{escaped(case.form.lab)}</div>
<div>Laboratoire de biologie m&eacute;dicale multisite - 11 quai de l'&Eacute;cluse, 71999 Pont-sur-Bief - T&eacute;l. 03 99 99 07 07</div>
<hr>
{rows}
<hr>
"""


def _row(one: Line, case: Case) -> str:
    arrow = {"↑": "&uarr;", "↓": "&darr;"}.get(one.flag, one.flag)
    value = f"<b>{escaped(one.value)}</b>" if one.state else escaped(one.value)
    before = f"{case.collected - timedelta(days=181):%d/%m/%y} : {escaped(one.previous[0])}"
    spans = (
        ("n", escaped(one.test.name)),
        ("f", arrow),
        ("r", value),
        ("u", escaped(one.test.unit)),
        ("v", escaped(one.reference)),
        ("a", before),
    )
    text = '<div class="l">' + "".join(f'<span class="{kind}">{shown}</span>' for kind, shown in spans) + "</div>\n"
    return text + (f'<div class="c">{escaped(one.comment)}</div>\n' if one.comment else "")


METHODS = {
    "HÉMOGRAMME": "Cytométrie en flux et spectrophotométrie, sang total EDTA",
    "EXAMEN CYTOBACTÉRIOLOGIQUE DES URINES - BANDELETTE": "Lecture automatisée",
}


def write(case: Case) -> tuple[bytes, int]:
    """The mail."""
    out = [TOP, _head(case)]
    heads = (
        ("n", "Analyse"),
        ("f", ""),
        ("r", "R&eacute;sultat"),
        ("u", "Unit&eacute;"),
        ("v", "Intervalle de r&eacute;f."),
        ("a", "Ant&eacute;riorit&eacute;"),
    )
    out.append(
        '<div class="l">' + "".join(f'<span class="{kind}"><u>{head}</u></span>' for kind, head in heads) + "</div>\n"
    )
    for title, group in case.sections():
        out.append(f'<div class="t">{escaped(title)}</div>\n')
        if title in METHODS:
            out.append(f'<div class="m">{escaped(METHODS[title])}</div>\n')
        out += [_row(one, case) for one in group]
    out.append(
        '<div class="l"><span class="n">Vitamine D (25-OH)</span><span class="f"></span><span class="r">en cours</span></div>\n'
    )
    out.append(
        "<hr>\n<p>Valid&eacute; par : Dr Solenn Quintric, biologiste m&eacute;dicale. &uarr; &darr; : hors de l'intervalle de r&eacute;f&eacute;rence.<br>\nCe message et ses pi&egrave;ces jointes sont couverts par le secret m&eacute;dical.</p>\n</body></html>\n"
    )
    return "".join(out).encode("cp1252"), 1


STRIP = ("Absence", "Traces", "Présence +", "Présence ++")
FORM = Form(write=write, media_type=HTML, says=says(
    "fr_courriel_html", "fr", "Biologie du Bief", "{day:%y%m%d}-{number:04d}B", decimal=",", span="({low} à {high})", upper="(inf. à {high})", lower="(sup. à {low})", flags={"LL": "↓", "L": "↓", "H": "↑", "HH": "↑", "A": "*"},
    sections=(
        ("HÉMOGRAMME", (
            q("Hématies", "Tera/L", 4.28, 5.79, 2, "789-8", women=(3.85, 5.20), formula=red(1000)), q("Hémoglobine", "g/dL", 13.4, 16.7, 1, "718-7", women=(11.8, 15.8), key="hgb"), q("Hématocrite", "%", 39.2, 48.6, 1, "4544-3", women=(35.4, 45.5), formula=ratio("hgb", "mchc", 100)), q("VGM", "fL", 78, 98, 0, "787-2", key="mcv"), q("TCMH", "pg", 26.3, 32.8, 1, "785-6", formula=mean_haemoglobin(0.01)),
            q("CCMH", "g/dL", 32.4, 36.3, 1, "786-4", key="mchc"), q("IDR", "%", 11.0, 15.0, 1, "788-0"), q("Leucocytes", "Giga/L", 4.00, 10.00, 2, "6690-2", key="wbc"), q("Polynucléaires neutrophiles", "%", 40.0, 75.0, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso")), q("Polynucléaires éosinophiles", "%", 0.0, 6.0, 1, "713-8", key="eos"),
            q("Polynucléaires basophiles", "%", 0.0, 2.0, 1, "706-2", key="baso"), q("Lymphocytes", "%", 20.0, 45.0, 1, "736-9", key="lymph"), q("Monocytes", "%", 2.0, 11.0, 1, "5905-5", key="mono"), q("Neutrophiles (valeur absolue)", "Giga/L", 1.80, 7.50, 2, "751-8", formula=share("neut")), q("Lymphocytes (valeur absolue)", "Giga/L", 1.00, 4.00, 2, "731-0", formula=share("lymph")),
            q("Plaquettes", "Giga/L", 150, 400, 0, "777-3", remark="Présence d'amas plaquettaires : numération à contrôler sur tube citraté."),
        )),
        ("HÉMOSTASE", (q("Taux de prothrombine (TP)", "%", 70, 120, 0, "5894-1"), q("INR", "", 0.90, 1.20, 2, "6301-6"), q("TCA patient", "s", 25.0, 36.0, 1, "14979-9"), q("Fibrinogène", "g/L", 2.00, 4.00, 2, "3255-7"))),
        ("BIOCHIMIE SANGUINE", (
            q("Sodium", "mmol/L", 136, 145, 0, "2951-2"), q("Potassium", "mmol/L", 3.5, 5.1, 1, "2823-3", remark="Sérum légèrement hémolysé."), q("Chlore", "mmol/L", 98, 107, 0, "2075-0"), q("Calcium", "mmol/L", 2.15, 2.55, 2, "2000-8"), q("Urée", "mmol/L", 2.8, 8.1, 1, "22664-7"), q("Créatinine", "µmol/L", 59, 104, 0, "14682-9", women=(45, 84), key="creatinine"),
            q("DFG estimé (CKD-EPI 2021)", "mL/min/1,73m²", 60, None, 0, "98979-8", formula=filtration(1 / 88.4), above=90), q("Acide urique", "µmol/L", 202, 417, 0, "14933-6", women=(143, 339)), q("Protéine C réactive (CRP)", "mg/L", None, 5.0, 1, "1988-5", below=0.6), q("Ferritine", "µg/L", 30, 400, 0, "2276-4", women=(15, 150)),
            q("ASAT (TGO)", "U/L", None, 40, 0, "1920-8", women=(None, 32)), q("ALAT (TGP)", "U/L", None, 41, 0, "1742-6", women=(None, 33)), q("Gamma-GT", "U/L", None, 60, 0, "2324-2", women=(None, 40)), q("Phosphatases alcalines", "U/L", 40, 129, 0, "6768-6", women=(35, 104)), q("Bilirubine totale", "µmol/L", None, 21, 0, "14631-6"),
        )),
        ("BILAN LIPIDIQUE ET GLYCÉMIQUE", (
            q("Glycémie", "mmol/L", 3.9, 5.5, 1, "14749-6"), q("Hémoglobine glyquée (HbA1c)", "%", 4.0, 6.0, 1, "4548-4"), q("Cholestérol total", "mmol/L", None, 5.2, 1, "14647-2", key="chol", formula=cholesterol(2.2)), q("Cholestérol HDL", "mmol/L", 1.0, None, 1, "14646-4", key="hdl"), q("Triglycérides", "mmol/L", None, 1.7, 1, "14927-8", key="trig"), q("Cholestérol LDL (calcul de Friedewald)", "mmol/L", None, 3.0, 1, "39469-2", key="ldl", remark="Objectif à adapter au risque cardiovasculaire."),
        )),
        ("HORMONOLOGIE", (q("TSH", "mUI/L", 0.27, 4.20, 2, "3016-3", below=0.01), q("T4 libre", "pmol/L", 12.0, 22.0, 1, "14920-3"))),
        ("SÉROLOGIE", (w("Antigène HBs", ("Négatif", "Positif"), "5196-1", "(Négatif)"), w("Anticorps anti-VHC", ("Négatif", "Positif"), "13955-0", "(Négatif)"), w("VIH 1+2 (Ac et Ag p24)", ("Négatif", "Positif"), "56888-1", "(Négatif)"))),
        ("EXAMEN CYTOBACTÉRIOLOGIQUE DES URINES - BANDELETTE", (w("Protéines urinaires", STRIP, "20454-5"), w("Glucose urinaire", STRIP, "25428-4"), w("Sang urinaire", STRIP, "5794-3"), w("Nitrites urinaires", ("Absence", "Présence"), "5802-4"), q("pH urinaire", "", 5.0, 8.0, 1, "5803-2"))),
    ),
))  # fmt: skip
