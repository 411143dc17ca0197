"""Search: one index finds candidates, newest first; everything else that was asked is looked at in them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from engine.plugins.stores.sqlite.readers import Snapshot
from engine.plugins.stores.sqlite.views import messages
from engine.ports.store import MessageQuery, MessageView
from engine.records import search as looking
from engine.records.values import micros
from engine.records.views import LAST


def search(view: Snapshot, query: MessageQuery) -> list[MessageView]:
    """Messages newest first; see the port for what fits."""
    found: list[MessageView] = []
    for page in _pages(view, query):
        items = messages(view, page)
        fitting = (item for sequence in page if (item := items.get(sequence)))
        found += [item for item in fitting if looking.fits(query, item, partial(_metadata, view, item.sequence))]
        if len(found) >= query.limit:
            break
    return found[: query.limit]


def _metadata(view: Snapshot, sequence: int) -> dict[str, str]:
    return dict(view.all("metadata", sequence))


def _pages(view: Snapshot, query: MessageQuery) -> Iterator[list[int]]:
    """Numbers of messages that may fit, falling, a page at a time; most searches need one."""
    before = LAST if query.before is None else query.before
    if query.until is not None:
        before = min(before, _first_from(view, query.until + looking.SLACK))
    floor = 0 if query.since is None else _first_from(view, query.since - looking.SLACK)
    while True:
        page = _page(view, query, before, floor)
        yield page
        if len(page) < query.limit:
            return
        before = page[-1]


def _page(view: Snapshot, query: MessageQuery, before: int, floor: int) -> list[int]:
    look_ups = looking.look_ups(query)
    if look_ups is None:
        look_ups = looking.by_state(query, [row[0] for row in view.all("channels")])
    lists = []
    for item in look_ups:
        texts = (item.channel, item.state, query.source, query.message_type, *item.values)
        lists.append([row[0] for row in view.all(item.name, before, floor, query.limit, *texts)])
    return looking.newest(query, lists)


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
