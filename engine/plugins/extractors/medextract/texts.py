"""The document's own text, read in a process that may be thrown away."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from engine.plugins.extractors.medextract.evidence import DocumentText

if TYPE_CHECKING:
    from engine.plugins.extractors.medextract.settings import CheckSettings

ReadText = Callable[[bytes], Awaitable[DocumentText]]
"""Bytes of a document to its text; whatever happens there is a text, were it without pages."""
_MODULE = "engine.plugins.extractors.medextract.textprocess"


class TextReader:
    """Calls a process for each document, some at a time."""

    def __init__(self, settings: CheckSettings, *, processes: int = 2) -> None:
        self._settings = settings
        self._slots = asyncio.Semaphore(processes)

    async def __call__(self, data: bytes) -> DocumentText:
        """The text of a document; one without pages when the process came to nothing."""
        async with self._slots:
            try:
                answer = await self._run(data)
                found = json.loads(answer)
                pages = tuple(tuple(str(line) for line in page) for page in found["pages"])
            except (OSError, TimeoutError, ValueError, KeyError, TypeError):
                return DocumentText()
            return DocumentText(pages=pages)

    async def _run(self, data: bytes) -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I" if "site-packages" in __file__ else "-P",
            "-m",
            _MODULE,
            str(self._settings.memory),
            str(self._settings.timeout),
            str(os.getpid()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", **_python_path()},
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._settings.timeout):
                return (await process.communicate(data))[0]
        finally:
            if process.returncode is None:
                process.kill()
                await asyncio.shield(process.wait())


def _python_path() -> dict[str, str]:
    """From a checkout the process needs the same import path; nothing else of the environment is passed on."""
    installed = "site-packages" in __file__
    return {} if installed else {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
