"""The simulation finds what it is for: each classic mistake, planted in one part, within a few dozen seeds."""

from __future__ import annotations

import pytest

from tests.simulation.mistakes import MISTAKES
from tests.simulation.stores import ModelGround
from tests.simulation.world import run

pytestmark = pytest.mark.slow
_SEEDS = 400


@pytest.mark.parametrize("name", sorted(MISTAKES))
def test_a_planted_mistake_is_found(name: str) -> None:
    """Some seed among the first fails, and says what was done wrong."""
    mistake = MISTAKES[name]
    for seed in range(_SEEDS):
        found = run(seed, ground=mistake.ground(), parts=mistake.parts)
        if mistake.says in "; ".join(found.wrong):
            return
    raise AssertionError(f"{name}: not found in {_SEEDS} seeds")


def test_a_seed_is_the_same_twice() -> None:
    """The same number gives the same history, moment by moment, so that a failure can be seen again."""
    first, second = run(7, ground=ModelGround()), run(7, ground=ModelGround())
    assert first.history == second.history
    assert first.rounds == second.rounds
    assert first.history != run(8, ground=ModelGround()).history
