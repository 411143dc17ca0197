"""Large bodies apart from the database: in a blob store, named by digest."""

from __future__ import annotations

import errno

from engine.ports.blobs import BlobStore
from engine.ports.store import BodyMissing, StoreError, StoreFull
from engine.records.values import Part

BATCH_BYTES = 8 * 1024 * 1024
"""Large bodies that one claim or one batch of deliveries brings along; further ones are fetched in turn."""
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


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


def put(blobs: BlobStore, name: str, data: bytes) -> None:
    """Make a body durable.

    Raises:
        StoreFull: there is no space for it.
        StoreError: the blob store could not.
    """
    try:
        blobs.put(name, data)
    except OSError as problem:
        kind = StoreFull if problem.errno in _NO_SPACE else StoreError
        raise kind(f"a body could not be stored: {type(problem).__name__} {problem.errno}") from problem


def get(blobs: BlobStore | None, name: str) -> bytes:
    """The bytes of a body.

    Raises:
        BodyMissing: the blob store does not have them, they are damaged, or there is none.
        StoreError: they cannot be read just now.
    """
    if blobs is None:
        raise BodyMissing("a body lies in a blob store, and none is configured")
    try:
        return blobs.get(name)
    except KeyError as problem:
        raise BodyMissing("a body is missing or damaged in the blob store") from problem
    except OSError as problem:
        raise StoreError(f"a body cannot be read just now: {type(problem).__name__}") from problem
