"""`headrace serve-extractor` over real sockets, and the MedExtract client against it in every dialect."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from engine.domain.document import Document
from engine.domain.report import LabReport
from engine.plugins.extractors.medextract import PLUGIN
from engine.plugins.extractors.medextract.client import MedExtract
from engine.ports.extractor import ExtractorUnavailable, ReadRequest
from engine.ports.services import SiteServices
from tests.generators.patients import make_population
from tests.generators.reports import Truth, compose, render
from tests.support.extractor_service import Service, serving
from tests.support.intake_fakes import CountingIds, HandClock, RecordingObserver
from tests.support.site import until

pytestmark = pytest.mark.slow

DIALECTS = [
    ("medextract-guide", {}, "bearer"),
    ("medextract-guide", {"output_format": "json"}, "bearer"),
    ("medextract-v2", {}, "api_key"),
    ("medextract-v2", {"format": "fhir"}, "api_key"),
    ("medextract-v1", {}, "api_key"),
]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("service"), "--test-faults", "--readers", "1", "--waiting", "2") as running:
        yield running


@pytest.fixture(scope="module")
def report() -> tuple[bytes, Truth]:
    """A PDF with a text layer, and what it says."""
    patient = make_population(8100, 3, "en")[0]
    return render(compose("us_chem", seed=5, patient=patient, panels=("lipids", "cbc")))


def _post(service: Service, data: bytes, path: str = "/v1/extract", **fields: str) -> httpx.Response:
    with service.client() as client:
        return client.post(path, files={"file": ("a.pdf", data, "application/pdf")}, data=fields)


def test_json_has_the_values_of_the_page(service: Service, report: tuple[bytes, Truth]) -> None:
    """Values with their digits, codes, and how long it took."""
    data, truth = report
    answer = _post(service, data)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    shown = answer.json()
    rows = [row for section in shown["sections"] for row in section["results"]]
    assert [row["value"] for row in rows] == [row.value for row in truth.results]
    assert [row["loinc_code"] for row in rows] == [row.loinc for row in truth.results]
    assert shown["metadata"]["processing_time_ms"] > 0


@pytest.mark.parametrize(
    ("path", "fields"),
    [("/v1/extract", {"output_format": "fhir_bundle"}), ("/v2/lab/report", {"format": "fhir"}), ("/v1/lab/fhir", {})],
)
def test_fhir_is_a_bundle(service: Service, report: tuple[bytes, Truth], path: str, fields: dict[str, str]) -> None:
    """One Observation a result, under the FHIR media type."""
    data, truth = report
    answer = _post(service, data, path, **fields)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/fhir+json")
    kinds = [entry["resource"]["resourceType"] for entry in answer.json()["entry"]]
    assert kinds == ["DiagnosticReport", "Patient", *["Observation"] * len(truth.results)]


def test_confidence_can_be_left_out(service: Service, report: tuple[bytes, Truth]) -> None:
    """`include_confidence=false` in both formats."""
    for form in ("json", "fhir_bundle"):
        assert "confidence" not in _post(service, report[0], include_confidence="false", output_format=form).text


@pytest.mark.parametrize(
    ("data", "fields", "status"),
    [
        (b"", {}, 400),
        (b"\x7fELF\x02\x01\x01" + bytes(100), {}, 415),
        (b"Glucose 90 mg/dL", {"output_format": "xml"}, 400),
        (b"Glucose 90 mg/dL", {"language": "tlh"}, 400),
        (b"Glucose 90 mg/dL", {"include_confidence": "perhaps"}, 400),
        (b"Glucose 90 mg/dL", {"language": "es-ES", "unheard_of": "x"}, 200),
    ],
)
def test_refusals_are_problems(service: Service, data: bytes, fields: dict[str, str], status: int) -> None:
    """RFC 9457 bodies; what the service does not know it ignores."""
    answer = _post(service, data, **fields)
    assert answer.status_code == status
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == status


def test_a_document_that_cannot_be_read_is_an_answer(service: Service) -> None:
    """Another try would not read it either, so that it is no error; its reasons say why."""
    shown = _post(service, b"%PDF-1.7\n" + bytes(500)).json()
    assert [item["code"] for item in shown["review_reasons"]]
    assert shown["needs_review"] is True


def test_other_ways_to_send_a_body(service: Service) -> None:
    """Not multipart, no boundary, no file, a file under another name, two files: each has its status."""
    with service.client() as client:
        answers = [
            client.post("/v1/extract", content=b"{}", headers={"Content-Type": "application/json"}),
            client.post("/v1/extract", content=b"x", headers={"Content-Type": "multipart/form-data"}),
            client.post("/v1/extract", files={"file": (None, b"text only")}),
            client.post("/v1/extract", files={"document": ("a.txt", b"Glucose 90 mg/dL")}),
            client.post("/v1/extract", files=[("file", ("a.txt", b"a")), ("file", ("b.txt", b"b"))]),
            client.get("/v1/extract"),
            client.post("/v9/extract"),
        ]
    assert [answer.status_code for answer in answers] == [415, 400, 400, 400, 400, 405, 404]


def test_keys_are_asked_for(service: Service) -> None:
    """No key, a wrong one, a prefix of it; the right one in either header. The key file is the owner's alone."""
    files = {"file": ("a.txt", b"Glucose 90 mg/dL")}
    for wrong in ("", "x" * 47, service.key[:-1]):
        with service.client(wrong or "-") as client:
            answer = client.post("/v1/extract", files=files)
            assert (answer.status_code, answer.headers["www-authenticate"][:6]) == (401, "Bearer")
            assert client.put("/test-faults", json=["500"]).status_code == 401
    direct = httpx.post(f"{service.url}/v1/extract", files=files, headers={"X-API-Key": service.key}, trust_env=False)
    assert direct.status_code == 200
    assert (service.site / "var" / "extractor.keys").stat().st_mode & 0o777 == 0o600


def test_health_and_metrics(service: Service, report: tuple[bytes, Truth]) -> None:
    """Probes need no key; figures count what was answered and how long reading took; nothing of a patient is there."""
    _post(service, report[0])
    for path in ("/healthz", "/health", "/readyz", "/ready"):
        assert httpx.get(service.url + path, trust_env=False).status_code == 200
    text = httpx.get(f"{service.url}/metrics", trust_env=False).text
    assert 'headrace_extractor_answers_total{status="200"}' in text
    assert 'headrace_extractor_calls_total{extractor="local",outcome="read"}' in text
    assert 'headrace_extractor_seconds_count{extractor="local"}' in text
    proxied = httpx.get(f"{service.url}/metrics", headers={"X-Forwarded-For": "192.0.2.1"}, trust_env=False)
    assert proxied.status_code == 401
    assert "Thorncroft" not in text + service.log


def _client(service: Service, folder: Path, **settings: Any) -> tuple[MedExtract, RecordingObserver]:
    observer = RecordingObserver()
    services = SiteServices(site=folder, node="n", clock=HandClock(), ids=CountingIds(), observer=observer)
    values: dict[str, Any] = {
        "base_url": service.url,
        "auth": {"bearer": service.key},
        "retry": {"attempts": 4, "base": "1ms", "max": "2s"},
        "rate": None,
        **settings,
    }
    return PLUGIN.build(PLUGIN.settings.model_validate(values), services), observer


def _read(service: Service, folder: Path, data: bytes, **settings: Any) -> tuple[LabReport, RecordingObserver]:
    async def read() -> tuple[LabReport, RecordingObserver]:
        client, observer = _client(service, folder, **settings)
        try:
            document = Document(sha256="ab" * 32, media_type="application/pdf", size_bytes=len(data), complete=True)
            return await client.extract(ReadRequest(document=document, data=data)), observer
        finally:
            await client.close()

    return asyncio.run(read())


@pytest.mark.parametrize(("dialect", "form", "auth"), DIALECTS)
def test_our_client_reads_it_in_every_dialect(
    service: Service,
    report: tuple[bytes, Truth],
    tmp_path: Path,
    *,
    dialect: str,
    form: dict[str, str],
    auth: str,
) -> None:
    """The same values, codes and units as printed, every one shown by the document, and no doubt on any."""
    data, truth = report
    shown = {"bearer": service.key} if auth == "bearer" else {"api_key": {"value": service.key}}
    read, observer = _read(service, tmp_path, data, dialect=dialect, form=form, auth=shown)
    assert [(row.test_name, row.value, row.unit, row.loinc_code) for row in read.results] == [
        (row.test_name, row.value, row.unit, row.loinc) for row in truth.results
    ]
    here = [row for section in _post(service, data).json()["sections"] for row in section["results"]]
    for name in ("reference_range", "interpretation", "flag", "comparator", "unit_ucum", "loinc_name", "status"):
        assert [getattr(row, name) for row in read.results] == [row[name] for row in here], name
    assert read.all_reasons == ()
    assert (read.patient_count, read.patient.birth_date != "", read.lab.accession != "") == (1, True, True)
    assert observer.counted("extractor_calls", extractor=dialect, outcome="read") == 1


@pytest.mark.parametrize("form", [{}, {"output_format": "json"}])
def test_doubts_come_over(service: Service, tmp_path: Path, form: dict[str, str]) -> None:
    """What the service doubts waits for a person behind the client too, in both formats."""
    page = b"Patient: Ana Prueba\nDOB: 1968-05-12\n\nTest   Result   Units   Reference\nZorbium level   12   mg/dL   1 - 20\n"
    here = json.loads(_post(service, page).text)
    told = {
        item["code"] for section in here["sections"] for row in section["results"] for item in row["review_reasons"]
    }
    assert told
    read, _ = _read(service, tmp_path, page, form=form, accepts=["application/pdf"])
    assert told <= {item.code for item in read.all_reasons}
    assert read.needs_review


def test_faults_are_overcome(service: Service, report: tuple[bytes, Truth], tmp_path: Path) -> None:
    """A cut answer, garbage and a 503 with Retry-After cost a try each; the fourth brings the report."""
    service.script("cut", "garbage", "503:0.01")
    read, observer = _read(service, tmp_path, report[0])
    assert len(read.results) == len(report[1].results)
    outcomes = {"connection_cut": 1, "not_json": 1, "server_error": 1, "read": 1}
    assert {name: observer.counted("extractor_calls", outcome=name) for name in outcomes} == outcomes


def test_a_service_that_keeps_failing_is_left_alone(
    service: Service, report: tuple[bytes, Truth], tmp_path: Path
) -> None:
    """The circuit opens, and the gauge says so."""
    service.script(*["500"] * 4)

    async def twice() -> RecordingObserver:
        client, observer = _client(service, tmp_path, breaker={"failures": 3, "reset": "1h"})
        document = Document(sha256="ab" * 32, media_type="application/pdf", size_bytes=len(report[0]), complete=True)
        for _ in range(2):
            with pytest.raises(ExtractorUnavailable):
                await client.extract(ReadRequest(document=document, data=report[0]))
        await client.close()
        return observer

    observer = asyncio.run(twice())
    assert observer.counted("extractor_circuit_open", extractor="medextract-guide") == 1
    assert observer.counted("extractor_calls", outcome="server_error") == 3
    service.script()


def test_no_more_than_there_are_places(service: Service) -> None:
    """Beyond readers and waiting room a document is told to come back; the places are free again afterwards."""
    service.script(*["delay:0.5"] * 3)

    async def rush() -> list[int]:
        headers = {"X-API-Key": service.key}
        async with httpx.AsyncClient(base_url=service.url, headers=headers, trust_env=False, timeout=30) as client:
            files = {"file": ("a.txt", b"Glucose 90 mg/dL")}
            answers = await asyncio.gather(*(client.post("/v1/extract", files=files) for _ in range(5)))
            return sorted(answer.status_code for answer in answers)

    assert asyncio.run(rush()) == [200, 200, 200, 503, 503]
    assert _post(service, b"Glucose 90 mg/dL").status_code == 200


def test_rate_body_cap_and_keys_from_the_environment(tmp_path: Path) -> None:
    """A key has its calls a minute and a document its bytes, with a length or chunked; no key file is made."""
    site = tmp_path / "site"
    (site / "conf").mkdir(parents=True)
    settings = "version: 1\nextractors:\n  local: {use: local, readers: 1, max_document: 100KB}\n"
    (site / "conf" / "headrace.yaml").write_text(settings)
    key = "a-key-for-this-test-only"
    options = ("--keys", "${env:EXTRACTOR_KEYS}", "--rate", "3", "--test-faults")
    with serving(site, *options, env={"EXTRACTOR_KEYS": f"# ours\n{key}\n"}) as running:
        with running.client(key) as client:
            assert client.put("/test-faults", json=["delay:0.5"]).status_code == 200
            large = client.post("/v1/extract", files={"file": ("a.txt", b"x" * 110_000)})
            larger = client.post(
                "/v1/extract", content=_chunks(), headers={"Content-Type": "multipart/form-data; boundary=x"}
            )
            limited = client.post("/v1/extract", files={"file": ("a.txt", b"Glucose 90 mg/dL")})
        assert [large.status_code, larger.status_code, limited.status_code] == [413, 413, 429]
        assert 0 < int(limited.headers["retry-after"]) <= 60
        assert not (site / "var").exists()


def test_a_stop_answers_what_is_being_read(tmp_path: Path) -> None:
    """SIGTERM in the middle of a document: it is answered, then the service ends with 0."""
    files = {"file": ("a.txt", b"Glucose 90 mg/dL")}
    with serving(tmp_path / "site", "--readers", "1", "--waiting", "0", "--test-faults") as running:
        running.script("delay:3")
        with running.client() as client, ThreadPoolExecutor(1) as pool:
            slow = pool.submit(client.post, "/v1/extract", files=files)
            busy = {"file": ("a.txt", b"")}
            with running.client() as other:
                until(lambda: other.post("/v1/extract", files=busy).status_code == 503, "the place to be taken")
            assert running.stop() == 0
            assert slow.result().status_code == 200
        assert '"extractor.stopped"' in running.log


def _chunks() -> Iterator[bytes]:
    """A chunked body without a length that never ends by itself."""
    yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    for _ in range(1000):
        yield b"x" * 10_000


def test_no_service_without_keys(tmp_path: Path) -> None:
    """A file without a key starts nothing."""
    (tmp_path / "keys").write_text("# none\n")
    with pytest.raises(AssertionError, match="at least one key"), serving(tmp_path, "--keys", str(tmp_path / "keys")):
        pass
