"""Destination queues: the right to send, what is due, what came of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import asyncpg

from engine.domain.message import DeliveryState
from engine.plugins.stores.postgres.rows import clean, columns, dump_reasons, part_of
from engine.plugins.stores.postgres.sheet import Sheet
from engine.plugins.stores.postgres.states import lock_messages, settle_messages
from engine.plugins.stores.postgres.timepiece import Told
from engine.ports.store import DeliveryResult, LaneLease, LeaseLost, QueuedDelivery, StoreError
from engine.records.values import Part, micros
from engine.records.work import queued, state_after, stays

_LOST = "the destination queue is no longer ours"


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
    connection: asyncpg.Connection, sql: Mapping[str, str], lane: LaneLease, *, limit: int, told: Told
) -> list[Due]:
    """What may be sent now: keys with something urgent first, everything in commit order, no key that waits.

    What precedes an urgent delivery in its key goes with it, so that the order inside the key holds.

    Raises:
        LeaseLost: another node has the queue.
    """
    row = await connection.fetchrow(sql["look_at_lane"], *_fence(lane), told)
    if row is None:
        raise LeaseLost(_LOST)
    now, is_paused = row
    if is_paused:
        return []
    place = (lane.channel, lane.destination, now, limit)
    chosen = [row[0] for row in await connection.fetch(sql["urgent_deliveries"], *place)]
    if len(chosen) < limit:
        chosen += [row[0] for row in await connection.fetch(sql["queued_deliveries"], *place)]
    chosen = list(dict.fromkeys(chosen))[:limit]
    rows = await connection.fetch(sql["chosen_deliveries"], chosen) if chosen else []
    return [(queued(row, None), part_of(row["body"], row["body_blob"]), row["size_bytes"]) for row in rows]


async def _is_paused(connection: asyncpg.Connection, sql: Mapping[str, str], lane: LaneLease) -> bool:
    """Whether a person stopped this queue, its channel, or everything."""
    return await connection.fetchval(sql["is_paused"], lane.channel, lane.destination) is not None


async def next_due_at(
    connection: asyncpg.Connection, sql: Mapping[str, str], lane: LaneLease, *, told: Told
) -> int | None:
    """In how many microseconds the next waiting delivery is due."""
    if await _is_paused(connection, sql, lane):
        return None
    wait: int | None = await connection.fetchval(sql["next_due"], lane.channel, lane.destination, told)
    return wait


@dataclass(frozen=True, slots=True)
class Settlement:
    """One call of settle: the lane, what came of the tries, the answers placed by delivery id, and the times."""

    lane: LaneLease
    results: Sequence[DeliveryResult]
    answers: Mapping[str, Part]
    now: int
    told: Told


Places = Mapping[tuple[str, str, str], tuple[int, int]]
"""Number and sequence of deliveries by channel, destination and id."""


async def settle(
    connection: asyncpg.Connection, sql: Mapping[str, str], calls: Sequence[Settlement]
) -> list[BaseException | None]:
    """Record tries; what came of each call is nothing, LeaseLost, or StoreError where a delivery is not of its lane.

    TRANSACTION: state, counts, answer and next time of each delivery, the states of their messages, audit. A crash
    after the peer's ACK and before this COMMIT leaves the delivery queued: the same bytes go out again.
    """
    fences = list(dict.fromkeys(_fence(call.lane) for call in calls))
    held = {tuple(row) for row in await connection.fetch(sql["lock_lanes"], *_columns_of(fences))}
    asked = list(dict.fromkeys(place for call in calls for place in _places(call)))
    rows = await connection.fetch(sql["find_deliveries"], *_columns_of(asked)) if asked else []
    places = {tuple(row)[:3]: (row["number"], row["sequence"]) for row in rows}
    outcomes: list[BaseException | None] = [_trouble(call, held, places) for call in calls]
    good = [call for call, trouble in zip(calls, outcomes, strict=True) if trouble is None]
    found = [places[place] for call in good for place in _places(call)]
    if found:
        sequences = {sequence for _, sequence in found}
        await lock_messages(connection, sql, sequences)
        numbers = sorted({number for number, _ in found})
        states = {row[0]: row[1] for row in await connection.fetch(sql["lock_deliveries"], numbers)}
        await _record(connection, sql, good, places, states)
        await settle_messages(connection, sql, sequences)
    return outcomes


def _columns_of(rows: Sequence[tuple[Any, ...]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


def _places(call: Settlement) -> list[tuple[str, str, str]]:
    return [(call.lane.channel, call.lane.destination, result.delivery_id) for result in call.results]


def _trouble(call: Settlement, held: Collection[tuple[Any, ...]], places: Places) -> StoreError | None:
    """Why nothing of this call is written."""
    if _fence(call.lane) not in held:
        return LeaseLost(_LOST)
    if any(place not in places for place in _places(call)):
        return StoreError("the delivery is not of this queue")
    return None


async def _record(
    connection: asyncpg.Connection,
    sql: Mapping[str, str],
    calls: Sequence[Settlement],
    places: Places,
    states: dict[int, str],
) -> None:
    sheet = Sheet(connection, sql)
    for call in calls:
        for place, result in zip(_places(call), call.results, strict=True):
            number, sequence = places[place]
            # A second result for the same delivery sees what the first made of it.
            stayed = stays(states[number], result)
            states[number] = state_after(states[number], result)
            sheet.later("record_try", number, *_columns(result, states[number], call.now, stays=stayed), call.told)
            if result.delivery_id in call.answers:
                sheet.later("put_answer", number, *columns(call.answers[result.delivery_id]))
            if result.reason is not None:
                sheet.later("note_reason", sequence, result.reason.code, width=2)
            for entry in result.audit:
                sheet.note(sequence, call.now, entry)
    await sheet.flush()


def _columns(result: DeliveryResult, new: str, now: int, *, stays: bool) -> tuple[Any, ...]:
    is_sent = result.state is DeliveryState.SENT
    return (
        new,
        int(result.sent),
        int(result.rejected),
        clean(result.ack_code),
        now if is_sent else None,
        micros(result.retry_at) - now if result.retry_at is not None and new == "queued" else None,
        None if stays else "[]" if is_sent or result.reason is None else dump_reasons((result.reason,)),
        clean(result.error),
        result.holds_key and new == "parked",
    )
