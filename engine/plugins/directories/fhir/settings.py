"""Settings of the `fhir` directory, as an admin writes them in conf/headrace.yaml."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from engine.links.settings import AuthSettings, BreakerSettings, checked_url, in_the_clear
from engine.links.tls import TlsSettings
from engine.ports.fields import ByteSize, Duration
from engine.ports.plugin import Settings

_SYSTEM = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s|\\,$]{1,250}")


class FhirSettings(Settings):
    """Asks a FHIR R4 server who could be meant; the engine decides."""

    base_url: str
    """Address of the server, the part before `/Patient`."""
    default_authority: str = Field(min_length=1)
    """The assigning authority of this hospital's own numbers, as PID-3 names it; a key of `systems`."""
    systems: dict[str, str]
    """Identifier systems by assigning authority: `{HOSP: "urn:oid:2.999.1"}`."""
    method: Literal["search", "match"] = "search"
    """`search` asks several narrow questions (PDQm ITI-78); `match` one `Patient/$match` (ITI-119)."""
    requests: Literal["post", "get"] = "post"
    """`post` keeps patients out of addresses and so out of foreign logs; `get` for servers that know no `_search`."""
    strict: bool = True
    """Ask the server to refuse a search parameter it does not know instead of passing over it."""
    cross_reference: tuple[str, ...] = ()
    """Authorities whose numbers are first looked up by `$ihe-pix` (PIXm ITI-83); keys of `systems`."""
    auth: AuthSettings | None = None
    """How we show who we are; none for a server that asks nobody."""
    tls: TlsSettings | None = None
    """Authorities to trust instead of the system's, and our own certificate; certificates are always checked. Renewed
    files are used with the next connection that fails."""
    allow_http: bool = False
    """Let patients go unencrypted to another machine; for a network you trust."""
    timeout: Duration = Field(default=10.0, gt=0)
    """Time for one question, from sending to the last byte of the answer."""
    connect_timeout: Duration = Field(default=5.0, gt=0)
    """How long connecting may take, the TLS handshake included."""
    tries: int = Field(default=2, ge=1, le=5)
    """Tries of a question before the message waits."""
    wait: Duration = 0.5
    """The wait before the second try; it doubles with each further one."""
    breaker: BreakerSettings = BreakerSettings()
    """When a failing server is left alone."""
    connections: int = Field(default=4, ge=1, le=100)
    """Questions on the way at a time."""
    page_size: int = Field(default=50, ge=1, le=1000)
    """Patients asked for in a page."""
    max_pages: int = Field(default=10, ge=1, le=1000)
    """Pages read for one question; more make it a person's decision."""
    max_candidates: int = Field(default=200, ge=1, le=10_000)
    """Patients read for one question; more make it a person's decision."""
    max_answer: ByteSize = 4 << 20
    """A longer answer is refused."""

    _url = field_validator("base_url")(checked_url)

    @field_validator("systems")
    @classmethod
    def _are_systems(cls, systems: dict[str, str]) -> dict[str, str]:
        if any(not name.strip() or not _SYSTEM.fullmatch(system) for name, system in systems.items()):
            raise ValueError("write authority: system, the system an absolute URI like urn:oid:2.999.1")
        if len({name.casefold() for name in systems}) != len(systems) or len(set(systems.values())) != len(systems):
            raise ValueError("an authority or a system stands twice")
        return systems

    @model_validator(mode="after")
    def _fits_together(self) -> FhirSettings:
        missing = [name for name in (self.default_authority, *self.cross_reference) if name not in self.systems]
        if missing:
            raise ValueError(f"{missing[0]} is not among systems")
        if self.default_authority in self.cross_reference:
            raise ValueError("cross_reference is for numbers of others; leave default_authority out")
        urls = [self.base_url]
        if self.auth is not None and self.auth.oauth2 is not None:
            urls.append(self.auth.oauth2.token_url)
        if not self.allow_http and any(in_the_clear(url) for url in urls):
            raise ValueError("http would send patients or secrets unencrypted; write https, or allow_http: true")
        return self
