"""Asking a PostgreSQL server: a small pool of sessions that the server itself holds to reading."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg

from engine.links.failures import CallFailed, Cause
from engine.plugins.directories.sql.directory import Query
from engine.plugins.directories.sql.rows import Row, missing_columns
from engine.plugins.directories.sql.settings import SqlSettings
from engine.ports.fields import Secret

_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_OF_THE_QUESTION = "22"
"""The class of SQLSTATE that is about values: a text that is no number, a date that does not exist."""
_TIMED_OUT = frozenset({"57014", "25P03", "25P04", "55P03"})
_DENIED = ("28", "42501")
_OF_THE_QUERY = ("42", "25", "0A", "3D", "3F")


class PostgresDatabase:
    """Implements `directory.Database`; connects with the first question."""

    def __init__(self, settings: SqlSettings, dsn: Secret, name: str) -> None:
        self._settings = settings
        self._dsn = dsn
        self._name = name
        self._pool: Any = None
        self._opening = asyncio.Lock()

    async def ask(self, queries: Sequence[Query], most: int) -> list[list[Row]]:
        """See the port."""
        try:
            async with asyncio.timeout(self._settings.timeout):
                pool = await self._opened()
                async with pool.acquire() as connection:
                    return await _answers(connection, queries, most)
        except _FAILURES as problem:
            raise CallFailed(_cause(problem)) from None

    async def _opened(self) -> Any:
        async with self._opening:
            if self._pool is None:
                self._pool = await asyncpg.create_pool(
                    self._dsn.get_secret_value(),
                    min_size=0,
                    max_size=self._settings.connections,
                    max_inactive_connection_lifetime=60.0,
                    timeout=self._settings.timeout,
                    server_settings=self._server_settings(),
                )
            return self._pool

    def _server_settings(self) -> dict[str, str]:
        """What the server itself holds us to, whatever the query says."""
        limit = str(int(self._settings.timeout * 1000))
        return {
            "application_name": f"headrace directory {self._name}"[:63],
            "default_transaction_read_only": "on",
            "statement_timeout": limit,
            "lock_timeout": limit,
            "idle_in_transaction_session_timeout": limit,
            "jit": "off",
        }

    async def close(self) -> None:
        """Drop the connections; a question that is on its way gets its time."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(self._settings.timeout):
                await pool.close()
        except _FAILURES:
            pool.terminate()


async def _answers(connection: Any, queries: Sequence[Query], most: int) -> list[list[Row]]:
    """TRANSACTION: READ ONLY and REPEATABLE READ, so that all questions see one state; the server refuses to write."""
    async with connection.transaction(readonly=True, isolation="repeatable_read"):
        return [await _rows(connection, query, most) for query in queries]


async def _rows(connection: Any, query: Query, most: int) -> list[Row]:
    text, order = query.statement.numbered()
    prepared = await connection.prepare(text)
    if missing_columns([attribute.name for attribute in prepared.get_attributes()]):
        raise CallFailed(Cause.WRONG_SHAPE)
    cursor = await prepared.cursor(*(query.values[name] for name in order))
    return [dict(row) for row in await cursor.fetch(most + 1)]


def _cause(problem: BaseException) -> Cause:
    code = str(getattr(problem, "sqlstate", None) or "")
    if isinstance(problem, TimeoutError) or code in _TIMED_OUT:
        return Cause.TIMEOUT
    if code[:2] == _OF_THE_QUESTION or isinstance(problem, ValueError):  # the driver's own DataError
        return Cause.QUESTION
    if code.startswith(_DENIED):
        return Cause.DENIED
    if code.startswith(_OF_THE_QUERY):
        return Cause.CLIENT_ERROR
    if isinstance(problem, (OSError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError)):
        return Cause.CONNECT
    return Cause.SERVER
