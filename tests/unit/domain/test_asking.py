"""What a directory on another machine is asked about a person."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.domain.asking import MOST_NUMBERS, Question, asks_for_all, beginning, questions
from engine.domain.patient import Demographics, Identifier

NUMBER = Identifier(value="1001", authority="HOSP", type="MR")
ADA = Demographics(identifiers=(NUMBER,), family="Marlow-Hart", given="Ada Jane", birth_date="1968-05-12", sex="F")


def test_each_pair_that_may_be_right_is_asked_for() -> None:
    """The number alone, the birth date with either name, the names with the year, and the names swapped."""
    assert questions(ADA, by_year=True) == (
        Question(identifier=NUMBER),
        Question(family="Marlow", birth_date="1968-05-12"),
        Question(given="Ada", birth_date="1968-05-12"),
        Question(family="Marlow", given="Ada", birth_date="1968"),
        Question(family="Ada", given="Marlow", birth_date="1968-05-12"),
    )


def test_without_years_the_swapped_date_is_asked_for() -> None:
    """A directory of exact dates is asked for day and month in each other's place, once."""
    assert Question(family="Marlow", given="Ada", birth_date="1968-12-05") in questions(ADA, by_year=False)
    same = questions(replace(ADA, birth_date="1968-05-05"), by_year=False)
    assert len(same) == len(set(same))


@pytest.mark.parametrize(
    ("person", "asked"),
    [
        (Demographics(), ()),
        (Demographics(family="Marlow"), ()),
        (Demographics(family="Marlow", given="A."), (Question(family="Marlow", given="A"),)),
        (Demographics(birth_date="1968-05-12"), (Question(birth_date="1968-05-12"),)),
        (Demographics(given="Ada", birth_date="1968"), (Question(given="Ada", birth_date="1968"),)),
    ],
)
def test_what_is_missing_is_not_asked_for(person: Demographics, asked: tuple[Question, ...]) -> None:
    """Half a description asks only what it can; a family name alone asks nothing."""
    assert questions(person, by_year=True) == asked


@pytest.mark.parametrize(
    ("family", "first"),
    [
        ("van der Berg-Smith", "van der Berg"),
        ("García López", "García"),
        ("O'Neill", "O'Neill"),
        (" De ", "De"),
        ("", ""),
    ],
)
def test_the_beginning_of_a_family_name(family: str, first: str) -> None:
    """The first word, with the particles that a directory keeps before it."""
    assert beginning(family) == first


def test_a_flood_of_numbers_is_not_asked_for_whole() -> None:
    """A person with more numbers than are asked for is known to be asked for in part."""
    flood = replace(ADA, identifiers=tuple(Identifier(value=str(n)) for n in range(MOST_NUMBERS + 1)))
    assert not asks_for_all(flood)
    assert asks_for_all(ADA)
    assert sum(item.identifier is not None for item in questions(flood, by_year=True)) == MOST_NUMBERS
