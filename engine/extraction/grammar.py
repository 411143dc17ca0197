"""What the words of a cell are: a number, a range, a unit, a flag, an answer ... told by their form alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from engine.documents.pages import Word
from engine.extraction.conditions import Person, conditional_ranges, range_of
from engine.extraction.dates import looks_like_date
from engine.extraction.folding import fold, key, without_mark
from engine.extraction.layout import split_word
from engine.extraction.numbers import Number, parse_number
from engine.extraction.packs.model import Language, Packs
from engine.extraction.ranges import Range, parse_range, pick_range, split_sexes
from engine.extraction.units import unit_shaped

_DIGIT = re.compile(r"\d")
_COUNTED = re.compile(r"^(?!10 )\d+(?:[.,]\d+)* ")
_UNIT_SIGN = re.compile(r"[^\W\d_]|[%/‰]")
_TITRE = re.compile(r"^[<>≤≥]?\s?1\s?[:/]\s?\d{1,6}$")
_GLUED = re.compile(
    r"^(?P<lead>\*+|\([HL]{1,2}\)|[↑↓▲▼!])?(?P<number>[<>≤≥]?=?[-+−]?\d+(?:[.,]\d+)*)(?P<tail>[^\d.,:/\-–].*)?$"
)
_RANGE_UNIT = re.compile(
    r"^(?P<range>[(\[]?[-+]?\d+(?:[.,]\d+)*\s?[-–]\s?\d+(?:[.,]\d+)*[)\]]?)(?P<unit>[^\d.,)\]\-–].*)$"
)
_MARKED = re.compile(r"^(?:\*{1,3}(?=[<>≤≥]?\d)|\([*+!-]{1,3}\)(?=\w))")
_TAIL_FLAG = re.compile(r"^(?:[(\[]?(?:HH?|LL?)[)\]]?|[*!↑↓▲▼]+)$")
_CALCULATED = re.compile(r"\s*\((?:calc|calculated|calculado|calculada|calc\.|cálculo|est|estimated)\)$", re.IGNORECASE)
_GRADE = re.compile(r"^(?:\+{1,4}|\([+]{1,4}\)|\([-−]\))$")
_LONGEST = 7


class Kind(StrEnum):
    """What a piece of a cell is."""

    NUMBER = "number"
    RANGE = "range"
    UNIT = "unit"
    FLAG = "flag"
    ANSWER = "answer"
    TITRE = "titre"
    DATE = "date"
    PENDING = "pending"
    CANCELLED = "cancelled"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a cell that are one thing; `sure` is false where the form allows something else."""

    kind: Kind
    text: str
    words: tuple[Word, ...]
    sure: bool = True


@dataclass(slots=True)
class Grammar:
    """The forms of one language over the packs, with a memory for one reading."""

    packs: Packs
    language: Language
    kinds: dict[str, Kind | None] = field(default_factory=dict)
    spans: dict[str, Range | None] = field(default_factory=dict)

    def kind(self, text: str) -> Kind | None:
        """What a whole text is, None when it is nothing but text."""
        try:
            return self.kinds[text]
        except KeyError:
            found = self.kinds[text] = self._kind(text)
            return found

    def span(self, text: str) -> Range | None:
        """One range, or None."""
        if text not in self.spans:
            self.spans[text] = parse_range(text, self.language.comparators)
        return self.spans[text]

    def number(self, text: str) -> Number | None:
        """One number, or None."""
        return parse_number(without_mark(text))

    def range_for(self, text: str, person: Person) -> tuple[Range | None, bool]:
        """The range that applies to a person, and whether the text has a known form (see `pick_range`)."""
        single = self.span(text)
        if single is not None:
            return single, True
        found, known = pick_range(text, person.sex, self.language.comparators)
        if known:
            return found, True
        conditionals = conditional_ranges(text, self.language.comparators)
        return range_of(conditionals, person), bool(conditionals)

    def _kind(self, text: str) -> Kind | None:
        language = self.language
        small = key(text)
        if _DIGIT.search(text):
            if parse_number(without_mark(text)) is not None:
                return Kind.NUMBER
            if _TITRE.match(text):
                return Kind.TITRE
            if len(text) > 5 and looks_like_date(text, language):
                return Kind.DATE
            if self.span(text) is not None or _by_sex(text):
                return Kind.RANGE
        if small in language.cancelled:
            return Kind.CANCELLED
        if small in language.pending:
            return Kind.PENDING
        if small in language.flags or (small[:1] == "(" and small[-1:] == ")" and small[1:-1] in language.flags):
            return Kind.FLAG
        if small in language.qualitative:
            return Kind.ANSWER
        if not _UNIT_SIGN.search(text) or _COUNTED.match(text):
            return None  # `* 1` is a mark before a number, and `106 /mm³` a count of 106, no 10^6
        return Kind.UNIT if self.packs.units.ucum(without_bracket(text)) else None

    def pieces(self, words: Sequence[Word]) -> list[Piece]:
        """Cut words into pieces, the longest form first; a mark glued to a value is cut off before.

        So `*3 400` and `(*)Very cloudy` are a mark and a value of two words.
        """
        if any(word.text[0] in "*(" and _MARKED.match(word.text) for word in words):
            words = [part for word in words for part in self._without_mark(word)]
        out: list[Piece] = []
        at = 0
        while at < len(words) - 1 and words[at].text in (":", "=", "->", ":-"):
            at += 1
        while at < len(words):
            size = self._longest(words, at)
            if size:
                part = tuple(words[at : at + size])
                text = " ".join([word.text for word in part])
                out.append(Piece(self.kind(text) or Kind.TEXT, text, part))
                at += size
                continue
            out.extend(self._glued(words[at]))
            at += 1
        return self._joined(out)

    def _without_mark(self, word: Word) -> tuple[Word, ...]:
        """A word parted behind the star or the bracket with signs that it begins with."""
        mark = _MARKED.match(word.text)
        if mark is None or (word.text[0] == "(" and self.kind(mark.group()) is not Kind.FLAG):
            return (word,)
        return split_word(word, mark.end())

    def _longest(self, words: Sequence[Word], at: int) -> int:
        for size in range(min(_LONGEST, len(words) - at), 0, -1):
            text = words[at].text if size == 1 else " ".join([word.text for word in words[at : at + size]])
            found = self.kind(text)
            if found is None or (size > 1 and found is Kind.NUMBER and not _one_number(text)):
                continue
            if size > 1 and found is Kind.UNIT and self._has_mark(words[at : at + size]):
                continue
            return size
        return 0

    def _has_mark(self, words: Sequence[Word]) -> bool:
        """Whether a unit is one without its last or first word too, and that is a mark (`mg/dL *`, `* %`): a flag."""
        return any(
            self.kind(mark.text) is Kind.FLAG and self.kind(" ".join([word.text for word in unit])) is Kind.UNIT
            for mark, unit in ((words[-1], words[:-1]), (words[0], words[1:]))
        )

    def _glued(self, word: Word) -> list[Piece]:
        """Part `112H`, `*112`, `5.1mg/dL`, `70-110mg/dL`; a word of any other form is text."""
        match = _GLUED.match(word.text)
        if match and (match.group("lead") or match.group("tail")):
            spots = [match.start("number"), match.end("number")]
            lead, tail = match.group("lead") or "", match.group("tail") or ""
            lead_fits = not lead or self.kind(lead) is Kind.FLAG
            tail_kind = self.kind(tail) if tail else None
            if lead_fits and (not tail or tail_kind is Kind.UNIT or _TAIL_FLAG.match(tail) or tail.startswith("^")):
                return self._parts(word, spots)
        match = _RANGE_UNIT.match(word.text)
        if match and self.kind(match.group("range")) is Kind.RANGE and self.kind(match.group("unit")) is Kind.UNIT:
            return self._parts(word, [match.end("range")])
        kind = Kind.UNIT if unit_shaped(word.text) and fold(word.text) not in self.packs.aliases else Kind.TEXT
        return [Piece(kind, word.text, (word,), sure=False)]

    def _joined(self, pieces: list[Piece]) -> list[Piece]:
        """Join neighbouring texts, and an answer with the grade behind it (`Positive (+)`, `Present ++`)."""
        out: list[Piece] = []
        for piece in pieces:
            last = out[-1] if out else None
            if last is not None and last.kind is Kind.ANSWER and last.text[-1].isalpha() and self._is_grade(piece.text):
                out[-1] = Piece(Kind.ANSWER, f"{last.text} {piece.text}", last.words + piece.words)
            elif last is not None and last.kind is Kind.TEXT and piece.kind is Kind.TEXT:
                out[-1] = Piece(Kind.TEXT, f"{last.text} {piece.text}", last.words + piece.words, sure=False)
            else:
                out.append(piece)
        return out

    def _is_grade(self, text: str) -> bool:
        """Whether signs can only say how much; of those that may be flags, the whole document tells (`grades.py`)."""
        return bool(_GRADE.match(text)) and (text[1:2] in ("-", "−") or self.kind(text) is not Kind.FLAG)

    def _parts(self, word: Word, spots: list[int]) -> list[Piece]:
        out: list[Piece] = []
        done = 0
        rest = word
        for spot in spots:
            if spot <= done or spot >= done + len(rest.text):
                continue
            first, rest = split_word(rest, spot - done)
            done = spot
            out.append(Piece(self.kind(first.text) or Kind.TEXT, first.text, (first,)))
        if not rest.text.startswith("^"):
            out.append(Piece(self.kind(rest.text) or Kind.TEXT, rest.text, (rest,)))
        return out


def _by_sex(text: str) -> bool:
    """Whether a text is made of ranges for each sex; `H 112` is a flag and a value, no range for men."""
    parts = split_sexes(text)
    return bool(parts) and all(parse_range(part) is not None for part in parts.values())


def without_bracket(text: str) -> str:
    """Drop one pair of brackets around a unit (`(mg/dL)`, `[%]`) and a remark that it was calculated."""
    if text[-1:] == ")":
        text = _CALCULATED.sub("", text)
    if len(text) > 2 and text[0] in "([" and text[-1] in ")]":
        return text[1:-1]
    return text


def _one_number(text: str) -> bool:
    """Whether several words are one number: a comparator before it, or blanks between groups of three digits."""
    head = text.split(" ", 1)[0]
    if not head[-1:].isdigit():
        return True
    number = parse_number(text)
    return number is not None and number.spaced
