"""Walking down the lines of a document: headers, headings, rows, wrapped names, comments and footnotes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from engine.documents.pages import Word
from engine.extraction.blocks import block_row, is_block
from engine.extraction.codes import Matcher
from engine.extraction.columns import Table, find_tables
from engine.extraction.draft import Draft
from engine.extraction.folding import fold, key
from engine.extraction.grammar import Grammar, Kind
from engine.extraction.headings import heading_shaped, is_comment, is_heading, specimen_of
from engine.extraction.labels import is_labelled_line
from engine.extraction.layout import Cell, Line, make_line
from engine.extraction.ranges import parse_range, split_sexes
from engine.extraction.rows import RawRow, clean_name, headless_row, name_end, starts_value, tabular_row
from engine.extraction.streams import streams

_FOOTNOTE = re.compile(r"^[(\[]?(\d|[a-z]|\*{1,3}|[†‡§])[)\]]?[.:]?\s+(?=\S)")
_NEAR = 2.2
_FAR = 5.0
_BLOCK = 6.0
_LONGEST_NAME = 90


@dataclass(slots=True)
class Walk:
    """The state of one walk; `drafts` and `sections` are its outcome."""

    grammar: Grammar
    matcher: Matcher
    order: str
    drafts: list[Draft] = field(default_factory=list)
    table: Table | None = None
    section: str = ""
    specimen: str = ""
    pending: list[tuple[Line, Cell]] = field(default_factory=list)
    strict: bool = False
    headed: bool = True
    source: str = "pdf-text"
    pitch: float = 0.0
    lone: tuple[Line, Cell] | None = None

    def page(self, lines: Sequence[Line], source: str) -> None:
        """Read one page, its columns one after the other."""
        self.source = source
        heads = [self._tables(line) for line in lines]
        parts = streams(lines, heads) if sum(map(len, heads)) > 1 else [list(lines)]
        for part in parts:
            if part is not parts[0]:
                self.section = ""
            self._stream(part, heads if len(parts) == 1 else [self._tables(line) for line in part])

    def _tables(self, line: Line) -> list[Table]:
        return find_tables(line, self.grammar.language, self.order)

    def _stream(self, lines: Sequence[Line], heads: Sequence[Sequence[Table]]) -> None:
        first = next((index for index, head in enumerate(heads) if head), -1)
        self.pitch = _pitch(lines)
        top = self._letterhead_end(lines[: first if first >= 0 else 14])
        for index, line in enumerate(lines):
            self.strict = index < first or first < 0
            self.headed = index > top and (
                first < 0 or index > first or lines[first].y0 - line.y0 < _NEAR * line.height
            )
            if heads[index]:
                self.table = heads[index][0]
                self._drop_pending()
            elif line.cells and not self._part_of_header(heads, index, lines):
                self._line(line)
        self._drop_pending()

    def _letterhead_end(self, lines: Sequence[Line]) -> int:
        """The last labelled line at the top of a page; nothing above it is a heading."""
        language = self.grammar.language
        labelled = [index for index, line in enumerate(lines) if is_labelled_line(line, language)]
        return labelled[-1] if labelled else -1

    def _part_of_header(self, heads: Sequence[Sequence[Table]], index: int, lines: Sequence[Line]) -> bool:
        """Whether a line right above or under a header only completes its headings (`Reference` / `Range`)."""
        for near in (index - 1, index + 1):
            if (
                0 <= near < len(lines)
                and heads[near]
                and abs(lines[near].y0 - lines[index].y0) < _NEAR * lines[index].height
            ):
                return self._second_header(lines[index])
        return False

    def _second_header(self, line: Line) -> bool:
        """Whether the line under a header only goes on with it (`Reference` / `Range`)."""
        headers = self.grammar.language.headers
        return all(
            fold(cell.text) in headers or all(fold(w.text) in headers for w in cell.words) for cell in line.cells
        )

    def _line(self, line: Line) -> None:
        if is_block(line, self.grammar) and self._block(line):
            return
        if len(line.cells) == 1 and self.matcher.exact(clean_name(line.cells[0].text)):
            self.lone = (line, line.cells[0])
        if self._stops(line):
            return
        if self.table is None:
            parts = self._repeats(line)
            if len(parts) > 1:
                for part in parts:
                    self._line(make_line(part, line.y0, line.y1, line.page))
                return
        row = (
            tabular_row(line.cells, self.table, self.grammar) if self.table else headless_row(line.cells, self.grammar)
        )
        if row is not None and "value" in row.fields and self._acceptable(row):
            self._take(row, line)
            return
        other = self._by_form(line, row) if row is not None and self.table else None
        if other is not None:
            self._take(other, line)
        else:
            self._text(line, row)

    def _block(self, line: Line) -> bool:
        """Take the line `Result: ...` of a block whose name stands alone close above; each name serves once."""
        if self.lone is None or self.lone[0].page != line.page or line.y0 - self.lone[0].y0 > _BLOCK * line.height:
            return False
        row = block_row(line, self.lone[1].words, self.grammar)
        self.lone = None
        if row is None:
            return False
        self.pending.clear()
        self.drafts.append(Draft(row, self.section, self.specimen, line.page, line.y0, line.y1, self.source))
        return True

    def _repeats(self, line: Line) -> list[Sequence[Cell]]:
        """Part a line that holds several tests side by side (`Na 140  K 4.1  Cl 101`), each with its value."""
        starts = [
            index
            for index, cell in enumerate(line.cells)
            if name_end(cell.words, self.grammar)
            or (
                self.matcher.exact(clean_name(cell.text))
                and starts_value(line.cells[index + 1 : index + 2], self.grammar)
            )
        ]
        if len(starts) < 2:
            return [line.cells]
        return [line.cells[start:end] for start, end in pairwise([0, *starts[1:], len(line.cells)])]

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
                    self._drop_pending()
                    self._footnote(line)
                    return True
        if is_labelled_line(line, self.grammar.language) and not self.matcher.exact(clean_name(line.cells[0].text)):
            self._specimen_label(line)
            return True
        return False

    def _specimen_label(self, line: Line) -> None:
        """Take `Specimen: Urine` as a hint for the rows that follow."""
        head, _, tail = line.text.partition(":")
        if self.grammar.language.headers.get(fold(head)) == "specimen":
            self.specimen = specimen_of(tail, self.grammar.language) or self.specimen

    def _acceptable(self, row: RawRow) -> bool:
        """Whether a row with a value is a result, and not an address, a category of a risk table or a sentence."""
        name = clean_name(row.text("name"))
        folded = fold(name)
        if not any(c.isalpha() for c in name) or len(name) > _LONGEST_NAME or row.kind is Kind.DATE:
            return False
        known = self.matcher.exact(name) or (self.pending and self.matcher.exact(self._with_pending(name)))
        if known:
            return row.kind is not Kind.TEXT or not row.headless or self._aligned(row)
        language = self.grammar.language
        if (
            folded in language.interpretive
            or folded in language.comment
            or folded in language.labels
            or folded in language.headers
        ):
            return False
        has_range = bool(row.fields.get("range")) and self._range_like(row)
        has_unit = bool(self.grammar.packs.units.ucum(row.text("unit")))
        if row.headless or self.strict:
            return (has_unit and has_range and row.kind is Kind.NUMBER) or self._aligned(row)
        if self.matcher.find(name) is not None:
            return True
        if row.kind is Kind.TEXT or row.certainty < 0.8:
            return has_range or has_unit
        return has_range or has_unit or row.kind in (Kind.NUMBER, Kind.ANSWER, Kind.TITRE, Kind.PENDING, Kind.CANCELLED)

    def _aligned(self, row: RawRow) -> bool:
        """Whether name and value of a header-less row stand exactly where those of the row above stand."""
        last = self.drafts[-1] if self.drafts else None
        if not row.headless or (self.strict and self.table is not None) or last is None or not last.row.headless:
            return False
        name, value = row.fields["name"][0], row.fields["value"]
        above = last.row.fields["value"]
        edges = (value[0].x0 - above[0].x0, value[-1].x1 - above[-1].x1)
        return abs(name.x0 - last.row.fields["name"][0].x0) < 2 and min(abs(edge) for edge in edges) < 3

    def _range_like(self, row: RawRow) -> bool:
        text = row.text("range")
        return (
            parse_range(text, self.grammar.language.comparators) is not None
            or bool(split_sexes(text))
            or not row.headless
        )

    def _with_pending(self, name: str) -> str:
        return " ".join([*(cell.text for _, cell in self.pending), name])

    def _take(self, row: RawRow, line: Line) -> None:
        if self.pending:
            self._join_pending(row, line)
            self._drop_pending()
        self.drafts.append(Draft(row, self.section, self.specimen, line.page, line.y0, line.y1, self.source))

    def _join_pending(self, row: RawRow, line: Line) -> None:
        """Put the lines above in front of the name, when only together they are a known test."""
        name = clean_name(row.text("name"))
        near = line.y0 - self.pending[-1][0].y1 < 0.8 * line.height
        above = clean_name(" ".join(cell.text for _, cell in self.pending))
        alone = self.matcher.exact(name)
        if alone and (above.isupper() != name.isupper() or not self.matcher.direct(self._with_pending(name))):
            return
        if not near or (alone and self.matcher.exact(above)):
            return
        if self.matcher.exact(self._with_pending(name)):
            words: list[Word] = [word for _, cell in self.pending for word in cell.words]
            row.fields["name"] = words + row.fields["name"]
            self.pending.clear()

    def _text(self, line: Line, row: RawRow | None) -> None:
        """A line without a result: the row above goes on, or it is a heading, a wrapped name's start, a comment."""
        cells = line.cells
        if row is not None and (self._continues(line, row) or self._only_previous(row)):
            return
        if self._heading(cells) or self._footnote(line):
            return
        if row is not None and self._unfilled(row, line):
            return
        if (
            len(cells) == 1
            and len(cells[0].text) <= _LONGEST_NAME
            and not is_comment(cells[0].text, self.grammar.language)
        ):
            self.pending.append((line, cells[0]))
            return
        self._comment(line, cells)

    def _continues(self, line: Line, row: RawRow) -> bool:
        """Join the wrapped rest of a name, a range or a unit to the row above."""
        if not self.drafts or "value" in row.fields or row.headless or row.previous:
            return False
        last = self.drafts[-1]
        parts = {part for part in row.fields if row.fields[part]}
        if (
            last.page != line.page
            or line.y0 - last.bottom > 0.6 * line.height
            or not parts <= {"name", "range", "unit"}
        ):
            return False
        if "name" in parts and not self._goes_on(last, line, row):
            return False
        if "range" in parts and not self._fits_range(last, row):
            return False
        if parts == {"unit"} and last.row.fields.get("unit") and not self._fits_unit(last, row):
            return False
        for part in ("name", "range", "unit"):
            if row.fields.get(part):
                last.row.add(part, row.fields[part])
        last.bottom = line.y1
        return bool(parts)

    def _goes_on(self, last: Draft, line: Line, row: RawRow) -> bool:
        """Whether a name-only line is the rest of the name above: together a known test, or set visibly closer."""
        rest = row.text("name")
        if (is_heading(rest, self.grammar.language) and rest.isupper()) or is_comment(
            line.cells[0].text, self.grammar.language
        ):
            return False
        own = clean_name(last.row.text("name"))
        if self.matcher.direct(clean_name(f"{own} {rest}")):
            return True
        if abs(row.fields["name"][0].x0 - last.row.fields["name"][0].x0) > 12 or len(rest) > 40:
            return False
        close = self.pitch > 0 and line.y0 - last.top < 0.85 * self.pitch
        return close or (rest.startswith("(") and self.matcher.exact(f"{own} {rest}"))

    def _only_previous(self, row: RawRow) -> bool:
        """Whether a known test has a former result only: it was not done this time, so there is nothing to read."""
        return bool(row.previous) and "value" not in row.fields and self.matcher.exact(clean_name(row.text("name")))

    def _fits_unit(self, last: Draft, row: RawRow) -> bool:
        ucum = self.grammar.packs.units.ucum
        return bool(ucum(f"{last.row.text('unit')} {row.text('unit')}"))

    def _fits_range(self, last: Draft, row: RawRow) -> bool:
        """Whether a text under the range column goes on with the range above: same left edge, or a range by form."""
        text, above = row.text("range"), last.row.fields.get("range")
        if above and "name" not in row.fields and abs(above[0].x0 - row.fields["range"][0].x0) < 6:
            return True
        return bool(split_sexes(text) or parse_range(text) or parse_range(f"{last.row.text('range')} {text}"))

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
        if len(cells) > 1 and not (len(cells) == 2 and fold(cells[1].text) in self.grammar.language.sections):
            return False
        if not is_heading(text, self.grammar.language) or not self.headed:
            return False
        self._drop_pending()
        self.section = text
        self.specimen = specimen_of(text, self.grammar.language) or self.specimen
        return True

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
        for line, cell in self.pending:
            text = cell.text.strip(" :-–—*=•")
            if self.headed and self._unknown_heading(line, text):
                self.section = text
            else:
                self._attach(line, cell.text)
        self.pending.clear()

    def _unknown_heading(self, line: Line, text: str) -> bool:
        """Whether a lone line of no known words is a heading: in capitals, or set apart from the row above."""
        last = self.drafts[-1] if self.drafts else None
        close = last is not None and last.page == line.page and line.y0 - last.bottom < 0.3 * line.height
        return heading_shaped(text) and (text.isupper() or (self.table is not None and not close))


def _pitch(lines: Sequence[Line]) -> float:
    """The usual distance between lines with several cells, in points; 0 when there are too few."""
    steps = [
        round(below.y0 - above.y0, 1)
        for above, below in pairwise(lines)
        if len(above.cells) >= 3 and len(below.cells) >= 3 and below.y0 - above.y0 > 2
    ]
    return sorted(steps)[len(steps) // 2] if len(steps) >= 3 else 0.0
