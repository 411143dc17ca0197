"""The SQLite store against a model in a few dictionaries, driven through random histories with crashes in between."""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.domain.message import DeliveryState, MessageState
from engine.plugins.stores.sqlite import PLUGIN, SqliteSettings
from engine.plugins.stores.sqlite.store import SqliteStore
from engine.ports.services import SiteServices
from engine.ports.store import AuditEntry, DeliveryResult, KeyLease, LaneLease, MessageQuery, Transition
from tests.contracts.store_kit import CountedIds, FrozenClock, Recorder, delivery, message

KEYS = ("a", "b", "c")
EXAMPLES = 25


@dataclass
class Modelled:
    """What the model knows of one message; its number is its place in the commit order."""

    key: str
    priority: int
    state: MessageState = MessageState.RECEIVED
    working: bool = True
    delivery: DeliveryState | None = None
    next_at: datetime | None = None


@dataclass
class Model:
    """Messages by number; keys that wait, until when."""

    messages: dict[int, Modelled] = field(default_factory=dict)
    waiting: dict[str, datetime] = field(default_factory=dict)

    def work_of(self, key: str) -> list[int]:
        return [number for number, item in sorted(self.messages.items()) if item.key == key and item.working]

    def urgency(self, key: str) -> tuple[int, int]:
        numbers = self.work_of(key)
        return min(self.messages[number].priority for number in numbers), numbers[0]

    def queued(self, key: str) -> list[int]:
        return [
            number
            for number, item in sorted(self.messages.items())
            if item.key == key and item.delivery is DeliveryState.QUEUED
        ]

    def due(self, now: datetime) -> set[int]:
        found: set[int] = set()
        for key in KEYS:
            for number in self.queued(key):
                next_at = self.messages[number].next_at
                if next_at is not None and next_at > now:
                    break
                found.add(number)
        return found


class StoreMachine(RuleBasedStateMachine):
    """Rules are the port's calls; after each of them the store must agree with the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FrozenClock()
        self.loop = asyncio.new_event_loop()
        self.model = Model()
        self.leases: dict[str, KeyLease] = {}
        self.lane: LaneLease | None = None
        self.store = self.opened()

    def opened(self) -> SqliteStore:
        services = SiteServices(
            site=Path(self.folder.name), node="n", clock=self.clock, ids=CountedIds(), observer=Recorder()
        )
        store: SqliteStore = PLUGIN.build(SqliteSettings(), services)
        self.loop.run_until_complete(store.open())
        return store

    def teardown(self) -> None:
        self.loop.run_until_complete(self.store.close())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.folder.cleanup()

    @rule(key=st.sampled_from(KEYS), priority=st.sampled_from([5, 5, 5, 0]))
    def accept(self, key: str, priority: int) -> None:
        number = len(self.model.messages) + 1
        self.loop.run_until_complete(self.store.accept([message(number, key=key, priority=priority)]))
        self.model.messages[number] = Modelled(key, priority)

    @precondition(lambda self: self.model.messages)
    @rule(data=st.data())
    def retransmit(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.model.messages)))
        again = message(number, id=message(9_000_000).id)
        (accepted,) = self.loop.run_until_complete(self.store.accept([again]))
        assert accepted.retransmission
        assert accepted.id == message(number).id

    @rule(keys=st.integers(1, 3), per_key=st.integers(1, 3))
    def claim(self, keys: int, per_key: int) -> None:
        now = self.clock.now()
        free = [key for key in KEYS if key not in self.leases and self.model.work_of(key)]
        ready = [key for key in free if self.model.waiting.get(key, now) <= now]
        expected = sorted(ready, key=self.model.urgency)[:keys]
        leases = self.loop.run_until_complete(self.store.claim("n", keys=keys, per_key=per_key))
        assert [lease.key for lease in leases] == expected
        for lease in leases:
            self.model.waiting.pop(lease.key, None)
            numbers = self.model.work_of(lease.key)[:per_key]
            assert [int(item.id) for item in lease.items] == numbers
            for number in numbers:
                self.model.messages[number].state = MessageState.PROCESSING
            self.leases[lease.key] = lease

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), kind=st.sampled_from(["stage", "queue", "filter", "retry"]))
    def advance(self, data: st.DataObject, kind: str) -> None:
        lease = self.leases[data.draw(st.sampled_from(sorted(self.leases)))]
        left = [int(item.id) for item in lease.items if self.model.messages[int(item.id)].working]
        if not left:
            return
        number, item = left[0], self.model.messages[left[0]]
        change = self._change(number, item, kind)
        state = self.loop.run_until_complete(self.store.advance(lease, change))
        assert state is item.state

    def _change(self, number: int, item: Modelled, kind: str) -> Transition:
        message_id = message(number).id
        if kind == "stage":
            return Transition(message_id=message_id, next_stage="next")
        if kind == "retry":
            self.model.waiting[item.key] = later = self.clock.now() + timedelta(seconds=20)
            return Transition(message_id=message_id, next_stage="next", retry_at=later)
        item.working = False
        if kind == "filter":
            item.state = MessageState.FILTERED
            if item.delivery in (DeliveryState.QUEUED, DeliveryState.PARKED):
                item.delivery, item.next_at = DeliveryState.WITHDRAWN, None
            return Transition(message_id=message_id, next_stage=None, final_state=MessageState.FILTERED)
        if item.delivery in (None, DeliveryState.PARKED, DeliveryState.WITHDRAWN):
            item.delivery, item.next_at = DeliveryState.QUEUED, None
        item.state = MessageState.DELIVERED if item.delivery is DeliveryState.SENT else MessageState.QUEUED
        return Transition(message_id=message_id, next_stage=None, deliveries=(delivery(number),))

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        lease = self.leases.pop(data.draw(st.sampled_from(sorted(self.leases))))
        self.loop.run_until_complete(self.store.release(lease))

    @rule(data=st.data(), outcome=st.sampled_from([DeliveryState.SENT, DeliveryState.PARKED, DeliveryState.QUEUED]))
    def send(self, data: st.DataObject, outcome: DeliveryState) -> None:
        lane = self._lane()
        due = [int(item.id[1:]) for item in self.loop.run_until_complete(self.store.due(lane, limit=99))]
        assert set(due) == self.model.due(self.clock.now())
        assert len(due) == len(set(due))
        for key in KEYS:
            assert [n for n in due if self.model.messages[n].key == key] == sorted(
                n for n in due if self.model.messages[n].key == key
            )
        if not due:
            return
        number = data.draw(st.sampled_from(due))
        later = self.clock.now() + timedelta(seconds=30) if outcome is DeliveryState.QUEUED else None
        result = DeliveryResult(delivery_id=f"d{number}", state=outcome, retry_at=later)
        self.loop.run_until_complete(self.store.settle(lane, [result]))
        item = self.model.messages[number]
        item.delivery, item.next_at = outcome, later
        if item.state in (MessageState.QUEUED, MessageState.PARKED, MessageState.DELIVERED):
            item.state = {
                DeliveryState.SENT: MessageState.DELIVERED,
                DeliveryState.PARKED: MessageState.PARKED,
                DeliveryState.QUEUED: MessageState.QUEUED,
            }[outcome]

    def _lane(self) -> LaneLease:
        if self.lane is None:
            self.lane = self.loop.run_until_complete(self.store.open_lane("n", "lab", "ehr"))
        assert self.lane is not None
        return self.lane

    @precondition(lambda self: self.model.messages)
    @rule(data=st.data())
    def replay(self, data: st.DataObject) -> None:
        number = data.draw(st.sampled_from(sorted(self.model.messages)))
        item = self.model.messages[number]
        done = self.loop.run_until_complete(
            self.store.replay(message(number).id, from_stage="", audit=AuditEntry(action="replay"))
        )
        assert done is not item.working
        if done:
            item.working, item.state = True, MessageState.PROCESSING

    @rule(seconds=st.sampled_from([1, 25]))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)

    @rule()
    def restart(self) -> None:
        self.loop.run_until_complete(self.store.close())
        self.leases.clear()
        self.lane = None
        self.store = self.opened()

    @invariant()
    def agrees(self) -> None:
        views = self.loop.run_until_complete(self.store.search(MessageQuery(limit=999)))
        assert {int(view.id): view.state for view in views} == {
            number: item.state for number, item in self.model.messages.items()
        }
        figures = self.loop.run_until_complete(self.store.figures())
        counted: dict[tuple[str, str], int] = {}
        for item in self.model.messages.values():
            place = ("lab", item.state.value)
            counted[place] = counted.get(place, 0) + 1
        assert {place: amount for place, amount in figures.messages.items() if amount} == counted
        assert sum(lane.queued for lane in figures.queues) == sum(len(self.model.queued(key)) for key in KEYS)
        assert figures.work_waiting == sum(item.working for item in self.model.messages.values())


TestStoreMachine = pytest.mark.slow(StoreMachine.TestCase)
TestStoreMachine.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
