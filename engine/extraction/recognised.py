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
_SPECKS = ".,:;'`´"
_LOOSE = re.compile(r"(?<!\d)[.,:;'`´]+|[.,:;'`´]+(?!\d)")
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

    Empty when none or several of them may be meant.
    """
    wanted = _skeleton(printed)
    found = {code for spelling, code in table.exact.items() if code in allowed and _skeleton(spelling) == wanted}
    return found.pop() if wanted and len(found) == 1 else ""


def has_rival(printed: str, code: str, allowed: Collection[str], table: UnitTable) -> bool:
    """Whether one wrong letter would make another unit of the same test out of a recognised one (`mg/L`, `mg/dL`)."""
    own = _skeleton(printed)
    others = (spelling for spelling, other in table.exact.items() if other in allowed and other != code)
    return any(Levenshtein.distance(own, _skeleton(other), score_cutoff=1) <= 1 for other in others)


def _skeleton(unit: str) -> str:
    return alike(plain(fold_unit(unit.strip(_SPECKS + " ")))).replace("9", "g")


def without_specks(unit: str) -> str:
    """A unit without the specks round it that were read as points."""
    return unit.strip(_SPECKS + " ") or unit


def cleaned_range(reference: str) -> str:
    """A range without specks (`[25,0.- 36,5 ].`); empty when what is left may have lost a digit with them.

    Both ends must have the same number of decimals; a single end, decimals of its own.
    """
    cleaned = " ".join(_LOOSE.sub("", reference).split())
    ends = [match.group() for match in _NUMBER.finditer(cleaned)]
    decimals = [len(re.split("[.,]", end)[1]) if re.search("[.,]", end) else 0 for end in ends]
    if len(ends) == 2:
        return cleaned if decimals[0] == decimals[1] else ""
    return cleaned if len(ends) == 1 and decimals[0] else ""
