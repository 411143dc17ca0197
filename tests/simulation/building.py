"""The model store as the contract suite opens it: again and again on the same rows."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from engine.ports.clock import Clock
from engine.ports.services import SiteServices
from engine.ports.store import Store
from tests.simulation.model_bank import Bank
from tests.simulation.model_store import ModelStore


class ModelBuilder:
    """Keeps one bank for each clock, which is one for each test."""

    def __init__(self) -> None:
        self._banks: WeakKeyDictionary[Clock, Bank] = WeakKeyDictionary()

    def __call__(self, services: SiteServices, settings: dict[str, Any]) -> Store:
        clock = services.clock
        bank = self._banks.setdefault(clock, Bank(clock.now, clock.monotonic))
        values = {"inline": 4096, **settings}
        return ModelStore(bank, services.node, blobs=services.blobs, observer=services.observer, **values)
