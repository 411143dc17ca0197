"""A directory that is kept current by messages about patients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
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
