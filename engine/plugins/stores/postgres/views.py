"""Questions of people and metrics; each is answered inside one transaction that sees one state of the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby

import asyncpg

from engine.domain.message import MessageId
from engine.plugins.stores.postgres.rows import part_of
from engine.ports.store import (
    Fingerprint,
    FingerprintOwner,
    MessageDetail,
    MessageView,
    NodeView,
    ReviewQuery,
    ReviewView,
    StoreFigures,
)
from engine.records import views
from engine.records.values import Part, moment


async def messages(
    connection: asyncpg.Connection, sql: Mapping[str, str], sequences: Sequence[int]
) -> list[MessageView]:
    """Messages as a list shows them, newest first."""
    if not sequences:
        return []
    rows = await connection.fetch(sql["message_rows"], sequences)
    return list(views.messages(rows, await connection.fetch(sql["message_deliveries"], sequences)).values())


async def get(connection: asyncpg.Connection, sql: Mapping[str, str], message_id: MessageId) -> MessageDetail | None:
    """One message with its history."""
    sequence = await connection.fetchval(sql["find_sequence"], message_id)
    if sequence is None:
        return None
    (row,) = rows = await connection.fetch(sql["message_rows"], [sequence])
    deliveries = await connection.fetch(sql["message_deliveries"], [sequence])
    return views.detail(
        views.messages(rows, deliveries)[sequence],
        error=row["error"],
        dossier=await connection.fetchval(sql["current_dossier"], sequence) or "",
        outputs=await connection.fetch(sql["outputs"], sequence),
        timeline=await connection.fetch(sql["timeline"], sequence),
        metadata=(await metadata(connection, sql, [sequence])).get(sequence, {}),
    )


async def metadata(
    connection: asyncpg.Connection, sql: Mapping[str, str], sequences: Sequence[int]
) -> dict[int, dict[str, str]]:
    """What messages are found by, by sequence."""
    rows = await connection.fetch(sql["metadata"], sequences)
    return {
        sequence: {name: value for _, name, value in group}
        for sequence, group in groupby(rows, key=lambda row: row["sequence"])
    }


async def body(connection: asyncpg.Connection, sql: Mapping[str, str], part: str, key: str) -> Part:
    """Where the body named `raw` or `ack` of a message id, `payload` or `answer` of a delivery id is."""
    row = await connection.fetchrow(sql[part], key)
    return None if row is None else part_of(*row)


async def find_fingerprints(
    connection: asyncpg.Connection, sql: Mapping[str, str], calls: Sequence[Collection[Fingerprint]]
) -> list[list[FingerprintOwner]]:
    """For each call the owners of any of its fingerprints, in the order asked."""
    asked = [(number, item) for number, call in enumerate(calls) for item in call]
    kinds = [item.kind for _, item in asked]
    values = [item.value for _, item in asked]
    lasts = [item.value + views.HIGHEST if item.is_begin else item.value for _, item in asked]
    found: list[list[FingerprintOwner]] = [[] for _ in calls]
    for place, kind, *row in await connection.fetch(sql["fingerprint_owners"], kinds, values, lasts):
        found[asked[place - 1][0]].append(views.owner(kind, row))
    return found


async def reviews(connection: asyncpg.Connection, sql: Mapping[str, str], query: ReviewQuery) -> list[ReviewView]:
    """Review cases newest first; `before` is the id of the last one seen."""
    last = await connection.fetchval(sql["review_number"], query.before) if query.before else None
    before = views.LAST if last is None else last
    return views.reviews(await connection.fetch(sql["reviews"], before, query.limit, query.channel, query.state))


async def fold_tallies(connection: asyncpg.Connection, sql: Mapping[str, str]) -> None:
    """TRANSACTION: the changes of counts since the last time go into the sums; a crash leaves them to the next time."""
    await connection.execute(sql["fold_tallies"])


async def figures(connection: asyncpg.Connection, sql: Mapping[str, str]) -> StoreFigures:
    """Counts from the tallies; no message is looked at. Fast as long as someone folds the changes now and then."""
    tallies = views.Tallies(await connection.fetch(sql["tallies"]), await connection.fetch(sql["pauses"]))
    heads = {place: await connection.fetchrow(sql["lane_head"], *place) for place in tallies.places}
    return tallies.figures(heads.get, await connection.fetchrow(sql["open_reviews"]))


async def nodes(
    connection: asyncpg.Connection, sql: Mapping[str, str], owner: str, lease_seconds: float
) -> list[NodeView]:
    """The nodes that share the database, the one of `owner` first; alive is who renewed within a lease's time."""
    return [
        NodeView(
            name=row["name"],
            started_at=moment(row["started_at"]),
            seen_at=row["seen_at"],
            is_alive=row["is_alive"],
            leases=row["leases"],
            release=row["release"],
        )
        for row in await connection.fetch(sql["nodes_seen"], owner, lease_seconds)
    ]
