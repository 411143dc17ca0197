"""One line to a receiver: connects when there is something to send, carries one exchange at a time."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from engine.links.connection import Link, Trouble
from engine.links.patience import Patience
from engine.links.tls import TlsSettings, client_context
from engine.ports.clock import Clock
from engine.ports.fields import HostPort

_T = TypeVar("_T")


class Peer(Protocol):
    """Whom to talk to, and how long they may take; settings of a plugin fit."""

    @property
    def to(self) -> HostPort:
        """Their address."""

    @property
    def tls(self) -> TlsSettings | None:
        """Encryption; None for none."""

    @property
    def connect_timeout(self) -> float:
        """Seconds for connecting, the TLS handshake included."""

    @property
    def ack_timeout(self) -> float:
        """Seconds for reading a message, and again for answering it."""


class Line:
    """Keeps a connection open between exchanges, and gives it up with the first doubtful one."""

    def __init__(self, settings: Peer, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._patience = Patience(clock)
        self.link: Link | None = None

    async def ask(self, block: bytes, may_send: Callable[[], bool]) -> tuple[bool, bytes | Trouble]:
        """Send a block and wait for what comes back; whether it left, and the answer's data or why there is none.

        The caller says `give_up` when the answer is not the one it waited for.
        """
        link = await self._ready(block, may_send)
        if isinstance(link, Trouble):
            return False, link
        answer: bytes | Trouble | None = None
        try:
            answer = await self._answer(link)
        finally:
            # Also when the wait was cancelled: the answer may still come, and must not meet the next message.
            if answer is None or isinstance(answer, Trouble):
                self.give_up()
        return True, answer

    async def tell(self, block: bytes, may_send: Callable[[], bool]) -> tuple[bool, Trouble | None]:
        """Send a block that asks for no answer; the connection closes behind it, lest a late answer meets the next."""
        link = await self._ready(block, may_send)
        if isinstance(link, Trouble):
            return False, link
        written: bool | None = None
        try:
            written = await self._within(self._settings.ack_timeout, _true(link.written()))
        finally:
            self.link = None
            if written and not link.is_stale:
                link.close()
            else:
                link.drop()
        return True, None if written else Trouble.NOT_READ

    def give_up(self) -> None:
        """Throw the connection away."""
        link, self.link = self.link, None
        if link is not None:
            link.drop()

    def close(self) -> None:
        """Close the connection in an orderly way."""
        self._patience.close()
        link, self.link = self.link, None
        if link is not None:
            link.close()

    async def _ready(self, block: bytes, may_send: Callable[[], bool]) -> Link | Trouble:
        """A link on which the block is under way: the open one, else a new one."""
        if not may_send():
            return Trouble.NOT_OURS
        if self.link is not None and await self.link.begin(block):
            return self.link
        self.link = None
        link = await self._connect()
        if isinstance(link, Trouble):
            return link
        self.link = link
        if not may_send():
            return Trouble.NOT_OURS
        if await link.begin(block):
            return link
        self.link = None
        return link.loss

    async def _connect(self) -> Link | Trouble:
        """A fresh connection, or why there is none."""
        settings = self._settings
        loop = asyncio.get_running_loop()
        context, name = None, None
        if settings.tls is not None:
            try:
                context = client_context(settings.tls)  # each time: renewed files are used without a restart
            except OSError:
                return Trouble.TLS
            name = settings.tls.server_name or settings.to.host
        try:
            dial = loop.create_connection(Link, settings.to.host, settings.to.port, ssl=context, server_hostname=name)
            made = await self._within(settings.connect_timeout, dial)
        except ssl.SSLError:
            return Trouble.TLS
        except ConnectionRefusedError:
            return Trouble.REFUSED
        except OSError:
            return Trouble.UNREACHABLE
        return made[1] if made is not None else Trouble.CONNECT_TIMEOUT

    async def _answer(self, link: Link) -> bytes | Trouble:
        """What the receiver says, its time counted from when the message had left."""
        seconds = self._settings.ack_timeout
        if not link.is_written and await self._within(seconds, _true(link.written())) is None:
            return Trouble.NOT_READ
        self._patience.begin(seconds, link.give_up)
        try:
            return await link.answer()
        finally:
            self._patience.end()

    async def _within(self, seconds: float, work: Awaitable[_T]) -> _T | None:
        """The result, or None when the time is up on our clock; the work is then cancelled."""
        task = asyncio.ensure_future(work)
        patience = asyncio.ensure_future(self._clock.sleep(seconds))
        try:
            await asyncio.wait({task, patience}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
            return None if task.cancelled() else task.result()
        finally:
            patience.cancel()
            task.cancel()


async def _true(work: Awaitable[None]) -> bool:
    await work
    return True
