"""What older messages have not sent yet when a newer version of their results is queued."""

from __future__ import annotations

from collections.abc import Sequence

from engine.plugins.stores.sqlite.states import add_audit, settle_messages
from engine.plugins.stores.sqlite.tx import Tx
from engine.ports.store_values import NEWER
from engine.records.overtaking import Newer, Older, overtaken
from engine.records.values import Row, dump_reasons


def overtake(tx: Tx, calls: Sequence[Newer]) -> None:
    """Withdraw, park or mark what of older messages must not arrive after these.

    TRANSACTION: with the newer deliveries; state, reason and audit of the older ones, the states of their messages.
    """
    for call in calls:
        tx.flush()
        touched: dict[int, None] = {}
        for row in tx.ask("unsent_of", list(call.places)):
            _overtake(tx, call, row)
            touched[row[5]] = None
        settle_messages(tx, touched)


def _overtake(tx: Tx, call: Newer, row: Row) -> None:
    message_id, channel, destination, number, delivery_id, sequence, key, old, said = row
    newer = call.change.message_id
    tx.later("put_meta", sequence, f"{NEWER}{newer}", newer)
    older = Older(
        message_id=message_id,
        id=delivery_id,
        sequence=sequence,
        destination=destination,
        ordering_key=key,
        state=old,
        reasons=said,
    )
    found = overtaken(call, older)
    if found is None:
        return
    tx.later("overtake", found.state, dump_reasons(found.reasons), number)
    tx.later("put_meta", sequence, f"reason:{found.code}", found.code)
    tx.moved(channel, old, found.state, destination)
    add_audit(tx, sequence, call.now, [found.audit])
    tx.hints.append(f"lane:{channel}/{destination}")
