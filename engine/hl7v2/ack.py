"""Acknowledgements: built from the raw header alone, and read with tolerance.

Source: HL7 v2 chapter 2, message acknowledgement, MSH-15/16, MSA, ERR (ERL from 2.5, ELD before).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from engine.hl7v2.er7 import Segment, parse
from engine.hl7v2.errors import Er7Error
from engine.hl7v2.escapes import Delimiters, escape
from engine.hl7v2.header import Header, peek
from engine.hl7v2.tables import MESSAGE_ERRORS

_CONTROLS = bytes([*range(0x20), 0x7F])
_WORDS = frozenset({b"AL", b"NE", b"ER", b"SU"})
_VERSION = re.compile(rb" *(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?")
_FIRST_MSA = re.compile(rb"(?:\A|[\r\n\x0b])[ \t]*(MSA)([!-/:-@\[-`{-~])([^\r\n]*)")


class AckCode(StrEnum):
    """MSA-1, table 0008."""

    AA = "AA"
    AE = "AE"
    AR = "AR"
    CA = "CA"
    CE = "CE"
    CR = "CR"

    @property
    def is_positive(self) -> bool:
        """AA or CA."""
        return self in {AckCode.AA, AckCode.CA}


class Mode(StrEnum):
    """Original or enhanced acknowledgement rules."""

    ORIGINAL = "original"
    ENHANCED = "enhanced"


@dataclass(frozen=True, slots=True, kw_only=True)
class AckError:
    """One ERR.

    Attributes:
        code: table 0357.
        severity: table 0516, `E` `W` `I`.
        segment: name of the segment at fault; empty for none.
        occurrence: n-th segment of that name in the message, from 1; 0 for not known.
        field, component: their numbers; 0 for none.
        application_code: the engine's own word for it, ERR-5.
        text: for the user, ERR-8.
        diagnostic: for whoever repairs it, ERR-7.
    """

    code: str
    severity: str = "E"
    segment: str = ""
    occurrence: int = 0
    field: int = 0
    component: int = 0
    application_code: str = ""
    text: str = ""
    diagnostic: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """What a peer answered.

    Attributes:
        code: MSA-1 in upper case; `control_id` MSA-2, byte for byte; `text` MSA-3.
        errors: of ERR, whichever form.
        message_type: MSH-9.1 and .2 of the answer; it need not be an ACK.
        notes: what was forgiven (`ack.code_case`, `ack.no_msh`).
    """

    code: AckCode
    control_id: bytes
    errors: tuple[AckError, ...] = ()
    text: str = ""
    message_type: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def accepted(self) -> bool:
        """AA or CA."""
        return self.code.is_positive


def mode_of(header: Header) -> tuple[Mode, str | None]:
    """Which rules the sender asks for: enhanced when MSH-15 or MSH-16 holds a value of table 0155.

    Returns:
        The mode, and a warning slug when a field holds a word the table does not know.
    """
    values = {header.accept_ack.strip().upper(), header.application_ack.strip().upper()} - {b"", b'""'}
    warning = "ack.unknown_condition" if values - _WORDS else None
    return (Mode.ENHANCED if values & _WORDS else Mode.ORIGINAL), warning


def wants(header: Header, mode: Mode, code: AckCode) -> bool:
    """Whether the sender gets this accept acknowledgement; in original mode always."""
    return mode is Mode.ORIGINAL or _asked_for(header.accept_ack, code)


def wants_application(header: Header, mode: Mode, code: AckCode) -> bool:
    """Whether, in enhanced mode, the sender later gets this application acknowledgement (MSH-16)."""
    return mode is Mode.ENHANCED and _asked_for(header.application_ack, code)


def _asked_for(condition: bytes, code: AckCode) -> bool:
    word = condition.strip().upper()
    return word in {b"AL", b"SU" if code.is_positive else b"ER"}


def _speaks(header: Header) -> Delimiters:
    """The sender's delimiters, the standard ones where it has none that work."""
    separator = header.field_separator.decode("ascii", "replace")
    if header.encoding == b"^~\\&" and separator not in "^~\\&":
        return Delimiters(field=separator)
    named = Delimiters.of(separator, header.encoding.decode("ascii", "replace"))
    if named.component and named.repetition and named.escape and named.subcomponent:
        return named
    spare = (sign for sign in "^~\\&!@#$%*+" if sign != separator)
    component, repetition, mark, subcomponent = (next(spare) for _ in range(4))
    return Delimiters(
        field=separator, component=component, repetition=repetition, escape=mark, subcomponent=subcomponent
    )


def _level(version: bytes) -> tuple[int, int, int]:
    """MSH-12 as numbers; an unreadable version counts as 2.5.1."""
    found = _VERSION.match(version)
    return (int(found[1]), int(found[2]), int(found[3] or 0)) if found else (2, 5, 1)


def _timestamp(now: datetime) -> str:
    offset = now.utcoffset()
    stamp = f"{now.year:04}{now.month:02}{now.day:02}{now.hour:02}{now.minute:02}{now.second:02}"
    if offset is None:
        return stamp
    minutes = int(offset.total_seconds()) // 60
    return f"{stamp}{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"


def _own(text: str, delimiters: Delimiters) -> bytes:
    """Our own words as ASCII: the answer's charset is the sender's, and may be anything."""
    if text.isascii() and text.isalnum():
        return text.encode("ascii")
    return escape(text.encode("ascii", "replace").decode("ascii"), delimiters, codec="ascii").encode("ascii")


def _type_of_answer(header: Header, level: tuple[int, int, int], component: bytes) -> bytes:
    """MSH-9: the event came with 2.2, the structure with 2.3.1."""
    event = header.component(9, 2) if header.has_msh else b""
    if not event or level < (2, 2, 0):
        return b"ACK"
    return b"ACK" + component + event + (b"" if level < (2, 3, 1) else component + b"ACK")


def _sides(header: Header, delimiters: Delimiters, sender: tuple[bytes, bytes] | None = None) -> list[bytes]:
    """Fields 2 to 6 of MSH (and BHS), with the two sides changed over."""
    app, facility = sender or (header.field(5), header.field(6))
    return [delimiters.encoding.encode("ascii"), app, facility, header.field(3), header.field(4)]


def _line(name: bytes, separator: bytes, fields: list[bytes]) -> bytes:
    """One segment of copied fields, without control characters: a copy must not end a segment or a block."""
    return separator.join([name, *fields]).translate(None, _CONTROLS)


class AckForm:
    """What the answers to all headers have in common that differ in MSH-7 and MSH-10 only.

    Args:
        header: one of these headers.
        sender: MSH-3 and MSH-4 of the answers; the inbound 5 and 6 when None.
        is_late: the answers are messages of their own, application acknowledgements that ask for none themselves.
    """

    __slots__ = ("_after", "_before", "_between", "_delimiters", "_is_old", "_msa", "_separator", "_stamp", "_stamped")

    def __init__(self, header: Header, sender: tuple[bytes, bytes] | None = None, *, is_late: bool = False) -> None:
        self._delimiters = delimiters = _speaks(header)
        self._separator = separator = delimiters.field.encode("ascii")
        level = _level(header.version)
        self._is_old = level < (2, 5, 0)
        kind = _type_of_answer(header, level, delimiters.component.encode("ascii"))
        tail = [b"P", b"2.5.1"]
        if header.has_msh:
            tail = [header.field(11) or b"P", header.field(12) or b"2.5.1"]
            conditions = (b"NE", b"NE") if is_late else (b"", b"")
            if is_late or header.charset:
                tail += [b"", b"", *conditions, *((b"", header.charset) if header.charset else ())]
        self._before = _line(b"MSH", separator, [*_sides(header, delimiters, sender), b""])
        self._between = _line(b"", separator, [b"", kind, b""])
        self._after = _line(b"", separator, tail)
        self._msa = separator.join((b"\rMSA", b""))
        self._stamped = ""
        self._stamp = b""

    def fill(
        self,
        echo: bytes,
        code: AckCode,
        *,
        control_id: str,
        now: datetime,
        errors: Sequence[AckError] = (),
        text: str = "",
    ) -> bytes:
        """The answer to one of these headers; `echo` is its MSH-10, the rest as for `build_ack`."""
        second = now.isoformat(timespec="seconds")
        if second != self._stamped:
            self._stamped, self._stamp = second, _timestamp(now).encode("ascii")
        own = _own(control_id, self._delimiters).translate(None, _CONTROLS)
        separator = self._separator
        head = b"".join((self._before, self._stamp, self._between, own, self._after, self._msa, code.encode("ascii")))
        words = text or (errors[0].text or MESSAGE_ERRORS.get(errors[0].code, "") if errors else "")
        answer = head + separator + echo
        if self._is_old and words:
            answer += separator + _own(words, self._delimiters)
        elif echo.endswith(b"\x1c"):
            answer += separator  # FS then CR would end the block inside the answer
        return answer + (self._errors(errors) if errors else b"") + b"\r"

    def _errors(self, errors: Sequence[AckError]) -> bytes:
        delimiters = self._delimiters
        if not self._is_old:
            return b"".join(b"\r" + _erl(error, delimiters) for error in errors)
        repetition = delimiters.repetition.encode("ascii")
        return b"\rERR" + self._separator + repetition.join(_eld(error, delimiters) for error in errors)


def _erl(error: AckError, delimiters: Delimiters) -> bytes:
    """ERR of 2.5 and later."""
    separator = delimiters.field.encode("ascii")
    join = delimiters.component.encode("ascii").join
    place = [error.segment, str(error.occurrence or 1)] if error.segment else []
    if place and error.field:
        place.append(str(error.field))
        if error.component:
            place += ["1", str(error.component)]
    code = (error.code, MESSAGE_ERRORS.get(error.code, ""), "HL70357")
    words = (error.severity, error.application_code, "", error.diagnostic, error.text)
    own = [_own(word, delimiters) for word in words]
    fields = [b"", join(_own(part, delimiters) for part in place), join(_own(part, delimiters) for part in code), *own]
    return separator.join([b"ERR", *fields]).rstrip(separator)


def _eld(error: AckError, delimiters: Delimiters) -> bytes:
    """One repetition of ERR-1 as it was before 2.5."""
    text = error.text or MESSAGE_ERRORS.get(error.code, "")
    code = (error.code, f"{error.application_code}: {text}" if error.application_code else text, "HL70357")
    parts = (
        _own(error.segment, delimiters),
        _own(str(error.occurrence or 1) if error.segment else "", delimiters),
        _own(str(error.field) if error.field else "", delimiters),
        delimiters.subcomponent.encode("ascii").join(_own(part, delimiters) for part in code),
    )
    return delimiters.component.encode("ascii").join(parts)


def build_ack(
    header: Header,
    code: AckCode,
    *,
    control_id: str,
    now: datetime,
    errors: Sequence[AckError] = (),
    text: str = "",
    sender: tuple[bytes, bytes] | None = None,
    is_late: bool = False,
) -> bytes:
    """Answer a frame, in the sender's delimiters and version; never raises, whatever the header holds.

    Args:
        header: of the frame to answer.
        code: MSA-1.
        control_id: our own MSH-10.
        now: MSH-7, with its offset when aware.
        errors: one ERR each from 2.5 on, one repetition of ERR-1 each before.
        text: MSA-3, sent up to 2.4 only (withdrawn later); the first error's text when empty.
        sender: MSH-3 and MSH-4 of the answer; the inbound 5 and 6 when None.
        is_late: an application acknowledgement, sent as a message of its own with MSH-15 and MSH-16 NE.

    Returns:
        ER7 with CR behind every segment. MSA-2 is the inbound MSH-10 byte for byte.
    """
    echo = header.control_id if header.has_msh else b""
    return AckForm(header, sender, is_late=is_late).fill(
        echo, code, control_id=control_id, now=now, errors=errors, text=text
    )


def batch_ack(header: Header, acks: Sequence[bytes], *, control_id: str, now: datetime) -> bytes:
    """One batch of answers to one batch: BHS (11 our control id, 12 the inbound one), the answers in order, BTS.

    Args:
        header: of the inbound batch (BHS or FHS).
        acks: what `build_ack` gave for each message.
        control_id: our own BHS-11.
        now: BHS-7.
    """
    delimiters = _speaks(header)
    separator = delimiters.field.encode("ascii")
    stamp = _timestamp(now).encode("ascii")
    fields = [*_sides(header, delimiters), stamp, b"", b"", b"", _own(control_id, delimiters), header.control_id]
    first = _line(b"BHS", separator, fields).rstrip(separator)
    return b"%b\r%bBTS%b%d\r" % (first, b"".join(acks), separator, len(acks))


def read_ack(raw: bytes) -> Ack | None:
    """Read the data of an answer's frame, tolerantly: LF ends, lower case, blanks, MSA anywhere, no MSH, any type.

    None when there is no MSA or MSA-1 is not of table 0008: that is no acknowledgement.
    """
    found = _FIRST_MSA.search(raw)
    if found is None:
        return None
    fields = found[3].split(found[2])
    word = fields[0].strip().decode("ascii", "replace")
    if word.upper() not in AckCode.__members__:
        return None
    notes = [] if word.isupper() else ["ack.code_case"]
    control_id = fields[1] if len(fields) > 1 else b""
    header = peek(raw)
    if header.has_msh and _is_plain(raw, fields):
        kind = header.type_event
        return Ack(code=AckCode(word.upper()), control_id=control_id, message_type=kind, notes=tuple(notes))
    try:
        message = parse(raw)
    except Er7Error:
        notes.append("ack.no_msh")
        return Ack(code=AckCode(word.upper()), control_id=control_id, notes=tuple(notes))
    msa = message.first("MSA")
    return Ack(
        code=AckCode(word.upper()),
        control_id=control_id,
        errors=tuple(error for segment in message.all("ERR") for error in _errors_of(segment)),
        text=msa.value(3) if msa else "",
        message_type=message.header.type_event,
        notes=tuple(notes),
    )


def _is_plain(raw: bytes, msa: list[bytes]) -> bool:
    """One MSA without text and no ERR: nearly every answer, and nothing in it needs decoding."""
    if any(msa[2:3]):
        return False
    upper = raw.upper()
    return upper.count(b"MSA") == 1 and b"ERR" not in upper


def _errors_of(segment: Segment) -> list[AckError]:
    """Both forms of ERR; a peer may fill either, whatever version it claims."""
    if segment.value(3):
        place = segment.components(2)
        return [
            AckError(
                code=segment.value(3),
                severity=segment.value(4) or "E",
                segment=_at(place, 0),
                occurrence=_number(_at(place, 1)),
                field=_number(_at(place, 2)),
                component=_number(_at(place, 4)),
                text=segment.value(8) or segment.value(3, 2),
                diagnostic=segment.value(7),
            )
        ]
    return [_old_error(segment, number + 1) for number in range(len(segment.repetitions(1)))]


def _old_error(segment: Segment, repetition: int) -> AckError:
    place = segment.components(1, repetition)
    return AckError(
        code=segment.value(1, 4, 1, repetition),
        segment=_at(place, 0),
        occurrence=_number(_at(place, 1)),
        field=_number(_at(place, 2)),
        text=segment.value(1, 4, 2, repetition),
    )


def _at(parts: tuple[str, ...], index: int) -> str:
    return parts[index] if index < len(parts) else ""


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
