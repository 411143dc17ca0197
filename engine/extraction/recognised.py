"""What holds for recognised words only: headings with a wrong letter, ranges that lost their dash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rapidfuzz import fuzz, process

from engine.documents.pages import Word

_ALIKE = 86.0
_SHORTEST = 5


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
