"""How long a search of the message list takes in a store of a million messages, each kind of question on its own."""

from __future__ import annotations

import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw

from engine.app.clock import SystemClock, SystemIds
from engine.app.logging import configure
from engine.app.metrics import Metrics
from engine.app.observer import AppObserver
from engine.plugins.stores.sqlite import SqliteSettings, build
from engine.ports.services import SiteServices
from engine.ports.store import MessageQuery, Store

ROWS = 1_000_000
ROUNDS = 100
TARGET_MS = 10.0
_START = datetime(2026, 1, 1, tzinfo=UTC)
_START_US = int(_START.timestamp()) * 1_000_000
_EACH_US = 10_000_000  # one message each ten seconds: about four months
_FILL = """
WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
INSERT INTO message (sequence, id, channel, source, ordering_key, priority, received_at, control_id, dedupe_sender,
    sha256, kind, message_type, peer, file_name, batch_id, size_bytes, state, reasons, findings)
SELECT i, printf('%026d', i), 'lab-' || (i % 5), 'front', 'K' || (i % 50000), 5, ?2 + i * ?3, 'C' || i, 'front|LAB|A',
    randomblob(32), 'er7', 'ORU^R01', '10.0.0.1', '', '', 2000,
    CASE WHEN i % 200 = 0 THEN 'review' WHEN i % 1000 = 7 THEN 'parked' ELSE 'delivered' END, '[]',
    CASE WHEN i % 200 = 0 THEN '[{"code": "PATIENT_DOUBTFUL", "text": "", "field": ""}]' ELSE '[]' END FROM n
"""
_META = (
    "INSERT INTO meta SELECT sequence, 'accession', 'A' || sequence FROM message",
    "INSERT INTO meta SELECT sequence, 'filler', 'F' || sequence FROM message",
    "INSERT INTO meta SELECT sequence, 'patient_mrn', 'P' || (sequence % 100000) FROM message",
    "INSERT INTO meta SELECT sequence, 'reason:PATIENT_DOUBTFUL', 'PATIENT_DOUBTFUL' FROM message WHERE sequence % 200 = 0",
)


def search(scale: float) -> list[dict[str, Any]]:
    """p50 and p99 of each question, in milliseconds."""
    rows = max(10_000, int(ROWS * scale))
    with tempfile.TemporaryDirectory() as folder:
        store = build(SqliteSettings(), _services(Path(folder)))
        store.upgrade()
        began = time.monotonic()
        _fill(Path(folder) / "var/headrace.db", rows)
        print(f"search: {rows} messages laid down in {time.monotonic() - began:.0f} s", flush=True)
        return asyncio.run(_measure(store, rows))


def _services(site: Path) -> SiteServices:
    observer = AppObserver(configure("warning"), Metrics(version="bench", python="3"))
    return SiteServices(site=site, node="bench", clock=SystemClock(), ids=SystemIds(), observer=observer)


def _fill(path: Path, rows: int) -> None:
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA synchronous = OFF").fetchall()
    with connection:
        connection.execute(_FILL, (rows, _START_US, _EACH_US))
        for statement in _META:
            connection.execute(statement)
        connection.execute("INSERT INTO tally SELECT channel, '', state, count(*) FROM message GROUP BY channel, state")
    connection.close()


def _questions(rows: int, dice: random.Random) -> Iterator[tuple[str, Callable[[], MessageQuery]]]:
    def one() -> int:
        return dice.randint(1, rows)

    def since() -> datetime:
        return _START + timedelta(microseconds=one() * _EACH_US)

    def in_time() -> MessageQuery:
        begin = since()
        return MessageQuery(channel="lab-0", state="review", since=begin, until=begin + timedelta(days=3))

    yield "control id", lambda: MessageQuery(control_id=f"C{one()}")
    yield "accession", lambda: MessageQuery(metadata={"accession": f"A{one()}"})
    yield "MRN", lambda: MessageQuery(metadata={"patient_mrn": f"P{one() % 100_000}"})
    yield "filler", lambda: MessageQuery(metadata={"filler": f"F{one()}"})
    yield "anything (q)", lambda: MessageQuery(text=f"A{one()}")
    yield "state", lambda: MessageQuery(state="parked")
    yield "channel + state + time", in_time
    yield "reason + channel", lambda: MessageQuery(reason="PATIENT_DOUBTFUL", channel="lab-0")
    yield "deep page", lambda: MessageQuery(before=one())
    yield "deep page of a channel", lambda: MessageQuery(before=one(), channel="lab-3")


async def _measure(store: Store, rows: int) -> list[dict[str, Any]]:
    await store.open()
    figures = []
    try:
        for name, question in _questions(rows, random.Random(7)):
            figures.append(await _ask(store, name, question))
            print(_line(figures[-1]), flush=True)
    finally:
        await store.close()
    return figures


async def _ask(store: Store, name: str, question: Callable[[], MessageQuery]) -> dict[str, Any]:
    times, found = [], 0
    for _ in range(ROUNDS):
        query = question()
        began = time.perf_counter()
        found += len(await store.search(query))
        times.append((time.perf_counter() - began) * 1000)
    times.sort()
    p99 = times[int(len(times) * 0.99) - 1]
    return {
        "question": name, "p50_ms": round(statistics.median(times), 2), "p99_ms": round(p99, 2),
        "rows_each": round(found / ROUNDS, 1), "in_target": p99 < TARGET_MS,
    }  # fmt: skip


def _line(row: dict[str, Any]) -> str:
    return (
        f"search by {row['question']:24} p50 {row['p50_ms']:7.2f} ms, p99 {row['p99_ms']:7.2f} ms, "
        f"{row['rows_each']:5.1f} found{'' if row['in_target'] else '  OVER THE TARGET'}"
    )
