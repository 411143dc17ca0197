"""Destination queues: the right to send, what is due, what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from engine.domain.message import DeliveryState
from engine.plugins.stores.sqlite.bodies import Bodies
from engine.plugins.stores.sqlite.readers import Snapshot
from engine.plugins.stores.sqlite.states import add_audit, settle_messages
from engine.plugins.stores.sqlite.tx import Tx
from engine.ports.store import DeliveryResult, LaneLease, LeaseLost, QueuedDelivery, StoreError
from engine.records.apart import BATCH_BYTES, Allowance
from engine.records.values import Part, Row, dump_reasons, micros_or_none, moment_or_none
from engine.records.work import queued, state_after, stays

_LOST = "the destination queue is no longer ours"


def open_lane(tx: Tx, node: str, channel: str, destination: str, epoch: int) -> LaneLease | None:
    """Take the right to send.

    TRANSACTION: owner and epoch of the lane. A restart clears the owner.
    """
    row = tx.one("lease_lane", channel, destination, node, epoch)
    if row is None:
        return None
    return LaneLease(channel=channel, destination=destination, owner=node, epoch=row[0])


def close_lane(tx: Tx, lane: LaneLease) -> None:
    """TRANSACTION: the lane's owner goes, if it is still this one; a restart does the same."""
    tx.do("free_lane", lane.channel, lane.destination, lane.owner, lane.epoch)


def require_lane(tx: Tx | Snapshot, lane: LaneLease) -> None:
    """The fence: raise LeaseLost unless the lane is still held as it was."""
    if tx.one("lane_holder", lane.channel, lane.destination) != (lane.owner, lane.epoch):
        raise LeaseLost(_LOST)


def due(view: Snapshot, bodies: Bodies, lane: LaneLease, limit: int, now: int) -> list[QueuedDelivery]:
    """What may be sent now: keys with something urgent first, everything in commit order, no key that waits.

    What precedes an urgent delivery in its key goes with it, so that the order inside the key holds.
    """
    require_lane(view, lane)
    if is_paused(view, lane):
        return []
    place = (lane.channel, lane.destination, now, limit)
    chosen = _numbers(view.one("urgent_deliveries", *place))
    if len(chosen) < limit:
        chosen += _numbers(view.one("queued_deliveries", *place))
    listed = json.dumps(list(dict.fromkeys(chosen))[:limit])
    rows = view.all("chosen_deliveries", listed) if chosen else []
    allowance = Allowance(BATCH_BYTES)
    return [queued(row, _body(bodies, row) if allowance.covers(row[9], row[10]) else None) for row in rows]


def _body(bodies: Bodies, row: Row) -> bytes | None:
    """The payload of a row; one that cannot be read holds up nothing else, its sender finds out why."""
    try:
        return bodies.get(row[9])
    except StoreError:
        return None


def is_paused(view: Snapshot, lane: LaneLease) -> bool:
    """Whether a person stopped this queue, its channel, or everything."""
    return view.one("is_paused", lane.channel, lane.destination) is not None


def _numbers(row: Row | None) -> list[int]:
    return list(json.loads(row[0])) if row else []


def next_due_at(view: Snapshot, lane: LaneLease, now: int) -> datetime | None:
    """When the next waiting delivery is due."""
    if is_paused(view, lane):
        return None
    row = view.one("next_due", lane.channel, lane.destination, now)
    return moment_or_none(row[0]) if row else None


@dataclass(frozen=True, slots=True)
class Settlement:
    """One call of settle: the lane, what came of the tries, the answers placed by delivery id, and the time."""

    lane: LaneLease
    results: Sequence[DeliveryResult]
    answers: Mapping[str, Part]
    now: int


def settle(tx: Tx, calls: Sequence[Settlement]) -> list[BaseException | None]:
    """Record tries; what came of each call is nothing, LeaseLost, or StoreError where a delivery is not of its lane.

    TRANSACTION: state, counts, answer and next time of each delivery, the states of their messages, audit. A crash
    after the peer's ACK and before this COMMIT leaves the delivery queued: the same bytes go out again.
    """
    lanes = {_place(call.lane): None for call in calls}
    holders = {row[:2]: row[2:] for row in tx.ask("lane_holders", lanes)}
    asked = {(*_place(call.lane), result.delivery_id): None for call in calls for result in call.results}
    found = {tuple(row[:3]): row[3:] for row in tx.ask_json("find_deliveries", asked)}
    touched: dict[int, None] = {}

    def record(call: Settlement) -> None:
        lane = call.lane
        if holders.get(_place(lane)) != (lane.owner, lane.epoch):
            raise LeaseLost(_LOST)
        for result in call.results:
            row = found.get((*_place(lane), result.delivery_id))
            if row is None:
                raise StoreError("the delivery is not of this queue")
            number, sequence, old = row
            if number in states:  # a second result for the same delivery sees what the first made of it
                tx.flush()
                old = states[number]
            states[number] = _record(tx, call, result, (number, sequence, old))
            touched[sequence] = None

    states: dict[int, str] = {}
    outcomes = tx.each(record, calls)
    settle_messages(tx, touched)
    return outcomes


def _place(lane: LaneLease) -> tuple[str, str]:
    return lane.channel, lane.destination


def _record(tx: Tx, call: Settlement, result: DeliveryResult, row: tuple[int, int, str]) -> str:
    number, sequence, old = row
    is_sent = result.state is DeliveryState.SENT
    new = state_after(old, result)
    tx.later(
        "record_try",
        new,
        int(result.sent),
        int(result.rejected),
        result.ack_code,
        call.now if is_sent else None,
        micros_or_none(result.retry_at) if new == "queued" else None,
        None if stays(old, result) else "[]" if is_sent or result.reason is None else dump_reasons((result.reason,)),
        result.error,
        int(result.holds_key and new == "parked"),
        number,
    )
    if result.delivery_id in call.answers:
        tx.later("put_answer", call.answers[result.delivery_id], number)
    if result.reason is not None:
        tx.later("put_meta", sequence, f"reason:{result.reason.code}", result.reason.code)
    tx.moved(call.lane.channel, old, new, call.lane.destination)
    add_audit(tx, sequence, call.now, result.audit)
    return new
