"""The real clock and the real dice."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from datetime import UTC, datetime, tzinfo

from engine.domain.message import MessageId

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LETTERS = _ALPHABET.encode("ascii") * 8
"""A letter for each byte, every letter for eight of them."""


class SystemClock:
    """Implements `engine.ports.clock.Clock`."""

    def __init__(self) -> None:
        self._second = -1
        self._zone: tzinfo = UTC

    def now(self) -> datetime:
        """The current time with this machine's offset, which is asked for once a second."""
        second = int(time.time())
        if second != self._second:
            self._zone = datetime.fromtimestamp(second, UTC).astimezone().tzinfo or UTC
            self._second = second
        return datetime.now(self._zone)

    @staticmethod
    def utc() -> datetime:
        """The current time in UTC, for log lines."""
        return datetime.now(UTC)

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
        self._millisecond = -1
        self._prefix = ""

    def message_id(self) -> MessageId:
        """26 characters that sort by the millisecond they were made in."""
        return MessageId(self._time() + self._chance(16))

    def control_id(self) -> str:
        """20 characters, as many as MSH-10 takes everywhere: 48 bits of time, 50 of chance."""
        return self._time() + self._chance(10)

    def _time(self) -> str:
        """The millisecond in 10 characters."""
        now = time.time_ns() // 1_000_000
        if now != self._millisecond:
            self._prefix = "".join([_ALPHABET[now >> shift & 31] for shift in range(45, -1, -5)])
            self._millisecond = now
        return self._prefix

    def _chance(self, length: int) -> str:
        return self._random.randbytes(length).translate(_LETTERS).decode("ascii")

    def uniform(self, low: float, high: float) -> float:
        """Dice for jitter."""
        return self._random.uniform(low, high)
