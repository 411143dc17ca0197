"""MLLP framing without I/O: bytes in, events out, in linear time whatever the chunks are.

Source: HL7 v2 appendix C.4 and Transport Specification MLLP Release 1 (block = VT data FS CR). The deviations are the
ones real senders show; each has its test in tests/unit/hl7v2/test_hl7v2_framing.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

VT = b"\x0b"
FS = b"\x1c"
CR = b"\x0d"
LF = b"\x0a"

HEAD_BYTES = 8 * 1024
FRAGMENT_BYTES = 64 * 1024
OVERRUN_FACTOR = 4

_START = VT + b"MSH"
_FS = FS[0]
_STARTS = re.compile(rb"\x0b+")
_BLANKS = re.compile(rb"[\r\n\t \x00\xef\xbb\xbf]*")
_MSH = re.compile(rb"MSH[!-/:-@\[-`{-~]")
_MSH_ON_A_LINE = re.compile(rb"(?<=[\r\n])MSH[!-/:-@\[-`{-~]")
_MAYBE_MSH = re.compile(rb"[\r\n]?(?:MSH|MS|M)?\Z")
# FS ends a block before CR, before VT (CR forgotten), before LF VT (LF for CR) and, for now, where the bytes run out.
_END = re.compile(rb"\x1c(?:[\r\x0b]|\n\x0b|\n?\Z)")


class Deviation(StrEnum):
    """How a peer departs from the block format; the values are metric labels."""

    NOISE_BEFORE = "noise_before"
    NOISE_AFTER = "noise_after"
    MISSING_START = "missing_start"
    MISSING_CR = "missing_cr"
    LF_AFTER_FS = "lf_after_fs"
    DOUBLE_START = "double_start"
    TORN_BY_START = "torn_by_start"
    START_IN_DATA = "start_in_data"
    FS_IN_DATA = "fs_in_data"
    EMPTY_BLOCK = "empty_block"
    EOF_IN_FRAME = "eof_in_frame"


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A complete block.

    Attributes:
        data: the bytes between VT and FS; empty for an empty block.
        deviations: what was forgiven while reading it.
    """

    data: bytes
    deviations: frozenset[Deviation] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Bytes outside any block, counted and dropped.

    Attributes:
        size: how many bytes.
        reason: where they stood.
    """

    size: int
    reason: Deviation


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversize:
    """A block above the limit, discarded while it streamed by.

    Attributes:
        head: its first bytes (at most 8 KiB), enough to answer from its MSH.
        size: bytes of data in it; with `overrun` the count at which reading stopped.
        overrun: four times the limit came without an end: answer and close the connection.
    """

    head: bytes
    size: int
    overrun: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A block that never ended. It is kept for diagnosis, never joined to another, never answered as stored.

    Attributes:
        data: its first bytes (at most 64 KiB).
        size: bytes received of it.
        reason: EOF_IN_FRAME or TORN_BY_START.
    """

    data: bytes
    size: int
    reason: Deviation


Event: TypeAlias = Frame | Noise | Oversize | Fragment


def wrap(data: bytes) -> bytes:
    """One block around `data`: VT data FS CR."""
    return b"\x0b%b\x1c\r" % data


class Framer:
    """Turns a byte stream into frames and counted deviations; one per connection.

    FS CR inside the data ends the frame (the block format has no other way) and the tail counts as noise; FS before
    anything else than CR, VT or LF VT is data. A VT inside a frame starts a new one only when `MSH` follows.

    Args:
        max_frame: most bytes of data in a frame; above it the rest is discarded, above four times it reading ends.
        lenient: accept a message whose VT is missing when it begins with MSH and a separator.
    """

    __slots__ = (
        "_buffer",
        "_dead",
        "_deviations",
        "_dropped",
        "_first",
        "_head",
        "_in_frame",
        "_lenient",
        "_max",
        "_quiet",
        "_scan",
    )

    def __init__(self, *, max_frame: int, lenient: bool = True) -> None:
        self._max = max_frame
        self._lenient = lenient
        self._buffer = bytearray()
        self._head = bytearray()  # what is kept of an oversize frame
        self._scan = 0  # where the search for the end goes on, counted from the start of the buffer
        self._dropped = 0  # bytes of this frame already discarded
        self._in_frame = False
        self._dead = False
        self._deviations: set[Deviation] = set()
        self._first = True  # no frame has ended on this connection yet
        self._quiet = LF  # the noise since the last frame: b"" after text, else blanks only, ending in this byte

    @property
    def in_frame(self) -> bool:
        """A frame has begun and has not ended."""
        return self._in_frame

    @property
    def waiting_for_cr(self) -> bool:
        """The last bytes were FS (or FS LF): complete if the stream pauses now, see `settle`."""
        return self._in_frame and self._scan < len(self._buffer) and self._buffer[self._scan] == _FS

    @property
    def buffered(self) -> int:
        """Bytes held in memory."""
        return len(self._buffer) + len(self._head)

    def feed(self, data: bytes) -> list[Event]:
        """Take the next bytes of the stream and return what they completed, in order."""
        events: list[Event] = []
        if self._dead:
            return events
        if not self._in_frame and not self._buffer and self._is_one_block(data):
            self._first, self._quiet = False, CR
            return [Frame(data=bytes(data[1:-2]))]
        if self._buffer:
            self._buffer += data
            used = self._run(self._buffer, events)
            del self._buffer[:used]
        else:
            used = self._run(data, events)
            if used < len(data):
                self._buffer += memoryview(data)[used:]
        return events

    def _is_one_block(self, data: bytes) -> bool:
        """Exactly one block with nothing to forgive or to refuse: what nearly every read brings."""
        return (
            data.startswith(_START)
            and data.find(FS) == len(data) - 2
            and data.endswith(CR)
            and data.find(VT, 1) < 0
            and len(data) - 3 <= self._max
        )

    def settle(self) -> list[Event]:
        """The stream paused: a frame that ended in FS without CR is complete now."""
        if not self.waiting_for_cr:
            return []
        events: list[Event] = []
        tail = self._buffer[self._scan + 1 :]
        self._deviations.add(Deviation.LF_AFTER_FS if tail else Deviation.MISSING_CR)
        self._close(self._buffer, 0, self._scan, events)
        self._buffer.clear()
        return events

    def end(self) -> list[Event]:
        """End of file: the last frame, a fragment, or noise that was held back."""
        if self._dead:
            return []
        events = self.settle()
        if self._in_frame:
            self._tear(self._buffer, 0, len(self._buffer), Deviation.EOF_IN_FRAME, events)
        elif self._buffer:
            self._noise(self._buffer, 0, len(self._buffer), events)
        self._buffer.clear()
        self._in_frame = False
        return events

    def _run(self, buffer: bytes | bytearray, events: list[Event]) -> int:
        """Work through `buffer`; returns how many of its bytes need not be kept."""
        position = 0
        going = True
        while going and not self._dead:
            step = self._inside if self._in_frame else self._outside
            position, going = step(buffer, position, events)
        return len(buffer) if self._dead else position

    def _outside(self, buffer: bytes | bytearray, position: int, events: list[Event]) -> tuple[int, bool]:
        """Skip noise up to the next start of a frame."""
        start = buffer.find(VT, position)
        stop = start if start >= 0 else len(buffer)
        bare = self._bare_start(buffer, position, stop) if self._lenient and stop > position else -1
        if bare >= 0:
            self._noise(buffer, position, bare, events)
            self._deviations.add(Deviation.MISSING_START)
            self._in_frame = True
            return bare, True
        if start >= 0:
            self._noise(buffer, position, start, events)
            self._in_frame = True
            return start + 1, True
        if self._lenient and (self._quiet or self._first):
            held = _MAYBE_MSH.search(buffer, max(position, stop - 4))
            stop = held.start() if held else stop
        self._noise(buffer, position, stop, events)
        return stop, False

    def _bare_start(self, buffer: bytes | bytearray, position: int, stop: int) -> int:
        """Where a message without VT begins.

        After blanks only, or, before the first frame, on a line of its own. The tail of a frame that FS CR cut in two
        is neither, so it stays noise.
        """
        if self._quiet:
            blanks = _BLANKS.match(buffer, position, stop)
            begin = blanks.end() if blanks else position
            if _MSH.match(buffer, begin, stop):
                return begin
        if not self._first:
            return -1
        line = _MSH_ON_A_LINE.search(buffer, position, stop)
        return line.start() if line else -1

    def _noise(self, buffer: bytes | bytearray, start: int, stop: int, events: list[Event]) -> None:
        """Count the bytes between frames, and remember whether they were blanks only."""
        if stop <= start:
            return
        if not self._first and self._quiet == CR and buffer[start] == LF[0]:
            events.append(Noise(size=1, reason=Deviation.LF_AFTER_FS))
            self._quiet = LF
            start += 1
        if start == stop:
            return
        events.append(Noise(size=stop - start, reason=Deviation.NOISE_BEFORE if self._first else Deviation.NOISE_AFTER))
        blanks = _BLANKS.match(buffer, start, stop)
        self._quiet = LF if self._quiet and blanks and blanks.end() == stop else b""

    def _inside(self, buffer: bytes | bytearray, position: int, events: list[Event]) -> tuple[int, bool]:
        """Look for the end of the frame that starts at `position`."""
        if not self._dropped and buffer[position : position + 1] == VT:
            again = _STARTS.match(buffer, position)
            position = again.end() if again else position
            self._deviations.add(Deviation.DOUBLE_START)
        scan = position + self._scan
        first = buffer.find(FS, scan)
        end = _END.search(buffer, first) if first >= 0 else None
        stop = end.start() if end else len(buffer)
        torn = self._torn_at(buffer, scan, stop)
        if torn >= 0:
            self._tear(buffer, position, torn, Deviation.TORN_BY_START, events)
            return torn, True
        last = buffer[end.end() - 1] if end else _FS
        if end and last == CR[0]:
            self._close(buffer, position, stop, events)
            return end.end(), True
        if end and last == VT[0]:
            self._deviations.add(Deviation.MISSING_CR if end.end() - stop == 2 else Deviation.LF_AFTER_FS)
            self._close(buffer, position, stop, events)
            return end.end() - 1, True
        if not end:
            stop -= _held_back(buffer, scan, _START)
        return self._keep(buffer, position, stop, events), False

    @staticmethod
    def _torn_at(buffer: bytes | bytearray, scan: int, stop: int) -> int:
        """Where a VT MSH stands inside the frame, or -1; the plain VT search first, it is the fast one."""
        start = buffer.find(VT, scan, stop)
        return buffer.find(_START, start, stop) if start >= 0 else -1

    def _keep(self, buffer: bytes | bytearray, start: int, stop: int, events: list[Event]) -> int:
        """No end yet: keep the frame, or drop what was scanned of one that is too long."""
        size = self._dropped + stop - start
        if size <= self._max:
            self._scan = stop - start
            return start
        if size > OVERRUN_FACTOR * self._max:
            self._overrun(buffer, start, stop, events)
            return stop
        self._keep_head(buffer, start, stop)
        self._dropped, self._scan = size, 0
        return stop

    def _keep_head(self, buffer: bytes | bytearray, start: int, stop: int) -> None:
        room = FRAGMENT_BYTES - len(self._head)
        self._head += buffer[start : min(stop, start + room)]

    def _close(self, buffer: bytes | bytearray, start: int, stop: int, events: list[Event]) -> None:
        """The frame is complete: hand it out."""
        size = self._dropped + stop - start
        if size > OVERRUN_FACTOR * self._max:
            self._overrun(buffer, start, stop, events)
            return
        if size > self._max:
            self._keep_head(buffer, start, stop)
            events.append(Oversize(head=bytes(self._head[:HEAD_BYTES]), size=size, overrun=False))
        else:
            data = bytes(memoryview(buffer)[start:stop])
            events.append(Frame(data=data, deviations=self._forgiven(data)))
        self._reset()

    def _forgiven(self, data: bytes) -> frozenset[Deviation]:
        if not data:
            self._deviations.add(Deviation.EMPTY_BLOCK)
        if FS in data:
            self._deviations.add(Deviation.FS_IN_DATA)
        if VT in data:
            self._deviations.add(Deviation.START_IN_DATA)
        return frozenset(self._deviations)

    def _tear(self, buffer: bytes | bytearray, start: int, stop: int, reason: Deviation, events: list[Event]) -> None:
        """The frame will never be complete: keep its beginning for diagnosis."""
        size = self._dropped + stop - start
        if size > OVERRUN_FACTOR * self._max:
            self._overrun(buffer, start, stop, events)
            return
        self._keep_head(buffer, start, stop)
        events.append(Fragment(data=bytes(self._head), size=size, reason=reason))
        self._reset()

    def _overrun(self, buffer: bytes | bytearray, start: int, stop: int, events: list[Event]) -> None:
        """Four times the limit and no end: nothing more is read on this connection."""
        size = OVERRUN_FACTOR * self._max + 1
        self._keep_head(buffer, start, min(stop, start + size - self._dropped))
        events.append(Oversize(head=bytes(self._head[:HEAD_BYTES]), size=size, overrun=True))
        self._reset()
        self._dead = True

    def _reset(self) -> None:
        self._scan = self._dropped = 0
        self._head.clear()
        self._deviations.clear()
        self._in_frame = self._first = False
        self._quiet = CR


def _held_back(buffer: bytes | bytearray, start: int, pattern: bytes) -> int:
    """How many of the last bytes may be the beginning of `pattern`."""
    for size in range(min(len(pattern) - 1, len(buffer) - start), 0, -1):
        if buffer.endswith(pattern[:size]):
            return size
    return 0
