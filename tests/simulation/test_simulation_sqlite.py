"""Outages over the embedded store: the real tables and statements, crashes between any two commits."""

from __future__ import annotations

import pytest

from tests.simulation.shards import hold

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("start", [0, 100])
def test_no_outage_breaks_a_promise_of_the_embedded_store(start: int) -> None:
    """No seed loses an acknowledged message, sends a result under two ids, breaks the order or leaves anything stuck."""
    hold(start, 100, store="sqlite")
