"""The TLS context of a sender."""

from __future__ import annotations

import ssl

from engine.plugins.destinations.mllp.settings import TlsSettings


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
