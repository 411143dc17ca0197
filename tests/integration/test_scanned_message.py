"""A scan inside a message goes the whole way: recognised, coded, delivered with the original."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.generators.messages import DIALECTS, envelope_of, oru_document
from tests.generators.patients import make_population, write_csv
from tests.generators.reports import compose, render
from tests.generators.scans import worn
from tests.support.site import Lab, ack_code, ehr_listening, make_site, running, until

pytestmark = pytest.mark.slow


def test_a_scanned_report_arrives_coded(tmp_path: Path) -> None:
    """An ORU with a skewed, noisy scan is delivered with its printed values, or waits with a reason at the row."""
    pytest.importorskip("onnxruntime")
    patients = make_population(8100, 3, "en")
    report = compose("us_chem", seed=5, patient=patients[0], panels=("lipids",))
    document, truth = render(report)
    message = oru_document(DIALECTS["lri251"], envelope_of(report, "SCAN-1"), worn(document, "scan"))
    with ehr_listening() as ehr:
        site = make_site(tmp_path / "site", ehr=ehr.port, patients=write_csv(patients))
        with running(site) as engine:
            with Lab(engine.mllp) as lab:
                assert ack_code(lab.send(message)) == "AA"
            item = until(
                lambda: next((m for m in engine.messages() if m["state"] in ("delivered", "review")), None), "end", 90
            )
            report_read = engine.get(f"/api/v1/messages/{item['id']}")["report"]
            results = [result for section in report_read["sections"] for result in section["results"]]
    assert [result["value"] for result in results] == [row.value for row in truth.results]
    assert {result["provenance"]["engine"] for result in results} == {"ocr"}
    if item["state"] == "review":
        assert item["reasons"]
    else:
        assert len(ehr.received) == 1
