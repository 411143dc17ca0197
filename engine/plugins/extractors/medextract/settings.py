"""Settings of the `medextract` extractor, as an admin writes them in conf/headrace.yaml."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator, model_validator

from engine.links.settings import (
    AuthSettings,
    BreakerSettings,
    RateSettings,
    RetrySettings,
    checked_url,
    in_the_clear,
)
from engine.ports.fields import ByteSize, Duration
from engine.ports.plugin import Settings


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
        if not self.allow_http and any(in_the_clear(url) for url in urls):
            raise ValueError("http would send documents or secrets unencrypted; write https, or allow_http: true")
        return self
