"""The life of what is stored: pruning in batches, and sweeping bodies that no row names any more.

Tables are not partitioned (ADR 0011): a message in review or parked must outlive its month, retention is a channel's,
and the unique keys of deliveries and retransmissions span all of time. Each batch is a short transaction; autovacuum
gives the space back to later rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice

import asyncpg

from engine.plugins.stores.postgres.connection import Database
from engine.plugins.stores.postgres.search import first_from
from engine.ports.blobs import BlobInfo, BlobStore
from engine.ports.store import Prunable, StoreError, Swept
from engine.records.values import micros

_SLACK = timedelta(hours=1)
_BATCH = 500
_CONTENT = ("drop_delivery_bodies", "drop_outputs", "drop_dossiers")
_WHOLE = (
    "drop_bodies",
    *_CONTENT,
    "drop_metadata",
    "drop_fingerprints",
    "drop_reviews",
    "drop_deliveries",
    "drop_messages",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """One call of prune; `dead`: a copy of what was received before this time would be taken in as new."""

    what: Prunable
    before: datetime
    dead: int
    channel: str
    limit: int


async def prune(connection: asyncpg.Connection, sql: Mapping[str, str], call: Pruning) -> int:
    """Remove up to `limit` of what is older than a time; returns how many went.

    A message is kept, and with it its first answer, until no retransmission of it is answered any more: only so does
    a copy that comes late get the same answer and is not taken in twice. Messages that someone works on just now are
    passed over until the next call. Torn frames and audit rows belong to no channel: with one given, none of them goes.

    TRANSACTION: a message goes with all its rows, or keeps them all.
    """
    before = micros(call.before)
    if call.what is Prunable.BODIES:
        end = await first_from(connection, sql, call.before + _SLACK)
        rows = await connection.fetch(sql["prunable_bodies"], before, call.channel, call.limit, end, call.dead)
        return await _remove_bodies(connection, sql, [row[0] for row in rows], call.dead)
    if call.what is Prunable.MESSAGES:
        limits = (min(before, call.dead), call.channel, call.limit)
        rows = await connection.fetch(sql["prunable_messages"], *limits)
        return await _remove_messages(connection, sql, [row[0] for row in rows])
    if call.channel:
        return 0
    statement = "prune_fragments" if call.what is Prunable.FRAGMENTS else "prune_audit"
    return len(await connection.fetch(sql[statement], before, call.limit))


async def _remove_bodies(
    connection: asyncpg.Connection, sql: Mapping[str, str], sequences: Sequence[int], dead: int
) -> int:
    rows = await connection.fetch(sql["still_prunable"], sequences) if sequences else []
    if not rows:
        return 0
    gone = [row["sequence"] for row in rows]
    await connection.execute(sql["empty_bodies"], gone)
    for statement in _CONTENT:
        await connection.execute(sql[statement], gone)
    unasked = [row["sequence"] for row in rows if row["received_at"] < dead]
    await connection.execute(sql["drop_bodies"], unasked)
    await connection.execute(sql["forget_retransmissions"], unasked)
    return len(gone)


async def _remove_messages(connection: asyncpg.Connection, sql: Mapping[str, str], sequences: Sequence[int]) -> int:
    rows = await connection.fetch(sql["still_prunable"], sequences) if sequences else []
    gone = [row["sequence"] for row in rows]
    for statement in _WHOLE if gone else ():
        await connection.execute(sql[statement], gone)
    return len(gone)


async def sweep(database: Database, sql: Mapping[str, str], blobs: BlobStore | None, *, older_than: datetime) -> Swept:
    """Remove bodies that no row names and that were put before a time, in batches of their own transactions.

    What is put again while this runs counts as written now: the time must leave a grace of a day at least.

    Raises:
        StoreError: the blob store could not; what was removed until then stays removed.
    """
    files = size_bytes = 0
    before = micros(older_than)

    async def drop(connection: asyncpg.Connection) -> list[int]:
        return [row[0] for row in await connection.fetch(sql["sweep_chunks"], before, _BATCH)]

    while sizes := await database.write_many(drop):
        files += len(sizes)
        size_bytes += sum(sizes)
    if blobs is not None:
        apart = await _sweep_blobs(database, sql, blobs, older_than)
        files, size_bytes = files + apart.files, size_bytes + apart.size_bytes
    return Swept(files=files, size_bytes=size_bytes)


async def _sweep_blobs(database: Database, sql: Mapping[str, str], blobs: BlobStore, older_than: datetime) -> Swept:
    files = size_bytes = 0
    listed = iter(blobs.list())
    try:
        while page := await asyncio.to_thread(_page, listed, older_than):
            unnamed = await _unnamed(database, sql, [item.sha256 for item in page])
            for item in page:
                if item.sha256 not in unnamed:
                    continue
                if await asyncio.to_thread(blobs.delete, item.sha256, unless_newer_than=older_than):
                    files, size_bytes = files + 1, size_bytes + item.size_bytes
    except OSError as problem:
        raise StoreError(f"the blob store could not: {type(problem).__name__} {problem.errno}") from problem
    return Swept(files=files, size_bytes=size_bytes)


def _page(listed: Iterator[BlobInfo], older_than: datetime) -> list[BlobInfo]:
    return list(islice((item for item in listed if item.written_at < older_than), _BATCH))


async def _unnamed(database: Database, sql: Mapping[str, str], digests: Sequence[str]) -> set[str]:
    async def ask(connection: asyncpg.Connection) -> set[str]:
        return {row[0] for row in await connection.fetch(sql["unnamed_blobs"], digests)}

    return await database.read(ask)
