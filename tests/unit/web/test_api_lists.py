"""Reviews, queues, channels and reasons as the API gives them."""

from __future__ import annotations

from datetime import timedelta

from engine.domain.message import MessageState
from engine.domain.reasons import REASONS
from engine.ports.store import QueueView
from engine.web.services import ChannelInfo, DestinationInfo, SourceInfo, StageInfo
from tests.unit.web.fakes import START, FakeStore, detail, message_id, review, services, view

QUEUE = QueueView(
    channel="lab-reports",
    destination="ehr",
    queued=3,
    parked=1,
    oldest_at=START - timedelta(minutes=5),
    head_error="connection refused",
)
CHANNEL = ChannelInfo(
    name="lab-reports",
    title="Laboratory reports",
    sources=(SourceInfo(name="lab", use="mllp", address="127.0.0.1:2575", listening=True, connections=2),),
    stages=(StageInfo(id="decode", use="decode"),),
    destinations=(DestinationInfo(name="ehr", use="mllp", address="127.0.0.1:2576"),),
)


async def test_open_reviews_have_the_shape_of_the_contract(serve):
    """Open cases come by default, with every reason as code, text and field."""
    store = FakeStore(review_views=[review(1, view(1)), review(2, view(2), state="closed")])
    client = await serve(services(store))
    body = (await client.get("/api/v1/reviews")).json()
    assert body == {
        "items": [
            {
                "id": "r00001",
                "message_id": message_id(1),
                "channel": "lab-reports",
                "state": "open",
                "reasons": [
                    {"code": "patient.conflict", "text": REASONS["patient.conflict"].meaning, "field": "patient"},
                    {
                        "code": "value.ambiguous",
                        "text": REASONS["value.ambiguous"].meaning,
                        "field": "results[r3].value",
                    },
                ],
                "opened_at": "2026-03-02T08:16:00.000+00:00",
            }
        ],
        "next": None,
    }


async def test_reviews_page_and_filter(serve):
    """`next` leads through all; `state=all` and `channel` widen and narrow."""
    views = [review(n, view(n), state="closed" if n == 3 else "open") for n in range(1, 6)]
    client = await serve(services(FakeStore(review_views=views)))

    async def ids(**params: str | int) -> tuple[list[str], str | None]:
        body = (await client.get("/api/v1/reviews", params=params)).json()
        return [item["id"] for item in body["items"]], body["next"]

    first, cursor = await ids(limit=2)
    assert (first, cursor is not None) == (["r00005", "r00004"], True)
    assert await ids(limit=2, cursor=cursor or "") == (["r00002", "r00001"], None)
    assert (await ids(state="all"))[0] == ["r00005", "r00004", "r00003", "r00002", "r00001"]
    assert (await ids(state="closed"))[0] == ["r00003"]
    assert (await ids(channel="other"))[0] == []


async def test_bad_review_parameters_are_400(serve):
    """State and cursor are checked; a cursor of the message list does not fit."""
    client = await serve(services(FakeStore()))
    for query in ("state=done", "cursor=bTox", "q=x", "limit=501"):
        response = await client.get(f"/api/v1/reviews?{query}")
        assert (response.status_code, response.json()["parameter"]) == (400, query.partition("=")[0])


async def test_a_review_is_found_by_id_open_or_closed(serve):
    """One case by its id; an unknown one is 404."""
    views = [review(1, view(1), state="closed"), review(2, view(2))]
    client = await serve(services(FakeStore(review_views=views)))
    assert (await client.get("/api/v1/reviews/r00001")).json()["state"] == "closed"
    assert (await client.get("/api/v1/reviews/r00009")).status_code == 404
    assert (await client.get("/api/v1/reviews/%00")).status_code == 404


async def test_queues_say_how_many_wait_since_when_and_why(serve):
    """The head's reason stands beside the number: one poison message must not hide behind a green light."""
    client = await serve(services(FakeStore(queues=(QUEUE,))))
    assert (await client.get("/api/v1/queues")).json()["items"] == [
        {
            "channel": "lab-reports",
            "destination": "ehr",
            "queued": 3,
            "parked": 1,
            "oldest_at": "2026-03-02T08:10:00.000+00:00",
            "head_error": "connection refused",
            "paused": False,
        }
    ]


async def test_the_counters_of_a_channel_add_up(serve):
    """Each state is counted once under the word admins know; together they are the messages received."""
    details = [detail(view(n, state=state)) for n, state in enumerate(MessageState, 1)]
    client = await serve(services(FakeStore(details=details), channels=lambda: [CHANNEL]))
    shown = (await client.get("/api/v1/channels")).json()["items"][0]
    counters = dict(shown["counters"])
    assert shown["sources"][0] == {
        "name": "lab",
        "use": "mllp",
        "address": "127.0.0.1:2575",
        "listening": True,
        "connections": 2,
    }
    assert counters.pop("received") == len(MessageState) == sum(counters.values())
    assert counters["working"] == 2
    assert {name for name, number in counters.items() if number == 1} == set(counters) - {"working"}


async def test_every_reason_says_what_to_do(serve):
    """The list is the closed list of codes."""
    client = await serve(services(FakeStore()))
    items = (await client.get("/api/v1/reasons")).json()["items"]
    assert {item["code"] for item in items} == set(REASONS)
    assert all(item["action"] and item["meaning"] for item in items)
    assert {item["holds"] for item in items} == {"note", "result", "reading", "message"}
