"""Blood count, differential, reticulocytes and coagulation."""

from __future__ import annotations

from tests.generators.analytes.model import Unit, number, unit

GIGA = "x10^3/uL|10*3/µL|K/uL|10^3/uL|x10E3/uL|Thousand/uL"
GIGA_ES = "x10^3/µL|10^3/µL|miles/mm3|x10e3/µL|10³/µL"
GIGA_SI = "10^9/L|x10^9/L|10*9/L|x10E9/L"
PERCENT = "%"


def cells(loinc: str, low: float, high: float, decimals: int = 1) -> tuple[Unit, ...]:
    """Number concentration as 10^3 per microlitre in its three spellings families and per microlitre in Spain."""
    return (
        unit(loinc, GIGA, decimals, low, high, on="us"),
        unit(loinc, GIGA_SI, decimals, low, high, on="si"),
        unit(loinc, GIGA_ES, decimals, low, high, on="es"),
        unit(loinc, "/mm3|/µL|cel/µL", 0, low * 1000, high * 1000, on="es_units", x=1000),
    )


def percent(loinc: str, low: float, high: float, decimals: int = 1) -> Unit:
    """A percentage."""
    return unit(loinc, PERCENT, decimals, low, high)


BLOOD = (
    number("wbc", "WBC|White Blood Cell Count|Leukocytes|White Blood Cells", "Leucocitos|Leucocitos totales|Recuento de leucocitos|Glóbulos blancos",
           *cells("6690-2", 4.0, 10.5), span=(1.2, 28.0), critical=(2.0, 25.0)),
    number("rbc", "RBC|Red Blood Cell Count|Erythrocytes|Red Blood Cells", "Hematíes|Eritrocitos|Recuento de hematíes|Glóbulos rojos",
           unit("789-8", "x10^6/uL|10*6/µL|M/uL|10^6/uL|x10E6/uL|Million/uL", 2, 4.2, 5.8, f=(3.8, 5.2), on="us"),
           unit("789-8", "10^12/L|x10^12/L|10*12/L|x10E12/L", 2, 4.2, 5.8, f=(3.8, 5.2), on="si"),
           unit("789-8", "x10^6/µL|10^6/µL|mill/mm3|x10e6/µL|10^6/mm3", 2, 4.2, 5.8, f=(3.8, 5.2), on="es"), span=(2.6, 6.8)),
    number("hgb", "Hemoglobin|HGB|Hgb", "Hemoglobina|Hemoglobina (Hb)|Hb",
           unit("718-7", "g/dL|g/dl|gm/dL", 1, 13.2, 17.1, f=(11.7, 15.5), on="us es"),
           unit("718-7", "g/L", 0, 132, 171, f=(117, 155), x=10, on="si"), span=(6.2, 19.4), critical=(7.0, 20.0)),
    number("hct", "Hematocrit|HCT|Hct", "Hematocrito|Hematocrito (Hto)|Hto",
           unit("4544-3", PERCENT, 1, 38.5, 50.0, f=(35.0, 45.0), on="us es"),
           unit("4544-3", "L/L", 3, 0.385, 0.500, f=(0.350, 0.450), x=0.01, on="si"), span=(20.0, 58.0)),
    number("mcv", "MCV|Mean Corpuscular Volume|Mean Cell Volume", "VCM|Volumen corpuscular medio|V.C.M.",
           unit("787-2", "fL|fl", 1, 80.0, 100.0), span=(62.0, 118.0)),
    number("mch", "MCH|Mean Corpuscular Hemoglobin", "HCM|Hemoglobina corpuscular media|H.C.M.",
           unit("785-6", "pg", 1, 27.0, 33.0), span=(19.0, 39.0)),
    number("mchc", "MCHC|Mean Corpuscular Hemoglobin Concentration", "CHCM|Concentración de hemoglobina corpuscular media|C.H.C.M.",
           unit("786-4", "g/dL|g/dl", 1, 32.0, 36.0, on="us es"), unit("786-4", "g/L", 0, 320, 360, x=10, on="si"), span=(29.0, 37.5)),
    number("rdw", "RDW|RDW-CV|Red Cell Distribution Width", "ADE|RDW|Ancho de distribución eritrocitaria",
           percent("788-0", 11.0, 15.0), span=(10.8, 22.0)),
    number("rdwsd", "RDW-SD", "RDW-SD|ADE-SD", unit("21000-5", "fL|fl", 1, 37.0, 54.0), span=(34.0, 66.0)),
    number("plt", "Platelet Count|Platelets|PLT", "Plaquetas|Recuento de plaquetas|Trombocitos",
           *cells("777-3", 140, 400, 0), span=(18, 780), critical=(30, 1000)),
    number("mpv", "MPV|Mean Platelet Volume", "VPM|Volumen plaquetario medio|V.P.M.", unit("32623-1", "fL|fl", 1, 7.5, 12.5), span=(6.8, 13.4)),
    number("neut_pct", "Neutrophils|Neutrophils %|NEUT %|Neutrophils Relative", "Neutrófilos|Neutrófilos %|Segmentados %", percent("770-8", 40.0, 74.0), span=(30.0, 84.0)),
    number("lymph_pct", "Lymphocytes|Lymphocytes %|LYMPH %|Lymphs", "Linfocitos|Linfocitos %", percent("736-9", 14.0, 46.0), span=(8.0, 60.0)),
    number("mono_pct", "Monocytes|Monocytes %|MONO %", "Monocitos|Monocitos %", percent("5905-5", 4.0, 12.0), span=(2.0, 16.0)),
    number("eos_pct", "Eosinophils|Eosinophils %|EOS %|Eos", "Eosinófilos|Eosinófilos %", percent("713-8", 0.0, 5.0), span=(0.1, 12.0)),
    number("baso_pct", "Basophils|Basophils %|BASO %|Basos", "Basófilos|Basófilos %", percent("706-2", 0.0, 2.0), span=(0.0, 2.4)),
    number("neut_abs", "Absolute Neutrophils|Neutrophils (Absolute)|Neutrophils #|ANC", "Neutrófilos absolutos|Neutrófilos (valor absoluto)|Neutrófilos #", *cells("751-8", 1.5, 7.8, 2), span=(0.4, 20)),
    number("lymph_abs", "Absolute Lymphocytes|Lymphs (Absolute)|Lymphocytes #", "Linfocitos absolutos|Linfocitos (valor absoluto)|Linfocitos #", *cells("731-0", 0.8, 3.9, 2), span=(0.2, 9)),
    number("mono_abs", "Absolute Monocytes|Monocytes (Absolute)|Monocytes #", "Monocitos absolutos|Monocitos (valor absoluto)|Monocitos #", *cells("742-7", 0.2, 0.9, 2), span=(0.0, 3)),
    number("eos_abs", "Absolute Eosinophils|Eos (Absolute)|Eosinophils #", "Eosinófilos absolutos|Eosinófilos (valor absoluto)|Eosinófilos #", *cells("711-2", 0.0, 0.5, 2), span=(0.0, 3)),
    number("baso_abs", "Absolute Basophils|Baso (Absolute)|Basophils #", "Basófilos absolutos|Basófilos (valor absoluto)|Basófilos #", *cells("704-7", 0.0, 0.2, 2), span=(0.0, 1)),
    number("retic_pct", "Reticulocytes|Reticulocyte Count|Retic %", "Reticulocitos|Reticulocitos %", percent("17849-1", 0.5, 2.5), span=(0.2, 6.0)),
    number("esr", "ESR|Sed Rate|Sedimentation Rate-Westergren|Erythrocyte Sedimentation Rate", "VSG|Velocidad de sedimentación globular|V.S.G. 1ª hora",
           unit("4537-7", "mm/h|mm/hr|mm/1h", 0, 0, 15, f=(0, 20)), span=(2, 88)),
    number("pt", "Prothrombin Time|PT|Protime", "Tiempo de protrombina|T. de protrombina|TP", unit("5902-2", "sec|s|seconds", 1, 9.4, 12.5, on="us si"),
           unit("5902-2", "seg|s|segundos", 1, 9.4, 12.5, on="es"), span=(9.0, 38.0)),
    number("inr", "INR|Prothrombin INR|International Normalized Ratio", "INR|I.N.R.|Razón normalizada internacional", unit("6301-6", "", 1, 0.8, 1.2), span=(0.8, 5.4), critical=(None, 5.0)),
    number("pt_pct", "Prothrombin Activity|PT Activity", "Actividad de protrombina|Índice de Quick", unit("5894-1", PERCENT, 0, 70, 120), span=(18, 118)),
    number("aptt", "aPTT|APTT|Partial Thromboplastin Time|Activated Partial Thromboplastin Time", "TTPA|Tiempo de tromboplastina parcial activada|APTT|T. Cefalina",
           unit("14979-9", "sec|s|seconds", 1, 25.0, 36.5, on="us si"), unit("14979-9", "seg|s|segundos", 1, 25.0, 36.5, on="es"), span=(22, 92)),
    number("fibrinogen", "Fibrinogen|Fibrinogen Activity", "Fibrinógeno|Fibrinógeno derivado", unit("3255-7", "mg/dL|mg/dl", 0, 200, 400, on="us es"),
           unit("3255-7", "g/L", 2, 2.0, 4.0, x=0.01, on="si"), span=(110, 720)),
    number("ddimer", "D-Dimer|D-Dimer, Quantitative", "Dímero D|Dímero-D", unit("48065-7", "ng/mL FEU|ng/mL (FEU)", 0, None, 500, below=150, above=20000),
           unit("48065-7", "mg/L FEU", 2, None, 0.5, x=0.001, on="si", below=0.15, above=20), span=(60, 4200)),
)  # fmt: skip
