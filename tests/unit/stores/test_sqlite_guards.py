"""The SQLite store's refusals: unsound libraries, a second owner, newer schemas, a full disk."""

from __future__ import annotations

import os
from pathlib import Path

import apsw
import apsw.ext
import pytest

from engine.plugins.stores.sqlite.connection import (
    has_wal_reset_bug,
    migrate,
    open_reader,
    open_writer,
    require_sound_sqlite,
)
from engine.plugins.stores.sqlite.guard import DiskGuard
from engine.plugins.stores.sqlite.lockfile import LockFile
from engine.plugins.stores.sqlite.queries import load_migrations, load_queries, with_rows
from engine.plugins.stores.sqlite.tx import Tx
from engine.ports.store import StoreError, StoreFull, StoreLocked
from engine.records.queries import split_named


@pytest.mark.parametrize(
    ("version", "is_bad"),
    [
        ("3.6.23", False),
        ("3.7.0", True),
        ("3.40.1", True),
        ("3.44.5", True),
        ("3.44.6", False),
        ("3.50.6", True),
        ("3.50.7", False),
        ("3.51.0", True),
        ("3.51.2", True),
        ("3.51.3", False),
        ("3.54.1", False),
        ("4.0.0", False),
    ],
)
def test_versions_with_the_wal_reset_bug_are_known(version: str, *, is_bad: bool) -> None:
    """Exactly the affected range is refused, the fixed backports are not."""
    assert has_wal_reset_bug(version) is is_bad


def test_an_unsound_library_is_named() -> None:
    """The refusal says which version it is about."""
    with pytest.raises(StoreError, match=r"3\.40\.1"):
        require_sound_sqlite("3.40.1")


def test_opening_asks_for_the_library_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard stands before the file is touched."""
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.51.2")
    with pytest.raises(StoreError, match=r"3\.51\.2"):
        open_writer(tmp_path / "a.db")
    assert list(tmp_path.iterdir()) == []


def test_a_new_database_is_durable_and_private(tmp_path: Path) -> None:
    """WAL, synchronous FULL, incremental vacuum, no automatic checkpoint, mode 0600 in a folder of mode 0700."""
    path = tmp_path / "var" / "a.db"
    connection = open_writer(path)
    migrate(connection)
    values = {
        name: connection.execute(f"PRAGMA {name}").fetchone()[0]  # type: ignore[index]
        for name in ("journal_mode", "synchronous", "auto_vacuum", "wal_autocheckpoint", "mmap_size")
    }
    assert values == {
        "journal_mode": "wal",
        "synchronous": 2,
        "auto_vacuum": 2,
        "wal_autocheckpoint": 0,
        "mmap_size": 0,
    }
    modes = {item.name: item.stat().st_mode & 0o777 for item in path.parent.iterdir()}
    assert modes == {"a.db": 0o600, "a.db-wal": 0o600, "a.db-shm": 0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    connection.close()


def test_a_reader_cannot_write(tmp_path: Path) -> None:
    """Connections of the reading pool refuse every change."""
    writer = open_writer(tmp_path / "a.db")
    migrate(writer)
    reader = open_reader(tmp_path / "a.db")
    with pytest.raises(apsw.ReadOnlyError):
        reader.execute("DELETE FROM message")
    reader.close()
    writer.close()


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """Foreign content is a StoreError, and stays as it is."""
    path = tmp_path / "a.db"
    path.write_bytes(b"not a database, but long enough to look like one " * 50)
    with pytest.raises(StoreError, match="NotADBError"):
        open_writer(path)
    assert path.read_bytes().startswith(b"not a database")


def test_migrations_run_once_and_in_order(tmp_path: Path) -> None:
    """Each script runs once; a second opening runs only what is new."""
    connection = open_writer(tmp_path / "a.db")
    first = (1, "CREATE TABLE one (x)")
    second = (2, "INSERT INTO one VALUES (2); CREATE TABLE two (x)")
    assert migrate(connection, [first]) == 1
    assert migrate(connection, [first, second]) == 2
    assert migrate(connection, [first, second]) == 2
    assert connection.execute("SELECT x FROM one").fetchall() == [(2,)]
    assert connection.execute("SELECT version FROM schema_version").fetchall() == [(1,), (2,)]
    connection.close()


def test_a_failing_migration_leaves_the_old_schema(tmp_path: Path) -> None:
    """Migrations are one transaction: a failure in the last takes the ones before it back."""
    connection = open_writer(tmp_path / "a.db")
    with pytest.raises(apsw.SQLError):
        migrate(connection, [(1, "CREATE TABLE one (x)"), (2, "CREATE TABLE one (x)")])
    assert connection.execute("SELECT name FROM sqlite_schema").fetchall() == []
    connection.close()


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    """A database of a later release is not touched."""
    connection = open_writer(tmp_path / "a.db")
    migrate(connection, [(1, "CREATE TABLE one (x)"), (2, "CREATE TABLE two (x)")])
    with pytest.raises(StoreError, match="newer release"):
        migrate(connection, [(1, "CREATE TABLE one (x)")])
    connection.close()


def test_shipped_migrations_are_numbered_without_gap() -> None:
    """The migration files are 1, 2, 3 and so on."""
    numbers = [number for number, _ in load_migrations()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_every_shipped_statement_compiles(tmp_path: Path) -> None:
    """Each named statement fits the shipped schema."""
    connection = open_writer(tmp_path / "a.db")
    migrate(connection)
    problems = []
    for name, statement in load_queries().items():
        try:
            apsw.ext.query_info(connection, statement)
        except apsw.Error as problem:
            problems.append((name, str(problem)))
    assert problems == []
    connection.close()


def test_a_values_list_grows_to_the_rows_at_hand() -> None:
    """Only the row of the VALUES list is repeated, its constants with it."""
    statement = "WITH n (a, b) AS (VALUES (?, 'x')) UPDATE t SET a = n.a FROM n WHERE t.b IN (1)"
    assert with_rows(statement, 1) == statement
    assert "VALUES (?, 'x'), (?, 'x'), (?, 'x'))" in with_rows(statement, 3)


@pytest.mark.parametrize("count", [1, 16, 17, 31, 64, 65, 113, 200])
def test_every_kept_row_is_written_once(tmp_path: Path, count: int) -> None:
    """However many rows a transaction keeps, each reaches the table, in order."""
    connection = open_writer(tmp_path / "a.db")
    migrate(connection)
    tx = Tx(connection, load_queries())
    for number in range(count):
        tx.later("add_audit", number, number, "a", "b", "{}")
    tx.flush()
    tx.flush()
    rows = connection.execute("SELECT sequence FROM audit ORDER BY number").fetchall()
    assert rows == [(number,) for number in range(count)]
    connection.close()


def test_a_name_that_comes_twice_is_refused() -> None:
    """Two statements of one name would hide one another."""
    with pytest.raises(ValueError, match="twice"):
        split_named("-- name: a\nSELECT 1\n-- name: a\nSELECT 2\n")


def test_the_lock_names_its_owner(tmp_path: Path) -> None:
    """A second owner is refused with the pid of the first, and gets in after the release."""
    first, second = LockFile(tmp_path / "a.lock"), LockFile(tmp_path / "a.lock")
    first.acquire()
    with pytest.raises(StoreLocked, match=str(os.getpid())) as caught:
        second.acquire()
    assert caught.value.pid == os.getpid()
    first.release()
    second.acquire()
    second.release()
    second.release()


def test_a_lock_without_readable_pid_is_still_a_lock(tmp_path: Path) -> None:
    """A pid that cannot be read does not open the door."""
    path = tmp_path / "a.lock"
    first = LockFile(path)
    first.acquire()
    path.write_text("?")
    with pytest.raises(StoreLocked) as caught:
        LockFile(path).acquire()
    assert caught.value.pid is None
    first.release()


def test_the_disk_is_measured_once_a_second(tmp_path: Path) -> None:
    """Within a second the last look counts, after it the disk is looked at again; an error counts as full."""
    looks: list[Path] = []
    free = [500, 10]
    time = [0.0]

    def measure(folder: Path) -> int:
        looks.append(folder)
        if len(looks) > len(free):
            raise OSError("gone")
        return free[len(looks) - 1]

    guard = DiskGuard(tmp_path, 100, lambda: time[0], measure)
    guard.require_space()
    time[0] = 0.9
    guard.require_space()
    assert len(looks) == 1
    for time[0] in (1.0, 2.5):
        with pytest.raises(StoreFull):
            guard.require_space()
    assert len(looks) == 3
