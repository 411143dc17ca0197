"""Large bodies, kept by content: written once, durable before the row that names them commits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class BlobInfo:
    """One blob: hex digest, length, and when it was last put."""

    sha256: str
    size_bytes: int
    written_at: datetime


class BlobStore(Protocol):
    """Content-addressed bytes. Called from the store's own threads: synchronous and thread-safe."""

    def put(self, sha256: str, data: bytes) -> None:
        """Store under the digest; durable (file and folder) on return; an existing one is left as it is.

        Raises:
            OSError: not stored.
        """

    def get(self, sha256: str) -> bytes:
        """The bytes.

        Raises:
            KeyError: unknown or damaged.
            OSError: they cannot be read just now.
        """

    def delete(self, sha256: str, *, unless_newer_than: datetime | None = None) -> bool:
        """Remove one and say whether it went; an unknown one is no error. Raises OSError when it cannot.

        Args:
            sha256: the digest.
            unless_newer_than: leave it when it was put (or put again) at this time or later. A `put` of the same
                bytes at the same moment comes wholly before (it stays) or wholly after (it is written anew).
        """

    def list(self) -> Iterator[BlobInfo]:
        """All of them, in any order. A blob that is put again counts as written now."""
