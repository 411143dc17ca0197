"""The extraction service without sockets: what a request may say, and what each trouble is answered with."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from engine.domain.report import LabReport, ReadDocument, Result, Section
from engine.ports.extractor import ExtractorUnavailable, ReadRequest
from engine.web.extractor_api import ExtractorServices, create_extractor_app
from engine.web.extractor_faults import Faults
from engine.web.extractor_gate import Gate
from tests.support.intake_fakes import HandClock, RecordingObserver

KEY = "k" * 24
TEXT = b"Glucose 90 mg/dL"


@dataclass(frozen=True)
class _Reading:
    report: LabReport
    milliseconds: int = 7


Read = Callable[[ReadRequest], Awaitable[_Reading]]


async def _glucose(request: ReadRequest) -> _Reading:
    result = Result(id="r1", test_name="Glucose", value="90", confidence=0.9)
    document = ReadDocument(sha256=request.document.sha256, media_type=request.document.media_type, pages=1)
    return _Reading(LabReport(document=document, sections=(Section(name="", results=(result,)),), confidence=0.9))


class _World:
    def __init__(self, read: Read = _glucose, **more: Any) -> None:
        self.asked: list[ReadRequest] = []
        self.observer = RecordingObserver()
        self.gate = Gate([KEY], per_minute=0, places=1, monotonic=HandClock().monotonic)

        async def reading(request: ReadRequest) -> _Reading:
            self.asked.append(request)
            return await read(request)

        services = ExtractorServices(
            read=reading, gate=self.gate, clock=HandClock(), observer=self.observer, languages=frozenset({"en", "es"}),
            max_document=1000, metrics_text=lambda: b"figures\n", metrics_type="text/plain", version="1", **more,
        )  # fmt: skip
        self.app = create_extractor_app(services)

    def client(self, peer: str = "127.0.0.1", key: str = KEY) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(peer, 5000))
        return httpx.AsyncClient(transport=transport, base_url="http://reader", headers={"X-API-Key": key})

    async def post(self, path: str = "/v1/extract", data: bytes = TEXT, **fields: str) -> httpx.Response:
        async with self.client() as client:
            return await client.post(path, files={"file": ("a.txt", data)}, data=fields)


async def test_a_document_goes_to_the_reader_under_its_own_type() -> None:
    """Bytes decide about the type, `es_MX` is Spanish, and the answer is noted without a word of content."""
    world = _World()
    answer = await world.post(language="es_MX")
    assert answer.json()["sections"][0]["results"][0]["value"] == "90"
    (asked,) = world.asked
    assert (asked.data, asked.language, asked.document.media_type) == (TEXT, "es", "text/plain")
    (note,) = world.observer.events("extractor.served")
    assert (note["media_type"], note["bytes"], note["pages"]) == ("text/plain", len(TEXT), 1)
    assert world.observer.counted("extractor_answers", status="200") == 1
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "fields", "media_type"),
    [
        ("/v1/extract", {}, "application/json"),
        ("/v1/extract", {"output_format": "fhir_bundle"}, "application/fhir+json"),
        ("/v2/lab/report", {"format": "FHIR"}, "application/fhir+json"),
        ("/v1/lab/parse", {}, "application/json"),
        ("/v1/lab/parse-pdf", {}, "application/json"),
        ("/v1/lab/fhir", {}, "application/fhir+json"),
        ("/v1/lab/fhir", {"format": "json"}, "application/json"),
    ],
)
async def test_paths_and_formats(path: str, fields: dict[str, str], media_type: str) -> None:
    """Each dialect's path, with its usual format and the one asked for."""
    answer = await _World().post(path, **fields)
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)


@pytest.mark.parametrize(
    ("data", "status"),
    [(b"x" * 1000, 200), (b"x" * 1001, 413), (b"x" * 200_000, 413), (b"", 400), (b"PK\x03\x04", 415)],
)
async def test_bodies_within_bounds(data: bytes, status: int) -> None:
    """The cap counts the document's own bytes; nothing refused reaches a reader."""
    world = _World()
    assert (await world.post(data=data)).status_code == status
    assert len(world.asked) == (status == 200)


async def test_no_reader_is_a_503_and_a_bug_a_500() -> None:
    """Both are problems without a word about the document, and the place is free again after each."""

    async def unavailable(_: ReadRequest) -> _Reading:
        raise ExtractorUnavailable("no reader process")

    async def broken(_: ReadRequest) -> _Reading:
        raise LookupError("Ana Prueba")

    for read, status in ((unavailable, 503), (broken, 500)):
        world = _World(read)
        for _ in range(2):
            answer = await world.post()
            assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
            assert "Prueba" not in answer.text + str(world.observer.notes)
    assert (await _World(unavailable).post()).headers["retry-after"] == "5"


async def test_a_caller_that_hangs_up_ends_the_reading() -> None:
    """The reader is told to stop, so that a scan nobody waits for costs nothing more."""
    ended = asyncio.Event()

    async def endless(_: ReadRequest) -> _Reading:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError

    world = _World(endless)
    boundary = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n' + TEXT + b"\r\n--b--\r\n"
    messages = [{"type": "http.request", "body": boundary, "more_body": False}, {"type": "http.disconnect"}]

    async def receive() -> Any:
        return messages.pop(0)

    async def send(_: Any) -> None:
        return None

    headers = [(b"content-type", b"multipart/form-data; boundary=b"), (b"x-api-key", KEY.encode())]
    scope = {
        "type": "http", "method": "POST", "path": "/v1/extract", "raw_path": b"/v1/extract", "query_string": b"",
        "headers": headers, "client": ("127.0.0.1", 1), "server": ("reader", 80), "scheme": "http", "http_version": "1.1",
        "root_path": "",
    }  # fmt: skip
    await world.app(scope, receive, send)
    assert ended.is_set()
    with world.gate.place():
        pass


async def test_faults_are_not_there_unless_asked_for() -> None:
    """Without `--test-faults` the path does not exist; with it a script needs a key and known words."""
    async with _World().client() as client:
        assert (await client.put("/test-faults", json=["500"])).status_code == 404
    world = _World(faults=Faults())
    async with world.client(key="wrong") as client:
        assert (await client.put("/test-faults", json=["500"])).status_code == 401
    async with world.client() as client:
        for script in ('["explode"]', '"500"', "[500]", "[", '["delay:-1"]', '["delay:1e9"]', '["delay:nan"]'):
            assert (await client.put("/test-faults", content=script)).status_code == 400
        assert (await client.put("/test-faults", json=["500", "429:3", "garbage", "truncate"])).json() == {"faults": 4}
    answers = [await world.post() for _ in range(5)]
    assert [answer.status_code for answer in answers] == [500, 429, 200, 200, 200]
    assert answers[1].headers["retry-after"] == "3"
    assert len(world.asked) == 1


async def test_probes_and_figures() -> None:
    """Probes are open; readiness ends when the service closes; figures are for this machine or a key."""
    world = _World()
    async with world.client(peer="192.0.2.7", key="") as client:
        assert [(await client.get(path)).status_code for path in ("/healthz", "/health", "/readyz", "/ready")] == [
            200
        ] * 4
        assert (await client.get("/metrics")).status_code == 401
    async with world.client(peer="192.0.2.7") as client:
        assert (await client.get("/metrics")).text == "figures\n"
    world.gate.closing = True
    async with world.client() as client:
        assert (await client.get("/readyz")).status_code == 503
        assert (await client.get("/healthz")).status_code == 200
    assert (await world.post()).status_code == 503
