"""What older messages have not sent yet when a newer version of their results is queued."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from engine.domain.overtaking import fate
from engine.domain.reasons import Reason, merge
from engine.ports.store import AuditEntry, Transition
from engine.records.values import load_reasons


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Older:
    """A delivery of an older message that is queued or parked."""

    message_id: str
    id: str
    sequence: int
    destination: str
    ordering_key: str
    state: str
    reasons: str


@dataclass(frozen=True, slots=True)
class Overtaken:
    """What becomes of it: its state, all its reasons, the code of the new one, and the audit entry that says so."""

    state: str
    reasons: tuple[Reason, ...]
    code: str
    audit: AuditEntry


def overtaken(newer: Newer, older: Older) -> Overtaken | None:
    """What becomes of an older delivery, or None: it may stay as it is."""
    name = newer.change.message_id
    found = fate(
        is_whole=any(item.is_whole for item in newer.change.overtakes if item.message_id == older.message_id),
        is_queued=older.state == "queued",
        is_ahead=older.ordering_key == newer.key and older.sequence < newer.sequence,
        destination=older.destination,
        newer=name,
    )
    if found is None:
        return None
    audit = AuditEntry(action=found.why.code, detail=json.dumps({"delivery": older.id, "newer": name}))
    reasons = merge(load_reasons(older.reasons), (found.why,))
    return Overtaken(found.state.value, reasons, found.why.code, audit)
