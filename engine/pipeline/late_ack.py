"""The application acknowledgement of enhanced mode: what a sender is told when the stages of its message are done.

It is queued in the transition that ends the stages, so that it exists exactly when the decision does.

Source: HL7 v2 chapter 2, enhanced acknowledgement rules (MSH-16), table 0155; ERR-3 table 0357, ERR-4 table 0516.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from engine.domain.message import ContentKind, MessageState
from engine.domain.reasons import REASONS, Holds, Reason
from engine.hl7v2.ack import AckCode, AckError, Mode, build_ack, mode_of, wants_application
from engine.hl7v2.header import Header, peek
from engine.pipeline import release
from engine.pipeline.plan import ChannelPlan, LateAck
from engine.ports.source import AckMode
from engine.ports.store import NewDelivery, Transition, WorkItem

_ACCEPTED = "0"
_INTERNAL_ERROR = "207"


def same_connection(source: str) -> str:
    """The queue of what a source says later on the connections of its senders; no destination can have that name."""
    return f"ack:{source}"


def late_ack(item: WorkItem, plan: ChannelPlan, ending: Transition, now: datetime) -> NewDelivery | None:
    """The acknowledgement that follows from a message's last transition; None where the sender asked for none.

    AA for whatever has an end or goes on by itself, with an ERR of severity W or I for each kind of reason that waits
    for a person; AE for a message that is parked.

    Args:
        item: the message with its bytes.
        plan: of its channel.
        ending: what the stages came to.
        now: MSH-7.
    """
    route = plan.late_acks.get(item.source)
    if route is None or item.kind is not ContentKind.ER7:
        return None
    header = peek(item.raw)
    code, errors = _verdict(ending)
    if not wants_application(header, _mode(header, route), code):
        return None
    key = release.idempotency_key(item, same_connection(item.source), _version(code, errors))
    control_id = release.control_id(key)
    return NewDelivery(
        id=hashlib.sha256(key.encode("utf-8")).hexdigest()[:32],
        destination=route.destination,
        idempotency_key=key,
        control_id=control_id,
        body=build_ack(header, code, control_id=control_id, now=now, errors=errors, is_late=True),
        required=False,
    )


def _mode(header: Header, route: LateAck) -> Mode:
    if route.mode is AckMode.ORIGINAL or not header.has_msh:
        return Mode.ORIGINAL
    return Mode.ENHANCED if route.mode is AckMode.ENHANCED else mode_of(header)[0]


def _verdict(ending: Transition) -> tuple[AckCode, list[AckError]]:
    if ending.final_state is MessageState.PARKED:
        return AckCode.AE, [AckError(code=_INTERNAL_ERROR, application_code="pipeline.failed")]
    reasons = ending.review.reasons if ending.review is not None else ()
    by_code: dict[str, Reason] = {}
    for item in reasons:
        by_code.setdefault(item.code, item)
    return AckCode.AA, [_waiting(item) for item in by_code.values()]


def _waiting(item: Reason) -> AckError:
    """One kind of reason that keeps something back: a warning, or a note where only single results wait."""
    severity = "I" if item.holds is Holds.RESULT else "W"
    return AckError(code=_ACCEPTED, severity=severity, application_code=item.code, text=REASONS[item.code].meaning)


def _version(code: AckCode, errors: list[AckError]) -> str:
    """Changes exactly when a later run of the message comes to something else."""
    words = ",".join(sorted(error.application_code for error in errors))
    return hashlib.sha256(f"{code}|{words}".encode()).hexdigest()[:16]
