"""Taking messages in: what is written before an ACK may leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain.message import MessageId
from engine.domain.reasons import reason
from engine.plugins.stores.sqlite.tx import Tx
from engine.ports.store import Accepted, FragmentRecord, NewMessage
from engine.records.values import Part, dump_reasons, micros


@dataclass(slots=True)
class Incoming:
    """A message with its bodies placed; `received_us` and `digest` as the row holds them."""

    message: NewMessage
    raw: Part
    ack: Part
    received_us: int
    digest: bytes


@dataclass(slots=True)
class Retransmission:
    """A message that is here already; its first ACK may still have to be fetched from the blob store."""

    id: MessageId
    ack: Part


def incoming(message: NewMessage) -> Incoming:
    """The message with its bodies inline; the store moves large ones out before it queues the call."""
    received_us = micros(message.received_at)
    return Incoming(message, message.raw, message.ack, received_us, bytes.fromhex(message.sha256))


@dataclass(frozen=True, slots=True)
class Intake:
    """One call of accept: its messages, and for how many microseconds a retransmission is known."""

    incoming: Sequence[Incoming]
    window_us: int


def accept(tx: Tx, calls: Sequence[Intake]) -> list[list[Accepted | Retransmission] | BaseException]:
    """Store the messages of many calls.

    TRANSACTION: for each message its row (which is its acceptance in the timeline too), body, work and ordering key;
    for a retransmission only an audit entry with the first. A restart finds the work by itself.
    """
    # Identities that were here before, or came with an earlier message of this batch: only those are looked at closer.
    asked = {_identity(item.message): None for call in calls for item in call.incoming}
    asked.pop(None, None)
    known: set[_Identity | None] = set(tx.ask("find_known", asked))
    return tx.each(lambda call: [_accept_one(tx, item, call.window_us, known) for item in call.incoming], calls)


_Identity = tuple[str, str]


def _identity(message: NewMessage) -> _Identity | None:
    """What a retransmission has in common with its first, or None where none can be told."""
    if not message.control_id or not message.dedupe_sender:
        return None
    return message.control_id, message.dedupe_sender


def _accept_one(tx: Tx, item: Incoming, window_us: int, known: set[_Identity | None]) -> Accepted | Retransmission:
    identity = _identity(item.message)
    reused = False
    if identity in known:
        tx.flush()
        first = _first_of(tx, item, window_us)
        if first is not None:
            return first
        since = item.received_us - window_us
        reused = tx.one("find_same_control_id", *identity, since) is not None if identity else False
    elif identity is not None:
        known.add(identity)
    _write(tx, item, reused=reused)
    return Accepted(id=item.message.id, ack=item.message.ack, reused=reused)


def _first_of(tx: Tx, item: Incoming, window_us: int) -> Retransmission | None:
    """The stored message this one repeats, or None; one that is older than the window is no longer looked for."""
    message = item.message
    row = tx.one("find_same_content", message.control_id, message.dedupe_sender, item.digest)
    if row is None:
        return None
    sequence, first_id, received_at, ack = row
    if received_at < item.received_us - window_us:
        tx.do("forget_retransmission", sequence)
        return None
    tx.later("add_audit", sequence, item.received_us, "retransmission", f"source:{message.source}", "{}")
    return Retransmission(MessageId(first_id), ack)


def _write(tx: Tx, item: Incoming, *, reused: bool) -> None:
    message = item.message
    channel, key, priority = message.channel, message.ordering_key, message.priority
    reasons = (*message.reasons, reason("control_id.reused")) if reused else message.reasons
    sequence = tx.number("message")
    tx.later(
        "add_message",
        sequence,
        message.id,
        channel,
        message.source,
        key,
        priority,
        item.received_us,
        message.control_id,
        (message.dedupe_sender or None) if message.control_id else None,
        item.digest,
        message.kind.value,
        message.message_type,
        message.peer,
        message.file_name,
        message.batch_id,
        len(message.raw),
        dump_reasons(reasons),
    )
    tx.later("add_body", sequence, item.raw, item.ack)
    add_work(tx, channel, key, sequence=sequence, priority=priority)
    tx.moved(channel, "", "received")
    tx.hints.append("work")


def add_work(tx: Tx, channel: str, key: str, *, sequence: int, priority: int, stage: str = "") -> None:
    """Queue a message for its stages; its ordering key appears, or is sorted forward when this is more urgent."""
    tx.later("add_key", channel, key, priority, sequence)
    tx.later("add_work", channel, key, sequence, priority, stage)


def keep_fragment(tx: Tx, fragment: FragmentRecord, data: Part, received_us: int) -> None:
    """TRANSACTION: one fragment row, for diagnosis only; nothing is done about it after a restart."""
    tx.do("add_fragment", fragment.source, fragment.peer, received_us, fragment.reason, fragment.size, data)


def probe(tx: Tx, now: int) -> None:
    """TRANSACTION: the time of the probe; a restart ignores it."""
    tx.do("probe_write", now)
