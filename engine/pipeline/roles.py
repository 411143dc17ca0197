"""Work that one node does for all: a poller, the pruner, a scheduler."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from engine.ports.clock import Clock
from engine.ports.observe import Observer
from engine.ports.store import RoleLease, Store

_CHECK_SECONDS = 0.5
_TAKE_SECONDS = 1.0


class Role:
    """Does a piece of singleton work while this node holds its role; another node takes over when it does not.

    Args:
        name: of the role, the same on every node.
        work: runs until cancelled, or returns when it is done for good. It is cancelled within a second of the role
            being lost, and must leave nothing half done then.
    """

    def __init__(
        self,
        store: Store,
        *,
        node: str,
        name: str,
        work: Callable[[], Awaitable[None]],
        clock: Clock,
        observer: Observer,
    ) -> None:
        self._store = store
        self._node = node
        self._name = name
        self._work = work
        self._clock = clock
        self._observer = observer
        self._stopping = False
        self._asleep: asyncio.Task[None] | None = None

    def stop(self) -> None:
        """Give the role back; `run` returns."""
        self._stopping = True
        if self._asleep is not None:
            self._asleep.cancel()

    async def run(self) -> None:
        """Take the role again and again until stopped or the work is done. Raises what the work raises."""
        while not self._stopping:
            role = await self._store.take_role(self._node, self._name)
            if role is None:
                await self._sleep(_TAKE_SECONDS)
                continue
            try:
                if await self._hold(role):
                    return
            finally:
                await self._store.drop_role(role)

    async def _hold(self, role: RoleLease) -> bool:
        """Work while the role is ours; whether the work is done for good."""
        task = asyncio.ensure_future(self._work())
        task.add_done_callback(lambda _: self._asleep.cancel() if self._asleep is not None else None)
        try:
            while not task.done() and not self._stopping and self._store.holds(role):
                await self._sleep(_CHECK_SECONDS)
            if task.done():
                await task
                return True
        finally:
            task.cancel()
            await asyncio.wait({task})
        if not self._stopping:
            self._observer.note("role.lost", level="warning", component=self._name)
        return False

    async def _sleep(self, seconds: float) -> None:
        """On the clock; `stop` and the end of the work cut it short."""
        self._asleep = asyncio.ensure_future(self._clock.sleep(seconds))
        await asyncio.wait({self._asleep})
        self._asleep = None
