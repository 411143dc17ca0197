"""The dossier as JSON text, for the store and for replay; what is encoded decodes to an equal dossier."""

from __future__ import annotations

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
