"""The life of what is stored: pruning in batches, and sweeping bodies that no row names any more.

Tables are not partitioned (ADR 0011): a message in review or parked must outlive its month, retention is a channel's,
and the unique keys of deliveries and retransmissions span all of time. Each batch is a short transaction; autovacuum
gives the space back to later rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import islice

import asyncpg

from engine.plugins.stores.postgres.connection import Database
from engine.ports.blobs import BlobInfo, BlobStore
from engine.ports.store import Prunable, StoreError, Swept
from engine.records.pruning import Scans
from engine.records.values import Row, micros

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
    before: int
    dead: int
    channel: str
    limit: int


async def prune(database: Database, sql: Mapping[str, str], scans: Scans, call: Pruning) -> int:
    """Remove up to `limit` of what is older than a time; returns how many went.

    A message is kept, and with it its first answer, until no retransmission of it is answered any more: only so does
    a copy that comes late get the same answer and is not taken in twice. Messages that someone works on just now are
    passed over until the next call. Torn frames and audit rows belong to no channel: with one given, none of them goes.
    """

    async def page(after: int, count: int) -> Sequence[Row]:
        asked = (after, count, call.before, call.channel, call.dead)
        rows: Sequence[Row] = await database.read(lambda connection: connection.fetch(sql[f"scan_{call.what}"], *asked))
        return rows

    while True:
        numbers, is_end = await scans.find((call.what, call.channel, call.before), page, call.limit)
        gone = await database.write_many(partial(_remove, sql=sql, call=call, numbers=numbers)) if numbers else 0
        if gone or is_end:
            return gone


async def _remove(
    connection: asyncpg.Connection, *, sql: Mapping[str, str], call: Pruning, numbers: Sequence[int]
) -> int:
    """TRANSACTION: what is left of a batch that may still go; a message goes with all its rows, or keeps them all."""
    if call.what in {Prunable.FRAGMENTS, Prunable.AUDIT}:
        await connection.execute(sql[f"drop_{call.what}"], numbers)
        return len(numbers)
    # Asked again once the rows are locked: a replay or a new delivery may have come before the lock.
    locked = [row[0] for row in await connection.fetch(sql["lock_prunable"], numbers)]
    rows = await connection.fetch(sql["still_prunable"], locked) if locked else []
    dead = [row["sequence"] for row in rows if row["received_at"] < call.dead]
    if call.what is Prunable.MESSAGES:
        for statement in _WHOLE if dead else ():
            await connection.execute(sql[statement], dead)
        return len(dead)
    gone = [row["sequence"] for row in rows]
    for statement in ("empty_bodies", *_CONTENT) if gone else ():
        await connection.execute(sql[statement], gone)
    for statement in ("drop_bodies", "forget_retransmissions") if dead else ():
        await connection.execute(sql[statement], dead)
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
