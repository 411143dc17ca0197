"""The `mllp` destination: sends one message on a free line and judges its answer.

Source: HL7 v2 chapter 2, MSA-1 (table 0008), MSA-2, ERR-3 (table 0357).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import MappingProxyType

from engine.hl7v2.ack import Ack, AckCode, read_ack
from engine.hl7v2.framing import wrap
from engine.hl7v2.header import peek
from engine.links.connection import Trouble
from engine.links.mllp import Line
from engine.plugins.destinations.mllp.settings import MllpDestinationSettings
from engine.ports.destination import Outgoing, Receipt, RetryPolicy, Verdict, always
from engine.ports.services import DestinationServices
from engine.ports.store import QueuedDelivery

_VERDICTS = MappingProxyType(
    {
        "done": Verdict.DONE,
        "park": Verdict.PARK,
        "retry": Verdict.RETRY,
        "insist": Verdict.INSIST,
        "wait": Verdict.UNREACHED,
    }
)
_PASSING_ERRORS = frozenset({"206", "207"})
"""Record locked, application internal error: the receiver may take the same message later."""
_LASTING_ERRORS = frozenset({*(f"10{last}" for last in range(6)), *(f"20{last}" for last in range(6))})
"""Sequence, missing field, data type, table value ... key: the same bytes will be refused the same way."""
_REJECTS = frozenset({AckCode.AR, AckCode.CR})
_MILD = frozenset({"W", "I"})
_HEAD_BYTES = 256


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
        self._table = settings.answers
        self._lines = [Line(settings, services.clock) for _ in range(settings.in_flight)]
        self._idle = self._lines[::-1]
        self._free = asyncio.Semaphore(settings.in_flight)
        self.required = settings.required
        self.retry = RetryPolicy(
            base_seconds=settings.retry.base,
            longest_seconds=settings.retry.max,
            rejects=settings.rejects,
            opens_after=settings.circuit.after,
            probe_seconds=settings.circuit.probe,
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

    async def deliver(self, delivery: QueuedDelivery, *, may_send: Callable[[], bool] = always) -> Receipt:
        """Send once and wait for the answer that names this message; anything else costs the connection."""
        async with self._free:
            line = self._idle.pop()
            try:
                receipt = await self._exchange(line, delivery, may_send)
            finally:
                self._idle.append(line)
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
        """Close the connections."""
        for line in self._lines:
            line.close()

    async def _exchange(self, line: Line, delivery: QueuedDelivery, may_send: Callable[[], bool]) -> Receipt:
        block = wrap(delivery.body)
        if _asks_for_nothing(delivery.body):
            sent, trouble = await line.tell(block, may_send)
            if trouble is None:
                return Receipt(verdict=Verdict.DONE)
            return Receipt(verdict=Verdict.UNREACHED, sent=sent, error=trouble)
        sent, answer = await line.ask(block, may_send)
        if isinstance(answer, Trouble):
            return Receipt(verdict=Verdict.UNREACHED, sent=sent, error=answer)
        receipt = self._judge(answer, delivery)
        if not receipt.ack_code:
            line.give_up()
        return receipt

    def _judge(self, answer: bytes, delivery: QueuedDelivery) -> Receipt:
        """Credit an answer only when its MSA-2 is the control id in flight."""
        ack = read_ack(answer)
        if ack is None:
            verdict = _VERDICTS[self._table.meaning("other")]
            return Receipt(verdict=verdict, answer=answer, error=Trouble.GARBAGE)
        if ack.control_id != delivery.control_id.encode("utf-8"):
            return Receipt(verdict=Verdict.UNREACHED, answer=answer, error=Trouble.WRONG_MSA2)
        verdict = self._verdict(ack)
        error = "" if verdict is Verdict.DONE else " ".join((ack.code, *_codes(ack)))
        return Receipt(verdict=verdict, ack_code=ack.code, answer=answer, error=error)

    def _verdict(self, ack: Ack) -> Verdict:
        """What the table says, unless the errors named in the answer know better."""
        verdict = _VERDICTS[self._table.meaning(ack.code)]
        if ack.accepted or not self._settings.err_hints:
            return verdict
        codes = set(_codes(ack))
        if codes & _PASSING_ERRORS:
            return Verdict.INSIST if verdict is Verdict.INSIST else Verdict.RETRY
        is_lasting = ack.code in _REJECTS and bool(codes & _LASTING_ERRORS)
        return Verdict.PARK if is_lasting and verdict is Verdict.RETRY else verdict


def _asks_for_nothing(body: bytes) -> bool:
    """An application acknowledgement, which nobody answers: its MSH-15 says NE."""
    if b"ACK" not in body[:_HEAD_BYTES]:
        return False
    header = peek(body)
    return header.message_code == "ACK" and header.accept_ack == b"NE"


def _codes(ack: Ack) -> list[str]:
    """Errors of table 0357 in the answer; three digits, so that no peer can write prose into our log."""
    return [
        error.code
        for error in ack.errors
        if error.severity.upper() not in _MILD
        and len(error.code) == 3
        and error.code.isascii()
        and error.code.isdigit()
    ]
