"""Telling headings and comments from their words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.extraction.folding import fold
from engine.extraction.layout import Cell, Line, make_cell, make_line
from engine.extraction.packs.model import Language
from engine.extraction.units import UnitTable

_ASIDE = re.compile(r"(?<=\w)\s*\([^()]*\)$")
TITLE = re.compile(r"\w\s*[(\[]([^()\[\]]{1,20})[)\]]$")
"""A text that ends with a short bracket, as titles of sections do (`Blood fats (mmol/L)`)."""
_MOST_WORDS = 9
_NEAR = 2.2
_UNDER = 3.0
"""How far under a heading, in heights of its line, its second line may stand: together they have to be a known one."""


def specimen_of(text: str, language: Language) -> str:
    """The specimen that the longest section word inside a heading stands for; empty when it has none."""
    sections = language.sections
    folded = fold(_ASIDE.sub("", text) or text)
    if folded in sections:
        return sections[folded]
    padded = f" {folded.replace('/', ' ').replace('&', ' ')} "
    found = [(len(name), specimen) for name, specimen in sections.items() if f" {name} " in padded]
    if not found or max(found)[0] < 0.3 * len(folded):
        return ""
    return max(found)[1]


def is_heading(text: str, language: Language) -> bool:
    """Whether a text is a section heading by its words."""
    if not text or any(c in "<>=;:" for c in text) or text.endswith((".", ",")):
        return False
    return len(text.split()) <= _MOST_WORDS and bool(specimen_of(text, language))


def heading_shaped(text: str) -> bool:
    """Whether a text without known words could be a heading: short, no sentence, hardly a digit."""
    if len(text) < 3 or len(text.split()) > 6 or any(c in text for c in ".;()"):
        return False
    return sum(c.isdigit() for c in text) <= 2


def is_comment(text: str, language: Language) -> bool:
    """Whether a line is a remark rather than a part of a name: it says so, or it is a sentence."""
    first = fold(text.split(":", 1)[0])
    return first in language.comment or text.endswith(".") or len(text.split()) > 8 or ";" in text


def parted_title(title: str, units: UnitTable) -> tuple[str, str]:
    """A title and the unit in the bracket that it ends with (`Blood fats (mmol/L)`), empty when there is none."""
    match = TITLE.search(title)
    if not match or not units.ucum(match.group(1)):
        return title, ""
    return title[: match.start() + 1], match.group(1)


def completes_header(lines: Sequence[Line], heads: Sequence[Sequence[object]], index: int, language: Language) -> bool:
    """Whether a line right above or under a table's header only goes on with its headings (`Reference` / `Range`)."""
    line = lines[index]
    near = [other for other in (index - 1, index + 1) if 0 <= other < len(lines) and heads[other]]
    if not any(abs(lines[other].y0 - line.y0) < _NEAR * line.height for other in near):
        return False
    headers = language.headers
    return all(fold(cell.text) in headers or all(fold(w.text) in headers for w in cell.words) for cell in line.cells)


def whole_headings(upper: Line, lower: Line, language: Language) -> Line | None:
    """One header line out of two, where headings go on in the line under them (`Reference` over `range`).

    Of two headings one over the other that are one together, the upper one alone may be that of another column
    (`Valor` over `de referência`).

    Returns:
        None where no cell of the lower line completes one of the upper line, or where it holds anything else.
    """
    if (
        not upper.cells
        or not lower.cells
        or lower.y0 - upper.y0 > _UNDER * upper.height
        or any(map(str.isdigit, lower.text))
    ):
        return None
    cells = list(upper.cells)
    joined = 0
    for cell in lower.cells:
        over = [at for at, other in enumerate(cells) if other.x0 < cell.x1 and cell.x0 < other.x1]
        if len(over) == 1:
            whole = make_cell([*cells[over[0]].words, *cell.words])
            if whole.folded in language.headers:
                cells[over[0]] = whole
                joined += 1
                continue
        if cell.folded not in language.headers:
            return None
        if not over:
            cells.append(cell)
    if not joined:
        return None
    cells.sort(key=_left)
    return make_line(cells, upper.y0, lower.y1, upper.page)


def _left(cell: Cell) -> float:
    return cell.x0
