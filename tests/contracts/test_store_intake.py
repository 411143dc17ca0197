"""The Store contract: taking messages in."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from engine.domain.message import MessageState
from engine.domain.reasons import reason
from engine.ports.store import FragmentRecord, MessageQuery, StoreError, StoreFull
from tests.contracts.store_kit import START, Shop, accept, claim_one, message


async def test_accept_answers_with_id_and_ack(shop: Shop) -> None:
    """The answer names the new message and carries the ACK that was given with it."""
    store = await shop.open()
    (accepted,) = await store.accept([message(1)])
    assert (accepted.id, accepted.ack) == (message(1).id, message(1).ack)
    assert (accepted.retransmission, accepted.reused) == (False, False)


async def test_nothing_is_lost_over_close_and_reopen(shop: Shop) -> None:
    """What accept returned for is there after a reopening: bytes, ACK, order and work."""
    store = await shop.open()
    await accept(store, 1, 2, 3)
    store = await shop.reopen(store)
    lease = await claim_one(store)
    assert [item.id for item in lease.items] == [message(number).id for number in (1, 2, 3)]
    assert [item.raw for item in lease.items] == [message(number).raw for number in (1, 2, 3)]
    assert await store.ack_sent(message(2).id) == message(2).ack


async def test_fields_come_back_as_they_were(shop: Shop) -> None:
    """A view shows what was accepted, times to the microsecond."""
    store = await shop.open()
    new = message(1, batch_id="b7", file_name="r.pdf", received_at=START + timedelta(microseconds=123456))
    await store.accept([new])
    (view,) = await store.search(MessageQuery())
    assert (view.received_at, view.batch_id, view.file_name) == (new.received_at, "b7", "r.pdf")
    assert (view.channel, view.source, view.control_id, view.message_type) == ("lab", "front", "C1", "ORU^R01")
    assert (view.state, view.size_bytes) == (MessageState.RECEIVED, len(new.raw))


async def test_retransmission_gets_the_stored_ack(shop: Shop) -> None:
    """The same sender, control id and bytes are answered with the first ACK and not stored again."""
    store = await shop.open()
    await accept(store, 1)
    again = message(1, id=message(9).id, ack=b"another")
    (accepted,) = await store.accept([again])
    assert accepted.retransmission
    assert (accepted.id, accepted.ack) == (message(1).id, message(1).ack)
    assert len(await store.search(MessageQuery())) == 1
    detail = await store.get(message(1).id)
    assert detail is not None
    assert [entry.action for entry in detail.timeline] == ["accept", "retransmission"]


async def test_retransmission_of_a_silent_message_stays_silent(shop: Shop) -> None:
    """Where the first answer was none, the retransmission gets none."""
    store = await shop.open()
    await store.accept([message(1, ack=None)])
    (accepted,) = await store.accept([message(1, id=message(9).id)])
    assert accepted.retransmission
    assert accepted.ack is None


async def test_same_control_id_with_other_bytes_is_stored_and_marked(shop: Shop) -> None:
    """A reused control id is new content: stored, with its reason, its own ACK, and later told apart by its bytes."""
    store = await shop.open()
    await accept(store, 1)
    other = message(2, control_id="C1")
    (accepted,) = await store.accept([other])
    assert accepted.reused
    assert not accepted.retransmission
    (first_again, other_again) = await store.accept(
        [message(1, id=message(8).id), message(2, id=message(9).id, control_id="C1")]
    )
    assert (first_again.id, other_again.id) == (message(1).id, other.id)
    detail = await store.get(other.id)
    assert detail is not None
    assert [item.code for item in detail.message.reasons] == ["control_id.reused"]


@pytest.mark.parametrize("fields", [{"control_id": ""}, {"dedupe_sender": ""}])
async def test_without_identity_nothing_is_a_retransmission(shop: Shop, fields: dict[str, str]) -> None:
    """Content without control id or sender is stored each time."""
    store = await shop.open()
    await store.accept([message(1, **fields)])
    (accepted,) = await store.accept([message(1, id=message(2).id, **fields)])
    assert not accepted.retransmission
    assert len(await store.search(MessageQuery())) == 2


async def test_retransmission_is_forgotten_after_its_window(shop: Shop) -> None:
    """After the window the same bytes are a new message, without complaint."""
    store = await shop.open(retransmission_days=30)
    await accept(store, 1)
    late = message(1, id=message(2).id, received_at=START + timedelta(days=31))
    (accepted,) = await store.accept([late])
    assert (accepted.id, accepted.retransmission, accepted.reused) == (late.id, False, False)
    (again,) = await store.accept([message(1, id=message(3).id, received_at=START + timedelta(days=32))])
    assert (again.id, again.retransmission) == (late.id, True)


async def test_a_batch_is_stored_whole_or_not_at_all(shop: Shop) -> None:
    """One message of a call that cannot be stored takes the others of the call with it, and only those."""
    store = await shop.open()
    await accept(store, 1)
    bad = [message(2), message(3, id=message(1).id)]
    results = await asyncio.gather(
        store.accept([message(4)]), store.accept(bad), store.accept([message(5)]), return_exceptions=True
    )
    assert isinstance(results[1], StoreError)
    assert not isinstance(results[0], BaseException)
    assert not isinstance(results[2], BaseException)
    stored = {view.id for view in await store.search(MessageQuery())}
    assert stored == {message(number).id for number in (1, 4, 5)}
    figures = await store.figures()
    assert figures.messages[("lab", "received")] == 3


async def test_accepts_that_share_a_commit_are_judged_one_after_the_other(shop: Shop) -> None:
    """A retransmission, a reused control id and an impossible message beside good ones: each gets its own answer."""
    store = await shop.open()
    again = message(1, id=message(7).id, ack=b"other")
    reused = message(1, id=message(8).id, body=b"other bytes")
    calls = [[message(1)], [message(2)], [again], [reused], [message(9), message(2, id=message(2).id, control_id="X")]]
    results = await asyncio.gather(*(store.accept(call) for call in calls), return_exceptions=True)
    first, second, third, fourth = (item[0] for item in results[:4] if isinstance(item, list))
    assert (first.id, second.id) == (message(1).id, message(2).id)
    assert (third.id, third.ack, third.retransmission) == (message(1).id, message(1).ack, True)
    assert (fourth.id, fourth.reused) == (message(8).id, True)
    assert isinstance(results[4], StoreError)
    ids = {view.id for view in await store.search(MessageQuery())}
    assert ids == {message(1).id, message(2).id, message(8).id}
    assert (await store.figures()).messages == {("lab", "received"): 3}


async def test_large_bodies_come_back(shop: Shop) -> None:
    """Bodies over the inline limit take the other way and come back the same: raw, ACK, claimed item."""
    store = await shop.open()
    raw, ack = b"r" * 50_000, b"a" * 9_000
    await store.accept([message(1, body=raw, ack=ack)])
    (again,) = await store.accept([message(1, body=raw, id=message(2).id)])
    assert again.ack == ack
    assert await store.raw(message(1).id) == raw
    assert (await claim_one(store)).items[0].raw == raw


async def test_a_message_whose_body_is_gone_is_parked(shop: Shop) -> None:
    """A damaged blob does not stop its key: the message is parked where people see it, the next one is handed out."""
    store = await shop.open()
    await store.accept([message(1, body=b"r" * 50_000)])
    await accept(store, 2)
    for path in (shop.site / "blobs").rglob("*"):
        if path.is_file():
            path.write_bytes(b"damaged")
    lease = await claim_one(store)
    assert [item.id for item in lease.items] == [message(2).id]
    detail = await store.get(message(1).id)
    assert detail is not None
    assert detail.message.state is MessageState.PARKED
    assert shop.observer.events == ["store.body_missing"]


async def test_full_queue_refuses(shop: Shop) -> None:
    """More waiting calls than the limit are refused with StoreFull, those before them are stored."""
    store = await shop.open(queue=3)
    results = await asyncio.gather(*(store.accept([message(n)]) for n in range(1, 9)), return_exceptions=True)
    refused = [item for item in results if isinstance(item, StoreFull)]
    assert len(refused) == 5
    assert len(await store.search(MessageQuery())) == 3


async def test_low_disk_refuses_intake_and_readiness(local_shop: Shop) -> None:
    """Under the free-space limit nothing is taken in and the store says so, but work goes on."""
    store = await local_shop.open()
    await accept(store, 1)
    store = await local_shop.reopen(store, min_free=1 << 60)
    with pytest.raises(StoreFull):
        await store.accept([message(2)])
    assert not await store.is_writable()
    assert (await claim_one(store)).items[0].id == message(1).id


async def test_fragments_are_kept_without_becoming_messages(shop: Shop) -> None:
    """A torn frame, small or large, is kept and shows up nowhere as a message."""
    store = await shop.open()
    for size in (10, 50_000):
        await store.keep_fragment(
            FragmentRecord(
                source="front", peer="192.0.2.7", received_at=START, reason="timeout", size=size, data=b"f" * size
            )
        )
    assert await store.search(MessageQuery()) == []
    assert await store.claim("node-a", keys=9, per_key=9) == []


async def test_accept_reasons_are_handed_to_the_worker(shop: Shop) -> None:
    """Reasons known at acceptance come with the work item and with the view."""
    store = await shop.open()
    await store.accept([message(1, reasons=(reason("version.missing"),))])
    assert [item.code for item in (await claim_one(store)).items[0].reasons] == ["version.missing"]


async def test_writable_when_open_refuses_when_closed(shop: Shop) -> None:
    """An open store is writable; after close every call raises StoreError and readiness is false."""
    store = await shop.open()
    assert await store.is_writable()
    await store.close()
    assert not await store.is_writable()
    with pytest.raises(StoreError):
        await store.accept([message(1)])
    with pytest.raises(StoreError):
        await store.search(MessageQuery())


async def test_close_finishes_what_was_begun(shop: Shop) -> None:
    """Calls made before close are answered, and what they stored is there."""
    store = await shop.open()
    calls = [asyncio.ensure_future(store.accept([message(number)])) for number in range(1, 40)]
    await asyncio.sleep(0)
    await store.close()
    await asyncio.gather(*calls)
    store = await shop.open()
    assert len(await store.search(MessageQuery())) == 39


async def test_closing_twice_is_harmless(shop: Shop) -> None:
    """A second close does nothing, and a store that was never opened can be closed."""
    await shop.make().close()
    store = await shop.open()
    await asyncio.gather(store.close(), store.close())
    await store.close()


async def test_accept_wakes_a_waiting_worker(shop: Shop) -> None:
    """A hint `work` follows an accept; listening ends with the store."""
    store = await shop.open()
    hints = store.wakeups()
    await accept(store, 1)
    assert await anext(hints) == "work"
    await store.close()
    with pytest.raises(StopAsyncIteration):
        await anext(hints)
