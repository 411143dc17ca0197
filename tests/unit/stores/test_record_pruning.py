"""Looking for what may go: kept rows are passed once, the end is found, and the next pass begins anew."""

from __future__ import annotations

from collections.abc import Sequence

from engine.ports.store import Prunable
from engine.records.pruning import PAGE, Scans
from engine.records.values import Row

NOON = 1_000_000_000_000
PLACE = (Prunable.BODIES, "lab", NOON)
HOUR_US = 3_600_000_000


class Table:
    """Rows by number, and how many were looked at."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = list(rows)
        self.read = 0

    async def page(self, after: int, count: int) -> Sequence[Row]:
        found = [row for row in self.rows if row[0] > after][:count]
        self.read += len(found)
        return found


async def test_kept_rows_are_passed_once_and_not_for_every_batch() -> None:
    """Ten batches behind fifty thousand rows that stay look at those once."""
    kept = [(number, 1, False) for number in range(50_000)]
    table, scans = Table([*kept, *((50_000 + number, 1, True) for number in range(100))]), Scans()
    found = [await scans.find(PLACE, table.page, 10) for _ in range(10)]
    assert [number for numbers, _ in found for number in numbers] == list(range(50_000, 50_100))
    assert table.read < 50_000 + 10 * PAGE


async def test_a_batch_that_fills_at_once_reads_no_more_than_itself() -> None:
    """Where everything may go, each row is looked at once."""
    table, scans = Table([(number, 1, True) for number in range(5_000)]), Scans()
    for _ in range(10):
        await scans.find(PLACE, table.page, 200)
    assert table.read == 2_000


async def test_a_pass_ends_and_the_next_begins_at_the_first_row() -> None:
    """At the end the last numbers come with the word that it is the end; what may go by then is found again."""
    table, scans = Table([(1, 1, False), (2, 1, True)]), Scans()
    assert await scans.find(PLACE, table.page, 10) == ([2], True)
    table.rows = [(1, 1, True)]
    assert await scans.find(PLACE, table.page, 10) == ([1], True)


async def test_rows_of_a_later_time_end_the_pass() -> None:
    """Numbers rise with time, an hour of it forgiven: nothing behind is looked at."""
    rows = [(1, NOON + HOUR_US - 1, False), (2, 1, True), (3, NOON + HOUR_US, False), (4, 1, True)]
    table, scans = Table(rows), Scans()
    assert await scans.find(PLACE, table.page, 10) == ([2], True)


async def test_another_time_begins_anew_and_other_things_stand_where_they_stood() -> None:
    """A place is of one kind, channel and time."""
    table, scans = Table([(number, 1, True) for number in range(6)]), Scans()
    other = (Prunable.MESSAGES, "lab", NOON)
    await scans.find(PLACE, table.page, 2)
    await scans.find(other, table.page, 3)
    assert (await scans.find((Prunable.BODIES, "lab", NOON + 1), table.page, 2))[0] == [0, 1]
    assert (await scans.find(other, table.page, 3))[0] == [3, 4, 5]
