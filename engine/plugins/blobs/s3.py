"""Blobs in an S3-compatible object store, for nodes that share one database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256 as digest_of
from typing import TYPE_CHECKING, Any

from pydantic import Field

from engine.ports.blobs import BlobInfo
from engine.ports.fields import Duration, Secret
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.services import SiteServices

if TYPE_CHECKING:
    from obstore.store import S3Store

_HEX = frozenset("0123456789abcdef")


class S3Settings(Settings):
    """Which bucket, and the key to it."""

    endpoint: str = Field(examples=["https://s3.example.org"])
    """Address of the service, without the bucket; plain `http:` only inside one machine or a closed network."""
    bucket: str = Field(examples=["headrace"])
    """The bucket. It must not expire objects by itself: what is no longer needed is removed by `retain`."""
    prefix: str = Field(default="", examples=["prod/"])
    """In front of every name, so that several sites can share a bucket."""
    region: str = "us-east-1"
    """Region for the signature; most services of one's own take any."""
    access_key: Secret = Field(examples=["${env:S3_ACCESS_KEY}"])
    """Access key id."""
    secret_key: Secret = Field(examples=["${env:S3_SECRET_KEY}"])
    """Secret access key."""
    timeout: Duration = 30.0
    """How long one request may take."""
    retries: int = Field(default=4, ge=0, le=20)
    """How often a request that failed on the way is tried again before the message is refused."""


class S3Blobs:
    """The BlobStore port over obstore. An object is there when the service has answered its PUT."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    def put(self, sha256: str, data: bytes) -> None:
        """Store under the digest; see the port. An equal object is written again, which renews its time."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            obstore.put(self._store, _name(sha256), data)
        except (BaseError, OSError) as problem:
            raise OSError(f"the object store refused a body: {type(problem).__name__}") from None

    def get(self, sha256: str) -> bytes:
        """The bytes, checked against their name; see the port.

        Raises:
            KeyError: not there or damaged.
            OSError: the service does not answer.
        """
        import obstore
        from obstore.exceptions import BaseError, NotFoundError

        if len(sha256) != 64 or not set(sha256) <= _HEX:
            raise KeyError(sha256)
        try:
            data = bytes(obstore.get(self._store, _name(sha256)).bytes())
        except (NotFoundError, FileNotFoundError):
            raise KeyError(sha256) from None
        except (BaseError, OSError) as problem:
            raise OSError(f"the object store did not give a body: {type(problem).__name__}") from None
        if digest_of(data).hexdigest() != sha256:
            raise KeyError(sha256)
        return data

    def delete(self, sha256: str, *, unless_newer_than: datetime | None = None) -> bool:
        """Remove one; see the port.

        An object store has no lock that a put on another node would wait for: the time is asked right before, and the
        moment in between is what the sweep's grace of a day does not cover.
        """
        import obstore
        from obstore.exceptions import BaseError, NotFoundError

        try:
            found = obstore.head(self._store, _name(sha256))
            if unless_newer_than is not None and found["last_modified"] >= unless_newer_than:
                return False
            obstore.delete(self._store, _name(sha256))
        except (NotFoundError, FileNotFoundError):
            return False
        except (BaseError, OSError) as problem:
            raise OSError(f"the object store did not delete: {type(problem).__name__}") from None
        return True

    def list(self) -> Iterator[BlobInfo]:
        """All of them; objects of other names in the bucket are passed over."""
        import obstore
        from obstore.exceptions import BaseError

        try:
            for page in obstore.list(self._store):
                for item in page:
                    digest = item["path"].rsplit("/", 1)[-1]
                    if len(digest) == 64 and set(digest) <= _HEX:
                        yield BlobInfo(sha256=digest, size_bytes=item["size"], written_at=item["last_modified"])
        except (BaseError, OSError) as problem:
            raise OSError(f"the object store did not list: {type(problem).__name__}") from None


def _name(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256}"


def build(settings: S3Settings, _services: SiteServices) -> Any:
    """The object store; nothing is asked before the first body.

    Raises:
        ImportError: obstore is not installed (`pip install 'headrace[s3]'`).
    """
    from obstore.store import S3Store

    store = S3Store(
        settings.bucket,
        prefix=settings.prefix or None,
        endpoint=settings.endpoint,
        region=settings.region,
        access_key_id=settings.access_key.get_secret_value(),
        secret_access_key=settings.secret_key.get_secret_value(),
        virtual_hosted_style_request=False,
        client_options={"allow_http": settings.endpoint.startswith("http:"), "timeout": f"{settings.timeout}s"},
        retry_config={"max_retries": settings.retries, "retry_timeout": timedelta(seconds=settings.timeout)},
    )
    return S3Blobs(store)


PLUGIN = Plugin(
    kind=Kind.BLOBS,
    name="s3",
    settings=S3Settings,
    build=build,
    summary="Keeps large bodies in an S3-compatible bucket that all nodes reach.",
    guarantees="A body is in the bucket before the row that names it commits; it is as durable as the service says.",
)
"""What the registry lists."""
