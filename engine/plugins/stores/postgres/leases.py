"""What this start of the node holds, kept alive by a sign of life each second; and the end of what others let expire.

Only leases that are known here are renewed. One whose answer was lost after its COMMIT is known to nobody: it runs
out, and the work goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

import asyncpg

from engine import __version__
from engine.plugins.stores.postgres.connection import Database, as_store_error
from engine.plugins.stores.postgres.timepiece import Timepiece
from engine.plugins.stores.postgres.work import free
from engine.ports.observe import Observer
from engine.ports.store import KeyLease, LaneLease, RoleLease, StoreError

Lease = KeyLease | LaneLease | RoleLease
Sql = Mapping[str, str]
_BEATS = 4
"""Signs of life in the time of a lease."""
_MARGIN = 0.25
"""Part of a lease that is left to others' clocks: in it we no longer say that we hold it."""
_KINDS: tuple[tuple[type[Lease], str], ...] = (
    (KeyLease, "renew_keys"),
    (LaneLease, "renew_lanes"),
    (RoleLease, "renew_roles"),
)


def _tell_nobody(_hints: Iterable[str]) -> None:
    """Until the store says whom."""


class Leases:
    """The leases of one start of one node, by epoch; `run` renews them until it is cancelled."""

    def __init__(
        self, database: Database, sql: Sql, timepiece: Timepiece, *, node: str, seconds: float, observer: Observer
    ) -> None:
        self._database = database
        self._sql = sql
        self._timepiece = timepiece
        self._node = node
        self._seconds = seconds
        self._observer = observer
        self._start = ""
        self._until: dict[int, float] = {}
        self._kinds: dict[int, type[Lease]] = {}
        self._owners: set[str] = set()
        self._connection: Any = None
        self.woken: Callable[[Iterable[str]], None] = _tell_nobody

    async def begin(self) -> None:
        """Take the number of this start from the database: no start of any node ever had it."""
        number = await self._database.write(lambda connection: connection.fetchval(self._sql["next_start"]))
        self._start = str(number)
        self._owners = {self.owner(self._node)}

    def owner(self, node: str) -> str:
        """The name in leases: of the node, and of this start of it."""
        return f"{node}/{self._start}"

    def asks(self, node: str) -> str:
        """The name for a lease about to be asked for; kept, so that `leave` gives back what it may have got."""
        owner = self.owner(node)
        self._owners.add(owner)
        return owner

    @staticmethod
    def clock() -> float:
        """Seconds of a clock that only goes forward; taken before a lease is asked for."""
        return asyncio.get_running_loop().time()

    def took(self, lease: Lease, asked_at: float) -> None:
        """From now on the lease is renewed; `asked_at` is from before the question."""
        self._until[lease.epoch] = asked_at + self._seconds
        self._kinds[lease.epoch] = type(lease)

    def gave(self, lease: Lease) -> None:
        """From now on it is not."""
        self._forget(lease.epoch)

    def _forget(self, epoch: int) -> None:
        self._until.pop(epoch, None)
        self._kinds.pop(epoch, None)

    def holds(self, lease: Lease) -> bool:
        """Whether the lease is surely still ours, with a margin; what was given back or lost is not."""
        until = self._until.get(lease.epoch)
        return until is not None and self.clock() < until - self._seconds * _MARGIN

    async def run(self, started_at: int) -> None:
        """Beat until cancelled; a beat that fails is tried again with a new connection."""
        has_failed = False
        while True:
            try:
                async with asyncio.timeout(self._seconds / 2):
                    with as_store_error():
                        await self.beat(started_at)
                has_failed = False
            except (StoreError, TimeoutError) as problem:
                self._drop_connection()
                if not has_failed:
                    self._observer.note("store.lease_trouble", level="warning", error=type(problem).__name__)
                has_failed = True
            await asyncio.sleep(self._seconds / _BEATS)

    async def beat(self, started_at: int) -> None:
        """One sign of life: the node's row, its leases, and the end of expired ones."""
        if self._connection is None or self._connection.is_closed():
            self._connection = await self._database.connect(limit=self._seconds / 2)
        connection = self._connection
        await connection.execute(self._sql["beat"], self.owner(self._node), self._node, started_at, __version__)
        await self._end_silent(connection)  # first: what they hold could keep the next statements waiting
        step = await self._timepiece.keep(connection)
        if step:
            self._observer.note("store.clock_set_back", level="warning", seconds=step / 1_000_000)
        for kind, statement in _KINDS:
            await self._renew(connection, kind, statement)
        await self._end_expired(connection)

    async def _end_silent(self, connection: Any) -> None:
        """End what a frozen node left in the middle of a statement: no time limit of the server sees that."""
        ended = await connection.fetchval(self._sql["end_silent"], self._seconds)
        if ended:
            self._observer.note("store.silence_ended", level="warning", connections=ended)

    async def _renew(self, connection: Any, kind: type[Lease], statement: str) -> None:
        epochs = [epoch for epoch, found in self._kinds.items() if found is kind]
        if not epochs:
            return
        asked_at = self.clock()
        rows = await connection.fetch(self._sql[statement], self._seconds, epochs)
        renewed = {row[0] for row in rows}
        busy = [epoch for epoch in epochs if epoch not in renewed]
        if busy and kind is KeyLease:  # a key that someone is writing to was passed over: now wait for it
            renewed |= {row[0] for row in await connection.fetch(self._sql["renew_busy_keys"], self._seconds, busy)}
        for epoch in epochs:
            if epoch not in self._until:
                continue  # given back meanwhile
            if epoch in renewed:
                self._until[epoch] = asked_at + self._seconds
            else:
                self._forget(epoch)

    async def _end_expired(self, connection: Any) -> None:
        async with connection.transaction():
            rows = await connection.fetch(self._sql["expired_keys"])
            await free(connection, self._sql, [row[0] for row in rows])
        lanes = await connection.fetch(self._sql["expired_lanes"])
        hints = [f"lane:{row[0]}/{row[1]}" for row in lanes]
        if rows or hints:
            self._observer.note("store.lease_expired", level="warning", count=len(rows) + len(lanes))
            self.woken([*(["work"] if rows else []), *hints])

    async def take_role(self, node: str, name: str) -> RoleLease | None:
        """Become the one that has the role, or None while another one is."""
        owner, asked_at = self.asks(node), self.clock()
        epoch = await self._database.write(
            lambda connection: connection.fetchval(self._sql["take_role"], name, owner, self._seconds)
        )
        if epoch is None:
            return None
        role = RoleLease(name=name, owner=owner, epoch=epoch)
        self.took(role, asked_at)
        return role

    async def drop_role(self, role: RoleLease) -> None:
        """Give it back."""
        self.gave(role)
        await self._database.write(
            lambda connection: connection.execute(self._sql["drop_role"], role.name, role.owner, role.epoch)
        )

    async def leave(self) -> None:
        """Give everything back that this start may hold; without a database it runs out by itself."""
        self._until.clear()
        self._kinds.clear()
        with suppress(StoreError):
            await self._database.write(self._leave)
        self._drop_connection()

    async def _leave(self, connection: Any) -> None:
        owners = list(self._owners)
        rows = await connection.fetch(self._sql["keys_of_owners"], owners)
        await free(connection, self._sql, [row[0] for row in rows])
        for statement in ("lanes_of_owners", "roles_of_owners"):
            await connection.execute(self._sql[statement], owners)
        await connection.execute(self._sql["leave"], self.owner(self._node))

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(asyncpg.InterfaceError):
                connection.terminate()
