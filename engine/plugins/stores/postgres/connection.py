"""Connections to the database: the pool, transactions with a time limit, and what its errors become."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import asyncpg

from engine.plugins.stores.postgres import PostgresSettings
from engine.plugins.stores.postgres.queries import load_migrations
from engine.ports.store import StoreError, StoreFull

T = TypeVar("T")
Act = Callable[[Any], Awaitable[T]]
"""What is done in one transaction, on the connection it is given."""

_OLDEST = 130_000
_PLANS = {
    **dict.fromkeys(("enable_seqscan", "enable_mergejoin", "enable_hashjoin", "enable_material"), "off"),
    "plan_cache_mode": "force_generic_plan",
}
"""Always by the indexes, row by row, planned once.

A plan may have been made when its tables were as good as empty, and a LIMIT hides from the planner what reading a whole
table first costs: so the batches of pruning once read every delivery there was.
"""
_TRIES = 4
_CLASHES = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.UniqueViolationError,  # another node was faster: the second look finds its row
)
_BROKEN = (asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.OperatorInterventionError, OSError)
_FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, TimeoutError)
_FULL = (asyncpg.DiskFullError, asyncpg.OutOfMemoryError)
_OF_THE_CALL = ("22", "23", "54")
"""Classes of SQLSTATE that are about the values: data exceptions, integrity, a limit of the program."""


@dataclass(frozen=True, slots=True)
class _Mode:
    """A transaction: what it sees, and whether its statements are planned for the values they are given."""

    isolation: str
    is_read_only: bool
    is_planned: bool


_WRITES = _Mode("read_committed", is_read_only=False, is_planned=False)
_PLANNED = _Mode("read_committed", is_read_only=False, is_planned=True)
_READS = _Mode("repeatable_read", is_read_only=True, is_planned=True)


class CallError(StoreError):
    """The database refused what this call wanted to write; others beside it are not to blame."""


@contextmanager
def as_store_error() -> Iterator[None]:
    """The one place where a driver's error becomes a StoreError; values never leave, only the kind of the error."""
    try:
        yield
    except _FAILURES as problem:
        code = str(getattr(problem, "sqlstate", None) or "")
        raise _kind_of(problem, code)(f"the database could not: {type(problem).__name__} {code}".rstrip()) from None


def _kind_of(problem: BaseException, code: str) -> type[StoreError]:
    if isinstance(problem, _FULL):
        return StoreFull
    is_unsendable = isinstance(problem, ValueError)  # the driver's own DataError
    return CallError if is_unsendable or code[:2] in _OF_THE_CALL else StoreError


class Database:
    """The pool of one node. `open` comes first."""

    def __init__(self, settings: PostgresSettings, node: str, sql: Mapping[str, str]) -> None:
        self._settings = settings
        self._node = node
        self._sql = sql
        self._pool: Any = None

    @property
    def is_open(self) -> bool:
        """Whether calls can be made."""
        return self._pool is not None

    async def open(self) -> None:
        """Connect, look whether the server keeps what it promises, bring the schema up to date.

        Raises:
            StoreError: no server, an unsafe or too old one, or a database of a newer release.
        """
        with as_store_error():
            async with asyncio.timeout(max(30.0, self._settings.timeout)):
                connection = await self.connect(limit=0)
                try:
                    await self._require_safe(connection)
                    await migrate(connection, self._sql)
                finally:
                    connection.terminate()
                self._pool = await asyncpg.create_pool(
                    self._settings.dsn.get_secret_value(),
                    min_size=2,
                    max_size=self._settings.connections,
                    max_inactive_connection_lifetime=60.0,
                    timeout=self._settings.timeout,
                    server_settings=self._server_settings(self._settings.timeout),
                    reset=_keep_session,
                )

    async def connect(self, limit: float | None = None) -> Any:
        """A connection of one's own, for leases and for hints; `limit`: seconds for a statement, 0 for none."""
        seconds = self._settings.timeout if limit is None else limit
        return await asyncpg.connect(
            self._settings.dsn.get_secret_value(),
            timeout=self._settings.timeout,
            server_settings=self._server_settings(seconds),
        )

    def _server_settings(self, seconds: float) -> dict[str, str]:
        """Settings of a session; they win over those of the role and the database.

        A frozen node's open transaction is ended by the server, so that its locks do not outlive its leases.
        """
        lease_ms = str(int(self._settings.lease * 1000))
        return {
            "application_name": f"headrace {self._node}"[:63],
            "synchronous_commit": "on",
            "default_transaction_isolation": "read committed",
            "statement_timeout": str(int(seconds * 1000)),
            "idle_in_transaction_session_timeout": lease_ms,
            "tcp_user_timeout": lease_ms,
            "jit": "off",
            **_PLANS,
        }

    async def _require_safe(self, connection: Any) -> None:
        row = await connection.fetchrow(self._sql["server_settings"])
        version, fsync, pages, in_recovery, encoding, commit = row
        if version < _OLDEST:
            raise StoreError("PostgreSQL 13 or newer is needed")
        if in_recovery:
            raise StoreError("the server is a standby; the primary is needed")
        if encoding != "UTF8":
            raise StoreError("the database must be in UTF8")
        unsafe = [name for name, value in (("fsync", fsync), ("full_page_writes", pages)) if value == "off"]
        if commit not in {"on", "remote_apply"}:
            unsafe.append("synchronous_commit")
        if unsafe and not self._settings.allow_unsafe:
            raise StoreError(f"the server has {' and '.join(unsafe)} off: what is acknowledged could be lost")

    async def close(self) -> None:
        """Give all connections back; what is begun gets as long as a call may take."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        try:
            async with asyncio.timeout(self._settings.timeout):
                await pool.close()
        except _FAILURES:
            pool.terminate()

    async def write(self, act: Act[T], *, seconds: float | None = None) -> T:
        """One transaction, durable on return.

        Tried again where nothing can have been written: two nodes were in each other's way, or the connection broke
        before COMMIT was sent.

        Raises:
            StoreError: not done; after a COMMIT whose answer was lost: unknown.
        """
        return await self._run(act, _WRITES, seconds)

    async def write_many(self, act: Act[T]) -> T:
        """A transaction whose best way through the tables depends on the values: it is planned for them."""
        return await self._run(act, _PLANNED, None)

    async def read(self, act: Act[T], *, seconds: float | None = None) -> T:
        """Questions that see one state of the database."""
        return await self._run(act, _READS, seconds)

    async def ask(self, act: Act[T], *, seconds: float | None = None) -> T:
        """One question: a single statement sees one state by itself, and needs no transaction around it."""
        return await self._run(act, None, seconds)

    async def _run(self, act: Act[T], mode: _Mode | None, seconds: float | None) -> T:
        with as_store_error():
            async with asyncio.timeout(seconds or self._settings.timeout):
                clashes, breaks = _TRIES, self._settings.connections + 2  # every pooled connection may be a dead one
                while True:
                    outcome = _Outcome()
                    try:
                        return await self._once(act, outcome, mode)
                    except _CLASHES:
                        clashes -= 1
                        if clashes < 1:
                            raise
                    except _BROKEN as problem:
                        breaks -= 1
                        if outcome.is_committing or isinstance(problem, ValueError) or breaks < 1:
                            raise

    async def _once(self, act: Act[T], outcome: _Outcome, mode: _Mode | None) -> T:
        pool = self._pool
        if pool is None:
            raise StoreError("the store is closed")
        connection = await pool.acquire()
        is_sound = False
        try:
            result = await (act(connection) if mode is None else self._within(connection, act, outcome, mode))
        except (StoreError, asyncpg.PostgresError, asyncpg.exceptions.DataError):
            is_sound = not connection.is_closed() and not outcome.is_open
            raise
        else:
            is_sound = True
            return result
        finally:
            if not is_sound:
                connection.terminate()
            await pool.release(connection)

    async def _within(self, connection: Any, act: Act[T], outcome: _Outcome, mode: _Mode) -> T:
        transaction = connection.transaction(isolation=mode.isolation, readonly=mode.is_read_only)
        outcome.is_open = True
        await transaction.start()
        try:
            if mode.is_planned:
                await connection.execute(self._sql["plan_for_values"])
            result = await act(connection)
        except (StoreError, asyncpg.PostgresError, asyncpg.exceptions.DataError):
            if not connection.is_closed():
                await transaction.rollback()
                outcome.is_open = False
            raise
        outcome.is_committing = True
        await transaction.commit()
        outcome.is_open = False
        return result


async def _keep_session(_connection: Any) -> None:
    """Nothing here changes a session: giving a connection back costs no question to the server."""


@dataclass(slots=True)
class _Outcome:
    """Whether a transaction is open, and whether COMMIT was sent: from then on only its answer says what happened."""

    is_open: bool = False
    is_committing: bool = False


async def migrate(connection: Any, sql: Mapping[str, str]) -> int:
    """Bring the schema up to date; one node at a time, in one transaction. Returns the version it had before.

    Raises:
        StoreError: the database was written by a newer release.
    """
    migrations = load_migrations()
    async with connection.transaction():
        await connection.execute(sql["lock_schema"])
        found = await schema_version(connection, sql)
        if found > migrations[-1][0]:
            raise StoreError(f"the database has schema {found}, this release knows {migrations[-1][0]}")
        for version, script in migrations:
            if version > found:
                await connection.execute(script)
                await connection.execute(sql["add_version"], version)
    return found


async def schema_version(connection: Any, sql: Mapping[str, str]) -> int:
    """The newest migration in the database; 0 for an empty one."""
    if not await connection.fetchval(sql["has_versions"]):
        return 0
    return int(await connection.fetchval(sql["last_version"]))
