"""A plain table of results: its columns, rows that wrap, remarks and methods under them, pages that go on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.generators.fourth.model import Line
from tests.generators.sheet import BLACK, Color, Flow, Sheet

GREY: Color = (90, 90, 90)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Where one fact of a row stands: ``fact`` is name, value, flag, unit, range, previous, before or detail.

    ``bold`` is never, always or odd (outside the limits); ``wide`` the room of the text, where names break into lines.
    """

    fact: str
    x: float
    head: str = ""
    align: str = "L"
    size: float = 9
    bold: str = "never"
    wide: float = 0
    color: Color = BLACK


def _facts(one: Line) -> dict[str, tuple[str, ...]]:
    return {
        "value": (one.value,), "flag": (one.flag,), "unit": (one.test.unit,), "range": one.ranges, "detail": (one.test.detail,),
        "previous": (one.previous[0],), "before": (one.previous[1],),
    }  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Table:
    """Rows of one report.

    ``step`` is the height of a line; ``again`` prints what a page begins with when a section goes on there and returns
    the height it took; ``under`` is where remarks begin, ``method`` whether the detail is a line of its own.
    """

    sheet: Sheet
    flow: Flow
    columns: tuple[Column, ...]
    step: float = 12
    again: Callable[[str, float], float] | None = None
    under: float = 0
    method: bool = False
    remark: str = "{remark}"
    remark_style: str = "I"
    ruled: bool = False
    left: float = 0
    right: float = 0

    def heads(self, y: float, size: float = 8.5, style: str = "B", color: Color = BLACK) -> None:
        """The words over the columns."""
        for column in self.columns:
            self.sheet.text(column.x, y, column.head, size, style, align=column.align, color=color)

    def row(self, one: Line, indent: float = 0) -> None:
        """Print one result."""
        facts = _facts(one)
        first = next(column for column in self.columns if column.fact == "name")
        facts["name"] = tuple(
            self.sheet.wrap(one.test.name, (first.wide or 170) - indent, first.size, self._style(first, one))
        )
        below = ([one.test.detail] if self.method and one.test.detail else []) + ([self.remark.format(remark=one.comment)] if one.comment else [])  # fmt: skip
        tall = self.step * max(len(facts["name"]), len(facts["range"])) + (self.step - 1.5) * len(below)
        if self.flow.need(tall) and self.again is not None:
            self.flow.y += self.again(one.section, self.flow.y)
        one.page = self.sheet.pages
        for column in self.columns:
            self._cell(column, facts[column.fact], one, indent if column.fact == "name" else 0)
        y = self.flow.y + self.step * max(len(facts["name"]), len(facts["range"])) - 1.5
        for text in below:
            self.sheet.text(self.under or first.x + 10, y, text, first.size - 1.2, self.remark_style, color=GREY)
            y += self.step - 1.5
        self.flow.y += tall
        if self.ruled:
            self.sheet.rule(
                self.left,
                self.flow.y - self.step + 3.5,
                self.right,
                self.flow.y - self.step + 3.5,
                0.2,
                (170, 170, 170),
            )

    def _style(self, column: Column, one: Line) -> str:
        return "B" if column.bold == "always" or (column.bold == "odd" and one.state) else ""

    def _cell(self, column: Column, lines: tuple[str, ...], one: Line, indent: float) -> None:
        for place, text in enumerate(lines):
            self.sheet.text(
                column.x + indent, self.flow.y + self.step * place, text, column.size, self._style(column, one),
                align=column.align, color=column.color, fit=0 if column.fact == "name" else column.wide,
            )  # fmt: skip
