"""Ordering keys and their work: claim, give back, run again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engine.domain.message import ContentKind, MessageId
from engine.domain.reasons import merge
from engine.plugins.stores.sqlite.intake import add_work
from engine.plugins.stores.sqlite.rows import Part, Row, load_reasons, moment
from engine.plugins.stores.sqlite.states import UNFINISHED
from engine.plugins.stores.sqlite.tx import Tx
from engine.ports.store import AuditEntry, KeyLease, LeaseLost, WorkItem


@dataclass(slots=True)
class Claimed:
    """A leased key, its items without their bodies yet."""

    channel: str
    key: str
    epoch: int
    rows: list[Row]


def claim(tx: Tx, *, node: str, epoch: int, keys: int, per_key: int, now: int) -> list[Claimed]:
    """Lease keys that have due work.

    TRANSACTION: owner and epoch of each key, state `processing` of the messages handed out. A restart clears all
    owners, so that the same messages are handed out again with a new epoch.
    """
    tx.do("wake_keys", now)
    ready = tx.all("ready_keys", keys)
    for key_id, *_ in ready:
        tx.do("lease_key", node, epoch, key_id)
    return [Claimed(channel, key, epoch, _take_items(tx, channel, key_id, per_key)) for key_id, channel, key in ready]


def _take_items(tx: Tx, channel: str, key_id: int, per_key: int) -> list[Row]:
    rows = tx.all("key_items", key_id, per_key)
    for sequence, *_, state, _raw, _dossier in rows:
        if state == "received":
            tx.do("set_state", "processing", 0, sequence)
            tx.moved(channel, "received", "processing")
    return rows


def raw_of(row: Row) -> Part:
    """The body column of a claimed item."""
    part: Part = row[15]
    return part


def work_item(channel: str, row: Row, raw: bytes) -> WorkItem:
    """A claimed row with its body."""
    sequence, stage, attempts, message_id, source, kind, message_type, control_id, file_name, *rest = row
    received_at, digest, run_id, reasons, findings, _state, _raw, dossier = rest
    return WorkItem(
        id=MessageId(message_id),
        sequence=sequence,
        channel=channel,
        source=source,
        kind=ContentKind(kind),
        message_type=message_type,
        control_id=control_id,
        file_name=file_name,
        received_at=moment(received_at),
        raw=raw,
        sha256=digest.hex(),
        stage=stage,
        dossier=dossier or "",
        attempts=attempts,
        run_id=run_id,
        reasons=merge(load_reasons(reasons), load_reasons(findings)),
    )


def held_key(tx: Tx, lease: KeyLease) -> int | None:
    """The fence: the key's id while it is leased as it was, else None."""
    row = tx.one("key_holder", lease.channel, lease.key)
    if row is None or row[1:] != (lease.owner, lease.epoch):
        return None
    return int(row[0])


def require_key(tx: Tx, lease: KeyLease) -> int:
    """Like `held_key`, but raises LeaseLost."""
    key_id = held_key(tx, lease)
    if key_id is None:
        raise LeaseLost("the ordering key is no longer ours")
    return key_id


def release(tx: Tx, lease: KeyLease) -> None:
    """Give a key back.

    TRANSACTION: the owner goes, and the key is sorted by the work it has left; without work it goes whole. A restart
    clears the owner of every key.
    """
    key_id = held_key(tx, lease)
    if key_id is None:
        return
    head = tx.one("key_head", key_id)
    if head is None:
        tx.do("drop_key", key_id)
        return
    sequence, priority = head
    urgency = tx.one("key_urgency", key_id)
    if urgency is not None and urgency[0] is not None:
        priority = min(priority, urgency[0])
    tx.do("free_key", priority, sequence, key_id)
    tx.hints.append("work")


def replay(tx: Tx, message_id: MessageId, from_stage: str, audit: AuditEntry, now: int) -> bool:
    """Queue a message for its stages again.

    TRANSACTION: a new work row and run, state `processing`, findings of the old run gone, the dossier set back to what
    it was before `from_stage`, audit. A restart finds the work like any other.
    """
    row = tx.one("find_for_replay", message_id)
    if row is None or row[-1] in UNFINISHED:
        return False
    sequence, channel, key, priority, state = row
    tx.do("begin_run", sequence)
    tx.moved(channel, state, "processing")
    add_work(tx, channel, key, sequence=sequence, priority=priority, stage=from_stage)
    before: Any = tx.one("find_dossier", sequence, from_stage) if from_stage else None
    tx.do("put_dossier", sequence, from_stage, before[0] if before else "")
    tx.do("add_audit", sequence, now, audit.action, audit.actor, audit.detail)
    tx.hints.append("work")
    return True
