"""Words of a page put back into lines and cells by their geometry alone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine.documents.pages import Page, Word
from engine.domain.report import Box
from engine.extraction.folding import fold

_SAME_LINE = 0.45
"""Words belong to one line when their middles are closer than this share of their height."""
_CELL_GAP = 0.62
"""A gap of more than this share of the height starts a new cell (a blank is about 0.25)."""
_RAISED_SIZE = 0.8
_LEADER = re.compile(r"(?:\.{3,}|…+|_{3,}|·{3,}|(?:\. ){2,}\.|-{4,}|={3,}|(?<=[A-Za-z)])\.{2}$)")
_DOTS = re.compile(r"^\.(?: ?\.)+$")
_BARS = frozenset({"", "..", "|", "¦", "│", "┃", "║", "||"})
_RULES = frozenset("-=_*~.·—–+|")
_LONG_RULE = 8
"""Beside other words, fewer dashes than this are a placeholder for a value."""
_GRAPH_MARKS = frozenset("*xX|•o+-.:")
_GRAPH_BESIDE = 2.5
_RULE_LINE = re.compile(r"^(?!\+{1,4}$|\*{1,3}$)[-=_*~.·—–+|]{3,}$")


@dataclass(frozen=True, slots=True)
class Cell:
    """Words that stand close together in one line, their text joined by blanks, and that text folded as a name."""

    words: tuple[Word, ...]
    text: str
    folded: str

    @property
    def x0(self) -> float:
        """Left edge in points."""
        return self.words[0].x0

    @property
    def x1(self) -> float:
        """Right edge in points."""
        return self.words[-1].x1


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a page; y0 and y1 in points from the top.

    Attributes:
        cells: from left to right.
        text: the cells joined by two blanks.
        tokens: the folded words, without order.
    """

    cells: tuple[Cell, ...]
    y0: float
    y1: float
    page: int
    text: str
    tokens: frozenset[str]

    @property
    def height(self) -> float:
        """Height in points."""
        return self.y1 - self.y0


def make_cell(words: Sequence[Word]) -> Cell:
    """A cell of some words."""
    text = " ".join([word.text for word in words])
    return Cell(tuple(words), text, fold(text))


def make_line(cells: Sequence[Cell], y0: float, y1: float, page: int) -> Line:
    """A line of some cells."""
    tokens = frozenset([token for cell in cells for token in cell.folded.split()])
    return Line(tuple(cells), y0, y1, page, "  ".join([cell.text for cell in cells]), tokens)


def box_of(words: Sequence[Word]) -> Box:
    """The smallest box around words, in points rounded to hundredths."""
    first = words[0]
    x0, y0, x1, y1 = first.x0, first.y0, first.x1, first.y1
    if len(words) > 1:
        x0, y0 = min([word.x0 for word in words]), min([word.y0 for word in words])
        x1, y1 = max([word.x1 for word in words]), max([word.y1 for word in words])
    return round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2)


def lines_of(page: Page) -> list[Line]:
    """Lines of a page from top to bottom."""
    words = sorted(page.words, key=lambda word: (word.y0 + word.y1, word.x0))
    groups: list[list[Word]] = []
    middle = height = 0.0
    for word in words:
        own, tall = (word.y0 + word.y1) / 2, word.y1 - word.y0
        if groups and own - middle <= _SAME_LINE * max(min(height, tall), 0.8 * height):
            group = groups[-1]
            group.append(word)
            middle += (own - middle) / len(group)
            height = max(height, tall)
        else:
            groups.append([word])
            middle, height = own, tall
    return [_line(group, page.number) for group in groups]


def _line(words: list[Word], page: int) -> Line:
    words.sort(key=lambda word: word.x0)
    heights = sorted([word.y1 - word.y0 for word in words])
    tall = heights[len(words) // 2]
    y0, y1 = min([word.y0 for word in words]), max([word.y1 for word in words])
    groups: list[list[Word]] = []
    edge, last = float("-inf"), tall
    shortest = 3 if all(_RULE_LINE.match(word.text) for word in words) else _LONG_RULE
    if any(word.text.startswith("[") for word in words) and any(word.text.endswith("]") for word in words):
        words = _without_graphs(words, tall)
    for word in _without_leaders(_marked(words, tall) if heights[0] < _RAISED_SIZE * heights[-1] else words):
        text = word.text
        if text in _BARS or (len(text) >= shortest and text[0] in _RULES and _RULE_LINE.match(text)):
            edge = float("-inf")
            continue
        own = word.y1 - word.y0
        # Blanks grow with the print: of two large words beside a line of small ones the larger gap counts.
        if word.x0 - edge > _CELL_GAP * max(tall, min(last, own)):
            groups.append([])
        groups[-1].append(word)
        edge, last = word.x1, own
    cells = [make_cell(group) for group in _with_colons(groups)]
    return make_line([cell for cell in cells if cell.text[0] != "." or not _DOTS.match(cell.text)], y0, y1, page)


def _with_colons(groups: Sequence[list[Word]]) -> list[list[Word]]:
    """Put a colon that stands alone (`Sodium .....:    140`) behind the word before it; it is no cell."""
    out: list[list[Word]] = []
    for group in groups:
        if out and len(group) == 1 and group[0].text == ":":
            last = out[-1][-1]
            out[-1][-1] = Word(f"{last.text}:", last.x0, last.y0, last.x1, last.y1, last.confidence)
        else:
            out.append(group)
    return out


def _marked(words: list[Word], tall: float) -> Iterable[Word]:
    """Glue a raised small word behind another to it as a footnote mark or exponent (`Glucose` + `1` = `Glucose^1`)."""
    out: list[Word] = []
    for word in words:
        last = out[-1] if out else None
        size = word.y1 - word.y0
        if (
            last is not None
            and size < _RAISED_SIZE * (last.y1 - last.y0)
            and size < _RAISED_SIZE * tall * 1.1
            and word.y1 < last.y1 - 0.15 * tall
            and word.x0 - last.x1 < 0.5 * tall
            and len(word.text) <= 3
        ):
            joined = word.text if "^" in last.text else f"^{word.text}"
            out[-1] = Word(
                last.text + joined, last.x0, last.y0, word.x1, last.y1, min(last.confidence, word.confidence)
            )
        else:
            out.append(word)
    return out


def _without_graphs(words: Sequence[Word], tall: float) -> list[Word]:
    """The words without scales that show with a sign where a value lies (`[    *  ]`, `[     ] *`); a gap stays."""
    out: list[Word] = []
    at = 0
    while at < len(words):
        end = _graph_end(words, at)
        if end == at:
            out.append(words[at])
            at += 1
            continue
        first, last = words[at], words[end - 1]
        if out and _is_sign(out[-1].text) and first.x0 - out[-1].x1 < _GRAPH_BESIDE * tall:
            first = out.pop()
        if end < len(words) and _is_sign(words[end].text) and words[end].x0 - last.x1 < _GRAPH_BESIDE * tall:
            last = words[end]
            end += 1
        out.append(Word("", first.x0, first.y0, last.x1, last.y1, last.confidence))
        at = end
    return out


def _graph_end(words: Sequence[Word], at: int) -> int:
    """Behind the last word of the scale that begins at a word; `at` where none does. A mark in one word is a flag."""
    if not words[at].text.startswith("[") or words[at].text.endswith("]") or not _is_sign(words[at].text[1:]):
        return at
    for end in range(at + 1, len(words)):
        text = words[end].text
        if not _is_sign(text.removesuffix("]")):
            return at
        if text.endswith("]"):
            return end + 1
    return at


def _is_sign(text: str) -> bool:
    return _GRAPH_MARKS.issuperset(text)


def _without_leaders(words: Iterable[Word]) -> Iterable[Word]:
    """Split words at dotted leaders; an empty word marks the place, so that a new cell starts there."""
    for word in words:
        text = word.text
        if text.isalnum() or (
            "..." not in text and "…" not in text and "___" not in text and "··" not in text and not text.endswith("..")
        ):
            yield word
            continue
        step = (word.x1 - word.x0) / max(len(text), 1)
        at = 0
        for match in _LEADER.finditer(text):
            if match.start() > at:
                yield _slice(word, at, match.start(), step)
            yield Word(
                "", word.x0 + match.start() * step, word.y0, word.x0 + match.end() * step, word.y1, word.confidence
            )
            at = match.end()
        if at < len(text):
            yield _slice(word, at, len(text), step)


def _slice(word: Word, start: int, end: int, step: float) -> Word:
    return Word(word.text[start:end], word.x0 + start * step, word.y0, word.x0 + end * step, word.y1, word.confidence)


def split_word(word: Word, at: int) -> tuple[Word, Word]:
    """Part a word after `at` characters, sharing its box out by character count."""
    step = (word.x1 - word.x0) / max(len(word.text), 1)
    return _slice(word, 0, at, step), _slice(word, at, len(word.text), step)


def pitch_of(lines: Sequence[Line]) -> float:
    """The usual distance between lines with several cells, in points; 0 when there are too few."""
    steps = [
        round(below.y0 - above.y0, 1)
        for above, below in pairwise(lines)
        if len(above.cells) >= 3 and len(below.cells) >= 3 and below.y0 - above.y0 > 2
    ]
    return sorted(steps)[len(steps) // 2] if len(steps) >= 3 else 0.0
