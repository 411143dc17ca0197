"""Death of the process that owns the SQLite store, at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from engine.plugins.blobs.files import FileBlobs
from engine.plugins.stores.sqlite import PLUGIN, SqliteSettings
from engine.plugins.stores.sqlite.store import SqliteStore
from engine.ports.services import SiteServices
from engine.ports.store import MessageQuery, StoreLocked, Transition
from tests.contracts.store_kit import CountedIds, FrozenClock, Recorder, accept, claim_one, delivery, lane_of

CHILD = """
import asyncio, sys
from pathlib import Path
from tests.contracts.store_kit import message, delivery
from tests.integration.test_store_crash import make
from engine.ports.store import Transition

async def producer(store, start, done):
    for number in range(start, start + 1_000_000, 8):
        body = b"%d " % number * (3000 if number % 7 == 0 else 30)
        (accepted,) = await store.accept([message(number, key=str(number % 5), body=body)])
        done("accepted", accepted.id)

async def worker(store, done):
    while True:
        for lease in await store.claim("node-a", keys=2, per_key=5):
            for item in lease.items:
                change = Transition(message_id=item.id, next_stage=None, deliveries=(delivery(int(item.id)),))
                await store.advance(lease, change)
                done("queued", item.id)
            await store.release(lease)
        await asyncio.sleep(0)

async def main(site):
    def done(what, number):
        sys.stdout.write(f"{what} {number}\\n")
        sys.stdout.flush()
    store = make(Path(site))
    await store.open()
    done("open", 0)
    await asyncio.gather(worker(store, done), *(producer(store, start, done) for start in range(1, 9)))

asyncio.run(main(sys.argv[1]))
"""


def make(site: Path) -> SqliteStore:
    services = SiteServices(
        site=site,
        node="node-a",
        clock=FrozenClock(),
        ids=CountedIds(),
        observer=Recorder(),
        blobs=FileBlobs(site / "blobs"),
    )
    store: SqliteStore = PLUGIN.build(SqliteSettings(inline=4096), services)
    return store


def start(site: Path) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", CHILD, str(site)], stdout=subprocess.PIPE, text=True, env=environment
    )


def kill_after(child: subprocess.Popen[str], lines: int) -> dict[str, list[str]]:
    """Read that many lines, kill with SIGKILL, and return everything that was printed, by word."""
    said: dict[str, list[str]] = {"accepted": [], "queued": [], "open": []}
    assert child.stdout is not None
    for count, line in enumerate(child.stdout, start=1):
        if not line.endswith("\n"):
            break
        what, number = line.split()
        said[what].append(number)
        if count == lines:
            child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    return said


@pytest.mark.slow
@pytest.mark.parametrize("lines", [30, 301, 900])
async def test_what_was_answered_survives_kill_9(tmp_path: Path, lines: int) -> None:
    """After SIGKILL every accepted message is there whole, every queued delivery is due once, nothing is damaged."""
    said = kill_after(start(tmp_path), lines)
    assert len(said["accepted"]) > 0
    store = make(tmp_path)
    await store.open()
    stored = {view.id: view for view in await store.search(MessageQuery(limit=1_000_000))}
    assert set(said["accepted"]) <= set(stored)
    for message_id in said["accepted"][-20:]:
        raw = await store.raw(stored[message_id].id)
        assert raw is not None
        assert len(raw) == stored[message_id].size_bytes
    due = [item.message_id for item in await store.due(await lane_of(store), limit=1_000_000)]
    assert set(said["queued"]) <= set(due)
    assert len(due) == len(set(due))
    assert due == sorted(due, key=lambda found: stored[found].sequence)
    unfinished = {item.id for lease in await store.claim("node-b", keys=99, per_key=1_000_000) for item in lease.items}
    assert unfinished | set(due) == set(stored)
    assert unfinished & set(due) == set()
    figures = await store.figures()
    assert sum(figures.messages.values()) == len(stored)
    assert (figures.queues[0].queued if figures.queues else 0) == len(due)
    await store.close()
    connection = apsw.Connection(str(tmp_path / "var" / "headrace.db"))
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.slow
async def test_a_second_process_is_refused_with_the_first_ones_pid(tmp_path: Path) -> None:
    """While a process owns the store another one is told its pid; once it died, the store opens."""
    child = start(tmp_path)
    assert child.stdout is not None
    assert child.stdout.readline() == "open 0\n"
    store = make(tmp_path)
    with pytest.raises(StoreLocked) as caught:
        await store.open()
    assert caught.value.pid == child.pid
    child.kill()
    child.wait()
    child.stdout.close()
    await store.open()
    assert await store.is_writable()
    await store.close()


async def test_an_interrupted_send_is_queued_again(tmp_path: Path) -> None:
    """A delivery that was marked as being sent when the process died is due after the next start."""
    store = make(tmp_path)
    await store.open()
    await accept(store, 1)
    lease = await claim_one(store)
    await store.advance(lease, Transition(message_id=lease.items[0].id, next_stage=None, deliveries=(delivery(1),)))
    await store.close()
    connection = apsw.Connection(str(tmp_path / "var" / "headrace.db"))
    connection.execute("UPDATE delivery SET state = 'sending'")
    connection.execute("UPDATE tally SET state = 'sending' WHERE destination = 'ehr'")
    connection.close()
    store = make(tmp_path)
    await store.open()
    assert [item.id for item in await store.due(await lane_of(store), limit=9)] == ["d1"]
    assert (await store.figures()).queues[0].queued == 1
    await store.close()
