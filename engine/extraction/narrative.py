"""Results in prose or in grids of their own: cultures with their susceptibilities, histology, cytology.

They are kept as one text each. A susceptibility grid torn into rows would give a MIC the look of a blood value, and an
empty cell lost on the way would give one organism the answer of another: empty cells are therefore written out.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.extraction.draft import Draft
from engine.extraction.folding import fold
from engine.extraction.grammar import Grammar, Kind
from engine.extraction.labels import labelled_values
from engine.extraction.layout import Cell, Line
from engine.extraction.packs.model import Language
from engine.extraction.rows import RawRow

_GRID = frozenset(
    {
        "antibiotic", "antibiotics", "antibiotico", "antibioticos", "antibiotici", "antibiotique", "antibiotiques",
        "antibiotikum", "antibiotika", "antimicrobial", "antimicrobials", "antimicrobiano", "antimicrobianos",
        "antimicrobico", "mic", "cmi", "mhk", "cim",
    }
)  # fmt: skip
_HEADER = frozenset(
    {
        "patient_name", "family", "given", "patient_id", "birth_date", "sex", "age", "age_sex", "sex_age", "lab",
        "order", "accession", "collected", "received", "reported", "printed", "provider", "address", "other",
    }
)  # fmt: skip
_GRID_HEADS = frozenset(
    {"antibiogram", "antibiograma", "antibiogramme", "antibiogramm", "antibiogramma", "resistogramm"}
)
_EMPTY = "-"
_APART = 40.0


def opens_text(line: Line, language: Language) -> bool:
    """Whether a line is the heading of a part that is told in prose: alone, or before a colon (`Culture: E. coli`)."""
    text = line.cells[0].text
    head = fold(text.split(":", 1)[0])
    if head not in language.narrative:
        return False
    return len(line.cells) == 1 or head in _GRID_HEADS


def closes_text(line: Line, row: RawRow | None, grammar: Grammar, *, header: bool) -> bool:
    """Whether prose ends before a line: a table's header, a heading of other tests, or a row complete in itself."""
    if header and not _is_grid(line):
        return True
    if len(line.cells) == 1 and fold(line.cells[0].text.strip(" :-*=")) in grammar.language.sections:
        return fold(line.cells[0].text.strip(" :-*=")) not in grammar.language.narrative
    if row is None or row.kind is not Kind.NUMBER or not row.fields.get("range"):
        return False
    known = fold(row.text("name")) in grammar.packs.aliases and bool(grammar.packs.units.ucum(row.text("unit")))
    return known and grammar.span(row.text("range")) is not None


def _is_grid(line: Line) -> bool:
    return len(line.cells) > 1 and not line.tokens.isdisjoint(_GRID)


def is_frame(line: Line, language: Language) -> bool:
    """Whether a line belongs to the page around the text: a labelled field of the head, or a line that never counts."""
    return any(item.colon and item.key in _HEADER for item in labelled_values([line], language))


def text_draft(lines: Sequence[Line], section: str, specimen: str, source: str) -> Draft | None:
    """One draft of the lines from the heading on; None when nothing stands under the heading."""
    if len(lines) < 2:
        return None
    texts, settled = _texts(lines[1:])
    row = RawRow(kind=Kind.TEXT)
    row.add("name", lines[0].cells[0].words)
    first = lines[0].page
    row.add("value", [word for line in lines[1:] if line.page == first for cell in line.cells for word in cell.words])
    if not row.fields["value"]:
        return None
    draft = Draft(row, section, specimen, first, lines[0].y0, lines[-1].y1, source)
    draft.text, draft.settled = "\n".join(texts), settled
    return draft


def _texts(lines: Sequence[Line]) -> tuple[list[str], bool]:
    """The lines as text; rows of a grid get a sign for each empty cell. False when a cell fits no column alone."""
    out: list[str] = []
    columns: list[Cell] = []
    above: Line | None = None
    settled = True
    for line in lines:
        if _is_grid(line):
            columns = list(line.cells)
        elif above is not None and line.y0 - above.y0 > _APART:
            columns = []
        cells = _placed(line.cells, columns) if columns and len(line.cells) > 1 else None
        if columns and len(line.cells) > 1 and cells is None:
            settled = False
        out.append(" | ".join(cells) if cells else "  ".join(cell.text for cell in line.cells))
        above = line
    return out, settled


def _placed(cells: Sequence[Cell], columns: Sequence[Cell]) -> list[str] | None:
    """The texts of a row by column; None when two of them claim one column."""
    out = [_EMPTY] * len(columns)
    for cell in cells:
        near = min(range(len(columns)), key=lambda index: _distance(cell, columns[index]))
        if out[near] != _EMPTY:
            return None
        out[near] = cell.text
    return out


def _distance(cell: Cell, column: Cell) -> float:
    if cell.x1 > column.x0 and cell.x0 < column.x1:
        return 0.0
    return min(abs(cell.x0 - column.x0), abs(cell.x1 - column.x1), abs(cell.x0 - column.x1))
