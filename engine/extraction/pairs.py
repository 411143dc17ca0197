"""Two results of one test: a percentage and its count on one line, or one result in two units on two lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from engine.documents.pages import Word
from engine.extraction.draft import Draft
from engine.extraction.folding import key
from engine.extraction.grammar import Grammar, Kind, Piece, without_bracket
from engine.extraction.layout import Cell, Line
from engine.extraction.numbers import Number
from engine.extraction.ranges import Range
from engine.extraction.rows import RawRow
from engine.extraction.units import fold_unit

_COUNTS = frozenset({"10*3/uL", "10*9/L", "/uL", "10*6/L", "/mL", "g/dL", "g/L"})
_WIDE, _CLOSE = Decimal(8), Decimal("2.5")
"""How far beyond its range a number may be; the closer one decides where both numbers of a line may have the range."""
_BOUNDS = "<>≤≥"
_EDGE = 3.0
_UNDER = 1.9
_NO_NAME = 60.0


@dataclass(slots=True)
class _Measured:
    """A number with its unit, and the range printed behind it."""

    value: Piece
    unit: Piece
    span: Piece | None = None


def paired_rows(cells: Sequence[Cell], grammar: Grammar, *, headless: bool) -> list[RawRow]:
    """Part a line `Neutrophils 62.3 % 4,361 /uL 1,500 - 7,800` into its two rows; empty when the line is none such.

    A range that fits only one of the two numbers is its own; where it may belong to either, both are left uncertain.
    """
    pieces = [piece for cell in cells[1:] for piece in grammar.pieces(cell.words)]
    flags = [piece for piece in pieces if piece.kind is Kind.FLAG and not piece.text.isalpha()]
    found = _measured([one for one in pieces if one not in flags and key(one.text) not in grammar.language.same])
    if len(found) != 2 or len(flags) > 1:
        return []
    ucums = [grammar.packs.units.ucum(without_bracket(one.unit.text)) for one in found]
    if ucums.count("%") != 1 or not set(ucums) & _COUNTS:
        return []
    spans = [one.span for one in found if one.span is not None]
    certain = True
    if len(spans) == 1:
        certain = _give_span(found, spans[0], grammar)
    rows = [_row(cells[0].words, one, headless=headless, certain=certain) for one in found]
    for row, one in zip(rows, found, strict=True):
        if flags and one.span is not None:
            row.add("flag", flags[0].words)
    return rows


def unit_heads(line: Line, grammar: Grammar) -> tuple[tuple[Cell, ...], tuple[Piece, ...]]:
    """The units of a header that parts a percentage from its count: `Differential   %   Ref.   /mm3   Ref.`.

    Returns:
        The cells of a title before them, and the two units; nothing where the line is no such header.
    """
    nothing: tuple[tuple[Cell, ...], tuple[Piece, ...]] = ((), ())
    if len(line.cells) < 2 or "%" not in line.text:
        return nothing
    units: list[Piece] = []
    title: list[Cell] = []
    for cell in line.cells:
        pieces = grammar.pieces(cell.words)
        if len(pieces) == 1 and pieces[0].kind is Kind.UNIT:
            units.append(pieces[0])
        elif not units and not any(map(str.isdigit, cell.text)):
            title.append(cell)
        elif grammar.language.headers.get(cell.folded) != "range":
            return nothing
    ucums = [grammar.packs.units.ucum(without_bracket(one.text)) for one in units]
    if len(units) != 2 or len(title) > 1 or ucums.count("%") != 1 or not set(ucums) & _COUNTS:
        return nothing
    return tuple(title), tuple(units)


def headed_pair(cells: Sequence[Cell], units: Sequence[Piece], grammar: Grammar, *, headless: bool) -> list[RawRow]:
    """The two rows of a line `Neutrophils 50  40 - 70  4,600  1,800 - 7,300` under a header of `unit_heads`.

    Empty unless there are two numbers, each nearest to its own unit, with their ranges and flags right behind them.
    """
    found: list[_Measured] = []
    flags: list[list[Piece]] = []
    for piece in (piece for cell in cells[1:] for piece in grammar.pieces(cell.words)):
        if piece.kind is Kind.NUMBER and not _is_bound(piece) and len(found) < len(units):
            found.append(_Measured(piece, units[len(found)]))
            flags.append([])
        elif piece.kind is Kind.FLAG and found:
            flags[-1].append(piece)
        elif (piece.kind is Kind.RANGE or _is_bound(piece)) and found and found[-1].span is None:
            found[-1].span = piece
        elif piece.kind is not Kind.UNIT or not found or fold_unit(piece.text) != fold_unit(found[-1].unit.text):
            return []
    if len(found) != len(units) or any(_far(one, units) for one in found):
        return []
    rows = [_row(cells[0].words, one, headless=headless, certain=True) for one in found]
    for row, own in zip(rows, flags, strict=True):
        for piece in own:
            row.add("flag", piece.words)
    return rows


def _far(one: _Measured, units: Sequence[Piece]) -> bool:
    """Whether a number stands nearer to another unit than to its own."""
    middle = (one.value.words[0].x0 + one.value.words[-1].x1) / 2
    nearest = min(units, key=lambda unit: abs((unit.words[0].x0 + unit.words[-1].x1) / 2 - middle))
    return nearest is not one.unit


def _measured(pieces: Sequence[Piece]) -> list[_Measured]:
    """The numbers with units, when there is nothing else than those and ranges."""
    out: list[_Measured] = []
    rest = list(pieces)
    while rest:
        piece = rest.pop(0)
        if piece.kind is Kind.NUMBER and rest and rest[0].kind is Kind.UNIT:
            out.append(_Measured(piece, rest.pop(0)))
        elif (piece.kind is Kind.RANGE or _is_bound(piece)) and out and out[-1].span is None:
            out[-1].span = piece
        else:
            return []
    return out


def _is_bound(piece: Piece) -> bool:
    return piece.kind is Kind.NUMBER and piece.text[0] in _BOUNDS


def _give_span(found: list[_Measured], piece: Piece, grammar: Grammar) -> bool:
    """Give the only range to the number it fits; false when it fits both or neither."""
    span = grammar.span(piece.text)
    fits = [one for one in found if span is not None and _fits(one, span, grammar, _WIDE)]
    if len(fits) > 1 and span is not None:
        fits = [one for one in fits if _fits(one, span, grammar, _CLOSE)]
    for one in found:
        one.span = piece if len(fits) == 1 and one is fits[0] else None
    return len(fits) == 1


def _fits(one: _Measured, span: Range, grammar: Grammar, factor: Decimal) -> bool:
    """Whether a range may be that of a number; one that goes beyond 100 belongs to no percentage."""
    share = grammar.packs.units.ucum(without_bracket(one.unit.text)) == "%"
    if share and any(end is not None and end.readings[-1] > 100 for end in (span.low, span.high)):
        return False
    return _near(grammar.number(one.value.text), span, factor)


def _near(number: Number | None, span: Range, factor: Decimal) -> bool:
    ends = [end.readings[-1] for end in (span.low, span.high) if end is not None]
    if number is None or not ends:
        return False
    return any(min(ends) / factor <= value <= max(ends) * factor for value in number.readings[-1:])


def _row(name: Sequence[Word], one: _Measured, *, headless: bool, certain: bool) -> RawRow:
    row = RawRow(kind=Kind.NUMBER, certainty=0.9 if certain else 0.6, headless=headless)
    row.add("name", name)
    row.add("value", one.value.words)
    row.add("unit", one.unit.words)
    if one.span is not None:
        row.add("range", one.span.words)
    return row


def second_unit_row(line: Line, cells: Sequence[Cell], above: Draft | None, grammar: Grammar) -> RawRow | None:
    """The row of a line without a name that repeats the result above it in another unit; None for any other line.

    The value must stand at the same edge as the one above, close under it, and the unit must be known and another one.
    """
    if above is None or above.row.kind is not Kind.NUMBER or not above.row.fields.get("unit"):
        return None
    if not cells or cells[0].x0 < above.row.fields["value"][0].x0 - _NO_NAME:
        return None
    if line.y0 - above.bottom + line.height > _UNDER * line.height or line.y0 < above.bottom - line.height / 2:
        return None
    pieces = [piece for cell in cells for piece in grammar.pieces(cell.words)]
    found = _measured(pieces)
    if len(found) != 1:
        return None
    value, last = found[0].value.words, above.row.fields["value"]
    if min(abs(value[-1].x1 - last[-1].x1), abs(value[0].x0 - last[0].x0)) > _EDGE:
        return None
    ucum = grammar.packs.units.ucum(without_bracket(found[0].unit.text))
    if not ucum or ucum == grammar.packs.units.ucum(without_bracket(above.row.text("unit"))):
        return None
    return _row(above.row.fields["name"], found[0], headless=above.row.headless, certain=True)
