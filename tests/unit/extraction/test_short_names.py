"""Short names that laboratories of one country print are known in its language."""

from __future__ import annotations

import pytest

from engine.extraction.codes import Matcher
from engine.extraction.packs import load_packs


@pytest.mark.parametrize(
    ("language", "name", "same"),
    [
        ("en", "RCC", "Red Cell Count"),
        ("en", "WCC", "White Cell Count"),
        ("it", "V.E.S.", "VES"),
        ("pt", "CHGM", "Concentração de hemoglobina globular média"),
    ],
)
def test_short_name_is_its_long_name(language: str, name: str, same: str) -> None:
    """The abbreviation finds the analytes of the written-out name, exactly."""
    matcher = Matcher(load_packs(), language)
    assert matcher.exact(same)
    assert matcher.exact(name)
    assert matcher.find(name) == matcher.find(same)
