"""Outages over the shared store: a real server, two nodes in real time that die, freeze, lose answers and clash."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.simulation.node import Parts
from tests.simulation.postgres_ground import EagerSender, PostgresGround, RealLoop
from tests.simulation.world import Outcome, run
from tests.support.postgres_server import PostgresServer, new_database, running_server

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
SEEDS = range(12)


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One server; each seed has its own database."""
    with running_server() as found:
        yield found


def played(server: PostgresServer, seed: int) -> Outcome:
    """One seed in its own thread and loop; real time makes it a kind of trouble, not the same run again."""
    dsn = asyncio.run(new_database(server, f"simulation_{seed}"))
    parts = Parts(destination=EagerSender)
    return run(seed, ground=PostgresGround(dsn), parts=parts, make_loop=RealLoop)  # type: ignore[arg-type]


def test_no_outage_breaks_a_promise_of_the_shared_store(server: PostgresServer) -> None:
    """No acknowledged message is lost, no result set has two ids, none comes out of order, nothing stays stuck."""
    with ThreadPoolExecutor(len(SEEDS)) as pool:
        found = list(pool.map(lambda seed: played(server, seed), SEEDS))
    wrong = [f"seed {one.seed}: {'; '.join(one.wrong)}" for one in found if one.wrong]
    first = next((one.history[-60:] for one in found if one.wrong), [])
    assert not wrong, "\n".join([*first, *wrong])
    assert sum(one.outages for one in found) > len(SEEDS)
