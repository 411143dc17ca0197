"""A German laboratory physician's Kumulativbefund: analyte, unit, reference, then a column a day; `+` and `-` behind values."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.sheet import Flow, Sheet
from tests.generators.third.model import Case, Form, Line, q, w

LEFT, UNITS, RANGE, NOW, BEFORE, RIGHT = 50.0, 226.0, 296.0, 418.0, 510.0, 548.0


def _open(sheet: Sheet, case: Case) -> float:
    who = case.patient
    sheet.face("times")
    sheet.text(LEFT, 44, case.form.lab, 15, "B")
    sheet.text(
        LEFT,
        56,
        "Dr. med. Wibke Sandkuhl · Fachärztin für Laboratoriumsmedizin · Am Stauwehr 3 · 31785 Hameln · Tel. 05151 99990",
        8,
    )
    sheet.rule(LEFT, 62, RIGHT, 62, 0.8)
    sheet.text(LEFT, 82, "Kumulativbefund", 14, "B")
    sheet.text(RIGHT, 82, "Endbefund", 11, "B", align="R")
    sheet.text(LEFT, 100, f"Patient: {who.family}, {who.given}", 10, "B")
    sheet.text(
        LEFT,
        113,
        f"geb. am {who.birth_date:%d.%m.%Y}   Geschlecht: {'weiblich' if who.sex == 'F' else 'männlich'}   Patienten-Nr.: {who.mrn}",
        10,
    )
    sheet.text(LEFT, 126, "Einsender: Gemeinschaftspraxis Dres. Hagedorn / Ücker   Kasse: GKV", 10)
    sheet.text(340, 100, f"Auftragsnummer: {case.accession}", 10)
    sheet.text(
        LEFT,
        139,
        f"Entnahme: {case.collected:%d.%m.%Y %H:%M}   Eingang: {case.received:%d.%m.%Y %H:%M}   Befunddatum: {case.reported:%d.%m.%Y %H:%M}",
        10,
    )
    sheet.text(
        LEFT,
        822,
        "DAkkS akkreditiert nach DIN EN ISO 15189, D-ML-99999-01-00. + über, - unter dem Referenzbereich",
        7.5,
    )
    sheet.text(RIGHT, 822, f"Seite {sheet.pages} von {{nb}}", 7.5, align="R")
    sheet.rule(LEFT, 148, RIGHT, 148, 0.8)
    for x, head in ((LEFT, "Analyt"), (UNITS, "Einheit"), (RANGE, "Referenzbereich")):
        sheet.text(x, 160, head, 9, "B")
    for x, day in ((NOW, case.collected), (BEFORE, case.collected - timedelta(days=182))):
        sheet.text(x, 160, f"{day:%d.%m.%Y}", 9, "B", align="R")
    sheet.rule(LEFT, 165, RIGHT, 165, 0.8)
    return 182


def _row(sheet: Sheet, flow: Flow, one: Line) -> None:
    flow.need(14)
    one.page = sheet.pages
    sheet.text(LEFT, flow.y, one.test.name, 10)
    sheet.text(UNITS, flow.y, one.test.unit, 10)
    sheet.text(RANGE, flow.y, one.reference, 10)
    sheet.text(NOW, flow.y, one.value, 10, "B" if one.flag else "", align="R")
    sheet.text(NOW + 4, flow.y, one.flag, 10, "B")
    sheet.text(BEFORE, flow.y, one.previous[0], 10, align="R")
    flow.y += 13.5


def draw(sheet: Sheet, case: Case) -> None:
    """Draw the report."""
    flow = Flow(sheet, 800, lambda: _open(sheet, case))
    for title, lines in case.sections():
        flow.need(44)
        sheet.text(LEFT, flow.y, title, 10.5, "BI")
        flow.y += 15
        for one in lines:
            _row(sheet, flow, one)
        flow.y += 6
    flow.need(60)
    sheet.text(LEFT, flow.y, "Vitamin B12", 10)
    sheet.text(NOW, flow.y, "folgt", 10, align="R")
    sheet.text(
        LEFT, flow.y + 24, "Beurteilung: Kein Hinweis auf eine Gerinnungsstörung. Bitte klinisch korrelieren.", 9.5
    )
    sheet.text(LEFT, flow.y + 38, "Dieser Befund wurde elektronisch validiert und ist ohne Unterschrift gültig.", 9.5)


FORM = Form(
    name="de_kumulativ", language="de", lab="Laborpraxis am Stauwehr", accession="{number:06d}{day:%d}", draw=draw, decimal=",", flags=("-", "+"),
    span="{low} - {high}", upper="< {high}", lower="> {low}",
    sections=(
        ("Blutbild", (
            q("Leukozyten", "/nl", 3.9, 10.2, 1, "6690-2"), q("Erythrozyten", "/pl", 3.90, 5.20, 2, "789-8"), q("Hämoglobin", "g/dl", 12.0, 15.4, 1, "718-7"),
            q("Hämatokrit", "%", 35.5, 45.0, 1, "4544-3"), q("MCV", "fl", 80, 99, 0, "787-2"), q("MCH (HbE)", "pg", 27.0, 33.5, 1, "785-6"),
            q("MCHC", "g/dl", 31.5, 36.0, 1, "786-4"), q("RDW", "%", 11.5, 15.0, 1, "788-0"), q("Thrombozyten", "/nl", 150, 370, 0, "777-3"),
        )),
        ("Gerinnung", (q("Quick", "%", 70, 130, 0, "5894-1"), q("INR", "", 0.85, 1.15, 2, "6301-6"), q("aPTT", "s", 24, 36, 0, "14979-9"))),
        ("Klinische Chemie", (
            q("Natrium", "mmol/l", 135, 145, 0, "2951-2"), q("Kalium", "mmol/l", 3.5, 5.1, 1, "2823-3"), q("Calcium", "mmol/l", 2.15, 2.55, 2, "2000-8"),
            q("Kreatinin", "mg/dl", 0.50, 0.90, 2, "2160-0"), q("Harnstoff", "mg/dl", 17, 43, 0, "3091-6"), q("Harnsäure", "mg/dl", 2.4, 5.7, 1, "3084-1"),
            q("Glucose", "mg/dl", 70, 99, 0, "2345-7"), q("Bilirubin gesamt", "mg/dl", None, 1.2, 2, "1975-2"), q("GOT (AST)", "U/l", None, 35, 0, "1920-8"),
            q("GPT (ALT)", "U/l", None, 35, 0, "1742-6"), q("Gamma-GT", "U/l", None, 40, 0, "2324-2"), q("Alk. Phosphatase", "U/l", 35, 105, 0, "6768-6"),
            q("Cholesterin", "mg/dl", None, 200, 0, "2093-3"), q("Triglyceride", "mg/dl", None, 150, 0, "2571-8"), q("C-reaktives Protein", "mg/l", None, 5.0, 1, "1988-5", below=1.0),
        )),
        ("Endokrinologie / Serologie", (
            q("TSH basal", "mU/l", 0.27, 4.20, 2, "3016-3"), q("fT4", "pmol/l", 12.0, 22.0, 1, "14920-3"), q("Ferritin", "µg/l", 15, 150, 0, "2276-4"),
            w("HBs-Antigen", ("nicht nachweisbar", "nachweisbar"), "5196-1", "nicht nachw."),
        )),
    ),
)  # fmt: skip
