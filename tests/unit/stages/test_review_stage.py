"""review: what lies below the thresholds gets its reason; the channel's wishes reach the release rule."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.domain.document import Document
from engine.domain.dossier import Dossier, Gate
from engine.domain.outcome import Continue
from engine.domain.reasons import reason
from engine.domain.report import LabReport
from engine.plugins.stages.review import Review, ReviewSettings
from tests.support.dossiers import context, dossier_of, report, result
from tests.support.lab_messages import OBR, message

PAGE = Document(sha256="a" * 64, media_type="application/pdf", size_bytes=9)
UNMAPPED = result(2, loinc_code="", review_reasons=(reason("code.unknown", field="results[r2]"),), needs_review=True)


async def _run(read: LabReport, gate: Gate = Gate(), **settings: object) -> Dossier:  # noqa: B008 - a frozen value
    stage = Review(ReviewSettings(**settings))
    outcome = await stage.run(dossier_of(OBR, reports=(read,), gate=gate), context(message(OBR)))
    assert isinstance(outcome, Continue)
    return outcome.dossier


@pytest.mark.parametrize(("confidence", "waits"), [(0.85, False), (0.8499, True), (0.0, True), (1.0, False)])
async def test_a_result_below_the_threshold_waits(confidence: float, waits: bool) -> None:
    """At the threshold it passes, below it has a reason at its place."""
    found = (await _run(report(PAGE, result(1, confidence=confidence)))).reports[0]
    assert [(item.code, item.field) for item in found.results[0].review_reasons] == (
        [("extraction.low_confidence", "results[r1]")] if waits else []
    )
    assert found.needs_review is found.results[0].needs_review is waits


@pytest.mark.parametrize(("confidence", "waits"), [(0.80, False), (0.79, True)])
async def test_a_report_below_the_threshold_waits_as_a_whole(confidence: float, waits: bool) -> None:
    """The report's own threshold holds every result of it."""
    found = (await _run(replace(report(PAGE, result(1)), confidence=confidence))).reports[0]
    assert bool(found.review_reasons) is found.needs_review is waits


async def test_thresholds_can_be_set() -> None:
    """A strict channel holds what a lax one sends."""
    strict = {"field": 0.995, "report": 0.5}
    assert (await _run(report(PAGE, result(1)), confidence=strict)).reports[0].needs_review


@pytest.mark.parametrize(("wish", "waits"), [("review", True), ("pass", False)])
async def test_unmapped_tests(wish: str, waits: bool) -> None:
    """Tests without a code wait, or pass with their local name."""
    found = (await _run(report(PAGE, result(1), UNMAPPED), unmapped=wish)).reports[0]
    assert [item.needs_review for item in found.results] == [False, waits]
    assert found.needs_review is waits


async def test_passing_unmapped_tests_passes_nothing_else() -> None:
    """Another doubt on the same result still holds it."""
    doubtful = replace(
        UNMAPPED, review_reasons=(*UNMAPPED.review_reasons, reason("value.ambiguous", field="results[r2]"))
    )
    found = (await _run(report(PAGE, doubtful), unmapped="pass")).reports[0]
    assert [item.code for item in found.results[0].review_reasons] == ["value.ambiguous"]


@pytest.mark.parametrize("wish", ["split", "hold_all", "send_all"])
async def test_wishes_reach_the_gate(wish: str) -> None:
    """`on_partial` is set; `on_unreadable` of the extract stage stays unless said otherwise here."""
    before = Gate(on_unreadable="hold")
    assert (await _run(report(PAGE), before, on_partial=wish)).gate == Gate(on_partial=wish, on_unreadable="hold")
    after = await _run(report(PAGE), before, on_partial=wish, on_unreadable="forward_original")
    assert after.gate.on_unreadable == "forward_original"
