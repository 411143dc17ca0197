"""One seed: labs, nodes, a store and a receiver, outages without pause, then calm; checked all the way."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from engine.domain.message import MessageState
from engine.pipeline.ordering import Order
from engine.ports.store import (
    AuditEntry,
    MessageQuery,
    MessageView,
    NewerSent,
    ReviewQuery,
    Store,
    StoreError,
    StoreFull,
)
from tests.simulation import checks
from tests.simulation.endpoints import POSITIVE, Letter, Receiver, letter, msa
from tests.simulation.loop import SimLoop
from tests.simulation.node import CHANNEL, QUEUE, Node, Parts
from tests.simulation.stores import Ground, ModelGround

_CALM_LIMIT = 400.0


class Violation(Exception):
    """An invariant does not hold."""


@dataclass(slots=True)
class Outcome:
    """What a seed came to: empty `wrong` when all held."""

    seed: int
    wrong: list[str]
    history: list[str]
    outages: int
    messages: int
    sent: int
    rounds: int
    seconds: float


@dataclass(slots=True)
class Weather:
    """How one node's store behaves just now."""

    failing: bool = False
    full: bool = False
    slow: float = 0.01
    lost: float = 0.0
    crash: float = 0.0


@dataclass(slots=True)
class World:
    """Everything there is while a seed runs."""

    seed: int
    loop: SimLoop
    dice: Random
    ground: Ground
    parts: Parts
    order: Order
    letters: list[Letter] = field(default_factory=list)
    nodes: dict[str, Node] = field(default_factory=dict)
    weather: dict[str, Weather] = field(default_factory=dict)
    history: list[tuple[float, str]] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    replayed: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    outages: int = 0
    is_calm: bool = False
    views: list[MessageView] = field(default_factory=list)
    ehr: Receiver = field(init=False)
    labs_left: int = 0
    keep: list[Any] = field(default_factory=list)

    def note(self, what: str) -> None:
        self.history.append((self.loop.time(), what))

    # --- nodes ---

    def boot(self, name: str) -> None:
        weather = self.weather.setdefault(name, Weather())
        store = self.ground.store(name, self._weather_of(name, weather), self)
        node = Node(name, self.loop, self.dice, store, self.note, self.order, self.parts)
        self.ground.bind(store, node)
        self.nodes[name] = node
        self.keep.append(node)
        node.start()

    def crash(self, name: str) -> None:
        node = self.nodes[name]
        if node.strand.is_dead:
            return
        self.note(f"CRASH {name}")
        self.outages += 1
        self.loop.bury(node.strand)
        self.ground.crash(node.store)
        self.loop.call_later(self.dice.uniform(0.05, 6.0), self._reboot, name, context=Context())

    def _reboot(self, name: str) -> None:
        if self.nodes[name].strand.is_dead:
            self.boot(name)

    def alive(self) -> list[Node]:
        return [node for node in self.nodes.values() if node.is_ready and not node.strand.is_dead]

    def _weather_of(self, name: str, weather: Weather) -> Callable[[str], Awaitable[Callable[[], Awaitable[None]]]]:
        dice = self.dice

        async def after() -> None:
            if weather.crash and dice.random() < weather.crash:
                self.note(f"{name} committed, and")
                self.crash(name)
                await asyncio.sleep(1e9)
            if weather.lost and dice.random() < weather.lost:
                self.note(f"{name} committed, and the answer is lost")
                raise StoreError("connection lost")
            if dice.random() < 0.3:
                await asyncio.sleep(dice.random() * weather.slow)

        async def before(call: str) -> Callable[[], Awaitable[None]]:
            await asyncio.sleep(dice.random() * weather.slow)
            if weather.failing and dice.random() < 0.7:
                raise StoreError("not now")
            if weather.full and call == "accept":
                raise StoreFull("full")
            return after

        return before

    # --- labs ---

    async def lab(self, name: str) -> None:
        """Send everything, again and again until it is answered for good; some of it twice."""
        count, width = self.dice.randint(3, 7), self.dice.choice([1, 1, 3])
        letters = [letter(name, number, self.dice) for number in range(1, count + 1)]
        letters += [Letter(name, item.control_id, item.patient, item.body + b"NTE|9||again\r", "reused") for item in letters if item.kind == "result" and self.dice.random() < 0.1]  # fmt: skip
        self.letters += letters
        self.labs_left += 1
        while letters:
            group, letters = letters[:width], letters[width:]
            await self._send_group(group)
            if self.dice.random() < 0.25:
                await self._send_group([self.dice.choice(self.letters)])
            await asyncio.sleep(self.dice.uniform(0, 4))
        self.labs_left -= 1

    async def _send_group(self, group: list[Letter]) -> None:
        left = list(group)
        while left:
            ready = self.alive()
            if not ready:
                await asyncio.sleep(0.5)
                continue
            node = self.dice.choice(ready)
            waiting = {id(item): self.loop.create_future() for item in left}
            for item in left:
                begun = node.receive(item.body, item.lab, partial(self._answer, waiting[id(item)]))
                if len(left) > 1:
                    await asyncio.wait({asyncio.ensure_future(begun.wait())}, timeout=1)
            await asyncio.wait(waiting.values(), timeout=5)
            left = [item for item in left if not self._hear(item, waiting[id(item)])]
            if left:
                await asyncio.sleep(self.dice.uniform(0.1, 2))

    def _answer(self, to: asyncio.Future[bytes | None], answer: bytes | None) -> None:
        """On its way back; a connection that broke loses it."""
        if not self.is_calm and self.dice.random() < 0.04:
            self.note("an answer is lost on the wire")
        elif not to.done():
            to.set_result(answer)

    def _hear(self, item: Letter, answer: asyncio.Future[bytes | None]) -> bool:
        """What the lab makes of an answer; False when it sends again."""
        found = answer.result() if answer.done() else None
        if found is None:
            answer.cancel()
            return False
        code, control_id = msa(found)
        if code not in POSITIVE:
            return item.kind in ("refused", "headless")
        if control_id != item.control_id.encode():
            raise Violation(f"an answer for {item.control_id} names another message")
        self.note(f"{item.lab} has {code.decode()} for {item.control_id} ({item.kind}, patient {item.patient})")
        if item.accepted is not None and item.accepted != found:
            raise Violation(f"{item.control_id}: a retransmission got another answer")
        item.accepted = found
        return True

    # --- trouble ---

    async def trouble(self) -> None:
        for _ in range(self.dice.randint(10, 24)):
            await asyncio.sleep(self.dice.uniform(0.05, 2.5))
            await self._strike(self.dice.choice(list(self.nodes)))
            await self.check()

    async def _strike(self, name: str) -> None:
        dice, node, weather = self.dice, self.nodes[name], self.weather[name]
        what = dice.choice(["crash", "crash", "crash_at_commit", "freeze", "store", "full", "slow", "lost", "ehr_down", "ehr_bad", "ehr_good", "clock", "person", "person"])  # fmt: skip
        self.outages += what not in ("person", "ehr_good")
        if what == "crash":
            self.crash(name)
        elif what == "freeze" and not node.strand.is_dead and self.ground.may_freeze:
            self.note(f"FREEZE {name}")
            node.strand.is_frozen = True
            self.loop.call_later(dice.choice([0.5, 3.0, 6.0, 15.0]), self._thaw, node)
        elif what == "ehr_down":
            self.note("EHR down")
            self.ehr.fall()
            self.loop.call_later(dice.choice([1, 5, 20, 20, 60, 7200 if dice.random() < 0.1 else 30]), self._ehr_up)
        elif what in ("ehr_bad", "ehr_good"):
            self.ehr.badness = dice.choice([0.1, 0.3, 0.9]) if what == "ehr_bad" else 0.0
        elif what == "clock":
            node.clock.skew = dice.choice(self.ground.skews)
            self.note(f"{name}'s clock is off by {node.clock.skew}")
        elif what == "person":
            await self._person()
        else:
            self._spoil(what, weather)
            self.note(f"{name}'s store: {what}")
            self.loop.call_later(dice.uniform(0.5, 6), self._mend, weather)

    def _spoil(self, what: str, weather: Weather) -> None:
        weather.failing = what == "store"
        weather.full = what == "full"
        weather.slow = 3.0 if what == "slow" else 0.01
        weather.lost = 0.2 if what == "lost" and self.ground.may_lose_answers else 0.0
        weather.crash = 0.2 if what == "crash_at_commit" else 0.0

    @staticmethod
    def _mend(weather: Weather) -> None:
        weather.failing, weather.full, weather.slow, weather.lost, weather.crash = False, False, 0.01, 0.0, 0.0

    def _thaw(self, node: Node) -> None:
        if not node.strand.is_dead:
            self.note(f"THAW {node.name}")
            self.loop.thaw(node.strand)

    def _ehr_up(self) -> None:
        self.ehr.is_down = False

    async def _person(self) -> None:
        """Somebody acts on whatever there is, through a store of their own."""
        desk, act = self.ground.desk(self), AuditEntry(action="act", actor="ada")
        if desk is None:
            return
        views = await desk.search(MessageQuery(limit=500))
        if not views:
            return
        view, what = self.dice.choice(views), self.dice.choice(self.ground.acts)
        if what == "retry":  # what was refused, if there is any
            refused = [item for item in views if item.state is MessageState.PARKED]
            view = self.dice.choice([item for item in refused if _is_overtaken(item)] or refused or [view])
        done = True
        if what == "pause":
            paused = self.dice.random() < 0.5
            await desk.pause(CHANNEL, self.dice.choice([QUEUE, ""]), is_paused=paused, audit=act)
        elif what == "replay":
            done = await desk.replay(view.id, from_stage=self.dice.choice(["", "reconcile", "dedupe"]), audit=act)
            self.replayed |= {view.id} if done else set()
        elif what == "set_aside":
            done = await desk.set_aside(view.id, audit=act)
        elif what == "withdraw":
            done = await desk.withdraw(view.id, audit=act)
            self.withdrawn |= {view.id} if done else set()
        elif what == "close_review":
            cases = [case for case in await desk.reviews(ReviewQuery(limit=500)) if case.message_id == view.id]
            done = bool(cases) and await desk.close_review(cases[0].id, outcome="rejected", audit=act)
        elif view.deliveries:
            done = await self._move(desk, what, self.dice.choice(view.deliveries).id)
        if done:
            self.note(f"PERSON {what} {view.control_id}")
            self.touched |= {view.id} if what != "pause" else set()

    @staticmethod
    async def _move(desk: Store, what: str, delivery_id: str) -> bool:
        act = AuditEntry(action="act", actor="ada")
        try:
            method = desk.retry_delivery if what == "retry" else desk.withdraw_delivery
            return await method(delivery_id, audit=act)
        except NewerSent:
            return False

    # --- checks ---

    async def check(self) -> None:
        """What must hold at every moment."""
        desk = self.ground.desk(self)
        if desk is None:
            return
        self.views = await desk.search(MessageQuery(limit=500))
        wrong = await checks.always(self, desk)
        if wrong:
            raise Violation("; ".join(wrong))

    async def calm(self) -> None:
        """Everything mended: whatever is not at its end must come there, or say why it waits."""
        self.note("CALM")
        self.is_calm = True
        self.ehr.badness, self.ehr.is_down = 0.0, False
        for name, node in list(self.nodes.items()):
            self._mend(self.weather[name])
            node.clock.skew = 0.0
            if node.strand.is_frozen:
                self._thaw(node)
        until = self.loop.time() + _CALM_LIMIT
        self.keep.append(pause := self.dice.random() < 0.1)
        resumed = False
        while True:
            await asyncio.sleep(2.0)
            desk = self.ground.desk(self)
            if desk is None:
                continue
            if not resumed and not pause and "pause" in self.ground.acts:
                for place in (QUEUE, ""):
                    await desk.pause(CHANNEL, place, is_paused=False, audit=AuditEntry(action="resume"))
            resumed = True
            self.views = await desk.search(MessageQuery(limit=500))
            stuck = await checks.unsettled(self, desk)
            if not stuck and self.labs_left == 0:
                break
            if self.loop.time() > until:
                raise Violation("does not come to rest: " + "; ".join(stuck or ["a lab still waits for an answer"]))
        wrong = [*await checks.always(self, desk), *await checks.at_rest(self, desk)]
        if wrong:
            raise Violation("; ".join(wrong))


def _is_overtaken(view: MessageView) -> bool:
    return any(item.code == "delivery.overtaken" for item in view.reasons)


def run(
    seed: int,
    *,
    ground: Ground | None = None,
    parts: Parts | None = None,
    order: Order | None = None,
    make_loop: Callable[[Random], SimLoop] = SimLoop,
) -> Outcome:
    """Run one seed from nothing to rest."""
    dice = Random(seed)
    loop = make_loop(dice)
    asyncio.set_event_loop(None)
    ground = ground or ModelGround()
    order = order or dice.choice(ground.orders)
    ground.begin(loop, dice)
    world = World(seed, loop, dice, ground, parts or Parts(), order)
    world.ehr = Receiver(loop, dice, world.note, ack_timeout=3.0)
    loop.dial = world.ehr.dial
    wrong: list[str] = []
    was_on = gc.isenabled()
    gc.disable()
    try:
        loop.run_until_complete(_play(world))
    except Violation as problem:
        wrong = [str(problem)]
    except Exception as problem:  # noqa: BLE001 - an error of the pipeline is a finding as well
        wrong = [f"{type(problem).__name__}: {problem}"]
    finally:
        _clear(world)
        if was_on:
            gc.enable()
    wrong += loop.failures
    return Outcome(
        seed=seed,
        wrong=wrong,
        history=[f"{at:9.3f}  {what}" for at, what in world.history],
        outages=world.outages,
        messages=len(world.letters),
        sent=len(world.ehr.arrivals),
        rounds=loop.rounds,
        seconds=loop.time(),
    )


async def _play(world: World) -> None:
    for number in range(world.ground.nodes(world.dice)):
        world.boot(f"node-{number}")
    labs = [asyncio.create_task(world.lab(f"lab{number}")) for number in range(world.dice.randint(1, 3))]
    world.keep += labs
    await asyncio.sleep(0)
    await _until(asyncio.create_task(world.trouble()), labs)
    await _until(asyncio.create_task(world.calm()), labs)


async def _until(work: asyncio.Task[None], labs: list[asyncio.Task[None]]) -> None:
    """Wait for it; what a lab finds wrong meanwhile ends the seed."""
    while not work.done():
        done, _ = await asyncio.wait(
            {work, *[lab for lab in labs if not lab.done()]}, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done:
            task.result()


def _clear(world: World) -> None:
    """End every task, the dead ones' too, without letting any of it do something more."""
    loop = world.loop
    tasks = asyncio.all_tasks(loop)
    for node in world.keep:
        if isinstance(node, Node):
            node.strand.is_dead = node.strand.is_frozen = False
            loop.thaw(node.strand)
            world.ground.end(node.store)
    loop.raise_the_dead()
    failures = list(loop.failures)
    for _ in range(5):
        left = {task for task in tasks | asyncio.all_tasks(loop) if not task.done()}
        if not left:
            break
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.wait(left, timeout=5))
    loop.failures[:] = failures
    world.ground.finish()
    loop.close()
