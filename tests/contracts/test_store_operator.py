"""What a cluster and an operator ask of a store: roles, leases that still hold, how full it is and why it refuses."""

from __future__ import annotations

import pytest

from engine.domain.message import DeliveryState, MessageState
from engine.ports.store import AuditEntry, DeliveryResult, NewReview, StoreError
from tests.contracts.store_kit import Shop, accept, claim_one, finish, lane_of, message, queue, sent

ACT = AuditEntry(action="person.acted", actor="someone")


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


async def test_a_parked_delivery_is_sent_again(shop: Shop) -> None:
    """Retry makes a parked delivery due with its bytes and no rejects; unknown and sent ones are left alone."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    (first,) = await store.due(lane, limit=9)
    await store.settle(lane, [DeliveryResult(delivery_id="d1", state=DeliveryState.PARKED, rejected=True)])
    assert await store.due(lane, limit=9) == []
    assert await store.retry_delivery("d1", audit=ACT)
    (again,) = await store.due(lane, limit=9)
    assert (again.body, again.control_id, again.rejects) == (first.body, first.control_id, 0)
    await store.settle(lane, [sent(1)])
    assert not await store.retry_delivery("d1", audit=ACT)
    assert not await store.retry_delivery("unknown", audit=ACT)


async def test_a_withdrawn_delivery_is_never_due(shop: Shop) -> None:
    """Withdrawing ends a delivery once, and the act is in the message's history."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    assert await store.withdraw_delivery("d1", audit=ACT)
    assert not await store.withdraw_delivery("d1", audit=ACT)
    assert await store.due(lane, limit=9) == []
    detail = await store.get(message(1).id)
    assert detail is not None
    assert [item.state for item in detail.message.deliveries] == [DeliveryState.WITHDRAWN]
    assert "person.acted" in [entry.action for entry in detail.timeline]


async def test_a_review_is_closed_once(shop: Shop) -> None:
    """Closing takes the message out of review; a second closing changes nothing."""
    store = await shop.open()
    await accept(store, 1)
    await finish(store, await claim_one(store), review=NewReview(id="r1", reasons=()))
    assert await store.close_review("r1", outcome="released", audit=ACT)
    assert not await store.close_review("r1", outcome="rejected", audit=ACT)
    detail = await store.get(message(1).id)
    assert detail is not None
    assert detail.message.state is not MessageState.REVIEW


async def test_a_message_in_review_is_withdrawn(shop: Shop) -> None:
    """Withdrawing closes the case and ends the message; it cannot be done twice."""
    store = await shop.open()
    await accept(store, 1)
    await finish(store, await claim_one(store), review=NewReview(id="r1", reasons=()))
    assert await store.withdraw(message(1).id, audit=ACT)
    assert not await store.withdraw(message(1).id, audit=ACT)
    assert not await store.close_review("r1", outcome="released", audit=ACT)
    assert (await store.figures()).messages.get(("lab", "withdrawn")) == 1
