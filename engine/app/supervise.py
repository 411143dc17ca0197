"""Keeps the engine's long-running tasks alive: what fails is noted and started again, with back-off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from engine.ports.clock import Clock
from engine.ports.observe import Observer

_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 30.0


class Supervisor:
    """Runs named tasks until they return; restarts those that raise."""

    def __init__(self, clock: Clock, observer: Observer) -> None:
        self._clock = clock
        self._observer = observer
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._failing: set[str] = set()

    @property
    def failing(self) -> frozenset[str]:
        """Names of tasks that are waiting to be started again; readiness shows them."""
        return frozenset(self._failing)

    def start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Run `work` until it returns."""
        self._tasks[name] = asyncio.create_task(self._keep(name, work), name=name)

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        pause = _FIRST_PAUSE_SECONDS
        while True:
            began = self._clock.monotonic()
            try:
                await work()
            except Exception as problem:  # noqa: BLE001 - the one place that may: it restarts and says so
                self._failing.add(name)
                self._observer.note(
                    "supervisor.restart", level="error", error=type(problem).__name__, component=_shown(name)
                )
            else:
                self._failing.discard(name)
                return
            if self._clock.monotonic() - began > _LONGEST_PAUSE_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            await self._clock.sleep(pause)
            self._failing.discard(name)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def cancel(self, name: str) -> None:
        """End a task that has no end of its own."""
        task = self._tasks.get(name)
        if task is not None:
            task.cancel()

    async def join(self, seconds: float) -> bool:
        """Wait for all tasks to return; cancels what is left after that time. True when all returned by themselves."""
        tasks = list(self._tasks.values())
        if not tasks:
            return True
        _, left = await asyncio.wait(tasks, timeout=seconds)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return not left


def _shown(name: str) -> str:
    """A task's name as the log takes it; a queue's has a slash between channel and destination."""
    return name.replace("/", ".")[:64]
