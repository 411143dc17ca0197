"""Batches: FHS BHS messages BTS FTS, cut into messages without touching a byte of them.

Source: HL7 v2 chapter 2, batch protocol. FHS and BHS name their own separators; every message names its own in MSH.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_MARK = re.compile(rb"(?:(?<=[\r\n])|\A)(MSH(?=[!-/:-@\[-`{-~])|(?:FHS|BHS|BTS|FTS)(?=[!-/:-@\[-`{-~\r\n]|\Z))")
_LEAD = re.compile(rb"(?:\xef\xbb\xbf)?[\r\n\t ]*")
_LINE = re.compile(rb"[^\r\n]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch, cut.

    Attributes:
        messages: each with its line ends, byte for byte as sent.
        header: the first BHS line (FHS when there is none), without its line end; b"" for a bare message.
        notes: what does not add up: `batch.count`, `file.count`, `batch.stray_bytes`, `batch.no_trailer`.
    """

    messages: tuple[bytes, ...]
    header: bytes
    notes: tuple[str, ...] = ()


def split_batch(raw: bytes) -> Batch:
    """Cut a batch (or a file of batches, or several bare messages) into messages; never raises.

    Args:
        raw: the data of a frame or the content of a file.

    Returns:
        The messages in order. Wrong counts are notes: the messages are all there, the trailer is not believed.
    """
    lead = _LEAD.match(raw)
    body = raw[lead.end() :] if lead and lead.end() else raw
    return _Cutter(body).cut([(found.start(), found[1]) for found in _MARK.finditer(body)])


class _Cutter:
    """Walks the marks of one batch."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._messages: list[bytes] = []
        self._headers: dict[bytes, bytes] = {}
        self._notes: list[str] = []
        self._in_batch = self._batches = 0

    def cut(self, marks: list[tuple[int, bytes]]) -> Batch:
        """Every span between two marks is a message, a header or a trailer."""
        stops = [at for at, _ in marks[1:]] + [len(self._raw)]
        if self._raw[: marks[0][0] if marks else len(self._raw)].strip():
            self._notes.append("batch.stray_bytes")
        for (at, name), stop in zip(marks, stops, strict=False):
            if name == b"MSH":
                self._messages.append(self._raw[at:stop])
                self._in_batch += 1
            else:
                self._envelope(at, stop, name)
        if b"BHS" in self._headers or b"FHS" in self._headers:
            last = marks[-1][1]
            if last not in {b"BTS", b"FTS"}:
                self._notes.append("batch.no_trailer")
        header = self._headers.get(b"BHS") or self._headers.get(b"FHS", b"")
        return Batch(messages=tuple(self._messages), header=header, notes=tuple(dict.fromkeys(self._notes)))

    def _envelope(self, at: int, stop: int, name: bytes) -> None:
        found = _LINE.match(self._raw, at)
        line = found[0] if found else b""
        if self._raw[at + len(line) : stop].strip():
            self._notes.append("batch.stray_bytes")
        if name in {b"FHS", b"BHS"}:
            self._headers.setdefault(name, line)
            self._in_batch = 0
            return
        counted = self._in_batch if name == b"BTS" else self._batches
        if name == b"BTS":
            self._batches += 1
            self._in_batch = 0
        declared = line[4:].split(line[3:4] or b"|", 1)[0].strip()
        if declared and declared != b"%d" % counted and declared.lstrip(b"0") != b"%d" % counted:
            self._notes.append("batch.count" if name == b"BTS" else "file.count")
