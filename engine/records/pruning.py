"""Looking for what may go: a table in the order of its numbers, a page at a time, from where the last call stopped.

What is kept is so passed once in a pass over the table and not again for every batch.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from engine.ports.store import Prunable
from engine.records.values import Row

PAGE = 2_000
"""Rows that are looked at together where a batch does not fill at once."""
_SLACK_US = 3_600_000_000
"""Numbers rise with the time of receipt, but for a clock that was set back; that much of it is forgiven."""
Page = Callable[[int, int], Awaitable[Sequence[Row]]]
"""The next so many rows behind a number: each its number, its time and whether it may go."""


class Scans:
    """Where the scans of a store stand: one for each kind of thing and channel."""

    def __init__(self) -> None:
        self._scanned: dict[tuple[Prunable, str, int], int] = {}

    async def find(self, place: tuple[Prunable, str, int], page: Page, limit: int) -> tuple[list[int], bool]:
        """Numbers of up to `limit` rows that may go, and whether the end was reached; the next call then begins anew.

        Args:
            place: kind, channel, and the time (microseconds) before which things may go.
            page: asks for rows.
            limit: how many numbers at the most.
        """
        if place not in self._scanned:
            self._scanned = {key: after for key, after in self._scanned.items() if key[:2] != place[:2]}
        after, found, asked = self._scanned.get(place, -1), list[int](), min(limit, PAGE)
        while True:
            rows = await page(after, asked)
            for number, at, may_go in rows:
                if at >= place[2] + _SLACK_US:
                    return found, self._end(place)
                if may_go:
                    found.append(number)
                if len(found) == limit:
                    self._scanned[place] = number
                    return found, False
            if len(rows) < asked:
                return found, self._end(place)
            after, asked = rows[-1][0], PAGE

    def _end(self, place: tuple[Prunable, str, int]) -> bool:
        self._scanned.pop(place, None)
        return True
