"""TLS towards a peer: its settings, and the context made of them."""

from __future__ import annotations

import ssl
from pathlib import Path

from pydantic import model_validator

from engine.ports.plugin import Settings


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


def client_context(settings: TlsSettings) -> ssl.SSLContext:
    """A context that checks the receiver's certificate and name, TLS 1.2 at least.

    Raises:
        OSError: a file is missing, unreadable or not what it should be (ssl.SSLError is one).
    """
    context = ssl.create_default_context(cafile=str(settings.ca) if settings.ca is not None else None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if settings.cert is not None and settings.key is not None:
        context.load_cert_chain(settings.cert, settings.key, password=_no_passphrase)
    return context


def _no_passphrase() -> str:
    """An encrypted key must fail instead of asking on the terminal."""
    return ""
