"""How sure is sure: the confidence of read results against how often they are right, on text, scans and faxes.

A result counts as right when its value and unit stand on the page as read and its code, if it has one, is the test's. The
gate is what a channel with default settings does: a reason that holds, or a confidence below `confidence.field`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from bench.extraction import forms, is_value_right, paired, squeezed
from bench.scans import FORMS, Counting
from engine.documents.ocr.models import load_models
from engine.documents.ocr.page import make_page_reader
from engine.documents.opening import open_pages
from engine.domain.report import LabReport, Result
from engine.extraction.packs import Packs, load_packs
from engine.extraction.reader import read_report
from engine.plugins.stages.review import Thresholds
from tests.generators.equivalents import canonical
from tests.generators.reports import make
from tests.generators.scans import worn
from tests.generators.truth import Truth, TruthResult

EDGES = (0.0, 0.5, 0.7, 0.8, 0.85, 0.9, 0.95, 0.99, 1.01)
SEEDS_TEXT = (61, 62, 63)
SEEDS_WORN = (61, 62)
WORN = ("scan", "fax")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One read result: how sure it is, whether it is right, whether its value is, and whether a person sees it."""

    confidence: float
    is_right: bool
    is_value_right: bool
    is_held: bool


def judged(wanted: TruthResult | None, got: Result) -> Judged:
    """A result against the row it was drawn from; None when it is on no page."""
    value = wanted is not None and is_value_right(wanted, got)
    unit = wanted is not None and squeezed(got.unit) == squeezed(wanted.unit)
    code = wanted is not None and (not got.loinc_code or canonical(got.loinc_code) == canonical(wanted.loinc))
    return Judged(
        confidence=got.confidence,
        is_right=value and unit and code,
        is_value_right=value,
        is_held=got.needs_review or got.confidence < Thresholds().field,
    )


def of_report(report: LabReport, truth: Truth) -> list[Judged]:
    """All results of a report, those that were made up too."""
    pairs, _, extra = paired(report, truth)
    return [judged(wanted, got) for wanted, got in pairs] + [judged(None, got) for got in extra]


def bins(items: Sequence[Judged]) -> list[dict[str, Any]]:
    """One row for each span of confidence that has results."""
    rows = []
    for low, high in pairwise(EDGES):
        inside = [item for item in items if low <= item.confidence < high]
        if inside:
            rows.append({
                "from": low, "to": min(high, 1.0), "results": len(inside),
                "said": sum(item.confidence for item in inside) / len(inside),
                "right": sum(item.is_right for item in inside) / len(inside),
                "wrong_values": sum(not item.is_value_right for item in inside),
                "silent": sum(not item.is_value_right and not item.is_held for item in inside),
                "held": sum(item.is_held for item in inside),
            })  # fmt: skip
    return rows


def summary(items: Sequence[Judged]) -> dict[str, float]:
    """The whole in figures: `gap` is the mean distance between said and right over the spans, weighted by results."""
    gap = sum(row["results"] * abs(row["said"] - row["right"]) for row in bins(items)) / max(len(items), 1)
    return {
        "results": len(items),
        "gap": round(gap, 4),
        "wrong_values": sum(not item.is_value_right for item in items),
        "silent": sum(not item.is_value_right and not item.is_held for item in items),
    }


def _text(packs: Packs, seeds: Iterable[int]) -> list[Judged]:
    found: list[Judged] = []
    for language, layout in forms():
        for seed in seeds:
            data, truth = make(layout, seed, language=language)
            found += of_report(read_report(open_pages(data), packs, sha256="0" * 64), truth)
    return found


def _worn(kind: str, packs: Packs, reader: Counting, seeds: Iterable[int], count: int) -> list[Judged]:
    found: list[Judged] = []
    for layout, language in FORMS[:count]:
        for seed in seeds:
            data, truth = make(layout, seed, language=language)
            opened = open_pages(worn(data, kind, seed=seed), recogniser=reader)
            found += of_report(read_report(opened, packs, sha256="0" * 64), truth)
    return found


def _print(name: str, items: Sequence[Judged]) -> None:
    print(f"{name}: said against right, by span of confidence")
    print(f"{'from':>6}{'to':>6}{'results':>9}{'said':>7}{'right':>7}{'wrong':>7}{'silent':>8}{'held':>6}")
    for row in bins(items):
        print(
            f"{row['from']:>6}{row['to']:>6}{row['results']:>9}{row['said']:>7.3f}{row['right']:>7.3f}"
            f"{row['wrong_values']:>7}{row['silent']:>8}{row['held']:>6}"
        )
    told = summary(items)
    print(f"gap {told['gap']}, {told['wrong_values']} wrong values, {told['silent']} of them silent\n", flush=True)


def calibration(scale: float) -> dict[str, Any]:
    """Read all and print a table for each kind of page; a smaller scale reads fewer scans."""
    packs, reader = load_packs(), Counting(make_page_reader(load_models()))
    count = max(1, round(len(FORMS) * scale))
    found: dict[str, Any] = {}
    for kind in ("text", *WORN):
        items = _text(packs, SEEDS_TEXT) if kind == "text" else _worn(kind, packs, reader, SEEDS_WORN, count)
        _print(kind, items)
        found[kind] = {**summary(items), "bins": bins(items)}
    return found
