"""Power cuts: a store at work on a recorded disk, and what is left of its promises on the image of any moment."""

from __future__ import annotations

import asyncio
import hashlib
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import apsw

from engine.domain.message import DeliveryState, MessageId
from engine.plugins.blobs.files import FileBlobs
from engine.plugins.stores.sqlite import SqliteSettings
from engine.plugins.stores.sqlite.connection import open_writer
from engine.plugins.stores.sqlite.store import SqliteStore
from engine.ports.services import SiteServices
from engine.ports.store import DeliveryResult, MessageQuery, Transition
from tests.contracts.store_kit import CountedIds, FrozenClock, Recorder, delivery, message
from tests.faults.disk import Platter, Tape, TapedDisk, taped

Opener = Callable[[Path], apsw.Connection]
DISK = "taped-disk"
PRODUCERS = 8


def make(site: Path, opener: Opener = open_writer) -> SqliteStore:
    """A store as the engine has it; bodies of 4 KiB go to files."""
    services = SiteServices(
        site=site, node="node-a", clock=FrozenClock(), ids=CountedIds(), observer=Recorder(),
        blobs=FileBlobs(site / "var" / "blobs"),
    )  # fmt: skip
    settings = SqliteSettings.model_validate({"inline": 4096, "min_free": 1})
    return SqliteStore(settings, services, opener=opener)


def sound(path: Path) -> apsw.Connection:
    """The engine's own way of opening, on the recorded disk."""
    return open_writer(path, DISK)


def careless(path: Path) -> apsw.Connection:
    """What the engine must not do: commits that are not synced."""
    connection = open_writer(path, DISK)
    connection.execute("PRAGMA synchronous = NORMAL").fetchall()
    return connection


def body_of(number: int) -> bytes:
    """Every fifth is large."""
    return b"MSH|%d|" % number * (1200 if number % 5 == 0 else 20)


async def _produce(store: SqliteStore, tape: Tape, numbers: range) -> None:
    for number in numbers:
        (kept,) = await store.accept([message(number, key=str(number % 7), body=body_of(number))])
        tape.promise(f"accepted {kept.id}")


async def _work(store: SqliteStore, tape: Tape, count: int) -> None:
    """Claim, decide, queue; until every message was."""
    done = 0
    while done < count:
        for lease in await store.claim("node-a", keys=3, per_key=10):
            for item in lease.items:
                change = Transition(message_id=item.id, next_stage=None, deliveries=(delivery(int(item.id)),))
                await store.advance(lease, change)
                tape.promise(f"queued {int(item.id)}")
                done += 1
            await store.release(lease)
        await asyncio.sleep(0)


async def _send(store: SqliteStore, tape: Tape, count: int) -> None:
    """Mark deliveries as sent; until every one is."""
    lane = await store.open_lane("node-a", "lab", "ehr")
    if lane is None:
        raise AssertionError("the lane is taken")
    done = 0
    while done < count:
        due = await store.due(lane, limit=20)
        if due:
            results = [DeliveryResult(delivery_id=one.id, state=DeliveryState.SENT, ack_code="AA") for one in due]
            await store.settle(lane, results)
            for one in due:
                tape.promise(f"sent {one.id[1:]}")
            done += len(due)
        await asyncio.sleep(0)


async def record(site: Path, count: int, opener: Opener = sound) -> Tape:
    """Let a store take in, work on and send `count` messages on a recorded disk."""
    site.mkdir(parents=True)
    tape = Tape(site)
    disk = TapedDisk(tape, DISK)
    try:
        with taped(tape):
            store = make(site, opener)
            await store.open()
            numbers = [range(start, count + 1, PRODUCERS) for start in range(1, PRODUCERS + 1)]
            await asyncio.gather(
                *(_produce(store, tape, part) for part in numbers), _work(store, tape, count), _send(store, tape, count)
            )
            await store.close()
    finally:
        disk.unregister()
    return tape


@dataclass(slots=True)
class Cuts:
    """How many cuts were looked at, how many promises stood before them, and what was broken."""

    cuts: int = 0
    promises: int = 0
    accepted: int = 0
    broken: int = 0
    first: str = ""

    def blame(self, moment: int, words: str) -> None:
        self.broken += 1
        self.first = self.first or f"cut at operation {moment}: {words}"


async def cut(tape: Tape, folder: Path, dice: random.Random, count: int) -> Cuts:
    """Cut the power at `count` random moments; half of the images keep nothing unsynced, half keep a random part."""
    cuts = Cuts()
    platter = Platter(tape)
    for moment in sorted(dice.randrange(1, len(tape.ops) + 1) for _ in range(count)):
        platter.play(moment)
        image = folder / "image"
        image.mkdir(parents=True)
        platter.materialise(image, dice if dice.random() < 0.5 else None)
        await _look(image, platter.promised, cuts, moment)
        shutil.rmtree(image)
        cuts.cuts += 1
    return cuts


async def _look(image: Path, promised: list[str], cuts: Cuts, moment: int) -> None:
    """Open the image as the next start would and compare it with what was promised before the cut."""
    store = make(image)
    try:
        await store.open()
    except apsw.Error as problem:
        cuts.blame(moment, f"does not open: {type(problem).__name__}")
        return
    try:
        views = {view.id: view for view in await store.search(MessageQuery(limit=100_000))}
        for words in promised:
            what, _, name = words.partition(" ")
            number = int(name)
            view = views.get(MessageId(f"{number:026d}"))
            states = {one.state for one in view.deliveries} if view else set()
            cuts.promises += 1
            cuts.accepted += what == "accepted"
            is_kept = view is not None and (what == "accepted" or bool(states))
            if what == "sent":
                is_kept = states == {DeliveryState.SENT}
            if not is_kept:
                cuts.blame(moment, words)
        for view in (one for one in views.values() if int(one.id) % 5 in (0, moment % 5)):
            raw = await store.raw(view.id)
            if raw is None or hashlib.sha256(raw).digest() != hashlib.sha256(body_of(int(view.id))).digest():
                cuts.blame(moment, f"body of {int(view.id)}")
    finally:
        await store.close()
    if apsw.Connection(str(image / "var" / "headrace.db")).execute("PRAGMA integrity_check").fetchall() != [("ok",)]:
        cuts.blame(moment, "integrity")
