"""Where messages stand: computed from their deliveries and reviews. The rows are locked in one order everywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

import asyncpg

from engine.ports.store import AuditEntry
from engine.records.standing import Standing, computed, moved


async def lock_messages(connection: asyncpg.Connection, sql: Mapping[str, str], sequences: Collection[int]) -> None:
    """Keep others from settling these messages until the COMMIT.

    Two nodes that settle deliveries of one message would else each miss what the other did. A message is always locked
    before its deliveries, and messages in the order of their numbers: nobody waits in a circle.
    """
    await connection.fetch(sql["lock_message_rows"], sorted(set(sequences)))


async def standings(
    connection: asyncpg.Connection, sql: Mapping[str, str], sequences: Collection[int]
) -> dict[int, Standing]:
    """Where messages stand, by sequence."""
    rows = await connection.fetch(sql["find_standings"], list(sequences))
    return {
        sequence: Standing(
            channel, stored, is_final, computed(zip(states, required, strict=True), is_reviewed=is_reviewed)
        )
        for sequence, channel, stored, is_final, is_reviewed, states, required in rows
    }


async def settle_messages(connection: asyncpg.Connection, sql: Mapping[str, str], sequences: Collection[int]) -> None:
    """Bring states up to date after deliveries moved, unless stages still work on the message or fixed its state.

    The messages must have been locked before their deliveries were read.
    """
    found = moved(await standings(connection, sql, sequences))
    changed = {sequence: standing.computed.value for sequence, standing in found.items()}
    if changed:
        await connection.execute(sql["settle_states"], list(changed), list(changed.values()))


async def add_audit(
    connection: asyncpg.Connection, sql: Mapping[str, str], now: int, entries: Iterable[tuple[int | None, AuditEntry]]
) -> None:
    """Append audit entries, each with the sequence of its message, or None for what is not about one."""
    await add_audits(connection, sql, [(now, sequence, entry) for sequence, entry in entries])


async def add_audits(
    connection: asyncpg.Connection, sql: Mapping[str, str], entries: Collection[tuple[int, int | None, AuditEntry]]
) -> None:
    """The same, each with its time first."""
    rows = [(sequence, at, entry.action, entry.actor, entry.detail) for at, sequence, entry in entries]
    if rows:
        await connection.execute(sql["add_audit"], *(list(column) for column in zip(*rows, strict=True)))
