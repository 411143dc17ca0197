"""What goes from a running store: pruning in small batches, blobs that nothing names, and who works on it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from engine import __version__
from engine.plugins.stores.sqlite import SqliteSettings
from engine.plugins.stores.sqlite.file import SqliteFile
from engine.plugins.stores.sqlite.tx import Tx
from engine.ports.blobs import BlobStore
from engine.ports.services import SiteServices
from engine.ports.store import Prunable, RoleLease, StoreError, Swept
from engine.ports.store_views import NodeView
from engine.records.pruning import Scans
from engine.records.values import Row, micros, moment

_BLOBS = 500


class SqliteLife(SqliteFile):
    """The part of the store that removes. Readers look for what may go, so that the writer only deletes."""

    _roles: dict[str, RoleLease]

    def __init__(self, settings: SqliteSettings, services: SiteServices, **more: Any) -> None:
        super().__init__(settings, services, **more)
        self._node = services.node
        self._blobs = services.blobs
        self._started = 0
        self._scans = Scans()

    async def open(self) -> None:
        """See the port."""
        await super().open()
        self._started = self._now()

    async def prune(self, what: Prunable, *, before: datetime, channel: str = "", limit: int = 1000) -> int:
        """See the port. What is at work, in review or parked, or has a delivery unsent or parked, stays.

        A message is kept whole until no retransmission of it is answered any more, and its first answer as long,
        even without its body: only so does a copy that comes late get the same answer and is not taken in twice.
        Torn frames and audit rows belong to no channel: with one given, none of them goes.
        """
        limit_us = micros(before)
        dead_us = self._now() - self._window_us
        while True:
            numbers, is_end = await self._find(what, limit_us, channel, dead_us, limit)
            gone = await self._write(partial(_REMOVERS[what], numbers=numbers, dead_us=dead_us)) if numbers else 0
            if gone:
                await self._write(_give_back)
            if gone or is_end:
                return gone

    async def _find(
        self, what: Prunable, before: int, channel: str, dead_us: int, limit: int
    ) -> tuple[list[int], bool]:
        """Numbers of rows that may go, and whether the end was reached."""

        async def page(after: int, count: int) -> list[Row]:
            return await self._read(lambda view: view.all(f"scan_{what}", after, count, before, channel, dead_us))

        return await self._scans.find((what, channel, before), page, limit)

    async def sweep(self, *, older_than: datetime) -> Swept:
        """See the port. A body that is put again meanwhile counts as new, and the blob store leaves it."""
        blobs = self._blobs
        if blobs is None:
            return Swept()
        old = await asyncio.to_thread(_older, blobs, older_than)
        files = size = 0
        for start in range(0, len(old), _BLOBS):
            sizes = dict(old[start : start + _BLOBS])
            asked = json.dumps(list(sizes))
            rows = await self._read(lambda view, asked=asked: view.all("unnamed_blobs", asked))  # type: ignore[misc]
            removed = await asyncio.to_thread(_delete, blobs, rows, older_than)
            files += len(removed)
            size += sum(sizes[name] for name in removed)
        return Swept(files=files, size_bytes=size)

    async def nodes(self) -> list[NodeView]:
        """See the port: one process owns the file, so there is one."""
        row = await self._read(lambda view: view.one("count_leases"))
        leases = (int(row[0]) if row else 0) + len(self._roles)
        started, now = moment(self._started), moment(self._now())
        return [
            NodeView(
                name=self._node, started_at=started, seen_at=now, is_alive=True, leases=leases, release=__version__
            )
        ]


def _older(blobs: BlobStore, older_than: datetime) -> list[tuple[str, int]]:
    try:
        return [(item.sha256, item.size_bytes) for item in blobs.list() if item.written_at < older_than]
    except OSError as problem:
        raise StoreError(f"the blob store cannot be listed: {type(problem).__name__}") from problem


def _delete(blobs: BlobStore, rows: Sequence[Row], older_than: datetime) -> list[str]:
    try:
        return [name for (name,) in rows if blobs.delete(name, unless_newer_than=older_than)]
    except OSError as problem:
        raise StoreError(f"a blob cannot be removed: {type(problem).__name__}") from problem


def _remove_bodies(tx: Tx, numbers: list[int], dead_us: int) -> int:
    """TRANSACTION: bodies, answers and outputs of one batch together; a crash leaves them all or none."""
    rows = tx.all("still_finished", json.dumps(numbers))
    gone = json.dumps([row[0] for row in rows])
    dead = json.dumps([row[0] for row in rows if row[3] < dead_us])
    tx.do("empty_bodies", gone)
    tx.do("drop_bodies", dead)
    tx.do("forget_retransmissions", dead)
    for name in ("drop_delivery_bodies", "drop_outputs", "drop_dossiers"):
        tx.do(name, gone)
    return len(rows)


def _remove_messages(tx: Tx, numbers: list[int], dead_us: int) -> int:
    """TRANSACTION: everything of one batch of messages and their tallies; a crash leaves them all or none."""
    rows = [row for row in tx.all("still_finished", json.dumps(numbers)) if row[3] < dead_us]
    gone = json.dumps([row[0] for row in rows])
    for _, channel, state, _ in rows:
        tx.moved(channel, state, "")
    tx.tallies += [
        (channel, destination, state, -count) for channel, destination, state, count in tx.all("count_deliveries", gone)
    ]
    for name in _TABLES:
        tx.do(name, gone)
    return len(rows)


def _remove_fragments(tx: Tx, numbers: list[int], dead_us: int) -> int:  # noqa: ARG001 - one signature for all
    tx.do("drop_fragments", json.dumps(numbers))
    return len(numbers)


def _remove_audit(tx: Tx, numbers: list[int], dead_us: int) -> int:  # noqa: ARG001 - one signature for all
    tx.do("drop_audit", json.dumps(numbers))
    return len(numbers)


def _give_back(tx: Tx) -> None:
    """TRANSACTION: up to 1 MiB of free pages back to the disk; of no meaning to what is stored."""
    tx.all("give_back_pages")


_TABLES = (
    "drop_delivery_bodies",
    "drop_deliveries",
    "drop_reviews",
    "drop_metadata",
    "drop_outputs",
    "drop_dossiers",
    "drop_fingerprints",
    "drop_bodies",
    "drop_messages",
)
_REMOVERS = {
    Prunable.BODIES: _remove_bodies,
    Prunable.MESSAGES: _remove_messages,
    Prunable.FRAGMENTS: _remove_fragments,
    Prunable.AUDIT: _remove_audit,
}
