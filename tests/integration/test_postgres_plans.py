"""Statements on PostgreSQL read what they ask for, however large the tables are and whenever they were planned."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.plugins.stores import postgres
from engine.plugins.stores.postgres.queries import load_queries
from engine.plugins.stores.postgres.store import PostgresStore
from engine.ports.services import SiteServices
from tests.contracts.store_kit import CountedIds, FrozenClock, Recorder
from tests.support.postgres_server import PostgresServer, new_database, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
SQL = load_queries()
HISTORY = 10_000
LIMIT = 10
MOST = 40 * LIMIT
"""Rows that a statement may look at for ten messages."""
FAR = 2**62
# What lies in a database after a while: finished messages, each with a delivery, a dossier and a fingerprint.
MANY = f"""
SET session_replication_role = replica;
INSERT INTO message (id, channel, source, ordering_key, priority, received_at, control_id, sha256, kind, message_type,
    peer, file_name, batch_id, size_bytes, state, reasons)
SELECT 'M' || n, 'lab', 'lab', n::text, 5, n, 'C' || n, ''::bytea, 'er7', '', '', '', '', 1, 'delivered', '[]'
FROM generate_series(1, {HISTORY}) n;
INSERT INTO body (sequence, raw) SELECT n, '\\x00' FROM generate_series(1, {HISTORY}) n;
INSERT INTO delivery (id, idempotency_key, sequence, run_id, channel, destination, ordering_key, priority, state,
    required, control_id, media_type, queued_at)
SELECT 'D' || n, 'D' || n, n, 1, 'lab', 'ehr', n::text, 5, 'sent', true, '', '', 1 FROM generate_series(1, {HISTORY}) n;
INSERT INTO delivery_body (number, body) SELECT n, '\\x00' FROM generate_series(1, {HISTORY}) n;
INSERT INTO dossier (sequence, stage, data) SELECT n, '$end', '' FROM generate_series(1, {HISTORY}) n;
INSERT INTO fingerprint (kind, value, sequence, detail) SELECT 'report', n::text, n, '' FROM generate_series(1, {HISTORY}) n;
INSERT INTO audit (sequence, at, action, actor, detail) SELECT n, n, '', '', '' FROM generate_series(1, {HISTORY}) n;
INSERT INTO okey (channel, ordering_key, priority, head)
SELECT 'lab', n::text, 5, n FROM generate_series(1, {HISTORY}) n;
INSERT INTO work (key_id, sequence, priority, stage) SELECT n, n, 5, '' FROM generate_series(1, {HISTORY}) n;
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_server(is_durable=False) as found:
        yield found


@pytest.fixture
async def connection(server: PostgresServer) -> AsyncIterator[Any]:
    """A connection as the store makes them, to an empty database."""
    dsn = await new_database(server, "plans")
    services = SiteServices(
        site=Path(), node="node-a", clock=FrozenClock(), ids=CountedIds(), observer=Recorder(), blobs=None
    )
    store = PostgresStore(postgres.PostgresSettings(dsn=dsn, allow_unsafe=True), services)
    await store.open()
    found = await store._db.connect()
    yield found
    await found.close()
    await store.close()


def rows_read(node: dict[str, Any]) -> int:
    """Rows that the nodes of a plan brought up or threw away, each time they ran."""
    here = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return int(here) + sum(rows_read(child) for child in node.get("Plans", ()))


def _plan(found: str) -> dict[str, Any]:
    plan: dict[str, Any] = json.loads(found)[0]["Plan"]
    return plan


async def explain(connection: Any, statement: str, *values: Any) -> int:
    return rows_read(_plan(await connection.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", *values)))


SOME = list(range(1, LIMIT + 1))
BATCHES: dict[str, tuple[Any, ...]] = {
    "scan_messages": (-1, LIMIT, FAR, "lab", FAR),
    "scan_bodies": (-1, LIMIT, FAR, "lab", FAR),
    "scan_audit": (-1, LIMIT, FAR, "", FAR),
    "lock_prunable": (SOME,),
    "still_prunable": (SOME,),
    "drop_delivery_bodies": (SOME,),
    "drop_fingerprints": (SOME,),
    "drop_messages": (SOME,),
    "lease_keys": ("node-a/1", 4.0, LIMIT),
    "find_standings": (SOME,),
}


async def test_a_batch_reads_only_its_own_rows(connection: Any) -> None:
    """Pruning and claiming cost the same beside ten thousand messages as beside none."""
    await connection.execute(MANY)
    await connection.execute("ANALYZE")
    read = {name: await explain(connection, SQL[name], *values) for name, values in BATCHES.items()}
    assert {name: rows for name, rows in read.items() if rows > MOST} == {}


EARLY = {
    "fingerprint_owners": "ARRAY['report'], ARRAY['77'], ARRAY['77']",
    "key_items": "ARRAY[77], 8",
    "current_dossier": "77",
    "find_work": "ARRAY['lab'], ARRAY['77'], ARRAY['node-a/1'], ARRAY[0], ARRAY['M77']",
    "find_known": "ARRAY[0], ARRAY['C77'], ARRAY['s'], ARRAY['\\x00'::bytea], ARRAY[0]",
    "lease_keys": f"'node-a/1', 4.0, {LIMIT}",
    "fenced_keys": "ARRAY['lab'], ARRAY['77'], ARRAY['node-a/1'], ARRAY[0]",
    "find_deliveries": "ARRAY['lab'], ARRAY['ehr'], ARRAY['D77']",
    "lock_deliveries": "ARRAY[77]",
    "find_standings": "ARRAY[77]",
    "renew_keys": "4.0, ARRAY[77]",
    "raw": "'M77'",
}


async def test_a_plan_made_for_empty_tables_serves_full_ones(connection: Any) -> None:
    """A connection keeps its plans; the first ones of a new site are made when there is nothing yet."""
    for name, values in EARLY.items():
        await connection.execute(f"PREPARE {name} AS {SQL[name]}")
        for _ in range(6):
            await connection.execute(f"EXECUTE {name} ({values})")
    await connection.execute(MANY)
    early = {name: await explain(connection, f"EXECUTE {name} ({values})") for name, values in EARLY.items()}
    await connection.execute("ANALYZE")  # from here on they are planned anew, for any values
    late = {name: await explain(connection, f"EXECUTE {name} ({values})") for name, values in EARLY.items()}
    assert {name: rows for name, rows in early.items() if rows > MOST} == {}
    assert {name: rows for name, rows in late.items() if rows > MOST} == {}
