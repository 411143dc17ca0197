"""Settings of the `mllp` destination, as an admin writes them in a channel's YAML."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, NonNegativeInt, model_validator

from engine.ports.fields import Address, Duration
from engine.ports.plugin import Settings

Action = Literal["done", "park", "retry"]


class TlsSettings(Settings):
    """Encryption towards the receiver; its certificate is always checked."""

    ca: Path | None = None
    """Certificates of the authorities that may have signed the receiver's certificate, PEM; without it the system's."""
    cert: Path | None = None
    """Our own certificate with its chain, PEM, for receivers that ask for one."""
    key: Path | None = None
    """The private key of `cert`, PEM, without a passphrase."""
    server_name: str | None = None
    """The name the receiver's certificate must carry, when it is not the host of `to`."""

    @model_validator(mode="after")
    def _cert_and_key_together(self) -> TlsSettings:
        if (self.cert is None) != (self.key is None):
            raise ValueError("cert and key belong together; write both or none")
        return self


class RetrySettings(Settings):
    """When a message is tried again: without a usable answer for ever, after a refusal `rejects` times."""

    base: Duration = 1.0
    """The longest wait before the second try; it doubles with each further one."""
    max: Duration = 300.0
    """The longest wait between two tries."""
    jitter: Literal["full"] = "full"
    """Waits are drawn at random between nothing and the longest."""


class OnAckSettings(Settings):
    """What each answer means. ERR 206 (record locked) and 207 (internal error) always mean `retry`."""

    AA: Action = "done"
    """Application accept."""
    CA: Action = "done"
    """Commit accept, from a receiver in enhanced mode."""
    AE: Action = "park"
    """Application error: the message is parked for a person, the others go on."""
    CE: Action = "park"
    """Commit error."""
    AR: Action = "retry"
    """Application reject."""
    CR: Action = "retry"
    """Commit reject."""


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
    """Sends ORU^R01 over one MLLP connection that stays open, one message at a time."""

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
    on_ack: OnAckSettings = OnAckSettings()
    """What each answer means."""
    rejects: NonNegativeInt = 20
    """How often a refused message is sent again before it is parked for a person."""
    in_flight: Literal[1] = Field(default=1)
    """Messages on the way at a time; MLLP knows one."""
    message: Literal["ORU^R01"] = "ORU^R01"
    """What is sent."""
    version: Literal["2.5.1"] = "2.5.1"
    """MSH-12 of what is sent."""
    msh: MshSettings = MshSettings()
    """Sending and receiving applications and facilities."""
    attach_original: bool = True
    """Send the original document as the last OBX of its order."""
    required: bool = True
    """Whether a message counts as delivered only when this receiver has it."""
