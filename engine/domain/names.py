"""Names and dates folded for comparing: case, diacritics, particles, hyphens and order do not make two people."""

from __future__ import annotations

import unicodedata
from datetime import date

from rapidfuzz.distance import JaroWinkler

_SPECIAL = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ł": "l", "ı": "i", "þ": "th", "ð": "d", "'": "", "’": ""}
)
_PARTICLES = frozenset(
    {"de", "del", "la", "las", "los", "y", "e", "van", "von", "der", "den", "da", "do", "dos", "di", "le"}
)
_TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "dr", "sr", "sra", "srta", "don", "dona", "jr", "ii", "iii", "herr", "frau"}
)
CLOSE_NAME = 0.9
"""Jaro-Winkler similarity from which two folded names count as one misspelt."""


def fold(text: str) -> str:
    """Lower case, no diacritics, letters and digits with single blanks between: `Núñez-O'Neill` to `nunez oneill`."""
    lowered = text.casefold().translate(_SPECIAL)
    plain = "".join(char for char in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(char))
    return " ".join("".join(char if char.isalnum() else " " for char in plain).split())


def tokens(*names: str) -> tuple[str, ...]:
    """Folded words of names without particles and titles, in order."""
    words = " ".join(fold(name) for name in names).split()
    return tuple(word for word in words if word not in _PARTICLES and word not in _TITLES)


def similarity(left: str, right: str) -> float:
    """0..1, Jaro-Winkler of two folded names."""
    return float(JaroWinkler.similarity(left, right))


def compare(left: str, right: str) -> str:
    """`agree`, `close`, `differ` or `missing` for two family or two given names.

    A compound name and a part of it (`García López`, `García`) are only close: a part of a family name is no proof.
    """
    first, second = tokens(left), tokens(right)
    if not first or not second:
        return "missing"
    if sorted(first) == sorted(second) or "".join(first) == "".join(second):
        return "agree"
    short, long = sorted((first, second), key=len)
    if all(any(_same_word(word, other) for other in long) for word in short):
        return "close"
    return "close" if similarity("".join(first), "".join(second)) >= CLOSE_NAME else "differ"


def _same_word(word: str, other: str) -> bool:
    """Equal, an initial of it, or one misspelling apart in a word long enough for that to mean something."""
    if word == other or (len(word) == 1 and other.startswith(word)) or (len(other) == 1 and word.startswith(other)):
        return True
    return min(len(word), len(other)) >= 4 and similarity(word, other) >= CLOSE_NAME + 0.03


def compare_dates(left: str, right: str) -> str:
    """`agree`, `close`, `differ` or `missing` for two ISO dates of any precision.

    `close`: day and month swapped, one digit off, or equal as far as the shorter one goes.
    """
    if not left or not right:
        return "missing"
    if left == right:
        return "agree" if len(left) == 10 else "close"
    if len(left) != len(right):
        return "close" if left.startswith(right) or right.startswith(left) else "differ"
    if len(left) == 10 and left == f"{right[:4]}-{right[8:]}-{right[5:7]}":
        return "close"
    return "close" if sum(a != b for a, b in zip(left, right, strict=True)) == 1 else "differ"


def is_date(text: str) -> bool:
    """A full, real ISO date."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == 10
