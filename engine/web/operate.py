"""What a person does to messages, deliveries, reviews and queues; API and pages do it through here.

Every act is one call on the store, which writes the audit entry in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from engine.domain.message import MessageId, MessageState
from engine.ports.store import AuditEntry, MessageView, NewerSent, QueueView, StoreFigures
from engine.web.bodies import get_detail
from engine.web.params import is_id
from engine.web.problems import Problem, bad_parameter, not_found
from engine.web.services import ChannelInfo, WebServices

ACTOR = "admin"
"""The one user there is: whoever holds the token."""

OUTCOMES: Mapping[str, str] = {
    "handled": "the results were entered by hand",
    "rejected": "the report is wrong or not ours",
    "released": "the results were sent another way",
    "closed": "nothing had to be done",
}
"""What a person can say of a review case; the word becomes its state."""
PATIENTS: Mapping[str, str] = {
    "shown": "they are the shown patient's",
    "other": "they are somebody else's",
}
"""What a person can say of whose results they are; `headrace match --estimate` learns from it."""
OVERTAKEN = (
    "a newer version with some of its results was sent or waits in the queue (message {newer}): sent now, this one "
    "would overwrite it; withdraw it, or force the retry and say why"
)
REVIEW_STATES = ("open", *OUTCOMES, "superseded", "withdrawn", "all")


def audit_of(action: str, **detail: str | bool) -> AuditEntry:
    """An audit entry of the user; empty details are left out."""
    told = {key: value for key, value in detail.items() if value not in ("", False)}
    return AuditEntry(action=action, actor=ACTOR, detail=json.dumps(told, ensure_ascii=False))


async def replay(services: WebServices, message: MessageView, stage: str) -> MessageState:
    """Queue a message for its stages again. Raises Problem (400 unknown stage, 409 still being worked on)."""
    check_stage(services, message.channel, stage)
    if not await services.store.replay(message.id, from_stage=stage, audit=audit_of("replay", **{"from": stage})):
        raise Problem(409, "the message is still being worked on")
    return await _state(services, message.id)


def check_stage(services: WebServices, channel: str, stage: str) -> None:
    """Refuse a stage that the channel does not have. Raises Problem (400)."""
    known = {item.id for info in services.channels() if info.name == channel for item in info.stages}
    if stage and stage not in known:
        raise bad_parameter("from", "is no stage of the message's channel")


async def withdraw(services: WebServices, message_id: MessageId, why: str) -> MessageState:
    """Close a message for good. Raises Problem (409 when nothing of it waits for a person)."""
    if not await services.store.withdraw(message_id, audit=audit_of("withdraw", reason=why)):
        raise Problem(409, "only a message in review or parked can be withdrawn")
    return await _state(services, message_id)


async def set_aside(services: WebServices, message_id: MessageId, why: str) -> MessageState:
    """Let what waits behind a message go on. Raises Problem (409 when it holds nothing up)."""
    if not await services.store.set_aside(message_id, audit=audit_of("set_aside", reason=why)):
        raise Problem(409, "the message holds nothing up")
    return await _state(services, message_id)


async def retry_delivery(services: WebServices, delivery_id: str, *, force: bool = False, why: str = "") -> None:
    """Send a delivery now.

    Raises:
        Problem: 404, 409 when it neither waits nor is parked, or when a newer version was sent and `force` is not set.
    """
    if not is_id(delivery_id):
        raise not_found("delivery")
    audit = audit_of("retry", delivery=delivery_id, force=force, reason=why)
    try:
        is_queued = await services.store.retry_delivery(delivery_id, audit=audit, force=force)
    except NewerSent as refusal:
        raise Problem(409, OVERTAKEN.format(newer=refusal.newer)) from None
    if not is_queued:
        raise await _delivery_problem(services, delivery_id)


async def withdraw_delivery(services: WebServices, delivery_id: str, why: str) -> None:
    """End a delivery that was not sent. Raises Problem (404, 409 when it neither waits nor is parked)."""
    audit = audit_of("withdraw", delivery=delivery_id, reason=why)
    if not is_id(delivery_id) or not await services.store.withdraw_delivery(delivery_id, audit=audit):
        raise await _delivery_problem(services, delivery_id)


async def _delivery_problem(services: WebServices, delivery_id: str) -> Problem:
    is_known = is_id(delivery_id) and await services.store.payload(delivery_id) is not None
    return Problem(409, "the delivery neither waits nor is parked") if is_known else not_found("delivery")


async def close_review(services: WebServices, review_id: str, outcome: str, why: str, patient: str = "") -> None:
    """Close an open review case; it becomes `outcome`, and `patient` says whose the results are, or nothing.

    Raises:
        Problem: 400 for no outcome or an unknown `patient`, 409 when the case is not open.
    """
    if outcome not in OUTCOMES:
        raise bad_parameter("outcome", f"must be one of {', '.join(OUTCOMES)}")
    if patient and patient not in PATIENTS:
        raise bad_parameter("patient", f"must be one of {', '.join(PATIENTS)}, or left out")
    audit = audit_of("review.close", review=review_id, outcome=outcome, patient=patient, reason=why)
    if not await services.store.close_review(review_id, outcome=outcome, audit=audit):
        raise Problem(409, "the review case is not open")


async def set_pause(
    services: WebServices, channel: str, destination: str, *, is_paused: bool, why: str
) -> list[QueueView]:
    """Stop or resume sending; returns the queues it is about as they stand now.

    Raises:
        Problem: 404 for a channel or a destination that is neither configured nor has a queue.
    """
    before = queues(services, await services.store.figures())
    if not _about(before, channel, destination) and (channel or destination):
        raise not_found("queue")
    action = "pause" if is_paused else "resume"
    audit = audit_of(action, channel=channel, destination=destination, reason=why)
    await services.store.pause(channel, destination, is_paused=is_paused, audit=audit)
    return _about(queues(services, await services.store.figures()), channel, destination)


def _about(found: Collection[QueueView], channel: str, destination: str) -> list[QueueView]:
    return [item for item in found if channel in ("", item.channel) and destination in ("", item.destination)]


def queues(services: WebServices, figures: StoreFigures) -> list[QueueView]:
    """The queues the store knows, and the configured ones that nothing was put into yet."""
    found = {(item.channel, item.destination): item for item in figures.queues}
    for place in (place for info in services.channels() for place in _places(info)):
        channel, destination = place
        found.setdefault(
            place,
            QueueView(channel=channel, destination=destination, queued=0, parked=0, oldest_at=None, head_error=""),
        )
    return [found[place] for place in sorted(found)]


def _places(info: ChannelInfo) -> list[tuple[str, str]]:
    return [(info.name, item.name) for item in info.destinations]


async def _state(services: WebServices, message_id: MessageId) -> MessageState:
    now = await get_detail(services, message_id)
    if now is None:
        raise not_found("message")
    return now.message.state
