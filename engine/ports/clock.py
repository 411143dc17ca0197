"""Time, randomness and identity, so that tests and simulations own them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from engine.domain.message import MessageId


class Clock(Protocol):
    """Wall time for records, monotonic time for timers."""

    def now(self) -> datetime:
        """The current time, aware, with the site's offset."""

    def monotonic(self) -> float:
        """Seconds that never go back; only differences mean anything."""

    async def sleep(self, seconds: float) -> None:
        """Wait that long on this clock."""


class Ids(Protocol):
    """Fresh identities and dice."""

    def message_id(self) -> MessageId:
        """26 characters that sort by time of creation on this node."""

    def control_id(self) -> str:
        """A control id for an ACK: at most 20 printable ASCII characters, unique on this node."""

    def uniform(self, low: float, high: float) -> float:
        """A random number for jitter, `low <= x <= high`."""
