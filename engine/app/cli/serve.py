"""`headrace run`: the engine in the foreground."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import platform
import signal
import sys
from pathlib import Path

from engine import __version__
from engine.app import loop
from engine.app.builtins import builtin_registry
from engine.app.clock import SystemClock, SystemIds
from engine.app.compose import Surroundings
from engine.app.engine import Engine
from engine.app.logging import configure
from engine.app.metrics import Metrics
from engine.app.notify import Notifier
from engine.app.observer import AppObserver
from engine.config.load import load_site
from engine.config.loaded import LoadedSite
from engine.ports.store import StoreError, StoreLocked

_M_MMAP_THRESHOLD = -3
_LARGE_BLOCK_BYTES = 256 * 1024
TRY_AGAIN, BAD_CONFIGURATION, FAILED = 75, 78, 1


def serve(site: Path) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code."""
    folder = site.resolve()
    loaded = load_site(folder, builtin_registry(), environ=os.environ)
    for problem in loaded.problems:
        sys.stderr.write(f"{problem}\n")
    if not loaded.ok:
        return BAD_CONFIGURATION
    os.chdir(folder)  # paths in settings (certificates) start at the site
    _return_large_memory()
    return loop.run(_serve(folder, loaded))


def _return_large_memory() -> None:
    """Have large blocks mapped and unmapped one by one, so that a burst of big messages does not stay resident.

    Source: mallopt(3); glibc raises the threshold by itself after the first large block, and the heap then keeps holes.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK_BYTES)


async def _serve(folder: Path, loaded: LoadedSite) -> int:
    metrics = Metrics(version=__version__, python=platform.python_version())
    log = configure(loaded.site.logging.level)
    observer = AppObserver(log, metrics)
    around = Surroundings(site=folder, clock=SystemClock(), ids=SystemIds(), observer=observer)
    engine = Engine(loaded, around, metrics)
    stopping = _stop_on_signals()
    try:
        bound = await engine.start()
    except StoreLocked as problem:
        sys.stderr.write(f"another engine runs on this site (pid {problem.pid})\n")
        return TRY_AGAIN
    except (StoreError, OSError, ImportError) as problem:
        sys.stderr.write(f"cannot start: {problem}\n")
        return FAILED
    notifier = Notifier(os.environ)
    _say_ready(bound.listeners, bound.web)
    addresses = [address for some in bound.listeners.values() for address in some]
    notifier.send(READY="1", STATUS=f"listening on {', '.join(addresses)}")
    observer.note("engine.ready", level="info")
    watchdog = asyncio.create_task(_watch(notifier)) if notifier.watchdog_seconds else None
    await stopping.wait()
    notifier.send(STOPPING="1")
    observer.note("engine.stopping", level="info")
    await engine.stop()
    if watchdog is not None:
        watchdog.cancel()
    observer.note("engine.stopped", level="info")
    return 0


def _stop_on_signals() -> asyncio.Event:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping


def _say_ready(listeners: dict[str, list[str]], web: str) -> None:
    """The one line on stdout that scripts wait for."""
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(f"ready {json.dumps({**listeners, 'web': web})}\n")
        sys.stdout.flush()


async def _watch(notifier: Notifier) -> None:
    """A sign of life from the loop itself: a loop that hangs gives none, and systemd restarts the service."""
    while True:
        notifier.send(WATCHDOG="1")
        await asyncio.sleep(notifier.watchdog_seconds)
