"""Hop 7: claims ordering keys and takes their messages through the channel's stages, one fenced transaction a step."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from engine.domain.dossier import Dossier
from engine.domain.message import MessageState
from engine.domain.reasons import merge, reason
from engine.pipeline import codec, release
from engine.pipeline.ordering import Order
from engine.pipeline.plan import ChannelPlan
from engine.pipeline.retry import backoff_seconds
from engine.pipeline.room import Room
from engine.pipeline.run import Run, Tools, conclude
from engine.ports.destination import RetryPolicy
from engine.ports.stage import StageRetry
from engine.ports.store import BodyMissing, KeyLease, LeaseLost, StoreError, Transition, WorkItem

_FAILURES_BEFORE_PARKING = 3
_POLL_SECONDS = 1.0
_ROOM_BYTES = 24 * 1024 * 1024
_LARGE_BYTES = 1024 * 1024
_RETRY = RetryPolicy(base_seconds=1.0, longest_seconds=60.0)


class Worker:
    """Runs stages for all channels of this node.

    Args:
        node: this node's name in leases.
        concurrency: how many ordering keys are worked on at once.
        per_key: how many messages of one key a claim takes.
    """

    def __init__(
        self,
        tools: Tools,
        channels: Mapping[str, ChannelPlan],
        *,
        node: str,
        concurrency: int = 32,
        per_key: int = 8,
    ) -> None:
        self._tools = tools
        self._channels = channels
        self._node = node
        self._concurrency = concurrency
        self._per_key = per_key
        self._wake = asyncio.Event()
        self._stopping = False
        self._busy: set[asyncio.Task[None]] = set()
        self._unreleased: list[KeyLease] = []
        self._room = Room(_ROOM_BYTES)

    def wake(self) -> None:
        """Something may be due."""
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing new; `run` returns when the keys in hand are done."""
        self._stopping = True
        self._wake.set()

    async def run(self) -> None:
        """Work until stopped. Raises StoreError when the store fails for good."""
        try:
            while not self._stopping:
                self._wake.clear()
                if not await self._claim():
                    await self._rest()
        finally:
            if self._busy:
                await asyncio.wait(self._busy)

    async def _claim(self) -> bool:
        """Claim as many keys as there is room for; False when there was nothing to claim or no room."""
        room = self._concurrency - len(self._busy)
        if room <= 0:
            await asyncio.wait(self._busy, return_when=asyncio.FIRST_COMPLETED)
            return True
        left, self._unreleased = self._unreleased, []
        for lease in left:
            await self._release(lease)
        leases = await self._tools.store.claim(self._node, keys=room, per_key=self._per_key)
        for lease in leases:
            task = asyncio.create_task(self._work_key(lease))
            self._busy.add(task)
            task.add_done_callback(self._done)
        return bool(leases)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._busy.discard(task)
        self._wake.set()

    async def _rest(self) -> None:
        """Wait for a hint, a finished key, or the next look; the look is the truth, hints only save time."""
        try:
            async with asyncio.timeout(_POLL_SECONDS):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _work_key(self, lease: KeyLease) -> None:
        try:
            for item in lease.items:
                if self._stopping or not await self._work_item(lease, item):
                    break
        except LeaseLost:
            self._tools.observer.note("worker.lease_lost", level="warning", channel=lease.channel)
        except StoreError as problem:
            self._store_failed(problem)
        await self._release(lease)

    async def _release(self, lease: KeyLease) -> None:
        """Give a key back, a lost one too; what the store did not take is given back before the next claim."""
        try:
            await self._tools.store.release(lease)
        except StoreError as problem:
            self._unreleased.append(lease)
            self._store_failed(problem)

    def _store_failed(self, problem: StoreError) -> None:
        self._tools.observer.note("worker.store_failed", level="error", error=type(problem).__name__)

    async def _work_item(self, lease: KeyLease, item: WorkItem) -> bool:
        """Take one message as far as it goes; False when its key must wait."""
        plan = self._channels.get(item.channel)
        if plan is None:
            why = "channel is not configured"
            dossier = Dossier(reasons=item.reasons)
            return await self._fail(lease, item, _unplanned(item), dossier, stage=item.stage, why=why)
        if item.size_bytes > _LARGE_BYTES:
            await self._tools.pace.calm((self._tools.clock.now() - item.received_at).total_seconds())
        async with self._room.take(item.size_bytes):
            try:
                whole = await self._whole(item)
            except BodyMissing:
                why = "the stored bytes are gone"
                return await self._fail(lease, item, plan, Dossier(reasons=item.reasons), stage="", why=why)
            return await self._work_whole(lease, whole, plan)

    async def _whole(self, item: WorkItem) -> WorkItem:
        """The item with its bytes. Raises BodyMissing, and StoreError when they cannot be read just now."""
        if not item.is_deferred:
            return item
        return replace(item, raw=await self._tools.store.raw(item.id) or b"", is_deferred=False)

    async def _work_whole(self, lease: KeyLease, item: WorkItem, plan: ChannelPlan) -> bool:
        run = Run(self._tools, lease, item, plan)
        try:
            return await run.go()
        except (LeaseLost, StoreError, asyncio.CancelledError):
            raise
        except StageRetry as wish:
            return await self._wait(lease, item, run, wish)
        except Exception as problem:  # noqa: BLE001 - a stage's bug may cost one message its way, never the worker
            self._tools.observer.note(
                "worker.stage_failed",
                level="error",
                channel=item.channel,
                message_id=item.id,
                stage=run.stage_id,
                error=_where(problem),
            )
            return await self._fail(lease, item, plan, run.dossier, stage=run.stage_id, why=_where(problem))

    async def _wait(self, lease: KeyLease, item: WorkItem, run: Run, wish: StageRetry) -> bool:
        """TRANSACTION: keeps the item on its stage with a time to try again; a restart sees the same."""
        delay = wish.after_seconds or backoff_seconds(item.attempts + 1, _RETRY, self._tools.ids)
        await self._tools.store.advance(
            lease,
            Transition(
                message_id=item.id,
                next_stage=run.stage_id,
                dossier=codec.encode(run.dossier),
                retry_at=self._tools.clock.now() + timedelta(seconds=delay),
                error=wish.why,
                reasons=run.dossier.all_reasons,
            ),
        )
        return False

    async def _fail(
        self, lease: KeyLease, item: WorkItem, plan: ChannelPlan, dossier: Dossier, *, stage: str, why: str
    ) -> bool:
        """A failure nobody expected: try again a few times, then park where people see it.

        TRANSACTION: either a later try on the same stage, or the end of the work with state `parked`.
        """
        if item.attempts + 1 < _FAILURES_BEFORE_PARKING and stage:
            delay = backoff_seconds(item.attempts + 1, _RETRY, self._tools.ids)
            retry_at = self._tools.clock.now() + timedelta(seconds=delay)
            later = Transition(
                message_id=item.id, next_stage=stage, dossier=codec.encode(dossier), retry_at=retry_at, error=why
            )
            await self._tools.store.advance(lease, later)
            return False
        parked = replace(dossier, reasons=merge(dossier.reasons, [reason("pipeline.failed", field=stage)]))
        await conclude(self._tools, lease, item, plan, release.end(item, parked, MessageState.PARKED, why=why))
        self._tools.observer.count("outcomes", channel=item.channel, state="parked")
        return plan.order is not Order.STRICT


def _unplanned(item: WorkItem) -> ChannelPlan:
    """Of a channel that is not configured any more."""
    return ChannelPlan(name=item.channel, stages=(), destinations={})


def _where(problem: Exception) -> str:
    """Type and place of an unexpected error; its text may hold content and stays out."""
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(problem).__name__
    module = trace.tb_frame.f_globals.get("__name__", "?")
    return f"{type(problem).__name__} at {module}:{trace.tb_lineno}"
