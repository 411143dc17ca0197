"""The short form of the cluster's faults: two nodes on one PostgreSQL database, each fault once or a few times."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults import __main__ as suite
from tests.faults import cluster
from tests.support.postgres_server import PostgresServer, running_server

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One server for all; each fault has its own database."""
    with running_server() as found:
        yield found


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        pytest.param(cluster.node_kills, 1, id="node-killed"),
        pytest.param(cluster.frozen_nodes, 1, id="node-frozen"),
        pytest.param(cluster.ended_backends, 3, id="backends-ended"),
        pytest.param(cluster.server_crashes, 1, id="server-crashed"),
        pytest.param(cluster.cut_commits, 4, id="commits-cut"),
    ],
)
def test_promises_hold_in_a_cluster_through(
    fault: cluster.Driver, times: int, tmp_path: Path, server: PostgresServer
) -> None:
    """After the fault every acknowledged message is there, once, unchanged, in order, whichever node had it."""
    seed = random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}")
    row = fault(tmp_path / "run", seed, server, times)
    assert row.faults == (), f"seed {row.seed}: {row.faults[:5]}"
    assert (row.lost, row.doubled, row.altered) == (0, 0, 0)
    assert row.acked > 0


def test_without_a_server_the_suite_says_what_it_leaves_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """One line names the faults of the cluster that were asked for; with a server, or without such faults, none."""
    assert not suite.out_of_reach([*suite.EACH])

    def missing() -> Path:
        raise FileNotFoundError("nowhere")

    monkeypatch.setattr(suite, "find_programs", missing)
    told = "LEFT OUT: server, commits: no PostgreSQL server here (nowhere)"
    assert suite.out_of_reach(["full", "server", "commits"]) == told
    assert not suite.out_of_reach(["full"])
