"""A disk that fails under the SQLite store: what the callers are told, and what is there afterwards."""

from __future__ import annotations

import asyncio
import errno
import threading
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from engine.domain.message import DeliveryState, MessageState
from engine.plugins.blobs.files import FileBlobs
from engine.plugins.stores.sqlite import SqliteSettings
from engine.plugins.stores.sqlite.connection import open_writer
from engine.plugins.stores.sqlite.store import SqliteStore
from engine.ports.services import SiteServices
from engine.ports.store import DeliveryResult, MessageQuery, StoreError, StoreFull
from tests.contracts.store_kit import (
    START,
    CountedIds,
    FrozenClock,
    Recorder,
    accept,
    claim_one,
    lane_of,
    message,
    queue,
    sent,
)

NAME = "failing-disk"


class Faults:
    """Which calls of the file layer fail from now on; counts what was synced."""

    def __init__(self) -> None:
        self.sync: type[apsw.Error] | None = None
        self.write: type[apsw.Error] | None = None
        self.wal_syncs = 0
        self.opened = 0


class FailingFile(apsw.VFSFile):
    def __init__(self, name: apsw.URIFilename | str | None, flags: list[int], faults: Faults) -> None:
        self._faults = faults
        self._is_wal = bool(flags[0] & apsw.SQLITE_OPEN_WAL)
        super().__init__("", name, flags)

    def xSync(self, flags: int) -> None:
        if self._is_wal:
            self._faults.wal_syncs += 1
            if self._faults.sync is not None:
                raise self._faults.sync("planted")
        super().xSync(flags)

    def xWrite(self, data: bytes, offset: int) -> None:
        if self._is_wal and self._faults.write is not None:
            raise self._faults.write("planted")
        super().xWrite(data, offset)


class FailingDisk(apsw.VFS):
    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        super().__init__(NAME, "")

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> FailingFile:
        self._faults.opened += bool(flags[0] & apsw.SQLITE_OPEN_MAIN_DB)
        return FailingFile(name, flags, self._faults)


@pytest.fixture
def faults() -> Iterator[Faults]:
    """A file layer that can be told to fail."""
    planted = Faults()
    disk = FailingDisk(planted)
    yield planted
    disk.unregister()


def make(site: Path, **settings: object) -> SqliteStore:
    services = SiteServices(
        site=site,
        node="node-a",
        clock=FrozenClock(),
        ids=CountedIds(),
        observer=Recorder(),
        blobs=FileBlobs(site / "blobs"),
    )
    return SqliteStore(SqliteSettings.model_validate(settings), services, opener=lambda path: open_writer(path, NAME))


@pytest.mark.parametrize(
    ("place", "error", "told"),
    [
        ("sync", apsw.IOError, StoreError),
        ("write", apsw.IOError, StoreError),
        ("write", apsw.FullError, StoreFull),
    ],
)
async def test_a_failed_commit_fails_every_call_of_its_batch(
    tmp_path: Path, faults: Faults, place: str, error: type[apsw.Error], told: type[StoreError]
) -> None:
    """No caller of a commit that did not reach the disk is told that it is stored; the store heals with the disk."""
    store = make(tmp_path)
    await store.open()
    await accept(store, 1)
    setattr(faults, place, error)
    opened = faults.opened
    results = await asyncio.gather(*(store.accept([message(n)]) for n in range(2, 6)), return_exceptions=True)
    assert [type(item) for item in results] == [told] * 4
    assert not await store.is_writable()
    setattr(faults, place, None)
    assert await store.is_writable()
    assert faults.opened > opened
    (again,) = await store.accept([message(2)])
    assert again.id == message(2).id
    ids = {view.id for view in await store.search(MessageQuery())}
    assert {message(1).id, message(2).id} <= ids
    await store.close()


async def test_after_a_failed_sync_the_log_is_started_anew(tmp_path: Path, faults: Faults) -> None:
    """Commits after an I/O error do not stand on log pages that may never have reached the disk."""
    store = make(tmp_path)
    await store.open()
    await accept(store, *range(1, 30))
    wal = tmp_path / "var" / "headrace.db-wal"
    size = wal.stat().st_size
    faults.sync = apsw.IOError
    with pytest.raises(StoreError):
        await store.accept([message(30)])
    faults.sync = None
    await accept(store, 31)
    assert wal.stat().st_size < size
    await store.close()


async def test_each_answer_waits_for_a_sync_of_the_log(tmp_path: Path, faults: Faults) -> None:
    """One call after the other costs one fsync each: none is answered before its own."""
    store = make(tmp_path)
    await store.open()
    for number in range(1, 6):
        before = faults.wal_syncs
        await accept(store, number)
        assert faults.wal_syncs > before
    await store.close()


async def test_closing_leaves_one_file(tmp_path: Path, faults: Faults) -> None:
    """After a clean close everything is in the database file: a copy of it is a backup."""
    store = make(tmp_path)
    await store.open()
    await accept(store, 1)
    await store.search(MessageQuery())
    await store.close()
    assert {path.name for path in (tmp_path / "var").iterdir()} == {"headrace.db", "headrace.db.lock"}


async def test_calls_that_wait_together_share_a_sync(tmp_path: Path, faults: Faults) -> None:
    """Group commit: a hundred calls at once need a handful of fsyncs."""
    store = make(tmp_path)
    await store.open()
    await accept(store, 1)
    before = faults.wal_syncs
    await asyncio.gather(*(store.accept([message(n)]) for n in range(2, 102)))
    assert faults.wal_syncs - before <= 10
    await store.close()


async def test_a_disk_that_fails_at_opening_is_told(tmp_path: Path, faults: Faults) -> None:
    """An opening that cannot write raises StoreError, gives the lock back, and succeeds later."""
    faults.write = apsw.IOError
    store = make(tmp_path)
    with pytest.raises(StoreError):
        await store.open()
    faults.write = None
    await store.open()
    await accept(store, 1)
    assert (await claim_one(store)).items[0].id == message(1).id
    await store.close()


@pytest.mark.usefixtures("faults")
@pytest.mark.parametrize(
    ("number", "told"), [(errno.ENOSPC, StoreFull), (errno.EDQUOT, StoreFull), (errno.EIO, StoreError)]
)
async def test_a_blob_that_cannot_be_kept_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, told: type[StoreError]
) -> None:
    """A large body that does not reach its file is refused like a small one, and nothing of the message is stored."""

    def fail(_self: FileBlobs, _sha256: str, _data: bytes) -> None:
        raise OSError(number, "planted")

    store = make(tmp_path, inline=4096)
    await store.open()
    monkeypatch.setattr(FileBlobs, "put", fail)
    with pytest.raises(told) as caught:
        await store.accept([message(1, body=b"r" * 5000)])
    assert type(caught.value) is told
    assert await store.search(MessageQuery()) == []
    await store.close()


@pytest.mark.usefixtures("faults")
async def test_nobody_waits_for_a_writer_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the writing thread dies of something nobody foresaw, its callers are told and readiness is false."""
    seen: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda args: seen.append(args.exc_type))
    store = make(tmp_path)
    await store.open()

    def die(_tx: object) -> None:
        raise MemoryError

    calls = [store._write(die), store._write(die)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(item) for item in results] == [StoreError, StoreError]
    assert not await store.is_writable()
    await store.close()
    assert seen == [MemoryError]


@pytest.mark.usefixtures("faults")
async def test_what_was_paused_stays_paused_unless_the_peer_took_it(tmp_path: Path) -> None:
    """A delivery paused while it was on the wire is not queued again by its failed try, but counts as sent by its ACK."""
    store = make(tmp_path)
    await store.open()
    await queue(store, 1)
    lane = await lane_of(store)
    await store._write(
        lambda tx: tx.run("UPDATE delivery SET state = 'paused'") and tx.moved("lab", "queued", "paused", "ehr")
    )
    failed = DeliveryResult(delivery_id="d1", state=DeliveryState.QUEUED, retry_at=START)
    await store.settle(lane, [failed])
    assert await store.due(lane, limit=9) == []
    await store.settle(lane, [sent(1)])
    (view,) = await store.search(MessageQuery())
    assert (view.state, view.deliveries[0].attempts) == (MessageState.DELIVERED, 2)
    await store.close()


async def test_a_caller_that_gave_up_changes_nothing_for_others(tmp_path: Path, faults: Faults) -> None:
    """A cancelled call may be stored or not; its neighbours are answered and the store goes on."""
    store = make(tmp_path)
    await store.open()
    calls = [asyncio.ensure_future(store.accept([message(n)])) for n in range(1, 6)]
    await asyncio.sleep(0)
    calls[2].cancel()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(item, BaseException) for item in results] == [False, False, True, False, False]
    assert await store.is_writable()
    await store.close()
