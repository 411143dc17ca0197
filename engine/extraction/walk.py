"""Walking down the lines of a document: headers, headings, rows, wrapped names, comments and footnotes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.documents.pages import Word
from engine.extraction.blocks import block_row, is_block, late_range
from engine.extraction.codes import Matcher
from engine.extraction.columns import Column, Table
from engine.extraction.draft import Draft
from engine.extraction.folding import fold, key
from engine.extraction.former import former_columns, heads_of, without_dated, without_former
from engine.extraction.grammar import Grammar, Kind, Piece
from engine.extraction.headings import (
    completes_header,
    is_comment,
    is_heading,
    parted_title,
)
from engine.extraction.headless import headless_row, side_by_side
from engine.extraction.joining import LONGEST_NAME, Around, Strictness, acceptable, continues, goes_on_range, wraps
from engine.extraction.labels import is_labelled_line, letterhead_end
from engine.extraction.layout import Cell, Line, make_line, pitch_of
from engine.extraction.narrative import closes_text, is_frame, opens_text, text_draft
from engine.extraction.pairs import headed_pair, paired_rows, second_unit_row, unit_heads
from engine.extraction.roles import with_roles
from engine.extraction.rows import RawRow, clean_name, tabular_row
from engine.extraction.streams import streams
from engine.extraction.under import Under, beside_title
from engine.extraction.unread import ARROW, Spot, spots, spots_of
from engine.extraction.waiting import Waiting

_FOOTNOTE = re.compile(r"^[(\[]?(\d|[a-z]|\*{1,3}|[†‡§])[)\]]?[.:]?\s+(?=\S)")
_NEAR = 2.2
_FAR = 5.0
_BLOCK = 6.0


@dataclass(slots=True)
class Walk:
    """The state of one walk; `drafts` are its outcome."""

    grammar: Grammar
    matcher: Matcher
    order: str
    drafts: list[Draft] = field(default_factory=list)
    table: Table | None = None
    under: Under = field(init=False)
    waiting: Waiting = field(init=False)
    strict: bool = False
    headed: bool = True
    source: str = "pdf-text"
    pitch: float = 0.0
    lone: tuple[Line, Cell] | None = None
    told: list[Line] = field(default_factory=list)
    former: tuple[Column, ...] = ()
    units: tuple[Piece, ...] = ()
    """The two units of a header that parts percentages from counts."""
    dated: set[str] = field(default_factory=set)
    tables: dict[Table, str] = field(default_factory=dict)
    """The tables that held a row, each with where its words come from."""
    passed: set[Spot] = field(default_factory=set)
    """Words that are known to be no result: headings of tables, labels of the head, former results alone, prose."""

    def __post_init__(self) -> None:
        self.under = Under(self.grammar)
        self.waiting = Waiting(self.matcher, self.grammar.language)

    def taken(self) -> set[Spot]:
        """The places of all words that became something."""
        return spots_of(self.drafts, self.grammar) | self.passed

    def _pass(self, line: Line) -> None:
        for cell in line.cells:
            self.passed.update(spots(cell.words, line.page))

    def page(self, lines: Sequence[Line], source: str) -> None:
        """Read one page, its columns one after the other."""
        self.source = source
        heads = self._heads(lines)
        parts = streams(lines, heads) if sum(map(len, heads)) > 1 else [list(lines)]
        for part in parts:
            if part is not parts[0]:
                self.under.next_column()
            self._stream(part, heads if len(parts) == 1 else self._heads(part))

    def _heads(self, lines: Sequence[Line]) -> list[list[Table]]:
        return with_roles(heads_of(lines, self.grammar.language, self.order), lines, self.grammar)

    def _stream(self, lines: Sequence[Line], heads: Sequence[Sequence[Table]]) -> None:
        first = next((index for index, head in enumerate(heads) if head), -1)
        self.former, self.units = (), ()
        self.pitch = pitch_of(lines)
        top = letterhead_end(lines[: first if first >= 0 else 14], self.grammar.language)
        for index, line in enumerate(lines):
            self.strict = index < first or first < 0
            headed = index > top and (first < 0 or index > first or lines[first].y0 - line.y0 < _NEAR * line.height)
            if first < 0 and headed and not self.headed:
                self._drop_pending()  # a letterhead repeated on a further page heads nothing
            self.headed = headed
            if self._story(line, header=bool(heads[index])):
                self._pass(line)
                continue
            if heads[index]:
                self._pass(line)
                self.table, self.units = heads[index][0], ()
                self.dated.update(column.date for column in self.table.columns if column.role == "result")
                self._drop_pending()
                self.under.take_header(line)
            elif line.cells and not completes_header(lines, heads, index, self.grammar.language):
                self._line(line)
        self._drop_pending()
        self._end_story()

    def _story(self, line: Line, *, header: bool) -> bool:
        """Whether a line belongs to a part in prose, which it may open."""
        language = self.grammar.language
        if not line.cells:
            return False
        if self.told and closes_text(line, headless_row(line.cells, self.grammar), self.grammar, header=header):
            self._end_story()
        if not self.told and (not opens_text(line, language) or self.waiting.is_rest(self._above(line), line)):
            return False
        if not self.told:
            self._drop_pending()
        if not is_frame(line, language) and not key(line.text).startswith(language.stop):
            self.told.append(line)
        return True

    def _end_story(self) -> None:
        """Keep the lines of the part in prose as one result."""
        draft = text_draft(self.told, self.under.section, self.under.specimen, self.source)
        if draft is not None:
            self.drafts.append(draft)
        self.told = []

    def _line(self, line: Line) -> None:
        title, units = unit_heads(line, self.grammar)
        if units:
            self._pass(line)
            self._drop_pending()
            self.units = units
            if title:
                self._heading(title)
            return
        if is_block(line, self.grammar) and self._block(line):
            return
        if len(line.cells) == 1 and self.matcher.exact(clean_name(line.cells[0].text)):
            self.lone = (line, line.cells[0])
        if self._stops(line):
            return
        if self.table is None:
            parts = side_by_side(line, self.grammar, self.matcher)
            if len(parts) > 1:
                for part in parts:
                    self._line(make_line(part, line.y0, line.y1, line.page))
                return
        if self._late_range(line) or self._pair(line):
            return
        row = self._row(line)
        if row is not None and "value" in row.fields and self._acceptable(row):
            self._take(row, line)
            return
        other = self._by_form(line, row) if row is not None and self.table else None
        if other is not None:
            self._take(other, line)
        else:
            self._text(line, row)

    def _row(self, line: Line) -> RawRow | None:
        """The fields of a line by the table's columns, or without a table by their forms."""
        if self.table:
            return tabular_row(line.cells, self.table, self.grammar)
        self.former = former_columns(line, self.grammar.language, self.order) or self.former
        cells, previous = without_former(line.cells, self.former, self.grammar)
        cells, dated = without_dated(cells, self.grammar, self.order)
        row = headless_row(cells, self.grammar)
        if row is not None:
            row.previous.extend([*previous, *dated])
        return row

    def _pair(self, line: Line) -> bool:
        """Take a line that holds two results of one test, or the second of two in other units."""
        cells, previous = self._without_former(line)
        again = second_unit_row(line, cells, self._above(line), self.grammar)
        rows = [again] if again is not None else []
        if again is not None:
            again.previous.extend(previous)
        elif len(cells) > 2 and self.units and self.matcher.exact(clean_name(cells[0].text)):
            rows = headed_pair(cells, self.units, self.grammar, headless=self.table is None)
        elif len(cells) > 2 and "%" in line.text and self.matcher.exact(clean_name(cells[0].text)):
            rows = paired_rows(cells, self.grammar, headless=self.table is None)
            for _, words in previous if rows else ():
                self.passed.update(spots(words, line.page))  # of which of the two, nobody says
        for row in rows:
            self._take(row, line)
        return bool(rows)

    def _without_former(self, line: Line) -> tuple[list[Cell], list[tuple[str, list[Word]]]]:
        """The cells of a line, and apart from them those in columns of former results."""
        if self.table is None or "previous" not in self.table.roles():
            return without_former(line.cells, self.former, self.grammar)
        near = [(self.table.nearest(cell.x0, cell.x1), cell) for cell in line.cells]
        former = [(column.date, list(cell.words)) for column, cell in near if column.role == "previous"]
        return [cell for column, cell in near if column.role != "previous"], former

    def _late_range(self, line: Line) -> bool:
        """Give the range that stands on a line of its own to the row above, where that has none."""
        above = self._above(line)
        if above is None or above.row.fields.get("range") or self.waiting.lines:
            return False
        if line.y0 - above.bottom > _FAR * line.height:
            return False
        words = late_range(line, self.grammar)
        if words:
            above.row.add("range", words)
            above.bottom = line.y1
        return bool(words)

    def _block(self, line: Line) -> bool:
        """Take the line `Result: ...` of a block whose name stands alone close above; each name serves once."""
        if self.lone is None or self.lone[0].page != line.page or line.y0 - self.lone[0].y0 > _BLOCK * line.height:
            return False
        row = block_row(line, self.lone[1].words, self.grammar)
        self.lone = None
        if row is None:
            return False
        self.waiting.lines.clear()
        self.drafts.append(self.under.draft(row, line, self.source))
        return True

    def _by_form(self, line: Line, row: RawRow) -> RawRow | None:
        """The row of a known test by form alone, where the columns gave none."""
        if row.previous:
            return None
        other = headless_row(line.cells, self.grammar)
        if other is None or other.kind is Kind.RANGE or not self.matcher.exact(clean_name(other.text("name"))):
            return None
        other.certainty = min(other.certainty, 0.9)
        return other if self._acceptable(other) else None

    def _stops(self, line: Line) -> bool:
        """Whether a line is never a result: a label with a colon, or a known beginning."""
        text = key(line.text)
        starts = self.grammar.language.stop
        for start in starts if text.startswith(starts) else ():
            if text.startswith(start) and (
                len(text) == len(start) or not (start[-1].isalnum() and text[len(start)].isalnum())
            ):
                known = self.matcher.exact(clean_name(line.cells[0].text))
                if not known:
                    self._pass(line)
                    self._drop_pending()
                    self._footnote(line)
                    return True
        if self.under.take_beside(line):
            self._drop_pending()
            return True
        if ARROW.match(line.text) or not is_labelled_line(line, self.grammar.language):
            return False  # behind an arrow stands a remark (`-> Diagnosis of diabetes: 6.5 % or more.`)
        if self.under.take_label(line) or not self.matcher.exact(clean_name(line.cells[0].text)):
            if not is_block(line, self.grammar):
                self._pass(line)
            return True
        return False

    def _acceptable(self, row: RawRow) -> bool:
        above = self.drafts[-1] if self.drafts else None
        joined = self.waiting.with_name(clean_name(row.text("name")))[1] if self.waiting.lines else ""
        strict = Strictness(page=self.strict, table=self.table is not None)
        return acceptable(row, above, joined, strict, self.around)

    @property
    def around(self) -> Around:
        """What the questions about a line need to know."""
        return Around(grammar=self.grammar, matcher=self.matcher, pitch=self.pitch)

    def _above(self, line: Line) -> Draft | None:
        last = self.drafts[-1] if self.drafts else None
        return last if last is not None and last.page == line.page else None

    def _take(self, row: RawRow, line: Line) -> None:
        self.waiting.join(row, line, self._above(line), self.around)
        if self.waiting.lines:
            self._drop_pending()
        if self.table is not None and not row.headless:
            self.tables.setdefault(self.table, self.source)
        self.drafts.append(self.under.draft(row, line, self.source))

    def _text(self, line: Line, row: RawRow | None) -> None:
        """A line without a result: the row above goes on, or it is a heading, a wrapped name's start, a comment."""
        cells = line.cells
        above = self._above(line)
        own = clean_name(above.row.text("name")) if above is not None else ""
        if row is not None and continues(above, line, row, self.around):
            self.waiting.note(self.drafts[-1], own, line)
            return
        if row is not None and self._only_previous(row):
            self._pass(line)
            return
        if above is not None:
            self.waiting.doubt(above, line)
        if self.grammar.packs.methods.named(cells[0].folded) and len(cells) == 1:
            self._drop_pending()
            if above is not None and line.y0 - above.bottom <= 2 * line.height:
                above.row.add("method", cells[0].words)
                above.bottom = line.y1
                return
        if row is None and wraps(above, line, self.around):
            self.waiting.note(self.drafts[-1], own, line)
            return
        if (above is not None and goes_on_range(above, line)) or self._heading(cells) or self._footnote(line):
            return
        if row is not None and self._unfilled(row, line):
            return
        if (
            len(cells) == 1
            and len(cells[0].text) <= LONGEST_NAME
            and not is_comment(cells[0].text, self.grammar.language)
        ):
            self.waiting.lines.append((line, cells[0]))
            return
        if len(cells) == 2 and beside_title(cells[1], self.grammar) and self._apart(line) and self._title(cells[0]):
            return
        self._comment(line, cells)

    def _only_previous(self, row: RawRow) -> bool:
        """Whether a known test has a former result only: it was not done this time, so there is nothing to read."""
        return bool(row.previous) and "value" not in row.fields and self.matcher.exact(clean_name(row.text("name")))

    def _unfilled(self, row: RawRow, line: Line) -> bool:
        """A known test whose row has a unit, range, flag or dash but no value is kept, for a person to look at."""
        name = clean_name(row.text("name"))
        filled = any(row.fields.get(part) for part in ("unit", "range", "spare", "flag"))
        if row.headless or row.previous or not filled or not self.matcher.exact(name):
            return False
        row.kind = Kind.TEXT
        self._take(row, line)
        return True

    def _heading(self, cells: Sequence[Cell]) -> bool:
        """Whether a line is a section heading; it then gives section and specimen to what follows."""
        text = cells[0].text.strip(" :-–—*=•")
        if self.lone is not None and self.lone[1] is cells[0] and fold(text) not in self.grammar.language.sections:
            return False
        if len(cells) > 2 or (len(cells) == 2 and not beside_title(cells[1], self.grammar)):
            return False
        if not self.headed or not is_heading(parted_title(text, self.grammar.packs.units)[0], self.grammar.language):
            return False
        self._drop_pending()
        return self.under.take_known(text)

    def _title(self, cell: Cell) -> bool:
        """Take a cell as a heading that nobody knows: what was said of the specimen above it may not hold any more."""
        if is_comment(cell.text, self.grammar.language) or not self.headed:
            return False
        self._drop_pending()
        return self.under.take_unknown(cell.text.strip(" :-–—*=•"), apart=True)

    def _footnote(self, line: Line) -> bool:
        match = _FOOTNOTE.match(line.text)
        if not match:
            return False
        marked = [draft for draft in self.drafts if match.group(1) in draft.marks]
        for draft in marked:
            draft.comments.append(" ".join(line.text[match.end() :].split()))
        return bool(marked)

    def _comment(self, line: Line, cells: Sequence[Cell]) -> None:
        """Attach a text line to the row above when it stands close under it."""
        self._drop_pending()
        self._attach(line, " ".join(cell.text for cell in cells))

    def _attach(self, line: Line, text: str) -> None:
        if not self.drafts:
            return
        last = self.drafts[-1]
        reach = _FAR if fold(text.split(":", 1)[0]) in self.grammar.language.comment else _NEAR
        if last.page == line.page and 0 <= line.y0 - last.bottom + line.height < reach * line.height:
            last.comments.append(text)
            last.bottom = line.y1

    def _drop_pending(self) -> None:
        """Lines that waited for a wrapped name were a heading of unknown kind, or a remark on the row above."""
        for line, cell in self.waiting.lines:
            text = cell.text.strip(" :-–—*=•")
            if not (self.headed and self.under.take_unknown(text, apart=self._apart(line))):
                self._attach(line, cell.text)
        self.waiting.lines.clear()

    def _apart(self, line: Line) -> bool:
        """Whether a line is set apart from the row above, on a page that has tables or rows."""
        last = self.drafts[-1] if self.drafts else None
        close = last is not None and last.page == line.page and line.y0 - last.bottom < 0.3 * line.height
        return (self.table is not None or bool(self.drafts)) and not close
