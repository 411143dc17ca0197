"""What a person does to deliveries, reviews and messages; each act is one transaction with its audit entry."""

from __future__ import annotations

from engine.domain.message import MessageId
from engine.plugins.stores.sqlite.states import add_audit, settle_messages
from engine.plugins.stores.sqlite.tx import Tx
from engine.plugins.stores.sqlite.work import let_go
from engine.ports.store import AuditEntry, NewerSent


def retry_delivery(tx: Tx, delivery_id: str, audit: AuditEntry, now: int, *, force: bool = False) -> bool:
    """TRANSACTION: the delivery queued and due at once, its rejects 0, its message's state, audit.

    Raises:
        NewerSent: it would undo what a newer message has sent.
    """
    tx.flush()
    newer = None if force else tx.one("newer_sent", delivery_id)
    if newer is not None:
        raise NewerSent(MessageId(newer[0]))
    return _move(tx, delivery_id, ("requeue_delivery", "queued"), audit, now)


def withdraw_delivery(tx: Tx, delivery_id: str, audit: AuditEntry, now: int) -> bool:
    """TRANSACTION: the delivery withdrawn, its message's state, audit."""
    return _move(tx, delivery_id, ("withdraw_delivery", "withdrawn"), audit, now)


def _move(tx: Tx, delivery_id: str, act: tuple[str, str], audit: AuditEntry, now: int) -> bool:
    statement, new = act
    tx.flush()
    row = tx.one("find_unsent", delivery_id)
    if row is None:
        return False
    number, sequence, channel, destination, old = row
    tx.do(statement, number)
    tx.moved(channel, old, new, destination)
    add_audit(tx, sequence, now, (audit,))
    settle_messages(tx, [sequence])
    tx.hints.append(f"lane:{channel}/{destination}")
    return True


def close_review(tx: Tx, review_id: str, outcome: str, audit: AuditEntry, now: int) -> bool:
    """TRANSACTION: the case closed, its message's state, audit."""
    tx.flush()
    row = tx.one("close_review", outcome, now, review_id)
    if row is None:
        return False
    add_audit(tx, row[0], now, (audit,))
    settle_messages(tx, [row[0]])
    return True


def withdraw(tx: Tx, message_id: MessageId, audit: AuditEntry, now: int) -> bool:
    """TRANSACTION: open cases closed, unsent deliveries withdrawn, the message's state for good, audit."""
    tx.flush()
    row = tx.one("find_withdrawable", message_id)
    if row is None:
        return False
    sequence, channel, old = row
    tx.do("close_reviews", now, sequence)
    let_go(tx, sequence)
    for number, place, destination, state in tx.all("list_unsent", sequence):
        tx.do("withdraw_delivery", number)
        tx.moved(place, state, "withdrawn", destination)
        tx.hints.append(f"lane:{place}/{destination}")
    tx.later("set_state", "withdrawn", 1, sequence)
    tx.moved(channel, old, "withdrawn")
    add_audit(tx, sequence, now, (audit,))
    return True


def set_aside(tx: Tx, message_id: MessageId, audit: AuditEntry, now: int) -> bool:
    """TRANSACTION: the key and the queues this message holds up go on, audit; where it stands does not change."""
    tx.flush()
    row = tx.one("find_sequence", message_id)
    if row is None:
        return False
    sequence = row[0]
    freed = tx.all("let_queues_go", sequence)
    if not let_go(tx, sequence) and not freed:
        return False
    tx.hints.extend(f"lane:{channel}/{destination}" for channel, destination in freed)
    add_audit(tx, sequence, now, (audit,))
    return True


def pause(tx: Tx, place: tuple[str, str], audit: AuditEntry, now: int, *, is_paused: bool) -> None:
    """TRANSACTION: the pause of a queue, of a channel or of everything, set or lifted, and audit."""
    tx.do("set_pause" if is_paused else "lift_pause", *place)
    tx.do("add_audit", None, now, audit.action, audit.actor, audit.detail)
    tx.hints.extend(f"lane:{channel}/{destination}" for channel, destination in tx.all("list_lanes", *place))
