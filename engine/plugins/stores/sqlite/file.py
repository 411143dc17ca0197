"""The database file taken over by this process: its lock, its one writer, its readers, and the ways in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TypeVar

import apsw

from engine.plugins.stores.sqlite import SqliteSettings
from engine.plugins.stores.sqlite.bodies import Bodies
from engine.plugins.stores.sqlite.connection import make_folders, migrate, open_writer
from engine.plugins.stores.sqlite.guard import DiskGuard
from engine.plugins.stores.sqlite.lockfile import LockFile
from engine.plugins.stores.sqlite.queries import load_queries
from engine.plugins.stores.sqlite.readers import Readers, Snapshot
from engine.plugins.stores.sqlite.recovery import recover
from engine.plugins.stores.sqlite.timepiece import Timepiece, follow
from engine.plugins.stores.sqlite.tx import Tx
from engine.plugins.stores.sqlite.writer import Writer
from engine.ports.services import SiteServices
from engine.ports.store import StoreError
from engine.records.values import Part
from engine.records.wakeups import Wakeups

T = TypeVar("T")
_DAY_US = 86_400_000_000
_FILE_THREADS = 4


class SqliteFile:
    """One SQLite file, owned by one process; what stands on it is `SqliteStore`."""

    def __init__(
        self,
        settings: SqliteSettings,
        services: SiteServices,
        opener: Callable[[Path], apsw.Connection] = open_writer,
    ) -> None:
        self._settings = settings
        self._time = Timepiece(services.clock)
        self._observer = services.observer
        self._path = services.site / settings.path
        self._opener = opener
        self._lock = LockFile(self._path.with_name(self._path.name + ".lock"))
        self._bodies = Bodies(services.blobs, settings.inline)
        self._guard = DiskGuard(self._path.parent, settings.min_free, services.clock.monotonic)
        self._window_us = settings.retransmission_days * _DAY_US
        self._wakeups = Wakeups()
        self._files = ThreadPoolExecutor(_FILE_THREADS, thread_name_prefix="store-files")
        self._sql = load_queries()
        self._epoch = 0
        self._writer: Writer | None = None
        self._readers: Readers | None = None

    # --- life ---

    async def open(self) -> None:
        """Take the file over; see the port. A thread does it, the loop stays free."""
        if self._writer is not None:
            raise StoreError("a store is opened once")
        connection = await asyncio.to_thread(self._take_over)
        self._writer = Writer(
            partial(self._opener, self._path),
            self._sql,
            on_commit=self._wakeups.give,
            max_waiting=self._settings.queue,
            max_waiting_bytes=self._settings.queue_bytes,
        )
        self._writer.start(connection)

    def _take_over(self) -> apsw.Connection:
        make_folders(self._path.parent)
        self._lock.acquire()
        with ExitStack() as undo:
            undo.callback(self._lock.release)
            try:
                connection = self._opener(self._path)
                undo.callback(connection.close)
                migrate(connection)
                # Epochs never repeat: the high part counts starts, the low part the leases of this one.
                self._epoch = recover(connection, self._sql, self._now()) << 32
                self._readers = Readers(self._path, self._sql, self._settings.readers)
            except apsw.Error as problem:
                raise StoreError(f"cannot open the database: {type(problem).__name__}") from problem
            undo.pop_all()
        return connection

    async def close(self) -> None:
        """See the port. A second call does nothing."""
        writer, readers = self._writer, self._readers
        if writer is None or readers is None:
            return
        # The writer goes last: the last connection that may write moves the log into the database file.
        await asyncio.to_thread(readers.close)
        await writer.close()
        self._wakeups.close()
        await asyncio.to_thread(self._files.shutdown)
        self._lock.release()

    # --- ways in ---

    def _writing(self) -> Writer:
        if self._writer is None:
            raise StoreError("the store is not open")
        return self._writer

    def _write(self, op: Callable[[Tx], T], size: int = 0) -> asyncio.Future[T]:
        return self._writing().submit(op, size=size)

    def _reading(self, query: Callable[[Snapshot], T]) -> asyncio.Future[T]:
        if self._readers is None:
            raise StoreError("the store is not open")
        return self._readers.read(query)

    async def _read(self, query: Callable[[Snapshot], T]) -> T:
        return await self._reading(query)

    async def _body(self, name: str, key: str) -> bytes | None:
        row = await self._read(lambda view: view.one(name, key))
        return None if row is None else await self._fetch(row[0])

    async def _place(self, data: bytes | None, digest: str = "") -> Part:
        """Make a large body durable in a thread of its own, so that the fsyncs of several overlap."""
        if not self._bodies.is_large(data):
            return data
        return await asyncio.get_running_loop().run_in_executor(self._files, self._bodies.put, data, digest)

    async def _fetch(self, part: Part) -> bytes | None:
        if not isinstance(part, str):
            return part
        return await asyncio.get_running_loop().run_in_executor(self._files, self._bodies.get, part)

    def _now(self) -> int:
        return self._time.now()

    async def _follow_clock(self) -> None:
        """Move what waits for its time, after the clock was set back; asked before anything due is looked for."""
        step = self._time.take_step()
        if not step:
            return
        try:
            await self._write(partial(follow, step=step))
        except StoreError:
            self._time.put_back(step)
            raise
        self._observer.note("store.clock_set_back", level="warning", seconds=step / 1_000_000)
