"""`python -m tests.faults.launcher PLAN --site DIR run`: the engine as it is, with one thing around it broken.

The engine's code has no hook for any of this. The plan is a JSON object:
`kill: {call, when, nth}` ends the process by SIGKILL before or after the nth call of a hop (see `HOPS`);
`disk: {call, file, error, nth, count}` lets `count` writes or fsyncs fail from the nth on, below SQLite or below the blob
files; `clock: [seconds, ...]` moves the wall clock by the next of these at each SIGUSR1; `file_size: bytes` and `files: count` are limits of the process.
"""

from __future__ import annotations

import errno
import json
import os
import resource
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import apsw

from engine.__main__ import main
from engine.app.clock import SystemClock
from engine.plugins.blobs import files
from engine.plugins.destinations.mllp.sender import MllpDestination
from engine.plugins.stores.sqlite.store import SqliteStore

HOPS = {
    "accept": (SqliteStore, "accept"),
    "claim": (SqliteStore, "claim"),
    "advance": (SqliteStore, "advance"),
    "release": (SqliteStore, "release"),
    "due": (SqliteStore, "due"),
    "settle": (SqliteStore, "settle"),
    "deliver": (MllpDestination, "deliver"),
    "blob": (files.FileBlobs, "put"),
    "build": (MllpDestination, "build"),
}
"""The steps of one message that end in a file or on a wire; the process is killed before or after any of them."""
PLACES = [(hop, when) for hop in HOPS for when in ("before", "after")]


def die() -> None:
    """Gone, without a word."""
    os.kill(os.getpid(), signal.SIGKILL)


SYSTEM = "unix"
"""SQLite's own file layer, by name: the default one will be ours."""
PLANTED = b"planted\n"
"""Stands in the log for each fault that happened."""


class Countdown:
    """Counts calls; true from the nth on, for `count` calls."""

    def __init__(self, nth: int, count: int = 1) -> None:
        self._calls = 0
        self._first = nth
        self._count = count

    def is_up(self) -> bool:
        self._calls += 1
        is_up = self._first <= self._calls < self._first + self._count
        if is_up:
            os.write(2, PLANTED)
        return is_up


def kill_at(call: str, when: str, nth: int) -> None:
    """Wrap a method of a port so that its nth call is the last thing the process does."""
    owner, name = HOPS[call]
    original: Callable[..., Any] = getattr(owner, name)
    countdown = Countdown(nth)

    async def around(self: Any, *args: Any, **named: Any) -> Any:
        is_last = countdown.is_up()
        if is_last and when == "before":
            die()
        found = await original(self, *args, **named)
        if is_last:
            die()
        return found

    def plain(self: Any, *args: Any, **named: Any) -> Any:
        is_last = countdown.is_up()
        if is_last and when == "before":
            die()
        found = original(self, *args, **named)
        if is_last:
            die()
        return found

    is_plain = call in ("blob", "build")
    wrapper: Callable[..., Awaitable[Any]] | Callable[..., Any] = plain if is_plain else around
    setattr(owner, name, wrapper)


class BadDisk(apsw.VFS):
    """The default file layer of SQLite from now on; hands out files that fail."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.call = str(plan["call"])
        self.flag = apsw.SQLITE_OPEN_WAL if plan["file"] == "wal" else apsw.SQLITE_OPEN_MAIN_DB
        self.error = {"EIO": apsw.IOError, "ENOSPC": apsw.FullError}[plan["error"]]
        self.countdown = Countdown(int(plan["nth"]), int(plan["count"]))
        super().__init__("bad-disk", SYSTEM, makedefault=True)

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:
        return BadFile(name, flags, self)


class BadFile(apsw.VFSFile):
    def __init__(self, name: apsw.URIFilename | str | None, flags: list[int], disk: BadDisk) -> None:
        self._disk = disk
        self._is_meant = bool(flags[0] & disk.flag)
        super().__init__(SYSTEM, name, flags)

    def _check(self, call: str) -> None:
        if self._is_meant and self._disk.call == call and self._disk.countdown.is_up():
            raise self._disk.error("planted")

    def xSync(self, flags: int) -> None:
        self._check("fsync")
        super().xSync(flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        self._check("write")
        super().xWrite(data, offset)


class BadSystem:
    """The `os` that the blob files see: one call fails, the others are the system's."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._call = str(plan["call"])
        self._number = int(getattr(errno, plan["error"]))
        self._countdown = Countdown(int(plan["nth"]), int(plan["count"]))

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        if name != self._call:
            return found

        def call(*args: Any) -> Any:
            if self._countdown.is_up():
                raise OSError(self._number, "planted")
            return found(*args)

        return call


class JumpingClock:
    """Moves the engine's wall clock, never the monotonic one, as a time server or a person does."""

    def __init__(self, jumps: list[float]) -> None:
        self._jumps = list(jumps)
        self._offset = timedelta()
        now = SystemClock.now

        def shifted(clock: SystemClock) -> datetime:
            return now(clock) + self._offset

        SystemClock.now = shifted  # type: ignore[method-assign,assignment]
        signal.signal(signal.SIGUSR1, self._jump)

    def _jump(self, _number: int, _frame: object) -> None:
        self._offset += timedelta(seconds=self._jumps.pop(0))


def break_things(plan: dict[str, Any]) -> list[object]:
    """Do what the plan says; what is returned must live as long as the process."""
    kept: list[object] = []
    if "kill" in plan:
        kill_at(**plan["kill"])
    if "disk" in plan and plan["disk"]["file"] == "blob":
        files.os = BadSystem(plan["disk"])  # type: ignore[attr-defined,assignment]
    elif "disk" in plan:
        kept.append(BadDisk(plan["disk"]))
    if "clock" in plan:
        kept.append(JumpingClock(plan["clock"]))
    if "file_size" in plan:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (plan["file_size"], plan["file_size"]))
    if "files" in plan:
        resource.setrlimit(resource.RLIMIT_NOFILE, (plan["files"], plan["files"]))
    return kept


if __name__ == "__main__":
    KEPT = break_things(json.loads(sys.argv[1]))
    sys.argv[1:] = sys.argv[2:]
    sys.exit(main())
