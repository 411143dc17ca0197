"""Taking messages in: what is written before an ACK may leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.domain.message import MessageId
from engine.domain.reasons import Reason, reason
from engine.plugins.stores.postgres.rows import clean, columns, dump_reasons, part_of
from engine.ports.store import Accepted, FragmentRecord, NewMessage
from engine.records.values import Part, Row, micros

Sql = Mapping[str, str]


@dataclass(slots=True)
class Incoming:
    """A message with its bodies placed; `received_us` and `digest` as the row holds them."""

    message: NewMessage
    raw: Part
    ack: Part
    received_us: int
    digest: bytes

    @property
    def identity(self) -> tuple[str, str] | None:
        """What a retransmission has in common with its first, or None where none can be told."""
        if not self.message.control_id or not self.message.dedupe_sender:
            return None
        return clean(self.message.control_id), self.message.dedupe_sender


@dataclass(slots=True)
class Retransmission:
    """A message that is here already; its first ACK may still have to be fetched from the blob store."""

    id: MessageId
    ack: Part


@dataclass(frozen=True, slots=True)
class Intake:
    """One call of accept: its messages, and for how many microseconds a retransmission is known."""

    incoming: Sequence[Incoming]
    window_us: int


Outcome = list[Accepted | Retransmission]


def incoming(message: NewMessage) -> Incoming:
    """The message with its bodies inline; the store moves large ones out before it queues the call."""
    return Incoming(message, message.raw, message.ack, micros(message.received_at), bytes.fromhex(message.sha256))


@dataclass(slots=True)
class _Batch:
    """What one transaction writes: new messages, and audit entries for those that came again."""

    firsts: dict[tuple[str, str, bytes], Incoming] = field(default_factory=dict)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    new: list[tuple[Incoming, tuple[Reason, ...]]] = field(default_factory=list)
    again: list[tuple[int, Incoming]] = field(default_factory=list)
    again_here: list[tuple[MessageId, Incoming]] = field(default_factory=list)
    forget: list[int] = field(default_factory=list)


async def accept(connection: Any, sql: Sql, calls: Sequence[Intake]) -> list[Outcome]:
    """Store the messages of many calls.

    TRANSACTION: for each message its row (which is its acceptance in the timeline too), body, work and ordering key;
    for a retransmission only an audit entry with the first. The keys are locked first and always in the same order,
    therefore sequences rise inside a key as its messages are committed, on whichever node. A restart finds the work
    by itself.
    """
    items = [(item, call.window_us) for call in calls for item in call.incoming]
    known = await _find_known(connection, sql, items)
    batch = _Batch()
    answers = [_judge(batch, item, window_us, known.get(number)) for number, (item, window_us) in enumerate(items)]
    for sequence in batch.forget:
        await connection.execute(sql["forget_retransmission"], sequence)
    sequences = await _write(connection, sql, batch.new) if batch.new else {}
    again = [*batch.again, *((sequences[first], item) for first, item in batch.again_here)]
    if again:
        await _note_again(connection, sql, again)
    rest = iter(answers)
    return [[next(rest) for _ in call.incoming] for call in calls]


async def _find_known(connection: Any, sql: Sql, items: Sequence[tuple[Incoming, int]]) -> dict[int, Row]:
    asked = [
        (number, *item.identity, item.digest, item.received_us - window_us)
        for number, (item, window_us) in enumerate(items)
        if item.identity is not None
    ]
    if not asked:
        return {}
    rows = await connection.fetch(sql["find_known"], *(list(column) for column in zip(*asked, strict=True)))
    return {row[0]: row for row in rows}


def _judge(batch: _Batch, item: Incoming, window_us: int, row: Row | None) -> Accepted | Retransmission:
    """New, the same again, or the same control id with other content; the batch itself counts as known too."""
    message, identity, reused = item.message, item.identity, False
    if identity is not None:
        since = item.received_us - window_us
        first = batch.firsts.get((*identity, item.digest))
        if first is not None:
            batch.again_here.append((first.message.id, item))
            return Retransmission(first.message.id, first.ack)
        if row is not None and row[1] is not None:
            if row[3] >= since:
                batch.again.append((row[1], item))
                return Retransmission(MessageId(row[2]), part_of(row[4], row[5]))
            batch.forget.append(row[1])
        reused = bool(row is not None and row[6]) or batch.seen.get(identity, since - 1) >= since
        batch.firsts[(*identity, item.digest)] = item
        batch.seen[identity] = max(item.received_us, batch.seen.get(identity, 0))
    reasons = (*message.reasons, reason("control_id.reused")) if reused else message.reasons
    batch.new.append((item, reasons))
    return Accepted(id=message.id, ack=message.ack, reused=reused)


async def _write(connection: Any, sql: Sql, new: Sequence[tuple[Incoming, tuple[Reason, ...]]]) -> dict[str, int]:
    keys: dict[tuple[str, str], int] = {}
    for item, _ in new:
        place = (item.message.channel, item.message.ordering_key)
        keys[place] = min(keys.get(place, item.message.priority), item.message.priority)
    rows = await connection.fetch(
        sql["lock_keys"], [channel for channel, _ in keys], [key for _, key in keys], list(keys.values())
    )
    key_ids = {(row[0], row[1]): row[2] for row in rows}
    values = zip(*(_columns(item, reasons, key_ids) for item, reasons in new), strict=True)
    added = await connection.fetch(sql["add_messages"], *(list(column) for column in values))
    return {row[0]: row[1] for row in added}


def _columns(item: Incoming, reasons: tuple[Reason, ...], key_ids: Mapping[tuple[str, str], int]) -> tuple[Any, ...]:
    message = item.message
    return (
        message.id,
        message.channel,
        message.source,
        message.ordering_key,
        message.priority,
        item.received_us,
        clean(message.control_id),
        (message.dedupe_sender or None) if message.control_id else None,
        item.digest,
        message.kind.value,
        clean(message.message_type),
        clean(message.peer),
        clean(message.file_name),
        message.batch_id,
        len(message.raw),
        dump_reasons(reasons),
        key_ids[message.channel, message.ordering_key],
        *columns(item.raw),
        *columns(item.ack),
    )


async def _note_again(connection: Any, sql: Sql, again: Sequence[tuple[int, Incoming]]) -> None:
    await connection.execute(
        sql["add_audit"],
        [sequence for sequence, _ in again],
        [item.received_us for _, item in again],
        ["retransmission"] * len(again),
        [f"source:{item.message.source}" for _, item in again],
        ["{}"] * len(again),
    )


async def keep_fragment(connection: Any, sql: Sql, fragment: FragmentRecord, data: Part) -> None:
    """TRANSACTION: one fragment row, for diagnosis only; nothing is done about it after a restart."""
    await connection.execute(
        sql["add_fragment"],
        fragment.source,
        clean(fragment.peer),
        micros(fragment.received_at),
        clean(fragment.reason),
        fragment.size,
        *columns(data),
    )


async def probe(connection: Any, sql: Sql, now: int) -> None:
    """TRANSACTION: the time of the probe; a restart ignores it."""
    await connection.execute(sql["probe_write"], now)
