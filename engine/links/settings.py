"""Settings of whoever talks to an HTTP service: the address, identity, tries, pace and circuit."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from engine.ports.fields import Duration, Secret
from engine.ports.plugin import Settings

_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
_TOKEN = re.compile(r"[\x21-\x7e]{1,8192}")


def _checked_secret(secret: Secret | None) -> Secret | None:
    """A secret that can stand in a header; the message never shows it."""
    if secret is not None and not _TOKEN.fullmatch(secret.get_secret_value()):
        raise ValueError("the secret is empty, too long, or holds blanks or characters outside ASCII")
    return secret


def checked_url(url: str) -> str:
    """An http or https address without user, query or fragment, and without its closing slash. Raises ValueError."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("not an address; write https://host or https://host:port/path")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("write the address without user, query and fragment; secrets belong under auth")
    return url.rstrip("/")


def in_the_clear(url: str) -> bool:
    """Whether an address would carry documents or secrets unencrypted to another machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return False
    try:
        return not ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname != "localhost"


class ApiKeySettings(Settings):
    """A key in a header of its own."""

    header: str = "X-API-Key"
    """Name of the header."""
    value: Secret
    """The key."""

    _value = field_validator("value")(_checked_secret)

    @field_validator("header")
    @classmethod
    def _is_header(cls, name: str) -> str:
        if not _HEADER.fullmatch(name):
            raise ValueError("not the name of a header")
        return name


class OAuth2Settings(Settings):
    """OAuth2 client credentials: a token is fetched, renewed before it ends, and once more when it is refused."""

    token_url: str
    """Where tokens are given out."""
    client_id: str = Field(min_length=1)
    """Our name there."""
    client_secret: Secret
    """Our secret there."""
    scope: str = ""
    """Scopes to ask for, parted by blanks."""

    _url = field_validator("token_url")(checked_url)
    _secret = field_validator("client_secret")(_checked_secret)


class AuthSettings(Settings):
    """How we show who we are: exactly one of bearer, api_key and oauth2."""

    bearer: Secret | None = None
    """A fixed token for `Authorization: Bearer`."""
    api_key: ApiKeySettings | None = None
    """A key in a header of its own."""
    oauth2: OAuth2Settings | None = None
    """OAuth2 client credentials."""

    _bearer = field_validator("bearer")(_checked_secret)

    @model_validator(mode="after")
    def _one(self) -> AuthSettings:
        if sum(item is not None for item in (self.bearer, self.api_key, self.oauth2)) != 1:
            raise ValueError("write exactly one of bearer, api_key and oauth2")
        return self


class RetrySettings(Settings):
    """Tries within one reading; `Retry-After` is obeyed up to `max`, a longer one ends the reading."""

    attempts: int = Field(default=4, ge=1, le=20)
    """Tries, the first one included."""
    base: Duration = 0.5
    """The wait before the second try; it doubles with each further one, and as much again is drawn at random."""
    max: Duration = 10.0
    """The longest wait between two tries."""


class RateSettings(Settings):
    """Never more calls in any such span than the service allows."""

    requests: int = Field(default=10, ge=1, le=100_000)
    """Calls in a span."""
    per: Duration = Field(default=60.0, gt=0)
    """The span."""
    wait: Duration = 60.0
    """How long a document may wait for its turn before the next extractor takes it."""


class BreakerSettings(Settings):
    """After failures in a row no call is made for a while; then one is, and its outcome decides."""

    failures: int = Field(default=5, ge=1)
    """Failed calls in a row that open the circuit."""
    reset: Duration = 30.0
    """How long it stays open before one call probes the service."""
