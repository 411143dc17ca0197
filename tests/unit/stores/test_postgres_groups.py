"""Group commit on PostgreSQL: no call is left waiting, whichever groups end together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from engine.plugins.stores.postgres.groups import Grouped
from engine.ports.store import StoreError

DEADLINE = 10.0
"""Only bounds a failing test."""


class Database:
    """Runs groups that all end when the gate opens, and fails those that it is told to fail."""

    def __init__(self, *, fails: bool = False) -> None:
        self.gate = asyncio.Event()
        self.fails = fails
        self.groups: list[list[int]] = []

    async def run(self, calls: Sequence[int]) -> list[int | BaseException]:
        self.groups.append(list(calls))
        await self.gate.wait()
        if self.fails:
            self.fails = len(self.groups) < 2
            raise StoreError("broken")
        return [call * 10 for call in calls]


async def settled(rounds: int = 5) -> None:
    """Let every task that can go on do so."""
    for _ in range(rounds):
        await asyncio.sleep(0)


@pytest.mark.parametrize("fails", [False, True])
async def test_a_call_made_while_two_groups_end_is_not_forgotten(fails):
    """Two groups end in one round of the loop, and who waited for the first calls again at once: that call is run too."""
    database = Database(fails=fails)
    grouped = Grouped(database.run, 100)

    async def again() -> int:
        try:
            await grouped.submit(1)
        except StoreError:
            assert fails
        return await grouped.submit(3)

    async def once() -> int:
        try:
            return await grouped.submit(2)
        except StoreError:
            return 20

    first = asyncio.create_task(again())
    await settled()
    second = asyncio.create_task(once())
    await settled()
    assert database.groups == [[1], [2]]
    database.gate.set()
    async with asyncio.timeout(DEADLINE):
        assert await asyncio.gather(first, second) == [30, 20]
    assert database.groups == [[1], [2], [3]]
    await grouped.close()


async def test_close_waits_for_what_was_submitted():
    """Calls on their way come to their end before close returns."""
    database = Database()
    grouped = Grouped(database.run, 100)
    calls = [asyncio.create_task(grouped.submit(number)) for number in range(5)]
    await settled()
    closing = asyncio.create_task(grouped.close())
    await settled()
    assert not closing.done()
    database.gate.set()
    async with asyncio.timeout(DEADLINE):
        await closing
    assert [await call for call in calls] == [0, 10, 20, 30, 40]
