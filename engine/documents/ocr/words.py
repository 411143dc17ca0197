"""Words out of read lines: parted at blanks and at gaps, with even heights, and numbers looked at twice."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from engine.documents.ocr.recognise import Letter
from engine.documents.pages import Word

_GAP = 1.15
"""Middles of neighbouring characters further apart than this share of the line's height stand in two words."""
_SAME_LINE = 0.4
_RAISED = 0.7
MOST_SURE = 0.999
"""A recognised word is never as sure as one of a text layer (1.0)."""
_DIGIT = re.compile(r"\d")
_SPECK = re.compile(r"(?<=\d[.,]\d)(\d?)[.,·'’]$")
"""A point behind a number that has its decimals is a speck."""
_LONE = re.compile(r"[.,:;·'’‘\"“”`´•]+")


@dataclass(frozen=True, slots=True)
class Line:
    """A read piece: its left edge, middle and size in pixels of the upright page."""

    left: float
    middle: float
    length: float
    height: float
    letters: tuple[Letter, ...]


def words_of(line: Line) -> list[Word]:
    """The words of a line; a number is as certain as its least certain character, other words on average.

    Specks beside the print that were read as points are left out.
    """
    pitch = _pitch(line)
    group: list[Letter] = []
    words: list[Word] = []
    for letter in (*line.letters, Letter(" ", line.length, 1.0)):
        apart = group and letter.at - group[-1].at > _GAP * line.height
        if group and (letter.text == " " or apart):
            words.append(_word(line, group, pitch))
            group = []
        if letter.text != " ":
            group.append(letter)
    return [word for index, word in enumerate(words) if not _is_speck(words, index)]


def _is_speck(words: Sequence[Word], index: int) -> bool:
    """Whether a word is nothing but points; between two digits it may be the sign of one number, and stays."""
    if not _LONE.fullmatch(words[index].text):
        return False
    before, after = words[max(index - 1, 0)].text, words[min(index + 1, len(words) - 1)].text
    return not (before[-1].isdigit() and after[0].isdigit())


def without_speck(text: str) -> str:
    """A number without a point behind its decimals (`15,7.`); anything else as it is."""
    return _SPECK.sub(r"\1", text)


def _pitch(line: Line) -> float:
    """The usual distance of neighbouring characters."""
    steps = [
        after.at - before.at
        for before, after in zip(line.letters, line.letters[1:], strict=False)
        if before.text != " " and after.text != " "
    ]
    return min(median(steps), line.height) if steps else line.height / 2


def _word(line: Line, group: Sequence[Letter], pitch: float) -> Word:
    text = without_speck("".join(letter.text for letter in group))
    sure = [letter.certainty for letter in group]
    confidence = min(sure) if _DIGIT.search(text) else sum(sure) / len(sure)
    x0 = line.left + max(0.0, group[0].at - pitch / 2)
    x1 = line.left + min(line.length, group[-1].at + pitch / 2)
    top = line.middle - line.height / 2
    return Word(text, x0, top, x1, top + line.height, min(round(confidence, 3), MOST_SURE))


def even_heights(words: Sequence[Word]) -> list[Word]:
    """Give the words of one line one height: the detector cuts `mg/dL` taller than `5.1`; raised ones keep theirs."""
    order = sorted(words, key=lambda word: word.y0 + word.y1)
    groups: list[list[Word]] = []
    for word in order:
        last = groups[-1][-1] if groups else None
        near = last is not None and (word.y0 + word.y1 - last.y0 - last.y1) / 2 < _SAME_LINE / 2 * (last.y1 - last.y0)
        if near:
            groups[-1].append(word)
        else:
            groups.append([word])
    return [word for group in groups for word in _evened(group)]


def _evened(group: Sequence[Word]) -> Iterator[Word]:
    tall = median(word.y1 - word.y0 for word in group)
    for word in group:
        if word.y1 - word.y0 < _RAISED * tall:
            yield word
            continue
        middle = (word.y0 + word.y1) / 2
        yield replace(word, y0=middle - tall / 2, y1=middle + tall / 2)
