"""Stand-ins for the ports around intake: clock, ids, observer, and a store that only accepts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from engine.domain.message import MessageId
from engine.ports.store import Accepted, FragmentRecord, NewMessage, StoreError

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


class HandClock:
    """Time stands still until the test moves it."""

    def __init__(self) -> None:
        self._seconds = 1000.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return NOON

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        sleeper: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._sleepers.append((self._seconds + seconds, sleeper))
        await sleeper

    async def asleep(self, seconds: float) -> None:
        """Return once somebody sleeps until exactly `seconds` from now."""
        until = self._seconds + seconds
        while not any(abs(due - until) < 1e-6 and not task.done() for due, task in self._sleepers):
            await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        """Move on; everyone whose time has come runs."""
        self._seconds += seconds
        due = [task for at, task in self._sleepers if at <= self._seconds]
        self._sleepers = [(at, task) for at, task in self._sleepers if at > self._seconds]
        for task in due:
            if not task.done():
                task.set_result(None)
        for _ in range(20):
            await asyncio.sleep(0)


class CountingIds:
    """Ids that count: M1, C1 ..."""

    def __init__(self) -> None:
        self._messages = self._controls = 0

    def message_id(self) -> MessageId:
        self._messages += 1
        return MessageId(f"M{self._messages:025}")

    def control_id(self) -> str:
        self._controls += 1
        return f"C{self._controls}"

    def uniform(self, low: float, high: float) -> float:
        return (low + high) / 2


class RecordingObserver:
    """Keeps notes, counters and observations."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, dict[str, Any]]] = []
        self.counters: Counter[tuple[str, tuple[tuple[str, str], ...]]] = Counter()
        self.observations: list[tuple[str, float]] = []

    def note(self, event: str, /, *, level: str = "info", **fields: Any) -> None:
        self.notes.append((event, {"level": level, **fields}))

    def count(self, metric: str, /, amount: float = 1, **labels: str) -> None:
        self.counters[metric, tuple(sorted(labels.items()))] += int(amount)

    def observe(self, metric: str, /, value: float, **labels: str) -> None:
        assert labels
        self.observations.append((metric, value))

    def events(self, name: str) -> list[dict[str, Any]]:
        return [fields for event, fields in self.notes if event == name]

    def counted(self, metric: str, **labels: str) -> int:
        """The sum over all series of the metric that carry these labels."""
        wanted = set(labels.items())
        return sum(n for (name, series), n in self.counters.items() if name == metric and wanted <= set(series))


class AcceptingStore:
    """The intake half of a store, in memory. `gate` holds every commit back; `trouble` fails it."""

    def __init__(self) -> None:
        self.messages: list[NewMessage] = []
        self.calls: list[int] = []
        self.fragments: list[FragmentRecord] = []
        self.trouble: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.waiting = 0
        self.pressure = 0.0
        self._seen: dict[tuple[str, str], list[tuple[str, Accepted]]] = {}

    async def accept(self, messages: Sequence[NewMessage]) -> list[Accepted]:
        if self.gate is not None:
            self.waiting += 1
            await self.gate.wait()
            self.waiting -= 1
        if self.trouble is not None:
            raise self.trouble
        self.calls.append(len(messages))
        return [self._accept(message) for message in messages]

    def _accept(self, message: NewMessage) -> Accepted:
        before = self._seen.setdefault((message.dedupe_sender, message.control_id), [])
        for sha256, first in before:
            if sha256 == message.sha256:
                return Accepted(id=first.id, ack=first.ack, retransmission=True)
        accepted = Accepted(id=message.id, ack=message.ack, reused=bool(before))
        before.append((message.sha256, accepted))
        self.messages.append(message)
        return accepted

    async def keep_fragment(self, fragment: FragmentRecord) -> None:
        if isinstance(self.trouble, StoreError):
            raise self.trouble
        self.fragments.append(fragment)
