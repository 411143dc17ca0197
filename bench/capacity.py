"""How many machines a site needs: a model from measured costs, and a simulation of its busiest hour that checks it.

    python -m bench --only capacity

The model is arithmetic: work in the busiest hour divided by what a core does, with room to spare. The simulation plays
that hour message by message (uneven arrivals, uneven work, one queue before each pool of servers) and tells how long
messages wait on the machines the model asked for.
"""

from __future__ import annotations

import heapq
import math
import random
from dataclasses import dataclass

SECONDS_A_YEAR = 365 * 86_400
ROOM = 0.6
"""Share of a server's time that is planned to be used in the busiest hour."""


@dataclass(frozen=True)
class Costs:
    """Seconds of one core, and bytes; docs/scale.md says how each was measured."""

    intake: float = 0.00026
    discrete: float = 0.0021
    text_page: float = 0.018
    ocr_page: float = 8.0
    database: float = 0.0028
    row_bytes: int = 12_000
    document_bytes: int = 180_000


@dataclass(frozen=True)
class Site:
    """What a site sends: messages a year, shares with a document, pages of one, and how uneven the day is.

    Attributes:
        text_share: messages whose document has a text layer.
        scan_share: messages whose document must be recognised.
        peak: messages in the busiest hour beside those of an average hour.
        burst: messages that arrive together.
        keep_days: how long documents are kept.
    """

    name: str
    messages_a_year: float
    text_share: float
    scan_share: float
    pages: float = 2.0
    peak: float = 4.0
    burst: int = 5
    keep_days: int = 90


SITES = (
    Site("hospital, 500 beds", 4_000_000, 0.10, 0.03),
    Site("national exchange", 100_000_000, 0.15, 0.03, burst=20),
    Site("1 G reports a year", 1_000_000_000, 0.15, 0.02, peak=3.0, burst=50),
)


@dataclass(frozen=True)
class Plan:
    """What the model asks for."""

    peak_rate: float
    pipeline_cores: int
    reader_cores: int
    ocr_cores: int
    database_use: float
    database_gb_a_year: float
    documents_tb: float


def plan(site: Site, costs: Costs) -> Plan:
    """Cores of each kind for the busiest hour, and what the disks hold."""
    rate = site.messages_a_year / SECONDS_A_YEAR * site.peak
    documents = site.text_share + site.scan_share
    kept = site.messages_a_year * documents * site.keep_days / 365
    return Plan(
        peak_rate=rate,
        pipeline_cores=_cores(rate * (costs.intake + costs.discrete)),
        reader_cores=_cores(rate * site.text_share * site.pages * costs.text_page),
        ocr_cores=_cores(rate * site.scan_share * site.pages * costs.ocr_page),
        database_use=rate * costs.database,
        database_gb_a_year=site.messages_a_year * costs.row_bytes / 1e9,
        documents_tb=kept * costs.document_bytes / 1e12,
    )


def _cores(load: float) -> int:
    return max(1, math.ceil(load / ROOM))


@dataclass
class Pool:
    """Servers with one queue; the heap holds when each is free again."""

    free: list[float]
    busy: float = 0.0

    def serve(self, at: float, work: float) -> float:
        """Take work that is there from `at`; returns when it is done."""
        begin = max(at, heapq.heappop(self.free))
        heapq.heappush(self.free, begin + work)
        self.busy += work
        return begin + work


@dataclass(frozen=True)
class Hour:
    """What the simulated hour showed; waits in seconds from receipt to sending, by kind of message."""

    messages: int
    use: dict[str, float]
    p99: dict[str, float]


def play(site: Site, asked: Plan, costs: Costs, *, seed: int, longest: int = 400_000) -> Hour:
    """Play the busiest hour, or as much of it as `longest` messages fill."""
    dice = random.Random(seed)
    pools = {
        "pipeline": Pool([0.0] * asked.pipeline_cores),
        "readers": Pool([0.0] * asked.reader_cores),
        "ocr": Pool([0.0] * asked.ocr_cores),
    }
    waits: dict[str, list[float]] = {"discrete": [], "text": [], "scan": []}
    now, count = 0.0, 0
    arrivals: list[tuple[float, int, str]] = []
    while now < 3600.0 and count < longest:
        now += dice.expovariate(asked.peak_rate / site.burst)
        for _ in range(site.burst):
            count += 1
            share = dice.random()
            kind = (
                "scan"
                if share < site.scan_share
                else "text"
                if share < site.scan_share + site.text_share
                else "discrete"
            )
            arrivals.append((now, count, kind))
    # Documents come back into the pipeline when they are read; events are handled in the order of time.
    events = [(at, number, kind, at) for at, number, kind in arrivals]
    heapq.heapify(events)
    read: set[int] = set()
    while events:
        at, number, kind, received = heapq.heappop(events)
        if kind != "discrete" and number not in read:
            read.add(number)
            pages = max(1, round(dice.expovariate(1.0 / site.pages)))
            each = costs.text_page if kind == "text" else costs.ocr_page
            done = pools["readers" if kind == "text" else "ocr"].serve(at, pages * each * dice.uniform(0.6, 1.4))
            heapq.heappush(events, (done, number, kind, received))
            continue
        done = pools["pipeline"].serve(at, (costs.intake + costs.discrete) * dice.uniform(0.6, 1.4))
        waits[kind].append(done - received)
    return Hour(
        messages=count,
        use={name: pool.busy / (len(pool.free) * max(now, 1.0)) for name, pool in pools.items()},
        p99={kind: _at(found, 0.99) for kind, found in waits.items()},
    )


def _at(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def capacity(seed: int = 2026) -> list[dict[str, float | str]]:
    """Plan and play every site; prints both. Raises RuntimeError where the plan does not stand the hour."""
    rows: list[dict[str, float | str]] = []
    costs = Costs()
    for site in SITES:
        asked = plan(site, costs)
        hour = play(site, asked, costs, seed=seed)
        print(
            f"capacity {site.name}: {asked.peak_rate:.1f}/s in the busiest hour; cores: pipeline {asked.pipeline_cores}, "
            f"readers {asked.reader_cores}, OCR {asked.ocr_cores}; database {asked.database_use:.0%} of one core, "
            f"{asked.database_gb_a_year:,.0f} GB a year; documents {asked.documents_tb:.2f} TB | played {hour.messages} "
            f"messages, seed {seed}: use {', '.join(f'{name} {use:.0%}' for name, use in hour.use.items())}; "
            f"p99 {', '.join(f'{kind} {wait:.2f} s' for kind, wait in hour.p99.items())}",
            flush=True,
        )
        if max(hour.use.values()) > 1.0:
            raise RuntimeError(f"{site.name}: the plan is too small")
        rows.append({"site": site.name, "peak_rate": asked.peak_rate, "pipeline_cores": asked.pipeline_cores, "reader_cores": asked.reader_cores, "ocr_cores": asked.ocr_cores, **{f"p99_{kind}": wait for kind, wait in hour.p99.items()}})  # fmt: skip
    return rows
