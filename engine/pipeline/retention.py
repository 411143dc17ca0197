"""Retention: removes what is older than it is kept, a little at a time, where and when nobody is in a hurry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from engine.ports.clock import Clock
from engine.ports.observe import Observer
from engine.ports.store import Prunable, Store

ROLE = "pruner"
_PASS_SECONDS = 300.0
_BATCH = 200
_BREATH_SECONDS = 0.05
_BUSY = 0.05
_BUSY_SECONDS = 2.0
_SWEEP_SECONDS = 86_400.0
_GRACE = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How long one kind of thing is kept; an empty channel is the whole site."""

    what: Prunable
    keep: timedelta
    channel: str = ""


class Pruner:
    """Applies the rules every few minutes and sweeps the blob store once a day.

    Runs under the role `pruner`, so that one node of a cluster does it. A batch is one short transaction; between two
    it lets others write, and it waits while intake is busy. It may be cancelled at any moment.
    """

    def __init__(self, store: Store, rules: Sequence[Rule], *, clock: Clock, observer: Observer) -> None:
        self._store = store
        self._rules = rules
        self._clock = clock
        self._observer = observer
        self._swept_at: float | None = None

    async def run(self) -> None:
        """Until cancelled. Raises StoreError; whoever runs it starts it again."""
        while True:
            await self.once()
            await self._clock.sleep(_PASS_SECONDS)

    async def once(self) -> None:
        """One pass over all rules; once a day the blobs that nothing names."""
        for rule in self._rules:
            await self._apply(rule)
        now = self._clock.monotonic()
        if self._swept_at is None or now - self._swept_at >= _SWEEP_SECONDS:
            swept = await self._store.sweep(older_than=self._clock.now() - _GRACE)
            self._swept_at = now
            if swept.files:
                self._observer.note("retention.swept", count=swept.files, bytes=swept.size_bytes)

    async def _apply(self, rule: Rule) -> None:
        before = self._clock.now() - rule.keep
        total = 0
        while True:
            await self._give_way()
            gone = await self._store.prune(rule.what, before=before, channel=rule.channel, limit=_BATCH)
            total += gone
            if not gone:
                break
            await self._clock.sleep(_BREATH_SECONDS)
        if total:
            self._observer.note("retention.pruned", kind=rule.what.value, channel=rule.channel or None, count=total)

    async def _give_way(self) -> None:
        while self._store.pressure > _BUSY:
            await self._clock.sleep(_BUSY_SECONDS)
