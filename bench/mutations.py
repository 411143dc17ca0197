"""What damaged documents cost: ten thousand of them through the embedded extractor's processes.

A dead parent would end the run; a hang is a document that did not come back in its time and a grace of some seconds. A
document may cost its reader process: that is what the process is for.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from engine.domain.document import Document
from engine.plugins.extractors.local import LocalSettings
from engine.plugins.extractors.local.pool import LocalExtractor
from engine.ports.extractor import ReadRequest
from tests.generators.mutants import mutant

DOCUMENTS = 10_000
READERS = 2
SECONDS = 10.0
GRACE = 15.0


@dataclass(slots=True)
class Watching:
    """An observer that counts outcomes."""

    outcomes: Counter[str] = field(default_factory=Counter)

    def note(self, event: str, /, *, level: str = "info", **fields: str | float | None) -> None:
        """Events are counted by their outcome only."""

    def count(self, metric: str, /, amount: float = 1, **labels: str) -> None:
        """How a document ended."""
        self.outcomes[labels.get("outcome", metric)] += int(amount)

    def observe(self, metric: str, /, value: float, **labels: str) -> None:
        """Times are taken around the call."""


@dataclass(slots=True, kw_only=True)
class Damage:
    """What a run counted."""

    documents: int = 0
    hangs: int = 0
    held: int = 0
    slowest: float = 0.0
    reasons: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)

    def as_dict(self) -> dict[str, Any]:
        """The figures."""
        return {
            "documents": self.documents, "hangs": self.hangs, "held": self.held, "slowest": round(self.slowest, 2),
            "outcomes": dict(self.outcomes), "reasons": dict(self.reasons),
        }  # fmt: skip


async def feed(first: int, count: int, *, readers: int = READERS) -> Damage:
    """Read the mutants of these numbers; every one has to come back."""
    watching, damage = Watching(), Damage()
    settings = LocalSettings(readers=readers, timeout=SECONDS, cpu=SECONDS, scan_time=1.0)
    extractor = LocalExtractor(settings, watching)
    numbers = iter(range(first, first + count))
    try:
        await extractor.start()
        await asyncio.gather(*(_feed(extractor, numbers, damage) for _ in range(readers)))
    finally:
        await extractor.close()
    damage.outcomes = watching.outcomes
    return damage


async def _feed(extractor: LocalExtractor, numbers: Any, damage: Damage) -> None:
    for number in numbers:
        data = mutant(number)
        digest = hashlib.sha256(data).hexdigest()
        document = Document(sha256=digest, media_type="application/octet-stream", size_bytes=len(data))
        began = time.monotonic()
        damage.documents += 1
        try:
            async with asyncio.timeout(SECONDS + 1.0 + GRACE):
                report = await extractor.extract(ReadRequest(document=document, data=data))
        except TimeoutError:
            damage.hangs += 1
            continue
        damage.slowest = max(damage.slowest, time.monotonic() - began)
        damage.held += report.needs_review
        damage.reasons.update({item.code for item in report.review_reasons})


def mutations(scale: float) -> dict[str, Any]:
    """Feed the mutants and print what became of them."""
    began = time.monotonic()
    damage = asyncio.run(feed(0, max(100, int(DOCUMENTS * scale))))
    found = {**damage.as_dict(), "seconds": round(time.monotonic() - began, 1)}
    print(
        f"mutations: {found['documents']} documents, 0 deaths of the parent, {found['hangs']} hangs, slowest "
        f"{found['slowest']} s, {found['held']} held; {found['outcomes']}; {found['seconds']} s",
        flush=True,
    )
    return found
