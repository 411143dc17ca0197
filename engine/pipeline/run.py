"""One message on its way through a channel's stages."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from engine.domain.dossier import Dossier
from engine.domain.message import MessageState
from engine.domain.outcome import Done, Duplicate, Filtered, Outcome
from engine.hl7v2.errors import Er7Error
from engine.pipeline import codec, release
from engine.pipeline.answers import LateAnswers, Ready
from engine.pipeline.late_ack import late_ack
from engine.pipeline.ordering import Order
from engine.pipeline.pace import Pace
from engine.pipeline.plan import ChannelPlan, PlannedStage, Reading
from engine.ports.clock import Clock, Ids
from engine.ports.content import Content
from engine.ports.observe import Observer
from engine.ports.stage import StageContext, StageRetry
from engine.ports.store import AuditEntry, FingerprintTaken, KeyLease, StageOutput, Store, Transition, WorkItem

_LARGE_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a run needs of the node."""

    store: Store
    clock: Clock
    ids: Ids
    observer: Observer
    pace: Pace
    answers: LateAnswers = field(default_factory=LateAnswers)


async def conclude(
    tools: Tools, lease: KeyLease, item: WorkItem, plan: ChannelPlan, ending: Transition
) -> MessageState:
    """The last transition of a message, with the application acknowledgement its sender asked for.

    TRANSACTION: the end of the work and what follows from it; a parked message holds its key under `order: strict`.

    Raises:
        LeaseLost: the key is another worker's now; nothing was written, nothing is said.
        FingerprintTaken: as `Store.advance`.
        StoreError: the same.
    """
    if ending.final_state is MessageState.PARKED and plan.order is Order.STRICT:
        ending = replace(ending, holds_key=True)
    ack = late_ack(item, plan, ending, tools.clock.now())
    if ack is not None:
        ending = replace(ending, deliveries=(*ending.deliveries, ack))
    state = await tools.store.advance(lease, ending)
    if ack is None:
        tools.answers.take(item.id)
    else:
        tools.answers.offer(f"lane:{plan.name}/{ack.destination}", Ready(ack.id, item.id, ack.body))
    return state


class Run:
    """One message on its way through the stages."""

    def __init__(self, tools: Tools, lease: KeyLease, item: WorkItem, plan: ChannelPlan) -> None:
        self._tools = tools
        self._lease = lease
        self._item = item
        self._plan = plan
        self.dossier = codec.decode(item.dossier) if item.dossier else Dossier(reasons=item.reasons)
        self.stage_id = item.stage or (plan.stages[0].id if plan.stages else "")
        self._mark = (0, self.dossier)
        reading = plan.readings.get(item.source, Reading())
        self.content = Content(
            item.raw, kind=item.kind, charset=reading.charset, fallbacks=reading.fallbacks, file_name=item.file_name
        )

    async def go(self) -> bool:
        """Run the remaining stages, then release. Raises StageRetry and whatever a stage raises."""
        await self._turn()
        await self._open_large()
        start = await self._start()
        self._mark = (start, self.dossier)
        for index in range(start, len(self._plan.stages)):
            planned = self._plan.stages[index]
            self.stage_id = planned.id
            outcome = await self._stage(planned)
            if isinstance(outcome, Filtered):
                return await self._end(outcome.dossier, MessageState.FILTERED, why=outcome.why)
            if isinstance(outcome, Duplicate):
                return await self._end(outcome.dossier, MessageState.DUPLICATE, duplicate_of=outcome.duplicate_of)
            if isinstance(outcome, Done):
                return await self._end(outcome.dossier, MessageState.DELIVERED)
            changed = outcome.dossier is not self.dossier
            self.dossier = outcome.dossier
            if planned.stage.checkpoint and changed and index + 1 < len(self._plan.stages):
                await self._checkpoint(planned.id, self._plan.stages[index + 1].id)
                self._mark = (index + 1, self.dossier)
        return await self._finish()

    async def _turn(self) -> None:
        """Give way to peers who wait for an ACK, the less the longer this message has waited."""
        lag = self._tools.clock.now() - self._item.received_at
        await self._tools.pace.turn(lag.total_seconds())

    async def _open_large(self) -> None:
        """A large message is decoded in a thread, so that the loop goes on answering peers."""
        if len(self._item.raw) < _LARGE_BYTES:
            return
        try:
            await asyncio.to_thread(lambda: self.content.decoded)
        except Er7Error:
            return  # decode says so in the dossier

    async def _start(self) -> int:
        """Where to begin: the first stage, the stored one, or for a replay behind the last kept output."""
        if not self._item.stage:
            return 0
        wanted = self._plan.index_of(self._item.stage)
        if wanted is None:
            self.dossier = Dossier(reasons=self._item.reasons)
            return 0
        if self._item.dossier or wanted == 0:
            return wanted
        return await self._resume(wanted)

    async def _resume(self, wanted: int) -> int:
        detail = await self._tools.store.get(self._item.id)
        kept = {output.stage: output.data for output in detail.outputs} if detail else {}
        for index in range(wanted - 1, -1, -1):
            stored = kept.get(self._plan.stages[index].id)
            if stored is not None:
                self.dossier = codec.decode(stored)
                return index + 1
        return 0

    async def _stage(self, planned: PlannedStage) -> Outcome:
        context = StageContext(
            message_id=self._item.id,
            channel=self._plan.name,
            content=self.content,
            now=self._tools.clock.now(),
            received_at=self._item.received_at,
        )
        async with self._timed(planned.id):
            outcome = await planned.stage.run(self.dossier, context)
        self._tools.observer.count(
            "stage_outcomes", channel=self._plan.name, stage=planned.id, outcome=type(outcome).__name__.lower()
        )
        return outcome

    @asynccontextmanager
    async def _timed(self, stage: str) -> AsyncIterator[None]:
        began = self._tools.clock.monotonic()
        try:
            yield
        finally:
            took = self._tools.clock.monotonic() - began
            self._tools.observer.observe("stage_seconds", took, channel=self._plan.name, stage=stage)

    async def _checkpoint(self, stage: str, following: str) -> None:
        """TRANSACTION: the costly stage's output and the next stage; a restart goes on behind it."""
        text = codec.encode(self.dossier)
        await self._tools.store.advance(
            self._lease,
            Transition(
                message_id=self._item.id,
                next_stage=following,
                dossier=text,
                outputs=(StageOutput(stage=stage, data=text),),
                reasons=self.dossier.all_reasons,
                documents=self.dossier.documents,
                metadata=self.dossier.metadata,
                audit=(AuditEntry(action="stage", detail=json.dumps({"stage": stage})),),
            ),
        )

    async def _end(self, dossier: Dossier, state: MessageState, *, why: str = "", duplicate_of: str = "") -> bool:
        """TRANSACTION: the end state; the work is over."""
        ending = release.end(self._item, dossier, state, why=why, duplicate_of=duplicate_of)
        await conclude(self._tools, self._lease, self._item, self._plan, ending)
        self._tools.observer.count("outcomes", channel=self._plan.name, state=state.value)
        return True

    def _go_back(self) -> None:
        """Begin again where this run began or kept its last output; a run that had only its last stage left, anew.

        Otherwise the same fingerprints would be claimed in vain for ever.
        """
        index, self.dossier = self._mark
        if index + 1 >= len(self._plan.stages):
            index, self.dossier = 0, Dossier(reasons=self._item.reasons)
        self.stage_id = self._plan.stages[index].id

    async def _finish(self) -> bool:
        """TRANSACTION: dossier, fingerprints, deliveries, review case and audit at once; the work is over.

        When another message took a fingerprint in the meantime, the stages run again and dedupe sees it.
        """
        await self._turn()
        now = self._tools.clock.now()
        if len(self._item.raw) < _LARGE_BYTES:
            transition = release.finish(self._item, self._plan, self.dossier, self.content, now)
        else:
            transition = await asyncio.to_thread(
                release.finish, self._item, self._plan, self.dossier, self.content, now
            )
        try:
            state = await conclude(self._tools, self._lease, self._item, self._plan, transition)
        except FingerprintTaken:
            self._go_back()
            raise StageRetry("fingerprint taken", after_seconds=0.05) from None
        self._tools.observer.count("outcomes", channel=self._plan.name, state=state.value)
        return True
