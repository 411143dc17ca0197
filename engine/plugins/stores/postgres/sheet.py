"""What a transaction will write: rows gathered by statement, each statement sent once with the columns of its rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from engine.plugins.stores.postgres.states import add_audits
from engine.ports.store import AuditEntry

_COLUMNS = ("state", "is_final", "findings", "error", "documents", "duplicate_of")


class Sheet:
    """Statements run in the order in which each was first asked for.

    The rows of one statement are written at once. One of the same key as an earlier one (a message, a delivery) is
    written after that, by the same statement again.
    """

    def __init__(self, connection: Any, sql: Mapping[str, str]) -> None:
        self._connection = connection
        self._sql = sql
        self._rows: dict[str, list[dict[Any, tuple[Any, ...]]]] = {}
        self._messages: dict[int, dict[str, Any]] = {}
        self._notes: list[tuple[int, int | None, AuditEntry]] = []

    def later(self, name: str, *row: Any, width: int = 1) -> None:
        """Keep a row for a statement; `width`: its first columns that are its key."""
        key, rounds = row[:width], self._rows.setdefault(name, [{}])
        if key in rounds[-1]:
            rounds.append({})
        rounds[-1][key] = row

    def change(self, sequence: int, **columns: Any) -> None:
        """Keep new values of a message's row: state, is_final, findings, error, documents, duplicate_of."""
        self._messages.setdefault(sequence, {}).update(columns)

    def note(self, sequence: int, now: int, entry: AuditEntry) -> None:
        """Keep an audit entry."""
        self._notes.append((now, sequence, entry))

    def superseded(self, sequence: int, now: int, what: str, name: str) -> None:
        """Keep the note that a delivery or a review of an older run was replaced."""
        self.note(sequence, now, AuditEntry(action=f"{what}.superseded", detail=f'{{"{what}": "{name}"}}'))

    async def flush(self) -> None:
        """Send everything; the rows of messages last, and each once."""
        for name, rounds in self._rows.items():
            for rows in rounds:
                await self._send(name, rows.values())
        if self._messages:
            changes = sorted(self._messages.items())
            await self._send("change_messages", [(key, *map(row.get, _COLUMNS)) for key, row in changes])
        await add_audits(self._connection, self._sql, self._notes)
        self._rows, self._messages, self._notes = {}, {}, []

    async def _send(self, name: str, rows: Collection[tuple[Any, ...]]) -> None:
        await self._connection.execute(self._sql[name], *(list(column) for column in zip(*rows, strict=True)))
