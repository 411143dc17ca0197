"""Search: one index finds candidates, newest first; everything else that was asked is looked at in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta

import asyncpg

from engine.domain.message import MessageState
from engine.plugins.stores.postgres.rows import clean
from engine.plugins.stores.postgres.views import LAST, messages, metadata
from engine.ports.store import MessageQuery, MessageView
from engine.records.values import micros

_SLACK = timedelta(hours=1)
"""Numbers rise with the time of receipt, but for clocks of nodes that differ or are set back; so much is forgiven."""


async def search(connection: asyncpg.Connection, sql: Mapping[str, str], query: MessageQuery) -> list[MessageView]:
    """Messages newest first; see the port for what fits."""
    found: list[MessageView] = []
    async for page in _candidates(connection, sql, query):
        for item in await _fitting(connection, sql, query, page):
            found.append(item)
            if len(found) == query.limit:
                return found
    return found


async def _fitting(
    connection: asyncpg.Connection, sql: Mapping[str, str], query: MessageQuery, page: Sequence[int]
) -> list[MessageView]:
    items = [item for item in await messages(connection, sql, page) if _fits(query, item)]
    if not query.metadata or not items:
        return items
    said = await metadata(connection, sql, [item.sequence for item in items])
    return [
        item
        for item in items
        if all(said.get(item.sequence, {}).get(name) == value for name, value in query.metadata.items())
    ]


def _fits(query: MessageQuery, item: MessageView) -> bool:
    """What the index did not decide."""
    if query.control_id and item.control_id != query.control_id:
        return False
    if query.reason and all(reason.code != query.reason for reason in item.reasons):
        return False
    if query.since is not None and item.received_at < query.since:
        return False
    return query.until is None or item.received_at < query.until


async def _candidates(
    connection: asyncpg.Connection, sql: Mapping[str, str], query: MessageQuery
) -> AsyncIterator[Sequence[int]]:
    """Numbers of messages that may fit, falling, a page at a time; most searches need one."""
    before = LAST if query.before is None else query.before
    if query.until is not None:
        before = min(before, await first_from(connection, sql, query.until + _SLACK))
    floor = 0 if query.since is None else await first_from(connection, sql, query.since - _SLACK)
    while True:
        page = await _page(connection, sql, query, (before, floor))
        if page:
            yield page
        if len(page) < query.limit:
            return
        before = page[-1]


async def _page(
    connection: asyncpg.Connection, sql: Mapping[str, str], query: MessageQuery, place: tuple[int, int]
) -> list[int]:
    rest = (query.limit, *(clean(text) for text in (query.channel, query.state, query.source, query.message_type)))

    async def ask(name: str, *values: str) -> list[int]:
        rows = await connection.fetch(sql[name], *place, *rest, *map(clean, values))
        return [row[0] for row in rows]

    if query.text:
        return _newest(query, [await ask(name, query.text) for name in ("by_id", "by_control_id", "by_meta")])
    if query.control_id:
        return await ask("by_control_id", query.control_id)
    if query.metadata:
        name, value = next(iter(query.metadata.items()))
        return await ask("by_named_meta", value, name)
    if query.reason:
        return await ask("by_named_meta", query.reason, f"reason:{query.reason}")
    if query.channel or query.state:
        return await _by_state(connection, sql, query, place)
    return await ask("by_sequence")


async def _by_state(
    connection: asyncpg.Connection, sql: Mapping[str, str], query: MessageQuery, place: tuple[int, int]
) -> list[int]:
    """Each (channel, state) is a list in commit order; a few of them are merged instead of one that would be sorted."""
    channels = [clean(query.channel)] if query.channel else [row[0] for row in await connection.fetch(sql["channels"])]
    states = [clean(query.state)] if query.state else [state.value for state in MessageState]
    rest = (clean(query.source), clean(query.message_type))
    lists: list[list[int]] = []
    for channel in channels:
        for state in states:
            rows = await connection.fetch(sql["by_state"], *place, query.limit, channel, state, *rest)
            lists.append([row[0] for row in rows])
    return _newest(query, lists)


def _newest(query: MessageQuery, lists: list[list[int]]) -> list[int]:
    return sorted({number for numbers in lists for number in numbers}, reverse=True)[: query.limit]


async def first_from(connection: asyncpg.Connection, sql: Mapping[str, str], time: datetime) -> int:
    """The lowest number from which messages were received at that time or later, by bisection."""
    wanted = micros(time)
    low, high = 0, await connection.fetchval(sql["last_sequence"]) + 1
    while low < high:
        middle = (low + high) // 2
        row = await connection.fetchrow(sql["first_from"], middle)
        if row is None or row["received_at"] >= wanted:
            high = middle
        else:
            low = row["sequence"] + 1
    return int(low)
