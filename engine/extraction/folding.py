"""Two ways of comparing printed words: `fold` for names and headings, `key` for flags and short answers."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_NUMBER_SIGN = re.compile(r"\bn\s?\.?\s?[º°](?=\W|$)|\bn\.o\b|\bnúm\b\.?|\bnum\b\.", re.IGNORECASE)
_SEPARATORS = str.maketrans(dict.fromkeys("-_.,:;()[]{}'\"’´`“”–—·•|=¿?¡", " "))
_CONFUSED = str.maketrans({"l": "i", "1": "i", "|": "i", "!": "i", "0": "o", "5": "s", "8": "b"})
_ALIKE = str.maketrans({"µ": "u", "μ": "u", "−": "-"})
_COMBINING = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]+"
)
_MARKED = re.compile(r"(?<!10)\^[\w*†‡]{1,2}$")


def plain(text: str) -> str:
    """Lower case without accents; compatibility characters in their plain form."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_ALIKE))
        text = _COMBINING.sub("", text)
    return text.casefold()


@lru_cache(maxsize=16_384)
def fold(text: str) -> str:
    """Fold a name for comparison: lower case, no accents, no punctuation; `/ + % # & * < >` stay.

    A slash separates two different tests (`BUN/Creatinine`), so it is never dropped; blanks around it are.
    """
    small = text.lower() if text.isascii() else plain(_NUMBER_SIGN.sub("no ", text))
    folded = " ".join(small.translate(_SEPARATORS).split())
    return folded.replace(" /", "/").replace("/ ", "/") if "/" in folded else folded


@lru_cache(maxsize=16_384)
def key(text: str) -> str:
    """Fold a flag or a qualitative answer: lower case, no accents, single blanks, no closing punctuation."""
    folded = " ".join(plain(text).split())
    return folded.rstrip(".,;:") or folded


def alike(folded: str) -> str:
    """A folded text with the characters that recognition takes for one another made one (`speclmen` = `specimen`)."""
    return folded.translate(_CONFUSED).replace("rn", "m")


def without_mark(text: str) -> str:
    """Drop a footnote mark (`Glucose^1`) that the page opener wrote for a raised character."""
    return _MARKED.sub("", text) if "^" in text else text
