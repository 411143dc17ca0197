"""The queue of what is said later: said where it is awaited, shown while it waits, dropped after a day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from engine.domain.message import DeliveryState, MessageId
from engine.pipeline.answers import AnswerLane, LateAnswers
from engine.ports.store import DeliveryResult, LaneLease, LeaseLost, QueuedDelivery
from tests.support.intake_fakes import NOON, HandClock, RecordingObserver

LANE = LaneLease(channel="lab", destination="ack:mllp", owner="n", epoch=1)


@dataclass
class Fake:
    """The lane half of a store and the answering half of a source."""

    queued: list[QueuedDelivery] = field(default_factory=list)
    settled: list[DeliveryResult] = field(default_factory=list)
    said: list[tuple[str, bytes]] = field(default_factory=list)
    is_held: bool = True
    is_open: bool = True

    async def due(self, _lane: LaneLease, *, limit: int) -> list[QueuedDelivery]:
        return self.queued[:limit]

    async def settle(self, _lane: LaneLease, results: list[DeliveryResult]) -> None:
        self.settled += results

    def holds(self, _lane: LaneLease) -> bool:
        return self.is_held

    async def answer(self, connection: str, payload: bytes) -> bool:
        if self.is_open:
            self.said.append((connection, payload))
        return self.is_open


def made(age: timedelta) -> tuple[Fake, LateAnswers, AnswerLane]:
    """A queue with one acknowledgement of that age."""
    one = QueuedDelivery(
        id="D1", message_id=MessageId("M1"), sequence=1, ordering_key="k", control_id="HR1", body=b"ACK", media_type="x",
        attempts=0, rejects=0, queued_at=NOON - age,
    )  # fmt: skip
    fake: Any = Fake(queued=[one])
    answers = LateAnswers()
    lane = AnswerLane(
        fake, fake, answers, channel="lab", name="ack:mllp", node="n", clock=HandClock(), observer=RecordingObserver()
    )
    return fake, answers, lane


async def test_said_on_the_connection_that_awaits_it():
    """A queued one whose connection is known here is written there and done."""
    fake, answers, lane = made(timedelta(0))
    answers.expect(MessageId("M1"), "7")
    await lane._say_all(LANE, [])
    assert fake.said == [("7", b"ACK")]
    assert [(one.state, one.sent) for one in fake.settled] == [(DeliveryState.SENT, True)]


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (timedelta(seconds=1), None),
        (timedelta(seconds=6), DeliveryState.QUEUED),
        (timedelta(hours=23), DeliveryState.QUEUED),
        (timedelta(hours=24), DeliveryState.SKIPPED),
    ],
)
async def test_without_its_connection_it_waits_a_day(age, state):
    """Young: perhaps another node's. Then queued with the reason until a day after it was queued; then dropped."""
    fake, _, lane = made(age)
    await lane._say_all(LANE, [])
    assert [one.state for one in fake.settled] == ([state] if state else [])
    for one in fake.settled:
        assert one.reason is not None
        assert (one.reason.code, one.sent) == ("ack.connection_gone", False)
        assert one.retry_at == (NOON - age + timedelta(hours=24) if state is DeliveryState.QUEUED else None)


async def test_a_closed_connection_is_known_at_once():
    """The connection was ours and closed: the reason shows without a grace."""
    fake, answers, lane = made(timedelta(0))
    answers.expect(MessageId("M1"), "7")
    fake.is_open = False
    await lane._say_all(LANE, [])
    assert [(one.state, one.error) for one in fake.settled] == [(DeliveryState.QUEUED, "connection_gone")]


async def test_nothing_is_said_when_the_queue_is_not_surely_ours():
    """The lease in doubt: nothing is written and the connection still awaits it."""
    fake, answers, lane = made(timedelta(0))
    answers.expect(MessageId("M1"), "7")
    fake.is_held = False
    with pytest.raises(LeaseLost):
        await lane._say_all(LANE, [])
    assert fake.said == []
    assert answers.take(MessageId("M1")) == "7"
