"""Search: one index finds candidates, newest first; everything else that was asked is looked at in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from functools import partial

import asyncpg

from engine.plugins.stores.postgres.rows import clean
from engine.plugins.stores.postgres.views import messages, metadata
from engine.ports.store import MessageQuery, MessageView
from engine.records import search as looking
from engine.records.values import micros
from engine.records.views import LAST


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
    items = await messages(connection, sql, page)
    said = await metadata(connection, sql, page) if query.metadata and items else {}
    return [item for item in items if looking.fits(query, item, partial(_said, said, item.sequence))]


def _said(said: Mapping[int, Mapping[str, str]], sequence: int) -> Mapping[str, str]:
    return said.get(sequence, {})


async def _candidates(
    connection: asyncpg.Connection, sql: Mapping[str, str], query: MessageQuery
) -> AsyncIterator[Sequence[int]]:
    """Numbers of messages that may fit, falling, a page at a time; most searches need one."""
    before = LAST if query.before is None else query.before
    if query.until is not None:
        before = min(before, await first_from(connection, sql, query.until + looking.SLACK))
    floor = 0 if query.since is None else await first_from(connection, sql, query.since - looking.SLACK)
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
    look_ups = looking.look_ups(query)
    if look_ups is None:
        look_ups = looking.by_state(query, [row[0] for row in await connection.fetch(sql["channels"])])
    lists: list[list[int]] = []
    for item in look_ups:
        texts = map(clean, (item.channel, item.state, query.source, query.message_type, *item.values))
        lists.append([row[0] for row in await connection.fetch(sql[item.name], *place, query.limit, *texts)])
    return looking.newest(query, lists)


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
