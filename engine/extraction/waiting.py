"""Names over several lines: what waits above a row or stands under it, where only together they are a known test."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from engine.extraction.codes import Matcher
from engine.extraction.draft import Draft
from engine.extraction.headings import is_comment, is_heading
from engine.extraction.joining import Around, completes
from engine.extraction.layout import Cell, Line
from engine.extraction.packs.model import Language
from engine.extraction.rows import RawRow, clean_name

_LAST_BRACKET = re.compile(r"\s*[(\[][^()\[\]]*[)\]]$")
_EDGE = 3.0
_SET_APART = 1.4
_NEAR, _WIDE = 0.8, 1.2
"""How far above a row, in heights of a line, its name may begin; the greater where the row alone is no known test."""


@dataclass(slots=True)
class Waiting:
    """Lines with nothing but a text, until what follows tells what they are.

    Attributes:
        matcher: the names of tests.
        language: its words of headings.
        lines: those that wait, each with its only cell.
        completed: the last row, and the text under it that made a known test of its name.
    """

    matcher: Matcher
    language: Language
    lines: list[tuple[Line, Cell]] = field(default_factory=list)
    completed: tuple[Draft, str] | None = None

    def with_name(self, name: str) -> tuple[int, str]:
        """The name behind the lines that wait above it, or behind the last few that make it a known test.

        Returns:
            Which of the waiting lines is the first of it, and the whole.
        """
        texts = [cell.text for _, cell in self.lines]
        for first in range(len(texts)):
            whole = " ".join([*texts[first:], name])
            if self.matcher.printed(whole):
                return first, whole
        return 0, " ".join([*texts, name])

    def join(self, row: RawRow, line: Line, last: Draft | None, around: Around) -> None:
        """Put the lines above in front of the name, when only together they are a known test.

        Where they also complete the name in the row before, nobody knows whose they are: both rows are doubtful.
        """
        if self.completed is not None and self.completed[0] is last:
            # What completed the name above may have been the beginning of this one (`Antibodies` / `Thyroglobulin`).
            claimed = self.matcher.printed(f"{self.completed[1]} {clean_name(row.text('name'))}")
            row.whole = last.row.whole = not claimed and last.row.whole
        self.completed = None
        if self.lines:
            self._join(row, line, last, around)

    def _join(self, row: RawRow, line: Line, last: Draft | None, around: Around) -> None:
        name = clean_name(row.text("name"))
        first, whole = self.with_name(name)
        waiting = self.lines[first:]
        above = clean_name(" ".join(cell.text for _, cell in waiting))
        alone = self.matcher.exact(name)
        direct = self.matcher.direct(whole) or self.matcher.direct(_LAST_BRACKET.sub("", whole))
        if alone and (above.isupper() != _LAST_BRACKET.sub("", name).isupper() or not direct):
            return
        if line.y0 - self.lines[-1][0].y1 >= (_NEAR if alone else _WIDE) * line.height:
            return
        if alone and self.matcher.exact(above):
            if not self.matcher.printed(whole) or self.matcher.find(whole) == self.matcher.find(name):
                return  # a title over its first test (`Cholesterol` / `HDL`)
            row.whole = False
        if self.matcher.printed(whole):
            row.fields["name"] = [word for _, cell in waiting for word in cell.words] + row.fields["name"]
            if last is not None and first == 0 and completes(last, above, around):
                row.whole = last.row.whole = False
            del self.lines[first:]
        elif alone:
            row.whole = row.whole and not self._may_begin(row, line, last)

    def _may_begin(self, row: RawRow, line: Line, last: Draft | None) -> bool:
        """Whether the line that waits above may be the beginning of a row's name: no heading, and no space above it."""
        above, cell = self.lines[-1]
        if last is None or abs(cell.x0 - row.fields["name"][0].x0) > _EDGE:
            return False
        if is_heading(cell.text.strip(" :-–—*=•"), self.language):
            return False
        return above.y0 - last.bottom < _SET_APART * (line.y0 - above.y1) + 1

    def is_rest(self, last: Draft | None, line: Line) -> bool:
        """Whether a line is the rest of the name in the row close above (`Troponin, high` / `sensitivity`)."""
        if last is None or len(line.cells) != 1 or line.y0 - last.bottom > _NEAR * line.height:
            return False
        return self.matcher.direct(f"{clean_name(last.row.text('name'))} {line.cells[0].text}")

    def note(self, last: Draft, own: str, line: Line) -> None:
        """Remember a line that made a known test of a name that was none."""
        if len(line.cells) == 1 and not self.matcher.exact(own):
            self.completed = last, line.cells[0].text

    def doubt(self, last: Draft, line: Line) -> None:
        """Doubt a known test whose name the line under it may make another one (`Lactate` / `dehydrogenase`)."""
        if len(line.cells) != 1 or line.y0 - last.bottom > _WIDE * line.height:
            return
        if line.y0 - last.row.fields["name"][-1].y1 > _WIDE * line.height or is_comment(line.text, self.language):
            return  # the name of a block stands above its result, and a remark says that it is one
        own, rest = clean_name(last.row.text("name")), line.cells[0].text
        if not self.matcher.exact(own) or self.matcher.exact(rest) or not self.matcher.direct(f"{own} {rest}"):
            return
        if self.matcher.find(f"{own} {rest}") != self.matcher.find(own):
            last.row.whole = False
