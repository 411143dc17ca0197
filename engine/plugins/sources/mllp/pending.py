"""What a connection keeps of a frame until its answer has left, and why it may not be read."""

from __future__ import annotations

import asyncio
from enum import IntFlag

_FRAME_OVERHEAD = 256  # what a waiting frame costs beside its bytes, so that floods of empty ones are counted too


class Hold(IntFlag):
    """Why a connection is not being read."""

    NONE = 0
    BUDGET = 1
    ANSWERS = 2
    BACKLOG = 4
    CLOSING = 8
    PRESSURE = 16


class Pending:
    """A frame on its way: started in order, answered in order."""

    __slots__ = ("answer", "data", "is_broken", "is_done", "size", "told")

    def __init__(self, data: bytes, answer: bytes | None = None, *, is_done: bool = False) -> None:
        self.told: asyncio.Future[bool] | None = None  # learns whether the answer was written
        self.data = data
        self.size = len(data) + _FRAME_OVERHEAD
        self.answer = answer
        self.is_done = is_done
        self.is_broken = False
