"""The head of letters: whom they are about, their number, their day and the day of the blood."""

from __future__ import annotations

from functools import cache

import pytest

from engine.documents.opening import open_pages
from engine.domain.report import LabReport
from engine.extraction.packs import Packs, load_packs
from engine.extraction.reader import ReadHints, read_report


@cache
def packs() -> Packs:
    return load_packs()


def read(text: str, language: str = "en") -> LabReport:
    return read_report(open_pages(text.encode()), packs(), sha256="0" * 64, hints=ReadHints(language=language))


def who(report: LabReport) -> tuple[str, str, str]:
    return report.patient.family, report.patient.given, report.patient.birth_date


LETTERS = {
    "en": "Carrickmore General Hospital\nOur ref: ND/285409\n\n17 March 2026\n\nDear Dr Maguire,\n\nRe: Mr John Smith DOB 23/04/1961 NHS No 123 456 7890\n\nBlood tests on 3 March 2026 showed that his potassium was 4.1 mmol/L.\n",
    "de": "Klinikum am Wehr\nUnser Zeichen: ND/285409\nDatum: 17.03.2026\n\nSehr geehrte Frau Kollegin,\n\nBetrifft: Herrn John Smith, geb. am 23.04.1961\n\nDie Blutentnahme vom 03.03.2026 zeigte: das Kalium lag bei 4,1 mmol/l.\n",
    "fr": "Centre hospitalier\nNos réf : ND/285409\nDate : 17/03/2026\n\nCher confrère,\n\nConcerne : M. John SMITH, né le 23/04/1961\n\nLe bilan du 03/03/2026 retrouve un potassium à 4,1 mmol/L.\n",
    "es": "Hospital del Canal\nN/Ref: ND/285409\nFecha: 17/03/2026\n\nEstimado compañero:\n\nAsunto: D. John Smith, nacido el 23/04/1961\n\nLa analítica del 03/03/2026 muestra que el potasio es de 4,1 mmol/L.\n",
    "it": "Ospedale del Canale\nProt. ND/285409\nData: 17/03/2026\n\nGentile collega,\n\nOggetto: Sig. Smith John, nato il 23/04/1961\n\nGli esami del 03/03/2026 mostrano che il potassio è 4,1 mmol/L.\n",
    "pt": "Hospital do Canal\nN/Ref: ND/285409\nData: 17/03/2026\n\nCaro colega,\n\nAssunto: Sr. John Smith, nascido em 23/04/1961\n\nAs análises de 03/03/2026 mostram que o potássio é 4,1 mmol/L.\n",
}


@pytest.mark.parametrize("language", LETTERS)
def test_the_head_of_a_letter(language: str) -> None:
    """Patient, birth date, the letter's number and day, and the day of the blood, in every language."""
    report = read(LETTERS[language], language)
    assert who(report) == ("SMITH" if language == "fr" else "Smith", "John", "1961-04-23")
    assert report.lab.accession == "ND/285409"
    assert (report.report.collected_at, report.report.reported_at) == ("2026-03-03", "2026-03-17")
    assert report.patient_count == 1


def test_the_number_of_the_national_service_is_read() -> None:
    """Behind its label in the middle of the line, in its groups."""
    report = read(LETTERS["en"])
    assert [(one.value, one.type) for one in report.patient.identifiers] == [("123 456 7890", "NH")]


@pytest.mark.parametrize(
    "subject",
    [
        "Re: Smith, John    DOB: 23/04/1961",
        "RE: JOHN SMITH   D.O.B. 23/04/1961   Hospital No: 510314",
        "Regarding: John Smith\nDate of Birth: 23 April 1961",
        "I saw Mr John Smith, DOB 23/04/1961, in clinic.",
    ],
)
def test_other_subjects(subject: str) -> None:
    """Family name first, all in capitals, the facts on the next line, or all of it in the first sentence."""
    family, given, born = who(read(f"St Elsewhere Hospital\n\nDear Dr Maguire,\n\n{subject}\n\nHe is well.\n"))
    assert (family.casefold(), given.casefold(), born) == ("smith", "john", "1961-04-23")


@pytest.mark.parametrize(
    "subject",
    ["Re: Blood results", "Re: Your letter of 3 March", "Re: Clinic Visit", "Re: Smith", "Mr Paul Jones will see him."],
)
def test_a_subject_that_names_nobody(subject: str) -> None:
    """Without title, birth date or number nobody is named; neither is one who is only spoken of."""
    assert read(f"St Elsewhere Hospital\n\nDear Dr Maguire,\n\n{subject}\n\nHe is well.\n").patient.name == ""


def test_the_doctors_are_not_the_patient() -> None:
    """Neither the one greeted nor the one who signs."""
    text = "St Elsewhere\n\nDear Mr John Smith,\n\nYour results are normal.\n\nMr Paul Jones, Consultant\n"
    assert read(text).patient.name == ""


@pytest.mark.parametrize(
    "first", ["Patient: DOE, JANE   DOB: 14/03/1970", "Re: Mrs Jane Doe DOB 14/03/1970", "Re: Ms Jane Doe"]
)
def test_a_letter_about_two_people_is_held(first: str) -> None:
    """A second subject is a second person, labelled or not; the same one named twice is not."""
    second = "Re: Mr John Smith DOB 23/04/1961"
    letter = "St Elsewhere Hospital\n\nDear Dr Maguire,\n\n{}\n\nShe is well.\n\n\n\nDear Dr Maguire,\n\n{}\n"
    report = read(letter.format(first, second))
    assert report.patient.family.casefold() == "doe"
    assert report.patient_count == 2
    assert "patient.two_in_document" in {one.code for one in report.review_reasons}
    assert read(letter.format(first, "Re: Mrs Jane Doe DOB 14/03/1970")).patient_count == 1
