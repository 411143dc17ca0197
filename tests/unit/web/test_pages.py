"""The pages as a signed-in browser gets them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from engine.domain.message import ContentKind, MessageState
from engine.web.services import Readiness
from tests.browser.demo_store import CHANNELS, SHA, filled_store
from tests.unit.web.fakes import TOKEN, FakeStore, a_reason, delivery, detail, message_id, review, services, view

PATHS = ["/", "/overview/live", "/messages", f"/messages/{message_id(1)}", f"/messages/{message_id(1)}/raw", "/reviews"]


async def signed_in(serve, wired):
    client = await serve(wired, token=None)
    response = await client.post("/login", data={"token": TOKEN})
    assert (response.status_code, response.headers["location"]) == (303, "/")
    return client


@pytest.mark.parametrize("path", [*PATHS, "/nowhere", "/messages/unknown"])
async def test_without_a_session_every_page_leads_to_the_sign_in(serve, path):
    """Known and unknown paths alike; the store is not asked, and the bearer token of the API does not open pages."""
    store = filled_store(3)
    client = await serve(services(store))
    response = await client.get(path)
    assert (response.status_code, response.headers["location"]) == (303, "/login")
    assert store.calls == []


@pytest.mark.parametrize("path", PATHS)
async def test_with_a_session_every_page_is_shown(serve, path):
    """Each page answers 200 from a store that is full of every state, and is kept by no cache."""
    client = await signed_in(serve, services(filled_store(), channels=lambda: CHANNELS))
    response = await client.get(path)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"


async def test_the_session_cookie_is_closed_to_scripts_and_other_sites(serve):
    """HttpOnly and SameSite=Strict; Secure where the page came over TLS; the id is not the token."""
    client = await serve(services(FakeStore()), token=None)
    plain = (await client.post("/login", data={"token": TOKEN})).headers["set-cookie"]
    secure = (await client.post("https://localhost/login", data={"token": TOKEN})).headers["set-cookie"]
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(plain.split("; "))
    assert ("Secure" in secure, "Secure" in plain, TOKEN in plain) == (True, False, False)


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x"])
async def test_a_wrong_token_opens_nothing(serve, token):
    """401 with the form again and a note that names the peer and not what was typed."""
    wired = services(FakeStore())
    client = await serve(wired, token=None)
    response = await client.post("/login", data={"token": token})
    assert response.status_code == 401
    assert "set-cookie" not in response.headers
    assert 'role="alert"' in response.text
    assert wired.observer.notes == [("web.login_refused", {"level": "warning", "peer": "127.0.0.1"})]


async def test_a_pasted_token_may_have_a_line_end(serve):
    """Copied from a file it usually has one."""
    client = await serve(services(FakeStore()), token=None)
    assert (await client.post("/login", data={"token": f" {TOKEN}\n"})).status_code == 303


async def test_signing_out_ends_the_session_on_the_server(serve):
    """A copy of the cookie is worth nothing afterwards."""
    client = await signed_in(serve, services(FakeStore()))
    stolen = dict(client.cookies)
    assert (await client.post("/logout")).headers["location"] == "/login"
    client.cookies.update(stolen)
    assert (await client.get("/")).status_code == 303


async def test_a_session_ends_when_unused_and_polling_does_not_keep_it(serve):
    """The self-refreshing overview of an abandoned desk signs out like any other page."""
    wired = services(FakeStore(), session_idle=600.0, session_life=10_000.0)
    client = await signed_in(serve, wired)
    poll = {"X-Headrace-Poll": "1"}
    for _ in range(3):
        wired.clock.seconds += 250
        last = await client.get("/overview/live", headers=poll)
    assert last.status_code == 401
    client = await signed_in(serve, wired)
    for _ in range(10):
        wired.clock.seconds += 500
        assert (await client.get("/")).status_code == 200


async def test_a_session_ends_at_its_limit_even_when_used(serve):
    """Nobody stays signed in for ever."""
    wired = services(FakeStore(), session_idle=600.0, session_life=1000.0)
    client = await signed_in(serve, wired)
    statuses = []
    for _ in range(4):
        wired.clock.seconds += 300
        statuses.append((await client.get("/")).status_code)
    assert statuses == [200, 200, 200, 303]


async def test_the_setup_link_opens_one_session_once(serve):
    """The first use signs in and tells the engine; HEAD, prefetch and a wrong secret do not use it up."""
    used = []
    wired = services(FakeStore(), setup_secret="one-time-secret", setup_used=lambda: used.append(1))
    client = await serve(wired, token=None)
    assert (await client.head("/setup/one-time-secret")).status_code == 204
    assert (await client.get("/setup/one-time-secret", headers={"Sec-Purpose": "prefetch"})).status_code == 204
    assert (await client.get("/setup/other")).status_code == 404
    first = await client.get("/setup/one-time-secret")
    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert (await client.get("/")).status_code == 200
    other = await serve(wired, token=None)
    assert (await client.get("/setup/one-time-secret")).status_code == 404
    assert (await other.get("/")).status_code == 303
    assert used == [1]


async def test_without_a_setup_secret_no_link_opens(serve):
    """An empty secret matches nothing, not even the empty path."""
    client = await serve(services(FakeStore()), token=None)
    assert (await client.get("/setup/")).status_code == 404
    assert (await client.get("/setup/x")).status_code == 404


async def test_the_overview_prints_the_numbers_of_the_store(serve):
    """Counters by the words admins know, what waits, and which check failed."""

    async def half() -> Readiness:
        return Readiness(ok=False, checks={"listeners": "micro-lab is not bound"})

    store = filled_store()
    client = await signed_in(serve, services(store, channels=lambda: CHANNELS, ready=half))
    text = (await client.get("/")).text
    for word in ("Received", "Filtered", "Queued", "Sent", "Errored", "Review", "Duplicates", "Oldest waiting"):
        assert f">{word}<" in text
    figures = await store.figures()
    sent = figures.messages["lab-reports", "delivered"]
    assert f'<a href="/messages?channel=lab-reports&amp;state=delivered">{sent}</a>' in text
    assert "12 waiting" in text
    assert "head of queue: connection refused" in text
    assert "micro-lab is not bound" in text
    assert "not listening" in text


async def test_what_is_no_longer_configured_is_still_seen(serve):
    """Messages of a channel whose file is gone do not vanish from the overview."""
    store = FakeStore(details=[detail(view(1, channel="old-lab", state=MessageState.QUEUED))])
    client = await signed_in(serve, services(store, channels=lambda: CHANNELS))
    text = (await client.get("/")).text
    assert "old-lab" in text
    assert "no longer configured" in text


async def test_an_empty_engine_says_what_to_do(serve):
    """No channel, no message, no case: each page says so."""
    client = await signed_in(serve, services(FakeStore()))
    assert "No message has arrived yet" in (await client.get("/")).text
    assert "No message matches" in (await client.get("/messages")).text
    assert "No case is open" in (await client.get("/reviews")).text


async def test_a_search_text_travels_in_the_body(serve):
    """An MRN finds its message by POST; in an address it is refused, so that it enters no history and no log."""
    client = await signed_in(serve, services(filled_store()))
    found = (await client.post("/messages", data={"q": " MRN0007 ", "channel": "", "state": ""})).text
    assert re.findall(r'class="id" href="/messages/(\w+)"', found) == [message_id(7)]
    assert 'value="MRN0007"' in found
    refused = await client.get("/messages", params={"q": "MRN0007"})
    assert refused.status_code == 400
    assert "MRN0007" not in refused.text


async def test_reason_and_time_narrow_the_list(serve):
    """Both reach the store as they were asked, times without an offset in the engine's zone, and stay in the form."""
    store = FakeStore()
    asked = []
    search = store.search

    async def listen(query):
        asked.append(query)
        return await search(query)

    store.search = listen
    client = await signed_in(serve, services(store))
    given = {"reason": "version.stale", "since": "2026-03-02T08:00", "until": "2026-03-03T00:00"}
    text = (await client.get("/messages", params=given)).text
    assert asked[-1].reason == "version.stale"
    assert asked[-1].since is not None
    assert asked[-1].since.tzinfo is not None
    assert asked[-1].until - asked[-1].since == timedelta(hours=16)
    assert "<option selected>version.stale</option>" in text
    assert 'name="since" type="datetime-local" value="2026-03-02T08:00"' in text
    for bad in ({"reason": "no.such"}, {"since": "yesterday"}):
        assert (await client.get("/messages", params=bad)).status_code == 400


async def test_paging_walks_through_all_messages(serve):
    """The `Older` button carries the search and the cursor; the last page has none."""
    client = await signed_in(serve, services(filled_store(120)))
    seen, form = [], {"q": "", "channel": "lab-reports", "state": ""}
    while True:
        text = (await client.post("/messages", data=form)).text
        seen += re.findall(r'class="id" href="/messages/(\w+)"', text)
        cursors = re.findall(r'name="cursor" value="([^"]+)"', text)
        if not cursors:
            break
        form["cursor"] = cursors[-1]
    assert seen == sorted(seen, reverse=True)
    assert len(seen) == len(set(seen)) == len([n for n in range(1, 121) if n % 7])


@pytest.mark.parametrize(
    "form", [{"order": "x"}, {"state": "done"}, {"cursor": "zzz"}, {"q": "a\x00b"}, {"cursor": "cjpyMDAwMDE"}]
)
async def test_a_bad_form_is_refused(serve, form):
    """The same rules as for the API."""
    client = await signed_in(serve, services(FakeStore()))
    assert (await client.post("/messages", data=form)).status_code == 400


async def test_forms_have_limits(serve):
    """Too large, of another type, or not ASCII: refused with the right status."""
    client = await signed_in(serve, services(FakeStore()))
    kind = {"Content-Type": "application/x-www-form-urlencoded"}

    async def chunks():
        for _ in range(40):
            yield b"q=" + b"x" * 1000

    assert (await client.post("/messages", content=chunks(), headers=kind)).status_code == 413
    assert (await client.post("/messages", json={"q": "x"})).status_code == 415
    assert (await client.post("/messages", content=b"q=\xff", headers=kind)).status_code == 400


async def test_the_message_shows_results_reasons_and_segments(serve):
    """Values as printed, doubt in words, long data cut with its length, positions on fields, links to the bytes."""
    client = await signed_in(serve, services(filled_store()))
    text = (await client.get(f"/messages/{message_id(9)}")).text
    assert '<td data-label="Value" class="num value">5.10</td>' in text
    assert '<td data-label="Value" class="num value">&lt;0.5</td>' in text
    assert "uncoded" in text
    assert 'class="state look">check</span>' in text
    assert "patient.conflict" in text
    assert "Compare the page with the message" in text
    assert 'title="OBX-5"' in text
    assert "more characters" in text
    assert f'href="/messages/{message_id(9)}/documents/{SHA}"' in text
    assert "Weight (bits)" in text


async def test_nothing_of_a_message_becomes_markup(serve):
    """Every text of sender, document and receiver is escaped, controls and direction marks are made visible."""
    evil = "<script>alert(1)</script>\u202e\x1b"
    raw = f"MSH|^~\\&|{evil}|B|C|D|2026||ORU^R01|X|P|2.5.1\rPID|1||{evil}\r".encode()
    shown = view(
        1,
        control_id=evil,
        source=evil,
        message_type=evil,
        patient_mrn=evil,
        file_name=evil,
        state=MessageState.REVIEW,
        reasons=(a_reason("patient.conflict", evil),),
        deliveries=(delivery(1, control_id=evil, error=evil, ack_code=evil),),
    )
    store = FakeStore(
        details=[detail(shown)],
        raws={message_id(1): raw},
        acks={message_id(1): raw},
        payloads={"d1": raw},
        answers={"d1": evil.encode()},
        review_views=[review(1, shown, reasons=(a_reason("patient.conflict", evil),))],
    )
    client = await signed_in(serve, services(store))
    for path in ("/", "/messages", f"/messages/{message_id(1)}", "/reviews"):
        response = await client.get(path)
        assert response.status_code == 200
        assert "<script>alert" not in response.text
        assert "&lt;script&gt;" in response.text
    detail_page = (await client.get(f"/messages/{message_id(1)}")).text
    assert "␛" in detail_page


async def test_the_timeline_leaves_out_what_is_empty(serve):
    """An entry shows the details that say something."""
    shown = detail(view(1))
    entry = replace(shown.timeline[0], detail='{"state": "queued", "ack": "", "error": null, "held": 0, "reasons": []}')
    client = await signed_in(serve, services(FakeStore(details=[replace(shown, timeline=(entry,))])))
    text = (await client.get(f"/messages/{message_id(1)}")).text
    assert re.findall(r'<span class="pair"><span class="quiet">(\w+)<', text) == ["state", "held"]


async def test_odd_messages_have_a_page_too(serve):
    """Removed content, a bare document, bytes that are no message, an unknown state of documents: all are shown."""
    store = FakeStore(
        details=[
            detail(view(1)),
            detail(view(2, kind=ContentKind.DOCUMENT, file_name="scan.pdf", control_id="", message_type="")),
            detail(view(3, control_id="")),
        ],
        raws={message_id(2): b"%PDF-1.4\x00", message_id(3): b"no message at all"},
    )
    client = await signed_in(serve, services(store))
    assert "Retention has removed the content" in (await client.get(f"/messages/{message_id(1)}")).text
    assert "Not a text" in (await client.get(f"/messages/{message_id(2)}")).text
    assert "no message at all" in (await client.get(f"/messages/{message_id(3)}")).text


async def test_reviews_say_what_to_do_and_can_be_closed(serve):
    """Each open case with its reasons, the action of the closed list, and a form to close it."""
    store = filled_store()
    client = await signed_in(serve, services(store))
    text = (await client.get("/reviews")).text
    assert text.count('<article class="case">') == (await store.figures()).reviews_open
    assert "Compare the page with the message" in text
    assert text.count("Close the case …") == text.count('<article class="case">')


async def test_many_reviews_page_by_cursor(serve):
    """The link to older cases leads to the rest."""
    views = [view(number, state=MessageState.REVIEW) for number in range(1, 61)]
    store = FakeStore(
        details=[detail(item) for item in views], review_views=[review(n, item) for n, item in enumerate(views, 1)]
    )
    client = await signed_in(serve, services(store))
    first = (await client.get("/reviews")).text
    link = re.search(r'href="(/reviews\?cursor=[^"]+)"', first)
    assert link is not None
    second = (await client.get(link[1].replace("&amp;", "&"))).text
    assert (first.count("<article"), second.count("<article")) == (50, 10)


async def test_an_unknown_message_is_a_readable_404(serve):
    """A browser gets a page, a program problem details."""
    client = await signed_in(serve, services(FakeStore()))
    page = await client.get("/messages/unknown", headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "no such message" in page.text
    assert (await client.get("/messages/unknown")).headers["content-type"] == "application/problem+json"


async def test_static_files_come_from_here_and_pages_have_no_inline_code(serve):
    """No other host, no inline script or style: the policy would refuse them."""
    client = await signed_in(serve, services(filled_store(), channels=lambda: CHANNELS))
    for path in [*PATHS[:4], "/reviews", "/login"]:
        text = (await client.get(path)).text
        assert not re.search(r"<script(?![^>]*\ssrc=\"/static/)|<style|\sstyle=|\son[a-z]+=\"|https?://", text), path
    for name in ("style.css", "live.js", "icon.svg"):
        response = await client.get(f"/static/{name}")
        assert (response.status_code, response.headers["cache-control"]) == (200, "no-cache")
    assert (await client.get("/static/../app.py")).status_code in (303, 404)
    assert (await client.get("/static/%2e%2e/app.py")).status_code in (303, 404)
