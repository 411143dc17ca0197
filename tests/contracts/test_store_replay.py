"""The Store contract: running a message again."""

from __future__ import annotations

from engine.domain.reasons import reason
from engine.ports.store import AuditEntry, NewReview, ReviewQuery
from tests.contracts.store_kit import Shop, accept, claim_one, finish, message, step


async def test_replay_runs_the_stages_again(shop: Shop) -> None:
    """A replay from the start is a new run without the old findings; it is refused while the message is worked on."""
    store = await shop.open()
    await store.accept([message(1, reasons=(reason("version.missing"),))])
    entry = AuditEntry(action="replay", actor="alice")
    assert not await store.replay(message(1).id, from_stage="", audit=entry)
    assert not await store.replay(message(9).id, from_stage="", audit=entry)
    await finish(store, await claim_one(store), dossier='{"old": 1}', reasons=(reason("code.unknown"),))
    assert await store.replay(message(1).id, from_stage="", audit=entry)
    (item,) = (await claim_one(store)).items
    assert (item.stage, item.dossier, item.run_id) == ("", "", 2)
    assert [found.code for found in item.reasons] == ["version.missing"]
    detail = await store.get(message(1).id)
    assert detail is not None
    assert (detail.timeline[-1].action, detail.timeline[-1].actor) == ("replay", "alice")


async def test_replay_from_a_stage_hands_out_the_dossier_before_it(shop: Shop) -> None:
    """The dossier of a replay is the one that stage was given in the run before."""
    store = await shop.open()
    await accept(store, 1)
    lease = await claim_one(store)
    await store.advance(lease, step(1, "extract", dossier='{"decoded": 1}'))
    await store.advance(lease, step(1, "dedupe", dossier='{"extracted": 1}'))
    await store.advance(lease, step(1, None, dossier='{"all": 1}'))
    await store.release(lease)
    assert await store.replay(message(1).id, from_stage="extract", audit=AuditEntry(action="replay"))
    (item,) = (await claim_one(store)).items
    assert (item.stage, item.dossier) == ("extract", '{"decoded": 1}')


async def test_replay_goes_before_newer_work_of_its_key(shop: Shop) -> None:
    """A replayed message keeps its place in its key and makes the key as old as it is."""
    store = await shop.open()
    await accept(store, 1, key="a")
    await finish(store, await claim_one(store))
    await accept(store, 2, key="b")
    await accept(store, 3, key="a")
    assert await store.replay(message(1).id, from_stage="", audit=AuditEntry(action="replay"))
    leases = await store.claim("node-a", keys=9, per_key=9)
    assert [[item.id for item in lease.items] for lease in leases] == [
        [message(1).id, message(3).id],
        [message(2).id],
    ]


async def test_replay_closes_the_review_of_the_run_before(shop: Shop) -> None:
    """When the new run ends, what the old run asked is superseded; while it runs, the case still stands."""
    store = await shop.open()
    await accept(store, 1)
    await finish(store, await claim_one(store), review=NewReview(id="r1", reasons=(reason("patient.unknown"),)))
    assert await store.replay(message(1).id, from_stage="", audit=AuditEntry(action="replay"))
    assert [item.id for item in await store.reviews(ReviewQuery())] == ["r1"]
    await finish(store, await claim_one(store), review=NewReview(id="r2", reasons=(reason("patient.ambiguous"),)))
    assert [item.id for item in await store.reviews(ReviewQuery())] == ["r2"]
    assert [(item.id, item.state) for item in await store.reviews(ReviewQuery(state=""))] == [
        ("r2", "open"),
        ("r1", "superseded"),
    ]
