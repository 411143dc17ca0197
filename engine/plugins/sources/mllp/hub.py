"""What all connections of one `mllp` source share; it knows them by what it asks of them."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

from engine.plugins.sources.mllp import budget
from engine.plugins.sources.mllp.settings import MllpSourceSettings
from engine.ports.services import SourceServices
from engine.ports.source import PRESSED

_T = TypeVar("_T")
_SETTLE_SECONDS = 0.1
_DRAIN_SECONDS = 10.0
_PRESSED_SECONDS = 0.005


class Member(budget.Member, Protocol):
    """A connection as the hub sees it."""

    name: str

    def hold_for_store(self, *, on: bool) -> None:
        """Stop or go on reading, because of the store."""

    async def say(self, payload: bytes) -> bool:
        """Write a payload behind the answers that are due; False when the peer is gone."""

    def settle(self, received: int) -> None:
        """Nothing came since that many bytes: take what ended without its last byte as complete."""

    def sweep(self, now: float) -> None:
        """Look at the time-outs; `now` on the monotonic clock, in seconds."""

    def drain(self) -> None:
        """Read no more, close when everything is answered."""

    def abort(self) -> None:
        """Close at once."""


class Hub:
    """What the connections of one source share: settings, the entrance, the byte budget, tasks and figures."""

    def __init__(self, settings: MllpSourceSettings, services: SourceServices) -> None:
        self.settings = settings
        self.services = services
        self.intake = services.intake
        self.policy = settings.policy()
        self.monotonic: Callable[[], float] = services.clock.monotonic
        self.context: ssl.SSLContext | None = None
        self.connections: set[Member] = set()
        self.budget = budget.ByteBudget(
            limit=settings.max_in_flight, spare=settings.max_frame, members=self.connections
        )
        self.tasks: set[asyncio.Task[Any]] = set()
        self.is_empty = asyncio.Event()
        self.is_pressed = False
        self._by_name: dict[str, Member] = {}
        self._named = 0
        self._settling: dict[Member, int] = {}
        self._settler: asyncio.Task[None] | None = None
        self._noted: set[str] = set()
        self._reported = 0  # in-flight bytes as the gauge has them
        self._stopping = False

    def admit(self, connection: Member, host: str) -> bool:
        """Whether this peer may connect now; counts it when it may."""
        if self._stopping:
            return False
        if not _is_allowed(host, self.settings.allow):
            self.refused("peer_not_allowed", host)
            return False
        if len(self.connections) >= self.settings.max_connections:
            self.refused("too_many_connections", host)
            return False
        self.connections.add(connection)
        self._by_name[connection.name] = connection
        self.is_empty.clear()
        self._gauge("connections", 1)
        return True

    def forget(self, connection: Member) -> None:
        """The connection is gone. May be said twice."""
        if connection in self.connections:
            self.connections.discard(connection)
            self._gauge("connections", -1)
        self._by_name.pop(connection.name, None)
        self._settling.pop(connection, None)
        self.budget.forget(connection)
        if not self.connections:
            self.is_empty.set()

    def connection_name(self) -> str:
        """A name no other connection of this source has had since it started."""
        self._named += 1
        return str(self._named)

    async def say(self, connection: str, payload: bytes) -> bool:
        """Write a payload on a connection; False when it is gone."""
        found = self._by_name.get(connection)
        return await found.say(payload) if found is not None else False

    def feel(self) -> None:
        """Stop reading on all connections while the store does not keep up."""
        if not self.is_pressed and self.intake.pressure >= PRESSED and not self._stopping:
            self.is_pressed = True
            for connection in self.connections:
                connection.hold_for_store(on=True)
            self.count("store_pressed")
            self.spawn(self._wait_for_store())

    async def _wait_for_store(self) -> None:
        while self.intake.pressure >= PRESSED and not self._stopping:
            await self.services.clock.sleep(_PRESSED_SECONDS)
        self.is_pressed = False
        for connection in tuple(self.connections):
            connection.hold_for_store(on=False)

    def spawn(self, work: Coroutine[Any, Any, _T]) -> asyncio.Task[_T]:
        """Run something for a connection; `stop` waits for it."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    def settle_soon(self, connection: Member) -> None:
        """A frame ended in FS without CR: complete if nothing comes for a tenth of a second."""
        self._settling[connection] = connection.received
        if self._settler is None:
            self._settler = asyncio.get_running_loop().create_task(self._settle())

    async def _settle(self) -> None:
        while self._settling:
            await self.services.clock.sleep(_SETTLE_SECONDS)
            due = self._settling
            self._settling = {}
            for connection, received in due.items():
                connection.settle(received)
        self._settler = None

    def sweep(self) -> None:
        """Once a second: time-outs of all connections, and the budget."""
        self._noted.clear()
        now = self.monotonic()
        for connection in tuple(self.connections):
            connection.sweep(now)
        self.budget.sweep()
        self._report_bytes()

    def _report_bytes(self) -> None:
        used = self.budget.used
        self._gauge("in_flight_bytes", used - self._reported)
        self._reported = used

    def _gauge(self, metric: str, change: float) -> None:
        if change:
            self.services.observer.count(metric, change, source=self.services.name)

    def count(self, reason: str) -> None:
        """Count what a peer did wrong."""
        self.services.observer.count("frame_errors", source=self.services.name, reason=reason)

    def refused(self, reason: str, peer: str, *, error: str | None = None) -> None:
        """A peer was turned away. Counted each time, noted once a second: a flood must not fill the log."""
        self.count(reason)
        if reason not in self._noted:
            self._noted.add(reason)
            self._note("mllp.refused", "warning", reason=reason, peer=peer, error=error)

    def closed(self, reason: str, peer: str, *, level: str = "warning", error: str | None = None) -> None:
        """We close a connection."""
        self.count(reason)
        self._note("mllp.closed", level, reason=reason, peer=peer, error=error)

    def _note(self, event: str, level: str, **fields: str | None) -> None:
        services = self.services
        services.observer.note(event, level=level, source=services.name, channel=services.channel, **fields)

    async def drain(self) -> None:
        """Answer what was read, close every connection.

        After ten seconds the rest is cut off without an answer: those senders keep their messages and send them again.
        """
        self._stopping = True
        if self._settler is not None:
            self._settler.cancel()
        for connection in tuple(self.connections):
            connection.drain()
        patience = asyncio.ensure_future(self.services.clock.sleep(_DRAIN_SECONDS))
        finished = asyncio.ensure_future(self._finish())
        await asyncio.wait({patience, finished}, return_when=asyncio.FIRST_COMPLETED)
        patience.cancel()
        for task in tuple(self.tasks):
            task.cancel()
        for connection in tuple(self.connections):
            connection.abort()
        await finished
        self._report_bytes()

    async def _finish(self) -> None:
        while self.tasks or self.connections:
            if self.tasks:
                await asyncio.wait(tuple(self.tasks))
            else:
                await self.is_empty.wait()


def _is_allowed(host: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    if not networks:
        return True
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)
