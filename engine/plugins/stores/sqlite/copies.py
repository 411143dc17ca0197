"""The files of a backup: copied durably, and what its manifest says of them."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from engine.ports.store import StoreError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What is in a backup; written last."""

    NAME: ClassVar[str] = "manifest.json"

    release: str
    schema_number: int
    database_sha256: str
    messages: int
    blobs: int
    missing_blobs: int

    def write(self, folder: Path) -> None:
        """Make the folder a backup. Raises OSError."""
        write_file(folder / self.NAME, (json.dumps(asdict(self), indent=2) + "\n").encode())

    @classmethod
    def read(cls, folder: Path) -> Manifest:
        """The manifest of a backup.

        Raises:
            StoreError: there is none, or it is none of ours.
        """
        try:
            found = json.loads((folder / cls.NAME).read_bytes())
            return cls(**{field.name: found[field.name] for field in fields(cls)})
        except FileNotFoundError as problem:
            raise StoreError(f"{folder.name} is no backup: it has no {cls.NAME}") from problem
        except (OSError, ValueError, LookupError, TypeError) as problem:
            raise StoreError(f"{cls.NAME} of the backup cannot be read: {type(problem).__name__}") from problem


def write_file(path: Path, data: bytes) -> None:
    """A new file, durable with its entry in the folder. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(handle, rest) :]
        os.fsync(handle)
    finally:
        os.close(handle)
    sync_folder(path.parent)


def copy_file(source: Path, target: Path) -> None:
    """A copy of any length, durable. Raises OSError."""
    reading = os.open(source, os.O_RDONLY | os.O_CLOEXEC)
    try:
        writing = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            while os.sendfile(writing, reading, None, _CHUNK):
                continue
            os.fsync(writing)
        finally:
            os.close(writing)
    finally:
        os.close(reading)
    sync_folder(target.parent)


def digest_of(path: Path) -> str:
    """Hex SHA-256 of a file.

    Raises:
        StoreError: it cannot be read.
    """
    digest = sha256()
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as problem:
        raise StoreError(f"{path.name} cannot be read: {type(problem).__name__}") from problem
    try:
        while part := os.read(handle, _CHUNK):
            digest.update(part)
    finally:
        os.close(handle)
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Make the entries of a folder durable. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
