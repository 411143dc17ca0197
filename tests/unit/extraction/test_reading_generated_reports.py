"""The reader against generated reports whose truth was known before anything read them."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from engine.documents.opening import open_pages
from engine.domain.report import LabReport, Result
from engine.extraction.folding import fold
from engine.extraction.packs import Packs, load_packs
from engine.extraction.reader import read_report
from tests.generators import reports
from tests.generators.equivalents import canonical
from tests.generators.layouts import LAYOUTS
from tests.generators.truth import Truth, TruthResult

pytestmark = pytest.mark.slow  # many examples; `make test` runs them, `make check` does not wait

CASES = [
    (name, language)
    for name, layout in LAYOUTS.items()
    for language in layout.languages
    if language in ("en", "es")  # the other languages: test_frozen_layouts
]
SEEDS = (3, 11)


@cache
def packs() -> Packs:
    return load_packs()


def same_code(got: str, wanted: str) -> bool:
    return canonical(got) == canonical(wanted)


def squeezed(text: str) -> str:
    return "".join(text.split())


def read(data: bytes) -> LabReport:
    return read_report(open_pages(data), packs(), sha256="0" * 64)


def paired(report: LabReport, truth: Truth) -> tuple[list[tuple[TruthResult, Result]], list[TruthResult], list[Result]]:
    """Pair truth and reading by name and page, in order; the rest of both."""
    left = list(report.results)
    pairs, missed = [], []
    for wanted in truth.results:
        for got in left:
            page = got.provenance.page if got.provenance else 0
            if page == wanted.page and fold(got.test_name).replace(" ", "") == fold(wanted.test_name).replace(" ", ""):
                pairs.append((wanted, got))
                left.remove(got)
                break
        else:
            missed.append(wanted)
    return pairs, missed, left


def wrong_values(pairs: list[tuple[TruthResult, Result]]) -> list[tuple[str, str, str]]:
    return [
        (wanted.test_name, wanted.value, got.value)
        for wanted, got in pairs
        if squeezed(got.value) != squeezed(wanted.value) and not got.needs_review
    ]


def wrong_codes(pairs: list[tuple[TruthResult, Result]]) -> list[tuple[str, str, str]]:
    return [
        (wanted.test_name, wanted.loinc, got.loinc_code)
        for wanted, got in pairs
        if got.loinc_code and not same_code(got.loinc_code, wanted.loinc)
    ]


@pytest.mark.parametrize(("layout", "language"), CASES)
@pytest.mark.parametrize("seed", SEEDS)
def test_no_wrong_value_and_no_wrong_code(layout: str, language: str, seed: int) -> None:
    """No wrong value passes without a reason, no code is wrong, and hardly a row is missed or made up."""
    data, truth = reports.make(layout, seed, language=language)
    report = read(data)
    pairs, missed, extra = paired(report, truth)
    assert wrong_values(pairs) == []
    assert wrong_codes(pairs) == []
    assert len(pairs) >= 0.98 * len(truth.results), missed
    assert len(pairs) >= 0.99 * len(report.results), extra


@pytest.mark.parametrize(("layout", "language"), CASES)
def test_units_ranges_and_flags(layout: str, language: str) -> None:
    """Units, ranges, flags and sections are those on the page, and printed flags keep their side."""
    data, truth = reports.make(layout, 5, language=language)
    report = read(data)
    pairs, _, _ = paired(report, truth)
    section_of = {result.id: section.name for section in report.sections for result in section.results}
    wrong: Counter[str] = Counter()
    for wanted, got in pairs:
        wrong["unit"] += squeezed(got.unit) != squeezed(wanted.unit)
        wrong["range"] += squeezed(got.reference_range) != squeezed(wanted.reference)
        wrong["flag"] += squeezed(got.flag) != squeezed(wanted.flag)
        wrong["section"] += section_of[got.id] != wanted.section
        wrong["side"] += {"H": "L", "L": "H", "HH": "LL", "LL": "HH"}.get(
            wanted.interpretation, "?"
        ) == got.interpretation
    assert wrong.total() <= 0.005 * 4 * len(pairs), wrong


@pytest.mark.parametrize(("layout", "language"), CASES)
def test_patient_lab_and_times(layout: str, language: str) -> None:
    """The patient block, the laboratory and the times are read from every letterhead."""
    data, truth = reports.make(layout, 7, language=language)
    report = read(data)
    patient, wanted = report.patient, truth.patient
    assert (fold(patient.family), fold(patient.given)) == (fold(wanted.family), fold(wanted.given))
    assert patient.birth_date == wanted.birth_date
    assert patient.sex in (wanted.sex, "")
    assert wanted.mrn in {identifier.value for identifier in patient.identifiers}
    assert report.patient_count == 1
    assert fold(report.lab.name) == fold(truth.lab_name)
    assert report.lab.accession == truth.accession
    times = report.report
    assert (times.collected_at, times.received_at, times.reported_at) == (
        truth.collected,
        truth.received,
        truth.reported,
    )
    assert times.status == truth.status[0].upper()
    assert report.document.language == truth.language


@pytest.mark.parametrize(("layout", "language"), CASES)
def test_text_reports(layout: str, language: str) -> None:
    """The same content as lines of text goes through the same reader with the same care."""
    text, truth = reports.render_text(reports.compose(layout, seed=2, language=language))
    report = read(text.encode())
    pairs, missed, extra = paired(report, truth)
    assert wrong_values(pairs) == []
    assert wrong_codes(pairs) == []
    assert len(pairs) >= 0.98 * len(truth.results), missed
    assert len(pairs) >= 0.99 * len(report.results), extra


@pytest.mark.parametrize("layout", ["us_chem", "es_clasico"])
def test_corrected_and_preliminary_reports(layout: str) -> None:
    """A report says whether it is preliminary or corrected, and its results follow."""
    draft = reports.compose(layout, seed=4, status="preliminary")
    data, _ = reports.render(draft)
    report = read(data)
    assert report.report.status == "P"
    assert {result.status for result in report.results} == {"P"}
    data, truth = reports.render(reports.correct(reports.compose(layout, seed=4)))
    report = read(data)
    assert report.report.status == "C"
    pairs, _, _ = paired(report, truth)
    assert wrong_values(pairs) == []
