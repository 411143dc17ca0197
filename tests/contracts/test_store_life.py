"""The life of data in a Store: what pruning takes and leaves, and which blobs a sweep removes."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from engine.domain.message import DeliveryState, MessageState
from engine.domain.reasons import Reason
from engine.ports.store import (
    AuditEntry,
    DeliveryResult,
    Fingerprint,
    FragmentRecord,
    MessageQuery,
    NewReview,
    Prunable,
    Store,
)
from tests.contracts.store_kit import START, Shop, accept, claim_one, delivery, finish, lane_of, message, queue, sent

LATER_DAYS = 400
BEFORE = START + timedelta(days=100)
PERSON = AuditEntry(action="replay", actor="anna")
FAR = datetime(2100, 1, 1, tzinfo=UTC)


# The model store of the simulation is left out: it keeps everything, for it proves order and loss, not retention.
pytestmark = pytest.mark.parametrize(
    "shop", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True
)


async def delivered(store: Store, *numbers: int) -> None:
    """Messages taken in, sent and accepted."""
    await queue(store, *numbers)
    lane = await lane_of(store)
    await store.settle(lane, [sent(number) for number in numbers])
    await store.close_lane(lane)


async def test_pruned_bodies_read_as_none_and_the_list_stays(shop: Shop) -> None:
    """Raw bytes, payload and the peer's answer go; the message and its delivery are still listed as they were."""
    store = await shop.open()
    await delivered(store, 1)
    shop.clock.advance(LATER_DAYS * 86_400)
    assert await store.prune(Prunable.BODIES, before=BEFORE) == 1
    assert await store.raw(message(1).id) is None
    assert await store.payload("d1") is None
    assert await store.answer("d1") is None
    detail = await store.get(message(1).id)
    assert detail is not None
    assert detail.message.state is MessageState.DELIVERED
    assert [item.state for item in detail.message.deliveries] == [DeliveryState.SENT]
    assert await store.prune(Prunable.BODIES, before=BEFORE) == 0


async def test_a_message_without_its_bytes_is_not_replayed(shop: Shop) -> None:
    """A replay of a pruned message answers False and changes nothing."""
    store = await shop.open()
    await delivered(store, 1)
    shop.clock.advance(LATER_DAYS * 86_400)
    await store.prune(Prunable.BODIES, before=BEFORE)
    assert not await store.replay(message(1).id, from_stage="", audit=PERSON)
    assert await store.claim("node-a", keys=1, per_key=1) == []


async def test_a_copy_of_a_message_without_its_bytes_gets_the_first_answer(shop: Shop) -> None:
    """While retransmissions are answered, pruning bodies does not make a copy a new message."""
    store = await shop.open()
    await delivered(store, 1)
    shop.clock.advance(2 * 86_400)
    assert await store.prune(Prunable.BODIES, before=START + timedelta(days=1)) == 1
    (again,) = await store.accept([dataclasses.replace(message(1), id=message(9).id)])
    assert again.retransmission
    assert (again.id, again.ack) == (message(1).id, message(1).ack)


async def test_long_after_its_bytes_went_a_copy_is_a_new_message(shop: Shop) -> None:
    """When the time of retransmissions is over, the same bytes are taken in, and neither copy is in the other's way."""
    store = await shop.open()
    await delivered(store, 1)
    shop.clock.advance(2 * 86_400)
    await store.prune(Prunable.BODIES, before=START + timedelta(days=1))
    shop.clock.advance(LATER_DAYS * 86_400)
    await store.prune(Prunable.BODIES, before=BEFORE)
    fresh = dataclasses.replace(message(1), id=message(9).id, received_at=shop.clock.now())
    (again,) = await store.accept([fresh])
    assert not again.retransmission
    assert await store.raw(message(9).id) == message(1).raw


async def test_pruned_messages_are_gone_with_all_that_was_theirs(shop: Shop) -> None:
    """A pruned message is neither found nor counted, and its fingerprints are free again."""
    store = await shop.open()
    mark = Fingerprint(kind="document", value="same")
    await accept(store, 1)
    await finish(store, await claim_one(store), deliveries=(delivery(1),), fingerprints=(mark,), metadata={"mrn": "7"})
    lane = await lane_of(store)
    await store.settle(lane, [sent(1)])
    shop.clock.advance(LATER_DAYS * 86_400)
    assert await store.prune(Prunable.MESSAGES, before=BEFORE) == 1
    assert await store.get(message(1).id) is None
    assert await store.search(MessageQuery()) == []
    assert await store.find_fingerprints([mark]) == []
    assert await store.payload("d1") is None
    figures = await store.figures()
    assert sum(figures.messages.values()) == 0


@pytest.mark.parametrize("what", [Prunable.BODIES, Prunable.MESSAGES])
async def test_what_a_person_or_a_queue_still_needs_is_never_touched(shop: Shop, what: Prunable) -> None:
    """Messages received, queued, parked or in review keep everything, however old they are."""
    store = await shop.open()
    await queue(store, 1, key="one")
    await queue(store, 2, key="two")
    lane = await lane_of(store)
    refused = DeliveryResult(delivery_id="d2", state=DeliveryState.PARKED, ack_code="AR")
    await store.settle(lane, [refused])
    await accept(store, 3, key="three")
    review = NewReview(id="r3", reasons=(Reason(code="TEST", text="for a test"),))
    await finish(store, await claim_one(store), review=review)
    await accept(store, 4, key="four")
    shop.clock.advance(LATER_DAYS * 86_400)
    assert await store.prune(what, before=FAR) == 0
    for number in (1, 2, 3, 4):
        assert await store.raw(message(number).id) == message(number).raw


async def test_batches_are_as_small_as_asked_and_reach_everything_old(shop: Shop) -> None:
    """`limit` bounds each call; calls until 0 remove all that is old and nothing that is young."""
    store = await shop.open()
    await delivered(store, *range(1, 8))
    shop.clock.advance(LATER_DAYS * 86_400)
    cut = message(5).received_at
    counts = [await store.prune(Prunable.MESSAGES, before=cut, limit=3) for _ in range(3)]
    assert counts == [3, 1, 0]
    assert sorted(item.id for item in await store.search(MessageQuery())) == [message(n).id for n in (5, 6, 7)]


async def test_a_channel_keeps_to_itself(shop: Shop) -> None:
    """With a channel given, only its messages go."""
    store = await shop.open()
    await delivered(store, 1)
    shop.clock.advance(LATER_DAYS * 86_400)
    assert await store.prune(Prunable.MESSAGES, before=BEFORE, channel="other") == 0
    assert await store.prune(Prunable.MESSAGES, before=BEFORE, channel="lab") == 1


async def test_numbers_are_not_used_again(shop: Shop) -> None:
    """After the newest message went and the store was opened again, its history does not become another's."""
    store = await shop.open()
    await delivered(store, 1)
    shop.clock.advance(LATER_DAYS * 86_400)
    await store.prune(Prunable.MESSAGES, before=BEFORE)
    store = await shop.reopen(store)
    await accept(store, 2)
    detail = await store.get(message(2).id)
    assert detail is not None
    assert [entry.action for entry in detail.timeline] == ["accept"]


async def test_torn_frames_go_by_age(shop: Shop) -> None:
    """Old fragments go, young ones stay."""
    store = await shop.open()
    for at in (START, START + timedelta(days=200)):
        await store.keep_fragment(
            FragmentRecord(source="front", peer="10.0.0.1", received_at=at, reason="torn", size=5, data=b"\x0bMSH|")
        )
    assert await store.prune(Prunable.FRAGMENTS, before=BEFORE) == 1
    assert await store.prune(Prunable.FRAGMENTS, before=BEFORE) == 0


async def test_audit_goes_only_after_its_message(shop: Shop) -> None:
    """Audit rows of a message that is still there stay, however old; afterwards they go."""
    store = await shop.open()
    await delivered(store, 1)
    assert await store.replay(message(1).id, from_stage="", audit=PERSON)
    await finish(store, await claim_one(store), final_state=MessageState.FILTERED)
    shop.clock.advance(LATER_DAYS * 86_400)
    assert await store.prune(Prunable.AUDIT, before=BEFORE) == 0
    await store.prune(Prunable.MESSAGES, before=BEFORE)
    assert await store.prune(Prunable.AUDIT, before=BEFORE) >= 1


async def test_a_sweep_removes_what_nothing_names_after_its_grace(shop: Shop) -> None:
    """A blob that no row names goes when it is old enough; one that a message names stays."""
    store = await shop.open()
    big = b"x" * 10_000
    await store.accept([message(1, body=big)])
    stray = hashlib.sha256(b"stray").hexdigest()
    assert shop.blobs is not None
    shop.blobs.put(stray, b"stray")
    assert (await store.sweep(older_than=datetime(2000, 1, 1, tzinfo=UTC))).files == 0
    swept = await store.sweep(older_than=FAR)
    assert (swept.files, swept.size_bytes) == (1, 5)
    assert await store.raw(message(1).id) == big


async def test_a_node_alone_says_who_it_is(shop: Shop) -> None:
    """The list of nodes has this one first, alive."""
    store = await shop.open()
    (node,) = await store.nodes()
    assert node.is_alive
    assert node.name == "node-a"
