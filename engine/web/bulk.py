"""Replaying many messages at once: found by the filters of the list, counted first, queued oldest first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.domain.message import MessageId
from engine.ports.store import MessageQuery, MessageView
from engine.web.operate import audit_of
from engine.web.services import WebServices

MESSAGES_MAX = 10_000
"""How many messages one call replays at most."""
SEARCH_PAGE = 200
REPLAY_PAGE = 50
"""Replays asked of the store together; each page is a commit or two, and intake's commits go between."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the filters fit, oldest first; `is_capped` when there are more than the call may replay."""

    messages: tuple[MessageView, ...]
    is_capped: bool


async def find(services: WebServices, query: MessageQuery, limit: int) -> Found:
    """Collect the messages, a page at a time; of more than `limit` the newest are taken."""
    found: list[MessageView] = []
    page_query = replace(query, limit=SEARCH_PAGE)
    while len(found) <= limit:
        page = await services.store.search(page_query)
        found += page
        if len(page) < SEARCH_PAGE:
            break
        page_query = replace(page_query, before=page[-1].sequence)
    return Found(messages=tuple(reversed(found[:limit])), is_capped=len(found) > limit)


async def replay_all(services: WebServices, ids: Sequence[MessageId], stage: str) -> int:
    """Queue the messages in this order, so that those of one ordering key keep theirs.

    Returns how many were queued; the others are still being worked on.
    """
    audit = audit_of("replay", bulk=True, **{"from": stage})
    done = 0
    for start in range(0, len(ids), REPLAY_PAGE):
        page = ids[start : start + REPLAY_PAGE]
        answers = await asyncio.gather(*(services.store.replay(item, from_stage=stage, audit=audit) for item in page))
        done += sum(answers)
    return done
