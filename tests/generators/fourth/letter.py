"""A French hospital's letter after a consultation: the results stand in sentences, each with its own words."""

from __future__ import annotations

from tests.generators.fourth.formulas import filtration
from tests.generators.fourth.model import Case, Form, Line, q
from tests.generators.sheet import Sheet

LEFT, RIGHT, SIZE = 70.0, 530.0, 11.0


def _head(sheet: Sheet, case: Case) -> None:
    who = case.patient
    sheet.text(LEFT, 58, case.form.lab, 14, "B")
    sheet.text(LEFT, 72, "Service de médecine interne et polyvalente - Pr Hector Bonnefoy", 9.5)
    sheet.text(LEFT, 84, "Avenue de la Retenue, 08099 VESLE-AMONT   Secrétariat : 03 99 99 01 70", 9.5)
    sheet.text(RIGHT, 112, f"Vesle-Amont, le {case.reported:%d/%m/%Y} à {case.reported:%H:%M}", SIZE, align="R")
    sheet.text(LEFT, 136, f"Patient : {who.family.upper()} {who.given}", SIZE, "B")
    sheet.text(
        LEFT,
        151,
        f"Date de naissance : {who.birth_date:%d/%m/%Y}   Sexe : {case.pick('F', 'M')}   IPP : {who.mrn}",
        SIZE,
    )
    sheet.text(
        LEFT,
        166,
        f"N° de prélèvement : {case.accession}   Prélevé le : {case.collected:%d/%m/%Y} à {case.collected:%H:%M}",
        SIZE,
    )
    sheet.text(LEFT, 196, "Cher confrère,", SIZE)


def _sentence(one: Line) -> str:
    told = f"{one.value} {one.test.unit}".strip()
    return one.test.detail.format(name=one.test.name, told=told)


def _paragraphs(case: Case) -> list[str]:
    title = case.pick("Madame", "Monsieur")
    opening = (
        f"J'ai revu ce jour en consultation {title} {case.patient.family.upper()}, {case.years} ans, suivi{case.pick('e', '')} pour une "
        "polyarthrite ancienne. L'état général est conservé, le poids est stable à 68 kg et la tension artérielle à 13/8."
    )
    results = [" ".join(_sentence(one) for one in lines) for _, lines in case.sections()]
    closing = (
        "Je poursuis le méthotrexate à 15 mg par semaine avec acide folique et propose un contrôle biologique dans 3 mois. "
        "Je vous remercie de votre confiance et vous prie de croire en mes sentiments les meilleurs."
    )
    return [opening, *results, closing]


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the letter."""
    sheet.page()
    sheet.face("times")
    _head(sheet, case)
    for one in case.lines:
        one.page = sheet.pages
    y = 220.0
    for paragraph in _paragraphs(case):
        for line in sheet.wrap(paragraph, RIGHT - LEFT, SIZE):
            sheet.text(LEFT, y, line, SIZE)
            y += 15.5
        y += 9
    sheet.signature(360, y + 22, case.accession)
    sheet.text(360, y + 50, "Dr Apolline Desrosiers", SIZE)
    sheet.text(300, 812, "Page 1/1 - Courrier validé électroniquement", 8, align="C")


FORM = Form(
    name="fr_courrier", language="fr", lab="Centre Hospitalier de Vesle-Amont", accession="VA{day:%y}{number:06d}", draw=draw, decimal=",",
    received=False, heads=False, past="{sign} {limit}",
    sections=(
        ("1", (
            q("hémoglobine", "g/dL", 11.5, 16.0, 1, "718-7", reference="", detail="Sur le plan biologique, l'{name} est à {told},"), q("leucocytes", "G/L", 4.0, 10.0, 1, "6690-2", reference="", detail="les {name} sont à {told}"),
            q("plaquettes", "G/L", 150, 400, 0, "777-3", reference="", detail="et les {name} à {told}."),
        )),
        ("2", (
            q("créatinine", "µmol/L", 50, 100, 0, "14682-9", key="creatinine", reference="", detail="Sur le plan rénal, la {name} est mesurée à {told},"), q("DFG (CKD-EPI 2021)", "mL/min/1,73m²", 60, None, 0, "98979-8", formula=filtration(1 / 88.4), reference="", detail="soit un {name} de {told}."),
            q("sodium", "mmol/L", 136, 145, 0, "2951-2", reference="", detail="Le {name} est à {told},"), q("potassium", "mmol/L", 3.5, 5.1, 1, "2823-3", reference="", detail="le {name} à {told}."),
        )),
        ("3", (
            q("ASAT", "U/L", None, 40, 0, "1920-8", reference="", detail="Le bilan hépatique retrouve des {name} à {told},"), q("ALAT", "U/L", None, 41, 0, "1742-6", reference="", detail="des {name} à {told}"), q("gamma-GT", "U/L", None, 60, 0, "2324-2", reference="", detail="et des {name} à {told}."),
            q("CRP", "mg/L", None, 20, 0, "1988-5", below=4, reference="", detail="Il n'y a pas d'argument pour une poussée : la {name} est à {told}"), q("ferritine", "µg/L", 15, 300, 0, "2276-4", reference="", detail="et la {name} à {told}."),
        )),
    ),
)  # fmt: skip
