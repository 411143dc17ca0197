"""The ground a world stands on: which store its nodes share, how it crashes, and who may look into it."""
# ruff: noqa: ARG002 - a ground takes what a world gives it

from __future__ import annotations

from datetime import timedelta
from random import Random
from typing import Any, Protocol

from engine.pipeline.ordering import Order
from tests.simulation.loop import SimLoop
from tests.simulation.model_bank import Bank
from tests.simulation.model_store import ModelStore, Weather, fair
from tests.simulation.node import START, Node


class Ground(Protocol):
    """A kind of store, for one seed."""

    may_freeze: bool
    may_lose_answers: bool
    acts: list[str]
    orders: list[Order]
    skews: list[float]

    def begin(self, loop: SimLoop, dice: Random) -> None: ...

    def nodes(self, dice: Random) -> int: ...

    def store(self, name: str, weather: Weather, world: Any) -> Any: ...

    def bind(self, store: Any, node: Node) -> None: ...

    def crash(self, store: Any) -> None: ...

    def end(self, store: Any) -> None: ...

    def finish(self) -> None: ...

    def desk(self, world: Any) -> Any: ...

    def faults(self) -> list[str]: ...


ACTS = ["pause", "replay", "replay", "retry", "withdraw", "withdraw_delivery", "set_aside", "close_review"]
SKEWS = [-3600.0, -5.0, 5.0, 60.0, 120.0]
"""Seconds a node's clock may be off."""


class ModelGround:
    """One bank in memory, shared by one to three nodes; leases run out."""

    may_freeze = True
    may_lose_answers = True

    def __init__(self, *, store: type[ModelStore] = ModelStore, bank: type[Bank] = Bank) -> None:
        self._store = store
        self._bank = bank
        self.acts = ACTS
        self.orders = list(Order)
        self.skews = SKEWS

    def begin(self, loop: SimLoop, dice: Random) -> None:
        self.bank = self._bank(lambda: START + timedelta(seconds=loop.time()), loop.time, expiring=True)
        self._stores: list[ModelStore] = []
        self.bank.hint = lambda hint: self._hint(hint, dice)
        self._desk = ModelStore(self.bank, "desk", weather=fair)
        self._desk._open = True

    def _hint(self, hint: str, dice: Random) -> None:
        for store in self._stores:
            if dice.random() < 0.8:
                store.give(hint)

    def nodes(self, dice: Random) -> int:
        return dice.choice([1, 2, 2, 3])

    def store(self, name: str, weather: Weather, world: Any) -> ModelStore:
        found = self._store(self.bank, name, weather=weather)
        self._stores.append(found)
        return found

    def bind(self, store: ModelStore, node: Node) -> None:
        return

    def crash(self, store: ModelStore) -> None:
        self._stores.remove(store)

    def end(self, store: ModelStore) -> None:
        store._open = False

    def finish(self) -> None:
        return

    def desk(self, world: Any) -> ModelStore:
        return self._desk

    def faults(self) -> list[str]:
        """Fenced writes that came with another epoch than the one that held."""
        return [
            f"a write of {what} under epoch {mine}, while {held} held"
            for what, mine, held in self.bank.writes
            if mine != held
        ]
