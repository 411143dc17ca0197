"""Who may use the extraction service, how often, and how many at a time."""

from __future__ import annotations

import hashlib
import hmac
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from math import ceil

from starlette.requests import Request

from engine.web.auth import bearer_of
from engine.web.problems import Problem

KEY_LENGTH_MIN = 20
_BUSY_SECONDS = 2


class Gate:
    """Keys, calls a minute for each key, and places for documents.

    Args:
        keys: at least one; each of `KEY_LENGTH_MIN` characters or more.
        per_minute: calls a key has in any 60 seconds; 0 for no limit.
        places: documents read or waiting at a time; a further one is told to come back.
        monotonic: seconds that never go back.

    Raises:
        ValueError: no keys, or one that is too short to protect anything.
    """

    def __init__(self, keys: Sequence[str], *, per_minute: int, places: int, monotonic: Callable[[], float]) -> None:
        if not keys or any(len(key) < KEY_LENGTH_MIN for key in keys):
            raise ValueError(f"at least one key is needed, of {KEY_LENGTH_MIN} characters or more")
        self._digests = [_digest(key) for key in keys]
        self._calls: dict[bytes, deque[float]] = {digest: deque(maxlen=per_minute or 1) for digest in self._digests}
        self._per_minute = per_minute
        self._places = places
        self._taken = 0
        self._monotonic = monotonic
        self.closing = False

    def knows(self, request: Request) -> bool:
        """Whether the request brings a key, as `Authorization: Bearer` or `X-API-Key`."""
        return self._key_of(request) is not None

    def admit(self, request: Request) -> None:
        """Count a call. Raises Problem (401, 429, 503)."""
        key = self._key_of(request)
        if key is None:
            challenge = {"WWW-Authenticate": 'Bearer realm="headrace extractor"'}
            detail = "send a key of this service as Authorization: Bearer or X-API-Key"
            raise Problem(HTTPStatus.UNAUTHORIZED, detail, headers=challenge)
        if self.closing:
            raise _unavailable("the service is stopping")
        if self._per_minute:
            self._count(self._calls[key])

    def _key_of(self, request: Request) -> bytes | None:
        """The digest of the given key; all are compared, so that time tells nothing about them."""
        given = _digest(bearer_of(request) or request.headers.get("x-api-key", ""))
        found: bytes | None = None
        for digest in self._digests:
            if hmac.compare_digest(given, digest):
                found = digest
        return found

    def _count(self, calls: deque[float]) -> None:
        now = self._monotonic()
        if len(calls) == self._per_minute and now - calls[0] < 60:
            wait = {"Retry-After": str(ceil(60 - (now - calls[0])))}
            detail = f"this key has {self._per_minute} calls a minute"
            raise Problem(HTTPStatus.TOO_MANY_REQUESTS, detail, headers=wait)
        calls.append(now)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place for one document, its body included. Raises Problem (503) when there is none."""
        if self._taken >= self._places:
            raise _unavailable("as many documents as are taken at a time are being read")
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


def _unavailable(detail: str) -> Problem:
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": str(_BUSY_SECONDS)})


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
