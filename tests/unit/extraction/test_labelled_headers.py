"""Headers that are a stack of labelled lines, as cumulative reports print them."""

from __future__ import annotations

from engine.documents.opening import open_pages
from engine.domain.report import LabReport
from engine.extraction.packs import load_packs
from engine.extraction.reader import read_report

STACK = (
    "Patient: DOE, JANE          DOB: 14/03/1970\n"
    "Date:            11/09/2024     30/06/2025     28/10/2025\n"
    "Time:            0707           0822           0738\n"
    "Lab No:          24-00911       25-00630       25-01028     Units       Reference\n"
    "Sodium           145            137            143          mmol/L      (135-145)\n"
    "Potassium        4.8            4.5            5.9 H        mmol/L      (3.5-5.5)\n"
)


def read(text: str) -> LabReport:
    return read_report(open_pages(text.encode()), load_packs(), sha256="0" * 64)


def test_the_newest_day_is_the_result_wherever_it_stands() -> None:
    """Of three dated columns the newest, here the last one, is the result; the others are former ones with their days."""
    sodium, potassium = read(STACK).results
    assert (sodium.value, potassium.value, potassium.flag) == ("143", "5.9", "H")
    assert [(item.date, item.value) for item in sodium.previous] == [("2024-09-11", "145"), ("2025-06-30", "137")]
    assert not sodium.needs_review


def test_days_the_other_way_round() -> None:
    """The same with the newest day first."""
    turned = STACK.replace("11/09/2024", "28/10/2026")
    assert [item.value for item in read(turned).results] == ["145", "4.8"]


def test_a_line_of_days_alone_is_no_header() -> None:
    """Without a heading of units or ranges under it a line of days opens no table."""
    text = STACK.replace("     Units       Reference", "")
    assert all(item.needs_review for item in read(text).results)


def test_a_scale_behind_a_range_is_not_part_of_it() -> None:
    """A range under its row is taken without the figures of the drawing that stands apart behind it."""
    text = (
        "Patient: DOE, JANE          DOB: 14/03/1970     Client ID: 4711\n"
        "Albumin          53 g/L\n"
        "Normal range: 35 - 50             35                50\n"
    )
    report = read(text)
    assert [(item.value, item.reference_range) for item in report.results] == [("53", "35 - 50")]
    assert [item.value for item in report.patient.identifiers] == ["4711"]


def test_a_month_in_words_tells_the_order_of_the_numbers() -> None:
    """`10-Feb-2025` beside `10/02/2025` makes the other dates of the page days first; without it the language decides."""
    head = "Patient: DOE, JANE   DOB: 05/04/1970   Collected: 10/02/2025   Reported: 10/02/2025\n"
    rows = "Test        Result     Units     Reference Range\nSodium      139        mmol/L    135 - 145\n"
    told = read(head + "Sample of 10-Feb-2025\n" + rows)
    assert (told.patient.birth_date, told.report.collected_at) == ("1970-04-05", "2025-02-10")
    assert read(head + "Sample of 2-Oct-2025\n" + rows).report.collected_at == "2025-10-02"
