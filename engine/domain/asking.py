"""What a directory on another machine is asked, so that nobody who could be meant is missed.

Such a directory finds people by exact fields or by beginnings of names, never by likeness. So it is asked several
times, each time with two things that may both be right although the rest is wrong: every number by itself, the birth
date with either name, and both names with the birth date written another way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.domain import lookup, names
from engine.domain.patient import Demographics, Identifier, PatientRecord

MOST_NUMBERS = 16
"""Numbers of one person that are asked for; who comes with more is not asked for whole."""
_GAPS = re.compile(r"[\s\-\u2010-\u2015]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One search: a number alone, or what is set of the rest together.

    Attributes:
        family: beginning of the family name: its first word with the particles before it.
        given: the first given name.
        birth_date: ISO text of any precision; coarser than a day means any day in it.
    """

    identifier: Identifier | None = None
    family: str = ""
    given: str = ""
    birth_date: str = ""


def questions(person: Demographics, *, by_year: bool) -> tuple[Question, ...]:
    """Every search for a person, none twice.

    Args:
        person: what message and document say.
        by_year: the directory can search by a year of birth; otherwise day and month are tried the other way round.
    """
    numbers = [Question(identifier=item) for item in person.identifiers[:MOST_NUMBERS]]
    return tuple(dict.fromkeys([*numbers, *_by_name(person, by_year=by_year)]))


def asks_for_all(person: Demographics) -> bool:
    """Whether the questions hold every number of the person."""
    return len(person.identifiers) <= MOST_NUMBERS


def _by_name(person: Demographics, *, by_year: bool) -> list[Question]:
    family, given, birth = beginning(person.family), first_word(person.given), person.birth_date
    if not birth:
        return [Question(family=family, given=given)] if family and given else []
    found = [Question(family=family, birth_date=birth)] if family else []
    found += [Question(given=given, birth_date=birth)] if given else []
    if not found:
        return [Question(birth_date=birth)]
    if family and given:
        others = (birth[:4],) if by_year else lookup.birth_forms(birth)[1:]
        found += [Question(family=family, given=given, birth_date=other) for other in others]
        # Names in each other's place.
        found.append(Question(family=first_word(person.given), given=first_word(person.family), birth_date=birth))
    return found


def beginning(family: str) -> str:
    """The first word of a family name with its particles: `van der Berg-Smith` to `van der Berg`."""
    words = [word for word in _GAPS.split(family.strip()) if word]
    for place, word in enumerate(words):
        if names.fold(word) not in names.PARTICLES:
            return " ".join(words[: place + 1])
    return " ".join(words)


def first_word(name: str) -> str:
    """The first word of a name, the dot of an initial taken off."""
    words = [word for word in _GAPS.split(name.strip()) if word]
    return words[0].rstrip(".") if words else ""


def with_numbers(record: PatientRecord, foreign: Mapping[str, Sequence[Identifier]], own: str) -> PatientRecord:
    """The record with the foreign numbers a cross-reference says are its; `foreign` is by number of authority `own`."""
    values = [record.mrn] if record.assigning_authority == own else []
    values += [item.value for item in record.identifiers if item.authority == own]
    extra = tuple(item for value in values for item in foreign.get(value, ()))
    return replace(record, identifiers=(*record.identifiers, *extra)) if extra else record
