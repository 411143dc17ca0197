"""A database of every earlier schema is brought up to date, with what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from engine.plugins.stores import postgres
from engine.plugins.stores.postgres.queries import load_migrations, load_queries
from engine.plugins.stores.postgres.store import PostgresStore
from engine.ports.services import SiteServices
from engine.ports.store import MessageQuery
from tests.contracts.store_kit import CountedIds, FrozenClock, Recorder, accept, claim_one, finish
from tests.support.postgres_server import PostgresServer, new_database, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
OLD = """
INSERT INTO message (id, channel, source, ordering_key, priority, received_at, control_id, sha256, kind, message_type,
    peer, file_name, batch_id, size_bytes, state, reasons)
VALUES ('OLD', 'lab', 'lab', 'k', 5, 1, 'C0', '', 'er7', '', '', '', '', 3, 'delivered', '[]');
INSERT INTO body (sequence, raw) SELECT sequence, 'MSH' FROM message;
INSERT INTO dossier (sequence, stage, data) SELECT sequence, '$end', '{}' FROM message;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_server(is_durable=False) as found:
        yield found


async def make(dsn: str, version: int) -> None:
    """A database as the release with that schema left it."""
    connection = await asyncpg.connect(dsn)
    try:
        for number, script in load_migrations():
            if number <= version:
                await connection.execute(script)
                await connection.execute(load_queries()["add_version"], number)
        await connection.execute(OLD)
    finally:
        await connection.close()


@pytest.mark.parametrize("version", [number for number, _ in load_migrations()[:-1]])
async def test_a_database_of_an_earlier_schema_goes_on(server: PostgresServer, version: int) -> None:
    """What it holds is read, a new message goes its way beside it, and the schema is the newest."""
    dsn = await new_database(server, f"schema{version}")
    await make(dsn, version)
    services = SiteServices(
        site=Path(), node="node-a", clock=FrozenClock(), ids=CountedIds(), observer=Recorder(), blobs=None
    )
    store = PostgresStore(postgres.PostgresSettings(dsn=dsn, allow_unsafe=True), services)
    assert store.upgrade().found == version
    await store.open()
    try:
        await accept(store, 1)
        await finish(store, await claim_one(store))
        assert [item.id for item in await store.search(MessageQuery())][1:] == ["OLD"]
        assert await store.raw("OLD") == b"MSH"
        schema = store.schema()
    finally:
        await store.close()
    assert (schema.found, schema.newest) == (load_migrations()[-1][0],) * 2
