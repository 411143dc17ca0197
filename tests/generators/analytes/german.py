"""The stock as German laboratories print it."""

from __future__ import annotations

from tests.generators.analytes.tongue import Tongue, pairs, table

NAMES = """
wbc: Leukozyten|Leukocyten
rbc: Erythrozyten
hgb: Hämoglobin|Hämoglobin (Hb)
hct: Hämatokrit|Hämatokrit (Hkt)
mcv: MCV
mch: MCH (HbE)|MCH
mchc: MCHC
rdw: RDW|Erythrozytenverteilungsbreite
plt: Thrombozyten
mpv: MPV|Mittleres Thrombozytenvolumen
neut_pct: Neutrophile|Neutrophile Granulozyten
lymph_pct: Lymphozyten
mono_pct: Monozyten
eos_pct: Eosinophile|Eosinophile Granulozyten
baso_pct: Basophile|Basophile Granulozyten
neut_abs: Neutrophile absolut|Neutrophile abs.
lymph_abs: Lymphozyten absolut|Lymphozyten abs.
mono_abs: Monozyten absolut|Monozyten abs.
eos_abs: Eosinophile absolut|Eosinophile abs.
baso_abs: Basophile absolut|Basophile abs.
esr: BSG 1 Std.|Blutsenkung (1 h)
pt_pct: Quick|Thromboplastinzeit (Quick)
inr: INR
aptt: aPTT|PTT
fibrinogen: Fibrinogen
ddimer: D-Dimere
glucose: Glukose|Glucose
urea: Harnstoff
creatinine: Kreatinin|Creatinin
egfr: eGFR (CKD-EPI)|GFR nach CKD-EPI
urate: Harnsäure
sodium: Natrium
potassium: Kalium
chloride: Chlorid
calcium: Calcium|Kalzium
phosphate: Phosphat anorganisch|Phosphat
magnesium: Magnesium
protein: Gesamteiweiß
albumin: Albumin
bili_total: Bilirubin gesamt|Gesamtbilirubin
bili_direct: Bilirubin direkt
alp: Alkalische Phosphatase|AP
ast: GOT (AST)|ASAT (GOT)
alt: GPT (ALT)|ALAT (GPT)
ggt: Gamma-GT|GGT
ldh: LDH
amylase: Amylase|Alpha-Amylase
lipase: Lipase
ck: CK|Creatinkinase
chol: Cholesterin|Cholesterin gesamt
hdl: HDL-Cholesterin
ldl: LDL-Cholesterin
trig: Triglyceride|Triglyzeride
nonhdl: Non-HDL-Cholesterin|Nicht-HDL-Cholesterin
a1c: HbA1c
a1c_ifcc: HbA1c (IFCC)
iron: Eisen
ferritin: Ferritin
transferrin: Transferrin
iron_sat: Transferrinsättigung
tsh: TSH basal|TSH
ft4: Freies T4 (fT4)|fT4
ft3: Freies T3 (fT3)|fT3
vitd: Vitamin D3 (25-OH)|25-OH-Vitamin D
b12: Vitamin B12
folate: Folsäure
psa: PSA gesamt|PSA
cea: CEA
afp: AFP|Alpha-Fetoprotein
crp: CRP|C-reaktives Protein
rf: Rheumafaktor
hbsag: HBs-Antigen|HBs-Ag
hbcab: Anti-HBc|HBc-Antikörper
hcv: Anti-HCV|HCV-Antikörper
hiv: HIV-1/2-Suchtest|HIV Ag/Ak
u_color: Farbe
u_clarity: Aussehen|Trübung
u_sg: Spezifisches Gewicht|Dichte
u_ph: pH-Wert|pH
u_protein: Eiweiß
u_glucose: Glukose
u_ketones: Ketonkörper|Ketone
u_bili: Bilirubin
u_blood: Blut|Erythrozyten/Hb
u_nitrite: Nitrit
u_leuk: Leukozytenesterase
u_wbc: Leukozyten
u_rbc: Erythrozyten
u_squam: Plattenepithelien
u_bact: Bakterien
u_casts: Hyaline Zylinder
"""
WORDS = """
Negative: negativ
Positive: positiv
Trace: Spur
Reactive: reaktiv
Non-Reactive: nicht reaktiv
Yellow: gelb
Straw: hellgelb
Amber: bernsteinfarben
Red: rot
Clear: klar
Slightly Cloudy: leicht trüb
Cloudy: trüb
Turbid: stark trüb
None Seen: keine
Few: vereinzelt
Moderate: mäßig
Many: reichlich
"""
TITLES = """
cbc: Großes Blutbild
coag_eu: Gerinnung
bioq: Klinische Chemie
lipids_eu: Fettstoffwechsel
enzymes: Enzyme
a1c: Diabetes
a1c_eu: Diabetes
iron_eu: Eisenstoffwechsel
thyroid_eu: Schilddrüse
inflammation_eu: Entzündung
vitamins_eu: Vitamine
tumor_eu: Tumormarker
serology_eu: Infektionsserologie
urine_eu: Urinstatus
"""
COMMENTS = """
creatinine: Enzymatische Bestimmung.
ldl: Zielwert abhängig vom kardiovaskulären Gesamtrisiko.
tsh: Bitte klinisch korrelieren, Kontrolle in 6 Wochen empfohlen.
potassium: Probe leicht hämolytisch.
hcv: Bei frischer Infektion kann das Ergebnis noch unauffällig sein.
"""

GERMAN = Tongue(names=table(NAMES), words=pairs(WORDS), titles=pairs(TITLES), comments=pairs(COMMENTS))
