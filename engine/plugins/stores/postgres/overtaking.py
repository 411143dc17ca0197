"""What older messages have not sent yet when a newer version of their results is queued."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.plugins.stores.postgres.rows import dump_reasons
from engine.plugins.stores.postgres.sheet import Sheet
from engine.plugins.stores.postgres.states import settle_messages
from engine.ports.store import Transition
from engine.ports.store_values import NEWER
from engine.records.overtaking import Newer, Older, overtaken

Sql = Mapping[str, str]


async def older_sequences(connection: Any, sql: Sql, changes: Iterable[Transition]) -> list[int]:
    """The rows of the messages that are overtaken, to be locked before their deliveries."""
    ids = {one.message_id for change in changes if change.deliveries for one in change.overtakes}
    return [row[0] for row in await connection.fetch(sql["find_sequences"], sorted(ids))] if ids else []


async def overtake(connection: Any, sql: Sql, calls: Sequence[Newer], hints: list[str]) -> None:
    """Withdraw, park or mark what of older messages must not arrive after these.

    TRANSACTION: with the newer deliveries; state, reason and audit of the older ones, the states of their messages,
    which were locked before.
    """
    for call in calls:
        sheet = Sheet(connection, sql)
        columns = [list(column) for column in zip(*call.places, strict=True)]
        rows = await connection.fetch(sql["lock_unsent_of"], *columns)
        for row in rows:
            _overtake(sheet, call, row, hints)
        await sheet.flush()
        await settle_messages(connection, sql, {row["sequence"] for row in rows})


def _overtake(sheet: Sheet, call: Newer, row: Mapping[str, Any], hints: list[str]) -> None:
    newer, sequence, destination = call.change.message_id, row["sequence"], row["destination"]
    sheet.later("put_meta", sequence, f"{NEWER}{newer}", newer, width=2)
    older = Older(
        message_id=row["message_id"],
        id=row["id"],
        sequence=sequence,
        destination=destination,
        ordering_key=row["ordering_key"],
        state=row["state"],
        reasons=row["reason"],
    )
    found = overtaken(call, older)
    if found is None:
        return
    sheet.later("overtake", row["number"], found.state, dump_reasons(found.reasons))
    sheet.later("put_meta", sequence, f"reason:{found.code}", found.code, width=2)
    sheet.note(sequence, call.now, found.audit)
    hints.append(f"lane:{call.channel}/{destination}")
