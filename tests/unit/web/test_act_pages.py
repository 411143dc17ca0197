"""The forms of the pages that change something."""

from __future__ import annotations

import httpx
import pytest

from engine.domain.message import DeliveryState, MessageState
from engine.ports.store import QueueView
from engine.web.services import ChannelInfo, DestinationInfo, StageInfo
from tests.unit.web.acting_store import ActingStore
from tests.unit.web.conftest import Serve
from tests.unit.web.fakes import START, TOKEN, delivery, detail, message_id, review, services, view

CHANNEL = ChannelInfo(
    name="lab-reports",
    stages=(StageInfo(id="decode", use="decode"), StageInfo(id="extract", use="extract")),
    destinations=(DestinationInfo(name="ehr", use="mllp"),),
)
PARKED, BUSY, SENT = (f"/messages/{message_id(number)}" for number in (1, 2, 3))


def store() -> ActingStore:
    """A parked message with its delivery, one at work, a delivered one, one in review."""
    parked = view(1, state=MessageState.PARKED, deliveries=(delivery(1, state=DeliveryState.PARKED, ack_code="AE"),))
    busy = view(2, state=MessageState.PROCESSING, deliveries=())
    held = view(4, state=MessageState.REVIEW, deliveries=())
    queue = QueueView(channel="lab-reports", destination="ehr", queued=1, parked=1, oldest_at=START, head_error="no")
    return ActingStore(
        details=[detail(parked), detail(busy), detail(view(3)), detail(held)],
        payloads={"d1": b"MSH|", "d3": b"MSH|"},
        review_views=[review(1, held)],
        queues=(queue,),
    )


async def browser(serve: Serve, kept: ActingStore) -> httpx.AsyncClient:
    """A signed-in client."""
    client = await serve(services(kept, channels=lambda: [CHANNEL]), token=None)
    assert (await client.post("/login", data={"token": TOKEN})).status_code == 303
    return client


ACTS = [
    (f"{SENT}/replay", {"from": "extract"}, "replay"),
    (f"{PARKED}/withdraw", {"reason": "by hand"}, "withdraw"),
    (f"{PARKED}/deliveries/d1/retry", {}, "retry"),
    (f"{PARKED}/deliveries/d1/withdraw", {"reason": "by hand"}, "withdraw-delivery"),
]
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(("path", "form", "done"), ACTS)
async def test_an_act_leads_to_a_page_that_says_so(serve: Serve, path: str, form: dict[str, str], done: str) -> None:
    """Done once, and the page afterwards can be reloaded without doing it again."""
    kept = store()
    client = await browser(serve, kept)
    answer = await client.post(path, data=form, headers=FORM)
    assert answer.status_code == 303
    assert answer.headers["location"].endswith(f"?done={done}")
    page = await client.get(answer.headers["location"])
    assert ("notice good" in page.text, len(kept.audits)) == (True, 1)


@pytest.mark.parametrize(
    ("path", "form", "status"),
    [
        (f"{BUSY}/replay", {}, 409),
        (f"{SENT}/replay", {"from": "none"}, 400),
        (f"{PARKED}/withdraw", {"reason": " "}, 400),
        (f"{PARKED}/set-aside", {}, 409),
        (f"{SENT}/deliveries/d3/retry", {}, 409),
        (f"{SENT}/deliveries/d1/retry", {}, 404),
    ],
)
async def test_a_refusal_stands_on_the_page(serve: Serve, path: str, form: dict[str, str], status: int) -> None:
    """What cannot be done changes nothing, and the person stays where they were, with the reason."""
    kept = store()
    client = await browser(serve, kept)
    answer = await client.post(path, data=form, headers=FORM)
    assert (answer.status_code, kept.audits) == (status, [])
    assert "Not done: " in answer.text


async def test_another_sites_form_changes_nothing(serve: Serve) -> None:
    """A form that another site's page sends with the session is 403, for every act."""
    kept = store()
    client = await browser(serve, kept)
    places = [path for path, _, _ in ACTS] + ["/queues", "/reviews/r00001/close", f"{PARKED}/set-aside"]
    for path in places:
        answer = await client.post(path, data={"act": "pause"}, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403
        answer = await client.post(path, data={"act": "pause"}, headers={"origin": "http://evil.example"})
        assert answer.status_code == 403
    assert kept.audits == []


async def test_without_a_session_nothing_changes(serve: Serve) -> None:
    """401 for a form without a session."""
    kept = store()
    client = await serve(services(kept, channels=lambda: [CHANNEL]), token=None)
    assert [(await client.post(path, data=form, headers=FORM)).status_code for path, form, _ in ACTS] == [401] * 4
    assert kept.audits == []


async def test_a_queue_is_paused_and_resumed(serve: Serve) -> None:
    """Its page shows it; a pause of everything cannot be lifted for one queue, and that is said."""
    kept = store()
    client = await browser(serve, kept)
    one = {"channel": "lab-reports", "destination": "ehr"}
    assert (await client.post("/queues", data={"act": "pause", **one})).status_code == 303
    assert "Paused: 1 of 1." in (await client.get("/queues")).text
    assert (await client.post("/queues", data={"act": "resume", **one})).status_code == 303
    assert "Paused: 1 of" not in (await client.get("/queues")).text
    assert (await client.post("/queues", data={"act": "pause"})).status_code == 303
    answer = await client.post("/queues", data={"act": "resume", **one})
    assert (answer.status_code, "resume all" in answer.text) == (409, True)


@pytest.mark.parametrize(
    "form", [{}, {"act": "stop"}, {"act": "pause", "channel": "lab-reports"}, {"act": "pause", "x": "1"}]
)
async def test_half_a_form_pauses_nothing(serve: Serve, form: dict[str, str]) -> None:
    """A form that does not name the act, or only half a queue, is 400: never everything by mistake."""
    kept = store()
    client = await browser(serve, kept)
    assert ((await client.post("/queues", data=form, headers=FORM)).status_code, kept.pauses) == (400, set())


async def test_a_review_is_closed(serve: Serve) -> None:
    """With outcome and reason; the list is empty afterwards."""
    kept = store()
    client = await browser(serve, kept)
    answer = await client.post(
        "/reviews/r00001/close", data={"outcome": "handled", "patient": "other", "reason": "by hand"}
    )
    assert (answer.status_code, kept.review_views[0].state) == (303, "handled")
    assert '"patient": "other"' in kept.audits[-1].detail
    assert "No case is open" in (await client.get("/reviews")).text


@pytest.mark.parametrize(
    ("path", "shown", "hidden"),
    [(BUSY, [], ["Process again", "Withdraw"]), (SENT, ["Process again"], ["Retry", "Withdraw"]),
     (PARKED, ["Process again", "Retry", "Withdraw the message", "Withdraw the delivery", "Let later ones pass"], [])],
)  # fmt: skip
async def test_only_what_applies_is_offered(serve: Serve, path: str, shown: list[str], hidden: list[str]) -> None:
    """The page of a message has the buttons that its state allows and no other."""
    text = (await (await browser(serve, store())).get(path)).text
    assert [word for word in (*shown, *hidden) if word in text] == shown
