"""How sure is sure: the bench's own arithmetic, and that confidence never promises more than it keeps on clean pages."""

from __future__ import annotations

import pytest

from bench.calibration import Judged, bins, of_report, summary
from bench.extraction import read
from engine.extraction.packs import load_packs
from tests.generators.reports import make


def item(confidence: float, *, right: bool = True, value: bool = True, held: bool = False) -> Judged:
    return Judged(confidence=confidence, is_right=right, is_value_right=value, is_held=held)


def test_spans_count_every_result_once() -> None:
    """Each result stands in one span, with the mean of what was said and the share that is right."""
    items = [item(0.0), item(0.5), item(0.92), item(0.93, right=False), item(0.99), item(1.0)]
    rows = bins(items)
    assert [row["results"] for row in rows] == [1, 1, 2, 2]
    assert rows[2]["right"] == 0.5
    assert rows[2]["said"] == pytest.approx(0.925)


def test_silent_is_wrong_and_seen_by_nobody() -> None:
    """A wrong value that is held is caught; the gap weighs each span by its results."""
    told = summary([item(0.97), item(0.97, right=False, value=False), item(0.3, value=False, right=False, held=True)])
    assert (told["wrong_values"], told["silent"]) == (2, 1)
    assert told["gap"] == pytest.approx((2 * 0.47 + 0.3) / 3, abs=1e-3)


@pytest.mark.parametrize("form", [("us_chem", "en"), ("es_clasico", "es"), ("de_befund", "de"), ("monospace", "en")])
def test_clean_pages_keep_what_they_promise(form: tuple[str, str]) -> None:
    """On a text layer results are right at least as often as they say, and no wrong value passes the gate."""
    data, truth = make(form[0], 64, language=form[1])
    items = of_report(read(data, load_packs()), truth)
    assert summary(items)["silent"] == 0
    assert all(row["right"] >= row["said"] for row in bins(items))
