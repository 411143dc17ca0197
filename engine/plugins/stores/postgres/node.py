"""One node on the database: opening, leaving, its tasks, and the way of bodies in and out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import timedelta
from typing import Any

from engine.domain.message import MessageId
from engine.plugins.stores.postgres import PostgresSettings, views
from engine.plugins.stores.postgres.chunks import Bodies
from engine.plugins.stores.postgres.connection import Database, as_store_error
from engine.plugins.stores.postgres.hints import Hints
from engine.plugins.stores.postgres.leases import Leases
from engine.plugins.stores.postgres.queries import load_queries
from engine.plugins.stores.postgres.timepiece import Timepiece, Told, ask_database
from engine.ports.services import SiteServices
from engine.records.values import Part, micros
from engine.records.wakeups import Wakeups

_LARGEST_BYTES = 64 << 20
_BYTES_PER_SECOND = 5_000_000
"""What a large body may take, on top of the time of any call."""


class PostgresNode:
    """What the store's calls stand on."""

    def __init__(
        self, settings: PostgresSettings, services: SiteServices, *, tell: Callable[[], Told] = ask_database
    ) -> None:
        self._settings = settings
        self._clock = services.clock
        self._observer = services.observer
        self._blobs = services.blobs
        self._node = services.node
        self._sql = load_queries()
        self._db = Database(settings, services.node, self._sql)
        self._bodies = Bodies(services.blobs, settings.inline, self._sql)
        self._wakeups = Wakeups()
        self._hints = Hints(self._db, self._sql, self._wakeups)
        self._timepiece = Timepiece(self._sql, tell)
        self._leases = Leases(
            self._db,
            self._sql,
            self._timepiece,
            node=services.node,
            seconds=settings.lease,
            observer=services.observer,
        )
        self._leases.woken = self._hints.give
        self._window_us = timedelta(days=settings.retransmission_days) // timedelta(microseconds=1)
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """See the port. What a crashed start of this node left leased runs out within a lease's time."""
        await self._db.open()
        await self._leases.begin()
        started_at = self._now()
        with as_store_error():
            await self._leases.beat(started_at)  # from here on the others see this node
        self._tasks = [
            asyncio.create_task(self._leases.run(started_at), name=f"leases of {self._node}"),
            asyncio.create_task(self._hints.run(), name=f"hints of {self._node}"),
        ]

    async def close(self) -> None:
        """See the port: what was begun ends, leases are given back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._db.is_open:
            await self._leases.leave()
        await self._db.close()
        self._wakeups.close()

    def wakeups(self) -> AsyncIterator[str]:
        """See the port."""
        return self._wakeups.listen()

    async def is_listening(self) -> None:
        """Wait until hints of other nodes are heard."""
        await self._hints.is_listening.wait()

    def _now(self) -> int:
        return micros(self._clock.now())

    def _hint(self, hints: Iterable[str]) -> None:
        self._hints.give(hints)

    async def _place(self, data: bytes | None, digest: str = "") -> Part:
        """Make a large body durable before anything names it."""
        if data is None or not self._bodies.is_large(data):
            return data
        now = self._now()
        if self._blobs is not None:
            return await self._bodies.put(None, data, now, digest)
        seconds = self._settings.timeout + len(data) / _BYTES_PER_SECOND
        return await self._db.write(lambda connection: self._bodies.put(connection, data, now, digest), seconds=seconds)

    async def _fetch(self, part: Part, size_bytes: int = 0) -> bytes | None:
        """The bytes of a body. Raises BodyMissing, and StoreError when they cannot be read just now."""
        if not isinstance(part, str):
            return part
        seconds = self._settings.timeout + size_bytes / _BYTES_PER_SECOND
        kept = await self._db.ask(lambda connection: self._bodies.in_database(connection, part), seconds=seconds)
        return await self._bodies.outside(part) if kept is None else kept

    async def _read(self, function: Any, *values: Any, **named: Any) -> Any:
        return await self._db.read(lambda connection: function(connection, self._sql, *values, **named))

    async def _ask(self, function: Any, *values: Any) -> Any:
        return await self._db.ask(lambda connection: function(connection, self._sql, *values))

    async def _write(self, function: Any, *values: Any, **named: Any) -> Any:
        return await self._db.write(lambda connection: function(connection, self._sql, *values, **named))

    async def _act(self, function: Any, *values: Any, **named: Any) -> bool:
        """What a person does: the hints of the act go out after its COMMIT; None is `there is nothing of that id`."""
        hints = await self._write(function, *values, now=self._now(), **named)
        if hints is None:
            return False
        self._hint(hints)
        return True

    async def _body(self, which: str, name: MessageId | str) -> bytes | None:
        part: Part = await self._ask(views.body, which, name)
        return await self._fetch(part, _LARGEST_BYTES)
