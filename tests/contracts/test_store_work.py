"""The Store contract: ordering keys, leases, transitions."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from engine.domain.document import Document
from engine.domain.message import MessageId, MessageState
from engine.domain.reasons import reason
from engine.ports.store import (
    AuditEntry,
    Fingerprint,
    FingerprintTaken,
    LeaseLost,
    MessageQuery,
    NewReview,
    ReviewQuery,
    StageOutput,
    StoreError,
    Transition,
)
from tests.contracts.store_kit import START, Shop, accept, claim_one, delivery, finish, lane_of, message, sent, step


async def test_items_of_a_key_come_in_commit_order(shop: Shop) -> None:
    """FIFO: whatever the time of receipt says, the order of acceptance counts."""
    store = await shop.open()
    await store.accept([message(2)])
    await store.accept([message(1, received_at=START - timedelta(days=1))])
    lease = await claim_one(store)
    assert [item.id for item in lease.items] == [message(2).id, message(1).id]
    assert lease.items[0].sequence < lease.items[1].sequence


async def test_per_key_limits_the_items_and_the_rest_follows(shop: Shop) -> None:
    """A lease holds at most `per_key` items; what is left is claimed after the release."""
    store = await shop.open()
    await accept(store, 1, 2, 3)
    (lease,) = await store.claim("node-a", keys=5, per_key=2)
    assert [item.id for item in lease.items] == [message(1).id, message(2).id]
    await finish(store, lease)
    assert [item.id for item in (await claim_one(store)).items] == [message(3).id]


async def test_a_leased_key_is_not_handed_out_twice(shop: Shop) -> None:
    """While a key is leased nobody else gets it, not even with new work; other keys go on."""
    store = await shop.open()
    await accept(store, 1, key="a")
    await claim_one(store)
    await accept(store, 2, key="a")
    await accept(store, 3, key="b")
    leases = await store.claim("node-b", keys=9, per_key=9)
    assert [lease.key for lease in leases] == ["b"]


async def test_keys_of_two_channels_are_two_keys(shop: Shop) -> None:
    """The same ordering key in two channels is two keys."""
    store = await shop.open()
    await store.accept([message(1, channel="lab"), message(2, channel="path")])
    leases = await store.claim("node-a", keys=9, per_key=9)
    assert {(lease.channel, lease.key) for lease in leases} == {("lab", "key"), ("path", "key")}


async def test_urgent_keys_first_then_oldest(shop: Shop) -> None:
    """A STAT message lifts its key over older ones, inside the key the order stays."""
    store = await shop.open()
    await accept(store, 1, key="a")
    await accept(store, 2, key="b")
    await accept(store, 3, key="c")
    await accept(store, 4, key="c", priority=0)
    leases = await store.claim("node-a", keys=9, per_key=9)
    assert [lease.key for lease in leases] == ["c", "a", "b"]
    assert [item.id for item in leases[0].items] == [message(3).id, message(4).id]


async def test_a_key_is_urgent_only_while_something_urgent_waits(shop: Shop) -> None:
    """Once the STAT message is done, its key goes back to its place."""
    store = await shop.open()
    await accept(store, 1, key="old")
    await accept(store, 2, key="new", priority=0)
    await accept(store, 3, key="new")
    (lease,) = await store.claim("node-a", keys=1, per_key=1)
    await finish(store, lease)
    leases = await store.claim("node-a", keys=9, per_key=9)
    assert [lease.key for lease in leases] == ["old", "new"]


async def test_an_urgent_message_that_is_not_first_still_counts_after_a_release(shop: Shop) -> None:
    """A key that was given back is as urgent as the most urgent message left in it."""
    store = await shop.open()
    await accept(store, 1, 2, key="a")
    await accept(store, 3, key="b")
    await accept(store, 4, 5, key="c")
    await accept(store, 6, key="c", priority=0)
    (lease,) = await store.claim("node-a", keys=1, per_key=1)
    assert lease.key == "c"
    await finish(store, lease)
    assert (await claim_one(store)).key == "c"


async def test_released_lease_is_fenced(shop: Shop) -> None:
    """After the release nothing can be written with the old lease, even when the same node has the key again."""
    store = await shop.open()
    await accept(store, 1)
    old = await claim_one(store)
    await store.release(old)
    new = await claim_one(store)
    assert new.epoch > old.epoch
    with pytest.raises(LeaseLost):
        await store.advance(old, step(1))
    await store.release(old)
    assert await store.advance(new, step(1)) is MessageState.PROCESSING


async def test_lease_of_a_drained_key_is_fenced(shop: Shop) -> None:
    """A key that went and came back does not accept the lease of its earlier life."""
    store = await shop.open()
    await accept(store, 1)
    old = await claim_one(store)
    await finish(store, old)
    await accept(store, 2)
    await claim_one(store)
    with pytest.raises(LeaseLost):
        await store.advance(old, step(2))


async def test_a_message_of_another_key_is_refused(shop: Shop) -> None:
    """A lease covers its own key's unfinished messages and nothing else."""
    store = await shop.open()
    await accept(store, 1, key="a")
    await accept(store, 2, key="b")
    first, _second = await store.claim("node-a", keys=2, per_key=9)
    for number in (2, 77):
        with pytest.raises(LeaseLost):
            await store.advance(first, step(number))


async def test_reopening_frees_leases_and_fences_the_old_ones(shop: Shop) -> None:
    """After a restart the work is claimable at once, with a higher epoch."""
    store = await shop.open()
    await accept(store, 1)
    old = await claim_one(store)
    store = await shop.reopen(store)
    new = await claim_one(store)
    assert [item.id for item in new.items] == [message(1).id]
    assert new.epoch > old.epoch
    with pytest.raises(LeaseLost):
        await store.advance(old, step(1))


async def test_claimed_work_goes_on_at_its_stage(shop: Shop) -> None:
    """Stage and dossier of the last transition come back with the next claim, in a restart as well."""
    store = await shop.open()
    await accept(store, 1)
    await store.advance(await claim_one(store), step(1, "extract", dossier='{"a": 1}'))
    store = await shop.reopen(store)
    (item,) = (await claim_one(store)).items
    assert (item.stage, item.dossier, item.attempts, item.run_id) == ("extract", '{"a": 1}', 0, 1)


async def test_an_empty_dossier_keeps_the_last_one(shop: Shop) -> None:
    """A transition that writes no dossier leaves the one before it."""
    store = await shop.open()
    await accept(store, 1)
    lease = await claim_one(store)
    await store.advance(lease, step(1, "extract", dossier='{"a": 1}'))
    await store.advance(lease, step(1, "reconcile"))
    await store.release(lease)
    assert (await claim_one(store)).items[0].dossier == '{"a": 1}'


async def test_claimed_message_is_processing(shop: Shop) -> None:
    """A message is `received` until it is handed out, `processing` from then on."""
    store = await shop.open()
    await accept(store, 1, 2)
    await store.claim("node-a", keys=1, per_key=1)
    states = [view.state for view in await store.search(MessageQuery())]
    assert states == [MessageState.RECEIVED, MessageState.PROCESSING]


async def test_retry_blocks_its_key_only_and_counts(shop: Shop) -> None:
    """A key with a retry is not claimable before its time, others are; attempts count and a success resets them."""
    store = await shop.open()
    await accept(store, 1, 2, key="a")
    lease = await claim_one(store)
    later = START + timedelta(seconds=60)
    await store.advance(lease, step(1, "", retry_at=later, error="TimeoutError"))
    await store.release(lease)
    await accept(store, 3, key="b")
    assert [found.key for found in await store.claim("node-a", keys=9, per_key=9)] == ["b"]
    shop.clock.advance(59.9)
    assert await store.claim("node-a", keys=9, per_key=9) == []
    shop.clock.advance(0.1)
    lease = await claim_one(store)
    assert [(item.id, item.attempts) for item in lease.items] == [(message(1).id, 1), (message(2).id, 0)]
    await store.advance(lease, step(1, "extract"))
    await store.release(lease)
    assert [item.attempts for item in (await claim_one(store)).items] == [0, 0]


async def test_error_of_a_try_shows_and_goes(shop: Shop) -> None:
    """The last error is shown with the message until a transition without one."""
    store = await shop.open()
    await accept(store, 1)
    lease = await claim_one(store)
    for error in ("OSError 28", ""):
        await store.advance(lease, step(1, "x", error=error))
        detail = await store.get(message(1).id)
        assert detail is not None
        assert detail.error == error


async def test_findings_are_shown_with_the_message(shop: Shop) -> None:
    """Reasons join those of acceptance, metadata and outputs add up, documents are replaced, audit appends."""
    store = await shop.open()
    await store.accept([message(1, reasons=(reason("version.missing"),))])
    lease = await claim_one(store)
    paper = Document(sha256="ab" * 32, media_type="application/pdf", size_bytes=9, location="OBX[3]-5", title="Ä")
    await store.advance(
        lease,
        step(
            1,
            "b",
            reasons=(reason("code.unknown", field="results[r1].code"),),
            metadata={"patient_mrn": "4711", "lab": "N"},
            documents=(paper,),
            outputs=(StageOutput(stage="a", data='{"n": 1}'),),
            audit=(AuditEntry(action="decide", actor="engine", detail='{"n": 2}'),),
        ),
    )
    await store.advance(
        lease,
        step(1, "c", reasons=(reason("code.unknown", field="results[r1].code"),), metadata={"lab": "S"}),
    )
    detail = await store.get(message(1).id)
    assert detail is not None
    assert [item.code for item in detail.message.reasons] == ["version.missing", "code.unknown"]
    assert detail.metadata == {"patient_mrn": "4711", "lab": "S"}
    assert (detail.message.patient_mrn, detail.message.documents) == ("4711", (paper,))
    assert detail.outputs == (StageOutput(stage="a", data='{"n": 1}'),)
    assert [(entry.action, entry.detail) for entry in detail.timeline][1:] == [("decide", '{"n": 2}')]


async def test_message_without_deliveries_or_review_is_delivered(shop: Shop) -> None:
    """When nothing is to be sent or asked, the end of the stages is the end."""
    store = await shop.open()
    await accept(store, 1)
    lease = await claim_one(store)
    assert await store.advance(lease, step(1, None)) is MessageState.DELIVERED
    await store.release(lease)
    assert await store.claim("node-a", keys=9, per_key=9) == []


@pytest.mark.parametrize("state", [MessageState.DUPLICATE, MessageState.FILTERED, MessageState.PARKED])
async def test_final_states_end_the_work(shop: Shop, state: MessageState) -> None:
    """A state set by a stage stays and takes the message out of the work, whatever stage is named."""
    store = await shop.open()
    await accept(store, 1, 2)
    lease = await claim_one(store)
    first = MessageId("first")
    assert await store.advance(lease, step(1, "x", final_state=state, duplicate_of=first)) is state
    await store.release(lease)
    assert [item.id for item in (await claim_one(store)).items] == [message(2).id]
    detail = await store.get(message(1).id)
    assert detail is not None
    assert (detail.message.state, detail.message.duplicate_of) == (state, first)


async def test_review_opens_with_the_message(shop: Shop) -> None:
    """A review case holds the message in `review`, even when everything was sent."""
    store = await shop.open()
    await accept(store, 1)
    case = NewReview(id="r1", reasons=(reason("patient.unknown"),))
    lease = await claim_one(store)
    state = await store.advance(lease, step(1, None, review=case, deliveries=(delivery(1),)))
    assert state is MessageState.REVIEW
    await store.settle(await lane_of(store), [sent(1)])
    (view,) = await store.search(MessageQuery(state="review"))
    assert view.deliveries[0].ack_code == "AA"
    (review,) = await store.reviews(ReviewQuery())
    assert (review.id, review.message_id, review.reasons) == ("r1", message(1).id, case.reasons)


async def test_fingerprint_of_another_message_is_refused(shop: Shop) -> None:
    """The first claim wins; the second transition writes nothing and names the owner."""
    store = await shop.open()
    await accept(store, 1, key="a")
    await accept(store, 2, key="b")
    first, second = await store.claim("node-a", keys=2, per_key=9)
    print_ = Fingerprint(kind="content", value="f1")
    await store.advance(first, step(1, None, fingerprints=(print_,), fingerprint_detail='{"v": 1}'))
    free = Fingerprint(kind="content", value="free")
    with pytest.raises(FingerprintTaken) as caught:
        await store.advance(second, step(2, None, fingerprints=(free, print_), deliveries=(delivery(2),)))
    assert caught.value.owner == message(1).id
    (owner,) = await store.find_fingerprints([free, print_])
    assert (owner.message_id, owner.state, owner.detail) == (message(1).id, MessageState.DELIVERED, '{"v": 1}')
    assert owner.channel == "lab"
    detail = await store.get(message(2).id)
    assert detail is not None
    assert (detail.message.deliveries, detail.message.state) == ((), MessageState.PROCESSING)


async def test_fingerprints_are_found_by_their_begin(shop: Shop) -> None:
    """All of a kind that begin alike, by value, whatever else they hold; a value that is only as long is not one."""
    store = await shop.open()
    await accept(store, 1)
    values = ("a:10", "a:2", "a:\u00e9", "a", "b:1", "A:1", "a;1")
    prints = tuple(Fingerprint(kind="order", value=value) for value in values)
    await finish(store, await claim_one(store), fingerprints=(*prints, Fingerprint(kind="other", value="a:3")))
    asked = [Fingerprint(kind="order", value="b:1"), Fingerprint(kind="order", value="a:", is_begin=True)]
    found = await store.find_fingerprints(asked)
    assert [item.fingerprint for item in found] == [
        Fingerprint(kind="order", value=value) for value in ("b:1", "a:10", "a:2", "a:\u00e9")
    ]


async def test_fingerprint_race_has_one_winner(shop: Shop) -> None:
    """Of transitions that claim the same fingerprint at once exactly one is written."""
    store = await shop.open()
    for number in range(1, 9):
        await accept(store, number, key=f"k{number}")
    leases = await store.claim("node-a", keys=9, per_key=9)
    claims = [
        store.advance(
            lease,
            Transition(
                message_id=lease.items[0].id, next_stage=None, fingerprints=(Fingerprint(kind="c", value="same"),)
            ),
        )
        for lease in leases
    ]
    results = await asyncio.gather(*claims, return_exceptions=True)
    assert sum(isinstance(item, FingerprintTaken) for item in results) == 7
    assert sum(item is MessageState.DELIVERED for item in results) == 1


async def test_own_fingerprint_may_be_claimed_again(shop: Shop) -> None:
    """A message that is run again keeps what it owns."""
    store = await shop.open()
    await accept(store, 1)
    prints = (Fingerprint(kind="c", value="same"),)
    lease = await claim_one(store)
    await store.advance(lease, step(1, "x", fingerprints=prints, fingerprint_detail='{"v": 1}'))
    await store.advance(lease, step(1, None, fingerprints=prints, fingerprint_detail='{"v": 2}'))
    (owner,) = await store.find_fingerprints(prints)
    assert owner.detail == '{"v": 2}'


async def test_fingerprint_of_a_filtered_message_is_taken_over(shop: Shop) -> None:
    """A message that will never be delivered does not keep its identity from the one that will."""
    store = await shop.open()
    prints = (Fingerprint(kind="c", value="same"),)
    await accept(store, 1)
    await finish(store, await claim_one(store), fingerprints=prints, final_state=MessageState.FILTERED)
    await accept(store, 2)
    await finish(store, await claim_one(store), fingerprints=prints, fingerprint_detail='{"v": 2}')
    (owner,) = await store.find_fingerprints(prints)
    assert (owner.message_id, owner.detail) == (message(2).id, '{"v": 2}')


async def test_transitions_of_one_message_that_share_a_commit_follow_one_another(shop: Shop) -> None:
    """Calls that wait together see what the ones before them wrote."""
    store = await shop.open()
    await accept(store, 1)
    lease = await claim_one(store)
    calls = [store.advance(lease, step(1, stage)) for stage in ("extract", "dedupe", None, "late")]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert results[:3] == [MessageState.PROCESSING, MessageState.PROCESSING, MessageState.DELIVERED]
    assert isinstance(results[3], LeaseLost)


async def test_one_bad_transition_does_not_fail_its_neighbours(shop: Shop) -> None:
    """Operations that share a commit fail alone, also after they wrote something."""
    store = await shop.open()
    for number in range(1, 6):
        await accept(store, number, key=f"k{number}")
    leases = await store.claim("node-a", keys=9, per_key=9)
    bad = (delivery(3), delivery(30, id="d3"))
    calls = [
        store.advance(lease, step(number, None, deliveries=bad if number == 3 else (delivery(number),)))
        for number, lease in enumerate(leases, start=1)
    ]
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [isinstance(item, StoreError) for item in results] == [False, False, True, False, False]
    states = {view.id: view.state for view in await store.search(MessageQuery())}
    assert states[message(3).id] is MessageState.PROCESSING
    assert states[message(4).id] is MessageState.QUEUED
    assert (await store.figures()).queues[0].queued == 4
