"""What the contract suite of stores is written with: a clock that stands still, quiet services, small builders."""
# ruff: noqa: ARG002 - a fake takes what the port gives it and needs little of it

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from engine.domain.message import DeliveryState, MessageId
from engine.ports.blobs import BlobStore
from engine.ports.services import SiteServices
from engine.ports.store import DeliveryResult, KeyLease, LaneLease, NewDelivery, NewMessage, Store, Transition

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)


class FrozenClock:
    """Time that moves only when a test says so."""

    def __init__(self) -> None:
        self._now = START
        self._monotonic = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)
        self._monotonic += seconds


class CountedIds:
    """Ids that only count."""

    def __init__(self) -> None:
        self._count = 0

    def message_id(self) -> MessageId:
        self._count += 1
        return MessageId(f"{self._count:026d}")

    def control_id(self) -> str:
        self._count += 1
        return f"H{self._count:09d}"

    def uniform(self, low: float, high: float) -> float:
        return (low + high) / 2


class Recorder:
    """An observer that keeps the names of what it was told."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def note(self, event: str, /, *, level: str = "info", **fields: str | float | None) -> None:
        self.events.append(event)

    def count(self, metric: str, /, amount: float = 1, **labels: str) -> None:
        return

    def observe(self, metric: str, /, value: float, **labels: str) -> None:
        return


Build = Callable[[SiteServices, dict[str, Any]], Store]


class Shop:
    """Opens stores of one adapter on one place, again and again, and closes what a test left open."""

    def __init__(self, build: Build, site: Path, blobs: BlobStore | None) -> None:
        self.clock = FrozenClock()
        self.observer = Recorder()
        self.site = site
        self.blobs = blobs
        self._build = build
        self._open: list[Store] = []

    def make(self, **settings: Any) -> Store:
        services = SiteServices(
            site=self.site,
            node="node-a",
            clock=self.clock,
            ids=CountedIds(),
            observer=self.observer,
            blobs=self.blobs,
        )
        return self._build(services, settings)

    async def open(self, **settings: Any) -> Store:
        store = self.make(**settings)
        await store.open()
        self._open.append(store)
        return store

    async def reopen(self, store: Store, **settings: Any) -> Store:
        await store.close()
        return await self.open(**settings)

    async def close(self) -> None:
        for store in self._open:
            await store.close()


def message(number: int, *, key: str = "key", body: bytes | None = None, **fields: Any) -> NewMessage:
    """A message whose id, control id and body follow from its number."""
    raw = f"MSH|^~\\&|LAB|A|||||ORU^R01|C{number}|P|2.5.1\rOBX|{number}\r".encode() if body is None else body
    values: dict[str, Any] = {
        "id": MessageId(f"{number:026d}"),
        "channel": "lab",
        "source": "front",
        "ordering_key": key,
        "received_at": START + timedelta(seconds=number),
        "control_id": f"C{number}",
        "dedupe_sender": "front|LAB|A",
        "message_type": "ORU^R01",
        "ack": f"MSA|AA|C{number}\r".encode(),
        **fields,
    }
    return NewMessage(raw=raw, sha256=hashlib.sha256(raw).hexdigest(), **values)


def delivery(number: int, *, destination: str = "ehr", **fields: Any) -> NewDelivery:
    """A delivery whose id and idempotency key follow from its number."""
    values: dict[str, Any] = {
        "id": f"d{number}",
        "idempotency_key": f"k{number}",
        "control_id": f"O{number}",
        "body": f"MSH|out|{number}\r".encode(),
        **fields,
    }
    return NewDelivery(destination=destination, **values)


def step(number: int, stage: str | None = "next", **fields: object) -> Transition:
    return Transition(message_id=message(number).id, next_stage=stage, **fields)  # type: ignore[arg-type]


def sent(number: int, **fields: Any) -> DeliveryResult:
    """The result of a try that the peer accepted."""
    values: dict[str, Any] = {"ack_code": "AA", "answer": b"MSA|AA\r", **fields}
    return DeliveryResult(delivery_id=f"d{number}", state=DeliveryState.SENT, **values)


async def accept(store: Store, *numbers: int, **fields: Any) -> None:
    """Accept messages one by one."""
    for number in numbers:
        await store.accept([message(number, **fields)])


async def claim_one(store: Store, node: str = "node-a") -> KeyLease:
    """Claim exactly one key."""
    (lease,) = await store.claim(node, keys=1, per_key=100)
    return lease


async def finish(store: Store, lease: KeyLease, **fields: Any) -> None:
    """Let every item of a lease be done, the first with the fields given, and give the key back."""
    for item in lease.items:
        await store.advance(lease, Transition(message_id=item.id, next_stage=None, **fields))
        fields = {}
    await store.release(lease)


async def queue(store: Store, *numbers: int, key: str = "key", **fields: Any) -> None:
    """Accept messages and queue one delivery for each."""
    for number in numbers:
        await store.accept([message(number, key=key, **fields)])
        await finish(store, await claim_one(store), deliveries=(delivery(number),))


async def lane_of(store: Store, destination: str = "ehr") -> LaneLease:
    """Open a lane that must be free."""
    lane = await store.open_lane("node-a", "lab", destination)
    if lane is None:
        raise AssertionError("the lane is taken")
    return lane


Opener = Callable[..., Awaitable[Store]]
