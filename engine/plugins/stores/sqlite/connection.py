"""Opening the database: version guard, pragmas, migrations."""

from __future__ import annotations

import os
from pathlib import Path

import apsw

from engine.plugins.stores.sqlite.queries import load_migrations
from engine.ports.store import StoreError

_FIXED = (3, 51, 3)
_BACKPORTS = frozenset({(3, 44, 6), (3, 50, 7)})
_BUSY_MS = 5_000
_STATEMENTS = 1024
_JOURNAL_LIMIT = 64 * 1024 * 1024
CHECKPOINT_BUSY = 4_000
"""Pages in the log after which it is checkpointed between two batches."""


def has_wal_reset_bug(version: str) -> bool:
    """Whether this SQLite can lose commits when a checkpoint meets a write.

    Source: sqlite.org/wal.html, "The WAL-Reset Bug": 3.7.0 to 3.51.2, except the backports 3.44.6 and 3.50.7.
    """
    numbers = tuple(int(part) for part in version.split(".")[:3])
    return (3, 7, 0) <= numbers < _FIXED and numbers not in _BACKPORTS


def require_sound_sqlite(version: str) -> None:
    """Refuse a library that breaks the promise of an ACK.

    Raises:
        StoreError: naming the version.
    """
    if has_wal_reset_bug(version):
        raise StoreError(f"SQLite {version} can lose commits (WAL-reset bug); 3.51.3 or newer is needed")


def open_writer(path: Path, vfs: str | None = None) -> apsw.Connection:
    """The one connection that writes; creates the file (mode 0600) and its folders (0700) when missing.

    Args:
        path: of the database file.
        vfs: name of the SQLite file layer, None for the system's.

    Raises:
        StoreError: the file is not a database or cannot be opened.
    """
    require_sound_sqlite(apsw.sqlite_lib_version())
    try:
        _create_file(path)
        connection = apsw.Connection(str(path), vfs=vfs, statementcachesize=_STATEMENTS)
        _configure_writer(connection)
    except (apsw.Error, OSError) as problem:
        raise StoreError(f"cannot open the database: {type(problem).__name__}") from problem
    return connection


def _configure_writer(connection: apsw.Connection) -> None:
    connection.set_busy_timeout(_BUSY_MS)
    for pragma in (
        "auto_vacuum = INCREMENTAL",  # takes effect only before the first page is written
        "journal_mode = WAL",
        "synchronous = FULL",
        f"journal_size_limit = {_JOURNAL_LIMIT}",
        "wal_autocheckpoint = 0",  # the writer decides when
        "mmap_size = 0",  # an I/O error in mapped memory is a signal, not an error code
        "foreign_keys = OFF",  # the writer's statements are the only ones; the checks would cost each accept
        "temp_store = MEMORY",
        "cache_size = -65536",
        "trusted_schema = OFF",
    ):
        connection.execute(f"PRAGMA {pragma}").fetchall()


def _create_file(path: Path) -> None:
    """An empty file of the right mode, itself and its folders durable; SQLite gives log and index the same mode."""
    make_folders(path.parent)
    if not path.exists():
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    _sync_folder(path.parent)


def make_folders(folder: Path) -> None:
    """Make a folder and its missing parents, mode 0700, each durable in its parent."""
    missing = [item for item in (folder, *folder.parents) if not item.exists()]
    for item in reversed(missing):
        item.mkdir(mode=0o700, exist_ok=True)
        _sync_folder(item.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_reader(path: Path) -> apsw.Connection:
    """A connection that cannot write."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY, statementcachesize=_STATEMENTS)
    connection.set_busy_timeout(_BUSY_MS)
    for pragma in ("query_only = ON", "mmap_size = 0", "temp_store = MEMORY", "trusted_schema = OFF"):
        connection.execute(f"PRAGMA {pragma}").fetchall()
    return connection


def migrate(connection: apsw.Connection, scripts: list[tuple[int, str]] | None = None) -> int:
    """Bring the schema up to date; returns its version.

    Raises:
        StoreError: the schema is newer than this release.
    """
    wanted = load_migrations() if scripts is None else scripts
    # TRANSACTION: every missing migration and its row in schema_version, under an exclusive lock. A restart after a
    # crash sees the old schema whole or the new one whole, and tries again.
    connection.execute("BEGIN EXCLUSIVE")
    try:
        version = _apply(connection, wanted)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
    return version


def _apply(connection: apsw.Connection, scripts: list[tuple[int, str]]) -> int:
    connection.execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER PRIMARY KEY, applied_at INTEGER)")
    row = connection.execute("SELECT coalesce(max(version), 0) FROM schema_version").fetchone()
    current = int(row[0]) if row else 0
    newest = max((number for number, _ in scripts), default=0)
    if current > newest:
        raise StoreError(f"the database has schema {current}; this release knows {newest}: install a newer release")
    for number, script in scripts:
        if number > current:
            connection.execute(script).fetchall()
            connection.execute("INSERT INTO schema_version VALUES (?, unixepoch() * 1000000)", (number,))
    return newest
