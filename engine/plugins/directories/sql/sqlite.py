"""Asking a SQLite file: read-only connections, each busy with one person at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

import apsw

from engine.links.failures import CallFailed, Cause
from engine.plugins.directories.sql.directory import Query
from engine.plugins.directories.sql.rows import Row, missing_columns
from engine.plugins.directories.sql.settings import SqlSettings
from engine.ports.clock import Clock

_STEPS_BETWEEN_LOOKS = 20_000
"""Steps of SQLite's machine, some milliseconds, after which it is asked whether time is up."""
_OF_THE_QUESTION = (apsw.MismatchError, apsw.TooBigError, apsw.RangeError)


class SqliteDatabase:
    """Implements `directory.Database`."""

    def __init__(self, settings: SqlSettings, path: Path, clock: Clock) -> None:
        self._path = path
        self._timeout = settings.timeout
        self._clock = clock
        self._turns = asyncio.Semaphore(settings.connections)
        self._idle: list[apsw.Connection] = []

    async def ask(self, queries: Sequence[Query], most: int) -> list[list[Row]]:
        """See the port."""
        async with self._turns:
            return await asyncio.to_thread(self._visit, queries, most)

    def _visit(self, queries: Sequence[Query], most: int) -> list[list[Row]]:
        """One visit in a thread; a connection that failed is not used again."""
        deadline = self._clock.monotonic() + self._timeout
        connection: apsw.Connection | None = None
        try:
            connection = self._idle.pop() if self._idle else _open(self._path, self._timeout)
            connection.set_progress_handler(lambda: self._clock.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
            answers = _answers(connection, queries, most)
        except (apsw.Error, CallFailed) as problem:
            if connection is not None:
                connection.close()
            raise problem if isinstance(problem, CallFailed) else CallFailed(_cause(problem)) from None
        self._idle.append(connection)
        return answers

    async def close(self) -> None:
        """Close what is not in use."""
        while self._idle:
            self._idle.pop().close()


def _open(path: Path, timeout: float) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.set_busy_timeout(int(timeout * 1000))
    for pragma in ("query_only = ON", "trusted_schema = OFF", "mmap_size = 0", "temp_store = MEMORY"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def _answers(connection: apsw.Connection, queries: Sequence[Query], most: int) -> list[list[Row]]:
    """TRANSACTION: reads only, so that all questions see one state; stores nothing."""
    connection.execute("BEGIN")
    try:
        return [_rows(connection, query, most) for query in queries]
    finally:
        connection.execute("ROLLBACK")


def _rows(connection: apsw.Connection, query: Query, most: int) -> list[Row]:
    cursor = connection.cursor()
    cursor.execute(query.statement.text, dict(query.values))
    found: list[Row] = []
    for values in cursor:
        if not found:
            columns = [column[0] for column in cursor.get_description()]
            if missing_columns(columns):
                raise CallFailed(Cause.WRONG_SHAPE)
        found.append(dict(zip(columns, values, strict=True)))
        if len(found) > most:
            cursor.close(True)  # noqa: FBT003 - the driver's own signature: force
            break
    return found


def _cause(problem: apsw.Error) -> Cause:
    if isinstance(problem, (apsw.InterruptError, apsw.BusyError, apsw.LockedError)):
        return Cause.TIMEOUT
    if isinstance(problem, (apsw.CantOpenError, apsw.NotADBError)):
        return Cause.CONNECT
    if isinstance(problem, _OF_THE_QUESTION):
        return Cause.QUESTION
    if isinstance(problem, (apsw.SQLError, apsw.ReadOnlyError, apsw.AuthError)):
        return Cause.CLIENT_ERROR
    return Cause.SERVER
