"""The shared store on the same ground: a real server, real time, and nodes that vanish or freeze between two steps."""
# ruff: noqa: ARG002 - a ground takes what a world gives it

from __future__ import annotations

import asyncio
import collections
import contextlib
import gc
from collections.abc import Awaitable, Callable
from contextvars import Context
from pathlib import Path
from random import Random
from typing import Any

import asyncpg

from engine.pipeline.ordering import Order
from engine.plugins.destinations.mllp.sender import MllpDestination
from engine.plugins.destinations.mllp.settings import MllpDestinationSettings
from engine.plugins.stores import postgres
from engine.plugins.stores.postgres import PostgresSettings, intake
from engine.plugins.stores.postgres.store import PostgresStore
from engine.ports.services import DestinationServices, SiteServices
from engine.ports.store import MessageQuery, MessageView
from tests.simulation.loop import STRAND, SimLoop, Strand
from tests.simulation.model_store import Weather
from tests.simulation.node import RECEIVER, DrawnIds, Node, NodeClock, Notes
from tests.simulation.stores import ACTS

LEASE = 2.0
_QUICK = RECEIVER.model_copy(
    update={
        "retry": RECEIVER.retry.model_copy(update={"max": 3.0}),
        "circuit": RECEIVER.circuit.model_copy(update={"probe": 3.0}),
    }
)
_LOOKS = 200
_ROUNDS = 3
Act = Callable[[Any], Awaitable[Any]]


class Ready(collections.deque[asyncio.Handle]):
    """What a loop runs next; what belongs to a dead or frozen strand is put aside and replaced by nothing."""

    def __init__(self, loop: RealLoop) -> None:
        super().__init__()
        self._loop = loop
        self._nothing = asyncio.Handle(_nothing, (), loop)
        self._nothing.cancel()

    def popleft(self) -> asyncio.Handle:
        handle = super().popleft()
        strand = strand_of(handle)
        if strand is None or not (strand.is_dead or strand.is_frozen):
            return handle
        (self._loop.graveyard if strand.is_dead else strand.held).append(handle)
        return self._nothing


def _nothing() -> None:
    return


def strand_of(handle: Any) -> Strand | None:
    """The process that a handle is a step of."""
    return None if handle is None else handle._context.get(STRAND)


class RealLoop(asyncio.SelectorEventLoop):
    """Real time and real sockets to the server; the connections to the receiver stay simulated."""

    def __init__(self, dice: Random) -> None:
        super().__init__()
        self._dice = dice
        self._ready = Ready(self)
        self.graveyard: list[asyncio.Handle] = []
        self.failures: list[str] = []
        self.dial: Any = None
        self.rounds = 0
        self._parked: list[tuple[Strand, Any]] = []
        self.set_exception_handler(self._note_failure)  # type: ignore[arg-type]

    _note_failure = SimLoop._note_failure
    run_in_executor = SimLoop.run_in_executor
    create_connection = SimLoop.create_connection

    def thaw(self, strand: Strand) -> None:
        """Let a frozen strand go on where it stood, and hear what came meanwhile."""
        for owner, key in self._parked:
            if owner is strand:
                with contextlib.suppress(KeyError, ValueError, OSError):
                    self._selector.register(key.fileobj, key.events, key.data)
        self._parked = [one for one in self._parked if one[0] is not strand]
        SimLoop.thaw(self, strand)  # type: ignore[arg-type]

    def bury(self, strand: Strand) -> None:
        """The process is gone; nothing of it runs again."""
        strand.is_dead = True
        self.graveyard += strand.held
        strand.held = []
        self._parked = [one for one in self._parked if one[0] is not strand]

    def raise_the_dead(self) -> None:
        """For the end of a run."""
        self._ready.extend(self.graveyard)
        self.graveyard = []

    def _process_events(self, event_list: list[tuple[Any, int]]) -> None:
        """A frozen process does not read: its sockets are not asked again until it thaws."""
        awake = []
        for key, mask in event_list:
            strand = strand_of(key.data[0] or key.data[1])
            if strand is not None and strand.is_frozen:
                self._selector.unregister(key.fileobj)
                self._parked.append((strand, key))
            else:
                awake.append((key, mask))
        super()._process_events(awake)  # type: ignore[misc]


class EagerSender(MllpDestination):
    """Looks again after seconds, not after a minute: here a second is a second."""

    def __init__(self, settings: MllpDestinationSettings, services: DestinationServices) -> None:
        super().__init__(_QUICK.model_copy(update={"in_flight": settings.in_flight}), services)


class Desk(PostgresStore):
    """Where the checks look: a list of messages is one of a moment in which nobody got an answer."""

    world: Any = None

    async def search(self, query: MessageQuery) -> list[MessageView]:
        for _ in range(_LOOKS):
            before = self._answered()
            found = await super().search(query)
            if before == self._answered():
                return found
        raise RuntimeError("there is no quiet moment")

    def _answered(self) -> int:
        return sum(item.accepted is not None for item in self.world.letters)


class PostgresGround:
    """Two nodes on one database, in real time; a desk beside them that takes no lease."""

    may_freeze = True
    may_lose_answers = True

    def __init__(self, dsn: str) -> None:
        self.acts = ACTS
        self.orders = list(Order)
        self.skews = [-3600.0, -5.0, 5.0, 10.0, 15.0]  # retries wait for the clock of the node that wrote them
        self._dsn = dsn

    def begin(self, loop: Any, dice: Random) -> None:
        self._loop = loop
        self._dice = dice
        self._desk: Desk | None = None
        self._opening: asyncio.Task[None] | None = None

    def _settings(self) -> PostgresSettings:
        return PostgresSettings(dsn=self._dsn, lease=LEASE, connections=4, inline=512)  # type: ignore[arg-type]

    def _services(self, name: str, note: Callable[[str], None]) -> SiteServices:
        return SiteServices(
            site=Path(), node=name, clock=NodeClock(self._loop), ids=DrawnIds(self._dice), observer=Notes(note, name),
            blobs=None,
        )  # fmt: skip

    def nodes(self, dice: Random) -> int:
        return 2

    def store(self, name: str, weather: Weather, world: Any) -> Any:
        found: Any = postgres.PLUGIN.build(self._settings(), self._services(name, world.note))
        commit = found._write

        async def write(function: Any, *values: Any, **named: Any) -> Any:
            after = await weather("accept" if function is intake.accept else "write")
            result = await commit(function, *values, **named)
            await after()
            return result

        found._write = write
        return _watched(found)

    def bind(self, store: PostgresStore, node: Node) -> None:
        store._clock = node.clock

    def crash(self, store: PostgresStore) -> None:
        """The process is gone: the server sees its connections end."""
        Context().run(_cut_off, store)

    def end(self, store: PostgresStore) -> None:
        self.crash(store)

    def finish(self) -> None:
        if self._desk is not None:
            self.crash(self._desk)
        for one in gc.get_objects():  # also the pools of nodes that vanished while they opened them
            if type(one) is asyncpg.Pool and getattr(one, "_loop", None) is self._loop:
                one.terminate()
        for _ in range(_ROUNDS):
            for task in asyncio.all_tasks(self._loop):
                task.cancel()
            for transport in list(self._loop._transports.values()):
                transport.abort()
            self._loop.run_until_complete(asyncio.sleep(0.02))

    def desk(self, world: Any) -> Desk | None:
        """None until it is open."""
        if self._opening is None:
            self._desk = Desk(self._settings(), self._services("desk", world.note))
            self._desk.world = world
            _watched(self._desk)
            self._opening = self._loop.create_task(self._open_desk(self._desk), context=Context())
            world.keep.append(self._opening)
        return self._desk if self._opening.done() else None

    @staticmethod
    async def _open_desk(desk: Desk) -> None:
        await desk.open()
        desk._tasks[0].cancel()

    def faults(self) -> list[str]:
        return []


def _watched(store: Any) -> Any:
    """Remember the connections outside the pool, to end them with the process."""
    store.connections = []
    connect = store._db.connect

    async def watched(limit: float | None = None) -> Any:
        connection = await connect(limit)
        store.connections.append(connection)
        return connection

    store._db.connect = watched
    return store


def _cut_off(store: Any) -> None:
    pool = store._db._pool
    if pool is not None:
        pool.terminate()
    for connection in store.connections:
        if not connection.is_closed():
            connection.terminate()
