"""Forms of reports: which are one, which are not, and what a person is told of the difference."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engine.domain.layout import Form, Layout, LayoutState, difference, dumps, is_same, judge, loads, sender_of

USUAL = Form(
    kind="table",
    roles=("test", "result", "unit", "range"),
    titles=("test", "result", "units", "reference"),
    places=(0.0, 0.4, 0.6, 1.0),
)
LINES = Form(kind="lines", roles=("name", "value", "unit", "range"))
SCAN = replace(USUAL, titles=("test", "resu1t", "units", "reference"), scanned=True)
NOW = datetime(2026, 3, 1, 8, tzinfo=UTC)


def known(form: Form = USUAL, **fields: object) -> Layout:
    values = {"sender": "s|", "lab": "north", "state": LayoutState.LEARNED, "first_at": NOW, "message_id": "m"}
    return Layout(form=form, **{**values, "documents": 5, **fields})  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("seen", "same"),
    [
        (USUAL, True),
        (replace(USUAL, places=(0.0, 0.42, 0.61, 1.0)), True),
        (replace(USUAL, places=()), True),
        (replace(USUAL, places=(0.0, 0.5, 0.6, 1.0)), False),
        (replace(USUAL, titles=("test", "value", "units", "reference")), False),
        (replace(USUAL, roles=("test", "unit", "result", "range")), False),
        (replace(USUAL, roles=USUAL.roles[:3], titles=USUAL.titles[:3], places=(0.0, 0.67, 1.0)), False),
        (SCAN, True),
        (replace(SCAN, roles=("test", "result", "range"), titles=(), places=(0.0, 0.4, 1.0)), True),
        (replace(SCAN, roles=("test", "result", "range"), titles=(), places=(0.0, 0.7, 1.0)), False),
        (replace(SCAN, roles=("test", "flag", "result"), places=(0.0, 0.4, 1.0)), False),
        (LINES, False),
    ],
)
def test_forms_that_are_one(seen: Form, same: bool) -> None:
    """Small shifts and lost headings of a scan are the same form; other columns, order, headings or places are not."""
    assert is_same(USUAL, seen) is same


def test_lines_may_lack_a_field_and_not_change_their_order() -> None:
    """Lines without ranges are those with ranges; with the value first they are others."""
    assert is_same(LINES, replace(LINES, roles=("name", "value", "unit")))
    assert not is_same(LINES, replace(LINES, roles=("value", "name", "unit")))


def test_new_laboratory_is_learned_and_a_known_one_changed() -> None:
    """Until enough documents were read without doubts an unknown form is new, after that it is a change."""
    other = replace(USUAL, roles=("test", "unit", "result", "range"))
    assert judge([], "north", [USUAL], learn_from=5).is_new
    assert judge([known(documents=4)], "north", [other], learn_from=5).is_new
    verdict = judge([known()], "north", [USUAL, other], learn_from=5)
    assert (verdict.is_new, verdict.unknown, [item.form for item in verdict.known]) == (False, (other,), [USUAL])


def test_confirmed_form_ends_the_learning() -> None:
    """Once a person has looked, a laboratory is no longer new, however few its documents."""
    assert not judge([known(documents=1, state=LayoutState.CONFIRMED)], "north", [USUAL], learn_from=5).is_new


@pytest.mark.parametrize("state", [LayoutState.SEEN, LayoutState.HELD])
def test_untrusted_forms_make_nothing_known(state: LayoutState) -> None:
    """What was only seen, or waits for a person, does not let the next document through."""
    assert judge([known(), known(LINES, state=state)], "north", [LINES], learn_from=5).unknown == (LINES,)


def test_what_waits_goes_on_waiting_when_the_rest_is_forgotten() -> None:
    """A held form is not learned as that of a new laboratory only because the usual forms were forgotten."""
    assert not judge([known(LINES, state=LayoutState.HELD)], "north", [LINES], learn_from=5).is_new
    assert judge([known(LINES, state=LayoutState.HELD)], "north", [USUAL], learn_from=5).is_new


@pytest.mark.parametrize(
    ("lab", "is_new"),
    [("municipal hospital", True), ("north valley laboratory", False), ("n0rth valley laboratorv", False), ("", False)],
)
def test_name_on_the_page_tells_a_new_laboratory(lab: str, is_new: bool) -> None:
    """Under one sender another name is another laboratory; no name, or a misread one, is the known one that changed."""
    usual = known(lab="north valley laboratory")
    assert judge([usual], lab, [LINES], learn_from=5).is_new is is_new


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (replace(USUAL, roles=(*USUAL.roles, "flag")), "a column `flag` more"),
        (replace(USUAL, roles=USUAL.roles[:3]), "no column `range`"),
        (replace(USUAL, roles=("test", "unit", "result", "range")), "columns in another order"),
        (replace(USUAL, titles=("analyte", "result", "units", "reference")), "other headings"),
        (replace(USUAL, places=(0.0, 0.5, 0.7, 1.0)), "columns at other places"),
        (LINES, ""),
    ],
)
def test_difference_in_words(seen: Form, words: str) -> None:
    """A person reads what is other than usual."""
    assert difference([USUAL], seen) == words


def test_form_survives_its_text_and_ids_tell_layouts_apart() -> None:
    """What is stored is read back equal; sender, laboratory and form each make another id."""
    assert loads(dumps(USUAL)) == USUAL
    assert len({known().id, known(sender="t|").id, known(lab="east").id, known(LINES).id, known(documents=9).id}) == 4
    assert sender_of("LIS", "North Lab") == sender_of("lis", "NORTH LAB")
