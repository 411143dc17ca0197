"""Questions about one line and the row above it: does it go on, and is a row with a value a result at all."""

from __future__ import annotations

import re
from dataclasses import dataclass

from engine.extraction.codes import Matcher
from engine.extraction.draft import Draft
from engine.extraction.folding import fold
from engine.extraction.grammar import Grammar, Kind
from engine.extraction.headings import is_comment, is_heading
from engine.extraction.layout import Line
from engine.extraction.packs.model import Language
from engine.extraction.ranges import parse_range, split_sexes
from engine.extraction.rows import RawRow, clean_name

LONGEST_NAME = 90
_NEAR, _WIDE = 0.6, 1.2
"""How far below a row, in heights of a line, its name goes on; the greater where only together it is a known one."""
_UNIT_BEHIND = re.compile(r"\s*[(\[][^()\[\]]*[)\]]$")
_INDENT = 60.0
_JOINING_WORDS = (
    "of for and by to with in de del la el y en con para du des et à au le von der und im mit di della e per do da dos"
)
_JOINING = frozenset(_JOINING_WORDS.split())
"""Words that no name ends with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What is known on a page: the forms, the names, and `pitch`, the usual distance of its lines in points."""

    grammar: Grammar
    matcher: Matcher
    pitch: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Strictness:
    """Whether the page has no header before this line (`page`), and whether a table of an earlier one still stands."""

    page: bool
    table: bool


def continues(last: Draft | None, line: Line, row: RawRow, around: Around) -> bool:
    """Join the wrapped rest of a name, a range or a unit to the row above."""
    if last is None or "value" in row.fields or row.headless or row.previous:
        return False
    parts = {part for part in row.fields if row.fields[part]}
    gap = line.y0 - last.bottom
    open_end = unfinished(clean_name(last.row.text("name"))) or completes(last, row.text("name"), around)
    far = gap > (_WIDE if open_end else _NEAR) * line.height
    if far or not parts <= {"name", "range", "unit"}:
        return False
    if "name" in parts and not _goes_on(last, line, row, around):
        return False
    if "range" in parts and not _fits_range(last, row):
        return False
    if parts == {"unit"} and last.row.fields.get("unit") and not _fits_unit(last, row, around):
        return False
    for part in ("name", "range", "unit"):
        if row.fields.get(part):
            last.row.add(part, row.fields[part])
    last.bottom = line.y1
    return bool(parts)


def _goes_on(last: Draft, line: Line, row: RawRow, around: Around) -> bool:
    """Whether a name-only line is the rest of the name above: together a known test, or set visibly closer."""
    rest, language = row.text("name"), around.grammar.language
    if is_comment(line.cells[0].text, language):
        return False
    own = clean_name(last.row.text("name"))
    if unfinished(rest) and around.matcher.exact(own):
        return False  # the beginning of a name, not the end of one
    if is_known_whole(last, clean_name(f"{own} {rest}"), around):
        return True
    if is_heading(rest, language) and rest.isupper() and not unfinished(own):
        return False
    if around.grammar.packs.methods.named(fold(rest)) and not open_bracket(own):
        return False
    if around.matcher.exact(own) and around.matcher.exact(rest):
        return False  # each is a test of its own: the second waits for the rest of its name
    if abs(row.fields["name"][0].x0 - last.row.fields["name"][0].x0) > 12 or len(rest) > 40:
        return False
    if _is_hung(last, line, own, rest) and not around.matcher.exact(own):
        return True
    if completes(last, rest, around):
        return True
    if unfinished(own) or is_known_whole(last, clean_name(f"{own} {_UNIT_BEHIND.sub('', rest)}"), around):
        return True
    close = around.pitch > 0 and line.y0 - last.top < 0.85 * around.pitch
    if open_bracket(own) and ")" in rest and around.matcher.exact(f"{own} {rest}"):
        return True
    return close or (rest.startswith("(") and around.matcher.exact(f"{own} {rest}"))


def _is_hung(last: Draft, line: Line, own: str, rest: str) -> bool:
    """Whether a lone cell hangs a little further right under a name, both in capitals: names are, remarks are not."""
    step = line.cells[0].x0 - last.row.fields["name"][0].x0
    return len(line.cells) == 1 and 2 < step <= 12 and own.isupper() and rest.isupper() and last.bottom < line.y1


def is_known_whole(last: Draft, whole: str, around: Around) -> bool:
    """Whether the name of a row and a line under it are a known name together.

    Where only its words are known, in another order, and the row's own name is that of another test, the line may as
    well begin the next name (`Iron` / `binding capacity, total`): then the row is doubtful.
    """
    if not around.matcher.direct(whole):
        return False
    own = clean_name(last.row.text("name"))
    if not around.matcher.printed(whole) and around.matcher.find(own) not in (None, around.matcher.find(whole)):
        last.row.whole = False
    return True


def completes(last: Draft, rest: str, around: Around) -> bool:
    """Whether a text makes a known name out of that of a row, which is none by itself."""
    own = clean_name(last.row.text("name"))
    if not rest or around.matcher.exact(own):
        return False
    return around.matcher.printed(f"{own} {rest}") or around.matcher.printed(_closed(f"{own} {rest}"))


def _closed(name: str) -> str:
    """The name up to a bracket that its line does not close."""
    return name[: name.rindex("(")].strip() if open_bracket(name) else name


def wraps(last: Draft | None, line: Line, around: Around) -> bool:
    """Join the rest of a name to a row that no columns helped to read: only what makes both a known test."""
    if last is None or not last.row.headless or last.rule or len(line.cells) != 1:
        return False
    cell, name = line.cells[0], last.row.fields["name"]
    gap = line.y0 - last.bottom
    if gap > _WIDE * line.height or abs(cell.x0 - name[0].x0) > 12:
        return False
    own = clean_name(last.row.text("name"))
    if gap > _NEAR * line.height or completes(last, cell.text, around):
        if not completes(last, cell.text, around):
            return False
    elif unfinished(cell.text) or not any(
        is_known_whole(last, clean_name(f"{own} {text}"), around)
        for text in (cell.text, _UNIT_BEHIND.sub("", cell.text))
    ):
        return False
    last.row.add("name", cell.words)
    last.bottom = line.y1
    return True


def goes_on_range(last: Draft, line: Line) -> bool:
    """Join a line to the range above it that begins exactly there, far right of the names (`Borderline: 200 - 239`)."""
    words = last.row.fields.get("range")
    cell = line.cells[0]
    if not words or len(line.cells) != 1 or line.y0 - last.bottom > _NEAR * line.height:
        return False
    if abs(cell.x0 - words[0].x0) > 1 or cell.x0 - last.row.fields["name"][0].x0 < _INDENT:
        return False
    last.row.add("range", cell.words)
    last.bottom = line.y1
    return True


def unfinished(name: str) -> bool:
    """Whether a name cannot end where it does: with a comma, a hyphen, or a word that joins (`Capacidad total de`)."""
    return name[-1:] in ",-/" or name.rsplit(" ", 1)[-1].casefold() in _JOINING


def open_bracket(name: str) -> bool:
    """Whether a name stops inside a bracket, so that its next line goes on with it."""
    return name.count("(") > name.count(")")


def _fits_unit(last: Draft, row: RawRow, around: Around) -> bool:
    return bool(around.grammar.packs.units.ucum(f"{last.row.text('unit')} {row.text('unit')}"))


def _fits_range(last: Draft, row: RawRow) -> bool:
    """Whether a text under the range column goes on with the range above: same left edge, or a range by form."""
    text, above = row.text("range"), last.row.fields.get("range")
    if above and "name" not in row.fields and abs(above[0].x0 - row.fields["range"][0].x0) < 6:
        return True
    return bool(split_sexes(text) or parse_range(text) or parse_range(f"{last.row.text('range')} {text}"))


def acceptable(row: RawRow, above: Draft | None, joined: str, strict: Strictness, around: Around) -> bool:
    """Whether a row with a value is a result, and not an address, a category of a risk table or a sentence.

    Args:
        row: the row.
        above: the row before it.
        joined: its name behind the lines that wait above it; empty when none do.
        strict: how much the page tells.
        around: forms and names.
    """
    name = clean_name(row.text("name"))
    if open_bracket(joined.removesuffix(name)) and around.matcher.exact(joined):
        return row.kind is not Kind.DATE
    if not any(c.isalpha() for c in name) or len(name) > LONGEST_NAME or row.kind is Kind.DATE:
        return False
    if around.matcher.exact(name) or (joined and around.matcher.exact(joined)):
        return row.kind is not Kind.TEXT or not row.headless or _aligned(row, above, strict)
    language = around.grammar.language
    if _says_no_test(fold(name), language) or (row.headless and _is_measured(row, around.grammar)):
        return False
    has_range = bool(row.fields.get("range")) and _range_like(row, around)
    has_unit = bool(around.grammar.packs.units.ucum(row.text("unit")))
    if row.headless or strict.page:
        return (has_unit and has_range and row.kind is Kind.NUMBER) or _aligned(row, above, strict)
    if around.matcher.find(name) is not None:
        return True
    if row.kind is Kind.TEXT or row.certainty < 0.8:
        return has_range or has_unit
    return has_range or has_unit or row.kind in (Kind.NUMBER, Kind.ANSWER, Kind.TITRE, Kind.PENDING, Kind.CANCELLED)


def _is_measured(row: RawRow, grammar: Grammar) -> bool:
    """Whether a name is a number with its unit: the value of a card, with that of its neighbour behind it."""
    words = row.fields["name"]
    if not words[0].text[0].isdigit():
        return False
    return [piece.kind for piece in grammar.pieces(words)] == [Kind.NUMBER, Kind.UNIT]


def _says_no_test(folded: str, language: Language) -> bool:
    """Whether a name is a word of risk tables, remarks, labels or headings."""
    if folded in language.interpretive or folded in language.comment:
        return True
    return folded in language.labels or folded in language.headers


def _aligned(row: RawRow, above: Draft | None, strict: Strictness) -> bool:
    """Whether name and value of a header-less row stand exactly where those of the row above stand."""
    if not row.headless or (strict.page and strict.table) or above is None or not above.row.headless:
        return False
    name, value = row.fields["name"][0], row.fields["value"]
    last = above.row.fields["value"]
    edges = (value[0].x0 - last[0].x0, value[-1].x1 - last[-1].x1)
    return abs(name.x0 - above.row.fields["name"][0].x0) < 2 and min(abs(edge) for edge in edges) < 3


def _range_like(row: RawRow, around: Around) -> bool:
    text = row.text("range")
    single = parse_range(text, around.grammar.language.comparators)
    return single is not None or bool(split_sexes(text)) or not row.headless
