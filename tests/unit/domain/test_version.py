"""Which of two versions is newer, and what one of them takes back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.domain.history import History
from engine.domain.version import (
    OrderVersion,
    SentResult,
    compare,
    compare_times,
    contradicts,
    latest_status,
    newest,
    overwrites,
    standing,
    withdrawals,
)
from engine.mapping import versions_out

GLUCOSE = SentResult(code="2345-7^Glucose^LN", said="105", status="F")
SODIUM = SentResult(code="2951-2^Sodium^LN", said="140", status="F")


def _version(at: str = "", *results: SentResult, sent: str = "", status: str = "F", number: int = 0) -> OrderVersion:
    return OrderVersion(key="k", number=number, reported_at=at, message_time=sent, status=status, results=results)


@pytest.mark.parametrize(
    ("left", "right", "order"),
    [
        ("202603011000", "202603011001", -1),
        ("20260301100000", "202603011000", 0),
        ("20260301", "202603011000", 0),
        ("20260302", "202603011000", 1),
        ("202603011000+0100", "202603010930+0000", -1),
        ("202603011000+0100", "202603010900+0000", 0),
        ("202603011000+0100", "202603010930", 1),
        ("20260301100000.123+0100", "20260301100000+0100", 0),
        ("2026-03-01T10:00", "202603010959", 1),
        ("2026-03-01T10:00Z", "202603011100+0100", 0),
        ("", "202603011000", 0),
        ("yesterday", "202603011000", 0),
        ("202613991000+0100", "202603010930+0000", 0),
    ],
)
def test_times_are_compared_as_far_as_they_go(left: str, right: str, order: int) -> None:
    """Offsets count when both have one; what is missing, coarser or no time decides nothing."""
    assert compare_times(left, right) == order
    assert compare_times(right, left) == -order


def test_reported_beats_sent_and_sent_beats_the_status() -> None:
    """OBR-22, then MSH-7, then P before F before C."""
    old = _version("202603011000", sent="202603011300", status="C")
    assert compare(_version("202603011100", sent="202603011200", status="P"), old) > 0
    assert compare(replace(old, message_time="202603011200"), old) < 0
    assert [compare(replace(old, status=status), old) for status in ("P", "F", "C", "X")] == [-1, -1, 0, 0]
    assert latest_status("P", "F") == "F"
    assert latest_status("F", "P") == "F"
    assert latest_status("", "C") == "C"


def test_the_newest_of_equals_is_the_one_that_came_last() -> None:
    """Nothing tells them apart but their arrival."""
    same = [_version("202603011000", number=n) for n in (2, 0, 1)]
    assert newest(same) == same[0]
    assert newest([]) is None


def test_only_a_common_result_is_overwritten() -> None:
    """Another test of the order is none; a version without results is about the whole order."""
    assert overwrites(_version("1", GLUCOSE), _version("2", GLUCOSE, SODIUM))
    assert not overwrites(_version("1", GLUCOSE), _version("2", SODIUM))
    assert not overwrites(_version("1", GLUCOSE), _version("2", replace(GLUCOSE, sub_id="2")))
    assert overwrites(_version("1", GLUCOSE), _version("2"))


def test_a_contradiction_is_about_one_result() -> None:
    """Equal words of one result agree, whatever else is said; several OBX of one identity are one statement."""
    assert not contradicts(_version("1", GLUCOSE, SODIUM), _version("1", GLUCOSE))
    assert contradicts(_version("1", replace(GLUCOSE, said="99")), _version("1", GLUCOSE))
    assert contradicts(_version("1", GLUCOSE, replace(GLUCOSE, said="99")), _version("1", GLUCOSE))


def test_what_stands_is_what_was_said_last_and_not_taken_back() -> None:
    """By age, not by arrival."""
    wrong = replace(GLUCOSE, status="W", said="W")
    versions = [_version("202603011200", wrong), _version("202603011100", GLUCOSE, SODIUM)]
    assert standing(versions) == (SODIUM,)
    assert withdrawals(versions[0], ()) == {"W"}
    assert withdrawals(_version("1", replace(GLUCOSE, status="X")), ()) == set()
    assert withdrawals(_version("1", replace(GLUCOSE, status="X")), (GLUCOSE,)) == {"X"}


def test_a_history_names_what_is_newer_and_what_is_replaced() -> None:
    """Of several older ones the newest is replaced."""
    others = tuple((f"M{n}", _version(f"20260301100{n}", GLUCOSE, number=n)) for n in (1, 2, 4))
    history = History(version=_version("202603011003", GLUCOSE), others=others)
    assert history.newer == ("M4",)
    assert history.replaced == "M2"
    assert not history.is_newest


@pytest.mark.parametrize(
    "text", ["{}", "[]", "", '{"orders": [{"key": 1}]}', '{"orders": [{"results": [["a"]]}]}', "null"]
)
def test_what_an_older_release_kept_is_no_version(text: str) -> None:
    """It is passed over, not stumbled upon."""
    assert versions_out.loads(text) == ()


def test_versions_survive_being_kept() -> None:
    """As written, so read."""
    kept = (_version("202603011000", GLUCOSE, replace(SODIUM, is_read=True, sub_id="1")),)
    assert versions_out.loads(versions_out.dumps(kept)) == kept
    assert versions_out.dumps(()) == "{}"
