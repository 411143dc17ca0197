"""One connection of a sender: bytes to frames, frames to intake, answers back in the order of the frames."""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Iterable
from functools import partial
from typing import cast

from engine.hl7v2.framing import HEAD_BYTES, Deviation, Event, Fragment, Frame, Framer, Noise, Oversize, wrap
from engine.plugins.sources.mllp.hub import Hub
from engine.plugins.sources.mllp.pending import Hold, Pending
from engine.ports.source import Origin

_PIPELINED = 64
# Intake keeps the order of frames up to 128 KiB; a larger one is handed over alone.
_PIPELINED_BYTES = 128 * 1024
_WRITE_BUFFER = 64 * 1024
_HANDSHAKE_SECONDS = 10.0
_SHUTDOWN_SECONDS = 5.0
_NOT_BEGUN = -1.0


class Connection(asyncio.Protocol):
    """Reads frames and writes answers. Idle, it is this object, a framer and a transport: no task, no timer.

    A frame that was read completely is handed to intake even when the peer has gone since: it may have sent and left.
    """

    __slots__ = (
        "_began",
        "_flushing",
        "_framer",
        "_has_ended",
        "_heard",
        "_hold",
        "_hub",
        "_peer",
        "_raw",
        "_started",
        "_started_bytes",
        "_stopped",
        "_told",
        "_transport",
        "_unanswered",
        "_waiting",
        "name",
        "received",
    )

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.name = hub.connection_name()
        self._framer = Framer(max_frame=hub.settings.max_frame, lenient=hub.settings.framing == "lenient")
        self._raw: asyncio.Transport | None = None
        self._transport: asyncio.Transport | None = None
        self._peer = ""
        self._hold = Hold.NONE
        self._stopped = 0.0  # since when it is not being read
        self._began = _NOT_BEGUN  # when the unfinished frame began
        self._heard = 0.0
        self._started: list[Pending] = []
        self._started_bytes = 0
        self._waiting: deque[Pending] | None = None
        self._unanswered = 0  # bytes of complete frames without an answer
        self._told = (0, 0)  # unfinished and unanswered bytes as the budget knows them
        self._flushing = self._has_ended = False
        self.received = 0

    @property
    def buffered(self) -> int:
        """Bytes of the unfinished frame, 0 between frames."""
        return self._framer.buffered if self._framer.in_frame else 0

    # -- the transport's side

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A peer connected: cut it off before anything is read, or begin."""
        raw = cast("asyncio.Transport", transport)  # a stream's, whatever loop made it
        self._raw = raw
        peer = raw.get_extra_info("peername")
        self._peer = f"[{peer[0]}]:{peer[1]}" if ":" in peer[0] else f"{peer[0]}:{peer[1]}"
        self._heard = self._hub.monotonic()
        if not self._hub.admit(self, peer[0]):
            raw.abort()
            return
        if self._hub.budget.is_over:
            self._stop_reading(Hold.BUDGET)
        if self._hub.is_pressed:
            self._stop_reading(Hold.PRESSURE)
        if self._hub.context is None:
            self._attach(raw)
        else:
            raw.pause_reading()
            self._hub.spawn(self._secure(raw, self._hub.context))

    async def _secure(self, transport: asyncio.Transport, context: ssl.SSLContext) -> None:
        """Shake hands. What the peer sends meanwhile is framed already; answers wait for the secured transport."""
        loop = asyncio.get_running_loop()
        try:
            secured = await loop.start_tls(
                transport,
                self,
                context,
                server_side=True,
                ssl_handshake_timeout=_HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=_SHUTDOWN_SECONDS,
            )
        except OSError as problem:
            self._hub.refused("tls_handshake", self._peer, error=type(problem).__name__)
            transport.abort()
            secured = None
        if secured is None:
            self.connection_lost(None)  # asyncio does not say so when the handshake never ended
        elif self._raw is not None:
            self._attach(secured)

    def _attach(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.set_write_buffer_limits(high=_WRITE_BUFFER)
        if self._hold:
            transport.pause_reading()
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Bytes arrived."""
        self._heard = now = self._hub.monotonic()
        self.received += len(data)
        framer = self._framer
        events = framer.feed(data)
        if events:
            self._take(events)
            self._hub.feel()
        if not framer.in_frame:
            self._began = _NOT_BEGUN
        elif events or self._began == _NOT_BEGUN:
            self._began = now
        if framer.waiting_for_cr:
            self._hub.settle_soon(self)
        self._account()

    def eof_received(self) -> bool:
        """The peer sends nothing more: answer what it sent, then close."""
        self._has_ended = True
        self._take(self._framer.end())
        self._began = _NOT_BEGUN
        self._account()
        # TLS cannot stay half open in asyncio; there the answer may be lost, and the sender asks again.
        return self._is_busy and self._hub.context is None

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - any loss is the same to us
        """The connection is gone; what was read completely goes on to the store. May be said twice."""
        self._raw = self._transport = None
        self._hub.forget(self)
        self._take(self._framer.end())
        self._account()

    def pause_writing(self) -> None:
        """The peer does not read its answers: read nothing more from it."""
        self._stop_reading(Hold.ANSWERS)

    def resume_writing(self) -> None:
        """The peer reads again."""
        self._read_again(Hold.ANSWERS)

    # -- the listener's side

    def hold_for_budget(self, *, on: bool) -> None:
        """Stop or go on reading, by the byte budget."""
        if on:
            self._stop_reading(Hold.BUDGET)
        else:
            self._read_again(Hold.BUDGET)

    def hold_for_store(self, *, on: bool) -> None:
        """Stop or go on reading, by how the store keeps up."""
        if on:
            self._stop_reading(Hold.PRESSURE)
        else:
            self._read_again(Hold.PRESSURE)

    async def say(self, payload: bytes) -> bool:
        """Write a block of our own behind the answers that are due; whether it was written."""
        if self._transport is None or self._transport.is_closing() or self._has_ended:
            return False
        pending = Pending(b"", payload, is_done=True)
        pending.told = asyncio.get_running_loop().create_future()
        self._enqueue(pending)
        self._flush()
        return await pending.told

    def settle(self, received: int) -> None:
        """The stream paused behind FS; if nothing came since, the frame is complete."""
        if received == self.received:
            self._take(self._framer.settle())
            self._began = _NOT_BEGUN
            self._account()

    def sweep(self, now: float) -> None:
        """Once a second: close what takes too long."""
        settings = self._hub.settings
        if self._hold & Hold.ANSWERS and now - self._stopped > settings.frame_timeout:
            self._hub.closed("answers_not_read", self._peer)
            self.abort()
        elif self._hold:
            return  # we make it wait; its time does not run
        elif self._began != _NOT_BEGUN and now - self._began > settings.frame_timeout:
            self._give_up_frame()
        elif settings.idle_timeout and not self._is_busy and now - self._heard > settings.idle_timeout:
            self._hub.closed("idle", self._peer, level="info")
            self.drain()

    def drain(self) -> None:
        """Read nothing more, answer what was read, close. A handshake that is not done is cut off."""
        self._stop_reading(Hold.CLOSING)
        if self._transport is None:
            self.abort()
        self._take(self._framer.settle())
        self._account()
        self._close_if_done()

    def abort(self) -> None:
        """Close at once."""
        if self._raw is not None:
            self._raw.abort()

    # -- frames

    @property
    def _is_busy(self) -> bool:
        return bool(self._started or self._waiting)

    def _take(self, events: Iterable[Event]) -> None:
        hub = self._hub
        for event in events:
            if isinstance(event, Frame):
                for deviation in event.deviations:
                    hub.count(deviation)
                self._enqueue(Pending(event.data))
            elif isinstance(event, Noise):
                hub.count(event.reason)
            elif isinstance(event, Oversize):
                self._refuse_oversize(event.head)
                if event.overrun:
                    hub.closed("overrun", self._peer)
                    self.drain()
            else:
                self._keep(event, event.reason)

    def _keep(self, torn: Fragment, reason: str) -> None:
        self._hub.count(reason)
        self._hub.spawn(self._hub.intake.keep_fragment(torn.data, torn.size, reason, self._origin()))

    def _refuse_oversize(self, head: bytes) -> None:
        self._hub.count("oversize")
        answer = self._hub.intake.refuse_oversize(head, self._origin(), self._hub.policy)
        self._enqueue(Pending(b"", answer, is_done=True))
        self._flush()

    def _give_up_frame(self) -> None:
        """A frame that does not end: slow-loris, or a sender that broke off."""
        self._hub.closed("frame_timeout", self._peer)
        self._began = _NOT_BEGUN
        for event in self._framer.end():
            if isinstance(event, Fragment) and event.size > self._hub.settings.max_frame:
                self._refuse_oversize(event.data[:HEAD_BYTES])
            elif isinstance(event, Fragment) and event.reason is Deviation.EOF_IN_FRAME:
                self._keep(event, "frame_timeout")
            else:
                self._take((event,))
        self._account()
        self.drain()

    def _origin(self) -> Origin:
        services = self._hub.services
        return Origin(
            source=services.name,
            channel=services.channel,
            peer=self._peer,
            received_at=services.clock.now(),
            connection=self.name,
        )

    # -- in order

    def _enqueue(self, pending: Pending) -> None:
        self._unanswered += pending.size
        if self._waiting or not self._has_room(pending):
            if self._waiting is None:
                self._waiting = deque()
            self._waiting.append(pending)
            self._stop_reading(Hold.BACKLOG)
        else:
            self._start(pending)

    def _has_room(self, pending: Pending) -> bool:
        """Several small frames may be on their way at once, a large one only alone."""
        if not self._started:
            return True
        return len(self._started) < _PIPELINED and self._started_bytes + pending.size <= _PIPELINED_BYTES

    def _start(self, pending: Pending) -> None:
        self._started.append(pending)
        self._started_bytes += pending.size
        if not pending.is_done:
            hub = self._hub
            task = asyncio.get_running_loop().create_task(
                hub.intake.accept_frame(pending.data, self._origin(), hub.policy)
            )
            hub.tasks.add(task)
            task.add_done_callback(partial(self._answered, pending))
            pending.data = b""

    def _answered(self, pending: Pending, task: asyncio.Task[bytes | None]) -> None:
        """Intake has spoken. A failure of ours is no answer: the connection closes and the peer sends again."""
        self._hub.tasks.discard(task)
        pending.is_done = True
        failure = None if task.cancelled() else task.exception()
        if failure is not None:
            self._hub.closed("intake_failed", self._peer, level="error", error=type(failure).__name__)
        if task.cancelled() or failure is not None:
            pending.is_broken = True
        else:
            pending.answer = task.result()
        if len(self._started) == 1:
            self._flush()
        elif not self._flushing:
            self._flushing = True  # answers of one group commit leave in one write
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        """Write the answers whose turn it is, start what waits."""
        self._flushing = False
        if self._transport is None and self._raw is not None:
            return  # still shaking hands
        answers: list[bytes] = []
        is_broken = False
        is_open = self._transport is not None and not self._transport.is_closing()
        while self._started and self._started[0].is_done:
            pending = self._started.pop(0)
            self._started_bytes -= pending.size
            self._unanswered -= pending.size
            is_broken = is_broken or pending.is_broken
            if pending.answer is not None and not is_broken:
                answers.append(wrap(pending.answer))
            if pending.told is not None and not pending.told.done():
                pending.told.set_result(is_open and not is_broken)
        if answers and self._transport is not None and not self._transport.is_closing():
            self._transport.write(b"".join(answers))
        if is_broken:
            self._hang_up()
        while self._waiting and self._has_room(self._waiting[0]):
            self._start(self._waiting.popleft())
        if not self._waiting:
            self._read_again(Hold.BACKLOG)
        self._account()
        self._close_if_done()

    def _close_if_done(self) -> None:
        if (self._has_ended or (self._hold and self._hold & Hold.CLOSING)) and not self._is_busy:
            self._hang_up()

    def _hang_up(self) -> None:
        """Close once what was written has left."""
        if self._transport is not None:
            self._transport.close()

    # -- reading or not

    def _account(self) -> None:
        """Tell the budget what changed since it was told last."""
        now = (self._framer.buffered, self._unanswered)
        if now != self._told:
            before, self._told = self._told, now
            self._hub.budget.change(self, unfinished=now[0] - before[0], unanswered=now[1] - before[1])

    def _stop_reading(self, why: Hold) -> None:
        if not self._hold:
            self._stopped = self._hub.monotonic()
            if self._transport is not None:
                self._transport.pause_reading()
        self._hold |= why

    def _read_again(self, why: Hold) -> None:
        if not self._hold or not self._hold & why:  # flags are slow, and nearly always there is none
            return
        self._hold &= ~why
        if self._hold:
            return
        if self._began != _NOT_BEGUN:
            self._began += self._hub.monotonic() - self._stopped
        if self._transport is not None and not self._has_ended:
            self._transport.resume_reading()
