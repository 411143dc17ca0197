"""People who are easily confused, found only by the questions that another machine can answer: still nobody is mixed up."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from engine.domain import names
from engine.domain.asking import Question, questions
from engine.domain.matching import MatchRules, decide
from engine.domain.patient import Decision, Demographics, Identifier, PatientRecord
from engine.plugins.directories.file import PatientIndex
from tests.generators.identities import Description, Registered, make

pytestmark = pytest.mark.slow

RULES = MatchRules(default_authority="HOSP")
Finds = Callable[[Question, PatientRecord], bool]


def _known(one: Registered | Description) -> dict[str, Any]:
    fields = {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}
    numbers = (Identifier(value=item.value, authority=item.authority, type=item.type) for item in one.identifiers)
    return {**fields, "identifiers": tuple(numbers)}


def _has(number: Identifier, record: PatientRecord) -> bool:
    own = {(record.mrn, record.assigning_authority), *((item.value, item.authority) for item in record.identifiers)}
    return any(value == number.value and number.authority in ("", authority) for value, authority in own)


def by_beginnings(question: Question, record: PatientRecord) -> bool:
    """As FHIR searches: names by how they begin, without case and accents; dates by their precision."""
    if question.identifier is not None:
        return _has(question.identifier, record)
    return (
        names.fold(record.family).startswith(names.fold(question.family))
        and names.fold(record.given).startswith(names.fold(question.given))
        and record.birth_date.startswith(question.birth_date)
    )


def by_exact_fields(question: Question, record: PatientRecord) -> bool:
    """As a plain PDQ supplier searches: whole fields, without case only."""
    if question.identifier is not None:
        return _has(question.identifier, record)
    return all(
        not asked or asked.casefold() == there.casefold()
        for asked, there in (
            (question.family, record.family), (question.given, record.given), (question.birth_date, record.birth_date),
        )
    )  # fmt: skip


@pytest.mark.parametrize(("finds", "by_year", "least"), [(by_beginnings, True, 0.85), (by_exact_fields, False, 0.80)])
def test_questions_miss_nobody_who_matters(finds: Finds, by_year: bool, least: float) -> None:
    """No wrong match, none that the whole directory at hand would not make as well, and most of the true ones."""
    directory, pairs = make(1000, 23)
    records = [PatientRecord(**_known(one)) for one in directory]
    index = PatientIndex(records)
    outcomes: Counter[str] = Counter()
    for pair in pairs:
        person = Demographics(**_known(pair.person))
        asked = questions(person, by_year=by_year)
        shown = [record for record in records if any(finds(question, record) for question in asked)]
        match = decide(person, shown, RULES)
        if match.decision is Decision.MATCH:
            at_hand = decide(person, index.candidates(person), RULES)
            outcomes["right" if match.record and match.record.mrn == pair.expected else "wrong"] += 1
            outcomes["overconfident"] += at_hand.decision is not Decision.MATCH
    true = sum(bool(pair.expected) for pair in pairs)
    assert (outcomes["wrong"], outcomes["overconfident"]) == (0, 0)
    assert outcomes["right"] >= true * least
