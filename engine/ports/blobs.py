"""Large bodies, kept by content: written once, durable before the row that names them commits."""

from __future__ import annotations

from typing import Protocol


class BlobStore(Protocol):
    """Content-addressed bytes. Called from the store's own threads: synchronous and thread-safe."""

    def put(self, sha256: str, data: bytes) -> None:
        """Store under the digest; durable (file and folder) on return; an existing one is left as it is.

        Raises:
            OSError: not stored.
        """

    def get(self, sha256: str) -> bytes:
        """The bytes. Raises KeyError when unknown or damaged."""
