"""`headrace doctor`: one page on the health of the installation and the site."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import __version__
from engine.app.builtins import builtin_registry
from engine.app.cli.client import Api, Unavailable, open_api
from engine.app.sitefiles import SiteFiles
from engine.config.load import load_site
from engine.documents.ocr.models import missing

OK, FAILED = 0, 1
_LIBRARIES = ("apsw", "hl7", "hl7apy", "httpx", "pydantic", "pypdfium2", "starlette", "structlog", "prometheus-client")
_FREE_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the page."""

    name: str
    good: bool
    text: str


def examine(site: Path, *, as_json: bool) -> int:
    """Print the page; 0 when everything is well, 1 when something needs a person."""
    findings = [*_installation(), *_site(site.resolve())]
    if as_json:
        lines = [{"name": item.name, "ok": item.good, "text": item.text} for item in findings]
        sys.stdout.write(json.dumps({"ok": all(item.good for item in findings), "findings": lines}) + "\n")
    else:
        for item in findings:
            sys.stdout.write(f"{'ok ' if item.good else 'BAD'}  {item.name:14} {item.text}\n")
    return OK if all(item.good for item in findings) else FAILED


def _installation() -> Iterator[Finding]:
    yield Finding("headrace", True, f"{__version__} on Python {platform.python_version()}, {platform.system()}")  # noqa: FBT003
    versions = []
    for name in _LIBRARIES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            yield Finding(name, False, "not installed")  # noqa: FBT003
    yield Finding("libraries", True, ", ".join(versions))  # noqa: FBT003
    absent = missing()
    # Scans are optional: without recognition they go to a person, which is said here and on each of them.
    yield Finding("scans", True, f"not read: {absent}" if absent else "character recognition is ready")  # noqa: FBT003


def _site(folder: Path) -> Iterator[Finding]:
    loaded = load_site(folder, builtin_registry(), environ=os.environ)
    first = str(loaded.problems[0]) if loaded.problems else "no problems"
    channels = sum(1 for channel in loaded.channels if channel.config.enabled)
    yield Finding("configuration", loaded.ok, f"{channels} enabled channels; {first}")
    free = shutil.disk_usage(folder).free
    yield Finding("disk", free > _FREE_BYTES, f"{free / (1 << 30):.1f} GiB free")
    running = SiteFiles(folder).running()
    yield Finding("engine", True, f"web {running.get('web')}" if running else "not running")  # noqa: FBT003
    if loaded.ok:
        yield from asyncio.run(_store(folder))


async def _store(folder: Path) -> list[Finding]:
    """Queues and reviews, through the API of the running engine or the store at rest."""
    if not (folder / "var").exists():
        return [Finding("store", True, "not made yet; the first `headrace run` does")]  # noqa: FBT003
    try:
        async with open_api(folder) as api:
            return await _figures(api)
    except Unavailable as problem:
        return [Finding("store", False, str(problem))]  # noqa: FBT003


async def _figures(api: Api) -> list[Finding]:
    queues: list[dict[str, Any]] = (await api.json("/api/v1/queues"))["items"]
    reviews = (await api.json("/api/v1/reviews", limit=500))["items"]
    found = [Finding("store", True, "readable")]  # noqa: FBT003
    for queue in queues:
        text = f"{queue['queued']} queued, {queue['parked']} parked {queue.get('head_error', '')}".rstrip()
        found.append(Finding(f"to {queue['destination']}", not queue["parked"], text))
    more = "+" if len(reviews) == 500 else ""
    found.append(Finding("reviews", True, f"{len(reviews)}{more} waiting for a person"))  # noqa: FBT003
    return found
