"""How common names and birth dates are in the index: counted in the words that records are found by, when asked."""

from __future__ import annotations

import apsw

from engine.domain import frequency, names
from engine.domain.frequency import ENOUGH, Chances, Commonness
from engine.domain.patient import PatientRecord
from engine.plugins.directories.index import tables

_PEOPLE = "SELECT coalesce(max(id), 0) FROM patient"
_BORN = "SELECT count(*) FROM lookup WHERE word = ? AND birth = ?"
_NAMED = """
SELECT count(DISTINCT patient) FROM (SELECT patient FROM lookup WHERE word >= ? AND word < ? LIMIT 50000)
"""
"""The limit bounds the time of an answer: half a hundred thousand of one name are common in any directory."""


def commonness(connection: apsw.Connection, record: PatientRecord) -> Commonness | None:
    """Of that record's values; None in an index too small to count in. Raises apsw.Error.

    TRANSACTION: reads only, each count of its own moment.
    """
    people = _number(connection, _PEOPLE)
    if people < ENOUGH:
        return None
    return Commonness(
        people=people,
        family=_named(connection, record.family),
        given=_named(connection, record.given),
        birth_date=_number(connection, _BORN, tables.BORN, record.birth_date),
    )


def chances(connection: apsw.Connection) -> Chances:
    """By field, of all records. Raises apsw.Error.

    TRANSACTION: one read of the table.
    """
    return frequency.chances(tables.everyone(connection))


def _named(connection: apsw.Connection, name: str) -> int:
    """Records with the rarest word of a name, in its spellings, as a family or a given name."""
    counts = [
        sum(_number(connection, _NAMED, f"w:{form} ", f"w:{form}!") for form in {word, names.spelling(word)})
        for word in names.tokens(name)
    ]
    return min(counts, default=0)


def _number(connection: apsw.Connection, sql: str, *values: str) -> int:
    return int(next(iter(connection.execute(sql, values)))[0])
