"""Finding `label: value` pairs in the letterhead and patient block of a page, whatever their arrangement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engine.documents.pages import Word
from engine.extraction.folding import alike, fold
from engine.extraction.layout import Cell, Line, make_cell, make_line, split_word
from engine.extraction.packs.model import Language

_LONGEST = 6
_INNER_COLON = re.compile(r"^([^\W\d_][^:]{0,30}:)(?=[^:/\\])")
_BELOW = 2.4
_NUMBER_WORDS = frozenset({"n", "no", "o", "nro", "num", "numero", "de", "del"})
_DATED = frozenset({"birth_date", "collected", "received", "reported", "printed"})
_NUMBERED = frozenset({"patient_id", "accession"})
_PARTING = frozenset({"-", "–", "—", "·", "•"})
_NO_NAMES = re.compile(r"[:\d]")


@dataclass(frozen=True, slots=True)
class Labelled:
    """One labelled value: the field it is for, the label as printed, the value's words (may be empty), and its page."""

    key: str
    label: str
    words: tuple[Word, ...]
    page: int
    colon: bool
    x0: float = 0.0
    y0: float = 0.0

    @property
    def text(self) -> str:
        """The value as printed."""
        return " ".join(word.text for word in self.words)


_BIRTH_AND_SEX = {"birth_date", "sex"}


@dataclass(frozen=True, slots=True)
class _Spot:
    start: int
    end: int
    key: str
    colon: bool
    whole: bool


def labelled_values(lines: Sequence[Line], language: Language, *, recognised: bool = False) -> list[Labelled]:
    """All labelled values of the lines of one page, from top to bottom; labels of recognised pages may be misread."""
    if recognised:
        lines = [_reread(line, language) for line in lines]
    out: list[Labelled] = []
    for number, line in enumerate(lines):
        if line.tokens.isdisjoint(language.label_starts) and not (
            language.code != "en" and line.tokens & _NUMBER_WORDS
        ):
            continue
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
            at = words[spot.start]
            out.append(Labelled(spot.key, label, tuple(value), line.page, spot.colon, at.x0, line.y0))
    return out


def _reread(line: Line, language: Language) -> Line:
    """The line with cells that are, or begin up to a colon with, a misread label as that label should read."""
    cells = [_reread_cell(cell, language) for cell in line.cells]
    if all(new is old for new, old in zip(cells, line.cells, strict=True)):
        return line
    return make_line(cells, line.y0, line.y1, line.page)


def _reread_cell(cell: Cell, language: Language) -> Cell:
    end = next((at + 1 for at, word in enumerate(cell.words) if word.text.endswith(":")), len(cell.words))
    if end > _LONGEST:
        return cell
    text = fold(" ".join(word.text for word in cell.words[:end]))
    likely = alike(text)
    if text in language.labels or likely not in language.recognised:
        return cell
    name = next(label for label in language.labels if alike(label) == likely)
    colon = ":" if cell.words[end - 1].text.endswith(":") else ""
    return make_cell([*_spread(name + colon, cell.words[:end]), *cell.words[end:]])


def _spread(text: str, words: Sequence[Word]) -> list[Word]:
    """The words of a label in the places of those that were misread; all in the first place where the counts differ."""
    parts = text.split(" ")
    if len(parts) != len(words):
        return [replace(words[0], text=text, x1=words[-1].x1)]
    return [replace(word, text=part) for word, part in zip(words, parts, strict=True)]


def _split_colons(cell: Cell) -> list[Word]:
    """Words of a cell, `DOB:01/02/1970` parted after the colon."""
    out: list[Word] = []
    for word in cell.words:
        match = _INNER_COLON.match(word.text) if ":" in word.text else None
        if match:
            out.extend(split_word(word, match.end()))
        else:
            out.append(word)
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
    colons = any(":" in word.text for word in words)
    while at < len(words):
        if not colons and at and ends[at - 1] == ends[at] and words[at - 1].text not in _PARTING:
            at += 1  # without a colon a label is a whole cell, or begins one, or what a dash parts from the rest
            continue
        spot = _label_at(words, at, ends, language)
        if spot is None:
            at += 1
        else:
            yield spot
            at = spot.end


def _label_at(words: Sequence[Word], at: int, ends: Sequence[int], language: Language) -> _Spot | None:
    """The longest label that starts at a word: it ends with a colon, or is a whole cell."""
    first = fold(words[at].text).split(" ", 1)[0]
    if first not in language.label_starts and (language.code == "en" or first not in _NUMBER_WORDS):
        return None
    starts_cell = at == 0 or ends[at - 1] != ends[at]
    parted = at > 0 and words[at - 1].text in _PARTING
    for end in range(min(at + _LONGEST, ends[at]), at, -1):
        text = " ".join(word.text for word in words[at:end])
        if ":" in text[:-1].rstrip(": "):
            continue
        key = label_key(text, language)
        if not key:
            continue
        colon = text.endswith(":") or (end < len(words) and words[end].text.startswith(":"))
        whole = starts_cell and end == ends[at]
        if colon or whole or ((starts_cell or parted) and _tells_itself(key, words[end : ends[at]])):
            return _Spot(at, end, key, colon, whole)
    return None


def label_key(text: str, language: Language) -> str:
    """The field of a label, also with another word for number before it (`N.petición`, `Nº de petición`)."""
    folded = fold(text)
    found = language.labels.get(folded, "") or ("/" in folded and _born(folded, language)) or ""
    if not found and "/" in folded and {language.labels.get(part) for part in folded.split("/")} == _BIRTH_AND_SEX:
        return "birth_sex"
    if found or language.code == "en":
        return found
    tokens = folded.split()
    while len(tokens) > 1 and tokens[0] in _NUMBER_WORDS:
        tokens = tokens[1:]
    found = language.labels.get(" ".join(tokens), "") if len(tokens) < len(folded.split()) else ""
    return "" if found == "patient_name" else found


def _born(folded: str, language: Language) -> str:
    """The field of a label that names the birth date first, and age or sex behind a slash (`DOB / Age`)."""
    first, *others = (language.labels.get(part, "") for part in folded.split("/"))
    if first != "birth_date" or not set(others) <= {"age", "sex"}:
        return ""
    return "birth_sex" if "sex" in others else "birth_date"


def _tells_itself(key: str, rest: Sequence[Word]) -> bool:
    """Whether what follows a label without colon shows that it is one: a date after `born`, a number after `MRN`."""
    if not rest or (key not in _DATED and key not in _NUMBERED):
        return False
    digits = sum(c.isdigit() for c in rest[0].text)
    if key in _NUMBERED:
        return digits >= 3
    return digits >= 1 and any(len(word.text) >= 4 and word.text[-1].isdigit() for word in rest[:3])


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
    here = lines[number]
    for below in lines[number + 1 : number + 4]:
        if below.y0 - here.y0 > _BELOW * here.height:
            return []
        for cell in below.cells:
            if abs(cell.x0 - label[0].x0) < 12 or (cell.x0 < label[-1].x1 and cell.x1 > label[0].x0):
                first = label_key(cell.text, language) or label_key(cell.words[0].text, language)
                if (first and ":" in cell.text) or cell.folded in language.labels:
                    return []
                return _before_label(cell.words, language)
    return []


def _before_label(words: Sequence[Word], language: Language) -> list[Word]:
    """The words of a cell up to a label with a colon that was printed close behind them."""
    for at in range(1, len(words)):
        if any(
            words[end - 1].text.endswith(":") and label_key(" ".join(w.text for w in words[at:end]), language)
            for end in range(at + 1, len(words) + 1)
        ):
            return list(words[:at])
    return list(words)


def is_labelled_line(line: Line, language: Language) -> bool:
    """Whether a line holds a label with a colon: such a line is no result row unless its name is a known test."""
    if ":" not in line.text:
        return False
    cells = [_split_colons(cell) for cell in line.cells]
    words = [word for cell in cells for word in cell]
    return any(spot.colon for spot in _spots(words, _cell_ends(cells), language))


def letterhead_end(lines: Sequence[Line], language: Language) -> int:
    """The last labelled line at the top of a page, from 0; nothing above it is a heading. -1 where there is none."""
    return max((index for index, line in enumerate(lines) if is_labelled_line(line, language)), default=-1)


def name_like(text: str) -> bool:
    """Whether a text can be a person's name: letters, no digits, no colon, two to eight words or a comma."""
    words = text.replace(",", ", ").split()
    return 2 <= len(words) <= 8 and not _NO_NAMES.search(text)
