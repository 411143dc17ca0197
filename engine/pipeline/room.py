"""How much of large messages may be in work at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Room:
    """A budget of bytes: a message waits until it fits beside those in work; one that never fits works alone.

    A message in work costs several times its size: the bytes, the text, the document, the payload.
    """

    def __init__(self, size_bytes: int) -> None:
        self._size = size_bytes
        self._used = 0
        self._changed = asyncio.Condition()

    @asynccontextmanager
    async def take(self, size_bytes: int) -> AsyncIterator[None]:
        """Hold room for that many bytes; small messages never wait long behind large ones, they fit sooner."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._used == 0 or self._used + size_bytes <= self._size)
            self._used += size_bytes
        try:
            yield
        finally:
            async with self._changed:
                self._used -= size_bytes
                self._changed.notify_all()
