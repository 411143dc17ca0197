"""The engine, the peer and the receiver as processes, and what the kernel says of their memory."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_SITE = """\
version: 1
web: {listen: "127.0.0.1:0"}
logging: {level: warning}
directories:
  patients: {use: file, path: conf/patients.csv, default_authority: HOSP}
"""
_CHANNEL = """\
version: 1
channel: bench
sources:
  - {{name: lab, use: mllp, listen: "127.0.0.1:0", max_connections: 2000}}
stages:
  - {{use: decode}}
  - {{use: extract, with: [local]}}
  - {{use: reconcile, directory: patients}}
  - {{use: dedupe}}
  - {{use: review, unmapped: pass, on_partial: send_all}}
destinations:
  - {{name: ehr, use: mllp, to: "127.0.0.1:{ehr}"}}
"""

_INTAKE_ONLY = """\
version: 1
channel: bench
sources:
  - {name: lab, use: mllp, listen: "127.0.0.1:0", max_connections: 2000}
stages:
  - {use: decode}
"""


def free_port() -> int:
    """A port nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Engine:
    """A running engine."""

    process: subprocess.Popen[str]
    port: int
    web: str
    token: str

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        request = urllib.request.Request(f"{self.web}/metrics", headers={"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            text = answer.read().decode()
        return sum(float(found) for found in re.findall(rf"^{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE))

    def memory_kib(self, field: str) -> int:
        """VmRSS or VmHWM of the engine's own process."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(re.search(rf"^{field}:\s+(\d+)", status, re.MULTILINE)[1])  # type: ignore[index]


@contextlib.contextmanager
def engine(folder: Path, *, ehr: int, patients: str, pipeline: bool = True) -> Iterator[Engine]:
    """The engine on a fresh site with the full default pipeline, or one that stores, acknowledges and decodes only."""
    write_site(folder, ehr=ehr, patients=patients, pipeline=pipeline)
    with start(folder) as running:
        yield running


def write_site(folder: Path, *, ehr: int, patients: str, pipeline: bool = True, node: str = "", dsn: str = "") -> None:
    """A site with one channel; with `dsn` a node of a cluster."""
    settings = _SITE + (f'node: {node}\nstore: {{use: postgres, dsn: "{dsn}"}}\nblobs: {{use: store}}\n' if dsn else "")
    (folder / "conf").mkdir(parents=True)
    (folder / "channels").mkdir()
    (folder / "conf" / "headrace.yaml").write_text(settings, encoding="utf-8")
    (folder / "conf" / "patients.csv").write_text(patients, encoding="utf-8")
    (folder / "channels" / "bench.yaml").write_text(
        _CHANNEL.format(ehr=ehr) if pipeline else _INTAKE_ONLY, encoding="utf-8"
    )


@contextlib.contextmanager
def start(folder: Path) -> Iterator[Engine]:
    """The engine on a site that is there."""
    command = [sys.executable, "-m", "engine", "--site", str(folder), "run"]
    with _process(command) as process:
        line = next(line for line in process.stdout or () if line.startswith("ready "))
        found = json.loads(line[6:])
        token = (folder / "var" / "admin.token").read_text(encoding="ascii").strip()
        yield Engine(process=process, port=int(found["mllp"][0].rsplit(":", 1)[1]), web=found["web"], token=token)


@contextlib.contextmanager
def peer() -> Iterator[int]:
    """python-hl7's server; yields its port."""
    port = free_port()
    with _process([sys.executable, "-m", "bench.peers", str(port)]) as process:
        next(iter(process.stdout or ()))
        yield port


@dataclass
class Sink:
    """The receiving end."""

    process: subprocess.Popen[str]
    port: int

    def received(self) -> int:
        """Messages received so far."""
        return self._ask()[0]

    def out_of_order(self) -> int:
        """Messages that came behind a later one of their key."""
        return self._ask()[1]

    def _ask(self) -> tuple[int, int]:
        if self.process.stdin is None or self.process.stdout is None:
            raise RuntimeError("the receiver has no pipes")
        self.process.stdin.write("count\n")
        self.process.stdin.flush()
        received, disorder = self.process.stdout.readline().split()
        return int(received), int(disorder)


@contextlib.contextmanager
def sink(port: int = 0) -> Iterator[Sink]:
    """A receiver that answers AA at once."""
    port = port or free_port()
    with _process([sys.executable, "-m", "bench.sink", str(port)]) as process:
        next(iter(process.stdout or ()))
        yield Sink(process=process, port=port)


@contextlib.contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
