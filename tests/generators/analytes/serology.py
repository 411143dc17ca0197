"""Inflammation, immunoglobulins, autoimmunity and infectious serology."""

from __future__ import annotations

from tests.generators.analytes.model import number, unit, words

REACTIVE = "Non-Reactive=No reactivo;Reactive=Reactivo"
TITRES = "<1:40;1:40;1:80;1:160;1:320;1:640;1:1280"

SEROLOGY = (
    number("crp", "C-Reactive Protein|CRP|C-Reactive Protein, Quant", "Proteína C reactiva|PCR|Proteína C reactiva (PCR)", unit("1988-5", "mg/L", 1, None, 8.0, below=0.5, on="us es si"), unit("1988-5", "mg/dL|mg/dl", 2, None, 0.80, x=0.1, below=0.05, on="es_units"), span=(0.3, 188)),
    number("hscrp", "hs-CRP|C-Reactive Protein, Cardiac", "PCR ultrasensible", unit("30522-7", "mg/L", 1, None, 3.0, below=0.2), span=(0.1, 11)),
    number("procalcitonin", "Procalcitonin", "Procalcitonina", unit("33959-8", "ng/mL", 2, None, 0.10, below=0.02), span=(0.01, 22)),
    number("rf", "Rheumatoid Factor|RA Latex Turbid.", "Factor reumatoide|Factor reumatoideo", unit("11572-5", "IU/mL", 0, None, 14, below=10, on="us si"), unit("11572-5", "UI/mL", 0, None, 14, below=10, on="es es_units"), span=(8, 260)),
    number("aso", "Antistreptolysin O|ASO Ab", "Antiestreptolisina O (ASLO)|ASLO", unit("5370-2", "IU/mL", 0, None, 200, below=20, on="us si"), unit("5370-2", "UI/mL", 0, None, 200, below=20, on="es es_units"), span=(16, 840)),
    number("ccp", "Anti-CCP|Cyclic Citrullinated Peptide (CCP) Ab (IgG)", "Anticuerpos anti-CCP (IgG)|Anti-péptido citrulinado", unit("33935-8", "U/mL|units", 0, None, 20, below=2), span=(1, 250)),
    number("c3", "Complement C3|Complement Component C3c", "Complemento C3", unit("4485-9", "mg/dL|mg/dl", 0, 82, 185), span=(48, 228)),
    number("c4", "Complement C4|Complement Component C4c", "Complemento C4", unit("4498-2", "mg/dL|mg/dl", 0, 15, 53), span=(5, 66)),
    number("igg", "Immunoglobulin G|IgG, Serum", "Inmunoglobulina G|IgG", unit("2465-3", "mg/dL|mg/dl", 0, 600, 1640), span=(380, 2600)),
    number("iga", "Immunoglobulin A|IgA, Serum", "Inmunoglobulina A|IgA", unit("2458-8", "mg/dL|mg/dl", 0, 47, 310), span=(20, 560)),
    number("igm", "Immunoglobulin M|IgM, Serum", "Inmunoglobulina M|IgM", unit("2472-9", "mg/dL|mg/dl", 0, 50, 300), span=(24, 480)),
    number("ige", "Immunoglobulin E|IgE, Total", "Inmunoglobulina E total|IgE total", unit("19113-0", "kU/L|IU/mL", 0, None, 114, below=2, on="us si"), unit("19113-0", "UI/mL|kU/L", 0, None, 114, below=2, on="es es_units"), span=(1, 1460)),
    number("ttg", "Tissue Transglutaminase Ab, IgA|t-Transglutaminase (tTG) IgA", "Anticuerpos antitransglutaminasa IgA", unit("31017-7", "U/mL", 1, None, 15.0, below=0.5), span=(0.3, 140)),
    number("rubella", "Rubella Antibodies, IgG|Rubella IgG", "Rubéola IgG|Anticuerpos IgG rubéola", unit("5334-8", "IU/mL", 1, 10.0, None, on="us si"), unit("5334-8", "UI/mL", 1, 10.0, None, on="es es_units"), span=(0.9, 220)),
    number("toxo", "Toxoplasma gondii Ab IgG|Toxoplasma IgG", "Toxoplasma IgG|Anticuerpos IgG toxoplasma", unit("5388-4", "IU/mL", 1, None, 7.2, below=3.0, on="us si"), unit("5388-4", "UI/mL", 1, None, 7.2, below=3.0, on="es es_units"), span=(1, 180)),
    words("hbsag", "5196-1", "Hepatitis B Surface Antigen|HBsAg Screen", "HBsAg|Antígeno de superficie hepatitis B", REACTIVE, reference="Non-Reactive=No reactivo"),
    words("hbcab", "13952-7", "Hepatitis B Core Antibody, Total|Hep B Core Ab, Tot", "Anti-HBc total|Anticuerpos anti-HBc totales", REACTIVE, reference="Non-Reactive=No reactivo"),
    words("hbsab", "10900-9", "Hepatitis B Surface Antibody|Hep B Surface Ab, Qual", "Anti-HBs|Anticuerpos anti-HBs", "Reactive=Reactivo;Non-Reactive=No reactivo", normal=2),
    words("hcv", "13955-0", "Hepatitis C Antibody|HCV Ab", "Anti-VHC|Anticuerpos hepatitis C", REACTIVE, reference="Non-Reactive=No reactivo"),
    words("hiv", "56888-1", "HIV Ag/Ab, 4th Generation|HIV Screen 4th Generation", "VIH 1+2 Ag/Ac|VIH Ag/Ac (4ª generación)", REACTIVE, reference="Non-Reactive=No reactivo"),
    words("rpr", "20507-0", "RPR (Diagnosis)|RPR", "RPR|Sífilis (RPR)", REACTIVE, reference="Non-Reactive=No reactivo"),
    words("rpr_titer", "31147-2", "RPR Titer|RPR, Titer", "RPR título", "1:1;1:2;1:4;1:8;1:16;1:32;1:64", normal=0, reference="<1:1", graded=True),
    words("ana", "5048-4", "ANA Titer|Antinuclear Antibodies, Titer", "Anticuerpos antinucleares (ANA) título|ANA título", TITRES, reference="<1:40", graded=True),
)  # fmt: skip
