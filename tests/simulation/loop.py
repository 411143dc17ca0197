"""An event loop without a world: time is a number, what is ready runs in an order drawn by the seed, nodes can vanish."""
# ruff: noqa: ARG002 - a loop takes what asyncio gives it

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Callable
from contextvars import ContextVar
from random import Random
from typing import Any


class Strand:
    """Everything that one run of a process does: it may be frozen, and thrown away at any await."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.is_dead = False
        self.is_frozen = False
        self.held: list[asyncio.Handle] = []


STRAND: ContextVar[Strand | None] = ContextVar("strand", default=None)
"""Inherited by every task and callback that a process makes."""


class SimLoop(asyncio.BaseEventLoop):
    """Virtual time; no sockets, no threads.

    A round takes all that is ready and runs it in an order of the seed. Handles of a dead strand are kept and never
    run: the process is gone between two of its steps, wherever it waited. Handles of a frozen one wait for its return.
    """

    def __init__(self, dice: Random) -> None:
        super().__init__()
        self._dice = dice
        self._time = 0.0
        self._graveyard: list[asyncio.Handle] = []
        self.failures: list[str] = []
        self.dial: Callable[[Callable[[], asyncio.Protocol], str, int], Any] | None = None
        self.rounds = 0
        self.set_exception_handler(self._note_failure)

    def time(self) -> float:
        return self._time

    def call_soon_threadsafe(self, callback: Callable[..., Any], *args: Any, context: Any = None) -> asyncio.Handle:  # type: ignore[override]
        return self.call_soon(callback, *args, context=context)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        """Done at once and in the loop: a thread's work is one step."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except BaseException as problem:  # noqa: BLE001 - it goes to whoever waits
            future.set_exception(problem)
        return future

    async def create_connection(self, factory: Any, host: Any = None, port: Any = None, **_options: Any) -> Any:  # type: ignore[override]
        if self.dial is None:
            raise ConnectionRefusedError
        return await self.dial(factory, str(host), int(port))

    def thaw(self, strand: Strand) -> None:
        """Let a frozen strand go on where it stood."""
        strand.is_frozen = False
        self._ready.extend(strand.held)  # type: ignore[attr-defined]
        strand.held = []

    def bury(self, strand: Strand) -> None:
        """The process is gone; nothing of it runs again."""
        strand.is_dead = True
        self._graveyard += strand.held
        strand.held = []

    def raise_the_dead(self) -> None:
        """For the end of a run: all that was held back may run (and be cancelled), so that nothing is left behind."""
        self._ready.extend(self._graveyard)  # type: ignore[attr-defined]
        self._graveyard = []

    def _run_once(self) -> None:
        self.rounds += 1
        ready, scheduled = self._ready, self._scheduled  # type: ignore[attr-defined]
        while scheduled and scheduled[0]._cancelled:
            heapq.heappop(scheduled)._scheduled = False
        if not ready and not self._stopping:  # type: ignore[attr-defined]
            if not scheduled:
                raise RuntimeError("nothing will ever happen again")
            self._time = max(self._time, scheduled[0]._when)
        while scheduled and scheduled[0]._when <= self._time:
            handle = heapq.heappop(scheduled)
            handle._scheduled = False
            ready.append(handle)
        batch = list(ready)
        ready.clear()
        if len(batch) > 1:
            self._dice.shuffle(batch)
        for handle in batch:
            if handle._cancelled:
                continue
            strand = handle._context.get(STRAND)
            if strand is None or not (strand.is_dead or strand.is_frozen):
                handle._run()
            elif strand.is_dead:
                self._graveyard.append(handle)
            else:
                strand.held.append(handle)

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        return

    def _write_to_self(self) -> None:
        return

    def _process_events(self, event_list: Any) -> None:
        return

    def _note_failure(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        problem = context.get("exception")
        self.failures.append(f"{context['message']}: {type(problem).__name__}: {problem}")
