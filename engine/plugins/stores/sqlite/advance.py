"""What a worker decided on one message, written whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.domain.message import DeliveryState, DeliveryStatus, MessageId, MessageState, settled_state
from engine.domain.reasons import merge
from engine.plugins.stores.sqlite.rows import Part, dump_documents, dump_reasons, load_reasons, micros
from engine.plugins.stores.sqlite.tx import Tx
from engine.plugins.stores.sqlite.work import UNFINISHED, require_key
from engine.ports.store import (
    AuditEntry,
    FingerprintTaken,
    KeyLease,
    LeaseLost,
    NewDelivery,
    Transition,
)


@dataclass(slots=True)
class _Subject:
    """The message that is moved, as its row stood before."""

    sequence: int
    channel: str
    key_id: int
    key: str
    priority: int
    state: str
    run_id: int
    findings: str
    error: str
    now: int


def advance(tx: Tx, lease: KeyLease, change: Transition, bodies: Mapping[str, Part], now: int) -> MessageState:
    """Apply a transition.

    TRANSACTION: what the stages found, the deliveries they queued, the review they opened, the stage to run next (or
    the end of the work) and the audit, all of it or nothing. A restart goes on at `next_stage`, or finds the
    deliveries queued.

    Raises:
        LeaseLost: the key is no longer held, or the message is not unfinished work of it.
        FingerprintTaken: another message owns one of the fingerprints.
    """
    key_id = require_key(tx, lease)
    row = tx.one("find_work", key_id, change.message_id)
    if row is None:
        raise LeaseLost("the message is not work of this key")
    sequence, priority, state, run_id, findings, error = row
    subject = _Subject(sequence, lease.channel, key_id, lease.key, priority, state, run_id, findings, error, now)
    _own_fingerprints(tx, subject, change)
    _write_findings(tx, subject, change)
    for delivery in change.deliveries:
        _queue(tx, subject, delivery, bodies[delivery.id])
    if change.review is not None:
        review = change.review
        reasons = dump_reasons(review.reasons)
        tx.do("open_review", review.id, subject.sequence, subject.run_id, subject.channel, reasons, now)
    add_audit(tx, subject.sequence, now, change.audit)
    return _move(tx, subject, change)


def _own_fingerprints(tx: Tx, subject: _Subject, change: Transition) -> None:
    for item in change.fingerprints:
        owner = tx.one("find_other_owner", item.kind, item.value, subject.sequence)
        if owner is not None:
            raise FingerprintTaken(MessageId(owner[0]))
    for item in change.fingerprints:
        tx.do("own_fingerprint", item.kind, item.value, subject.sequence, change.fingerprint_detail)


def _write_findings(tx: Tx, subject: _Subject, change: Transition) -> None:
    sequence = subject.sequence
    if change.dossier:
        tx.do("put_dossier", sequence, change.next_stage or "$end", change.dossier)
    for output in change.outputs:
        tx.do("put_output", sequence, subject.run_id, output.stage, output.data)
    for name, value in change.metadata.items():
        tx.do("put_meta", sequence, name, value)
    if change.reasons or change.error != subject.error:
        findings = dump_reasons(merge(load_reasons(subject.findings), change.reasons))
        tx.do("set_findings", findings, change.error, sequence)
    if change.documents is not None:
        tx.do("set_documents", dump_documents(change.documents), sequence)
    if change.duplicate_of is not None:
        tx.do("set_duplicate", change.duplicate_of, sequence)


def _queue(tx: Tx, subject: _Subject, delivery: NewDelivery, body: Part) -> None:
    """Queue a delivery once for ever; one that was refused and parked is queued again when its message comes back."""
    lane = f"lane:{subject.channel}/{delivery.destination}"
    row = tx.one(
        "add_delivery",
        delivery.id,
        delivery.idempotency_key,
        subject.sequence,
        subject.channel,
        delivery.destination,
        subject.key,
        subject.priority,
        delivery.required,
        delivery.control_id,
        delivery.media_type,
        subject.now,
    )
    if row is not None:
        tx.do("add_delivery_body", row[0], body)
        tx.moved(subject.channel, "", "queued", delivery.destination)
        tx.hints.append(lane)
        return
    parked = tx.one("find_parked", delivery.idempotency_key, subject.sequence)
    if parked is not None:
        tx.do("requeue_parked", delivery.control_id, delivery.media_type, delivery.required, parked[0])
        tx.do("replace_body", body, parked[0])
        tx.moved(subject.channel, "parked", "queued", delivery.destination)
        tx.hints.append(lane)


def _move(tx: Tx, subject: _Subject, change: Transition) -> MessageState:
    """Set where the message stands: the next stage, a new try, or the end of its work."""
    place = (subject.key_id, subject.sequence)
    if change.final_state is not None:
        tx.do("drop_work", *place)
        return _finish(tx, subject, change.final_state, is_final=True)
    if change.next_stage is None:
        tx.do("drop_work", *place)
        _close_older_reviews(tx, subject)
        return _finish(tx, subject, compute_state(tx, subject.sequence), is_final=False)
    if change.retry_at is None:
        tx.do("move_work", change.next_stage, *place)
    else:
        tx.do("retry_work", change.next_stage, *place)
        tx.do("block_key", micros(change.retry_at), subject.key_id)
    return MessageState(subject.state)


def _finish(tx: Tx, subject: _Subject, state: MessageState, *, is_final: bool) -> MessageState:
    tx.do("set_state", state.value, is_final, subject.sequence)
    tx.moved(subject.channel, subject.state, state.value)
    return state


def _close_older_reviews(tx: Tx, subject: _Subject) -> None:
    """A run that came to its end replaces what older runs of the same message wanted to know."""
    for (review_id,) in tx.all("supersede_reviews", subject.now, subject.sequence, subject.run_id):
        detail = f'{{"review": "{review_id}"}}'
        tx.do("add_audit", subject.sequence, subject.now, "review.superseded", "engine", detail)


def compute_state(tx: Tx, sequence: int) -> MessageState:
    """The state of a message whose stages are done, from its reviews and deliveries."""
    row = tx.one("has_open_review", sequence)
    deliveries = [
        DeliveryStatus(state=DeliveryState(state), required=bool(required))
        for state, required in tx.all("delivery_states", sequence)
    ]
    return settled_state(review_open=bool(row and row[0]), deliveries=deliveries)


def settle_message(tx: Tx, sequence: int) -> None:
    """Bring a message's state up to date after its deliveries moved, unless stages still work on it or fixed it."""
    row = tx.one("find_settled", sequence)
    if row is None:
        return
    channel, old, is_final = row
    if is_final or old in UNFINISHED:
        return
    new = compute_state(tx, sequence).value
    if new != old:
        tx.do("set_state", new, 0, sequence)
        tx.moved(channel, old, new)


def add_audit(tx: Tx, sequence: int, now: int, entries: Iterable[AuditEntry]) -> None:
    """Append audit entries of a message."""
    for entry in entries:
        tx.do("add_audit", sequence, now, entry.action, entry.actor, entry.detail)
