"""Results in the running text of letters (`Her HbA1c was 48 mmol/mol (20-41) and creatinine 88 umol/L`).

Looked for only where a document holds no rows. A number in a sentence may be a former result, a goal, a dose or another
person's, so each one is held for a person; a sentence that speaks of such things gives no result and is told of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from engine.documents.pages import Page, Word
from engine.extraction.dates import parse_date
from engine.extraction.draft import Draft
from engine.extraction.grammar import Grammar, Kind, without_bracket
from engine.extraction.joining import Around
from engine.extraction.layout import Line
from engine.extraction.rows import RawRow, clean_name
from engine.extraction.said import Said, all_said, name_at, units_of, value_at
from engine.extraction.sentences import Paragraph, Token, paragraphs, sentences

_CERTAINTY = 0.75


@dataclass(slots=True)
class Prose:
    """The results, and what was not taken: page and words."""

    drafts: list[Draft] = field(default_factory=list)
    told: list[tuple[int, list[Word]]] = field(default_factory=list)


def find_prose(pages: Sequence[tuple[Page, Sequence[Line]]], rows: Sequence[Draft], around: Around) -> Prose:
    """Read the sentences of a document whose rows, if it seems to have any, all lie in its text.

    Args:
        pages: with their lines.
        rows: what was taken for rows.
        around: forms and names.
    """
    if any(draft.text or not draft.row.headless for draft in rows):
        return Prose()
    language = around.grammar.language
    texts = [one for page, lines in pages for one in paragraphs(lines, page.source.value, language)]
    places = {(one.page, line.y0) for one in texts for line in one.lines}
    if any((draft.page, draft.top) not in places for draft in rows):
        return Prose()
    out = Prose()
    for text in texts:
        for sentence in sentences(text):
            if any(token.has_digit for token in sentence):
                _read(sentence, text, out, around)
    return out


def _read(sentence: Sequence[Token], text: Paragraph, out: Prose, around: Around) -> None:
    said = list(all_said(sentence, around))
    apart = around.grammar.language.prose.get("apart", frozenset())
    whole = f" {' '.join(token.folded for token in sentence)} "
    if any(f" {word} " in whole for word in apart):
        for one in said:
            one.sure = False
    _doubt(sentence, said, around.grammar)
    for one in said:
        if one.sure:
            out.drafts.append(_draft(one, text))
        else:
            out.told.append((text.page, [token.printed for token in sentence[one.start : one.end]]))
    out.told += [(text.page, words) for words in _loose(sentence, said, around)]


def _draft(said: Said, text: Paragraph) -> Draft:
    row = RawRow(headless=True, certainty=_CERTAINTY, kind=Kind.NUMBER)
    parts = {"name": said.name, "value": said.value, "unit": said.unit, "range": said.span, "flag": said.flag}
    for part, words in parts.items():
        if words:
            row.add(part, words)
    top, bottom = min(word.y0 for word in row.words), max(word.y1 for word in row.words)
    return Draft(row, "", "", text.page, top, bottom, text.source, rule="prose")


def _doubt(sentence: Sequence[Token], said: Sequence[Said], grammar: Grammar) -> None:
    """Leave open what a further number of the sentence may belong to: `creatinine 88 umol/L, then 95`."""
    for index, one in enumerate([None, *said]):
        start = one.end if one is not None else 0
        after = said[index] if index < len(said) else None
        stop = after.start if after is not None else len(sentence)
        for at in _numbers(sentence, start, stop, one, grammar):
            if one is not None:
                one.sure = False
            if after is not None and not any(token.pause or _joins(token, grammar) for token in sentence[at:stop]):
                after.sure = False


def _joins(token: Token, grammar: Grammar) -> bool:
    return token.folded in grammar.language.prose.get("join", ())


def _numbers(sentence: Sequence[Token], start: int, stop: int, said: Said | None, grammar: Grammar) -> Iterator[int]:
    """The places of numbers between two results that may be those of one: no age, no weight; before all, no date."""
    at = clause = start
    own = True
    while at < stop:
        if _joins(sentence[at], grammar) or (at and sentence[at - 1].pause):
            clause, own = at, False
        end = _date_end(sentence, at, stop, grammar) if sentence[at].has_digit and said is None else at
        if end > at:
            at = end
            continue
        counts = sentence[at].has_digit and (own or grammar.kind(sentence[at].word.text) is Kind.NUMBER)
        if (
            counts
            and not _is_age(sentence, at, grammar)
            and (own or not _is_other(sentence, clause, at, said, grammar))
        ):
            yield at
        at += 1


def _is_age(sentence: Sequence[Token], at: int, grammar: Grammar) -> bool:
    following = sentence[at + 1 : at + 2] if not sentence[at].pause else ()
    return any(token.folded in grammar.language.age_words for token in following)


def _is_other(sentence: Sequence[Token], clause: int, at: int, said: Said | None, grammar: Grammar) -> bool:
    """Whether a number in a further clause is of something else: its unit is no unit of the test, or a noun tells."""
    found = value_at(sentence, at, grammar)
    ucum = grammar.packs.units.ucum(without_bracket(found[0][1].text)) if found and len(found[0]) > 1 else ""
    if ucum and said is not None:
        return ucum not in said.units
    prose = grammar.language.prose
    small = [
        any(token.folded in prose.get(key, ()) for key in ("join", "lead", "link")) for token in sentence[clause:at]
    ]
    return not all(small)


def _date_end(sentence: Sequence[Token], at: int, stop: int, grammar: Grammar) -> int:
    for end in range(min(at + 4, stop), at, -1):
        text = " ".join(token.word.text for token in sentence[at:end])
        if parse_date(text, grammar.language) is not None:
            return end
    return at


def _loose(sentence: Sequence[Token], said: Sequence[Said], around: Around) -> Iterator[list[Word]]:
    """A number with a unit of a test that the sentence names, and that nothing was made of."""
    taken = {at for one in said for at in range(one.start, one.end)}
    names = [at for at in range(len(sentence)) if at not in taken and name_at(sentence, at, around)]
    for name in names:
        size = name_at(sentence, name, around)
        units = units_of(clean_name(" ".join(token.word.text for token in sentence[name : name + size])), around)
        for at in range(len(sentence)):
            found = value_at(sentence, at, around.grammar) if at not in taken and sentence[at].has_digit else None
            if found is None or len(found[0]) < 2:
                continue
            if around.grammar.packs.units.ucum(without_bracket(found[0][1].text)) in units:
                taken.update(range(at, found[1]))
                words = [token.printed for token in sentence[name : name + size]]
                yield [*words, *(token.printed for token in sentence[at : found[1]])]
