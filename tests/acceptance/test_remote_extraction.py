"""A report in an ORU is read by `headrace serve-extractor` on the other side of a socket, and arrives at the EHR."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.generators.messages import DIALECTS, envelope_of, oru_document
from tests.generators.patients import make_population, write_csv
from tests.generators.reports import compose, render
from tests.support.extractor_service import Service, serving
from tests.support.site import Ehr, Engine, Lab, ack_code, ehr_listening, make_site, running

pytestmark = pytest.mark.slow

PATIENTS = make_population(8100, 3, "en")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("service"), "--test-faults", "--readers", "1") as started:
        yield started


def _site(folder: Path, service: Service, ehr: Ehr, *, extract: str, extractor: str = "") -> Path:
    site = make_site(folder / "site", ehr=ehr.port, patients=write_csv(PATIENTS))
    (site / "conf" / "key").write_text(service.key)
    with (site / "conf" / "headrace.yaml").open("a") as settings:
        settings.write(
            f"extractors:\n  medextract: {{use: medextract, base_url: '{service.url}', "
            f"auth: {{bearer: '${{file:conf/key}}'}}{extractor}}}\n"
        )
    channel = site / "channels" / "lab-reports.yaml"
    channel.write_text(channel.read_text().replace("with: [local]", extract))
    return site


def _send(engine: Engine, control_id: str, seed: int = 5) -> tuple[list[str], dict[str, Any]]:
    """Send one report; the printed values, and the message once nothing of it moves."""
    report = compose("us_chem", seed=seed, patient=PATIENTS[0], panels=("lipids",))
    document, truth = render(report)
    with Lab(engine.mllp) as lab:
        assert ack_code(lab.send(oru_document(DIALECTS["lri251"], envelope_of(report, control_id), document))) == "AA"
    item = next(one for one in engine.settled() if one["control_id"] == control_id)
    return [row.value for row in truth.results], item


def _sent_values(message: bytes) -> list[str]:
    """OBX-5 of the results in the order sent."""
    rows = [line.split(b"|") for line in message.split(b"\r") if line.startswith(b"OBX|")]
    return [row[5].decode().replace("^", "") for row in rows if row[2] in (b"NM", b"SN", b"ST")]


def test_a_report_is_read_by_the_service(tmp_path: Path, service: Service) -> None:
    """`with: [medextract]`: every printed value arrives coded at the EHR, read on the other side."""
    with ehr_listening() as ehr, running(_site(tmp_path, service, ehr, extract="with: [medextract]")) as engine:
        values, item = _send(engine, "R-1")
        read = engine.get(f"/api/v1/messages/{item['id']}")["report"]
        figures = engine.get("/metrics").decode()
    assert item["state"] == "delivered"
    assert read["metadata"]["engine"] == "medextract-guide"
    assert _sent_values(ehr.received[0]) == values
    assert 'headrace_extractor_calls_total{extractor="medextract-guide",outcome="read"} 1.0' in figures


def test_two_readings_that_agree_pass(tmp_path: Path, service: Service) -> None:
    """`compare: true` with both readers: the same document, the same values, no reason, delivered."""
    extract = "with: [medextract, local], compare: true"
    with ehr_listening() as ehr, running(_site(tmp_path, service, ehr, extract=extract)) as engine:
        values, item = _send(engine, "C-1")
        figures = engine.get("/metrics").decode()
    assert (item["state"], item["reasons"]) == ("delivered", [])
    assert _sent_values(ehr.received[0]) == values
    for name in ("medextract-guide", "local"):
        assert f'headrace_extractor_calls_total{{extractor="{name}",outcome="read"}} 1.0' in figures


def test_a_service_that_fails_leaves_it_to_the_embedded_reader(tmp_path: Path, service: Service) -> None:
    """Garbage, a cut answer and errors at every try: the next extractor reads, nothing is lost."""
    service.script("garbage", "cut", "500", "503:0.01")
    extract = "with: [medextract, local]"
    retry = ", retry: {attempts: 4, base: 10ms, max: 1s}"
    with ehr_listening() as ehr, running(_site(tmp_path, service, ehr, extract=extract, extractor=retry)) as engine:
        values, item = _send(engine, "F-1")
        read = engine.get(f"/api/v1/messages/{item['id']}")["report"]
    assert item["state"] == "delivered"
    assert read["metadata"]["engine"].startswith("local")
    assert _sent_values(ehr.received[0]) == values


def test_the_original_goes_in_time_and_the_results_follow(tmp_path: Path, service: Service) -> None:
    """No extractor answers in the channel's time: the original is sent and a case stands; a replay sends the results once."""
    service.script(*["500"] * 50)
    extract, retry = "with: [medextract], give_up_after: 500ms", ", fallback: queue, retry: {attempts: 1}"
    with ehr_listening() as ehr, running(_site(tmp_path, service, ehr, extract=extract, extractor=retry)) as engine:
        values, item = _send(engine, "L-1")
        assert (item["state"], [one["code"] for one in item["reasons"]]) == ("review", ["extraction.late"])
        assert (len(ehr.received), _sent_values(ehr.received[0])) == (1, [])
        assert b"JVBERi" in ehr.received[0]
        service.script()
        words = [sys.executable, "-m", "engine", "--site", str(engine.site), "replay", "L-1", "--from", "extract"]
        assert subprocess.run(words, check=False, capture_output=True).returncode == 0
        (item,) = engine.settled()
    assert (item["state"], [one["state"] for one in item["deliveries"]]) == ("delivered", ["sent", "sent"])
    assert [_sent_values(message) for message in ehr.received] == [[], values]


def test_extract_speaks_fhir_and_draws_boxes(tmp_path: Path) -> None:
    """`extract --fhir --boxes`: a Bundle on stdout, one picture a page, readable to its owner only."""
    report = compose("es_clasico", seed=5, patient=make_population(8100, 1, "es")[0])
    document, truth = render(report)
    (tmp_path / "report.pdf").write_bytes(document)
    words = ["extract", "report.pdf", "--fhir", "--boxes", "out.png"]
    done = subprocess.run([sys.executable, "-m", "engine", *words], cwd=tmp_path, capture_output=True, check=False)
    bundle = json.loads(done.stdout)
    observations = [one["resource"] for one in bundle["entry"] if one["resource"]["resourceType"] == "Observation"]
    assert len(observations) == len(truth.results)
    pictures = sorted(tmp_path.glob("out*.png"))
    assert len(pictures) == max(row.page for row in truth.results) > 1
    assert [path.name for path in pictures] == [f"out-{number}.png" for number in range(1, len(pictures) + 1)]
    assert {path.stat().st_mode & 0o777 for path in pictures} == {0o600}
    assert {path.read_bytes()[:4] for path in pictures} == {b"\x89PNG"}
