"""The pipe between the engine and a reader process: length-prefixed JSON heads and bytes."""

from __future__ import annotations

import struct
from dataclasses import dataclass

HEADER = struct.Struct(">II")
"""Length of the JSON head, length of the data behind it; both in bytes."""
MAX_ANSWER = 32 << 20
"""A longer answer is a broken reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a reader process may use for one document."""

    memory_bytes: int
    cpu_seconds: float


def pack(head: bytes, data: bytes = b"") -> bytes:
    """One frame of the pipe."""
    return HEADER.pack(len(head), len(data)) + head + data
