"""What an administrator does to the database: its schema, whether it is sound, a copy of it, and back from a copy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import apsw

from engine import __version__
from engine.plugins.stores.sqlite.connection import make_folders, migrate, open_reader
from engine.plugins.stores.sqlite.copies import Manifest, copy_file, digest_of, sync_folder, write_file
from engine.plugins.stores.sqlite.life import SqliteLife
from engine.plugins.stores.sqlite.queries import load_migrations
from engine.plugins.stores.sqlite.readers import Snapshot
from engine.ports.store import StoreError
from engine.ports.store_life import BackupReport, SchemaState

T = TypeVar("T")
DATABASE = "headrace.db"
BLOBS = "blobs"


class SqliteUpkeep(SqliteLife):
    """The Upkeep port. Synchronous; schema, check and backup read beside a running engine, the rest needs its lock."""

    def schema(self) -> SchemaState:
        """See the port."""
        newest = load_migrations()[-1][0]
        if not self._path.exists():
            return SchemaState(found=0, newest=newest)
        return SchemaState(found=self._ask(_schema), newest=newest)

    def upgrade(self) -> SchemaState:
        """See the port."""
        with self._alone():
            state = self.schema()
            with _explained("upgraded"), closing(self._opener(self._path)) as connection:
                migrate(connection)
        return state

    def check(self) -> list[str]:
        """See the port."""
        if not self._path.exists():
            raise StoreError("there is no database yet")
        wrong = [text for (text,) in self._ask(lambda view: view.all("check_integrity")) if text != "ok"]
        if wrong:
            return [f"the file is damaged: {text}" for text in wrong]
        if self.schema().found == 0:
            return ["the file is no database of headrace"]
        missing = self._missing()
        wrong += self._ask(_contradictions)
        if missing:
            wrong.append(f"{len(missing)} bodies are missing or damaged in the blob store, one is {missing[0]}")
        return wrong

    def _missing(self) -> list[str]:
        """Digests that rows name and the blob store does not have. One swept meanwhile is asked for again."""
        absent = [name for name in self._ask(_named) if self._blob(name) is None]
        still = set(self._ask(_named)) if absent else set()
        return [name for name in absent if name in still]

    def _blob(self, name: str) -> bytes | None:
        if self._blobs is None:
            return None
        try:
            return self._blobs.get(name)
        except KeyError:
            return None
        except OSError as problem:
            raise StoreError(f"the blob store cannot be read: {type(problem).__name__}") from problem

    # --- copies ---

    def backup(self, target: Path) -> BackupReport:
        """See the port. The manifest is written last: a folder without one is no backup."""
        if not self._path.exists():
            raise StoreError("there is no database yet")
        if target.exists() and any(target.iterdir()):
            raise StoreError(f"the folder {target.name} is not empty")
        with _explained("copied"):
            make_folders(target)
            copy = target / DATABASE
            write_file(copy, b"")
            with closing(open_reader(self._path)) as source, closing(apsw.Connection(str(copy))) as copied:
                # One step: the copy is of one moment, however much the engine writes meanwhile.
                with copied.backup("main", source, "main") as work:
                    work.step(-1)
                copied.execute(self._sql["leave_log_mode"]).fetchall()
            return self._finish_backup(target)

    def _finish_backup(self, target: Path) -> BackupReport:
        copy = target / DATABASE
        names = _asking(copy, self._sql)(_named)
        messages = _asking(copy, self._sql)(_messages)
        schema = _asking(copy, self._sql)(_schema)
        size, missing = copy.stat().st_size, 0
        for name in names:
            data = self._blob(name)
            if data is None:
                missing += 1  # a damaged store can still be saved; `check` names what it lacks
                continue
            place = target / BLOBS / name[:2]
            make_folders(place)
            write_file(place / name, data)
            size += len(data)
        manifest = Manifest(
            release=__version__,
            schema_number=schema,
            database_sha256=digest_of(copy),
            messages=messages,
            blobs=len(names) - missing,
            missing_blobs=missing,
        )
        manifest.write(target)
        return BackupReport(messages=messages, blobs=manifest.blobs, size_bytes=size)

    def restore(self, source: Path) -> BackupReport:
        """See the port. The database gets its name last: what a crash leaves is no database yet."""
        manifest = Manifest.read(source)
        if digest_of(source / DATABASE) != manifest.database_sha256:
            raise StoreError("the backup's database is not what its manifest says")
        with self._alone(), _explained("restored"):
            if any(self._path.with_name(self._path.name + end).exists() for end in ("", "-wal")):
                raise StoreError("there is a database already; move it away first")
            names = _asking(source / DATABASE, self._sql)(_named)
            size = self._take_blobs(source, names, manifest)
            fresh = self._path.with_name(self._path.name + ".restoring")
            for end in ("", "-wal", "-shm"):
                fresh.with_name(fresh.name + end).unlink(missing_ok=True)
            copy_file(source / DATABASE, fresh)
            self._stop_sending(fresh)
            size += fresh.stat().st_size
            fresh.rename(self._path)
            sync_folder(self._path.parent)
        return BackupReport(messages=manifest.messages, blobs=manifest.blobs, size_bytes=size)

    def _take_blobs(self, source: Path, names: list[str], manifest: Manifest) -> int:
        """Check every body of the backup, then hand it to the blob store; returns their bytes."""
        places = [place for name in names if (place := source / BLOBS / name[:2] / name).exists()]
        if len(places) != manifest.blobs:
            raise StoreError(f"the backup has {len(places)} bodies, its manifest says {manifest.blobs}")
        if places and self._blobs is None:
            raise StoreError("the backup has large bodies and no blob store is configured")
        size = 0
        for place in places:
            data = place.read_bytes()
            if digest_of(place) != place.name:
                raise StoreError("a body of the backup is damaged")
            if self._blobs is not None:
                self._blobs.put(place.name, data)
            size += len(data)
        return size

    def _stop_sending(self, path: Path) -> None:
        with closing(self._opener(path)) as connection:
            migrate(connection)
            # TRANSACTION: the pause of all queues and who set it, before the file has its name: no start ever sees the
            # restored queues without it.
            with connection:
                connection.execute(self._sql["stop_sending"])
                connection.execute(self._sql["add_audit"], (None, self._now(), "restore", "operator", "{}"))

    # --- ways in ---

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Nobody else has the file meanwhile. Raises StoreLocked."""
        make_folders(self._path.parent)
        self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def _ask(self, question: Callable[[Snapshot], T]) -> T:
        return _asking(self._path, self._sql)(question)


def _asking(path: Path, sql: Any) -> Callable[[Callable[[Snapshot], T]], T]:
    """A way to ask a database file, one read transaction for each question."""

    def ask(question: Callable[[Snapshot], T]) -> T:
        with _explained("read"), closing(open_reader(path)) as connection:
            # TRANSACTION: reads only, so that all statements of one question see one state; stores nothing.
            connection.execute("BEGIN")
            return question(Snapshot(connection, sql))

    return ask


@contextmanager
def _explained(done: str) -> Iterator[None]:
    try:
        yield
    except (apsw.Error, OSError) as problem:
        raise StoreError(f"the database cannot be {done}: {type(problem).__name__}") from problem


def _schema(view: Snapshot) -> int:
    row = view.one("found_schema") if view.one("has_schema") else None
    return int(row[0]) if row else 0


def _messages(view: Snapshot) -> int:
    row = view.one("count_messages")
    return int(row[0]) if row else 0


def _named(view: Snapshot) -> list[str]:
    return [name for (name,) in view.all("named_blobs")]


def _contradictions(view: Snapshot) -> list[str]:
    """Rows that point nowhere, and counts that are not what they count."""
    strays = [f"{count} rows point nowhere: {what}" for what, count in view.all("stray_rows") if count]
    drift = [
        f"the count of {state} in {channel}{'/' if destination else ''}{destination} is {kept}, there are {real}"
        for channel, destination, state, real, kept in view.all("tally_drift")
    ]
    return strays + drift
