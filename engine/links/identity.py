"""Showing who we are: nothing, a fixed header, or a token from a token endpoint."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote_plus

from engine.links.failures import CallFailed, Cause, cause_of
from engine.links.http import Post, Remote
from engine.ports.clock import Clock

if TYPE_CHECKING:
    from engine.links.settings import AuthSettings, OAuth2Settings

_TOKEN = re.compile(r"[\x21-\x7e]{1,16384}")
_EARLY_SECONDS = 60.0
_EARLY_SHARE = 0.2
_LIFE_SECONDS = 300.0
"""For a token that does not say how long it lives."""


class Auth(Protocol):
    """Headers for a request."""

    async def headers(self) -> Mapping[str, str]:
        """The headers that show who we are. Raises CallFailed."""

    def refused(self, headers: Mapping[str, str]) -> bool:
        """These headers were answered with 401: whether others may help."""

    async def close(self) -> None:
        """Drop connections."""


class FixedAuth:
    """The same header each time, or none."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    async def headers(self) -> Mapping[str, str]:
        """See `Auth`."""
        return self._headers

    def refused(self, headers: Mapping[str, str]) -> bool:  # noqa: ARG002 - the port's signature
        """A fixed secret does not get better."""
        return False

    async def close(self) -> None:
        """Nothing to drop."""


class TokenAuth:
    """OAuth2 client credentials: one token for all, fetched by one caller while the others wait.

    Source: RFC 6749, 2.3.1 (the client in a Basic header, form-encoded first), 4.4 and 5.1.
    """

    def __init__(self, settings: OAuth2Settings, remote: Remote, clock: Clock) -> None:
        self._settings = settings
        self._remote = remote
        self._clock = clock
        self._fetching = asyncio.Lock()
        self._token = ""
        self._renew_at = float("-inf")

    async def headers(self) -> Mapping[str, str]:
        """See `Auth`; fetches a token when there is none that lives long enough."""
        async with self._fetching:
            if not self._token or self._clock.monotonic() >= self._renew_at:
                await self._fetch()
            return {"Authorization": f"Bearer {self._token}"}

    def refused(self, headers: Mapping[str, str]) -> bool:
        """Forget the token, unless another caller has a newer one already."""
        if headers.get("Authorization") == f"Bearer {self._token}":
            self._token = ""
        return True

    async def _fetch(self) -> None:
        settings = self._settings
        secret = settings.client_secret.get_secret_value()
        pair = f"{quote_plus(settings.client_id)}:{quote_plus(secret)}".encode("ascii")
        form = {"grant_type": "client_credentials", **({"scope": settings.scope} if settings.scope else {})}
        basic = {"Authorization": f"Basic {base64.b64encode(pair).decode('ascii')}"}
        answer = await self._remote.post(Post(url=settings.token_url, headers=basic, form=form))
        if answer.status != 200:
            cause = cause_of(answer.status)
            cause = Cause.DENIED if cause is Cause.REFUSED else cause
            raise CallFailed(cause, status=answer.status, retry_after=answer.retry_after)
        self._token, life = _token_of(answer.body)
        self._renew_at = self._clock.monotonic() + life - min(_EARLY_SECONDS, life * _EARLY_SHARE)

    async def close(self) -> None:
        """Drop the connections to the token endpoint."""
        await self._remote.close()


def _token_of(body: bytes) -> tuple[str, float]:
    """Token and life in seconds. Raises CallFailed."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise CallFailed(Cause.NOT_JSON, status=200) from None
    token = answer.get("access_token") if isinstance(answer, dict) else None
    kind = str(answer.get("token_type", "bearer")).casefold() if isinstance(answer, dict) else ""
    if not isinstance(token, str) or not _TOKEN.fullmatch(token) or kind != "bearer":
        raise CallFailed(Cause.WRONG_SHAPE, status=200)
    life = answer.get("expires_in", _LIFE_SECONDS)
    sane = isinstance(life, (int, float)) and not isinstance(life, bool) and 0 < life < 10**9
    return token, float(life) if sane else _LIFE_SECONDS


def make_auth(settings: AuthSettings | None, tokens: Remote, clock: Clock) -> Auth:
    """The auth of the settings; `tokens` is the address of the token endpoint."""
    if settings is None:
        return FixedAuth({})
    if settings.oauth2 is not None:
        return TokenAuth(settings.oauth2, tokens, clock)
    if settings.api_key is not None:
        return FixedAuth({settings.api_key.header: settings.api_key.value.get_secret_value()})
    bearer = settings.bearer.get_secret_value() if settings.bearer is not None else ""
    return FixedAuth({"Authorization": f"Bearer {bearer}"})
