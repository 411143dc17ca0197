"""Metabolic panel, liver, lipids, iron, glycated hemoglobin, cardiac markers and enzymes."""

from __future__ import annotations

from tests.generators.analytes.model import Unit, number, unit

MG = "mg/dL|mg/dl"
G = "g/dL|g/dl"
MEQ = "mmol/L|mEq/L"
ENZYME = "U/L|IU/L"
ENZYME_ES = "U/L|UI/L"


def pair(  # noqa: PLR0917
    mass: str,
    moles: str,
    low: float | None,
    high: float | None,
    factor: float,
    decimals: tuple[int, int],
    *,
    spelling: str = MG,
    si: str = "mmol/L",
    f: tuple[float | None, float | None] | None = None,
) -> tuple[Unit, Unit]:
    """A test printed as mass in the USA and Spain and as amount of substance elsewhere."""

    def scaled(limit: float | None) -> float | None:
        return None if limit is None else round(limit * factor, decimals[1])

    female = None if f is None else (scaled(f[0]), scaled(f[1]))
    return (
        unit(mass, spelling, decimals[0], low, high, f=f, on="us es"),
        unit(moles, si, decimals[1], scaled(low), scaled(high), f=female, x=factor, on="si"),
    )  # fmt: skip


def enzyme(
    loinc: str, low: float | None, high: float | None, f: tuple[float | None, float | None] | None = None
) -> tuple[Unit, Unit]:
    """Catalytic activity, U/L however spelt."""
    return (
        unit(loinc, ENZYME, 0, low, high, f=f, on="us si"),
        unit(loinc, ENZYME_ES, 0, low, high, f=f, on="es"),
    )


CHEMISTRY = (
    number("glucose", "Glucose|Glucose, Serum", "Glucosa|Glucosa en suero|Glucemia", *pair("2345-7", "14749-6", 65, 99, 0.0555, (0, 1)), span=(44, 420), critical=(50, 400)),
    number("bun", "BUN|Urea Nitrogen (BUN)|Blood Urea Nitrogen", "Nitrógeno ureico|BUN|Nitrógeno ureico (BUN)", *pair("3094-0", "14937-7", 7, 25, 0.357, (0, 1)), span=(4, 96)),
    number("urea", "Urea", "Urea|Urea en suero", *pair("3091-6", "22664-7", 17, 49, 0.1665, (0, 1)), span=(9, 190)),
    number("creatinine", "Creatinine|Creatinine, Serum", "Creatinina|Creatinina en suero", *pair("2160-0", "14682-9", 0.70, 1.25, 88.4, (2, 0), si="umol/L|µmol/L", f=(0.50, 1.00)), span=(0.42, 6.8)),
    number("egfr", "eGFR|eGFR (CKD-EPI 2021)|Estimated GFR", "FG estimado (CKD-EPI 2021)|Filtrado glomerular estimado (CKD-EPI 2021)",
           unit("98979-8", "mL/min/1.73m2|mL/min/1.73|mL/min/1.73 m²", 0, 60, None, on="us si"), unit("98979-8", "mL/min/1,73 m²|mL/min/1,73m2", 0, 60, None, on="es"), span=(6, 130)),
    number("bun_creat", "BUN/Creatinine Ratio", "Cociente BUN/Creatinina", unit("3097-3", "", 0, 6, 22), span=(4, 40)),
    number("sodium", "Sodium|Sodium, Serum", "Sodio|Sodio (Na+)", unit("2951-2", MEQ, 0, 135, 146), span=(122, 156), critical=(120, 160)),
    number("potassium", "Potassium|Potassium, Serum", "Potasio|Potasio (K+)", unit("2823-3", MEQ, 1, 3.5, 5.3), span=(2.6, 6.7), critical=(2.8, 6.2)),
    number("chloride", "Chloride|Chloride, Serum", "Cloro|Cloruro|Cloro (Cl-)", unit("2075-0", MEQ, 0, 98, 110), span=(88, 120)),
    number("co2", "Carbon Dioxide|CO2|Carbon Dioxide, Total", "CO2 total|Bicarbonato (CO2 total)", unit("2028-9", MEQ, 0, 20, 32), span=(12, 40)),
    number("anion_gap", "Anion Gap", "Anión gap|Brecha aniónica", unit("33037-3", MEQ, 0, 6, 18), span=(3, 28)),
    number("calcium", "Calcium|Calcium, Serum", "Calcio|Calcio total", *pair("17861-6", "2000-8", 8.6, 10.3, 0.2495, (1, 2)), span=(6.4, 13.2), critical=(6.5, 13.0)),
    number("phosphate", "Phosphorus|Phosphate (as Phosphorus)", "Fósforo|Fosfato", *pair("2777-1", "14879-1", 2.5, 4.5, 0.3229, (1, 2)), span=(1.4, 7.4)),
    number("magnesium", "Magnesium|Magnesium, Serum", "Magnesio", *pair("19123-9", "2601-3", 1.6, 2.5, 0.4114, (1, 2)), span=(0.9, 3.8)),
    number("urate", "Uric Acid|Uric Acid, Serum", "Ácido úrico|Urato", *pair("3084-1", "14933-6", 4.0, 8.0, 59.48, (1, 0), si="umol/L|µmol/L", f=(2.5, 7.0)), span=(1.9, 11.4)),
    number("protein", "Protein, Total|Total Protein", "Proteínas totales|Proteína total", unit("2885-2", G, 1, 6.1, 8.1, on="us es"), unit("2885-2", "g/L", 0, 61, 81, x=10, on="si"), span=(4.4, 9.8)),
    number("albumin", "Albumin|Albumin, Serum", "Albúmina|Albúmina en suero", unit("1751-7", G, 1, 3.6, 5.1, on="us es"), unit("1751-7", "g/L", 0, 36, 51, x=10, on="si"), span=(2.1, 5.6)),
    number("globulin", "Globulin|Globulin, Calculated|Globulin, Total", "Globulinas|Globulinas (calculadas)", unit("10834-0", "g/dL|g/dL (calc)", 1, 1.9, 3.7, on="us es"), unit("10834-0", "g/L", 0, 19, 37, x=10, on="si"), span=(1.2, 5.4)),
    number("ag_ratio", "A/G Ratio|Albumin/Globulin Ratio", "Cociente albúmina/globulina|Relación A/G", unit("1759-0", "", 1, 1.0, 2.5), span=(0.5, 3.2)),
    number("bili_total", "Bilirubin, Total|Total Bilirubin", "Bilirrubina total", *pair("1975-2", "14631-6", 0.2, 1.2, 17.1, (1, 0), si="umol/L|µmol/L"), span=(0.2, 9.6)),
    number("bili_direct", "Bilirubin, Direct|Direct Bilirubin", "Bilirrubina directa|Bilirrubina conjugada", *pair("1968-7", "14629-0", None, 0.3, 17.1, (1, 0), si="umol/L|µmol/L"), span=(0.1, 4.2)),
    number("bili_indirect", "Bilirubin, Indirect|Indirect Bilirubin", "Bilirrubina indirecta", *pair("1971-1", "14630-8", 0.2, 1.2, 17.1, (1, 0), si="umol/L|µmol/L"), span=(0.1, 6.0)),
    number("alp", "Alkaline Phosphatase|ALP|Alk Phosphatase", "Fosfatasa alcalina|FA", *enzyme("6768-6", 35, 144, f=(31, 125)), span=(22, 480)),
    number("ast", "AST|AST (SGOT)|Aspartate Aminotransferase", "GOT (AST)|AST/GOT|Aspartato aminotransferasa", *enzyme("1920-8", 10, 35), span=(8, 620)),
    number("alt", "ALT|ALT (SGPT)|Alanine Aminotransferase", "GPT (ALT)|ALT/GPT|Alanina aminotransferasa", *enzyme("1742-6", 9, 46, f=(6, 29)), span=(5, 710)),
    number("ggt", "GGT|Gamma-Glutamyl Transferase", "GGT|Gamma-glutamil transferasa|Gamma GT", *enzyme("2324-2", 3, 70, f=(3, 50)), span=(6, 540)),
    number("ldh", "LDH|LD|Lactate Dehydrogenase", "LDH|Lactato deshidrogenasa", *enzyme("2532-0", 120, 246), span=(98, 890)),
    number("amylase", "Amylase|Amylase, Serum", "Amilasa", *enzyme("1798-8", 21, 101), span=(14, 620)),
    number("lipase", "Lipase|Lipase, Serum", "Lipasa", *enzyme("3040-3", 7, 60), span=(5, 940)),
    number("ck", "Creatine Kinase, Total|CK, Total|CPK", "CK total|Creatina quinasa|CPK", *enzyme("2157-6", 44, 196, f=(29, 143)), span=(22, 3400)),
    number("chol", "Cholesterol, Total|Total Cholesterol", "Colesterol total|Colesterol", *pair("2093-3", "14647-2", None, 200, 0.02586, (0, 1)), span=(112, 318)),
    number("hdl", "HDL Cholesterol|HDL-C|Cholesterol, HDL", "Colesterol HDL|HDL-colesterol", *pair("2085-9", "14646-4", 40, None, 0.02586, (0, 1), f=(50, None)), span=(26, 92)),
    number("trig", "Triglycerides", "Triglicéridos", *pair("2571-8", "14927-8", None, 150, 0.01129, (0, 1)), span=(48, 380)),
    number("ldl", "LDL Cholesterol Calc|LDL-Cholesterol (calc)|LDL Chol Calc (Friedewald)", "Colesterol LDL (calculado)|LDL-colesterol (Friedewald)", *pair("13457-7", "39469-2", None, 100, 0.02586, (0, 1)), span=(30, 220)),
    number("vldl", "VLDL Cholesterol Cal|VLDL Cholesterol (calc)", "Colesterol VLDL (calculado)|VLDL-colesterol (calculado)", unit("13458-5", MG, 0, 5, 40), span=(8, 78)),
    number("nonhdl", "Non-HDL Cholesterol|Non HDL Cholesterol", "Colesterol no HDL", *pair("43396-1", "70204-3", None, 130, 0.02586, (0, 1)), span=(50, 260)),
    number("chol_hdl", "Chol/HDL Ratio|Cholesterol/HDL Ratio|Chol/HDLC Ratio", "Cociente colesterol total/HDL|Índice aterogénico (CT/HDL)", unit("9830-1", "", 1, None, 5.0), span=(2, 9)),
    number("apob", "Apolipoprotein B|Apo B", "Apolipoproteína B", unit("1884-6", MG, 0, None, 90), span=(40, 168)),
    number("lpa", "Lipoprotein (a)|Lp(a)", "Lipoproteína (a)|Lp(a)", unit("43583-4", "nmol/L", 0, None, 75, below=10), span=(6, 290)),
    number("a1c", "Hemoglobin A1c|HbA1c|Glycohemoglobin A1c", "Hemoglobina glicosilada (HbA1c)|HbA1c|Hemoglobina A1c", unit("4548-4", "%|% of total Hgb", 1, 4.0, 5.6, on="us"), unit("4548-4", "%", 1, 4.0, 5.6, on="es si"), span=(4.4, 12.8)),
    number("a1c_ifcc", "HbA1c (IFCC)", "HbA1c (IFCC)", unit("59261-8", "mmol/mol", 0, 20, 38), span=(20, 120)),
    number("eag", "Estimated Average Glucose|eAG", "Glucosa media estimada", unit("27353-2", MG, 0, 68, 114), span=(70, 330)),
    number("iron", "Iron|Iron, Total|Iron, Serum", "Hierro|Sideremia|Hierro sérico", *pair("2498-4", "14798-3", 50, 180, 0.179, (0, 1), spelling="ug/dL|mcg/dL|µg/dL", si="umol/L|µmol/L", f=(40, 160)), span=(14, 240)),
    number("tibc", "TIBC|Iron Binding Capacity|Total Iron Binding Capacity", "Capacidad total de fijación de hierro|TIBC|CTFH", *pair("2500-7", "14800-7", 250, 425, 0.179, (0, 1), spelling="ug/dL|mcg/dL|µg/dL", si="umol/L|µmol/L"), span=(190, 520)),
    number("iron_sat", "% Saturation|Iron Saturation|Transferrin Saturation", "Índice de saturación de transferrina|Saturación de transferrina", unit("2502-3", "%", 0, 20, 48), span=(4, 70)),
    number("ferritin", "Ferritin|Ferritin, Serum", "Ferritina", unit("2276-4", "ng/mL", 0, 38, 380, f=(16, 232), above=1650, on="us es"), unit("2276-4", "ng/mL", 1, 30, 400, f=(15, 150), above=2000, on="es_units"), unit("2276-4", "ug/L|µg/L", 0, 38, 380, f=(16, 232), above=1650, on="si"), span=(4, 2400)),
    number("transferrin", "Transferrin", "Transferrina", unit("3034-6", MG, 0, 188, 341, on="us es"), unit("3034-6", "g/L", 2, 1.88, 3.41, x=0.01, on="si"), span=(140, 420)),
    number("troponin", "Troponin I, High Sensitivity|hs-Troponin I", "Troponina I ultrasensible|Troponina I alta sensibilidad", unit("89579-7", "ng/L|pg/mL", 0, None, 20, f=(None, 14), below=3, above=25000), span=(2, 900), critical=(None, 100)),
    number("ntprobnp", "NT-proBNP|Pro-BNP, N-Terminal", "NT-proBNP|Propéptido natriurético cerebral (NT-proBNP)", unit("33762-6", "pg/mL", 0, None, 125, below=36, above=35000, on="us es"), unit("33762-6", "ng/L", 0, None, 125, below=36, above=35000, on="si"), span=(24, 5200)),
    number("bnp", "BNP|B-Type Natriuretic Peptide", "BNP|Péptido natriurético cerebral", unit("30934-4", "pg/mL", 0, None, 100, below=10), span=(6, 1480)),
    number("ckmb", "CK-MB|CKMB Mass", "CK-MB masa|CK-MB", unit("13969-1", "ng/mL", 1, None, 5.0, below=0.6), span=(0.4, 62)),
    number("homocysteine", "Homocysteine", "Homocisteína", unit("13965-9", "umol/L|µmol/L", 1, None, 11.4), span=(4.6, 34)),
)  # fmt: skip
