"""What an administrator does to the database: its schema, and whether it is sound. Copies are PostgreSQL's own work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from engine.plugins.stores.postgres import PostgresSettings
from engine.plugins.stores.postgres.connection import as_store_error, migrate, schema_version
from engine.plugins.stores.postgres.queries import load_migrations, load_queries
from engine.ports.blobs import BlobStore
from engine.ports.store import StoreError
from engine.ports.store_life import BackupReport, SchemaState

T = TypeVar("T")
_BACKUP = "copies of a PostgreSQL database are made by pg_basebackup and its write-ahead log, not by headrace"


class PostgresUpkeep:
    """The Upkeep port. Synchronous, each call on a connection of its own; beside running engines all are allowed."""

    def __init__(self, settings: PostgresSettings, blobs: BlobStore | None) -> None:
        self._settings = settings
        self._blobs = blobs
        self._sql = load_queries()

    def schema(self) -> SchemaState:
        """How old the database is; see the port."""
        return self._ask(self._schema)

    def upgrade(self) -> SchemaState:
        """Bring the schema up to date; see the port."""

        async def act(connection: asyncpg.Connection) -> SchemaState:
            found = await migrate(connection, self._sql)
            return SchemaState(found=found, newest=load_migrations()[-1][0])

        return self._ask(act)

    def check(self) -> list[str]:
        """Everything wrong with the store, in plain words; see the port."""
        return self._ask(self._check)

    def backup(self, target: Path) -> BackupReport:
        """Not here.

        Raises:
            StoreError: always; the text names what does it.
        """
        raise StoreError(f"{_BACKUP} ({target.name} was not written)")

    def restore(self, source: Path) -> BackupReport:
        """Not here.

        Raises:
            StoreError: always; the text names what does it.
        """
        raise StoreError(f"{_BACKUP} ({source.name} was not read); after a restore, pause sending before the start")

    def _ask(self, act: Callable[[Any], Awaitable[T]]) -> T:
        with as_store_error(), ThreadPoolExecutor(max_workers=1) as thread:
            # A thread of its own: the caller may be inside a loop.
            return thread.submit(asyncio.run, self._connected(act)).result()

    def _connected(self, act: Callable[[Any], Awaitable[T]]) -> Coroutine[Any, Any, T]:
        async def run() -> T:
            dsn = self._settings.dsn.get_secret_value()
            connection = await asyncpg.connect(dsn, timeout=self._settings.timeout)
            try:
                return await act(connection)
            finally:
                await connection.close(timeout=self._settings.timeout)

        return run()

    async def _schema(self, connection: asyncpg.Connection) -> SchemaState:
        found = await schema_version(connection, self._sql)
        return SchemaState(found=found, newest=load_migrations()[-1][0])

    async def _check(self, connection: asyncpg.Connection) -> list[str]:
        state = await self._schema(connection)
        if state.found != state.newest:
            return [f"the schema is {state.found}, this release works with {state.newest}"]
        sql = self._sql
        found: list[str] = []
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            names = [row[0] for row in await connection.fetch(sql["broken_indexes"])]
            found += [f"the index {name} is not valid: REINDEX INDEX {name}" for name in names]
            damaged = await connection.fetchval(sql["count_damaged_pages"])
            found += [f"the server counted {damaged} damaged pages (checksums)"] if damaged else []
            found += _lost(await connection.fetchrow(sql["count_lost_work"]))
            wrong = await connection.fetch(sql["wrong_tallies"])
            found += [f"{len(wrong)} counts of states are wrong"] if wrong else []
            missing = [row[0] for row in await connection.fetch(sql["named_blobs"])]
        return [*found, *await asyncio.to_thread(_missing, self._blobs, missing)]


def _lost(counts: Mapping[int, int]) -> list[str]:
    texts = (
        "unfinished messages have no work",
        "pieces of work have no message or key",
        "unsent deliveries have no body",
    )
    return [f"{counts[index]} {text}" for index, text in enumerate(texts) if counts[index]]


def _missing(blobs: BlobStore | None, digests: list[str]) -> list[str]:
    """Bodies that are neither in chunks nor in the blob store."""
    if blobs is None:
        return [f"the body {digest} is missing" for digest in digests]
    return [f"the body {digest} is missing or damaged" for digest in digests if not _has(blobs, digest)]


def _has(blobs: BlobStore, digest: str) -> bool:
    try:
        blobs.get(digest)
    except (KeyError, OSError):
        return False
    return True
