"""The Store contract: destination queues."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.message import DeliveryState, MessageState
from engine.domain.reasons import reason
from engine.ports.store import (
    AuditEntry,
    BodyMissing,
    DeliveryResult,
    LaneLease,
    LeaseLost,
    MessageQuery,
    Store,
    StoreError,
    Transition,
)
from tests.contracts.store_kit import START, Shop, accept, claim_one, delivery, finish, lane_of, message, queue, sent


def later(number: int, seconds: float, **fields: object) -> DeliveryResult:
    values: dict[str, object] = {"error": "no answer", **fields}
    return DeliveryResult(
        delivery_id=f"d{number}",
        state=DeliveryState.QUEUED,
        retry_at=START + timedelta(seconds=seconds),
        **values,  # type: ignore[arg-type]
    )


async def due_ids(store: Store, lane: LaneLease, limit: int = 50) -> list[str]:
    return [item.id for item in await store.due(lane, limit=limit)]


async def state_of(store: Store, number: int) -> MessageState:
    detail = await store.get(message(number).id)
    assert detail is not None
    return detail.message.state


async def test_a_queued_delivery_is_due_with_its_bytes(shop: Shop) -> None:
    """What was queued is handed out as it was given, small or large, and marks nothing."""
    store = await shop.open()
    await accept(store, 1)
    big = b"B" * 20_000
    await finish(store, await claim_one(store), deliveries=(delivery(1), delivery(2, body=big)))
    lane = await lane_of(store)
    for _ in range(2):
        first, second = await store.due(lane, limit=9)
        assert (first.id, first.body, first.control_id) == ("d1", delivery(1).body, "O1")
        assert (second.body, second.message_id, second.attempts) == (big, message(1).id, 0)
    assert await store.payload("d2") == big


async def test_sent_delivers_the_message(shop: Shop) -> None:
    """A sent delivery leaves the queue, keeps ACK and answer, and its message is delivered."""
    store = await shop.open()
    await queue(store, 1)
    assert await state_of(store, 1) is MessageState.QUEUED
    lane = await lane_of(store)
    await store.settle(lane, [sent(1, audit=(AuditEntry(action="deliver"),))])
    assert await due_ids(store, lane) == []
    assert await store.answer("d1") == b"MSA|AA\r"
    detail = await store.get(message(1).id)
    assert detail is not None
    (view,) = detail.message.deliveries
    assert (view.state, view.attempts, view.ack_code, view.sent_at) == (DeliveryState.SENT, 1, "AA", START)
    assert detail.message.state is MessageState.DELIVERED
    assert detail.timeline[-1].action == "deliver"


async def test_the_same_idempotency_key_is_queued_once(shop: Shop) -> None:
    """A delivery queued before, by this message or another, is kept with its first bytes and not doubled."""
    store = await shop.open()
    await queue(store, 1)
    await accept(store, 2)
    again = delivery(2, idempotency_key="k1", body=b"other")
    await finish(store, await claim_one(store), deliveries=(again,))
    lane = await lane_of(store)
    assert [(item.id, item.body) for item in await store.due(lane, limit=9)] == [("d1", delivery(1).body)]
    await store.settle(lane, [sent(1)])
    assert await store.replay(message(1).id, from_stage="", audit=AuditEntry(action="replay"))
    await finish(store, await claim_one(store), deliveries=(delivery(1),))
    assert await due_ids(store, lane) == []
    assert await state_of(store, 1) is MessageState.DELIVERED


async def test_replay_sends_a_parked_delivery_again(shop: Shop) -> None:
    """What the receiver refused is queued again with the corrected bytes when its message is replayed."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    refusal = DeliveryResult(delivery_id="d1", state=DeliveryState.PARKED, ack_code="AE", rejected=True)
    await store.settle(lane, [refusal])
    assert await state_of(store, 1) is MessageState.PARKED
    assert await store.replay(message(1).id, from_stage="", audit=AuditEntry(action="replay"))
    await finish(store, await claim_one(store), deliveries=(delivery(1, body=b"corrected"),))
    (item,) = await store.due(lane, limit=9)
    assert (item.id, item.body, item.attempts, item.rejects) == ("d1", b"corrected", 1, 0)
    assert await state_of(store, 1) is MessageState.QUEUED


async def test_a_new_run_withdraws_what_older_runs_could_not_send(shop: Shop) -> None:
    """What waits or was refused and is not wanted by the new run goes; what was sent or is wanted again stays."""
    store = await shop.open()
    await accept(store, 1)
    wanted = tuple(delivery(number) for number in (1, 2, 3, 4))
    await finish(store, await claim_one(store), deliveries=wanted)
    lane = await lane_of(store)
    refusal = DeliveryResult(delivery_id="d1", state=DeliveryState.PARKED, ack_code="AE", rejected=True)
    await store.settle(lane, [refusal, sent(2)])
    assert await state_of(store, 1) is MessageState.PARKED
    assert await store.replay(message(1).id, from_stage="", audit=AuditEntry(action="replay"))
    await finish(store, await claim_one(store), deliveries=(delivery(3), delivery(5)))
    (view,) = await store.search(MessageQuery())
    assert [(item.id, item.state.value) for item in view.deliveries] == [
        ("d1", "withdrawn"),
        ("d2", "sent"),
        ("d3", "queued"),
        ("d4", "withdrawn"),
        ("d5", "queued"),
    ]
    assert view.state is MessageState.QUEUED
    assert (await store.figures()).queues[0].queued == 2
    detail = await store.get(message(1).id)
    assert detail is not None
    assert [entry.action for entry in detail.timeline].count("delivery.superseded") == 2
    await store.settle(lane, [sent(3), sent(5)])
    assert await state_of(store, 1) is MessageState.DELIVERED


async def test_a_withdrawn_delivery_that_a_later_run_wants_is_queued_again(shop: Shop) -> None:
    """A run that filtered the message withdraws; the run after it that wants the same result sends it."""
    store = await shop.open()
    await queue(store, 1)
    for fields, state in (
        ({"final_state": MessageState.FILTERED}, MessageState.FILTERED),
        ({"deliveries": (delivery(1),)}, MessageState.QUEUED),
    ):
        assert await store.replay(message(1).id, from_stage="", audit=AuditEntry(action="replay"))
        await finish(store, await claim_one(store), **fields)
        assert await state_of(store, 1) is state
    assert [item.id for item in await store.due(await lane_of(store), limit=9)] == ["d1"]


async def test_a_run_that_was_parked_withdraws_nothing(shop: Shop) -> None:
    """A run that failed decided nothing: what the run before it queued still goes out."""
    store = await shop.open()
    await queue(store, 1)
    assert await store.replay(message(1).id, from_stage="", audit=AuditEntry(action="replay"))
    await finish(store, await claim_one(store), final_state=MessageState.PARKED)
    assert [item.id for item in await store.due(await lane_of(store), limit=9)] == ["d1"]


async def test_two_results_for_one_delivery_count_both(shop: Shop) -> None:
    """Results of one call are recorded in their order."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    await store.settle(lane, [DeliveryResult(delivery_id="d1", state=DeliveryState.QUEUED, retry_at=START), sent(1)])
    (view,) = await store.search(MessageQuery())
    assert (view.state, view.deliveries[0].attempts) == (MessageState.DELIVERED, 2)


async def test_a_key_that_comes_twice_in_one_transition_is_queued_once(shop: Shop) -> None:
    """The first of two deliveries with one idempotency key is the one that goes out."""
    store = await shop.open()
    await accept(store, 1)
    await finish(store, await claim_one(store), deliveries=(delivery(1), delivery(2, idempotency_key="k1")))
    assert [item.id for item in await store.due(await lane_of(store), limit=9)] == ["d1"]


async def test_commit_order_inside_and_between_keys(shop: Shop) -> None:
    """Deliveries come in the order of their messages, whichever key was worked on first."""
    store = await shop.open()
    await accept(store, 1, key="a")
    await accept(store, 2, key="b")
    await accept(store, 3, key="a")
    leases = {lease.key: lease for lease in await store.claim("node-a", keys=9, per_key=9)}
    for number, key in ((2, "b"), (1, "a"), (3, "a")):
        await store.advance(
            leases[key], Transition(message_id=message(number).id, next_stage=None, deliveries=(delivery(number),))
        )
    lane = await lane_of(store)
    assert await due_ids(store, lane) == ["d1", "d2", "d3"]
    assert await due_ids(store, lane, limit=2) == ["d1", "d2"]


async def test_retry_holds_back_its_own_key_only(shop: Shop) -> None:
    """A head that waits holds its successors, other keys go on; at its time all are due again, in order."""
    store = await shop.open()
    await queue(store, 1, 2, key="a")
    await queue(store, 3, key="b")
    lane = await lane_of(store)
    await store.settle(lane, [later(1, 30, reason=reason("delivery.no_ack"))])
    assert await due_ids(store, lane) == ["d3"]
    assert await store.next_due_at(lane) == START + timedelta(seconds=30)
    shop.clock.advance(30)
    assert await store.next_due_at(lane) is None
    assert await due_ids(store, lane) == ["d1", "d2", "d3"]


async def test_a_parked_head_lets_its_successors_go(shop: Shop) -> None:
    """Once set aside, a refused delivery holds back nobody, and its message is parked."""
    store = await shop.open()
    await queue(store, 1, 2, key="a")
    lane = await lane_of(store)
    await store.settle(lane, [later(1, 30, rejected=True)])
    assert await due_ids(store, lane) == []
    refusal = DeliveryResult(
        delivery_id="d1", state=DeliveryState.PARKED, ack_code="AR", rejected=True, reason=reason("delivery.rejected")
    )
    await store.settle(lane, [refusal])
    assert await due_ids(store, lane) == ["d2"]
    detail = await store.get(message(1).id)
    assert detail is not None
    assert detail.message.state is MessageState.PARKED
    assert [item.code for item in detail.message.reasons] == ["delivery.rejected"]


async def test_urgent_goes_first_but_never_past_its_own_key(shop: Shop) -> None:
    """A STAT delivery passes other keys; what precedes it in its own key goes before it."""
    store = await shop.open()
    await queue(store, 1, key="a")
    await queue(store, 2, key="b")
    await queue(store, 3, key="b", priority=0)
    await queue(store, 4, key="b")
    lane = await lane_of(store)
    assert await due_ids(store, lane) == ["d2", "d3", "d1", "d4"]
    assert await due_ids(store, lane, limit=1) == ["d2"]
    await store.settle(lane, [later(2, 60)])
    assert await due_ids(store, lane) == ["d1"]


async def test_tries_and_refusals_are_counted(shop: Shop) -> None:
    """`attempts` counts what went out, `rejects` what came back refused; a try that sent nothing counts neither."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    await store.settle(lane, [later(1, 0, sent=False)])
    await store.settle(lane, [later(1, 0, rejected=True, ack_code="AR", answer=b"MSA|AR\r")])
    await store.settle(lane, [later(1, 0)])
    (item,) = await store.due(lane, limit=9)
    assert (item.attempts, item.rejects) == (2, 1)
    assert await store.answer("d1") == b"MSA|AR\r"
    (view,) = (await store.search(MessageQuery()))[0].deliveries
    assert (view.ack_code, view.error, view.next_attempt_at) == ("AR", "no answer", START)


async def test_waiting_reason_goes_once_it_was_sent(shop: Shop) -> None:
    """`delivery.no_ack` is shown while it waits, and not after the receiver took it."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    await store.settle(lane, [later(1, 0, reason=reason("delivery.no_ack"))])
    assert [item.code for item in (await store.search(MessageQuery()))[0].reasons] == ["delivery.no_ack"]
    await store.settle(lane, [sent(1)])
    assert (await store.search(MessageQuery()))[0].reasons == ()


async def test_message_waits_for_its_required_destinations(shop: Shop) -> None:
    """`delivered` needs every required delivery, an optional one may still wait."""
    store = await shop.open()
    await accept(store, 1)
    made = (delivery(1), delivery(2, destination="registry"), delivery(3, destination="copy", required=False))
    await finish(store, await claim_one(store), deliveries=made)
    await store.settle(await lane_of(store), [sent(1)])
    assert await state_of(store, 1) is MessageState.QUEUED
    await store.settle(await lane_of(store, "registry"), [sent(2)])
    assert await state_of(store, 1) is MessageState.DELIVERED


async def test_deliveries_sent_while_stages_still_run_leave_the_message_processing(shop: Shop) -> None:
    """The state follows the deliveries only when the stages are done, and then at once."""
    store = await shop.open()
    await accept(store, 1)
    lease = await claim_one(store)
    await store.advance(lease, Transition(message_id=message(1).id, next_stage="more", deliveries=(delivery(1),)))
    await store.settle(await lane_of(store), [sent(1)])
    assert await state_of(store, 1) is MessageState.PROCESSING
    done = await store.advance(lease, Transition(message_id=message(1).id, next_stage=None))
    assert done is MessageState.DELIVERED


async def test_a_state_set_by_a_stage_is_not_changed_by_deliveries(shop: Shop) -> None:
    """A message that a stage parked stays parked, whatever becomes of what it had queued before."""
    store = await shop.open()
    await accept(store, 1)
    lease = await claim_one(store)
    await store.advance(lease, Transition(message_id=message(1).id, next_stage="more", deliveries=(delivery(1),)))
    parked = Transition(message_id=message(1).id, next_stage=None, final_state=MessageState.PARKED)
    await store.advance(lease, parked)
    await store.settle(await lane_of(store), [sent(1)])
    assert await state_of(store, 1) is MessageState.PARKED


async def test_one_lane_one_sender(shop: Shop) -> None:
    """A queue has one sender at a time; others get it after it was given back."""
    store = await shop.open()
    lane = await lane_of(store)
    assert await store.open_lane("node-b", "lab", "ehr") is None
    assert await store.open_lane("node-b", "lab", "registry") is not None
    await store.close_lane(lane)
    second = await store.open_lane("node-b", "lab", "ehr")
    assert second is not None
    assert second.epoch > lane.epoch


async def test_lost_lane_is_fenced(shop: Shop) -> None:
    """With a lane that was given back nothing is read and nothing written; giving it back again harms nobody."""
    store = await shop.open()
    await queue(store, 1)
    old = await lane_of(store)
    await store.close_lane(old)
    new = await lane_of(store)
    with pytest.raises(LeaseLost):
        await store.due(old, limit=1)
    with pytest.raises(LeaseLost):
        await store.settle(old, [sent(1)])
    await store.close_lane(old)
    assert await due_ids(store, new) == ["d1"]


# The model store of the simulation has no blobs that could be lost.
@pytest.mark.parametrize("shop", ["sqlite", pytest.param("postgres", marks=pytest.mark.slow)], indirect=True)
async def test_a_payload_that_is_gone_holds_up_nothing_else(shop: Shop) -> None:
    """It is handed out without its bytes; whoever asks for them is told that they are gone, what is behind it is due."""
    store = await shop.open()
    await store.accept([message(1, key="a")])
    large = delivery(1, body=b"x" * 50_000)
    await finish(store, await claim_one(store), deliveries=(large,))
    await queue(store, 2, key="b")
    assert shop.blobs is not None
    for blob in list(shop.blobs.list()):
        shop.blobs.delete(blob.sha256)
    lane = await lane_of(store)
    first, second = await store.due(lane, limit=5)
    assert (first.id, first.is_deferred, first.body) == ("d1", True, b"")
    assert (second.id, second.is_deferred) == ("d2", False)
    with pytest.raises(BodyMissing):
        await store.payload("d1")


async def test_reopening_frees_lanes_and_keeps_the_queue(shop: Shop) -> None:
    """After a restart the lane is free, the old lease fenced, and what was not settled is due with its waiting time."""
    store = await shop.open()
    await queue(store, 1, key="a")
    await queue(store, 2, key="b")
    old = await lane_of(store)
    await store.settle(old, [later(1, 30)])
    store = await shop.reopen(store)
    lane = await lane_of(store)
    assert await due_ids(store, lane) == ["d2"]
    with pytest.raises(LeaseLost):
        await store.settle(old, [sent(2)])


async def test_a_result_for_another_queue_is_refused_whole(shop: Shop) -> None:
    """A settle with a delivery that is not of the lane writes nothing."""
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    with pytest.raises(StoreError):
        await store.settle(lane, [sent(1), sent(77)])
    assert await due_ids(store, lane) == ["d1"]


async def test_queueing_wakes_the_lane(shop: Shop) -> None:
    """A hint names the lane that got something."""
    store = await shop.open()
    hints = store.wakeups()
    await queue(store, 1)
    seen = [await anext(hints) for _ in range(2)]
    assert "lane:lab/ehr" in seen


async def test_unknown_bodies_are_none(shop: Shop) -> None:
    """Asking for what is not there gives None."""
    store = await shop.open()
    await queue(store, 1)
    assert await store.payload("nope") is None
    assert await store.answer("d1") is None
    assert await store.raw(message(7).id) is None
    assert await store.ack_sent(message(7).id) is None
