"""Rules for recognised words: they widen what is known only where letters may be wrong, and hold what is doubtful."""

from __future__ import annotations

import pytest

from engine.documents.pages import OpenedPages, Page, PageSource, Word
from engine.domain.report import LabReport
from engine.extraction.packs import load_packs
from engine.extraction.reader import read_report
from engine.extraction.recognised import (
    cleaned_range,
    has_rival,
    likely_heading,
    likely_unit,
    lost_range,
    spelled,
    without_dust,
    without_specks,
)

HEADINGS = {"reference interval": "range", "flag": "flag"}


def page(*rows: tuple[str, ...], confidence: float) -> LabReport:
    words = [
        Word(text, 30 + 110 * column, 20 + 20 * line, 30 + 110 * column + 5 * len(text), 30 + 20 * line, confidence)
        for line, row in enumerate(rows)
        for column, text in enumerate(row)
    ]
    opened = Page(number=1, width=600, height=800, words=tuple(words), source=PageSource.OCR)
    pages = OpenedPages(media_type="image/tiff", pages=(opened,), page_count=1)
    return read_report(pages, load_packs(), sha256="")


UNITS = load_packs().units


def test_a_recognised_unit_is_held_against_those_of_its_test() -> None:
    """Specks and letters that look alike lead to the one unit of the test they may be; never to one it does not have."""
    enzymes, salts = {"U/L", "[IU]/L"}, {"mmol/L", "mg/dL"}
    assert likely_unit("U/I.", {"U/L"}, UNITS) == "U/L"
    assert likely_unit("mmo1/L", salts, UNITS) == "mmol/L"
    assert likely_unit("P9", {"pg"}, UNITS) == "pg"
    assert likely_unit("mmol/L", enzymes, UNITS) == ""
    assert likely_unit("xyz", enzymes, UNITS) == ""
    assert without_specks(" mg/dl.") == "mg/dl"
    assert without_specks("...") == "..."


@pytest.mark.parametrize(
    ("printed", "allowed", "meant"),
    [
        ("mmo/l", {"mmol/L", "mg/dL"}, "mmol/L"),
        ("mmolL", {"mmol/L", "mol/L"}, "mmol/L"),
        ("mig/dL", {"mg/dL", "mg/L"}, "mg/dL"),
        ("UA", {"U/L", "[IU]/L"}, "U/L"),
        ("UI/A", {"U/L", "[IU]/L"}, "[IU]/L"),
        ("(nl", {"10*9/L", "10*3/uL"}, "10*9/L"),
        ("mgL", {"mg/dL"}, ""),
        ("g/HL", {"g/dL", "g/L"}, ""),
        ("miol/L", {"mmol/L", "umol/L"}, ""),
        ("umo/L", {"mmol/L", "mol/L"}, ""),
        ("/", {"U/L"}, ""),
    ],
)
def test_strokes_of_a_unit_come_and_go_and_its_letters_do_not(printed: str, allowed: set[str], meant: str) -> None:
    """`i`, `l` and slashes are lost and found on faxes; another letter is another magnitude and is never guessed."""
    assert likely_unit(printed, allowed, UNITS) == meant


@pytest.mark.parametrize(
    ("read", "code", "sent"),
    [
        ("mg/di", "mg/dL", "mg/dL"),
        ("G/1", "10*9/L", "G/L"),
        ("UI/I", "[IU]/L", "UI/L"),
        ("mrnol/mol", "mmol/mol", "mmol/mol"),
        ("mL/min/L.73m2", "mL/min/{1.73_m2}", "mL/min/1.73m2"),
        ("xyz", "no code", "xyz"),
    ],
)
def test_a_misread_unit_goes_out_as_laboratories_print_it(read: str, code: str, sent: str) -> None:
    """Of the spellings of the unit that was meant, the nearest to the characters; a unit without spellings stays."""
    assert spelled(read, code, UNITS) == sent


def test_the_characters_of_a_misread_unit_stay_in_the_provenance() -> None:
    """`mmo/l` goes out as `mmol/l`, and what was read can still be seen."""
    head = ("Test", "Result", "Units", "Range")
    rows = (head, ("Chloride", "104", "mmol/l", "98-110"), ("Sodium", "139", "mmo/l", "135-146"))
    result = page(*rows, confidence=0.97).results[1]
    assert (result.unit, result.unit_ucum, result.needs_review) == ("mmol/l", "mmol/L", False)
    assert result.provenance is not None
    assert "mmo/l" in result.provenance.raw


def test_a_unit_that_a_letter_turns_into_another_one_is_not_confirmed() -> None:
    """CRP is measured in mg/L and mg/dL: there a badly read unit confirms nothing; potassium has no such pair."""
    assert has_rival("mg/L", "mg/L", {"mg/L", "mg/dL"}, UNITS)
    assert not has_rival("mmol/L", "mmol/L", {"mmol/L", "mg/dL"}, UNITS)
    assert not has_rival("UI/L", "[IU]/L", {"U/L", "[IU]/L"}, UNITS)
    assert has_rival("U/L", "U/L", {"U/L", "[IU]/L", "U/mL", "U/dL"}, UNITS)


@pytest.mark.parametrize(
    ("printed", "cleaned"),
    [
        ("[25,0.- 36,5 ].", "[25,0- 36,5 ]"),
        ("135.-146", "135-146"),
        ("200 - 1100.", "200 - 1100"),
        ("7,5 à.12,5", "7,5 à12,5"),
        ("(< 5.2.)", "(< 5.2)"),
        ("3.5 - 5.", ""),
        ("1.-3.5", ""),
        ("< 5.", ""),
        ("< 14.", ""),
        ("< 150.", "< 150"),
        ("( 140 - 400 ·)", "( 140 - 400 )"),
        ("[32,0 - 36,0 1]", "[32,0 - 36,0]"),
        ("[0,8 - 1,2 j", "[0,8 - 1,2]"),
        ("[140 - 400 1]", ""),
        ("[5:40]", "[5 - 40]"),
        ("17:49", "17 - 49"),
        ("[5 · 40]", "[5 - 40]"),
        ("[70 ; 120]", "[70 - 120]"),
        ("[3,6 - 5;1]", "[3,6 - 5,1]"),
        ("0:70 - 1,25", "0,70 - 1,25"),
        ("3,6 - 51;1;2", ""),
        ("0,80 -1,80]]", "0,80 -1,80"),
        ("...", ""),
    ],
)
def test_a_range_loses_specks_and_no_digits(printed: str, cleaned: str) -> None:
    """Where a point may stand for a lost digit, because the ends have different decimals, nothing is cleaned."""
    assert cleaned_range(printed) == cleaned


def test_specks_are_read_past_and_the_row_passes() -> None:
    """A fax's `U/I.` and `10 -35.` are unit and range of the row; in a text layer such a unit is another one."""
    head = ("Test", "Result", "Units", "Range")
    rows = (head, ("Sodium", "139", "mmol/L", "135-146"), ("AST", "22", "U/L.", "10 -35."))
    (_, recognised) = page(*rows, confidence=0.97).results
    assert (recognised.unit, recognised.unit_ucum, recognised.reference_range) == ("U/L", "U/L", "10 -35")
    assert not recognised.needs_review


def test_a_heading_may_have_a_wrong_letter_only_when_recognised() -> None:
    """Nearly a heading counts for recognised words; words of a text layer are spelled as they are."""
    word = Word("Reference", 0, 0, 10, 10, 0.9)
    assert likely_heading("referenee interval", [word], HEADINGS) == "range"
    assert likely_heading("referenee interval", [Word("Reference", 0, 0, 10, 10)], HEADINGS) == ""
    assert likely_heading("flog", [word], HEADINGS) == ""


def test_a_range_without_its_dash_holds_the_row() -> None:
    """`9.46` where a range should be is no range; the row waits, its neighbours with whole ranges do not."""
    assert lost_range("9.46", known=False)
    assert not lost_range("9-46", known=True)
    head = ("Test", "Result", "Units", "Range")
    report = page(head, ("Sodium", "139", "mmol/L", "135-146"), ("Calcium", "9.0", "mg/dL", "8.6.103"), confidence=0.99)
    assert [(item.value, item.needs_review) for item in report.results] == [("139", False), ("9.0", True)]


def test_a_number_that_two_looks_read_differently_is_held() -> None:
    """The confidence that a disagreement leaves on a word keeps its result back."""
    report = page(("Test", "Result", "Units", "Range"), ("Sodium", "139", "mmol/L", "135-146"), confidence=0.5)
    assert [item.needs_review for item in report.results] == [True]


def test_an_accent_in_a_recognised_answer_is_held() -> None:
    """A speck over a letter folds away: such an answer waits, the plain one does not."""
    head = ("Prueba", "Resultado", "Unidades", "Referencia")
    report = page(head, ("Aspecto", "Transparenté", "", ""), ("Nitritos", "Negativo", "", ""), confidence=0.99)
    assert [item.value for item in report.results if item.needs_review] == ["Transparenté"]


def test_specks_behind_an_answer_are_dropped() -> None:
    """`Negativo.` is the answer Negativo; nothing is left out when nothing else would remain."""
    assert without_dust("Negativo.") == "Negativo"
    assert without_dust("...") == "..."


@pytest.mark.parametrize(
    ("printed", "misread"), [("Bilirubin (direct)", "Bilirubin (dircct)"), ("LDL (calc)", "LDL (caic)")]
)
def test_a_name_that_may_be_another_tests_is_held_when_recognised(printed: str, misread: str) -> None:
    """Without its bracket `Bilirubin (dircct)` is total bilirubin, and nearly direct bilirubin with it: a person looks."""
    head = ("Test", "Result", "Units", "Range")
    rows = (head, ("Sodium", "139", "mmol/L", "135-146"), (misread, "0.4", "mg/dL", "0 - 130"))
    recognised = page(*rows, confidence=0.99).results[1]
    assert "With a wrong letter, the name may be another test's." in {item.text for item in recognised.review_reasons}
    sure = page(head, (printed, "0.4", "mg/dL", "0 - 130"), confidence=0.99).results[0]
    assert "With a wrong letter, the name may be another test's." not in {item.text for item in sure.review_reasons}
