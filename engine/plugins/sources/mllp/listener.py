"""The `mllp` source: its sockets, and what all its connections share."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

from engine.plugins.sources.mllp.budget import ByteBudget
from engine.plugins.sources.mllp.connection import Connection
from engine.plugins.sources.mllp.settings import MllpSourceSettings
from engine.plugins.sources.mllp.tls import server_context
from engine.ports.fields import HostPort
from engine.ports.services import SourceServices
from engine.ports.source import PRESSED

_T = TypeVar("_T")
_SWEEP_SECONDS = 1.0
_SETTLE_SECONDS = 0.1
_DRAIN_SECONDS = 10.0
_PRESSED_SECONDS = 0.005
_BACKLOG = 1024


class Hub:
    """What the connections of one source share: settings, the entrance, the byte budget, tasks and figures."""

    def __init__(self, settings: MllpSourceSettings, services: SourceServices) -> None:
        self.settings = settings
        self.services = services
        self.intake = services.intake
        self.policy = settings.policy()
        self.monotonic: Callable[[], float] = services.clock.monotonic
        self.context: ssl.SSLContext | None = None
        self.connections: set[Connection] = set()
        self.budget = ByteBudget(limit=settings.max_in_flight, spare=settings.max_frame, members=self.connections)
        self.tasks: set[asyncio.Task[Any]] = set()
        self.is_empty = asyncio.Event()
        self.is_pressed = False
        self._by_name: dict[str, Connection] = {}
        self._named = 0
        self._settling: dict[Connection, int] = {}
        self._settler: asyncio.Task[None] | None = None
        self._noted: set[str] = set()
        self._reported = 0  # in-flight bytes as the gauge has them
        self._stopping = False

    def admit(self, connection: Connection, host: str) -> bool:
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

    def forget(self, connection: Connection) -> None:
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

    def settle_soon(self, connection: Connection) -> None:
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


class MllpSource:
    """Implements `engine.ports.source.Source`.

    Args:
        settings: as configured.
        services: name, channel, the entrance, clock, observer.
    """

    def __init__(self, settings: MllpSourceSettings, services: SourceServices) -> None:
        self._settings = settings
        self._services = services
        self._hub: Hub | None = None
        self._servers: list[asyncio.Server] = []
        self._sweeper: asyncio.Task[None] | None = None

    async def start(self) -> Sequence[str]:
        """Bind every address and listen; returns them with the real ports. Raises OSError, then nothing is bound."""
        hub = Hub(self._settings, self._services)
        if self._settings.tls is not None:
            hub.context = server_context(self._settings.tls)
        try:
            for address in self._settings.listen:
                self._servers.append(await _listen(hub, address))
        except OSError:
            self._close_servers()
            raise
        self._hub = hub
        self._sweeper = asyncio.create_task(self._sweep(hub))
        bound = [_name(sock.getsockname()) for server in self._servers for sock in server.sockets]
        for name in bound:
            self._note_listening(name)
        return bound

    async def stop(self) -> None:
        """Take no new connection, answer what was read completely, close."""
        self._close_servers()
        hub, self._hub = self._hub, None
        if hub is not None:
            await hub.drain()
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None

    async def answer(self, connection: str, payload: bytes) -> bool:
        """Write a payload on that connection, behind the answers that are due there; False when it is gone."""
        return await self._hub.say(connection, payload) if self._hub is not None else False

    def reload(self) -> None:
        """Read the certificate files again; connections made from now on use them.

        Raises:
            OSError: they cannot be used; the old ones stay.
        """
        if self._hub is not None and self._settings.tls is not None:
            self._hub.context = server_context(self._settings.tls)

    async def _sweep(self, hub: Hub) -> None:
        while True:
            await self._services.clock.sleep(_SWEEP_SECONDS)
            hub.sweep()

    def _close_servers(self) -> None:
        for server in self._servers:
            server.close()
        self._servers.clear()

    def _note_listening(self, address: str) -> None:
        services, host = self._services, HostPort(address.rpartition(":")[0].strip("[]"), 0)
        open_to_all = self._settings.tls is None and not host.is_loopback
        services.observer.note(
            "mllp.listening",
            level="warning" if open_to_all else "info",
            source=services.name,
            channel=services.channel,
            address=address,
            reason="plaintext_beyond_this_machine" if open_to_all else None,
        )


async def _listen(hub: Hub, address: HostPort) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: Connection(hub), address.host or None, address.port, backlog=_BACKLOG)


def _name(sockname: tuple[Any, ...]) -> str:
    return str(HostPort(str(sockname[0]), int(sockname[1])))


def _is_allowed(host: str, networks: Sequence[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    if not networks:
        return True
    address = ipaddress.ip_address(host.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)
