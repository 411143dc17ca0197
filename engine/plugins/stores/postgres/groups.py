"""Group commit: calls that come while a commit runs share the next one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from engine.plugins.stores.postgres.connection import CallError
from engine.ports.store import StoreError, StoreFull

Call = TypeVar("Call")
Result = TypeVar("Result")
_AT_ONCE = 2
"""Groups on their way together: while one waits for the disk the next is written."""
_MOST_CALLS = 256
_MOST_BYTES = 16 * 1024 * 1024


@dataclass(slots=True)
class _Waiting(Generic[Call]):
    call: Call
    size: int
    future: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Grouped(Generic[Call, Result]):
    """Runs calls in groups, each group in one transaction; a call that fails, fails alone."""

    def __init__(
        self, run: Callable[[Sequence[Call]], Awaitable[Sequence[Result | BaseException]]], most_waiting: int
    ) -> None:
        self._run = run
        self._most_waiting = most_waiting
        self._waiting: deque[_Waiting[Call]] = deque()
        self._tasks: set[asyncio.Task[None] | None] = set()

    @property
    def pressure(self) -> float:
        """How full the queue is: 0 empty, 1 refuses."""
        return min(1.0, len(self._waiting) / self._most_waiting)

    async def submit(self, call: Call, size: int = 0) -> Result:
        """What came of the call, after its COMMIT.

        Raises:
            StoreFull: too many calls wait.
            StoreError: not done.
        """
        if len(self._waiting) >= self._most_waiting:
            raise StoreFull("too many calls wait for the database")
        waiting = _Waiting(call, size)
        self._waiting.append(waiting)
        if len(self._tasks) < _AT_ONCE:
            self._tasks.add(asyncio.create_task(self._work()))
        result: Result = await waiting.future
        return result

    async def close(self) -> None:
        """Let what was submitted come to its end."""
        while running := [task for task in self._tasks if task is not None]:
            await asyncio.wait(running)

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._do(self._take())
        finally:
            # At once, not by a callback of the task: who was told the outcome may call again in the same round of the
            # loop, and must not take this task for one that still looks at what waits.
            self._tasks.discard(asyncio.current_task())

    async def _do(self, group: Sequence[_Waiting[Call]]) -> None:
        try:
            await self._settle(group, await self._run([item.call for item in group]))
        except StoreError as problem:
            await self._one_by_one(group, problem)
        finally:
            for item in group:
                item.future.cancel()  # without effect on those that have their result

    def _take(self) -> list[_Waiting[Call]]:
        group: list[_Waiting[Call]] = []
        size = 0
        while self._waiting and len(group) < _MOST_CALLS and (not group or size < _MOST_BYTES):
            group.append(self._waiting.popleft())
            size += group[-1].size
        return group

    async def _settle(self, group: Sequence[_Waiting[Call]], outcomes: Sequence[Result | BaseException]) -> None:
        for item, outcome in zip(group, outcomes, strict=True):
            if item.future.done():
                continue  # nobody waits any more
            if isinstance(outcome, BaseException):
                item.future.set_exception(outcome)
            else:
                item.future.set_result(outcome)

    async def _one_by_one(self, group: Sequence[_Waiting[Call]], problem: StoreError) -> None:
        """One bad call must not fail its neighbours; when the database itself is in trouble, all of them fail now."""
        if len(group) == 1 or not isinstance(problem, CallError):
            await self._settle(group, [_again(problem) for _ in group])
            return
        for item in group:
            try:
                await self._settle([item], await self._run([item.call]))
            except StoreError as alone:
                await self._settle([item], [alone])


def _again(problem: StoreError) -> StoreError:
    """An error of its own for each caller: a traceback belongs to one."""
    return type(problem)(*problem.args)
