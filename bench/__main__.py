"""`make bench`: intake, end-to-end rate and memory, each beside python-hl7's server where it has such a thing.

Figures of one machine say little; the ratios of one run say more. The engine stores every message before it answers;
the peer answers and forgets.

    python -m bench [--quick] [--all] [--only PART] [--json FILE]; `--help` names the parts.
"""

from __future__ import annotations

import argparse
import json
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import running
from bench.calibration import calibration
from bench.capacity import capacity
from bench.cluster import cluster
from bench.directories import directories
from bench.extraction import extraction
from bench.load import Messages, drive, patients_csv
from bench.mutations import mutations
from bench.outage import outage
from bench.scans import scans
from bench.search import search

Figures = dict[str, Any]
# size, connections, unanswered a connection, messages a round
INTAKE = (("small", 8, 1, 3000), ("small", 8, 16, 8000), ("small", 1, 1, 1000), ("medium", 8, 1, 1500), ("pdf200k", 8, 1, 200), ("pdf2m", 4, 1, 40))  # fmt: skip
ROUNDS = 3
LONG = ("outage", "cluster", "extraction", "scans", "calibration", "mutations")


def wait_until(condition: Callable[[], bool], seconds: float = 600.0) -> None:
    """Look until it holds."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError("waited too long")
        time.sleep(0.05)


def _generate(port: int, size: str, connections: int, depth: int, count: int, run: str) -> Figures:
    """One run of the generator in a process of its own, so that it does not share an interpreter with anything."""
    command = [sys.executable, "-m", "bench.load", str(port), size, str(connections), str(depth), str(count), run]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: Figures = json.loads(done.stdout)
    return found


def intake(scale: float) -> list[Figures]:
    """ACKs a second, engine and peer in turn: what it costs to store before the answer, nothing sent on."""
    return _intake(scale, pipeline=False)


def loaded(scale: float) -> list[Figures]:
    """The same while the full pipeline works on what came in."""
    return _intake(scale, pipeline=True)


def _intake(scale: float, *, pipeline: bool) -> list[Figures]:
    rows = []
    with running.sink() as ehr, running.peer() as peer_port, tempfile.TemporaryDirectory() as folder:
        with running.engine(Path(folder) / "site", ehr=ehr.port, patients=patients_csv(), pipeline=pipeline) as engine:
            for size, connections, depth, full in INTAKE:
                count = max(20, int(full * scale))
                ours, theirs = [], []
                for turn in range(ROUNDS):
                    run = f"{size[:3].upper()}{connections}{depth}{turn}"
                    ours.append(_generate(engine.port, size, connections, depth, count, run))
                    wait_until(lambda: engine.metric("headrace_work_waiting") == 0)
                    theirs.append(_generate(peer_port, size, connections, depth, max(20, count // 4), run))
                rows.append(_row(size, connections, depth, ours, theirs))
                print(_line(rows[-1]), flush=True)
    return rows


def _row(size: str, connections: int, depth: int, ours: list[Figures], theirs: list[Figures]) -> Figures:
    def median(rows: list[Figures], key: str) -> float:
        return statistics.median(row[key] for row in rows)

    return {
        "size": size, "connections": connections, "depth": depth,
        "engine_per_second": median(ours, "per_second"), "peer_per_second": median(theirs, "per_second"),
        "ratio": round(median(ours, "per_second") / median(theirs, "per_second"), 2),
        "ack_p50_ms": median(ours, "p50_ms"), "ack_p99_ms": median(ours, "p99_ms"), "ack_max_ms": max(row["max_ms"] for row in ours),
    }  # fmt: skip


def _line(row: Figures) -> str:
    return (
        f"intake {row['size']:8} {row['connections']:2} x {row['depth']:2}: engine {row['engine_per_second']:8.0f}/s, "
        f"python-hl7 {row['peer_per_second']:7.0f}/s, ratio {row['ratio']:5.2f}; ACK p50 {row['ack_p50_ms']:.2f} ms, "
        f"p99 {row['ack_p99_ms']:.2f} ms, max {row['ack_max_ms']:.0f} ms"
    )


def flow(scale: float) -> Figures:
    """Discrete ORU in, ORU out, the receiver's ACK: messages a second through everything."""
    count = max(200, int(4000 * scale))
    with running.sink() as ehr, tempfile.TemporaryDirectory() as folder:
        with running.engine(Path(folder) / "site", ehr=ehr.port, patients=patients_csv()) as engine:
            drive(engine.port, Messages("small", "WARM"), connections=8, depth=1, count=200)
            wait_until(lambda: ehr.received() >= 200)
            began = time.monotonic()
            measured = drive(engine.port, Messages("small", "FLOW"), connections=8, depth=1, count=count)
            wait_until(lambda: ehr.received() >= count + 200)
            seconds = time.monotonic() - began
    found = {"messages": count, "per_second": round(count / seconds, 1), "ack_p99_ms": measured.as_dict()["p99_ms"]}
    print(
        f"flow discrete ORU: {found['per_second']:.0f}/s in, out and acknowledged; ACK p99 {found['ack_p99_ms']} ms",
        flush=True,
    )
    return found


def documents(scale: float) -> Figures:
    """Two-page PDF reports: read, matched and sent, documents a second."""
    from tests.generators.messages import DIALECTS, envelope_of, oru_document
    from tests.generators.patients import make_population, write_csv
    from tests.generators.reports import compose, render

    count = max(40, int(300 * scale))
    people = make_population(1, count, "en")
    made = []
    for number, patient in enumerate(people):
        report = compose("sectioned", seed=number, language="en", patient=patient)
        pdf, truth = render(report)
        made.append((truth.pages, oru_document(DIALECTS["lri251"], envelope_of(report, f"DOC-{number:05}"), pdf)))
    pages = sum(item[0] for item in made)
    with running.sink() as ehr, tempfile.TemporaryDirectory() as folder:
        with running.engine(Path(folder) / "site", ehr=ehr.port, patients=write_csv(people)) as engine:
            _send_all(engine.port, [made[0][1]])
            wait_until(lambda: ehr.received() >= 1)
            began = time.monotonic()
            _send_all(engine.port, [message for _, message in made[1:]])
            wait_until(lambda: _is_drained(engine))
            seconds = time.monotonic() - began
            arrived = ehr.received()
    found = {"documents": count - 1, "pages_each": round(pages / count, 2), "per_second": round((count - 1) / seconds, 1), "arrived": arrived}  # fmt: skip
    print(
        f"flow PDF reports ({found['pages_each']} pages): {found['per_second']:.1f} documents/s, {arrived} of {count} at the EHR",
        flush=True,
    )
    return found


def _is_drained(engine: running.Engine) -> bool:
    """Nothing waits for its stages or for the receiver."""
    return engine.metric("headrace_work_waiting") == 0 and engine.metric("headrace_queue_depth") == 0


def _send_all(port: int, messages: list[bytes]) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as lab:
        for message in messages:
            lab.sendall(b"\x0b" + message + b"\x1c\r")
            answer = b""
            while not answer.endswith(b"\x1c\r"):
                answer += lab.recv(65536)


def memory(_scale: float) -> Figures:
    """User-space memory of idle connections, and the peak under 50 senders of 10 MB at once."""
    with running.sink() as ehr, tempfile.TemporaryDirectory() as folder:
        with running.engine(Path(folder) / "idle", ehr=ehr.port, patients=patients_csv()) as engine:
            drive(engine.port, Messages("small", "WARM"), connections=8, depth=1, count=100)
            wait_until(lambda: ehr.received() >= 100)
            before = engine.memory_kib("VmRSS")
            idle = [socket.create_connection(("127.0.0.1", engine.port)) for _ in range(1000)]
            wait_until(lambda: engine.metric("headrace_connections") >= 1000)
            each = (engine.memory_kib("VmRSS") - before) / 1000
            for one in idle:
                one.close()
    with running.sink() as ehr, tempfile.TemporaryDirectory() as folder:
        with running.engine(Path(folder) / "big", ehr=ehr.port, patients=patients_csv()) as engine:
            base = engine.memory_kib("VmRSS")
            drive(engine.port, Messages("pdf10m", "BIG"), connections=50, depth=1, count=50)
            peak = engine.memory_kib("VmHWM")
    found = {"idle_kib_each": round(each, 2), "base_mib": round(base / 1024), "peak_mib": round(peak / 1024)}
    print(
        f"memory: {found['idle_kib_each']} KiB an idle connection (1,000 of them); 50 x 10 MB at once: peak {found['peak_mib']} MiB",
        flush=True,
    )
    return found


def main() -> None:
    parts: dict[str, Callable[[float], Any]] = {
        "intake": intake,
        "loaded": loaded,
        "flow": flow,
        "documents": documents,
        "memory": memory,
        "capacity": lambda _scale: capacity(),
        "search": search,
        "outage": outage,
        "cluster": cluster,
        "directories": directories,
        "extraction": extraction,
        "scans": scans,
        "calibration": calibration,
        "mutations": mutations,
    }
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--quick", action="store_true", help="a tenth of the messages")
    parser.add_argument("--all", action="store_true", help=f"also what takes long: {', '.join(LONG)}")
    parser.add_argument("--only", choices=tuple(parts))
    parser.add_argument("--json", type=Path, help="write all figures there")
    options = parser.parse_args()
    scale = 0.1 if options.quick else 1.0
    usual = [name for name in parts if options.all or name not in LONG]
    figures = {name: parts[name](scale) for name in ([options.only] if options.only else usual)}
    if not (options.only or options.all):
        print(f"left out, `--all` or `--only` runs them: {', '.join(LONG)}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
