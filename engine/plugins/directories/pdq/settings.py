"""Settings of the `pdq-v2` directory, as an admin writes them in conf/headrace.yaml."""

from __future__ import annotations

import re

from pydantic import Field, field_validator, model_validator

from engine.hl7v2.charset import codec_of
from engine.links.settings import BreakerSettings
from engine.links.tls import TlsSettings
from engine.ports.fields import Address, Duration
from engine.ports.plugin import Settings

_OID = re.compile(r"([0-2](\.(0|[1-9][0-9]*))+)?")


class PdqMshSettings(Settings):
    """Who we say we are, and whom we ask."""

    sending_app: str = "HEADRACE"
    """MSH-3."""
    sending_facility: str = ""
    """MSH-4."""
    receiving_app: str = ""
    """MSH-5."""
    receiving_facility: str = ""
    """MSH-6."""


class PixSettings(Settings):
    """Looking up the numbers of others first (PIX, ITI-9)."""

    authorities: tuple[str, ...] = Field(min_length=1)
    """Authorities whose numbers are looked up; keys of `authorities` of the directory."""
    to: Address | None = None
    """The cross-reference manager, `host:port`, when it is not the supplier itself."""
    query_name: str = "IHE PIX Query"
    """QPD-1."""


class PdqSettings(Settings):
    """Asks an HL7 v2 Patient Demographics Supplier who could be meant; the engine decides."""

    to: Address
    """The supplier, `host:port`."""
    default_authority: str = Field(min_length=1)
    """The assigning authority of this hospital's own numbers (PID-3.4.1); a key of `authorities`."""
    authorities: dict[str, str]
    """OIDs by assigning authority: `{HOSP: "2.999.1"}`; an empty OID where the supplier knows only the name."""
    bare_is_own: bool = False
    """Numbers the supplier gives without any authority are this hospital's."""
    pix: PixSettings | None = None
    """Looking up the numbers of others first."""
    tls: TlsSettings | None = None
    """Encryption; `tls: {}` checks the supplier against the system's authorities."""
    connect_timeout: Duration = Field(default=5.0, gt=0)
    """How long connecting may take, the TLS handshake included."""
    timeout: Duration = Field(default=10.0, gt=0)
    """How long the supplier may take to read a query, and again to answer it."""
    tries: int = Field(default=2, ge=1, le=5)
    """Tries of a query before the message waits."""
    wait: Duration = 0.5
    """The wait before the second try; it doubles with each further one."""
    breaker: BreakerSettings = BreakerSettings()
    """When a failing supplier is left alone."""
    connections: int = Field(default=2, ge=1, le=16)
    """Connections that stay open, one query at a time on each."""
    msh: PdqMshSettings = PdqMshSettings()
    """Sending and receiving applications and facilities."""
    version: str = Field(default="2.5", pattern=r"^2\.[3-9](\.[0-9])?$")
    """MSH-12 of the queries."""
    charset: str = "UNICODE UTF-8"
    """MSH-18 of the queries, a value of table 0211; answers say their own."""
    query_name: str = "IHE PDQ Query"
    """QPD-1."""
    domains: tuple[str, ...] = ()
    """Authorities whose numbers the supplier shall give (QPD-8); none leaves it to the supplier."""
    wildcard: bool = False
    """Send names with `*` behind them, for suppliers that take it for any ending; others find exact names only."""
    page_size: int = Field(default=50, ge=1, le=1000)
    """Patients asked for in one answer (RCP-2)."""
    max_pages: int = Field(default=10, ge=1, le=1000)
    """Answers read for one query (DSC); more make it a person's decision."""
    max_candidates: int = Field(default=200, ge=1, le=10_000)
    """Patients read for one query; more make it a person's decision."""

    @property
    def ack_timeout(self) -> float:
        """The time-out of a line."""
        return self.timeout

    @field_validator("charset")
    @classmethod
    def _is_charset(cls, charset: str) -> str:
        if not charset or codec_of(charset) is None:
            raise ValueError("not a character set of table 0211; write UNICODE UTF-8, 8859/1 or ASCII")
        return charset

    @field_validator("authorities")
    @classmethod
    def _are_authorities(cls, authorities: dict[str, str]) -> dict[str, str]:
        if any(not name.strip() or not _OID.fullmatch(oid) for name, oid in authorities.items()):
            raise ValueError('write authority: OID, like HOSP: "2.999.1"')
        oids = [oid for oid in authorities.values() if oid]
        if len({name.casefold() for name in authorities}) != len(authorities) or len(set(oids)) != len(oids):
            raise ValueError("an authority or an OID stands twice")
        return authorities

    @model_validator(mode="after")
    def _fits_together(self) -> PdqSettings:
        crossed = self.pix.authorities if self.pix is not None else ()
        missing = [name for name in (self.default_authority, *self.domains, *crossed) if name not in self.authorities]
        if missing:
            raise ValueError(f"{missing[0]} is not among authorities")
        if self.default_authority in crossed:
            raise ValueError("pix is for numbers of others; leave default_authority out")
        return self
