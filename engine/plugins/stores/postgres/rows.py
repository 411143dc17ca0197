"""What PostgreSQL wants otherwise: text it can hold, and a body in two columns."""

from __future__ import annotations

from collections.abc import Iterable

from engine.domain.document import Document
from engine.domain.reasons import Reason
from engine.records import values
from engine.records.values import Part


def clean(text: str) -> str:
    """Text as the database can hold it: no NUL and no lone surrogate, which a torn message may bring."""
    if text.isascii():
        return text.replace("\0", "\ufffd")
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


def columns(part: Part) -> tuple[bytes | None, str | None]:
    """A body as its two columns: bytes, digest."""
    return (None, part) if isinstance(part, str) else (part, None)


def part_of(data: bytes | None, digest: str | None) -> Part:
    """A body from its two columns."""
    return data if digest is None else digest


def dump_reasons(reasons: Iterable[Reason]) -> str:
    """Reasons as JSON; the shape of the API."""
    return clean(values.dump_reasons(reasons))


def dump_documents(documents: Iterable[Document]) -> str:
    """Documents as JSON."""
    return clean(values.dump_documents(documents))
