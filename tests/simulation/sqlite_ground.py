"""The embedded store on the same ground: its writer's thread is taken out, its commits are steps of the loop."""
# ruff: noqa: ARG002 - a ground takes what a world gives it

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from unittest.mock import patch

from engine.pipeline.ordering import Order
from engine.plugins.stores import sqlite
from engine.plugins.stores.sqlite import file as sqlite_file
from engine.plugins.stores.sqlite.store import SqliteStore
from engine.plugins.stores.sqlite.tx import Tx
from engine.plugins.stores.sqlite.writer import Writer
from engine.ports.services import SiteServices
from tests.simulation.loop import SimLoop
from tests.simulation.model_store import Weather
from tests.simulation.node import DrawnIds, Node, NodeClock, Notes
from tests.simulation.stores import ACTS, SKEWS

A = TypeVar("A")
T = TypeVar("T")
_ASKED = (
    "accept", "claim", "advance", "open_lane", "find_fingerprints", "release", "close_lane", "due", "settle", "next_due_at",
)  # fmt: skip


class InlineWriter(Writer):
    """Commits what waits some moments after it was asked, in the loop; a crash before that moment leaves nothing of it."""

    def start(self, connection: Any) -> None:
        self._use(connection)
        self._pump: asyncio.TimerHandle | None = None

    def submit_many(
        self, op: Callable[[Tx, Sequence[A]], Sequence[T | BaseException]], argument: A, *, size: int = 0
    ) -> asyncio.Future[T]:
        future = super().submit_many(op, argument, size=size)
        if self._pump is None:
            self._pump = self._loop.call_later(0.002, self._turn)
        return future

    def _turn(self) -> None:
        self._pump = None
        while not self._jobs.empty() and self._take():
            self._commit(self._batch)

    async def close(self) -> None:
        self._closed = True
        if self._pump is not None:
            self._pump.cancel()
        self._turn()
        self._drop_connection()


class SqliteGround:
    """One node; the file lives in memory where the machine has a place for that."""

    may_freeze = False
    may_lose_answers = False

    def __init__(self) -> None:
        self.acts = [act for act in ACTS if _has(act)]
        self.skews = SKEWS
        self.orders = [order for order in Order if order is not Order.STRICT or _has("set_aside")]

    def begin(self, loop: SimLoop, dice: Random) -> None:
        shared = Path("/dev/shm")
        self._site = Path(tempfile.mkdtemp(prefix="sim-", dir=shared if shared.is_dir() else None))
        self._loop = loop
        self._dice = dice
        self._world: Any = None
        self._patch = patch.object(sqlite_file, "Writer", InlineWriter)
        self._patch.start()

    def nodes(self, dice: Random) -> int:
        return 1

    def store(self, name: str, weather: Weather, world: Any) -> Any:
        self._world = world
        services = SiteServices(
            site=self._site,
            node=name,
            clock=NodeClock(self._loop),
            ids=DrawnIds(self._dice),
            observer=Notes(world.note, name),
            blobs=None,
        )
        found: Any = sqlite.PLUGIN.build(sqlite.SqliteSettings(path="headrace.db", readers=1, min_free=0), services)
        if not hasattr(found, "holds"):
            found.holds = lambda _lease: True
        for call in _ASKED:
            setattr(found, call, _weathered(getattr(found, call), call, weather))
        return found

    def bind(self, store: SqliteStore, node: Node) -> None:
        store._clock = node.clock

    def crash(self, store: SqliteStore) -> None:
        """The process state goes, the file stays as the last COMMIT left it."""
        writer, readers = store._writer, store._readers
        if isinstance(writer, InlineWriter):
            writer._closed = True
            writer._drop_connection()
        if readers is not None:
            readers.close()
        store._lock.release()

    def end(self, store: SqliteStore) -> None:
        self.crash(store)

    def finish(self) -> None:
        self._patch.stop()
        shutil.rmtree(self._site, ignore_errors=True)

    def desk(self, world: Any) -> Any:
        """The running node's own store, asked past the weather."""
        alive = world.alive()
        return alive[0].store if alive else None

    def faults(self) -> list[str]:
        return []


def _has(act: str) -> bool:
    method = "retry_delivery" if act == "retry" else act
    return hasattr(SqliteStore, method)


def _weathered(call: Callable[..., Awaitable[T]], name: str, weather: Weather) -> Callable[..., Awaitable[T]]:
    async def asked(*args: Any, **named: Any) -> T:
        after = await weather(name)
        result = await call(*args, **named)
        await after()
        return result

    return asked
