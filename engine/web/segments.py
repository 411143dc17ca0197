"""A message as a person reads it: one segment a line, fields with their positions, long data cut."""

from __future__ import annotations

from dataclasses import dataclass

from engine.hl7v2.er7 import Er7Message
from engine.hl7v2.errors import Er7Error
from engine.ports.content import Content

SEGMENTS_MAX = 400
FIELD_MAX = 160
TEXT_MAX = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLine:
    """One field: its place (`OBX-5`), what is shown, and how many characters were cut."""

    place: str
    text: str
    cut: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentLine:
    """One segment: name and fields."""

    name: str
    fields: tuple[FieldLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A message cut into segments, or its beginning as text where it is none.

    Attributes:
        separator: MSH-1, shown between fields.
        more: segments beyond those shown.
        plain: for content without an MSH.
    """

    segments: tuple[SegmentLine, ...] = ()
    separator: str = "|"
    codec: str = ""
    more: int = 0
    plain: str = ""


def read(content: Content) -> Reading:
    """Cut a message for display; what is no message is shown as its first characters."""
    try:
        message = content.message
    except Er7Error:
        plain = content.raw[:TEXT_MAX].decode("utf-8", "replace")
        return Reading(plain="" if _is_binary(content.raw) else plain)
    shown = message.segments[:SEGMENTS_MAX]
    return Reading(
        segments=tuple(_line(message, segment.name, segment.text) for segment in shown),
        separator=message.delimiters.field,
        codec=message.codec,
        more=len(message.segments) - len(shown),
    )


def _is_binary(raw: bytes) -> bool:
    return b"\x00" in raw[:TEXT_MAX] or raw.startswith(b"%PDF")


def _line(message: Er7Message, name: str, text: str) -> SegmentLine:
    separator = message.delimiters.field
    parts = text.split(separator) if separator else [text]
    first = 2 if name == "MSH" else 1
    fields = (_field(f"{name}-{number}", part) for number, part in enumerate(parts[1:], first))
    return SegmentLine(name=parts[0][:3] if parts else name, fields=tuple(fields))


def _field(place: str, text: str) -> FieldLine:
    cut = len(text) - FIELD_MAX
    return FieldLine(place=place, text=text) if cut <= 0 else FieldLine(place=place, text=text[:FIELD_MAX], cut=cut)
