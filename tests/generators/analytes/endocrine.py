"""Thyroid, hormones, vitamins and tumor markers."""

from __future__ import annotations

from tests.generators.analytes.chemistry import pair
from tests.generators.analytes.model import number, unit

ENDOCRINE = (
    number("tsh", "TSH|TSH, 3rd Generation|Thyroid Stimulating Hormone", "TSH|Tirotropina (TSH)|Hormona estimulante del tiroides (TSH)",
           unit("3016-3", "mIU/L|uIU/mL|µIU/mL", 2, 0.40, 4.50, below=0.01, above=100, on="us"), unit("3016-3", "µUI/mL|mUI/L|µU/mL", 2, 0.35, 4.94, below=0.01, above=100, on="es es_units"),
           unit("3016-3", "mIU/L|mU/L", 2, 0.40, 4.50, below=0.01, above=100, on="si"), span=(0.004, 120)),
    number("ft4", "T4, Free|Free T4|T4,Free(Direct)", "T4 libre|Tiroxina libre (T4L)", *pair("3024-7", "14920-3", 0.8, 1.8, 12.87, (2, 1), spelling="ng/dL|ng/dl", si="pmol/L"), span=(0.3, 5.2)),
    number("ft3", "T3, Free|Free T3|Triiodothyronine, Free", "T3 libre|Triyodotironina libre (T3L)", *pair("3051-0", "14928-6", 2.3, 4.2, 1.536, (1, 1), spelling="pg/mL", si="pmol/L"), span=(1.2, 12.0)),
    number("t4", "T4 (Thyroxine), Total|Thyroxine (T4)", "T4 total|Tiroxina total", *pair("3026-2", "14921-1", 4.9, 10.5, 12.87, (1, 0), spelling="ug/dL|mcg/dL|µg/dL", si="nmol/L"), span=(2.2, 18.0)),
    number("t3", "T3, Total|Triiodothyronine (T3)", "T3 total|Triyodotironina total", *pair("3053-6", "14930-2", 76, 181, 0.01536, (0, 2), spelling="ng/dL|ng/dl", si="nmol/L"), span=(40, 340)),
    number("tpo", "Thyroid Peroxidase Antibodies|Thyroid Peroxidase (TPO) Ab|Anti-TPO", "Anticuerpos anti-TPO|Ac. anti peroxidasa tiroidea", unit("8099-4", "IU/mL", 0, None, 9, below=1, above=900, on="us si"), unit("8099-4", "UI/mL", 0, None, 9, below=1, above=900, on="es"), span=(0.4, 1100)),
    number("tgab", "Thyroglobulin Antibodies|Thyroglobulin Ab", "Anticuerpos antitiroglobulina", unit("8098-6", "IU/mL", 0, None, 4, below=1, on="us si"), unit("8098-6", "UI/mL", 0, None, 4, below=1, on="es"), span=(0.4, 240)),
    number("cortisol", "Cortisol, Total|Cortisol", "Cortisol|Cortisol basal", *pair("2143-6", "14675-3", 4.0, 22.0, 27.59, (1, 0), spelling="ug/dL|mcg/dL|µg/dL", si="nmol/L"), span=(1.2, 41.0)),
    number("testosterone", "Testosterone, Total|Testosterone", "Testosterona total|Testosterona", *pair("2986-8", "14913-8", 250, 1100, 0.0347, (0, 2), spelling="ng/dL|ng/dl", si="nmol/L", f=(2, 45)), span=(4, 1320)),
    number("estradiol", "Estradiol|Estradiol (E2)", "Estradiol|17-beta-estradiol", *pair("2243-4", "14715-7", None, 39, 3.671, (0, 0), spelling="pg/mL", si="pmol/L", f=(19, 357)), span=(12, 420)),
    number("fsh", "FSH", "FSH|Hormona foliculoestimulante (FSH)", unit("15067-2", "mIU/mL|IU/L", 1, 1.6, 8.0, f=(2.5, 10.2), on="us si"), unit("15067-2", "mUI/mL|UI/L", 1, 1.6, 8.0, f=(2.5, 10.2), on="es"), span=(0.8, 96)),
    number("lh", "LH|Luteinizing Hormone", "LH|Hormona luteinizante (LH)", unit("10501-5", "mIU/mL|IU/L", 1, 1.5, 9.3, f=(1.9, 12.5), on="us si"), unit("10501-5", "mUI/mL|UI/L", 1, 1.5, 9.3, f=(1.9, 12.5), on="es"), span=(0.6, 64)),
    number("prolactin", "Prolactin", "Prolactina", unit("2842-3", "ng/mL", 1, 2.0, 18.0, f=(3.0, 30.0)), span=(1.6, 168)),
    number("progesterone", "Progesterone", "Progesterona", unit("2839-9", "ng/mL", 1, None, 1.4, f=(0.5, 21.5), below=0.5), span=(0.3, 26)),
    number("dheas", "DHEA Sulfate|DHEA-S", "DHEA-sulfato|DHEA-S", unit("2191-5", "ug/dL|mcg/dL|µg/dL", 0, 93, 415, f=(19, 237)), span=(15, 640)),
    number("pth", "PTH, Intact|Parathyroid Hormone, Intact", "PTH intacta|Paratohormona intacta (PTH)", unit("2731-8", "pg/mL", 0, 14, 64), span=(6, 340)),
    number("insulin", "Insulin", "Insulina|Insulina basal", unit("20448-7", "uIU/mL|µIU/mL", 1, None, 19.6, below=0.5, on="us si"), unit("20448-7", "µUI/mL|µU/mL", 1, None, 19.6, below=0.5, on="es es_units"), span=(0.4, 68)),
    number("hcg", "hCG, Total, Quantitative|Beta-hCG, Quantitative", "Beta-hCG cuantitativa|BHCG", unit("21198-7", "mIU/mL", 0, None, 5, below=1, on="us si"), unit("21198-7", "mUI/mL", 0, None, 5, below=1, on="es es_units"), span=(0.4, 42000)),
    number("vitd", "Vitamin D, 25-Hydroxy|Vitamin D, 25-OH, Total|25-OH Vitamin D", "Vitamina D (25-OH)|25-hidroxivitamina D|25-OH-Vitamina D", unit("62292-8", "ng/mL", 1, 30.0, 100.0, below=4, on="us es"), unit("68438-1", "nmol/L", 0, 75, 250, x=2.496, below=10, on="si"), span=(3.2, 118)),
    number("b12", "Vitamin B12|Vitamin B-12", "Vitamina B12|Cobalamina (vitamina B12)", *pair("2132-9", "14685-2", 200, 1100, 0.738, (0, 0), spelling="pg/mL", si="pmol/L"), span=(98, 1840)),
    number("folate", "Folate, Serum|Folate (Folic Acid), Serum|Folic Acid", "Folato|Ácido fólico|Folato en suero", *pair("2284-8", "14732-2", 5.4, None, 2.266, (1, 1), spelling="ng/mL", si="nmol/L"), span=(1.8, 19.8)),
    number("psa", "PSA, Total|Prostate Specific Ag, Serum", "PSA total|Antígeno prostático específico (PSA)", unit("2857-1", "ng/mL", 2, None, 4.00, below=0.04, on="us es"), unit("2857-1", "ug/L|µg/L", 2, None, 4.00, below=0.04, on="si"), span=(0.02, 28)),
    number("cea", "CEA|Carcinoembryonic Antigen", "CEA|Antígeno carcinoembrionario (CEA)", unit("2039-6", "ng/mL", 1, None, 5.0, below=0.5), span=(0.3, 44)),
    number("afp", "AFP, Tumor Marker|Alpha-Fetoprotein, Tumor Marker", "Alfafetoproteína|AFP", unit("1834-1", "ng/mL", 1, None, 6.1, below=0.9), span=(0.6, 38)),
    number("ca125", "CA 125|Cancer Antigen 125", "CA 125", unit("10334-1", "U/mL", 1, None, 35.0, below=1.0), span=(3, 240)),
    number("ca199", "CA 19-9|Cancer Antigen 19-9", "CA 19-9|CA 19.9", unit("24108-3", "U/mL", 1, None, 34.0, below=2.0), span=(1.4, 410)),
)  # fmt: skip
