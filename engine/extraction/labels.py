"""Finding `label: value` pairs in the letterhead and patient block of a page, whatever their arrangement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from engine.documents.pages import Word
from engine.extraction.folding import fold
from engine.extraction.layout import Cell, Line, split_word
from engine.extraction.packs.model import Language

_LONGEST = 6
_INNER_COLON = re.compile(r"^([^\W\d_][^:]{0,30}:)(?=[^:/\\])")
_BELOW = 2.4
_NO_NAMES = re.compile(r"[:\d]")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled value: the field it is for, the label as printed, the value's words (may be empty), and its page."""

    key: str
    label: str
    words: tuple[Word, ...]
    page: int
    colon: bool

    @property
    def text(self) -> str:
        """The value as printed."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True, slots=True)
class _Spot:
    start: int
    end: int
    key: str
    colon: bool
    whole: bool


def labelled_values(lines: Sequence[Line], language: Language) -> list[Labelled]:
    """All labelled values of the lines of one page, from top to bottom."""
    out: list[Labelled] = []
    for number, line in enumerate(lines):
        cells = [_split_colons(cell) for cell in line.cells]
        words = [word for cell in cells for word in cell]
        ends = _cell_ends(cells)
        spots = list(_spots(words, ends, language))
        for index, spot in enumerate(spots):
            stop = spots[index + 1].start if index + 1 < len(spots) else len(words)
            value = _beside(words, ends, spot, stop)
            if not value and spot.whole:
                value = _under(lines, number, words[spot.start : spot.end], language)
            if value and value[0].text in (":", "-", "="):
                value = value[1:]
            label = " ".join(word.text for word in words[spot.start : spot.end]).rstrip(": ")
            out.append(Labelled(spot.key, label, tuple(value), line.page, spot.colon))
    return out


def _split_colons(cell: Cell) -> list[Word]:
    """Words of a cell, `DOB:01/02/1970` parted after the colon."""
    out: list[Word] = []
    for word in cell.words:
        match = _INNER_COLON.match(word.text)
        out.extend(split_word(word, match.end()) if match else (word,))
    return out


def _cell_ends(cells: Sequence[Sequence[Word]]) -> list[int]:
    ends: list[int] = []
    total = 0
    for cell in cells:
        total += len(cell)
        ends.extend([total] * len(cell))
    return ends


def _spots(words: Sequence[Word], ends: Sequence[int], language: Language) -> Iterator[_Spot]:
    at = 0
    while at < len(words):
        spot = _label_at(words, at, ends, language)
        if spot is None:
            at += 1
        else:
            yield spot
            at = spot.end


def _label_at(words: Sequence[Word], at: int, ends: Sequence[int], language: Language) -> _Spot | None:
    """The longest label that starts at a word: it ends with a colon, or is a whole cell."""
    starts_cell = at == 0 or ends[at - 1] != ends[at]
    for end in range(min(at + _LONGEST, ends[at]), at, -1):
        text = " ".join(word.text for word in words[at:end])
        if ":" in text[:-1].rstrip(": "):
            continue
        key = language.labels.get(fold(text))
        if key is None:
            continue
        colon = text.endswith(":") or (end < len(words) and words[end].text.startswith(":"))
        whole = starts_cell and end == ends[at]
        if colon or whole:
            return _Spot(at, end, key, colon, whole)
    return None


def _beside(words: Sequence[Word], ends: Sequence[int], spot: _Spot, stop: int) -> list[Word]:
    """The value right of a label: the rest of its cell, or the next cell."""
    if spot.end >= stop:
        return []
    limit = min(ends[spot.end], stop)
    if words[spot.end].text == ":" and limit == spot.end + 1 and limit < stop:
        limit = min(ends[limit], stop)
    return list(words[spot.end : limit])


def _under(lines: Sequence[Line], number: int, label: Sequence[Word], language: Language) -> list[Word]:
    """The value under a label that fills its cell: the cell of the next line that starts at the same place."""
    if number + 1 >= len(lines):
        return []
    below, here = lines[number + 1], lines[number]
    if below.y0 - here.y0 > _BELOW * here.height:
        return []
    for cell in below.cells:
        if abs(cell.x0 - label[0].x0) < 12 or (cell.x0 < label[-1].x1 and cell.x1 > label[0].x0):
            labelled = fold(cell.text) in language.labels or fold(cell.words[0].text) in language.labels
            return [] if labelled and ":" in cell.text else list(cell.words)
    return []


def is_labelled_line(line: Line, language: Language) -> bool:
    """Whether a line holds a label with a colon: such a line is no result row unless its name is a known test."""
    if ":" not in line.text:
        return False
    cells = [_split_colons(cell) for cell in line.cells]
    words = [word for cell in cells for word in cell]
    return any(spot.colon for spot in _spots(words, _cell_ends(cells), language))


def name_like(text: str) -> bool:
    """Whether a text can be a person's name: letters, no digits, no colon, two to eight words or a comma."""
    words = text.replace(",", ", ").split()
    return 2 <= len(words) <= 8 and not _NO_NAMES.search(text)
