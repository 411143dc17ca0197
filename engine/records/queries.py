"""Named SQL: every statement lives in a `.sql` file under `-- name: …`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)


def split_named(text: str) -> dict[str, str]:
    """The statements of one file by name.

    Raises:
        ValueError: a name comes twice (a bug of the file).
    """
    parts = _NAME.split(text)[1:]
    named: dict[str, str] = {}
    for name, statement in zip(parts[::2], parts[1::2], strict=True):
        if name in named:
            raise ValueError(f"statement {name} is there twice")
        named[name] = statement.strip()
    return named


def load_queries(package: str) -> Mapping[str, str]:
    """All statements of a store's package by name; names are unique over the files of its folder `sql`."""
    texts = [
        item.read_text(encoding="utf-8")
        for item in resources.files(package).joinpath("sql").iterdir()
        if item.name.endswith(".sql")
    ]
    return split_named("\n".join(texts))


def load_migrations(package: str) -> list[tuple[int, str]]:
    """Its numbered migrations in order: (version, script)."""
    folder = resources.files(package).joinpath("migrations")
    found = [
        (int(item.name[:4]), item.read_text(encoding="utf-8"))
        for item in folder.iterdir()
        if item.name.endswith(".sql")
    ]
    return sorted(found)
