"""The one thread that writes: whatever is queued becomes one transaction, whatever it was asked answers after it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

import apsw

from engine.plugins.stores.sqlite.connection import CHECKPOINT_BUSY
from engine.plugins.stores.sqlite.tx import BROKEN, OF_ONE_OP, Apart, Tx
from engine.ports.store import StoreError, StoreFull

A = TypeVar("A")
T = TypeVar("T")

MAX_OPS = 256
MAX_BYTES = 16 * 1024 * 1024
_IDLE_SECONDS = 0.05
_CHECKPOINT_IDLE = 1_000
_TRUNCATE_PAGES = 65_536  # 256 MB of log


@dataclass(slots=True)
class _Job(Generic[T]):
    op: Callable[[Tx, Sequence[Any]], Sequence[T | BaseException]]
    argument: Any
    future: asyncio.Future[T]
    size: int
    outcome: T | None = None
    error: BaseException | None = None


class Writer:
    """Group commit without added wait.

    A batch is what waits when the previous COMMIT returns, at most `MAX_OPS` operations and about `MAX_BYTES`. One
    operation that fails takes nothing else with it. Operations of one kind are run together, kinds in the order they
    came. Operations may be run twice, therefore they are functions of their arguments and the database. Futures are
    resolved by one call into the loop for each batch, after the COMMIT.
    """

    def __init__(
        self,
        opener: Callable[[], apsw.Connection],
        sql: Mapping[str, str],
        *,
        on_commit: Callable[[list[str]], None],
        max_waiting: int,
        max_waiting_bytes: int,
    ) -> None:
        self._opener = opener
        self._sql = sql
        self._on_commit = on_commit
        self._max_waiting = max_waiting
        self._max_waiting_bytes = max_waiting_bytes
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._batch: list[_Job[Any]] = []
        self._waiting = 0
        self._waiting_bytes = 0
        self._closed = False
        self._pages = 0
        self._connection: apsw.Connection | None = None
        self._tx: Tx | None = None
        self._loop = asyncio.get_running_loop()
        self._finished: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._main, name="store-writer", daemon=True)

    def start(self, connection: apsw.Connection) -> None:
        """Begin with a connection that is open and migrated; it belongs to the writer from now on."""
        self._use(connection)
        self._thread.start()

    def submit(self, op: Callable[[Tx], T], *, size: int = 0) -> asyncio.Future[T]:
        """Queue an operation; the future is done when its transaction is durable or it failed.

        Raises:
            StoreError: the store is closed.
        """
        return self.submit_many(_one_by_one, op, size=size)

    def submit_many(
        self, op: Callable[[Tx, Sequence[A]], Sequence[T | BaseException]], argument: A, *, size: int = 0
    ) -> asyncio.Future[T]:
        """Like `submit`, for a kind of operation that does many at once.

        Args:
            op: gives for each argument what came of it, or the error of one that left nothing behind.
            argument: of this call.
            size: bytes of bodies.

        Raises:
            StoreError: the store is closed.
        """
        if self._closed:
            raise StoreError("the store is closed")
        job: _Job[T] = _Job(op, argument, self._loop.create_future(), size)
        self._waiting += 1
        self._waiting_bytes += size
        self._jobs.put(job)
        return job.future

    def require_room(self) -> None:
        """Raise StoreFull when more waits than the settings allow; asked before taking something new in."""
        if self._waiting >= self._max_waiting or self._waiting_bytes >= self._max_waiting_bytes:
            raise StoreFull("too many changes wait for the disk")

    @property
    def is_closed(self) -> bool:
        """Whether nothing is taken any more."""
        return self._closed

    @property
    def pressure(self) -> float:
        """The fuller of calls and bytes that wait, as a share of what is allowed, at most 1."""
        return min(1.0, max(self._waiting / self._max_waiting, self._waiting_bytes / self._max_waiting_bytes))

    async def close(self) -> None:
        """Finish what is queued, take nothing more, close the connection."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
        await asyncio.shield(self._finished)
        self._thread.join()  # it has nothing left to do but to return

    # --- the thread ---

    def _main(self) -> None:
        try:
            while self._take():
                self._commit(self._batch)
        finally:
            self._closed = True
            self._drop_connection()
            self._call_loop(self._abandon)

    def _take(self) -> bool:
        """Fill the batch with what waits; False when the writer shall end."""
        self._batch = batch = []
        job = self._wait()
        if job is None:
            return False
        batch.append(job)
        size = job.size
        while len(batch) < MAX_OPS and size < MAX_BYTES:
            try:
                job = self._jobs.get_nowait()
            except Empty:
                break
            if job is None:
                self._jobs.put(None)
                break
            batch.append(job)
            size += job.size
        return True

    def _wait(self) -> _Job[Any] | None:
        if self._pages >= _CHECKPOINT_IDLE:
            try:
                return self._jobs.get(timeout=_IDLE_SECONDS)
            except Empty:
                self._checkpoint(apsw.SQLITE_CHECKPOINT_PASSIVE)
        return self._jobs.get()

    def _commit(self, batch: list[_Job[Any]]) -> None:
        hints: list[str] | None = None
        try:
            hints = self._together(batch)
            if hints is None:
                hints = self._apart(batch)
        except (StoreError, apsw.Error) as problem:
            self._fail(batch, problem)
        self._call_loop(self._resolve, batch, hints or [])
        if self._pages >= CHECKPOINT_BUSY:
            truncate = self._pages >= _TRUNCATE_PAGES
            self._checkpoint(apsw.SQLITE_CHECKPOINT_TRUNCATE if truncate else apsw.SQLITE_CHECKPOINT_PASSIVE)

    def _together(self, batch: list[_Job[Any]]) -> list[str] | None:
        """Run a batch without savepoints, which cost a third of an accept; None when one failed half-way.

        An operation that refuses before it wrote anything fails alone. One that fails after it wrote something takes
        the transaction back, and the batch is run again, each operation apart.
        """
        tx = self._begin()
        kinds: dict[Any, list[_Job[Any]]] = {}
        for job in batch:
            kinds.setdefault(job.op, []).append(job)
        try:
            for jobs in kinds.values():
                _run(tx, jobs)
            return self._end(tx)
        except BROKEN:
            raise
        except (*OF_ONE_OP, Apart):
            tx.clear()
            self._roll_back()
            return None

    def _apart(self, batch: list[_Job[Any]]) -> list[str]:
        """Run a batch with a savepoint for each operation, so that one that fails takes only itself back."""
        tx = self._begin()
        for job in batch:
            _attempt(tx, job)
        return self._end(tx)

    def _begin(self) -> Tx:
        tx = self._tx or self._reopen()
        tx.clear()
        # TRANSACTION: the operations of one batch and the tallies they changed. A restart sees all of those that were
        # answered, because no future is resolved before the COMMIT returned.
        tx.run("BEGIN IMMEDIATE")
        return tx

    def _end(self, tx: Tx) -> list[str]:
        tx.settle_tallies()
        tx.run("COMMIT")
        return list(dict.fromkeys(tx.hints))

    def _fail(self, batch: list[_Job[Any]], problem: StoreError | apsw.Error) -> None:
        for job in batch:
            if job.error is None:
                job.error = _explain(problem)
        if isinstance(problem, BROKEN):
            self._drop_connection()
            return
        try:
            self._roll_back()
        except apsw.Error:
            self._drop_connection()

    def _roll_back(self) -> None:
        if self._connection is not None and self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _reopen(self) -> Tx:
        """A fresh connection after an I/O error.

        The pages whose fsync failed may look clean to the kernel while the disk never got them. Copying the whole log
        into the database file and starting a new one makes sure that no later commit stands on such a page.
        """
        connection = self._opener()
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        return self._use(connection)

    def _use(self, connection: apsw.Connection) -> Tx:
        connection.set_wal_hook(self._note_pages)
        self._connection = connection
        self._pages = 0
        self._tx = Tx(connection, self._sql)
        return self._tx

    def _note_pages(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._pages = pages
        return apsw.SQLITE_OK

    def _drop_connection(self) -> None:
        connection, self._connection, self._tx = self._connection, None, None
        if connection is not None:
            try:
                connection.close(force=True)
            except apsw.Error:
                return

    def _checkpoint(self, mode: int) -> None:
        self._pages = 0
        if self._connection is None:
            return
        try:
            self._connection.wal_checkpoint(mode=mode)
        except apsw.BusyError:
            return  # a reader is in the way; the next one gets there
        except apsw.Error:
            self._drop_connection()

    def _call_loop(self, callback: Callable[..., None], *values: Any) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(callback, *values)

    # --- back in the loop ---

    def _resolve(self, batch: list[_Job[Any]], hints: list[str]) -> None:
        for job in batch:
            self._waiting -= 1
            self._waiting_bytes -= job.size
            if job.future.done():
                continue
            if job.error is None:
                job.future.set_result(job.outcome)
            else:
                job.future.set_exception(job.error)
        if hints:
            self._on_commit(hints)

    def _abandon(self) -> None:
        """Nobody waits for a thread that is gone: whatever it had not answered fails."""
        left = list(self._batch)
        while not self._jobs.empty():
            left += [job for job in [self._jobs.get_nowait()] if job is not None]
        for job in left:
            if not job.future.done():
                job.future.set_exception(StoreError("the store is closed"))
        if not self._finished.done():
            self._finished.set_result(None)


def _one_by_one(tx: Tx, ops: Sequence[Callable[[Tx], Any]]) -> list[Any]:
    def run(op: Callable[[Tx], Any]) -> Any:
        outcome = op(tx)
        tx.flush()
        return outcome

    return tx.each(run, ops)


def _run(tx: Tx, jobs: list[_Job[Any]]) -> None:
    outcomes = jobs[0].op(tx, [job.argument for job in jobs])
    tx.flush()
    for job, outcome in zip(jobs, outcomes, strict=True):
        if isinstance(outcome, BaseException):
            job.outcome, job.error = None, _explain(outcome)
        else:
            job.outcome, job.error = outcome, None


def _attempt(tx: Tx, job: _Job[Any]) -> None:
    tallies, hints = len(tx.tallies), len(tx.hints)
    tx.run("SAVEPOINT op")
    try:
        _run(tx, [job])
    except BROKEN:
        raise
    except (*OF_ONE_OP, Apart) as problem:
        tx.drop_kept()
        tx.run("ROLLBACK TO op")
        del tx.tallies[tallies:], tx.hints[hints:]
        job.error = _explain(problem.__cause__ if isinstance(problem, Apart) and problem.__cause__ else problem)
    tx.run("RELEASE op")


def _explain(problem: BaseException) -> BaseException:
    """The error the caller gets: the port's own kinds, without any value of the rows."""
    if isinstance(problem, apsw.FullError):
        return StoreFull("the disk is full")
    if isinstance(problem, apsw.Error):
        wrapped = StoreError(f"not stored: {type(problem).__name__}")
        wrapped.__cause__ = problem
        return wrapped
    return problem
