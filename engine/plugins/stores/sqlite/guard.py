"""The free-disk guard: refuse new messages before the disk is so full that the ones taken in cannot be finished."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from engine.ports.store import StoreFull

_EVERY_SECONDS = 1.0


def free_bytes(folder: Path) -> int:
    """Bytes an ordinary process may still write there."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


class DiskGuard:
    """Looks at the disk at most once a second."""

    def __init__(
        self,
        folder: Path,
        min_free: int,
        monotonic: Callable[[], float],
        measure: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._folder = folder
        self._min_free = min_free
        self._monotonic = monotonic
        self._measure = measure
        self._next = float("-inf")
        self._is_low = False

    def require_space(self) -> None:
        """Raise StoreFull while the free space is under the limit, or cannot be told."""
        now = self._monotonic()
        if now >= self._next:
            self._next = now + _EVERY_SECONDS
            try:
                self._is_low = self._measure(self._folder) < self._min_free
            except OSError:
                self._is_low = True
        if self._is_low:
            raise StoreFull("free disk space is under the limit")
