"""A small pool of reader processes, each replaced when it is lost, too slow or used up."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING

from engine.domain.reasons import reason
from engine.domain.report import LabReport, ReadDocument
from engine.plugins.extractors.local.processes import Reader, ReaderLost, Reading, Template
from engine.ports.extractor import ExtractorUnavailable, ReadRequest
from engine.ports.observe import Observer

if TYPE_CHECKING:
    from engine.plugins.extractors.local.settings import LocalSettings


class LocalExtractor:
    """The `Extractor` port over the pool; all processes start together, at `start` or with the first document.

    Attributes:
        limits: what a reader process could deny itself: `memory core file_size files processes calls`, the last being
            the filter of system calls; empty before the first document.
    """

    def __init__(self, settings: LocalSettings, observer: Observer) -> None:
        self._settings = settings
        self._observer = observer
        self._slots = asyncio.Semaphore(settings.readers)
        self._idle: list[Reader] = []
        self._starting: list[asyncio.Task[Reader]] = []
        self._template: asyncio.Task[Template] | None = None
        self.limits: frozenset[str] = frozenset()
        self._warm = False
        self._closed = False

    async def start(self) -> None:
        """Start all reader processes and wait for them, so that the first documents need not; failures show later."""
        self._start_all()
        if self._starting:
            await asyncio.wait(self._starting)

    async def extract(self, request: ReadRequest) -> LabReport:
        """Read one document in a reader process.

        A document that kills or outlasts its reader comes back as an empty report with the reason on it.

        Raises:
            ExtractorUnavailable: no reader process can be started.
        """
        return (await self.read(request)).report

    async def read(self, request: ReadRequest) -> Reading:
        """Like `extract`, with the time it took. Raises ExtractorUnavailable."""
        if request.document.size_bytes > self._settings.max_document:
            return _unread(request, "document.too_large")
        async with self._slots:
            reading = await self._try(request, last=False)
            return reading or await self._try(request, last=True) or _unread(request, "document.worker_lost")

    async def _try(self, request: ReadRequest, *, last: bool) -> Reading | None:
        """Read one document; None where its reader went with the template, which is not the document's doing."""
        if self._closed:
            raise ExtractorUnavailable("closed")
        reader = await self._take()
        since = asyncio.get_running_loop().time()
        try:
            async with asyncio.timeout(self._settings.timeout) as deadline:
                reading = await reader.read(_head(request), request.data, lambda: self._prolong(deadline))
        except TimeoutError:
            self._count("timeout", since)
            return await self._give_up(reader, request, "document.timeout")
        except (ReaderLost, ValueError, TypeError):
            if reader.template.is_gone and not last:
                await reader.kill()
                return None
            self._count("reader_lost", since)
            await reader.template.retire()
            return await self._give_up(reader, request, "document.worker_lost")
        except asyncio.CancelledError:
            await asyncio.shield(reader.kill())
            raise
        await self._put_back(reader)
        self._count("read", since)
        return reading

    def _count(self, outcome: str, since: float) -> None:
        self._observer.count("extractor_calls", extractor="local", outcome=outcome)
        self._observer.observe("extractor_seconds", asyncio.get_running_loop().time() - since, extractor="local")

    def _prolong(self, deadline: asyncio.Timeout) -> None:
        """Give the pages that have to be recognised their time; the reader itself stops before that is over."""
        now = asyncio.get_running_loop().time()
        deadline.reschedule(now + self._settings.timeout + self._settings.scan_time)

    def _start_all(self) -> None:
        if not self._warm and not self._closed:
            self._warm = True
            for _ in range(self._settings.readers):
                self._start_one()

    def _start_one(self) -> None:
        """Start a reader ahead of the document that will need it."""
        if not self._closed:
            self._starting.append(asyncio.create_task(self._make_reader()))

    async def _make_reader(self) -> Reader:
        """A new reader, of the template there is or of a new one. Raises ReaderLost, OSError."""
        task = self._template
        if task is None or _is_spent(task):
            task, spent = asyncio.create_task(Template.start(self._settings)), task
            self._template = task
            await self._put_away(spent)
        return await Reader.start(await asyncio.shield(task))

    async def _put_away(self, task: asyncio.Task[Template] | None) -> None:
        """Let a template go that makes no more readers; one that ended by itself is told."""
        if task is None or task.cancelled() or task.exception():
            return
        template = task.result()
        if not template.is_retired:
            self._observer.note("extractor.template_lost", level="warning")
        await template.retire()

    async def _take(self) -> Reader:
        self._start_all()
        while self._idle or self._starting:
            reader = self._idle.pop() if self._idle else await self._started()
            if reader is None:
                continue
            if not reader.template.is_spent:
                return self._checked(reader)
            self._start_one()
            await reader.kill()
        try:
            return self._checked(await self._make_reader())
        except (ReaderLost, OSError) as problem:
            self._observer.note("extractor.no_reader", level="error", error=type(problem).__name__)
            raise ExtractorUnavailable("no reader process") from None

    async def _started(self) -> Reader | None:
        """The reader that was started first; None where it came to nothing."""
        task = self._starting.pop(0)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self._starting.append(task)
            raise
        except (ReaderLost, OSError):
            return None

    def _checked(self, reader: Reader) -> Reader:
        self.limits = reader.limits
        return reader

    async def _put_back(self, reader: Reader) -> None:
        if self._closed:
            await reader.kill()
        elif reader.served >= self._settings.documents_per_reader or reader.template.is_spent:
            self._start_one()
            await reader.kill()
        else:
            self._idle.append(reader)

    async def _give_up(self, reader: Reader, request: ReadRequest, code: str) -> Reading:
        self._start_one()
        await reader.kill()
        self._observer.note("extractor.reader_lost", level="warning", reason=code, bytes=request.document.size_bytes)
        return _unread(request, code)

    async def close(self) -> None:
        """End all reader processes that are idle or starting; busy ones end with their document."""
        self._closed = True
        readers, self._idle = self._idle, []
        tasks, self._starting = self._starting, []
        for task in tasks:
            task.cancel()
        for outcome in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(outcome, Reader):
                readers.append(outcome)
        for reader in readers:
            await reader.kill()
        if self._template is not None:
            with suppress(OSError):
                await (await asyncio.shield(self._template)).retire()


def _is_spent(task: asyncio.Task[Template]) -> bool:
    """Whether a template was started and makes no readers; one that is starting will."""
    return task.done() and (task.cancelled() or task.exception() is not None or task.result().is_spent)


def _head(request: ReadRequest) -> bytes:
    head = {
        "sha256": request.document.sha256,
        "language": request.language,
        "sex": request.sex,
        "facility": request.facility,
        "application": request.application,
    }
    return json.dumps(head).encode("ascii")


def _unread(request: ReadRequest, code: str) -> Reading:
    document = ReadDocument(sha256=request.document.sha256, media_type=request.document.media_type)
    empty = LabReport(document=document, engine="local", needs_review=True, review_reasons=(reason(code),))
    return Reading(report=empty)
