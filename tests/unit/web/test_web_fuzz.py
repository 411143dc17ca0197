"""Any request gets an answer that was meant: no path, query, header or form makes the room fail."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import ASGIApp

from engine.web.app import create_app
from engine.web.params import pack_review, pack_sequence, sequence_of
from tests.browser.demo_store import CHANNELS, filled_store
from tests.support.examples import examples
from tests.unit.web.fakes import TOKEN, message_id, services

FUZZ = settings(
    max_examples=examples(300), deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
MEANT = {200, 202, 204, 303, 400, 401, 403, 404, 405, 409, 413, 415, 421}

ACTS = [
    *(f"messages/{message_id(1)}/{act}" for act in ("replay", "withdraw", "set-aside")),
    *("deliveries/d1/retry", "deliveries/d1/withdraw", "reviews/r00001/close", "replay"),
    *("queues/pause", "queues/lab-reports/resume", "queues/lab-reports/ehr/pause"),
]

PATHS = st.one_of(
    st.sampled_from(["/", "/messages", "/reviews", "/login", "/setup/x", "/metrics", "/static/style.css", "/readyz"]),
    st.sampled_from(["messages", "reviews", "queues", "channels", "reasons"]).map(lambda name: f"/api/v1/{name}"),
    st.text(max_size=20).map(lambda text: f"/api/v1/messages/{text}"),
    st.text(max_size=12).map(lambda text: f"/api/v1/messages/{message_id(1)}/documents/{text}"),
    st.text(max_size=12).map(lambda text: f"/messages/{message_id(1)}/deliveries/{text}/ack"),
    st.sampled_from(ACTS).map(lambda path: f"/api/v1/{path}"),
    st.text(max_size=20).map(lambda text: f"/{text}"),
)
QUERIES = st.one_of(
    st.binary(max_size=40),
    st.tuples(
        st.sampled_from([b"limit", b"cursor", b"state", b"q", b"control_id", b"channel", b"x"]), st.binary(max_size=20)
    ).map(b"=".join),
    st.integers(min_value=-5, max_value=10**20).map(lambda number: b"cursor=" + pack_sequence(number).encode()),
    st.text(max_size=10).map(lambda text: b"cursor=" + pack_review(text).encode()),
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"host", b"authorization", b"cookie", b"origin", b"content-length", b"content-type", b"accept"]
        ),
        st.one_of(
            st.binary(max_size=30).filter(lambda value: not set(value) & {0, 10, 13}),
            st.sampled_from([b"text/html", b"application/x-www-form-urlencoded", b"Bearer " + TOKEN.encode()]),
        ),
    ),
    max_size=4,
)
METHODS = st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW"])


REQUESTS = st.fixed_dictionaries(
    {"method": METHODS, "path": PATHS, "query_string": QUERIES, "headers": HEADERS, "body": st.binary(max_size=60)}
)


async def ask(app: ASGIApp, request: dict[str, Any]) -> int:
    scope: dict[str, Any] = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8575),
        "root_path": "",
        **request,
    }
    body = scope.pop("body")
    sent: list[dict[str, Any]] = []

    bodies = [body]

    async def receive() -> dict[str, Any]:
        if not bodies:
            await asyncio.Event().wait()  # the client neither sends more nor goes away
        return {"type": "http.request", "body": bodies.pop(), "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return int(sent[0]["status"])


@pytest.mark.slow
@FUZZ
@given(REQUESTS, st.booleans())
def test_every_request_gets_an_answer_that_was_meant(request_parts, trusted):
    """Arbitrary bytes in each part: never a 500, never an exception; without the token nothing of the API opens."""
    app = create_app(services(filled_store(3), channels=lambda: CHANNELS))
    headers = [(b"authorization", b"Bearer " + TOKEN.encode())] if trusted else []
    headers += request_parts["headers"]
    status = asyncio.run(ask(app, {**request_parts, "headers": headers}))
    assert status in MEANT
    has_token = any(name == b"authorization" and TOKEN.encode() in value for name, value in headers)
    if request_parts["path"].startswith("/api/v1") and not has_token:
        assert status in {401, 421}


@FUZZ
@given(st.integers(min_value=0, max_value=10**18 - 1))
def test_a_cursor_comes_back_as_it_was_made(number):
    """Packing and reading are inverse over the whole range of sequences."""
    assert sequence_of({"cursor": pack_sequence(number)}) == number
