"""Where messages stand: computed from their deliveries and reviews, counted where it changes."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable

from engine.plugins.stores.sqlite.tx import Tx
from engine.ports.store import AuditEntry
from engine.records.standing import Standing, computed, moved


def standings(tx: Tx, sequences: Collection[int]) -> dict[int, Standing]:
    """Where messages stand, by sequence."""
    tx.flush()
    return {
        sequence: Standing(
            channel, stored, bool(is_final), computed(json.loads(deliveries), is_reviewed=bool(review_open))
        )
        for sequence, channel, stored, is_final, review_open, deliveries in tx.ask_json(
            "find_standings", [(sequence,) for sequence in sequences]
        )
    }


def settle_messages(tx: Tx, sequences: Collection[int]) -> None:
    """Bring states up to date after deliveries moved, unless stages still work on the message or fixed its state."""
    if not sequences:
        return
    for sequence, standing in moved(standings(tx, sequences)).items():
        new = standing.computed.value
        tx.later("set_state", new, 0, sequence)
        tx.moved(standing.channel, standing.stored, new)


def add_audit(tx: Tx, sequence: int, now: int, entries: Iterable[AuditEntry]) -> None:
    """Append audit entries of a message."""
    for entry in entries:
        tx.later("add_audit", sequence, now, entry.action, entry.actor, entry.detail)
