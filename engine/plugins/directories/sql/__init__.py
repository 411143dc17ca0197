"""sql: the patients in the hospital's own database, asked by queries of the configuration.

Holds: settings, the queries with their named parameters, reading rows, a driver for SQLite and one for PostgreSQL.
May import: ports and below, links; apsw and asyncpg.
May touch: the database, read-only; threads for the moment of a call.
Never: write to the database, take half an answer for the whole, put a value into a log or an error.
"""

from __future__ import annotations

from typing import Any

from engine.plugins.directories.sql.settings import SqlSettings
from engine.ports.plugin import Kind, Plugin
from engine.ports.services import SiteServices


def _build(settings: SqlSettings, services: SiteServices) -> Any:
    from engine.links.guard import Guard
    from engine.plugins.directories.sql.directory import SqlDirectory

    guard = Guard(
        services.name or "sql",
        settings.breaker,
        tries=settings.tries,
        wait=settings.wait,
        clock=services.clock,
        observer=services.observer,
    )
    if settings.dsn is not None:
        from engine.plugins.directories.sql.postgres import PostgresDatabase

        return SqlDirectory(settings, PostgresDatabase(settings, settings.dsn, services.name), guard)
    from engine.plugins.directories.sql.sqlite import SqliteDatabase

    return SqlDirectory(settings, SqliteDatabase(settings, services.site / settings.file, services.clock), guard)


PLUGIN = Plugin(
    kind=Kind.DIRECTORY,
    name="sql",
    settings=SqlSettings,
    build=_build,
    summary="Patients from the hospital's own PostgreSQL or SQLite database, by queries you write.",
    guarantees="Reads only. Shows what the queries find and decides nothing; no answer in time is no answer.",
)
"""What the registry lists."""
