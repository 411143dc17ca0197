"""What workers decided on messages, each decision written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.domain.message import DeliveryState, DeliveryStatus, MessageId, MessageState, settled_state
from engine.domain.reasons import merge
from engine.plugins.stores.sqlite.overtaking import overtake
from engine.plugins.stores.sqlite.states import add_audit, standings
from engine.plugins.stores.sqlite.tx import Apart, Tx
from engine.ports.store import FingerprintTaken, KeyLease, LeaseLost, NewDelivery, Transition
from engine.records.overtaking import Newer
from engine.records.values import Part, dump_documents, dump_reasons, load_reasons, micros

_SENDS_AGAIN = ("parked", "withdrawn")


@dataclass(frozen=True, slots=True)
class Advance:
    """One call of advance: the lease, the decision, its bodies by delivery id, and the time."""

    lease: KeyLease
    change: Transition
    bodies: Mapping[str, Part]
    now: int


@dataclass(slots=True)
class _Subject:
    """The message that is moved, as its row stood before; `has_past` when it has deliveries or reviews already."""

    channel: str
    key: str
    now: int
    key_id: int
    sequence: int
    priority: int
    state: str
    run_id: int
    findings: str
    error: str
    has_past: int
    keys: set[str] = field(default_factory=set)


def advance(tx: Tx, calls: Sequence[Advance]) -> list[MessageState | BaseException]:
    """Apply transitions; what came of each is the message's new state, LeaseLost or FingerprintTaken.

    TRANSACTION: what the stages found, the deliveries they queued, the review they opened, the stage to run next (or
    the end of the work) and the audit, all of it or nothing. A restart goes on at `next_stage`, or finds the
    deliveries queued.
    """
    together = _Together(tx, calls)
    outcomes = tx.each(together.apply, calls)
    ended = together.end()
    return [
        ended.get(call.change.message_id, outcome) if isinstance(outcome, MessageState) else outcome
        for call, outcome in zip(calls, outcomes, strict=True)
    ]


class _Together:
    """Transitions that share a transaction: what they need is asked once for all, what they change is kept."""

    def __init__(self, tx: Tx, calls: Sequence[Advance]) -> None:
        self._tx = tx
        fences = {(*_fence(call.lease), call.change.message_id): None for call in calls}
        self._rows = {tuple(row[:5]): row[5:] for row in tx.ask_json("find_work", fences)}
        prints = [(item.kind, item.value, c.change.message_id) for c in calls for item in c.change.fingerprints]
        self._owners = {(kind, value, claims): owner for kind, value, claims, owner in tx.ask("find_owners", prints)}
        keys = [(item.idempotency_key,) for call in calls for item in call.change.deliveries]
        self._queued = {row[0]: row[1:] for row in tx.ask("find_queued", keys)}
        self._moved: set[MessageId] = set()
        self._claimed: dict[tuple[str, str], MessageId] = {}
        self._added: dict[str, int] = {}
        self._late: dict[MessageId, tuple[_Subject, Transition]] = {}
        self._overtaking: list[Newer] = []

    def apply(self, call: Advance) -> MessageState:
        """Keep what one transition changes.

        Raises:
            LeaseLost: the key is no longer held, or the message is not unfinished work of it.
            FingerprintTaken: another message owns one of the fingerprints.
            Apart: it depends on another one of this transaction.
        """
        lease, change = call.lease, call.change
        if change.message_id in self._moved:
            raise Apart
        row = self._rows.get((*_fence(lease), change.message_id))
        if row is None:
            raise LeaseLost("the key is no longer ours, or the message is not work of it")
        subject = _Subject(lease.channel, lease.key, call.now, *row)
        sequence, run_id = subject.sequence, subject.run_id
        self._own_fingerprints(subject, change)
        self._moved.add(change.message_id)
        _write_findings(self._tx, subject, change)
        for delivery in change.deliveries:
            self._queue(subject, delivery, call.bodies[delivery.id])
        if change.review is not None:
            review = change.review
            reasons = dump_reasons(review.reasons)
            self._tx.later("open_review", review.id, sequence, run_id, subject.channel, reasons, call.now)
        if change.overtakes and change.deliveries:
            self._overtaking.append(Newer(lease.channel, lease.key, sequence, call.now, change))
        add_audit(self._tx, sequence, call.now, change.audit)
        return self._move(subject, change)

    def _own_fingerprints(self, subject: _Subject, change: Transition) -> None:
        for item in change.fingerprints:
            owner = self._owners.get((item.kind, item.value, change.message_id))
            owner = owner or self._claimed.get((item.kind, item.value), change.message_id)
            if owner != change.message_id:
                raise FingerprintTaken(MessageId(owner))
        for item in change.fingerprints:
            self._claimed[item.kind, item.value] = change.message_id
            self._tx.later("own_fingerprint", item.kind, item.value, subject.sequence, change.fingerprint_detail)

    def _queue(self, subject: _Subject, delivery: NewDelivery, body: Part) -> None:
        """Queue a delivery once for ever; one that was not taken is queued again when its message comes back."""
        tx, key = self._tx, delivery.idempotency_key
        first = self._added.setdefault(key, subject.sequence)
        if first != subject.sequence:
            raise Apart
        if key in subject.keys:
            return
        subject.keys.add(key)
        known = self._queued.get(key)
        if known is None:
            self._add(subject, delivery, body)
            return
        number, sequence, state = known
        if sequence != subject.sequence:
            subject.has_past = 1  # it queued less than it wanted: the database says what it has
            return
        tx.later("keep_delivery", subject.run_id, number)
        if state in _SENDS_AGAIN:
            tx.later("queue_again", delivery.control_id, delivery.media_type, delivery.required, number)
            tx.later("replace_body", body, number)
            tx.moved(subject.channel, state, "queued", delivery.destination)
            tx.hints.append(f"lane:{subject.channel}/{delivery.destination}")

    def _add(self, subject: _Subject, delivery: NewDelivery, body: Part) -> None:
        tx = self._tx
        number = tx.number("delivery")
        tx.later(
            "add_delivery",
            number,
            delivery.id,
            delivery.idempotency_key,
            subject.sequence,
            subject.run_id,
            subject.channel,
            delivery.destination,
            subject.key,
            subject.priority,
            delivery.required,
            delivery.control_id,
            delivery.media_type,
            subject.now,
        )
        tx.later("add_delivery_body", number, body)
        tx.moved(subject.channel, "", "queued", delivery.destination)
        tx.hints.append(f"lane:{subject.channel}/{delivery.destination}")

    def _move(self, subject: _Subject, change: Transition) -> MessageState:
        """Set where the message stands: the next stage, a new try, or the end of its work."""
        tx, place = self._tx, (subject.key_id, subject.sequence)
        if change.final_state is None and change.next_stage is not None:
            tx.later("retry_work" if change.retry_at else "move_work", *place, change.next_stage)
            if change.retry_at is not None:
                tx.later("block_key", micros(change.retry_at), subject.key_id)
            return MessageState(subject.state)
        tx.later("drop_work", *place)
        if change.holds_key and change.final_state is MessageState.PARKED:
            tx.later("add_hold", subject.sequence, subject.key_id)
            tx.later("hold_key", subject.sequence, subject.key_id)
        if subject.has_past or (change.review is not None and change.final_state is None):
            self._late[change.message_id] = (subject, change)
            return MessageState(subject.state)
        new = [DeliveryStatus(state=DeliveryState.QUEUED, required=item.required) for item in change.deliveries]
        return self._finish(subject, change, settled_state(review_open=False, deliveries=new))

    def _finish(self, subject: _Subject, change: Transition, computed: MessageState) -> MessageState:
        state = change.final_state or computed
        self._tx.later("set_state", state.value, change.final_state is not None, subject.sequence)
        self._tx.moved(subject.channel, subject.state, state.value)
        return state

    def end(self) -> dict[MessageId, MessageState]:
        """Finish the messages that overtake others or have a past; the new states of the latter by id."""
        overtake(self._tx, self._overtaking)
        if not self._late:
            return {}
        self._tx.flush()
        self._withdraw_older()
        self._close_older_reviews()
        found = standings(self._tx, [subject.sequence for subject, _ in self._late.values()])
        return {
            message_id: self._finish(subject, change, found[subject.sequence].computed)
            for message_id, (subject, change) in self._late.items()
        }

    def _withdraw_older(self) -> None:
        """A run that came to its end replaces what older runs of the same message wanted to send and nobody took.

        A run that was parked decided nothing, therefore it replaces nothing.
        """
        tx = self._tx
        late = [item for item in self._late.values() if item[1].final_state is not MessageState.PARKED]
        now = {subject.sequence: subject.now for subject, _ in late}
        runs = [(subject.sequence, subject.run_id) for subject, _ in late]
        for number, delivery_id, sequence, channel, destination, state in tx.ask("older_deliveries", runs):
            tx.later("withdraw", number)
            tx.moved(channel, state, "withdrawn", destination)
            detail = f'{{"delivery": "{delivery_id}"}}'
            tx.later("add_audit", sequence, now[sequence], "delivery.superseded", "engine", detail)

    def _close_older_reviews(self) -> None:
        """A run that came to its end replaces what older runs of the same message wanted to know."""
        tx = self._tx
        late = [subject for subject, change in self._late.values() if change.final_state is None]
        now = {subject.sequence: subject.now for subject in late}
        runs = [(subject.sequence, subject.run_id) for subject in late]
        for number, review_id, sequence in tx.ask("older_reviews", runs):
            tx.later("supersede_review", now[sequence], number)
            detail = f'{{"review": "{review_id}"}}'
            tx.later("add_audit", sequence, now[sequence], "review.superseded", "engine", detail)


def _fence(lease: KeyLease) -> tuple[str, str, str, int]:
    return lease.channel, lease.key, lease.owner, lease.epoch


def _write_findings(tx: Tx, subject: _Subject, change: Transition) -> None:
    sequence = subject.sequence
    if change.dossier:
        tx.later("put_dossier", sequence, change.next_stage or "$end", change.dossier)
    for output in change.outputs:
        tx.later("put_output", sequence, subject.run_id, output.stage, output.data)
    for name, value in change.metadata.items():
        tx.later("put_meta", sequence, name, value)
    if change.reasons or change.error != subject.error:
        findings = dump_reasons(merge(load_reasons(subject.findings), change.reasons))
        tx.later("set_findings", findings, change.error, sequence)
        for item in change.reasons:
            tx.later("put_meta", sequence, f"reason:{item.code}", item.code)  # what a search by reason looks up
    if change.documents is not None:
        tx.later("set_documents", dump_documents(change.documents), sequence)
    if change.duplicate_of is not None:
        tx.later("set_duplicate", change.duplicate_of, sequence)
