"""The clock of the queues: a step back is noticed once and by its size."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from engine.domain.message import DeliveryState
from engine.plugins.stores.sqlite.timepiece import Timepiece
from engine.ports.store import DeliveryResult
from tests.contracts.conftest import build_sqlite
from tests.contracts.store_kit import START, FrozenClock, Shop, accept, claim_one, lane_of, queue, step


class TurnedClock(FrozenClock):
    """A clock that somebody sets back."""

    def set_back(self, seconds: float) -> None:
        self._now -= timedelta(seconds=seconds)


def test_time_that_goes_on_is_no_step() -> None:
    """Seconds that pass on both clocks mean nothing, nor does a clock set forward."""
    clock = TurnedClock()
    piece = Timepiece(clock)
    piece.now()
    clock.advance(3600)
    assert piece.take_step() == 0
    clock.set_back(-3600)
    assert piece.take_step() == 0


def test_a_step_back_is_told_once() -> None:
    """By its size, however often the time was asked in between; what could not be written is told again."""
    clock = TurnedClock()
    piece = Timepiece(clock)
    piece.now()
    clock.set_back(3600)
    piece.now()
    clock.advance(5)
    assert piece.take_step() == 3_600_000_000
    assert piece.take_step() == 0
    piece.put_back(7)
    assert piece.take_step() == 7


async def test_a_clock_set_back_makes_nothing_wait_longer(tmp_path: Path) -> None:
    """A delivery and a stage that wait ten seconds are due after ten seconds, whatever the wall clock says."""
    shop = Shop(build_sqlite, tmp_path, None)
    clock = shop.clock = TurnedClock()
    store = await shop.open()
    await queue(store, 1)
    lane = await lane_of(store)
    later = START + timedelta(seconds=10)
    await store.settle(lane, [DeliveryResult(delivery_id="d1", state=DeliveryState.QUEUED, retry_at=later)])
    await accept(store, 2)
    lease = await claim_one(store)
    await store.advance(lease, step(2, "again", retry_at=later))
    await store.release(lease)
    clock.set_back(86_400)
    assert await store.due(lane, limit=5) == []
    assert await store.claim("node-a", keys=1, per_key=1) == []
    clock.advance(10)
    assert [item.id for item in await store.due(lane, limit=5)] == ["d1"]
    assert len(await store.claim("node-a", keys=1, per_key=1)) == 1
    await shop.close()


async def test_a_restart_notices_that_the_clock_was_set_back(tmp_path: Path) -> None:
    """The last thing written lies in the future: what waits is moved by as much."""
    shop = Shop(build_sqlite, tmp_path, None)
    clock = shop.clock = TurnedClock()
    clock.advance(100)
    store = await shop.open()
    await queue(store, 1, received_at=clock.now())
    lane = await lane_of(store)
    later = clock.now() + timedelta(seconds=10)
    await store.settle(lane, [DeliveryResult(delivery_id="d1", state=DeliveryState.QUEUED, retry_at=later)])
    await store.close()
    clock.set_back(86_400)
    again = await shop.open()
    lane = await lane_of(again)
    assert await again.due(lane, limit=5) == []
    clock.advance(10)
    assert [item.id for item in await again.due(lane, limit=5)] == ["d1"]
    await shop.close()
