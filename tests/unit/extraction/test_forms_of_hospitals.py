"""Habits of hospital laboratories, each on a few lines: what is told apart, what is joined, what is held."""

from __future__ import annotations

import pytest

from engine.documents.opening import open_pages
from engine.domain.report import LabReport
from engine.extraction.folding import alike, fold
from engine.extraction.packs import load_packs
from engine.extraction.reader import ReadHints, read_report
from engine.extraction.variants import specimen_prefix

HEAD = {
    "de": "Labor Nord\nPatient: Größ, Jürgen     Geburtsdatum: 14.03.1970   Geschlecht: M\nBefunddatum: 06.01.2024\n\n",
    "fr": "Laboratoire du Parc\nPatient: LEFÈVRE, Zoé     Date de naissance: 14/03/1970   Sexe: F\n\n",
    "it": "Laboratorio Analisi\nPaziente: Rossi Nicolò     Data di nascita: 14/03/1970   Sesso: M\n\n",
    "pt": "Laboratório Central\nUtente: João Conceição     Data de nascimento: 14/03/1970   Sexo: M\n\n",
}


def reading(language: str, lines: str) -> LabReport:
    """A report of some lines under the usual head."""
    hints = ReadHints(language=language)
    return read_report(open_pages((HEAD[language] + lines).encode()), load_packs(), sha256="0" * 64, hints=hints)


def test_days_on_a_line_above_the_other_headings_are_columns() -> None:
    """The newest day is the result and tells when the specimen was taken; the others are former results."""
    report = reading(
        "de",
        "                                          18.09.23     05.01.24\n"
        "Analyt          Einheit     Referenz       07:30        10:07\n\n"
        "Kalium          mmol/l      3,5-5,1        4,4          4,0\n"
        "Natrium         mmol/l      135-145        139          141\n",
    )
    kalium = report.results[0]
    assert (kalium.value, kalium.reference_range, [old.value for old in kalium.previous]) == ("4,0", "3,5-5,1", ["4,4"])
    assert report.report.collected_at.startswith("2024-01-05")


def test_a_specimen_before_the_name_chooses_the_code() -> None:
    """`S-` is serum and `U-` urine: the same name, two codes."""
    report = reading(
        "it",
        "Esame                    Esito      Unità        Intervallo di riferimento\n"
        "S-Creatinina             1.02       mg/dL        0.70 - 1.20\n"
        "U-Creatinina             112        mg/dL        20 - 320\n",
    )
    assert [(item.test_name, item.loinc_code) for item in report.results] == [
        ("S-Creatinina", "2160-0"),
        ("U-Creatinina", "2161-8"),
    ]


@pytest.mark.parametrize(
    ("name", "specimen"),
    [("S-Glucosio", "serum"), ("Sg-Emoglobina", "blood"), ("U-Natrium", "urine"), ("Srm-Glucosa", "serum"),
     ("beta-HCG", ""), ("S-100", ""), ("Glucose", ""), ("P-ANCA", "plasma")],
)  # fmt: skip
def test_prefixes_that_tell_a_specimen(name: str, specimen: str) -> None:
    """Only known letters before a hyphen and a letter are a specimen; a whole known name comes before that."""
    assert specimen_prefix(name) == specimen


def test_a_second_unit_on_its_own_line_is_a_result_of_the_same_test() -> None:
    """The line without a name repeats the result above in another unit, with the other unit's code."""
    report = reading(
        "fr",
        "Glycémie ..............     0,95 g/L        (0,70 à 1,05)\n"
        "                            5,27 mmol/L     (3,89 à 5,83)\n",
    )
    assert [(item.test_name, item.value, item.loinc_code) for item in report.results] == [
        ("Glycémie", "0,95", "2345-7"),
        ("Glycémie", "5,27", "14749-6"),
    ]


def test_percent_and_count_on_one_line_are_two_results() -> None:
    """The range goes to the number it fits; `3.678` alone on a page may be read in two ways and waits."""
    report = reading(
        "pt",
        "Exame                Resultado                         Valores de referência\n"
        "Leucócitos           7.100    /mm³                     4.000 a 10.500\n"
        "Neutrófilos          51,8 %       3.678 /mm³           1.500 a 7.800\n",
    )
    pair = [(item.value, item.unit, item.reference_range) for item in report.results[1:]]
    assert pair == [("51,8", "%", ""), ("3.678", "/mm³", "1.500 a 7.800")]
    assert [item.code for item in report.results[2].review_reasons] == ["value.ambiguous"]


def test_a_count_is_no_power_of_ten() -> None:
    """`106 /mm³` is one hundred and six, and not 10^6 of something."""
    report = reading(
        "pt",
        "Exame                Resultado                         Valores de referência\n"
        "Leucócitos           7.100    /mm³                     4.000 a 10.500\n"
        "Eosinófilos          1,6 %        106 /mm³             0 a 500\n",
    )
    assert [(item.value, item.unit) for item in report.results[1:]] == [("1,6", "%"), ("106", "/mm³")]


@pytest.mark.parametrize("mark", ["(+)", "(*)", "*"])
def test_a_mark_before_a_value_costs_no_row(mark: str) -> None:
    """A row whose value carries a mark in brackets in front is the one that matters most."""
    report = reading("pt", f"Potássio ...............  {mark}    6.1    mmol/L     [3.5 - 5.3]\n")
    potassium = report.results[0]
    assert (potassium.value, potassium.flag, potassium.interpretation) == ("6.1", mark, "H")


def test_a_range_under_its_value_is_the_values_range() -> None:
    """Words, one-sided and closed ranges on the line after the value."""
    report = reading(
        "pt",
        "Ureia                 23 mg/dL\nValores de referência: 17 a 49\n\n"
        "Colesterol HDL        63 mg/dL\nValores de referência: acima de 50\n",
    )
    assert [(item.reference_low, item.reference_high) for item in report.results] == [(17, 49), (50, None)]


@pytest.mark.parametrize(
    ("read", "meant"), [("Speclmen ID", "Specimen ID"), ("Patlent", "Patient"), ("Co1lected", "Collected")]
)
def test_characters_that_recognition_confuses_are_alike(read: str, meant: str) -> None:
    """A label that differs only by such characters is that label."""
    assert alike(fold(read)) == alike(fold(meant))
