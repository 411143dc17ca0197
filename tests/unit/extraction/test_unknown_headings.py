"""A heading that no language pack knows may cost results, never change one without a word."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from bench.extraction import forms, score
from engine.documents.opening import open_pages
from engine.documents.pages import OpenedPages, Page, Word
from engine.extraction.columns import find_tables, heading_columns
from engine.extraction.layout import lines_of
from engine.extraction.packs import Packs, load_packs
from engine.extraction.packs.model import Language
from engine.extraction.reader import Memory, read_report
from tests.generators.reports import make


@cache
def packs() -> Packs:
    return load_packs()


@cache
def memory() -> Memory:
    return Memory(packs())


def headings(page: Page, language: Language, role: str) -> set[Word]:
    """The words of all headings of a role."""
    found: set[Word] = set()
    for line in lines_of(page):
        columns = heading_columns(line, language, "") if find_tables(line, language, "") else []
        for column in columns:
            if column.role == role:
                found.update(
                    word
                    for cell in line.cells
                    for word in cell.words
                    if column.x0 - 0.1 <= word.x0 and word.x1 <= column.x1 + 0.1
                )
    return found


def garbled(opened: OpenedPages, language: Language, role: str) -> tuple[OpenedPages, int]:
    """The document with the headings of a role made a word that no language has, and how many words that were."""
    pages: list[Page] = []
    count = 0
    for page in opened.pages:
        bad = headings(page, language, role)
        count += len(bad)
        words = tuple(replace(word, text="Zq" + "x" * len(word.text)) if word in bad else word for word in page.words)
        pages.append(replace(page, words=words))
    return replace(opened, pages=tuple(pages)), count


@pytest.mark.parametrize("role", ["result", "previous", "range", "unit", "test", "flag"])
def test_no_unknown_heading_makes_a_value_wrong_in_silence(role: str) -> None:
    """Of every form whose heading of this role is not known, each wrong value and each result made up is held."""
    total: Counter[str] = Counter()
    for language, layout in forms():
        data, truth = make(layout, 23, language=language)
        opened, count = garbled(open_pages(data), packs().languages[language], role)
        if count:
            total.update(score(read_report(opened, packs(), sha256="0" * 64, memory=memory()), truth))
    assert total["rows"] > 20
    assert (total["silent"], total["made_up"], total["miscoded_silent"]) == (0, 0, 0)
