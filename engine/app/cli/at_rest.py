"""A site whose engine is not running: its configuration, and the engine's API over its store."""

from __future__ import annotations

import os
import platform
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from engine import __version__
from engine.app.builtins import builtin_registry
from engine.app.cli.client import BAD_CONFIGURATION, FAILED, TRY_AGAIN, Api, Unavailable
from engine.app.clock import SystemClock, SystemIds
from engine.app.compose import Surroundings, build_parts
from engine.app.logging import configure
from engine.app.metrics import Metrics
from engine.app.observer import AppObserver
from engine.app.sitefiles import SiteFiles
from engine.config.load import load_site
from engine.config.loaded import LoadedSite
from engine.ports.store import StoreError, StoreLocked
from engine.web.app import create_app
from engine.web.services import ChannelInfo, DestinationInfo, StageInfo, WebServices


@asynccontextmanager
async def api_at_rest(files: SiteFiles) -> AsyncIterator[Api]:
    """The web application over the store of a site whose engine is not running.

    Raises:
        Unavailable: bad configuration (78), a store that is locked or broken (75, 1).
    """
    loaded = loaded_site(files.site)
    around = surroundings(files.site)
    store = build_parts(loaded, around).store
    files.prepare()
    try:
        await store.open()
    except StoreLocked as problem:
        raise Unavailable(f"an engine (pid {problem.pid}) owns the site and does not answer", TRY_AGAIN) from None
    except StoreError as problem:
        raise Unavailable(f"the store cannot be opened: {problem}", FAILED) from None
    try:
        token = files.admin_token()
        services = WebServices(
            store=store,
            clock=around.clock,
            observer=around.observer,
            admin_token=token,
            metrics_text=_no_metrics,
            version=__version__,
            channels=lambda: _channels(loaded),
        )
        transport = httpx.ASGITransport(app=create_app(services))
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
            yield Api(client)
    finally:
        await store.close()


def _channels(loaded: LoadedSite) -> list[ChannelInfo]:
    """What the API needs to know of the channels while nothing runs."""
    return [
        ChannelInfo(
            name=channel.name,
            stages=tuple(StageInfo(id=item.name, use=item.use) for item in channel.stages),
            destinations=tuple(DestinationInfo(name=item.name, use=item.use) for item in channel.destinations),
        )
        for channel in loaded.channels
    ]


async def _no_metrics() -> bytes:
    return b""


def loaded_site(folder: Path) -> LoadedSite:
    """The site's configuration. Raises Unavailable (78) naming the first problem."""
    loaded = load_site(folder, builtin_registry(), environ=os.environ)
    if not loaded.ok:
        more = len(loaded.errors) - 1
        raise Unavailable(
            f"{loaded.errors[0]}{f' (and {more} more: headrace check)' if more else ''}", BAD_CONFIGURATION
        )
    return loaded


def surroundings(folder: Path) -> Surroundings:
    """Clock, dice and a quiet observer for a command."""
    observer = AppObserver(configure("warning"), Metrics(version=__version__, python=platform.python_version()))
    return Surroundings(site=folder, clock=SystemClock(), ids=SystemIds(), observer=observer)
