"""What becomes of reports when the headings of one kind are words that nobody knows.

Such a heading may cost results; it must never change one, or make one up, without a reason on it.

    python -m bench.headings [result previous date range unit flag test low high]
"""

from __future__ import annotations

import argparse
from collections import Counter
from dataclasses import replace

from bench.blind import SETS
from bench.extraction import score
from engine.documents.opening import open_pages
from engine.documents.pages import OpenedPages, Page, Word
from engine.extraction.columns import find_tables, heading_columns
from engine.extraction.layout import lines_of
from engine.extraction.packs import load_packs
from engine.extraction.packs.model import Language
from engine.extraction.reader import Memory, read_report

ROLES = ("result", "previous", "date", "range", "unit", "test", "flag", "low", "high")
SEEDS = (64, 65)


def garbled(opened: OpenedPages, language: Language, role: str) -> tuple[OpenedPages, int]:
    """The document with the headings of a role made words that no language has, and how many words that were."""
    pages: list[Page] = []
    count = 0
    for page in opened.pages:
        bad = _headings(page, language, role)
        count += len(bad)
        words = tuple(replace(word, text="Zq" + "x" * len(word.text)) if word in bad else word for word in page.words)
        pages.append(replace(page, words=words))
    return replace(opened, pages=tuple(pages)), count


def _headings(page: Page, language: Language, role: str) -> set[Word]:
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


def measure(
    role: str, sets: tuple[str, ...] = ("known", "third", "fourth"), seeds: tuple[int, ...] = SEEDS
) -> Counter[str]:
    """Counts over all reports of some sets that have a heading of a role."""
    packs = load_packs()
    memory = Memory(packs)
    total: Counter[str] = Counter()
    for (language, _), maker in ((key, maker) for name in sets for key, maker in SETS[name].items()):
        for seed in seeds:
            data, truth = maker(seed)
            opened, count = garbled(open_pages(data), packs.languages[language], role)
            if count:
                total.update(score(read_report(opened, packs, sha256="0" * 64, memory=memory), truth))
    return total


def main() -> None:
    """Print a line for each kind of heading."""
    parser = argparse.ArgumentParser(prog="python -m bench.headings", description="Read forms with unknown headings.")
    parser.add_argument("roles", nargs="*", default=ROLES, metavar="ROLE", help=" ".join(ROLES))
    parts = ("rows", "found", "lost", "wrong", "silent", "made_up", "miscoded_silent", "held")
    print(f"{'not known':10}" + "".join(f"{part:>16}" for part in parts))
    for role in parser.parse_args().roles:
        counts = measure(role)
        print(f"{role:10}" + "".join(f"{counts[part]:>16}" for part in parts), flush=True)


if __name__ == "__main__":
    main()
