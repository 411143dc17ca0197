"""Settings of the `mllp` destination, as an admin writes them in a channel's YAML."""

from __future__ import annotations

from types import MappingProxyType
from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from engine.links.tls import TlsSettings
from engine.ports.fields import Address, Duration
from engine.ports.plugin import Settings

Action = Literal["done", "park", "retry", "insist"]
Other = Literal["wait", "park"]
Preset = Literal["hl7", "mirth-like", "iris-like"]
_PRESETS = MappingProxyType(
    {
        "hl7": {"AA": "done", "CA": "done", "AE": "park", "CE": "park", "AR": "retry", "CR": "retry", "other": "wait"},
        "mirth-like": {
            "AA": "done", "CA": "done", "AE": "park", "CE": "park", "AR": "park", "CR": "park", "other": "wait",
        },
        "iris-like": {
            "AA": "done", "CA": "done", "AE": "park", "CE": "park", "AR": "insist", "CR": "insist", "other": "park",
        },
    }
)  # fmt: skip


class RetrySettings(Settings):
    """When a message is tried again: without a usable answer for ever, after a refusal `rejects` times."""

    base: Duration = 1.0
    """The longest wait before the second try; it doubles with each further one."""
    max: Duration = 300.0
    """The longest wait between two tries."""
    jitter: Literal["full"] = "full"
    """Waits are drawn at random between nothing and the longest."""


class OnAckSettings(Settings):
    """What each answer means; what is not said here is as the preset has it. See docs/reference/ack.md."""

    preset: Preset = "hl7"
    """`hl7` by the meaning of the codes; `mirth-like` and `iris-like` as those engines do."""
    AA: Action | None = None
    """Application accept; `done` in every preset."""
    CA: Action | None = None
    """Commit accept, from a receiver in enhanced mode; `done` in every preset."""
    AE: Action | None = None
    """Application error; `park` in every preset: a person decides, the others go on."""
    CE: Action | None = None
    """Commit error; `park` in every preset."""
    AR: Action | None = None
    """Application reject; `retry` by `hl7`, `park` by `mirth-like`, `insist` (for ever) by `iris-like`."""
    CR: Action | None = None
    """Commit reject; as AR."""
    other: Other | None = None
    """A whole answer without a known MSA-1: `wait` (a new connection, sent again, for ever), `park` by `iris-like`."""

    def meaning(self, code: str) -> str:
        """What is done on a code of MSA-1, or on `other`."""
        said: str | None = getattr(self, code)
        return said or _PRESETS[self.preset][code]


class CircuitSettings(Settings):
    """When a receiver is left alone: then one message at a time is tried until it answers anything."""

    after: PositiveInt = 5
    """Tries in a row without a usable answer."""
    probe: Duration = 30.0
    """The longest wait between two tries from then on."""


class MshSettings(Settings):
    """Who we say we are, and whom we send to."""

    sending_app: str = "HEADRACE"
    """MSH-3."""
    sending_facility: str = ""
    """MSH-4."""
    receiving_app: str = ""
    """MSH-5."""
    receiving_facility: str = ""
    """MSH-6."""


class MllpDestinationSettings(Settings):
    """Sends ORU^R01 over MLLP connections that stay open, one message at a time on each."""

    to: Address
    """The receiver, `host:port`."""
    tls: TlsSettings | None = None
    """Encryption; `tls: {}` checks the receiver against the system's authorities."""
    connect_timeout: Duration = 10.0
    """How long connecting may take, the TLS handshake included."""
    ack_timeout: Duration = 30.0
    """How long the receiver may take to read a message, and again to answer it."""
    retry: RetrySettings = RetrySettings()
    """When a message is tried again."""
    on_ack: Preset | OnAckSettings = "hl7"
    """What each answer means: a preset, or a table of codes, with `preset` for those it does not name."""
    err_hints: bool = True
    """Heed ERR-3 of a refusal: 206 and 207 try again; AR or CR with 100 to 105 or 200 to 205 parks at once."""
    circuit: CircuitSettings = CircuitSettings()
    """When the receiver is left alone."""
    rejects: NonNegativeInt = 20
    """How often a refused message is sent again before it is parked for a person."""
    in_flight: int = Field(default=1, ge=1, le=16)
    """Messages on the way at a time, each on a connection of its own; never two of one ordering key."""
    message: Literal["ORU^R01", "ACK"] = "ORU^R01"
    """What is sent; `ACK` carries the application acknowledgements of a source (`ack: {application: …}`) only."""
    version: Literal["2.5.1"] = "2.5.1"
    """MSH-12 of what is sent."""
    msh: MshSettings = MshSettings()
    """Sending and receiving applications and facilities."""
    attach_original: bool = True
    """Send the original document as the last OBX of its order."""
    required: bool = True
    """Whether a message counts as delivered only when this receiver has it."""

    @property
    def answers(self) -> OnAckSettings:
        """The table of answers, whichever way it was written."""
        return self.on_ack if isinstance(self.on_ack, OnAckSettings) else OnAckSettings(preset=self.on_ack)

    @property
    def acks_only(self) -> bool:
        """Whether it carries acknowledgements and no results."""
        return self.message == "ACK"
