"""Running text and table cells as they come out of marked-up formats, laid on the text grid."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from engine.documents.grid import Cell, Row, laid_out

PAGE = "\f"
"""Stands alone in a line where a page that the document sets by hand begins."""
_MOST_COLUMNS, _MOST_ROWS, _DEEPEST = 50, 1000, 60
_VALUE = re.compile(r"[<>≤≥±+\-−]?\s*\d")


@dataclass(slots=True)
class _Block:
    """What stands one under the other, in the document or in a cell: lines, and rows of parts side by side."""

    items: list[str | Row] = field(default_factory=list)
    text: list[str] = field(default_factory=list)
    parts: list[Cell] | None = None
    cell: Cell = field(default_factory=Cell)

    def end_parts(self) -> None:
        """End the row of parts that stand side by side."""
        if self.parts is not None:
            if any(part.lines for part in self.parts):
                self.items.append(Row(self.parts))
            self.parts = None


@dataclass(slots=True)
class _Table:
    """A table: its rows, the open one, and for a column the text over it that reaches down.

    With it the rows left, 0 where each row says itself whether it goes on.
    """

    rows: list[Row] = field(default_factory=list)
    row: Row | None = None
    above: dict[int, tuple[str, int]] = field(default_factory=dict)
    breaks: bool = False

    def end_row(self) -> None:
        """Keep the open row if it holds anything."""
        row, self.row = self.row, None
        if row is None:
            return
        self._repeat(row)
        if any(cell.lines for cell in row.cells):
            self.rows.append(row)

    def _repeat(self, row: Row) -> None:
        """Say again in a row what a cell over several rows names; a value stands once, where it is printed."""
        shown = [cell for cell in row.cells if cell.lines]
        told = len(shown) > 1 and all(cell.columns == 1 for cell in row.cells)
        for column, (text, left) in list(self.above.items()):
            here = next((cell for cell in row.cells if cell.column == column), None)
            goes_on = left > 0 or (here is not None and here.merged)
            if goes_on and told and not _VALUE.match(text):
                row.cells.append(Cell(column=column, lines=[text]))
            if goes_on and left != 1:
                self.above[column] = text, max(left - 1, 0)
            else:
                del self.above[column]
        for cell in row.cells:
            if cell.rows != 1 and any(cell.lines):
                self.above[cell.column] = " ".join(" ".join(cell.lines).split()), max(cell.rows - 1, 0)


class Flow:
    """Collects text into lines and table rows; what stands in a cell in lines or in tables of its own stays so.

    A cell with nothing but short lines is one line, unless all cells of its row have as many lines as it has.

    Attributes:
        raised: superscript text follows; its first character gets a `^`, so that 10^3 does not become 103.
        verbatim: blanks and line ends of the text that follows are those of the page.
    """

    def __init__(self) -> None:
        self.raised = False
        self.verbatim = False
        self._open: list[_Block | _Table] = [_Block()]
        self._ignored = 0

    def write(self, text: str) -> None:
        """Text as it runs."""
        if not text:
            return
        if self.raised and text.strip():
            text, self.raised = f"^{text.lstrip()}", False
        block = self._block()
        if not self.verbatim:
            block.text.append(text)
            return
        for number, line in enumerate(text.split("\n")):
            if number:
                self.end_line()
            block.text.append(line)

    def end_line(self, *, forced: bool = False) -> None:
        """A line ends; a `forced` end, or a hard blank, leaves an empty line in a cell."""
        block = self._block()
        text = "".join(block.text)
        block.text.clear()
        if len(self._open) > 1 and not text.strip() and (forced or "\xa0" in text) and block.parts is None:
            block.items.append("")
        if block.parts is not None and text.strip():
            block.parts.append(Cell(lines=[_tidy(text)]))
        elif text.strip():
            block.items.append(text.rstrip().expandtabs() if self.verbatim else _tidy(text))
            block.cell.block |= self.verbatim
        block.end_parts()

    def end_page(self) -> None:
        """A new page begins; inside a table with the row that has nothing written yet, or with the next one."""
        outer = next((item for item in self._open if isinstance(item, _Table)), None)
        if outer is None:
            self.end_line()
            self._block().items.append(PAGE)
        elif outer.row is not None and not outer.row.cells and not self._written():
            outer.row.page = True
        else:
            outer.breaks = True

    def start_part(self) -> None:
        """A part of a line begins that is a box of its own beside its neighbours."""
        block = self._block()
        before = "".join(block.text)
        block.text.clear()
        if block.parts is None:
            block.parts = []
        if before.strip():
            block.parts.append(Cell(lines=[_tidy(before)]))
        if len(self._open) < _DEEPEST:
            self._open.append(_Block())
        else:
            self._ignored += 1

    def end_part(self) -> None:
        """A part of a line ends."""
        if self._ignored:
            self._ignored -= 1
            return
        if len(self._open) > 1 and isinstance(self._open[-2], _Block):
            cell = self._closed()
            outer = self._block()
            if outer.parts is not None:
                outer.parts.append(cell)

    def start_table(self) -> None:
        """A table begins."""
        if len(self._open) >= _DEEPEST:
            self._ignored += 1
            return
        self.end_line()
        self._open.append(_Table())

    def start_row(self) -> None:
        """A row of the innermost table begins."""
        table = self._open[-1]
        if isinstance(table, _Table) and not self._ignored:
            table.row = Row(page=table.breaks)
            table.breaks = False

    def start_cell(self) -> None:
        """A cell of the innermost table begins."""
        if self._ignored or not isinstance(self._open[-1], _Table):
            self.write(" ")
            return
        if self._open[-1].row is None:
            self.start_row()
        self._open.append(_Block())

    def shape_cell(self, *, columns: int = 1, rows: int = 1, merged: bool = False) -> None:
        """Shape the open cell: columns, rows (0: as long as cells go on); `merged`: it goes on with the one over it."""
        block = self._open[-1]
        if isinstance(block, _Block) and not self._ignored:
            cell = block.cell
            cell.columns, cell.rows, cell.merged = min(columns, _MOST_COLUMNS), min(rows, _MOST_ROWS), merged

    def end_cell(self) -> None:
        """The open cell ends."""
        if self._ignored or len(self._open) < 2 or not isinstance(self._open[-2], _Table):
            self.write(" ")
            return
        table = self._open[-2]
        cell = self._closed()
        if table.row is not None:
            cell.column = table.row.next_column({column for column, (_, left) in table.above.items() if left})
            table.row.cells.append(cell)

    def end_row(self) -> None:
        """A row ends; one without anything in it is dropped."""
        if isinstance(self._open[-1], _Table) and not self._ignored:
            self._open[-1].end_row()

    def end_table(self) -> None:
        """A table ends and is laid out in columns."""
        if self._ignored:
            self._ignored -= 1
            return
        table = self._open[-1]
        if isinstance(table, _Table):
            table.end_row()
            self._open.pop()
            self.end_line()
            block = self._block()
            block.items.extend(laid_out(table.rows))
            block.cell.block = True

    def text(self) -> str:
        """All lines."""
        while len(self._open) > 1:
            self._ignored = 0
            if isinstance(self._open[-1], _Table):
                self.end_table()
            elif isinstance(self._open[-2], _Table):
                self.end_cell()
            else:
                self.end_part()
        self.end_line()
        return "\n".join(laid_out(self._block().items)).replace(f"\n{PAGE}\n", PAGE)

    def _block(self) -> _Block:
        """Where text goes; what stands in a table outside of cells comes before the table."""
        return next(item for item in reversed(self._open) if isinstance(item, _Block))

    def _written(self) -> bool:
        """Whether the open cells of the outermost table hold anything."""
        return any(isinstance(item, _Block) and (item.items or "".join(item.text).strip()) for item in self._open[1:])

    def _closed(self) -> Cell:
        """The innermost block as the cell it is."""
        self.end_line()
        block = self._open.pop()
        cell = block.cell if isinstance(block, _Block) else Cell()
        if isinstance(block, _Block):
            rows = [item for item in block.items if isinstance(item, Row)]
            cell.block |= len(rows) > 1 or (len(block.items) > 1 and bool(rows))
            cell.lines = [line.replace("\t", "   ") for line in laid_out(block.items)]
        return cell


def _tidy(text: str) -> str:
    """Text with single blanks; tabs stay, since what they part may stand in columns."""
    return "\t".join(" ".join(part.split()) for part in text.split("\t")).rstrip()
