"""Values as they lie in columns: times as microseconds, reasons and documents as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from engine.domain.document import Document
from engine.domain.reasons import Reason

Row = Any
"""A row as the driver hands it out: a sequence of its columns."""
Part = bytes | str | None
"""A body: the bytes, or the hex SHA-256 under which it lies apart, or none."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    return (moment - _EPOCH) // _MICROSECOND


def micros_or_none(moment: datetime | None) -> int | None:
    """Like `micros`; None stays None."""
    return None if moment is None else micros(moment)


def moment(value: int) -> datetime:
    """The time of a column, aware, in UTC."""
    return _EPOCH + timedelta(microseconds=value)


def moment_or_none(value: int | None) -> datetime | None:
    """Like `moment`; NULL is None."""
    return None if value is None else moment(value)


def dump_reasons(reasons: Iterable[Reason]) -> str:
    """Reasons as JSON; the shape of the API."""
    listed = [{"code": item.code, "text": item.text, "field": item.field} for item in reasons]
    return json.dumps(listed, ensure_ascii=False) if listed else "[]"


def load_reasons(text: str) -> tuple[Reason, ...]:
    """Reasons of a column."""
    return () if text == "[]" else tuple(Reason(**item) for item in json.loads(text))


def dump_documents(documents: Iterable[Document]) -> str:
    """Documents as JSON."""
    return json.dumps([asdict(item) for item in documents], ensure_ascii=False)


def load_documents(text: str) -> tuple[Document, ...]:
    """Documents of a column."""
    return () if text == "[]" else tuple(Document(**item) for item in json.loads(text))
