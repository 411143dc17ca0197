"""The sex and the birth date of the patient where no plain label gives them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from engine.extraction.dates import parse_date
from engine.extraction.folding import fold
from engine.extraction.labels import Labelled
from engine.extraction.layout import Line
from engine.extraction.packs.model import Language

_STARRED = re.compile(r"^\*\s?(\d{1,2}[./-]\d{1,2}[./-]\d{2,4})$")
_BORN = frozenset({"nee le", "nata il", "nacida", "nacida el", "nascida em"})
"""Only the women's forms tell: many forms print the men's for everybody."""
_TITLES = {
    "monsieur": "M", "madame": "F", "mme": "F", "mlle": "F", "mademoiselle": "F", "herr": "M", "herrn": "M",
    "frau": "F", "sig": "M", "sig ra": "F", "sigra": "F", "mr": "M", "mrs": "F", "ms": "F", "miss": "F",
}  # fmt: skip


def sex_of(found: Sequence[Labelled], top: Sequence[Line], language: Language, name: str) -> str:
    """The sex as printed: labelled, alone beside the birth date, behind its word inside a line, or told by grammar.

    `Née le` and `Nata il` are women's, and so is `Madame` before the patient's name; a contradiction tells nothing.
    """
    return (
        _labelled(found, language)
        or _beside(found, top, language)
        or _inside(top, language)
        or _told(found, top, fold(name))
    )


def _labelled(found: Sequence[Labelled], language: Language) -> str:
    for key in ("sex", "age_sex", "sex_age", "birth_sex"):
        for item in found:
            if item.key != key or not item.words:
                continue
            for part in re.split(r"[\s/,;]+", item.text):
                sex = language.sex.get(fold(part), "")
                if sex and not (language.code == "es" and fold(part) == "m" and key != "sex"):
                    return sex
    titles = [fold(item.label) for item in found if item.key == "patient_name" and item.words]
    return next((language.sex[title] for title in titles if title in language.sex), "")


def _beside(found: Sequence[Labelled], top: Sequence[Line], language: Language) -> str:
    """A sex word that stands alone in a cell, or behind a starred date, of the line that names the birth date."""
    births = {(item.page, item.y0) for item in found if item.key == "birth_date"}
    for line in top:
        words = [fold(word.text) for cell in line.cells for word in cell.words]
        if (line.page, line.y0) in births:
            words = [cell.folded for cell in line.cells]
        elif not any(_STARRED.match(word.text) for cell in line.cells for word in cell.words):
            continue
        sexes = [language.sex[word] for word in words if len(word) > 2 and word in language.sex]
        if sexes:
            return sexes[0]
    return ""


def _inside(top: Sequence[Line], language: Language) -> str:
    """The word for sex with its answer right behind it, anywhere in a line (`(46 aa)  Sesso F`)."""
    for line in top:
        for cell in line.cells:
            for label, answer in pairwise(fold(word.text) for word in cell.words):
                if language.labels.get(label) == "sex" and answer in language.sex:
                    return language.sex[answer]
    return ""


def _told(found: Sequence[Labelled], top: Sequence[Line], name: str) -> str:
    told = {"F" for item in found if item.key == "birth_date" and fold(item.label) in _BORN}
    named = [cell for line in top for cell in line.cells if name and cell.folded.endswith(f" {name}")]
    told |= {_TITLES[title] for cell in named if (title := fold(cell.words[0].text)) in _TITLES}
    return told.pop() if len(told) == 1 else ""


def starred_birth(top: Sequence[Line], language: Language, order: str) -> str:
    """The birth date behind an asterisk (`*07.03.1946`), as German hospitals print it; empty when there is none."""
    for line in top:
        for cell in line.cells:
            for word in cell.words:
                match = _STARRED.match(word.text)
                date = parse_date(match.group(1), language, order) if match else None
                if date is not None:
                    return date.iso[:10]
    return ""
