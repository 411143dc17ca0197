"""One process owns a database: an advisory lock beside it, with the owner's pid for people."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from engine.ports.store import StoreLocked


class LockFile:
    """`<database>.lock`, held from `acquire` to `release` or the process's death, whichever is first.

    The kernel drops the lock with the process, so that a crash leaves nothing to clean up; the file itself stays.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            StoreLocked: another process (or another store of this one) has it.
        """
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = _read_pid(handle)
            os.close(handle)
            raise StoreLocked(pid) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
        self._handle = handle

    def release(self) -> None:
        """Give the lock back; harmless when it is not held."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def _read_pid(handle: int) -> int | None:
    text = os.pread(handle, 32, 0).strip()
    return int(text) if text.isdigit() else None
