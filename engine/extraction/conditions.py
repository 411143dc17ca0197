"""Ranges printed with the people they are for: by sex, by age, by both (`Men 18 - 60 y: 35 - 105`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.extraction.folding import plain
from engine.extraction.ranges import NUMBER, SEX_WORDS, Range, parse_range

_TO = r"(?:-|–|—|−|~|÷|to|through|a|à|y|e|et|und|bis|até|hasta)"
_RANGE = rf"\(?(?:[<>≤≥]\s?=?\s?(?:{NUMBER})|(?:{NUMBER})\s*{_TO}\s*(?:{NUMBER}))\)?(?![\w.,]*\d)"
_PART = re.compile(rf"\s*(?P<who>[^:;]{{1,40}}?)\s*[:=]\s*(?P<range>{_RANGE})\s*[;,|/]?", re.IGNORECASE)
_YEARS = r"(?:y|yr|yrs|year|years|ano|anos|an|ans|j|jahr|jahre|jahren|anni|aa|a)"
_SHORTER = (
    r"mo|mos|months?|mes|meses|mois|monate?|mon|mesi|mese|d|days?|dias?|jours?|tage?|giorni|gg"
    r"|w|wk|weeks?|semanas?|semaines?|wochen?|settimane"
)
_BELOW = ("<", "under", "below", "unter", "menores de", "menor de", "menos de", "moins de", "sotto", "abaixo de")
_UP_TO = ("<=", "≤", "up to", "bis", "hasta", "jusqu'a", "fino a", "ate")
_ABOVE = (
    ">", "over", "above", "uber", "mayores de", "mayor de", "mas de", "plus de", "oltre", "sopra", "acima de",
    "maiores de",
)  # fmt: skip
_FROM = (">=", "≥", "from", "ab", "desde", "des", "a partir de")
_SIGNS = "|".join(sorted((re.escape(word) for word in (*_BELOW, *_UP_TO, *_ABOVE, *_FROM)), key=len, reverse=True))
_AGE = re.compile(
    rf"(?<![\w.,])(?:(?P<low>\d{{1,3}})\s*{_TO}\s*(?:<\s*)?(?P<high>\d{{1,3}})|(?P<sign>{_SIGNS})\s*(?P<one>\d{{1,3}})"
    rf"|(?P<plus>\d{{1,3}})\s*\+)\s*(?P<unit>{_YEARS}|{_SHORTER})\.?(?![a-z])"
)
_GROWN = frozenset({"adult", "adults", "adulto", "adultos", "adulte", "adultes", "erwachsene", "erwachsener", "adulti"})
_YOUNG = frozenset(
    {"child", "children", "nino", "ninos", "enfant", "enfants", "kind", "kinder", "bambini", "crianca", "criancas"}
)
_FILL = frozenset({"age", "aged", "edad", "alter", "eta", "idade", "of", "de", "and", "y", "et", "und", "e", "-", ""})
_SPANISH = re.compile(r"(?<![^\W_])[HV](?![^\W_])")
_GROWN_UP = 18
_NO_LIMIT = 999


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a report is about, as far as ranges ask: `sex` F, M or empty, `age` in whole years or None."""

    sex: str = ""
    age: int | None = None


@dataclass(frozen=True, slots=True)
class Conditional:
    """A range with its condition: `sex` empty for both, ages in whole years with both ends included."""

    span: Range
    sex: str = ""
    low: int = 0
    high: int = _NO_LIMIT

    def fits(self, person: Person) -> bool | None:
        """Whether it is this person's; None when what it asks is not known of them."""
        if self.sex and person.sex and self.sex != person.sex:
            return False
        aged = self.low > 0 or self.high < _NO_LIMIT
        if aged and person.age is not None and not self.low <= person.age <= self.high:
            return False
        return None if (self.sex and not person.sex) or (aged and person.age is None) else True


def conditional_ranges(text: str, comparators: Mapping[str, str] | None = None) -> list[Conditional]:
    """All ranges of a text with their conditions; empty when any part of the text has another form."""
    out: list[Conditional] = []
    at = 0
    spanish = bool(_SPANISH.search(text))
    while at < len(text.rstrip()):
        part = _PART.match(text, at)
        span = parse_range(part.group("range"), comparators) if part else None
        found = _condition(part.group("who"), span, spanish=spanish) if part and span else None
        if part is None or found is None:
            return []
        out.append(found)
        at = part.end()
    return out if any(item.sex or item.low or item.high < _NO_LIMIT for item in out) else []


def range_of(conditionals: list[Conditional], person: Person) -> Range | None:
    """The one range that is surely this person's; None when several may be, or none is."""
    fits = [(item, item.fits(person)) for item in conditionals]
    if any(fit is None for _, fit in fits):
        return None
    sure = [item for item, fit in fits if fit]
    return sure[0].span if len(sure) == 1 else None


def _condition(who: str, span: Range, *, spanish: bool) -> Conditional | None:
    """The condition that a text tells in full, None when a word of it is not understood."""
    text = plain(who).strip(" ()[],.")
    low, high = 0, _NO_LIMIT
    match = _AGE.search(text)
    if match:
        low, high = _ages(match)
        text = f"{text[: match.start()]} {text[match.end() :]}"
    sex = ""
    for word in re.split(r"[\s,()./]+", text):
        if word in _GROWN:
            low = max(low, _GROWN_UP)
        elif word in _YOUNG:
            high = min(high, _GROWN_UP - 1)
        elif (word in SEX_WORDS or word == "m") and not sex:
            sex = SEX_WORDS.get(word) or ("F" if spanish else "M")
        elif word not in _FILL:
            return None
    return Conditional(span, sex, low, high)


def _ages(match: re.Match[str]) -> tuple[int, int]:
    """Both ends in whole years; what is told in months, weeks or days is for children under one or two years."""
    years = re.fullmatch(_YEARS, match.group("unit")) is not None
    if match.group("low"):
        low, high = int(match.group("low")), int(match.group("high"))
    else:
        low, high = _open_ages(match)
    if years:
        return low, high
    months = match.group("unit").startswith("m")
    return low // (12 if months else 365), high // (12 if months else 365) if high < _NO_LIMIT else _NO_LIMIT


def _open_ages(match: re.Match[str]) -> tuple[int, int]:
    if match.group("plus"):
        return int(match.group("plus")), _NO_LIMIT
    sign, number = match.group("sign"), int(match.group("one"))
    if sign in _BELOW:
        return 0, number - 1
    if sign in _UP_TO:
        return 0, number
    return (number + 1 if sign in _ABOVE else number), _NO_LIMIT
