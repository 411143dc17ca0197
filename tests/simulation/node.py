"""One process of the engine: the real intake, worker, stages, lanes and sender over a store and the loop's clock."""
# ruff: noqa: ARG002 - a fake takes what the port gives it

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from contextvars import Context, copy_context
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from random import Random
from types import MappingProxyType
from typing import Any

from engine.app.supervise import Supervisor
from engine.domain.dossier import Dossier
from engine.domain.message import MessageId
from engine.domain.outcome import Continue, Outcome
from engine.domain.patient import Demographics, PatientRecord
from engine.pipeline.delivery import Lane
from engine.pipeline.intake import FrameIntake
from engine.pipeline.ordering import Order, Queueing
from engine.pipeline.pace import Pace
from engine.pipeline.plan import ChannelPlan, PlannedStage
from engine.pipeline.run import Tools
from engine.pipeline.worker import Worker
from engine.plugins.destinations.mllp.sender import MllpDestination
from engine.plugins.destinations.mllp.settings import MllpDestinationSettings
from engine.plugins.sources.mllp.settings import MllpSourceSettings
from engine.plugins.stages import decode, dedupe, reconcile, review
from engine.ports.directory import DirectoryUnavailable
from engine.ports.services import DestinationServices
from engine.ports.source import Origin
from engine.ports.stage import StageContext, StageRetry, StageServices
from engine.ports.store import Store, StoreError
from tests.simulation.endpoints import PATIENTS
from tests.simulation.loop import STRAND, SimLoop, Strand

START = datetime(2026, 3, 1, 8, 0, tzinfo=UTC)
CHANNEL, QUEUE = "lab", "ehr"
POLICY = MllpSourceSettings.model_validate({"listen": "127.0.0.1:0"}).policy()
RECEIVER = MllpDestinationSettings.model_validate(
    {
        "to": "127.0.0.1:2576",
        "connect_timeout": "4s",
        "ack_timeout": "3s",
        "retry": {"base": "500ms", "max": "20s"},
        "circuit": {"after": 4, "probe": "60s"},
        "rejects": 3,
    }
)


class NodeClock:
    """A node's own idea of the time; `skew` seconds from the loop's."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop
        self.skew = 0.0

    def now(self) -> datetime:
        return START + timedelta(seconds=self._loop.time() + self.skew)

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class DrawnIds:
    """Ids and jitter of the seed."""

    def __init__(self, dice: Random) -> None:
        self._dice = dice
        self._count = dice.randrange(1 << 40) * 1_000_000

    def message_id(self) -> MessageId:
        self._count += 1
        return MessageId(f"{self._count:026d}")

    def control_id(self) -> str:
        self._count += 1
        return f"H{self._count:019d}"

    def uniform(self, low: float, high: float) -> float:
        return self._dice.uniform(low, high)


class Notes:
    """An observer that writes into the history."""

    def __init__(self, note: Callable[[str], None], node: str) -> None:
        self._note = note
        self._node = node

    def note(self, event: str, /, *, level: str = "info", **fields: str | float | None) -> None:
        told = " ".join(f"{key}={value}" for key, value in fields.items() if value and key not in ("channel", "source"))
        self._note(f"{self._node} {event} {told}")

    def count(self, metric: str, /, amount: float = 1, **labels: str) -> None:
        return

    def observe(self, metric: str, /, value: float, **labels: str) -> None:
        return


class Reading:
    """Stands where documents are read: takes its time, fails now and then, and never reads poison."""

    checkpoint = True

    def __init__(self, dice: Random) -> None:
        self._dice = dice

    async def run(self, dossier: Dossier, context: StageContext) -> Outcome:
        raw = context.content.raw
        await asyncio.sleep(self._dice.choice([0.0, 0.0, 0.01, 0.5, 2.0]))
        if b"POISON" in raw:
            raise ValueError
        if b"FLAKY" in raw and self._dice.random() < 0.5:
            raise StageRetry("busy") if self._dice.random() < 0.5 else ZeroDivisionError
        return Continue(replace(dossier, metadata={**dossier.metadata, "read": "yes"}))

    async def close(self) -> None:
        return


class Register:
    """The patients; unavailable once in a while."""

    default_authority = "HOSP"

    def __init__(self, dice: Random) -> None:
        self._dice = dice

    async def candidates(self, person: Demographics) -> Sequence[PatientRecord]:
        if self._dice.random() < 0.02:
            raise DirectoryUnavailable
        wanted = {item.value for item in person.identifiers}
        return [record for record in RECORDS if record.mrn in wanted]

    async def close(self) -> None:
        return


RECORDS = tuple(
    PatientRecord(
        mrn=f"P{number}",
        assigning_authority="HOSP",
        family=f"Marlow{number}",
        given="Ada",
        birth_date=f"1968-05-1{number}",
        sex="F",
    )
    for number in range(PATIENTS)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Classes a node is made of; a test puts a mistaken one in."""

    intake: type[FrameIntake] = FrameIntake
    lane: type[Lane] = Lane
    worker: type[Worker] = Worker
    destination: type[MllpDestination] = MllpDestination


class Node:
    """One run of a process, from its start to its crash."""

    def __init__(  # noqa: PLR0917 - told once, by the world
        self,
        name: str,
        loop: SimLoop,
        dice: Random,
        store: Store,
        note: Callable[[str], None],
        order: Order,
        parts: Parts,
    ) -> None:
        self.name = name
        self.strand = Strand(name)
        self.clock = NodeClock(loop)
        self.store = store
        self.is_ready = False
        self._loop = loop
        self._context: Context = copy_context()
        self._context.run(STRAND.set, self.strand)
        self._dice = dice
        self._note = note
        self._order = order
        self._parts = parts

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task that is part of the process."""
        return self._context.run(self._loop.create_task, work)

    def start(self) -> None:
        self.spawn(self._live())

    async def _live(self) -> None:
        while True:
            try:
                await self.store.open()
                break
            except StoreError:
                await asyncio.sleep(0.5)
        observer, ids = Notes(self._note, self.name), DrawnIds(self._dice)
        services = DestinationServices(name=QUEUE, channel=CHANNEL, clock=self.clock, ids=ids, observer=observer)
        in_flight = self._dice.choice([1, 1, 2])
        settings = RECEIVER.model_copy(update={"in_flight": in_flight})
        destination = self._parts.destination(settings, services)
        pace = Pace(self.clock)
        plan = ChannelPlan(
            name=CHANNEL, stages=self._stages(observer), destinations={QUEUE: destination}, order=self._order
        )
        tools = Tools(store=self.store, clock=self.clock, ids=ids, observer=observer, pace=pace)
        queueing = MappingProxyType({CHANNEL: Queueing(order=self._order)})
        self.intake = self._parts.intake(
            store=self.store, clock=self.clock, ids=ids, observer=observer, plan=queueing, pace=pace
        )
        worker = self._parts.worker(tools, {CHANNEL: plan}, node=self.name, concurrency=4, per_key=3)
        lane = self._parts.lane(
            self.store,
            destination,
            channel=CHANNEL,
            name=QUEUE,
            node=self.name,
            clock=self.clock,
            ids=ids,
            observer=observer,
            in_flight=in_flight,
            order=self._order,
        )
        supervisor = Supervisor(self.clock, observer)
        supervisor.start("worker", worker.run)
        supervisor.start("lane", lane.run)
        beat = getattr(self.store, "beat", None)
        if beat is not None:
            supervisor.start("beat", lambda: beat(self.clock.sleep))
        self.is_ready = True
        self._note(f"{self.name} is up")
        async for hint in self.store.wakeups():
            (lane if hint == lane.hint else worker).wake()

    def _stages(self, observer: Notes) -> list[PlannedStage]:
        services = StageServices(
            extractors={}, directories={"patients": Register(self._dice)}, fingerprints=self.store, observer=observer
        )
        built = {
            module.PLUGIN.name: module.PLUGIN.build(module.PLUGIN.settings(), services)
            for module in (decode, reconcile, dedupe, review)
        }
        made = {"decode": built["decode"], "read": Reading(self._dice), **built}
        return [PlannedStage(id=name, stage=made[name]) for name in ("decode", "read", "reconcile", "dedupe", "review")]

    def receive(self, frame: bytes, lab: str, answered: Callable[[bytes | None], None]) -> asyncio.Event:
        """Take a frame as a connection of this process would; the event says that it was handed to intake."""
        begun = asyncio.Event()

        async def take() -> None:
            begun.set()
            origin = Origin(source=lab, channel=CHANNEL, peer="192.0.2.1", received_at=self.clock.now())
            answered(await self.intake.accept_frame(frame, origin, POLICY))

        self.spawn(take())
        return begun
