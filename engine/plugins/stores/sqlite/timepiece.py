"""The site's clock as the queues see it: it may be set back, and nothing may wait longer for that."""

from __future__ import annotations

from engine.plugins.stores.sqlite.tx import Tx
from engine.ports.clock import Clock
from engine.records.values import micros

_SECOND_US = 1_000_000
_NOTICED_US = 2 * _SECOND_US


class Timepiece:
    """Microseconds of the site's clock, and by how much it was set back since somebody asked.

    Times to try again are stored as wall time, which administrators can read. When the wall clock falls behind the
    monotonic one by more than two seconds, they are moved by as much.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._wall = self._steady = 0
        self._back = 0

    def now(self) -> int:
        """The time, noticing a step back."""
        wall, steady = micros(self._clock.now()), round(self._clock.monotonic() * _SECOND_US)
        if self._wall:
            lost = (steady - self._steady) - (wall - self._wall)
            if lost > _NOTICED_US:
                self._back += lost
        self._wall, self._steady = wall, steady
        return wall

    def take_step(self) -> int:
        """By how many microseconds the clock was set back since the last call; 0 nearly always."""
        self.now()
        back, self._back = self._back, 0
        return back

    def put_back(self, step: int) -> None:
        """The step could not be written; it is taken again."""
        self._back += step


def follow(tx: Tx, step: int) -> None:
    """Move what waits for its time.

    TRANSACTION: every waiting key and delivery. A restart that finds the clock behind what was written does the same.
    """
    tx.do("move_key_waits", -step)
    tx.do("move_delivery_waits", -step)
