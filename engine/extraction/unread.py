"""Lines that look like results and that nothing was made of: what is left over once every reader has taken its words.

No rule of reading is repeated here. A line is told of for what it shows by itself: a known test with a value behind
it, a value with a unit of a test behind some name, or a value alone where the values of the page stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from engine.documents.pages import Word
from engine.domain.report import UnreadLine
from engine.extraction.conditions import Person
from engine.extraction.draft import Draft
from engine.extraction.folding import fold
from engine.extraction.grammar import Grammar, Kind, Piece
from engine.extraction.joining import Around
from engine.extraction.layout import Line, box_of
from engine.extraction.rows import clean_name

_VALUES = frozenset({Kind.NUMBER, Kind.ANSWER, Kind.TITRE, Kind.PENDING, Kind.CANCELLED})
_SURE = frozenset({Kind.NUMBER, Kind.TITRE})
_UNSURE = frozenset({Kind.ANSWER, Kind.RANGE})
_LIKELY = _VALUES | {Kind.RANGE}
_AMONG = ",;"
_CLOSING = ".,;:"
_AMONG_NUMBERS = re.compile(r"\d[,;](\s|$)")
_BOUNDS = "<>≤≥("
_RUN = re.compile(r"[^\W\d_)\]][^\w.,]?\d+(?:[.,]\d+)?((?:[^\W\d_]|%)[^\d\s()]*)")
ARROW = re.compile(r"^(?:[-=]+>|[→⇒↳►➔»])\s*[^\W\d_]")
"""How a remark begins that an arrow ties to the row above; a known test with its value is told of all the same."""
_BEFORE = frozenset({":", "=", "-", "–", "->", ":-", "|"})
_LONGEST = 6
_SHORT = 2
_LONGEST_NAME = 4
_EDGE = 3.0
_REACH = 40.0
_MOST = 200

Spot = tuple[int, float, float]
"""Page, left and top of a word: enough to know it again, whatever was cut off behind its beginning."""


def spots(words: Iterable[Word], page: int) -> Iterator[Spot]:
    """The places of some words of a page."""
    for word in words:
        yield page, word.x0, word.y0


def spots_of(drafts: Sequence[Draft], grammar: Grammar) -> set[Spot]:
    """The places of all words that became part of a result.

    What a row without columns took for its range has to be one: the rest of a sentence may hold further results.
    """
    taken: set[Spot] = set()
    for draft in drafts:
        row = draft.row
        is_sentence = row.headless and row.fields.get("range") and not grammar.range_for(row.text("range"), Person())[1]
        for part, words in row.fields.items():
            if part != "range" or not is_sentence:
                taken.update(spots(words, draft.page))
        for _, words in draft.row.previous:
            taken.update(spots(words, draft.page))
    return taken


def unread_lines(lines: Sequence[Line], taken: set[Spot], drafts: Sequence[Draft], around: Around) -> list[UnreadLine]:
    """The lines that may hold a result and are part of none, in printed order.

    Args:
        lines: all lines of the readable pages.
        taken: the words that became something.
        drafts: the results, to know where values stand.
        around: forms and names.
    """
    answers = _answer_words(around.grammar)
    places: dict[int, _Places] = {}
    out: list[UnreadLine] = []
    for line in lines:
        if line.tokens.isdisjoint(answers) and not any(map(str.isdigit, line.text)):
            continue
        cells = [left for cell in line.cells if (left := _left(cell.words, line.page, taken))]
        if not cells:
            continue
        if line.page not in places:
            places[line.page] = _places(drafts, line.page)
        if _may_be_result(line, cells, places[line.page], around):
            words = [word for cell in cells for word in cell]
            out.append(UnreadLine(page=line.page, box=box_of(words), text=_text(words)))
    return out[:_MOST]


def _answer_words(grammar: Grammar) -> set[str]:
    """The words of all answers that are no numbers."""
    language = grammar.language
    answers = (*language.qualitative, *language.pending, *language.cancelled)
    return {word for answer in answers for word in fold(answer).split()}


def _left(words: Sequence[Word], page: int, taken: set[Spot]) -> list[Word]:
    return [word for word in words if (page, word.x0, word.y0) not in taken]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Where the values of a page stand: left and right edges, and from the first to the last line, in points."""

    edges: tuple[tuple[float, float], ...]
    top: float
    bottom: float


def _places(drafts: Sequence[Draft], page: int) -> _Places:
    rows = [draft for draft in drafts if draft.page == page and not draft.text and draft.row.fields.get("value")]
    values = [draft.row.fields["value"] for draft in rows]
    return _Places(
        edges=tuple((words[0].x0, words[-1].x1) for words in values),
        top=min((draft.top for draft in rows), default=0.0) - _REACH,
        bottom=max((draft.bottom for draft in rows), default=0.0) + _REACH,
    )


def _may_be_result(line: Line, cells: Sequence[list[Word]], places: _Places, around: Around) -> bool:
    grammar = around.grammar
    pieces = [grammar.pieces(cell) for cell in cells]
    if not places.edges and any(_runs_together(word.text, grammar) for cell in cells for word in cell):
        return True
    if not any(piece.kind in _LIKELY for own in pieces for piece in own) and not _AMONG_NUMBERS.search(line.text):
        return False
    parts = list(_parts(cells))
    if any(_known_test(words, behind, around) for words, behind in parts):
        return True
    if sum(_known_test(words, behind, around, sure_only=False) for words, behind in parts) > 1:
        return True  # `Na 140, K 4.1`: one short name may be anything, two are none
    if not places.edges and any(_tells_measure(cell, grammar) for cell in cells):
        return True
    if ARROW.match(line.text) or _no_name(clean_name(_text(cells[0])), grammar):
        return False
    if any(_measured(own, grammar) for own in pieces) or _measured([one for own in pieces for one in own], grammar):
        return True
    if not places.top <= line.y0 <= places.bottom:
        return False
    is_test = len(cells) > 1 and around.matcher.exact(clean_name(_text(cells[0])))
    return (is_test and _is_placed(cells[1], places)) or _stands_with_values(cells, pieces, places)


def _no_name(head: str, grammar: Grammar) -> bool:
    """Whether a line begins with a word of risk tables, remarks, labels or headings."""
    language, folded = grammar.language, fold(head)
    first = folded.split(" ", 1)[0]
    headers = {text for text in (folded, first) if language.headers.get(text, "low") not in ("low", "high")}
    if language.headers.get(first) == "result":
        return False  # `Result: 22 U/L` whose test was not found
    return bool(headers) or any(
        text in words
        for text in (folded, first)
        for words in (language.interpretive, language.comment, language.labels)
    )


def _parts(cells: Sequence[list[Word]]) -> Iterator[tuple[list[Word], list[Word]]]:
    """What may begin with a name: each cell, with the cell behind it, and what stands between commas."""
    for index, cell in enumerate(cells):
        yield cell, cells[index + 1] if index + 1 < len(cells) else []
        own: list[Word] = []
        parts = 0
        for word in cell:
            text = word.text.rstrip(_AMONG)
            if text:
                own.append(word if text == word.text else replace(word, text=text))
            if text != word.text:
                parts += 1
                yield own, []
                own = []
        if parts and own:
            yield own, []


def _value(words: Sequence[Word], grammar: Grammar) -> list[Piece]:
    """The pieces of a value and what follows it in its cell; empty when it is none, or when a sentence goes on.

    A number with its unit is a value even inside a sentence (`7.1 mmol/L, told by telephone`); a limit is none there.
    """
    start = next((index for index, word in enumerate(words) if word.text not in _BEFORE), len(words))
    pieces = grammar.pieces(words[start:]) if start < len(words) else []
    if pieces and pieces[0].kind is Kind.FLAG and not pieces[0].text.strip("+"):
        return pieces[:1]  # a degree (`Glucose  ++`) looks like a flag
    while len(pieces) > 1 and pieces[0].kind in (Kind.FLAG, Kind.UNIT):
        pieces = pieces[1:]
    if not pieces or pieces[0].kind not in _VALUES:
        return []
    kinds = [piece.kind for piece in pieces[:2]]
    if kinds == [Kind.NUMBER, Kind.UNIT] and pieces[0].text[0] not in _BOUNDS:
        return pieces[:2]
    return [] if any(piece.kind is Kind.TEXT and not _in_brackets(piece) for piece in pieces) else pieces


def _in_brackets(piece: Piece) -> bool:
    """Whether a text is what a range in words looks like behind an answer: `Clear (Clear)`."""
    return piece.text[0] in "([" and piece.text[-1] in ")]"


def _known_test(words: Sequence[Word], behind: Sequence[Word], around: Around, *, sure_only: bool = True) -> bool:
    """Whether a known name begins there with a value right behind it, or a value with a known name behind."""
    if len(words) > 1 and around.grammar.kind(words[0].text) is Kind.NUMBER:
        return any(around.matcher.exact(clean_name(_text(words[1:end]))) for end in range(2, len(words) + 1))
    for size in range(min(_LONGEST, len(words)), 0, -1):
        name = clean_name(_text(words[:size]))
        if around.matcher.exact(name):
            pieces = _value(words[size:] or behind, around.grammar)
            if len(name) <= _SHORT and sure_only:
                return any(piece.kind is Kind.UNIT for piece in pieces)
            return bool(pieces)
    return False


def _text(words: Sequence[Word]) -> str:
    return " ".join(word.text for word in words)


def _measured(pieces: Sequence[Piece], grammar: Grammar) -> bool:
    """Whether a number and a unit in which tests are measured share the line with a name at most, in any order."""
    words = sum(len(piece.words) for piece in pieces if piece.kind is Kind.TEXT)
    if words > _LONGEST_NAME or not any(p.kind is Kind.NUMBER and p.text[0] not in _BOUNDS for p in pieces):
        return False
    return any(piece.kind is Kind.UNIT and _is_measure(piece.text, grammar) for piece in pieces)


def _tells_measure(words: Sequence[Word], grammar: Grammar) -> bool:
    """Whether a number with the unit of a test stands anywhere in a sentence; asked of pages without any result."""
    bare = [replace(word, text=word.text.rstrip(_CLOSING) or word.text) for word in words]
    return any(
        grammar.kind(number.text) is Kind.NUMBER
        and number.text[0] not in _BOUNDS
        and grammar.kind(unit.text) is Kind.UNIT
        and _is_measure(unit.text, grammar)
        for number, unit in pairwise(bare)
    )


def _runs_together(text: str, grammar: Grammar) -> bool:
    """Whether a number and the unit of a test stand behind letters in one word; asked of pages without any result."""
    return any(_is_measure(match.group(1), grammar) for match in _RUN.finditer(text))


def _is_measure(unit: str, grammar: Grammar) -> bool:
    """Whether a known test is measured in a unit."""
    ucum = grammar.packs.units.ucum(unit)
    analytes = grammar.packs.analytes.values()
    return bool(ucum) and any(ucum in code.units for analyte in analytes for code in analyte.codes)


def _stands_with_values(cells: Sequence[list[Word]], pieces: Sequence[Sequence[Piece]], places: _Places) -> bool:
    """Whether something like a value stands exactly under or over the values of the page."""
    for index, own in enumerate(pieces):
        if index == 0 and any(":" in word.text for word in cells[0]):
            return False  # a label and what it says
        kinds = [piece.kind for piece in own]
        more = sum(map(len, pieces[index:])) > 1
        is_value = kinds[0] in _SURE or (kinds[0] in _UNSURE and more and Kind.TEXT not in kinds)
        if is_value and _is_placed(own[0].words, places):
            return True
    return False


def _is_placed(words: Sequence[Word], places: _Places) -> bool:
    """Whether some words begin or end where a value of the page does."""
    x0, x1 = words[0].x0, words[-1].x1
    return any(min(abs(x0 - left), abs(x1 - right)) < _EDGE for left, right in places.edges)
