"""The memory of report forms, in the database that all nodes share."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import asyncpg

from engine.domain.layout import Layout
from engine.plugins.stores.postgres.rows import clean
from engine.plugins.stores.postgres.states import add_audit
from engine.ports.store import AuditEntry
from engine.records import layouts as rows
from engine.records.values import Row

Sql = Mapping[str, str]


class PostgresLayouts:
    """The port `LayoutBook`.

    Args:
        read: runs a function on a connection, in a transaction that writes nothing.
        write: the same in one that does.
        now: microseconds since 1970.
    """

    def __init__(
        self, read: Callable[..., Awaitable[Any]], write: Callable[..., Awaitable[Any]], now: Callable[[], int]
    ) -> None:
        self._read = read
        self._write = write
        self._now = now

    async def of_sender(self, sender: str) -> Sequence[Layout]:
        """See the port."""
        return [rows.layout(row) for row in await self._read(_all, "layouts_of_sender", clean(sender))]

    async def everything(self) -> Sequence[Layout]:
        """See the port."""
        return [rows.layout(row) for row in await self._read(_all, "all_layouts")]

    async def see(self, layout: Layout) -> None:
        """See the port."""
        await self._write(_see, layout)

    async def confirm(self, layout_id: str, *, by: str, audit: AuditEntry) -> bool:
        """See the port."""
        return bool(await self._write(_decide, ("confirm_layout", by, layout_id), audit, self._now()))

    async def forget(self, layout_id: str, *, audit: AuditEntry) -> bool:
        """See the port."""
        return bool(await self._write(_decide, ("forget_layout", layout_id), audit, self._now()))


async def _all(connection: asyncpg.Connection, sql: Sql, name: str, *values: str) -> list[Row]:
    return list(await connection.fetch(sql[name], *values))


async def _see(connection: asyncpg.Connection, sql: Sql, layout: Layout) -> None:
    """TRANSACTION: the layout there, or one more document of it."""
    await connection.execute(sql["see_layout"], *map(clean, rows.texts_of(layout)), *rows.counts_of(layout))


async def _decide(
    connection: asyncpg.Connection, sql: Sql, change: tuple[str, ...], audit: AuditEntry, now: int
) -> bool:
    """TRANSACTION: the layout confirmed or gone, and audit."""
    name, *values = change
    if await connection.fetchrow(sql[name], *values) is None:
        return False
    await add_audit(connection, sql, now, [(None, audit)])
    return True
