"""A whole engine whose patients live on another machine: a FHIR server, or an HL7 v2 supplier, over real sockets."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.generators.messages import DIALECTS, envelope_of, oru_document
from tests.generators.patients import make_population
from tests.generators.reports import compose, render
from tests.support.fhir_server import HOSP, Answer, FhirServer, always, bundle, json_answer, patient
from tests.support.pdq_server import PdqServer, Person
from tests.support.site import Ehr, Engine, Lab, ack_code, ehr_listening, make_site, running, until

pytestmark = pytest.mark.slow

PATIENTS = make_population(8100, 3, "en")
ADA = PATIENTS[0]
DOWN = Answer(status=503)


def _fhir() -> FhirServer:
    return FhirServer(
        *(
            patient(
                str(place),
                (HOSP, one.mrn),
                family=one.family,
                given=f"{one.given} {one.middle}",
                birth=one.birth_date.isoformat(),
                gender={"F": "female", "M": "male"}[one.sex],
            )
            for place, one in enumerate(PATIENTS)
        )
    )


def _pdq() -> PdqServer:
    people = (
        Person({"HOSP": one.mrn}, f"{one.family}^{one.given}^{one.middle}", one.birth_date.strftime("%Y%m%d"), one.sex)
        for one in PATIENTS
    )
    return PdqServer(*people)


def _site(folder: Path, ehr: Ehr, directory: str, *, stage: str = "") -> Path:
    """A site whose `patients` are as said, in place of the file."""
    site = make_site(folder / "site", ehr=ehr.port, patients="mrn,family,given,birth_date\n")
    settings = f'version: 1\nweb: {{listen: "127.0.0.1:0"}}\ndirectories:\n  patients: {{{directory}}}\n'
    (site / "conf" / "headrace.yaml").write_text(settings, encoding="utf-8")
    channel = site / "channels" / "lab-reports.yaml"
    text = channel.read_text(encoding="utf-8").replace("directory: patients", f"directory: patients{stage}")
    channel.write_text(text, encoding="utf-8")
    return site


def _fhir_words(server: FhirServer) -> str:
    return f'use: fhir, base_url: "{server.url}", default_authority: HOSP, systems: {{HOSP: "{HOSP}"}}, wait: 1ms'


def _pdq_words(server: PdqServer) -> str:
    return f'use: pdq-v2, to: "localhost:{server.port}", default_authority: HOSP, authorities: {{HOSP: "2.999.1"}}'


def _send(engine: Engine, control_id: str) -> None:
    document, _ = render(compose("us_chem", seed=5, patient=ADA, panels=("lipids",)))
    envelope = envelope_of(compose("us_chem", seed=5, patient=ADA, panels=("lipids",)), control_id)
    with Lab(engine.mllp) as lab:
        assert ack_code(lab.send(oru_document(DIALECTS["lri251"], envelope, document))) == "AA"


def _the(engine: Engine, control_id: str) -> dict[str, Any]:
    return next(item for item in engine.settled() if item["control_id"] == control_id)


def _without_patient(engine: Engine, *words: str) -> bool:
    return not any(word in engine.log for word in (ADA.family, ADA.mrn, ADA.birth_date.isoformat(), *words))


def test_results_reach_the_patient_of_the_fhir_server(tmp_path: Path) -> None:
    """The server is asked over HTTP, the engine decides, and the EHR gets the server's number; the log names nobody."""
    server = _fhir()
    with server.run(), ehr_listening() as ehr, running(_site(tmp_path, ehr, _fhir_words(server))) as engine:
        _send(engine, "F-1")
        item = _the(engine, "F-1")
        figures = engine.get("/metrics").decode()
        assert (item["state"], item["patient_mrn"]) == ("delivered", ADA.mrn)
        pid = next(line for line in ehr.received[0].split(b"\r") if line.startswith(b"PID|"))
        assert pid.split(b"|")[3].split(b"^")[0].decode() == ADA.mrn
        assert 'headrace_directory_calls_total{directory="patients",outcome="answered"}' in figures
        assert _without_patient(engine)
    assert not any(request.query for request in server.received)


def test_a_directory_that_is_down_is_waited_for(tmp_path: Path) -> None:
    """While the server fails the message is accepted and waits, nothing is sent; when it is back, it is delivered."""
    server = _fhir()
    server.usual = always(DOWN)
    words = ", tries: 1, breaker: {failures: 100}"
    with (
        server.run(),
        ehr_listening() as ehr,
        running(_site(tmp_path, ehr, _fhir_words(server) + words)) as engine,
    ):
        _send(engine, "W-1")
        until(lambda: "directory.no_answer" in engine.log, "the first question")
        (item,) = engine.messages()
        assert item["state"] in ("received", "processing")
        assert ehr.received == []
        assert server.received
        server.usual = None
        assert _the(engine, "W-1")["state"] == "delivered"
        assert len(ehr.received) == 1
        assert engine.log.count("directory.no_answer") == 1
        assert engine.log.count("directory.back") == 1


def test_a_directory_that_is_down_is_a_persons_decision_where_the_channel_says_so(tmp_path: Path) -> None:
    """`on_unavailable: review`: the case is open at once, with the reason."""
    server = PdqServer()
    with ehr_listening() as ehr:
        with server.run():
            words = f"{_pdq_words(server)}, tries: 1"
        with running(_site(tmp_path, ehr, words, stage=", on_unavailable: review")) as engine:
            _send(engine, "D-1")
            item = _the(engine, "D-1")
            assert item["state"] == "review"
            assert [reason["code"] for reason in item["reasons"]] == ["directory.unavailable"]
            assert ehr.received == []


def test_results_reach_the_patient_of_the_supplier(tmp_path: Path) -> None:
    """PDQ over MLLP: found, matched, delivered under the supplier's number; the log names nobody."""
    with _pdq().run() as server, ehr_listening() as ehr:
        with running(_site(tmp_path, ehr, _pdq_words(server))) as engine:
            _send(engine, "P-1")
            item = _the(engine, "P-1")
            assert (item["state"], item["patient_mrn"]) == ("delivered", ADA.mrn)
            assert _without_patient(engine)
        assert {query.kind for query in server.received} == {"QBP^Q22^QBP_Q21"}


def test_a_directory_that_does_not_show_everybody_decides_nothing(tmp_path: Path) -> None:
    """The right patient among more than may be read: a person's decision, with the reason, and nothing is sent."""
    server = _fhir()
    everybody = json_answer(bundle(server.patients, total=4000))
    server.usual = always(everybody)
    with server.run(), ehr_listening() as ehr, running(_site(tmp_path, ehr, _fhir_words(server))) as engine:
        _send(engine, "I-1")
        item = _the(engine, "I-1")
        assert item["state"] == "review"
        assert "directory.incomplete" in [reason["code"] for reason in item["reasons"]]
        assert ehr.received == []


def _headrace(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "engine", "--site", str(site), *words], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("kind", ["fhir", "pdq-v2"])
def test_match_asks_the_directory(tmp_path: Path, kind: str) -> None:
    """`headrace match` decides with the same answers; 75 when there is none."""
    line = {
        "case": "1", "identifiers": [{"value": ADA.mrn, "authority": "HOSP", "type": "MR"}], "family": ADA.family,
        "given": ADA.given, "birth_date": ADA.birth_date.isoformat(), "sex": ADA.sex,
    }  # fmt: skip
    (tmp_path / "batch.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    fhir = _fhir()
    pdq = _pdq()
    with ehr_listening() as ehr:
        with fhir.run(), pdq.run():
            site = _site(tmp_path, ehr, _fhir_words(fhir) if kind == "fhir" else _pdq_words(pdq))
            command = ("match", "--directory", "patients", "--batch", str(tmp_path / "batch.jsonl"), "--json")
            done = _headrace(site, *command)
            assert done.returncode == 0, done.stderr
            answer = json.loads(done.stdout)
            assert (answer["decision"], answer["mrn"]) == ("match", ADA.mrn)
        assert _headrace(site, *command).returncode == 75
