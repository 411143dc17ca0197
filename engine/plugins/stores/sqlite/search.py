"""Search: one index finds candidates, newest first; everything else that was asked is looked at in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from engine.domain.message import MessageState
from engine.plugins.stores.sqlite.readers import Snapshot
from engine.plugins.stores.sqlite.views import LAST, messages
from engine.ports.store import MessageQuery, MessageView
from engine.records.values import micros

_SLACK = timedelta(hours=1)
"""Numbers rise with the time of receipt, but for a clock that was set back; that much of it is forgiven."""


def search(view: Snapshot, query: MessageQuery) -> list[MessageView]:
    """Messages newest first; see the port for what fits."""
    found: list[MessageView] = []
    for page in _pages(view, query):
        items = messages(view, page)
        found += [item for sequence in page if (item := items.get(sequence)) and _fits(view, query, item)]
        if len(found) >= query.limit:
            break
    return found[: query.limit]


def _fits(view: Snapshot, query: MessageQuery, item: MessageView) -> bool:
    """What the index did not decide."""
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
    said: dict[str, str] = dict(view.all("metadata", item.sequence))
    return all(said.get(name) == value for name, value in query.metadata.items())


def _pages(view: Snapshot, query: MessageQuery) -> Iterator[list[int]]:
    """Numbers of messages that may fit, falling, a page at a time; most searches need one."""
    before = LAST if query.before is None else query.before
    if query.until is not None:
        before = min(before, _first_from(view, query.until + _SLACK))
    floor = 0 if query.since is None else _first_from(view, query.since - _SLACK)
    while True:
        page = _page(view, query, before, floor)
        yield page
        if len(page) < query.limit:
            return
        before = page[-1]


def _page(view: Snapshot, query: MessageQuery, before: int, floor: int) -> list[int]:
    common = (before, floor, query.limit, query.channel, query.state, query.source, query.message_type)

    def ask(name: str, *values: str) -> list[int]:
        return [row[0] for row in view.all(name, *common, *values)]

    if query.text:
        return _newest(query, [ask(name, query.text) for name in ("by_id", "by_control_id", "by_meta")])
    if query.control_id:
        return ask("by_control_id", query.control_id)
    if query.metadata:
        name, value = next(iter(query.metadata.items()))
        return ask("by_named_meta", value, name)
    if query.reason:
        return ask("by_named_meta", query.reason, f"reason:{query.reason}")
    if query.channel or query.state:
        return _by_state(view, query, (before, floor))
    return ask("by_sequence")


def _by_state(view: Snapshot, query: MessageQuery, place: tuple[int, int]) -> list[int]:
    """Each (channel, state) is a list in commit order; a few of them are merged instead of one that would be sorted."""
    channels = [query.channel] if query.channel else [row[0] for row in view.all("channels")]
    states = [query.state] if query.state else [state.value for state in MessageState]
    lists: list[list[int]] = []
    for channel in channels:
        for state in states:
            rows = view.all("by_state", *place, query.limit, channel, state, query.source, query.message_type)
            lists.append([row[0] for row in rows])
    return _newest(query, lists)


def _newest(query: MessageQuery, lists: list[list[int]]) -> list[int]:
    return sorted({number for numbers in lists for number in numbers}, reverse=True)[: query.limit]


def _first_from(view: Snapshot, time: datetime) -> int:
    """The lowest number from which messages were received at that time or later, by bisection."""
    wanted = micros(time)
    last = view.one("last_sequence")
    low, high = 0, (last[0] if last else 0) + 1
    while low < high:
        middle = (low + high) // 2
        row = view.one("first_from", middle)
        if row is None or row[1] >= wanted:
            high = middle
        else:
            low = row[0] + 1
    return low
