"""Two ways in which a node's trouble must stay its own: a client silent in mid-statement, a body not readable just now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from engine.domain.message import MessageState
from engine.plugins.stores import postgres
from engine.plugins.stores.postgres.store import PostgresStore
from engine.ports.services import SiteServices
from engine.ports.store import StoreError
from tests.contracts.store_kit import CountedIds, FrozenClock, Recorder, claim_one, message
from tests.support.postgres_server import new_database, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


@pytest.fixture
async def store() -> AsyncIterator[PostgresStore]:
    """A node on a new server, with leases of a second."""
    with running_server() as server:
        dsn = await new_database(server, "silence")
        services = SiteServices(
            site=Path(), node="node-a", clock=FrozenClock(), ids=CountedIds(), observer=Recorder(), blobs=None
        )
        found = PostgresStore(postgres.PostgresSettings(dsn=dsn, lease=1.0, timeout=10.0, inline=2048), services)
        await found.open()
        yield found
        await found.close()


async def test_what_a_frozen_node_holds_in_mid_statement_is_freed(store: PostgresStore) -> None:
    """A node that froze between Parse and Execute holds its locks without any time limit of the server: others end it."""
    dsn = store._settings.dsn.get_secret_value()
    names = {name: {"application_name": f"headrace {name}"} for name in ("silent", "idle")}
    silent, idle = [await asyncpg.connect(dsn, server_settings=names[name]) for name in names]
    ended = asyncio.Event()
    silent.add_termination_listener(lambda _connection: ended.set())
    await silent.execute("BEGIN")
    await silent.prepare("SELECT pg_advisory_xact_lock(1)")
    async with asyncio.timeout(60):
        await ended.wait()
    assert await idle.fetchval("SELECT 1") == 1
    await idle.close()


async def test_a_body_that_cannot_be_read_just_now_parks_nothing(
    store: PostgresStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim in a moment of trouble hands the message out without its bytes; they are asked for again."""
    body = b"r" * 50_000
    await store.accept([message(1, body=body)])

    async def fails(*_: Any) -> bytes:
        raise StoreError("the connection broke")

    with monkeypatch.context() as trouble:
        trouble.setattr(store, "_fetch", fails)
        (item,) = (await claim_one(store)).items
    assert item.is_deferred
    assert await store.raw(item.id) == body
    detail = await store.get(item.id)
    assert detail is not None
    assert detail.message.state is MessageState.PROCESSING
