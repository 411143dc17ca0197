"""What older messages have not sent yet when a newer version of their results is queued."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.domain.overtaking import fate
from engine.domain.reasons import merge
from engine.plugins.stores.postgres.rows import dump_reasons
from engine.plugins.stores.postgres.sheet import Sheet
from engine.plugins.stores.postgres.states import settle_messages
from engine.ports.store import AuditEntry, Transition
from engine.ports.store_values import NEWER
from engine.records.values import load_reasons

Sql = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Newer:
    """A message that was just queued, with where it stands in its key."""

    channel: str
    key: str
    sequence: int
    now: int
    change: Transition

    @property
    def places(self) -> Iterable[tuple[str, str, str]]:
        """Older message, channel and destination to look at."""
        destinations = dict.fromkeys(item.destination for item in self.change.deliveries)
        return [(one.message_id, self.channel, name) for one in self.change.overtakes for name in destinations]


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
    found = fate(
        is_whole=any(item.is_whole for item in call.change.overtakes if item.message_id == row["message_id"]),
        is_queued=row["state"] == "queued",
        is_ahead=row["ordering_key"] == call.key and sequence < call.sequence,
        destination=destination,
        newer=newer,
    )
    if found is None:
        return
    code, said = found.why.code, merge(load_reasons(row["reason"]), (found.why,))
    sheet.later("overtake", row["number"], found.state.value, dump_reasons(said))
    sheet.later("put_meta", sequence, f"reason:{code}", code, width=2)
    detail = json.dumps({"delivery": row["id"], "newer": newer})
    sheet.note(sequence, call.now, AuditEntry(action=code, detail=detail))
    hints.append(f"lane:{call.channel}/{destination}")
