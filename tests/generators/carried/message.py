"""An Italian hospital's results message: an FT for the head and for each panel, its lines with dotted leaders."""

from __future__ import annotations

from tests.generators.carried.model import Case, Form, Line, made, q, rest, says, told, w
from tests.generators.formats.model import HL7

LAB = "Laboratorio Analisi Valdombra"
PENDING = "Emoglobina fetale"
ABSENT = ("Assente", "Presente", "Tracce")

SECTIONS = (
    (
        "EMOCROMO",
        (
            q("Leucociti", "10^3/µL", 4.0, 10.0, 2, "6690-2", key="wbc"),
            q("Eritrociti", "10^6/µL", 4.5, 5.8, 2, "789-8", women=(3.9, 5.2), key="rbc"),
            q("Emoglobina", "g/dL", 13.0, 17.0, 1, "718-7", women=(12.0, 16.0), formula=made(1e-3, "rbc", "mcv", "mchc")),
            q("Ematocrito", "%", 40.0, 51.0, 1, "4544-3", women=(36.0, 46.0), formula=made(0.1, "rbc", "mcv")),
            q("MCV", "fL", 80.0, 98.0, 1, "787-2", key="mcv"),
            q("MCH", "pg", 26.0, 33.0, 1, "785-6", formula=made(0.01, "mcv", "mchc")),
            q("MCHC", "g/dL", 31.0, 36.0, 1, "786-4", key="mchc"),
            q("Piastrine", "10^3/µL", 150, 400, 0, "777-3", remark="Conteggio verificato al microscopio."),
            q("Neutrofili", "%", 40.0, 74.0, 1, "770-8", formula=rest("ly", "mo", "eo", "ba")),
            q("Linfociti", "%", 19.0, 48.0, 1, "736-9", key="ly"),
            q("Monociti", "%", 3.0, 11.0, 1, "5905-5", key="mo"),
            q("Eosinofili", "%", 0.0, 6.0, 1, "713-8", key="eo"),
            q("Basofili", "%", 0.0, 1.5, 1, "706-2", key="ba"),
        ),
    ),
    (
        "CHIMICA CLINICA",
        (
            q("Glucosio", "mg/dL", 70, 100, 0, "2345-7"),
            q("Urea", "mg/dL", 17, 49, 0, "3091-6"),
            q("Creatinina", "mg/dL", 0.7, 1.2, 2, "2160-0", women=(0.5, 0.9)),
            q("Acido urico", "mg/dL", 3.4, 7.0, 1, "3084-1", women=(2.4, 5.7)),
            q("Sodio", "mmol/L", 136, 145, 0, "2951-2"),
            q("Potassio", "mmol/L", 3.5, 5.1, 1, "2823-3", remark="Campione lievemente emolizzato."),
            q("Cloro", "mmol/L", 98, 107, 0, "2075-0"),
            q("AST (GOT)", "U/L", None, 40, 0, "1920-8"),
            q("ALT (GPT)", "U/L", None, 41, 0, "1742-6", women=(None, 33)),
            q("Gamma GT", "U/L", None, 60, 0, "2324-2", women=(None, 40), below=3),
            q("Bilirubina totale", "mg/dL", None, 1.2, 2, "1975-2", below=0.15),
            q("Proteina C reattiva", "mg/L", None, 5.0, 1, "1988-5", below=0.6),
            q("Colesterolo totale", "mg/dL", None, 200, 0, "2093-3"),
            q("Colesterolo HDL", "mg/dL", 40, None, 0, "2085-9", women=(50, None)),
            q("Trigliceridi", "mg/dL", None, 150, 0, "2571-8"),
        ),
    ),
    (
        "COAGULAZIONE",
        (
            q("Tempo di protrombina (attività)", "%", 70, 120, 0, "5894-1"),
            q("INR", "", 0.85, 1.2, 2, "6301-6"),
            q("Fibrinogeno", "mg/dL", 200, 400, 0, "3255-7"),
        ),
    ),
    (
        "ORMONI",
        (
            q("TSH", "µUI/mL", 0.27, 4.2, 2, "3016-3", below=0.01),
            q("FT4", "ng/dL", 0.93, 1.7, 2, "3024-7"),
            q("Ferritina", "ng/mL", 30, 400, 0, "2276-4", women=(13, 150)),
        ),
    ),
    (
        "ESAME URINE",
        (
            q("Peso specifico", "", 1.005, 1.03, 3, "5811-5"),
            q("pH", "", 5.0, 7.5, 1, "5803-2"),
            w("Proteine", ABSENT, "20454-5", "Assente"),
            w("Nitriti", ABSENT[:2], "5802-4", "Assente"),
        ),
    ),
)  # fmt: skip
ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "&": "\\T\\", "~": "\\R\\"}


def _said(text: str) -> str:
    """Text with the delimiters of the message escaped."""
    return "".join(ESCAPES.get(one, one) for one in text)


def _line(one: Line) -> list[str]:
    value = f"{one.flag:<2}{one.value:<10}"
    out = [f"{one.test.name + ' ':.<36} {value} {one.test.unit:<10} {one.reference}".rstrip()]
    return [*out, f"    {one.comment}"] if one.comment else out


def _head(case: Case) -> list[str]:
    who, stamp = case.patient, "%d/%m/%Y %H:%M"
    return [
        LAB,
        "Presidio Ospedaliero di Valdombra - Via dei Gelsi 9 - Tel. 0199 5550172",
        "",
        f"Cognome: {who.family:<28}Nome: {who.given}",
        f"Data di nascita: {who.birth_date:%d/%m/%Y}          Sesso: {who.sex}    Età: {case.years} anni",
        f"ID paziente: {who.mrn:<24}N. accettazione: {case.accession}",
        f"Medico richiedente: {'Dott.ssa Ortensia Malvezzi':<30}Reparto: Medicina II",
        f"Data prelievo: {told(case.collected, stamp)}      Data ricezione: {told(case.received, stamp)}",
        f"Data referto: {told(case.reported, stamp)}       Stato: REFERTO DEFINITIVO",
        "",
        f"{'Esame':<37}  {'Esito':<10} {'Unità':<10} Intervallo di riferimento",
    ]


def _write(case: Case) -> tuple[bytes, int]:
    who, at = case.patient, "%Y%m%d%H%M"
    blocks = [_head(case)]
    for title, lines in case.sections():
        said = [line for one in lines for line in _line(one)]
        if title == "EMOCROMO":
            said.append(f"{PENDING + ' ':.<36}   in corso")
        blocks.append(["", f"*** {title} ***", *said])
    blocks.append(["", "(*) valore fuori dall'intervallo di riferimento", "Il Direttore: Dott. Fulgenzio Abbracciavento"])  # fmt: skip
    segments = [
        f"MSH|^~\\&|LIS|VALDOMBRA|CARTELLA|VALDOMBRA|{told(case.reported, at)}||ORU^R01|{case.accession}|P|2.5|||||ITA|8859/1",
        f"PID|1||{who.mrn}^^^VALDOMBRA^PI||{_said(who.family)}^{_said(who.given)}||{who.birth_date:%Y%m%d}|{who.sex}",
        "PV1|1|O|MED2",
        f"ORC|RE|{case.accession}|{case.accession}",
        f"OBR|1|{case.accession}|{case.accession}|REFLAB^Referto di laboratorio^L|||{told(case.collected, at)}|||||||{told(case.received, at)}||||||||{told(case.reported, at)}||LAB|F",
    ]
    for number, lines in enumerate(blocks, 1):
        text = "\\.br\\".join(map(_said, lines))
        segments.append(f"OBX|{number}|FT|REFLAB^Referto di laboratorio^L||{text}||||||F")
    return ("\r".join(segments) + "\r").encode("latin-1"), 1


FORM = Form(
    says=says(
        "valdombra_oru", "it", LAB, "{day:%y%m%d}{number:06d}", SECTIONS, span="[{low} - {high}]", upper="[< {high}]", lower="[> {low}]",
        past="{sign} {limit}", flags={"LL": "*", "L": "*", "H": "*", "HH": "*", "A": "*"},
    ),
    write=_write, media_type=HL7,
)  # fmt: skip
