"""Reading beside the writer: a few read-only connections, each busy with one short transaction at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

import apsw

from engine.plugins.stores.sqlite.connection import open_reader
from engine.ports.store import StoreError
from engine.records.values import Row

T = TypeVar("T")
A = TypeVar("A")


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

    def read(self, query: Callable[[Snapshot], T]) -> asyncio.Future[T]:
        """Run a query in a reader's thread; the answer raises StoreError when the database could not be read.

        Raises:
            StoreError: the store is closed.
        """
        if self._closed:
            raise StoreError("the store is closed")
        return asyncio.get_running_loop().run_in_executor(self._threads, self._query, query)

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


class Gathered(Generic[A, T]):
    """A question that many ask at about the same time: whatever gathers while one answer is fetched goes together.

    To hand a question of some microseconds to a thread costs more than the question.

    Args:
        read: runs a query, as `Readers.read` does.
        query: answers one question in a snapshot.
    """

    def __init__(
        self,
        read: Callable[[Callable[[Snapshot], list[T]]], asyncio.Future[list[T]]],
        query: Callable[[Snapshot, A], T],
    ) -> None:
        self._read = read
        self._query = query
        self._waiting: list[tuple[A, asyncio.Future[T]]] = []
        self._is_asking = False

    def ask(self, argument: A) -> asyncio.Future[T]:
        """One question; its answer raises StoreError when the database could not be read."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self._waiting.append((argument, future))
        if not self._is_asking:
            self._is_asking = True
            loop.call_soon(self._fetch)  # what is ready to run now may ask as well
        return future

    def _fetch(self) -> None:
        asked, self._waiting = self._waiting, []
        try:
            answers = self._read(lambda view: [self._query(view, argument) for argument, _ in asked])
        except StoreError as problem:
            self._is_asking = False
            for _, future in asked:
                _fail(future, problem)
        else:
            answers.add_done_callback(partial(self._answer, asked))

    def _answer(self, asked: Sequence[tuple[A, asyncio.Future[T]]], answers: asyncio.Future[list[T]]) -> None:
        problem = StoreError("the store is closed") if answers.cancelled() else answers.exception()
        for number, (_, future) in enumerate(asked):
            if problem is not None:
                _fail(future, problem)
            elif not future.done():
                future.set_result(answers.result()[number])
        self._is_asking = bool(self._waiting)
        if self._waiting:
            self._fetch()


def _fail(future: asyncio.Future[T], problem: BaseException) -> None:
    """Whoever gave up asking needs no answer."""
    if not future.done():
        future.set_exception(problem)
