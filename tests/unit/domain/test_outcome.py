"""What may leave: every scope of reason, with every wish of the channel."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.document import Document
from engine.domain.dossier import Dossier, Gate
from engine.domain.outcome import ReleaseKind, plan_release
from engine.domain.patient import Decision, Match
from engine.domain.reasons import REASONS, Holds, Reason, reason
from tests.support.dossiers import MATCHED, RECORD, dossier_of, report, result
from tests.support.examples import examples
from tests.support.lab_messages import NUMBER, OBR

ONE = Document(sha256="a" * 64, media_type="application/pdf", size_bytes=9, location="OBX[1]-5")
TWO = Document(sha256="b" * 64, media_type="application/pdf", size_bytes=9, location="OBX[2]-5")
DOUBT = reason("value.ambiguous", field="results[r2].value")
WHOLE = reason("extraction.partial")
SURE, DOUBTFUL = result(1), result(2, review_reasons=(DOUBT,))
REMARK = "OBX|1|TX|C^Comment^L||See report||||||F"


def _dossier(*lines: str, gate: Gate = Gate(), **changes: object) -> Dossier:  # noqa: B008 - a frozen value
    return dossier_of(OBR, *lines, documents=(ONE,), gate=gate, **changes)


@pytest.mark.parametrize(
    ("reports", "lines", "on_partial", "kind", "held"),
    [
        ((report(ONE, SURE),), (), "split", "all", set()),
        ((report(ONE, SURE, DOUBTFUL),), (), "split", "part", {"r2"}),
        ((report(ONE, SURE, DOUBTFUL),), (), "hold_all", "nothing", {"r1", "r2"}),
        ((report(ONE, SURE, DOUBTFUL),), (), "send_all", "all", set()),
        ((report(ONE, DOUBTFUL),), (), "split", "original", {"r2"}),
        ((report(ONE, DOUBTFUL),), (), "hold_all", "original", {"r2"}),
        ((report(ONE, SURE, reasons=(WHOLE,)),), (), "split", "original", {"r1"}),
        ((report(ONE, SURE, reasons=(WHOLE,)),), (), "send_all", "original", {"r1"}),
        ((report(ONE, SURE, reasons=(WHOLE,)),), (NUMBER,), "split", "part", {"r1"}),
        ((report(ONE, SURE, reasons=(WHOLE,)),), (NUMBER,), "hold_all", "nothing", {"r1"}),
        ((report(ONE, reasons=(WHOLE,)),), (REMARK,), "split", "original", set()),
        ((report(ONE, SURE, DOUBTFUL), report(TWO, result(3), reasons=(WHOLE,))), (), "split", "part", {"r2", "r3"}),
        ((report(ONE, SURE, DOUBTFUL), report(TWO, result(3), reasons=(WHOLE,))), (), "send_all", "part", {"r3"}),
        ((report(ONE, SURE), report(TWO, result(3), reasons=(WHOLE,))), (), "hold_all", "nothing", {"r1", "r3"}),
    ],
)
def test_what_leaves_by_scope_and_wish(
    reports: tuple[object, ...], lines: tuple[str, ...], on_partial: str, kind: str, held: set[str]
) -> None:
    """A doubtful result stays alone or with all, a doubtful reading as a whole, the original may go."""
    release = plan_release(_dossier(*lines, reports=reports, gate=Gate(on_partial=on_partial)))
    assert (release.kind, {item for _, item in release.held}) == (kind, held)
    assert bool(release.reasons) is (any(r.all_reasons for r in reports))  # type: ignore[attr-defined]


def test_the_original_may_be_held_too() -> None:
    """`on_unreadable: hold` keeps an unread document back."""
    held = _dossier(reports=(report(ONE, reasons=(WHOLE,)),), gate=Gate(on_unreadable="hold"))
    assert plan_release(held).kind is ReleaseKind.NOTHING


def test_a_truncated_document_holds_its_own_reading_only() -> None:
    """A reason at the document's place holds all results read from it, and none of the other document."""
    cut = reason("document.truncated", field=ONE.location)
    dossier = _dossier(reports=(report(ONE, result(1)), report(TWO, result(2))), reasons=(cut,))
    release = plan_release(replace(dossier, documents=(ONE, TWO)))
    assert release.kind is ReleaseKind.PART
    assert {item for _, item in release.held} == {"r1"}


@pytest.mark.parametrize("code", sorted(code for code, spec in REASONS.items() if spec.holds is Holds.MESSAGE))
@pytest.mark.parametrize("on_partial", ["split", "hold_all", "send_all"])
def test_a_reason_of_the_message_lets_nothing_out(code: str, on_partial: str) -> None:
    """No wish of a channel releases what holds the message."""
    dossier = _dossier(NUMBER, reports=(report(ONE, SURE),), reasons=(reason(code),), gate=Gate(on_partial=on_partial))
    assert plan_release(dossier).kind is ReleaseKind.NOTHING


def test_a_channel_without_reconcile_needs_an_identifier() -> None:
    """No stage looked: the message's own PID stands, if it names anybody."""
    assert plan_release(_dossier(NUMBER, patient=None)).kind is ReleaseKind.ALL
    nameless = _dossier(NUMBER, patient=None)
    assert nameless.inbound is not None
    person = replace(nameless.inbound.patient, identifiers=())
    nameless = replace(nameless, inbound=replace(nameless.inbound, patient=person))
    assert plan_release(nameless).kind is ReleaseKind.NOTHING


_REASONS = st.lists(
    st.builds(Reason, code=st.sampled_from(sorted(REASONS)), field=st.sampled_from(["", "OBX[1]-5", "results[r1]"])),
    max_size=2,
)
_RESULTS = st.lists(
    st.builds(lambda number, reasons: result(number, review_reasons=tuple(reasons)), st.integers(1, 9), _REASONS),
    max_size=3,
)
_REPORTS = st.lists(
    st.builds(lambda one, found, reasons: report(one, *found, reasons=reasons), st.sampled_from([ONE, TWO]), _RESULTS, _REASONS),
    max_size=2,
)  # fmt: skip
_UNCERTAIN = st.sampled_from(
    [
        Match(decision=Decision.REVIEW, record=RECORD, reason_code="patient.ambiguous"),
        Match(decision=Decision.REVIEW, record=RECORD),
        Match(decision=Decision.NONE, reason_code="patient.unknown"),
        Match(decision=Decision.MATCH),
    ]
)
_DOSSIERS = st.builds(
    lambda lines, reports, reasons, partial, unread, patient: _dossier(
        *lines, reports=tuple(reports), reasons=tuple(reasons), gate=Gate(on_partial=partial, on_unreadable=unread), patient=patient
    ),
    st.lists(st.sampled_from([NUMBER, REMARK]), max_size=2), _REPORTS, _REASONS,
    st.sampled_from(["split", "hold_all", "send_all"]), st.sampled_from(["forward_original", "hold"]),
    st.one_of(st.just(MATCHED), _UNCERTAIN),
)  # fmt: skip


@settings(deadline=None, max_examples=examples(300))
@given(dossier=_DOSSIERS, patient=_UNCERTAIN)
def test_nothing_leaves_for_an_uncertain_patient(dossier: Dossier, patient: Match) -> None:
    """Under any combination of reasons, readings and wishes."""
    release = plan_release(replace(dossier, patient=patient))
    assert release.kind is ReleaseKind.NOTHING
    assert release.reasons
    assert not any(release.lets_out(item, one) for item in dossier.reports for one in item.results)


@settings(deadline=None, max_examples=examples(300))
@given(dossier=_DOSSIERS)
def test_what_is_held_has_a_case_and_what_has_a_case_is_held(dossier: Dossier) -> None:
    """No holding reason without a case; a held reading lets no result out; a message hold lets nothing out."""
    release = plan_release(dossier)
    holds = [item for item in dossier.all_reasons if item.holds > Holds.NOTE]
    assert set(holds) <= set(release.reasons)
    if any(item.holds is Holds.MESSAGE for item in holds):
        assert release.kind is ReleaseKind.NOTHING
    for item in dossier.reports:
        if any(one.holds >= Holds.READING for one in item.all_reasons):
            assert not any(release.lets_out(item, one) for one in item.results)
    if release.kind is not ReleaseKind.ALL or release.held:
        assert release.reasons
