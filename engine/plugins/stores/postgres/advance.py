"""What workers decided on messages, each decision written whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.domain.message import DeliveryState, DeliveryStatus, MessageId, MessageState, settled_state
from engine.domain.reasons import merge
from engine.plugins.stores.postgres.overtaking import older_sequences, overtake
from engine.plugins.stores.postgres.rows import clean, columns, dump_documents, dump_reasons
from engine.plugins.stores.postgres.sheet import Sheet
from engine.plugins.stores.postgres.states import lock_messages, standings
from engine.plugins.stores.postgres.timepiece import Told
from engine.plugins.stores.postgres.work import fence, lock_fences
from engine.ports.store import FingerprintTaken, KeyLease, LeaseLost, NewDelivery, Transition
from engine.records.overtaking import Newer
from engine.records.values import Part, load_reasons, micros

Sql = Mapping[str, str]
Outcome = MessageState | BaseException
_SENDS_AGAIN = ("parked", "withdrawn")


@dataclass(frozen=True, slots=True)
class Advance:
    """One call of advance: the lease, the decision, its bodies by delivery id, the node's time and the database's."""

    lease: KeyLease
    change: Transition
    bodies: Mapping[str, Part]
    now: int
    told: Told = None


@dataclass(slots=True)
class _Subject:
    """The message that is moved, as its row stood before; `has_past` when it has deliveries or reviews already."""

    channel: str
    key: str
    now: int
    told: Told
    key_id: int
    sequence: int
    priority: int
    state: str
    run_id: int
    findings: str
    error: str
    has_past: bool
    keys: set[str] = field(default_factory=set)


class Apart(Exception):
    """The call depends on another one of this transaction."""


async def advance(connection: Any, sql: Sql, calls: Sequence[Advance], hints: list[str]) -> list[Outcome]:
    """Apply transitions; what came of each is the message's new state, LeaseLost, FingerprintTaken or Apart.

    TRANSACTION: what the stages found, the deliveries they queued, the review they opened, the stage to run next (or
    the end of the work) and the audit, all of it or nothing; the keys stay locked from the comparison of owner and
    epoch to the COMMIT. A restart goes on at `next_stage`, or finds the deliveries queued.
    """
    together = _Together(connection, sql, hints)
    await together.look(calls)
    outcomes: list[Outcome] = []
    for call in calls:
        try:
            outcomes.append(together.apply(call))
        except (LeaseLost, FingerprintTaken, Apart) as problem:
            outcomes.append(problem)
    ended = await together.end()
    return [
        ended.get(call.change.message_id, outcome) if isinstance(outcome, MessageState) else outcome
        for call, outcome in zip(calls, outcomes, strict=True)
    ]


class _Together:
    """Transitions that share a transaction: what they need is asked once for all, what they change is kept."""

    def __init__(self, connection: Any, sql: Sql, hints: list[str]) -> None:
        self._connection = connection
        self._sql = sql
        self._sheet = Sheet(connection, sql)
        self._hints = hints
        self._rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        self._owners: dict[tuple[str, str], tuple[int, str]] = {}
        self._queued: dict[str, tuple[int, int, str]] = {}
        self._moved: set[MessageId] = set()
        self._claimed: dict[tuple[str, str], MessageId] = {}
        self._added: dict[str, int] = {}
        self._late: dict[MessageId, tuple[_Subject, Transition]] = {}
        self._overtaking: list[Newer] = []

    async def look(self, calls: Sequence[Advance]) -> None:
        """Lock what is decided on (keys, then fingerprints and idempotency keys, then messages), then read it."""
        fences = list(dict.fromkeys(fence(call.lease) for call in calls))
        await lock_fences(self._connection, self._sql, fences)
        prints = sorted({(item.kind, item.value) for call in calls for item in call.change.fingerprints})
        keys = sorted({item.idempotency_key for call in calls for item in call.change.deliveries})
        if prints or keys:
            await self._fetch("lock_values", [*keys, *(f"{kind} {value}" for kind, value in prints)])
        asked = list(dict.fromkeys((*fence(call.lease), call.change.message_id) for call in calls))
        rows = await self._fetch("find_work", *(list(column) for column in zip(*asked, strict=True)))
        older = await older_sequences(self._connection, self._sql, [call.change for call in calls])
        past = [row["sequence"] for row in rows if row["has_past"] or older]
        if past:
            await lock_messages(self._connection, self._sql, [*past, *older])
        self._rows = {tuple(row)[:5]: tuple(row)[5:] for row in rows}
        if prints:
            owners = await self._fetch("find_owners", [kind for kind, _ in prints], [value for _, value in prints])
            self._owners = {(row[0], row[1]): (row[2], row[3]) for row in owners}
        if keys:
            self._queued = {row[0]: (row[1], row[2], row[3]) for row in await self._fetch("find_queued", keys)}

    async def _fetch(self, name: str, *values: Any) -> list[Any]:
        rows: list[Any] = await self._connection.fetch(self._sql[name], *values)
        return rows

    def apply(self, call: Advance) -> MessageState:
        """Keep what one transition changes.

        Raises:
            LeaseLost: the key is no longer held, or the message is not unfinished work of it.
            FingerprintTaken: another message owns one of the fingerprints.
            Apart: it depends on another one of this transaction.
        """
        lease, change = call.lease, call.change
        row = self._rows.get((*fence(lease), change.message_id))
        if row is None:
            raise LeaseLost("the key is no longer ours, or the message is not work of it")
        subject = _Subject(lease.channel, lease.key, call.now, call.told, *row)
        self._require_alone(subject, change)
        self._own_fingerprints(subject, change)
        self._moved.add(change.message_id)
        self._write_findings(subject, change)
        for delivery in change.deliveries:
            self._queue(subject, delivery, call.bodies[delivery.id])
        if change.review is not None:
            place = (change.review.id, subject.sequence, subject.run_id, subject.channel)
            self._sheet.later("open_review", *place, dump_reasons(change.review.reasons), call.now)
        if change.overtakes and change.deliveries:
            self._overtaking.append(Newer(lease.channel, lease.key, subject.sequence, call.now, change))
        for entry in change.audit:
            self._sheet.note(subject.sequence, call.now, entry)
        return self._move(subject, change)

    def _require_alone(self, subject: _Subject, change: Transition) -> None:
        """Before anything is kept: what two calls of one transaction want is done in two."""
        if change.message_id in self._moved:
            raise Apart
        for delivery in change.deliveries:
            if self._added.get(delivery.idempotency_key, subject.sequence) != subject.sequence:
                raise Apart

    def _own_fingerprints(self, subject: _Subject, change: Transition) -> None:
        for item in change.fingerprints:
            owner = self._owners.get((item.kind, item.value))
            if owner is not None and owner[0] != subject.sequence:
                raise FingerprintTaken(MessageId(owner[1]))
            claimed = self._claimed.get((item.kind, item.value), change.message_id)
            if claimed != change.message_id:
                raise FingerprintTaken(claimed)
        for item in change.fingerprints:
            self._claimed[item.kind, item.value] = change.message_id
            row = (item.kind, item.value, subject.sequence, clean(change.fingerprint_detail))
            self._sheet.later("own_fingerprint", *row, width=2)

    def _queue(self, subject: _Subject, delivery: NewDelivery, body: Part) -> None:
        """Queue a delivery once for ever; one that was not taken is queued again when its message comes back."""
        key = delivery.idempotency_key
        if key in subject.keys:
            return
        subject.keys.add(key)
        known = self._queued.get(key)
        if known is None:
            self._added[key] = subject.sequence
            self._add(subject, delivery, body)
            return
        number, sequence, state = known
        if sequence != subject.sequence:
            subject.has_past = True  # it queued less than it wanted: the database says what it has
            return
        self._sheet.later("keep_delivery", number, subject.run_id)
        if state in _SENDS_AGAIN:
            again = (number, clean(delivery.control_id), delivery.media_type, delivery.required)
            self._sheet.later("queue_again", *again)
            self._sheet.later("replace_body", number, *columns(body))
            self._hints.append(f"lane:{subject.channel}/{delivery.destination}")

    def _add(self, subject: _Subject, delivery: NewDelivery, body: Part) -> None:
        self._sheet.later(
            "add_delivery",
            delivery.id,
            delivery.idempotency_key,
            subject.sequence,
            subject.run_id,
            subject.channel,
            delivery.destination,
            subject.key,
            subject.priority,
            delivery.required,
            clean(delivery.control_id),
            delivery.media_type,
            subject.now,
            *columns(body),
        )
        self._hints.append(f"lane:{subject.channel}/{delivery.destination}")

    def _write_findings(self, subject: _Subject, change: Transition) -> None:
        sheet, sequence = self._sheet, subject.sequence
        if change.dossier:
            sheet.later("put_dossier", sequence, change.next_stage or "$end", clean(change.dossier), width=2)
        for output in change.outputs:
            sheet.later("put_output", sequence, subject.run_id, output.stage, clean(output.data), width=3)
        for name, value in change.metadata.items():
            sheet.later("put_meta", sequence, clean(name), clean(value), width=2)
        if change.reasons or change.error != subject.error:
            findings = dump_reasons(merge(load_reasons(subject.findings), change.reasons))
            sheet.change(sequence, findings=findings, error=clean(change.error))
            for item in change.reasons:
                name = f"reason:{item.code}"  # what a search by reason looks up
                sheet.later("put_meta", sequence, name, item.code, width=2)
        if change.documents is not None:
            sheet.change(sequence, documents=dump_documents(change.documents))
        if change.duplicate_of is not None:
            sheet.change(sequence, duplicate_of=change.duplicate_of)

    def _move(self, subject: _Subject, change: Transition) -> MessageState:
        """Set where the message stands: the next stage, a new try, or the end of its work."""
        place = (subject.sequence, subject.key_id)
        if change.final_state is None and change.next_stage is not None:
            self._sheet.later("retry_work" if change.retry_at else "move_work", *place, change.next_stage)
            if change.retry_at is not None:
                wait = micros(change.retry_at) - subject.now
                self._sheet.later("block_key", subject.key_id, wait, subject.told)
            return MessageState(subject.state)
        self._sheet.later("drop_work", *place)
        if change.holds_key and change.final_state is MessageState.PARKED:
            self._sheet.later("add_hold", *place)
            self._sheet.later("hold_key", *place)
        if subject.has_past or (change.review is not None and change.final_state is None):
            self._late[change.message_id] = (subject, change)
            return MessageState(subject.state)
        new = [DeliveryStatus(state=DeliveryState.QUEUED, required=item.required) for item in change.deliveries]
        return self._finish(subject, change, settled_state(review_open=False, deliveries=new))

    def _finish(self, subject: _Subject, change: Transition, computed: MessageState) -> MessageState:
        state = change.final_state or computed
        self._sheet.change(subject.sequence, state=state.value, is_final=change.final_state is not None)
        return state

    async def end(self) -> dict[MessageId, MessageState]:
        """Write it all; finish the messages that have a past, their new states by id."""
        await self._sheet.flush()
        await overtake(self._connection, self._sql, self._overtaking, self._hints)
        if not self._late:
            return {}
        await self._replace_older()
        found = await standings(self._connection, self._sql, [subject.sequence for subject, _ in self._late.values()])
        states = {
            message_id: self._finish(subject, change, found[subject.sequence].computed)
            for message_id, (subject, change) in self._late.items()
        }
        await self._sheet.flush()
        return states

    async def _replace_older(self) -> None:
        """A run that came to its end replaces what older runs of the same message wanted and nobody took or answered.

        A run that was parked decided nothing, therefore it replaces no delivery; one with a fixed state, no review.
        """
        late = list(self._late.values())
        now = {subject.sequence: subject.now for subject, _ in late}
        runs = {subject.sequence: subject.run_id for subject, change in late if change.final_state != "parked"}
        for number, delivery_id, sequence in await self._fetch("older_deliveries", list(runs), list(runs.values())):
            self._sheet.later("withdraw_older", number)
            self._sheet.superseded(sequence, now[sequence], "delivery", delivery_id)
        runs = {subject.sequence: subject.run_id for subject, change in late if change.final_state is None}
        for number, review_id, sequence in await self._fetch("older_reviews", list(runs), list(runs.values())):
            self._sheet.later("supersede_review", number, now[sequence])
            self._sheet.superseded(sequence, now[sequence], "review", review_id)
        await self._sheet.flush()
