"""Blobs in an object store whose service does what a test says."""

from __future__ import annotations

import hashlib

import pytest

from engine.plugins.blobs.s3 import S3Blobs, build
from tests.contracts.conftest import s3_settings
from tests.support.object_store import Bucket, object_store

DATA = b"report " * 1000
DIGEST = hashlib.sha256(DATA).hexdigest()


def _blobs(bucket: Bucket, **more: object) -> S3Blobs:
    made: S3Blobs = build(s3_settings(bucket, **more), None)  # type: ignore[arg-type]
    return made


def test_an_object_lies_under_prefix_and_digest() -> None:
    """Several sites may share a bucket, and an operator finds a body by its digest."""
    with object_store() as bucket:
        _blobs(bucket).put(DIGEST, DATA)
        assert list(bucket.objects) == [f"site/{DIGEST[:2]}/{DIGEST}"]


def test_a_service_that_stumbles_is_asked_again() -> None:
    """A 503 or a 500 is no refusal yet."""
    with object_store() as bucket:
        blobs = _blobs(bucket)
        bucket.answers = [503, 500]
        blobs.put(DIGEST, DATA)
        assert blobs.get(DIGEST) == DATA
        assert bucket.requests == ["PUT", "PUT", "PUT", "GET"]


def test_a_refusal_is_an_error_and_nothing_is_taken_for_stored() -> None:
    """A 403 raises, so that no ACK leaves."""
    with object_store() as bucket:
        blobs = _blobs(bucket)
        bucket.answers = [403]
        with pytest.raises(OSError, match="refused a body"):
            blobs.put(DIGEST, DATA)
        assert bucket.objects == {}


def test_a_service_that_is_away_is_not_a_missing_body() -> None:
    """What cannot be read just now is read later; only what is gone or damaged is told to a person."""
    with object_store() as bucket:
        blobs = _blobs(bucket, retries=0, timeout="1s")
        blobs.put(DIGEST, DATA)
        bucket.answers = [503]
        with pytest.raises(OSError, match="did not give"):
            blobs.get(DIGEST)
        bucket.objects[f"site/{DIGEST[:2]}/{DIGEST}"] = (DATA[:-1], bucket.objects.popitem()[1][1])
        with pytest.raises(KeyError):
            blobs.get(DIGEST)


def test_foreign_objects_are_passed_over() -> None:
    """A bucket may hold other things under the prefix."""
    with object_store() as bucket:
        blobs = _blobs(bucket)
        blobs.put(DIGEST, DATA)
        bucket.objects["site/readme.txt"] = bucket.objects[f"site/{DIGEST[:2]}/{DIGEST}"]
        assert [item.sha256 for item in blobs.list()] == [DIGEST]
