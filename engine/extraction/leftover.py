"""What the walk down the lines left over, looked at once more: cards and sentences; and what then is still unread."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engine.documents.pages import Page, Word
from engine.domain.report import UnreadLine
from engine.extraction.cards import find_cards
from engine.extraction.draft import Draft
from engine.extraction.layout import Line, box_of
from engine.extraction.prose import Prose, find_prose
from engine.extraction.unread import spots, spots_of, unread_lines
from engine.extraction.walk import Walk


@dataclass(frozen=True, slots=True)
class Found:
    """All results of a document by page, and the lines that may hold results and became part of none."""

    drafts: Sequence[Draft]
    unread: tuple[UnreadLine, ...]


def with_leftovers(pages: Sequence[tuple[Page, Sequence[Line]]], walk: Walk) -> Found:
    """The rows of a walk, with the cards among them or the sentences instead of them, and what is left unread."""
    taken = walk.taken()
    cards = find_cards([(page.source.value, own) for page, own in pages], taken, walk.around)
    prose = Prose() if walk.tables or cards.drafts or cards.told else find_prose(pages, walk.drafts, walk.around)
    rows = _not_said(walk.drafts, prose.drafts)
    further, told = [*cards.drafts, *prose.drafts], [*cards.told, *prose.told]
    if len(rows) < len(walk.drafts):
        taken = spots_of(rows, walk.grammar) | walk.passed
    for draft in further:
        taken.update(spots(draft.row.words, draft.page))
    for page, words in told:
        taken.update(spots(words, page))
    lines = [line for _, own in pages for line in own]
    unread = [*unread_lines(lines, taken, rows, walk.around), *map(_line, told)]
    if told:
        unread.sort(key=lambda line: (line.page, line.box[1], line.box[0]))
    return Found(_by_page(rows, further), tuple(unread))


def _not_said(rows: Sequence[Draft], said: Sequence[Draft]) -> Sequence[Draft]:
    """The rows whose value is none of those read in a sentence: there the row was only the beginning of one."""
    values = {spot for draft in said for spot in spots(draft.row.fields["value"], draft.page)}
    return [draft for draft in rows if values.isdisjoint(spots(draft.row.fields.get("value", ()), draft.page))]


def _line(told: tuple[int, Sequence[Word]]) -> UnreadLine:
    page, words = told
    return UnreadLine(page=page, box=box_of(words), text=" ".join(word.text for word in words))


def _by_page(rows: Sequence[Draft], further: Iterable[Draft]) -> Sequence[Draft]:
    """The rows with further results behind those of their page."""
    more = list(further)
    return sorted([*rows, *more], key=lambda draft: draft.page) if more else rows
