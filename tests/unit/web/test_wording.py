"""How numbers, ages and confidences read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine.web import wording
from engine.web.auth import SESSIONS_MAX, Sessions


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0 s"), (0, "0 s"), (89, "89 s"), (90, "1 min"), (5399, "89 min"), (5400, "1 h"), (172_800, "2 d")],
)
def test_an_age_has_the_unit_that_matters(seconds, text):
    """One number, one unit."""
    assert wording.age(seconds).replace("\u202f", " ") == text


@pytest.mark.parametrize(("share", "text"), [(1.0, "100 %"), (0.999, "99 %"), (0.5, "50 %"), (0.0, "0 %")])
def test_a_confidence_is_never_rounded_up_to_certainty(share, text):
    """99.9 % does not read as 100 %."""
    assert wording.percent(share).replace("\u202f", " ") == text


def test_sizes_and_numbers():
    """Thousands are set apart; bytes take the unit that reads best."""
    assert wording.number(1_234_567).replace("\u202f", " ") == "1 234 567"
    assert [wording.size(n) for n in (0, 1023, 1024, 3 * 1024 * 1024)] == ["0 B", "1023 B", "1.0 KiB", "3.0 MiB"]


def test_times_are_local_and_todays_have_no_date():
    """The site's offset decides what today is."""
    now = datetime(2026, 3, 2, 0, 30, tzinfo=timezone(timedelta(hours=2)))
    assert wording.local_time(datetime(2026, 3, 1, 22, 15, tzinfo=UTC), now) == "00:15:00"
    assert wording.local_time(datetime(2026, 3, 1, 21, 15, tzinfo=UTC), now) == "2026-03-01 23:15"


def test_sessions_are_bounded():
    """When too many are open the one unused for longest goes; the newest works."""
    seconds = [0.0]
    sessions = Sessions(lambda: seconds[0], idle=1e9, life=1e9)
    first = sessions.open()
    for _ in range(SESSIONS_MAX):
        seconds[0] += 1
        last = sessions.open()
    assert (sessions.is_open(first, touch=True), sessions.is_open(last, touch=True)) == (False, True)
    assert not sessions.is_open("unknown", touch=True)
