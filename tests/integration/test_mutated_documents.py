"""Damaged documents cost nothing but, at worst, the process that read them."""

from __future__ import annotations

import asyncio

import pytest

from bench.mutations import feed
from tests.generators.mutants import mutant, originals

pytestmark = (
    pytest.mark.slow
)  # two hundred documents through processes; the long form is `python -m bench --only mutations`


def test_every_damaged_document_comes_back() -> None:
    """Two hundred damaged documents of all types: each is answered in its time, and none is lost."""
    damage = asyncio.run(feed(50_000, 200))
    assert damage.documents == 200
    assert damage.hangs == 0
    assert sum(damage.outcomes.values()) == 200


def test_damage_is_the_same_for_the_same_number() -> None:
    """A mutant can be made again from its number, and most differ from every original."""
    assert mutant(7) == mutant(7)
    sound = set(originals())
    assert sum(mutant(number) in sound for number in range(40)) < 4
