"""Reading beside the writer: a few read-only connections, each busy with one short transaction at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue
from typing import Any, TypeVar

import apsw

from engine.plugins.stores.sqlite.connection import open_reader
from engine.plugins.stores.sqlite.rows import Row
from engine.ports.store import StoreError

T = TypeVar("T")


class Snapshot:
    """One read transaction: every statement sees the same state of the database."""

    def __init__(self, connection: apsw.Connection, sql: Mapping[str, str]) -> None:
        self._run = connection.execute
        self._sql = sql

    def one(self, name: str, *values: Any) -> Row | None:
        """The first row of a named statement."""
        return self._run(self._sql[name], values).fetchone()

    def all(self, name: str, *values: Any) -> list[Row]:
        """Every row of a named statement."""
        return self._run(self._sql[name], values).fetchall()


class Readers:
    """As many threads as connections; a reader sees every change whose call has returned."""

    def __init__(self, path: Path, sql: Mapping[str, str], count: int) -> None:
        self._sql = sql
        self._idle: SimpleQueue[apsw.Connection] = SimpleQueue()
        self._all = [open_reader(path) for _ in range(count)]
        for connection in self._all:
            self._idle.put(connection)
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="store-reader")
        self._closed = False

    async def read(self, query: Callable[[Snapshot], T]) -> T:
        """Run a query in a reader's thread.

        Raises:
            StoreError: the store is closed, or the database could not be read.
        """
        if self._closed:
            raise StoreError("the store is closed")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._query, query)

    def _query(self, query: Callable[[Snapshot], T]) -> T:
        connection = self._idle.get()
        try:
            # TRANSACTION: reads only, so that all statements of one question see one state; stores nothing.
            connection.execute("BEGIN")
            try:
                return query(Snapshot(connection, self._sql))
            finally:
                connection.execute("ROLLBACK")
        except apsw.Error as problem:
            raise StoreError(f"the database could not be read: {type(problem).__name__}") from problem
        finally:
            self._idle.put(connection)

    def close(self) -> None:
        """Wait for running queries, then close the connections."""
        self._closed = True
        self._threads.shutdown(wait=True)
        for connection in self._all:
            connection.close()
