"""The other side of an MLLP connection for tests: a client with plain reads and writes, and a scripted server.

Nothing here sleeps: a script waits for bytes, for the end of the stream, or for an event of the test.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

PATIENCE = 20.0


def block(data: bytes) -> bytes:
    return b"\x0b" + data + b"\x1c\r"


class Peer:
    """A client: what a sender's socket sees."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def connect(
        cls, address: str, *, context: ssl.SSLContext | None = None, server_hostname: str | None = None
    ) -> Peer:
        host, _, port = address.rpartition(":")
        name = server_hostname or ("localhost" if context else None)
        reader, writer = await asyncio.open_connection(
            host.strip("[]"), int(port), ssl=context, server_hostname=name, limit=1 << 26
        )
        return cls(reader, writer)

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        async with asyncio.timeout(PATIENCE):
            await self.writer.drain()

    async def send_each_byte(self, data: bytes) -> None:
        for at in range(len(data)):
            self.writer.write(data[at : at + 1])
            await asyncio.sleep(0)

    async def answer(self) -> bytes:
        """The data of the next block; the block must be clean."""
        async with asyncio.timeout(PATIENCE):
            raw = await self.reader.readuntil(b"\x1c\r")
        assert raw[:1] == b"\x0b", raw[:20]
        return raw[1:-2]

    async def ask(self, message: bytes) -> bytes:
        await self.send(block(message))
        return await self.answer()

    async def rest(self) -> bytes:
        """Everything up to the end of the stream (a reset counts as an end); then this side closes too."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.reader.read()
        except ConnectionError:
            return b""
        finally:
            await self.close()

    def half_close(self) -> None:
        self.writer.write_eof()

    def reset(self) -> None:
        """Close with RST: unread bytes on the other side are lost, as when a machine dies."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def close(self) -> None:
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except (ConnectionError, ssl.SSLError):
            return


# -- the steps of a scripted server


@dataclass(frozen=True)
class Recv:
    """Wait for one complete block; its data is kept in `ScriptedServer.received`."""


@dataclass(frozen=True)
class Send:
    """Send these bytes, or what the function makes of the last received data."""

    data: bytes | Callable[[bytes], bytes]


@dataclass(frozen=True)
class Wait:
    """Wait for an event of the test."""

    event: asyncio.Event


@dataclass(frozen=True)
class Close:
    """Close the connection; with `reset`, by RST."""

    reset: bool = False


@dataclass(frozen=True)
class UntilEof:
    """Read until the other side closes."""


Step = Recv | Send | Wait | Close | UntilEof


class ScriptedServer:
    """Plays one list of steps per connection, in order of the connections; the last list serves all further ones."""

    def __init__(self, scripts: Sequence[Sequence[Step]]) -> None:
        self._scripts = [list(script) for script in scripts]
        self.received: list[bytes] = []
        self.connections = 0
        self.finished: list[asyncio.Event] = [asyncio.Event() for _ in scripts]
        self.address = ""

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        index = min(self.connections, len(self._scripts) - 1)
        self.connections += 1
        try:
            for step in self._scripts[index]:
                if not await self._play(step, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.finished[index].set()
            writer.close()

    async def _play(self, step: Step, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        if isinstance(step, Recv):
            raw = await reader.readuntil(b"\x1c\r")
            self.received.append(raw[1:-2])
        elif isinstance(step, Send):
            data = step.data if isinstance(step.data, bytes) else step.data(self.received[-1])
            writer.write(data)
            await writer.drain()
        elif isinstance(step, Wait):
            await step.event.wait()
        elif isinstance(step, UntilEof):
            await reader.read()
        else:
            if step.reset:
                sock: Any = writer.get_extra_info("socket")
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
            return False
        return True

    @asynccontextmanager
    async def run(self, *, context: ssl.SSLContext | None = None):
        tasks: set[asyncio.Task[None]] = set()

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            assert task is not None
            tasks.add(task)
            try:
                await self._serve(reader, writer)
            except asyncio.CancelledError:
                writer.transport.abort()  # the end of the test; asyncio's streams would log a cancelled handler
            tasks.discard(task)

        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context, limit=1 << 26)
        host, port = server.sockets[0].getsockname()[:2]
        self.address = f"{host}:{port}"
        try:
            yield self
        finally:
            server.close()
            for task in tuple(tasks):
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def control_id_of(message: bytes) -> bytes:
    return message.split(b"\r", 1)[0].split(b"|")[9]


def ack(code: str = "AA", *, control_id: bytes | None = None, tail: bytes = b"") -> Callable[[bytes], bytes]:
    """A sender of an ACK block for the message received last."""

    def build(message: bytes) -> bytes:
        name = control_id if control_id is not None else control_id_of(message)
        return block(
            b"MSH|^~\\&|EHR|H|HR|L|20260101||ACK^R01|1|P|2.5.1\rMSA|" + code.encode() + b"|" + name + b"\r" + tail
        )

    return build
