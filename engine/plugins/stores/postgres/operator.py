"""What a person does to deliveries, reviews and messages; each act runs in one transaction with its audit entry.

Each act returns the hints for those who wait (`work`, `lane:<channel>/<destination>`), or None when there was nothing
of that id in a state it applies to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import asyncpg

from engine.domain.message import MessageId
from engine.plugins.stores.postgres.rows import clean
from engine.plugins.stores.postgres.states import add_audit, lock_messages, settle_messages
from engine.plugins.stores.postgres.work import let_go
from engine.ports.store import AuditEntry, NewerSent

Hints = list[str]


async def retry_delivery(
    connection: asyncpg.Connection,
    sql: Mapping[str, str],
    delivery_id: str,
    *,
    audit: AuditEntry,
    now: int,
    force: bool = False,
) -> Hints | None:
    """TRANSACTION: the delivery queued and due at once, its rejects 0, its message's state, audit.

    Raises:
        NewerSent: it would undo what a newer message has sent.
    """
    act = "requeue_delivery"
    return await _move(connection, sql, delivery_id, act, audit=audit, now=now, asks=not force)


async def withdraw_delivery(
    connection: asyncpg.Connection, sql: Mapping[str, str], delivery_id: str, *, audit: AuditEntry, now: int
) -> Hints | None:
    """TRANSACTION: the delivery withdrawn, its message's state, audit."""
    return await _move(connection, sql, delivery_id, "withdraw_delivery", audit=audit, now=now)


async def _move(
    connection: asyncpg.Connection,
    sql: Mapping[str, str],
    delivery_id: str,
    statement: str,
    *,
    audit: AuditEntry,
    now: int,
    asks: bool = False,
) -> Hints | None:
    """`asks`: whether a newer message forbids it; who overtakes a message locks it too, so that the answer stays."""
    place = await connection.fetchrow(sql["find_delivery"], delivery_id)
    if place is None:
        return None
    number, sequence = place
    await lock_messages(connection, sql, [sequence])
    queue = await connection.fetchrow(sql["lock_unsent"], number)
    if queue is None:
        return None
    newer = await connection.fetchval(sql["newer_sent"], number) if asks else None
    if newer is not None:
        raise NewerSent(MessageId(newer))
    await connection.execute(sql[statement], number)
    await add_audit(connection, sql, now, [(sequence, audit)])
    await settle_messages(connection, sql, [sequence])
    return _lanes([tuple(queue)])


async def close_review(
    connection: asyncpg.Connection,
    sql: Mapping[str, str],
    review_id: str,
    *,
    outcome: str,
    audit: AuditEntry,
    now: int,
) -> Hints | None:
    """TRANSACTION: the case closed, its message's state, audit."""
    sequence = await connection.fetchval(sql["find_review"], review_id)
    if sequence is None:
        return None
    await lock_messages(connection, sql, [sequence])
    if await connection.fetchval(sql["close_review"], clean(outcome), now, review_id) is None:
        return None
    await add_audit(connection, sql, now, [(sequence, audit)])
    await settle_messages(connection, sql, [sequence])
    return []


async def withdraw(
    connection: asyncpg.Connection, sql: Mapping[str, str], message_id: MessageId, *, audit: AuditEntry, now: int
) -> Hints | None:
    """TRANSACTION: open cases closed, unsent deliveries withdrawn, the message's state for good, audit."""
    sequence = await connection.fetchval(sql["lock_withdrawable"], message_id)
    if sequence is None:
        return None
    await connection.execute(sql["close_reviews"], now, sequence)
    hints = ["work"] if await let_go(connection, sql, sequence) else []
    hints += _lanes(map(tuple, await connection.fetch(sql["withdraw_unsent"], sequence)))
    await connection.execute(sql["withdraw_message"], sequence)
    await add_audit(connection, sql, now, [(sequence, audit)])
    return hints


async def set_aside(
    connection: asyncpg.Connection, sql: Mapping[str, str], message_id: MessageId, *, audit: AuditEntry, now: int
) -> Hints | None:
    """TRANSACTION: the key and the queues this message holds up go on, audit; where it stands does not change."""
    sequence = await connection.fetchval(sql["find_sequence"], message_id)
    if sequence is None:
        return None
    await lock_messages(connection, sql, [sequence])
    hints = ["work"] if await let_go(connection, sql, sequence) else []
    hints += _lanes(map(tuple, await connection.fetch(sql["let_queues_go"], sequence)))
    if not hints:
        return None
    await add_audit(connection, sql, now, [(sequence, audit)])
    return hints


async def pause(
    connection: asyncpg.Connection,
    sql: Mapping[str, str],
    place: tuple[str, str],
    *,
    is_paused: bool,
    audit: AuditEntry,
    now: int,
) -> Hints:
    """TRANSACTION: the pause of a queue, of a channel or of everything, set or lifted, and audit."""
    await connection.execute(sql["set_pause" if is_paused else "lift_pause"], *place)
    await add_audit(connection, sql, now, [(None, audit)])
    return _lanes(map(tuple, await connection.fetch(sql["list_lanes"], *place)))


def _lanes(places: Iterable[tuple[str, str]]) -> Hints:
    return [f"lane:{channel}/{destination}" for channel, destination in dict.fromkeys(places)]
