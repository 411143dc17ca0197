"""Reference ranges as printed: closed, open on one side, one for each sex, or a word."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from engine.extraction.folding import key
from engine.extraction.numbers import Number, Vote, parse_number, split_comparator

_DIGIT = re.compile(r"\d")
NUMBER = r"[-+−]?(?:\d{1,3}(?:[ \u00a0\u202f]\d{3})+|\d+)(?:[.,]\d+)*|[.,]\d+"
_SPAN = re.compile(
    rf"^\(?({NUMBER})\)?\s*(?:-|–|—|−|~|÷|\.{{2,3}}|…|to|a|à|y|e|et|bis|até|hasta|through)\s*\(?({NUMBER})\)?$",
    re.IGNORECASE,
)
_OPEN = re.compile(rf"^(?:[<>≤≥⩽⩾]\s?=?|=\s?[<>]|[<>]\s*(?:or|o)\s*=)\s*({NUMBER})$", re.IGNORECASE)
_SEXES = re.compile(
    r"(?<![^\W_])(?:(males?|females?|men|women|man|woman|hombres?|mujer(?:es)?|var[oó]n(?:es)?|masculino|femenino|hommes?|femmes?|männer|frauen|männlich|weiblich|uomini|donne|homens|mulheres)\s*[:=]?"
    r"|((?-i:[MFHV]))(?:\s*[:=]|(?=\s))|((?-i:[mfwWhvUD]))\s*[:=])\s*(?=[<>≤≥(\[]|[-+]?\d)",
    re.IGNORECASE,
)
_MEN = (
    "male", "males", "men", "man", "hombre", "hombres", "varon", "varones", "masculino", "h", "v",
    "homme", "hommes", "mann", "manner", "mannlich", "uomo", "uomini", "maschi", "homem", "homens", "u",
)  # fmt: skip
_WOMEN = (
    "female", "females", "women", "woman", "mujer", "mujeres", "femenino", "f",
    "femme", "femmes", "frau", "frauen", "weiblich", "donna", "donne", "femmine", "mulher", "mulheres", "w", "d",
)  # fmt: skip
SEX_WORDS = {**dict.fromkeys(_MEN, "M"), **dict.fromkeys(_WOMEN, "F")}


@dataclass(frozen=True, slots=True)
class Range:
    """Low and high ends as numbers still to be resolved by the document's habit; either may be absent."""

    low: Number | None = None
    high: Number | None = None

    def limits(self, vote: Vote) -> tuple[Decimal | None, Decimal | None]:
        """Both ends as values; None where absent or undecided."""
        low = self.low.resolve(vote) if self.low else None
        high = self.high.resolve(vote) if self.high else None
        return low, high


def _bare(text: str) -> str:
    text = text.strip()
    if len(text) > 1 and text[0] in "([{" and text[-1] in ")]}" and "(" not in text[1:]:
        text = text[1:-1].strip()
    return text.rstrip(";,")


def parse_range(text: str, comparators: Mapping[str, str] | None = None) -> Range | None:
    """Read one range (`3.5 - 5.1`, `<200`, `>= 60`, `up to 5`, `-2 - 3`); None when the text is anything else."""
    bare = _bare(text)
    if not bare or not _DIGIT.search(bare):
        return None
    if bare.count(";") == 1 and len(bare) < len(text.strip()):
        bare = bare.replace(";", "-")  # `[4,0 ; 11,0]`; without its brackets a semicolon parts two ranges
    match = _SPAN.match(bare)
    if match:
        low, high = parse_number(match.group(1)), parse_number(match.group(2))
        return Range(low, high) if low and high and _in_order(low, high) else None
    if _OPEN.match(bare):
        return _open(*split_comparator(bare))
    folded = key(bare)
    for words, sign in (comparators or {}).items():
        if folded.startswith(words + " ") and len(bare) >= len(folded):
            found = _open(sign, bare[len(bare) - len(folded) + len(words) :].strip())
            if found is not None:
                return found
    return None


def _in_order(low: Number, high: Number) -> bool:
    """Whether some reading has the ends in order; blanks inside the lower end alone part a value from its range."""
    if low.spaced and not high.spaced:
        return False
    return min(low.readings) <= max(high.readings)


def _open(comparator: str, rest: str) -> Range | None:
    number = parse_number(rest)
    if number is None:
        return None
    return Range(high=number) if comparator.startswith("<") else Range(low=number)


def split_sexes(text: str) -> dict[str, str]:
    """Part a range printed for each sex (`M: 13-18 F: 12-16`, `H: 13-17 M: 12-15`) into `{"M": ..., "F": ...}`.

    The letter M means women only where H or V (hombre, varon) stands beside it.
    """
    marks = list(_SEXES.finditer(text)) if any(map(str.isalpha, text)) else []
    if not marks:
        return {}
    words = [key(mark.group(1) or mark.group(2) or mark.group(3)) for mark in marks]
    spanish = any(word in ("h", "v") for word in words)
    out: dict[str, str] = {}
    for index, mark in enumerate(marks):
        end = marks[index + 1].start() if index + 1 < len(marks) else len(text)
        sex = SEX_WORDS.get(words[index]) or ("F" if spanish else "M")
        out.setdefault(sex, text[mark.end() : end].strip(" ;,/|"))
    return out


def pick_range(text: str, sex: str, comparators: Mapping[str, str] | None = None) -> tuple[Range | None, bool]:
    """The range that applies: the only one, or the one of the patient's sex.

    Returns:
        The range (None when unparsable or when the sex is needed and unknown), and whether the text is a known form.
    """
    single = parse_range(text, comparators)
    if single is not None:
        return single, True
    parted = {name: parse_range(part, comparators) for name, part in split_sexes(_bare(text)).items()}
    if parted and all(parted.values()):
        return parted.get(sex), True
    return None, False
