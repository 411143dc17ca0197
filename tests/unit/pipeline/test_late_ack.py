"""What a sender in enhanced mode is told when its message is done, and what is written with it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.domain.dossier import Dossier
from engine.domain.message import ContentKind, MessageId, MessageState
from engine.domain.reasons import reason
from engine.hl7v2.ack import read_ack
from engine.pipeline import release
from engine.pipeline.answers import LateAnswers, Ready
from engine.pipeline.late_ack import late_ack
from engine.pipeline.ordering import Order
from engine.pipeline.pace import Pace
from engine.pipeline.plan import ChannelPlan, LateAck
from engine.pipeline.run import Tools, conclude
from engine.ports.source import AckMode
from engine.ports.store import KeyLease, NewReview, Transition, WorkItem
from tests.support.intake_fakes import NOON, CountingIds, HandClock, RecordingObserver

PLAN = ChannelPlan(
    name="lab", stages=(), destinations={}, late_acks={"mllp": LateAck(mode=AckMode.AUTO, destination="ack:mllp")}
)


def item(conditions: str = "AL|AL", version: str = "2.5.1") -> WorkItem:
    raw = f"MSH|^~\\&|LIS|LAB|HR|H|2026||ORU^R01|M1|P|{version}|||{conditions}\r".encode()
    return WorkItem(
        id=MessageId("M1"), sequence=1, channel="lab", source="mllp", kind=ContentKind.ER7, message_type="ORU^R01",
        control_id="M1", file_name="", received_at=NOON, raw=raw, sha256="a" * 64,
    )  # fmt: skip


DONE = Transition(message_id=MessageId("M1"), next_stage=None)
PARKED = release.end(item(), Dossier(), MessageState.PARKED, why="broken")
REVIEW = replace(
    DONE, review=NewReview(id="r", reasons=(reason("patient.conflict"), reason("patient.conflict", field="x")))
)


@pytest.mark.parametrize(
    ("conditions", "done", "parked"),
    [
        ("AL|AL", "AA", "AE"), ("AL|SU", "AA", ""), ("NE|ER", "", "AE"), ("AL|NE", "", ""), ("AL|", "", ""), ("|", "", ""),
        ("|AL", "AA", "AE"),
    ],
)  # fmt: skip
def test_sent_as_msh_16_asks(conditions, done, parked):
    """AL always, SU of success, ER of failure, NE, empty and original mode never."""
    for ending, code in ((DONE, done), (PARKED, parked)):
        made = late_ack(item(conditions), PLAN, ending, NOON)
        assert (read_ack(made.body).code if made else "") == code


def test_waiting_for_a_person_is_a_warning():
    """AA with one ERR a kind of reason: ERR-3 0, severity W, the code in ERR-5; before 2.5 in the text of ERR-1."""
    made = late_ack(item(), PLAN, REVIEW, NOON)
    assert made is not None
    (error,) = [line.split(b"|") for line in made.body.split(b"\r") if line.startswith(b"ERR")]
    assert (error[3][:2], error[4], error[5]) == (b"0^", b"W", b"patient.conflict")
    old = late_ack(item(version="2.3"), PLAN, REVIEW, NOON)
    assert old is not None
    assert b"patient.conflict" in old.body.split(b"\rERR|")[1]


def test_the_same_end_is_said_once_and_another_end_anew():
    """The key of the queue depends on what is said, so a replay to the same end is silent; the id is derived from it."""
    first, again, other = (late_ack(item(), PLAN, ending, NOON) for ending in (DONE, DONE, PARKED))
    assert first is not None
    assert other is not None
    assert first == again
    assert first.idempotency_key != other.idempotency_key
    assert (first.required, first.destination, len(first.control_id)) == (False, "ack:mllp", 20)


@pytest.mark.parametrize(("order", "holds"), [(Order.STRICT, True), (Order.SKIP_FAILED, False), (Order.NONE, False)])
async def test_the_end_is_written_with_its_acknowledgement(order, holds):
    """One transition holds the end, the acknowledgement and, under `strict`, the key; then it is offered at once."""

    class Store:
        async def advance(self, _lease: object, change: Transition) -> MessageState:
            written.append(change)
            return MessageState.PARKED

    written: list[Transition] = []
    store: Any = Store()
    clock, answers = HandClock(), LateAnswers()
    tools = Tools(
        store=store, clock=clock, ids=CountingIds(), observer=RecordingObserver(), pace=Pace(clock), answers=answers
    )
    answers.listen("lane:lab/ack:mllp")
    answers.expect(MessageId("M1"), "7")
    lease = KeyLease(channel="lab", key="k", owner="n", epoch=1, items=())
    await conclude(tools, lease, item(), replace(PLAN, order=order), PARKED)
    (change,) = written
    assert (change.holds_key, [one.destination for one in change.deliveries]) == (holds, ["ack:mllp"])
    (made,) = change.deliveries
    assert answers.take_ready("lane:lab/ack:mllp") == [Ready(made.id, MessageId("M1"), made.body)]
    assert answers.take(MessageId("M1")) == "7"
