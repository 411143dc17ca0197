"""The `Directory` port over a PDQ supplier: asks what must be asked, and shows everybody it is told of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from engine.domain.asking import Question, asks_for_all, questions, with_numbers
from engine.domain.patient import Demographics, Identifier, PatientRecord
from engine.links.failures import CallFailed
from engine.links.guard import all_of
from engine.plugins.directories.pdq.response import merged_by_number
from engine.ports.directory import DirectoryIncomplete, DirectoryUnavailable

if TYPE_CHECKING:
    from engine.plugins.directories.pdq.settings import PdqSettings
    from engine.plugins.directories.pdq.supplier import Supplier


class PdqDirectory:
    """Implements `engine.ports.directory.Directory`."""

    def __init__(self, settings: PdqSettings, supplier: Supplier) -> None:
        self.default_authority = settings.default_authority
        self._pix = settings.pix
        self._supplier = supplier

    async def candidates(self, person: Demographics) -> Sequence[PatientRecord]:
        """Everybody the supplier shows for any of the questions.

        Raises:
            DirectoryUnavailable: the supplier gave no usable answer.
            DirectoryIncomplete: somebody may be missing.
        """
        try:
            records, whole = await self._asked(person)
        except CallFailed as failed:
            raise DirectoryUnavailable(failed.cause.word) from None
        if not whole:
            raise DirectoryIncomplete(records)
        return records

    async def _asked(self, person: Demographics) -> tuple[tuple[PatientRecord, ...], bool]:
        foreign, whole = await self._cross_referenced(person)
        own = [Question(identifier=Identifier(value=value, authority=self.default_authority)) for value in foreign]
        asked = dict.fromkeys((*questions(person, by_year=False), *own))
        answers = await all_of(self._supplier.find(question) for question in asked)
        found = [record for answer in answers if answer is not None for record in answer.records]
        records, same = merged_by_number(found)
        whole = (
            whole and same and asks_for_all(person) and all(answer is not None and answer.whole for answer in answers)
        )
        return tuple(with_numbers(record, foreign, self.default_authority) for record in records), whole

    async def _cross_referenced(self, person: Demographics) -> tuple[dict[str, list[Identifier]], bool]:
        """Own numbers that belong to the foreign ones given, by value; false when a question was refused."""
        pix, found, whole = self._pix, dict[str, list[Identifier]](), True
        if pix is None:
            return found, whole
        names = {name.casefold() for name in pix.authorities}
        foreign = [item for item in person.identifiers if item.authority.casefold() in names]
        answers = await all_of(self._supplier.cross_referenced(item, pix.query_name) for item in foreign)
        for item, values in zip(foreign, answers, strict=True):
            whole = whole and values is not None
            for value in values or ():
                found.setdefault(value, []).append(item)
        return found, whole

    async def close(self) -> None:
        """Close the connections."""
        self._supplier.close()
