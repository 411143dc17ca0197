"""Where bodies lie: small ones in their row, large ones in the blob store, or without one in chunks of the database."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from hashlib import sha256

import asyncpg

from engine.ports.blobs import BlobStore
from engine.ports.store import BodyMissing
from engine.records import apart
from engine.records.values import Part

_CHUNK_BYTES = 1024 * 1024


class Bodies:
    """Puts bodies where they belong and brings them back; one for each store."""

    def __init__(self, blobs: BlobStore | None, inline: int, sql: Mapping[str, str]) -> None:
        self._blobs = blobs
        self._inline = inline
        self._sql = sql

    def is_large(self, data: bytes | None) -> bool:
        """Whether the bytes do not go into the row."""
        return data is not None and len(data) >= self._inline

    async def put(self, connection: asyncpg.Connection, data: bytes | None, now: int, digest: str = "") -> Part:
        """Make a large body durable and return its digest; a small one is returned as it is.

        TRANSACTION: the caller's, for the chunks. A crash after it and before the row that names them leaves chunks
        that the sweep removes.

        Raises:
            StoreFull: there is no space for it.
            StoreError: the blob store could not.
        """
        if data is None or not self.is_large(data):
            return data
        name = digest or sha256(data).hexdigest()
        if self._blobs is None:
            await self._put_chunks(connection, name, data, now)
            return name
        await asyncio.to_thread(apart.put, self._blobs, name, data)
        return name

    async def _put_chunks(self, connection: asyncpg.Connection, name: str, data: bytes, now: int) -> None:
        if await connection.fetchval(self._sql["enter_blob"], name, len(data), now):
            for number, start in enumerate(range(0, len(data), _CHUNK_BYTES)):
                await connection.execute(self._sql["add_chunk"], name, number, data[start : start + _CHUNK_BYTES])

    async def in_database(self, connection: asyncpg.Connection, name: str) -> bytes | None:
        """A large body out of its chunks, None when the database has none of it.

        Raises:
            BodyMissing: it is damaged.
        """
        chunks = await connection.fetch(self._sql["blob_chunks"], name)
        if not chunks:
            return None
        data = b"".join(row[0] for row in chunks)
        if sha256(data).hexdigest() != name:
            raise BodyMissing("a body is damaged in the database")
        return data

    async def outside(self, name: str) -> bytes:
        """A large body from the blob store; asked outside any transaction, for it may be far away.

        Raises:
            BodyMissing: it is not there, or damaged.
            StoreError: it cannot be read just now.
        """
        return await asyncio.to_thread(apart.get, self._blobs, name)
