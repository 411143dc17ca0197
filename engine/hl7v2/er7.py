"""The ER7 core: a message as raw bytes, one decoded text and spans into it; fields are cut on demand.

Source: HL7 v2 chapter 2, message construction rules; how lines are told apart, see `lines`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from engine.hl7v2.charset import decode
from engine.hl7v2.errors import Er7Error
from engine.hl7v2.escapes import Delimiters, unescape
from engine.hl7v2.header import Header, peek
from engine.hl7v2.lines import spans

if TYPE_CHECKING:
    import hl7

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_LINE = re.compile(r"[^\r\n]*")
_SHORT = 4096
_NULL = '""'


class Segment:
    """One segment: a span of the message's text, split only when asked.

    Attributes:
        name: its three characters.
        index: absolute position in the message, from 0.
        occurrence: n-th of its name, from 1.
    """

    __slots__ = ("_bounds", "_fields", "_message", "_shift", "_start", "_stop", "index", "name", "occurrence")

    def __init__(self, message: Er7Message, name: str, start: int, stop: int, *, index: int, occurrence: int) -> None:
        self._message = message
        self._start = start
        self._stop = stop
        self._fields: list[str] | None = None
        self._bounds: list[int] | None = None
        self._shift = 1 if name == "MSH" else 0  # MSH-1 is the separator itself
        self.name = name
        self.index = index
        self.occurrence = occurrence

    def __repr__(self) -> str:
        return f"<Segment {self.location()}>"

    def location(self, field: int = 0) -> str:
        """The name of a place, `OBX[3]` or `OBX[3]-5`: n-th OBX of the message, field 5."""
        return f"{self.name}[{self.occurrence}]" + (f"-{field}" if field else "")

    @property
    def text(self) -> str:
        r"""The line as sent, always one line.

        A control character inside it (a stray line end, a vertical tab) is written as `\X..\`, TAB stays; a name in
        lower case is written in upper case.
        """
        line = self._message.text[self._start : self._stop]
        if not line.startswith(self.name):
            line = self.name + line[3:]
        if line.isprintable():
            return line
        mark = self._message.delimiters.escape
        return _CONTROL.sub(lambda found: f"{mark}X{ord(found[0]):02X}{mark}" if mark else " ", line)

    def line(self, delimiters: Delimiters) -> str:
        r"""`text` in other delimiters: each one changed for its counterpart, every character it stands for kept.

        `\T\` names the sender's own sub-component separator, so the character is put there, escaped anew where it is
        one of ours. What `MessageWriter.line` takes when the sender's delimiters are not the writer's. Not for MSH.
        """
        own = self._message.delimiters
        if own is delimiters or own == delimiters:
            return self.text
        before, after = (own.field, *own.named()), (delimiters.field, *delimiters.named())
        mark = delimiters.escape
        escaped = {ord(sign): f"{mark}{letter}{mark}" for letter, sign in zip("FSRETP", after, strict=True) if sign}
        table = escaped | {ord(old): new or old for old, new in zip(before, after, strict=True) if old}
        if not own.escape:
            return self.text.translate(table)
        meant = own.letters()
        named = re.compile(rf"({re.escape(own.escape)}[FSTREP]{re.escape(own.escape)})")
        return "".join(
            meant[part[1]].translate(escaped) if number % 2 else part.translate(table)
            for number, part in enumerate(named.split(self.text))
        )

    @property
    def field_count(self) -> int:
        """Number of the last field sent, MSH-1 counted as a field."""
        last = len(self._short()) - 1 if self._is_short else len(self._cuts()) - 2
        return last + 1 if self.name == "MSH" else last

    def raw_fields(self) -> list[str]:
        """Everything between the separators, the name first; of MSH the second is MSH-2, since MSH-1 separates them."""
        return self._message.text[self._start : self._stop].split(self._message.delimiters.field)

    @property
    def _is_short(self) -> bool:
        """Short segments are split once; long ones (embedded documents) are never copied, only measured."""
        return self._stop - self._start <= _SHORT

    def _short(self) -> list[str]:
        if self._fields is None:
            self._fields = self.raw_fields()
        return self._fields

    def _cuts(self) -> list[int]:
        """Offsets of the separators, with the end of the segment as the last."""
        if self._bounds is None:
            find, separator = self._message.text.find, self._message.delimiters.field
            bounds = [self._start - 1]
            at = find(separator, self._start, self._stop)
            while at >= 0:
                bounds.append(at)
                at = find(separator, at + 1, self._stop)
            bounds.append(self._stop)
            self._bounds = bounds
        return self._bounds

    def _span(self, field: int) -> tuple[str, int, int]:
        """A field as a text and a span in it."""
        if self._is_short:
            text = self.raw_field(field)
            return text, 0, len(text)
        place = field - 1 if self.name == "MSH" else field
        cuts = self._cuts()
        if place < 1 or place > len(cuts) - 2:
            return "", 0, 0
        return self._message.text, cuts[place] + 1, cuts[place + 1]

    def raw_field(self, field: int) -> str:
        """The text between two separators, escapes and all; "" when absent. MSH-1 is field 1."""
        place = field
        if self.name == "MSH":
            if field == 1:
                return self._message.delimiters.field
            place = field - 1
        if self._stop - self._start <= _SHORT:
            fields = self._fields or self._short()
            return fields[place] if 0 < place < len(fields) else ""
        text, start, stop = self._span(field)
        return text[start:stop]

    def plain(self, field: int) -> str | None:
        """The field where it is one value as it stands, as most are; None where there is anything to resolve in it."""
        fields = self._fields  # asked a hundred times a message, so nothing is called that need not be
        if fields is None:
            if self._stop - self._start > _SHORT:
                return None
            fields = self._short()
        place = field - self._shift
        if place >= len(fields):
            return ""
        raw = fields[place] if place > 0 else self.raw_field(field)
        return None if raw and self._message.marks.search(raw) else raw

    def caret(self, field: int) -> str | None:
        """The field where `^` is all there is to resolve in it; None where a reader has to look closer."""
        message = self._message
        if message.delimiters.component != "^" or self._stop - self._start > _SHORT:
            return None
        raw = self.raw_field(field)
        return None if message.marks_below.search(raw) or self._is_encoding(field) else raw

    def has(self, field: int) -> bool:
        """Something was sent there (the delete instruction counts)."""
        return self.raw_field(field) != ""

    def is_null(self, field: int) -> bool:
        """Exactly two double quotes were sent: delete the value."""
        return self.raw_field(field) == _NULL

    def repetitions(self, field: int) -> tuple[str, ...]:
        """The repetitions as sent; () when the field is absent. MSH-2 never repeats."""
        raw = self.raw_field(field)
        if not raw:
            return ()
        separator = self._message.delimiters.repetition
        if not separator or separator not in raw or self._is_encoding(field):
            return (raw,)
        return tuple(raw.split(separator))

    def texts(self, field: int) -> tuple[str, ...]:
        """The repetitions, unescaped and not split into components: what ST, TX and FT hold."""
        plain = self.plain(field)
        if plain is not None:
            return (plain,) if plain else ()
        repeats = self.repetitions(field)
        if self._is_encoding(field):
            return repeats
        return tuple("" if raw == _NULL else self._plain(raw) for raw in repeats)

    def value(self, field: int, component: int = 1, sub: int = 1, repetition: int = 1) -> str:
        """One unescaped value; "" when absent or null. All numbers count from 1."""
        plain = self.plain(field)
        if plain is not None:
            return plain if component == sub == repetition == 1 else ""
        if self._is_encoding(field):
            return self.raw_field(field)
        text, start, stop = self._span(field)
        delimiters = self._message.delimiters
        for separator, number in (
            (delimiters.repetition, repetition),
            (delimiters.component, component),
            (delimiters.subcomponent, sub),
        ):
            start, stop = _part(text, start, stop, separator, number)
        raw = text[start:stop]
        return "" if raw == _NULL else self._plain(raw)

    def components(self, field: int, repetition: int = 1) -> tuple[str, ...]:
        """Every component of one repetition, unescaped; sub-components stay together, joined by `&`."""
        repeats = self.repetitions(field)
        if not 0 < repetition <= len(repeats):
            return ()
        raw, delimiters = repeats[repetition - 1], self._message.delimiters
        if self._is_encoding(field):
            return (raw,)
        parts = raw.split(delimiters.component) if delimiters.component else [raw]
        if len(raw) <= _SHORT and not self._message.marks_below.search(raw):
            return tuple(parts)
        return tuple(self._joined(part, delimiters.subcomponent) for part in parts)

    def _is_encoding(self, field: int) -> bool:
        """MSH-1 and 2 are the delimiters themselves."""
        return field < 3 and self.name == "MSH"

    def _joined(self, part: str, separator: str) -> str:
        if part == _NULL:
            return ""
        if not separator or separator not in part:
            return self._plain(part)
        return "&".join(self._plain(sub) for sub in part.split(separator))

    def _plain(self, raw: str) -> str:
        message = self._message
        mark = message.delimiters.escape
        if "\r" not in raw and (not mark or mark not in raw):
            return raw
        return unescape(raw, message.delimiters, codec=message.codec).text


class Er7Message:
    """A parsed message; the raw bytes stay as received.

    Attributes:
        raw: the bytes of the frame.
        header: what `peek` says of them.
        text: the decoded message, from MSH on.
        delimiters: the message's own.
        marks: finds what makes a field more than one plain value; `marks_below`, what makes a component more.
        codec: Python codec the text was decoded with.
        charset_guessed: the sender did not say, or what it said does not fit.
        notes: what was forgiven, as `kind` or `kind place`.
        segments: in order of the message.
    """

    def __init__(self, raw: bytes, header: Header, charset: str, fallbacks: Sequence[str]) -> None:
        declared = header.charset if header.encoding[1:2] in {b"", b"~"} else header.component(18, 1)
        decoded = decode(
            raw[header.offset :], declared, override=None if charset == "auto" else charset, fallbacks=fallbacks
        )
        self.raw = raw
        self.header = header
        self.text = decoded.text
        self.codec = decoded.codec
        self.charset_guessed = decoded.guessed
        separator = decoded.text[3]
        line = _LINE.match(decoded.text, 4)
        self.delimiters = Delimiters.of(separator, line[0].split(separator, 1)[0] if line else "")
        self.marks, self.marks_below = _marks(self.delimiters)
        self._by_name: dict[str, list[Segment]] = {}
        joined: list[str] = []
        self.segments: tuple[Segment, ...] = tuple(self._cut(joined))
        self.notes: tuple[str, ...] = (*decoded.notes, *joined)

    def __repr__(self) -> str:
        return f"<Er7Message {self.header.type_event} {len(self.segments)} segments, {len(self.raw)} bytes>"

    def first(self, name: str) -> Segment | None:
        """The first segment of that name."""
        found = self._by_name.get(name)
        return found[0] if found else None

    def all(self, name: str) -> tuple[Segment, ...]:
        """Every segment of that name, in order."""
        return tuple(self._by_name.get(name, ()))

    @cached_property
    def parsed(self) -> hl7.Message:
        """The same message as python-hl7 sees it, made on first use.

        Raises:
            Er7Error: python-hl7 cannot read it.
        """
        import hl7  # noqa: PLC0415 - costs 50 ms and most messages never need it

        try:
            return hl7.parse("".join(f"{segment.text}\r" for segment in self.segments))
        except (hl7.HL7Exception, ValueError, IndexError) as error:
            raise Er7Error(f"python-hl7 cannot read this message ({type(error).__name__})") from None

    def _cut(self, joined: list[str]) -> list[Segment]:
        segments: list[Segment] = []
        for start, stop, holds_line_end in spans(self.text, self.delimiters.field):
            name = self.text[start : start + 3].upper()
            same = self._by_name.setdefault(name, [])
            segment = Segment(self, name, start, stop, index=len(segments), occurrence=len(same) + 1)
            same.append(segment)
            segments.append(segment)
            if holds_line_end:
                joined.append(f"line.joined {segment.location()}")
        return segments


def _part(text: str, start: int, stop: int, separator: str, number: int) -> tuple[int, int]:
    """The n-th part of a span, without copying it."""
    if not separator:
        return (start, stop) if number == 1 else (0, 0)
    for _ in range(number - 1):
        at = text.find(separator, start, stop)
        if at < 0:
            return 0, 0
        start = at + 1
    at = text.find(separator, start, stop)
    return start, stop if at < 0 else at


@lru_cache(maxsize=64)  # each sender has its own delimiters
def _marks(delimiters: Delimiters) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A delimiter, an escape, a line end, or the quotes of the delete instruction; without and with components."""
    below = re.escape(delimiters.repetition + delimiters.escape + delimiters.subcomponent) + '\r"'
    return re.compile(f"[{below}{re.escape(delimiters.component)}]"), re.compile(f"[{below}]")


def parse(raw: bytes, *, charset: str = "auto", fallbacks: Sequence[str] = ("utf-8", "windows-1252")) -> Er7Message:
    """Read a message: segment spans now, fields when asked.

    Args:
        raw: the data of a frame; a byte order mark and blanks before MSH are passed over.
        charset: a Python codec to use whatever the message says, or `auto`.
        fallbacks: codecs to try when MSH-18 is empty, unknown or wrong.

    Returns:
        The message; unknown segments, missing ends and stray lines are no errors.

    Raises:
        Er7Error: there is no MSH (a batch has none either: split it first). The peer got AR 100 for such a frame.
    """
    header = peek(raw)
    if not header.has_msh:
        raise Er7Error("the message does not start with MSH", ack_code="AR", location="MSH")
    return Er7Message(raw, header, charset, fallbacks)
