"""The supplier's side of the `pdq-v2` directory: lines, and queries with their continuations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

from engine.domain.asking import Question
from engine.domain.patient import Identifier, PatientRecord
from engine.hl7v2.errors import WriterError
from engine.hl7v2.framing import wrap
from engine.links.connection import Trouble
from engine.links.failures import CallFailed, Cause
from engine.links.guard import Guard
from engine.links.mllp import Line, Peer
from engine.links.tls import TlsSettings
from engine.plugins.directories.pdq.query import Asked, QueryWriter
from engine.plugins.directories.pdq.response import PidReader, Reply, check_cancelled, read_reply
from engine.plugins.directories.pdq.settings import PdqSettings
from engine.ports.clock import Clock
from engine.ports.destination import always
from engine.ports.fields import HostPort
from engine.ports.services import SiteServices

_T = TypeVar("_T")
_CAUSES = MappingProxyType(
    {
        Trouble.REFUSED: Cause.CONNECT,
        Trouble.UNREACHABLE: Cause.CONNECT,
        Trouble.CONNECT_TIMEOUT: Cause.CONNECT,
        Trouble.TLS: Cause.TLS,
        Trouble.NOT_READ: Cause.TIMEOUT,
        Trouble.NO_ACK: Cause.TIMEOUT,
        Trouble.GARBAGE: Cause.WRONG_SHAPE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Manager:
    """The cross-reference manager, when it is another machine."""

    to: HostPort
    tls: TlsSettings | None
    connect_timeout: float
    ack_timeout: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one query brought; `whole` is false when the supplier has more, or gave what cannot be read."""

    records: tuple[PatientRecord, ...]
    whole: bool = True


class _Lines:
    """Connections to one peer that stay open; one query at a time on each."""

    def __init__(self, peer: Peer, connections: int, clock: Clock) -> None:
        self._lines = [Line(peer, clock) for _ in range(connections)]
        self._idle = self._lines[::-1]
        self._free = asyncio.Semaphore(connections)

    async def ask(self, data: bytes, read: Callable[[bytes], _T]) -> _T:
        """What `read` makes of the answer; a line whose answer it does not take is thrown away. Raises CallFailed."""
        async with self._free:
            line = self._idle.pop()
            try:
                _, answer = await line.ask(wrap(data), always)
                if isinstance(answer, Trouble):
                    raise CallFailed(_CAUSES.get(answer, Cause.CUT))
                try:
                    return read(answer)
                except CallFailed as failed:
                    if failed.cause in {Cause.NOT_OURS, Cause.WRONG_SHAPE}:
                        line.give_up()
                    raise
            finally:
                self._idle.append(line)

    def close(self) -> None:
        for line in self._lines:
            line.close()


class Supplier:
    """Asks one supplier, and the cross-reference manager beside it."""

    def __init__(self, settings: PdqSettings, services: SiteServices) -> None:
        self._settings = settings
        self._clock = services.clock
        self._ids = services.ids
        self._writer = QueryWriter(settings)
        self._reader = PidReader(settings)
        self._lines = _Lines(settings, settings.connections, services.clock)
        self._pix_lines = self._lines
        if settings.pix is not None and settings.pix.to is not None:
            manager = _Manager(
                to=settings.pix.to,
                tls=settings.tls,
                connect_timeout=settings.connect_timeout,
                ack_timeout=settings.timeout,
            )
            self._pix_lines = _Lines(manager, settings.connections, services.clock)
        self._guard = Guard(
            services.name or "pdq-v2",
            settings.breaker,
            tries=settings.tries,
            wait=settings.wait,
            clock=services.clock,
            observer=services.observer,
        )

    async def find(self, question: Question) -> Found:
        """Every patient a query finds, continuation by continuation. Raises CallFailed."""
        settings = self._settings
        asked = self._writer.demographics(question, self._ids.control_id())
        records: list[PatientRecord | None] = []
        pointer, most = "", settings.max_candidates
        for _ in range(settings.max_pages):
            reply = await self._exchange(self._lines, asked, pointer)
            records += [self._reader.record(pid) for pid in reply.pids]
            if not reply.pointer and max(len(records), reply.hits) <= most:
                return _found(records, whole=not reply.remaining and reply.hits <= len(records))
            stuck, pointer = reply.pointer == pointer, reply.pointer
            if stuck or max(len(records), reply.hits) > most:
                break
        if pointer:
            await self._cancel(asked)
        return _found(records[:most], whole=False)

    async def _cancel(self, asked: Asked) -> None:
        """Tell the supplier to forget the rest; whatever it says to that changes nothing."""
        control_id = self._ids.control_id()
        data = self._writer.cancel(asked, control_id=control_id, now=self._clock.now())
        with suppress(CallFailed):
            await self._lines.ask(data, lambda answer: check_cancelled(answer, control_id))

    async def cross_referenced(self, number: Identifier, query_name: str) -> list[str]:
        """This hospital's numbers of whoever has that number; none when nobody has it. Raises CallFailed."""
        asked = self._writer.cross_reference(number, query_name, self._ids.control_id())
        reply = await self._exchange(self._pix_lines, asked, "")
        return list(dict.fromkeys(value for pid in reply.pids for value in self._reader.own_numbers(pid)))

    async def _exchange(self, lines: _Lines, asked: Asked, pointer: str) -> Reply:
        async def ask() -> Reply:
            control_id = self._ids.control_id()
            try:
                data = self._writer.message(asked, control_id=control_id, now=self._clock.now(), pointer=pointer)
            except WriterError:
                raise CallFailed(Cause.QUESTION) from None
            return await lines.ask(data, lambda answer: read_reply(answer, asked, control_id))

        return await self._guard.call(ask)

    def close(self) -> None:
        """Close the connections."""
        self._lines.close()
        if self._pix_lines is not self._lines:
            self._pix_lines.close()


def _found(records: list[PatientRecord | None], *, whole: bool) -> Found:
    """A PID without a number cannot be shown, and may be whom is meant."""
    shown = tuple(record for record in records if record is not None)
    return Found(records=shown, whole=whole and len(shown) == len(records))
