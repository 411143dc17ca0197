"""The engine's side of the template process and of the readers that are copies of it."""

from __future__ import annotations

import asyncio
import json
import os
import socket
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.domain.report import LabReport
from engine.links.processes import end_process, start_process
from engine.plugins.extractors.local.wire import END, HEADER, MAKE, MAX_ANSWER, ORDER, load_report, pack

if TYPE_CHECKING:
    from engine.plugins.extractors.local.settings import LocalSettings

_START_SECONDS = 30.0
_END_SECONDS = 5.0
_CHUNK = 1 << 16
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""A confined reader cannot start threads, and the libraries that recognise text must not try."""


class ReaderLost(Exception):
    """The process ended or broke its connection before it answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A report and how long the reader process worked on it (0 where none did)."""

    report: LabReport
    milliseconds: int = 0


class Template:
    """The process that readers are copies of: it has loaded what they know and never opens a document."""

    def __init__(self, process: asyncio.subprocess.Process, control: socket.socket) -> None:
        self._process = process
        self._control = control
        self._made = 0
        self._copies: set[int] = set()
        self._has_loaded = False
        self._is_retired = False

    @classmethod
    async def start(cls, settings: LocalSettings) -> Template:
        """Start the process; what is ordered waits until it has loaded its packs. Raises OSError."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.settimeout(0)
        with theirs, ExitStack() as undone:
            undone.callback(ours.close)
            process = await start_process(
                "engine.plugins.extractors.local.template",
                str(settings.memory),
                str(settings.cpu),
                str(os.getpid()),
                str(settings.scan_memory),
                str(settings.scan_time),
                settings.overlay,
                settings.loinc,
                stdin=theirs.fileno(),
                stdout=asyncio.subprocess.DEVNULL,
                environment=_ONE_THREAD,
            )
            undone.pop_all()
        return cls(process, ours)

    @property
    def is_gone(self) -> bool:
        """Whether the process has ended, and all its copies with it. The kernel closes its socket before they end."""
        try:
            return not self._control.recv(1)
        except BlockingIOError:
            return False
        except OSError:
            return True

    @property
    def is_spent(self) -> bool:
        """Whether it makes no more readers, and those there are had better be replaced."""
        return self._is_retired or self.is_gone

    @property
    def is_retired(self) -> bool:
        """Whether we have put it away."""
        return self._is_retired

    def has_loaded(self) -> None:
        """Its first copy has answered."""
        self._has_loaded = True

    def make(self, channel: socket.socket) -> int:
        """Order a reader that serves this socket; its number. Raises OSError."""
        number = self._made = self._made + 1
        socket.send_fds(self._control, [ORDER.pack(MAKE, number)], [channel.fileno()])
        self._copies.add(number)
        return number

    def end(self, number: int) -> None:
        """Order the end of a reader."""
        with suppress(OSError):  # it is gone, or hangs: see `release`
            self._control.send(ORDER.pack(END, number))

    async def release(self, number: int) -> None:
        """A reader has ended; a retired template ends with the last one."""
        self._copies.discard(number)
        if self._is_retired and not self._copies:
            await self.close()

    async def retire(self) -> None:
        """Make no more readers, and end with the last one.

        All copies have their memory laid out alike: who could crash one must not try again on another.
        """
        self._is_retired = True
        if not self._copies:
            await self.close()

    async def close(self) -> None:
        """End the process, and with it all copies that are left."""
        self._is_retired = True
        self._control.close()
        if self._has_loaded:  # until then there is no copy that it should collect
            with suppress(TimeoutError):
                async with asyncio.timeout(_END_SECONDS):
                    await self._process.wait()
        await end_process(self._process)


class Reader:
    """One reader process; `limits` names those that it could set for itself."""

    def __init__(self, template: Template, number: int, channel: socket.socket) -> None:
        self.template = template
        self.served = 0
        self.limits: frozenset[str] = frozenset()
        self._number = number
        self._channel = channel
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    @classmethod
    async def start(cls, template: Template) -> Reader:
        """Have a reader made and wait until it is ready. Raises ReaderLost."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                reader = cls(template, template.make(theirs), ours)
        except OSError:
            ours.close()
            raise ReaderLost("no template") from None
        try:
            async with asyncio.timeout(_START_SECONDS):
                reader._streams = await asyncio.open_unix_connection(sock=reader._channel, limit=MAX_ANSWER)
                ready, _ = await reader._receive()
        except (TimeoutError, ReaderLost, ValueError):
            await reader.kill()
            raise ReaderLost("no start") from None
        except asyncio.CancelledError:
            await asyncio.shield(reader.kill())
            raise
        template.has_loaded()
        reader.limits = frozenset(map(str, ready.get("limits", ())))
        return reader

    async def read(self, head: bytes, data: bytes, on_scan: Callable[[], None]) -> Reading:
        """Send one document, wait for the report; `on_scan` is called once pages have to be recognised.

        Raises ReaderLost, or ValueError where the answer is no report.
        """
        if self._streams is None:
            raise ReaderLost("no connection")
        _, writer = self._streams
        try:
            writer.write(pack(head, data))
            await writer.drain()
        except ConnectionError:
            raise ReaderLost("connection closed") from None
        self.served += 1
        told, answer = await self._receive()
        if told.get("scan"):
            on_scan()
            told, answer = await self._receive()
        return Reading(report=load_report(answer), milliseconds=int(told.get("milliseconds", 0)))

    async def _receive(self) -> tuple[Mapping[str, Any], bytes]:
        if self._streams is None:
            raise ReaderLost("no connection")
        stream, _ = self._streams
        try:
            head_length, data_length = HEADER.unpack(await stream.readexactly(HEADER.size))
            if head_length + data_length > MAX_ANSWER:
                raise ReaderLost("answer too long")
            head = await stream.readexactly(head_length)
            data = await stream.readexactly(data_length)
        except (asyncio.IncompleteReadError, ConnectionError):
            raise ReaderLost("ended") from None
        told = json.loads(head)
        if not isinstance(told, dict):
            raise ReaderLost("no answer")
        return told, data

    async def kill(self) -> None:
        """End the process, wait until it is gone, and let the connection go."""
        self.template.end(self._number)
        if self._streams is None:
            self._channel.close()
        else:
            stream, writer = self._streams
            with suppress(ConnectionError):
                await self._ended(stream)
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()
        await self.template.release(self._number)

    async def _ended(self, stream: asyncio.StreamReader) -> None:
        """Wait for the end of what the process says; a template that does not end it is ended itself."""
        try:
            async with asyncio.timeout(_END_SECONDS):
                while await stream.read(_CHUNK):
                    pass
        except TimeoutError:
            await self.template.close()
