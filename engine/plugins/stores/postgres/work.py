"""Ordering keys and their work: claim, give back, run again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.domain.message import MessageId
from engine.plugins.stores.postgres.rows import part_of
from engine.plugins.stores.postgres.states import add_audit
from engine.plugins.stores.postgres.timepiece import Told
from engine.ports.store import AuditEntry, KeyLease, WorkItem
from engine.records import work as record
from engine.records.values import Part, Row

Sql = Mapping[str, str]
_UNFINISHED = ("received", "processing")


@dataclass(slots=True)
class Claimed:
    """A leased key, its items without their bodies yet."""

    channel: str
    key: str
    epoch: int
    rows: list[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One claim: for whom, for how many seconds, how much, and the time that tests tell the database."""

    owner: str
    seconds: float
    keys: int
    per_key: int
    told: Told


async def claim(connection: Any, sql: Sql, wanted: Wanted) -> list[Claimed]:
    """Lease keys that have due work; a key that another node is just looking at is left to it.

    TRANSACTION: owner, epoch and lease of each key, state `processing` of the messages handed out. When the node dies
    its leases run out and another one takes the same messages, with a new epoch.
    """
    await connection.execute(sql["wake_keys"], wanted.told)
    rows = await connection.fetch(sql["lease_keys"], wanted.owner, wanted.seconds, wanted.keys)
    if not rows:
        return []
    ready = sorted(rows, key=lambda row: (row["priority"], row["head"]))
    claimed = {row["id"]: Claimed(row["channel"], row["ordering_key"], row["epoch"], []) for row in ready}
    items = await connection.fetch(sql["key_items"], list(claimed), wanted.per_key)
    for item in items:
        claimed[item["key_id"]].rows.append(item)
    new = [item["sequence"] for item in items if item["state"] == "received"]
    if new:
        await connection.execute(sql["begin_work"], new)
    return list(claimed.values())


def raw_of(row: Row) -> Part:
    """The body of a claimed item."""
    return part_of(row["raw"], row["raw_blob"])


def work_item(channel: str, row: Row, raw: bytes | None) -> WorkItem:
    """A claimed row with its body, or without it for later."""
    return record.work_item(channel, row[1:15], size_bytes=row["size_bytes"], dossier=row["dossier"], raw=raw)


def fence(lease: KeyLease) -> tuple[str, str, str, int]:
    """What a lease is known by in the database."""
    return lease.channel, lease.key, lease.owner, lease.epoch


async def lock_fences(connection: Any, sql: Sql, fences: Sequence[tuple[str, str, str, int]]) -> list[int]:
    """Lock the keys that are still held as they were, always in the same order; returns their ids."""
    columns = [list(column) for column in zip(*fences, strict=True)]
    return [row[0] for row in await connection.fetch(sql["fenced_keys"], *columns)]


async def release(connection: Any, sql: Sql, leases: Sequence[KeyLease]) -> bool:
    """Give keys back; a lease that is lost changes nothing. Returns whether something is left to do.

    TRANSACTION: the owner goes, and the key is sorted by the work it has left; without work it goes whole.
    """
    fences = list(dict.fromkeys(fence(item) for item in leases))
    return await free(connection, sql, await lock_fences(connection, sql, fences))


async def free(connection: Any, sql: Sql, key_ids: Sequence[int]) -> bool:
    """End the leases of keys that this transaction has locked."""
    if not key_ids:
        return False
    # Each statement sees what was committed before it: work that came while we waited for the lock counts.
    await connection.execute(sql["drop_keys"], key_ids)
    return bool(await connection.fetch(sql["free_keys"], key_ids))


async def let_go(connection: Any, sql: Sql, sequence: int) -> bool:
    """Let the ordering key go on that this message holds, as far as no other holds it; False when it holds none."""
    held = await connection.fetch(sql["drop_hold"], sequence)
    for row in held:
        await connection.execute(sql["lock_key"], row[0])  # what another holder wrote before that counts below
        await connection.execute(sql["let_key_go"], row[0])
        await connection.execute(sql["drop_idle_key"], row[0])
    return bool(held)


async def replay(connection: Any, sql: Sql, message_id: MessageId, *, stage: str, audit: AuditEntry, now: int) -> bool:
    """Queue a message for its stages again.

    TRANSACTION: a new work row and run, state `processing`, findings of the old run gone, the dossier set back to what
    it was before `stage`, audit. A restart finds the work like any other.
    """
    known = await connection.fetchrow(sql["find_message"], message_id)
    if known is None:
        return False
    key_id = await connection.fetchval(sql["add_key"], *known)
    row = await connection.fetchrow(sql["find_for_replay"], message_id)
    has_raw = await connection.fetchval(sql["has_raw"], message_id)  # asked after the lock: pruning may have had it
    if row is None or row["state"] in _UNFINISHED or not has_raw:
        await connection.execute(sql["drop_idle_key"], key_id)
        return False
    sequence = row["sequence"]
    await connection.execute(sql["begin_run"], sequence)
    await connection.execute(sql["forget_reasons"], sequence)
    await connection.execute(sql["add_work"], key_id, sequence, row["priority"], stage)
    await let_go(connection, sql, sequence)
    before = await connection.fetchval(sql["find_dossier"], sequence, stage) if stage else None
    await connection.execute(sql["put_dossier"], [sequence], [stage], [before or ""])
    await add_audit(connection, sql, now, [(sequence, audit)])
    return True
