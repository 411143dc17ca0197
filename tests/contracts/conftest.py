"""One fixture for each port: every adapter runs the same suite."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.plugins.blobs import files, s3
from engine.plugins.stores import postgres, sqlite
from engine.plugins.stores.postgres.store import PostgresStore
from engine.ports.blobs import BlobStore
from engine.ports.services import SiteServices
from engine.ports.store import Store
from engine.records.values import micros
from tests.contracts.store_kit import Build, Shop
from tests.simulation.building import ModelBuilder
from tests.support.object_store import Bucket, object_store
from tests.support.postgres_server import PostgresServer, new_database, running_server


def build_sqlite(services: SiteServices, settings: dict[str, Any]) -> Store:
    values = {"path": "var/headrace.db", "inline": 4096, **settings}
    return sqlite.PLUGIN.build(sqlite.SqliteSettings(**values), services)


def postgres_builder(dsn: str) -> Build:
    def build(services: SiteServices, settings: dict[str, Any]) -> Store:
        known = {name: value for name, value in settings.items() if name in postgres.PostgresSettings.model_fields}
        values = {"dsn": dsn, "inline": 4096, "allow_unsafe": True, **known}
        settled = postgres.PostgresSettings(**values)
        store: Store = PostgresStore(settled, services, tell=lambda: micros(services.clock.now()))
        return store

    return build


STORES: dict[str, Build] = {"sqlite": build_sqlite, "model": ModelBuilder()}
"""Adapters that need nothing but a folder, by name; another one joins the suite with one line."""


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server for all tests of this process, started by the first that asks for it."""
    with running_server(is_durable=False) as server:
        yield server


@pytest.fixture(params=[*sorted(STORES), pytest.param("postgres", marks=pytest.mark.slow)])
async def shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    """Opens stores of one adapter in an empty place."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        build = postgres_builder(await new_database(server, "contract"))
    else:
        build = STORES[request.param]
    found = Shop(build, tmp_path, files.FileBlobs(tmp_path / "blobs"))
    yield found
    await found.close()


@pytest.fixture(params=sorted(STORES))
async def local_shop(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Shop]:
    """The same for adapters that see the disk they write to."""
    found = Shop(STORES[request.param], tmp_path, files.FileBlobs(tmp_path / "blobs"))
    yield found
    await found.close()


@pytest.fixture(params=["files", "s3"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobStore]:
    """An empty blob store of each adapter."""
    if request.param == "files":
        yield files.FileBlobs(tmp_path / "blobs")
        return
    with object_store() as bucket:
        yield s3.build(s3_settings(bucket), None)  # type: ignore[arg-type]


def s3_settings(bucket: Bucket, **more: Any) -> s3.S3Settings:
    """Settings for the stand-in service."""
    values = {
        "endpoint": bucket.endpoint,
        "bucket": "b",
        "prefix": "site/",
        "access_key": "a",
        "secret_key": "s",
        **more,
    }
    return s3.S3Settings(**values)
