"""Processes of our own that open foreign documents: how they are started, asked and ended."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from types import MappingProxyType

_NOTHING: Mapping[str, str] = MappingProxyType({})


async def start_process(
    module: str, *arguments: str, stdin: int, stdout: int, environment: Mapping[str, str] = _NOTHING
) -> asyncio.subprocess.Process:
    """Start a module of the engine in a session of its own, without our environment and without anything to say.

    Args:
        module: its dotted name; it is run as `python -m`.
        arguments: its command line.
        stdin: a descriptor, or `asyncio.subprocess.PIPE`.
        stdout: likewise, or `DEVNULL`.
        environment: what it gets beside a path and a language.

    Raises:
        OSError: no process can be started.
    """
    installed = "site-packages" in __file__
    # From a checkout the process needs the same import path; installed, an isolated interpreter finds the package.
    path = {} if installed else {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-I" if installed else "-P",
        "-m",
        module,
        *arguments,
        stdin=stdin,
        stdout=stdout,
        stderr=asyncio.subprocess.DEVNULL,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", **environment, **path},
        start_new_session=True,
    )


async def ask_process(module: str, *arguments: str, data: bytes, seconds: float) -> bytes:
    """What a process answers to some bytes, as far as it came.

    Raises:
        OSError: no process can be started.
        TimeoutError: it did not end in time, and was ended.
    """
    process = await start_process(module, *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(seconds):
            return (await process.communicate(data))[0]
    finally:
        await asyncio.shield(end_process(process))


async def end_process(process: asyncio.subprocess.Process) -> None:
    """Kill a process that still runs, and collect it.

    `Process.kill` of Python 3.11 looks first whether the process has ended, and so takes the exit status away from
    under asyncio's watcher, which then logs `Unknown child process`. A signal alone takes nothing.
    """
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
    await process.wait()
