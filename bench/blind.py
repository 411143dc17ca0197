"""A set of forms, five reports a form: as the reader met it first, or those it was fitted to (known).

python -m bench.blind [third|fourth|fifth|sixth|seventh|formats|carried|known] [--seeds 81 82 ...]
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from bench import extraction
from bench.extraction import TITLE, line, read, score
from engine.extraction.packs import Packs, load_packs
from engine.ports.content import Content
from tests.generators import carried, fifth, formats, fourth, reports, seventh, sixth, third
from tests.generators.formats.model import HL7
from tests.generators.truth import Truth

SEEDS = {
    "third": (61, 62, 63, 64, 65), "fourth": (81, 82, 83, 84, 85), "fifth": (91, 92, 93, 94, 95), "sixth": (111, 112, 113, 114, 115),
    "seventh": (131, 132, 133, 134, 135), "formats": (121, 122, 123, 124, 125), "carried": (141, 142, 143, 144, 145),
    "known": extraction.SEEDS,
}  # fmt: skip
Maker = Callable[[int], tuple[bytes, Truth]]


def sent(form: formats.Form, seed: int) -> tuple[bytes, Truth]:
    """A report of a form that is no PDF as the reader gets it: a message is opened first, as an inbound one is."""
    data, truth = formats.make(form, seed)
    return (Content(data).decoded.documents[0].data if form.media_type == HL7 else data), truth


SETS: Mapping[str, Mapping[tuple[str, str], Maker]] = {
    "third": {(form.language, form.name): partial(third.make, form) for form in third.FORMS.values()},
    "fourth": {(form.language, form.name): partial(fourth.make, form) for form in fourth.FORMS.values()},
    "fifth": {(form.language, form.name): partial(fifth.make, form) for form in fifth.FORMS.values()},
    "sixth": {(form.language, form.name): partial(sixth.make, form) for form in sixth.FORMS.values()},
    "seventh": {(form.language, form.name): partial(seventh.make, form) for form in seventh.FORMS.values()},
    "formats": {(form.language, form.name): partial(sent, form) for form in formats.FORMS.values()},
    "carried": {(form.language, form.name): partial(sent, form) for form in carried.FORMS.values()},
    "known": {(language, layout): partial(reports.make, layout, language=language) for language, layout in extraction.forms()},
}  # fmt: skip
"""What makes a report of each form of a set out of a seed, by language and form."""


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
    for (language, form), maker in SETS[name].items():
        counts = measure(maker, packs, tuple(seeds) or SEEDS[name])
        whole.update(counts)
        print(line(f"{language} {form}", counts), flush=True)
    print(line("all", whole))


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.blind", description="Read a set of forms and print the table."
    )
    parser.add_argument("set", nargs="?", default="third", choices=list(SETS), help="the set of forms")
    parser.add_argument("--seeds", nargs="+", type=int, default=(), metavar="N", help="seeds instead of the set's own")
    given = parser.parse_args()
    blind(given.set, given.seeds)


if __name__ == "__main__":
    main()
