"""The faults that end or freeze the process, break its disk, or take its resources away. Each gives a row."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from tests.faults.field import SQLITE, Field, Life, let_pass
from tests.faults.launcher import PLACES
from tests.faults.power import Opener, cut, record, sound
from tests.faults.proxy import ANSWERS, REQUESTS, proxied
from tests.faults.rows import Row, row_of
from tests.faults.sweep import sweep
from tests.support.site import accept, until

RUDE = 0.06
"""Share of answers the EHR withholds, cuts, doubles or gives for another message while processes die."""


@contextlib.contextmanager
def fresh(folder: Path) -> Iterator[Path]:
    """A folder that is gone afterwards, unless something failed: then it stays to be looked at."""
    folder.mkdir(parents=True)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def random_kills(folder: Path, seed: int, kills: int) -> Row:
    """Kill -9 at random moments under load, now and then before the engine is ready."""
    began = time.monotonic()
    dice = random.Random(seed)
    with fresh(folder), Field(folder, seed, rude=RUDE) as ground:
        for _ in range(kills):
            if dice.random() < 0.1:
                ground.bury(ground.start(wait=dice.uniform(0.05, 0.9)))
                continue
            life = ground.start()
            let_pass(dice.uniform(0.3, 2.0))
            ground.bury(life)
        verdict = ground.settle(ground.start())
    return row_of("kill -9 at a random moment", kills, [verdict], seed=seed, seconds=time.monotonic() - began)


def is_over(life: Life) -> bool:
    """Whether the process ended."""
    return life.is_over


def kills_at_hops(folder: Path, seed: int, places: Sequence[tuple[str, str]] = tuple(PLACES)) -> Row:
    """Kill -9 right before and right after the nth call of each hop of a message."""
    began = time.monotonic()
    dice = random.Random(seed)
    with fresh(folder), Field(folder, seed, rude=RUDE) as ground:
        for hop, when in places:
            nth = dice.randrange(1, 8 if hop == "blob" else 25)
            life = ground.start({"kill": {"call": hop, "when": when, "nth": nth}})
            until(partial(is_over, life), f"death {when} call {nth} of {hop}")
            ground.bury(life)
        verdict = ground.settle(ground.start())
    return row_of(
        "kill -9 before and after each hop", len(places), [verdict], seed=seed, seconds=time.monotonic() - began
    )


class Executioner:
    """An EHR that kills the engine when it has read a message, before it answers."""

    def __init__(self, life: Life, nth: int) -> None:
        self._life = life
        self._left = nth
        self.done = threading.Event()

    def __call__(self, message: bytes) -> bytes | None:
        self._left -= 1
        if self._left or self.done.is_set():
            return accept(message)
        self._life.kill()
        self.done.set()
        return None


def kills_between_arrival_and_answer(folder: Path, seed: int, kills: int) -> Row:
    """The EHR has the message, its answer never leaves: the engine dies in between."""
    began = time.monotonic()
    dice = random.Random(seed)
    with fresh(folder), Field(folder, seed) as ground:
        for _ in range(kills):
            life = ground.start()
            executioner = ground.ehr.behave = Executioner(life, dice.randrange(1, 30))
            until(executioner.done.is_set, "the message after which the engine dies")
            ground.bury(life)
        ground.ehr.behave = ground.rude
        verdict = ground.settle(ground.start())
    return row_of("kill -9 between arrival and answer", kills, [verdict], seed=seed, seconds=time.monotonic() - began)


def zombies(folder: Path, seed: int, times: int) -> Row:
    """SIGSTOP under load; a second engine is refused meanwhile; SIGCONT; then death."""
    began = time.monotonic()
    dice = random.Random(seed)
    with fresh(folder), Field(folder, seed, rude=RUDE) as ground:
        for _ in range(times):
            life = ground.start()
            ground.wait_for(20)
            life.signal(signal.SIGSTOP)
            second = subprocess.run(
                [sys.executable, "-m", "engine", "--site", str(ground.site), "run"], capture_output=True, check=False
            )
            if second.returncode != 75:
                raise AssertionError(f"a second engine on a frozen one's site ended with {second.returncode}")
            let_pass(dice.uniform(0.1, 0.8))
            life.signal(signal.SIGCONT)
            ground.wait_for(20)
            ground.bury(life)
        verdict = ground.settle(ground.start())
    return row_of("frozen and woken (SIGSTOP, SIGCONT)", times, [verdict], seed=seed, seconds=time.monotonic() - began)


DISK_FAULTS = [
    (file, call, error)
    for file in ("wal", "db", "blob")
    for call in ("fsync", "write")
    for error in ("EIO", "ENOSPC")
    if (call, error) != ("fsync", "ENOSPC")
]
NTH = {
    ("wal", "fsync"): 30,
    ("wal", "write"): 200,
    ("db", "fsync"): 3,
    ("db", "write"): 6,
    ("blob", "fsync"): 12,
    ("blob", "write"): 5,
}
"""How many such calls a process makes soon after its start, at least."""


def has_failed(ground: Field, before: int) -> bool:
    """Whether a planted failure happened since."""
    return ground.planted > before


def failing_calls(folder: Path, seed: int, plans: Sequence[tuple[str, str, str]] = tuple(DISK_FAULTS)) -> Row:
    """From the nth write or fsync on one to four fail; the engine goes on by itself and is killed afterwards."""
    began = time.monotonic()
    dice = random.Random(seed)
    runs = 0
    with fresh(folder), Field(folder, seed) as ground:
        for file, call, error in plans:
            nth = dice.randrange(2, NTH[file, call])
            disk = {"file": file, "call": call, "error": error, "nth": nth, "count": dice.randrange(1, 5)}
            before = ground.planted
            life = ground.start({"disk": disk})
            if life.engine is not None:
                until(partial(has_failed, ground, before), f"the planted failure {disk}")
                ground.expect(100, f"acknowledgements after {disk}")
            runs += ground.planted > before
            ground.bury(life)
        verdict = ground.settle(ground.start())
    return row_of(
        "nth write or fsync fails (EIO, ENOSPC)", runs, [verdict], seed=seed, seconds=time.monotonic() - began
    )


def small_files(folder: Path, seed: int) -> Row:
    """No file may grow beyond 700 KiB (RLIMIT_FSIZE): messages are refused, none is acknowledged and lost."""
    began = time.monotonic()
    with fresh(folder), Field(folder, seed) as ground:
        life = ground.start({"file_size": 700 * 1024})
        until(lambda: sum(ground.ledger.refused.values()) > 0 or life.is_over, "refusals")
        ground.bury(life)
        verdict = ground.settle(ground.start())
    return row_of("files may not grow (RLIMIT_FSIZE)", 1, [verdict], seed=seed, seconds=time.monotonic() - began)


@contextlib.contextmanager
def small_disk(place: Path, mib: int) -> Iterator[bool]:
    """A file system of that size mounted on a folder; False where this user may not mount."""
    place.mkdir(parents=True)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=0700", "tmpfs", str(place)], capture_output=True, check=False
    )
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "--lazy", str(place)], check=True)


def full_disk(folder: Path, seed: int) -> Row:
    """The disk is really full: messages are refused; space is made, and the same process takes in again."""
    began = time.monotonic()
    runs = 0
    store = SQLITE.replace("1MiB", "1B")
    with fresh(folder), Field(folder, seed, store=store) as ground, small_disk(ground.site / "var", 24) as is_mounted:
        if is_mounted:
            ballast = ground.site / "var" / "ballast"
            ballast.write_bytes(bytes(19 * 1024 * 1024))
            life = ground.start()
            until(lambda: sum(ground.ledger.refused.values()) > 5, "refusals")
            ballast.unlink()
            ground.expect(100, "acknowledgements after space was made")
            ground.bury(life)
            runs = 1
        life = ground.start()
        ground.wait_for(20)
        verdict = ground.settle(life)
        ground.bury(life)
    return row_of("disk full, then not", runs, [verdict], seed=seed, seconds=time.monotonic() - began)


def no_files_left(folder: Path, seed: int) -> Row:
    """Connections take every file handle (RLIMIT_NOFILE); when they go the same process takes in again."""
    began = time.monotonic()
    with fresh(folder), Field(folder, seed) as ground:
        life = ground.start({"files": 96})
        if life.engine is None:
            raise AssertionError(ground.log_end())
        address = life.engine.mllp
        with contextlib.ExitStack() as held:
            for _ in range(120):
                held.enter_context(contextlib.closing(socket.create_connection(address, timeout=5)))
            let_pass(0.5)
        ground.wait_for(50, "acknowledgements after the handles are free")
        verdict = ground.settle(life)
    return row_of("no file handle left, then free", 1, [verdict], seed=seed, seconds=time.monotonic() - began)


async def power_cuts(folder: Path, seed: int, cuts: int, opener: Opener = sound, messages: int = 300) -> Row:
    """The image of the disk at random moments holds every promise made before."""
    began = time.monotonic()
    with fresh(folder):
        tape = await record(folder / "disk", messages, opener)
        found = await cut(tape, folder / "cuts", random.Random(seed), cuts)
    return Row(
        fault="power cut, unsynced writes gone or torn", runs=found.cuts, acked=found.accepted, lost=found.broken, doubled=0,
        resent=0, altered=0, seed=seed, seconds=time.monotonic() - began, faults=(found.first,) if found.broken else (),
    )  # fmt: skip


def every_call(folder: Path, seed: int, *, messages: int = 200, step: int = 1) -> Row:
    """Each write and fsync of a run fails once, in a run of its own; the store goes on and keeps every promise."""
    began = time.monotonic()
    with fresh(folder):
        outcomes = sweep(folder, seed, messages, step=step)
        broken = [f"call {one.nth} ({one.failed}, {one.error}): {one.broken[0]}" for one in outcomes if one.broken]
    fired = [one for one in outcomes if one.failed]
    kinds = Counter(one.failed for one in fired)
    return Row(
        fault=f"each write and fsync of a {messages}-message run fails once", runs=len(fired), acked=messages * len(outcomes),
        lost=sum("lost" in words for one in outcomes for words in one.broken),
        doubled=sum("two control ids" in words for one in outcomes for words in one.broken), resent=0, altered=0, seed=seed,
        seconds=time.monotonic() - began, faults=tuple(broken),
        notes=(", ".join(f"{what} {times}" for what, times in sorted(kinds.items())),),
    )  # fmt: skip


def on_the_wire(folder: Path, seed: int, names: Sequence[str] = (*ANSWERS, *REQUESTS), count: int = 60) -> list[Row]:
    """The network and the receiver misbehave on three of ten answers or messages."""
    rows = []
    for name in names:
        began = time.monotonic()
        place = folder / name.replace(" ", "-")
        with (
            fresh(place),
            proxied(random.Random(seed)) as proxy,
            Field(place, seed, ehr_port=proxy.port) as ground,
        ):
            proxy.target = ground.ehr.port
            proxy.on_answer, proxy.on_request = ANSWERS.get(name), REQUESTS.get(name)
            life = ground.start()
            ground.wait_for(count)
            proxy.share = 0.1
            verdict = ground.settle(life)
        if not proxy.acted:
            raise AssertionError(f"the proxy never acted: {name}")
        rows.append(row_of(name, 1, [verdict], seed=seed, seconds=time.monotonic() - began))
    return rows


JUMPS = (3_600.0, -3_600.0, 86_400.0, -86_400.0)


def clock_jumps(folder: Path, seed: int, jumps: Sequence[float] = JUMPS) -> Row:
    """The wall clock jumps while retries wait: they neither wait for the old time to come again nor all come at once."""
    began = time.monotonic()
    with fresh(folder), Field(folder, seed) as ground:
        life = ground.start({"clock": list(jumps)})
        for jump in jumps:
            ground.expect(30, f"acknowledgements before a jump of {jump} s")
            ground.ehr.behave = hang_up
            before = _tries(ground)
            life.signal(signal.SIGUSR1)
            after = _tries(ground)
            if after > 3 * before + 10:
                raise AssertionError(f"{after} tries after a jump of {jump} s, {before} before it")
            ground.ehr.behave = accept
            ground.expect(100, f"acknowledgements after a jump of {jump} s")
        ground.bury(life)
        verdict = ground.settle(ground.start())
    return row_of(
        "wall clock jumps by an hour, a day", len(jumps), [verdict], seed=seed, seconds=time.monotonic() - began
    )


def hang_up(_message: bytes) -> bytes | None:
    """No answer."""
    return None


def _tries(ground: Field) -> int:
    """Tries at the EHR in a little while."""
    before = len(ground.ehr.received)
    let_pass(1.5)
    return len(ground.ehr.received) - before


def crowd(folder: Path, seed: int, drippers: int, idle: int) -> Row:
    """Senders that drip bytes and never finish, and connections that say nothing: an honest laboratory is answered meanwhile.

    No clock is asked: the honest laboratory's acknowledgements come while every dripper is still in the middle of a frame.
    """
    began = time.monotonic()
    with fresh(folder), Field(folder, seed, source=f", max_connections: {drippers + idle + 50}") as ground:
        life = ground.start()
        if life.engine is None:
            raise AssertionError(ground.log_end())
        with contextlib.ExitStack() as held:
            ends = [
                held.enter_context(contextlib.closing(socket.create_connection(life.engine.mllp, timeout=10)))
                for _ in range(drippers + idle)
            ]
            for step in b"\x0bMSH|^~\\&|DRIP":
                for end in ends[:drippers]:
                    end.sendall(bytes([step]))
            ground.wait_for(100, "acknowledgements of honest laboratories")
            for end in ends:
                end.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    if end.recv(1) == b"":
                        raise AssertionError("a connection was closed before its time-out")
            for end in ends[: drippers // 2]:
                os.set_blocking(end.fileno(), True)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        ground.wait_for(50, "acknowledgements after half of them were reset")
        verdict = ground.settle(life)
    return row_of(
        f"{drippers} drippers, {idle} idle connections", 1, [verdict], seed=seed, seconds=time.monotonic() - began
    )
