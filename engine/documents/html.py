"""HTML as it is shown: table cells and boxes side by side stay apart, scripts and what is hidden are dropped."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator

from engine.documents.flow import Flow
from engine.documents.pages import OpenedPages, PageLimits
from engine.documents.sniff import HTML
from engine.documents.styles import Styles, columns_of, is_beside, is_hidden, is_spaced, is_stacked
from engine.documents.text import decode_text, pages_of_text
from engine.documents.tree import Element, tree_of

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w.:-]{2,40})", re.IGNORECASE)
_SILENT = frozenset({"script", "style", "template", "title", "noscript"})
_BLOCKS = frozenset(
    [
        *("p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt", "dd", "pre", "hr", "address"),
        *("section", "header", "footer", "article", "main", "nav", "aside", "figure", "form", "fieldset", "legend"),
        *("blockquote", "caption", "body", "center"),
    ]
)
_TABLES = frozenset({"table", "tr", "td", "th", "thead", "tbody", "tfoot", "caption", "colgroup", "col"})
_INPUTS = frozenset({"", "text", "number", "search", "tel"})
_FEWEST = 3
_SPAN = re.compile(r"\s*(\d{1,4})\s*$")


class _Writer:
    """Writes a tree into a flow."""

    def __init__(self, root: Element) -> None:
        self.flow = Flow()
        self._styles = Styles()
        for element in _all(root):
            media = element.told.get("media", "").strip().lower()
            if element.tag == "style" and media in ("", "all", "screen"):
                self._styles.add("".join(part for part in element.inside if isinstance(part, str)))
        self._rows = _row_shapes(root)
        self._path = [root]
        self._inside(root, {})

    def _inside(self, element: Element, says: dict[str, str]) -> None:
        columns = columns_of(says)
        parts = columns > 1 or _shape(element) in self._rows
        before: Element | None = None
        boxes = 0
        for inner in element.inside:
            if isinstance(inner, str):
                self._text(inner, parts=parts)
                before = None
                continue
            if columns > 1 and boxes % columns == 0:
                self.flow.end_line()
            if before is not None and not parts and _runs_on(before, inner):
                self.flow.write(" ")
            boxes += self._element(inner, says, part=parts)
            before = inner

    def _text(self, text: str, *, parts: bool) -> None:
        if self.flow.verbatim:
            self.flow.write(text)
        else:
            self.flow.write(" " if parts and not text.strip() else " ".join(text.replace("\t", " ").split("\n")))

    def _element(self, element: Element, around: dict[str, str], *, part: bool) -> bool:
        """Write an element; whether it is shown."""
        self._path.append(element)
        says = self._styles.of(self._path)
        shown = element.tag not in _SILENT and "hidden" not in element.told and not is_hidden(says)
        if shown:
            paired = element.tag in ("dt", "dd") and not is_stacked(around)
            self._shown(element, says, beside=part or paired or is_beside(says, around))
        elif element.tag in ("td", "th") and says.get("display") != "none" and "hidden" not in element.told:
            self._table_part(Element(element.tag, element.told), says)  # unseen, but it keeps its place
        self._path.pop()
        return shown

    def _shown(self, element: Element, says: dict[str, str], *, beside: bool) -> None:
        tag, flow = element.tag, self.flow
        if tag in _TABLES and tag in _CLOSED:
            self._table_part(element, says)
        elif tag == "br":
            flow.end_line(forced=True)
        elif tag == "input":
            kind = element.told.get("type", "").lower()
            flow.write(f" {element.told.get('value', '')} " if kind in _INPUTS else " ")
        elif tag == "sup":
            flow.raised = True
            self._inside(element, says)
            flow.raised = False
        elif beside:
            if tag == "dt":
                flow.end_line()
            flow.start_part()
            self._inside(element, says)
            flow.end_part()
        else:
            self._run(element, says)

    def _table_part(self, element: Element, says: dict[str, str]) -> None:
        flow, told = self.flow, element.told
        {"table": flow.start_table, "tr": flow.start_row}.get(element.tag, flow.start_cell)()
        if element.tag in ("td", "th"):
            flow.shape_cell(columns=_span(told.get("colspan", "")), rows=_span(told.get("rowspan", "")))
        self._inside(element, says)
        _CLOSED[element.tag](flow)

    def _run(self, element: Element, says: dict[str, str]) -> None:
        """A block, or a run of text inside a line."""
        block = element.tag in _BLOCKS if "display" not in says else says["display"] in _BLOCK_DISPLAYS
        spaced = " " if not block and is_spaced(says) else ""
        verbatim = self.flow.verbatim
        if block:
            self.flow.end_line()
        self.flow.write(spaced)
        self.flow.verbatim = verbatim or element.tag == "pre" or says.get("white-space", "").startswith("pre")
        self._inside(element, says)
        self.flow.write(spaced)
        if block:
            self.flow.end_line()
        self.flow.verbatim = verbatim


_BLOCK_DISPLAYS = frozenset(
    {"block", "flex", "grid", "table", "table-row", "list-item", "flow-root", "table-row-group"}
)
_CLOSED: dict[str, Callable[[Flow], None]] = {
    "table": Flow.end_table,
    "tr": Flow.end_row,
    "td": Flow.end_cell,
    "th": Flow.end_cell,
}


def _all(root: Element) -> Iterator[Element]:
    """All elements of a tree."""
    left = [root]
    while left:
        element = left.pop()
        yield element
        left.extend(inner for inner in element.inside if isinstance(inner, Element))


Shape = tuple[str, ...]


def _shape(element: Element) -> Shape:
    """The classes of elements that stand in another one, such as the fields of a line; empty for anything else.

    Spans count only where nothing stands between: blanks part them by themselves. Divisions count where each is one
    text, whatever they are: without a style they would stand one under the other.
    """
    if len(element.inside) < _FEWEST or element.tag in _TABLES:
        return ()
    inner = [part for part in element.inside if isinstance(part, Element)]
    between = "".join(part for part in element.inside if isinstance(part, str))
    tags = {part.tag for part in inner}
    if len(inner) < _FEWEST or between.strip() or not all(part.classes for part in inner) or len(tags) > 1:
        return ()
    if not (tags == {"div"} and all(map(_is_text, inner))) and not (tags == {"span"} and not between):
        return ()
    return tuple(f"{part.tag} {' '.join(sorted(part.classes))}" for part in inner)


def _is_text(element: Element) -> bool:
    """Whether an element holds no further block."""
    return not any(inner.tag in _BLOCKS or inner.tag in _TABLES for inner in _all(element) if inner is not element)


def _runs_on(one: Element, other: Element) -> bool:
    """Whether a word and a number of two neighbouring spans would run into one; parts of one number would not."""
    if one.tag != "span" or other.tag != "span":
        return False
    left, right = _text(one)[-1:], _text(other)[:1]
    return (left.isalpha() and right.isdigit()) or (left.isdigit() and right.isalpha())


def _text(element: Element) -> str:
    return "".join(part if isinstance(part, str) else _text(part) for part in element.inside)


def _row_shapes(root: Element) -> frozenset[Shape]:
    """The shapes of lines that are built alike again and again: their style may be in a sheet that was not sent."""
    shapes = Counter(_shape(element) for element in _all(root))
    return frozenset(shape for shape, count in shapes.items() if shape and count >= _FEWEST)


def _span(text: str) -> int:
    match = _SPAN.match(text)
    return max(int(match.group(1)), 1) if match else 1


def open_html(data: bytes, limits: PageLimits) -> OpenedPages:
    """Read an HTML file as text with aligned columns; nothing it refers to is fetched."""
    writer = _Writer(tree_of(_decoded(data)))
    return pages_of_text(writer.flow.text(), limits, HTML)


def _decoded(data: bytes) -> str:
    named = _CHARSET.search(data[:2048])
    if named and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode(named.group(1).decode("ascii"), "replace")
        except LookupError:
            return decode_text(data)
    return decode_text(data)
