"""The memory of report forms, in the same file as everything else."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from engine.domain.layout import Layout
from engine.plugins.stores.sqlite.readers import Snapshot
from engine.plugins.stores.sqlite.tx import Tx
from engine.ports.store import AuditEntry
from engine.records import layouts as rows
from engine.records.values import Row


class SqliteLayouts:
    """The port `LayoutBook`.

    Args:
        write: runs an operation in the writer's transaction.
        read: runs a query in a reader.
        now: microseconds since 1970.
    """

    def __init__(
        self,
        write: Callable[[Callable[[Tx], Any]], asyncio.Future[Any]],
        read: Callable[[Callable[[Snapshot], list[Row]]], asyncio.Future[list[Row]]],
        now: Callable[[], int],
    ) -> None:
        self._write = write
        self._read = read
        self._now = now

    async def of_sender(self, sender: str) -> Sequence[Layout]:
        """See the port."""
        return [rows.layout(row) for row in await self._read(lambda view: view.all("layouts_of_sender", sender))]

    async def everything(self) -> Sequence[Layout]:
        """See the port."""
        return [rows.layout(row) for row in await self._read(lambda view: view.all("all_layouts"))]

    async def see(self, layout: Layout) -> None:
        """See the port."""
        await self._write(partial(_see, layout=layout))

    async def confirm(self, layout_id: str, *, by: str, audit: AuditEntry) -> bool:
        """See the port."""
        change = ("confirm_layout", by, layout_id)
        return bool(await self._write(partial(_decide, change=change, audit=audit, now=self._now())))

    async def forget(self, layout_id: str, *, audit: AuditEntry) -> bool:
        """See the port."""
        change = ("forget_layout", layout_id)
        return bool(await self._write(partial(_decide, change=change, audit=audit, now=self._now())))


def _see(tx: Tx, layout: Layout) -> None:
    """TRANSACTION: the layout there, or one more document of it."""
    tx.do("see_layout", *rows.texts_of(layout), *rows.counts_of(layout))


def _decide(tx: Tx, change: tuple[str, ...], audit: AuditEntry, now: int) -> bool:
    """TRANSACTION: the layout confirmed or gone, and audit."""
    tx.flush()
    if tx.one(*change) is None:
        return False
    tx.do("add_audit", None, now, audit.action, audit.actor, audit.detail)
    return True
