"""The pipe between the engine and a reader process: length-prefixed JSON heads and bytes, reports as JSON.

The report travels in the form in which the engine stores it, so that the engine's one event loop spends as little as
possible on it: the whole decoding happens inside pydantic's compiled core.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache

from pydantic import TypeAdapter

from engine.domain.reasons import REASONS
from engine.domain.report import LabReport

HEADER = struct.Struct(">II")
"""Length of the JSON head, length of the data behind it; both in bytes."""
ORDER = struct.Struct(">cI")
"""To the template process: `MAKE` or `END`, and the number of a reader."""
MAKE, END = b"+", b"-"
MAX_ANSWER = 32 << 20
"""A longer answer is a broken reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a reader process may use for one document, and for one with pages to be recognised."""

    memory_bytes: int
    cpu_seconds: float
    scan_memory_bytes: int
    scan_seconds: float


def pack(head: bytes, data: bytes = b"") -> bytes:
    """One frame of the pipe."""
    return HEADER.pack(len(head), len(data)) + head + data


@cache
def _adapter() -> TypeAdapter[LabReport]:
    """Built at first use: the schema costs some tens of milliseconds."""
    return TypeAdapter(LabReport)


def dump_report(report: LabReport) -> bytes:
    """JSON of a report, fields at their defaults left out; Decimals as texts with their digits."""
    return _adapter().dump_json(report, exclude_defaults=True)


def load_report(answer: bytes) -> LabReport:
    """The report of an answer. Its process has opened foreign bytes, so nothing of it is taken on trust.

    Raises:
        ValueError: not a report, or one with a reason that does not exist.
    """
    report = _adapter().validate_json(answer, strict=True)
    if any(item.code not in REASONS for item in report.all_reasons):
        raise ValueError("unknown reason")
    return report
