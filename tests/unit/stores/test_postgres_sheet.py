"""What a transaction on PostgreSQL writes together: each statement once, each row of a message once."""

from __future__ import annotations

from typing import Any

from engine.plugins.stores.postgres.sheet import Sheet
from engine.ports.store import AuditEntry

SQL = {name: name for name in ("put_meta", "drop_work", "change_messages", "add_audit")}


class Wire:
    """A connection that keeps what it is sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[Any, ...]] = []

    async def execute(self, statement: str, *columns: Any) -> None:
        self.sent.append((statement, *columns))


async def test_rows_of_a_statement_go_out_as_columns_at_once() -> None:
    """Two rows are one statement, and statements keep the order in which they were first asked for."""
    wire = Wire()
    sheet = Sheet(wire, SQL)
    sheet.later("put_meta", 1, "mrn", "a", width=2)
    sheet.later("drop_work", 1, 7)
    sheet.later("put_meta", 2, "mrn", "b", width=2)
    await sheet.flush()
    assert wire.sent == [("put_meta", [1, 2], ["mrn", "mrn"], ["a", "b"]), ("drop_work", [1], [7])]


async def test_a_row_of_the_same_key_is_written_after_the_first() -> None:
    """No statement changes one row twice: the later value is a statement of its own, and wins."""
    wire = Wire()
    sheet = Sheet(wire, SQL)
    sheet.later("put_meta", 1, "mrn", "a", width=2)
    sheet.later("put_meta", 1, "mrn", "b", width=2)
    await sheet.flush()
    assert wire.sent == [("put_meta", [1], ["mrn"], ["a"]), ("put_meta", [1], ["mrn"], ["b"])]


async def test_what_changes_in_a_message_is_one_row() -> None:
    """Findings, documents and state of a message are written together, messages in the order of their numbers."""
    wire = Wire()
    sheet = Sheet(wire, SQL)
    sheet.change(2, state="queued", is_final=False)
    sheet.change(1, findings="[]", error="")
    sheet.change(1, state="parked", is_final=True)
    await sheet.flush()
    columns = ([1, 2], ["parked", "queued"], [True, False], ["[]", None], ["", None], [None, None], [None, None])
    assert wire.sent == [("change_messages", *columns)]


async def test_audit_entries_keep_their_times() -> None:
    """Entries of different calls are one statement, each with the time of its call; nothing is sent twice."""
    wire = Wire()
    sheet = Sheet(wire, SQL)
    sheet.note(1, 100, AuditEntry(action="stage"))
    sheet.note(2, 200, AuditEntry(action="park", actor="jo"))
    await sheet.flush()
    await sheet.flush()
    assert wire.sent == [("add_audit", [1, 2], [100, 200], ["stage", "park"], ["engine", "jo"], ["{}", "{}"])]
