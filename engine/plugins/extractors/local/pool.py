"""A small pool of reader processes, each replaced when it is lost, too slow or used up."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.domain.reasons import reason
from engine.domain.report import LabReport, ReadDocument
from engine.plugins.extractors.local.wire import HEADER, MAX_ANSWER, load_report, pack
from engine.ports.extractor import ExtractorUnavailable, ReadRequest
from engine.ports.observe import Observer

if TYPE_CHECKING:
    from engine.plugins.extractors.local.settings import LocalSettings

_START_SECONDS = 30.0
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""A confined reader cannot start threads, and the libraries that recognise text must not try."""


class ReaderLost(Exception):
    """The process ended or broke its pipe before it answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A report and how long the reader process worked on it (0 where none did)."""

    report: LabReport
    milliseconds: int = 0


class _Reader:
    """One reader process; `limits` names those that it could set for itself."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.served = 0
        self.limits: frozenset[str] = frozenset()

    @classmethod
    async def start(cls, settings: LocalSettings) -> _Reader:
        """Start a process and wait until it has loaded its packs. Raises ReaderLost."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-I" if _is_installed() else "-P",
            "-m",
            "engine.plugins.extractors.local.reader",
            str(settings.memory),
            str(settings.cpu),
            str(os.getpid()),
            str(settings.scan_memory),
            str(settings.scan_time),
            settings.overlay,
            settings.loinc,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", **_ONE_THREAD, **_python_path()},
            start_new_session=True,
            limit=MAX_ANSWER,
        )
        reader = cls(process)
        try:
            async with asyncio.timeout(_START_SECONDS):
                ready, _ = await reader._receive()
        except (TimeoutError, ReaderLost, ValueError):
            await reader.kill()
            raise ReaderLost("no start") from None
        except asyncio.CancelledError:
            await asyncio.shield(reader.kill())
            raise
        reader.limits = frozenset(map(str, ready.get("limits", ())))
        return reader

    async def read(self, head: bytes, data: bytes, on_scan: Callable[[], None]) -> Reading:
        """Send one document, wait for the report; `on_scan` is called once pages have to be recognised.

        Raises ReaderLost, or ValueError where the answer is no report.
        """
        stdin = self._process.stdin
        if stdin is None:
            raise ReaderLost("no pipe")
        try:
            stdin.write(pack(head, data))
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise ReaderLost("pipe closed") from None
        self.served += 1
        told, answer = await self._receive()
        if told.get("scan"):
            on_scan()
            told, answer = await self._receive()
        return Reading(report=load_report(answer), milliseconds=int(told.get("milliseconds", 0)))

    async def _receive(self) -> tuple[Mapping[str, Any], bytes]:
        stdout = self._process.stdout
        if stdout is None:
            raise ReaderLost("no pipe")
        try:
            head_length, data_length = HEADER.unpack(await stdout.readexactly(HEADER.size))
            if head_length + data_length > MAX_ANSWER:
                raise ReaderLost("answer too long")
            head = await stdout.readexactly(head_length)
            data = await stdout.readexactly(data_length)
        except asyncio.IncompleteReadError:
            raise ReaderLost("ended") from None
        told = json.loads(head)
        if not isinstance(told, dict):
            raise ReaderLost("no answer")
        return told, data

    async def kill(self) -> None:
        """End the process and collect it."""
        if self._process.returncode is None:
            try:
                self._process.kill()
            except ProcessLookupError:
                return
        await self._process.wait()


def _is_installed() -> bool:
    """Whether the package lies in site-packages, so that an isolated interpreter finds it."""
    return "site-packages" in __file__


def _python_path() -> dict[str, str]:
    """From a checkout the reader needs the same import path; nothing else of the environment is passed on."""
    return {} if _is_installed() else {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


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
        self._idle: list[_Reader] = []
        self._starting: list[asyncio.Task[_Reader]] = []
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
                self._count("reader_lost", since)
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
            self._starting.append(asyncio.create_task(_Reader.start(self._settings)))

    async def _take(self) -> _Reader:
        self._start_all()
        while self._idle or self._starting:
            if self._idle:
                return self._idle.pop()
            task = self._starting.pop(0)
            try:
                return self._checked(await asyncio.shield(task))
            except asyncio.CancelledError:
                self._starting.append(task)
                raise
            except (ReaderLost, OSError):
                continue
        try:
            return self._checked(await _Reader.start(self._settings))
        except (ReaderLost, OSError) as problem:
            self._observer.note("extractor.no_reader", level="error", error=type(problem).__name__)
            raise ExtractorUnavailable("no reader process") from None

    def _checked(self, reader: _Reader) -> _Reader:
        self.limits = reader.limits
        return reader

    async def _put_back(self, reader: _Reader) -> None:
        if self._closed:
            await reader.kill()
        elif reader.served >= self._settings.documents_per_reader:
            self._start_one()
            await reader.kill()
        else:
            self._idle.append(reader)

    async def _give_up(self, reader: _Reader, request: ReadRequest, code: str) -> Reading:
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
            if isinstance(outcome, _Reader):
                readers.append(outcome)
        for reader in readers:
            await reader.kill()


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
