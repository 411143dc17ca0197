"""What a search looks up, and what it looks at in what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from engine.domain.message import MessageState
from engine.ports.store import MessageQuery, MessageView

SLACK = timedelta(hours=1)
"""Numbers rise with the time of receipt, but for a clock that was set back; that much of it is forgiven."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """One list of candidates, newest first: the statement, its channel and state, and what it looks for."""

    name: str
    channel: str
    state: str
    values: tuple[str, ...] = ()


def look_ups(query: MessageQuery) -> list[LookUp] | None:
    """The lists whose newest entries may fit; None: one for each state of each channel, which are lists by themselves.

    A few lists are merged instead of one that would have to be sorted.
    """

    def one(name: str, *values: str) -> LookUp:
        return LookUp(name, query.channel, query.state, values)

    if query.text:
        return [one(name, query.text) for name in ("by_id", "by_control_id", "by_meta")]
    if query.control_id:
        return [one("by_control_id", query.control_id)]
    if query.metadata:
        name, value = next(iter(query.metadata.items()))
        return [one("by_named_meta", value, name)]
    if query.reason:
        return [one("by_named_meta", query.reason, f"reason:{query.reason}")]
    if query.channel or query.state:
        return None
    return [one("by_sequence")]


def by_state(query: MessageQuery, channels: Iterable[str]) -> list[LookUp]:
    """One list for each state of each channel that was asked for."""
    asked = [query.channel] if query.channel else channels
    states = [query.state] if query.state else [state.value for state in MessageState]
    return [LookUp("by_state", channel, state) for channel in asked for state in states]


def newest(query: MessageQuery, lists: Iterable[list[int]]) -> list[int]:
    """A page out of several lists."""
    return sorted({number for numbers in lists for number in numbers}, reverse=True)[: query.limit]


def fits(query: MessageQuery, item: MessageView, metadata: Callable[[], Mapping[str, str]]) -> bool:
    """What no list decided; `metadata` is asked for only where everything else fits."""
    if query.control_id and item.control_id != query.control_id:
        return False
    if query.reason and all(reason.code != query.reason for reason in item.reasons):
        return False
    if query.since is not None and item.received_at < query.since:
        return False
    if query.until is not None and item.received_at >= query.until:
        return False
    if not query.metadata:
        return True
    said = metadata()
    return all(said.get(name) == value for name, value in query.metadata.items())
