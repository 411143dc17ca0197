"""The Store contract: what an older message has not sent never arrives after a newer version of its results."""

from __future__ import annotations

import pytest

from engine.domain.message import DeliveryState, MessageState
from engine.domain.reasons import reason
from engine.ports.store import AuditEntry, DeliveryResult, LaneLease, NewerSent, NewReview, Overtaken, Prunable, Store
from tests.contracts.store_kit import Shop, accept, claim_one, delivery, finish, lane_of, message, queue, sent, step

ACT = AuditEntry(action="person.acted", actor="someone")


def parked(number: int, *, holds_key: bool = False) -> DeliveryResult:
    """The receiver refused it."""
    return DeliveryResult(
        delivery_id=f"d{number}", state=DeliveryState.PARKED, rejected=True, holds_key=holds_key, error="AE"
    )


async def newer(
    store: Store, number: int, *older: int, is_whole: bool, key: str = "key", destination: str = "ehr"
) -> None:
    """A message with one delivery that overtakes others."""
    await accept(store, number, key=key)
    overtakes = tuple(Overtaken(message_id=message(item).id, is_whole=is_whole) for item in older)
    made = (delivery(number, destination=destination),)
    await finish(store, await claim_one(store), deliveries=made, overtakes=overtakes)


async def due_ids(store: Store, lane: LaneLease) -> list[str]:
    return [item.id for item in await store.due(lane, limit=9)]


async def told(store: Store, number: int) -> tuple[MessageState, list[str], list[str], list[str]]:
    """State of a message, states of its deliveries, its reasons, the engine's acts on it."""
    detail = await store.get(message(number).id)
    if detail is None:
        raise AssertionError("the message is gone")
    view = detail.message
    acts = [entry.action for entry in detail.timeline if entry.action.startswith("delivery.")]
    return view.state, [item.state.value for item in view.deliveries], [item.code for item in view.reasons], acts


@pytest.mark.parametrize("is_parked", [False, True])
async def test_an_older_version_that_is_said_again_is_withdrawn(shop: Shop, is_parked: bool) -> None:
    """Queued or parked, its delivery ends with the newer one's transaction; reason and audit name the newer message."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    if is_parked:
        await store.settle(lane, [parked(1)])
    await newer(store, 2, 1, is_whole=True)
    assert await due_ids(store, lane) == ["d2"]
    assert await told(store, 1) == (
        MessageState.DELIVERED, ["withdrawn"], ["delivery.superseded"], ["delivery.superseded"],
    )  # fmt: skip
    detail = await store.get(message(1).id)
    assert detail is not None
    assert message(2).id in detail.message.reasons[-1].text
    assert message(2).id in detail.timeline[-1].detail
    assert not await store.retry_delivery("d1", audit=ACT, force=True)
    figures = await store.figures()
    assert [(item.queued, item.parked) for item in figures.queues] == [(1, 0)]
    assert {state: amount for (_, state), amount in figures.messages.items() if amount} == {"delivered": 1, "queued": 1}


async def test_a_waiting_older_version_does_not_hold_the_newer_one_up(shop: Shop) -> None:
    """An older delivery that waits for its next try goes, and its key with it goes on at once."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    later = DeliveryResult(delivery_id="d1", state=DeliveryState.QUEUED, retry_at=shop.clock.now().replace(hour=23))
    await store.settle(lane, [later])
    await newer(store, 2, 1, is_whole=True)
    assert await due_ids(store, lane) == ["d2"]
    assert await store.next_due_at(lane) is None


async def test_what_only_the_older_version_says_goes_first(shop: Shop) -> None:
    """Where the newer one says a part only, the older one stays queued before it in their key."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    await newer(store, 2, 1, is_whole=False)
    assert await due_ids(store, lane) == ["d1", "d2"]
    assert await told(store, 1) == (MessageState.QUEUED, ["queued"], [], [])


@pytest.mark.parametrize("case", ["other key", "arrived later"])
async def test_what_would_come_too_late_is_parked(shop: Shop, case: str) -> None:
    """Queued in another key, or behind the newer one, it would arrive after it: a person decides."""
    store = await shop.open()
    if case == "other key":
        await queue(store, 1, key="other")
    else:
        await accept(store, 1, 2)
        lease = await claim_one(store)
        await store.advance(lease, step(2, None, deliveries=(delivery(2),)))
        await store.advance(
            lease, step(1, None, deliveries=(delivery(1),), overtakes=(Overtaken(message_id=message(2).id),))
        )
        await store.release(lease)
    lane = await lane_of(store)
    older, last = (1, 2) if case == "other key" else (2, 1)
    if case == "other key":
        await newer(store, 2, 1, is_whole=False)
    assert await due_ids(store, lane) == [f"d{last}"]
    assert await told(store, older) == (
        MessageState.PARKED, ["parked"], ["delivery.overtaken"], ["delivery.overtaken"],
    )  # fmt: skip
    figures = await store.figures()
    assert [(item.queued, item.parked) for item in figures.queues] == [(1, 1)]


async def test_a_parked_older_version_is_not_retried_by_mistake(shop: Shop) -> None:
    """Once the newer one is on its way a retry names it and changes nothing; with force it is queued."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    await store.settle(lane, [parked(1)])
    await newer(store, 2, 1, is_whole=False)
    for _ in range(2):  # while it waits, and when it was sent
        with pytest.raises(NewerSent) as refusal:
            await store.retry_delivery("d1", audit=ACT)
        assert refusal.value.newer == message(2).id
        await store.settle(lane, [sent(2)])
    state, deliveries, codes, _ = await told(store, 1)
    assert (state, deliveries, codes) == (MessageState.PARKED, ["parked"], ["delivery.overtaken"])
    assert await store.retry_delivery("d1", audit=ACT, force=True)
    assert await due_ids(store, lane) == ["d1"]


async def test_an_older_version_refused_later_is_not_retried_either(shop: Shop) -> None:
    """It was queued before the newer one, was refused then, and the newer one was sent."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    await newer(store, 2, 1, is_whole=False)
    await store.settle(lane, [parked(1)])
    await store.settle(lane, [sent(2)])
    with pytest.raises(NewerSent):
        await store.retry_delivery("d1", audit=ACT)


async def test_an_older_version_goes_again_while_the_newer_one_cannot(shop: Shop) -> None:
    """Both refused, the older one is retried first; under strict order also while the newer one waits behind it."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    await newer(store, 2, 1, is_whole=False)
    await store.settle(lane, [parked(1), parked(2)])
    assert await store.retry_delivery("d1", audit=ACT)
    await store.settle(lane, [parked(1, holds_key=True)])
    assert await store.retry_delivery("d2", audit=ACT)
    assert await due_ids(store, lane) == []
    assert await store.retry_delivery("d1", audit=ACT)
    assert await due_ids(store, lane) == ["d1", "d2"]


async def test_an_older_version_on_the_wire_counts_as_sent_and_is_not_tried_again(shop: Shop) -> None:
    """Taken, it is sent; without an answer it stays withdrawn."""
    store = await shop.open()
    await queue(store, 1, 2)
    lane = await lane_of(store)
    assert await due_ids(store, lane) == ["d1", "d2"]
    await newer(store, 3, 1, 2, is_whole=True)
    again = DeliveryResult(
        delivery_id="d2", state=DeliveryState.QUEUED, retry_at=shop.clock.now(), reason=reason("delivery.no_ack")
    )
    await store.settle(lane, [sent(1), again])
    assert [(await told(store, number))[1] for number in (1, 2)] == [["sent"], ["withdrawn"]]
    assert [(await told(store, number))[2] for number in (1, 2)] == [[], ["delivery.superseded"]]
    assert await due_ids(store, lane) == ["d3"]


async def test_only_the_same_queue_is_looked_at(shop: Shop) -> None:
    """Another destination, another channel and what was sent are left alone; without a delivery nothing is overtaken."""
    store = await shop.open()
    await queue(store, 1)
    await newer(store, 2, 1, is_whole=True, destination="archive")
    await accept(store, 3, channel="other")
    lease = await claim_one(store)
    overtakes = tuple(Overtaken(message_id=message(number).id, is_whole=True) for number in (1, 9))
    await finish(store, lease, deliveries=(delivery(3),), overtakes=overtakes)
    await accept(store, 4)
    await finish(store, await claim_one(store), review=NewReview(id="r4", reasons=()), overtakes=overtakes)
    lane = await lane_of(store)
    assert await due_ids(store, lane) == ["d1"]
    await store.settle(lane, [sent(1)])
    await newer(store, 5, 1, is_whole=True)
    assert (await told(store, 1))[1:] == (["sent"], [], [])


async def test_a_pruned_newer_version_still_forbids_a_retry(local_shop: Shop) -> None:
    """What nobody knows any more is taken for sent."""
    store = await local_shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    await store.settle(lane, [parked(1)])
    await newer(store, 2, 1, is_whole=False)
    await store.settle(lane, [sent(2)])
    before = local_shop.clock.now().replace(year=2099)
    await store.prune(Prunable.MESSAGES, before=before)
    with pytest.raises(NewerSent):
        await store.retry_delivery("d1", audit=ACT)
