"""The forms a document is printed in, out of the walk: for recognising a laboratory's report that has changed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import median

from engine.domain.layout import Form, is_same
from engine.extraction.columns import Table
from engine.extraction.draft import Draft
from engine.extraction.folding import fold

_PASSING = frozenset({"previous", "date"})
_FIELDS = ("name", "value", "unit", "range")
_FEWEST_LINES = 3
_SHARE = 0.3
_FIXED = frozenset({"pdf-text", "ocr"})


def forms_of(tables: Iterable[tuple[Table, str]], drafts: Sequence[Draft]) -> tuple[Form, ...]:
    """The distinct forms of a document: its tables that held a row, or without any the order in its lines.

    Args:
        tables: each with where its words come from (`pdf-text`, `text`, `ocr`).
        drafts: all rows.
    """
    found: list[Form] = []
    for table, source in tables:
        form = _of_table(table, source)
        if not any(is_same(other, form) for other in found):
            found.append(form)
    return tuple(found) or _of_lines([draft for draft in drafts if not draft.text])


def _of_table(table: Table, source: str) -> Form:
    columns = [column for column in table.columns if column.role not in _PASSING]
    start, span = columns[0].x0, columns[-1].x0 - columns[0].x0
    fixed = source in _FIXED and span > 0
    return Form(
        kind="table",
        roles=tuple(column.role for column in columns),
        titles=tuple("" if column.date else _title(column.title) for column in columns),
        places=tuple(round((column.x0 - start) / span, 3) for column in columns) if fixed else (),
        scanned=source == "ocr",
    )


def _title(printed: str) -> str:
    """A heading as it is kept: what stands in a bracket or behind a slash may be anything."""
    return fold(printed.split("(", 1)[0].split("/", 1)[0])


def _of_lines(drafts: Sequence[Draft]) -> tuple[Form, ...]:
    if len(drafts) < _FEWEST_LINES:
        return ()
    starts: dict[str, list[float]] = {}
    for draft in drafts:
        for part in _FIELDS:
            words = draft.row.fields.get(part)
            if words:
                starts.setdefault(part, []).append(words[0].x0)
    usual = {part: median(places) for part, places in starts.items() if len(places) >= _SHARE * len(drafts)}
    scanned = any(draft.ocr for draft in drafts)
    return (Form(kind="lines", roles=tuple(sorted(usual, key=lambda part: usual[part])), scanned=scanned),)
