"""The faults of a cluster: two nodes on one PostgreSQL database lose a node, their connections, or the server. Each gives a row."""

from __future__ import annotations

import asyncio
import random
import signal
import socket
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

import asyncpg

from tests.faults.drivers import RUDE, fresh
from tests.faults.field import Field, Life, let_pass, write_site
from tests.faults.ledger import Verdict
from tests.faults.proxy import Proxy, Wire, serving
from tests.faults.rows import Row, row_of
from tests.faults.work import field_of
from tests.support.postgres_server import PostgresServer, new_database, running_server
from tests.support.site import until

NODES = ("a", "b")
STORE = '{{use: postgres, dsn: "{dsn}", inline: 4KiB, lease: {lease:g}s}}\nnode: {node}'
IN_DATABASE = "{use: store}"
PATIENCE = 120.0
"""Seconds after which what was acknowledged must have come through the other node; a bound, not a measure."""
EXPIRED = '"store.lease_expired"'
LOST = ('"worker.lease_lost"', '"delivery.lease_lost"')
_END_BACKENDS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name LIKE 'headrace %'"
)
Driver = Callable[[Path, int, PostgresServer, int], Row]


class Cluster(Field):
    """The field with two nodes `a` and `b` on a database of their own; `dsn_b`: another way of node b to it."""

    def __init__(
        self, folder: Path, seed: int, dsn: str, *, lease: float, rude: float = 0.0, dsn_b: str | None = None
    ) -> None:
        self._stores = {
            node: STORE.format(dsn=where, lease=lease, node=node)
            for node, where in zip(NODES, (dsn, dsn_b or dsn), strict=True)
        }
        super().__init__(folder, seed, rude=rude, store=self._stores["a"], blobs=IN_DATABASE)
        self.dsn = dsn
        self.sites = {"a": self.site, "b": folder / "site-b"}
        self.lives: dict[str, Life] = {}
        self._read = 0
        self._arrived: set[str] = set()

    def __enter__(self) -> Self:
        super().__enter__()
        write_site(self.sites["b"], self.patients, self.ehr.port, store=self._stores["b"], blobs=IN_DATABASE)
        for node in NODES:
            self.up(node)
        return self

    def up(self, node: str) -> Life:
        """Start a node."""
        life = self.lives[node] = self.start(site=self.sites[node], wait=90.0)
        if life.engine is None:
            raise AssertionError(f"node {node} did not start: {self.log(node)[-1500:]}")
        return life

    def shut_door(self, node: str, *, is_shut: bool = True) -> None:
        """The load balancer takes a node out, or in again."""
        engine = self.lives[node].engine
        if engine is not None:
            (self.door.shut if is_shut else self.door.open)(engine.mllp)

    def log(self, node: str) -> str:
        """What a node has said, over all its lives."""
        return (self.sites[node] / "engine.log").read_text(encoding="utf-8", errors="replace")

    def said(self, events: Sequence[str]) -> int:
        """How often the nodes said one of these."""
        return sum(self.log(node).count(event) for node in NODES for event in events)

    def wait_until_through(self, what: str, taken: list[float] | None = None) -> float:
        """Wait until all that is acknowledged now has arrived at the EHR; returns the seconds that took.

        `taken` gets the seconds until a node found leases run out, and with them freed keys and queues; nothing when
        none were held.
        """
        began, before = time.monotonic(), self.said([EXPIRED])
        wanted = {self.ledger.sent[one].filler for one in list(self.ledger.acked)}
        seen: list[float] = []

        def is_through() -> bool:
            if not seen and self.said([EXPIRED]) > before:
                seen.append(time.monotonic() - began)
            return wanted <= self._fillers()

        until(is_through, f"what was acknowledged before {what}", PATIENCE)
        if taken is not None:
            taken += seen
        return time.monotonic() - began

    def _fillers(self) -> set[str]:
        news = self.ehr.received[self._read :]
        self._read += len(news)
        self._arrived.update(field_of(message, b"OBR", 3).partition("^")[0] for message in news)
        return self._arrived

    def finish(self) -> Verdict:
        """The verdict, with both nodes up; a node that ended by itself is a fault."""
        for node, life in self.lives.items():
            if life.is_over:
                self.stuck.append(f"node {node} ended by itself: {life.process.returncode}")
                self.bury(life)
                self.up(node)
        return self.settle(self.lives["a"])


def on_a_server(driver: Driver, folder: Path, seed: int, times: int) -> Row:
    """Run a driver on a server of its own."""
    with running_server() as server:
        return driver(folder, seed, server, times)


def database(server: PostgresServer, name: str, seed: int) -> str:
    """A new database."""
    return asyncio.run(new_database(server, f"{name}_{seed}"))


def spread(seconds: Sequence[float]) -> str:
    """Of a series, the middle and the worst."""
    if not seconds:
        return "never"
    return f"median {statistics.median(seconds):.1f} s, worst {max(seconds):.1f} s, of {len(seconds)}"


def node_kills(folder: Path, seed: int, server: PostgresServer, kills: int) -> Row:
    """SIGKILL one node under load: the other goes on and takes its work over; then the node comes back."""
    began = time.monotonic()
    dice = random.Random(seed)
    taken: list[float] = []
    took: list[float] = []
    dsn = database(server, "kills", seed)
    with fresh(folder), Cluster(folder, seed, dsn, lease=4, rude=RUDE) as ground:
        for _ in range(kills):
            ground.wait_for(dice.randrange(5, 40))
            let_pass(dice.uniform(0.0, 0.5))
            node = dice.choice(NODES)
            ground.bury(ground.lives[node])
            took.append(ground.wait_until_through(f"the death of {node}", taken))
            ground.wait_for(10, "acknowledgements of the node that is left")
            ground.up(node)
        verdict = ground.finish()
        expired = ground.said([EXPIRED])
    notes = (
        f"from the kill until the other node had freed its keys and queues: {spread(taken)}; leases of 4 s",
        f"from the kill until all that was acknowledged before it had arrived, backlog and all: {spread(took)}",
        f"times the other node found leases run out: {expired}",
    )
    return row_of(
        "cluster: one of two nodes killed (SIGKILL)", kills, [verdict], seed=seed, seconds=time.monotonic() - began,
        notes=notes,
    )  # fmt: skip


def frozen_nodes(folder: Path, seed: int, server: PostgresServer, times: int) -> Row:
    """SIGSTOP one node for longer than its lease: the other takes over; woken, the node finds what it held gone."""
    began = time.monotonic()
    dice = random.Random(seed)
    lease = 2.0
    taken: list[float] = []
    took: list[float] = []
    dsn = database(server, "frozen", seed)
    with fresh(folder), Cluster(folder, seed, dsn, lease=lease, rude=RUDE) as ground:
        for _ in range(times):
            ground.wait_for(dice.randrange(5, 40))
            node = dice.choice(NODES)
            ground.lives[node].signal(signal.SIGSTOP)
            ground.shut_door(node)
            frozen_at = time.monotonic()
            took.append(ground.wait_until_through(f"{node} was frozen", taken))
            let_pass(max(0.0, frozen_at + lease + dice.uniform(0.5, 2.0) - time.monotonic()))
            ground.lives[node].signal(signal.SIGCONT)
            ground.shut_door(node, is_shut=False)
            ground.wait_for(20, "acknowledgements after the thaw")
        verdict = ground.finish()
        lost, expired = ground.said(LOST), ground.said([EXPIRED])
    notes = (
        f"from the freeze until the other node had freed its keys and queues: {spread(taken)}; leases of {lease:g} s",
        f"from the freeze until all that was acknowledged before it had arrived, backlog and all: {spread(took)}",
        f"leases found run out by the other node: {expired} times; found lost by their holder: {lost} times",
    )
    return row_of(
        "cluster: one of two nodes frozen beyond its leases, woken", times, [verdict], seed=seed,
        seconds=time.monotonic() - began, notes=notes,
    )  # fmt: skip


async def _end_backends(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(await connection.fetchval(_END_BACKENDS))
    finally:
        await connection.close()


def ended_backends(folder: Path, seed: int, server: PostgresServer, times: int) -> Row:
    """The server ends every connection of both nodes at random moments; both go on by themselves."""
    began = time.monotonic()
    dice = random.Random(seed)
    ended = 0
    dsn = database(server, "backends", seed)
    with fresh(folder), Cluster(folder, seed, dsn, lease=4, rude=RUDE) as ground:
        for _ in range(times):
            ground.wait_for(dice.randrange(5, 30), "acknowledgements after the connections were ended")
            let_pass(dice.uniform(0.0, 0.5))
            ended += asyncio.run(_end_backends(dsn))
        ground.wait_for(20, "acknowledgements after the connections were ended")
        verdict = ground.finish()
    return row_of(
        "cluster: every connection ended by the server", times, [verdict], seed=seed,
        seconds=time.monotonic() - began, notes=(f"connections ended: {ended}",),
    )  # fmt: skip


def server_crashes(folder: Path, seed: int, server: PostgresServer, times: int) -> Row:
    """The server stops as in a crash and starts again; both nodes wait for it and go on by themselves."""
    began = time.monotonic()
    dice = random.Random(seed)
    took: list[float] = []
    dsn = database(server, "crashes", seed)
    with fresh(folder), Cluster(folder, seed, dsn, lease=4, rude=RUDE) as ground:
        for _ in range(times):
            ground.wait_for(dice.randrange(5, 40))
            let_pass(dice.uniform(0.0, 0.5))
            server.stop("immediate")
            let_pass(dice.uniform(0.0, 1.5))
            server.start()
            took.append(ground.wait_until_through("the server stopped"))
            ground.wait_for(10, "acknowledgements after the server is back")
        verdict = ground.finish()
    notes = (f"from the server's return until all that was acknowledged before had arrived: {spread(took)}",)
    return row_of(
        "cluster: server stopped as in a crash, started again", times, [verdict], seed=seed,
        seconds=time.monotonic() - began, notes=notes,
    )  # fmt: skip


class Postern(Proxy):
    """A TCP port before the server's Unix socket."""

    def __init__(self, socket_path: str) -> None:
        super().__init__(random.Random(0), share=1.0)
        self._socket_path = socket_path

    def _reach(self) -> socket.socket:
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        end.settimeout(5)
        end.connect(self._socket_path)
        return end


class CommitCutter:
    """Ends a connection when a COMMIT comes by that writes; half of them reach the server, no answer comes back."""

    def __init__(self, dice: random.Random, share: float) -> None:
        self._dice = dice
        self._reading: set[int] = set()
        self.share = share
        self.done = 0
        self.lost = 0

    def __call__(self, wire: Wire, data: bytes) -> None:
        number = wire.source.fileno()
        if b"BEGIN" in data:
            (self._reading.add if b"READ ONLY" in data else self._reading.discard)(number)
        if b"COMMIT;" not in data or number in self._reading or self._dice.random() >= self.share:
            wire.sink.sendall(data)
            return
        if self._dice.random() < 0.5:
            self.done += 1
            wire.sink.sendall(data)
        else:
            self.lost += 1
        wire.reset()


def cut_commits(folder: Path, seed: int, server: PostgresServer, cuts: int) -> Row:
    """Node b's way to the server breaks right after it sent a COMMIT: it cannot know whether that happened."""
    began = time.monotonic()
    dsn = database(server, "commits", seed)
    place = urlsplit(dsn)
    cutter = CommitCutter(random.Random(seed), 0.0)
    with fresh(folder), serving(Postern(f"{parse_qs(place.query)['host'][0]}/.s.PGSQL.5432")) as way:
        way.on_request = cutter
        through = f"postgresql://headrace@127.0.0.1:{way.port}{place.path}"
        with Cluster(folder, seed, dsn, lease=4, rude=RUDE, dsn_b=through) as ground:
            cutter.share = 0.05
            until(lambda: cutter.done + cutter.lost >= cuts, "broken connections after a COMMIT", 300.0)
            cutter.share = 0.0
            ground.wait_for(20, "acknowledgements after the last cut")
            verdict = ground.finish()
    return row_of(
        "cluster: connection cut after COMMIT was sent", cutter.done + cutter.lost, [verdict], seed=seed,
        seconds=time.monotonic() - began,
        notes=(f"of these the server had the COMMIT: {cutter.done}; it had not: {cutter.lost}",),
    )  # fmt: skip
