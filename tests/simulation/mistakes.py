"""Classic mistakes, each planted in one part: what the simulation must find."""
# ruff: noqa: ARG002 - a mistaken part takes what the right one takes

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from engine.domain.message import MessageState
from engine.hl7v2.ack import read_ack
from engine.pipeline.delivery import Lane
from engine.pipeline.intake import FrameIntake
from engine.plugins.destinations.mllp.sender import MllpDestination
from engine.ports.destination import Receipt, Verdict, always
from engine.ports.source import AcceptPolicy, Origin
from engine.ports.store import (
    Accepted,
    DeliveryResult,
    KeyLease,
    LaneLease,
    NewMessage,
    QueuedDelivery,
    Transition,
)
from tests.simulation.model_bank import Bank
from tests.simulation.model_rows import Dlv, Key, LaneRow, Msg
from tests.simulation.model_store import ModelStore
from tests.simulation.node import Parts
from tests.simulation.stores import ModelGround


class AckBeforeCommit(ModelStore):
    """The answer leaves while the transaction is on its way."""

    async def accept(self, messages: list[NewMessage]) -> list[Accepted]:  # type: ignore[override]
        later = asyncio.ensure_future(super().accept(messages))
        later.add_done_callback(lambda task: task.cancelled() or task.exception())
        return [Accepted(id=item.id, ack=item.ack) for item in messages]


class Unfenced(Bank):
    """Whoever once had a lease may write."""

    def fence(self, what: str, row: Key | LaneRow | None, lease: KeyLease | LaneLease) -> None:
        self.writes.append((what, lease.epoch, row.epoch if row else 0))


class NewIdEachTry(MllpDestination):
    """A retry goes out under a fresh control id."""

    async def deliver(self, delivery: QueuedDelivery, *, may_send: Callable[[], bool] = always) -> Receipt:
        if delivery.attempts:
            fresh = f"{delivery.control_id[:17]}{delivery.attempts % 1000:03d}"
            body = delivery.body.replace(delivery.control_id.encode(), fresh.encode())
            delivery = replace(delivery, control_id=fresh, body=body)
        return await super().deliver(delivery, may_send=may_send)


class AnyAnswerCounts(MllpDestination):
    """MSA-2 is not looked at."""

    def _judge(self, answer: bytes, delivery: QueuedDelivery) -> Receipt:
        ack = read_ack(answer)
        if ack is not None and ack.accepted:
            return Receipt(verdict=Verdict.DONE, ack_code=ack.code, answer=answer)
        return super()._judge(answer, delivery)


class FreshAnswer(ModelStore):
    """A retransmission gets an answer of its own instead of the stored one."""

    async def accept(self, messages: list[NewMessage]) -> list[Accepted]:  # type: ignore[override]
        found = await super().accept(messages)
        return [replace(item, ack=new.ack) for item, new in zip(found, messages, strict=True)]


class EveryFrameIsNew(Bank):
    """Retransmissions are stored and processed again."""

    def _first(self, new: NewMessage, window: object) -> Msg | None:
        return None


class BlockForgotten(Bank):
    """A message that waits for its next try does not keep its place: those behind it overtake."""

    def _record(self, row: Dlv, result: DeliveryResult) -> None:
        super()._record(row, result)
        if row.next_at is not None:
            line = self.lane(row.message.new.channel, row.new.destination).open[row.message.new.ordering_key]
            line.sort(key=lambda item: item.next_at is not None)


class HoldForgotten(Bank):
    """Under `order: strict` a parked message lets those behind it go on."""

    def advance(self, lease: KeyLease, change: Transition) -> MessageState:
        return super().advance(lease, replace(change, holds_key=False))

    def _record(self, row: Dlv, result: DeliveryResult) -> None:
        super()._record(row, replace(result, holds_key=False))


class NothingOvertaken(Bank):
    """A newer version leaves older ones that wait, or were refused, as they are."""

    def _overtake(self, newer: Msg, change: Transition) -> None:
        return


class RetriedAllTheSame(Bank):
    """An older version is sent again by hand although a newer one was sent."""

    def _ask_newer(self, row: Dlv) -> None:
        return


class ReleasedTooEarly(ModelStore):
    """The key is given back before its transition is committed."""

    async def advance(self, lease: KeyLease, transition: Transition) -> object:  # type: ignore[override]
        await self.release(lease)
        return await super().advance(lease, transition)


class RenewsWhatNobodyKnows(Bank):
    """Every lease under the node's name lasts on, also one whose grant never reached the node."""

    def renew(self, node: str, known: Collection[int]) -> list[int]:
        mine = [row.epoch for row in self.leased() if row.owner == node]
        return super().renew(node, mine)


class YesToEverything(FrameIntake):
    """A frame that could not be stored is acknowledged all the same."""

    async def accept_frame(self, frame: bytes, origin: Origin, policy: AcceptPolicy) -> bytes | None:
        answer = await super().accept_frame(frame, origin, policy)
        if answer is None or b"207" not in answer:
            return answer
        return answer.replace(b"MSA|AR", b"MSA|AA").replace(b"MSA|CE", b"MSA|CA")


class SilenceParks(Lane):
    """A receiver that does not answer is taken for one that refuses."""

    async def _send(self, lane: LaneLease, delivery: QueuedDelivery) -> Receipt:
        receipt = await super()._send(lane, delivery)
        return replace(receipt, verdict=Verdict.PARK) if receipt.verdict is Verdict.UNREACHED else receipt


@dataclass(frozen=True, slots=True)
class Mistake:
    """A ground and the parts with one thing wrong, and a word of what the finding says."""

    ground: Callable[[], ModelGround]
    parts: Parts
    says: str


def _store(store: type[ModelStore], says: str) -> Mistake:
    return Mistake(lambda: ModelGround(store=store), Parts(), says)


def _bank(bank: type[Bank], says: str) -> Mistake:
    return Mistake(lambda: ModelGround(bank=bank), Parts(), says)


MISTAKES = {
    "ack before commit": _store(AckBeforeCommit, "acknowledged and is not stored"),
    "no fence": _bank(Unfenced, "under epoch"),
    "new control id each try": Mistake(ModelGround, Parts(destination=NewIdEachTry), "control ids"),
    "MSA-2 not checked": Mistake(ModelGround, Parts(destination=AnyAnswerCounts), "never took it"),
    "fresh answer to a retransmission": _store(FreshAnswer, "another answer"),
    "retransmission processed again": _bank(EveryFrameIsNew, "another answer"),
    "block not kept on retry": _bank(BlockForgotten, "came before"),
    "strict order does not hold": _bank(HoldForgotten, "came before"),
    "older versions not overtaken": _bank(NothingOvertaken, "undoes a newer version"),
    "older version retried by hand": _bank(RetriedAllTheSame, "undoes a newer version"),
    "key released before its commit": _store(ReleasedTooEarly, "does not come to rest"),
    "unknown leases renewed": _bank(RenewsWhatNobodyKnows, "does not come to rest"),
    "refusal acknowledged": Mistake(ModelGround, Parts(intake=YesToEverything), "acknowledged and is not stored"),
    "no answer parks": Mistake(ModelGround, Parts(lane=SilenceParks), "never refused it"),
}
