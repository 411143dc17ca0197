"""Settings of the `mllp` source, as an admin writes them in a channel's YAML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PositiveInt, WithJsonSchema, model_validator

from engine.hl7v2.header import Limits
from engine.ports.fields import Address, ByteSize, Duration, Network
from engine.ports.plugin import Settings
from engine.ports.source import AcceptPolicy, AckMode

_TYPE = re.compile(r"^[A-Z][A-Z0-9]{2}(\^([A-Z0-9]{3}|\*))?$")
_TYPES = ("ORU^R01", "ORU^R30", "ORU^R31", "ORU^R32", *(f"MDM^T{number:02}" for number in range(1, 12)))
_VERSIONS = (
    "2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2", "2.9",
)  # fmt: skip
SAME_CONNECTION = "same_connection"


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _message_type(value: str) -> str:
    if not _TYPE.match(value):
        raise ValueError("not a message type; write type^event, like ORU^R01, or ADT^* for every event")
    return value


Addresses = Annotated[
    tuple[Address, ...],
    BeforeValidator(_as_list),
    Field(min_length=1),
    WithJsonSchema(
        {
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}],
            "examples": ["127.0.0.1:2575"],
        }
    ),
]
MessageType = Annotated[str, AfterValidator(_message_type)]


class TlsSettings(Settings):
    """Encryption on this listener. The files are read at start; restart after renewing them."""

    cert: Path
    """The listener's certificate with its chain, PEM."""
    key: Path
    """Its private key, PEM, without a passphrase."""
    client_ca: Path | None = None
    """Certificates of the authorities whose clients may connect, PEM; when set, a client without one is refused."""
    min_version: Literal["1.2", "1.3"] = "1.2"
    """The oldest TLS version a peer may use."""


class AcceptSettings(Settings):
    """What is taken in. Everything else is refused before it is stored, with an answer that says why."""

    types: tuple[MessageType, ...] = _TYPES
    """Message types, `type^event`; `ADT^*` takes every event of a type. Others get ERR 200 or 201."""
    versions: tuple[str, ...] = _VERSIONS
    """HL7 versions of MSH-12; an empty MSH-12 counts as 2.3. Others get ERR 203."""
    processing_ids: tuple[str, ...] = ("P",)
    """Values of MSH-11; an empty one counts as P. List T or D to take test messages. Others get ERR 202."""
    receiving_apps: tuple[str, ...] = ()
    """Values of MSH-5, first component; empty takes any. Others get ERR 103."""


class AckSettings(Settings):
    """How the source answers."""

    mode: AckMode = AckMode.AUTO
    """`auto` follows MSH-15 and MSH-16 of each message; `original` or `enhanced` answers one way always."""
    on_store_error: Literal["AR", "AE"] = "AR"
    """The code of original mode when a message could not be stored."""
    application: str = SAME_CONNECTION
    """Where application acknowledgements of enhanced mode go: `same_connection` or the name of a destination."""


class LimitSettings(Settings):
    """The most a message may hold; above it the answer is AE (or CE) with ERR 104."""

    segments: PositiveInt = 50_000
    """Segments in a message."""
    fields: PositiveInt = 1_000
    """Fields in a segment."""
    repetitions: PositiveInt = 10_000
    """Repetitions in a field."""


class MllpSourceSettings(Settings):
    """Listens for HL7 v2 messages over MLLP, plain or with TLS."""

    listen: Addresses
    """One address or several, `host:port`. An empty host means every address of the machine."""
    tls: TlsSettings | None = None
    """Encryption; without it, listen on this machine or a trusted network only."""
    allow: tuple[Network, ...] = ()
    """Networks that may connect; empty allows any. Others are cut off before anything is read."""
    max_frame: ByteSize = 64 * 1024 * 1024
    """The largest message, in bytes; a larger one is discarded while it streams by and refused with ERR 104."""
    frame_timeout: Duration = 60.0
    """How long a message may take from its first byte to its last; then the connection is closed."""
    idle_timeout: Duration = 0.0
    """How long a connection may be silent between messages; 0s leaves it open for ever."""
    max_connections: PositiveInt = 1000
    """Connections at a time over all addresses; more are closed at once."""
    max_in_flight: ByteSize = 256 * 1024 * 1024
    """Bytes held in memory over all connections; above it reading pauses until messages are stored."""
    charset: str = "auto"
    """Character set of the messages when MSH-18 is wrong or missing; `auto` believes MSH-18."""
    fallback_charsets: tuple[str, ...] = ("utf-8", "windows-1252")
    """Tried in this order when nothing names the character set."""
    accept: AcceptSettings = AcceptSettings()
    """What is taken in."""
    ack: AckSettings = AckSettings()
    """How the source answers."""
    limits: LimitSettings = LimitSettings()
    """The most a message may hold."""
    framing: Literal["lenient", "strict"] = "lenient"
    """`lenient` also reads a message whose start block is missing; `strict` drops it as noise."""
    empty_frame: Literal["nak", "ignore"] = "nak"
    """Whether an empty block is answered (AR, ERR 100)."""
    nak_unparseable: bool = True
    """Whether a block that does not start with MSH is answered (AR, ERR 100)."""

    @model_validator(mode="after")
    def _budget_holds_a_frame(self) -> MllpSourceSettings:
        if self.max_in_flight < self.max_frame:
            raise ValueError("max_in_flight is smaller than max_frame; one large message could never be read")
        return self

    def policy(self) -> AcceptPolicy:
        """The same, as intake wants it."""
        return AcceptPolicy(
            types=frozenset(self.accept.types),
            versions=frozenset(self.accept.versions),
            processing_ids=frozenset(self.accept.processing_ids),
            receiving_applications=frozenset(self.accept.receiving_apps),
            ack_mode=self.ack.mode,
            on_store_error=self.ack.on_store_error,
            answer_unparseable=self.nak_unparseable,
            answer_empty=self.empty_frame == "nak",
            limits=Limits(
                segments=self.limits.segments, fields=self.limits.fields, repetitions=self.limits.repetitions
            ),
        )
