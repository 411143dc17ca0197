"""Removing blobs beside writers: a body that is put again at the moment of a sweep is never lost."""

from __future__ import annotations

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from engine.plugins.blobs.files import FileBlobs

CUT = datetime(2020, 1, 1, tzinfo=UTC)
DATA = b"report"
NAME = hashlib.sha256(DATA).hexdigest()


def grow_old(root: Path) -> None:
    os.utime(root / NAME[:2] / NAME, (1_000_000_000, 1_000_000_000))


def test_one_put_again_between_list_and_delete_stays(tmp_path: Path) -> None:
    """The list saw it old, a put refreshed it, then the sweep removes: it is left."""
    blobs = FileBlobs(tmp_path)
    blobs.put(NAME, DATA)
    grow_old(tmp_path)
    (seen,) = blobs.list()
    assert seen.written_at < CUT
    blobs.put(NAME, DATA)
    assert not blobs.delete(NAME, unless_newer_than=CUT)
    assert blobs.get(NAME) == DATA


def test_an_old_one_goes_and_says_so(tmp_path: Path) -> None:
    """An old one is removed once; a second time there is nothing."""
    blobs = FileBlobs(tmp_path)
    blobs.put(NAME, DATA)
    grow_old(tmp_path)
    assert blobs.delete(NAME, unless_newer_than=CUT)
    assert not blobs.delete(NAME, unless_newer_than=CUT)
    assert not blobs.delete(NAME)


def test_after_a_put_it_is_always_there(tmp_path: Path) -> None:
    """However put and delete of an old body meet in two threads, it is there once the put returned."""
    blobs = FileBlobs(tmp_path)
    blobs.put(NAME, DATA)
    with ThreadPoolExecutor(2) as threads:
        for _ in range(60):
            grow_old(tmp_path)
            removing = threads.submit(blobs.delete, NAME, unless_newer_than=CUT)
            threads.submit(blobs.put, NAME, DATA).result()
            removing.result()
            assert blobs.get(NAME) == DATA
