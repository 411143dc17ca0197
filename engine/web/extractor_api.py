"""The embedded extractor as a service of its own: the MedExtract API over the reader processes.

A document that cannot be read is an answer with its reasons, never an error: another try would not read it either,
and one that kills its reader must not be sent from server to server. Errors are for the call itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from engine.documents.sniff import CDA, DOCX, HTML, JPEG, PDF, PNG, RTF, TEXT, TIFF, is_complete, sniff
from engine.domain.document import Document
from engine.domain.report import LabReport
from engine.mapping import fhir_out, report_json
from engine.ports.clock import Clock
from engine.ports.extractor import ExtractorUnavailable, ReadRequest
from engine.ports.observe import Observer
from engine.web.auth import is_local_peer
from engine.web.extractor_faults import Faults
from engine.web.extractor_gate import Gate
from engine.web.headers import SECURITY_HEADERS
from engine.web.problems import Problem, bad_parameter, problem_response
from engine.web.upload import Upload, read_upload, too_large

READABLE = (PDF, TIFF, JPEG, PNG, DOCX, HTML, RTF, TEXT, CDA)
JSON, FHIR = "json", "fhir"
_FHIR_MEDIA_TYPE = "application/fhir+json"
_FORMATS: Mapping[str, str] = MappingProxyType({"json": JSON, "fhir": FHIR, "fhir_bundle": FHIR, "fhir_r4": FHIR})
_FORMAT_FIELDS = ("output_format", "format")
_TRUTH: Mapping[str, bool] = MappingProxyType({"true": True, "1": True, "false": False, "0": False})


class TimedReport(Protocol):
    """A report and how many milliseconds of a reader process it took."""

    @property
    def report(self) -> LabReport:
        """What was read."""

    @property
    def milliseconds(self) -> int:
        """0 where no process read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtractorServices:
    """What the service works with.

    Attributes:
        read: reads one document in a reader process; raises ExtractorUnavailable.
        gate: keys, rate and places.
        languages: codes that `language` may have beside `auto`.
        max_document: bytes a document may have.
        metrics_text: the Prometheus exposition, and its media type.
        faults: the script of faults, None outside tests.
    """

    read: Callable[[ReadRequest], Awaitable[TimedReport]]
    gate: Gate
    clock: Clock
    observer: Observer
    languages: frozenset[str]
    max_document: int
    metrics_text: Callable[[], bytes]
    metrics_type: str
    version: str
    faults: Faults | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    """How the answer shall look."""

    format: str
    language: str
    confident: bool


def create_extractor_app(services: ExtractorServices) -> Starlette:
    """The application; it keeps nothing of a document once it is answered."""
    service = _Service(services)
    post = ["POST"]
    app = Starlette(
        routes=[
            *(Route(path, service.alive) for path in ("/healthz", "/health")),
            *(Route(path, service.ready) for path in ("/readyz", "/ready")),
            Route("/metrics", service.metrics),
            Route("/v1/extract", partial(service.extract, usual=JSON), methods=post),
            Route("/v2/lab/report", partial(service.extract, usual=JSON), methods=post),
            Route("/v1/lab/parse", partial(service.extract, usual=JSON), methods=post),
            Route("/v1/lab/parse-pdf", partial(service.extract, usual=JSON), methods=post),
            Route("/v1/lab/fhir", partial(service.extract, usual=FHIR), methods=post),
            *([Route("/test-faults", service.script, methods=["PUT"])] if services.faults is not None else ()),
        ],
        middleware=[Middleware(_Finish, services=services)],
        exception_handlers={Problem: _on_problem, HTTPException: _on_refusal, Exception: _on_failure},
    )
    app.router.redirect_slashes = False
    app.state.services = services
    return app


class _Service:
    """The endpoints."""

    def __init__(self, services: ExtractorServices) -> None:
        self._services = services

    async def alive(self, _request: Request) -> Response:
        """The event loop runs."""
        return JSONResponse({"status": "ok", "version": self._services.version})

    async def ready(self, _request: Request) -> Response:
        """200 while documents are taken."""
        closing = self._services.gate.closing
        return JSONResponse({"status": "stopping" if closing else "ready"}, status_code=503 if closing else 200)

    async def metrics(self, request: Request) -> Response:
        """The Prometheus exposition, for this machine or with a key."""
        if not is_local_peer(request) and not self._services.gate.knows(request):
            raise Problem(HTTPStatus.UNAUTHORIZED, "a key is needed", headers={"WWW-Authenticate": "Bearer"})
        return Response(self._services.metrics_text(), headers={"Content-Type": self._services.metrics_type})

    async def script(self, request: Request) -> Response:
        """Write the script of faults; with a key like every call."""
        if self._services.faults is None:
            raise Problem(HTTPStatus.NOT_FOUND, "no such path")
        self._services.gate.admit(request)
        return await self._services.faults.put(request)

    async def extract(self, request: Request, *, usual: str) -> Response:
        """Read the document of the field `file`; `usual` is the form of the answer when none is asked for."""
        services = self._services
        services.gate.admit(request)
        with services.gate.place():
            upload = await read_upload(request, name="file", limit=services.max_document)
            wish = _wish(upload.fields, usual, services.languages)
            document = _document(upload, services.max_document)
            fault = await services.faults.next() if services.faults is not None else None
            if fault is not None:
                return fault
            started = services.clock.monotonic()
            asked = ReadRequest(document=document, data=upload.data, language=wish.language)
            reading = await _while_connected(request, services.read(asked))
        services.observer.note(
            "extractor.served",
            media_type=document.media_type,
            bytes=document.size_bytes,
            pages=reading.report.document.pages,
            duration_ms=round((services.clock.monotonic() - started) * 1000),
        )
        return await asyncio.to_thread(_answer, reading, wish)


def _wish(fields: Mapping[str, str], usual: str, languages: frozenset[str]) -> _Wish:
    """Raises Problem (400)."""
    name = next((item for item in _FORMAT_FIELDS if item in fields), _FORMAT_FIELDS[0])
    wanted = _FORMATS.get(fields.get(name, usual).strip().lower())
    if wanted is None:
        raise bad_parameter(name, f"one of {', '.join(_FORMATS)}")
    confident = _TRUTH.get(fields.get("include_confidence", "true").strip().lower())
    if confident is None:
        raise bad_parameter("include_confidence", "true or false")
    language = fields.get("language", "auto").strip().lower().replace("_", "-").partition("-")[0] or "auto"
    if language != "auto" and language not in languages:
        raise bad_parameter("language", f"auto, {', '.join(sorted(languages))}")
    return _Wish(format=wanted, language=language, confident=confident)


def _document(upload: Upload, limit: int) -> Document:
    """The document under the type its bytes show; what the caller calls it counts for nothing. Raises Problem."""
    data = upload.data
    if not data:
        raise bad_parameter("file", "the file is empty")
    if len(data) > limit:
        raise too_large(limit)
    media_type = sniff(data)
    if media_type not in READABLE:
        detail = f"{media_type} is not read here; send {', '.join(READABLE)}"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, detail)
    sha256 = hashlib.sha256(data).hexdigest()
    return Document(sha256=sha256, media_type=media_type, size_bytes=len(data), complete=is_complete(data, media_type))


async def _while_connected(request: Request, reading: Awaitable[TimedReport]) -> TimedReport:
    """The report, unless the caller hangs up first: it will ask again, and a scan takes minutes. Raises Problem."""
    read = asyncio.ensure_future(reading)
    gone = asyncio.create_task(_disconnected(request))
    try:
        await asyncio.wait({read, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not read.done():
            raise Problem(HTTPStatus.BAD_REQUEST, "the connection ended before the answer")
        return read.result()
    except ExtractorUnavailable:
        detail = "no reader process can be started"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, detail, headers={"Retry-After": "5"}) from None
    finally:
        for task in (read, gone):
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError, ExtractorUnavailable):
            await asyncio.gather(read, gone, return_exceptions=True)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        continue


def _answer(reading: TimedReport, wish: _Wish) -> Response:
    report = reading.report
    if wish.format == FHIR:
        bundle = fhir_out.to_bundle(report, include_confidence=wish.confident)
        return Response(report_json.dumps(bundle), media_type=_FHIR_MEDIA_TYPE)
    shown = report_json.to_dict(report, milliseconds=reading.milliseconds)
    if not wish.confident:
        shown = _without_confidence(shown)
    return Response(report_json.dumps(shown), media_type="application/json")


def _without_confidence(node: Any) -> Any:
    """JSON without the keys that hold a confidence."""
    if isinstance(node, dict):
        kept = {key: value for key, value in node.items() if "confidence" not in key}
        return {key: _without_confidence(value) for key, value in kept.items()}
    return [_without_confidence(item) for item in node] if isinstance(node, list) else node


class _Finish:
    """ASGI middleware: the headers of every answer, and its status in the metrics."""

    def __init__(self, app: ASGIApp, *, services: ExtractorServices) -> None:
        self._app = app
        self._services = services

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on and finish its answer."""

        async def finished(message: Message) -> None:
            if message["type"] == "http.response.start":
                known = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items()]
                message["headers"] = [*message["headers"], *known]
                if scope["method"] == "POST":
                    self._services.observer.count("extractor_answers", status=str(message["status"]))
            await send(message)

        await self._app(scope, receive, finished)


async def _on_problem(_request: Request, error: Exception) -> Response:
    if not isinstance(error, Problem):
        raise error
    return problem_response(error)


async def _on_refusal(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    details = {404: "no such path", 405: "this path does not take this method"}
    detail = details.get(error.status_code, "the request was refused")
    return problem_response(Problem(error.status_code, detail, headers=error.headers))


async def _on_failure(request: Request, error: Exception) -> Response:
    """A bug; the caller learns no more than that. Runs outside the middleware."""
    services: ExtractorServices = request.app.state.services
    services.observer.note("web.failed", level="error", error=type(error).__name__)
    detail = "the request failed; see the service's log"
    return problem_response(Problem(HTTPStatus.INTERNAL_SERVER_ERROR, detail, headers=SECURITY_HEADERS))
