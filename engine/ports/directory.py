"""Who the patients are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from engine.domain.patient import Demographics, PatientRecord


class DirectoryUnavailable(Exception):
    """The directory cannot answer now; the message waits, nothing is guessed."""


class Directory(Protocol):
    """A source of patient records."""

    default_authority: str

    async def candidates(self, person: Demographics) -> Sequence[PatientRecord]:
        """Every record that could be the person: by any identifier, by name, by birth date; merged ones included.

        Raises:
            DirectoryUnavailable: no answer.
        """

    async def close(self) -> None:
        """Drop connections."""
