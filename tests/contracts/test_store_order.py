"""What holds up an ordering key, what a person stops, and what a search finds, on every adapter."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from engine.domain.message import DeliveryState, MessageState
from engine.domain.reasons import reason
from engine.ports.store import AuditEntry, DeliveryResult, MessageQuery, Store
from tests.contracts.store_kit import START, Shop, accept, claim_one, delivery, finish, lane_of, message, queue, step

ACT = AuditEntry(action="person.acted", actor="someone")


async def park_work(store: Store, number: int, *, holds_key: bool = True) -> None:
    """Accept a message and park it in its stages."""
    await accept(store, number)
    lease = await claim_one(store)
    parked = step(number, None, final_state=MessageState.PARKED, error="poison", holds_key=holds_key)
    await store.advance(lease, parked)
    await store.release(lease)


def refused(number: int, *, holds_key: bool = True) -> DeliveryResult:
    """A try that the peer refused for good."""
    return DeliveryResult(
        delivery_id=f"d{number}",
        state=DeliveryState.PARKED,
        ack_code="AE",
        rejected=True,
        reason=reason("delivery.rejected", field="ehr"),
        holds_key=holds_key,
    )


async def due_ids(store: Store, lane: Any) -> list[str]:
    return [item.id for item in await store.due(lane, limit=10)]


async def test_a_parked_message_lets_its_key_go_on(shop: Shop) -> None:
    """Without a hold what comes behind a parked message is handed out."""
    store = await shop.open()
    await park_work(store, 1, holds_key=False)
    await accept(store, 2)
    assert [item.id for item in (await claim_one(store)).items] == [message(2).id]


@pytest.mark.parametrize("act", ["set_aside", "withdraw"])
async def test_a_held_key_waits_for_a_person(shop: Shop, act: str) -> None:
    """Nothing later of the key is handed out, other keys are; a person lets it go on."""
    store = await shop.open()
    await park_work(store, 1)
    await accept(store, 2)
    await accept(store, 3, key="other")
    assert [item.id for item in (await claim_one(store)).items] == [message(3).id]
    assert await store.claim("node-a", keys=5, per_key=5) == []
    assert await getattr(store, act)(message(1).id, audit=ACT)
    assert [item.id for item in (await claim_one(store)).items] == [message(2).id]


async def test_a_held_key_stays_held_over_a_restart(shop: Shop) -> None:
    """What holds up a key is on disk like everything else."""
    store = await shop.open()
    await park_work(store, 1)
    await accept(store, 2)
    again = await shop.reopen(store)
    assert await again.claim("node-a", keys=5, per_key=5) == []
    assert await again.set_aside(message(1).id, audit=ACT)
    assert not await again.set_aside(message(1).id, audit=ACT)
    assert [item.id for item in (await claim_one(again)).items] == [message(2).id]


async def test_a_replay_goes_first_in_its_held_key(shop: Shop) -> None:
    """The message that held its key runs again, before what waited for it."""
    store = await shop.open()
    await park_work(store, 1)
    await accept(store, 2)
    assert await store.replay(message(1).id, from_stage="", audit=ACT)
    assert [item.id for item in (await claim_one(store)).items] == [message(1).id, message(2).id]


async def test_what_is_older_than_the_holder_passes_and_nothing_younger(shop: Shop) -> None:
    """A person runs an older message of a held key again: it is handed out alone, what is behind the holder waits on."""
    store = await shop.open()
    await accept(store, 1)
    await finish(store, await claim_one(store))
    await park_work(store, 2)
    await accept(store, 3)
    assert await store.replay(message(1).id, from_stage="", audit=ACT)
    lease = await claim_one(store)
    assert [item.id for item in lease.items] == [message(1).id]
    await finish(store, lease)
    assert await store.claim("node-a", keys=5, per_key=5) == []
    again = await shop.reopen(store)
    assert await again.claim("node-a", keys=5, per_key=5) == []
    assert await again.set_aside(message(2).id, audit=ACT)
    assert [item.id for item in (await claim_one(again)).items] == [message(3).id]


async def test_a_key_held_twice_waits_for_both(shop: Shop) -> None:
    """An older message that is parked too holds the key beside the first holder; each must be let go."""
    store = await shop.open()
    await accept(store, 1)
    await finish(store, await claim_one(store))
    await park_work(store, 2)
    await accept(store, 3)
    assert await store.replay(message(1).id, from_stage="", audit=ACT)
    lease = await claim_one(store)
    await store.advance(lease, step(1, None, final_state=MessageState.PARKED, error="poison", holds_key=True))
    await store.release(lease)
    assert await store.set_aside(message(1).id, audit=ACT)
    assert await store.claim("node-a", keys=5, per_key=5) == []
    assert await store.set_aside(message(2).id, audit=ACT)
    assert [item.id for item in (await claim_one(store)).items] == [message(3).id]


async def test_a_parked_delivery_holds_its_key_in_its_queue(shop: Shop) -> None:
    """Under strict order nothing later of the key is due, other keys are, and a retry goes first."""
    store = await shop.open()
    await queue(store, 1, 2)
    await queue(store, 3, key="other")
    lane = await lane_of(store)
    await store.settle(lane, [refused(1)])
    assert await due_ids(store, lane) == ["d3"]
    assert await store.retry_delivery("d1", audit=ACT)
    assert await due_ids(store, lane) == ["d1", "d2", "d3"]


@pytest.mark.parametrize("act", ["set_aside", "withdraw", "withdraw_delivery"])
async def test_a_held_queue_goes_on_when_a_person_says_so(shop: Shop, act: str) -> None:
    """Set aside keeps the delivery parked, withdrawing ends it; both let the key go on."""
    store = await shop.open()
    await queue(store, 1, 2)
    lane = await lane_of(store)
    await store.settle(lane, [refused(1)])
    assert await due_ids(store, lane) == []
    subject = "d1" if act == "withdraw_delivery" else message(1).id
    assert await getattr(store, act)(subject, audit=ACT)
    assert await due_ids(store, lane) == ["d2"]


async def test_a_parked_delivery_without_a_hold_blocks_nothing(shop: Shop) -> None:
    """Skipping a failed one is the default."""
    store = await shop.open()
    await queue(store, 1, 2)
    lane = await lane_of(store)
    await store.settle(lane, [refused(1, holds_key=False)])
    assert await due_ids(store, lane) == ["d2"]
    assert not await store.set_aside(message(1).id, audit=ACT)


@pytest.mark.parametrize("place", [("lab", "ehr"), ("lab", ""), ("", "")])
async def test_a_paused_queue_sends_nothing(shop: Shop, place: tuple[str, str]) -> None:
    """Paused alone, with its channel, or with everything: nothing is due and people see it; resumed it goes on."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    await store.pause(*place, is_paused=True, audit=ACT)
    await store.pause(*place, is_paused=True, audit=ACT)
    assert await due_ids(store, lane) == []
    assert await store.next_due_at(lane) is None
    (found,) = await store.search(MessageQuery())
    assert [item.state for item in found.deliveries] == [DeliveryState.PAUSED]
    assert found.state is MessageState.QUEUED
    assert [item.is_paused for item in (await store.figures()).queues] == [True]
    await store.pause(*place, is_paused=False, audit=ACT)
    assert await due_ids(store, lane) == ["d1"]
    assert [item.is_paused for item in (await store.figures()).queues] == [False]


async def test_a_queue_paused_before_anything_waits_in_it_is_shown(shop: Shop) -> None:
    """Nobody has to remember it: the figures name the queue until sending is resumed."""
    store = await shop.open()
    await store.pause("lab", "other", is_paused=True, audit=ACT)
    (queue_view,) = (await store.figures()).queues
    assert (queue_view.channel, queue_view.destination, queue_view.queued) == ("lab", "other", 0)
    assert queue_view.is_paused
    await store.pause("lab", "other", is_paused=False, audit=ACT)
    assert (await store.figures()).queues == ()


async def test_a_pause_concerns_its_place_only(shop: Shop) -> None:
    """Another queue goes on, and a pause outlives a restart."""
    store = await shop.open()
    await queue(store, 1)
    await store.pause("lab", "other", is_paused=True, audit=ACT)
    assert await due_ids(store, await lane_of(store)) == ["d1"]
    await store.pause("", "", is_paused=True, audit=ACT)
    again = await shop.reopen(store)
    assert await due_ids(again, await lane_of(again)) == []


async def test_a_node_takes_its_own_queue_again(shop: Shop) -> None:
    """A node that lost sight of its lease gets the queue back at once; the old lease is worth nothing."""
    store = await shop.open()
    await queue(store, 1)
    old = await lane_of(store)
    new = await lane_of(store)
    assert new.epoch != old.epoch
    assert await due_ids(store, new) == ["d1"]


async def _some(store: Store) -> None:
    """Four messages with different words."""
    await store.accept([message(1, key="a"), message(2, key="b", source="fax"), message(3, key="c", channel="other")])
    await store.accept([message(4, key="d", message_type="MDM^T02")])
    for lease in await store.claim("node-a", keys=10, per_key=10):
        for item in lease.items:
            number = int(item.id)
            change = step(
                number,
                None,
                metadata={"patient_mrn": f"M{number % 2}", "accession": f"A{number}"},
                reasons=(reason("code.unknown", field="x"),) if number in (2, 3) else (),
                final_state=MessageState.FILTERED if number == 4 else None,
            )
            await store.advance(lease, change)
        await store.release(lease)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ({"metadata": {"patient_mrn": "M0"}}, [4, 2]),
        ({"metadata": {"patient_mrn": "M0", "accession": "A2"}}, [2]),
        ({"metadata": {"accession": "M0"}}, []),
        ({"reason": "code.unknown"}, [3, 2]),
        ({"reason": "code.unknown", "channel": "lab"}, [2]),
        ({"reason": "code.unknown", "metadata": {"patient_mrn": "M1"}}, [3]),
        ({"reason": "unit.mismatch"}, []),
        ({"source": "fax"}, [2]),
        ({"message_type": "MDM^T02"}, [4]),
        ({"message_type": "MDM^T02", "state": "delivered"}, []),
        ({"since": START + timedelta(seconds=3)}, [4, 3]),
        ({"until": START + timedelta(seconds=3)}, [2, 1]),
        ({"since": START + timedelta(seconds=2), "until": START + timedelta(seconds=3), "channel": "lab"}, [2]),
        ({"channel": "lab", "state": "filtered"}, [4]),
        ({"text": "A3"}, [3]),
        ({"text": "A3", "control_id": "C4"}, []),
        ({"text": "C3", "control_id": "C3"}, [3]),
    ],
)
async def test_a_search_finds_what_fits_and_nothing_else(shop: Shop, query: dict[str, Any], numbers: list[int]) -> None:
    """All given fields must fit, newest first."""
    store = await shop.open()
    await _some(store)
    assert [int(item.id) for item in await store.search(MessageQuery(**query))] == numbers


async def test_a_search_pages_through_what_it_looks_at_itself(shop: Shop) -> None:
    """Filters that no index answers are complete too, page by page."""
    store = await shop.open()
    await store.accept(
        [message(number, key=f"k{number}", source="fax" if number % 5 == 0 else "front") for number in range(1, 31)]
    )
    first = await store.search(MessageQuery(source="fax", limit=4))
    assert [int(item.id) for item in first] == [30, 25, 20, 15]
    rest = await store.search(MessageQuery(source="fax", limit=4, before=first[-1].sequence))
    assert [int(item.id) for item in rest] == [10, 5]


async def test_a_search_by_reason_forgets_what_a_replay_cleared(shop: Shop) -> None:
    """A message that no longer has the reason is not found by it."""
    store = await shop.open()
    await _some(store)
    assert await store.replay(message(2).id, from_stage="", audit=ACT)
    lease = await claim_one(store)
    await finish(store, lease, deliveries=(delivery(2),))
    assert [int(item.id) for item in await store.search(MessageQuery(reason="code.unknown"))] == [3]
