"""`headrace serve-extractor` as a process of its own on a free loopback port."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A running service and a key for it."""

    url: str
    key: str
    site: Path
    process: subprocess.Popen[bytes]

    @property
    def log(self) -> str:
        return (self.site / "service.log").read_text(encoding="utf-8")

    def client(self, key: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key if key is None else key}"}
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, trust_env=False)

    def script(self, *faults: str) -> None:
        """The faults of the next calls."""
        with self.client() as client:
            assert client.put("/test-faults", json=list(faults)).status_code == 200

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@contextlib.contextmanager
def serving(site: Path, *options: str, env: dict[str, str] | None = None) -> Iterator[Service]:
    """Start the service and wait for its ready line; it is ended whatever happens."""
    site.mkdir(parents=True, exist_ok=True)
    words = [sys.executable, "-m", "engine", "--site", str(site), "serve-extractor", "--listen", "127.0.0.1:0"]
    with (site / "service.log").open("ab") as log:
        process = subprocess.Popen(
            [*words, *options], stdout=subprocess.PIPE, stderr=log, env={**os.environ, "NO_COLOR": "1", **(env or {})}
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(b"ready "), (site / "service.log").read_text(errors="replace")
        keys = site / "var" / "extractor.keys"
        key = keys.read_text().strip() if keys.exists() else ""
        yield Service(url=json.loads(line[6:])["http"], key=key, site=site, process=process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process.stdout is not None:
            process.stdout.close()
