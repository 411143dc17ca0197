"""Lines under a header, or without one, turned into the fields of a result: form decides, the column helps."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from engine.documents.pages import Word
from engine.extraction.columns import Column, Table
from engine.extraction.folding import fold, key, without_mark
from engine.extraction.grammar import Grammar, Kind, Piece
from engine.extraction.layout import Cell
from engine.extraction.units import fold_unit

VALUE_KINDS = frozenset({Kind.NUMBER, Kind.ANSWER, Kind.TITRE, Kind.PENDING, Kind.CANCELLED})
_ROLES = {
    Kind.UNIT: ("unit", "range", "result"),
    Kind.RANGE: ("range", "result"),
    Kind.NUMBER: ("result", "previous", "low", "high", "other", "status", "lab"),
    Kind.FLAG: ("flag", "result", "range"),
}
_FLAG_LETTERS = frozenset({"H", "L", "HH", "LL", "*", "↑", "↓", "HIGH", "LOW", "ALTO", "BAJO", "ALTA", "BAJA"})
_SIGNS = frozenset({"+", "++", "-", "--"})
_FLAG_SIGNS = frozenset({"+", "++", "-", "--", "!", "!!", "**"})
_LEADING_FLAGS = frozenset({"*", "**", "***", "!", "!!", "↑", "↓", "▲", "▼", "H", "L", "HH", "LL"})
_MARGIN = frozenset(flag for flag in _LEADING_FLAGS if not flag.isalpha())
_AMOUNTS = frozenset({"trace", "grade", "amount", "look", "abnormal"})
_BOUNDS = "<>≤≥"
_DOUBTFUL = 0.7
_PLACEHOLDER = frozenset({"n/a", "na"})
_NAME_MARK = re.compile(r"\s*(?:[:*†‡§]+|\(\d\)|\[\d\])$")


@dataclass(slots=True)
class RawRow:
    """One result as found: field name -> words, with the roles that agreed.

    Attributes:
        fields: `name value unit range flag method status specimen lab`, each a list of words in reading order.
        previous: words under each `previous` column, with the column's date.
        kind: what the value is.
        certainty: 0..1, how well form and column agree.
        headless: no header told the columns.
        whole: false where a line above or under it may belong to its name and make it another test.
    """

    fields: dict[str, list[Word]] = field(default_factory=dict)
    previous: list[tuple[str, list[Word]]] = field(default_factory=list)
    kind: Kind | None = None
    certainty: float = 1.0
    headless: bool = False
    whole: bool = True

    def text(self, name: str) -> str:
        """A field's words joined by blanks."""
        words = self.fields.get(name)
        return " ".join([word.text for word in words]) if words else ""

    def add(self, name: str, words: Sequence[Word]) -> None:
        """Append words to a field."""
        self.fields.setdefault(name, []).extend(words)

    @property
    def words(self) -> list[Word]:
        """All words of the row, previous results aside."""
        return [word for words in self.fields.values() for word in words]


def clean_name(text: str) -> str:
    """A printed test name without footnote marks, leaders and closing colons."""
    if text[-1:].isalnum() and "^" not in text:
        return text
    name = " ".join(without_mark(word) for word in text.split())
    while True:
        shorter = _NAME_MARK.sub("", name)
        if shorter == name:
            return name.strip(" .·_")
        name = shorter


def tabular_row(cells: Sequence[Cell], table: Table, grammar: Grammar) -> RawRow:
    """Fill a row from cells by the columns they stand in, each piece corrected by its own form."""
    row = RawRow()
    ranged = not table.roles().isdisjoint(("range", "low"))
    for index, cell in enumerate(cells):
        near = table.nearest(cell.x0, cell.x1)
        column = _fitting(cell, near, table, grammar)
        if column.role == "range" and _before_range(cells, index, table, grammar):
            row.add("flag", cell.words)
            continue
        first = index == 0 and len(cells) > 1 and cell.x1 < near.x0 and grammar.kind(cell.text) is Kind.FLAG
        if first or ("value" not in row.fields and _is_mark(cells, index, column, table, grammar)):
            row.add("flag", cell.words)
        elif column.role == "test" or (index == 0 and _is_name(cells, column, table, grammar)):
            add_name(row, cell.words)
        else:
            _add_cell(row, cell, column, grammar, ranged=ranged)
            if column.doubtful:
                row.certainty = min(row.certainty, _DOUBTFUL)
    _join_limits(row)
    dash = row.fields.pop("dash", [])
    if dash:  # beside a unit it is the mark of a low value, in the place of one it says that there is none
        row.add("flag" if row.fields.get("unit") else "other", dash)
    bound = row.fields.pop("bound", [])
    if bound and "value" in row.fields:
        row.add("range", bound)
    elif bound:
        row.certainty, row.kind = min(row.certainty, 0.7), Kind.NUMBER
        row.add("value", bound)
    if "value" not in row.fields and "result" in table.roles() and row.fields.get("name"):
        _part_name(row, grammar)
    return row


def add_name(row: RawRow, words: Sequence[Word]) -> None:
    """Take a name; a sign in the margin before it is the flag of its result."""
    margin = "name" not in row.fields and len(words) > 1 and words[0].text in _MARGIN
    if margin:
        row.add("flag", words[:1])
    row.add("name", words[1:] if margin else words)


def _join_limits(row: RawRow) -> None:
    """Make one range of the limits of two columns, with the sign that parts them or says that one is open."""
    low, high = row.fields.pop("low", []), row.fields.pop("high", [])
    if low and high:
        between = replace(low[-1], text="-", x0=low[-1].x1, x1=high[0].x0)
        row.add("range", [*low, between, *high])
    elif low or high:
        first = (low or high)[0]
        sign = [replace(first, text=">=" if low else "<=", x1=first.x0)] if first.text[0].isdigit() else []
        row.add("range", [*sign, *low, *high])


def _is_mark(cells: Sequence[Cell], index: int, column: Column, table: Table, grammar: Grammar) -> bool:
    """Whether a flag without a column of its own stands left of the result's heading or of the result itself."""
    cell = cells[index]
    if index == 0 or index + 1 == len(cells) or len(cell.text.strip("()[]")) > 2:
        return False
    if grammar.kind(cell.text) is not Kind.FLAG:
        return False
    behind = cells[index + 1]
    here = table.nearest(behind.x0, behind.x1)
    beside = here.role == "result" and grammar.kind(behind.text) in (Kind.NUMBER, Kind.ANSWER, Kind.RANGE)
    if column.role == "result":
        return (cell.x1 < column.x0 and behind.x0 < column.x1) or (beside and here is column)
    return beside and column.role == "previous" and table.distance(column, cell.x0, cell.x1) > 0


def _before_range(cells: Sequence[Cell], index: int, table: Table, grammar: Grammar) -> bool:
    """Whether a flag without a heading of its own stands before the range, nearest to that heading."""
    if index == 0 or index + 1 == len(cells) or grammar.kind(cells[index].text) is not Kind.FLAG:
        return False
    behind = cells[index + 1]
    return table.nearest(behind.x0, behind.x1).role == "range"


def _is_name(cells: Sequence[Cell], column: Column, table: Table, grammar: Grammar) -> bool:
    """Whether the first cell is a name though another column is nearer, and no other cell stands in its own."""
    if column.role not in ("other", "lab") or fold(clean_name(cells[0].text)) not in grammar.packs.aliases:
        return False
    return all(table.nearest(cell.x0, cell.x1).role != "test" for cell in cells[1:])


def _fitting(cell: Cell, first: Column, table: Table, grammar: Grammar) -> Column:
    """The nearest column, unless the cell's form speaks against it and for another one close by."""
    if first.role in ("test", "previous"):
        return first
    kind = grammar.kind(cell.text)
    wanted = _ROLES.get(kind) if kind else None
    if kind is None and first.role == "unit" and _starts_measured(grammar.pieces(cell.words), grammar):
        over = [one for one in table.columns if one.role == "result" and table.distance(one, cell.x0, cell.x1) < 0]
        return over[0] if over else first  # value and unit run into one cell that reaches under both headings
    if wanted is None or first.role in wanted:
        return first
    if kind is Kind.NUMBER and first.role == "range" and cell.text[0] in _BOUNDS:
        wanted = ("result",)  # a limit is a range too: it goes to no lesser column beside
    limit = max(table.distance(first, cell.x0, cell.x1), 0.0) + 30.0
    for column in table.by_distance(cell.x0, cell.x1)[1:]:
        if column.role in wanted and table.distance(column, cell.x0, cell.x1) <= limit:
            return column
    return first


def _starts_measured(pieces: Sequence[Piece], grammar: Grammar) -> bool:
    """Whether a cell begins with a value or its flag; a range counts before a unit that counts (`5-10 /HPF`)."""
    if pieces[0].kind is Kind.RANGE:
        return grammar.packs.units.ucum(pieces[-1].text).startswith("/")
    return pieces[0].kind in (Kind.NUMBER, Kind.FLAG)


def _part_name(row: RawRow, grammar: Grammar) -> None:
    """Part a name that ran into its value (`Glucose 105`), when the row has a unit or range to confirm it."""
    words = row.fields["name"]
    cut = name_end(words, grammar)
    if not cut:
        return
    pieces = grammar.pieces(words[cut:])
    if not (row.fields.get("unit") or row.fields.get("range") or len(pieces) > 1):
        return
    row.fields["name"] = list(words[:cut])
    row.certainty = min(row.certainty, 0.85)
    for piece in pieces:
        _slot(row, piece, "result")


def name_end(words: Sequence[Word], grammar: Grammar) -> int:
    """Where a known name ends inside a cell that goes on with a value; 0 when the cell is only a name."""
    if len(words) < 2 or fold(clean_name(" ".join(word.text for word in words))) in grammar.packs.aliases:
        return 0
    for size in range(len(words) - 1, 0, -1):
        name = fold(clean_name(" ".join(word.text for word in words[:size])))
        if name in grammar.packs.aliases and _ends_name(grammar.pieces(words[size:])):
            return size
    return 0


def _ends_name(pieces: Sequence[Piece]) -> bool:
    """Whether what follows a known name is a value or a flag; a letter alone may be the rest of another name."""
    if pieces[0].kind is Kind.FLAG:
        return len(pieces) > 1 or not pieces[0].text.isalpha() or len(pieces[0].text) > 2
    return pieces[0].kind in VALUE_KINDS


def _add_cell(row: RawRow, cell: Cell, column: Column, grammar: Grammar, *, ranged: bool) -> None:
    """Put a cell where its column and the forms of its pieces say; `ranged`: the table has a column for ranges."""
    role = column.role
    if role == "previous":
        row.previous.append((column.date, list(cell.words)))
        return
    if role in ("method", "status", "specimen", "lab", "other", "date", "low", "high"):
        if role not in ("low", "high") or cell.text.strip("-—–. "):
            row.add(role, cell.words)
        return
    if role == "range" and not _mixed(cell, grammar):
        row.add("range", cell.words)
        return
    pieces = grammar.pieces(cell.words)
    if role == "result" and "value" not in row.fields and _leads(pieces, grammar):
        row.add("flag", pieces[0].words)
        pieces = pieces[1:]
    full = ranged and role == "result" and "value" in row.fields
    for piece in pieces:
        if full and piece.kind is Kind.NUMBER:
            row.add("spare", piece.words)  # a second number under the result's heading: one of the two is another thing
            row.certainty = min(row.certainty, 0.6)
        else:
            _slot(row, piece, role)


def _leads(pieces: Sequence[Piece], grammar: Grammar) -> bool:
    """Whether a letter of the language's own flags stands before a number (`B 3,4`, `C 2.8`) or an amount (`A Trace`).

    Before other words such a letter may be a blood group (`B positif`), so there it is left alone.
    """
    if len(pieces) < 2 or pieces[0].kind is not Kind.FLAG:
        return False
    if pieces[0].text[0] in "([" and pieces[0].text.strip("()[]").isalpha():
        return pieces[1].kind in (Kind.NUMBER, Kind.RANGE, Kind.ANSWER)
    if len(pieces[0].text) > 2:
        return False
    if pieces[1].kind is Kind.ANSWER and len(pieces) == 2 and pieces[0].text.isalpha():
        return grammar.language.qualitative.get(key(pieces[1].text)) in _AMOUNTS
    if pieces[1].kind is Kind.RANGE:
        marked = pieces[0].text.isalpha() or pieces[0].text in _SIGNS
        return marked and all(piece.kind is Kind.UNIT for piece in pieces[2:])  # `A 11-20`: seen under the microscope
    return pieces[1].kind is Kind.NUMBER and (
        pieces[0].text.isalpha()
        or pieces[0].text in _SIGNS
        or grammar.language.flags.get(key(pieces[0].text)) in ("H", "L", "HH", "LL")
    )


def _mixed(cell: Cell, grammar: Grammar) -> bool:
    """Whether a cell under the range heading holds a range and a unit or a flag, rather than words."""
    kinds = [piece.kind for piece in grammar.pieces(cell.words)]
    return Kind.TEXT not in kinds and any(kind in (Kind.UNIT, Kind.FLAG) for kind in kinds)


def _slot(row: RawRow, piece: Piece, role: str) -> None:
    """Put one piece where its form and its column say."""
    if role == "result":
        _slot_result(row, piece)
    elif piece.kind is Kind.UNIT and role in ("unit", "range", "flag"):
        _add_unit(row, piece)
    elif piece.kind is Kind.FLAG and role == "unit" and piece.text == "-":
        row.add("dash", piece.words)
    elif (piece.kind is Kind.FLAG and role in ("flag", "unit")) or (
        role == "range" and piece.kind is Kind.FLAG and ("range" in row.fields or _is_flag(piece, row))
    ):
        row.add("flag", piece.words)
    elif role in ("unit", "flag") and (piece.kind is Kind.RANGE or _bound(piece, row)):
        row.add("range", piece.words)
    elif role == "unit" and piece.kind is Kind.ANSWER:
        row.add("range", piece.words)  # the answer expected, under a heading of ranges and units together
    elif piece.kind is Kind.NUMBER and role == "unit" and piece.text[0] in "<>≤≥" and "value" not in row.fields:
        row.add("bound", piece.words)  # a limit that ran into the unit, or the value itself: the rest of the row tells
    elif piece.kind is Kind.NUMBER and role in ("flag", "unit") and "value" not in row.fields:
        row.certainty = min(row.certainty, 0.7)
        _slot_result(row, piece)
    else:
        row.add(role, piece.words)


def _is_flag(piece: Piece, row: RawRow) -> bool:
    """Whether a mark before the range speaks of the number before it; beside an answer in words it may be a grade."""
    return piece.text.upper() in _FLAG_LETTERS or (piece.text in _FLAG_SIGNS and row.kind is Kind.NUMBER)


def _add_unit(row: RawRow, piece: Piece) -> None:
    """Take a unit; the same one printed again, behind the range, is no second unit."""
    again = fold_unit(row.text("unit")) == fold_unit(piece.text)
    row.add("other" if again else "unit", piece.words)


def _bound(piece: Piece, row: RawRow) -> bool:
    """Whether a number with a comparator is a one-sided range, since the row has its value already."""
    return (
        piece.kind is Kind.NUMBER
        and "value" in row.fields
        and not piece.text[0].isdigit()
        and piece.text[0] not in "-+."
    )


def _slot_result(row: RawRow, piece: Piece) -> None:
    taken = "value" in row.fields
    if not taken and (piece.text.casefold() in _PLACEHOLDER or not piece.text.strip("-—–. ")):
        row.add("spare", piece.words)
        return
    if piece.kind is Kind.UNIT and taken and row.kind is not Kind.TEXT:
        _add_unit(row, piece)
    elif piece.kind is Kind.FLAG and (taken or piece.text.strip("()[]") in _LEADING_FLAGS):
        row.add("flag", piece.words)
    elif taken and row.kind is not Kind.TEXT and (piece.kind is Kind.RANGE or _bound(piece, row)):
        row.add("range", piece.words)
    elif not taken:
        row.add("value", piece.words)
        row.kind = Kind.ANSWER if piece.kind is Kind.FLAG else piece.kind
    elif row.kind is Kind.NUMBER and piece.kind is Kind.NUMBER:
        row.add("spare", piece.words)
        row.certainty = min(row.certainty, 0.6)
    elif row.kind in (Kind.PENDING, Kind.CANCELLED) or piece.kind in (Kind.PENDING, Kind.CANCELLED):
        row.add("value", piece.words)
        row.kind = row.kind if row.kind in (Kind.PENDING, Kind.CANCELLED) else piece.kind
    else:
        row.add("value", piece.words)
        row.kind = Kind.TEXT
