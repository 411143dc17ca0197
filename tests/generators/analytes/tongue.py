"""How one more language says the stock: printed names, answers, headings and the units its labs prefer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.generators.analytes.model import Analyte, Unit

COUNTS = frozenset(["wbc", "rbc", "plt", "neut_abs", "lymph_abs", "mono_abs", "eos_abs", "baso_abs"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Tongue:
    """One language.

    Attributes:
        names: Printed names by key of the stock, the commonest first.
        words: Answers by their English word.
        titles: Headings by key of the panels.
        units: Units the country prints where the stock's own do not fit.
        comments: A remark a lab prints under a result, by key of the stock.
    """

    names: Mapping[str, tuple[str, ...]]
    words: Mapping[str, str]
    titles: Mapping[str, str]
    units: Mapping[str, Unit] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)


def table(text: str) -> dict[str, tuple[str, ...]]:
    """Lines ``key: name|name`` as a mapping."""
    rows = (line.split(": ", 1) for line in text.strip().splitlines())
    return {key.strip(): tuple(names.strip().split("|")) for key, names in rows}


def pairs(text: str) -> dict[str, str]:
    """Lines ``key: text`` as a mapping."""
    return {key: names[0] for key, names in table(text).items()}


def names_of(analyte: Analyte, language: str, tongues: Mapping[str, Tongue]) -> tuple[str, ...]:
    """Printed names of a test in a language, the commonest first."""
    if language in tongues:
        return tongues[language].names[analyte.key]
    return analyte.es if language == "es" else analyte.en


def answer_of(pair: tuple[str, str], language: str, tongues: Mapping[str, Tongue]) -> str:
    """A qualitative answer, given in English and Spanish, in a language."""
    if language in tongues:
        return tongues[language].words.get(pair[0], pair[0])
    return pair[language == "es"]


def code_of(key: str, loinc: str, name: str) -> str:
    """The code that is right for a printed name, where it says less (or something else) than the stock's English one."""
    said = name.casefold()
    if key == "egfr" and "ckd-epi" in said:
        return "62238-1"  # the equation of which year is not printed
    if key == "ldl" and "calc" not in said:
        return {"13457-7": "2089-1", "39469-2": "22748-8"}.get(loinc, loinc)
    if key == "u_squam" and not any(word in said for word in ("platten", "squam", "escam", "paviment")):
        return "5787-7"
    if key == "hiv" and "anti" in said and "ag" not in said:
        return "7918-6"
    return "1989-3" if key == "vitd" and "d3" in said and "d2" not in said else loinc
