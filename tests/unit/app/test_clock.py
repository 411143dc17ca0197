"""The real clock and the ids made with it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from engine.app.clock import SystemClock, SystemIds

_CROCKFORD = set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


@pytest.mark.parametrize(
    ("at", "offset"),
    [(datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC), 1), (datetime(2026, 3, 29, 1, 0, 0, tzinfo=UTC), 2)],
)
def test_the_offset_follows_summer_time(monkeypatch, at, offset):
    """The offset kept of a second is that of the second asked for: it changes when the site's clocks do."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    clock = SystemClock()
    try:
        for moment in (at - timedelta(hours=12), at):
            monkeypatch.setattr(time, "time", moment.timestamp)
            found = clock.now()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found.utcoffset() == timedelta(hours=offset)


def test_ids_sort_by_their_millisecond(monkeypatch):
    """Later ids are greater whatever their chance is, and the alphabet is that of base 32 without I, L, O and U."""
    ids, made = SystemIds(), []
    for millisecond in (1, 31, 32, 1_770_000_000_000, 1_770_000_000_001, 2**48 - 1):
        monkeypatch.setattr(time, "time_ns", lambda now=millisecond: now * 1_000_000)
        made.append(ids.message_id())
    assert made == sorted(made)
    assert {len(found) for found in made} == {26}
    assert set("".join(made)) <= _CROCKFORD


def test_ids_of_one_millisecond_differ(monkeypatch):
    """A thousand ids of each kind made in the same millisecond are a thousand ids, short enough for MSH-10."""
    monkeypatch.setattr(time, "time_ns", lambda: 1_770_000_000_000_000_000)
    ids = SystemIds()
    assert len({ids.message_id() for _ in range(1000)}) == 1000
    controls = {ids.control_id() for _ in range(1000)}
    assert len(controls) == 1000
    assert {len(found) for found in controls} == {20}
