"""The life of what is stored: pruning in batches, and sweeping bodies that no row names any more.

Tables are not partitioned: a message in review or parked must outlive its month, and the unique keys of deliveries and
retransmissions span all of time. Each batch is a short transaction; autovacuum gives the space back to later rows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice

import asyncpg

from engine.plugins.stores.postgres.connection import Database
from engine.plugins.stores.postgres.rows import micros
from engine.plugins.stores.postgres.search import first_from
from engine.ports.blobs import BlobInfo, BlobStore
from engine.ports.store import Prunable, StoreError, Swept

_SLACK = timedelta(hours=1)
_BATCH = 500
_BODIES = ("drop_bodies", "drop_delivery_bodies", "drop_outputs", "drop_dossiers")
_WHOLE = (*_BODIES, "drop_metadata", "drop_fingerprints", "drop_reviews", "drop_deliveries", "drop_messages")


async def prune(
    connection: asyncpg.Connection,
    sql: Mapping[str, str],
    what: Prunable,
    *,
    before: datetime,
    channel: str,
    limit: int,
) -> int:
    """Remove up to `limit` of what is older than a time; returns how many went.

    TRANSACTION: a message goes with all its rows, or keeps them all. Messages that someone works on just now are
    passed over until the next call. Fragments and audit rows are of no channel: asked for one, none goes.
    """
    limits = (micros(before), limit)
    if what in {Prunable.FRAGMENTS, Prunable.AUDIT}:
        statement = "prune_fragments" if what is Prunable.FRAGMENTS else "prune_audit"
        return 0 if channel else len(await connection.fetch(sql[statement], *limits))
    if what is Prunable.BODIES:
        end = await first_from(connection, sql, before + _SLACK)
        rows = await connection.fetch(sql["prunable_bodies"], limits[0], channel, limit, end)
    else:
        rows = await connection.fetch(sql["prunable_messages"], limits[0], channel, limit)
    sequences = [row[0] for row in rows]
    if sequences:
        for statement in _BODIES if what is Prunable.BODIES else _WHOLE:
            await connection.execute(sql[statement], sequences)
    return len(sequences)


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

    while sizes := await database.write(drop):
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
                if item.sha256 in unnamed:
                    await asyncio.to_thread(blobs.delete, item.sha256)
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
