"""Blobs as files: `ab/<sha256>`, written once, durable with their folders before anyone may name them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256 as digest_of
from pathlib import Path
from threading import Lock
from uuid import uuid4

from pydantic import Field

from engine.ports.blobs import BlobInfo
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.services import SiteServices

_HEX = frozenset("0123456789abcdef")
_FOLDER_MODE = 0o700
_FILE_MODE = 0o600


class FilesSettings(Settings):
    """Where large bodies lie."""

    path: str = Field(default="var/blobs", examples=["var/blobs"])
    """The folder; relative paths start at the site's folder. On a local disk."""


class FileBlobs:
    """The BlobStore port on a folder. Synchronous and thread-safe: writers of the same bytes rename onto one name."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lock = Lock()
        self._naming = Lock()  # a body is found and counted as new, or removed: never both at once
        self._ready = False
        self._doubted: set[Path] = set()

    def put(self, sha256: str, data: bytes) -> None:
        """Store under the digest; see the port.

        The order makes it durable: the bytes are fsynced under a temporary name, renamed, then the folder is fsynced,
        and before that each folder that had to be made, in its parent. An existing file is not written again, but its
        folder is fsynced, for the writer that renamed it may not have come that far yet. After a folder's fsync failed,
        a later one that succeeds proves nothing about older entries: its files are written anew, each once more.
        """
        target = self._place(sha256)
        self._make_folders()
        with self._naming:
            is_there = target.parent not in self._doubted and _is_fresh(target, len(data))
        if not is_there:
            temporary = target.with_name(f".{target.name}.{uuid4().hex}")
            try:
                _write_synced(temporary, data)
                with self._naming:
                    temporary.rename(target)
            except OSError:
                temporary.unlink(missing_ok=True)
                raise
        try:
            _sync_folder(target.parent)
        except OSError:
            self._doubted.add(target.parent)
            raise

    def get(self, sha256: str) -> bytes:
        """The bytes; see the port. The digest is checked: 2 MB take about a millisecond."""
        try:
            data = self._place(sha256).read_bytes()
        except OSError as problem:
            raise KeyError(sha256) from problem
        if digest_of(data).hexdigest() != sha256:
            raise KeyError(sha256)
        return data

    def delete(self, sha256: str, *, unless_newer_than: datetime | None = None) -> bool:
        """Remove one; see the port. Not fsynced: what a power cut brings back, the next sweep finds again."""
        target = self._place(sha256)
        with self._naming:
            try:
                if unless_newer_than is not None and _written_at(target.stat()) >= unless_newer_than:
                    return False
                target.unlink()
            except FileNotFoundError:
                return False
        return True

    def list(self) -> Iterator[BlobInfo]:
        """All of them; see the port. Temporary files and those that go meanwhile are left out."""
        for path in self._root.glob("[0-9a-f][0-9a-f]/*"):
            if len(path.name) != 64 or not _HEX.issuperset(path.name):
                continue
            try:
                found = path.stat()
            except FileNotFoundError:
                continue
            yield BlobInfo(sha256=path.name, size_bytes=found.st_size, written_at=_written_at(found))

    def _place(self, sha256: str) -> Path:
        if len(sha256) != 64 or not _HEX.issuperset(sha256):
            raise KeyError(sha256)
        return self._root / sha256[:2] / sha256

    def _make_folders(self) -> None:
        """Make the folder and its 256 leaves, once a process, and be sure that each entry is on disk.

        One that exists may have been made by a process that died before its fsync: the first use syncs it, too.
        """
        with self._lock:
            if self._ready:
                return
            missing = [item for item in (self._root, *self._root.parents) if not item.is_dir()]
            for item in reversed(missing):
                item.mkdir(mode=_FOLDER_MODE, exist_ok=True)
            for number in range(256):
                (self._root / f"{number:02x}").mkdir(mode=_FOLDER_MODE, exist_ok=True)
            for item in sorted({self._root, self._root.parent, *(item.parent for item in missing)}, key=_depth):
                _sync_folder(item)
            self._ready = True


def _depth(path: Path) -> int:
    return len(path.parts)


def _written_at(found: os.stat_result) -> datetime:
    return datetime.fromtimestamp(found.st_mtime, UTC)


def _is_fresh(target: Path, size: int) -> bool:
    """Whether it is there in full; then it counts as written now, so that no sweep takes it for forgotten."""
    try:
        if target.stat().st_size != size:
            return False
        os.utime(target)
    except FileNotFoundError:
        return False
    return True


def _write_synced(path: Path, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def build(settings: FilesSettings, services: SiteServices) -> FileBlobs:
    """Make the blob store; folders are made when the first body comes."""
    return FileBlobs(services.site / settings.path)


PLUGIN = Plugin(
    kind=Kind.BLOBS,
    name="files",
    settings=FilesSettings,
    build=build,
    summary="Keeps large bodies as files named by their SHA-256.",
    guarantees="File and folders are fsynced before a row names them; an existing body is never written again.",
)
"""What the registry lists."""
