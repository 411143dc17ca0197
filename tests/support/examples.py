"""How many examples a property is tried with."""

from __future__ import annotations

from hypothesis import settings

_WHOLE = 100
"""Examples of a property that does not say how many it wants, in `make test`."""


def examples(count: int) -> int:
    """All of them in `make test`; in `make check`, whose profile `quick` (tests/conftest.py) tries fewer, its share."""
    return max(count * settings().max_examples // _WHOLE, 1)
