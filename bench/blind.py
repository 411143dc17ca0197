"""A set of forms as the reader meets it first: five reports a form, the third set (seeds 61 to 65), the fourth (81 to 85) or the fifth (91 to 95).

python -m bench.blind [third|fourth|fifth] [--seeds 81 82 ...]
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial

from bench.extraction import TITLE, line, read, score
from engine.extraction.packs import Packs, load_packs
from tests.generators import fifth, fourth, third
from tests.generators.truth import Truth

SEEDS = {"third": (61, 62, 63, 64, 65), "fourth": (81, 82, 83, 84, 85), "fifth": (91, 92, 93, 94, 95)}
Maker = Callable[[int], tuple[bytes, Truth]]


def makers(name: str) -> dict[str, Maker]:
    """What makes a report of each form of the set out of a seed, by language and form."""
    if name == "fourth":
        return {f"{form.language} {form.name}": partial(fourth.make, form) for form in fourth.FORMS.values()}
    if name == "fifth":
        return {f"{form.language} {form.name}": partial(fifth.make, form) for form in fifth.FORMS.values()}
    return {f"{form.language} {form.name}": partial(third.make, form) for form in third.FORMS.values()}


def measure(maker: Maker, packs: Packs, seeds: Iterable[int]) -> Counter[str]:
    """Counts over the seeds of one form."""
    total: Counter[str] = Counter()
    for seed in seeds:
        data, truth = maker(seed)
        total.update(score(read(data, packs), truth))
    return total


def blind(name: str = "third", seeds: Iterable[int] = ()) -> None:
    """Print the table of a set by form."""
    packs = load_packs()
    whole: Counter[str] = Counter()
    print(TITLE)
    for label, maker in makers(name).items():
        counts = measure(maker, packs, tuple(seeds) or SEEDS[name])
        whole.update(counts)
        print(line(label, counts), flush=True)
    print(line("all", whole))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.blind", description="Read a set of forms and print the table."
    )
    parser.add_argument("set", nargs="?", default="third", choices=sorted(SEEDS), help="the set of forms")
    parser.add_argument("--seeds", nargs="+", type=int, default=(), metavar="N", help="seeds instead of the set's own")
    given = parser.parse_args()
    blind(given.set, given.seeds)


if __name__ == "__main__":
    main()
