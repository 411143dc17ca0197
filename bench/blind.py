"""The third set of forms as the reader met it first: seeds 61 to 65, five reports a form.

python -m bench.blind
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from bench.extraction import TITLE, line, read, score
from engine.extraction.packs import Packs, load_packs
from tests.generators.third import FORMS, Form, make

SEEDS = (61, 62, 63, 64, 65)


def measure(form: Form, packs: Packs, seeds: Iterable[int] = SEEDS) -> Counter[str]:
    """Counts over the seeds of one form."""
    total: Counter[str] = Counter()
    for seed in seeds:
        data, truth = make(form, seed)
        total.update(score(read(data, packs), truth))
    return total


def blind() -> None:
    """Print the table by form."""
    packs = load_packs()
    whole: Counter[str] = Counter()
    print(TITLE)
    for name, form in FORMS.items():
        counts = measure(form, packs)
        whole.update(counts)
        print(line(f"{form.language} {name}", counts), flush=True)
    print(line("all", whole))


if __name__ == "__main__":
    blind()
