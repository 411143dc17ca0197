"""Credentials, Host, origin, sizes and headers: what is refused before anything is done."""

from __future__ import annotations

import pytest

from engine.web.app import create_app
from engine.web.auth import Access, access_for
from engine.web.guard import BODY_MAX, is_known_host
from engine.web.services import Readiness
from tests.unit.web.fakes import TOKEN, FakeStore, detail, message_id, services, view

API_PATHS = [
    "/api/v1/messages",
    f"/api/v1/messages/{message_id(1)}",
    "/api/v1/messages/unknown",
    f"/api/v1/messages/{message_id(1)}/raw",
    "/api/v1/messages?limit=nonsense",
    "/api/v1/reviews",
    "/api/v1/queues",
    "/api/v1/channels",
    "/api/v1/reasons",
    "/api/v1/no-such-thing",
    "/api/v2/messages",
    "/api",
    "/api/",
]


@pytest.mark.parametrize("path", API_PATHS)
@pytest.mark.parametrize("token", [None, "wrong", TOKEN + "x", TOKEN[:-1]])
async def test_every_api_path_is_401_without_the_right_token(serve, path, token):
    """Known, unknown and malformed alike; the store is not asked."""
    store = FakeStore(details=[detail(view(1))])
    client = await serve(services(store), token=token)
    response = await client.get(path)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith('Bearer realm="headrace"')
    assert response.headers["content-type"] == "application/problem+json"
    assert store.calls == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
async def test_other_methods_are_401_first_and_405_then(serve, method):
    """A method is judged only after the token; 405 says which ones fit."""
    wired = services(FakeStore())
    anonymous = await serve(wired, token=None)
    assert (await anonymous.request(method, "/api/v1/messages")).status_code == 401
    client = await serve(wired)
    response = await client.request(method, "/api/v1/messages")
    assert (response.status_code, response.json()["status"]) == (405, 405)
    assert "GET" in response.headers["allow"]


@pytest.mark.parametrize("header", ["", "Basic dXNlcjpwdw==", TOKEN, f"Token {TOKEN}", "Bearer", f"Bearer {TOKEN} x"])
async def test_other_credentials_do_not_open(serve, header):
    """Only the bearer scheme with the whole token opens."""
    client = await serve(services(FakeStore()), token=None)
    response = await client.get("/api/v1/queues", headers={"Authorization": header})
    assert response.status_code == 401


async def test_the_scheme_is_read_in_any_case(serve):
    """RFC 9110: scheme names have no case."""
    client = await serve(services(FakeStore()), token=None)
    assert (await client.get("/api/v1/queues", headers={"Authorization": f"bearer {TOKEN}"})).status_code == 200


async def test_a_host_header_cannot_bend_the_path(serve):
    """A Host that holds a public path does not make a protected path public."""
    wired = services(FakeStore(), allowed_hosts=())
    client = await serve(wired, token=None)
    response = await client.get("/api/v1/messages", headers={"Host": "a/healthz?"})
    assert response.status_code == 401


def test_what_is_not_named_needs_a_session():
    """A forgotten path is closed, not open."""
    assert access_for("/anything") is Access.SESSION
    assert access_for("/healthz/") is Access.SESSION
    assert access_for("/api/openapi.json/") is Access.TOKEN


def test_a_short_admin_token_is_refused():
    """An empty or guessable token never opens the engine."""
    with pytest.raises(ValueError, match="16 characters"):
        create_app(services(FakeStore(), admin_token="short"))


async def test_health_needs_no_token(serve):
    """Live and ready are public; ready asks the store."""
    store = FakeStore()
    client = await serve(services(store), token=None)
    assert (await client.get("/healthz")).json() == {"status": "ok"}
    response = await client.get("/readyz")
    assert (response.status_code, response.json()) == (200, {"status": "ready", "checks": {"store": True}})
    assert store.calls == ["is_writable"]


async def test_not_ready_is_503_and_names_the_check(serve):
    """A listener that is not bound, a store that refuses, a store that fails: each is named."""

    async def half() -> Readiness:
        return Readiness(ok=False, checks={"listener lab": "address in use"})

    store = FakeStore()
    wired = services(store, ready=half)
    client = await serve(wired, token=None)
    response = await client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"store": True, "listener lab": "address in use"}
    store.writable = False
    wired.clock.seconds += 2
    assert (await client.get("/readyz")).json()["checks"]["store"] is False
    store.broken = True
    wired.clock.seconds += 2
    assert (await client.get("/readyz")).json()["checks"]["store"] == "failed (StoreError)"


async def test_readiness_is_asked_once_a_second_at_most(serve):
    """Anyone may ask; only one write a second comes of it."""
    store = FakeStore()
    client = await serve(services(store), token=None)
    for _ in range(5):
        await client.get("/readyz")
    assert store.calls == ["is_writable"]


async def test_metrics_are_open_on_this_machine_only(serve):
    """A loopback peer needs no token; one that a proxy passed on does."""
    client = await serve(services(FakeStore()), token=None)
    response = await client.get("/metrics")
    assert (response.status_code, response.text[:6]) == (200, "# HELP")
    assert response.headers["content-type"].startswith("text/plain; version=")
    passed_on = {"X-Forwarded-For": "203.0.113.9"}
    assert (await client.get("/metrics", headers=passed_on)).status_code == 401
    remote = await serve(services(FakeStore()), token=None, peer="192.0.2.7")
    assert (await remote.get("/metrics")).status_code == 401
    with_token = passed_on | {"Authorization": f"Bearer {TOKEN}"}
    assert (await client.get("/metrics", headers=with_token)).status_code == 200


async def test_a_foreign_host_header_is_refused(serve):
    """DNS rebinding: a page of another site reaches the port but not the service."""
    client = await serve(services(FakeStore()))
    for host in ("evil.example", "evil.example:8575", "127.0.0.1.evil.example", "[::1"):
        response = await client.get("/api/v1/messages", headers={"Host": host})
        assert response.status_code == 421
    for host in ("localhost:8575", "127.0.0.1", "[::1]:8575", "LOCALHOST"):
        assert (await client.get("/api/v1/messages", headers={"Host": host})).status_code == 200


def test_any_host_passes_where_none_is_configured():
    """On other addresses the operator's proxy decides."""
    assert is_known_host("lab.example", ())
    assert is_known_host("lab.example", ("lab.example",))
    assert not is_known_host("lab.example", ("localhost",))


async def test_a_body_that_is_too_large_is_413(serve):
    """Refused by its declared length, before it is read."""
    client = await serve(services(FakeStore()))
    response = await client.post("/api/v1/messages", content=b"x" * (BODY_MAX + 1))
    assert (response.status_code, response.json()["status"]) == (413, 413)


async def test_forms_of_other_sites_are_refused(serve):
    """A cross-site form is 403, whatever it asks for."""
    client = await serve(services(FakeStore()))
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        assert (await client.post("/login", headers=headers)).status_code == 403


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/messages", "/api/v1/messages/unknown", "/nowhere", "/login"])
async def test_every_answer_carries_the_security_headers(serve, path):
    """Also errors and redirects."""
    client = await serve(services(FakeStore()))
    headers = (await client.get(path)).headers
    assert "script-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


async def test_a_store_that_fails_is_503_and_a_bug_is_500(serve):
    """Both answer problem details and a note without content; a bug keeps its words for the log."""
    store = FakeStore(broken=True)
    wired = services(store)
    client = await serve(wired)
    response = await client.get("/api/v1/messages")
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    assert wired.observer.notes == [("web.store_failed", {"level": "error", "error": "StoreError"})]


async def test_a_bug_shows_nothing(serve):
    """An unexpected error answers 500 with fixed words and the same headers."""

    def boom() -> list[object]:
        raise RuntimeError("Synthetic^Canary")

    wired = services(FakeStore(), channels=boom)
    client = await serve(wired)
    response = await client.get("/api/v1/channels")
    assert response.status_code == 500
    assert "Canary" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
    assert wired.observer.notes == [("web.failed", {"level": "error", "error": "RuntimeError"})]
