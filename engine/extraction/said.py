"""A known name and the number that a sentence gives it, with unit, range and flag."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engine.documents.pages import Word
from engine.extraction.card_parts import is_range
from engine.extraction.folding import fold
from engine.extraction.grammar import Grammar, Kind, Piece, without_bracket
from engine.extraction.joining import Around
from engine.extraction.rows import clean_name
from engine.extraction.sentences import Token

_LONGEST_NAME = 6
_LONGEST_VALUE = 4
_LONGEST_LINK = 3
_MOST_LINKS = 4
_SHORT = 2
_FIRST_YEAR, _LAST_YEAR = 1900, 2100


@dataclass(slots=True)
class Said:
    """A name and a number in a sentence: the tokens from `start` to `end`, and the fields.

    Attributes:
        units: those in which the tests of the name are measured.
        sure: nothing speaks against its being a result of today.
    """

    start: int
    end: int
    name: list[Word]
    value: Sequence[Word]
    units: frozenset[str]
    unit: Sequence[Word] = ()
    span: Sequence[Word] = ()
    flag: Sequence[Word] = ()
    sure: bool = True


def all_said(sentence: Sequence[Token], around: Around) -> Iterator[Said]:
    """All that a sentence says of known names, from its beginning on."""
    at = 0
    while at < len(sentence):
        size = name_at(sentence, at, around)
        said = _said(sentence, at, at + size, around) if size else None
        if said is not None:
            yield said
        at = said.end if said is not None else at + max(size, 1)


def name_at(sentence: Sequence[Token], at: int, around: Around) -> int:
    """How many words of the longest known name begin there; none for a small word that is a symbol elsewhere (`as`)."""
    for size in range(min(_LONGEST_NAME, len(sentence) - at), 0, -1):
        part = sentence[at : at + size]
        if any(token.pause for token in part[:-1]) or not any(map(str.isalnum, part[-1].word.text)):
            continue
        name = clean_name(" ".join(token.word.text for token in part))
        if around.matcher.exact(name) and not _is_small(name, around.grammar):
            return size
    return 0


def _is_small(name: str, grammar: Grammar) -> bool:
    prose, folded = grammar.language.prose, fold(name)
    small = any(folded in prose.get(key, ()) for key in ("lead", "link", "join"))
    return name[:1].isdigit() or (small and name.islower()) or (len(name) <= _SHORT and name.islower())


def _said(sentence: Sequence[Token], start: int, at: int, around: Around) -> Said | None:
    """What is said of a name: a number behind it and the small words between, in one clause."""
    if sentence[at - 1].pause and not sentence[at - 1].printed.text.endswith(":"):
        return None
    grammar = around.grammar
    name = [token.word for token in sentence[start:at]]
    units = units_of(clean_name(" ".join(word.text for word in name)), around)
    behind = _behind_links(sentence, _bracket_end(sentence, at, digits=False), grammar)
    found = value_at(sentence, behind, grammar) if behind >= 0 else None
    if found is None:
        return None
    pieces, end = found
    said = Said(start, end, _whole_name(sentence, start, name, grammar), pieces[0].words, units)
    if len(pieces) > 1:
        said.unit = pieces[1].words
        said.sure = grammar.packs.units.ucum(without_bracket(pieces[1].text)) in units
    else:
        said.sure = _ends_clause(sentence, end, grammar) and not _is_year(pieces[0].text)
        said.sure &= len(" ".join(word.text for word in name)) > _SHORT
    _take_bracket(sentence, said, grammar)
    return said


def units_of(name: str, around: Around) -> frozenset[str]:
    """The units in which the tests of a name are measured."""
    match = around.matcher.find(name)
    analytes = [around.grammar.packs.analytes[item] for item in match.ids] if match else []
    return frozenset(unit for analyte in analytes for code in analyte.codes for unit in code.units)


def _whole_name(sentence: Sequence[Token], start: int, name: list[Word], grammar: Grammar) -> list[Word]:
    """The name with the word before it that may make it another test (`corrected calcium`), when there is one."""
    before = sentence[start - 1] if start else None
    if before is None or before.pause or not before.word.text.isalpha():
        return name
    prose = grammar.language.prose
    if any(before.folded in prose.get(key, ()) for key in ("lead", "link", "join")):
        return name
    return [before.word, *name]


def _behind_links(sentence: Sequence[Token], at: int, grammar: Grammar) -> int:
    """The place behind the small words between name and number; -1 where a clause ends before."""
    links = grammar.language.prose.get("link", frozenset())
    for _ in range(_MOST_LINKS):
        for size in range(min(_LONGEST_LINK, len(sentence) - at), 0, -1):
            part = sentence[at : at + size]
            text = " ".join(token.folded for token in part)
            if text in links or (size == 1 and part[0].word.text in (":", "=")):
                if any(token.pause and token.word.text not in (":", "=") for token in part):
                    return -1
                at += size
                break
        else:
            break
    return at


def value_at(sentence: Sequence[Token], at: int, grammar: Grammar) -> tuple[list[Piece], int] | None:
    """A number, with its unit where one follows, and the place behind it."""
    best: tuple[list[Piece], int] | None = None
    for end in range(at + 1, min(at + _LONGEST_VALUE, len(sentence)) + 1):
        pieces = grammar.pieces([token.word for token in sentence[at:end]])
        kinds = [piece.kind for piece in pieces]
        if kinds in ([Kind.NUMBER], [Kind.NUMBER, Kind.UNIT]):
            best = pieces, end
        if sentence[end - 1].pause:
            break
    return best


def _is_year(text: str) -> bool:
    return text.isdecimal() and _FIRST_YEAR <= int(text) <= _LAST_YEAR


def _ends_clause(sentence: Sequence[Token], end: int, grammar: Grammar) -> bool:
    """Whether a number without a unit ends its clause: `ferritin 3 months later` is no ferritin of 3."""
    if sentence[end - 1].pause or end == len(sentence):
        return True
    following = sentence[end]
    return following.folded in grammar.language.prose.get("join", ()) or following.word.text[0] in "(["


def _bracket_end(sentence: Sequence[Token], at: int, *, digits: bool) -> int:
    """The place behind a bracket that begins there, else the place itself."""
    if at >= len(sentence) or sentence[at].word.text[0] not in "([":
        return at
    for end in range(at, len(sentence)):
        if not digits and sentence[end].has_digit:
            return at
        if sentence[end].word.text[-1] in ")]":
            return end + 1
    return at


def _take_bracket(sentence: Sequence[Token], said: Said, grammar: Grammar) -> None:
    """Take what stands in brackets behind a value: its range, or a flag; any other number there leaves it open."""
    at = said.end
    end = _bracket_end(sentence, at, digits=True)
    if end == at:
        span = _span_end(sentence, at, grammar)
        if span is not None:
            said.span, said.end = span
        return
    words = _without_brackets([token.word for token in sentence[at:end]])
    inside = _span_words(words, grammar)
    said.end = end
    if is_range(inside, grammar) and any(map(str.isdigit, "".join(word.text for word in inside))):
        said.span = inside
    elif grammar.kind(" ".join(word.text for word in words)) is Kind.FLAG:
        said.flag = words
    elif any(token.has_digit for token in sentence[at:end]):
        said.sure = False


def _without_brackets(words: Sequence[Word]) -> list[Word]:
    """The words inside a bracket: its signs are the sentence's, not the range's."""
    texts = [word.text for word in words]
    texts[0], texts[-1] = texts[0].lstrip("(["), texts[-1] if len(texts) > 1 else texts[0].lstrip("([")
    texts[-1] = texts[-1].rstrip(")]")
    return [replace(word, text=text) for word, text in zip(words, texts, strict=True) if text]


def _span_words(words: Sequence[Word], grammar: Grammar) -> Sequence[Word]:
    """The words behind those that announce a range: `(reference 20-41)`."""
    language = grammar.language
    for size in range(min(_LONGEST_LINK, len(words) - 1), 0, -1):
        text = fold(" ".join(word.text for word in words[:size]))
        if text in language.prose.get("span", ()) or language.headers.get(text) == "range":
            return words[size:]
    return words


def _span_end(sentence: Sequence[Token], at: int, grammar: Grammar) -> tuple[Sequence[Word], int] | None:
    """A range that is announced without brackets (`48 mmol/mol, reference 20-41`), and the place behind it."""
    for end in range(min(at + 2 * _LONGEST_LINK, len(sentence)), at + 1, -1):
        words = [token.word for token in sentence[at:end]]
        inside = _span_words(words, grammar)
        if len(inside) < len(words) and is_range(inside, grammar) and sentence[end - 1].has_digit:
            return inside, end
    return None
