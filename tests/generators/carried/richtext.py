"""A French laboratory's report as RTF: panels in tables on the first page, by tabs with dots on the second."""

from __future__ import annotations

from datetime import timedelta

from tests.generators.carried.model import Case, Form, Line, made, q, rest, says, share, told
from tests.generators.formats.model import RTF

LAB = "Laboratoire des Trois Fontaines"
PENDING = "Vitamine B1"

SECTIONS = (
    (
        "HÉMATOLOGIE",
        (
            q("Leucocytes", "G/L", 4.0, 10.0, 2, "6690-2", key="wbc"),
            q("Hématies", "T/L", 4.28, 5.79, 2, "789-8", women=(3.92, 5.08), key="rbc"),
            q("Hémoglobine", "g/dL", 13.4, 16.7, 1, "718-7", women=(11.9, 14.6), formula=made(1e-3, "rbc", "mcv", "mchc")),
            q("Hématocrite", "%", 39.2, 48.6, 1, "4544-3", women=(36.6, 44.0), formula=made(0.1, "rbc", "mcv")),
            q("V.G.M.", "fL", 78.0, 98.0, 1, "787-2", key="mcv"),
            q("T.C.M.H.", "pg", 26.0, 32.0, 1, "785-6", formula=made(0.01, "mcv", "mchc")),
            q("C.C.M.H.", "g/dL", 31.0, 36.0, 1, "786-4", key="mchc"),
            q("Plaquettes", "G/L", 150, 400, 0, "777-3", remark="Absence d'amas plaquettaires."),
            q("Polynucléaires neutrophiles", "G/L", 1.5, 7.0, 2, "751-8", formula=share("ne")),
            q("Polynucléaires éosinophiles", "G/L", 0.05, 0.5, 2, "711-2", formula=share("eo")),
            q("Polynucléaires basophiles", "G/L", None, 0.1, 2, "704-7", formula=share("ba")),
            q("Lymphocytes", "G/L", 1.0, 4.0, 2, "731-0", formula=share("ly")),
            q("Monocytes", "G/L", 0.2, 1.0, 2, "742-7", formula=share("mo")),
            q("Vitesse de sédimentation (1re heure)", "mm", None, 20, 0, "4537-7"),
        ),
    ),
    (
        "BIOCHIMIE SANGUINE",
        (
            q("Sodium", "mmol/L", 136, 145, 0, "2951-2"),
            q("Potassium", "mmol/L", 3.5, 5.1, 2, "2823-3", remark="Absence d'hémolyse."),
            q("Chlorures", "mmol/L", 98, 107, 0, "2075-0"),
            q("Glucose", "mmol/L", 4.1, 5.9, 2, "14749-6"),
            q("Urée", "mmol/L", 2.8, 8.1, 1, "22664-7"),
            q("Créatinine", "µmol/L", 59, 104, 0, "14682-9", women=(45, 84)),
            q("DFG estimé (CKD-EPI 2021)", "mL/min/1,73 m²", 60, None, 0, "98979-8"),
            q("Protéines totales", "g/L", 64, 83, 0, "2885-2"),
            q("Albumine", "g/L", 35.0, 52.0, 1, "1751-7"),
            q("Calcium", "mmol/L", 2.15, 2.5, 2, "2000-8"),
            q("ASAT", "U/L", None, 40, 0, "1920-8"),
            q("ALAT", "U/L", None, 41, 0, "1742-6", women=(None, 33)),
            q("Gamma GT", "U/L", 10, 71, 0, "2324-2", women=(6, 42)),
            q("Bilirubine totale", "µmol/L", None, 21, 0, "14631-6", below=3),
            q("Protéine C réactive", "mg/L", None, 5.0, 1, "1988-5", below=0.6),
        ),
    ),
    (
        "HÉMOSTASE",
        (
            q("Taux de prothrombine", "%", 70, 120, 0, "5894-1"),
            q("I.N.R.", "", 0.9, 1.2, 2, "6301-6"),
            q("Fibrinogène", "g/L", 2.0, 4.0, 2, "3255-7"),
        ),
    ),
    (
        "HORMONOLOGIE - VITAMINES",
        (
            q("TSH ultrasensible", "mUI/L", 0.27, 4.2, 3, "3016-3", below=0.005),
            q("T4 libre", "pmol/L", 12.0, 22.0, 1, "14920-3"),
            q("Ferritine", "µg/L", 30, 400, 0, "2276-4", women=(15, 150)),
            q("Vitamine B12", "pmol/L", 145, 569, 0, "14685-2", above=1476),
        ),
    ),
)  # fmt: skip
METHODS = {
    "HÉMATOLOGIE": "(Impédance et cytométrie en flux)",
    "BIOCHIMIE SANGUINE": "(Spectrophotométrie, potentiométrie indirecte)",
    "HÉMOSTASE": "(Chronométrie)",
    "HORMONOLOGIE - VITAMINES": "(Électrochimiluminescence)",
}
IN_TABLES = ("HÉMATOLOGIE", "BIOCHIMIE SANGUINE")

EDGES = (3400, 4700, 5200, 6700, 8700, 10200)
START = (
    r"{\rtf1\ansi\ansicpg1252\deff0\deflang1036"
    r"{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\froman\fcharset0 Times New Roman;}{\f2\fnil\fcharset2 Symbol;}}"
    "\r\n"
    r"{\colortbl ;\red0\green64\blue128;\red192\green0\blue0;}"
    "\r\n"
    r"{\stylesheet{\s0\snext0 Normal;}{\s1\sbasedon0\snext0 En-t\'eate;}}{\info{\title Compte rendu}{\author Serveur}}"
    r"{\*\generator Export 11.8;}"
    "\r\n"
    r"\paperw11906\paperh16838\margl850\margr850\margt1100\margb900\viewkind1\uc1"
    "\r\n"
)


def _said(text: str, *, wide: bool = False) -> str:
    """Text in ASCII: letters with accents by their code page, or by their number where ``wide``."""
    out = ""
    for one in text:
        if one in "\\{}":
            out += f"\\{one}"
        elif ord(one) < 128:
            out += one
        else:
            out += f"\\u{ord(one)}?" if wide else f"\\'{one.encode('cp1252')[0]:02x}"
    return out


def _row(cells: tuple[str, ...], look: str = "", *, edges: tuple[int, ...] = EDGES) -> str:
    frame = r"\clbrdrb\brdrs\brdrw5"
    made_of = "".join(f"{frame}\\cellx{edge}" for edge in edges)
    end, said = "\\b0\\i0" if look else "", ""
    for at, text in enumerate(cells):
        side = "\\qr" if at == 1 else "\\ql"
        said += f"\\pard\\intbl{side}{look} {text}{end}\\cell\r\n"
    return f"\\trowd\\trgaph70\\trleft-70{made_of}\r\n{said}\\row\r\n"


def _table_row(one: Line) -> str:
    value = f"\\b\\cf2 {one.value}\\cf0\\b0" if one.flag else one.value
    cells = (one.test.name, value, one.flag, one.test.unit, one.reference, one.previous[0])
    return _row(tuple(text if at == 1 else _said(text) for at, text in enumerate(cells)))


def _tab_line(one: Line) -> str:
    flag = f" {{\\b {one.flag}}}" if one.flag else ""
    return (
        "\\pard\\tqr\\tldot\\tx4600\\tx5200\\tx6700\\tx8900 "
        f"{_said(one.test.name)}\\tab {one.value}\\tab{flag}\\tab {_said(one.test.unit)}\\tab {_said(one.reference)}\\par\r\n"
    )


def _panel(title: str, lines: list[Line], before: str) -> str:
    out = f"\\pard\\sb160\\sa40\\b\\cf1\\fs22 {_said(title)}\\cf0\\b0\\fs18\\par\r\n\\pard\\i\\fs16 {_said(METHODS[title])}\\i0\\fs18\\par\r\n"
    if title in IN_TABLES:
        out += _row(tuple(_said(text) for text in ("Analyse", "Résultat", "", "Unité", "Valeurs de référence", before)), "\\b")  # fmt: skip
        for one in lines:
            out += _table_row(one)
            if one.comment:
                out += _row((_said(one.comment),), "\\i", edges=EDGES[-1:])
        return f"{out}\\pard\\par\r\n"
    for one in lines:
        out += _tab_line(one)
    if title.startswith("HORMONO"):
        out += f"\\pard\\tqr\\tldot\\tx4600\\tx5200 {PENDING}\\tab {_said('en cours')}\\par\r\n"
    return f"{out}\\par\r\n"


def _facts(case: Case) -> str:
    who, stamp = case.patient, "%d/%m/%Y à %Hh%M"
    pairs = (
        (f"Nom : {who.family}", f"Dossier n° : {case.accession}"),
        (f"Prénom : {who.given}", f"IPP : {who.mrn}"),
        (f"{case.pick('Née', 'Né')} le : {who.birth_date:%d/%m/%Y} ({case.years} ans)", f"Sexe : {case.pick('Féminin', 'Masculin')}"),
        ("Prescripteur : Dr Apolline Gaucherand", f"Prélevé le : {told(case.collected, stamp)}"),
        ("Service : Consultation externe", f"Reçu le : {told(case.received, stamp)}"),
        ("Compte rendu complet", f"Édité le : {told(case.reported, stamp)}"),
    )  # fmt: skip
    return "".join(f"\\pard\\tx5600 {_said(left)}\\tab {_said(right)}\\par\r\n" for left, right in pairs)


def _write(case: Case) -> tuple[bytes, int]:
    header = (
        f"{{\\header\\pard\\s1\\qc\\b\\fs26 {_said(LAB, wide=True)}\\b0\\fs18\\par\r\n"
        f"\\pard\\qc {_said('4 allée des Tilleuls - 00120 Sérignac - Tél. 01 99 00 41 27', wide=True)}\\par\r\n}}\r\n"
    )
    footer = (
        f"{{\\footer\\pard\\qc\\fs14 {_said('Biologiste responsable : Dr Honoré Vasseur', wide=True)}\\tab Page "
        r"{\field{\*\fldinst PAGE }{\fldrslt 1}}\par}"
        "\r\n"
    )
    body = f"\\sectd\\pard\\plain\\f0\\fs18\r\n{_facts(case)}\\pard\\par\r\n"
    before = f"Antérieur {case.collected - timedelta(days=150):%m/%Y}"
    pages = 1
    for title, lines in case.sections():
        if title == "HÉMOSTASE":
            body += "\\page\r\n"
            pages += 1
        for one in lines:
            one.page = pages
        body += _panel(title, lines, before)
    body += f"\\pard\\i {_said('Résultats validés par le biologiste. Ce document ne peut être reproduit que dans son intégralité.')}\\i0\\par\r\n"
    return f"{START}{header}{footer}{body}}}\r\n".encode("ascii"), pages


FORM = Form(
    says=says(
        "fontaines_rtf", "fr", LAB, "{day:%y%j}-{number:06d}", SECTIONS, decimal=",", span="({low} à {high})", upper="(< {high})",
        lower="(> {low})", past="{sign} {limit}", flags={"LL": "B", "L": "B", "H": "H", "HH": "H"},
        unprinted=(
            q("ne", "", 40, 70, 1, "", key="ne", formula=rest("ly", "mo", "eo", "ba")), q("ly", "", 20, 45, 1, "", key="ly"),
            q("mo", "", 3, 10, 1, "", key="mo"), q("eo", "", 0.8, 5, 1, "", key="eo"), q("ba", "", 0.2, 1, 1, "", key="ba"),
        ),
    ),
    write=_write, media_type=RTF,
)  # fmt: skip
