"""A small pool of reader processes, each replaced when it is lost, too slow or used up."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING

from engine.domain.reasons import reason
from engine.domain.report import LabReport, ReadDocument
from engine.mapping import report_json
from engine.plugins.extractors.local.wire import HEADER, MAX_ANSWER, pack
from engine.ports.extractor import ExtractorUnavailable, ReadRequest
from engine.ports.observe import Observer

if TYPE_CHECKING:
    from engine.plugins.extractors.local import LocalSettings

_START_SECONDS = 30.0


class ReaderLost(Exception):
    """The process ended or broke its pipe before it answered."""


class _Reader:
    """One reader process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.served = 0

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
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", **_python_path()},
            start_new_session=True,
            limit=MAX_ANSWER,
        )
        reader = cls(process)
        try:
            async with asyncio.timeout(_START_SECONDS):
                await reader._receive()
        except (TimeoutError, ReaderLost):
            await reader.kill()
            raise ReaderLost("no start") from None
        return reader

    async def read(self, head: bytes, data: bytes) -> bytes:
        """Send one document, wait for the report. Raises ReaderLost."""
        stdin = self._process.stdin
        if stdin is None:
            raise ReaderLost("no pipe")
        try:
            stdin.write(pack(head, data))
            await stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise ReaderLost("pipe closed") from None
        self.served += 1
        return await self._receive()

    async def _receive(self) -> bytes:
        stdout = self._process.stdout
        if stdout is None:
            raise ReaderLost("no pipe")
        try:
            head_length, data_length = HEADER.unpack(await stdout.readexactly(HEADER.size))
            if head_length + data_length > MAX_ANSWER:
                raise ReaderLost("answer too long")
            return (await stdout.readexactly(head_length + data_length))[head_length:]
        except asyncio.IncompleteReadError:
            raise ReaderLost("ended") from None

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
    """The `Extractor` port over the pool; processes start at the first documents."""

    def __init__(self, settings: LocalSettings, observer: Observer) -> None:
        self._settings = settings
        self._observer = observer
        self._slots = asyncio.Semaphore(settings.readers)
        self._idle: list[_Reader] = []
        self._closed = False

    async def extract(self, request: ReadRequest) -> LabReport:
        """Read one document in a reader process.

        A document that kills or outlasts its reader comes back as an empty report with the reason on it.

        Raises:
            ExtractorUnavailable: no reader process can be started.
        """
        if request.document.size_bytes > self._settings.max_document:
            return _unread(request, "document.too_large")
        async with self._slots:
            if self._closed:
                raise ExtractorUnavailable("closed")
            reader = await self._take()
            try:
                async with asyncio.timeout(self._settings.timeout):
                    answer = await reader.read(_head(request), request.data)
                report = report_json.from_dict(report_json.loads(answer))
            except TimeoutError:
                return await self._give_up(reader, request, "document.timeout")
            except (ReaderLost, ValueError, TypeError, KeyError):
                return await self._give_up(reader, request, "document.worker_lost")
            except asyncio.CancelledError:
                await asyncio.shield(reader.kill())
                raise
            await self._put_back(reader)
            return report

    async def _take(self) -> _Reader:
        if self._idle:
            return self._idle.pop()
        try:
            return await _Reader.start(self._settings)
        except (ReaderLost, OSError) as problem:
            self._observer.note("extractor.no_reader", level="error", error=type(problem).__name__)
            raise ExtractorUnavailable("no reader process") from None

    async def _put_back(self, reader: _Reader) -> None:
        if self._closed or reader.served >= self._settings.documents_per_reader:
            await reader.kill()
        else:
            self._idle.append(reader)

    async def _give_up(self, reader: _Reader, request: ReadRequest, code: str) -> LabReport:
        await reader.kill()
        self._observer.note("extractor.reader_lost", level="warning", reason=code, bytes=request.document.size_bytes)
        return _unread(request, code)

    async def close(self) -> None:
        """End all reader processes that are idle; busy ones end with their document."""
        self._closed = True
        readers, self._idle = self._idle, []
        for reader in readers:
            await reader.kill()


def _head(request: ReadRequest) -> bytes:
    head = {"sha256": request.document.sha256, "language": request.language, "sex": request.sex}
    return json.dumps(head).encode("ascii")


def _unread(request: ReadRequest, code: str) -> LabReport:
    document = ReadDocument(sha256=request.document.sha256, media_type=request.document.media_type)
    return LabReport(document=document, engine="local", needs_review=True, review_reasons=(reason(code),))
