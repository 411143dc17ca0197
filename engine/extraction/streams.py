"""Pages set in two columns of tables, read as one column after the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from engine.extraction.columns import Table
from engine.extraction.layout import Cell, Line, make_line

_BESIDE = 6.0
_GAP = 3.0
_ABOVE = 28.0
"""Points above a two-table header in which headings already belong to the columns."""


def streams(lines: Sequence[Line], tables: Sequence[Sequence[Table]]) -> list[list[Line]]:
    """Put the lines of a page into reading order.

    Args:
        lines: the lines of a page.
        tables: for each line the tables its header opens, empty for most.

    Returns:
        One stream of lines, or, where a header opens two tables side by side, the lines above them, then those of each
        column. A header that spans the page ends the columns.
    """
    start, borders = _columns(tables, lines)
    out: list[list[Line]] = [[]]
    edges: list[float] = []
    columns: list[list[Line]] = []
    for index, (line, opened) in enumerate(zip(lines, tables, strict=True)):
        if index == start:
            edges = borders
            columns = [[] for _ in range(len(edges) + 1)]
            _take_headings(out[-1], columns, edges, line)
        elif edges and len(opened) == 1 and _spans(opened[0], edges):
            out.extend([*columns, []])
            edges, columns = [], []
        if edges:
            _deal(line, columns, edges)
        else:
            out[-1].append(line)
    return [stream for stream in (*out, *columns) if stream]


def _columns(tables: Sequence[Sequence[Table]], lines: Sequence[Line]) -> tuple[int, list[float]]:
    """The line at which columns begin, and their borders in points; -1 on a page in one column.

    Columns show as a header with two tables, or as two headers of which one stands wholly beside the other.
    """
    for index, opened in enumerate(tables):
        if len(opened) > 1:
            return index, [_border(left, right, lines[index:]) for left, right in pairwise(opened)]
    single = [(index, opened[0]) for index, opened in enumerate(tables) if opened]
    for index, table in single:
        for other_index, other in single:
            if table.columns[-1].x1 < other.columns[0].x0 and "test" in table.roles() & other.roles():
                first = min(index, other_index)
                return first, [_border(table, other, lines[first:])]
    return -1, []


def _border(left: Table, right: Table, lines: Sequence[Line]) -> float:
    """Where one table ends and the next begins: the middle of the widest gap between their headings in all lines.

    A heading may stand far right of the beginning of its names, or left of the end of its units.
    """
    start, end = left.columns[-1].x1, right.columns[0].x0
    taken = sorted(
        (max(cell.x0, start), min(cell.x1, end))
        for line in lines
        for cell in line.cells
        if cell.x1 > start and cell.x0 < end and cell.x1 - cell.x0 < end - left.columns[0].x0
    )
    best, widest, edge = end - _BESIDE, 0.0, start
    for x0, x1 in [*taken, (end, end)]:
        if x0 - edge > widest and x0 - edge > _GAP:
            best, widest = x0 - min(_BESIDE, (x0 - edge) / 2), x0 - edge
        edge = max(edge, x1)
    return best


def _take_headings(before: list[Line], columns: list[list[Line]], edges: list[float], header: Line) -> None:
    """Deal out the lines just above the header too: they are the headings of the tables."""
    taken: list[Line] = []
    while before and header.y0 - before[-1].y0 < _ABOVE and ":" not in before[-1].text:
        taken.insert(0, before.pop())
    for line in taken:
        _deal(line, columns, edges)


def _spans(table: Table, edges: list[float]) -> bool:
    return any(table.columns[0].x1 < edge < table.columns[-1].x0 for edge in edges)


def _deal(line: Line, columns: list[list[Line]], edges: list[float]) -> None:
    """Give each cell of a line to the column it starts in."""
    shares: list[list[Cell]] = [[] for _ in columns]
    for cell in line.cells:
        shares[sum(1 for edge in edges if cell.x0 >= edge)].append(cell)
    for share, column in zip(shares, columns, strict=True):
        if share:
            column.append(make_line(share, line.y0, line.y1, line.page))
