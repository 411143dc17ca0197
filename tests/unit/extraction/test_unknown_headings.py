"""A heading that no language pack knows may cost results, never change one without a word."""

from __future__ import annotations

import pytest

from bench.headings import measure


@pytest.mark.parametrize(
    "role",
    ["result", *(pytest.param(role, marks=pytest.mark.slow) for role in ("previous", "range", "unit", "test", "flag"))],
)
def test_no_unknown_heading_makes_a_value_wrong_in_silence(role: str) -> None:
    """Of every form whose heading of this role is not known, each wrong value and each result made up is held."""
    total = measure(role, sets=("known",), seeds=(23,))
    assert total["rows"] > 20
    assert (total["silent"], total["made_up"], total["miscoded_silent"]) == (0, 0, 0)
