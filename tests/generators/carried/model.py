"""What the forms of the set share: how a form is named, numbers that follow from others, dates as they are printed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import partial

from tests.generators.formats import model as formats
from tests.generators.formats.model import Form, make
from tests.generators.fourth.model import Amounts, Case, Formula, Line, Test, q, w

__all__ = [
    "Amounts",
    "Case",
    "Form",
    "Formula",
    "Line",
    "Test",
    "joined",
    "made",
    "make",
    "q",
    "rest",
    "says",
    "share",
    "told",
    "w",
]


says = partial(formats.says, series="carried")


def share(part: str, scale: float = 1) -> Formula:
    """An absolute count out of its per cent and the white cells; ``scale`` where they are counted in another unit."""
    return lambda amounts: amounts["wbc"] * amounts[part] / 100 * scale


def made(factor: float, *keys: str, by: str = "") -> Formula:
    """The product of numbers by a factor, divided by another number where one is named."""

    def formula(amounts: Amounts) -> float:
        result = factor
        for key in keys:
            result *= amounts[key]
        return result / max(amounts[by], 0.1) if by else result

    return formula


def rest(*parts: str) -> Formula:
    """What per cent is left to the last kind of white cells."""
    return lambda amounts: 100 - sum(amounts[part] for part in parts)


def told(when: datetime, pattern: str) -> str:
    """A time as it is printed."""
    return when.strftime(pattern)


def joined(case: Case) -> None:
    """Join the lines of names that were printed wrapped, as the truth has them."""
    for one in case.lines:
        one.test = replace(one.test, name=" ".join(one.test.name.split("\n")))
