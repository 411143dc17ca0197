"""Which messages must keep their order, and which go first: read off the raw bytes, within bounds, before the ACK.

Both answers are hints for the queue. They never raise, never refuse, and look at no more than the first 16 KiB: PID,
ORC, OBR, TQ1 and TXA stand in front of the results and long before an embedded document ends.

Source: HL7 v2 chapter 3 (PID-2, PID-3 CX), chapter 4 (ORC-3, OBR-3, OBR-27 TQ, TQ1-9 with table 0485) and chapter 9
(TXA-12, TXA-15).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from engine.hl7v2.header import Header

SEARCH_BYTES = 16 * 1024
"""How far into a frame a segment is looked for."""
_LINE_BYTES = 4 * 1024

STAT = 0
ROUTINE = 5
_URGENT = frozenset({b"S", b"A"})


class OrderBy(StrEnum):
    """What a channel keeps in order: the results of a patient, of an order, or everything of a source."""

    PATIENT = "patient"
    ORDER = "order"
    SOURCE = "source"


class Order(StrEnum):
    """What a parked message does to those behind it in its key: holds them, lets them go on; or there is no order."""

    STRICT = "strict"
    SKIP_FAILED = "skip_failed"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Queueing:
    """How a channel keeps order: by what, how strictly, and which of its sources always go first."""

    order_by: OrderBy = OrderBy.PATIENT
    order: Order = Order.SKIP_FAILED
    stat_sources: frozenset[str] = frozenset()


def own_key(message_id: str) -> str:
    """The key of a message that keeps no order: nothing else has it."""
    return hashlib.sha256(message_id.encode("utf-8")).hexdigest()[:16]


def ordering_key(raw: bytes, header: Header, *, channel: str, source: str, order_by: OrderBy) -> str:
    """The queue a message stands in: 16 hex digits of a digest, so that no patient can be read off it.

    Args:
        raw: the frame, undecoded.
        header: what `peek` said of it.
        channel: keys of different channels never meet.
        source: the last resort: whatever names neither patient nor order stands in one line per source.
        order_by: the channel's choice.
    """
    separator = header.field_separator
    parts: tuple[bytes, ...] = ()
    if order_by is OrderBy.PATIENT:
        parts = _patient(raw, header, separator) or _order(raw, separator)
    elif order_by is OrderBy.ORDER:
        parts = _order(raw, separator) or _patient(raw, header, separator)
    parts = parts or (b"source", source.encode("utf-8", "replace"))
    text = b"\x1f".join((channel.encode("utf-8", "replace"), *parts))
    return hashlib.sha256(text).hexdigest()[:16]


def priority(raw: bytes, header: Header) -> int:
    """0 when the order says STAT or as soon as possible (OBR-27.6, OBR-27.1, TQ1-9), else 5."""
    separator = header.field_separator
    component = header.encoding[:1] or b"^"
    timing = _field(_segment(raw, b"OBR", separator, 27), 27)
    if timing:
        parts = timing.split(component, 6)
        if parts[0].strip() in _URGENT or (len(parts) > 5 and parts[5].strip() in _URGENT):
            return STAT
    quantity = _field(_segment(raw, b"TQ1", separator, 9), 9)
    return STAT if quantity and quantity.split(component, 1)[0].strip() in _URGENT else ROUTINE


def _patient(raw: bytes, header: Header, separator: bytes) -> tuple[bytes, ...]:
    """The first identifier of PID-3 with its assigning authority, or the old PID-2."""
    fields = _segment(raw, b"PID", separator, 3)
    component, repeat = header.encoding[:1] or b"^", header.encoding[1:2] or b"~"
    for number in (3, 2):
        parts = _field(fields, number).split(repeat, 1)[0].split(component, 4)
        if parts[0].strip():
            return b"patient", parts[0].strip(), parts[3].strip() if len(parts) > 3 else b""
    return ()


def _order(raw: bytes, separator: bytes) -> tuple[bytes, ...]:
    """The filler order number wherever the message has it; a document's own number last, a new version changes it."""
    for name, number in ((b"OBR", 3), (b"ORC", 3), (b"TXA", 15), (b"TXA", 12)):
        value = _field(_segment(raw, name, separator, number), number).strip()
        if value:
            return b"order", value
    return ()


def _segment(raw: bytes, name: bytes, separator: bytes, last: int) -> list[bytes]:
    """The first segment of that name within the bounds, cut into fields up to `last`; empty when there is none."""
    start = raw.find(b"\r" + name + separator, 0, SEARCH_BYTES)
    if start < 0:
        start = raw.find(b"\n" + name + separator, 0, SEARCH_BYTES)
        if start < 0:
            return []
    start += 1
    stop = raw.find(b"\r", start, start + _LINE_BYTES)
    line = raw[start : stop if stop >= 0 else start + _LINE_BYTES]
    if b"\n" in line:
        line = line[: line.index(b"\n")]
    return line.split(separator, last + 1)


def _field(fields: list[bytes], number: int) -> bytes:
    """Field `number`, b"" when absent; the two characters of the null value count as absent."""
    value = fields[number] if number < len(fields) else b""
    return b"" if value == b'""' else value
