"""Laboratories drawn by dice, one report each: forms that nobody fitted the reader to, as many as wanted.

python -m bench.drawn [--first N] [--count N] [--each]
"""

from __future__ import annotations

import argparse
from collections import Counter

from bench.extraction import TITLE, line, read, score
from engine.extraction.packs import load_packs
from tests.generators.drawn import make

FIRST, COUNT = 0, 600


def measure(seeds: range, *, each: bool = False) -> dict[str, Counter[str]]:
    """Counts by language; with ``each``, also print the laboratories of which something went wrong."""
    packs = load_packs()
    found: dict[str, Counter[str]] = {}
    for seed in seeds:
        data, truth = make(seed)
        counts = score(read(data, packs), truth)
        found.setdefault(truth.language, Counter()).update(counts)
        if each and (counts["found"] < counts["rows"] or counts["wrong"] or counts["made_up"] or counts["miscoded"]):
            print(line(f"{truth.language} {seed}", counts), flush=True)
    return found


def main() -> None:
    """Print the table by language."""
    parser = argparse.ArgumentParser(prog="python -m bench.drawn", description="Read laboratories drawn by dice.")
    parser.add_argument("--first", type=int, default=FIRST, metavar="N", help="the first seed")
    parser.add_argument("--count", type=int, default=COUNT, metavar="N", help="how many laboratories")
    parser.add_argument("--each", action="store_true", help="also print those of which something went wrong")
    given = parser.parse_args()
    print(TITLE)
    found = measure(range(given.first, given.first + given.count), each=given.each)
    for language, counts in sorted(found.items()):
        print(line(language, counts))
    print(line("all", sum(found.values(), Counter())))


if __name__ == "__main__":
    main()
