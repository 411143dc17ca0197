"""A directory that is kept current by messages about patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

from engine.domain.register import Facts, Key, PatientNews


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPatient:
    """One record with the stamp of each fact: UTC time recorded, UTC time sent, and message id, joined by `|`."""

    key: Key
    facts: Facts


@runtime_checkable
class PatientRegister(Protocol):
    """What can be told about patients; implemented by a directory beside `Directory`."""

    default_authority: str

    async def apply(self, news: Sequence[PatientNews]) -> int:
        """Take in what was said, all of it in one transaction; on disk on return. Older news change nothing.

        Returns:
            How many records are not what they were.

        Raises:
            DirectoryUnavailable: nothing was taken in; the same call may be made again.
        """

    async def known(self, number: str) -> Sequence[KnownPatient]:
        """Records with that number as their own, of every authority; deleted and merged ones too.

        Raises:
            DirectoryUnavailable: no answer.
        """

    async def close(self) -> None:
        """Close what is open."""


@runtime_checkable
class CopiedRegister(Protocol):
    """A register that keeps its patients in a file of the site, which belongs into the site's backup."""

    def back_up(self, target: Path) -> int:
        """Copy it as it is at one moment into a new file, beside a running engine or without.

        Returns:
            How many records the copy holds; 0 without a file when nothing was ever told.

        Raises:
            DirectoryUnavailable: there is no whole copy.
        """

    def restore(self, source: Path) -> int:
        """Make a copy the register, while no engine runs; returns how many records it holds.

        Raises:
            DirectoryUnavailable: it is as it was.
        """

    def faults(self) -> list[str]:
        """Everything wrong with the file, a line each; holds no patient."""
