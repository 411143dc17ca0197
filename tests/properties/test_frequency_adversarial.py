"""Confusable people in directories that count their names: nothing matches that did not before, and nobody is mixed up."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from engine.domain.matching import MatchRules, decide
from engine.domain.patient import Decision, Demographics, Identifier, Match, PatientRecord
from engine.domain.weighing import FieldWeight, Knowledge, weigh
from engine.plugins.directories.file import PatientIndex
from tests.generators.identities import FAMILIES, GIVENS, Description, Registered, make

pytestmark = pytest.mark.slow

RULES = MatchRules(default_authority="HOSP")
SEEDS = (1, 4, 5, 6, 11)
PAIRS = 4_000
ESTIMATED = {"family": FieldWeight(m=0.97, u=0.03), "birth_date": FieldWeight(m=0.99, u=0.0008)}


def _known(one: Registered | Description) -> dict[str, Any]:
    """The fields of a generated person as the engine's own types take them."""
    fields = {field.name: getattr(one, field.name) for field in dataclasses.fields(one)}
    numbers = (Identifier(value=item.value, authority=item.authority, type=item.type) for item in one.identifiers)
    return {**fields, "identifiers": tuple(numbers)}


def _both(index: PatientIndex, person: Demographics) -> tuple[Match, Match, Match]:
    """The decision by the built-in figures alone, with what the directory counts, and with the operator's figures."""
    plain = decide(person, index.candidates(person), RULES)
    counts = index.summary.commonness(plain.record) if plain.record else None
    weighed = [weigh(plain, Knowledge(counts=counts, weights=weights), auto=RULES.auto) for weights in ({}, ESTIMATED)]
    return plain, weighed[0], weighed[1]


@pytest.mark.parametrize("seed", SEEDS)
def test_counting_mixes_nobody_up_and_finds_most(seed: int) -> None:
    """None wrong, at least 85 % of the true pairs, and no match that the built-in figures would not make."""
    directory, pairs = make(PAIRS, seed)
    index = PatientIndex([PatientRecord(**_known(one)) for one in directory])
    right = 0
    for pair in pairs:
        plain, *weighed = _both(index, Demographics(**_known(pair.person)))
        for match in weighed:
            if match.decision is Decision.MATCH:
                assert match.record is not None
                assert match.record.mrn == pair.expected, f"seed {seed}, {pair.kind}"
                assert plain.decision is Decision.MATCH
        right += all(match.decision is Decision.MATCH for match in weighed)
    assert right >= sum(bool(pair.expected) for pair in pairs) * 85 // 100, f"seed {seed}"


def _namesakes(draw: random.Random, count: int) -> Iterator[PatientRecord]:
    """People of a few common names, a third of them born on the day that is written when nobody knows the day."""
    for number in range(count):
        sex = draw.choice("FM")
        day = draw.randrange(28) + 1
        born = (
            "1900-01-01"
            if draw.random() < 1 / 3
            else f"{draw.randrange(1930, 2020)}-{draw.randrange(12) + 1:02}-{day:02}"
        )
        yield PatientRecord(
            mrn=f"{number}", assigning_authority="HOSP", family=draw.choice(FAMILIES), given=draw.choice(GIVENS[sex]),
            birth_date=born, sex=sex,
        )  # fmt: skip


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_a_default_birth_date_is_no_birth_date(seed: int) -> None:
    """Strangers with common names and the default date: the built-in figures take some for others, counting none."""
    draw = random.Random(f"namesakes:{seed}")
    index = PatientIndex(list(_namesakes(draw, 1_000)))
    strangers = [replace(item, birth_date="1900-01-01") for item in _namesakes(draw, 40)]
    people = [
        Demographics(family=item.family, given=item.given, birth_date=item.birth_date, sex=item.sex)
        for item in strangers
    ]
    decided = [_both(index, person)[:2] for person in people]
    assert any(plain.decision is Decision.MATCH for plain, _ in decided), f"seed {seed}"
    assert [weighed for _, weighed in decided if weighed.decision is Decision.MATCH] == [], f"seed {seed}"
