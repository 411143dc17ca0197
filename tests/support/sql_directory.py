"""A `sql` directory as the engine builds it, with a clock that the test moves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from engine.plugins.directories import sql
from engine.plugins.directories.sql.directory import SqlDirectory
from engine.ports.services import SiteServices


class Clock:
    """Moves by `step` seconds with each look; sleeping takes no time."""

    def __init__(self, step: float = 0.0) -> None:
        self._at = 0.0
        self.step = step

    def monotonic(self) -> float:
        self._at += self.step
        return self._at

    async def sleep(self, seconds: float) -> None:
        self._at += seconds


class Seen:
    """An observer that keeps what was noted."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, dict[str, Any]]] = []

    def note(self, event: str, /, **fields: Any) -> None:
        self.notes.append((event, fields))

    def count(self, name: str, by: float = 1, /, **labels: str) -> None:
        """Figures are not of interest."""

    def observe(self, name: str, value: float, /, **labels: str) -> None:
        """Figures are not of interest."""


def build(site: Path, clock: Clock | None = None, **settings: Any) -> tuple[SqlDirectory, Seen]:
    """The directory `pas`, and what it notes."""
    seen = Seen()
    services = SiteServices(site=site, node="n", clock=clock or Clock(), ids=None, observer=seen, name="pas")  # type: ignore[arg-type]  # the used parts only
    given = sql.SqlSettings(**{"default_authority": "HOSP", "tries": 1, **settings})
    made: SqlDirectory = sql.PLUGIN.build(given, services)
    return made, seen
