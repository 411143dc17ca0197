"""DOCX: the parts of the zip file that hold text, each read up to a cap, as lines and table rows.

A page begins where one is set by hand: at a page break, a paragraph that asks for one, or a section that is not
`continuous`. `w:lastRenderedPageBreak` counts for nothing: it is what one word processor made of the text once, and
stays behind when the text is changed.

Source: ECMA-376 part 1, WordprocessingML (`w:p`, `w:t`, `w:tab`, `w:tbl`, `w:vertAlign`, `w:gridSpan`, `w:vMerge`,
`w:br`, `w:pageBreakBefore`, `w:sectPr`, `w:vanish`).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping

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


_SKIPPED = frozenset({"Fallback", "del", "moveFrom"})
_MARKS = {"tab": "\t", "noBreakHyphen": "-"}
_NO = frozenset({"0", "false", "off"})
_OPENED: dict[str, Callable[[Flow], None]] = {"tbl": Flow.start_table, "tr": Flow.start_row}
_CLOSED: dict[str, Callable[[Flow], None]] = {"tc": Flow.end_cell, "tr": Flow.end_row, "tbl": Flow.end_table}


class _TooLarge(Exception):
    """The unpacked parts hold more than a report does."""


class _Reader:
    """Writes a part into a flow."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._in_text = False
        self._skipped = 0
        self._path: list[str] = []
        self._columns, self._rows, self._merged = 1, 1, False
        self._hidden = False
        self._next_page = False

    def start(self, name: str, told: Mapping[str, str]) -> None:
        self._path.append(name)
        if self._skipped or name in _SKIPPED:
            self._skipped += 1
            return
        if name in _OPENED:
            _OPENED[name](self._flow)
        elif name == "t":
            self._in_text = not self._hidden
        elif name in _MARKS:
            self._flow.write(_MARKS[name])
        elif name == "br" and told.get("type") == "page":
            self._flow.end_page()
        elif name == "tc":
            self._flow.start_cell()
            self._columns, self._rows, self._merged = 1, 1, False
        else:
            self._shape(name, told)

    def _shape(self, name: str, told: Mapping[str, str]) -> None:
        """What properties say: columns and rows of a cell, raised or hidden text, a page that begins."""
        if name in ("gridSpan", "vMerge"):
            self._shape_cell(name, told.get("val", ""))
        elif name == "vertAlign":
            self._flow.raised = told.get("val") == "superscript"
        elif name == "vanish" and self._path[-2:-1] == ["rPr"] and self._path[-3:-2] == ["r"]:
            self._hidden = told.get("val", "1") not in _NO
        elif name == "pageBreakBefore" and told.get("val", "1") not in _NO:
            self._flow.end_page()
        elif name == "sectPr" and self._path[-2:-1] == ["pPr"]:
            self._next_page = True  # a section ends with its paragraph, and the next one begins a page
        elif name == "type" and self._path[-2:-1] == ["sectPr"] and told.get("val") == "continuous":
            self._next_page = False

    def _shape_cell(self, name: str, value: str) -> None:
        if name == "gridSpan":
            self._columns = int(value) if value.isdecimal() and 0 < len(value) < 3 else 1
        else:
            self._rows, self._merged = (0, False) if value == "restart" else (1, True)
        self._flow.shape_cell(columns=self._columns, rows=self._rows, merged=self._merged)

    def end(self, name: str) -> None:
        self._path.pop()
        if self._skipped:
            self._skipped -= 1
        elif name == "t":
            self._in_text = False
        elif name == "r":
            self._flow.raised = self._hidden = False
        elif name in ("p", "br", "cr"):
            self._flow.end_line(forced=True)
            if name == "p" and self._next_page:
                self._flow.end_page()
                self._next_page = False
        elif name in _CLOSED:
            _CLOSED[name](self._flow)

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
