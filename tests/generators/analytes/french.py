"""The stock as French laboratories print it."""

from __future__ import annotations

from tests.generators.analytes.model import unit
from tests.generators.analytes.tongue import Tongue, pairs, table

NAMES = """
wbc: Leucocytes|Globules blancs
rbc: Hématies|Globules rouges|Erythrocytes
hgb: Hémoglobine
hct: Hématocrite
mcv: VGM|V.G.M.|Volume globulaire moyen
mch: TCMH|T.C.M.H.
mchc: CCMH|C.C.M.H.
rdw: IDR-CV|Indice de distribution des GR
plt: Plaquettes|Numération des plaquettes
mpv: VPM|Volume plaquettaire moyen
neut_pct: Polynucléaires neutrophiles|Neutrophiles %
lymph_pct: Lymphocytes|Lymphocytes %
mono_pct: Monocytes|Monocytes %
eos_pct: Polynucléaires éosinophiles|Eosinophiles %
baso_pct: Polynucléaires basophiles|Basophiles %
neut_abs: Polynucléaires neutrophiles (valeur absolue)|Neutrophiles, soit
lymph_abs: Lymphocytes (valeur absolue)|Lymphocytes, soit
mono_abs: Monocytes (valeur absolue)|Monocytes, soit
eos_abs: Polynucléaires éosinophiles (valeur absolue)|Eosinophiles, soit
baso_abs: Polynucléaires basophiles (valeur absolue)|Basophiles, soit
esr: Vitesse de sédimentation 1ère heure|VS 1ère heure
pt: Temps de Quick patient|Temps de Quick
pt_pct: Taux de prothrombine|TP
inr: INR
aptt: TCA patient|Temps de céphaline activée
fibrinogen: Fibrinogène
ddimer: D-dimères
glucose: Glycémie|Glucose
urea: Urée|Urée sanguine
creatinine: Créatinine|Créatininémie
egfr: DFG estimé (CKD-EPI)|Débit de filtration glomérulaire
urate: Acide urique|Uricémie
sodium: Sodium|Natrémie
potassium: Potassium|Kaliémie
chloride: Chlorures|Chlore
co2: Bicarbonates|Réserve alcaline
calcium: Calcium|Calcémie
phosphate: Phosphore|Phosphorémie
magnesium: Magnésium|Magnésémie
protein: Protéines totales|Protides totaux
albumin: Albumine
bili_total: Bilirubine totale
bili_direct: Bilirubine conjuguée|Bilirubine directe
alp: Phosphatases alcalines|PAL
ast: ASAT (TGO)|Transaminases ASAT (SGOT)
alt: ALAT (TGP)|Transaminases ALAT (SGPT)
ggt: Gamma-GT|Gamma glutamyl transférase
ldh: LDH|Lactate déshydrogénase
amylase: Amylase
lipase: Lipase
ck: CPK|Créatine kinase (CK)
chol: Cholestérol total|Cholestérol
hdl: Cholestérol HDL|HDL-Cholestérol
ldl: Cholestérol LDL (calculé)|LDL-Cholestérol
trig: Triglycérides
nonhdl: Cholestérol non-HDL
a1c: Hémoglobine glyquée (HbA1c)|HbA1c
a1c_ifcc: HbA1c (IFCC)
iron: Fer sérique|Fer
ferritin: Ferritine
transferrin: Transferrine
iron_sat: Coefficient de saturation|Saturation de la transferrine
tsh: TSH ultra-sensible|TSH
ft4: T4 libre|Thyroxine libre (T4L)
ft3: T3 libre|Triiodothyronine libre (T3L)
vitd: Vitamine D (25-OH D2+D3)|25-OH vitamine D
b12: Vitamine B12
folate: Folates sériques|Vitamine B9 (Folates)
psa: PSA total
cea: ACE|Antigène carcino-embryonnaire
afp: Alpha-foetoprotéine
crp: Protéine C réactive|CRP
rf: Facteur rhumatoïde
hbsag: Antigène HBs
hbcab: Anticorps anti-HBc totaux
hcv: Anticorps anti-VHC|Sérologie hépatite C
hiv: VIH 1 et 2 (Ag p24 + Ac)|Sérologie VIH 1+2
u_color: Couleur
u_clarity: Aspect
u_sg: Densité
u_ph: pH
u_protein: Protéines
u_glucose: Glucose
u_ketones: Corps cétoniques
u_bili: Bilirubine
u_blood: Sang
u_nitrite: Nitrites
u_leuk: Leucocyte estérase
u_wbc: Leucocytes
u_rbc: Hématies
u_squam: Cellules épithéliales
u_bact: Bactéries
u_casts: Cylindres hyalins
"""
WORDS = """
Negative: Négatif
Positive: Positif
Trace: Traces
Reactive: Réactif
Non-Reactive: Non réactif
Yellow: Jaune
Straw: Jaune clair
Amber: Ambré
Red: Rouge
Clear: Limpide
Slightly Cloudy: Légèrement trouble
Cloudy: Trouble
Turbid: Très trouble
None Seen: Absence
Few: Rares
Moderate: Quelques
Many: Nombreuses
"""
TITLES = """
cbc: Hémogramme
coag_fr: Hémostase
bioq: Biochimie sanguine
lipids_eu: Exploration d'une anomalie lipidique
enzymes: Enzymologie
a1c: Hémoglobine glyquée
a1c_eu: Hémoglobine glyquée
iron_eu: Bilan martial
thyroid_eu: Bilan thyroïdien
inflammation_eu: Marqueurs de l'inflammation
vitamins_eu: Vitamines
tumor_eu: Marqueurs tumoraux
serology_eu: Sérologie infectieuse
urine_eu: Examen cytobactériologique des urines
"""
COMMENTS = """
creatinine: Dosage enzymatique, standardisé IDMS.
hba1c: Objectif à adapter au profil du patient.
ldl: L'objectif dépend du niveau de risque cardiovasculaire.
tsh: Contrôle conseillé dans 6 semaines en cas de traitement.
vitd: Carence si inférieur à 10, insuffisance entre 10 et 30.
hcv: Une sérologie négative n'exclut pas une infection récente.
"""

FRENCH = Tongue(
    names=table(NAMES), words=pairs(WORDS), titles=pairs(TITLES), comments=pairs(COMMENTS),
    units={
        "glucose": unit("2345-7", "g/L|g/l", 2, 0.70, 1.05, x=0.01),
        "chol": unit("2093-3", "g/L|g/l", 2, None, 2.00, x=0.01),
        "hdl": unit("2085-9", "g/L|g/l", 2, 0.40, None, x=0.01),
        "ldl": unit("13457-7", "g/L|g/l", 2, None, 1.60, x=0.01),
        "nonhdl": unit("43396-1", "g/L|g/l", 2, None, 1.90, x=0.01),
        "trig": unit("2571-8", "g/L|g/l", 2, None, 1.50, x=0.01),
    },
)  # fmt: skip
