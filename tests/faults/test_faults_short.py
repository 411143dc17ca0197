"""The short form of `make faults`: each fault a few times, each run with its own seed, printed when it fails."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.plugins.stores.sqlite.writer import Writer
from tests.faults import drivers, sweep
from tests.faults.launcher import PLACES
from tests.faults.power import careless
from tests.faults.proxy import ANSWERS, REQUESTS
from tests.faults.rows import Row

pytestmark = pytest.mark.slow


@pytest.fixture
def seed() -> int:
    """A new one each time; pytest shows what was printed when the test fails."""
    drawn = random.SystemRandom().randrange(1 << 32)
    print(f"seed {drawn}")
    return drawn


def kept(row: Row) -> None:
    """Every invariant held, and something was at stake."""
    assert row.faults == (), f"seed {row.seed}: {row.faults[:5]}"
    assert (row.lost, row.doubled, row.altered) == (0, 0, 0)
    assert row.acked > 0


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(lambda at, seed: drivers.random_kills(at, seed, 5), id="random-kills"),
        pytest.param(lambda at, seed: drivers.kills_between_arrival_and_answer(at, seed, 2), id="arrival-and-answer"),
        pytest.param(lambda at, seed: drivers.zombies(at, seed, 1), id="zombie"),
        pytest.param(drivers.small_files, id="file-size"),
        pytest.param(drivers.full_disk, id="full-disk"),
        pytest.param(drivers.no_files_left, id="file-handles"),
        pytest.param(lambda at, seed: drivers.clock_jumps(at, seed, (-3_600.0, 86_400.0)), id="clock"),
        pytest.param(lambda at, seed: drivers.crowd(at, seed, 200, 300), id="crowd"),
    ],
)
def test_promises_hold_through(fault: Callable[[Path, int], Row], tmp_path: Path, seed: int) -> None:
    """After the fault every acknowledged message is there, once, unchanged, in order, on its patient."""
    kept(fault(tmp_path / "run", seed))


def test_promises_hold_through_death_at_any_hop(tmp_path: Path, seed: int) -> None:
    """Killed before or after a step of a message, the next start takes it up where it was; four steps, drawn."""
    places = random.Random(seed).sample(PLACES, 4)
    kept(drivers.kills_at_hops(tmp_path / "run", seed, places))


def test_promises_hold_through_failing_writes(tmp_path: Path, seed: int) -> None:
    """When writes or fsyncs below the store fail, nothing that was not kept is acknowledged; three ways, drawn."""
    kept(drivers.failing_calls(tmp_path / "run", seed, random.Random(seed).sample(drivers.DISK_FAULTS, 3)))


def test_promises_hold_on_a_bad_wire(tmp_path: Path, seed: int) -> None:
    """Whatever comes back from the receiver, or does not, a result is counted as delivered only by its own answer."""
    names = random.Random(seed).sample([*ANSWERS, *REQUESTS], 4)
    for row in drivers.on_the_wire(tmp_path / "run", seed, names, count=30):
        kept(row)


async def test_promises_hold_through_power_cuts(tmp_path: Path, seed: int) -> None:
    """On the image that a power cut leaves at any moment every promise made before it stands."""
    kept(await drivers.power_cuts(tmp_path / "run", seed, 10, messages=150))


async def test_a_store_that_does_not_sync_is_found_out(tmp_path: Path, seed: int) -> None:
    """The same cuts against synchronous=NORMAL lose acknowledged messages: the simulation is able to see it."""
    row = await drivers.power_cuts(tmp_path / "run", seed, 10, careless, messages=150)
    assert row.lost > 0
    assert row.faults


def test_promises_hold_whichever_call_fails(tmp_path: Path, seed: int) -> None:
    """A run of 40 messages, each time with another one of its writes and fsyncs failing; a dozen, evenly spread."""
    row = drivers.every_call(tmp_path / "run", seed, messages=40, step=120)
    kept(row)
    assert row.runs > 8


def test_a_store_that_believes_its_disk_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sweep bites: a writer that answers as if its commit had not failed loses what it acknowledged."""
    calls = sweep.calls_of(tmp_path / "sound", 40)
    fsyncs = [number for number, call in enumerate(calls, start=1) if call == "log fsync"]
    monkeypatch.setattr(Writer, "_fail", lambda writer, _batch, _problem: writer._drop_connection())
    monkeypatch.setattr(sweep, "PATIENCE", 2.0)  # a message that is not there is never finished
    found = (sweep.once(tmp_path / f"liar-{nth}", nth, "EIO", 40) for nth in fsyncs[:8])
    assert any(one.broken for one in found)
