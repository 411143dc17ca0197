"""DOCX: the parts of the zip file that hold text, each read up to a cap, as lines and table rows.

Source: ECMA-376 part 1, WordprocessingML (`w:p`, `w:t`, `w:tab`, `w:tbl`, `w:vertAlign`, `w:gridSpan`).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Mapping

from engine.documents.flow import Flow
from engine.documents.markup import XmlRefused, walk_xml
from engine.documents.pages import OpenedPages, PageLimits
from engine.documents.sniff import DOCX
from engine.documents.text import pages_of_text

_PARTS = (re.compile(r"word/header\d*\.xml"), re.compile(r"word/document\.xml"), re.compile(r"word/footer\d*\.xml"))
_MOST_BYTES = 24 << 20
_MOST_PARTS = 20
# What zipfile raises for a torn, encrypted (RuntimeError) or oddly packed (NotImplementedError) archive.
_FAULTS = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)


class _TooLarge(Exception):
    """The unpacked parts hold more than a report does."""


class _Reader:
    """Writes a part into a flow."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._in_text = False
        self._skipped = 0
        self._columns = 1

    def start(self, name: str, told: Mapping[str, str]) -> None:
        if self._skipped or name in ("Fallback", "del", "moveFrom"):
            self._skipped += 1
            return
        if name == "t":
            self._in_text = True
        elif name == "tab":
            self._flow.write("\t")
        elif name == "tbl":
            self._flow.start_table()
        elif name == "tr":
            self._flow.start_row()
        elif name == "gridSpan":
            span = told.get("val", "1")
            self._columns = int(span) if span.isdigit() and len(span) < 3 else 1
        elif name == "vertAlign":
            self._flow.raised = told.get("val") == "superscript"

    def end(self, name: str) -> None:
        if self._skipped:
            self._skipped -= 1
        elif name == "t":
            self._in_text = False
        elif name == "r":
            self._flow.raised = False
        elif name in ("p", "br", "cr"):
            self._flow.end_line()
        elif name == "tc":
            self._flow.end_cell(self._columns)
            self._columns = 1
        elif name == "tr":
            self._flow.end_row()
        elif name == "tbl":
            self._flow.end_table()

    def text(self, data: str) -> None:
        if self._in_text and not self._skipped:
            self._flow.write(data)


def open_docx(data: bytes, limits: PageLimits) -> OpenedPages:
    """Read a DOCX file: page headers, body, page footers."""
    flow = Flow()
    try:
        for part in _parts(data):
            reader = _Reader(flow)
            walk_xml(part, start=reader.start, end=reader.end, text=reader.text)
            flow.end_line()
    except _TooLarge:
        return OpenedPages(media_type=DOCX, reason_code="document.too_large")
    except (XmlRefused, *_FAULTS):
        return OpenedPages(media_type=DOCX, reason_code="document.unreadable")
    return pages_of_text(flow.text(), limits, DOCX)


def _parts(data: bytes) -> list[bytes]:
    """The unpacked text parts in reading order; never more than the cap, whatever the directory claims."""
    out: list[bytes] = []
    left = _MOST_BYTES
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = archive.namelist()
        for wanted in _PARTS:
            for name in [name for name in names if wanted.fullmatch(name)][:_MOST_PARTS]:
                with archive.open(name) as part:
                    out.append(part.read(left + 1))
                left -= len(out[-1])
                if left < 0:
                    raise _TooLarge
    return out
