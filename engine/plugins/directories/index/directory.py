"""The index as a directory that answers, and as a register that is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import apsw

from engine.domain.frequency import Chances, Commonness
from engine.domain.patient import Demographics, PatientRecord
from engine.domain.register import PatientNews
from engine.plugins.directories.index import IndexSettings, copies, counting, tables
from engine.ports.directory import DirectoryUnavailable
from engine.ports.register import KnownPatient
from engine.ports.services import SiteServices

T = TypeVar("T")


class _Batch:
    """News that are written together: a disk flushes once for many messages."""

    def __init__(self) -> None:
        self.news: list[PatientNews] = []
        self.changed: int | None = None


class IndexDirectory:
    """The ports `Directory` and `PatientRegister` over one SQLite file."""

    def __init__(self, settings: IndexSettings, services: SiteServices) -> None:
        self.default_authority = settings.default_authority
        self._path = services.site / settings.path
        self._zone = ZoneInfo(settings.time_zone) if settings.time_zone else None
        self._observer = services.observer
        self._writer: apsw.Connection | None = None
        self._reader: apsw.Connection | None = None
        self._write_lock, self._read_lock = threading.Lock(), threading.Lock()
        self._turn = asyncio.Lock()
        self._batch = _Batch()

    async def candidates(self, person: Demographics) -> Sequence[PatientRecord]:
        """Everyone who shares an identifier, the birth date (or its swapped or near form), or a name.

        Somebody merged into another comes with that other, linked records come together.
        """
        return await self._ask(lambda reader: tables.find(reader, person))

    async def commonness(self, record: PatientRecord) -> Commonness | None:
        """See `CountsPeople`; a name counts wherever one of its words stands in another one's, so never too little."""
        return await self._ask(lambda reader: counting.commonness(reader, record))

    async def chances(self) -> Chances:
        """See `CountsPeople`."""
        return await self._ask(counting.chances)

    async def known(self, number: str) -> Sequence[KnownPatient]:
        """See the port."""
        rows = await self._ask(lambda reader: tables.known(reader, number))
        return tuple(KnownPatient(key=key, facts=facts) for key, facts in rows)

    async def apply(self, news: Sequence[PatientNews]) -> int:
        """See the port. Whoever comes while a batch is being written waits for the next, which is written for all.

        Returns:
            How many records of the whole batch changed.
        """
        batch = self._batch
        batch.news += news
        async with self._turn:
            if batch.changed is None:  # nobody wrote it yet, or failed to
                if self._batch is batch:
                    self._batch = _Batch()
                batch.changed = await asyncio.to_thread(self._write, batch.news)
        return batch.changed

    def back_up(self, target: Path) -> int:
        """See `CopiedRegister`."""
        return self._guarded(lambda: copies.copy(self._path, target) if self._path.exists() else 0)

    def restore(self, source: Path) -> int:
        """See `CopiedRegister`."""
        self._close()
        return self._guarded(lambda: copies.put_back(source, self._path))

    def faults(self) -> list[str]:
        """See `CopiedRegister`."""
        return copies.faults(self._path)

    async def close(self) -> None:
        """Close the file."""
        await asyncio.to_thread(self._close)

    def _write(self, news: Sequence[PatientNews]) -> int:
        said = [(item.key, item.said, _stamp(item, self._zone)) for item in news]
        with self._write_lock:
            return self._guarded(lambda: tables.write(self._open_writer(), said))

    async def _ask(self, question: Callable[[apsw.Connection], T]) -> T:
        return await asyncio.to_thread(self._read, question)

    def _read(self, question: Callable[[apsw.Connection], T]) -> T:
        with self._read_lock:
            return self._guarded(lambda: question(self._open_reader()))

    def _guarded(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except (apsw.Error, OSError) as problem:
            self._observer.note("directory.unreadable", level="error", error=type(problem).__name__)
            raise DirectoryUnavailable("the patient index cannot be used") from None

    def _open_writer(self) -> apsw.Connection:
        if self._writer is None:
            self._writer = tables.open_writer(self._path)
        return self._writer

    def _open_reader(self) -> apsw.Connection:
        if self._reader is None:
            if not self._path.exists():
                with self._write_lock:
                    self._open_writer()
            self._reader = tables.open_reader(self._path)
        return self._reader

    def _close(self) -> None:
        with self._read_lock, self._write_lock:
            for connection in (self._reader, self._writer):
                if connection is not None:
                    connection.close()
            self._reader = self._writer = None


def _stamp(news: PatientNews, zone: ZoneInfo | None) -> str:
    """Texts that sort by when a message was recorded, then sent, then received."""
    return "|".join((_utc(news.at, zone), _utc(news.sent, zone) if news.sent else "", news.tie))


def _utc(moment: datetime, zone: ZoneInfo | None) -> str:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone) if zone else moment.astimezone()
    return aware.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
