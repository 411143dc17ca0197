"""A German practice system's report as RTF: tab stops instead of a table, raised digits, odd values bold, a head and a foot of the page."""

from __future__ import annotations

from tests.generators.formats.model import RTF, Form, says
from tests.generators.formats.rtf import hexed
from tests.generators.fourth.formulas import (
    as_percent,
    cholesterol,
    filtration,
    mean_haemoglobin,
    minus,
    ratio,
    red,
    rest,
    share,
)
from tests.generators.fourth.model import Case, Line, q, w

HEAD = (
    r"{\rtf1\ansi\ansicpg1252\uc1\deff0\deflang1031{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fmodern\fcharset0 Courier New;}}"
    "\r\n"
    r"{\colortbl ;\red0\green0\blue0;\red192\green0\blue0;}{\stylesheet{\s0\f0\fs20 Standard;}{\s1\b\f0\fs24\snext0 \'dcberschrift;}}"
    "\r\n"
    r"{\info{\title Laborbefund}{\author Praxisverwaltung}{\operator MFA 3}{\doccomm Exportiert, nicht \'e4ndern}}"
    "\r\n"
    r"\paperw11906\paperh16838\margl1134\margr850\margt1418\margb1134\headery500\widowctrl"
)
STOPS = r"\pard\plain\s0\f0\fs18\tqr\tx4300\tx4420\tx4950\tx6500\tx8900 "
PAIRS = r"\pard\plain\s0\f0\fs18\tx1700\tx5100\tx6900 "


def _head(case: Case) -> list[str]:
    who, stamp = case.patient, "%d.%m.%Y %H:%M"
    name = hexed(f"{who.family}, {who.given}")
    page = r"Seite {\field{\*\fldinst {PAGE }}{\fldrslt {1}}}"
    facts = (
        ("Patient:", r"{\b " + name + "}", "Auftrags-Nr.:", case.accession),
        ("geb.:", f"{who.birth_date:%d.%m.%Y} ({case.years} J.)", "Abnahme:", f"{case.collected:{stamp}}"),
        ("Geschlecht:", hexed(case.pick("weiblich", "männlich")), "Probeneingang:", f"{case.received:{stamp}}"),
        ("Pat.-Nr.:", who.mrn, "Befunddatum:", f"{case.reported:{stamp}}"),
        ("Kasse:", "Musterkasse Niedersachsen", "Anforderer:", hexed("Dr. med. Jörg Hüttenrauch")),
    )
    return [
        HEAD,
        r"{\header \pard\plain\tqr\tx9900\f0\fs16 " + hexed(f"Praxis am Schöpfwerk - Laborbefund {who.family}, {who.given}") + rf"\tab {page}\par }}",
        r"{\footer \pard\plain\qc\f0\fs14 " + hexed("* nicht akkreditiertes Verfahren   + erhöht   - erniedrigt   ++/-- stark verändert") + r"\par }",
        r"\pard\plain\s1\b\f0\fs28 " + hexed(case.form.lab) + r"\par",
        r"\pard\plain\s0\f0\fs16 " + hexed("Zum Schöpfwerk 12 · 26999 Moorhusen · Tel. 04999 9 90-0 · Ärztliche Leitung: Dr. med. Imke Harms") + r"\par\par",
        r"\pard\plain\s1\b\f0\fs24 Laborbefund\tab (Endbefund)\par",
        *(PAIRS + rf"{a}\tab {b}\tab {c}\tab {d}\par" for a, b, c, d in facts),
        r"\pard\plain\par",
        STOPS + r"{\b Analyse\tab Ergebnis\tab\tab Einheit\tab Referenzbereich}\par",
        r"\pard\plain\brdrb\brdrs\brdrw10\brsp20 \par",
    ]  # fmt: skip


def _row(one: Line) -> list[str]:
    odd = r"{\b\cf2 " if one.state else "{"
    cells = (
        hexed(one.test.name),
        odd + hexed(one.value) + "}",
        odd + one.flag + "}" if one.flag else "",
        hexed(one.test.unit),
        hexed(one.reference),
    )
    lines = [STOPS + r"\tab ".join(cells) + r"\par"]
    if one.comment:
        lines.append(r"\pard\plain\li340\f0\fs16\i " + hexed(one.comment) + r"\i0\par")
    return lines


def write(case: Case) -> tuple[bytes, int]:
    """The report."""
    lines = _head(case)
    for title, group in case.sections():
        lines.append(r"\pard\plain\sb120\keepn\f0\fs20\ul\b " + hexed(title) + r"\b0\ulnone\par")
        for one in group:
            lines += _row(one)
    lines += [
        STOPS + r"Holotranscobalamin\tab folgt\par",
        r"\pard\plain\sb240\f0\fs18 " + hexed("Nachforderungen sind bis 3 Tage nach Probeneingang möglich.") + r"\par",
        r"\pard\plain\f0\fs18 "
        + hexed("Freigegeben: Dr. med. Imke Harms, Fachärztin für Laboratoriumsmedizin")
        + r"\par",
        "}",
    ]
    return "\r\n".join(lines).encode("ascii"), 1


NEG = ("negativ", "(+)", "+", "++")
FORM = Form(write=write, media_type=RTF, says=says(
    "de_praxis_rtf", "de", "Laborverbund Moorhusen", "{day:%d%m%y}-{number:04d}", decimal=",", span="{low} - {high}", upper="< {high}", lower="> {low}",
    flags={"LL": "--", "L": "-", "H": "+", "HH": "++", "A": "+"},
    sections=(
        ("Kleines Blutbild", (
            q("Leukozyten", "10³/µl", 3.9, 10.5, 1, "6690-2", key="wbc"), q("Erythrozyten", "10⁶/µl", 4.30, 5.80, 2, "789-8", women=(3.90, 5.20), formula=red(1000)), q("Hämoglobin (Hb)", "g/dl", 13.5, 17.5, 1, "718-7", women=(12.0, 15.5), key="hgb"),
            q("Hämatokrit (Hkt)", "%", 40.0, 51.0, 1, "4544-3", women=(35.0, 45.0), formula=ratio("hgb", "mchc", 100)), q("MCV", "fl", 80, 96, 0, "787-2", key="mcv"), q("MCH (HbE)", "pg", 27.0, 33.5, 1, "785-6", formula=mean_haemoglobin(0.01)), q("MCHC", "g/dl", 32.0, 36.0, 1, "786-4", key="mchc"),
            q("RDW-CV", "%", 11.5, 14.8, 1, "788-0"), q("Thrombozyten", "10³/µl", 150, 400, 0, "777-3", remark="Vereinzelt Thrombozytenaggregate im Ausstrich."),
        )),
        ("Differentialblutbild (maschinell)", (
            q("Neutrophile", "%", 41.0, 75.0, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso")), q("Lymphozyten", "%", 20.0, 45.0, 1, "736-9", key="lymph"), q("Monozyten", "%", 2.0, 10.0, 1, "5905-5", key="mono"), q("Eosinophile", "%", 0.5, 6.0, 1, "713-8", key="eos"), q("Basophile", "%", None, 1.8, 1, "706-2", key="baso"),
            q("Neutrophile abs.", "10³/µl", 1.80, 7.70, 2, "751-8", formula=share("neut")), q("Lymphozyten abs.", "10³/µl", 1.10, 4.00, 2, "731-0", formula=share("lymph")),
        )),
        ("Gerinnung", (q("Quick", "%", 70, 120, 0, "5894-1"), q("INR", "", 0.85, 1.15, 2, "6301-6"), q("aPTT", "sek.", 25.0, 36.0, 1, "14979-9"))),
        ("Elektrolyte / Niere", (
            q("Natrium i.S.", "mmol/l", 135, 145, 0, "2951-2"), q("Kalium i.S.", "mmol/l", 3.5, 5.1, 1, "2823-3", remark="Serum leicht hämolytisch, Wert ggf. falsch hoch."), q("Calcium i.S.", "mmol/l", 2.15, 2.55, 2, "2000-8"), q("Kreatinin i.S.", "mg/dl", 0.70, 1.20, 2, "2160-0", women=(0.50, 0.95), key="creatinine"),
            q("eGFR (CKD-EPI 2021)", "ml/min/1,73 m²", 60, None, 0, "98979-8", formula=filtration(1)), q("Harnstoff i.S.", "mg/dl", 17, 49, 0, "3091-6"), q("Harnsäure i.S.", "mg/dl", 3.4, 7.0, 1, "3084-1", women=(2.4, 5.7)),
        )),
        ("Leber / Pankreas", (
            q("GOT (AST) 37°C", "U/l", None, 50, 0, "1920-8", women=(None, 35)), q("GPT (ALT) 37°C", "U/l", None, 50, 0, "1742-6", women=(None, 35)), q("γ-GT 37°C", "U/l", None, 60, 0, "2324-2", women=(None, 40)), q("Alk. Phosphatase", "U/l", 40, 129, 0, "6768-6", women=(35, 104)), q("Bilirubin ges.", "mg/dl", None, 1.20, 2, "1975-2", below=0.15), q("Lipase", "U/l", 13, 60, 0, "3040-3"),
        )),
        ("Stoffwechsel", (
            q("Glukose (NaF)", "mg/dl", 70, 99, 0, "2345-7"), q("HbA1c (IFCC)", "mmol/mol", 20, 38, 0, "59261-8", key="ifcc"), q("HbA1c (NGSP)", "%", 4.0, 5.6, 1, "4548-4", formula=as_percent("ifcc")), q("Cholesterin", "mg/dl", None, 200, 0, "2093-3", key="chol", formula=cholesterol(5)), q("HDL-Chol.", "mg/dl", 40, None, 0, "2085-9", women=(45, None), key="hdl"),
            q("LDL-Chol. (berechnet n. Friedewald)", "mg/dl", None, 116, 0, "13457-7", key="ldl", remark="Zielwert abhängig vom kardiovaskulären Gesamtrisiko."), q("Non-HDL-Chol.", "mg/dl", None, 145, 0, "43396-1", formula=minus("chol", "hdl")), q("Triglyceride", "mg/dl", None, 150, 0, "2571-8", key="trig"),
        )),
        ("Schilddrüse / Entzündung", (q("TSH basal", "mU/l", 0.40, 4.00, 2, "3016-3", below=0.01), q("fT4", "pmol/l", 11.5, 22.7, 1, "14920-3"), q("Ferritin", "µg/l", 30, 400, 0, "2276-4", women=(13, 150)), q("CRP", "mg/l", None, 5.0, 1, "1988-5", below=0.6), q("BSG 1 h", "mm", None, 20, 0, "30341-2"))),
        ("Urinstatus (Teststreifen)", (
            q("pH (Urin)", "", 4.8, 7.4, 1, "5803-2"), w("Leukozyten (Urin)", NEG, "5799-2", "negativ"), w("Nitrit (Urin)", ("negativ", "positiv"), "5802-4", "negativ"), w("Eiweiß (Urin)", NEG, "20454-5", "negativ"), w("Glukose (Urin)", ("normal", "+", "++"), "25428-4", "normal"), w("Blut (Urin)", NEG, "5794-3", "negativ"),
        )),
    ),
))  # fmt: skip
