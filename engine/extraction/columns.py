"""Header lines of result tables: which words are headings, what each column is for, where it stands."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from engine.documents.pages import Word
from engine.extraction.dates import parse_date
from engine.extraction.folding import fold
from engine.extraction.headings import TITLE
from engine.extraction.layout import Cell, Line
from engine.extraction.packs.model import Language
from engine.extraction.recognised import likely_heading

_LONGEST = 5
_BESIDE = 8.0
_OPENING = re.compile(r"[(\[]")
_WORD = re.compile(r"^[^\W\d_]{2}")
UNKNOWN = "unknown"
"""The role of a column whose heading is in no language pack; what stands in it tells what it is (`roles.py`)."""
_DATE_SHAPE = re.compile(r"\d[/.-]\d|\d[/.\s-][^\W\d_]{3}|[^\W\d_]{3}[/.\s-]\d")


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its role, the edges of its heading in points, the heading, and its date where the heading is one.

    `doubtful`: its role was found for want of a better one, while another heading is not known.
    """

    role: str
    x0: float
    x1: float
    title: str
    date: str = ""
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of one table, from left to right."""

    columns: tuple[Column, ...]

    def roles(self) -> set[str]:
        """The roles that its columns have."""
        return {column.role for column in self.columns}

    def distance(self, column: Column, x0: float, x1: float) -> float:
        """How far a span stands from a column: negative when it overlaps, the more the more negative."""
        left, right = column.x0, column.x1
        if x0 >= right:
            return x0 - right
        if x1 <= left:
            return left - x1
        overlap = min(x1, right) - max(x0, left)
        width = min(x1 - x0, right - left)
        return -overlap / width if width > 1.0 else -overlap

    def nearest(self, x0: float, x1: float) -> Column:
        """The column nearest to a span."""
        best, least = self.columns[0], float("inf")
        for column in self.columns:
            # Only an overlap can be nearer than one; the usual case needs no call.
            left, right = column.x0, column.x1
            distance = x0 - right if x0 >= right else left - x1 if x1 <= left else self.distance(column, x0, x1)
            if distance < least:
                best, least = column, distance
        return best

    def by_distance(self, x0: float, x1: float) -> list[Column]:
        """Columns by distance from a span, the nearest first."""
        return sorted(self.columns, key=lambda column: self.distance(column, x0, x1))


def find_tables(line: Line, language: Language, order: str) -> list[Table]:
    """The tables that a header line opens; none when the line is no header.

    A header has a `result` heading (or dates in its place) and a `test`, or `result` and two other headings.
    """
    if line.tokens.isdisjoint(language.result_tokens) and (
        line.tokens.isdisjoint(language.test_tokens) or not _DATE_SHAPE.search(line.text)
    ):
        return []
    columns = heading_columns(line, language, order)
    if len(columns) < 2:
        return []
    if TITLE.search(line.cells[0].text) and columns[0].x0 > line.cells[0].x1:
        columns.insert(0, Column("test", line.cells[0].x0, line.cells[0].x1, ""))  # a section's title over the names
    told = any(column.role == "result" for column in columns)
    columns = with_result(columns, unknown=_has_unknown(line, columns))
    columns = _with_names(line, columns)
    if told:
        columns = [*columns, *_unknown(line, columns)]
    roles = [column.role for column in columns]
    helpers = set(roles) & {"unit", "range", "flag", "previous", "method", "status"}
    if "result" not in roles or not ("test" in roles or len(helpers) >= 2):
        return []
    if "test" in roles and len(set(roles)) < 2:
        return []
    return _split(columns)


def heading_columns(line: Line, language: Language, order: str) -> list[Column]:
    """The headings of a line; none when they are not most of it."""
    columns = _paired_limits([column for cell in line.cells for column in _segment(cell, language, order)])
    return columns if _only_headings(line, columns) else []


def _paired_limits(columns: list[Column]) -> list[Column]:
    """The columns, those of a lower and an upper limit only where they stand side by side.

    `Low` and `High` apart are places of flags, and `from` and `to` words of a sentence.
    """
    roles = [column.role for column in columns]
    kept = {at + side for at, pair in enumerate(pairwise(roles)) if pair == ("low", "high") for side in (0, 1)}
    return [column for at, column in enumerate(columns) if at in kept or column.role not in ("low", "high")]


def _only_headings(line: Line, columns: list[Column]) -> bool:
    """Whether headings make up most of the line, so that a sentence with the word `result` is no header.

    A title before them that ends with a bracket (`Blood fats (mmol/L)`) counts for nothing.
    """
    cells = line.cells[1:] if len(line.cells) > 2 and TITLE.search(line.cells[0].text) else line.cells
    letters = sum(len(cell.text) for cell in cells)
    return sum(len(column.title) for column in columns) >= 0.6 * letters


def _segment(cell: Cell, language: Language, order: str) -> list[Column]:
    """Cut a cell into headings, the longest first: neighbouring headings are often printed close together."""
    role = language.headers.get(cell.folded) or _shortened(cell.folded, cell.text, language)
    role = role or likely_heading(cell.folded, cell.words, language.headers)
    if role:
        return [Column(role, cell.x0, cell.x1, cell.text)]
    date = parse_date(cell.text, language, order)
    if date is not None:
        return [Column("date", cell.x0, cell.x1, cell.text, date.iso)]
    out: list[Column] = []
    at = 0
    words = cell.words
    while at < len(words):
        column, size = _heading(words, at, language, order)
        if column is not None:
            out.append(column)
        at += size
    return out


def _shortened(folded: str, text: str, language: Language) -> str:
    """The role of a heading with a bracket (`Test [Unit]`) or a second word (`Test Name / Method`) behind it."""
    if "(" in text or "[" in text:
        return language.headers.get(fold(_OPENING.split(text, maxsplit=1)[0]), "")
    return language.headers.get(folded.split("/", 1)[0], "") if "/" in folded else ""


def _heading(words: Sequence[Word], at: int, language: Language, order: str) -> tuple[Column | None, int]:
    for size in range(min(_LONGEST, len(words) - at), 0, -1):
        part = words[at : at + size]
        text = " ".join([word.text for word in part])
        folded = fold(text)
        role = language.headers.get(folded) or likely_heading(folded, part, language.headers)
        if role:
            return Column(role, part[0].x0, part[-1].x1, text), size
        date = parse_date(text, language, order) if any(map(str.isdigit, text)) else None
        if date is not None:
            return Column("date", part[0].x0, part[-1].x1, text, date.iso), size
    return None, 1


def _with_names(line: Line, columns: list[Column]) -> list[Column]:
    """With the unknown headings left of each result as those of the names, where tables stand side by side without one.

    Otherwise the names and values of the second table would end in the last column of the first.
    """
    ordered = sorted(columns, key=lambda column: column.x0)
    results = [index for index, column in enumerate(ordered) if column.role == "result"]
    if len(results) < 2 or any(column.role == "test" for column in columns):
        return columns
    names: list[Column] = []
    for index in results:
        left, right = ordered[index - 1].x1 if index else 0.0, ordered[index].x0
        names += [Column("test", cell.x0, cell.x1, "") for cell in line.cells if left <= cell.x0 and cell.x1 <= right]
    return [*columns, *names] if len(names) == len(results) else columns


def _has_unknown(line: Line, columns: Sequence[Column]) -> bool:
    """Whether a word of a header is part of no column."""
    return any(
        len(word.text) > 2 and not any(column.x0 - 1 <= word.x0 and word.x1 <= column.x1 + 1 for column in columns)
        for cell in line.cells
        for word in cell.words
    )


def _unknown(line: Line, columns: Sequence[Column]) -> list[Column]:
    """The cells of a header without a known heading, where names have one: columns of a role still to be found."""
    names = [column.x0 for column in columns if column.role == "test" and column.title]
    if not names:
        return []
    before = [cell for cell in line.cells if cell.x1 < min(names)]
    if len(before) > 1 or any(map(str.isdigit, "".join(cell.text for cell in before))):
        before = []  # the end of a row of the table beside
    return [
        Column(UNKNOWN, cell.x0, cell.x1, cell.text)
        for cell in (*before, *(cell for cell in line.cells if cell.x0 > min(names)))
        if _WORD.match(cell.text) and not any(column.x0 < cell.x1 and cell.x0 < column.x1 for column in columns)
    ]


def with_result(columns: Sequence[Column], *, unknown: bool = False) -> list[Column]:
    """Give dates their role: beside a `result` they are former results; alone, the newest one is the result.

    Args:
        columns: of one header.
        unknown: a heading of the same line is not known. It may be that of the results, so the newest date is doubtful.
    """
    columns = _dated(columns)
    roles = {column.role for column in columns}
    doubtful = unknown or "previous" in roles
    newest = max((column.date for column in columns if column.role == "date"), default="")
    out: list[Column] = []
    for column in columns:
        if column.role != "date" or not column.date:
            out.append(column)
        elif "result" not in roles and column.date == newest:
            out.append(replace(column, role="result", doubtful=doubtful))
        else:
            out.append(replace(column, role="previous"))
    return out


def _dated(columns: Sequence[Column]) -> list[Column]:
    """The columns, with the date right behind a heading of former results as part of it (`Previous 26/03/2025`)."""
    out: list[Column] = []
    for column in columns:
        last = out[-1] if out else None
        beside = last is not None and last.role == "previous" and not last.date and column.role == "date"
        if last is not None and beside and column.date and -1 < column.x0 - last.x1 < _BESIDE:
            out[-1] = replace(last, x1=column.x1, title=f"{last.title} {column.title}", date=column.date)
        else:
            out.append(column)
    return out


def _split(columns: list[Column]) -> list[Table]:
    """Part side-by-side tables at each further `test` heading."""
    first = min(columns, key=lambda item: item.x0)
    if first.role in ("result", "flag") and all(item.role != "test" for item in columns):
        columns = [Column("test", 0.0, 0.5 * first.x0, ""), *columns]  # names are often printed without a heading
    ordered = sorted(columns, key=lambda item: item.x0)
    half = len(ordered) // 2
    roles = [column.role for column in ordered]
    if half > 1 and roles[:half] == roles[half:] and "test" in roles and roles[0] != "test":
        return [Table(tuple(_one_range(part))) for part in (ordered[:half], ordered[half:])]
    groups: list[list[Column]] = []
    for column in ordered:
        if not groups or (column.role == "test" and any(item.role == "test" for item in groups[-1])):
            groups.append([])
        groups[-1].append(column)
    if not all(any(item.role == "result" for item in group) for group in groups):
        groups = [ordered]
    return [Table(tuple(_one_range(group))) for group in groups]


def _one_range(columns: list[Column]) -> list[Column]:
    """The columns, without those of limits where ranges have one of their own: a result outside of it stands there."""
    if all(column.role != "range" for column in columns):
        return columns
    return [column for column in columns if column.role not in ("low", "high")]
