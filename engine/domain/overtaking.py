"""What becomes of a delivery that was not sent yet when a newer version is queued for the same receiver."""

from __future__ import annotations

from dataclasses import dataclass

from engine.domain.message import DeliveryState, MessageId
from engine.domain.reasons import Reason, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """The state it goes into, and why; the reason's code is also the action of its audit entry."""

    state: DeliveryState
    why: Reason


def fate(*, is_whole: bool, is_queued: bool, is_ahead: bool, destination: str, newer: MessageId) -> Fate | None:
    """What becomes of it, None when it may stay where it is: what is sent before the newer one undoes nothing.

    Args:
        is_whole: the newer message says everything this one has to say.
        is_queued: it waits to be sent; otherwise it is parked.
        is_ahead: the order of the queue has it sent before the newer one.
        destination: the queue both stand in.
        newer: the message with the newer version.
    """
    if not is_whole and is_queued and is_ahead:
        return None
    state, code = DeliveryState.PARKED, "delivery.overtaken"
    if is_whole:
        state, code = DeliveryState.WITHDRAWN, "delivery.superseded"
    return Fate(
        state=state, why=reason(code, f"A newer version of its results went out: message {newer}.", destination)
    )
