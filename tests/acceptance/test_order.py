"""What a parked message does to those behind it, on a running engine with an EHR that refuses one message."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.generators.discrete import oru_discrete
from tests.generators.messages import DIALECTS, envelope_of
from tests.generators.patients import make_population, write_csv
from tests.generators.reports import compose
from tests.support.site import Ehr, Lab, accept, ack_code, ehr_listening, make_site, running, until

pytestmark = pytest.mark.slow
PATIENTS = make_population(8000, 4, "en")


def message(number: int) -> bytes:
    """One of several small messages of one patient."""
    report = compose("us_chem", seed=8100 + number, patient=PATIENTS[0], panels=("lipids",))
    envelope = replace(envelope_of(report, f"ORD-{number:04}"), placer=f"ORD-{number}", filler=f"ACC-{number}")
    return oru_discrete(DIALECTS["lri251"], envelope, report)


def site(folder: Path, ehr: Ehr, order: str, destination: str = "") -> Path:
    made = make_site(folder / "site", ehr=ehr.port, patients=write_csv(PATIENTS), destination=destination)
    channel = made / "channels" / "lab-reports.yaml"
    channel.write_text(channel.read_text(encoding="utf-8") + f"order: {order}\n", encoding="utf-8")
    return made


def test_without_order_a_refused_message_holds_up_nobody(tmp_path: Path) -> None:
    """`order: none`: while the first message is refused again and again the patient's next one arrives."""
    with ehr_listening() as ehr:
        ehr.behave = lambda received: accept(received, code="AR" if b"ACC-1|" in received else "AA")
        folder = site(tmp_path, ehr, "none", ", retry: {base: 20ms, max: 100ms}, rejects: 100000")
        with running(folder) as engine, Lab(engine.mllp) as lab:
            assert [ack_code(lab.send(message(number))) for number in (1, 2)] == ["AA", "AA"]
            (done,) = until(lambda: engine.messages(state="delivered"), "the second")
            assert done["control_id"] == "ORD-0002"
            assert len(engine.messages(state="queued")) == 1


def test_a_fault_of_the_message_itself_parks_at_once(tmp_path: Path) -> None:
    """AR with ERR 203 is not sent again: the same bytes would be refused again; the patient's next message goes on."""
    fault = b"ERR|||203^Unsupported version id^HL70357|E\r"

    def behave(received: bytes) -> bytes:
        if b"ACC-1|" not in received:
            return accept(received)
        refusal = accept(received, code="AR")
        return refusal[:-2] + fault + refusal[-2:]

    with ehr_listening() as ehr:
        ehr.behave = behave
        with running(site(tmp_path, ehr, "skip_failed")) as engine, Lab(engine.mllp) as lab:
            assert [ack_code(lab.send(message(number))) for number in (1, 2)] == ["AA", "AA"]
            until(lambda: engine.messages(state="delivered"), "the second")
            (parked,) = engine.messages(state="parked")
            assert [(one["state"], one["attempts"]) for one in parked["deliveries"]] == [("parked", 1)]
            assert len(ehr.received) == 2
