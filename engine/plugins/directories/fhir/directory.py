"""The `Directory` port over a FHIR server: asks what must be asked, and shows everybody it is told of."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from engine.domain.asking import Question, asks_for_all, questions, with_numbers
from engine.domain.patient import Demographics, Identifier, PatientRecord
from engine.links.failures import CallFailed
from engine.links.guard import all_of
from engine.plugins.directories.fhir.patients import Known, PatientReader, UnreadablePatient
from engine.ports.directory import DirectoryIncomplete, DirectoryUnavailable

if TYPE_CHECKING:
    from engine.plugins.directories.fhir.server import FhirServer, Found
    from engine.plugins.directories.fhir.settings import FhirSettings

_SPECIAL = re.compile(r"([\\,|$])")
_GENDERS = MappingProxyType({"M": "male", "F": "female", "O": "other"})
_MOST_MERGES = 5
"""Steps of a chain of merges that are followed."""


@dataclass(slots=True)
class _Gathered:
    """What the answers for one person came to; `whole` while nobody may be missing."""

    known: dict[str, Known] = field(default_factory=dict)
    whole: bool = True


class FhirDirectory:
    """Implements `engine.ports.directory.Directory`."""

    def __init__(self, settings: FhirSettings, server: FhirServer) -> None:
        self.default_authority = settings.default_authority
        self._settings = settings
        self._server = server
        self._systems = {name.casefold(): system for name, system in settings.systems.items()}
        self._crossed = {name.casefold() for name in settings.cross_reference}
        self._reader = PatientReader(settings.systems, settings.default_authority)

    async def candidates(self, person: Demographics) -> Sequence[PatientRecord]:
        """Everybody the server shows for any of the questions, with those they were merged into.

        Raises:
            DirectoryUnavailable: the server gave no usable answer.
            DirectoryIncomplete: somebody may be missing.
        """
        gathered = _Gathered(whole=asks_for_all(person))
        try:
            crossed = await self._cross_referenced(person, gathered)
            await self._ask(self._calls(person, crossed), gathered)
            await self._survivors(gathered)
        except CallFailed as failed:
            raise DirectoryUnavailable(failed.cause.word) from None
        records = _records(gathered, crossed, self.default_authority)
        if not gathered.whole:
            raise DirectoryIncomplete(records)
        return records

    def _calls(self, person: Demographics, crossed: Mapping[str, Sequence[Identifier]]) -> list[Awaitable[Found]]:
        own = [Identifier(value=value, authority=self.default_authority) for value in crossed]
        if self._settings.method == "match":
            whole = replace(person, identifiers=(*person.identifiers, *own))
            return [self._server.match(self._described(whole))]
        asked = (*questions(person, by_year=True), *(Question(identifier=item) for item in own))
        return [self._server.search(self._words(question)) for question in dict.fromkeys(asked)]

    async def _cross_referenced(self, person: Demographics, gathered: _Gathered) -> dict[str, list[Identifier]]:
        """Own numbers that belong to the foreign ones given, by value."""
        foreign = [item for item in person.identifiers if item.authority.casefold() in self._crossed]
        target = self._systems[self.default_authority.casefold()]
        calls = [
            self._server.cross_referenced(self._systems[item.authority.casefold()], item.value, target)
            for item in foreign
        ]
        found: dict[str, list[Identifier]] = {}
        for item, values in zip(foreign, await all_of(calls), strict=True):
            if values is None:
                gathered.whole = False
            for value in values or ():
                found.setdefault(value, []).append(item)
        return found

    async def _ask(self, calls: Sequence[Awaitable[Found]], gathered: _Gathered) -> None:
        for found in await all_of(calls):
            if found is None:
                gathered.whole = False
                continue
            gathered.whole = gathered.whole and found.whole
            for resource in found.patients:
                try:
                    known = self._reader.read(resource)
                except UnreadablePatient:
                    gathered.whole = False
                else:
                    gathered.known[known.reference or f"({len(gathered.known)})"] = known

    async def _survivors(self, gathered: _Gathered) -> None:
        """Read those that took the place of somebody found, along the chain of merges."""
        for _ in range(_MOST_MERGES):
            wanted = {item.replaced_by for item in gathered.known.values()} - {"", *gathered.known}
            keys = sorted(item.removeprefix("Patient/") for item in wanted if item.startswith("Patient/"))
            before = len(gathered.known)
            await self._ask([self._server.search({"_id": key}) for key in keys], gathered)
            if len(gathered.known) == before:
                return

    def _words(self, question: Question) -> dict[str, str]:
        """A question as search parameters. Source: FHIR R4 search, escaping; PDQm ITI-78."""
        if question.identifier is not None:
            return {"identifier": self._token(question.identifier)}
        words = {"family": question.family, "given": question.given, "birthdate": question.birth_date}
        return {name: _escaped(value) for name, value in words.items() if value}

    def _token(self, item: Identifier) -> str:
        """With its system where the authority is known; a number without one is looked for in every system."""
        system = self._systems.get(item.authority.casefold(), "")
        return f"{system}|{_escaped(item.value)}" if system else _escaped(item.value)

    def _described(self, person: Demographics) -> dict[str, object]:
        """The person as a Patient for `$match`."""
        given = [name for name in (person.given, person.middle) if name]
        name = {key: value for key, value in (("family", person.family), ("given", given)) if value}
        numbers = [self._number(item) for item in person.identifiers]
        parts: dict[str, object] = {
            "identifier": numbers,
            "name": [name] if name else [],
            "birthDate": person.birth_date,
            "gender": _GENDERS.get(person.sex, ""),
            "telecom": [{"system": "phone", "value": person.phone}] if person.phone else [],
            "address": [{"postalCode": person.postcode}] if person.postcode else [],
        }
        return {"resourceType": "Patient", **{key: value for key, value in parts.items() if value}}

    def _number(self, item: Identifier) -> dict[str, str]:
        system = self._systems.get(item.known_as(self.default_authority)[1], "")
        return {"system": system, "value": item.value} if system else {"value": item.value}

    async def close(self) -> None:
        """Drop the connections."""
        await self._server.close()


def _records(gathered: _Gathered, crossed: Mapping[str, Sequence[Identifier]], own: str) -> tuple[PatientRecord, ...]:
    """One record a number. Of two resources with one number the one in use counts; two in use are not told apart."""
    records: dict[tuple[str, str], PatientRecord] = {}
    for item in gathered.known.values():
        survivor = gathered.known.get(item.replaced_by)
        record = replace(item.record, merged_into=survivor.record.mrn) if survivor else item.record
        for one in (with_numbers(record, crossed, own), *item.former):
            other = records.get(one.key)
            if other is not None and not other.merged_into and not one.merged_into:
                gathered.whole = False
            if other is None or not one.merged_into:
                records[one.key] = one
    return tuple(records.values())


def _escaped(value: str) -> str:
    return _SPECIAL.sub(r"\\\1", value)
