"""HTML as a tree of elements through the forgiving parser of the standard library; end tags may be left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = frozenset(
    ["br", "hr", "img", "input", "meta", "link", "col", "area", "base", "embed", "source", "track", "wbr"]
)
_DEEPEST = 120
_CELLS = frozenset({"td", "th"})
_GROUPS = frozenset({"thead", "tbody", "tfoot"})
_SIBLINGS = {
    "td": (_CELLS, frozenset({"table"})),
    "th": (_CELLS, frozenset({"table"})),
    "tr": (_CELLS | {"tr"}, frozenset({"table"})),
    "thead": (_CELLS | _GROUPS | {"tr"}, frozenset({"table"})),
    "tbody": (_CELLS | _GROUPS | {"tr"}, frozenset({"table"})),
    "tfoot": (_CELLS | _GROUPS | {"tr"}, frozenset({"table"})),
    "p": (frozenset({"p"}), frozenset({"td", "th", "div", "li", "table", "body"})),
    "li": (frozenset({"li"}), frozenset({"ul", "ol", "td", "th", "table"})),
    "dt": (frozenset({"dt", "dd"}), frozenset({"dl", "td", "th", "table"})),
    "dd": (frozenset({"dt", "dd"}), frozenset({"dl", "td", "th", "table"})),
    "option": (frozenset({"option"}), frozenset({"select"})),
}
"""What an element's start ends that is still open, and the element in which nothing further out is looked for."""
_SCOPE = frozenset({"td", "th", "table"})


@dataclass(slots=True)
class Element:
    """An element: its tag, what its attributes say, and what is in it in order."""

    tag: str
    told: Mapping[str, str] = field(default_factory=dict)
    inside: list[Element | str] = field(default_factory=list)

    @property
    def classes(self) -> frozenset[str]:
        """The names in its class attribute."""
        return frozenset(self.told.get("class", "").split())


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self._open = [self.root]
        self._deep: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SIBLINGS and not self._deep:
            self._end_siblings(*_SIBLINGS[tag])
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].inside.append(element)
        if tag in _VOID:
            return
        if len(self._open) < _DEEPEST:
            self._open.append(element)
        else:
            self._deep.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._deep:
            while self._deep.pop() != tag:
                continue
            return
        stops = frozenset({"table"}) if tag in _SIBLINGS and tag not in ("p", "li") else _SCOPE
        for at in range(len(self._open) - 1, 0, -1):
            if self._open[at].tag == tag:
                del self._open[at:]
                self._deep.clear()
                return
            if tag != "table" and self._open[at].tag in stops:
                return

    def handle_data(self, data: str) -> None:
        self._open[-1].inside.append(data)

    def _end_siblings(self, ended: frozenset[str], stops: frozenset[str]) -> None:
        """End the outermost open element of some kinds, and what is in it; HTML lets their end tags be left out."""
        found = 0
        for at in range(len(self._open) - 1, 0, -1):
            if self._open[at].tag in stops:
                break
            if self._open[at].tag in ended:
                found = at
        if found:
            del self._open[found:]


def tree_of(text: str) -> Element:
    """The tree of an HTML text; what is nested deeper than 120 elements lies flat in the deepest one."""
    builder = _Builder()
    builder.feed(text)
    builder.close()
    return builder.root
