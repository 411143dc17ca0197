from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from functools import partial
from types import CodeType
from typing import Any

import httpx
import jinja2
import pytest
from jinja2.bccache import Bucket

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


class Compiled(jinja2.BytecodeCache):
    """Templates as compiled by the test before: compiling them takes longer than all else a page needs."""

    def __init__(self) -> None:
        self._code: dict[str, CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get(bucket.key + bucket.checksum)

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._code[bucket.key + bucket.checksum] = bucket.code


@pytest.fixture(scope="session", autouse=True)
def _templates_are_compiled_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jinja2, "Environment", partial(jinja2.Environment, bytecode_cache=Compiled()))
        yield
