"""One fixture for each port: every adapter runs the same suite."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engine.plugins.blobs import files
from engine.plugins.stores import sqlite
from engine.ports.blobs import BlobStore
from engine.ports.services import SiteServices
from engine.ports.store import Store
from tests.contracts.store_kit import Shop
from tests.simulation.building import ModelBuilder


def build_sqlite(services: SiteServices, settings: dict[str, Any]) -> Store:
    values = {"path": "var/headrace.db", "inline": 4096, **settings}
    return sqlite.PLUGIN.build(sqlite.SqliteSettings(**values), services)


STORES = {"sqlite": build_sqlite, "model": ModelBuilder()}
"""Adapter by name; another store joins the suite with one line."""


@pytest.fixture(params=sorted(STORES))
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    """Opens stores of one adapter in an empty place."""
    found = Shop(STORES[request.param], tmp_path, files.FileBlobs(tmp_path / "blobs"))
    yield found
    await found.close()


@pytest.fixture(params=["files"])
def blobs(tmp_path: Path) -> BlobStore:
    """An empty blob store of each adapter."""
    return files.FileBlobs(tmp_path / "blobs")
