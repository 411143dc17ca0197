"""The little of CSS that says what of an HTML document is shown, and what stands side by side.

Read are rules for the screen with selectors of tags, classes and ids, and style attributes. Rules with conditions
(`@media` with a width), pseudo classes and attributes count for nothing: what they say depends on the viewer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from engine.documents.tree import Element

_COMMENT = re.compile(r"/\*.*?(?:\*/|$)|<!--|-->", re.DOTALL)
_COMPOUND = re.compile(r"(?P<tag>[a-z][\w-]*|\*)?(?P<names>(?:[.#][\w-]+)*)", re.IGNORECASE)
_MEDIA = re.compile(r"@media\s+(?:only\s+)?(?:screen|all)(?:\s*,[^({]*)?", re.IGNORECASE)
_READ = frozenset({"display", "visibility", "float", "white-space", "flex-direction", "grid-template-columns"})
_BRACE = re.compile(r"[{}]")
_LINE_NAMES = re.compile(r"\[[^\[\]]*\]")
_LONGEST = 400
_BRACKETS = re.compile(r"([\w-]+)\(([^()]*(?:\([^()]*\)[^()]*)*)\)")
_SPACED = re.compile(r"^(?:margin|padding)(?:-left|-right)?$")
_MOST_RULES = 500
_MOST_SHEET = 1 << 20
_MOST_WORK = 5_000_000
"""Comparisons of rules with elements; no report needs as many. Beyond, only style attributes count."""
Weight = tuple[int, int, int, int]
Told = dict[str, tuple[Weight, str]]


@dataclass(frozen=True, slots=True)
class _Part:
    """One compound of a selector; `child`: it stands for a child of what the part before it stands for."""

    tag: str
    classes: frozenset[str]
    identities: frozenset[str]
    child: bool

    def fits(self, element: Element) -> bool:
        """Whether an element is one of those it stands for."""
        return (
            self.tag in ("", element.tag)
            and self.classes <= element.classes
            and self.identities <= {element.told.get("id", "")}
        )


@dataclass(frozen=True, slots=True)
class _Rule:
    selector: tuple[_Part, ...]
    weight: Weight
    says: tuple[tuple[str, str, bool], ...]


@dataclass(slots=True)
class Styles:
    """The rules of a document's style elements, in order."""

    _rules: list[_Rule] = field(default_factory=list)
    _places: dict[str, list[int]] = field(default_factory=dict)
    _chain: list[int] = field(default_factory=list)
    _known: dict[tuple[int, str, str, frozenset[str]], int] = field(default_factory=dict)
    _said: list[Told] = field(default_factory=list)
    _work: int = 0

    def add(self, sheet: str) -> None:
        """Take the rules of a style element."""
        for selectors, body in _blocks(_COMMENT.sub(" ", sheet[:_MOST_SHEET])):
            says = tuple(_declarations(body))
            for selector in selectors.split(",") if says else ():
                parts = _selector(selector)
                if parts and len(self._rules) < _MOST_RULES:
                    self._places.setdefault(_sign(parts[-1]), []).append(len(self._rules))
                    self._rules.append(_Rule(parts, _weight(parts), says))

    def of(self, path: Sequence[Element]) -> dict[str, str]:
        """What the rules and its own style attribute say of the last element of a path from the root."""
        own = path[-1].told.get("style", "")
        found = self._by_rules(path) if self._rules else {}
        if own:
            found = dict(found)
            _take(found, _declarations(own), (0, 1 << 10, 0, 0))
        return {name: value for name, (_, value) in found.items()}

    def _by_rules(self, path: Sequence[Element]) -> Told:
        """What the rules say; elements that are alike, down to what they stand in, are told alike."""
        element = path[-1]
        del self._chain[max(len(path) - 2, 0) :]
        sign = (self._chain[-1] if self._chain else 0, element.tag, element.told.get("id", ""), element.classes)
        place = self._known.setdefault(sign, len(self._said))
        self._chain.append(place + 1)
        if place == len(self._said):
            self._said.append(self._search(path))
        return self._said[place]

    def _search(self, path: Sequence[Element]) -> Told:
        element, found = path[-1], dict[str, tuple[Weight, str]]()
        signs = {"", element.tag, f"#{element.told.get('id', '')}", *(f".{name}" for name in element.classes)}
        places = sorted({place for sign in signs for place in self._places.get(sign, ())})
        self._work += len(places) * len(path)
        for place in places if self._work < _MOST_WORK else ():
            rule = self._rules[place]
            last = rule.selector[-1]
            if last.fits(element) and _leads(rule.selector[:-1], path[:-1], child=last.child):
                _take(found, rule.says, rule.weight)
        return found


def _sign(part: _Part) -> str:
    """What an element has to have so that the part can stand for it."""
    names = [*(f".{name}" for name in part.classes), *(f"#{name}" for name in part.identities)]
    return min(names) if names else part.tag


def _take(found: Told, says: Iterable[tuple[str, str, bool]], weight: Weight) -> None:
    """Let declarations count that weigh as much as what was told before."""
    for name, value, important in says:
        own = (1, *weight[1:]) if important else weight
        if name not in found or own >= found[name][0]:
            found[name] = own, value


def _blocks(sheet: str, *, inner: bool = False) -> Iterator[tuple[str, str]]:
    """Selectors and bodies of the rules for the screen; an `@media` for all screens is looked into."""
    at = 0
    while (start := sheet.find("{", at)) >= 0:
        head, end = sheet[at:start].rpartition(";")[2].strip(), _end(sheet, start)
        if not head.startswith("@"):
            yield head, sheet[start + 1 : end]
        elif _MEDIA.fullmatch(head) and not inner:
            yield from _blocks(sheet[start + 1 : end], inner=True)
        at = end + 1


def _end(sheet: str, start: int) -> int:
    """Where the bracket that opens at `start` is closed."""
    depth = 0
    for match in _BRACE.finditer(sheet, start):
        depth += 1 if match.group() == "{" else -1
        if depth == 0:
            return match.start()
    return len(sheet)


def _declarations(body: str) -> Iterator[tuple[str, str, bool]]:
    """What a body says of showing and placing: property, value, and whether it is marked as important."""
    for part in body.split(";"):
        name, sign, value = part.partition(":")
        name, value = name.strip().lower(), " ".join(value.lower().split())
        if sign and (name in _READ or _SPACED.match(name)):
            plain = value.removesuffix("!important").strip()
            yield name, plain, plain != value


def _selector(text: str) -> tuple[_Part, ...]:
    """The parts of a selector; empty for one with anything else than tags, classes, ids, blanks and `>`."""
    parts: list[_Part] = []
    child = False
    for piece in text.replace(">", " > ").split():
        match = _COMPOUND.fullmatch(piece)
        if piece == ">":
            child = True
        elif match is None:
            return ()
        else:
            names = re.findall(r"[.#][\w-]+", match["names"])
            own = [frozenset(name[1:] for name in names if name[0] == sign) for sign in ".#"]
            parts.append(_Part((match["tag"] or "").lower().replace("*", ""), own[0], own[1], child))
            child = False
    return tuple(parts)


def _weight(parts: Sequence[_Part]) -> Weight:
    identities = sum(len(part.identities) for part in parts)
    return 0, identities, sum(len(part.classes) for part in parts), sum(bool(part.tag) for part in parts)


def _leads(selector: Sequence[_Part], path: Sequence[Element], *, child: bool) -> bool:
    """Whether the elements above one are those that the rest of a selector asks for."""
    above = len(path)
    for part in reversed(selector):
        places = range(above - 1, above - 2 if child else -1, -1)
        found = next((at for at in places if at >= 0 and part.fits(path[at])), None)
        if found is None:
            return False
        above, child = found, part.child
    return True


def is_hidden(says: dict[str, str]) -> bool:
    """Whether an element is not shown."""
    return says.get("display") == "none" or says.get("visibility") in ("hidden", "collapse")


def is_spaced(says: dict[str, str]) -> bool:
    """Whether room is left beside an element in a line."""
    return any(_SPACED.match(name) and re.search(r"[1-9]", value) for name, value in says.items())


def is_stacked(around: dict[str, str]) -> bool:
    """Whether what stands in an element of this style stands one under the other."""
    return around.get("display", "").endswith("flex") and around.get("flex-direction", "").startswith("column")


def is_beside(says: dict[str, str], parent: dict[str, str]) -> bool:
    """Whether an element is a box of its own beside its neighbours: of a row, floating, or one of a line of boxes."""
    if parent.get("display") in ("flex", "inline-flex") and not parent.get("flex-direction", "").startswith("column"):
        return True
    display = says.get("display", "")
    return display in ("inline-block", "inline-table", "inline-flex", "table-cell") or says.get("float", "") in (
        "left",
        "right",
    )


def columns_of(says: dict[str, str]) -> int:
    """How many columns a grid has; 0 for anything else, and for one whose columns depend on the viewer."""
    if says.get("display") not in ("grid", "inline-grid"):
        return 0
    told = _BRACKETS.sub(_spread, _LINE_NAMES.sub(" ", says.get("grid-template-columns", "")[:_LONGEST]))
    return 0 if "(" in told or told in ("", "none") else len(told.split())


def _spread(match: re.Match[str]) -> str:
    """`repeat(3, 1fr)` as `x x x`, any other function as one column."""
    count, _, rest = match.group(2).partition(",")
    if match.group(1) != "repeat":
        return "x"
    return " ".join(["x"] * min(int(count) * len(rest.split()), 99)) if count.strip().isdecimal() else "("
