"""From a finished dossier to one transaction: deliveries, a review case, or both; the same again after every crash."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.domain.dossier import Dossier
from engine.domain.message import ContentKind, MessageId, MessageState
from engine.domain.outcome import Release, ReleaseKind
from engine.domain.patient import Decision, Match
from engine.domain.reasons import reason
from engine.pipeline import codec, release
from engine.pipeline.plan import ChannelPlan, PlannedStage
from engine.ports.content import Content
from engine.ports.destination import Outgoing, RetryPolicy
from engine.ports.store import Transition, WorkItem
from tests.support.dossiers import NOW, dossier_of, report, result
from tests.support.lab_messages import OBR, PDF, ed, message

RAW = message(OBR, ed(PDF))
DOUBT = reason("value.ambiguous", field="results[r2].value")


class _Destination:
    """Builds a body that names the control id and the release."""

    retry = RetryPolicy()
    required = True
    media_type = "application/hl7-v2"

    def build(self, outgoing: Outgoing) -> bytes:
        return f"{outgoing.control_id}|{outgoing.release.kind}".encode()

    async def deliver(self, _delivery: object) -> object:
        raise AssertionError("a transition never sends")

    async def close(self) -> None:
        """Nothing is held."""


PLAN = ChannelPlan(name="lab", stages=(), destinations={"ehr": _Destination(), "archive": _Destination()})  # type: ignore[dict-item]


def _item(**changes: object) -> WorkItem:
    values: dict[str, object] = {
        "id": MessageId("M1"), "sequence": 1, "channel": "lab", "source": "mllp", "kind": ContentKind.ER7,
        "message_type": "ORU^R01", "control_id": "C1", "file_name": "", "received_at": NOW, "raw": RAW, "sha256": "a" * 64,
    }  # fmt: skip
    return WorkItem(**(values | changes))  # type: ignore[arg-type]  # the caller's words


def _dossier(*results: object, **changes: object) -> Dossier:
    made = dossier_of(OBR, ed(PDF), **changes)  # type: ignore[arg-type]  # the caller's words
    return replace(made, reports=(report(made.documents[0], *results),))  # type: ignore[arg-type]  # results


def _finish(dossier: Dossier, *, later: int = 0, **changes: object) -> Transition:
    return release.finish(_item(**changes), PLAN, dossier, Content(RAW), NOW + timedelta(hours=later))


def test_each_destination_gets_its_own_payload_and_control_id() -> None:
    """One delivery a destination, ids at most 20 characters, no case when nothing is doubtful."""
    done = _finish(_dossier(result(1)))
    assert [item.destination for item in done.deliveries] == ["ehr", "archive"]
    assert len({item.control_id for item in done.deliveries}) == len({item.id for item in done.deliveries}) == 2
    assert all(
        len(item.control_id) == 20 and item.body.startswith(item.control_id.encode()) for item in done.deliveries
    )
    assert done.review is None


def test_the_same_result_set_has_the_same_ids_for_ever() -> None:
    """After a crash or an idle replay nothing leaves under a second control id."""
    first, again = _finish(_dossier(result(1))), _finish(_dossier(result(1)), later=5, run_id=7, attempts=2)
    assert [(i.id, i.control_id, i.idempotency_key) for i in first.deliveries] == [
        (i.id, i.control_id, i.idempotency_key) for i in again.deliveries
    ]


def test_another_result_set_is_another_delivery() -> None:
    """More released, other values, another message: new ids."""
    doubtful = result(2, review_reasons=(DOUBT,))
    sets = [
        _finish(_dossier(result(1), doubtful)),
        _finish(_dossier(result(1), result(2))),
        _finish(_dossier(result(1), result(2, "99"))),
        _finish(_dossier(result(1), result(2)), id=MessageId("M2")),
    ]
    assert len({done.deliveries[0].control_id for done in sets}) == len(sets)


def test_part_leaves_and_a_case_opens() -> None:
    """The held result's reason is the case; reasons of the message hold both."""
    done = _finish(_dossier(result(1), result(2, review_reasons=(DOUBT,)), reasons=(reason("charset.guessed"),)))
    assert [item.body.decode().split("|")[1] for item in done.deliveries] == ["part", "part"]
    assert done.review is not None
    assert [item.code for item in done.review.reasons] == ["value.ambiguous"]
    assert [item.code for item in done.reasons] == ["charset.guessed", "value.ambiguous"]


def test_an_uncertain_patient_queues_nothing() -> None:
    """No delivery, one case, with a reason even when the stage gave none."""
    done = _finish(_dossier(result(1), patient=Match(decision=Decision.REVIEW)))
    assert done.deliveries == ()
    assert done.review is not None
    assert [item.code for item in done.reasons] == ["patient.unknown"]


def test_the_case_has_an_id_of_its_run() -> None:
    """A replay opens another case, a repeat of the run the same one."""
    doubtful = _dossier(result(2, review_reasons=(DOUBT,)))
    cases = [_finish(doubtful, run_id=run).review for run in (1, 1, 2)]
    ids = [case.id for case in cases if case is not None]
    assert ids[0] == ids[1] != ids[2]


def test_the_dossier_and_its_prints_are_kept() -> None:
    """What is stored decodes to what was decided; fingerprints are claimed with it."""
    dossier = replace(_dossier(result(1)), fingerprints=(("document", "x"),), metadata={"patient_mrn": "4711"})
    done = _finish(dossier)
    assert codec.decode(done.dossier) == dossier
    assert [(item.kind, item.value) for item in done.fingerprints] == [("document", "x")]
    assert done.metadata == {"patient_mrn": "4711"}


def test_the_audit_counts_and_names_no_one() -> None:
    """How much left and why not more; no patient, no value."""
    detail = json.loads(_finish(_dossier(result(1), result(2, review_reasons=(DOUBT,)))).audit[0].detail)
    assert detail == {
        "release": "part", "results": 2, "held": 1, "discrete": 0, "patient": "identifier", "reasons": ["value.ambiguous"],
    }  # fmt: skip


@pytest.mark.parametrize(("state", "first"), [(MessageState.FILTERED, ""), (MessageState.DUPLICATE, "M0")])
def test_an_end_without_delivery_claims_nothing(state: MessageState, first: str) -> None:
    """Filtered or duplicate: its state, the first message, no fingerprint taken."""
    dossier = replace(_dossier(result(1)), fingerprints=(("document", "x"),))
    done = release.end(_item(), dossier, state, why="said so", duplicate_of=first)
    assert (done.final_state, done.duplicate_of or "", done.fingerprints, done.deliveries) == (state, first, (), ())


def test_a_release_changes_the_version_by_what_it_holds() -> None:
    """Kind and held results are part of the identity of a result set."""
    held = frozenset({("a", "r1")})
    releases = [
        Release(kind=ReleaseKind.ALL),
        Release(kind=ReleaseKind.PART, held=held),
        Release(kind=ReleaseKind.PART),
    ]
    assert len({release.result_set_version("{}", item) for item in releases}) == 3


def test_a_stage_is_found_by_its_id() -> None:
    """A stored stage that the channel no longer has is None, not the first."""
    plan = replace(PLAN, stages=(PlannedStage(id="decode", stage=None), PlannedStage(id="review", stage=None)))  # type: ignore[arg-type]
    assert (plan.index_of("review"), plan.index_of("gone")) == (1, None)
