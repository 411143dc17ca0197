"""Runs a range of seeds for a test and says of the first that fails how to see it again."""

from __future__ import annotations

from tests.simulation.grounds import GROUNDS
from tests.simulation.world import run


def hold(start: int, count: int, *, store: str = "model") -> None:
    """Raise AssertionError with the history of the first seed that fails."""
    for seed in range(start, start + count):
        found = run(seed, ground=GROUNDS[store]())
        if found.wrong:
            again = f"python -m tests.simulation --store {store} --start {seed} --seeds 1 --history"
            raise AssertionError("\n".join([*found.history[-60:], f"seed {seed}: {'; '.join(found.wrong)}", again]))
