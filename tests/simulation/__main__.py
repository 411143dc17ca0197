"""`python -m tests.simulation --seeds 100000 --start 0`: one line for each seed that fails, with how to see it again."""

from __future__ import annotations

import argparse
import sys
import time

from tests.simulation.grounds import GROUNDS
from tests.simulation.world import run


def main() -> int:
    """Run seeds; the exit code is 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1000)
    parser.add_argument("--start", type=int, default=0)
    parser.add_argument("--store", choices=sorted(GROUNDS), default="model")
    parser.add_argument("--history", action="store_true", help="print what happened, moment by moment")
    chosen = parser.parse_args()
    began, failed, outages = time.monotonic(), 0, 0
    for seed in range(chosen.start, chosen.start + chosen.seeds):
        found = run(seed, ground=GROUNDS[chosen.store]())
        outages += found.outages
        if found.wrong:
            failed += 1
            print(f"seed {seed}: {'; '.join(found.wrong)[:300]}")
            print(f"  python -m tests.simulation --store {chosen.store} --start {seed} --seeds 1 --history", flush=True)
        if chosen.history:
            print("\n".join(found.history))
    minutes = (time.monotonic() - began) / 60
    print(
        f"{chosen.seeds} seeds, {failed} failed; {chosen.seeds / minutes:.0f} seeds and {outages / minutes:.0f} outages a minute"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
