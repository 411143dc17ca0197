"""The `mllp` source: its sockets."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from engine.plugins.sources.mllp.connection import Connection
from engine.plugins.sources.mllp.hub import Hub
from engine.plugins.sources.mllp.settings import MllpSourceSettings
from engine.plugins.sources.mllp.tls import server_context
from engine.ports.fields import HostPort
from engine.ports.services import SourceServices

_SWEEP_SECONDS = 1.0
_BACKLOG = 1024


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
