"""The kinds of stores a seed can stand on, by name."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from tests.simulation.sqlite_ground import SqliteGround
from tests.simulation.stores import Ground, ModelGround

GROUNDS: MappingProxyType[str, Callable[[], Ground]] = MappingProxyType({"model": ModelGround, "sqlite": SqliteGround})
