"""The real clock and the real dice."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from datetime import UTC, datetime

from engine.domain.message import MessageId

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class SystemClock:
    """Implements `engine.ports.clock.Clock`."""

    def now(self) -> datetime:
        """The current time with this machine's offset."""
        return datetime.now(UTC).astimezone()

    def monotonic(self) -> float:
        """Seconds of the monotonic clock."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)


class SystemIds:
    """Implements `engine.ports.clock.Ids`: ids of 48 bits of time and 80 of chance, in base 32."""

    def __init__(self) -> None:
        # Seeded by the system once: ids must be unique, not secret, and a system call a message costs intake a fifth.
        self._random = random.Random(secrets.randbits(256))  # noqa: S311

    def message_id(self) -> MessageId:
        """26 characters that sort by the millisecond they were made in."""
        return MessageId(_base32((time.time_ns() // 1_000_000 << 80) | self._random.getrandbits(80), 26))

    def control_id(self) -> str:
        """18 characters: 48 bits of time, 42 of chance."""
        return _base32((time.time_ns() // 1_000_000 << 42) | self._random.getrandbits(42), 18)

    def uniform(self, low: float, high: float) -> float:
        """Dice for jitter."""
        return self._random.uniform(low, high)


_PAIRS = tuple(high + low for high in _ALPHABET for low in _ALPHABET)


def _base32(number: int, length: int) -> str:
    """Two characters a step; `length` is even."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(5 * (length - 2), -1, -10)])
