"""Reports that are not tables of chemistry: cultures, histology, blood gas, electrophoresis, ranges by sex and age, remarks.

Each comes with what a careful reader takes from it, what it keeps as text, and what it must never call a result.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from tests.generators.sheet import Sheet

PRINTED_AT = datetime(2025, 4, 2, 10, 0)  # noqa: DTZ001  a lab's own clock
COLUMNS = (50.0, 230.0, 310.0, 390.0, 480.0)
Rows = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Special:
    """One document.

    Attributes:
        name: Key.
        language: Of the page.
        lines: What is printed; ``|`` moves to the next column, a leading ``#`` is bold.
        rows: (name, value, unit) that should be read as results.
        texts: Passages that must be kept inside a text result.
        never: Values that are no result of their own.
        ranges: (name, low, high) that is right for this patient.
    """

    name: str
    language: str
    lines: tuple[str, ...]
    rows: Rows = ()
    texts: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    ranges: tuple[tuple[str, str, str], ...] = ()

    def pdf(self) -> bytes:
        """The page."""
        sheet = Sheet(paper="a4", created=PRINTED_AT, producer="SpecialLab 1")
        y = 900.0
        for line in self.lines:
            if y > 790:
                sheet.page()
                y = 50.0
            bold = "B" if line.startswith("#") else ""
            for x, cell in zip(COLUMNS, line.removeprefix("#").split("|"), strict=False):
                sheet.text(x, y, cell.strip(), 9, bold)
            y += 13
        return sheet.finish()


def _page(text: str) -> tuple[str, ...]:
    return tuple(text.strip("\n").split("\n"))


EN_HEAD = """
#Lockgate Regional Laboratory
12 Sluice Street, Weirton, WV 26062 Phone: 304-555-0175
Patient: Marlowe, {given}||DOB: {born}||Sex: {sex}
MRN: 551234||Accession: 25-0092231
Collected: 04/01/2025 08:10||Received: 04/01/2025 09:55
Reported: 04/02/2025 09:30||Status: Final
"""
HEAD = EN_HEAD.format(given="Eleanor", born="03/14/1961", sex="Female")

SPECIALS: dict[str, Special] = {
    one.name: one
    for one in (
        Special(
            name="culture_en", language="en",
            lines=_page(HEAD + """
#Microbiology
#Urine Culture
Specimen source: Urine, midstream
Culture result:|Escherichia coli
Colony count:|>100,000 CFU/mL

#Susceptibility: Escherichia coli
#Antibiotic|MIC (mcg/mL)|Interpretation
Ampicillin|>=32|R
Amoxicillin/Clavulanate|8|S
Ceftriaxone|<=1|S
Ciprofloxacin|>=4|R
Gentamicin|<=1|S
Nitrofurantoin|32|S
Trimethoprim/Sulfa|>=320|R
S = Susceptible, I = Intermediate, R = Resistant
Comment: Nitrofurantoin should not be used when creatinine clearance is below 30 mL/min.
"""),
            texts=("Escherichia coli", "Nitrofurantoin"), never=(">=32", "8", "<=1", ">=4", "32", ">=320", "30"),
        ),
        Special(
            name="culture_es", language="es",
            lines=_page("""
#Hospital Comarcal de la Presa
Servicio de Microbiología. Tfno. 955 555 012
Apellidos y nombre: Galdós Muñoz, Eusebio||NHC: 660012
F. nacimiento: 02/02/1950||Sexo: Hombre
Nº petición: 25099811||F. extracción: 31/03/2025 07:45
F. informe: 02/04/2025 12:10
#HEMOCULTIVO
Muestra: Sangre periférica, 2 frascos
Resultado: Se aíslan:
1) Staphylococcus aureus
2) Enterococcus faecalis
#ANTIBIOGRAMA|1) S. aureus||2) E. faecalis
#Antibiótico|CMI|Interp.|CMI|Interp.
Ampicilina|||<=2|S
Oxacilina|0,5|S
Vancomicina|1|S|2|S
Gentamicina|<=1|S|>500|R
Linezolid|2|S|2|S
Daptomicina|0,5|S|4|I
S: sensible; I: sensible, exposición incrementada; R: resistente (EUCAST 2025)
"""),
            texts=("Staphylococcus aureus", "Enterococcus faecalis"), never=("<=2", "0,5", "1", "2", "<=1", ">500", "4"),
        ),
        Special(
            name="ecbu_fr", language="fr",
            lines=_page("""
#Laboratoire de la Vanne
Mme KERMADEC Solange||Née le 11/09/1948||Sexe : F
N° patient : 449911||Dossier n° 250402-0031
Prélevé le 01/04/2025 à 09:10||Edité le 02/04/2025 à 17:05
#EXAMEN CYTOBACTERIOLOGIQUE DES URINES
Mode de recueil : milieu de jet
#Cytologie||||Valeurs de référence
Leucocytes|250 000|/mL|| < 10 000
Hématies|12 000|/mL|| < 10 000
#Culture
Germe identifié : Klebsiella pneumoniae
Numération : 10^6 UFC/mL
#ANTIBIOGRAMME
Amoxicilline|Résistant
Amoxicilline + ac. clavulanique|Sensible
Céfotaxime|Sensible
Ofloxacine|Intermédiaire
Fosfomycine|Sensible
Cotrimoxazole|Résistant
"""),
            texts=("Klebsiella pneumoniae", "Cotrimoxazole"), rows=(("Leucocytes", "250 000", "/mL"), ("Hématies", "12 000", "/mL")),
            never=("Résistant", "Sensible", "Intermédiaire"),
        ),
        Special(
            name="pathology_en", language="en",
            lines=_page(HEAD + """
#SURGICAL PATHOLOGY REPORT
#SPECIMEN
A. Colon, sigmoid, polyp, polypectomy
B. Colon, rectum, biopsy
#GROSS DESCRIPTION
A. Received in formalin is a tan polyp measuring 1.2 x 0.9 x 0.6 cm. The stalk is inked black.
Serially sectioned and entirely submitted in 2 cassettes.
B. Two fragments, 0.3 cm and 0.4 cm. Submitted in 1 cassette.
#MICROSCOPIC DESCRIPTION
Sections show tubular adenoma with low-grade dysplasia. Ki-67 index: 15 %. Margin distance 2 mm.
#DIAGNOSIS
A. Tubular adenoma, low-grade dysplasia; stalk margin free.
B. Hyperplastic polyp.
Estrogen receptor: 95 % positive, strong
ICD-10: D12.5
Electronically signed 04/02/2025 by Aldous Renwick MD
"""),
            texts=("Tubular adenoma", "Hyperplastic polyp", "1.2 x 0.9 x 0.6 cm"), never=("1.2", "0.3", "15", "2", "95", "0.4"),
        ),
        Special(
            name="pathology_de", language="de",
            lines=_page("""
#Institut für Pathologie am Wehr
Patient: Fährmann, Hartmut||geb. am: 19.05.1957||Geschlecht: m
Pat.-Nr.: 778120||Auftragsnummer: 25104417
Eingang: 01.04.2025 11:20||Befunddatum: 02.04.2025 14:45
#HISTOLOGISCHER BEFUND
#Klinische Angaben:
PSA 7,4 ng/ml, suspekter Herd rechts apikal.
#Makroskopie:
12 Stanzzylinder, Länge bis 1,8 cm, Einsendung in 6 Röhrchen.
#Mikroskopie:
Azinäres Adenokarzinom in 3 von 12 Stanzen, Gleason 3 + 4 = 7, Tumoranteil 20 %.
#Diagnose:
Azinäres Adenokarzinom der Prostata, Gleason-Score 7a, ISUP-Grad 2.
ICD-O: C61.9
"""),
            texts=("Azinäres Adenokarzinom der Prostata",), never=("7,4", "1,8", "20", "3", "7"),
        ),
        Special(
            name="bloodgas_en", language="en",
            lines=_page(HEAD + """
#BLOOD GAS, ARTERIAL
#Test|Result|Flag|Units|Reference
pH|7.31|L||7.35 - 7.45
pCO2|52|H|mmHg|35 - 45
pO2|68|L|mmHg|80 - 100
HCO3|25.6||mmol/L|22.0 - 26.0
Base Excess|-1.2||mmol/L|-2.0 - 3.0
O2 Saturation|92|L|%|95 - 98
Lactate|2.4|H|mmol/L|0.5 - 2.0
Ionized Calcium|1.15||mmol/L|1.12 - 1.32
FiO2|40||%
"""),
            rows=(("pH", "7.31", ""), ("pCO2", "52", "mmHg"), ("pO2", "68", "mmHg"), ("HCO3", "25.6", "mmol/L"), ("Base Excess", "-1.2", "mmol/L"),
                  ("O2 Saturation", "92", "%"), ("Lactate", "2.4", "mmol/L"), ("Ionized Calcium", "1.15", "mmol/L"), ("FiO2", "40", "%")),
        ),
        Special(
            name="bloodgas_de", language="de",
            lines=_page("""
#Kreisklinikum Mühlgraben Notfalllabor
Patient: Kühlwetter, Liesel||geb. am: 04.11.1939||Geschlecht: w
Pat.-Nr.: 440918||Auftragsnummer: 25104501
Abnahme: 02.04.2025 03:12||Befunddatum: 02.04.2025 03:14
#BLUTGASANALYSE (arteriell)
#Analyt|Ergebnis||Einheit|Referenzbereich
pH|7,482|+||7,350 - 7,450
pCO2|31,5|-|mmHg|35,0 - 45,0
pO2|71,2|-|mmHg|75,0 - 100,0
Standardbikarbonat|24,8||mmol/l|22,0 - 26,0
Basenabweichung (BE)|-0,4||mmol/l|-2,0 - 3,0
Sauerstoffsättigung|95,1||%|94,0 - 98,0
Laktat|1,1||mmol/l|0,5 - 2,2
Natrium|138||mmol/l|136 - 145
Kalium|3,42|-|mmol/l|3,50 - 5,10
Calcium ionisiert|1,18||mmol/l|1,15 - 1,30
Glukose|112|+|mg/dl|60 - 99
"""),
            rows=(("pH", "7,482", ""), ("pCO2", "31,5", "mmHg"), ("pO2", "71,2", "mmHg"), ("Standardbikarbonat", "24,8", "mmol/l"), ("Basenabweichung (BE)", "-0,4", "mmol/l"),
                  ("Sauerstoffsättigung", "95,1", "%"), ("Laktat", "1,1", "mmol/l"), ("Natrium", "138", "mmol/l"), ("Kalium", "3,42", "mmol/l"),
                  ("Calcium ionisiert", "1,18", "mmol/l"), ("Glukose", "112", "mg/dl")),
        ),
        Special(
            name="electrophoresis_it", language="it",
            lines=_page("""
#Laboratorio Analisi La Chiusa
Cognome e nome: Passalacqua Ornella||Data di nascita: 30/06/1966||Sesso: F
Codice paziente: 330871||N. accettazione: 2025/004417
Data prelievo: 01/04/2025 07:50||Data referto: 02/04/2025 13:00
#ELETTROFORESI DELLE SIEROPROTEINE
#Esame|Esito|Unità di misura|Valori di riferimento
Proteine totali|7,2|g/dL|6,4 - 8,3
Albumina %|58,4|%|55,8 - 66,1
Alfa 1 %|4,1|%|2,9 - 4,9
Alfa 2 %|10,2|%|7,1 - 11,8
Beta 1 %|6,3|%|4,7 - 7,2
Beta 2 %|5,0|%|3,2 - 6,5
Gamma %|16,0|%|11,1 - 18,8
Rapporto A/G|1,40||1,10 - 2,40
Commento: non si osservano componenti monoclonali. Banda sospetta < 1,0 g/dL non quantificabile.
"""),
            rows=(("Proteine totali", "7,2", "g/dL"), ("Albumina %", "58,4", "%"), ("Alfa 1 %", "4,1", "%"), ("Alfa 2 %", "10,2", "%"), ("Beta 1 %", "6,3", "%"),
                  ("Beta 2 %", "5,0", "%"), ("Gamma %", "16,0", "%"), ("Rapporto A/G", "1,40", "")),
            never=("1,0", "< 1,0"),
        ),
        Special(
            name="ranges_en", language="en",
            lines=_page(HEAD + """
#CHEMISTRY
#Test|Result|Flag|Units|Reference Range
Ferritin|88||ng/mL|Male: 24 - 336
||||Female: 11 - 307
Creatinine|0.88||mg/dL|M: 0.70 - 1.30 F: 0.50 - 1.10
Alkaline Phosphatase|102||U/L|< 18 y: 100 - 390
||||18 - 60 y: 35 - 105
||||> 60 y: 40 - 130
Hemoglobin|12.4||g/dL|Men 13.5 - 17.5, Women 12.0 - 15.5
Prolactin|14.1||ng/mL|Females: 4.8 - 23.3
||||Males: 4.0 - 15.2
"""),
            rows=(("Ferritin", "88", "ng/mL"), ("Creatinine", "0.88", "mg/dL"), ("Alkaline Phosphatase", "102", "U/L"), ("Hemoglobin", "12.4", "g/dL"), ("Prolactin", "14.1", "ng/mL")),
            ranges=(("Ferritin", "11", "307"), ("Creatinine", "0.50", "1.10"), ("Alkaline Phosphatase", "40", "130"), ("Hemoglobin", "12.0", "15.5"), ("Prolactin", "4.8", "23.3")),
        ),
        Special(
            name="ranges_de", language="de",
            lines=_page("""
#Labor Schleusentor MVZ
Patient: Jüttner, Reinhold||geb. am: 08.08.1990||Geschlecht: m
Pat.-Nr.: 553390||Auftragsnummer: 25200417
Abnahme: 01.04.2025 08:20||Befunddatum: 02.04.2025 10:05
#KLINISCHE CHEMIE
#Untersuchung|Ergebnis||Einheit|Normbereich
Ferritin|210||ng/ml|m: 30 - 400
||||w: 15 - 150
Kreatinin|0,98||mg/dl|Männer: 0,70 - 1,20
||||Frauen: 0,50 - 0,90
Harnsäure|5,9||mg/dl|m: 3,4 - 7,0 w: 2,4 - 5,7
Gesamt-PSA|0,84||ng/ml|bis 49 J.: < 2,5
||||50 - 59 J.: < 3,5
||||ab 60 J.: < 4,5
"""),
            rows=(("Ferritin", "210", "ng/ml"), ("Kreatinin", "0,98", "mg/dl"), ("Harnsäure", "5,9", "mg/dl"), ("Gesamt-PSA", "0,84", "ng/ml")),
            ranges=(("Ferritin", "30", "400"), ("Kreatinin", "0.70", "1.20"), ("Harnsäure", "3.4", "7.0"), ("Gesamt-PSA", "", "2.5")),
        ),
        Special(
            name="remarks_en", language="en",
            lines=_page(HEAD + """
#DIABETES AND LIPIDS
#Test|Result|Flag|Units|Reference Range
Hemoglobin A1c|6.1|H|%|4.0 - 5.6
Interpretation of Hemoglobin A1c (ADA 2024)
Normal|< 5.7 %
Prediabetes|5.7 - 6.4 %
Diabetes|>= 6.5 %
Glucose|104|H|mg/dL|65 - 99
Fasting glucose 100 - 125 mg/dL: impaired. Values of 126 mg/dL or more on two occasions: diabetes.
Cholesterol, Total|212|H|mg/dL|< 200
#Risk category|Total cholesterol|LDL|HDL
Desirable|< 200|< 100|>= 60
Borderline high|200 - 239|130 - 159|40 - 59
High|>= 240|>= 160|< 40
Triglycerides|131||mg/dL|< 150
Critical results were called to Dr. Sorensen at 14:05 on 04/02/2025.
Note: 25-OH Vitamin D was 18 ng/mL on 01/15/2025.
Lab director: Judith Amsel MD, CLIA 51D5550199, fax 304-555-0176
"""),
            rows=(("Hemoglobin A1c", "6.1", "%"), ("Glucose", "104", "mg/dL"), ("Cholesterol, Total", "212", "mg/dL"), ("Triglycerides", "131", "mg/dL")),
            never=("< 5.7", ">= 6.5", "5.7", "< 200", "< 100", ">= 60", ">= 240", ">= 160", "< 40", "18", "100", "126", "14:05", "200 - 239", "5.7 - 6.4"),
        ),
        Special(
            name="remarks_it", language="it",
            lines=_page("""
#Laboratorio Analisi La Chiusa
Cognome e nome: Nicolosi Ettore||Data di nascita: 12/12/1971||Sesso: M
Codice paziente: 330992||N. accettazione: 2025/004503
Data prelievo: 01/04/2025 07:58||Data referto: 02/04/2025 13:02
#VITAMINE E ORMONI
#Esame|Esito|Unità di misura|Valori di riferimento
25-OH Vitamina D|24,1|ng/mL|30,0 - 100,0
Carenza|< 10
Insufficienza|10 - 30
Sufficienza|30 - 100
Tossicità|> 100
PSA totale|1,12|ng/mL|< 4,00
PSA libero/totale: rischio di neoplasia 56 % se < 10 %, 8 % se > 25 %.
TSH|2,31|mUI/L|0,40 - 4,00
Gravidanza: 1° trimestre 0,10 - 2,50; 2° trimestre 0,20 - 3,00
"""),
            rows=(("25-OH Vitamina D", "24,1", "ng/mL"), ("PSA totale", "1,12", "ng/mL"), ("TSH", "2,31", "mUI/L")),
            never=("< 10", "10", "> 100", "56", "8", "0,10", "10 - 30", "30 - 100", "30"),
        ),
        Special(
            name="letter_pt", language="pt",
            lines=_page("""
#Centro Hospitalar da Levada
#Consulta Externa de Medicina Interna
Nome: Natércia Lourenço||Data nasc.: 21-05-1949||Sexo: Feminino
Nº de processo: 449120||Data do relatório: 02-04-2025
Exmo. Colega,
Doente seguida por diabetes tipo 2. Em janeiro tinha glicose de 250 mg/dL e HbA1c de 9,1 %.
Iniciou metformina 1000 mg 2 vezes por dia. Tensão arterial 145/85 mmHg, peso 78 kg.
Creatinina: 1,4 mg/dL em março, a vigiar. Pedimos nova HbA1c dentro de 3 meses.
Com os melhores cumprimentos,
"""),
            never=("250", "9,1", "1000", "145/85", "78", "1,4", "3"),
        ),
    )
}  # fmt: skip
