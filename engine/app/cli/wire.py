"""MLLP for the command line: a small client and the reading of message files."""

from __future__ import annotations

import asyncio
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from engine.hl7v2.batch import split_batch
from engine.hl7v2.framing import Frame, Framer, wrap
from engine.hl7v2.header import peek

_MAX_FRAME = 256 << 20


class NoAnswer(Exception):
    """No answer came: the connection ended or time ran out."""


def read_messages(file: Path) -> list[bytes]:
    """The messages of a file: MLLP frames, a batch, or one message whose line ends may be LF.

    Raises:
        OSError: it cannot be read.
    """
    raw = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    if raw[:1] == b"\x0b":
        framer = Framer(max_frame=_MAX_FRAME)
        return [item.data for item in (*framer.feed(raw), *framer.end()) if isinstance(item, Frame)]
    if peek(raw).is_batch:
        return list(split_batch(raw).messages)
    return [_with_cr(raw)]


def _with_cr(raw: bytes) -> bytes:
    """Text files on this system end lines with LF, segments end with CR."""
    if b"\r" in raw:
        return raw
    return raw.rstrip(b"\n").replace(b"\n", b"\r") + b"\r"


class Client:
    """One MLLP connection, one message at a time."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._frames = frames(reader)

    @classmethod
    async def connect(cls, host: str, port: int, context: ssl.SSLContext | None = None) -> Client:
        """Open a connection. Raises OSError."""
        return cls(*await asyncio.open_connection(host, port, ssl=context))

    async def ask(self, message: bytes, seconds: float) -> bytes:
        """Send one message and wait for its answer. Raises NoAnswer, OSError."""
        self._writer.write(wrap(message))
        await self._writer.drain()
        try:
            async with asyncio.timeout(seconds):
                return await anext(self._frames)
        except (TimeoutError, StopAsyncIteration):
            raise NoAnswer from None

    async def close(self) -> None:
        """Close the connection."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return


async def frames(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """The frames of a stream until it ends."""
    framer = Framer(max_frame=_MAX_FRAME)
    while True:
        data = await reader.read(1 << 16)
        events = framer.feed(data) if data else framer.end()
        for event in events:
            if isinstance(event, Frame):
                yield event.data
        if not data:
            return


def client_tls(ca: Path | None, cert: Path | None, key: Path | None) -> ssl.SSLContext:
    """TLS 1.2 or newer for a client. Raises OSError (also for certificates that are none)."""
    context = ssl.create_default_context(cafile=str(ca) if ca else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if cert is not None:
        context.load_cert_chain(str(cert), str(key) if key else None)
    return context
