"""The index file copied, put back and looked through, beside a running engine or without."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import apsw

from engine.plugins.directories.index import tables

_PAGES = 2_000


def copy(source: Path, target: Path) -> int:
    """Copy the index as it is at one moment into a new file (mode 0600), durable with its entry in the folder.

    Returns:
        How many records it holds.

    Raises:
        apsw.Error, OSError: there is no whole copy.
    """
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    with closing(tables.open_reader(source)) as reading, closing(apsw.Connection(str(target))) as writing:
        with writing.backup("main", reading, "main") as copying:
            while not copying.done:
                copying.step(_PAGES)
        writing.execute("PRAGMA journal_mode = DELETE").fetchall()
        count = tables.count(writing)
    handle = os.open(target, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    tables.sync_folder(target.parent)
    return count


def put_back(source: Path, target: Path) -> int:
    """Make a copy the index; what was there goes. Nobody else may have the file open.

    Returns:
        How many records it holds.

    Raises:
        apsw.Error, OSError, DirectoryUnavailable: the index is as it was.
    """
    fresh = target.with_name(f"{target.name}.restored")
    fresh.unlink(missing_ok=True)
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    count = copy(source, fresh)
    tables.open_writer(fresh).close()  # refuses what is no index, or one of another release
    for name in (f"{target.name}-wal", f"{target.name}-shm"):
        target.with_name(name).unlink(missing_ok=True)
    fresh.replace(target)
    tables.sync_folder(target.parent)
    return count


def faults(path: Path) -> list[str]:
    """What is wrong with the file; nothing when it is sound or was never made."""
    if not path.exists():
        return []
    try:
        with closing(tables.open_reader(path)) as reader:
            found = [str(row[0]) for row in reader.execute("PRAGMA integrity_check")]
    except apsw.Error as problem:
        return [f"{path.name} cannot be read: {type(problem).__name__}"]
    return [f"{path.name}: {line}" for line in found if line != "ok"]
