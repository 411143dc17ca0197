"""Forms drawn by dice: laboratories without number, each with habits of its own.

Holds: the habits, the words over columns and before facts, the drawing.
May import: the other generators.
May touch: nothing.
Never: a word or habit taken from what the reader knows instead of from what laboratories print.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from tests.generators.drawn.habits import Habits, draw_habits
from tests.generators.drawn.paper import draw
from tests.generators.reports import compose, render
from tests.generators.truth import Truth


def make(seed: int) -> tuple[bytes, Truth]:
    """A report of the laboratory of this seed, as PDF, and its truth."""
    habits = draw_habits(seed)
    layout = replace(habits.layout, draw=partial(draw, habits), shows_sections=habits.sections)
    return render(compose(layout, seed=seed), layout=layout)


__all__ = ["Habits", "draw_habits", "make"]
