"""Rows of cells laid out on a grid of characters: each column begins at one place, a cell may hold several lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

_GAP = 3
_WIDEST = 240
"""A wider cell pushes what follows it in its own row, not the whole column."""


@dataclass(slots=True)
class Cell:
    """One cell.

    Attributes:
        lines: its text, with the empty lines that are set on purpose.
        column: where it begins, from 0; -1 for the next one.
        columns, rows: how many it covers.
        merged: it only goes on with the cell over it.
        block: its lines are a text of their own (a table, preformatted text), not one that was broken to fit in.
    """

    lines: list[str] = field(default_factory=list)
    column: int = -1
    columns: int = 1
    rows: int = 1
    merged: bool = False
    block: bool = False


@dataclass(slots=True)
class Row:
    """Cells side by side; `page`: a new page begins with them."""

    cells: list[Cell] = field(default_factory=list)
    page: bool = False

    def next_column(self, taken: set[int]) -> int:
        """The first column behind the cells that no cell from above reaches down to."""
        column = self.cells[-1].column + self.cells[-1].columns if self.cells else 0
        while column in taken:
            column += 1
        return column


def laid_out(items: Sequence[str | Row]) -> list[str]:
    """The lines of texts and rows; the columns of all rows begin at the same places."""
    rows = [_placed(item) for item in items if isinstance(item, Row)]
    starts = _starts(rows)
    out: list[str] = []
    for item in items:
        if isinstance(item, str):
            out.append(item)
            continue
        if item.page:
            out.append("\f")
        out.extend(_lines(item, starts))
    return out


def _placed(row: Row) -> Row:
    """The row with a column for each cell, from left to right."""
    behind = 0
    for cell in row.cells:
        if cell.column < 0:
            cell.column = behind
        behind = cell.column + cell.columns
    row.cells.sort(key=lambda cell: cell.column)
    if not _stays_in_lines(row):
        for cell in row.cells:
            cell.lines = [" ".join(" ".join(cell.lines).split())] if any(cell.lines) else []
    return row


def _stays_in_lines(row: Row) -> bool:
    """Whether the lines of its cells are lines of the row.

    They are where a cell holds a text of its own, where one cell fills the row, where all have as many lines (names
    over names beside values over values), and where two are long. Else a text was broken to fit into its column.
    """
    shown = [cell for cell in row.cells if any(cell.lines)]
    if len(shown) == 1 or any(cell.block for cell in shown):
        return True
    heights = [max(at for at, line in enumerate(cell.lines, start=1) if line) for cell in shown]
    most = max(heights, default=0)
    level = all(most in (height, len(cell.lines)) for height, cell in zip(heights, shown, strict=True))
    return most > 1 and ((level and heights.count(most) > 1) or sum(height > 2 for height in heights) > 1)


def _starts(rows: Sequence[Row]) -> dict[int, int]:
    """Where each column begins, in characters; a column without anything takes no room."""
    widths: dict[int, int] = {}
    for row in rows:
        for cell in row.cells:
            if cell.columns == 1:
                widths[cell.column] = max(widths.get(cell.column, 0), min(_width(cell), _WIDEST))
    for row in rows:
        for cell, behind in zip(row.cells, row.cells[1:], strict=False):
            if cell.columns > 1 and any(behind.lines):
                own = range(cell.column, cell.column + cell.columns)
                room = sum(widths.get(column, 0) + _GAP for column in own if widths.get(column)) - _GAP
                last = own[-1]
                widths[last] = widths.get(last, 0) + max(0, min(_width(cell), _WIDEST) - max(room, 0))
    starts: dict[int, int] = {}
    at = 0
    for column in range(max((cell.column for row in rows for cell in row.cells), default=-1) + 1):
        starts[column] = at
        at += widths[column] + _GAP if widths.get(column) else 0
    return starts


def _width(cell: Cell) -> int:
    return max(map(len, cell.lines), default=0)


def _lines(row: Row, starts: dict[int, int]) -> list[str]:
    """The lines of one row."""
    out: list[str] = []
    for at in range(max((len(cell.lines) for cell in row.cells), default=0)):
        line = ""
        for cell in row.cells:
            if at < len(cell.lines) and cell.lines[at]:
                if line:
                    line += " " * _GAP
                line = line.ljust(starts[cell.column]) + cell.lines[at]
        out.append(line.rstrip())
    return out
