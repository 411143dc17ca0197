"""Where messages stand: computed from their deliveries and reviews, counted where it changes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from engine.domain.message import DeliveryState, DeliveryStatus, MessageState, settled_state
from engine.plugins.stores.sqlite.tx import Tx
from engine.ports.store import AuditEntry

UNFINISHED = ("received", "processing")
"""States of a message that has a work row."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A message's stored state, and the one its deliveries and reviews make."""

    channel: str
    stored: str
    is_final: bool
    computed: MessageState


def standings(tx: Tx, sequences: Collection[int]) -> dict[int, Standing]:
    """Where messages stand, by sequence."""
    tx.flush()
    return {
        sequence: Standing(channel, stored, bool(is_final), _computed(json.loads(deliveries), bool(review_open)))
        for sequence, channel, stored, is_final, review_open, deliveries in tx.ask_json(
            "find_standings", [(sequence,) for sequence in sequences]
        )
    }


def _computed(deliveries: Sequence[tuple[str, int]], review_open: bool) -> MessageState:  # noqa: FBT001
    return settled_state(
        review_open=review_open,
        deliveries=[DeliveryStatus(state=DeliveryState(state), required=bool(needed)) for state, needed in deliveries],
    )


def settle_messages(tx: Tx, sequences: Collection[int]) -> None:
    """Bring states up to date after deliveries moved, unless stages still work on the message or fixed its state."""
    if not sequences:
        return
    for sequence, standing in standings(tx, sequences).items():
        if standing.is_final or standing.stored in UNFINISHED:
            continue
        new = standing.computed.value
        if new != standing.stored:
            tx.later("set_state", new, 0, sequence)
            tx.moved(standing.channel, standing.stored, new)


def add_audit(tx: Tx, sequence: int, now: int, entries: Iterable[AuditEntry]) -> None:
    """Append audit entries of a message."""
    for entry in entries:
        tx.later("add_audit", sequence, now, entry.action, entry.actor, entry.detail)
