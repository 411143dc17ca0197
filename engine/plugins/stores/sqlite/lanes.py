"""Destination queues: the right to send, what is due, what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from engine.domain.message import DeliveryState, MessageId
from engine.plugins.stores.sqlite.advance import add_audit, settle_message
from engine.plugins.stores.sqlite.bodies import Bodies
from engine.plugins.stores.sqlite.readers import Snapshot
from engine.plugins.stores.sqlite.rows import Part, Row, dump_reasons, micros_or_none, moment, moment_or_none
from engine.plugins.stores.sqlite.tx import Tx
from engine.ports.store import DeliveryResult, LaneLease, LeaseLost, QueuedDelivery, StoreError

_OPEN = ("queued", "sending")


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
        raise LeaseLost("the destination queue is no longer ours")


def due(view: Snapshot, bodies: Bodies, lane: LaneLease, limit: int, now: int) -> list[QueuedDelivery]:
    """What may be sent now: keys with something urgent first, everything in commit order, no key that waits.

    What precedes an urgent delivery in its key goes with it, so that the order inside the key holds.
    """
    require_lane(view, lane)
    place = (lane.channel, lane.destination, now, limit)
    numbers = [number for (number,) in view.all("urgent_deliveries", *place)]
    if len(numbers) < limit:
        numbers += [number for (number,) in view.all("queued_deliveries", *place)]
    chosen = list(dict.fromkeys(numbers))[:limit]
    rows = [row for number in chosen if (row := view.one("queued_delivery", number)) is not None]
    return [_queued(row, bodies.get(row[9]) or b"") for row in rows]


def _queued(row: Row, body: bytes) -> QueuedDelivery:
    delivery_id, message_id, sequence, key, control_id, media_type, attempts, rejects, queued_at, _ = row
    return QueuedDelivery(
        id=delivery_id,
        message_id=MessageId(message_id),
        sequence=sequence,
        ordering_key=key,
        control_id=control_id,
        body=body,
        media_type=media_type,
        attempts=attempts,
        rejects=rejects,
        queued_at=moment(queued_at),
    )


def next_due_at(view: Snapshot, lane: LaneLease, now: int) -> datetime | None:
    """When the next waiting delivery is due."""
    row = view.one("next_due", lane.channel, lane.destination, now)
    return moment_or_none(row[0]) if row else None


def settle(tx: Tx, lane: LaneLease, results: Sequence[DeliveryResult], answers: Mapping[str, Part], now: int) -> None:
    """Record tries.

    TRANSACTION: state, counts, answer and next time of each delivery, the states of their messages, audit. A crash
    after the peer's ACK and before this COMMIT leaves the delivery queued: the same bytes go out again.

    Raises:
        LeaseLost: the lane is no longer held; nothing was written.
        StoreError: a delivery is not of this lane.
    """
    require_lane(tx, lane)
    for sequence in dict.fromkeys([_record(tx, lane, result, answers, now) for result in results]):
        settle_message(tx, sequence)


def _record(tx: Tx, lane: LaneLease, result: DeliveryResult, answers: Mapping[str, Part], now: int) -> int:
    row = tx.one("find_delivery", result.delivery_id, lane.channel, lane.destination)
    if row is None:
        raise StoreError("the delivery is not of this queue")
    number, sequence, old = row
    is_sent = result.state is DeliveryState.SENT
    # What someone paused or withdrew while it was on the wire stays so, unless the peer took it.
    new = result.state.value if is_sent or old in _OPEN else old
    tx.do(
        "record_try",
        new,
        int(result.sent),
        int(result.rejected),
        result.ack_code,
        now if is_sent else None,
        micros_or_none(result.retry_at) if new == "queued" else None,
        "[]" if is_sent or result.reason is None else dump_reasons((result.reason,)),
        result.error,
        number,
    )
    if result.delivery_id in answers:
        tx.do("put_answer", answers[result.delivery_id], number)
    tx.moved(lane.channel, old, new, lane.destination)
    add_audit(tx, sequence, now, result.audit)
    return int(sequence)
