"""Settings of the `medextract` extractor, as an admin writes them in conf/headrace.yaml."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from engine.ports.fields import ByteSize, Duration, Secret
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


def _in_the_clear(url: str) -> bool:
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


class CheckSettings(Settings):
    """Looking the values up in the document's own text, in a process of its own that may be thrown away."""

    without_text: Literal["review", "trust"] = "review"
    """Values of pages without text (scans) cannot be looked up: hold them, or trust the service."""
    timeout: Duration = 20.0
    """Wall and processor time for one document."""
    memory: ByteSize = 1 << 30
    """Address space of the process."""


class MedExtractSettings(Settings):
    """A remote extractor with the MedExtract API, or `headrace serve-extractor` on another machine."""

    dialect: str = Field(
        default="medextract-guide", pattern=r"^(medextract-guide|medextract-v2|medextract-v1|[^\n]+\.json)$"
    )
    """`medextract-guide`, `medextract-v2`, `medextract-v1`, or a JSON file of the site that describes another one."""
    base_url: str = "https://api.medextract.io"
    """Address of the service, without the dialect's path."""
    auth: AuthSettings | None = None
    """How we show who we are; none for a service that asks nobody."""
    ca: Path | None = None
    """Certificates of the authorities to trust instead of the system's, PEM. Certificates are always checked."""
    allow_http: bool = False
    """Let documents go unencrypted to another machine; for a network you trust."""
    timeout: Duration = Field(default=60.0, gt=0)
    """Time for one try, from sending to the last byte of the answer."""
    connect_timeout: Duration = Field(default=5.0, gt=0)
    """How long connecting may take, the TLS handshake included."""
    retry: RetrySettings = RetrySettings()
    """Tries within one reading."""
    rate: RateSettings | None = RateSettings()
    """What the service allows; null for no limit."""
    breaker: BreakerSettings = BreakerSettings()
    """When a failing service is left alone."""
    fallback: Literal["local", "queue", "review"] = "local"
    """Without an answer: `local` lets the next extractor of the channel read, `queue` tries again later, `review` asks
    a person."""
    connections: int = Field(default=4, ge=1, le=100)
    """Documents on the way at a time."""
    accepts: tuple[str, ...] = ()
    """Media types to send (`application/pdf`, `image/*`); empty takes the dialect's. Others count as refused."""
    form: dict[str, str] = Field(default_factory=dict)
    """Further form fields, or other values for the dialect's."""
    max_document: ByteSize = 32 << 20
    """Larger documents are not sent."""
    max_answer: ByteSize = 8 << 20
    """A longer answer is refused."""
    min_confidence: float = Field(default=0.8, ge=0, le=1)
    """Results the service is less sure of go to review; so do those it gives no confidence for, unless this is 0."""
    check: CheckSettings = CheckSettings()
    """Looking the values up in the document."""

    _url = field_validator("base_url")(checked_url)

    @model_validator(mode="after")
    def _encrypted(self) -> MedExtractSettings:
        urls = [self.base_url]
        if self.auth is not None and self.auth.oauth2 is not None:
            urls.append(self.auth.oauth2.token_url)
        if not self.allow_http and any(_in_the_clear(url) for url in urls):
            raise ValueError("http would send documents or secrets unencrypted; write https, or allow_http: true")
        return self
