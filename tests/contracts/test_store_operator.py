"""What a cluster and an operator ask of a store: roles, leases that still hold, how full it is and why it refuses."""

from __future__ import annotations

import pytest

from engine.ports.store import StoreError
from tests.contracts.store_kit import Shop, accept, claim_one, lane_of


async def test_a_role_has_one_holder(shop: Shop) -> None:
    """While a role is held nobody else gets it, another name is free, and given back it is taken again."""
    store = await shop.open()
    role = await store.take_role("node-a", "pruner")
    assert role is not None
    assert await store.take_role("node-b", "pruner") is None
    assert await store.take_role("node-b", "poller") is not None
    assert store.holds(role)
    await store.drop_role(role)
    assert await store.take_role("node-b", "pruner") is not None


async def test_a_lost_role_takes_nothing_from_its_new_holder(shop: Shop) -> None:
    """Giving back a role a second time is no error and leaves the present holder alone."""
    store = await shop.open()
    old = await store.take_role("node-a", "pruner")
    assert old is not None
    await store.drop_role(old)
    new = await store.take_role("node-b", "pruner")
    assert new is not None
    await store.drop_role(old)
    assert store.holds(new)
    assert await store.take_role("node-a", "pruner") is None


async def test_leases_hold_until_the_store_is_closed(shop: Shop) -> None:
    """A key and a lane are surely ours while the store is open, and not afterwards."""
    store = await shop.open()
    await accept(store, 1)
    key, lane = await claim_one(store), await lane_of(store)
    assert store.holds(key)
    assert store.holds(lane)
    await store.close()
    assert not store.holds(key)
    assert not store.holds(lane)


async def test_an_idle_store_has_no_pressure_and_no_trouble(shop: Shop) -> None:
    """Nothing waits and nothing is wrong."""
    store = await shop.open()
    assert store.pressure == 0
    assert await store.trouble() == ""


async def test_a_closed_store_is_in_trouble(shop: Shop) -> None:
    """After closing the database is named, and no role is given."""
    store = await shop.open()
    await store.close()
    assert await store.trouble() == "database"
    with pytest.raises(StoreError):
        await store.take_role("node-a", "pruner")
