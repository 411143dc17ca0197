"""Destination queues: the right to send, what is due, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg

from engine.domain.message import DeliveryState, MessageId
from engine.plugins.stores.postgres.chunks import joined, split
from engine.plugins.stores.postgres.rows import Part, clean, dump_reasons, micros_or_none, moment, moment_or_none
from engine.plugins.stores.postgres.states import add_audit, lock_messages, settle_messages
from engine.ports.store import DeliveryResult, LaneLease, LeaseLost, QueuedDelivery, StoreError

_LOST = "the destination queue is no longer ours"
_OPEN = ("queued", "sending")


async def open_lane(
    connection: asyncpg.Connection, sql: Mapping[str, str], place: tuple[str, str], owner: str, lease_seconds: float
) -> LaneLease | None:
    """Take the right to send on the queue (channel, destination).

    TRANSACTION: owner, epoch and lease of the lane, by the database's clock. A lease of the same start of the same node
    is granted anew: it was lost from sight together with the answer of a COMMIT.
    """
    epoch = await connection.fetchval(sql["lease_lane"], *place, owner, lease_seconds)
    if epoch is None:
        return None
    return LaneLease(channel=place[0], destination=place[1], owner=owner, epoch=epoch)


async def close_lane(connection: asyncpg.Connection, sql: Mapping[str, str], lane: LaneLease) -> None:
    """TRANSACTION: the lane's owner goes, if it is still this one; otherwise its lease runs out."""
    await connection.execute(sql["free_lane"], *_fence(lane))


def _fence(lane: LaneLease) -> tuple[str, str, str, int]:
    return lane.channel, lane.destination, lane.owner, lane.epoch


Due = tuple[QueuedDelivery, Part, int]
"""A delivery without its payload yet, where that is, and about how long."""


async def due(
    connection: asyncpg.Connection, sql: Mapping[str, str], lane: LaneLease, *, limit: int, now: int
) -> list[Due]:
    """What may be sent now: keys with something urgent first, everything in commit order, no key that waits.

    What precedes an urgent delivery in its key goes with it, so that the order inside the key holds.

    Raises:
        LeaseLost: another node has the queue.
    """
    if await connection.fetchval(sql["lane_holder"], *_fence(lane)) is None:
        raise LeaseLost(_LOST)
    if await _is_paused(connection, sql, lane):
        return []
    place = (lane.channel, lane.destination, now, limit)
    chosen = [row[0] for row in await connection.fetch(sql["urgent_deliveries"], *place)]
    if len(chosen) < limit:
        chosen += [row[0] for row in await connection.fetch(sql["queued_deliveries"], *place)]
    chosen = list(dict.fromkeys(chosen))[:limit]
    rows = await connection.fetch(sql["chosen_deliveries"], chosen) if chosen else []
    return [(_queued(row), joined(row["body"], row["body_blob"]), row["size_bytes"]) for row in rows]


async def _is_paused(connection: asyncpg.Connection, sql: Mapping[str, str], lane: LaneLease) -> bool:
    """Whether a person stopped this queue, its channel, or everything."""
    return await connection.fetchval(sql["is_paused"], lane.channel, lane.destination) is not None


def _queued(row: Mapping[str, Any]) -> QueuedDelivery:
    return QueuedDelivery(
        id=row["id"],
        message_id=MessageId(row["message_id"]),
        sequence=row["sequence"],
        ordering_key=row["ordering_key"],
        control_id=row["control_id"],
        body=b"",
        is_deferred=True,
        media_type=row["media_type"],
        attempts=row["attempts"],
        rejects=row["rejects"],
        queued_at=moment(row["queued_at"]),
    )


async def next_due_at(
    connection: asyncpg.Connection, sql: Mapping[str, str], lane: LaneLease, *, now: int
) -> datetime | None:
    """When the next waiting delivery is due."""
    if await _is_paused(connection, sql, lane):
        return None
    return moment_or_none(await connection.fetchval(sql["next_due"], lane.channel, lane.destination, now))


@dataclass(frozen=True, slots=True)
class Settlement:
    """One call of settle: the lane, what came of the tries, the answers placed by delivery id, and the time."""

    lane: LaneLease
    results: Sequence[DeliveryResult]
    answers: Mapping[str, Part]
    now: int


async def settle(connection: asyncpg.Connection, sql: Mapping[str, str], call: Settlement) -> None:
    """Record tries.

    TRANSACTION: state, counts, answer and next time of each delivery, the states of their messages, audit. A crash
    after the peer's ACK and before this COMMIT leaves the delivery queued: the same bytes go out again.

    Raises:
        LeaseLost: another node has the queue.
        StoreError: a delivery is not of this queue.
    """
    lane = call.lane
    if await connection.fetchval(sql["lock_lane"], *_fence(lane)) is None:
        raise LeaseLost(_LOST)
    ids = [result.delivery_id for result in call.results]
    rows = await connection.fetch(sql["find_deliveries"], lane.channel, lane.destination, ids)
    places = {row["id"]: (row["number"], row["sequence"]) for row in rows}
    if any(delivery_id not in places for delivery_id in ids):
        raise StoreError("the delivery is not of this queue")
    sequences = {sequence for _, sequence in places.values()}
    await lock_messages(connection, sql, sequences)
    numbers = [number for number, _ in places.values()]
    states = {row[0]: row[1] for row in await connection.fetch(sql["lock_deliveries"], numbers)}
    await _record(connection, sql, call, places, states)
    await settle_messages(connection, sql, sequences)


async def _record(
    connection: asyncpg.Connection,
    sql: Mapping[str, str],
    call: Settlement,
    places: Mapping[str, tuple[int, int]],
    states: dict[str, str],
) -> None:
    tries = []
    for result in call.results:
        # A second result for the same delivery sees what the first made of it.
        stays = _stays(states[result.delivery_id], result)
        new = states[result.delivery_id] if stays else result.state.value
        states[result.delivery_id] = new
        tries.append((places[result.delivery_id][0], *_columns(result, new, call.now, stays=stays)))
    await connection.executemany(sql["record_try"], tries)
    answers = [(places[delivery_id][0], *split(part)) for delivery_id, part in call.answers.items()]
    await _many(connection, sql["put_answer"], answers)
    reasons = [(places[item.delivery_id][1], item.reason.code) for item in call.results if item.reason is not None]
    await _many(connection, sql["note_reason"], reasons)
    entries = [(places[item.delivery_id][1], entry) for item in call.results for entry in item.audit]
    await add_audit(connection, sql, call.now, entries)


async def _many(connection: asyncpg.Connection, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
    found = list(rows)
    if found:
        await connection.executemany(statement, found)


def _stays(old: str, result: DeliveryResult) -> bool:
    """What someone withdrew or parked while it was on the wire stays so, for their reason, unless the peer took it."""
    return result.state is not DeliveryState.SENT and old not in _OPEN


def _columns(result: DeliveryResult, new: str, now: int, *, stays: bool) -> tuple[Any, ...]:
    is_sent = result.state is DeliveryState.SENT
    return (
        new,
        int(result.sent),
        int(result.rejected),
        clean(result.ack_code),
        now if is_sent else None,
        micros_or_none(result.retry_at) if new == "queued" else None,
        None if stays else "[]" if is_sent or result.reason is None else dump_reasons((result.reason,)),
        clean(result.error),
        result.holds_key and new == "parked",
    )
