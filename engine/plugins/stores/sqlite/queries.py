"""The statements and migrations of this adapter."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from engine.records import queries

_VALUES = re.compile(r"VALUES (\([^()]*\))")
_PACKAGE = "engine.plugins.stores.sqlite"


@lru_cache(maxsize=1024)
def with_rows(statement: str, count: int) -> str:
    """A statement whose VALUES list has one row, with `count` rows."""
    return _VALUES.sub(lambda found: "VALUES " + ", ".join([found[1]] * count), statement, count=1)


def load_queries() -> Mapping[str, str]:
    """All statements by name."""
    return queries.load_queries(_PACKAGE)


def load_migrations() -> list[tuple[int, str]]:
    """Numbered migrations in order: (version, script)."""
    return queries.load_migrations(_PACKAGE)
