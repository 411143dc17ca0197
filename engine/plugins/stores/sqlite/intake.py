"""Taking messages in: what is written before an ACK may leave."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain.message import MessageId
from engine.domain.reasons import reason
from engine.plugins.stores.sqlite.rows import Part, dump_reasons, micros
from engine.plugins.stores.sqlite.writer import Tx
from engine.ports.store import Accepted, FragmentRecord, NewMessage


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


def accept(tx: Tx, incoming: Sequence[Incoming], window_us: int) -> list[Accepted | Retransmission]:
    """Store the messages of one call.

    TRANSACTION: for each message its row, body, work, ordering key and audit entry; for a retransmission only an audit
    entry with the first. A restart finds the work by itself.
    """
    return [_accept_one(tx, item, window_us) for item in incoming]


def _accept_one(tx: Tx, item: Incoming, window_us: int) -> Accepted | Retransmission:
    message = item.message
    sender = (message.dedupe_sender or None) if message.control_id else None
    reused = False
    if sender is not None and _is_known(tx, message, 0):
        first = _first_of(tx, item, window_us)
        if first is not None:
            return first
        reused = _is_known(tx, message, item.received_us - window_us)
    _write(tx, item, sender, reused=reused)
    return Accepted(id=message.id, ack=message.ack, reused=reused)


def _is_known(tx: Tx, message: NewMessage, since: int) -> bool:
    return tx.one("find_same_control_id", message.control_id, message.dedupe_sender, since) is not None


def _first_of(tx: Tx, item: Incoming, window_us: int) -> Retransmission | None:
    """The stored message this one repeats, or None; one that is older than the window is no longer looked for."""
    message = item.message
    row = tx.one("find_same_content", message.control_id, message.dedupe_sender, item.digest)
    if row is None:
        return None
    sequence, first_id, received_at = row
    if received_at < item.received_us - window_us:
        tx.do("forget_retransmission", sequence)
        return None
    ack = tx.one("find_ack", sequence)
    tx.do("add_audit", sequence, item.received_us, "retransmission", f"source:{message.source}", "{}")
    return Retransmission(MessageId(first_id), ack[0] if ack else None)


def _write(tx: Tx, item: Incoming, sender: str | None, *, reused: bool) -> None:
    message, run, sql = item.message, tx.run, tx.sql
    channel, key, priority = message.channel, message.ordering_key, message.priority
    reasons = (*message.reasons, reason("control_id.reused")) if reused else message.reasons
    run(
        sql["add_message"],
        (
            message.id,
            channel,
            message.source,
            key,
            priority,
            item.received_us,
            message.control_id,
            sender,
            item.digest,
            message.kind.value,
            message.message_type,
            message.peer,
            message.file_name,
            message.batch_id,
            len(message.raw),
            dump_reasons(reasons),
        ),
    )
    sequence = tx.last_id()
    run(sql["add_body"], (sequence, item.raw, item.ack))
    add_work(tx, channel, key, sequence=sequence, priority=priority)
    run(sql["add_audit"], (sequence, item.received_us, "accept", f"source:{message.source}", "{}"))
    tx.moved(channel, "", "received")
    tx.hints.append("work")


def add_work(tx: Tx, channel: str, key: str, *, sequence: int, priority: int, stage: str = "") -> None:
    """Queue a message for its stages; its ordering key appears, or is sorted forward when this is more urgent."""
    found = tx.run(tx.sql["find_key"], (channel, key)).fetchone()
    if found is None:
        tx.run(tx.sql["add_key"], (channel, key, priority, sequence))
        key_id = tx.last_id()
    else:
        key_id, old_priority, head = found
        if priority < old_priority or sequence < head:
            tx.do("sort_key", min(priority, old_priority), min(sequence, head), key_id)
    tx.run(tx.sql["add_work"], (key_id, sequence, priority, stage))


def keep_fragment(tx: Tx, fragment: FragmentRecord, data: Part, received_us: int) -> None:
    """TRANSACTION: one fragment row, for diagnosis only; nothing is done about it after a restart."""
    tx.do("add_fragment", fragment.source, fragment.peer, received_us, fragment.reason, fragment.size, data)
