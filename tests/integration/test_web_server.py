"""The web server over real sockets, inside the test's own event loop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from engine.web.app import create_app
from engine.web.server import WebServer
from tests.unit.web.fakes import TOKEN, FakeStore, detail, message_id, services, view


@asynccontextmanager
async def running(store: FakeStore) -> AsyncIterator[str]:
    server = WebServer(create_app(services(store)), "127.0.0.1", 0)
    url = await server.start()
    try:
        yield url
    finally:
        await server.stop()


async def raw_request(url: str, head: bytes) -> bytes:
    address = httpx.URL(url)
    reader, writer = await asyncio.open_connection(address.host, address.port)
    writer.write(head)
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_it_serves_on_the_bound_port_and_stops():
    """Port 0 gives a real one; after `stop` nobody listens there and no signal handler was touched."""
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    async with running(FakeStore(details=[detail(view(1))])) as url:
        assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(base_url=url, trust_env=False, headers=headers) as client:
            assert (await client.get("/healthz")).status_code == 200
            assert (await client.get("/api/v1/messages")).json()["items"][0]["id"] == message_id(1)
            answers = await asyncio.gather(*(client.get("/api/v1/messages") for _ in range(20)))
            assert {item.status_code for item in answers} == {200}
    async with httpx.AsyncClient(trust_env=False) as client:
        with pytest.raises(httpx.ConnectError):
            await client.get(url + "/healthz")


async def test_a_taken_port_is_an_error_of_start():
    """The caller learns it at once, and nothing keeps running."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = WebServer(create_app(services(FakeStore())), "127.0.0.1", taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"):
            await server.start()
        await server.stop()


async def test_stop_ends_while_a_client_holds_a_connection_open():
    """A browser's idle keep-alive connection does not hold up the engine's stop."""
    server = WebServer(create_app(services(FakeStore())), "127.0.0.1", 0)
    url = await server.start()
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        await client.get("/healthz")
        await asyncio.wait_for(server.stop(), timeout=10)


async def test_encoded_and_doubled_slashes_do_not_slip_through():
    """What is routed is what was judged, whatever the request line looks like on the wire."""
    async with running(FakeStore(details=[detail(view(1))])) as url:
        paths = ["/%61pi/v1/messages", "//api/v1/messages", "/healthz/../api/v1/messages", "/API/v1/messages"]
        paths += ["http://localhost/api/v1/messages", "/api/v1/messages#/healthz", "/static/../api/v1/messages"]
        for path in paths:
            answer = await raw_request(
                url, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()
            )
            assert answer.split(b" ", 2)[1] in (b"401", b"303", b"404"), path
            assert message_id(1).encode() not in answer


async def test_a_bent_host_header_does_not_open_a_path():
    """A Host that ends in a public path is refused or judged by the real path."""
    async with running(FakeStore()) as url:
        answer = await raw_request(
            url, b"GET /api/v1/messages HTTP/1.1\r\nHost: localhost/healthz?\r\nConnection: close\r\n\r\n"
        )
        assert answer.split(b" ", 2)[1] in (b"400", b"401", b"421")


async def test_foreign_names_are_refused_before_the_token_is_looked_at():
    """DNS rebinding over a real connection."""
    async with running(FakeStore()) as url, httpx.AsyncClient(trust_env=False) as client:
        headers = {"Host": "evil.example", "Authorization": f"Bearer {TOKEN}"}
        assert (await client.get(url + "/api/v1/messages", headers=headers)).status_code == 421


async def test_control_ids_survive_the_wire():
    """Percent-encoded bytes of a control id arrive as they were meant."""
    wanted = "A/B C+ü%&"
    async with running(FakeStore(details=[detail(view(1, control_id=wanted))])) as url:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(base_url=url, trust_env=False, headers=headers) as client:
            found = (await client.get("/api/v1/messages", params={"control_id": wanted})).json()["items"]
            assert [item["control_id"] for item in found] == [wanted]
            broken = await client.get("/api/v1/messages?control_id=%FF%FE")
            assert (broken.status_code, broken.json()["items"]) == (200, [])


async def test_ipv6_loopback_gives_a_bracketed_url():
    """The URL printed at start can be pasted into a browser."""
    server = WebServer(create_app(services(FakeStore())), "::1", 0)
    url = await server.start()
    try:
        assert url.startswith("http://[::1]:")
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(url + "/healthz")).status_code == 200
    finally:
        await server.stop()
