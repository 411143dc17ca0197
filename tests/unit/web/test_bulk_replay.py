"""Replaying many messages: counted first, oldest first, never more than asked."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from engine.domain.message import MessageState
from engine.web import bulk
from engine.web.services import ChannelInfo, StageInfo
from tests.unit.web.acting_store import ActingStore
from tests.unit.web.conftest import Serve
from tests.unit.web.fakes import detail, message_id, services, view

CHANNEL = ChannelInfo(name="lab-reports", stages=(StageInfo(id="extract", use="extract"),))


def store(parked: int = 5) -> ActingStore:
    kept = ActingStore(details=[detail(view(number, state=MessageState.PARKED)) for number in range(1, parked + 1)])
    kept.details.append(detail(view(parked + 1)))
    return kept


async def ask(serve: Serve, kept: ActingStore, **body: Any) -> httpx.Response:
    client = await serve(services(kept, channels=lambda: [CHANNEL]))
    return await client.post("/api/v1/replay", json=body)


async def test_without_more_words_it_only_counts(serve: Serve) -> None:
    """A dry run is the default: it names what it would replay, oldest first, and replays nothing."""
    kept = store()
    answer = await ask(serve, kept, state="parked")
    assert answer.status_code == 200
    assert answer.json() == {
        "dry_run": True, "matched": 5, "more": False, "replayed": 0, "busy": 0,
        "ids": [message_id(number) for number in range(1, 6)],
    }  # fmt: skip
    assert kept.replayed == []


async def test_it_replays_the_oldest_first(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over several pages of search and of writing, each message once, in the order they were received."""
    monkeypatch.setattr(bulk, "SEARCH_PAGE", 2)
    monkeypatch.setattr(bulk, "REPLAY_PAGE", 2)
    kept = store()
    answer = await ask(serve, kept, state="parked", channel="lab-reports", dry_run=False, **{"from": "extract"})
    assert (answer.status_code, answer.json()["replayed"]) == (202, 5)
    assert kept.replayed == [f"{message_id(number)}:extract" for number in range(1, 6)]


async def test_what_is_busy_is_left_alone_and_counted(serve: Serve) -> None:
    """A message that is being worked on is no failure of the others."""
    kept = store(2)
    kept.details.append(detail(view(9, state=MessageState.PROCESSING)))
    answer = (await ask(serve, kept, channel="lab-reports", dry_run=False)).json()
    assert (answer["matched"], answer["replayed"], answer["busy"]) == (4, 3, 1)


async def test_a_limit_takes_the_newest_and_says_so(serve: Serve) -> None:
    """More fit than may be replayed: `more` is true."""
    answer = (await ask(serve, store(), state="parked", limit=2)).json()
    assert (answer["matched"], answer["more"], answer["ids"]) == (2, True, [message_id(4), message_id(5)])


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"state": ""},
        {"dry_run": False},
        {"state": "parked", "dry_run": "no"},
        {"state": "parked", "limit": 0},
        {"state": "parked", "limit": 10_001},
        {"state": "parked", "limit": True},
        {"state": "lost"},
        {"since": "yesterday", "dry_run": False},
        {"state": "parked", "from": "extract"},
        {"channel": "lab-reports", "from": "none"},
        {"cursor": "x"},
    ],
)
async def test_a_bad_request_replays_nothing(serve: Serve, body: dict[str, Any]) -> None:
    """No filter at all, a wrong one, a stage without its channel: 400."""
    kept = store()
    assert ((await ask(serve, kept, **body)).status_code, kept.replayed) == (400, [])
