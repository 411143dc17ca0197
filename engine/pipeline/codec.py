"""The dossier as JSON text, for the store and for replay; what is encoded decodes to an equal dossier."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from pydantic import TypeAdapter, ValidationError

from engine.domain.dossier import Dossier


class DossierError(ValueError):
    """The stored JSON is no dossier of this version."""


@cache
def _adapter() -> TypeAdapter[Dossier]:
    """Built at first use: the schema of the whole domain costs some tens of milliseconds."""
    return TypeAdapter(Dossier)


def encode(dossier: Dossier) -> str:
    """JSON text of the dossier; Decimals as strings with their digits."""
    return _adapter().dump_json(dossier, exclude_defaults=True).decode("utf-8")


def encode_said(dossier: Dossier) -> tuple[str, str]:
    """The dossier as `encode` writes it, and what of it is said to a receiver.

    The second is without what the message is linked to, which later arrivals change. The first is put together from
    the second and the rest, because writing a dossier is dear and both are needed for every message.
    """
    said = encode(replace(dossier, fingerprints=(), supersedes="", older=(), versions=()))
    links = encode(
        Dossier(
            fingerprints=dossier.fingerprints,
            supersedes=dossier.supersedes,
            older=dossier.older,
            versions=dossier.versions,
        )
    )
    if "{}" in (said, links):
        return (links if said == "{}" else said), said
    return f"{said[:-1]},{links[1:]}", said


def decode(text: str) -> Dossier:
    """The dossier of stored JSON; empty text is an empty dossier.

    Raises:
        DossierError: not a dossier.
    """
    if not text:
        return Dossier()
    try:
        return _adapter().validate_json(text)
    except ValidationError as problem:
        raise DossierError(f"{problem.error_count()} fields do not fit") from None
