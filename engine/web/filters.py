"""The filters of the message list, the same ones for the list, the pages and a replay of many messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from engine.domain.message import MessageState
from engine.domain.reasons import REASONS
from engine.ports.store import MessageQuery
from engine.web.params import choice_of
from engine.web.problems import bad_parameter

STATES = tuple(state.value for state in MessageState)
METADATA: Mapping[str, str] = {"mrn": "patient_mrn", "accession": "accession", "filler": "filler"}
"""Filter to the name of the search key."""
NAMES = ("control_id", "channel", "state", "q", "since", "until", "source", "message_type", "reason", *METADATA)

_TIME = re.compile(r"[12][0-9]{3}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{5,15}(Z|[+-][0-9]{2}:?[0-9]{2})?)?")


def query_of(given: Mapping[str, str], now: datetime, *, limit: int, before: int | None = None) -> MessageQuery:
    """The search that these filters ask for; names outside `NAMES` are not looked at.

    Args:
        given: filters by name; an empty value filters nothing.
        now: its offset is that of times given without one.
        limit: messages at most.
        before: only messages with a smaller sequence.

    Raises:
        Problem: 400, names the filter.
    """
    return MessageQuery(
        control_id=given.get("control_id", ""),
        channel=given.get("channel", ""),
        state=choice_of(given, "state", STATES),
        text=given.get("q", ""),
        limit=limit,
        before=before,
        metadata={key: given[name] for name, key in METADATA.items() if given.get(name)},
        since=_time(given, "since", now),
        until=_time(given, "until", now),
        source=given.get("source", ""),
        message_type=given.get("message_type", ""),
        reason=choice_of(given, "reason", REASONS),
    )


def _time(given: Mapping[str, str], name: str, now: datetime) -> datetime | None:
    """An ISO 8601 date or time; without an offset it is the engine's local time. Raises Problem (400)."""
    text = given.get(name, "")
    if not text:
        return None
    if not _TIME.fullmatch(text):
        raise bad_parameter(name, "must be a date or a time like 2026-03-02T08:15:00Z")
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise bad_parameter(name, "is no such date or time") from None
    return found if found.tzinfo is not None else found.replace(tzinfo=now.tzinfo)
