"""Reports that print a block for each test: its name on a line of its own, then `Result: 95 mg/dL`.

The words before the colon are the headings a table would have; the row is filled as if the headings stood above.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.documents.pages import Word
from engine.extraction.conditions import Person
from engine.extraction.folding import fold
from engine.extraction.grammar import Grammar, Kind, Piece
from engine.extraction.layout import Line
from engine.extraction.rows import RawRow
from engine.extraction.units import fold_unit

_LONGEST = 4
_ROLES = frozenset({"result", "range", "method", "unit"})


def is_block(line: Line, grammar: Grammar) -> bool:
    """Whether a line begins with the heading of a result and a colon, and goes on."""
    if ":" not in line.text:
        return False
    return _label(line.cells[0].words, 0, grammar)[0] == "result" and len(line.text.split(":", 1)[1].strip()) > 0


def block_row(line: Line, name: Sequence[Word], grammar: Grammar) -> RawRow | None:
    """The row of a block line for the test of this name; None when no value stands in it."""
    row = RawRow(headless=True)
    row.add("name", name)
    words = [word for cell in line.cells for word in cell.words]
    role, at = "", 0
    parts: list[tuple[str, list[Word]]] = []
    while at < len(words):
        found, size = _label(words, at, grammar)
        if found:
            role = found
            parts.append((role, []))
        elif parts:
            parts[-1][1].append(words[at])
        at += size
    for role, own in sorted(parts, key=_result_first):
        if own:
            _fill(row, role, own, grammar)
    return row if row.fields.get("value") and row.kind is not None else None


def late_range(line: Line, grammar: Grammar) -> list[Word]:
    """The words of a range that a line gives behind its label (`Reference values: 65 - 99`); empty for other lines."""
    if ":" not in line.text:
        return []
    first = line.cells[0].words
    words = [word for cell in line.cells for word in cell.words]
    role, size = _label(words, 0, grammar)
    if role != "range":
        return []
    # What stands apart behind a range is the scale of a drawing, or nothing of the kind.
    return next((rest for rest in (words[size:], list(first[size:])) if rest and _is_range(rest, grammar)), [])


def _is_range(words: Sequence[Word], grammar: Grammar) -> bool:
    text = " ".join(word.text for word in words)
    span, known = grammar.range_for(text, Person())
    return span is not None or known or grammar.kind(text) is Kind.ANSWER


def _fill(row: RawRow, role: str, words: Sequence[Word], grammar: Grammar) -> None:
    if role == "range":
        words, unit = _without_unit(words, row, grammar)
        if unit:
            row.add("other", unit)
    if role != "result":
        row.add(role, words)
        return
    for piece in grammar.pieces(words):
        _slot(row, piece)


def _result_first(part: tuple[str, list[Word]]) -> bool:
    return part[0] != "result"


def _without_unit(words: Sequence[Word], row: RawRow, grammar: Grammar) -> tuple[Sequence[Word], Sequence[Word]]:
    """A range and apart from it the unit of the result, where it is said again behind the limits."""
    last = grammar.pieces(words)[-1]
    cut = len(words) - len(last.words)
    again = last.kind is Kind.UNIT and cut > 0 and fold_unit(last.text) == fold_unit(row.text("unit"))
    return (words[:cut], words[cut:]) if again and tuple(words[cut:]) == last.words else (words, ())


def _slot(row: RawRow, piece: Piece) -> None:
    """The first piece is the value; units and flags behind it are what they are, anything else leaves a text."""
    if "value" not in row.fields:
        row.add("value", piece.words)
        row.kind = Kind.ANSWER if piece.kind is Kind.FLAG else piece.kind
    elif piece.kind is Kind.UNIT and "unit" not in row.fields:
        row.add("unit", piece.words)
    elif piece.kind is Kind.FLAG:
        row.add("flag", piece.words)
    elif piece.kind is Kind.RANGE and "range" not in row.fields:
        row.add("range", piece.words)
    else:
        row.add("value", piece.words)
        row.kind = Kind.TEXT


def _label(words: Sequence[Word], at: int, grammar: Grammar) -> tuple[str, int]:
    """The role of the label that starts at a word and ends with a colon, and its count of words."""
    for size in range(1, min(_LONGEST, len(words) - at) + 1):
        if words[at + size - 1].text.endswith(":"):
            role = grammar.language.headers.get(fold(" ".join(word.text for word in words[at : at + size])), "")
            return (role, size) if role in _ROLES else ("", 1)
    return "", 1
