"""What a transaction will write: rows gathered by statement, sent together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.plugins.stores.postgres.states import add_audit
from engine.ports.store import AuditEntry


class Sheet:
    """Statements run in the order in which each was first asked for, their rows in the order they came."""

    def __init__(self, connection: Any, sql: Mapping[str, str]) -> None:
        self._connection = connection
        self._sql = sql
        self._rows: dict[str, list[tuple[Any, ...]]] = {}
        self._notes: dict[int, list[tuple[int | None, AuditEntry]]] = {}

    def later(self, name: str, *row: Any) -> None:
        """Keep a row for a statement."""
        self._rows.setdefault(name, []).append(row)

    def note(self, sequence: int, now: int, entry: AuditEntry) -> None:
        """Keep an audit entry."""
        self._notes.setdefault(now, []).append((sequence, entry))

    def superseded(self, sequence: int, now: int, what: str, name: str) -> None:
        """Keep the note that a delivery or a review of an older run was replaced."""
        self.note(sequence, now, AuditEntry(action=f"{what}.superseded", detail=f'{{"{what}": "{name}"}}'))

    async def flush(self) -> None:
        """Send everything; statements with several rows in one go."""
        for name, rows in self._rows.items():
            if len(rows) == 1:
                await self._connection.execute(self._sql[name], *rows[0])
            else:
                await self._connection.executemany(self._sql[name], rows)
        for now, entries in self._notes.items():
            await add_audit(self._connection, self._sql, now, entries)
        self._rows, self._notes = {}, {}
