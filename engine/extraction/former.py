"""Headers that tell less than a table needs: no heading for the result, or dates on a line of their own."""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.documents.pages import Word
from engine.extraction.columns import Column, Table, find_tables, heading_columns, with_result
from engine.extraction.dates import parse_date
from engine.extraction.grammar import Grammar, Kind
from engine.extraction.headings import whole_headings
from engine.extraction.layout import Cell, Line, make_cell, make_line
from engine.extraction.packs.model import Language

_DATED = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{2,4}")
_TIME = re.compile(r"^\d{1,2}[:.]\d{2}(?::\d{2})?$")
_CLOSE = 2.2
_NEAR_COLUMN = 12.0
_MOST_LABELLED = 4
_VALUES = frozenset({Kind.NUMBER, Kind.ANSWER, Kind.TITRE})
_ON = frozenset({"le", "du", "vom", "am", "on", "of", "from", "del", "el", "de", "il", "em", "a", "-", "/"})
Former = tuple[str, list[Word]]
"""The day of a former result as ISO text, empty where none is told, and its words."""
_HELPERS = frozenset({"previous", "range", "unit", "flag", "date"})


def heads_of(lines: Sequence[Line], language: Language, order: str) -> list[list[Table]]:
    """For each line the tables that its header opens; a line of dates above or under it counts to it."""
    heads = [find_tables(line, language, order) for line in lines]
    for index in range(len(lines) - 1):
        whole = whole_headings(lines[index], lines[index + 1], language)
        found = find_tables(whole, language, order) if whole is not None else []
        if found:
            heads[index] = heads[index + 1] = found
    for index in range(len(lines)):
        end, table = _stacked(lines, index, language, order)
        if table is not None:
            heads[index : end + 1] = [[table]] * (end + 1 - index)
    for index in range(1, len(lines)):
        if heads[index] or heads[index - 1]:
            continue
        if not language.test_tokens.isdisjoint(lines[index].tokens | lines[index - 1].tokens):
            heads[index] = _merged(lines[index - 1], lines[index], language, order)
    return heads


def _stacked(lines: Sequence[Line], index: int, language: Language, order: str) -> tuple[int, Table | None]:
    """A header of labelled lines: `Date:` with several days, under it times, numbers, and the other headings.

    A line of times needs no colon behind its label, nor do the days behind a known one (`Date`).

    Returns:
        The last line of the header, and its table; None where a line begins no such header.
    """
    line = lines[index]
    if len(line.cells) < 2 or not (_labels(line) or language.headers.get(line.cells[0].folded) == "date"):
        return index, None
    days = [_day(cell, language, order) for cell in line.cells[1:]]
    if any(day is None for day in days):
        return index, None
    columns = [day for day in days if day is not None]
    others: list[Column] = []
    end = index
    while end + 1 < len(lines) and end < index + _MOST_LABELLED:
        found = _under(lines[end + 1], lines[end], columns, language)
        if found is None:
            break
        others += found
        end += 1
    if not others:
        return index, None
    names = Column("test", line.cells[0].x0, line.cells[0].x1, line.cells[0].text)
    return end, Table(tuple(sorted((names, *with_result(columns), *others), key=lambda column: column.x0)))


def _labels(line: Line) -> bool:
    return line.cells[0].text.endswith(":")


def _day(cell: Cell, language: Language, order: str) -> Column | None:
    date = parse_date(cell.text, language, order)
    return Column("date", cell.x0, cell.x1, cell.text, date.iso) if date is not None else None


def _under(line: Line, above: Line, days: Sequence[Column], language: Language) -> list[Column] | None:
    """The headings of a labelled line whose other cells stand under the days; None when it is none."""
    close = line.y0 - above.y0 <= _CLOSE * max(line.height, above.height)
    if not close or len(line.cells) < 2:
        return None
    named = any(language.headers.get(cell.folded, "") in _HELPERS for cell in line.cells[1:])
    if not (named or _labels(line) or _TIME.match(line.cells[1].text)):
        return None
    found: list[Column] = []
    for cell in line.cells[1:]:
        role = language.headers.get(cell.folded, "")
        if role in _HELPERS:
            found.append(Column(role, cell.x0, cell.x1, cell.text))
        elif not any(cell.x0 < day.x1 + _NEAR_COLUMN and cell.x1 > day.x0 - _NEAR_COLUMN for day in days):
            return None
    return found


def _merged(above: Line, line: Line, language: Language, order: str) -> list[Table]:
    """The tables of two header lines of which one holds nothing but dates; times under the dates go with them."""
    if line.y0 - above.y0 > _CLOSE * max(line.height, above.height):
        return []
    for dated, other in ((above, line), (line, above)):
        if len(dated.cells) > 1 and all(parse_date(cell.text, language, order) for cell in dated.cells):
            times = [cell for cell in other.cells if _TIME.match(cell.text)]
            days = [_with_time(cell, times) for cell in dated.cells]
            cells = [*(cell for cell in other.cells if cell not in times), *days]
            cells.sort(key=lambda cell: cell.x0)
            return find_tables(make_line(cells, line.y0, line.y1, line.page), language, order)
    return []


def _with_time(day: Cell, times: Sequence[Cell]) -> Cell:
    under = [cell for cell in times if cell.x0 < day.x1 and cell.x1 > day.x0]
    return make_cell([*day.words, *under[0].words]) if len(under) == 1 else day


def former_columns(line: Line, language: Language, order: str) -> tuple[Column, ...]:
    """The columns of former results of a header that names no result (`Reference   Previous 26/03/2025`)."""
    dated = _DATED.search(line.text) is not None
    if line.tokens.isdisjoint(language.previous_tokens) and not dated:
        return ()
    columns = heading_columns(line, language, order) or _behind_title(line, language, order)
    roles = {column.role for column in columns}
    if not roles <= _HELPERS or not ("previous" in roles or {"range", "date"} <= roles):
        return ()
    return tuple(column for column in columns if column.role in ("previous", "date"))


def _behind_title(line: Line, language: Language, order: str) -> list[Column]:
    """The headings behind a title in the first cell (`Haematology   Reference   03/10/2024`), if there is nothing else.

    A day right of the ranges is that of former results: the results themselves stand before their ranges.
    """
    columns: list[Column] = []
    for cell in line.cells[1:]:
        role = language.headers.get(cell.folded, "")
        day = _day(cell, language, order)
        if day is None and role not in _HELPERS:
            return []
        columns.append(day or Column(role, cell.x0, cell.x1, cell.text))
    places = [column.role for column in columns]
    return [] if "date" in places and "previous" not in places and places[0] == "date" else columns


def without_dated(cells: Sequence[Cell], grammar: Grammar, order: str) -> tuple[list[Cell], list[Former]]:
    """The cells of a row, and apart from them those that tell a value and its day (`6.3 on 19/02/25`).

    Only where another value is left: the day may be that of the only result.
    """
    kept: list[Cell] = list(cells[:1])
    out: list[Former] = []
    for cell in cells[1:]:
        found = _dated_value(cell, grammar, order) if any(map(str.isdigit, cell.text)) else None
        if found is None:
            kept.append(cell)
        else:
            out.append(found)
    has_value = any(grammar.pieces(cell.words)[0].kind in _VALUES for cell in kept[1:])
    return (kept, out) if out and has_value else (list(cells), [])


def _dated_value(cell: Cell, grammar: Grammar, order: str) -> Former | None:
    """The day and the words of the value before it, where a cell holds nothing else."""
    words = cell.words
    for size in (1, 2, 3):
        date = parse_date(" ".join(word.text for word in words[-size:]).strip("()[]"), grammar.language, order)
        if date is None or size >= len(words):
            continue
        rest = words[:-size]
        if rest[-1].text.casefold() in _ON and len(rest) > 1:
            rest = rest[:-1]
        kinds = [piece.kind for piece in grammar.pieces(rest)]
        if kinds[0] in _VALUES and all(kind in (Kind.UNIT, Kind.FLAG) for kind in kinds[1:]):
            return date.iso, list(rest)
    return None


def without_former(
    cells: Sequence[Cell], columns: Sequence[Column], grammar: Grammar
) -> tuple[list[Cell], list[tuple[str, list[Word]]]]:
    """The cells of a row, and apart from them the last one where it stands under the former results."""
    if not columns or len(cells) < 3:
        return list(cells), []
    last = cells[-1]
    left, right = min(column.x0 for column in columns), max(column.x1 for column in columns)
    if last.x1 < left - _NEAR_COLUMN or last.x0 > right + _NEAR_COLUMN:
        return list(cells), []
    if grammar.pieces(last.words)[0].kind not in _VALUES:
        return list(cells), []
    if not any(piece.kind in _VALUES for cell in cells[:-1] for piece in grammar.pieces(cell.words)):
        return list(cells), []  # the only result of the line
    date = next((column.date for column in columns if column.date), "")
    return list(cells[:-1]), [(date, list(last.words))]
