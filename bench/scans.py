"""How well pictures of pages are read: generated reports worn as scanners, fax machines and telephones wear them.

The same score as for the text layer, and what a page costs. One document of each form and wear, so it takes minutes.

    python -m bench.scans [clean scan fax rotated photo] [--seeds 81 82 ...]
"""

from __future__ import annotations

import argparse
import resource
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bench.extraction import TITLE, line, score
from engine.documents.ocr.models import load_models
from engine.documents.ocr.page import PageReader, make_page_reader
from engine.documents.opening import open_pages
from engine.documents.pictures import Picture, Recognised
from engine.extraction.packs import Packs, load_packs
from engine.extraction.reader import read_report
from tests.generators.reports import make
from tests.generators.scans import WEAR, worn

FORMS = (
    ("us_chem", "en"), ("uk_trust", "en"), ("es_clasico", "es"), ("fr_ville", "fr"), ("de_befund", "de"),
    ("it_referto", "it"), ("pt_tabela", "pt"),
)  # fmt: skip
SEED = 31


@dataclass(slots=True)
class Counting:
    """A recogniser without limits that counts its pages and their processor time."""

    reader: PageReader
    pages: int = 0
    seconds: float = 0.0

    def refusal(self) -> str:
        """Never refuses."""
        return ""

    def recognise(self, picture: Picture) -> Recognised:
        """The words of a picture."""
        began = time.process_time()
        found = self.reader.read(picture, lambda: True)
        self.pages, self.seconds = self.pages + 1, self.seconds + time.process_time() - began
        return found or Recognised(words=(), width=picture.width, height=picture.height)


def measure(kind: str, packs: Packs, counting: Counting, *, forms: int, seed: int = SEED) -> Counter[str]:
    """Counts over the forms of one wear."""
    total: Counter[str] = Counter()
    for layout, language in FORMS[:forms]:
        data, truth = make(layout, seed, language=language)
        opened = open_pages(worn(data, kind, seed=seed), recogniser=counting)
        total.update(score(read_report(opened, packs, sha256="0" * 64), truth))
    return total


def scans(scale: float, kinds: Sequence[str] = WEAR, seeds: Sequence[int] = (SEED,)) -> dict[str, Any]:
    """Read every wear and print the table; a smaller scale reads fewer forms."""
    packs, counting = load_packs(), Counting(make_page_reader(load_models()))
    found: dict[str, Any] = {}
    print(TITLE, flush=True)
    for kind in kinds:
        counts: Counter[str] = Counter()
        for seed in seeds:
            counts += measure(kind, packs, counting, forms=max(1, round(len(FORMS) * scale)), seed=seed)
        found[kind] = dict(counts)
        print(line(kind, counts), flush=True)
    found["pages"], found["cpu_seconds_a_page"] = counting.pages, round(counting.seconds / counting.pages, 2)
    found["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"{counting.pages} pages, {found['cpu_seconds_a_page']} CPU s a page, peak {found['peak_mib']} MiB", flush=True
    )
    return found


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.scans", description="Read worn pages and print the table.")
    parser.add_argument("kinds", nargs="*", default=WEAR, metavar="KIND", help=" ".join(WEAR))
    parser.add_argument("--seeds", nargs="+", type=int, default=(SEED,), metavar="N", help="seeds instead of the usual")
    given = parser.parse_args()
    scans(1.0, given.kinds, given.seeds)


if __name__ == "__main__":
    main()
