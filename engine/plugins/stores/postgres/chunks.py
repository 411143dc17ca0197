"""Where bodies lie: small ones in their row, large ones in the blob store, or without one in chunks of the database."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Mapping
from hashlib import sha256

import asyncpg

from engine.ports.blobs import BlobStore
from engine.ports.store import BodyMissing, StoreError, StoreFull
from engine.records.values import Part

BATCH_BYTES = 8 * 1024 * 1024
"""Large bodies that one claim or one batch of deliveries brings along; further ones are fetched in turn."""
_CHUNK_BYTES = 1024 * 1024
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


def split(part: Part) -> tuple[bytes | None, str | None]:
    """The two columns of a body: the bytes, and the digest under which they lie elsewhere."""
    return (None, part) if isinstance(part, str) else (part, None)


def joined(data: bytes | None, digest: str | None) -> Part:
    """A body of its two columns."""
    return data if digest is None else digest


class Allowance:
    """Counts the large bodies of one batch."""

    def __init__(self, size_bytes: int) -> None:
        self._left = size_bytes

    def covers(self, part: Part, size_bytes: int) -> bool:
        """Whether this body still belongs to the batch; small ones, which are in the row, always do."""
        if not isinstance(part, str):
            return True
        self._left -= size_bytes
        return self._left >= 0


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
        try:
            await asyncio.to_thread(self._blobs.put, name, data)
        except OSError as problem:
            kind = StoreFull if problem.errno in _NO_SPACE else StoreError
            raise kind(f"a body could not be stored: {type(problem).__name__} {problem.errno}") from problem
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
        if self._blobs is None:
            raise BodyMissing("a body is missing in the database")
        try:
            return await asyncio.to_thread(self._blobs.get, name)
        except KeyError as problem:
            raise BodyMissing("a body is missing or damaged in the blob store") from problem
        except OSError as problem:
            raise StoreError(f"a body cannot be read just now: {type(problem).__name__}") from problem
