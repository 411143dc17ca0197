"""What the cells of a page are where no column tells it: a name, a value, a unit, a range, or something else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from engine.documents.pages import Word
from engine.extraction.folding import fold
from engine.extraction.grammar import Grammar, Kind, Piece
from engine.extraction.joining import Around
from engine.extraction.layout import Cell, Line
from engine.extraction.rows import clean_name
from engine.extraction.unread import Spot

_LONGEST = 4
_EDGE = 3.0
_WRAPPED = 0.6
_BOUNDS = "<>≤≥"
_VALUES = frozenset({Kind.NUMBER, Kind.ANSWER, Kind.TITRE, Kind.PENDING, Kind.CANCELLED})


class Role(StrEnum):
    """What a part of a card is."""

    NAME = "name"
    VALUE = "value"
    UNIT = "unit"
    RANGE = "range"
    FLAG = "flag"
    FORMER = "previous"
    METHOD = "method"
    DATE = "date"
    OTHER = "other"


_LABELS = {"result": Role.VALUE, "range": Role.RANGE, "unit": Role.UNIT, "flag": Role.FLAG, "method": Role.METHOD,
           "previous": Role.FORMER, "date": Role.DATE}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Part:
    """Some words of one line that are one thing; `pieces` are those of a value. Places in points."""

    role: Role
    words: tuple[Word, ...]
    y0: float
    y1: float
    pieces: tuple[Piece, ...] = ()

    @property
    def x0(self) -> float:
        """Left edge."""
        return min(word.x0 for word in self.words)

    @property
    def x1(self) -> float:
        """Right edge."""
        return max(word.x1 for word in self.words)

    @property
    def height(self) -> float:
        """Height."""
        return self.y1 - self.y0

    @property
    def text(self) -> str:
        """The words as printed."""
        return " ".join(word.text for word in self.words)

    @property
    def is_bound(self) -> bool:
        """Whether it is a number with a comparator and no unit: a value, or a range open on one side."""
        return len(self.pieces) == 1 and self.pieces[0].kind is Kind.NUMBER and self.pieces[0].text[0] in _BOUNDS

    def gap(self, other: Part) -> float:
        """The distance to a part above or below; negative where they overlap."""
        return max(other.y0 - self.y1, self.y0 - other.y1)

    def aligned(self, other: Part) -> bool:
        """Whether left edges, middles or right edges stand one under the other."""
        offsets = (self.x0 - other.x0, self.x1 - other.x1, (self.x0 + self.x1 - other.x0 - other.x1) / 2)
        return min(map(abs, offsets)) < _EDGE


def parts_of(lines: Sequence[Line], taken: set[Spot], around: Around) -> list[Part]:
    """The parts of a page that nothing was made of, from top to bottom; a name in two lines is one part.

    A heading of its own inside a card (`Result` over the value) only says what the forms of its parts say.
    """
    found = [
        _part(left, around)
        for line in lines
        for cell in line.cells
        if (left := tuple(word for word in cell.words if (line.page, word.x0, word.y0) not in taken))
        and not _is_heading(cell, around.grammar)
    ]
    return list(_unwrapped(sorted(found, key=lambda part: (part.y0, part.x0)), around))


def _is_heading(cell: Cell, grammar: Grammar) -> bool:
    return grammar.language.headers.get(cell.folded) in _LABELS and grammar.kind(cell.text) is None


def _unwrapped(parts: list[Part], around: Around) -> Iterator[Part]:
    """Join a text to the one close under it where only both together, or both alike, are a known name."""
    skipped: set[int] = set()
    for index, part in enumerate(parts):
        if index in skipped:
            continue
        if part.role in (Role.NAME, Role.OTHER):
            for at in range(index + 1, len(parts)):
                below = parts[at]
                if below.role in (Role.NAME, Role.OTHER) and at not in skipped and is_next_line(part, below):
                    joined = _joined(part, below)
                    if around.matcher.direct(clean_name(joined.text)):
                        part = joined  # noqa: PLW2901  a third line may follow
                        skipped.add(at)
        yield part


def is_next_line(above: Part, below: Part) -> bool:
    """Whether a part stands so close under another one that both may be one text in two lines."""
    near = -0.2 * above.height <= below.y0 - above.y1 < _WRAPPED * min(above.height, below.height)
    return near and above.aligned(below)


def _joined(above: Part, below: Part) -> Part:
    return Part(Role.NAME, above.words + below.words, above.y0, below.y1)


def _part(words: tuple[Word, ...], around: Around) -> Part:
    y0, y1 = min(word.y0 for word in words), max(word.y1 for word in words)
    role, rest = _labelled(words, around.grammar)
    pieces = tuple(around.grammar.pieces(rest))
    if role is None:
        role = _role(words, pieces, around)
    elif (role is Role.VALUE and not is_value(pieces)) or (role is Role.UNIT and not _is_only(pieces, Kind.UNIT)):
        role = Role.OTHER
    return Part(role, rest if role is not Role.OTHER else words, y0, y1, pieces if role is Role.VALUE else ())


def _labelled(words: tuple[Word, ...], grammar: Grammar) -> tuple[Role | None, tuple[Word, ...]]:
    """The role that a heading gives the words behind it (`Ref. 70 - 99`, `Result: 95 mg/dL`), and those words."""
    for size in range(min(_LONGEST, len(words) - 1), 0, -1):
        text = fold(" ".join(word.text for word in words[:size]))
        role = _LABELS.get(grammar.language.headers.get(text, ""))
        if role is None and text in grammar.language.prose.get("span", ()):
            role = Role.RANGE
        rest = words[size:]
        if role is not Role.RANGE and role is not None:
            return role, rest
        if role is Role.RANGE and is_range(rest, grammar):
            return role, rest
    return None, words


def is_range(words: Sequence[Word], grammar: Grammar) -> bool:
    """Whether some words are a range of a known form."""
    text = " ".join(word.text for word in words)
    kind = grammar.kind(text)
    return kind is Kind.RANGE or kind is Kind.ANSWER or grammar.span(text.strip("()[] ")) is not None


def _role(words: tuple[Word, ...], pieces: tuple[Piece, ...], around: Around) -> Role:
    text = " ".join(word.text for word in words)
    kind = around.grammar.kind(text)
    if kind is None and around.matcher.exact(clean_name(text)):
        return Role.NAME
    if kind is Kind.FLAG or _is_only(pieces, Kind.FLAG):
        return Role.FLAG
    if kind is Kind.DATE:
        return Role.DATE
    if is_value(pieces):
        return Role.VALUE
    if kind is Kind.UNIT or _is_only(pieces, Kind.UNIT):
        return Role.UNIT
    if kind is Kind.RANGE or around.grammar.span(text) is not None:
        return Role.RANGE
    return Role.OTHER


def _is_only(pieces: Sequence[Piece], kind: Kind) -> bool:
    return len(pieces) == 1 and pieces[0].kind is kind


def is_value(pieces: Sequence[Piece]) -> bool:
    """Whether pieces are one value with at most its flag, its unit and its range."""
    kinds = [piece.kind for piece in pieces]
    while kinds and kinds[0] is Kind.FLAG:
        kinds = kinds[1:]
    if not kinds or kinds[0] not in _VALUES:
        return False
    rest = kinds[1:]
    return all(kind in (Kind.FLAG, Kind.UNIT, Kind.RANGE) for kind in rest) and max(
        (rest.count(kind) for kind in (Kind.UNIT, Kind.RANGE)), default=0
    ) <= 1  # fmt: skip
