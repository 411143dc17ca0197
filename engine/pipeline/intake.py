"""The one entrance: any frame in, exactly one answer out, and never a positive one before the bytes are durable.

Only the header is read here, and bytes are counted. What a message means is found out after the commit, so that no
document, however odd, can change or delay its ACK.

A frame up to 128 KiB reaches the store in the order in which `accept_frame` was called; a larger one may be overtaken
while its digest is computed in a thread, so a source that must keep its order hands it over alone.

Source: HL7 v2 chapter 2, original and enhanced acknowledgement rules; table 0357 for the error codes.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.hl7v2.ack import AckCode, AckError, Mode, batch_ack, wants
from engine.hl7v2.batch import split_batch
from engine.hl7v2.header import Header, check_structure, peek
from engine.pipeline import ordering, routing
from engine.pipeline.answers import LateAnswers
from engine.pipeline.manners import Desk, Manner
from engine.pipeline.ordering import Queueing
from engine.pipeline.pace import Pace
from engine.ports.clock import Clock, Ids
from engine.ports.observe import Observer
from engine.ports.source import AcceptPolicy, Origin
from engine.ports.store import Accepted, FragmentRecord, NewMessage, Store, StoreError, StoreFull

ORDERED_BYTES = 128 * 1024
"""Frames up to this size reach the store in the order of the calls."""
_BATCH_STRIDE = 200
_LOGGED_ID = 64
_NO_PLAN: Mapping[str, Queueing] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why a message is not stored: MSA-1 in original mode, the error, and a word for metrics and log."""

    code: AckCode
    error: AckError
    reason: str


@dataclass(slots=True)
class _Case:
    """One message to be answered: its header, what follows from it, who sent it; then what became of the checks."""

    header: Header
    manner: Manner
    origin: Origin
    refusal: _Refusal | None = None
    message: NewMessage | None = None


class FrameIntake:
    """Implements `engine.ports.source.Intake` over a store.

    Args:
        store: decides about retransmissions and makes the bytes durable.
        clock: times the answers.
        ids: message ids and the control ids of the answers.
        observer: gets one note a message, refused or accepted, and the figures.
        plan: how each channel keeps order; by patient where nothing is said.
        answers: told which connection awaits an application acknowledgement.
        pace: told of frames that wait, so that the pipeline's own work gives way to them.
    """

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        ids: Ids,
        observer: Observer,
        plan: Mapping[str, Queueing] = _NO_PLAN,
        pace: Pace | None = None,
        answers: LateAnswers | None = None,
    ) -> None:
        self._store_port = store
        self._clock = clock
        self._ids = ids
        self._observer = observer
        self._plan = plan
        self._pace = pace or Pace(clock)
        self._answers = answers or LateAnswers()
        self._desks: dict[tuple[str, str], Desk] = {}

    async def accept_frame(self, frame: bytes, origin: Origin, policy: AcceptPolicy) -> bytes | None:
        """Take one complete frame; returns the answer, or None where none is due. Raises nothing for any bytes."""
        began = self._clock.monotonic()
        case = self._case(peek(frame), self._desk(origin, policy), origin)
        if case is None:
            return None
        if case.header.has_msh:
            sha256 = await _digest(frame) if len(frame) > ORDERED_BYTES else hashlib.sha256(frame).hexdigest()
            self._judge(frame, case, sha256=sha256)
            answer = (await self._store([case]))[0]
        elif case.header.is_batch:
            answer = await self._accept_batch(frame, case)
        else:
            answer = self._refuse_headless(frame, case)
        self._observer.observe("ack_seconds", self._clock.monotonic() - began, channel=origin.channel)
        return answer

    def refuse_oversize(self, head: bytes, origin: Origin, policy: AcceptPolicy) -> bytes | None:
        """Answer a frame over the size limit: AE or CE with ERR 104; an oversize ACK is never answered."""
        case = self._case(peek(head), self._desk(origin, policy), origin)
        return self._refuse(case, _Refusal(AckCode.AE, AckError(code="104"), "oversize")) if case else None

    async def keep_fragment(self, data: bytes, size: int, reason: str, origin: Origin) -> None:
        """Keep a torn frame for diagnosis; a store that cannot is noted, nobody waits for it."""
        record = FragmentRecord(
            source=origin.source,
            peer=origin.peer,
            received_at=origin.received_at,
            reason=reason,
            size=size,
            data=data,
        )
        try:
            await self._store_port.keep_fragment(record)
        except StoreError as problem:
            self._observer.note(
                "intake.fragment_lost",
                level="warning",
                source=origin.source,
                peer=origin.peer,
                bytes=size,
                reason=reason,
                error=type(problem).__name__,
            )

    @property
    def pressure(self) -> float:
        """How full the way to the disk is; the store's word."""
        return self._store_port.pressure

    async def _accept_batch(self, frame: bytes, case: _Case) -> bytes | None:
        """Store the messages of a batch in one transaction; answer with one batch of their acknowledgements."""
        origin = case.origin
        desk = self._desk(origin, case.manner.policy)
        refusal = _structure(frame, case)
        if refusal:
            return self._refuse(case, refusal)
        batch = split_batch(frame)
        for slug in batch.notes:
            self._observer.note("intake.batch_odd", level="warning", source=origin.source, reason=slug)
        batch_id = self._ids.message_id()
        cases: list[_Case] = []
        for number, raw in enumerate(batch.messages, 1):
            inner = self._case(peek(raw), desk, origin)
            if inner is None:
                continue
            self._judge(raw, inner, sha256=hashlib.sha256(raw).hexdigest(), batch_id=batch_id)
            cases.append(inner)
            if number % _BATCH_STRIDE == 0 and len(frame) > ORDERED_BYTES:
                await asyncio.sleep(0)  # a batch of thousands must not hold up the other connections
        answers = [answer for answer in await self._store(cases) if answer is not None]
        if batch.messages and not answers:
            return None
        return batch_ack(peek(batch.header), answers, control_id=self._ids.control_id(), now=origin.received_at)

    def _judge(self, raw: bytes, case: _Case, *, sha256: str, batch_id: str = "") -> None:
        """Everything that is checked before the store is asked: gives the case its refusal or its message."""
        header, origin, manner = case.header, case.origin, case.manner
        case.refusal = _structure(raw, case) or _unnamed(header) or _not_for_us(manner)
        if case.refusal:
            return
        route = self._desk(origin, manner.policy).route
        message_id = self._ids.message_id()
        case.message = NewMessage(
            id=message_id,
            channel=route.channel,
            source=origin.source,
            ordering_key=ordering.ordering_key(
                raw, header, channel=route.channel, source=origin.source, order_by=route.order_by
            )
            if route.keeps_order
            else ordering.own_key(message_id),
            received_at=origin.received_at,
            raw=raw,
            sha256=sha256,
            priority=ordering.STAT if route.is_urgent else ordering.priority(raw, header),
            control_id=_text(header.control_id),
            dedupe_sender=manner.sender,
            message_type=manner.message_type,
            peer=origin.peer,
            ack=self._fill(case, manner.positive) if manner.positive else None,
            batch_id=batch_id,
            reasons=manner.reasons,
        )

    async def _store(self, cases: list[_Case]) -> list[bytes | None]:
        """Store what passed, all in one transaction, and answer each in order."""
        messages = [case.message for case in cases if case.message]
        stored: Iterator[Accepted] = iter(())
        trouble: StoreError | None = None
        if messages:
            awaited = self._expect(cases)
            # TRANSACTION: raw bytes, work item, dedupe key, answer and audit of every message of the frame.
            size = sum([len(message.raw) for message in messages])
            self._pace.enter(size)
            try:
                stored = iter(await self._store_port.accept(messages))
            except StoreError as problem:
                trouble = problem
            finally:
                self._pace.leave(size)
            if trouble:
                for message in awaited:
                    self._answers.take(message.id)
        answers: list[bytes | None] = []
        for case in cases:
            refusal = case.refusal or (_not_stored(trouble, case.manner) if trouble else None)
            answers.append(self._refuse(case, refusal) if refusal else self._accepted(case, next(stored)))
        return answers

    def _expect(self, cases: list[_Case]) -> list[NewMessage]:
        """Before they are stored, for a worker may be quick: the messages of which their senders want to hear later."""
        awaited = []
        for case in cases:
            if case.manner.is_awaited and case.message and case.origin.connection:
                self._answers.expect(case.message.id, case.origin.connection)
                awaited.append(case.message)
        return awaited

    def _accepted(self, case: _Case, accepted: Accepted) -> bytes | None:
        """Note a durable message and hand out its answer: the stored one for a retransmission."""
        event = "intake.retransmission" if accepted.retransmission else "intake.accepted"
        code = "none" if accepted.ack is None else case.manner.code(AckCode.AA)
        reason = "control_id.reused" if accepted.reused else None
        if accepted.retransmission and case.message and self._answers.take(case.message.id):
            self._answers.move(accepted.id, case.origin.connection)
        self._note(event, case, code, message_id=accepted.id, reason=reason)
        return accepted.ack

    def _refuse_headless(self, frame: bytes, case: _Case) -> bytes | None:
        """A frame without MSH: AR, ERR 100, MSA-2 empty, where the source's settings want an answer at all."""
        empty = not frame.strip()
        refusal = _Refusal(AckCode.AR, AckError(code="100"), "empty_frame" if empty else "no_msh")
        wanted = case.manner.policy.answer_empty if empty else case.manner.policy.answer_unparseable
        if wanted:
            return self._refuse(case, refusal)
        self._note_refusal(case, refusal, "none")
        return None

    def _refuse(self, case: _Case, refusal: _Refusal) -> bytes | None:
        """Count and note a refusal, and build its answer."""
        manner = case.manner
        code = manner.code(refusal.code)
        if not manner.answers_always and not wants(case.header, manner.mode, code):
            self._note_refusal(case, refusal, "none")
            return None
        self._note_refusal(case, refusal, code)
        return self._fill(case, code, refusal.error)

    def _fill(self, case: _Case, code: AckCode, *errors: AckError) -> bytes:
        """An answer of our own."""
        header, origin = case.header, case.origin
        echo = header.control_id if header.has_msh else b""
        control_id = self._ids.control_id()
        return case.manner.form.fill(echo, code, control_id=control_id, now=origin.received_at, errors=errors)

    def _desk(self, origin: Origin, policy: AcceptPolicy) -> Desk:
        """What is kept of a source; begun anew when it comes with another policy."""
        place = (origin.channel, origin.source)
        desk = self._desks.get(place)
        if desk is None or desk.policy is not policy:
            desk = self._desks[place] = Desk(origin, policy, routing.route(origin, self._plan))
        return desk

    def _case(self, header: Header, desk: Desk, origin: Origin) -> _Case | None:
        """A message to be answered; None for an acknowledgement, which is counted and never answered."""
        manner = desk.manner(header)
        if manner.is_ack or header.has_msa:
            self._note_ack(header, origin)
            return None
        if manner.warning:
            self._observer.note("intake.ack_mode_unknown", level="warning", source=origin.source, reason=manner.warning)
        return _Case(header, manner, origin)

    def _note_refusal(self, case: _Case, refusal: _Refusal, code: str) -> None:
        self._note("intake.refused", case, code, level="warning", error_code=refusal.error.code, reason=refusal.reason)

    def _note(self, event: str, case: _Case, code: str, *, level: str = "info", **fields: str | None) -> None:
        """One note and two figures a message."""
        origin, observer, label = case.origin, self._observer, case.manner.label
        observer.count("messages_received", channel=origin.channel, source=origin.source, type=label)
        observer.count("acks", channel=origin.channel, code=code)
        observer.note(
            event,
            level=level,
            control_id=_logged(case.header.control_id),
            channel=origin.channel,
            source=origin.source,
            peer=origin.peer,
            message_type=label,
            code=code,
            **fields,
        )

    def _note_ack(self, header: Header, origin: Origin) -> None:
        """An acknowledgement arrived on a source: it is counted and never answered."""
        self._observer.count("acks", channel=origin.channel, code="received")
        self._observer.note(
            "intake.ack_received",
            control_id=_logged(header.control_id),
            channel=origin.channel,
            source=origin.source,
            peer=origin.peer,
        )


def _structure(raw: bytes, case: _Case) -> _Refusal | None:
    """More of something than allowed, or not one message: AE."""
    fault = check_structure(raw, case.header, case.manner.policy.limits)
    if fault is None:
        return None
    error = AckError(code=fault.error_code, segment=fault.segment, text=fault.text)
    return _Refusal(AckCode.AE, error, "limit_exceeded" if fault.error_code == "104" else "not_one_message")


def _unnamed(header: Header) -> _Refusal | None:
    """Without MSH-10 an answer could not be matched: AR, ERR 101."""
    if header.control_id:
        return None
    return _Refusal(AckCode.AR, AckError(code="101", segment="MSH", occurrence=1, field=10), "no_control_id")


def _not_for_us(manner: Manner) -> _Refusal | None:
    """MSH-5, -9, -11 or -12 is not taken here: AR."""
    return _Refusal(AckCode.AR, manner.error, "not_accepted") if manner.error else None


def _not_stored(problem: StoreError, manner: Manner) -> _Refusal:
    """The store could not: the sender keeps the message and sends it again. Enhanced mode knows CE for this only."""
    code = AckCode.AE if manner.mode is Mode.ENHANCED else AckCode(manner.policy.on_store_error)
    reason = "store_full" if isinstance(problem, StoreFull) else "store_failed"
    return _Refusal(code, AckError(code="207"), reason)


def _text(raw: bytes) -> str:
    """MSH-10 for the store and its search; any bytes."""
    return raw.decode("utf-8", "backslashreplace")


def _logged(control_id: bytes) -> str:
    """MSH-10 for the log: a peer may put anything there, so only its beginning, in ASCII."""
    return control_id[:_LOGGED_ID].decode("ascii", "backslashreplace")


async def _digest(frame: bytes) -> str:
    """SHA-256 of a large frame, computed beside the event loop."""
    return await asyncio.to_thread(lambda: hashlib.sha256(frame).hexdigest())
