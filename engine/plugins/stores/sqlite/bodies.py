"""Where bodies lie: small ones in the database, large ones in the blob store, named by digest."""

from __future__ import annotations

from hashlib import sha256

from engine.ports.blobs import BlobStore
from engine.records import apart
from engine.records.values import Part


class Bodies:
    """Synchronous and thread-safe; the store calls it from its own threads."""

    def __init__(self, blobs: BlobStore | None, inline: int) -> None:
        self._blobs = blobs
        self._inline = inline

    def is_large(self, data: Part) -> bool:
        """Whether the bytes belong into the blob store."""
        return data is not None and len(data) >= self._inline and self._blobs is not None

    def put(self, data: bytes | None, digest: str = "") -> Part:
        """Make a large body durable and return its digest; a small one is returned as it is.

        Raises:
            StoreFull: there is no space for it.
            StoreError: the blob store could not.
        """
        if data is None or self._blobs is None or len(data) < self._inline:
            return data
        name = digest or sha256(data).hexdigest()
        apart.put(self._blobs, name, data)
        return name

    def get(self, part: Part) -> bytes | None:
        """The bytes of a column.

        Raises:
            BodyMissing: the blob store does not have them or they are damaged.
            StoreError: it cannot be read just now.
        """
        if part is None or isinstance(part, bytes):
            return part
        return apart.get(self._blobs, part)
