"""The Store contract: what people and metrics ask."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.domain.message import DeliveryState, MessageState
from engine.domain.reasons import reason
from engine.ports.store import (
    DeliveryResult,
    MessageQuery,
    NewReview,
    ReviewQuery,
    Store,
    Transition,
)
from tests.contracts.store_kit import START, Shop, accept, claim_one, delivery, finish, lane_of, message, queue, sent


async def found(store: Store, **fields: object) -> list[int]:
    return [int(view.id) for view in await store.search(MessageQuery(**fields))]  # type: ignore[arg-type]


async def fill(store: Store) -> None:
    """Six messages: 1 delivered with metadata, 2 filtered, 3 to 5 received in `lab`, 6 received in `path`."""
    await accept(store, 1)
    await finish(store, await claim_one(store), metadata={"patient_mrn": "4711", "accession": "A9"})
    await accept(store, 2)
    await finish(store, await claim_one(store), final_state=MessageState.FILTERED)
    await accept(store, 3, 4, 5)
    await accept(store, 6, channel="path")


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, [6, 5, 4, 3, 2, 1]),
        ({"limit": 2}, [6, 5]),
        ({"channel": "lab"}, [5, 4, 3, 2, 1]),
        ({"channel": "path"}, [6]),
        ({"channel": "nowhere"}, []),
        ({"state": "received"}, [6, 5, 4, 3]),
        ({"state": "received", "channel": "lab", "limit": 2}, [5, 4]),
        ({"state": "unheard of"}, []),
        ({"control_id": "C3"}, [3]),
        ({"control_id": "C3", "channel": "path"}, []),
        ({"control_id": "C3", "state": "received"}, [3]),
        ({"text": "4711"}, [1]),
        ({"text": "A9", "state": "received"}, []),
        ({"text": "C4"}, [4]),
        ({"text": f"{5:026d}"}, [5]),
        ({"text": "4711", "control_id": "C1"}, [1]),
        ({"text": "4711", "control_id": "C2"}, []),
        ({"text": "471"}, []),
    ],
)
async def test_search_fits_all_given_fields(shop: Shop, fields: dict[str, object], expected: list[int]) -> None:
    """Filters are exact and joined by and; the newest comes first."""
    store = await shop.open()
    await fill(store)
    assert await found(store, **fields) == expected


@pytest.mark.parametrize("fields", [{}, {"channel": "lab"}, {"state": "received"}, {"text": "same"}])
async def test_pages_follow_one_another(shop: Shop, fields: dict[str, object]) -> None:
    """With `before` pages join without gap or repeat, even when newer messages arrive in between."""
    store = await shop.open()
    await accept(store, *range(1, 8), control_id="same", dedupe_sender="")
    seen: list[int] = []
    before: int | None = None
    while page := await store.search(MessageQuery(limit=3, before=before, **fields)):  # type: ignore[arg-type]
        seen += [int(view.id) for view in page]
        before = page[-1].sequence
        await accept(store, 100 + len(seen))
    assert seen == [7, 6, 5, 4, 3, 2, 1]


async def test_unknown_message_is_none(shop: Shop) -> None:
    """There is no detail of what is not there."""
    store = await shop.open()
    assert await store.get(message(1).id) is None


async def test_reviews_are_listed_newest_first(shop: Shop) -> None:
    """Open cases of a channel, in pages that follow one another."""
    store = await shop.open()
    for number, channel in ((1, "lab"), (2, "path"), (3, "lab")):
        await accept(store, number, channel=channel)
        shop.clock.advance(1)
        case = NewReview(id=f"r{number}", reasons=(reason("patient.unknown"),))
        await finish(store, await claim_one(store), review=case)
    assert [item.id for item in await store.reviews(ReviewQuery())] == ["r3", "r2", "r1"]
    assert [item.id for item in await store.reviews(ReviewQuery(channel="lab", limit=1))] == ["r3"]
    assert [item.id for item in await store.reviews(ReviewQuery(channel="lab", before="r3"))] == ["r1"]
    assert await store.reviews(ReviewQuery(state="closed")) == []
    (newest, *_) = await store.reviews(ReviewQuery())
    assert (newest.opened_at, newest.state, newest.channel) == (START + timedelta(seconds=3), "open", "lab")


async def test_figures_follow_every_move(shop: Shop) -> None:
    """Counts of messages, queues, reviews and work are those of the rows at each step."""
    store = await shop.open()
    await queue(store, 1, 2, 3)
    await accept(store, 4, 5, key="other")
    lane = await lane_of(store)
    await store.settle(
        lane,
        [
            sent(1),
            DeliveryResult(delivery_id="d2", state=DeliveryState.PARKED),
            DeliveryResult(delivery_id="d3", state=DeliveryState.QUEUED, retry_at=START, error="refused"),
        ],
    )
    figures = await store.figures()
    present = {place: amount for place, amount in figures.messages.items() if amount}
    assert present == {
        ("lab", "delivered"): 1,
        ("lab", "parked"): 1,
        ("lab", "queued"): 1,
        ("lab", "received"): 2,
    }
    (lane_figures,) = figures.queues
    assert (lane_figures.queued, lane_figures.parked, lane_figures.head_error) == (1, 1, "refused")
    assert (lane_figures.oldest_at, figures.work_waiting) == (START, 2)
    assert (figures.reviews_open, figures.oldest_review_at) == (0, None)


async def test_figures_count_open_reviews(shop: Shop) -> None:
    """The oldest open case and the number of open ones are known."""
    store = await shop.open()
    await accept(store, 1, 2)
    lease = await claim_one(store)
    for number in (1, 2):
        case = NewReview(id=f"r{number}", reasons=())
        await store.advance(lease, Transition(message_id=message(number).id, next_stage=None, review=case))
        shop.clock.advance(10)
    figures = await store.figures()
    assert (figures.reviews_open, figures.oldest_review_at) == (2, START)


async def test_figures_survive_a_reopening(shop: Shop) -> None:
    """Counts are stored with what they count."""
    store = await shop.open()
    await queue(store, 1)
    before = await store.figures()
    store = await shop.reopen(store)
    assert await store.figures() == before


async def test_a_view_lists_deliveries_in_order(shop: Shop) -> None:
    """The deliveries of a message come in the order they were queued."""
    store = await shop.open()
    await accept(store, 1)
    made = (delivery(2), delivery(1, destination="registry", required=False))
    await finish(store, await claim_one(store), deliveries=made)
    (view,) = await store.search(MessageQuery())
    assert [(item.id, item.destination, item.required) for item in view.deliveries] == [
        ("d2", "ehr", True),
        ("d1", "registry", False),
    ]
    assert [item.ack_code for item in view.deliveries] == [None, None]
