"""A line that looks like a result is read, held, or told of; never dropped without a word."""

from __future__ import annotations

import json
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.extraction import forms, paired, squeezed
from engine.documents.opening import open_pages
from engine.domain.report import LabReport
from engine.extraction.layout import Line
from engine.extraction.packs import Packs, load_packs
from engine.extraction.reader import read_report
from engine.extraction.rows import RawRow
from engine.extraction.walk import Walk
from engine.mapping import report_json
from tests.generators.reports import make
from tests.support.examples import examples

CLASSIC = """ACME CLINICAL LABORATORY
1200 Main Street, Suite 450, Springfield, IL 62704
Patient: DOE, JANE          MRN: A123456      DOB: 03/14/1970   Sex: F
Collected: 01/05/2024 08:15   Received: 01/05/2024 10:00   Reported: 01/06/2024 09:30

Test                     Result    Flag   Units      Reference Range
CHEMISTRY
Glucose                  112       H      mg/dL      70 - 99
Calcium                  9.1              mg/dL      8.5 - 10.5
{middle}
Made Up Test             12.3             U/L        5 - 20
TSH                      0.91             mIU/L      0.40 - 4.50
{end}
"""


@cache
def packs() -> Packs:
    return load_packs()


def read(middle: str = "", end: str = "") -> LabReport:
    text = CLASSIC.format(middle=middle, end=end)
    return read_report(open_pages(text.encode()), packs(), sha256="0" * 64)


def is_accounted(report: LabReport, line: str, value: str) -> bool:
    """Whether a value is that of a result, or a person is shown its line: as a held row, or as one not read."""
    for item in report.results:
        shown = item.test_name and item.test_name in " ".join(line.split())
        if value == item.value or (shown and any(one.code != "code.unknown" for one in item.review_reasons)):
            return True
    return any(value in one.text for one in report.unread)


RESULTS = [
    ("Na 147 mmol/L, K 7.1 mmol/L, Cl 101 mmol/L", "7.1"),
    ("Na 147, K 7.1, Cl 101", "7.1"),
    ("7.1 mmol/L", "7.1"),
    ("                         7.1              mmol/L     3.5 - 5.1", "7.1"),
    ("Copeptin 7.1 pmol/L", "7.1"),
    ("Copeptin                 7.1              pmol/L", "7.1"),
    ("Potassium: 7.1 mmol/L", "7.1"),
    ("Potassium = 7.1 mmol/L", "7.1"),
    ("Potassium ........ 7.1", "7.1"),
    ("7.1 Potassium mmol/L", "7.1"),
    ("Potassium mmol/L 7.1", "7.1"),
    ("Lithium level was 1.9 mmol/L", "1.9"),
    ("Potassium 7.1 mmol/L called to the ward at 10:15", "7.1"),
    ("Creatinine (repeated)    3.10    H   mg/dL", "3.10"),
    ("HIV 1/2 antibody   Reactive", "Reactive"),
    ("Nitrite Positive", "Positive"),
    ("Appearance               (*)Very murky indeed", "murky"),
    ("Appearance               qwertz uiop", "qwertz"),
]


@pytest.mark.parametrize("place", ["middle", "end"])
@pytest.mark.parametrize(("line", "value"), RESULTS)
def test_a_result_in_an_odd_shape_is_not_dropped(place, line, value):
    """Among the rows of a table or under it: read, held or told of, and the others are read as before."""
    report = read(**{place: line})
    assert is_accounted(report, line, value)
    assert {"112", "9.1", "12.3", "0.91"} <= {item.value for item in report.results}


NO_RESULTS = [
    "LDL Cholesterol goal < 70 mg/dL",
    "Goal: LDL < 70 mg/dL",
    "Desirable < 200 mg/dL",
    "Normal 70 - 99 mg/dL",
    "Stage 3a 45 - 59 mL/min/1.73m2",
    "Prediabetes 5.7 - 6.4 %",
    "HbA1c 5.7 - 6.4 % prediabetes",
    "eGFR calculated using the CKD-EPI 2021 equation.",
    "Glucose was measured after 8 h fasting.",
    "LDL calculated (Friedewald) when triglycerides < 400 mg/dL",
    "Ferritin below 30 ng/mL suggests iron deficiency",
    "Pregnant women 1st trimester 0.1 - 2.5 mIU/L",
    "Specimen volume 5 mL",
    "Age 45 years",
    "Fax 217 555 0101",
    "Page 2 / 2",
    "Page 2 of 3",
    "Printed 01/06/2024 09:31",
    "Accreditation no. 8021 ISO 15189",
    "H = high, L = low, C = critical",
    "* Result outside the reference range",
]


@pytest.mark.parametrize("place", ["middle", "end"])
@pytest.mark.parametrize("line", NO_RESULTS)
def test_what_is_no_result_raises_no_alarm(place, line):
    """Goals, risk tables, remarks, addresses and footers are not told of: alarms that are always on are not looked at."""
    assert read(**{place: line}).unread == ()


def test_results_in_a_sentence_are_told() -> None:
    """The rest of a sentence that the first result took for its range is looked at for further ones."""
    text = "Patient: DOE, JANE   DOB: 03/14/1970\nSodium 139 mmol/L, potassium 7.1 mmol/L and CRP 45 mg/L were found.\n"
    report = read_report(open_pages(text.encode()), packs(), sha256="0" * 64)
    assert all(is_accounted(report, text, value) for value in ("7.1", "45"))
    assert report.needs_review


def test_a_result_whose_test_is_not_found_is_told() -> None:
    """`Result: 22 U/L` under a name that nobody knows is no label of the head."""
    report = read(end="SOME ENZYME NOBODY KNOWS BY THAT NAME\nResult: 22 U/L\n")
    assert ["22" in line.text for line in report.unread] == [True]


def test_an_unread_line_holds_the_reading_and_says_where():
    """The reason says page and number, not the content; text and box are in the report alone."""
    report = read(end="7.1 mmol/L\nCopeptin 8.2 pmol/L")
    (line, other) = report.unread
    assert (line.page, line.text, other.text) == (1, "7.1 mmol/L", "Copeptin 8.2 pmol/L")
    assert line.box[0] < line.box[2]
    assert line.box[3] < other.box[3]
    (told,) = [item for item in report.review_reasons if item.code == "extraction.partial"]
    assert told.text == "Page 1: 2 lines look like results and were not read."
    assert report.needs_review


def test_a_unit_is_no_value():
    """A row whose value column holds the unit, and no number anywhere a value may stand, is held."""
    report = read(middle="Potassium                mmol/L                     7.1")
    (row,) = [item for item in report.results if item.test_name == "Potassium"]
    assert "A unit stands where the value should be." in {item.text for item in row.review_reasons}


def test_unread_lines_travel_with_the_report():
    """As JSON and back they are the same lines, and the summary counts them."""
    report = read(end="7.1 mmol/L")
    shown = json.loads(report_json.dumps(report_json.to_dict(report)))
    assert shown["summary"]["unread"] == len(shown["unread"]) == 1
    assert report_json.from_dict(shown).unread == report.unread


NAMES = ["Potassium", "Serum Kappa Quux", "Copeptin", "C-Reactive Protein", "Xyz-17 Antigen", "INR"]
UNITS = ["mmol/L", "mg/dL", "ng/mL", "U/L", "%", "g/L"]
NUMBERS = st.decimals(min_value="0.11", max_value="99", places=2).map(str)


@given(
    name=st.sampled_from(NAMES),
    value=NUMBERS,
    unit=st.sampled_from(UNITS),
    shape=st.tuples(st.permutations([0, 1, 2]), st.integers(0, 10), st.integers(1, 18), st.integers(1, 18)),
    place=st.sampled_from(["middle", "end"]),
)
@settings(max_examples=examples(150), deadline=None)
def test_no_row_with_a_unit_is_lost(name, value, unit, shape, place):
    """A name, a number and a unit in any order and at any distance: the number is always accounted for."""
    order, indent, first, second = shape
    words = [(name, value, unit)[part] for part in order]
    line = " " * indent + words[0] + " " * first + words[1] + " " * second + words[2]
    assert is_accounted(read(**{place: line}), line, value), line


@pytest.fixture
def forgetful(monkeypatch) -> list[int]:
    """A reader with a fault: it forgets every seventh row."""
    rows = [0]
    take = Walk._take

    def forget(walk: Walk, row: RawRow, line: Line) -> None:
        rows[0] += 1
        if rows[0] % 7:
            take(walk, row, line)

    monkeypatch.setattr(Walk, "_take", forget)
    return rows


@pytest.mark.slow
@pytest.mark.parametrize(("language", "layout"), forms())
def test_a_fault_of_the_reader_is_told(forgetful, language, layout):
    """Rows that the reader forgets are told of, in every form; a whole report read right raises no alarm."""
    data, truth = make(layout, 21, language=language)
    report = read_report(open_pages(data), packs(), sha256="0" * 64)
    missed = paired(report, truth)[1]
    told = [(line.page, squeezed(line.text)) for line in report.unread]
    lost = [
        item
        for item in missed
        if not any(page == item.page and squeezed(item.value)[:12] in text for page, text in told)
    ]
    assert forgetful[0] >= 7
    assert lost == []


@pytest.mark.slow
@pytest.mark.parametrize(("language", "layout"), forms())
def test_a_report_read_right_raises_no_alarm(language, layout):
    """No form of the benchmark has a line that is taken for an unread result."""
    for seed in (21, 22):
        data, _ = make(layout, seed, language=language)
        assert read_report(open_pages(data), packs(), sha256="0" * 64).unread == ()


def test_results_in_the_sentences_of_a_letter_are_told() -> None:
    """On a page without any row, a number in the unit of a test is read and held, or its line is told."""
    letter = (
        "Centre Hospitalier\nPatient : BELLEGARDE Solange\n\nCher confrère,\n"
        "Le poids est stable à 68 kg et la tension artérielle à 13/8.\n"
        "Sur le plan biologique, l'hémoglobine est à 14,9 g/dL et les plaquettes à\n127 G/L.\n"
        "Je poursuis le méthotrexate à 15 mg par semaine.\n"
    )
    report = read_report(open_pages(letter.encode()), load_packs(), sha256="0" * 64)
    told = " ".join(line.text for line in report.unread)
    held = {item.value for item in report.results if item.needs_review}
    assert all(value in told or value in held for value in ("14,9", "127"))
    assert not any(value in told or value in held for value in ("68", "15"))
