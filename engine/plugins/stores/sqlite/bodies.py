"""Where bodies lie: small ones in the database, large ones in the blob store, named by digest."""

from __future__ import annotations

import errno
from hashlib import sha256

from engine.ports.blobs import BlobStore
from engine.ports.store import BodyMissing, StoreError, StoreFull
from engine.records.values import Part

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


BATCH_BYTES = 8 * 1024 * 1024
"""Bodies of the blob store that one claim or one batch of deliveries brings along; further ones are fetched in turn."""


class Allowance:
    """Counts the large bodies of one batch."""

    def __init__(self, size_bytes: int) -> None:
        self._left = size_bytes

    def covers(self, part: Part, size_bytes: int) -> bool:
        """Whether this body still belongs to the batch; small ones, which are in the row, always do."""
        if not isinstance(part, str):
            return True
        self._left -= size_bytes
        return self._left >= 0


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
        try:
            self._blobs.put(name, data)
        except OSError as problem:
            kind = StoreFull if problem.errno in _NO_SPACE else StoreError
            raise kind(f"a body could not be stored: {type(problem).__name__} {problem.errno}") from problem
        return name

    def get(self, part: Part) -> bytes | None:
        """The bytes of a column.

        Raises:
            BodyMissing: the blob store does not have them or they are damaged.
            StoreError: it cannot be read just now.
        """
        if part is None or isinstance(part, bytes):
            return part
        if self._blobs is None:
            raise BodyMissing("a body is in a blob store, and none is configured")
        try:
            return self._blobs.get(part)
        except KeyError as problem:
            raise BodyMissing("a body is missing or damaged in the blob store") from problem
        except OSError as problem:
            raise StoreError(f"a body could not be read: {type(problem).__name__}") from problem
