"""HTML through the forgiving parser of the standard library: table cells stay cells, scripts and styles are dropped."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from engine.documents.flow import Flow
from engine.documents.pages import OpenedPages, PageLimits
from engine.documents.sniff import HTML
from engine.documents.text import decode_text, pages_of_text

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_SILENT = frozenset({"script", "style", "template", "title", "noscript"})
_BLOCKS = frozenset(
    [
        "p",
        "div",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "pre",
        "section",
        "header",
        "footer",
        "article",
        "hr",
        "br",
        "address",
    ]
)
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_VOID = frozenset(
    ["br", "hr", "img", "input", "meta", "link", "col", "area", "base", "embed", "source", "track", "wbr"]
)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.flow = Flow()
        self._silent: list[str] = []
        self._columns = 1
        self._preformatted = 0
        self._in_cell = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if self._silent or tag in _SILENT or "hidden" in told or _HIDDEN.search(told.get("style", "")):
            if tag not in _VOID:
                self._silent.append(tag)
            return
        if tag in _BLOCKS:
            self.flow.end_line()
        self._preformatted += tag == "pre"
        if tag == "table":
            self._close_cell()
            self.flow.start_table()
        elif tag == "tr":
            self._close_row()
            self.flow.start_row()
        elif tag in ("td", "th"):
            self._close_cell()
            self._in_cell = True
            span = told.get("colspan", "1").strip()
            self._columns = int(span) if span.isdigit() and len(span) < 3 else 1
        elif tag == "sup":
            self.flow.raised = True

    def handle_endtag(self, tag: str) -> None:
        if self._silent:
            if tag in self._silent:
                while self._silent.pop() != tag:
                    continue
            return
        if tag in _BLOCKS:
            self.flow.end_line()
        self._preformatted = max(0, self._preformatted - (tag == "pre"))
        if tag in ("td", "th"):
            self._close_cell()
        elif tag == "tr":
            self._close_row()
        elif tag == "table":
            self._close_row()
            self.flow.end_table()
        elif tag == "sup":
            self.flow.raised = False

    def handle_data(self, data: str) -> None:
        if self._silent:
            return
        if not self._preformatted:
            self.flow.write(" ".join(data.replace("\t", " ").split("\n")))
            return
        for number, line in enumerate(data.split("\n")):
            if number:
                self.flow.end_line()
            self.flow.write(re.sub(r" {2,}", "\t", line))

    def _close_cell(self) -> None:
        """End an open cell: HTML lets the end tag be left out."""
        if self._in_cell:
            self.flow.end_cell(self._columns)
            self._in_cell = False

    def _close_row(self) -> None:
        self._close_cell()
        self.flow.end_row()


def open_html(data: bytes, limits: PageLimits) -> OpenedPages:
    """Read an HTML file as text with aligned table columns; nothing it refers to is fetched."""
    reader = _Reader()
    reader.feed(_decoded(data))
    reader.close()
    return pages_of_text(reader.flow.text(), limits, HTML)


def _decoded(data: bytes) -> str:
    named = _CHARSET.search(data[:2048])
    if named and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode(named.group(1).decode("ascii"), "replace")
        except LookupError:
            return decode_text(data)
    return decode_text(data)
