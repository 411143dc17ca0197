"""One node and two on one PostgreSQL: messages a second, and what a message costs a node and the database in processor time.

Nodes, database, laboratories and receiver share this machine, so the rate of two nodes says little on few cores; the
costs say how much a machine for each would carry.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import threading
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from bench import running
from bench.load import Messages, drive, patients_csv

_TICK = os.sysconf("SC_CLK_TCK")


def cluster(scale: float) -> list[dict[str, Any]]:
    """Discrete ORU in, out and acknowledged over one and over two nodes."""
    from tests.support.postgres_server import new_database, running_server

    rows = []
    for nodes in (1, 2):
        with running_server() as server, tempfile.TemporaryDirectory() as folder:
            dsn = asyncio.run(new_database(server, "bench"))
            place = Path(server.dsn().partition("host=")[2])
            rows.append(_measure(Path(folder), dsn, place, nodes, max(200, int(2000 * scale))))
            print(_line(rows[-1]), flush=True)
    print(
        f"cluster: two nodes do {rows[1]['per_second'] / rows[0]['per_second']:.2f} times what one does here",
        flush=True,
    )
    return rows


def _measure(folder: Path, dsn: str, server: Path, nodes: int, count: int) -> dict[str, Any]:
    with running.sink() as ehr, ExitStack() as stack:
        engines = []
        for number in range(nodes):
            site = folder / f"node{number}"
            running.write_site(site, ehr=ehr.port, patients=patients_csv(), node=f"node{number}", dsn=dsn)
            engines.append(stack.enter_context(running.start(site)))
        _send(engines, "WARM", 200)
        _until(lambda: ehr.received() >= 200)
        pids = [engine.process.pid for engine in engines]
        before = sum(map(_spent, pids)), _database(server)
        began = time.monotonic()
        _send(engines, "FLOW", count)
        _until(lambda: ehr.received() >= count + 200)
        seconds = time.monotonic() - began
        return {
            "nodes": nodes, "messages": count, "per_second": round(count / seconds, 1),
            "node_ms": round((sum(map(_spent, pids)) - before[0]) / count * 1000, 2),
            "database_ms": round((_database(server) - before[1]) / count * 1000, 2),
        }  # fmt: skip


def _line(row: dict[str, Any]) -> str:
    return (
        f"cluster of {row['nodes']}: {row['per_second']:.0f}/s in, out and acknowledged; processor time a message: "
        f"{row['node_ms']} ms in the nodes, {row['database_ms']} ms in PostgreSQL"
    )


def _send(engines: list[running.Engine], run: str, count: int) -> None:
    """Half of it to each of two nodes, eight senders that wait at each."""
    threads = []
    for number, engine in enumerate(engines):
        values = {"connections": 8, "depth": 1, "count": count // len(engines)}
        messages = Messages("small", f"{run}{number}")
        threads.append(threading.Thread(target=drive, args=(engine.port, messages), kwargs=values))
        threads[-1].start()
    for thread in threads:
        thread.join()


def _until(condition: Any, seconds: float = 600.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("waited too long")
        time.sleep(0.05)


def _database(server: Path) -> float:
    """Processor seconds of the server: its processes, and those that are gone."""
    head = int(next(server.rglob("postmaster.pid")).read_text(encoding="utf-8").split("\n", 1)[0])
    children = Path(f"/proc/{head}/task/{head}/children").read_text(encoding="ascii").split()
    total = _spent(head, gone=True)
    for child in children:
        with suppress(FileNotFoundError):  # it ended just now
            total += _spent(int(child))
    return total


def _spent(pid: int, *, gone: bool = False) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return sum(map(int, fields[11:15] if gone else fields[11:13])) / _TICK
