"""The Upkeep port on SQLite: schema, soundness, backup beside a running store, restore."""

from __future__ import annotations

import json
from pathlib import Path

import apsw
import pytest

from engine.plugins.blobs.files import FileBlobs
from engine.plugins.stores.sqlite import SqliteSettings, build
from engine.plugins.stores.sqlite.connection import migrate, open_writer
from engine.plugins.stores.sqlite.queries import load_migrations
from engine.plugins.stores.sqlite.store import SqliteStore
from engine.ports.services import SiteServices
from engine.ports.store import StoreError, StoreLocked
from tests.contracts.store_kit import CountedIds, FrozenClock, Recorder, lane_of, message, queue

NEWEST = load_migrations()[-1][0]
BIG = b"MSH|" + b"x" * 9000


def store_at(site: Path) -> SqliteStore:
    blobs = FileBlobs(site / "var/blobs")
    services = SiteServices(
        site=site, node="a", clock=FrozenClock(), ids=CountedIds(), observer=Recorder(), blobs=blobs
    )
    return build(SqliteSettings(inline=4096), services)


async def filled(site: Path) -> SqliteStore:
    """An open store with one large message queued and one small received."""
    store = store_at(site)
    await store.open()
    await queue(store, 1, body=BIG)
    await store.accept([message(2)])
    return store


def change(site: Path, statement: str) -> None:
    connection = apsw.Connection(str(site / "var/headrace.db"))
    connection.execute(statement)
    connection.close()


def test_an_empty_place_has_no_schema_and_can_be_made(tmp_path: Path) -> None:
    """Schema 0 before, the newest afterwards; a second upgrade changes nothing."""
    store = store_at(tmp_path)
    assert (store.schema().found, store.schema().newest) == (0, NEWEST)
    assert store.upgrade().found == 0
    assert store.upgrade().found == NEWEST


async def test_a_database_of_the_first_release_with_rows_is_upgraded(tmp_path: Path) -> None:
    """Rows written under migration 0001 alone are there after the upgrade, and the store is sound."""
    path = tmp_path / "var/headrace.db"
    old = open_writer(path)
    migrate(old, load_migrations()[:1])
    old.execute(
        "INSERT INTO message (sequence, id, channel, source, ordering_key, priority, received_at, control_id, sha256,"
        " kind, message_type, peer, file_name, batch_id, size_bytes, state, reasons)"
        " VALUES (1, 'm1', 'lab', 's', 'k', 5, 1, 'C1', x'00', 'er7', 'ORU^R01', '', '', '', 3, 'delivered', '[]')"
    )
    old.execute("INSERT INTO body VALUES (1, CAST('raw' AS BLOB), NULL)")
    old.execute("INSERT INTO tally VALUES ('lab', '', 'delivered', 1)")
    old.close()
    store = store_at(tmp_path)
    assert store.upgrade().found == 1
    assert store.schema().found == NEWEST
    assert store.check() == []
    await store.open()
    assert await store.raw(message(1).id.__class__("m1")) == b"raw"
    await store.close()


async def test_a_sound_store_has_nothing_wrong_beside_its_engine(tmp_path: Path) -> None:
    """Check runs while the store is open and finds nothing."""
    store = await filled(tmp_path)
    assert store_at(tmp_path).check() == []
    await store.close()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("UPDATE tally SET amount = amount + 1 WHERE state = 'received'", "the count of received in lab is 2"),
        ("DELETE FROM work", "unfinished message without work"),
        ("DELETE FROM delivery_body", "unsent delivery without body"),
        ("UPDATE body SET raw = hex(randomblob(32)) WHERE sequence = 2", "missing or damaged in the blob store"),
    ],
)
async def test_check_names_what_is_wrong(tmp_path: Path, damage: str, words: str) -> None:
    """Counts that drifted, rows that point nowhere and bodies that are gone are told in words."""
    store = await filled(tmp_path)
    await store.close()
    change(tmp_path, damage)
    assert any(words in line for line in store_at(tmp_path).check())


async def test_a_backup_beside_the_running_store_comes_back_with_sending_stopped(tmp_path: Path) -> None:
    """What was stored is there again, bodies of both sizes, and nothing is due until a person resumes it."""
    store = await filled(tmp_path / "one")
    made = store_at(tmp_path / "one").backup(tmp_path / "copy")
    assert (made.messages, made.blobs) == (2, 1)
    await store.close()
    fresh = store_at(tmp_path / "two")
    back = fresh.restore(tmp_path / "copy")
    assert (back.messages, back.blobs) == (2, 1)
    assert fresh.check() == []
    await fresh.open()
    assert await fresh.raw(message(1).id) == BIG
    assert await fresh.raw(message(2).id) == message(2).raw
    assert await fresh.due(await lane_of(fresh), limit=10) == []
    await fresh.close()


async def test_a_backup_needs_an_empty_folder_and_a_restore_an_empty_place(tmp_path: Path) -> None:
    """Neither ever writes over anything."""
    store = await filled(tmp_path)
    await store.close()
    store_at(tmp_path).backup(tmp_path / "copy")
    with pytest.raises(StoreError, match="not empty"):
        store_at(tmp_path).backup(tmp_path / "copy")
    with pytest.raises(StoreError, match="already"):
        store_at(tmp_path).restore(tmp_path / "copy")


@pytest.mark.parametrize("name", ["headrace.db", "blob", "manifest.json", "lost blob"])
async def test_a_damaged_backup_is_refused_and_leaves_no_database(tmp_path: Path, name: str) -> None:
    """A file of the backup that changed or went is noticed before the database has its name."""
    store = await filled(tmp_path / "one")
    await store.close()
    copy = tmp_path / "copy"
    store.backup(copy)
    (blob,) = (copy / "blobs").glob("*/*")
    path = blob if "blob" in name else copy / name
    if name == "lost blob":
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    with pytest.raises(StoreError):
        store_at(tmp_path / "two").restore(copy)
    assert not (tmp_path / "two/var/headrace.db").exists()


async def test_the_manifest_says_what_is_in_the_backup(tmp_path: Path) -> None:
    """Counts, schema number and release are there for whoever keeps backups."""
    store = await filled(tmp_path)
    await store.close()
    store.backup(tmp_path / "copy")
    said = json.loads((tmp_path / "copy/manifest.json").read_text())
    assert (said["messages"], said["blobs"], said["missing_blobs"], said["schema_number"]) == (2, 1, 0, NEWEST)
    assert said["release"]


async def test_upgrade_and_restore_refuse_beside_an_engine(tmp_path: Path) -> None:
    """Whoever owns the file keeps it."""
    store = await filled(tmp_path)
    with pytest.raises(StoreLocked):
        store_at(tmp_path).upgrade()
    store_at(tmp_path).backup(tmp_path / "copy")
    with pytest.raises(StoreLocked):
        store_at(tmp_path).restore(tmp_path / "copy")
    await store.close()
