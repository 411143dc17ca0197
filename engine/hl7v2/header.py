"""The header peek: what can be known of a frame without parsing or trusting it, and the byte counts before the ACK.

Source: HL7 v2 chapter 2, MSH; the tolerance (byte order mark, leading blanks, LF ends, short MSH-2) is what real
senders need, see tests/unit/hl7v2/test_hl7v2_header.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BOM = b"\xef\xbb\xbf"
# A separator is one byte of ASCII punctuation: the standard wants 7-bit delimiters, and letters or blanks would make
# every line of prose a header.
_SEGMENT = re.compile(rb"(MSH|FHS|BHS)([!-/:-@\[-`{-~])(?=[^\r\n])([^\r\n]*)")
_LEAD = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n\t ]*")
_MSA_BEHIND = re.compile(rb"(?:[\r\n]+(?:SFT|UAC|Z[A-Z0-9]{2})[^\r\n]*){0,16}[\r\n]+MSA[!-/:-@\[-`{-~]")
_LATER_MSH = re.compile(rb"[\r\n]MSH[!-/:-@\[-`{-~]")
# Left in: TAB, LF, CR, FF, ESC (ISO 2022), FS alone (data in MLLP) and GS RS US (bar codes). The rest belongs to
# transports, or is UTF-16, or says the frame is not one message.
_FOREIGN_CONTROLS = bytes([*range(9), 0x0B, *range(0x0E, 0x1B)])
_LARGE = 1 << 16
_FEW = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The first segment of a frame, as raw bytes.

    Attributes:
        name: `MSH`, `FHS` or `BHS`; empty when the frame starts with neither.
        fields: raw fields; `fields[0]` is MSH-1 (the separator itself), `fields[1]` MSH-2.
        offset: where the segment starts in the frame, after a byte order mark and blanks.
        has_msa: an MSA stands behind MSH (SFT, UAC and Z segments may be between).
    """

    name: str = ""
    fields: tuple[bytes, ...] = ()
    offset: int = 0
    has_msa: bool = False

    def field(self, number: int) -> bytes:
        """MSH-`number` as sent, b"" when absent."""
        fields = self.fields
        return fields[number - 1] if 0 < number <= len(fields) else b""

    def component(self, field: int, number: int) -> bytes:
        """One component of the first repetition of a field, as sent, b"" when absent."""
        mark, repeat = self.encoding[:1] or b"^", self.encoding[1:2]
        raw = self.field(field)
        if repeat and repeat != mark:
            raw = raw.split(repeat, 1)[0]
        parts = raw.split(mark)
        return parts[number - 1] if number <= len(parts) else b""

    @property
    def has_msh(self) -> bool:
        """The frame starts with MSH, a separator, and something behind it."""
        return self.name == "MSH"

    @property
    def is_batch(self) -> bool:
        """The frame starts with FHS or BHS."""
        return self.name in {"FHS", "BHS"}

    @property
    def field_separator(self) -> bytes:
        """MSH-1; `|` when there is no header."""
        return self.field(1) or b"|"

    @property
    def encoding(self) -> bytes:
        r"""MSH-2 as sent, perhaps short or empty; `^~\&` when there is no header."""
        return self.field(2) if self.fields else b"^~\\&"

    @property
    def sending_application(self) -> bytes:
        """MSH-3."""
        return self.field(3)

    @property
    def sending_facility(self) -> bytes:
        """MSH-4."""
        return self.field(4)

    @property
    def receiving_application(self) -> bytes:
        """MSH-5."""
        return self.field(5)

    @property
    def receiving_facility(self) -> bytes:
        """MSH-6."""
        return self.field(6)

    @property
    def timestamp(self) -> bytes:
        """MSH-7."""
        return self.field(7)

    @property
    def security(self) -> bytes:
        """MSH-8."""
        return self.field(8)

    @property
    def message_type(self) -> bytes:
        """MSH-9, whole; empty for a batch."""
        return b"" if self.is_batch else self.field(9)

    @property
    def control_id(self) -> bytes:
        """MSH-10, byte for byte as sent (BHS-11 or FHS-11 for a batch)."""
        return self.field(10 if self.name == "MSH" else 11)

    @property
    def processing_id(self) -> bytes:
        """MSH-11, first component; empty for a batch."""
        return b"" if self.is_batch else self.component(11, 1)

    @property
    def version(self) -> bytes:
        """MSH-12, first component; empty for a batch."""
        return b"" if self.is_batch else self.component(12, 1)

    @property
    def accept_ack(self) -> bytes:
        """MSH-15."""
        return self.field(15)

    @property
    def application_ack(self) -> bytes:
        """MSH-16."""
        return self.field(16)

    @property
    def charset(self) -> bytes:
        """MSH-18 as sent, repetitions and all."""
        return self.field(18)

    @property
    def message_code(self) -> str:
        """MSH-9.1 (table 0076), blanks trimmed."""
        return _word(self.component(9, 1)) if self.has_msh else ""

    @property
    def trigger_event(self) -> str:
        """MSH-9.2 (table 0003), blanks trimmed."""
        return _word(self.component(9, 2)) if self.has_msh else ""

    @property
    def type_event(self) -> str:
        """`ORU^R01`, or the code alone when no event is given."""
        event = self.trigger_event
        return f"{self.message_code}^{event}" if event else self.message_code

    @property
    def is_ack(self) -> bool:
        """An acknowledgement, which is correlated and never answered."""
        return self.has_msa or self.message_code == "ACK"


def _word(raw: bytes) -> str:
    return raw.strip().decode("ascii", "backslashreplace")


def peek(raw: bytes) -> Header:
    """Read the first segment; never raises, and never looks further than that segment and the start of the next.

    Args:
        raw: the data of a frame.

    Returns:
        A header; `has_msh` and `is_batch` both false means there is nothing to answer from.
    """
    found = _SEGMENT.match(raw)
    if found is None:
        lead = _LEAD.match(raw)
        found = _SEGMENT.match(raw, lead.end()) if lead else None
        if found is None:
            return Header()
    name, separator, rest = found.groups()
    behind = _MSA_BEHIND.match(raw, found.end()) is not None
    fields = (separator, *rest.split(separator))
    return Header(name=name.decode("ascii"), fields=fields, offset=found.start(), has_msa=behind)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most a frame may hold of each; counted in bytes, before anything is parsed."""

    segments: int = 50_000
    fields: int = 1_000
    repetitions: int = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureFault:
    """Why a frame is refused before it is stored.

    Attributes:
        error_code: table 0357, `100` (not one message) or `104` (past a limit).
        segment: name of the segment at fault; empty when it is the whole frame.
        text: what is wrong, without content.
    """

    error_code: str
    segment: str = ""
    text: str


def check_structure(raw: bytes, header: Header, limits: Limits) -> StructureFault | None:
    """Count, before the ACK, what could make a frame unfit to be stored as one message; never raises.

    Args:
        raw: the data of the frame.
        header: what `peek` said of it.
        limits: the most of everything.

    Returns:
        The first fault, or None.
    """
    if not header.name:
        return StructureFault(error_code="100", segment="MSH", text="the frame does not start with MSH")
    if _has_foreign_controls(raw):
        return StructureFault(error_code="100", text="control characters that no message may hold")
    if len(raw) >= limits.segments and _ends(raw) >= limits.segments and _segments(raw) > limits.segments:
        return StructureFault(error_code="104", text=f"more than {limits.segments} segments")
    if header.has_msh and _has_later_msh(raw, header.offset + 3):
        return StructureFault(error_code="100", segment="MSH", text="a second MSH in the frame")
    if len(raw) < min(limits.fields, limits.repetitions):
        return None
    if _count(raw, header.field_separator) > limits.fields or _repetitions(raw, header) >= limits.repetitions:
        return _count_within(raw, header, limits)
    return None


def _has_foreign_controls(raw: bytes) -> bool:
    """One pass with a copy for a small frame; many passes without one are faster for a large one."""
    if len(raw) <= _LARGE:
        return len(raw.translate(None, _FOREIGN_CONTROLS)) != len(raw)
    return any(control in raw for control in _FOREIGN_CONTROLS)


def _has_later_msh(raw: bytes, start: int) -> bool:
    """A line that begins with MSH and a separator.

    In megabytes of base64 with few lines, line ends are looked for one byte at a time, which is many times faster than
    a longer pattern; a message of many lines is searched for the pattern.
    """
    for end in (b"\r", b"\n"):
        if _count(raw, end) <= _FEW:
            if _has_line_of_msh(raw, start, end):
                return True
        elif raw.find(end + b"MSH", start) >= 0 and _LATER_MSH.search(raw, start):
            return True
    return False


def _has_line_of_msh(raw: bytes, start: int, end: bytes) -> bool:
    at = raw.find(end, start)
    while at >= 0:
        if raw.startswith(b"MSH", at + 1) and _LATER_MSH.match(raw, at):
            return True
        at = raw.find(end, at + 1)
    return False


def _ends(raw: bytes) -> int:
    return _count(raw, b"\r") + _count(raw, b"\n")


def _segments(raw: bytes) -> int:
    """Lines that are not empty."""
    return sum(1 for line in raw.splitlines() if line)


def _repetitions(raw: bytes, header: Header) -> int:
    separator = header.encoding[1:2]
    return _count(raw, separator) if separator else 0


def _count(raw: bytes, mark: bytes) -> int:
    """How often one byte occurs. Few occurrences in a large frame are found many times faster than they are counted."""
    if len(raw) <= _LARGE:
        return raw.count(mark)
    seen, at = 0, raw.find(mark)
    while at >= 0:
        seen += 1
        if seen > _FEW:
            return raw.count(mark)
        at = raw.find(mark, at + 1)
    return seen


def _count_within(raw: bytes, header: Header, limits: Limits) -> StructureFault | None:
    """The slow way, segment by segment, taken only when the whole frame holds more than one segment may."""
    separator, repeat = header.field_separator, header.encoding[1:2]
    for line in raw.splitlines():
        if line.count(separator) > limits.fields:
            return _too_many(line, f"more than {limits.fields} fields in a segment")
        if not repeat or line.count(repeat) < limits.repetitions:
            continue
        if any(field.count(repeat) >= limits.repetitions for field in line.split(separator)):
            return _too_many(line, f"more than {limits.repetitions} repetitions in a field")
    return None


def _too_many(line: bytes, text: str) -> StructureFault:
    name = line[:3].decode("ascii", "replace")
    return StructureFault(error_code="104", segment=name if name.isascii() and name.isalnum() else "", text=text)
