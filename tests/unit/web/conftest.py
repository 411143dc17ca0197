from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from engine.web.app import create_app
from engine.web.services import WebServices
from tests.unit.web.fakes import TOKEN

Serve = Callable[..., Coroutine[Any, Any, httpx.AsyncClient]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    """A client of an application, without sockets; it sends the token unless `token` says otherwise."""
    async with AsyncExitStack() as stack:

        async def start(
            services: WebServices, *, token: str | None = TOKEN, peer: str = "127.0.0.1"
        ) -> httpx.AsyncClient:
            transport = httpx.ASGITransport(create_app(services), raise_app_exceptions=False, client=(peer, 50000))
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            client = httpx.AsyncClient(transport=transport, base_url="http://localhost:8575", headers=headers)
            return await stack.enter_async_context(client)

        yield start
