"""How common names and birth dates are in a directory, and how likely two of its people agree by chance.

Agreement on a rare name says more than agreement on a common one. What is common is the directory's to say.

Source: Fellegi and Sunter 1969, u probabilities; frequency-based weights after Newcombe 1959.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from engine.domain import names
from engine.domain.patient import PatientRecord

COUNTED = ("family", "given", "birth_date")
"""The fields whose single values are counted."""
FIELDS = (*COUNTED, "sex", "phone", "postcode")
ENOUGH = 1_000
"""Records from which counts say something; with fewer, the built-in figures stand."""
KEPT = 4_096
"""Values remembered a field; every other one is as common as the least common of these, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Commonness:
    """How many records of a directory share a record's family name, given name and birth date, itself included."""

    people: int
    family: int
    given: int
    birth_date: int

    def share(self, field: str) -> float:
        """The part of the directory that has the value, 0..1; at least one record in all."""
        counts = {"family": self.family, "given": self.given, "birth_date": self.birth_date}
        return min(max(counts[field], 1), self.people) / self.people


@dataclass(frozen=True, slots=True, kw_only=True)
class Chances:
    """By field, how likely two different people of a directory agree (u); a field nobody has is not there."""

    people: int
    by_field: Mapping[str, float]


class Summary:
    """The commonest values of a directory with their counts; of bounded size."""

    def __init__(self, people: int, counts: Mapping[str, Counter[str]]) -> None:
        self._people = people
        self._most = {field: dict(counts[field].most_common(KEPT)) for field in COUNTED}
        # What was left out is no commoner than the last one kept.
        self._least = {field: min(self._most[field].values()) if len(counts[field]) > KEPT else 1 for field in COUNTED}

    def commonness(self, record: PatientRecord) -> Commonness | None:
        """Of that record's values; None in a directory too small to count in."""
        if self._people < ENOUGH:
            return None
        found = {field: self._count(field, value_of(record, field)) for field in COUNTED}
        return Commonness(people=self._people, **found)

    def _count(self, field: str, value: str) -> int:
        return self._most[field].get(value, self._least[field])


def counted(records: Iterable[PatientRecord], fields: Iterable[str] = FIELDS) -> tuple[int, dict[str, Counter[str]]]:
    """Records in use, and by field how many of them have each value; merged records are not counted."""
    counts: dict[str, Counter[str]] = {field: Counter() for field in fields}
    people = 0
    for record in records:
        if record.merged_into:
            continue
        people += 1
        for field, values in counts.items():
            value = value_of(record, field)
            if value:
                values[value] += 1
    return people, counts


def summary(records: Iterable[PatientRecord]) -> Summary:
    """What is common in a directory, read once."""
    return Summary(*counted(records, COUNTED))


def chances(records: Iterable[PatientRecord]) -> Chances:
    """How likely two of the directory's people agree in each field, of those who have it."""
    people, counts = counted(records)
    found = {}
    for field, values in counts.items():
        having = values.total()
        if having > 1:
            found[field] = sum(count * (count - 1) for count in values.values()) / (having * (having - 1))
    return Chances(people=people, by_field=found)


def value_of(record: PatientRecord, field: str) -> str:
    """A field as two records are compared by: spellings that agree are one value; empty when there is none."""
    if field in ("family", "given"):
        return names.spelling(record.family if field == "family" else record.given)
    if field == "sex":
        return record.sex if record.sex in ("F", "M") else ""
    if field == "phone":
        return names.last_digits(record.phone)
    return names.fold(record.postcode) if field == "postcode" else record.birth_date
