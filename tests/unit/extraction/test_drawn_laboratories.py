"""Laboratories drawn by dice: whatever a form does, no value and no code that is wrong goes out in silence."""

from __future__ import annotations

from collections import Counter

import pytest

from bench.drawn import measure


def measured(seeds: range) -> Counter[str]:
    """Counts over the laboratories of some seeds."""
    return sum(measure(seeds).values(), Counter())


def test_no_drawn_laboratory_gets_a_wrong_value_through() -> None:
    """Six laboratories a language: nothing wrong, made up or miscoded without a reason, hardly a row lost."""
    counts = measured(range(5000, 5036))
    assert counts["rows"] > 900
    assert (counts["silent"], counts["made_up"], counts["miscoded_silent"]) == (0, 0, 0)
    assert counts["lost"] <= 0.01 * counts["rows"]


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 600, 150))
def test_six_hundred_drawn_laboratories(first: int) -> None:
    """The same for many more, all of which were looked at when the reader was mended."""
    counts = measured(range(first, first + 150))
    assert (counts["silent"], counts["made_up"], counts["miscoded_silent"]) == (0, 0, 0)
    assert counts["found"] >= 0.985 * counts["rows"]
    assert counts["lost"] <= 0.005 * counts["rows"]
    assert counts["head"] >= 0.99 * counts["head_of"]
    assert counts["held"] <= 0.12 * counts["right"]
