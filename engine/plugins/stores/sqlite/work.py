"""Ordering keys and their work: claim, give back, run again."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from engine.domain.message import MessageId
from engine.plugins.stores.sqlite.intake import add_work
from engine.plugins.stores.sqlite.tx import Tx
from engine.ports.store import AuditEntry, KeyLease, WorkItem
from engine.records import work as record
from engine.records.standing import UNFINISHED
from engine.records.values import Part, Row

_STATE, _SIZE, _RAW, _DOSSIER = 14, 15, 16, 17


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
    row = tx.one("ready_keys", keys)
    ready = json.loads(row[0]) if row else []
    if not ready:
        return []
    leased = json.dumps([key_id for key_id, *_ in ready])
    tx.do("lease_keys", node, epoch, leased)
    claimed = {key_id: Claimed(channel, key, epoch, []) for key_id, channel, key in ready}
    for key_id, *item in tx.all("key_items", leased, per_key):
        _take(tx, claimed[key_id], tuple(item))
    return list(claimed.values())


def _take(tx: Tx, claimed: Claimed, row: Row) -> None:
    claimed.rows.append(row)
    if row[_STATE] == "received":
        tx.later("set_state", "processing", 0, row[0])
        tx.moved(claimed.channel, "received", "processing")


def raw_of(row: Row) -> Part:
    """The body column of a claimed item."""
    part: Part = row[_RAW]
    return part


def size_of(row: Row) -> int:
    """How long the body of a claimed item is."""
    return int(row[_SIZE])


def work_item(channel: str, row: Row, raw: bytes | None) -> WorkItem:
    """A claimed row with its body, or without it for later."""
    return record.work_item(channel, row[:_STATE], size_bytes=row[_SIZE], dossier=row[_DOSSIER], raw=raw)


def fence(lease: KeyLease) -> tuple[str, str, str, int]:
    """What a lease is known by in the database."""
    return lease.channel, lease.key, lease.owner, lease.epoch


def release(tx: Tx, leases: Sequence[KeyLease]) -> list[None]:
    """Give keys back; a lease that is lost changes nothing.

    TRANSACTION: the owner goes, and the key is sorted by the work it has left; without work it goes whole. A restart
    clears the owner of every key.
    """
    fences = list(dict.fromkeys(fence(item) for item in leases))
    tx.write("drop_keys", fences)
    before = tx.changes()
    tx.write("free_keys", fences)
    if tx.changes() != before:
        tx.hints.append("work")
    return [None] * len(leases)


def free_strays(tx: Tx, held: Collection[tuple[str, str, str, int]]) -> None:
    """Give back the keys that are leased and not in anybody's hand: a claim or a release whose answer was lost.

    TRANSACTION: as in `release`. A restart frees every key.
    """
    strays = [row for row in tx.all("owned_keys") if row not in held]
    if strays:
        tx.write("drop_keys", strays)
        tx.write("free_keys", strays)


def let_go(tx: Tx, sequence: int) -> bool:
    """Let the ordering key go on that this message holds, as far as no other holds it; False when it holds none."""
    held = tx.all("drop_hold", sequence)
    for (key_id,) in held:
        tx.do("let_key_go", key_id)
        tx.do("drop_idle_key", key_id)
    if held:
        tx.hints.append("work")
    return bool(held)


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
    tx.do("forget_reasons", sequence)
    tx.moved(channel, state, "processing")
    add_work(tx, channel, key, sequence=sequence, priority=priority, stage=from_stage)
    tx.flush()
    let_go(tx, sequence)
    before: Any = tx.one("find_dossier", sequence, from_stage) if from_stage else None
    tx.do("put_dossier", sequence, from_stage, before[0] if before else "")
    tx.do("add_audit", sequence, now, audit.action, audit.actor, audit.detail)
    tx.hints.append("work")
    return True
