"""Every write and fsync of a run fails once: a run of messages is repeated, and each time the next call fails.

One store takes in, works on and sends; below it a file layer of SQLite and the `os` of the blob files count every call
that changes or syncs a file, and let exactly one of them fail. Senders, worker and lane try again as their peers in the
engine do. At the end the store is opened on a sound disk and compared with what was promised.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import random
import shutil
import threading
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count as counter
from pathlib import Path
from typing import Any, TypeVar

import apsw

from engine.domain.message import DeliveryState, MessageId
from engine.plugins.blobs import files
from engine.plugins.stores.sqlite.connection import open_writer
from engine.plugins.stores.sqlite.store import SqliteStore
from engine.ports.store import DeliveryResult, LeaseLost, MessageQuery, StoreError, Transition
from tests.contracts.store_kit import delivery, message
from tests.faults.power import body_of, make

T = TypeVar("T")
DISK = "swept-disk"
CALLS = ("open", "write", "fsync")
ERRORS = ("EIO", "ENOSPC")
PATIENCE = 60.0
"""Seconds after which a run that does not end is stuck; a bound, not a measure."""
TRIES = 1000
PRODUCERS = 25
"""More at once means larger commits and fewer calls to sweep."""


@dataclass(slots=True)
class Swept:
    """Counts the calls of a run; the call `nth` fails with `error`, none when it is 0."""

    nth: int = 0
    error: str = "EIO"
    calls: list[str] = field(default_factory=list)
    failed: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def is_up(self, what: str) -> bool:
        """Whether this call is the one."""
        with self.lock:
            self.calls.append(what)
            if len(self.calls) == self.nth:
                self.failed = what
            return len(self.calls) == self.nth


class SweptDisk(apsw.VFS):
    """SQLite's file layer, with one call that fails."""

    def __init__(self, swept: Swept) -> None:
        self.swept = swept
        super().__init__(DISK, "")

    def xOpen(self, name: apsw.URIFilename | str | None, flags: list[int]) -> apsw.VFSFile:
        return SweptFile(name, flags, self.swept)


class SweptFile(apsw.VFSFile):
    def __init__(self, name: apsw.URIFilename | str | None, flags: list[int], swept: Swept) -> None:
        self._swept = swept
        self._kind = "log" if flags[0] & apsw.SQLITE_OPEN_WAL else "database"
        super().__init__("", name, flags)

    def _check(self, call: str) -> None:
        if self._swept.is_up(f"{self._kind} {call}"):
            raise {"EIO": apsw.IOError, "ENOSPC": apsw.FullError}[self._swept.error]("planted")

    def xWrite(self, data: bytes, offset: int) -> None:
        self._check("write")
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self._check("truncate")
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        self._check("fsync")
        super().xSync(flags)


class SweptSystem:
    """The `os` of the blob files."""

    def __init__(self, swept: Swept) -> None:
        self._swept = swept

    def __getattr__(self, name: str) -> Any:
        found = getattr(os, name)
        if name not in CALLS:
            return found

        def call(*args: Any, **named: Any) -> Any:
            if self._swept.is_up(f"blob {name}"):
                raise OSError(getattr(errno, self._swept.error), "planted")
            return found(*args, **named)

        return call


@contextmanager
def swept_files(swept: Swept) -> Iterator[None]:
    """Both layers, until the end of the block."""
    disk = SweptDisk(swept)
    real, files.os = files.os, SweptSystem(swept)  # type: ignore[attr-defined,assignment]
    try:
        yield
    finally:
        files.os = real  # type: ignore[attr-defined]
        disk.unregister()


@dataclass(slots=True)
class Books:
    """What was promised to senders, and what the receiver read: delivery -> control ids and bodies."""

    accepted: set[int] = field(default_factory=set)
    received: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    done: int = 0
    settled: set[str] = field(default_factory=set)
    incoming: asyncio.Event = field(default_factory=asyncio.Event)
    outgoing: asyncio.Event = field(default_factory=asyncio.Event)
    ids: Iterator[int] = field(default_factory=lambda: counter(1))


async def insist(act: Callable[[], Awaitable[T]]) -> T:
    """Try until the store can: as a sender sends again, and as worker and lane come back."""
    for _ in range(TRIES):
        try:
            return await act()
        except StoreError:
            await asyncio.sleep(0)
    raise AssertionError("the store never recovers")


async def _produce(store: SqliteStore, books: Books, numbers: range) -> None:
    for number in numbers:

        async def accept(number: int = number) -> None:
            fresh = MessageId(f"{next(books.ids):026d}")
            await store.accept([message(number, id=fresh, key=str(number % 7), body=body_of(number))])

        await insist(accept)
        books.accepted.add(number)
        books.incoming.set()


async def _work(store: SqliteStore, books: Books, total: int) -> None:
    while books.done < total:
        books.incoming.clear()
        leases = await insist(lambda: store.claim("node-a", keys=7, per_key=10))
        for lease in leases:
            try:
                for item in lease.items:
                    number = int(item.control_id[1:])
                    change = Transition(message_id=item.id, next_stage=None, deliveries=(delivery(number),))
                    await store.advance(lease, change)
                    books.done += 1
            except LeaseLost:
                continue
            except StoreError:
                books.done = await _decided(store)
            await insist(lambda lease=lease: store.release(lease))
        books.outgoing.set()
        if not leases:
            await books.incoming.wait()


async def _decided(store: SqliteStore) -> int:
    """How many messages have their delivery: after a failed commit only the store knows."""
    views = await insist(lambda: store.search(MessageQuery(limit=100_000)))
    return sum(bool(view.deliveries) for view in views)


async def _send(store: SqliteStore, books: Books, total: int) -> None:
    lane = await insist(lambda: store.open_lane("node-a", "lab", "ehr"))
    if lane is None:
        raise AssertionError("the lane is taken")
    while len(books.settled) < total:
        books.outgoing.clear()
        due = await insist(lambda: store.due(lane, limit=20))
        for one in due:
            books.received.setdefault(one.id, []).append((one.control_id, one.body))
        if due:
            results = [DeliveryResult(delivery_id=one.id, state=DeliveryState.SENT, ack_code="AA") for one in due]
            await insist(lambda results=results: store.settle(lane, results))
            books.settled.update(one.id for one in due)
        else:
            await books.outgoing.wait()


async def run(site: Path, swept: Swept, messages: int) -> list[str]:
    """One run with at most one failing call; what was broken, nothing when every promise held."""
    books = Books()
    with swept_files(swept):
        store = make(site, lambda path: open_writer(path, DISK))
        await insist(store.open)
        numbers = [range(start, messages + 1, PRODUCERS) for start in range(1, PRODUCERS + 1)]
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(
                *(_produce(store, books, part) for part in numbers), _work(store, books, messages),
                _send(store, books, messages),
            )  # fmt: skip
        await store.close()
    return await _broken(site, books, messages)


async def _broken(site: Path, books: Books, messages: int) -> list[str]:
    """Open the store on a sound disk and compare it with the books."""
    found: list[str] = []
    store = make(site)
    await store.open()
    try:
        views = await store.search(MessageQuery(limit=100_000))
        by_number = {int(view.control_id[1:]): view for view in views}
        if len(by_number) != len(views) or books.accepted != set(range(1, messages + 1)):
            found.append(f"{len(views)} messages in the store for {messages}")
        for number in sorted(books.accepted):
            view = by_number.get(number)
            if view is None or [one.state for one in view.deliveries] != [DeliveryState.SENT]:
                found.append(f"lost: message {number}")
                continue
            raw = await store.raw(view.id)
            if raw is None or hashlib.sha256(raw).digest() != hashlib.sha256(body_of(number)).digest():
                found.append(f"lost: body of {number}")
        found += [f"two control ids: {name}" for name, seen in books.received.items() if len(set(seen)) > 1]
        found += [f"unsound: {line}" for line in store.check()]
    finally:
        await store.close()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A run: which call was to fail and how, what it was, and what was broken."""

    nth: int
    error: str
    failed: str
    broken: tuple[str, ...]


def once(place: Path, nth: int, error: str, messages: int) -> Outcome:
    """One run in a folder of its own, which goes away unless something was broken."""
    swept = Swept(nth=nth, error=error)
    try:
        broken = asyncio.run(run(place, swept, messages))
    except (AssertionError, TimeoutError, apsw.Error, StoreError) as problem:
        broken = [f"stuck: {type(problem).__name__} {problem}"]
    if not broken:
        shutil.rmtree(place)
    return Outcome(nth=nth, error=error, failed=swept.failed, broken=tuple(broken))


def calls_of(place: Path, messages: int) -> list[str]:
    """The calls that a run without a fault makes, in order."""
    swept = Swept()
    broken = asyncio.run(run(place, swept, messages))
    shutil.rmtree(place)
    if broken:
        raise AssertionError(f"a run without a fault is broken: {broken[:3]}")
    return swept.calls


def sweep(folder: Path, seed: int, messages: int, *, step: int = 1, processes: int = 2) -> list[Outcome]:
    """Let each call (each `step`th, from a random one on) fail in a run of its own, with EIO and ENOSPC in turn."""
    total = len(calls_of(folder / "sound", messages))
    first = random.Random(seed).randrange(1, step + 1)
    plans = [(nth, ERRORS[(nth // step) % 2]) for nth in range(first, total + 1, step)]
    places = [folder / f"{nth}-{error}" for nth, error in plans]
    with ProcessPoolExecutor(processes) as pool:
        return list(pool.map(once, places, *zip(*plans, strict=True), [messages] * len(plans), chunksize=4))
