"""The `mllp` destination: connects when there is something to send, sends one message, judges its answer.

Source: HL7 v2 chapter 2, MSA-1 (table 0008), MSA-2, ERR-3 (table 0357).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable
from types import MappingProxyType
from typing import TypeVar

from engine.hl7v2.ack import Ack, read_ack
from engine.hl7v2.framing import wrap
from engine.plugins.destinations.mllp.link import Link, Trouble
from engine.plugins.destinations.mllp.patience import Patience
from engine.plugins.destinations.mllp.settings import MllpDestinationSettings
from engine.plugins.destinations.mllp.tls import client_context
from engine.ports.destination import Outgoing, Receipt, RetryPolicy, Verdict
from engine.ports.services import DestinationServices
from engine.ports.store import QueuedDelivery

_T = TypeVar("_T")
_VERDICTS = MappingProxyType({"done": Verdict.DONE, "park": Verdict.PARK, "retry": Verdict.RETRY})
_PASSING_ERRORS = frozenset({"206", "207"})
"""Record locked, application internal error: the receiver may take the same message later."""


class MllpDestination:
    """Implements `engine.ports.destination.Destination`.

    Args:
        settings: as configured.
        services: name, channel, clock, observer.
    """

    media_type = "application/hl7-v2"

    def __init__(self, settings: MllpDestinationSettings, services: DestinationServices) -> None:
        self._settings = settings
        self._services = services
        self._link: Link | None = None
        self._one_at_a_time = asyncio.Lock()
        self._patience = Patience(services.clock)
        self.required = settings.required
        self.retry = RetryPolicy(
            base_seconds=settings.retry.base, longest_seconds=settings.retry.max, rejects=settings.rejects
        )

    def build(self, outgoing: Outgoing) -> bytes:
        """The ORU^R01. Raises ValueError when nothing valid can be built."""
        from engine.mapping import oru_out

        msh = self._settings.msh
        options = oru_out.OruOptions(
            version=self._settings.version,
            sending_application=msh.sending_app,
            sending_facility=msh.sending_facility,
            receiving_application=msh.receiving_app,
            receiving_facility=msh.receiving_facility,
            attach_original=self._settings.attach_original,
        )
        return oru_out.build(
            dossier=outgoing.dossier,
            documents={item.document.sha256: item for item in outgoing.content.decoded.documents},
            release=outgoing.release,
            control_id=outgoing.control_id,
            built_at=outgoing.built_at,
            options=options,
        )

    async def deliver(self, delivery: QueuedDelivery) -> Receipt:
        """Send once and wait for the answer that names this message; anything else costs the connection."""
        async with self._one_at_a_time:
            receipt = await self._exchange(delivery)
        if receipt.verdict is Verdict.UNREACHED:
            services = self._services
            services.observer.note(
                "mllp.no_answer",
                level="warning",
                channel=services.channel,
                destination=services.name,
                control_id=delivery.control_id,
                reason=receipt.error,
            )
        return receipt

    async def close(self) -> None:
        """Close the connection."""
        self._patience.close()
        link, self._link = self._link, None
        if link is not None:
            link.close()

    async def _exchange(self, delivery: QueuedDelivery) -> Receipt:
        block = wrap(delivery.body)
        link = await self._ready(block)
        if isinstance(link, Trouble):
            return Receipt(verdict=Verdict.UNREACHED, sent=False, error=link)
        receipt: Receipt | None = None
        try:
            receipt = self._judge(await self._answer(link), delivery)
        finally:
            # Also when the wait was cancelled: the answer may still come, and must not meet the next message.
            if receipt is None or receipt.verdict is Verdict.UNREACHED:
                link.drop()
                self._link = None
        return receipt

    async def _ready(self, block: bytes) -> Link | Trouble:
        """A link on which the block is under way: the open one, else a new one."""
        if self._link is not None and await self._link.begin(block):
            return self._link
        self._link = None
        link = await self._connect()
        if isinstance(link, Trouble):
            return link
        self._link = link
        if await link.begin(block):
            return link
        self._link = None
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

    def _judge(self, answer: bytes | Trouble, delivery: QueuedDelivery) -> Receipt:
        """Credit an answer only when its MSA-2 is the control id in flight."""
        if isinstance(answer, Trouble):
            return Receipt(verdict=Verdict.UNREACHED, error=answer)
        ack = read_ack(answer)
        if ack is None:
            return Receipt(verdict=Verdict.UNREACHED, answer=answer, error=Trouble.GARBAGE)
        if ack.control_id != delivery.control_id.encode("utf-8"):
            return Receipt(verdict=Verdict.UNREACHED, answer=answer, error=Trouble.WRONG_MSA2)
        verdict = self._verdict(ack)
        error = "" if verdict is Verdict.DONE else " ".join((ack.code, *_codes(ack)))
        return Receipt(verdict=verdict, ack_code=ack.code, answer=answer, error=error)

    def _verdict(self, ack: Ack) -> Verdict:
        if not ack.accepted and _PASSING_ERRORS.intersection(_codes(ack)):
            return Verdict.RETRY
        return _VERDICTS[getattr(self._settings.on_ack, ack.code)]

    async def _within(self, seconds: float, work: Awaitable[_T]) -> _T | None:
        """The result, or None when the time is up on our clock; the work is then cancelled."""
        task = asyncio.ensure_future(work)
        patience = asyncio.ensure_future(self._services.clock.sleep(seconds))
        try:
            await asyncio.wait({task, patience}, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
            return None if task.cancelled() else task.result()
        finally:
            patience.cancel()
            task.cancel()


def _codes(ack: Ack) -> list[str]:
    """Codes of table 0357 in the answer; three digits, so that no peer can write prose into our log."""
    return [
        error.code for error in ack.errors if len(error.code) == 3 and error.code.isascii() and error.code.isdigit()
    ]


async def _true(work: Awaitable[None]) -> bool:
    await work
    return True
