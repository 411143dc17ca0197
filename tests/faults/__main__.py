"""`python -m tests.faults --minutes 25`: every fault in turn, and random kills for the rest of the time; prints a table."""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.faults import cluster, drivers
from tests.faults.rows import Row, as_markdown, as_text, merge
from tests.support.postgres_server import find_programs

Step = Callable[[Path, int], Row | list[Row]]
EACH: dict[str, Step] = {
    "hops": drivers.kills_at_hops,
    "arrival": lambda folder, seed: drivers.kills_between_arrival_and_answer(folder, seed, 10),
    "zombie": lambda folder, seed: drivers.zombies(folder, seed, 5),
    "calls": drivers.failing_calls,
    "sweep": drivers.every_call,
    "files": drivers.small_files,
    "full": drivers.full_disk,
    "handles": drivers.no_files_left,
    "clock": drivers.clock_jumps,
    "power": lambda folder, seed: asyncio.run(drivers.power_cuts(folder, seed, 100)),
    "wire": drivers.on_the_wire,
    "crowd": lambda folder, seed: drivers.crowd(folder, seed, 200, 4800),
    "node-kills": lambda folder, seed: cluster.on_a_server(cluster.node_kills, folder, seed, 12),
    "node-frozen": lambda folder, seed: cluster.on_a_server(cluster.frozen_nodes, folder, seed, 10),
    "backends": lambda folder, seed: cluster.on_a_server(cluster.ended_backends, folder, seed, 20),
    "server": lambda folder, seed: cluster.on_a_server(cluster.server_crashes, folder, seed, 10),
    "commits": lambda folder, seed: cluster.on_a_server(cluster.cut_commits, folder, seed, 30),
}
ON_A_SERVER = ("node-kills", "node-frozen", "backends", "server", "commits")
KILLS = 25
"""Kills on one site before its ledgers are compared and the next site begins."""


def parse(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long kills at random moments go on at least")
    parser.add_argument(
        "--seed", type=int, default=None, help="repeat a run; the time decides how many kills there are"
    )
    parser.add_argument(
        "--only", choices=[*EACH, "kills"], nargs="*", default=[*EACH, "kills"], help="these faults only"
    )
    return parser.parse_args(words)


def main(words: Sequence[str]) -> int:
    """Run, print each fault as it ends, then the table; 1 when an invariant was broken."""
    wanted = parse(words)
    seed = wanted.seed if wanted.seed is not None else random.SystemRandom().randrange(1 << 32)
    say(f"seed {seed}")
    end = time.monotonic() + wanted.minutes * 60
    rows: list[Row] = []
    left_out = out_of_reach(wanted.only)
    if left_out:
        say(left_out)
    folder = Path(tempfile.mkdtemp(prefix="headrace-faults-"))
    for name in (one for one in EACH if one in wanted.only and not (left_out and one in ON_A_SERVER)):
        rows += attempt(name, EACH[name], folder / name, seed)
    number = 0
    while "kills" in wanted.only and (time.monotonic() < end or number == 0):
        place = folder / f"kills-{number}"
        rows += attempt("kills", lambda at, dice: drivers.random_kills(at, dice, KILLS), place, seed + number)
        number += 1
    table = merge(rows)
    if any(row.faults for row in table):
        say(f"sites of what got stuck are left in {folder}")
    else:
        shutil.rmtree(folder)
    say(f"\n{as_text(table)}\n\n{as_markdown(table)}")
    if left_out:
        say(f"\n{left_out}")
    return 1 if any(row.faults for row in table) else 0


def out_of_reach(wanted: Sequence[str]) -> str:
    """What has to be left out on a machine without a PostgreSQL server, in one line; empty when nothing has."""
    missed = [name for name in ON_A_SERVER if name in wanted]
    try:
        find_programs()
    except (ImportError, FileNotFoundError) as problem:
        return f"LEFT OUT: {', '.join(missed)}: no PostgreSQL server here ({problem})" if missed else ""
    return ""


def attempt(name: str, step: Step, folder: Path, seed: int) -> list[Row]:
    """One fault; a driver that got stuck is a row with a fault, and the others still run."""
    try:
        found = step(folder, seed)
    except AssertionError as stuck:
        again = f"python -m tests.faults --only {name} --seed {seed} --minutes 0"
        found = Row(
            fault=name, runs=1, acked=0, lost=0, doubled=0, resent=0, altered=0, seed=seed, seconds=0.0,
            faults=(f"{stuck}; again: {again}",),
        )  # fmt: skip
    rows = found if isinstance(found, list) else [found]
    for row in rows:
        say("  ".join(row.cells))
        for note in row.notes:
            say(f"  {note}")
        for fault in row.faults[:5]:
            say(f"  BROKEN (seed {row.seed}): {fault}")
    return rows


def say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
