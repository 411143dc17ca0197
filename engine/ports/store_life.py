"""The life of what is stored: what can be pruned, and what an administrator does to a store that is not running."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Prunable(StrEnum):
    """What retention removes, each with its own age."""

    BODIES = "bodies"
    """Raw bytes, payloads, answers and stage outputs of finished messages; what the list shows stays."""
    MESSAGES = "messages"
    """Finished messages whole, with their deliveries, reviews and metadata. Audit rows stay."""
    FRAGMENTS = "fragments"
    """Torn frames."""
    AUDIT = "audit"
    """Audit rows of messages that are gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """Blobs that nothing referred to and that were removed."""

    files: int = 0
    size_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaState:
    """Numbers of the newest migration in the database and in this release; `found` 0 means an empty place."""

    found: int
    newest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupReport:
    """What a backup or a restore moved."""

    messages: int
    blobs: int
    size_bytes: int


class Upkeep(Protocol):
    """What `headrace db` does, on a store that was built and not opened.

    Every method raises StoreError when it cannot, StoreLocked when a running engine is in the way (backup and check
    work beside one).
    """

    def schema(self) -> SchemaState:
        """How old the database is."""

    def upgrade(self) -> SchemaState:
        """Bring the schema up to date; returns what it was before. Nothing to do is no error."""

    def check(self) -> list[str]:
        """Everything wrong with the store, in plain words, empty when sound: the file, its indexes, missing bodies."""

    def backup(self, target: Path) -> BackupReport:
        """Write a consistent copy into an empty folder: the database first, then every blob it names.

        Raises:
            StoreError: the folder is not empty, or the store's own tools must do it (PostgreSQL: named in the text).
        """

    def restore(self, source: Path) -> BackupReport:
        """Make the store from a backup; the place must be empty. Afterwards all sending is paused.

        What was delivered after the backup was taken would otherwise be sent again; a person resumes the queues.
        """
