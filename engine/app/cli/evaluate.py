"""`headrace match --evaluate`: how the matching does on pairs whose truth is known."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engine.domain import matching, weighing
from engine.domain.matching import MatchRules
from engine.domain.patient import Decision, Demographics, Identifier, Match
from engine.domain.weighing import Knowledge
from engine.ports.directory import Directory, DirectoryIncomplete, commonness

THRESHOLDS = (0.80, 0.90, 0.95, 0.97, 0.99, 0.999)
_NEEDED = ("case", "expected_mrn", "identifiers", "family", "given", "birth_date", "sex")
_TEXTS = ("family", "given", "middle", "birth_date", "phone", "postcode")
OK, FAILED = 0, 1


class BadPairs(ValueError):
    """The file cannot be used; names line and column, never content."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A description with its class, and the number of the record it is about (empty: of nobody in the directory)."""

    kind: str
    person: Demographics
    expected: str


@dataclass(slots=True)
class Tally:
    """Decisions by class, and right and wrong matches by threshold."""

    classes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    thresholds: dict[float, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    true_pairs: int = 0


def read_pairs(text: str) -> list[Pair]:
    """Pairs of a CSV with a header row.

    Raises:
        BadPairs: a column is missing, or a row has too many or too few cells.
    """
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        raise BadPairs(f"1: missing columns: {', '.join(missing)}")
    found = []
    for row in rows:
        if None in row or None in row.values():
            raise BadPairs(f"{rows.line_num}: more or fewer cells than columns")
        found.append(_pair(row))
    return found


def _pair(row: Mapping[str, str]) -> Pair:
    numbers = tuple(
        Identifier(value=value.strip(), authority=authority.strip(), type="MR")
        for authority, _, value in (item.rpartition(":") for item in row["identifiers"].split(";") if item.strip())
    )
    texts = {name: (row.get(name) or "").strip() for name in _TEXTS}
    person = Demographics(identifiers=numbers, sex=row["sex"].strip().upper(), **texts)
    return Pair(row.get("class") or "all", person, row["expected_mrn"].strip())


async def evaluate(directory: Directory, text: str, *, as_json: bool) -> int:
    """Decide every pair and print the tables; 1 when one was matched to somebody else.

    Raises:
        BadPairs: the file cannot be used.
        DirectoryUnavailable: as `Directory.candidates`.
    """
    tally = Tally()
    for pair in read_pairs(text):
        tally.true_pairs += bool(pair.expected)
        rules = [MatchRules(auto=auto, default_authority=directory.default_authority) for auto in THRESHOLDS]
        for rule, match in zip(rules, await decisions(directory, pair.person, rules), strict=True):
            outcome = judge(match, pair.expected)
            tally.thresholds[rule.auto][outcome] += 1
            if rule.auto == MatchRules().auto:
                tally.classes[pair.kind][outcome] += 1
    report = _report(tally)
    sys.stdout.write(json.dumps(report) + "\n" if as_json else _table(report))
    return FAILED if any(row["wrong"] for row in report["classes"]) else OK


async def decisions(directory: Directory, person: Demographics, rules: Sequence[MatchRules]) -> list[Match]:
    """Who the person is by each of the rules, as the reconcile stage decides. Raises DirectoryUnavailable."""
    try:
        candidates, whole = (() if person.is_empty else await directory.candidates(person)), True
    except DirectoryIncomplete as answer:
        candidates, whole = answer.found, False
    found = [matching.decide(person, candidates, rule) for rule in rules]
    if not whole:
        return [matching.not_all_seen(item) for item in found]
    first = next((item.record for item in found if item.step == "demographics"), None)
    known = Knowledge(counts=await commonness(directory, first))
    return [weighing.weigh(item, known, auto=rule.auto) for item, rule in zip(found, rules, strict=True)]


def judge(match: Match, expected: str) -> str:
    """`right` or `wrong` for a match, else `review` or `none`."""
    if match.decision is not Decision.MATCH:
        return match.decision.value
    return "right" if match.record is not None and match.record.mrn == expected else "wrong"


def _report(tally: Tally) -> dict[str, list[dict[str, object]]]:
    classes = [_row("class", kind, counts) for kind, counts in tally.classes.items()]
    thresholds = [
        {
            **_row("auto", auto, counts),
            "precision": _share(counts["right"], counts["right"] + counts["wrong"]),
            "recall": _share(counts["right"], tally.true_pairs),
        }
        for auto, counts in tally.thresholds.items()
    ]
    return {"classes": classes, "thresholds": thresholds}


def _row(name: str, value: object, counts: Counter[str]) -> dict[str, object]:
    words = ("right", "wrong", "review", "none")
    return {name: value, "pairs": counts.total(), **{word: counts[word] for word in words}}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _table(report: Mapping[str, Sequence[Mapping[str, object]]]) -> str:
    """Both tables, in columns."""
    lines = []
    for name in ("classes", "thresholds"):
        rows = report[name]
        if not rows:
            continue
        cells = [list(rows[0]), *([_cell(value) for value in row.values()] for row in rows)]
        widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
        lines += [
            "  ".join(
                text.ljust(width) if not place else text.rjust(width)
                for place, (text, width) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in cells
        ] + [""]
    return "\n".join(lines)


def _cell(value: object) -> str:
    return "-" if value is None else str(value)
