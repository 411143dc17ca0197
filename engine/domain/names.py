"""Names and dates folded for comparing: case, diacritics, particles, hyphens and order do not make two people."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from functools import lru_cache
from operator import ne

from rapidfuzz.distance import OSA, JaroWinkler

_SPECIAL = str.maketrans(
    {"ß": "ss", "æ": "ae", "ø": "o", "œ": "oe", "đ": "d", "ł": "l", "ı": "i", "þ": "th", "ð": "d", "'": "", "’": ""}
)
PARTICLES = frozenset(
    {"de", "del", "la", "las", "los", "y", "e", "van", "von", "der", "den", "da", "do", "dos", "di", "le"}
)
_TITLES = frozenset(
    {"mr", "mrs", "ms", "miss", "dr", "sr", "sra", "srta", "don", "dona", "jr", "ii", "iii", "herr", "frau"}
)
_ASCII_WORDS = re.compile(r"[0-9a-z]+")
CLOSE_NAME = 0.9
"""Jaro-Winkler similarity from which two folded names count as one misspelt."""
_ABBREVIATION = 2
_LONG_ENOUGH = 4
_FULL_DATE = 10
_DECADE = 3
_PHONE = 9
_FEMALE_ENDINGS = frozenset({"a", "e", "o", "le", "ne", "te"})


def fold(text: str) -> str:
    """Lower case, no diacritics, letters and digits with single blanks between: `Núñez-O'Neill` to `nunez oneill`."""
    lowered = text.casefold().translate(_SPECIAL)
    if lowered.isascii():
        return " ".join(_ASCII_WORDS.findall(lowered))
    plain = "".join(char for char in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(char))
    return " ".join("".join(char if char.isalnum() else " " for char in plain).split())


@lru_cache(maxsize=1 << 14)  # a directory's common names are folded again and again
def tokens(*names: str) -> tuple[str, ...]:
    """Folded words of names without particles and titles, in order."""
    words = " ".join(fold(name) for name in names).split()
    last = len(words) - 1
    bare = tuple(
        word
        for place, word in enumerate(words)
        # One letter at either end is an initial: `García, E.` is not `García e`.
        if word not in _TITLES and (word not in PARTICLES or (len(word) == 1 and place in (0, last)))
    )
    return bare or tuple(words)  # Le, Do and Don are names too


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
    if first == second or sorted(first) == sorted(second) or _joined(first) == _joined(second):
        return "agree"
    short, long = sorted((first, second), key=len)
    if _within(short, long) and (len(short) < len(long) or _within(long, short)):
        return "close"
    return "close" if similarity("".join(first), "".join(second)) >= CLOSE_NAME else "differ"


def _within(words: tuple[str, ...], others: tuple[str, ...]) -> bool:
    return all(any(same_word(word, other) for other in others) for word in words)


def compare_given(left: str, right: str) -> str:
    """As `compare`, but forms of one name for the two sexes are two names: twins are called Mario and Maria."""
    outcome = compare(left, right)
    if outcome == "close" and any(gendered(one, other) for one in tokens(left) for other in tokens(right)):
        return "differ"
    return outcome


def _joined(words: tuple[str, ...]) -> str:
    """One word, with the vowels written out for `ä ö ü` taken back: `Mueller` is `Müller`."""
    return "".join(words).replace("ae", "a").replace("oe", "o").replace("ue", "u")


def spelling(name: str) -> str:
    """One text for every way of writing a name that `compare` takes for the same: `Mueller`, `Müller`; `Lee Ann`."""
    return _joined(tuple(sorted(tokens(name))))


def last_digits(phone: str) -> str:
    """The last nine digits: country and trunk prefixes differ by habit."""
    return "".join(char for char in phone if char.isdigit())[-_PHONE:]


def same_word(word: str, other: str) -> bool:
    """Equal, an abbreviation of it (`J`, `Mª`), or one misspelling apart in a word long enough to tell."""
    short, long = sorted((word, other), key=len)
    if (
        short == long
        or (len(short) <= _ABBREVIATION and long.startswith(short))
        or _joined((short,)) == _joined((long,))
    ):
        return True
    return len(short) >= _LONG_ENOUGH and similarity(word, other) >= CLOSE_NAME + 0.03


def gendered(word: str, other: str) -> bool:
    """Two forms of a given name that differ in the ending for the sex alone: `Daniel`, `Daniela`; `Mario`, `Maria`."""
    short, long = sorted((word, other), key=len)
    if len(short) == len(long):
        return short != long and short[:-1] == long[:-1] and {short[-1], long[-1]} <= set("aeo")
    return len(short) > _ABBREVIATION and long.startswith(short) and long[len(short) :] in _FEMALE_ENDINGS


def could_be_two(left: str, right: str) -> bool:
    """Whether two given names that are close could be a twin's each: `Lena` and `Lea`, `Mathias` and `Matthias`.

    Not so a part of a compound, an initial, or two letters in each other's place in a word of five or more that begins
    alike: slips that make no other name.
    """
    short, long = sorted((tokens(left), tokens(right)), key=len)
    return not all(any(_is_slip(word, other) for other in long) for word in short)


def one_letter_apart(left: str, right: str) -> bool:
    """Whether one typing error makes one name of the other: `Ada` and `Ava`, too short to be close otherwise."""
    return OSA.distance("".join(tokens(left)), "".join(tokens(right)), score_cutoff=1) <= 1


def _is_slip(word: str, other: str) -> bool:
    short, long = sorted((word, other), key=len)
    if short == long or (len(short) <= _ABBREVIATION and long.startswith(short)):
        return True
    if _joined((short,)) == _joined((long,)):
        return True
    swaps = (f"{short[:at]}{short[at + 1]}{short[at]}{short[at + 2 :]}" for at in range(1, len(short) - 1))
    return len(short) == len(long) > _LONG_ENOUGH and long in swaps


def compare_dates(left: str, right: str) -> str:
    """`agree`, `close`, `differ` or `missing` for two ISO dates of any precision.

    `close`: day and month swapped, one digit of a full date off, or equal as far as the shorter one goes. A digit for
    ten years or more is none of these: a parent and a child of one name may share the day.
    """
    if not left or not right:
        return "missing"
    if left == right:
        return "agree" if len(left) == _FULL_DATE else "close"
    if contradictory(left, right) and not _one_digit_off(left, right):
        return "differ"
    return "close"


def contradictory(left: str, right: str) -> bool:
    """Whether two dates cannot be one day, written as carefully as they are: only day and month may be swapped."""
    if not left or not right:
        return False
    length = min(len(left), len(right))
    swapped = len(left) == len(right) == _FULL_DATE and left == f"{right[:4]}-{right[8:]}-{right[5:7]}"
    return left[:length] != right[:length] and not swapped


def _one_digit_off(left: str, right: str) -> bool:
    full = len(left) == len(right) == _FULL_DATE
    return full and left[:_DECADE] == right[:_DECADE] and sum(map(ne, left, right)) == 1


def is_date(text: str) -> bool:
    """A full, real ISO date."""
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return len(text) == _FULL_DATE
