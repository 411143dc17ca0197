"""A thousand seeds of outages over the model store: see world.py for what happens and checks.py for what must hold."""

from __future__ import annotations

import pytest

from tests.simulation.shards import hold

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("start", range(0, 1000, 250))
def test_no_outage_breaks_a_promise(start: int) -> None:
    """No seed loses an acknowledged message, sends a result under two ids, breaks the order or leaves anything stuck."""
    hold(start, 250)
