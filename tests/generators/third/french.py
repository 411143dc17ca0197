"""A French private laboratory: two unit systems side by side, dotted leaders, ranges in brackets and the former result."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.generators.sheet import Flow, Sheet
from tests.generators.third.model import Case, Form, Line, printed, q, w

LEFT, VALUE, UNITS, RANGE, BEFORE, RIGHT = 40.0, 268.0, 274.0, 340.0, 520.0, 556.0
OTHER = {"Glucose": ("mmol/L", 5.551, 2), "Urée": ("mmol/L", 16.65, 1), "Créatinine": ("µmol/L", 8.84, 0), "Cholestérol total": ("mmol/L", 2.586, 2),
         "Triglycérides": ("mmol/L", 1.143, 2), "Cholestérol HDL": ("mmol/L", 2.586, 2), "Acide urique": ("µmol/L", 5.948, 0), "Calcium": ("mmol/L", 0.02495, 2)}  # fmt: skip

SECOND_CODES = {"Glucose": "14749-6", "Urée": "22664-7", "Créatinine": "14682-9", "Cholestérol total": "14647-2", "Triglycérides": "14927-8",
                "Cholestérol HDL": "14646-4", "Acide urique": "14933-6", "Calcium": "2000-8"}  # fmt: skip


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.text(LEFT, 42, case.form.lab, 14, "B", color=(0, 90, 60))
    sheet.text(LEFT, 54, "12 quai de la Vanne - 37000 TOURS - Tél. 02 99 99 01 44", 8)
    sheet.text(LEFT, 64, "Biologistes médicaux : Dr C. Vaugelade, Dr P. Nantier", 8)
    sheet.text(LEFT, 88, f"Patient : {'Mme' if who.sex == 'F' else 'M.'} {who.family.upper()} {who.given}", 9.5, "B")
    sheet.text(
        LEFT,
        100,
        f"Né{'e' if who.sex == 'F' else ''} le : {who.birth_date:%d/%m/%Y} ({case.years} ans)   Sexe : {who.sex}",
        9,
    )
    sheet.text(LEFT, 112, f"N° patient : {who.mrn}", 9)
    sheet.text(LEFT, 124, "Prescripteur : Dr Odile MARCHAIS", 9)
    sheet.text(330, 88, f"Dossier n° {case.accession}", 9.5, "B")
    sheet.text(330, 100, f"Prélevé le : {case.collected:%d/%m/%Y} à {case.collected:%Hh%M}", 9)
    sheet.text(330, 112, f"Reçu le : {case.received:%d/%m/%Y} à {case.received:%Hh%M}", 9)
    sheet.text(330, 124, f"Édité le : {case.reported:%d/%m/%Y} à {case.reported:%Hh%M}", 9)
    sheet.text(
        LEFT,
        818,
        "Accréditation COFRAC n° 8-9999, portée disponible sur www.cofrac.fr. Seuls les examens marqués # sont hors portée.",
        6.5,
    )
    sheet.text(RIGHT, 828, f"Page {sheet.pages} / {{nb}}", 7.5, align="R")
    sheet.box(LEFT - 4, 136, RIGHT - LEFT + 8, 26, fill=(225, 238, 230))
    for x, head in ((VALUE - 30, "Résultats"), (RANGE, "Valeurs de référence")):
        sheet.text(x, 147, head, 8, "B")
    sheet.text(RIGHT, 147, "Antériorité", 8, "B", align="R")
    sheet.text(RIGHT, 157, f"{case.collected - timedelta(days=203):%d/%m/%y}", 7.5, align="R")
    return 180


def _row(sheet: Sheet, flow: Flow, case: Case, one: Line) -> None:
    flow.need(24)
    one.page = sheet.pages
    sheet.text(LEFT + 4, flow.y, one.test.name, 9)
    wide = VALUE - 36 - (LEFT + 8 + sheet.measure(one.test.name, 9))
    sheet.text(
        LEFT + 8 + sheet.measure(one.test.name, 9),
        flow.y,
        "." * max(2, int(wide / sheet.measure(".", 9))),
        9,
        color=(150, 150, 150),
    )
    sheet.text(VALUE, flow.y, one.value, 9, "B" if one.state else "", align="R")
    sheet.text(UNITS, flow.y, one.test.unit, 9)
    sheet.text(RANGE, flow.y, one.reference, 8.5)
    sheet.text(RIGHT, flow.y, one.previous[0], 8.5, align="R", color=(90, 90, 90))
    flow.y += 10
    if one.test.name in OTHER and one.number is not None:
        unit, factor, decimals = OTHER[one.test.name]
        low, high = (
            None if bound is None else printed(case.form, bound * factor, decimals)
            for bound in (one.test.low, one.test.high)
        )
        value = printed(case.form, one.number * factor, decimals)
        reference = f"({low} à {high})" if low and high else f"(< {high})" if high else f"(> {low})"
        sheet.text(VALUE, flow.y, value, 8, align="R")
        sheet.text(UNITS, flow.y, unit, 8)
        sheet.text(RANGE, flow.y, reference, 8)
        # A result of its own with a code of its own, as in the other form that prints two units.
        second = replace(one.test, unit=unit, loinc=SECOND_CODES[one.test.name])
        case.lines.append(replace(one, test=second, value=value, reference=reference, previous=()))
        flow.y += 10
    flow.y += 3


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(52)
        sheet.text(298, flow.y, title, 10, "B", align="C")
        sheet.text(
            LEFT,
            flow.y + 10,
            "(Sang total EDTA - Cytométrie en flux, Sysmex XN)"
            if title.startswith("HÉMA")
            else "(Sérum - Roche Cobas)",
            7,
            "I",
        )
        flow.y += 24
        for one in lines:
            _row(sheet, flow, case, one)
        flow.y += 8
    flow.need(60)
    sheet.text(LEFT + 4, flow.y, "25-OH vitamine D", 9)
    sheet.text(VALUE, flow.y, "En cours", 9, "I", align="R")
    sheet.text(LEFT, flow.y + 22, "Compte rendu validé par : Dr C. Vaugelade", 8.5)


FORM = Form(
    name="fr_prive", language="fr", lab="Laboratoire de Biologie Médicale du Pertuis", accession="{day:%y%m%d}-{number:04d}", draw=draw, decimal=",",
    span="({low} à {high})", upper="(< {high})", lower="(> {low})",
    sections=(
        ("HÉMATOLOGIE", (
            q("Leucocytes", "Giga/L", 4.00, 10.00, 2, "6690-2"), q("Hématies", "Téra/L", 4.00, 5.30, 2, "789-8"), q("Hémoglobine", "g/dL", 12.0, 16.0, 1, "718-7"),
            q("Hématocrite", "%", 36.0, 46.0, 1, "4544-3"), q("V.G.M.", "fL", 80.0, 98.0, 1, "787-2"), q("T.C.M.H.", "pg", 27.0, 33.0, 1, "785-6"),
            q("C.C.M.H.", "g/dL", 31.5, 36.0, 1, "786-4"), q("Plaquettes", "Giga/L", 150, 400, 0, "777-3"),
            q("Vitesse de sédimentation (1ère heure)", "mm", None, 20, 0, "30341-2"),
        )),
        ("BIOCHIMIE SANGUINE", (
            q("Glucose", "g/L", 0.70, 1.10, 2, "2345-7"), q("Urée", "g/L", 0.15, 0.45, 2, "3091-6"), q("Créatinine", "mg/L", 5.0, 9.0, 1, "2160-0"),
            q("Acide urique", "mg/L", 25.0, 60.0, 1, "3084-1"), q("Sodium", "mmol/L", 136, 145, 0, "2951-2"), q("Potassium", "mmol/L", 3.50, 5.10, 2, "2823-3"),
            q("Calcium", "mg/L", 86.0, 100.0, 1, "17861-6"), q("Protéine C réactive", "mg/L", None, 5.0, 1, "1988-5", below=0.6), q("Ferritine", "µg/L", 15, 150, 0, "2276-4"),
            q("Cholestérol total", "g/L", None, 2.00, 2, "2093-3"), q("Cholestérol HDL", "g/L", 0.45, None, 2, "2085-9"), q("Triglycérides", "g/L", None, 1.50, 2, "2571-8"),
            q("ASAT (TGO)", "UI/L", None, 32, 0, "1920-8"), q("ALAT (TGP)", "UI/L", None, 33, 0, "1742-6"), q("Gamma GT", "UI/L", None, 40, 0, "2324-2"),
        )),
        ("HORMONOLOGIE - SÉROLOGIE", (
            q("TSH", "mUI/L", 0.27, 4.20, 2, "3016-3"), w("Antigène HBs", ("Négatif", "Positif"), "5196-1"), w("Anticorps anti-VHC", ("Négatif", "Positif"), "16128-1"),
        )),
    ),
)  # fmt: skip
