"""What is common in a directory: counted by spelling that agrees, bounded, and silent where there is too little."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.domain import frequency
from engine.domain.frequency import ENOUGH, KEPT, Commonness
from engine.domain.patient import PatientRecord

ADA = PatientRecord(mrn="1", family="Müller", given="Ada", birth_date="1968-05-12", sex="F")


def _crowd(count: int) -> list[PatientRecord]:
    """People of different names, each born on a day of their own."""
    return [
        replace(ADA, mrn=f"c{number}", family=f"Name{number}", given=f"Given{number}", birth_date=f"day {number}")
        for number in range(count)
    ]


def test_spellings_of_one_name_count_together() -> None:
    """Mueller is Müller; people who were merged into another count no more."""
    same = [ADA, replace(ADA, mrn="2", family="MUELLER"), replace(ADA, mrn="3", family="Mülle", merged_into="1")]
    found = frequency.summary([*same, *_crowd(ENOUGH)]).commonness(ADA)
    assert found == Commonness(people=ENOUGH + 2, family=2, given=2, birth_date=2)
    assert found.share("family") == 2 / (ENOUGH + 2)


def test_a_small_directory_counts_nothing() -> None:
    """With one person too few, the built-in figures stand."""
    assert frequency.summary(_crowd(ENOUGH - 1)).commonness(ADA) is None
    assert frequency.summary(_crowd(ENOUGH)).commonness(ADA) is not None


def test_memory_is_bounded_and_what_was_left_out_is_not_taken_for_rare() -> None:
    """Past the kept values, a name counts as much as the least common one that was kept."""
    thrice = [replace(item, mrn=f"{item.mrn}-{turn}") for item in _crowd(KEPT) for turn in range(3)]
    found = frequency.summary([*thrice, replace(ADA, family="Seldom")]).commonness(replace(ADA, family="Seldom"))
    assert found is not None
    assert found.family == 3


def test_a_value_nobody_has_is_one_persons() -> None:
    """No share is zero: a weight stays finite."""
    assert Commonness(people=2_000, family=0, given=0, birth_date=0).share("given") == 1 / 2_000


def test_chances_are_of_two_different_people() -> None:
    """Two of four share the family name: one pair of six. Values that nobody has say nothing."""
    four = [ADA, replace(ADA, mrn="2"), *_crowd(2)]
    found = frequency.chances([replace(item, phone="") for item in four])
    assert found.people == 4
    assert found.by_field["family"] == pytest.approx(1 / 6)
    assert found.by_field["sex"] == 1.0
    assert "phone" not in found.by_field
