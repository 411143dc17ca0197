"""Where messages stand: computed from their deliveries and reviews. The rows are locked in one order everywhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import asyncpg

from engine.domain.message import DeliveryState, DeliveryStatus, MessageState, settled_state
from engine.ports.store import AuditEntry

UNFINISHED = ("received", "processing")
"""States of a message that has a work row."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A message's stored state, and the one its deliveries and reviews make."""

    channel: str
    stored: str
    is_final: bool
    computed: MessageState


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
        sequence: Standing(channel, stored, is_final, _computed(states, required, is_reviewed=is_reviewed))
        for sequence, channel, stored, is_final, is_reviewed, states, required in rows
    }


def _computed(states: Iterable[str], required: Iterable[bool], *, is_reviewed: bool) -> MessageState:
    return settled_state(
        review_open=is_reviewed,
        deliveries=[
            DeliveryStatus(state=DeliveryState(state), required=needed)
            for state, needed in zip(states, required, strict=True)
        ],
    )


async def settle_messages(connection: asyncpg.Connection, sql: Mapping[str, str], sequences: Collection[int]) -> None:
    """Bring states up to date after deliveries moved, unless stages still work on the message or fixed its state.

    The messages must have been locked before their deliveries were read.
    """
    changed = {
        sequence: standing.computed.value
        for sequence, standing in (await standings(connection, sql, sequences)).items()
        if not standing.is_final and standing.stored not in UNFINISHED and standing.computed.value != standing.stored
    }
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
