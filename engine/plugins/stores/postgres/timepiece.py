"""The database's clock as the queues see it: all nodes wait by it, and nothing may wait longer when it is set back.

Nodes hand over how long something waits; the database adds that to its own time. No node's wall clock is compared with
another one's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Told = int | None
"""Microseconds that stand in for the database's clock, or None: the database looks at its own."""
_NOTICED_US = 2_000_000
_MOVED = (
    "move_key_waits",
    "move_delivery_waits",
    "move_key_leases",
    "move_lane_leases",
    "move_role_leases",
    "move_signs_of_life",
)


def ask_database() -> Told:
    """The database looks at its own clock."""
    return None


class Timepiece:
    """Notices that the database's clock fell behind what a node saw on it; `tell` is for tests, which turn it."""

    def __init__(self, sql: Mapping[str, str], tell: Callable[[], Told]) -> None:
        self._sql = sql
        self.told = tell

    async def keep(self, connection: Any) -> int:
        """Write the time down; returns the microseconds by which the clock was set back, 0 nearly always.

        TRANSACTION: when it was set back by more than two seconds, what waits and what is leased is moved by as much,
        once, by whichever node sees it first.
        """
        told = self.told()
        if await connection.fetchval(self._sql["keep_time"], told, _NOTICED_US) is not None:
            return 0
        async with connection.transaction():
            before = await connection.fetchval(self._sql["lock_time"])
            step: int = before - await connection.fetchval(self._sql["set_time"], told)
            if step <= _NOTICED_US:
                return 0  # another node was faster
            for name in _MOVED:
                await connection.execute(self._sql[name], step)
        return step
