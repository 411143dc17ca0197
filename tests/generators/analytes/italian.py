"""The stock as Italian laboratories print it."""

from __future__ import annotations

from tests.generators.analytes.tongue import Tongue, pairs, table

NAMES = """
wbc: Leucociti|Globuli bianchi|WBC - Leucociti
rbc: Eritrociti|Globuli rossi|RBC - Eritrociti
hgb: Emoglobina|HGB - Emoglobina
hct: Ematocrito|HCT - Ematocrito
mcv: MCV|Volume globulare medio
mch: MCH|Contenuto medio Hb
mchc: MCHC
rdw: RDW|RDW-CV
plt: Piastrine|PLT - Piastrine
mpv: MPV
neut_pct: Neutrofili|Granulociti neutrofili
lymph_pct: Linfociti
mono_pct: Monociti
eos_pct: Eosinofili|Granulociti eosinofili
baso_pct: Basofili|Granulociti basofili
neut_abs: Neutrofili (valore assoluto)|Neutrofili #
lymph_abs: Linfociti (valore assoluto)|Linfociti #
mono_abs: Monociti (valore assoluto)|Monociti #
eos_abs: Eosinofili (valore assoluto)|Eosinofili #
baso_abs: Basofili (valore assoluto)|Basofili #
esr: VES|Velocità di eritrosedimentazione (VES)
pt: Tempo di protrombina|PT (secondi)
pt_pct: Attività protrombinica|PT %
inr: INR|PT - INR
aptt: Tempo di tromboplastina parziale|aPTT
fibrinogen: Fibrinogeno
ddimer: D-Dimero
glucose: Glucosio|Glicemia
urea: Urea|Azotemia
creatinine: Creatinina|Creatininemia
egfr: eGFR (CKD-EPI)|Filtrato glomerulare stimato
urate: Acido urico|Uricemia
sodium: Sodio|Sodiemia
potassium: Potassio|Potassiemia
chloride: Cloro|Cloruri
calcium: Calcio|Calcemia
phosphate: Fosforo|Fosforemia
magnesium: Magnesio
protein: Proteine totali
albumin: Albumina
bili_total: Bilirubina totale
bili_direct: Bilirubina diretta|Bilirubina coniugata
alp: Fosfatasi alcalina|ALP - Fosfatasi alcalina
ast: AST (GOT)|Aspartato aminotransferasi (AST)
alt: ALT (GPT)|Alanina aminotransferasi (ALT)
ggt: Gamma GT|Gamma glutamil transferasi
ldh: LDH|Latticodeidrogenasi
amylase: Amilasi
lipase: Lipasi
ck: CPK|Creatinchinasi (CK)
chol: Colesterolo totale|Colesterolo
hdl: Colesterolo HDL
ldl: Colesterolo LDL|Colesterolo LDL (calcolato)
trig: Trigliceridi
nonhdl: Colesterolo non HDL
a1c: Emoglobina glicata|HbA1c
a1c_ifcc: HbA1c (IFCC)
iron: Sideremia|Ferro
ferritin: Ferritina
transferrin: Transferrina
iron_sat: Saturazione transferrina|Saturazione della transferrina
tsh: TSH|Ormone tireotropo (TSH)
ft4: FT4|Tiroxina libera (FT4)
ft3: FT3|Triiodotironina libera (FT3)
vitd: Vitamina D (25-OH)|25-OH Vitamina D
b12: Vitamina B12
folate: Acido folico|Folati
psa: PSA totale|PSA
cea: CEA|Antigene carcinoembrionario
afp: Alfa-fetoproteina|AFP
crp: Proteina C reattiva|PCR
rf: Fattore reumatoide
hbsag: HBsAg|Antigene HBs
hbcab: Anti-HBc totali|Anticorpi anti-HBc
hcv: Anti-HCV|Anticorpi anti-HCV
hiv: HIV 1/2 Ag/Ab|HIV 1-2 (Ag p24 + Ab)
u_color: Colore
u_clarity: Aspetto
u_sg: Peso specifico
u_ph: pH
u_protein: Proteine
u_glucose: Glucosio
u_ketones: Corpi chetonici|Chetoni
u_bili: Bilirubina
u_blood: Emoglobina|Sangue
u_nitrite: Nitriti
u_leuk: Esterasi leucocitaria
u_wbc: Leucociti
u_rbc: Emazie
u_squam: Cellule epiteliali|Cellule squamose
u_bact: Batteri|Flora batterica
u_casts: Cilindri ialini
"""
WORDS = """
Negative: Negativo
Positive: Positivo
Trace: Tracce
Reactive: Reattivo
Non-Reactive: Non reattivo
Yellow: Giallo
Straw: Giallo paglierino
Amber: Ambra
Red: Rosso
Clear: Limpido
Slightly Cloudy: Lievemente torbido
Cloudy: Torbido
Turbid: Molto torbido
None Seen: Assenti
Few: Rari
Moderate: Alcuni
Many: Numerosi
"""
TITLES = """
cbc: Esame emocromocitometrico
coag_it: Coagulazione
bioq: Chimica clinica
lipids_eu: Assetto lipidico
enzymes: Enzimi
a1c: Emoglobina glicata
a1c_eu: Emoglobina glicata
iron_eu: Metabolismo del ferro
thyroid_eu: Funzionalità tiroidea
inflammation_eu: Indici di flogosi
vitamins_eu: Vitamine
tumor_eu: Marcatori tumorali
serology_eu: Sierologia
urine_eu: Esame chimico-fisico delle urine
"""
COMMENTS = """
creatinine: Metodo enzimatico.
ldl: Il valore desiderabile dipende dal rischio cardiovascolare.
tsh: Si consiglia controllo a 6 settimane.
vitd: Carenza sotto 20, insufficienza tra 20 e 30.
hcv: Risultato da confermare in caso di esposizione recente.
"""

ITALIAN = Tongue(names=table(NAMES), words=pairs(WORDS), titles=pairs(TITLES), comments=pairs(COMMENTS))
