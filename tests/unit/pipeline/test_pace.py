"""Peers first, the backlog always moving."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from engine.pipeline.pace import Pace


class Clock:
    """A clock that moves only when somebody sleeps on it."""

    def __init__(self) -> None:
        self.time = 100.0

    def monotonic(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        await asyncio.sleep(0)


async def waited(pace: Pace, clock: Clock, lag: float) -> float:
    """How long one turn took, in milliseconds."""
    began = clock.time
    await pace.turn(lag)
    return round((clock.time - began) * 1000)


async def test_a_step_takes_its_turn_at_once_when_nobody_waits() -> None:
    """Without a peer waiting, a turn costs no time."""
    clock = Clock()
    assert await waited(Pace(clock), clock, 0.0) == 0


async def test_a_step_gives_way_to_frames_but_not_for_ever() -> None:
    """While a frame waits a fresh message gives way for a tenth of a second, an old one hardly, a very old one not at all."""
    clock = Clock()
    pace = Pace(clock)
    pace.enter(800)
    assert [await waited(pace, clock, lag) for lag in (0.0, 15.0, 30.0, 300.0)] == [100, 50, 0, 0]


async def test_a_moment_of_quiet_is_waited_for() -> None:
    """Right after a frame was stored the next is likely on its way: a fresh message waits two milliseconds, an old one not."""
    clock = Clock()
    pace = Pace(clock)
    pace.enter(800)
    pace.leave(800)
    assert await waited(pace, clock, 0.0) == 2
    pace.enter(800)
    pace.leave(800)
    assert await waited(pace, clock, 6.0) == 0


async def test_one_step_a_round() -> None:
    """Of many steps that want their turn at once, another task gets the loop between any two."""
    pace, order = Pace(Clock()), []

    async def step(number: int) -> None:
        await pace.turn(0.0)
        order.append(number)

    async def socket() -> None:
        for _ in range(12):
            order.append(-1)
            await asyncio.sleep(0)

    await asyncio.gather(*(step(number) for number in range(4)), socket())
    steps = [index for index, item in enumerate(order) if item >= 0]
    assert [order[index] for index in steps] == [0, 1, 2, 3]
    assert all(later - earlier > 1 for earlier, later in pairwise(steps))


async def test_a_large_message_waits_while_large_frames_come_in() -> None:
    """Heaps of large frames come first, for ten seconds at most; small ones do not count, and an old message does not wait."""
    clock = Clock()
    pace = Pace(clock)

    async def calmed(lag: float) -> float:
        began = clock.time
        await pace.calm(lag)
        return round(clock.time - began, 2)

    pace.enter(800)
    assert await calmed(0.0) == 0.0
    pace.enter(20_000_000)
    assert [await calmed(lag) for lag in (0.0, 15.0, 40.0)] == pytest.approx([10.0, 5.0, 0.0], abs=0.06)
    pace.leave(20_000_000)
    assert await calmed(0.0) == pytest.approx(0.25, abs=0.06)
