"""The BlobStore contract."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from engine.ports.blobs import BlobStore


def named(data: bytes) -> tuple[str, bytes]:
    return hashlib.sha256(data).hexdigest(), data


@pytest.mark.parametrize("data", [b"", b"x", bytes(range(256)) * 5000])
def test_what_was_put_is_got(blobs: BlobStore, data: bytes) -> None:
    """Bytes come back as they were, of any length."""
    digest, _ = named(data)
    blobs.put(digest, data)
    assert blobs.get(digest) == data


def test_putting_again_changes_nothing(blobs: BlobStore) -> None:
    """The same content may be put any number of times."""
    digest, data = named(b"report")
    blobs.put(digest, data)
    blobs.put(digest, data)
    assert blobs.get(digest) == data


@pytest.mark.parametrize("digest", ["0" * 64, "not a digest", "", "../../etc/passwd"])
def test_unknown_is_a_key_error(blobs: BlobStore, digest: str) -> None:
    """What was never put, or cannot be a digest, is a KeyError."""
    with pytest.raises(KeyError):
        blobs.get(digest)


def test_many_threads_may_put_the_same(blobs: BlobStore) -> None:
    """Concurrent writers of equal and of different content leave every one of them whole."""
    items = [named(bytes([number % 5]) * 20_000) for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda item: blobs.put(*item), items))
    assert all(blobs.get(digest) == data for digest, data in items)


def test_all_are_listed_with_their_length(blobs: BlobStore) -> None:
    """The list names each blob once, an empty store lists nothing."""
    assert list(blobs.list()) == []
    items = [named(b"a" * size) for size in (0, 1, 5000)]
    for digest, data in [*items, *items]:
        blobs.put(digest, data)
    assert sorted((info.sha256, info.size_bytes) for info in blobs.list()) == sorted(
        (digest, len(data)) for digest, data in items
    )
    assert all(info.written_at.tzinfo is not None for info in blobs.list())


def test_a_deleted_one_is_gone_and_can_come_again(blobs: BlobStore) -> None:
    """Deleting removes one and no other, twice is no error, and the same bytes may be put again."""
    kept, gone = named(b"kept"), named(b"gone")
    blobs.put(*kept)
    blobs.put(*gone)
    blobs.delete(gone[0])
    blobs.delete(gone[0])
    assert [info.sha256 for info in blobs.list()] == [kept[0]]
    with pytest.raises(KeyError):
        blobs.get(gone[0])
    blobs.put(*gone)
    assert blobs.get(gone[0]) == gone[1]
