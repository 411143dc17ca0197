"""Processes that are asked once: they are ended for good, and nobody else takes their exit status."""

from __future__ import annotations

import asyncio
import logging
import os
import threading

import pytest

from engine.links.processes import end_process


def test_the_watcher_gets_the_exit_status_of_a_process_that_is_ended(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A process may die just before it is killed: asyncio, which is about to collect it, must still find it."""
    asked, collect = threading.Event(), os.waitpid

    def late(pid: int, options: int) -> tuple[int, int]:
        if threading.current_thread() is not threading.main_thread():
            os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            asked.wait()
        return collect(pid, options)

    async def run() -> int | None:
        process = await asyncio.create_subprocess_exec("true", stdout=asyncio.subprocess.DEVNULL)
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        ending = asyncio.create_task(end_process(process))
        await asyncio.sleep(0)
        asked.set()
        await ending
        return process.returncode

    monkeypatch.setattr(os, "waitpid", late)
    with caplog.at_level(logging.WARNING, "asyncio"):
        assert asyncio.run(run()) == 0
    assert caplog.messages == []
