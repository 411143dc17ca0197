"""The document's own text, read in a process that may be thrown away."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from engine.links.processes import ask_process
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
        return await ask_process(
            _MODULE,
            str(self._settings.memory),
            str(self._settings.timeout),
            str(os.getpid()),
            data=data,
            seconds=self._settings.timeout,
        )
