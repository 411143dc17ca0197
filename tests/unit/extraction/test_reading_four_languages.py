"""Short reports in German, French, Italian and Portuguese are read in their own language."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.documents.opening import open_pages
from engine.extraction.packs import load_packs
from engine.extraction.reader import ReadHints, read_report

REPORTS = {
    "de": """Labor Müller
Patient: Größ, Jürgen     Geburtsdatum: 14.03.1970   Geschlecht: M
Entnahme: 05.01.2024   Befunddatum: 06.01.2024

Untersuchung             Ergebnis   Einheit      Normbereich
Leukozyten               11,2 +     /nl          4,0 - 10,0
Erythrozyten             4,85       Mio/µl       4,50 - 5,90
Kreatinin                1,10       mg/dl        0,70 - 1,20
Kalium                   3,2 -      mmol/l       3,5 - 5,1
Natrium                  folgt      mmol/l       135 - 145
""",
    "fr": """Laboratoire du Parc
Patient: LEFÈVRE, Zoé     Date de naissance: 14/03/1970   Sexe: F
Prélevé le: 05/01/2024   Édité le: 06/01/2024

Analyse                  Résultat   Unité        Valeurs de référence   Antériorités
Leucocytes               11,2       G/l          4,0 - 10,0             9,8
Hématies                 4,85       T/l          4,50 - 5,90            4,70
Créatinine               97         µmol/l       62 - 106               95
Kaliémie                 3,2        mmol/l       3,5 - 5,1              3,6
""",
    "it": """Laboratorio Analisi
Paziente: Nicolò Rossi     Data di nascita: 14/03/1970   Sesso: M
Data prelievo: 05/01/2024   Data referto: 06/01/2024

Esame                    Esito      Unità        Intervallo di riferimento
Leucociti                11,2 *     10^3/mmc     4,0 - 10,0
Creatinina               1,10       mg/dl        0,70 - 1,20
Potassio                 3,2 *      mmol/l       3,5 - 5,1
""",
    "pt": """Laboratório Central
Utente: João Conceição     Data de nascimento: 14/03/1970   Sexo: M
Data de colheita: 05/01/2024   Data de emissão: 06/01/2024

Exame                    Resultado  Unidade      Valores de referência
Leucócitos               11,2       10^3/µl      4,0 - 10,0
Creatinina               1,10       mg/dl        0,70 - 1,20
Potássio                 3,2        mmol/l       3,5 - 5,1
""",
}


@pytest.mark.parametrize("language", ["de", "fr", "it", "pt"])
def test_report_is_read_in_its_own_language(language: str) -> None:
    """Language, local dates, decimal commas, units and codes come out right without a hint."""
    report = read_report(open_pages(REPORTS[language].encode()), load_packs(), sha256="0" * 64, hints=ReadHints())
    assert report.document.language == language
    assert str(report.patient.birth_date) == "1970-03-14"
    values = {result.loinc_code: result.numeric_value for result in report.results}
    assert values["6690-2"] == Decimal("11.2")
    assert values["2823-3"] == Decimal("3.2")
    assert {"2160-0", "14682-9"} & set(values)
