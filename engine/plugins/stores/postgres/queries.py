"""The statements and migrations of this adapter."""

from __future__ import annotations

from collections.abc import Mapping

from engine.records import queries

_PACKAGE = "engine.plugins.stores.postgres"


def load_queries() -> Mapping[str, str]:
    """All statements by name."""
    return queries.load_queries(_PACKAGE)


def load_migrations() -> list[tuple[int, str]]:
    """Numbered migrations in order: (version, script)."""
    return queries.load_migrations(_PACKAGE)
