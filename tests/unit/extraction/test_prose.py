"""Results in the running text of letters: read, always held, and never a former result, a goal or a dose."""

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


def read(body: str, language: str = "en") -> LabReport:
    text = f"Carrickmore General Hospital\n\nDear Dr Maguire,\n\n{body}\n\nYours sincerely,\n"
    return read_report(open_pages(text.encode()), packs(), sha256="0" * 64, hints=ReadHints(language=language))


def rows(report: LabReport) -> list[tuple[str, str, str, str]]:
    return [(one.test_name, one.value, one.unit, one.reference_range) for one in report.results]


def told(report: LabReport) -> str:
    return " ".join(line.text for line in report.unread)


LETTERS = {
    "en": ("I saw her today. Her HbA1c was 48 mmol/mol (reference 20-41) and creatinine 88 umol/L. She is well.",
           [("HbA1c", "48", "mmol/mol", "20-41"), ("creatinine", "88", "umol/L", "")]),
    "de": ("Wir sahen die Patientin heute. Das HbA1c lag bei 6,8 % (Norm 4,0 - 6,0) und das Kreatinin betrug 0,9 mg/dl.\nEs geht ihr gut.",
           [("HbA1c", "6,8", "%", "4,0 - 6,0"), ("Kreatinin", "0,9", "mg/dl", "")]),
    "fr": ("J'ai vu votre patiente ce jour. La créatinine est à 88 µmol/L (N : 45 - 84), la ferritine à 107 µg/L et le potassium est de 4,2 mmol/L.",
           [("créatinine", "88", "µmol/L", "45 - 84"), ("ferritine", "107", "µg/L", ""), ("potassium", "4,2", "mmol/L", "")]),
    "es": ("Acude a consulta. La hemoglobina fue de 13,5 g/dL (VR: 12,0 - 16,0), la creatinina es 0,9 mg/dL y el potasio 4,2 mmol/L.",
           [("hemoglobina", "13,5", "g/dL", "12,0 - 16,0"), ("creatinina", "0,9", "mg/dL", ""), ("potasio", "4,2", "mmol/L", "")]),
    "it": ("Ho visitato la paziente. La creatinina risulta 0,9 mg/dL (v.n. 0,5 - 1,1), il potassio è pari a 4,2 mmol/L e la ferritina 107 ng/mL.",
           [("creatinina", "0,9", "mg/dL", "0,5 - 1,1"), ("potassio", "4,2", "mmol/L", ""), ("ferritina", "107", "ng/mL", "")]),
    "pt": ("Observei a doente hoje. A creatinina foi de 0,9 mg/dL (VR 0,5 - 1,1), o potássio é 4,2 mmol/L e a ferritina 107 ng/mL.",
           [("creatinina", "0,9", "mg/dL", "0,5 - 1,1"), ("potássio", "4,2", "mmol/L", ""), ("ferritina", "107", "ng/mL", "")]),
}  # fmt: skip


@pytest.mark.parametrize("language", LETTERS)
def test_results_in_sentences_are_read_and_held(language: str) -> None:
    """Name, number, unit and the range in brackets, in every language; each waits for a person and says why."""
    text, wanted = LETTERS[language]
    report = read(text, language)
    assert rows(report) == wanted
    for one in report.results:
        assert one.needs_review
        assert "running text" in " ".join(reason.text for reason in one.review_reasons)
        assert one.confidence < 0.8
        assert one.provenance is not None
        assert one.provenance.rule == "prose"
    assert all(one.loinc_code for one in report.results)


VARIANTS = [
    ("Blood results: Hb 13.5 g/dL, WBC 7.3, platelets 371, sodium 139 mmol/L and CRP <5 mg/L.",
     [("Hb", "13.5", "g/dL", ""), ("WBC", "7.3", "", ""), ("platelets", "371", "", ""), ("sodium", "139", "mmol/L", ""), ("CRP", "<5", "mg/L", "")]),
    ("Bloods today showed a potassium of 5.9mmol/L [3.5-5.3] (high), an eGFR of 54 mL/min/1.73m2 and urea = 9.1 mmol/L.",
     [("potassium", "5.9", "mmol/L", "3.5-5.3"), ("eGFR", "54", "mL/min/1.73m2", ""), ("urea", "9.1", "mmol/L", "")]),
    ("This 64 year old man has a ferritin level of 107 ug/L, weight 71 kg. His blood pressure was 134/82 with a pulse of 72.",
     [("ferritin level", "107", "ug/L", "")]),
    ("Blood tests on 3 March 2026 showed that the serum creatinine was\n88 umol/L, reference range 45 - 84, and the sodium was normal at 139 mmol/L.",
     [("serum creatinine", "88", "umol/L", "45 - 84"), ("sodium", "139", "mmol/L", "")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), VARIANTS)
def test_other_ways_of_saying_it(text: str, wanted: list[tuple[str, str, str, str]]) -> None:
    """Lists, glued units, other brackets, a sentence over two lines, and numbers that belong to nothing measured in blood."""
    report = read(text)
    assert rows(report) == wanted
    assert all(one.needs_review for one in report.results)


NOT_TODAY = [
    ("en", "I reviewed her today. The HbA1c was 9.1 % last year and is much better.", "9.1"),
    ("en", "We should aim for an HbA1c of 53 mmol/mol in the next months, please.", "53"),
    ("en", "He takes iron 200 mg every morning and vitamin D 20 mcg with food.", ""),
    ("en", "His potassium has fallen from 5.9 mmol/L and we are content with this.", "5.9"),
    ("en", "The creatinine was 88 umol/L, then 95 umol/L when the drip was running.", "88"),
    ("en", "Her mother had a calcium of 2.9 mmol/L when she was seen in clinic.", "2.9"),
    ("en", "Please check the ferritin in 3 months, and the TSH in 6 weeks from today.", ""),
    ("en", "The sodium, which we looked at again, was found in clinic at 121 mmol/L.", "121"),
    ("de", "Der HbA1c-Zielwert: das HbA1c soll bei 6,5 % liegen, bitte darauf achten.", "6,5"),
    ("de", "Das Kreatinin war im letzten Jahr 1,9 mg/dl, so schrieben Sie uns damals.", "1,9"),
    ("fr", "La créatinine était à 130 µmol/L auparavant, comme vous nous l'écriviez.", "130"),
    ("fr", "L'objectif reste une hémoglobine de 11 g/dL, merci de votre confiance.", "11"),
    ("es", "La creatinina previa fue de 1,9 mg/dL, según consta en su historia clínica.", "1,9"),
    ("es", "El objetivo es una hemoglobina de 11 g/dL, y así se lo hemos explicado.", "11"),
    ("it", "La creatinina era 1,9 mg/dL lo scorso anno, come da Sua lettera al reparto.", "1,9"),
    ("it", "L'obiettivo è una emoglobina di 11 g/dL, come concordato con la paziente.", "11"),
    ("pt", "A creatinina era 1,9 mg/dL no ano passado, conforme a carta do colega.", "1,9"),
    ("pt", "O objetivo é uma hemoglobina de 11 g/dL, como foi explicado à doente.", "11"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "value"), NOT_TODAY)
def test_former_results_goals_and_doses_are_no_results(language: str, text: str, value: str) -> None:
    """Nothing is read out of them; a test with its number is told of."""
    report = read(text, language)
    assert report.results == ()
    assert value in told(report)


def test_a_word_before_the_name_may_make_it_another_test() -> None:
    """`Corrected calcium` gets no code of calcium unless the whole name is known."""
    (one,) = read("Blood tests: the quuxed calcium was 2.45 mmol/L, and she feels well.").results
    assert (one.test_name, one.loinc_code) == ("quuxed calcium", "")


def test_sentences_below_rows_are_remarks() -> None:
    """Where a document has a table, or one row, its sentences say nothing of their own."""
    row = "Test        Result     Units     Reference Range\nSodium      139        mmol/L    135 - 145\n"
    text = "Her HbA1c was 48 mmol/mol (reference 20-41) and creatinine 88 umol/L, as told by telephone.\n"
    assert [one.test_name for one in read(row + "\n" + text).results] == ["Sodium"]
    alone = "Sodium      139 mmol/L    135 - 145\n"
    assert [one.test_name for one in read(alone + "\n\n" + text).results] == ["Sodium"]


def test_the_rest_of_a_letter_raises_no_alarm() -> None:
    """Pressure, weight, ages, dates and telephone numbers are nobody's laboratory results."""
    text = "Blood pressure was 134/82 and weight 71 kg. I will see the patient again in 6 months, on 3 September 2026.\nPlease ring 028 9999 0144 with questions."
    report = read(text)
    assert (report.results, report.unread) == ((), ())
