"""The stock as laboratories in Portugal and Brazil print it."""

from __future__ import annotations

from tests.generators.analytes.tongue import Tongue, pairs, table

NAMES = """
wbc: Leucócitos|Glóbulos brancos
rbc: Eritrócitos|Hemácias|Glóbulos vermelhos
hgb: Hemoglobina
hct: Hematócrito
mcv: VCM|V.C.M.|Volume globular médio
mch: HCM|H.C.M.|Hemoglobina globular média
mchc: CHCM|C.H.C.M.
rdw: RDW|R.D.W.
plt: Plaquetas|Contagem de plaquetas
mpv: VPM|Volume plaquetário médio
neut_pct: Neutrófilos|Neutrófilos %
lymph_pct: Linfócitos|Linfócitos %
mono_pct: Monócitos|Monócitos %
eos_pct: Eosinófilos|Eosinófilos %
baso_pct: Basófilos|Basófilos %
neut_abs: Neutrófilos (absoluto)|Neutrófilos absolutos
lymph_abs: Linfócitos (absoluto)|Linfócitos absolutos
mono_abs: Monócitos (absoluto)|Monócitos absolutos
eos_abs: Eosinófilos (absoluto)|Eosinófilos absolutos
baso_abs: Basófilos (absoluto)|Basófilos absolutos
esr: Velocidade de sedimentação (1ª hora)|VHS
pt: Tempo de protrombina|TP
pt_pct: Atividade de protrombina|Taxa de protrombina
inr: INR|RNI
aptt: Tempo de tromboplastina parcial ativada|TTPA
fibrinogen: Fibrinogénio|Fibrinogênio
ddimer: D-dímeros|Dímero D
glucose: Glicose|Glicemia
urea: Ureia
creatinine: Creatinina
egfr: TFG estimada (CKD-EPI)|Taxa de filtração glomerular
urate: Ácido úrico
sodium: Sódio
potassium: Potássio
chloride: Cloro|Cloretos
calcium: Cálcio|Cálcio total
phosphate: Fósforo
magnesium: Magnésio
protein: Proteínas totais
albumin: Albumina
bili_total: Bilirrubina total
bili_direct: Bilirrubina direta
alp: Fosfatase alcalina
ast: AST (TGO)|TGO - Transaminase oxalacética
alt: ALT (TGP)|TGP - Transaminase pirúvica
ggt: Gama GT|Gama-glutamil transferase
ldh: LDH|Desidrogenase láctica
amylase: Amilase
lipase: Lipase
ck: CK|Creatinofosfoquinase (CPK)
chol: Colesterol total
hdl: Colesterol HDL
ldl: Colesterol LDL
trig: Triglicerídeos|Triglicéridos
nonhdl: Colesterol não-HDL
a1c: Hemoglobina glicada (HbA1c)|Hemoglobina A1c
a1c_ifcc: HbA1c (IFCC)
iron: Ferro sérico|Ferro
ferritin: Ferritina
transferrin: Transferrina
iron_sat: Saturação da transferrina
tsh: TSH|Hormônio tireoestimulante (TSH)
ft4: T4 livre|Tiroxina livre (T4L)
ft3: T3 livre
vitd: Vitamina D (25-hidroxi)|25-hidroxivitamina D
b12: Vitamina B12
folate: Ácido fólico
psa: PSA total|Antígeno prostático específico
cea: CEA|Antígeno carcinoembrionário
afp: Alfa-fetoproteína
crp: Proteína C reativa|PCR
rf: Fator reumatoide
hbsag: HBsAg|Antígeno HBs
hbcab: Anti-HBc total
hcv: Anti-HCV|Anticorpos anti-HCV
hiv: HIV 1 e 2 (Ag/Ac)|Anti-HIV 1 e 2
u_color: Cor
u_clarity: Aspecto
u_sg: Densidade
u_ph: pH
u_protein: Proteínas
u_glucose: Glicose
u_ketones: Corpos cetónicos|Corpos cetônicos
u_bili: Bilirrubina
u_blood: Hemoglobina|Sangue
u_nitrite: Nitritos|Nitrito
u_leuk: Esterase leucocitária
u_wbc: Leucócitos
u_rbc: Eritrócitos|Hemácias
u_squam: Células epiteliais
u_bact: Bactérias
u_casts: Cilindros hialinos
"""
WORDS = """
Negative: Negativo
Positive: Positivo
Trace: Traços
Reactive: Reagente
Non-Reactive: Não reagente
Yellow: Amarelo
Straw: Amarelo claro
Amber: Âmbar
Red: Vermelho
Clear: Límpido
Slightly Cloudy: Ligeiramente turvo
Cloudy: Turvo
Turbid: Muito turvo
None Seen: Ausentes
Few: Raras
Moderate: Moderadas
Many: Numerosas
"""
TITLES = """
cbc: Hemograma completo
coag_it: Coagulação
bioq: Bioquímica
lipids_eu: Perfil lipídico
enzymes: Enzimas
a1c: Hemoglobina glicada
a1c_eu: Hemoglobina glicada
iron_eu: Metabolismo do ferro
thyroid_eu: Função tiroideia
inflammation_eu: Marcadores inflamatórios
vitamins_eu: Vitaminas
tumor_eu: Marcadores tumorais
serology_eu: Serologia
urine_eu: Urina tipo II
"""
COMMENTS = """
creatinine: Método enzimático.
ldl: O valor desejável depende do risco cardiovascular.
tsh: Sugere-se controlo em 6 semanas.
vitd: Deficiência abaixo de 20, insuficiência de 20 a 30.
hcv: Resultado não exclui infeção recente.
"""

PORTUGUESE = Tongue(names=table(NAMES), words=pairs(WORDS), titles=pairs(TITLES), comments=pairs(COMMENTS))
