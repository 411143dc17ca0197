r"""The only writer of outgoing HL7: values are escaped here, and what was built is read back and compared.

A value can't become structure: whatever it holds (a line end and `OBX|`, a separator, a control character, two double
quotes) leaves as escaped text, and a difference between what was asked for and what reads back refuses the message.

Source: HL7 v2 chapter 2, message construction rules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from engine.hl7v2.er7 import Er7Message, Segment, parse
from engine.hl7v2.errors import Er7Error, LocalProtocolError, WriterError
from engine.hl7v2.escapes import Delimiters, escape, needs_escape, special, unescape

_NAME = re.compile(r"[A-Z][A-Z0-9]{2}")
_CONTROL_BUT_TAB = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_NULL = '""'
_SHORT = 256


@dataclass(frozen=True, slots=True)
class Text:
    r"""A value to be escaped; a plain `str` is one with `multiline` off.

    Attributes:
        value: anything.
        multiline: line ends leave as `\.br\` (TX and FT) instead of `\X0D\` and `\X0A\`.
    """

    value: str
    multiline: bool = False


@dataclass(frozen=True, slots=True)
class Raw:
    """ER7 as it is, in the writer's delimiters, for instance a field of an inbound message passed on.

    It may hold the delimiters below its own level, and nothing above: no field separator, no control character.
    """

    value: str


@dataclass(frozen=True, slots=True, init=False)
class Sub:
    """Sub-components of one component."""

    parts: tuple[str | Text | Raw, ...]

    def __init__(self, *parts: str | Text | Raw) -> None:
        object.__setattr__(self, "parts", parts)


@dataclass(frozen=True, slots=True, init=False)
class Comp:
    """Components of one repetition."""

    parts: tuple[str | Text | Raw | Sub, ...]

    def __init__(self, *parts: str | Text | Raw | Sub) -> None:
        object.__setattr__(self, "parts", parts)


@dataclass(frozen=True, slots=True, init=False)
class Rep:
    """Repetitions of one field."""

    parts: tuple[str | Text | Raw | Sub | Comp, ...]

    def __init__(self, *parts: str | Text | Raw | Sub | Comp) -> None:
        object.__setattr__(self, "parts", parts)


FieldValue: TypeAlias = str | Text | Raw | Sub | Comp | Rep

NULL = Raw(_NULL)
"""The delete instruction: two double quotes."""


class MessageWriter:
    """Builds one message, segment by segment, MSH first.

    Args:
        codec: charset of the bytes; MSH-18 is the caller's to set to match.
        delimiters: of the message; all but truncation must be named.
    """

    def __init__(self, *, codec: str = "utf-8", delimiters: Delimiters | None = None) -> None:
        self._codec = codec
        self._delimiters = delimiters or Delimiters.of("|", "^~\\&")
        self._special = special(self._delimiters)
        self._lines: list[str] = []
        self._asked: list[tuple[str, dict[int, FieldValue] | str]] = []
        if len(self._delimiters.encoding) - len(self._delimiters.truncation) != 4:
            raise WriterError("the writer needs all four encoding characters")

    def segment(self, name: str, fields: Mapping[int, FieldValue]) -> None:
        """Add a segment.

        Args:
            name: its id; the first is MSH, whose fields 1 and 2 the writer fills.
            fields: values by field number; fields not named are empty.

        Raises:
            WriterError: a name, a number or a raw value that cannot stand there. Nothing was added.
        """
        first = 3 if name == "MSH" else 1
        self._check_name(name)
        if any(number < first for number in fields):
            raise WriterError(f"{name} has no field to set below {first}", location=name)
        asked = {number: value for number, value in fields.items() if not _is_empty(value)}
        separator = self._delimiters.field
        parts = [name, self._delimiters.encoding] if name == "MSH" else [name]
        try:
            last = max(asked, default=0)
            parts += [self._write(asked[number]) if number in asked else "" for number in range(first, last + 1)]
        except LocalProtocolError as error:
            raise WriterError(str(error), location=name) from None
        self._lines.append(separator.join(parts))
        self._asked.append((name, asked))

    def line(self, raw_er7: str) -> None:
        """Add a foreign segment exactly as it is, in the writer's delimiters; TAB is the only control it may hold.

        Raises:
            WriterError: it is not exactly one segment. Nothing was added.
        """
        if _has_control(raw_er7):
            raise WriterError("a control character in a segment to be passed on", location=_safe_name(raw_er7))
        self._check_name(raw_er7[:3])
        if raw_er7[3:4] not in {"", self._delimiters.field} or raw_er7.startswith("MSH"):
            raise WriterError("not a segment that can be passed on", location=_safe_name(raw_er7))
        self._lines.append(raw_er7)
        self._asked.append((raw_er7[:3], raw_er7))

    def build(self) -> bytes:
        """The message, CR behind every segment, read back and compared before it is returned.

        Raises:
            WriterError: no MSH in front, a character the charset does not have, or the bytes do not read back as
                what was asked for. Nothing may be sent then.
        """
        if not self._lines or not self._lines[0].startswith("MSH"):
            raise WriterError("the first segment is not MSH")
        try:
            raw = "".join(f"{line}\r" for line in self._lines).encode(self._codec)
        except UnicodeEncodeError as error:
            raise WriterError(f"a character at {error.start} is not in {self._codec}") from None
        self._compare(raw)
        return raw

    def _check_name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise WriterError("not a segment name")
        if (name == "MSH") != (not self._lines):
            raise WriterError("MSH is the first segment, and only the first", location=name)

    def _write(self, value: FieldValue) -> str:
        """ER7 of a value; the separators used come from the kind of the node alone."""
        if isinstance(value, str):
            return value if self._is_plain(value) else self._text(value, multiline=False)
        if isinstance(value, Text):
            return self._text(value.value, multiline=value.multiline)
        if isinstance(value, Raw):
            if self._delimiters.field in value.value or _has_control(value.value):
                raise WriterError("a raw value holds a field separator or a control character")
            return value.value
        separator, above = _level(value, self._delimiters)
        parts = [self._write(part) for part in value.parts]
        raws = [part.value for part in value.parts if isinstance(part, Raw)]
        if raws and any(sign in raw for raw in raws for sign in above):
            raise WriterError("a raw value holds a delimiter of the level above it")
        return separator.join(parts)

    def _is_plain(self, text: str) -> bool:
        """A text that stands for itself; long ones are looked through another way."""
        if len(text) > _SHORT:
            return not needs_escape(text, self._delimiters)
        return not text or (text != _NULL and self._special.search(text) is None)

    def _text(self, value: str, *, multiline: bool) -> str:
        if value == _NULL:  # two quotes as a value must not turn into the delete instruction
            mark = self._delimiters.escape
            return f"{mark}X{value.encode(self._codec).hex()}{mark}"
        return escape(value, self._delimiters, codec=self._codec, multiline=multiline)

    def _compare(self, raw: bytes) -> None:
        """Read the bytes as a receiver would, and hold every value against what was asked for."""
        try:
            message = parse(raw, charset=self._codec, fallbacks=())
        except Er7Error:
            raise WriterError("what was built is no message") from None
        if len(message.segments) != len(self._asked) or message.delimiters != self._delimiters:
            raise WriterError("what was built has other segments than were asked for")
        for segment, (name, asked) in zip(message.segments, self._asked, strict=True):
            if segment.name != name:
                raise WriterError("what was built has another segment here", location=segment.location())
            if isinstance(asked, dict):
                self._compare_fields(message, segment, asked)
            elif segment.text != asked:
                raise WriterError("a segment passed on reads back differently", location=segment.location())

    def _compare_fields(self, message: Er7Message, segment: Segment, asked: dict[int, FieldValue]) -> None:
        least = 2 if segment.name == "MSH" else 0
        written = segment.raw_fields()[1:] if least == 0 else segment.raw_fields()[2:]
        if least + len(written) != max(asked, default=least):
            raise WriterError("another number of fields reads back", location=segment.location())
        for number, field in enumerate(written, start=least + 1):
            if (field or number in asked) and not self._same(asked.get(number, ""), field, message):
                raise WriterError("a value reads back differently", location=segment.location(number))

    def _same(self, value: FieldValue, written: str, message: Er7Message) -> bool:
        if isinstance(value, str):
            return (value == written and self._is_plain(written)) or self._same_text(value, written, message)
        if isinstance(value, Raw):
            return written == value.value
        if isinstance(value, Text):
            return self._same_text(value, written, message)
        separator, _ = _level(value, message.delimiters)
        parts = written.split(separator)
        wanted: Sequence[FieldValue] = value.parts or ("",)
        return len(parts) == len(wanted) and all(
            self._same(one, part, message) for one, part in zip(wanted, parts, strict=True)
        )

    @staticmethod
    def _same_text(value: str | Text, written: str, message: Er7Message) -> bool:
        """A leaf holds no delimiter of any level and unescapes to the value."""
        text = value.value if isinstance(value, Text) else value
        if written == text:
            return text != _NULL and not needs_escape(text, message.delimiters)
        delimiters = message.delimiters
        signs = (delimiters.field, delimiters.component, delimiters.repetition, delimiters.subcomponent)
        if any(sign in written for sign in signs) or _CONTROL_BUT_TAB.search(written) or "\t" in written:
            return False
        multiline = isinstance(value, Text) and value.multiline
        plain = unescape(written, delimiters, codec=message.codec, newlines=False)
        wanted = re.sub(r"\r\n?", "\n", text) if multiline else text
        return plain.text == wanted and not plain.unknown


def _level(value: Sub | Comp | Rep, delimiters: Delimiters) -> tuple[str, str]:
    """The separator of a node, and what must not stand raw in its parts."""
    if isinstance(value, Sub):
        return delimiters.subcomponent, delimiters.subcomponent + delimiters.component + delimiters.repetition
    if isinstance(value, Comp):
        return delimiters.component, delimiters.component + delimiters.repetition
    return delimiters.repetition, delimiters.repetition


def _has_control(text: str) -> bool:
    """A control character other than TAB; the first look settles it for most, and is much faster on megabytes."""
    return not text.isprintable() and _CONTROL_BUT_TAB.search(text) is not None


def _is_empty(value: FieldValue) -> bool:
    if isinstance(value, str):
        return not value
    if isinstance(value, (Text, Raw)):
        return not value.value
    return not value.parts


def _safe_name(line: str) -> str:
    return line[:3] if _NAME.fullmatch(line[:3]) else ""
