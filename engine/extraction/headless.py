"""Lines read without the help of columns: name, value, flag, unit and range told by their forms alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from engine.documents.pages import Word
from engine.extraction.codes import Matcher
from engine.extraction.conditions import Person
from engine.extraction.folding import fold, key
from engine.extraction.grammar import Grammar, Kind, Piece
from engine.extraction.layout import Cell, Line
from engine.extraction.rows import VALUE_KINDS, RawRow, add_name, clean_name, name_end


def headless_row(cells: Sequence[Cell], grammar: Grammar) -> RawRow | None:
    """Read a line without the help of columns: name, then value, then flag, unit and range in any order."""
    words = [word for cell in cells for word in cell.words]
    cut = _headless_cut(cells, grammar)
    if not cut or cut >= len(words):
        return None
    row = RawRow(headless=True, certainty=0.95)
    add_name(row, words[:cut])
    numbers = 0
    pieces = _value_first([piece for cell in _after(cells, cut) for piece in grammar.pieces(cell)], grammar)
    answers = {key(piece.text) for piece in pieces if piece.kind is Kind.ANSWER}
    for piece in pieces:
        numbers += piece.kind is Kind.NUMBER
        _headless_slot(row, piece)
    if "value" not in row.fields and row.fields.get("flag"):
        row.fields["value"] = row.fields.pop("flag")
        row.kind = Kind.ANSWER
    if "value" not in row.fields:
        return None
    counted = row.kind is Kind.RANGE and numbers and row.fields.get("unit")
    ranges = sum(piece.kind is Kind.RANGE for piece in pieces)
    torn = ranges > 1 and not grammar.range_for(row.text("range"), Person())[1]
    if numbers > 1 or len(answers) > 1 or counted or (row.kind is Kind.NUMBER and torn):
        row.certainty = 0.6
    return row


def _value_first(pieces: list[Piece], grammar: Grammar) -> list[Piece]:
    """The pieces, with a range that stands before the value behind it: `[65 - 99]  81`, `65 - 99  81`, `(neg.) neg`."""
    first = next((at for at, piece in enumerate(pieces) if piece.kind not in (Kind.FLAG, Kind.UNIT)), 0)
    if not pieces or (first + 1 == len(pieces) and not first):
        return pieces
    lead = pieces[first]
    if first and not pieces[0].text.strip("+") and lead.text[:1] in "([" and _encloses_answer(lead, grammar):
        degree, expected = replace(pieces[0], kind=Kind.ANSWER), replace(lead, kind=Kind.RANGE)
        return [degree, *pieces[1:first], expected, *pieces[first + 1 :]]  # `+ *  (negative)`
    inner = grammar.kind(lead.text[1:-1].strip()) if lead.text[:1] in "([" and lead.text[-1:] in ")]" else None
    enclosed = inner in VALUE_KINDS or inner is Kind.RANGE or (inner is not None and lead.kind is Kind.RANGE)
    if not (enclosed or lead.kind is Kind.RANGE) or first + 1 == len(pieces):
        return pieces
    if not enclosed and _counts(pieces, first, grammar):
        return pieces
    wanted = VALUE_KINDS | {Kind.RANGE} if enclosed else {Kind.NUMBER, Kind.TITRE}
    for at in range(first + 1, len(pieces)):
        piece = pieces[at]
        if piece.kind in wanted and piece.text[:1] not in "([":
            ranged = replace(lead, kind=Kind.RANGE)
            return [*pieces[:first], *pieces[first + 1 : at + 1], ranged, *pieces[at + 1 :]]
    return pieces


def _encloses_answer(piece: Piece, grammar: Grammar) -> bool:
    return grammar.kind(piece.text.strip("()[] ")) in VALUE_KINDS


def _counts(pieces: Sequence[Piece], first: int, grammar: Grammar) -> bool:
    """Whether a unit that counts stands behind a range: `0-5 /HPF` is what was seen under the microscope."""
    behind = pieces[first + 1]
    return behind.kind is Kind.UNIT and grammar.packs.units.ucum(behind.text).startswith("/")


def _after(cells: Sequence[Cell], cut: int) -> list[tuple[Word, ...]]:
    """The words of each cell after the first `cut` words of the line."""
    out: list[tuple[Word, ...]] = []
    for cell in cells:
        if cut < len(cell.words):
            out.append(cell.words[cut:] if cut > 0 else cell.words)
        cut = max(cut - len(cell.words), 0)
    return out


def _headless_cut(cells: Sequence[Cell], grammar: Grammar) -> int:
    """How many words make the name: the first cell, or the longest known name inside it."""
    first = cells[0].words
    if len(cells) > 1 and starts_value(cells[1:2], grammar):
        inside = name_end(first, grammar)
        return inside or len(first)
    if len(cells) > 1 and fold(clean_name(cells[0].text)) in grammar.packs.aliases:
        return len(first)
    for size in range(len(first) - 1, 0, -1):
        name = fold(clean_name(" ".join(word.text for word in first[:size])))
        if name in grammar.packs.aliases and _starts_value(first[size:], grammar):
            return size
    return 0


def starts_value(cells: Sequence[Cell], grammar: Grammar) -> bool:
    """Whether the first of some cells begins with a value or a flag before one."""
    return bool(cells) and _starts_value(cells[0].words, grammar)


def _starts_value(words: Sequence[Word], grammar: Grammar) -> bool:
    pieces = grammar.pieces(words)
    if pieces[0].kind is Kind.RANGE:
        return True
    if pieces[0].kind is Kind.FLAG and len(pieces) > 1:
        return pieces[1].kind in VALUE_KINDS
    return pieces[0].kind in VALUE_KINDS or pieces[0].kind is Kind.FLAG


def _headless_slot(row: RawRow, piece: Piece) -> None:
    taken = "value" in row.fields
    bracketed = piece.text[:1] in "([" and piece.text[-1:] in ")]"
    if piece.kind is Kind.FLAG and not bracketed:
        word = not taken and piece.text.isalpha() and len(piece.text) > 2
        row.add("value" if word else "flag", piece.words)
        row.kind = Kind.ANSWER if word else row.kind
    elif piece.kind is Kind.FLAG and not taken:
        row.add("flag", piece.words)
    elif not taken and (piece.kind in VALUE_KINDS or piece.kind in (Kind.RANGE, Kind.TEXT)):
        row.add("value", piece.words)
        row.kind = Kind.RANGE if bracketed and piece.kind is Kind.NUMBER else piece.kind  # `(<5)` is no value
    elif piece.kind is Kind.UNIT and "unit" not in row.fields:
        row.add("unit", piece.words)
    elif not taken:
        row.add("other", piece.words)
    elif piece.kind is Kind.RANGE or "range" in row.fields or bracketed or piece.kind is Kind.ANSWER:
        row.add("range", piece.words)
    elif piece.kind is Kind.NUMBER:
        row.previous.append(("", list(piece.words)))
    elif piece.kind is Kind.TEXT and row.kind is Kind.ANSWER and _runs_on(row.fields["value"][-1], piece.words[0]):
        row.add("value", piece.words)  # `Low level`: the word of a flag begins an answer that nobody knows
        row.kind = Kind.TEXT
    else:
        row.add("flag" if piece.kind is Kind.FLAG else "range", piece.words)


def _runs_on(last: Word, first: Word) -> bool:
    """Whether two words stand in one cell."""
    return abs(first.y0 - last.y0) < last.y1 - last.y0 and first.x0 - last.x1 < 0.6 * (last.y1 - last.y0)


def side_by_side(line: Line, grammar: Grammar, matcher: Matcher) -> list[Sequence[Cell]]:
    """Part a line that holds several tests side by side (`Na 140  K 4.1  Cl 101`), each with its value."""
    starts = [
        index
        for index, cell in enumerate(line.cells)
        if name_end(cell.words, grammar)
        or (
            (index == 0 or grammar.kind(cell.text) is not Kind.FLAG)  # `Bas` is low, and basophils
            and matcher.exact(clean_name(cell.text))
            and starts_value(line.cells[index + 1 : index + 2], grammar)
        )
    ]
    if len(starts) < 2:
        return [line.cells]
    return [line.cells[start:end] for start, end in pairwise([0, *starts[1:], len(line.cells)])]
