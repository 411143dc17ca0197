"""Blobs as files: what is synced in which order, and what a failure leaves."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from engine.plugins.blobs.files import FileBlobs

DATA = b"report" * 100
DIGEST = hashlib.sha256(DATA).hexdigest()


def target(root: Path) -> Path:
    return root / DIGEST[:2] / DIGEST


class Calls:
    """Records fsync and rename by path, and passes them on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
        self.seen: list[str] = []
        self._root = root
        self._fsync, self._rename = os.fsync, Path.rename
        monkeypatch.setattr(os, "fsync", self.fsync)
        monkeypatch.setattr(Path, "rename", lambda source, to: self.rename(source, to))  # noqa: PLW0108 - binds the path

    def fsync(self, handle: int) -> None:
        self.seen.append(f"fsync {self.name(Path(os.readlink(f'/proc/self/fd/{handle}')))}")
        self._fsync(handle)

    def rename(self, source: Path, to: Path) -> Path:
        self.seen.append(f"rename {self.name(source)} {self.name(to)}")
        return self._rename(source, to)

    def name(self, path: Path) -> str:
        if path.name.startswith("."):
            return "temporary"
        return "blob" if path.name == DIGEST else str(path.relative_to(self._root))


def test_bytes_then_name_then_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """New folders are synced in their parents, the bytes before the rename, the folder after it."""
    calls = Calls(monkeypatch, tmp_path)
    FileBlobs(tmp_path / "blobs").put(DIGEST, DATA)
    leaf = f"blobs/{DIGEST[:2]}"
    assert calls.seen == [
        "fsync .",
        "fsync blobs",
        "fsync temporary",
        "rename temporary blob",
        f"fsync {leaf}",
    ]


def test_an_existing_blob_is_not_written_but_made_sure_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Putting again syncs the folder, neither writes nor renames, and counts as written now."""
    blobs = FileBlobs(tmp_path / "blobs")
    blobs.put(DIGEST, DATA)
    inode = target(tmp_path / "blobs").stat().st_ino
    os.utime(target(tmp_path / "blobs"), (1000, 1000))
    calls = Calls(monkeypatch, tmp_path)
    blobs.put(DIGEST, DATA)
    assert calls.seen == [f"fsync blobs/{DIGEST[:2]}"]
    assert target(tmp_path / "blobs").stat().st_ino == inode
    assert next(blobs.list()).written_at.year > 1970


def test_a_folder_whose_sync_failed_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failed fsync of the folder the put raises, and the next one writes and renames again."""
    blobs = FileBlobs(tmp_path / "blobs")
    other = DIGEST[:2] + "0" * 62
    blobs.put(other, b"")
    with monkeypatch.context() as broken:
        synced = os.fsync

        def fail(handle: int) -> None:
            if os.path.isdir(f"/proc/self/fd/{handle}"):
                raise OSError(5, "I/O error")
            synced(handle)

        broken.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="I/O"):
            blobs.put(DIGEST, DATA)
    calls = Calls(monkeypatch, tmp_path)
    blobs.put(DIGEST, DATA)
    assert calls.seen == ["fsync temporary", "rename temporary blob", f"fsync blobs/{DIGEST[:2]}"]


def test_temporary_files_are_not_listed(tmp_path: Path) -> None:
    """What a killed process left half written is no blob."""
    blobs = FileBlobs(tmp_path / "blobs")
    blobs.put(DIGEST, DATA)
    target(tmp_path / "blobs").with_name(f".{DIGEST}.rest").write_bytes(DATA)
    assert [info.sha256 for info in blobs.list()] == [DIGEST]


def test_folders_of_a_process_before_are_synced_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder that is there may never have been synced: the first use of a new process does it."""
    FileBlobs(tmp_path / "blobs").put(DIGEST, DATA)
    calls = Calls(monkeypatch, tmp_path)
    FileBlobs(tmp_path / "blobs").put(DIGEST, DATA)
    assert calls.seen == ["fsync .", "fsync blobs", f"fsync blobs/{DIGEST[:2]}"]


def test_files_and_folders_are_private(tmp_path: Path) -> None:
    """Files are 0600, folders 0700."""
    FileBlobs(tmp_path / "blobs").put(DIGEST, DATA)
    path = target(tmp_path / "blobs")
    assert path.stat().st_mode & 0o777 == 0o600
    for folder in (path.parent, path.parent.parent, tmp_path / "blobs"):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the bytes cannot be synced, there is no blob and no rest of one."""

    def fail(handle: int) -> None:
        if not os.path.isdir(f"/proc/self/fd/{handle}"):
            raise OSError(5, "I/O error")

    monkeypatch.setattr(os, "fsync", fail)
    blobs = FileBlobs(tmp_path / "blobs")
    with pytest.raises(OSError, match="I/O"):
        blobs.put(DIGEST, DATA)
    assert [path for path in (tmp_path / "blobs").rglob("*") if path.is_file()] == []
    with pytest.raises(KeyError):
        blobs.get(DIGEST)


def test_a_short_file_is_written_again(tmp_path: Path) -> None:
    """A file of the wrong length is no blob: it is refused when read and replaced when put."""
    blobs = FileBlobs(tmp_path / "blobs")
    blobs.put(DIGEST, DATA)
    target(tmp_path / "blobs").write_bytes(DATA[:-1])
    with pytest.raises(KeyError):
        blobs.get(DIGEST)
    blobs.put(DIGEST, DATA)
    assert blobs.get(DIGEST) == DATA


def test_a_changed_byte_is_noticed(tmp_path: Path) -> None:
    """Damage of the same length is a KeyError, never wrong bytes."""
    blobs = FileBlobs(tmp_path / "blobs")
    blobs.put(DIGEST, DATA)
    target(tmp_path / "blobs").write_bytes(b"X" + DATA[1:])
    with pytest.raises(KeyError):
        blobs.get(DIGEST)
