"""A bare document (a file, an upload) as clinical content: it brings nothing but itself."""

from __future__ import annotations

from engine.domain.order import Inbound, Order


def read(file_name: str) -> Inbound:
    """The empty content of a bare document; everything known will come from reading it.

    Args:
        file_name: the sender's name for it; only shown, never used as a path or parsed.
    """
    notes = ("no file name",) if not file_name else ()
    return Inbound(kind="DOCUMENT", orders=(Order(),), notes=notes)
