"""Questions of people and metrics; each is answered inside one transaction that sees one state of the database."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from typing import Any

import asyncpg

from engine.domain.message import ContentKind, DeliveryState, MessageId, MessageState
from engine.domain.reasons import Reason, merge
from engine.plugins.stores.postgres.chunks import joined
from engine.ports.store import (
    DeliveryView,
    Fingerprint,
    FingerprintOwner,
    MessageDetail,
    MessageView,
    NodeView,
    QueueView,
    ReviewQuery,
    ReviewView,
    StageOutput,
    StoreFigures,
    TimelineEntry,
)
from engine.records.values import Part, load_documents, load_reasons, moment, moment_or_none

LAST = 2**63 - 1
HIGHEST = "\U0010ffff"
"""Behind every other character."""
"""More than any number of a row."""
_WAITING = (MessageState.RECEIVED, MessageState.PROCESSING)
Record = Mapping[str, Any]


async def messages(
    connection: asyncpg.Connection, sql: Mapping[str, str], sequences: Sequence[int]
) -> list[MessageView]:
    """Messages as a list shows them, newest first."""
    rows = await connection.fetch(sql["message_rows"], sequences) if sequences else []
    deliveries = await connection.fetch(sql["message_deliveries"], sequences) if sequences else []
    of: dict[int, list[Record]] = {}
    for delivery in deliveries:
        of.setdefault(delivery["sequence"], []).append(delivery)
    return [_message_view(row, of.get(row["sequence"], [])) for row in rows]


def _message_view(row: Record, deliveries: Sequence[Record]) -> MessageView:
    duplicate_of = row["duplicate_of"]
    return MessageView(
        id=MessageId(row["id"]),
        sequence=row["sequence"],
        channel=row["channel"],
        source=row["source"],
        control_id=row["control_id"],
        message_type=row["message_type"],
        kind=ContentKind(row["kind"]),
        received_at=moment(row["received_at"]),
        state=MessageState(row["state"]),
        reasons=_all_reasons(row, deliveries),
        patient_mrn=row["mrn"],
        documents=load_documents(row["documents"]),
        deliveries=tuple(_delivery_view(item) for item in deliveries),
        duplicate_of=None if duplicate_of is None else MessageId(duplicate_of),
        batch_id=row["batch_id"],
        size_bytes=row["size_bytes"],
        file_name=row["file_name"],
    )


def _all_reasons(row: Record, deliveries: Sequence[Record]) -> tuple[Reason, ...]:
    texts = [row["reasons"], row["findings"], *(item["reason"] for item in deliveries)]
    return merge(*(load_reasons(text) for text in texts))


def _delivery_view(row: Record) -> DeliveryView:
    return DeliveryView(
        id=row["id"],
        destination=row["destination"],
        state=DeliveryState(row["state"]),
        control_id=row["control_id"],
        attempts=row["attempts"],
        ack_code=row["ack_code"],
        required=row["required"],
        queued_at=moment(row["queued_at"]),
        sent_at=moment_or_none(row["sent_at"]),
        next_attempt_at=moment_or_none(row["next_at"]),
        error=row["error"],
    )


async def get(connection: asyncpg.Connection, sql: Mapping[str, str], message_id: MessageId) -> MessageDetail | None:
    """One message with its history."""
    sequence = await connection.fetchval(sql["find_sequence"], message_id)
    if sequence is None:
        return None
    (row,) = await connection.fetch(sql["message_rows"], [sequence])
    deliveries = await connection.fetch(sql["message_deliveries"], [sequence])
    timeline = await connection.fetch(sql["timeline"], sequence)
    outputs = await connection.fetch(sql["outputs"], sequence)
    return MessageDetail(
        message=_message_view(row, deliveries),
        dossier=await connection.fetchval(sql["current_dossier"], sequence) or "",
        outputs=tuple(StageOutput(stage=stage, data=text) for stage, text in outputs),
        timeline=tuple(
            TimelineEntry(at=moment(at), action=action, actor=actor, detail=detail)
            for at, action, actor, detail in timeline
        ),
        metadata=(await metadata(connection, sql, [sequence])).get(sequence, {}),
        error=row["error"],
    )


async def metadata(
    connection: asyncpg.Connection, sql: Mapping[str, str], sequences: Sequence[int]
) -> dict[int, dict[str, str]]:
    """What messages are found by, by sequence."""
    rows = await connection.fetch(sql["metadata"], sequences)
    return {
        sequence: {name: value for _, name, value in group}
        for sequence, group in groupby(rows, key=lambda row: row["sequence"])
    }


async def body(connection: asyncpg.Connection, sql: Mapping[str, str], part: str, key: str) -> Part:
    """Where the body named `raw` or `ack` of a message id, `payload` or `answer` of a delivery id is."""
    row = await connection.fetchrow(sql[part], key)
    return None if row is None else joined(*row)


async def find_fingerprints(
    connection: asyncpg.Connection, sql: Mapping[str, str], calls: Sequence[Collection[Fingerprint]]
) -> list[list[FingerprintOwner]]:
    """For each call the owners of any of its fingerprints, in the order asked."""
    asked = [(number, item) for number, call in enumerate(calls) for item in call]
    kinds = [item.kind for _, item in asked]
    values = [item.value for _, item in asked]
    lasts = [item.value + HIGHEST if item.is_begin else item.value for _, item in asked]
    found: list[list[FingerprintOwner]] = [[] for _ in calls]
    for place, kind, value, message_id, state, detail, channel in await connection.fetch(
        sql["fingerprint_owners"], kinds, values, lasts
    ):
        owner = FingerprintOwner(
            fingerprint=Fingerprint(kind=kind, value=value),
            message_id=MessageId(message_id),
            state=MessageState(state),
            detail=detail,
            channel=channel,
        )
        found[asked[place - 1][0]].append(owner)
    return found


async def reviews(connection: asyncpg.Connection, sql: Mapping[str, str], query: ReviewQuery) -> list[ReviewView]:
    """Review cases newest first; `before` is the id of the last one seen."""
    last = await connection.fetchval(sql["review_number"], query.before) if query.before else None
    before = LAST if last is None else last
    rows = await connection.fetch(sql["reviews"], before, query.limit, query.channel, query.state)
    return [
        ReviewView(
            id=review_id,
            message_id=MessageId(message_id),
            channel=channel,
            state=state,
            reasons=load_reasons(reasons),
            opened_at=moment(opened_at),
        )
        for review_id, message_id, channel, state, reasons, opened_at in rows
    ]


async def fold_tallies(connection: asyncpg.Connection, sql: Mapping[str, str]) -> None:
    """TRANSACTION: the changes of counts since the last time go into the sums; a crash leaves them to the next time."""
    await connection.execute(sql["fold_tallies"])


async def figures(connection: asyncpg.Connection, sql: Mapping[str, str]) -> StoreFigures:
    """Counts from the tallies; no message is looked at. Fast as long as someone folds the changes now and then."""
    messages_in: dict[tuple[str, str], int] = {}
    lanes: dict[tuple[str, str], dict[str, int]] = {}
    for channel, destination, state, amount in await connection.fetch(sql["tallies"]):
        if destination:
            lanes.setdefault((channel, destination), {})[state] = amount
        else:
            messages_in[channel, state] = amount
    reviews_open, oldest = await connection.fetchrow(sql["open_reviews"])
    pauses = {tuple(row) for row in await connection.fetch(sql["pauses"])}
    for place in pauses:
        if all(place):
            lanes.setdefault((place[0], place[1]), {})  # paused before anything was queued for it
    queues = [
        _queue(place, amounts, await connection.fetchrow(sql["lane_head"], *place), pauses)
        for place, amounts in sorted(lanes.items())
    ]
    return StoreFigures(
        messages=messages_in,
        queues=tuple(queues),
        reviews_open=reviews_open,
        oldest_review_at=moment_or_none(oldest),
        work_waiting=sum(amount for (_, state), amount in messages_in.items() if state in _WAITING),
    )


def _queue(
    place: tuple[str, str], amounts: Mapping[str, int], head: Any, pauses: Collection[tuple[Any, ...]]
) -> QueueView:
    channel, destination = place
    return QueueView(
        channel=channel,
        destination=destination,
        queued=amounts.get("queued", 0) + amounts.get("sending", 0),
        parked=amounts.get("parked", 0),
        oldest_at=moment(head[0]) if head else None,
        head_error=head[1] if head else "",
        is_paused=any(item in pauses for item in (("", ""), (channel, ""), place)),
    )


async def nodes(
    connection: asyncpg.Connection, sql: Mapping[str, str], owner: str, lease_seconds: float
) -> list[NodeView]:
    """The nodes that share the database, the one of `owner` first; alive is who renewed within a lease's time."""
    return [
        NodeView(
            name=row["name"],
            started_at=moment(row["started_at"]),
            seen_at=row["seen_at"],
            is_alive=row["is_alive"],
            leases=row["leases"],
            release=row["release"],
        )
        for row in await connection.fetch(sql["nodes_seen"], owner, lease_seconds)
    ]
