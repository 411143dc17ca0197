"""An engine for a demo: a process of its own on a site of its own, spoken to from outside only."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

_START_SECONDS = 60.0


class DemoFailed(Exception):
    """The demo could not be played; one line says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """The engine's process and its addresses; `ports` of its sources, in the order of the channel."""

    process: asyncio.subprocess.Process
    ports: Sequence[int]
    web: str
    token: str

    @property
    def mllp_port(self) -> int:
        """The port of the first source."""
        return self.ports[0]


@asynccontextmanager
async def node_process(site: Path) -> AsyncIterator[Running]:
    """Start an engine and wait until it is ready; stop it as a service manager would. Raises DemoFailed."""
    with (site / "engine.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "engine", "--site", str(site), "run", stdout=asyncio.subprocess.PIPE, stderr=log
        )
    try:
        yield await _ready(process, site)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
        await process.wait()


async def _ready(process: asyncio.subprocess.Process, site: Path) -> Running:
    if process.stdout is None:
        raise DemoFailed("the engine's output is closed")
    try:
        async with asyncio.timeout(_START_SECONDS):
            async for line in process.stdout:
                if line.startswith(b"ready "):
                    addresses = json.loads(line[6:])
                    token = (site / "var" / "admin.token").read_text(encoding="ascii").strip()
                    ports = [int(address.rsplit(":", 1)[1]) for address in addresses["mllp"]]
                    return Running(process=process, ports=ports, web=addresses["web"], token=token)
    except TimeoutError:
        raise DemoFailed("the engine did not become ready") from None
    lines = (site / "engine.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    raise DemoFailed(f"the engine ended: {lines[-1] if lines else 'no word'}")
