"""The remote extractor's client against a stand-in over real loopback sockets, fault by fault."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from engine.domain.document import Document
from engine.domain.outcome import Continue
from engine.domain.report import LabReport
from engine.extraction.packs import load
from engine.extraction.packs.model import Packs
from engine.plugins.extractors.local import LocalSettings
from engine.plugins.extractors.local.pool import LocalExtractor
from engine.plugins.extractors.medextract import PLUGIN
from engine.plugins.extractors.medextract.client import MedExtract
from engine.plugins.extractors.medextract.evidence import DocumentText
from engine.plugins.extractors.medextract.texts import TextReader
from engine.plugins.stages.extract import Extract, ExtractSettings
from engine.ports.extractor import ExtractorUnavailable, ReadRequest
from engine.ports.services import SiteServices
from tests.generators.patients import make_population
from tests.generators.reports import compose, render
from tests.support import medextract_server as peer
from tests.support.dossiers import context, dossier_of
from tests.support.intake_fakes import CountingIds, HandClock, RecordingObserver
from tests.support.lab_messages import OBR, ed, message
from tests.support.medextract_server import MedExtractServer

pytestmark = pytest.mark.slow  # many examples; `make test` runs them, `make check` does not wait

PAGE = ("Glucosa basal   105   mg/dL   70 - 110", "Creatinina   0,90   mg/dL   0,6 - 1,2")
GLUCOSE = {
    "test_name": "Glucosa basal",
    "loinc_code": "2345-7",
    "value": "105",
    "numeric_value": 105,
    "unit": "mg/dL",
    "reference_range": "70 - 110",
    "confidence": 0.98,
}
ANSWER = {
    "patient": {"name": "Ana Prueba", "id": "MRN-1", "birth_date": "1968-05-12"},
    "lab": {"name": "Laboratorio Norte"},
    "report_date": "2026-01-02",
    "confidence": 0.97,
    "results": [GLUCOSE],
}
SECRET = "s3cr3t-token"


@pytest.fixture(scope="module")
def packs() -> Packs:
    return load.load_packs()


@pytest.fixture(autouse=True)
def _packs_once(packs: Packs, monkeypatch: pytest.MonkeyPatch) -> None:
    """The packs are the same in every test; loading them takes longer than most."""
    monkeypatch.setattr(load, "load_packs", lambda: packs)


class World:
    """A client and what surrounds it."""

    def __init__(
        self, server: MedExtractServer, folder: Path, pages: tuple[tuple[str, ...], ...], **settings: Any
    ) -> None:
        self.clock = HandClock()
        self.observer = RecordingObserver()
        self.server = server
        values: dict[str, Any] = {
            "base_url": server.url,
            "auth": {"bearer": SECRET},
            "retry": {"attempts": 4, "base": "1ms", "max": "50ms"},
            "rate": None,
            "timeout": "5s",
            **settings,
        }
        services = SiteServices(site=folder, node="n", clock=self.clock, ids=CountingIds(), observer=self.observer)
        self.client: MedExtract = PLUGIN.build(PLUGIN.settings.model_validate(values), services)

        async def read_text(data: bytes) -> DocumentText:
            assert data
            return DocumentText(pages=pages)

        self.client._read_text = read_text

    async def extract(self, media_type: str = "application/pdf", data: bytes = b"%PDF-1.7 x") -> LabReport:
        return await self.client.extract(request(media_type, data))

    async def refused(self) -> str:
        with pytest.raises(ExtractorUnavailable) as caught:
            await self.extract()
        return str(caught.value)

    def failures(self) -> list[tuple[str, int | None]]:
        return [(item["reason"], item["status"]) for item in self.observer.events("extractor.remote_failed")]


def request(media_type: str = "application/pdf", data: bytes = b"%PDF-1.7 x") -> ReadRequest:
    document = Document(sha256="ab" * 32, media_type=media_type, size_bytes=len(data), file_name="Prueba_Ana.pdf")
    return ReadRequest(document=document, data=data, language="es")


@asynccontextmanager
async def world(
    folder: Path,
    *script: peer.Act,
    usual: peer.Act | None = None,
    pages: tuple[tuple[str, ...], ...] = (PAGE,),
    **settings: Any,
) -> AsyncIterator[World]:
    server = MedExtractServer(usual or peer.ok(ANSWER), *script)
    async with server.run():
        made = World(server, folder, pages, **settings)
        try:
            yield made
        finally:
            await made.client.close()


async def test_guide_dialect_sends_what_the_guide_shows(tmp_path: Path) -> None:
    """One multipart POST with bearer, fields and a neutral file name; the answer becomes a report without a doubt."""
    async with world(tmp_path) as w:
        report = await w.extract()
    (sent,) = w.server.received
    assert (sent.method, sent.path) == ("POST", "/v1/extract")
    assert sent.headers["authorization"] == f"Bearer {SECRET}"
    assert sent.form == {"output_format": "fhir_bundle", "include_confidence": "true", "language": "es"}
    assert sent.parts["file"] == ("document.pdf", "application/pdf", b"%PDF-1.7 x")
    (result,) = report.results
    assert (result.value, str(result.numeric_value), result.unit_ucum, result.loinc_code) == (
        "105",
        "105",
        "mg/dL",
        "2345-7",
    )
    assert (str(result.reference_low), str(result.reference_high)) == ("70", "110")
    assert (report.patient.name, report.patient.birth_date, report.lab.name) == (
        "Ana Prueba",
        "1968-05-12",
        "Laboratorio Norte",
    )
    assert report.document.sha256 == "ab" * 32
    assert not report.needs_review


@pytest.mark.parametrize(
    ("dialect", "media_type", "path"),
    [
        ("medextract-v2", "application/pdf", "/v2/lab/report"),
        ("medextract-v2", "image/png", "/v2/lab/report"),
        ("medextract-v1", "application/pdf", "/v1/lab/parse-pdf"),
        ("medextract-v1", "image/tiff", "/v1/lab/parse"),
    ],
)
async def test_other_dialects_have_their_own_paths_and_key(
    tmp_path: Path, dialect: str, media_type: str, path: str
) -> None:
    """The vendor's documented API: a key in X-API-Key, and the endpoint of the media type."""
    async with world(tmp_path, dialect=dialect, auth={"api_key": {"value": SECRET}}) as w:
        await w.extract(media_type)
    (sent,) = w.server.received
    assert sent.path == path
    assert sent.headers["x-api-key"] == SECRET
    assert "authorization" not in sent.headers


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (peer.status(500), "server_error"),
        (peer.status(503), "server_error"),
        (peer.status(429), "rate_limited"),
        (peer.rate_limited("0"), "rate_limited"),
        (peer.truncated(ANSWER), "connection_cut"),
        (peer.cut(), "connection_cut"),
        (peer.answer(b"{not json"), "not_json"),
        (peer.answer(b'{"results": [], "x": NaN}'), "not_json"),
        (peer.answer(b"[" * 100_000), "not_json"),
        (peer.answer(b'{"results": [{"name": "x", "value": 1e999999999}]}'), "not_json"),
    ],
)
async def test_passing_trouble_is_tried_again(tmp_path: Path, fault: peer.Act, word: str) -> None:
    """Three failures and then an answer: the document is read, each try with the same idempotency key."""
    async with world(tmp_path, fault, fault, fault) as w:
        report = await w.extract()
    assert [item.value for item in report.results] == ["105"]
    assert len(w.server.received) == 4
    assert len({item.headers["idempotency-key"] for item in w.server.received}) == 1
    assert w.failures() == []
    async with world(tmp_path, usual=fault, breaker={"failures": 9}) as w:
        assert await w.refused() == word
    assert len(w.server.received) == 4


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (peer.ok({"hello": "world"}), "wrong_shape"),
        (peer.ok([1, 2]), "wrong_shape"),
        (peer.ok({"results": [{"value": "1"}]}), "wrong_shape"),
        (peer.ok({"results": [{"name": ["x"], "value": "1"}]}), "wrong_shape"),
        (peer.ok({"results": "many"}), "wrong_shape"),
        (peer.status(307, Location="/elsewhere"), "redirect"),
        (peer.status(401), "denied"),
        (peer.status(403), "denied"),
        (peer.status(404), "client_error"),
        (peer.status(422), "document_refused"),
        (peer.answer(b"x", Content_Encoding="gzip"), "answer_encoded"),
        (peer.answer(b" " * 5000), "answer_too_long"),
        (peer.endless(), "answer_too_long"),
    ],
)
async def test_lasting_trouble_is_not(tmp_path: Path, fault: peer.Act, word: str) -> None:
    """What would come out the same again is asked once; the next extractor of the channel takes the document."""
    async with world(tmp_path, usual=fault, max_answer="4KiB") as w:
        assert await w.refused() == word
    assert len(w.server.received) == 1
    assert [item.path for item in w.server.received] == ["/v1/extract"]


async def test_retry_after_is_obeyed(tmp_path: Path) -> None:
    """The wait is the service's own, not the much longer one of the back-off; a longer one than `max` ends the reading."""
    slow = {"attempts": 4, "base": "60s", "max": "60s"}
    async with world(tmp_path, peer.rate_limited("0"), peer.status(503, Retry_After="0"), retry=slow) as w:
        await w.extract()
    assert len(w.server.received) == 3
    async with world(tmp_path, peer.rate_limited("3600")) as w:
        assert await w.refused() == "rate_limited"
        assert await w.refused() == "no_turn"
        assert len(w.server.received) == 1
        await w.clock.advance(3601)
        assert (await w.extract()).results
    async with world(tmp_path, peer.rate_limited("Mon, 05 Jan 2026 13:00:00 GMT")) as w:
        assert await w.refused() == "rate_limited"
        await w.clock.advance(3540)
        waiting = asyncio.create_task(w.extract())
        await w.clock.asleep(60)
        await w.clock.advance(60)
        assert (await waiting).results


async def test_silence_ends_by_the_read_timeout(tmp_path: Path) -> None:
    """A service that accepts and says nothing costs the time-out of each try and nothing more."""
    async with world(
        tmp_path, usual=peer.silent(asyncio.Event()), timeout="50ms", retry={"attempts": 2, "base": "1ms"}
    ) as w:
        assert await w.refused() == "timeout"
    assert len(w.server.received) == 2


async def test_a_dripping_body_ends_by_the_deadline(tmp_path: Path) -> None:
    """Bytes that keep coming do not keep the reading alive beyond its time."""
    clocks: list[HandClock] = []

    def tick() -> None:
        clocks[0]._seconds += 1.0

    async with world(tmp_path, usual=peer.drip(tick), timeout="5s", retry={"attempts": 1}) as w:
        clocks.append(w.clock)
        assert await w.refused() == "timeout"


async def test_a_dripping_head_is_given_up_and_others_go_on(tmp_path: Path) -> None:
    """A head without end is the one thing httpx has no time-out for; the client is replaced and the next call works."""
    fast = {"timeout": "60ms", "connect_timeout": "100ms", "retry": {"attempts": 1}}
    async with world(tmp_path, peer.drip_head(), **fast) as w:
        assert await w.refused() == "timeout"
        assert w.client._remote.rebuilt == 1
        w.client._settings = w.client._settings.model_copy(update={"timeout": 5.0})
        assert (await w.extract()).results


async def test_nobody_is_there(tmp_path: Path) -> None:
    """A refused connection is a failure of the service, and no document is lost over it."""
    async with world(tmp_path, retry={"attempts": 2, "base": "1ms"}) as w:
        w.client._settings = w.client._settings.model_copy(update={"base_url": "http://localhost:1"})
        assert await w.refused() == "connect"


async def test_cancelled_callers_do_not_cost_connections(tmp_path: Path) -> None:
    """Many callers are cancelled in mid-request over a small pool; afterwards the very same client still works."""
    until = asyncio.Event()
    async with world(tmp_path, *[peer.silent(until)] * 2, connections=2) as w:
        for _ in range(3):
            callers = [asyncio.create_task(w.extract()) for _ in range(8)]
            while len(w.server.received) < 2:
                await asyncio.sleep(0)
            for caller in callers:
                caller.cancel()
            assert all(
                isinstance(item, asyncio.CancelledError)
                for item in await asyncio.gather(*callers, return_exceptions=True)
            )
        until.set()
        assert all(report.results for report in await asyncio.gather(*(w.extract() for _ in range(6))))
        assert w.client._remote.rebuilt == 0


async def test_a_lost_pool_is_replaced(tmp_path: Path) -> None:
    """A pool whose only connection never comes back is given up at the first PoolTimeout; the same reading succeeds."""
    until = asyncio.Event()
    async with world(tmp_path, peer.ok(ANSWER), peer.silent(until), connections=1, connect_timeout="50ms") as w:
        await w.extract()
        generation = w.client._remote._current()
        thief = asyncio.create_task(generation.client.post(f"{w.server.url}/v1/extract", timeout=5))
        while len(w.server.received) < 2:
            await asyncio.sleep(0)
        assert (await w.extract()).results
        assert w.client._remote.rebuilt == 1
        assert isinstance((await asyncio.gather(thief, return_exceptions=True))[0], httpx.ReadError)


async def test_the_circuit_opens_and_probes(tmp_path: Path) -> None:
    """After failures in a row no call is made; after `reset` one is, and a success lets all through again."""
    faults = [peer.status(500)] * 3
    async with world(tmp_path, *faults, breaker={"failures": 2, "reset": "30s"}, retry={"attempts": 1}) as w:
        assert [await w.refused() for _ in range(4)] == ["server_error", "server_error", "circuit_open", "circuit_open"]
        assert len(w.server.received) == 2
        await w.clock.advance(30)
        assert [await w.refused() for _ in range(2)] == ["server_error", "circuit_open"]
        await w.clock.advance(30)
        assert (await w.extract()).results
        assert (await w.extract()).results
    states = [item["state"] for item in w.observer.events("extractor.circuit")]
    assert states == ["open", "open", "closed"]


async def test_the_rate_is_kept_before_the_call(tmp_path: Path) -> None:
    """A burst is spread so that no span holds more calls than allowed, and nobody is answered 429 for it."""
    async with world(tmp_path, rate={"requests": 2, "per": "60s", "wait": "60s"}) as w:
        burst = [asyncio.create_task(w.extract()) for _ in range(5)]
        await w.clock.asleep(60)
        while not burst[4].done():
            await asyncio.sleep(0)
        assert isinstance(burst[4].exception(), ExtractorUnavailable)
        await asyncio.wait(burst[:2])
        assert len(w.server.received) == 2
        await w.clock.advance(60)
        await asyncio.wait(burst[:4])
        assert len(w.server.received) == 4


OAUTH = {"client_id": "engine", "client_secret": SECRET, "scope": "lab.read"}


async def test_oauth_tokens_are_fetched_once_and_renewed(tmp_path: Path) -> None:
    """Many documents at once cause one token request; near the token's end there is a second one."""
    server = MedExtractServer(peer.ok(ANSWER), token_life=600)
    async with server.run():
        w = World(server, tmp_path, (PAGE,), auth={"oauth2": {**OAUTH, "token_url": f"{server.url}/token"}})
        await asyncio.gather(*(w.extract() for _ in range(5)))
        (asked,) = server.token_requests
        assert asked.body == b"grant_type=client_credentials&scope=lab.read"
        assert asked.headers["authorization"].startswith("Basic ")
        assert {item.headers["authorization"] for item in server.received} == {"Bearer t1"}
        await w.clock.advance(539)
        await w.extract()
        assert len(server.token_requests) == 1
        await w.clock.advance(1)
        await w.extract()
        assert server.received[-1].headers["authorization"] == "Bearer t2"
        await w.client.close()


async def test_an_expired_token_is_replaced_once(tmp_path: Path) -> None:
    """A 401 costs one new token and one replay; a second 401 is final, and a fixed token is never replayed."""
    server = MedExtractServer(peer.ok(ANSWER))
    async with server.run():
        w = World(server, tmp_path, (PAGE,), auth={"oauth2": {**OAUTH, "token_url": f"{server.url}/token"}})
        server.valid_tokens = {"t2"}
        assert (await w.extract()).results
        assert [item.headers["authorization"] for item in server.received] == ["Bearer t1", "Bearer t2"]
        server.valid_tokens = set()
        assert await w.refused() == "denied"
        assert (len(server.received), len(server.token_requests)) == (4, 3)
        await w.client.close()


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (peer.status(400), "denied"),
        (peer.ok({"token_type": "mac"}), "wrong_shape"),
        (peer.answer(b"<html>"), "not_json"),
    ],
)
async def test_a_token_endpoint_that_refuses(tmp_path: Path, fault: peer.Act, word: str) -> None:
    """Without a token no document leaves the house."""
    server = MedExtractServer(peer.ok(ANSWER))
    server.token_script.extend([fault] * 4)
    async with server.run():
        w = World(server, tmp_path, (PAGE,), auth={"oauth2": {**OAUTH, "token_url": f"{server.url}/token"}})
        assert await w.refused() == word
        assert server.received == []
        await w.client.close()


async def test_fallback_decides_about_a_missing_answer(tmp_path: Path) -> None:
    """`queue` lets the stage try again unless the document itself is refused; `review` gives a report with the reason."""
    async with world(tmp_path, usual=peer.status(404), fallback="queue") as w:
        assert await w.refused() == "client_error"
    for status, fallback in ((404, "review"), (422, "review"), (422, "queue")):
        async with world(tmp_path, usual=peer.status(status), fallback=fallback) as w:
            report = await w.extract()
        assert [item.code for item in report.review_reasons] == ["extraction.remote_failed"]
        assert report.needs_review
        assert report.document.sha256 == "ab" * 32


async def test_what_the_service_does_not_take_is_not_sent(tmp_path: Path) -> None:
    """A media type outside the list, or a document over the limit, never leaves the house."""
    async with world(tmp_path, max_document="1KiB") as w:
        with pytest.raises(ExtractorUnavailable, match="not_accepted"):
            await w.extract("application/rtf")
        with pytest.raises(ExtractorUnavailable, match="document_too_large"):
            await w.extract(data=b"x" * 1025)
    assert w.server.received == []
    async with world(tmp_path, accepts=["text/*"]) as w:
        await w.extract("text/plain", b"Glucosa 105")
    assert len(w.server.received) == 1


async def test_an_invented_value_is_held(tmp_path: Path) -> None:
    """A value that the page does not show gets its reason; the others stay clean."""
    invented = {**GLUCOSE, "test_name": "Urea", "loinc_code": "", "value": "44", "numeric_value": 44}
    async with world(tmp_path, usual=peer.ok({**ANSWER, "results": [GLUCOSE, invented]})) as w:
        report = await w.extract()
    assert [[item.code for item in result.review_reasons] for result in report.results] == [
        [],
        ["value.not_in_document"],
    ]
    assert report.needs_review


async def test_the_document_is_read_in_a_process_of_its_own(tmp_path: Path) -> None:
    """The real text reader: values of a text document are found, others are not; a file without text says so."""
    settings = {"accepts": ["text/*", "image/*"], "check": {"timeout": "60s"}}
    async with world(tmp_path, **settings) as w:
        fresh = World(w.server, tmp_path, (), **settings)
        fresh.client._read_text = TextReader(fresh.client._settings.check)
        clean = await fresh.extract("text/plain", "\n".join(PAGE).encode())
        other = await fresh.extract("text/plain", b"Glucosa basal   205   mg/dL   70 - 105")
        image = await fresh.extract("image/png", b"\x89PNG\r\n\x1a\n")
        await fresh.client.close()
    assert [item.code for item in clean.all_reasons] == []
    assert [item.code for item in other.all_reasons] == ["value.not_in_document"]
    assert [item.code for item in image.all_reasons] == ["value.not_in_document"]
    assert any("no readable text" in warning for warning in image.warnings)


async def test_certificates_are_checked(tmp_path: Path) -> None:
    """A certificate of an unknown authority ends the call before a byte of the document; `ca` names the known one."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    server = MedExtractServer(peer.ok(ANSWER))
    async with server.run(context=context):
        strange = World(server, tmp_path, (PAGE,), retry={"attempts": 1})
        assert await strange.refused() == "connect"
        assert server.received == []
        known = World(server, tmp_path, (PAGE,), ca="ca.pem")
        assert (await known.extract()).results
        await strange.client.close()
        await known.client.close()


async def test_nothing_of_a_document_or_secret_is_told(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Notes, exceptions and output hold words and figures: no name, value, file name or secret, and stdout stays empty."""
    told: list[str] = []
    for fault in (
        peer.ok({"results": [{"name": ["Ana Prueba"]}]}),
        peer.answer(b"Ana Prueba {"),
        peer.status(500),
        peer.cut(),
    ):
        async with world(tmp_path, usual=fault) as w:
            with pytest.raises(ExtractorUnavailable) as caught:
                await w.extract()
            assert caught.value.__cause__ is None
            told += [repr(caught.value), json.dumps(w.observer.notes), repr(w.client._settings)]
    output = capfd.readouterr()
    told += [output.err]
    assert output.out == ""
    assert not any(word in line for line in told for word in ("Prueba", "Ana", SECRET))


async def test_close_cuts_what_is_on_the_way(tmp_path: Path) -> None:
    """A stop does not wait for a service that says nothing; later documents are for somebody else."""
    async with world(tmp_path, usual=peer.silent(asyncio.Event()), timeout="60s") as w:
        caller = asyncio.create_task(w.extract())
        while not w.server.received:
            await asyncio.sleep(0)
        await w.client.close()
        with pytest.raises(ExtractorUnavailable):
            await caller
        assert await w.refused() == "closed"


Change = Callable[[ReadRequest], ReadRequest]


@pytest.mark.parametrize(
    "change",
    [
        lambda item: replace(item, language="en"),
        lambda item: replace(item, data=b"%PDF-1.7 y"),
    ],
)
async def test_another_question_has_another_key(tmp_path: Path, change: Change) -> None:
    """The idempotency key stands for the document and everything that was asked about it, and for nothing else."""
    async with world(tmp_path) as w:
        for asked in (request(), request(), change(request())):
            await w.client.extract(asked)
    keys = [item.headers["idempotency-key"] for item in w.server.received]
    assert keys[0] == keys[1] != keys[2]


async def test_a_service_that_misreads_is_caught_by_the_second_reader(tmp_path: Path) -> None:
    """The service tells a value that stands elsewhere on the page; the embedded reader says otherwise; a person decides."""
    patient = make_population(8100, 1, "en")[0]
    document, truth = render(compose("us_chem", seed=5, patient=patient, panels=("lipids",)))
    rows = [
        {"test_name": row.test_name, "loinc_code": row.loinc, "value": row.value, "unit": row.unit, "confidence": 0.99}
        for row in truth.results
    ]
    wrong = [{**rows[0], "value": rows[1]["value"]}, *rows[1:]]
    page = tuple(f"{row['test_name']}   {row['value']}   {row['unit']}" for row in (*wrong, *rows))
    lines = (OBR, ed(document))
    local = LocalExtractor(LocalSettings(readers=1), RecordingObserver())
    stage_settings = ExtractSettings.model_validate({"with": ["medextract", "local"], "compare": True})
    told: list[list[tuple[str, str]]] = []
    try:
        for answered in (rows, wrong):
            async with world(tmp_path, usual=peer.ok({"results": answered}), pages=(page,)) as w:
                outcome = await Extract(stage_settings, [w.client, local]).run(
                    dossier_of(*lines), context(message(*lines))
                )
                assert isinstance(outcome, Continue)
                told.append([(item.code, item.field) for item in outcome.dossier.all_reasons])
    finally:
        await local.close()
    assert told == [[], [("cross_check.disagrees", "results[r1].value")]]
