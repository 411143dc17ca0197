"""What a column is whose heading nobody knows: what stands in it tells."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine.documents.pages import Word
from engine.extraction.columns import UNKNOWN, Column, Table
from engine.extraction.grammar import Grammar, Kind
from engine.extraction.layout import Line

_VALUES = frozenset({Kind.NUMBER, Kind.ANSWER, Kind.TITRE, Kind.PENDING, Kind.CANCELLED})
_ROLES = {Kind.RANGE: "range", Kind.UNIT: "unit", Kind.FLAG: "flag"}
_SHARE = 0.6
_LINES = 60


def with_roles(heads: Sequence[Sequence[Table]], lines: Sequence[Line], grammar: Grammar) -> list[list[Table]]:
    """The tables of the header lines, with a role for each column of an unknown heading.

    Args:
        heads: for each line the tables that it opens.
        lines: of one page or one column of it.
        grammar: forms.
    """
    out = [list(tables) for tables in heads]
    for index, tables in enumerate(out):
        if any(column.role == UNKNOWN for table in tables for column in table.columns):
            under = _under(heads, lines, index)
            out[index] = [_resolved(table, under, grammar) for table in tables]
    return out


def _under(heads: Sequence[Sequence[Table]], lines: Sequence[Line], index: int) -> list[Line]:
    """The lines that a header is over; a header printed again over each section speaks of all of them."""
    under: list[Line] = []
    inside = True
    for at in range(index + 1, len(lines)):
        if heads[at]:
            inside = _like(heads[at], heads[index])
        elif inside:
            under.append(lines[at])
        if len(under) == _LINES:
            break
    return under


def _like(one: Sequence[Table], other: Sequence[Table]) -> bool:
    titles = [[column.title for column in table.columns] for table in one]
    return titles == [[column.title for column in table.columns] for table in other]


def _resolved(table: Table, lines: Iterable[Line], grammar: Grammar) -> Table:
    """The table with what its unknown columns hold; one that holds values is another thing than the results.

    Where lines have a value in the unknown column and none under the known heading of results, the heading stands
    somewhere else than its values do, and the unknown one is left out.
    """
    kinds: dict[Column, Counter[str]] = {column: Counter() for column in table.columns if column.role == UNKNOWN}
    for line in lines:
        here = [(table.nearest(cell.x0, cell.x1), cell) for cell in line.cells]
        has_result = any(column.role == "result" and _starts_value(cell.words, grammar) for column, cell in here)
        for column, cell in here:
            if column in kinds and len(here) > 1:
                kinds[column][_told(cell.text, grammar)] += 1
                kinds[column]["beside"] += has_result
    roles = table.roles()
    columns = (
        replace(column, role=_role(kinds[column], roles)) if column in kinds else column for column in table.columns
    )
    return Table(tuple(column for column in columns if column.role))


def _starts_value(words: Sequence[Word], grammar: Grammar) -> bool:
    return any(piece.kind in _VALUES or piece.kind is Kind.RANGE for piece in grammar.pieces(words)[:2])


def _told(text: str, grammar: Grammar) -> str:
    """What a cell says of its column: a range in brackets may be an answer, and a limit a number."""
    kind = grammar.kind(text)
    if text[:1] in "([" and text[-1:] in ")]" and (kind is None or kind in _VALUES):
        inner = grammar.kind(text[1:-1].strip())
        kind = Kind.RANGE if inner in _VALUES or inner is Kind.RANGE else kind
    if kind is Kind.NUMBER and text[:1] in "<>≤≥":
        return "limit"
    return _ROLES.get(kind, "value" if kind in _VALUES else "") if kind else ""


def _role(told: Counter[str], roles: set[str]) -> str:
    """A role for the column; empty to leave it out."""
    cells = sum(count for what, count in told.items() if what != "beside")
    if not cells:
        return ""
    ranges = told["range"] + (told["limit"] if told["range"] else 0)
    for role, count in (("range", ranges), ("unit", told["unit"]), ("flag", told["flag"])):
        if count >= _SHARE * cells:
            return role if role not in roles and not (role == "range" and "low" in roles) else "other"
    return "other" if told["beside"] >= _SHARE * cells else ""
