"""A Spanish hospital's report as RTF of one width: columns by blanks, dots behind the names, signs by number, fields and kinds of groups that show nothing."""

from __future__ import annotations

from tests.generators.formats.model import RTF, Form, says
from tests.generators.formats.rtf import numbered
from tests.generators.fourth.formulas import cholesterol, filtration, mean_haemoglobin, minus, ratio, red, rest, share
from tests.generators.fourth.model import Case, Line, q, w

HEAD = (
    r"{\rtf1\ansi\ansicpg1252\uc1\deff0{\fonttbl{\f0\fmodern\fprq1\fcharset0 Courier New;}{\f1\fswiss\fcharset0 Arial;}}"
    "\r\n"
    r"{\info{\title Informe de laboratorio}{\author Benigno Fontecha}{\company SERVICIO DE INFORM\u193?TICA}{\creatim\yr2019\mo4\dy2\hr9\min15}}"
    "\r\n"
    r"{\*\generator SIL Impresi\u243?n 4.2;}{\*\userprops{\propname Paciente}\proptype30{\staticval Ninguno}}"
    "\r\n"
    r"\paperw11906\paperh16838\margl567\margr567{\*\bkmkstart Inicio}{\*\bkmkend Inicio}"
)
NAME, VALUE, MARK, UNIT = 38, 12, 3, 18


def _link(address: str, shown: str) -> str:
    return r"{\field{\*\fldinst{HYPERLINK " + f'"{address}"' + r"}}{\fldrslt{\ul\cf1 " + shown + "}}}"


def _head(case: Case) -> list[str]:
    who, stamp = case.patient, "%d/%m/%Y %H:%M"
    facts = (
        (f"Paciente     : {who.family.upper()}, {who.given.upper()}", f"N.H.C.     : {who.mrn}"), (f"F. nacimiento: {who.birth_date:%d/%m/%Y}  ({case.years} años)", f"Sexo       : {case.pick('Mujer', 'Hombre')}"),
        (f"N.º petición : {case.accession}", f"Extracción : {case.collected:{stamp}}"), ("Solicitante  : DRA. CELIA BARRANTES", f"Recepción  : {case.received:{stamp}}"), ("Servicio     : MEDICINA INTERNA  Cama: 312-B", f"Informe    : {case.reported:{stamp}}"),
    )  # fmt: skip
    return [
        r"\pard\f0\fs22\b " + numbered(case.form.lab.upper()) + r"\b0\fs17\par",
        numbered("Servicio de Análisis Clínicos - Ctra. de la Presa, km 4 - 44999 Albarracín la Nueva - ") + _link("https://www.acequia-alta.invalid/lab", "www.acequia-alta.invalid") + r"\par",
        r"\par",
        *(numbered(f"{left:<58}{right}") + r"\par" for left, right in facts),
        numbered("-" * 96) + r"\par",
        r"{\b " + numbered(f"{'PRUEBA':<{NAME}}{'RESULTADO':>{VALUE}}{'':{MARK}}{'UNIDADES':<{UNIT}}VALORES DE REFERENCIA") + r"}\par",
        numbered("-" * 96) + r"\par",
    ]  # fmt: skip


def _row(one: Line) -> list[str]:
    name = f"  {one.test.name} ".ljust(NAME - 1, ".") + " "
    value = numbered(f"{one.value:>{VALUE}} {one.flag:<{MARK - 1}}")
    lines = [numbered(name) + (rf"{{\b {value}}}" if one.state else value) + numbered(f"{one.test.unit:<{UNIT}}{one.reference}") + r"\par"]  # fmt: skip
    if one.comment:
        lines.append(numbered(f"      Obs.: {one.comment}") + r"\par")
    return lines


def write(case: Case) -> tuple[bytes, int]:
    """The report."""
    lines = [HEAD, *_head(case)]
    for title, group in case.sections():
        lines += [r"\par", r"{\b\ul " + numbered(title) + r"}\par"]
        for one in group:
            lines += _row(one)
        if title.startswith("HORMONAS"):
            lines.append(numbered("  Péptido C ".ljust(NAME - 1, ".") + " " + f"{'PENDIENTE':>{VALUE}}") + r"\par")
    date = (
        r"{\field\flddirty{\*\fldinst{ DATE \\@ \'22dd/MM/yyyy\'22 }}{\fldrslt{" + f"{case.reported:%d/%m/%Y}" + "}}}"
    )
    lines += [
        r"\par",
        numbered("(*) Valor fuera del intervalo de referencia") + r"\par",
        numbered("Validado por: Dra. Edelmira Sotillos. Facultativa especialista. Impreso el ") + date + r"\par",
        "}",
    ]
    return "\r\n".join(lines).encode("ascii"), 1


STRIP, GIGA = ("Negativo", "Indicios", "Positivo (+)", "Positivo (++)"), "x10^3/µL"
FORM = Form(write=write, media_type=RTF, says=says(
    "es_hospital_rtf", "es", "Hospital Comarcal Acequia Alta", "{day:%y%m%d}{number:05d}", decimal=",", span="[{low} - {high}]", upper="[< {high}]", lower="[> {low}]", flags={"LL": "*", "L": "*", "H": "*", "HH": "*", "A": "*"},
    sections=(
        ("HEMOGRAMA", (
            q("Leucocitos", GIGA, 4.00, 10.50, 2, "6690-2", key="wbc"), q("Hematíes", "x10^6/µL", 4.30, 5.70, 2, "789-8", women=(3.90, 5.10), formula=red(1000)), q("Hemoglobina", "g/dL", 13.0, 17.0, 1, "718-7", women=(12.0, 15.5), key="hgb"), q("Hematocrito", "%", 39.0, 50.0, 1, "4544-3", women=(36.0, 46.0), formula=ratio("hgb", "mchc", 100)),
            q("V.C.M.", "fL", 80.0, 99.0, 1, "787-2", key="mcv"), q("H.C.M.", "pg", 27.0, 33.5, 1, "785-6", formula=mean_haemoglobin(0.01)), q("C.H.C.M.", "g/dL", 31.5, 35.5, 1, "786-4", key="mchc"), q("A.D.E. (RDW)", "%", 11.5, 14.5, 1, "788-0"), q("Plaquetas", GIGA, 150, 400, 0, "777-3", remark="Agregados plaquetarios. Se recomienda repetir en tubo de citrato."), q("V.P.M.", "fL", 7.4, 11.4, 1, "32623-1"),
        )),
        ("FÓRMULA LEUCOCITARIA", (
            q("Neutrófilos %", "%", 40.0, 75.0, 1, "770-8", key="neut", formula=rest("lymph", "mono", "eos", "baso")), q("Linfocitos %", "%", 20.0, 45.0, 1, "736-9", key="lymph"), q("Monocitos %", "%", 2.0, 10.0, 1, "5905-5", key="mono"), q("Eosinófilos %", "%", 0.0, 6.0, 1, "713-8", key="eos"), q("Basófilos %", "%", 0.0, 2.0, 1, "706-2", key="baso"),
            q("Neutrófilos abs.", GIGA, 1.80, 7.50, 2, "751-8", formula=share("neut")), q("Linfocitos abs.", GIGA, 1.00, 4.00, 2, "731-0", formula=share("lymph")), q("Eosinófilos abs.", GIGA, 0.00, 0.50, 2, "711-2", formula=share("eos")),
        )),
        ("COAGULACIÓN", (q("Tiempo de protrombina", "seg", 9.8, 13.2, 1, "5902-2"), q("Actividad de protrombina", "%", 70, 120, 0, "5894-1"), q("I.N.R.", "", 0.80, 1.20, 2, "6301-6"), q("T.T.P.A.", "seg", 25.0, 37.0, 1, "14979-9"), q("Fibrinógeno derivado", "mg/dL", 200, 450, 0, "3255-7"))),
        ("BIOQUÍMICA (SUERO)", (
            q("Glucosa", "mg/dL", 74, 106, 0, "2345-7"), q("Urea", "mg/dL", 17, 49, 0, "3091-6"), q("Creatinina", "mg/dL", 0.70, 1.20, 2, "2160-0", women=(0.50, 0.90), key="creatinine"), q("Filtrado glomerular (CKD-EPI 2021)", "mL/min/1,73 m2", 60, None, 0, "98979-8", formula=filtration(1), above=90), q("Urato", "mg/dL", 3.4, 7.0, 1, "3084-1", women=(2.4, 5.7)),
            q("Sodio", "mmol/L", 136, 145, 0, "2951-2"), q("Potasio", "mmol/L", 3.5, 5.1, 1, "2823-3", remark="Suero hemolizado (+). Interpretar con precaución."), q("Cloruro", "mmol/L", 98, 107, 0, "2075-0"), q("Calcio", "mg/dL", 8.6, 10.2, 1, "17861-6"), q("Fósforo", "mg/dL", 2.5, 4.5, 1, "2777-1"), q("Magnesio", "mg/dL", 1.60, 2.60, 2, "19123-9"),
            q("Bilirrubina total", "mg/dL", 0.20, 1.20, 2, "1975-2"), q("AST (GOT)", "U/L", None, 40, 0, "1920-8", women=(None, 32)), q("ALT (GPT)", "U/L", None, 41, 0, "1742-6", women=(None, 33)), q("GGT", "U/L", None, 60, 0, "2324-2", women=(None, 40)), q("Fosfatasa alcalina", "U/L", 40, 129, 0, "6768-6", women=(35, 104)), q("LDH", "U/L", 135, 225, 0, "2532-0"),
            q("Colesterol total", "mg/dL", None, 200, 0, "2093-3", key="chol", formula=cholesterol(5)), q("Colesterol-HDL", "mg/dL", 40, None, 0, "2085-9", key="hdl"), q("Colesterol-LDL (calculado)", "mg/dL", None, 116, 0, "13457-7", key="ldl"), q("Colesterol no HDL", "mg/dL", None, 145, 0, "43396-1", formula=minus("chol", "hdl")), q("Triglicéridos", "mg/dL", None, 150, 0, "2571-8", key="trig"),
            q("Proteína C reactiva", "mg/L", None, 5.0, 1, "1988-5", below=0.6),
        )),
        ("HORMONAS Y VITAMINAS", (q("TSH", "µUI/mL", 0.270, 4.200, 3, "3016-3", below=0.005), q("Tiroxina libre (T4L)", "ng/dL", 0.93, 1.70, 2, "3024-7"), q("Vitamina B12", "pg/mL", 197, 771, 0, "2132-9", below=150), q("Folato", "ng/mL", 3.9, 26.8, 1, "2284-8"), q("Ferritina", "ng/mL", 30, 400, 0, "2276-4", women=(13, 150)))),
        ("ORINA: TIRA REACTIVA Y SEDIMENTO", (
            q("Densidad", "", 1.005, 1.030, 3, "5811-5"), q("pH en orina", "", 5.0, 8.0, 1, "5803-2"), w("Leucocitos (esterasa)", STRIP, "5799-2", "[Negativo]"), w("Nitritos", ("Negativo", "Positivo"), "5802-4", "[Negativo]"), w("Proteínas en orina", STRIP, "20454-5", "[Negativo]"), w("Glucosa en orina", STRIP, "25428-4", "[Negativo]"), w("Sangre en orina", STRIP, "5794-3", "[Negativo]"),
            w("Leucocitos en sedimento", ("0-5", "5-10", ">50"), "5821-4", "[0-5]", unit="/campo"),
        )),
    ),
))  # fmt: skip
