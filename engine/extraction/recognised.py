"""What holds for recognised words only: headings with a wrong letter, ranges that lost their dash."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

from engine.documents.pages import Word
from engine.extraction.folding import alike, plain
from engine.extraction.units import UnitTable, fold_unit

_ALIKE = 86.0
_SHORTEST = 5
_SPECKS = ".,:;'`´·"
_STROKE = str.maketrans(dict.fromkeys("i/()[]|"))
_STROKES = 2
"""How many strokes of a unit may be wrong."""
_LOOSE = re.compile(r"(?<!\d)[.,:;'`´·]+|[.,:;'`´·]+(?!\d)")
_BAR = re.compile(r"^(\[.*[.,]\d+) +[1ijlI|]\]?$")
"""A bracket that was read as a bar or twice, apart from a number that has its decimals."""
_DASH = re.compile(r"^([\[(]*\s*)(\d+)(?:\s*:\s*|\s+[·;]\s*|\s*[·;]\s+)(\d+)(\s*[\])]*)$")
"""What stands between whole numbers in order; without a blank, a raised point may be that of a decimal."""
_SIGN = re.compile(r"(?<=\d)[;:](?=\d{1,2}(?!\d))")
_BRACKETS = "[](){} "
_LONG = 3
"""Digits of an end that stands alone without decimals and is whole: fewer may have lost some (`< 5.`)."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")


def likely_heading(folded: str, words: Sequence[Word], headings: Mapping[str, str]) -> str:
    """The role of the heading that recognised words nearly are (`Int. referencla`); empty for words of a text layer."""
    if len(folded) < _SHORTEST or all(word.confidence >= 1.0 for word in words):
        return ""
    best = process.extractOne(folded, headings.keys(), scorer=fuzz.ratio, score_cutoff=_ALIKE)
    return headings[best[0]] if best is not None else ""


def lost_range(reference: str, *, known: bool) -> bool:
    """Whether digits stand where the range should be and are none, as when a dash was read as a dot (`9.46`)."""
    return not known and any(map(str.isdigit, reference))


def without_dust(answer: str) -> str:
    """An answer in words without specks behind it that were read as points; never used on numbers."""
    return answer.rstrip(" .,;:'`") or answer


def likely_unit(printed: str, allowed: Collection[str], table: UnitTable) -> str:
    """The one UCUM code, among those a test is measured in, that recognised characters may stand for (`mmol/moi`).

    Where none has the same characters, strokes may have come, gone or grown together (`mmo/l`, `mig/dL`, `UA` for
    `U/l`): then the nearest of the test's units with the same other characters. A prefix is no stroke, so the magnitude
    stays. Empty when none or several of them may be meant.
    """
    wanted = _skeleton(printed)
    if not wanted:
        return ""
    own = {spelling: code for spelling, code in table.exact.items() if code in allowed}
    found = {code for spelling, code in own.items() if _skeleton(spelling) == wanted}
    if found:
        return found.pop() if len(found) == 1 else ""
    wanted = _skeleton(printed.replace("A", "/l"))
    near = {spelling: code for spelling, code in own.items() if _bones(_skeleton(spelling)) == _bones(wanted)}
    if not _bones(wanted) or not near:
        return ""
    far = {spelling: Levenshtein.distance(wanted, _skeleton(spelling)) for spelling in near}
    found = {code for spelling, code in near.items() if far[spelling] == min(far.values())}
    return found.pop() if len(found) == 1 and min(far.values()) <= _STROKES else ""


def spelled(printed: str, code: str, table: UnitTable) -> str:
    """The spelling of a unit that misread characters are nearest to (`mg/di`: `mg/dL`), the first among equals."""
    spellings = table.printed.get(code, ())
    nearest = min(spellings, key=lambda spelling: Levenshtein.distance(printed, spelling), default=printed)
    return nearest if "^" in printed else nearest.replace("^", "")


def has_rival(printed: str, code: str, allowed: Collection[str], table: UnitTable) -> bool:
    """Whether one wrong letter would make another unit of the same test out of a recognised one (`mg/L`, `mg/dL`).

    Units and international units are two names of one magnitude where a test is measured in both: no rivals.
    """
    own, size = _skeleton(printed), _magnitude(code)
    others = (name for name, other in table.exact.items() if other in allowed and _magnitude(other) != size)
    return any(Levenshtein.distance(own, _skeleton(other), score_cutoff=1) <= 1 for other in others)


def _magnitude(code: str) -> str:
    return code.replace("[IU]", "U")


def _skeleton(unit: str) -> str:
    return alike(plain(fold_unit(unit.strip(_SPECKS + " ")))).replace("9", "g")


def _bones(skeleton: str) -> str:
    """What is left of a unit without its strokes."""
    return skeleton.translate(_STROKE)


def without_specks(unit: str) -> str:
    """A unit without the specks round it that were read as points."""
    return unit.strip(_SPECKS + " ") or unit


def cleaned_range(reference: str) -> str:
    """A range without specks (`[25,0.- 36,5 ].`); empty when what is left may have lost a digit with them.

    Both ends must have the same number of decimals; a single end, decimals of its own or three digits. Between whole
    numbers in order a dash may have been read as a colon (`17:49`), and a decimal sign of one end as a semicolon.
    """
    dash = _DASH.match(reference)
    if dash and int(dash.group(2)) < int(dash.group(3)):
        return dash.expand(r"\1\2 - \3\4")
    whole = _BAR.sub(r"\1]", reference)
    if re.search(r"\d[.,]\d", whole):
        whole = _SIGN.sub(",", whole)  # `3,6 - 5;1`: held against the decimals of the other end below
    cleaned = " ".join(_LOOSE.sub("", whole).split())
    if sum(map(cleaned.count, "[({")) != sum(map(cleaned.count, "])}")):
        cleaned = cleaned.strip(_BRACKETS)
    ends = [match.group() for match in _NUMBER.finditer(cleaned)]
    decimals = [len(re.split("[.,]", end)[1]) if re.search("[.,]", end) else 0 for end in ends]
    if len(ends) == 2:
        return cleaned if decimals[0] == decimals[1] else ""
    return cleaned if len(ends) == 1 and (decimals[0] or len(ends[0]) >= _LONG) else ""
