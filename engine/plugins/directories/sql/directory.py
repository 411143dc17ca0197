"""The `Directory` port over two queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from engine.domain.patient import Demographics, Identifier, PatientRecord
from engine.links.failures import CallFailed
from engine.plugins.directories.sql.rows import Row, records
from engine.plugins.directories.sql.statement import (
    BY_IDENTIFIER,
    BY_PERSON,
    Parameters,
    Statement,
    of_identifier,
    of_person,
)
from engine.ports.directory import DirectoryIncomplete, DirectoryUnavailable

if TYPE_CHECKING:
    from engine.links.guard import Guard
    from engine.plugins.directories.sql.settings import SqlSettings

_MOST_MERGES = 10
"""Steps of a chain of merges that are followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A statement with the values for one question."""

    statement: Statement
    values: Parameters


class Database(Protocol):
    """A driver: answers several questions from one state of the database, and changes nothing."""

    async def ask(self, queries: Sequence[Query], most: int) -> list[list[Row]]:
        """The rows of each, at most `most + 1` so that one too many is seen.

        Raises:
            CallFailed: no answer, or an answer without a column that must be there.
        """

    async def close(self) -> None:
        """Drop the connections."""


class SqlDirectory:
    """Implements `engine.ports.directory.Directory`."""

    def __init__(self, settings: SqlSettings, database: Database, guard: Guard) -> None:
        self.default_authority = settings.default_authority
        self._most = settings.max_rows
        self._database = database
        self._guard = guard
        self._by_identifier = Statement.parse(settings.by_identifier, BY_IDENTIFIER)
        self._by_person = Statement.parse(settings.by_person, BY_PERSON)

    async def candidates(self, person: Demographics) -> Sequence[PatientRecord]:
        """Everybody the queries find for any number or for the rest, with those they were merged into.

        Raises:
            DirectoryUnavailable: the database gave no usable answer in time.
            DirectoryIncomplete: more rows than may be read, or a question that the database refuses for ever.
        """
        queries = [self._about(item) for item in dict.fromkeys(person.identifiers)]
        if person.family or person.given or person.birth_date:
            queries.append(Query(statement=self._by_person, values=of_person(person)))
        rows = await self._rows(queries)
        found = records(rows, self.default_authority)
        for _ in range(_MOST_MERGES):
            wanted = [(item.merged_into, item.assigning_authority) for item in found.values() if item.merged_into]
            missing = [Identifier(value=key[0], authority=key[1]) for key in dict.fromkeys(wanted) if key not in found]
            if not missing:
                break
            before = len(rows)
            rows += await self._rows([self._about(item) for item in missing])
            found = records(rows, self.default_authority)
            if len(rows) == before:
                break
        return tuple(found.values())

    def _about(self, item: Identifier) -> Query:
        return Query(statement=self._by_identifier, values=of_identifier(item, self.default_authority))

    async def _rows(self, queries: Sequence[Query]) -> list[Row]:
        try:
            answers = await self._guard.call(lambda: self._database.ask(queries, self._most))
        except CallFailed as failed:
            if failed.cause.in_document:
                raise DirectoryIncomplete from None
            raise DirectoryUnavailable("the database gave no answer") from None
        rows = [row for answer in answers for row in answer[: self._most]]
        if any(len(answer) > self._most for answer in answers):
            raise DirectoryIncomplete(tuple(records(rows, self.default_authority).values()))
        return rows

    async def close(self) -> None:
        """Drop the connections."""
        await self._database.close()
