"""What an operation works with while the writer's transaction is open."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import apsw

from engine.plugins.stores.sqlite.queries import with_rows
from engine.ports.store import StoreError
from engine.records.values import Row

A = TypeVar("A")

BROKEN = (
    apsw.IOError,
    apsw.FullError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.CantOpenError,
    apsw.ReadOnlyError,
    apsw.NoMemError,
)
"""After these the connection's own picture of the file is not trusted again."""
OF_ONE_OP = (
    StoreError,
    apsw.Error,
    ArithmeticError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What fails one operation alone: a refusal, a constraint, or a mistake of its caller."""

_EXACT = 16
_STEPS = (64, 32, 16)


class Apart(Exception):
    """An operation failed after something of it reached the database: take all back and run each apart."""


class Tx:
    """The open transaction.

    Each statement costs the thread the interpreter lock twice. Therefore rows that nobody asks for in between are kept
    by `later` and written by `flush`, one statement for each table instead of one for each message.

    Attributes:
        run: executes one statement.
        sql: the named statements.
        changes: how many rows this connection has changed so far.
        is_open: whether the transaction still stands (some errors end it).
        tallies: (channel, destination, state, difference), added up once a transaction.
        hints: wakeups to give after the COMMIT.
    """

    def __init__(self, connection: apsw.Connection, sql: Mapping[str, str]) -> None:
        self.run: Callable[..., apsw.Cursor] = connection.cursor().execute
        self.sql = sql
        self.changes: Callable[[], int] = connection.total_changes
        self.is_open: Callable[[], bool] = lambda: connection.in_transaction
        self.tallies: list[tuple[str, str, str, int]] = []
        self.hints: list[str] = []
        self._kept: dict[str, list[Row]] = {}
        self._numbers: dict[str, int] = {}

    def one(self, name: str, *values: Any) -> Row | None:
        """The first row of a named statement."""
        return self.run(self.sql[name], values).fetchone()

    def all(self, name: str, *values: Any) -> list[Row]:
        """Every row of a named statement."""
        return self.run(self.sql[name], values).fetchall()

    def do(self, name: str, *values: Any) -> None:
        """Run a named statement that has no rows."""
        self.run(self.sql[name], values)

    def later(self, name: str, *values: Any) -> None:
        """Keep a row for a named statement with a VALUES list; statements run in the order they were first named."""
        rows = self._kept.get(name)
        if rows is None:
            self._kept[name] = [values]
        else:
            rows.append(values)

    def flush(self) -> None:
        """Write what is kept; whoever asks the database about it flushes first."""
        kept, self._kept = self._kept, {}
        for name, rows in kept.items():
            self.write(name, rows)

    def write(self, name: str, rows: Sequence[Row]) -> None:
        """Run a named statement for many rows of its VALUES list, now."""
        for part in _parts(list(rows)):
            self.run(with_rows(self.sql[name], len(part)), [value for row in part for value in row])

    def ask(self, name: str, rows: Collection[Row]) -> list[Row]:
        """What a named statement finds for many rows of its VALUES list."""
        found: list[Row] = []
        for part in _parts(list(rows)):
            found += self.run(with_rows(self.sql[name], len(part)), [value for row in part for value in row]).fetchall()
        return found

    def ask_json(self, name: str, rows: Collection[Row]) -> list[list[Any]]:
        """Like `ask`, for a statement whose one row is a JSON list of them all: one step instead of many."""
        return [item for (text,) in self.ask(name, rows) for item in json.loads(text)]

    def number(self, table: str) -> int:
        """The next number of a table; it is asked once, gaps mean nothing."""
        known = self._numbers.get(table)
        if known is None:
            row = self.one(f"last_{table}")
            known = int(row[0]) if row else 0
        self._numbers[table] = known + 1
        return known + 1

    def moved(self, channel: str, old: str, new: str, destination: str = "") -> None:
        """Count a message (or a delivery) from one state into another; an empty state is none."""
        if old == new:
            return
        if old:
            self.tallies.append((channel, destination, old, -1))
        if new:
            self.tallies.append((channel, destination, new, 1))

    def each(self, op: Callable[[A], Any], arguments: Sequence[A]) -> list[Any]:
        """What an operation gives for each argument, or the error it raised; one that fails leaves nothing behind.

        Raises:
            Apart: one failed after it had written.
        """
        outcomes = []
        for argument in arguments:
            mark = self.mark()
            try:
                outcomes.append(op(argument))
            except BROKEN:
                raise
            except OF_ONE_OP as problem:
                if not self.back_to(mark):
                    raise Apart from problem
                outcomes.append(problem)
        return outcomes

    def mark(self) -> tuple[int, int, int, dict[str, int]]:
        """Where everything kept stands now."""
        kept = {name: len(rows) for name, rows in self._kept.items()}
        return self.changes(), len(self.tallies), len(self.hints), kept

    def back_to(self, mark: tuple[int, int, int, dict[str, int]]) -> bool:
        """Forget what was kept since; False when something was written since, so that forgetting is not enough."""
        changes, tallies, hints, kept = mark
        if self.changes() != changes or not self.is_open():
            return False
        del self.tallies[tallies:], self.hints[hints:]
        self._kept = {name: rows[: kept[name]] for name, rows in self._kept.items() if name in kept}
        return True

    def clear(self) -> None:
        """Forget everything kept."""
        self.tallies.clear()
        self.hints.clear()
        self.drop_kept()

    def drop_kept(self) -> None:
        """Forget the rows kept, not what moved."""
        self._kept = {}

    def settle_tallies(self) -> None:
        """Add up what moved."""
        sums: dict[tuple[str, str, str], int] = {}
        for channel, destination, state, amount in self.tallies:
            place = (channel, destination, state)
            sums[place] = sums.get(place, 0) + amount
        for place, amount in sums.items():
            if amount:
                self.later("add_tally", *place, amount)
        self.flush()


def _parts(rows: list[Row]) -> list[list[Row]]:
    """Lists of few different lengths, so that few statements are prepared."""
    if len(rows) <= _EXACT:
        return [rows] if rows else []
    parts = []
    start = 0
    for size in _STEPS:
        while len(rows) - start >= size:
            parts.append(rows[start : start + size])
            start += size
    return [*parts, rows[start:]] if start < len(rows) else parts
