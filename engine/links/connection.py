"""One connection to a receiver. It carries one exchange at a time and is never used again after a doubtful one."""

from __future__ import annotations

import asyncio
import ssl
from enum import StrEnum
from typing import cast

from engine.hl7v2.framing import Fragment, Frame, Framer, Oversize

_LARGEST_ANSWER = 4 * 1024 * 1024
_BLANKS = b"\r\n\t \x00"


class Trouble(StrEnum):
    """Why an exchange gave no usable answer; short words for the queue page."""

    NOT_OURS = "not_ours"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    CONNECT_TIMEOUT = "connect_timeout"
    TLS = "tls"
    CLOSED = "closed"
    NOT_READ = "not_read"
    NO_ACK = "no_ack"
    GARBAGE = "garbage"
    WRONG_MSA2 = "wrong_msa2"


class Link(asyncio.Protocol):
    """The socket's side: collects one answer when one is awaited; anything else makes the link stale."""

    def __init__(self) -> None:
        self._framer = Framer(max_frame=_LARGEST_ANSWER)
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[bytes | Trouble] | None = None
        self._is_secured = False
        self._can_write = asyncio.Event()
        self._can_write.set()
        self.has_noise = False
        self.is_stale = False
        self.loss = Trouble.CLOSED

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Connected; the write buffer is watched to its end, the time for the answer starts when it is empty."""
        raw = cast("asyncio.Transport", transport)  # a stream's, whatever loop made it
        self._transport = raw
        self._is_secured = raw.get_extra_info("sslcontext") is not None
        raw.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        """Bytes of the answer, or bytes nobody asked for."""
        if self._answer is None or self._answer.done():
            # An answer now is a late one, of whatever message: the next answer could be mistaken for ours.
            if data.strip(_BLANKS):
                self.drop()
            return
        events = self._framer.feed(data)
        # FS without CR: what follows an answer can only be its CR, so there is no need to wait for it.
        events += self._framer.settle()
        for event in events:
            if isinstance(event, Frame):
                self._conclude(event.data)
            elif isinstance(event, (Oversize, Fragment)):
                self._conclude(Trouble.GARBAGE)
            else:
                self.has_noise = True
        if self._answer.done() and self._framer.in_frame:
            self.is_stale = True

    def eof_received(self) -> None:
        """The receiver closed its side; the transport closes."""
        self._lost()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; in TLS 1.3 a refused client certificate shows only here."""
        if isinstance(exc, ssl.SSLError):
            self.loss = Trouble.TLS
        self._lost()

    def pause_writing(self) -> None:
        """Bytes wait to be sent."""
        self._can_write.clear()

    def resume_writing(self) -> None:
        """All bytes are with the kernel."""
        self._can_write.set()

    async def begin(self, data: bytes) -> bool:
        """Send, unless bytes or the end of the stream were waiting: then nothing was sent and the link is stale."""
        for _ in range(3 if self._is_secured else 2):  # a turn to poll the socket, one to read it, one for TLS
            await asyncio.sleep(0)
        if self.is_stale or self._transport is None or self._transport.is_closing():
            self.drop()
            return False
        self._answer = asyncio.get_running_loop().create_future()
        self.has_noise = False
        self._transport.write(data)
        return True

    @property
    def is_written(self) -> bool:
        """The last byte is with the kernel, or the connection is gone."""
        return self._can_write.is_set()

    def give_up(self) -> None:
        """The time for the answer is up."""
        self._conclude(Trouble.GARBAGE if self.has_noise else Trouble.NO_ACK)

    async def written(self) -> None:
        """Returns when the last byte is with the kernel, or the connection is gone."""
        await self._can_write.wait()

    async def answer(self) -> bytes | Trouble:
        """The data of the answer's frame, or why there is none."""
        return await self._answer if self._answer is not None else self.loss

    def drop(self) -> None:
        """Throw the connection away."""
        self.is_stale = True
        if self._transport is not None:
            self._transport.abort()

    def close(self) -> None:
        """Close in an orderly way."""
        self.is_stale = True
        if self._transport is not None:
            self._transport.close()

    def _lost(self) -> None:
        self.is_stale = True
        self._can_write.set()
        for event in self._framer.end():
            if isinstance(event, Frame):
                self._conclude(event.data)
        self._conclude(self.loss)

    def _conclude(self, answer: bytes | Trouble) -> None:
        """The first answer counts; a second one in the same breath makes the link stale."""
        if self._answer is None:
            return
        if self._answer.done():
            self.is_stale = True
        else:
            self._answer.set_result(answer)
