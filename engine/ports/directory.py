"""Who the patients are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from engine.domain.frequency import Chances, Commonness
from engine.domain.patient import Demographics, PatientRecord


class DirectoryUnavailable(Exception):
    """The directory cannot answer now; the message waits, nothing is guessed."""


class DirectoryIncomplete(DirectoryUnavailable):
    """The directory answered, but not everybody who could be meant is among what it showed.

    It knows more people than it may show, or refuses this very question, and will do so again. Waiting does not help,
    and nothing may be released on what was found: a person decides.

    Attributes:
        found: the records it did show.
    """

    def __init__(self, found: Sequence[PatientRecord] = ()) -> None:
        super().__init__("the directory did not show everybody")
        self.found = tuple(found)


class Directory(Protocol):
    """A source of patient records."""

    default_authority: str

    async def candidates(self, person: Demographics) -> Sequence[PatientRecord]:
        """Every record that could be the person: by any identifier, by name, by birth date; merged ones included.

        Raises:
            DirectoryUnavailable: no answer.
            DirectoryIncomplete: an answer that does not show everybody.
        """

    async def close(self) -> None:
        """Drop connections."""


@runtime_checkable
class CountsPeople(Protocol):
    """What a directory can say that holds every record itself; one that asks another machine cannot."""

    async def commonness(self, record: PatientRecord) -> Commonness | None:
        """How many records share the record's names and birth date; None where there are too few to count in.

        Raises:
            DirectoryUnavailable: no answer.
        """

    async def chances(self) -> Chances:
        """By field, how likely two of the people agree; reads every record.

        Raises:
            DirectoryUnavailable: no answer.
        """


async def commonness(directory: Directory, record: PatientRecord | None) -> Commonness | None:
    """How common a record's values are; None when the directory does not count. Raises DirectoryUnavailable."""
    if record is None or not isinstance(directory, CountsPeople):
        return None
    return await directory.commonness(record)
