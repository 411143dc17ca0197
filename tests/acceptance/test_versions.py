"""Versions of an order on a running engine: what the EHR ends with, and what people see."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.generators.patients import make_population, write_csv
from tests.generators.reports import Report, compose, correct, render
from tests.support.site import Ehr, Engine, Lab, accept, ack_code, ehr_listening, make_site, running, until

pytestmark = pytest.mark.slow
PATIENTS = make_population(8600, 4, "en")
REPORT = compose("us_chem", seed=8601, patient=PATIENTS[0], panels=("lipids",))
PID = (
    f"PID|1||{PATIENTS[0].mrn}^^^HOSP^MR||{PATIENTS[0].family}^{PATIENTS[0].given}||"
    f"{PATIENTS[0].birth_date:%Y%m%d}|{PATIENTS[0].sex}"
)


def _msh(number: int, kind: str) -> str:
    return f"MSH|^~\\&|LIS|LAB|HR|HOSP|202603021{number:03}00||{kind}|V{number:03}|P|2.5.1"


def _er7(*lines: str) -> bytes:
    return "".join(f"{line}\r" for line in lines).encode()


def _ed(report: Report, flag: str) -> str:
    data = base64.b64encode(render(report)[0]).decode("ascii")
    return f"OBX|1|ED|PDF^Report^L|1|^AP^PDF^Base64^{data}||||||{flag}"


def oru(number: int, minute: int, status: str, *obx: str) -> bytes:
    """Message `number` about order F77, reported at `minute`."""
    obr = f"OBR|1|P77|F77|57698-3^Lipid panel^LN|||202603010815|||||||||||||||202603011{minute:03}00|||{status}"
    return _er7(_msh(number, "ORU^R01^ORU_R01"), PID, obr, *obx)


def glucose(value: str, flag: str) -> str:
    """A discrete result."""
    return f"OBX|1|NM|2345-7^Glucose^LN||{value}|mg/dL^mg/dL^UCUM|70-110|N|||{flag}"


def mdm(number: int, event: str, document: str, *obx: str, parent: str = "") -> bytes:
    """A document notification; `document` is TXA-12, `parent` TXA-13."""
    txa = f"TXA|1|LAB|AP|||202603011{number:03}00||||||{document}|{parent}||||AU||AV"
    return _er7(_msh(number, f"MDM^{event}^MDM_T02"), f"EVN|{event}|20260301", PID, "PV1|1|O", txa, *obx)


@dataclass
class Place:
    """A running engine and the EHR behind it."""

    engine: Engine
    ehr: Ehr

    def send(self, *messages: bytes) -> dict[str, dict[str, Any]]:
        """Send one after the other; all messages by control id once nothing moves."""
        with Lab(self.engine.mllp) as lab:
            assert [ack_code(lab.send(item)) for item in messages] == ["AA"] * len(messages)
        return {item["control_id"]: item for item in self.engine.settled()}

    def kept(self) -> dict[tuple[str, str, str], str]:
        """What an EHR that goes by result identity has now: value by (OBR-3, code, OBX-4); documents aside."""
        found: dict[tuple[str, str, str], str] = {}
        for message in self.ehr.received:
            filler = ""
            for line in message.decode().split("\r"):
                fields = [*line.split("|"), *[""] * 12]
                if fields[0] == "OBR":
                    filler = fields[3]
                elif fields[0] == "OBX":
                    key = (filler, fields[3].split("^")[0], fields[4])
                    found.pop(key, None)
                    if fields[11] not in ("D", "W", "X"):
                        found[key] = fields[5]
        return {key: value for key, value in found.items() if key[1] != "11502-2"}


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with ehr_listening() as ehr:
        made = make_site(tmp_path / "site", ehr=ehr.port, patients=write_csv(PATIENTS))
        with running(made) as engine:
            yield Place(engine, ehr)


def _codes(item: dict[str, Any]) -> list[str]:
    return [one["code"] for one in item["reasons"]]


def test_a_late_older_version_never_leaves(place: Place) -> None:
    """Preliminary and corrected leave, linked; the final one between them arrives late and goes to a person."""
    seen = place.send(
        oru(1, 100, "P", glucose("100", "P")),
        oru(2, 300, "C", glucose("300", "C")),
        oru(3, 200, "F", glucose("200", "F")),
        oru(4, 300, "C", glucose("300", "C")),
    )
    assert [seen[f"V00{n}"]["state"] for n in (1, 2, 3, 4)] == ["delivered", "delivered", "review", "duplicate"]
    assert _codes(seen["V003"]) == ["version.stale"]
    assert seen["V002"]["id"] in seen["V003"]["reasons"][0]["text"]
    assert seen["V003"]["deliveries"] == []
    assert place.kept() == {("F77", "2345-7", ""): "300"}
    versions = place.engine.get(f"/api/v1/messages/{seen['V002']['id']}")["versions"]
    assert [(item["control_id"], item["relations"]) for item in versions] == [
        ("V004", ["repeated_by"]), ("V003", ["older"]), ("V001", ["supersedes", "older"]),
    ]  # fmt: skip
    versions = place.engine.get(f"/api/v1/messages/{seen['V001']['id']}")["versions"]
    assert [(item["control_id"], item["relations"]) for item in versions] == [("V003", ["newer"]), ("V002", ["newer"])]
    versions = place.engine.get(f"/api/v1/messages/{seen['V004']['id']}")["versions"]
    assert [item["control_id"] for item in versions] == ["V003", "V002", "V001"]
    shown = _command(place, "explain", seen["V001"]["id"]).stdout
    assert all(word in shown for word in ("newer version", "this message", seen["V002"]["id"], seen["V003"]["id"]))


def test_a_withdrawn_document_takes_its_results_back(place: Place) -> None:
    """The report's results leave again as W without a value, the document does not, and a case stands."""
    corrected = correct(REPORT)
    place.send(oru(1, 100, "F", _ed(REPORT, "F")))
    first = place.kept()
    assert len(first) >= 3
    place.send(oru(2, 200, "C", _ed(corrected, "C")))
    second = place.kept()
    assert second.keys() == first.keys()
    assert second != first
    seen = place.send(oru(3, 300, "C", _ed(corrected, "W")))
    assert place.kept() == {}
    assert seen["V003"]["state"] == "review"
    assert set(_codes(seen["V003"])) == {"result.withdrawn"}
    assert [item["state"] for item in seen["V003"]["deliveries"]] == ["sent"]
    assert b"JVBERi" not in place.ehr.received[-1]
    assert "dedupe.result_withdrawn" in place.engine.log


def test_a_document_is_replaced_twice_and_cancelled(place: Place) -> None:
    """MDM T02, T10 and T10 again under new document numbers, then T11 of the last: one order at the EHR, empty at the end."""
    corrected = correct(REPORT)
    place.send(mdm(1, "T02", "D1", _ed(REPORT, "F")))
    first = place.kept()
    place.send(mdm(2, "T10", "D2", _ed(corrected, "F"), parent="D1"))
    second = place.kept()
    assert len(first) >= 3
    assert second.keys() == first.keys()
    assert second != first
    seen = place.send(mdm(3, "T10", "D3", _ed(REPORT, "F"), parent="D2"))
    assert place.kept() == first
    assert [seen[f"V00{n}"]["state"] for n in (1, 2, 3)] == ["delivered"] * 3
    assert b"|||C\r" in place.ehr.received[-1]
    seen = place.send(mdm(4, "T11", "D3"))
    assert place.kept() == {}
    assert (seen["V004"]["state"], _codes(seen["V004"])[:1]) == ("review", ["result.withdrawn"])


def test_a_document_that_comes_behind_its_replacement_is_held(place: Place) -> None:
    """T02, then T10 of the document that has not come yet: when that comes, it goes to a person and names the newer one."""
    place.send(mdm(1, "T02", "D1", _ed(REPORT, "F")), mdm(3, "T10", "D3", _ed(correct(REPORT), "F"), parent="D2"))
    before = len(place.ehr.received)
    seen = place.send(mdm(2, "T10", "D2", _ed(compose("us_chem", seed=8603, patient=PATIENTS[0]), "F"), parent="D1"))
    assert (seen["V002"]["state"], _codes(seen["V002"])) == ("review", ["version.stale"])
    assert seen["V003"]["id"] in seen["V002"]["reasons"][0]["text"]
    assert len(place.ehr.received) == before


def test_a_cancellation_of_nothing_sends_nothing(place: Place) -> None:
    """T11 of a document that never came waits for a person."""
    seen = place.send(mdm(1, "T11", "D9"))
    assert seen["V001"]["state"] == "review"
    assert place.ehr.received == []


def test_every_result_is_accounted_for(place: Place) -> None:
    """Sent, replaced, duplicate, waiting: the balance adds up."""
    place.send(
        oru(1, 100, "F", _ed(REPORT, "F")),
        oru(2, 200, "C", _ed(correct(REPORT), "C")),
        oru(3, 150, "F", _ed(compose("us_chem", seed=8602, patient=PATIENTS[0], panels=("lipids",)), "F")),
        oru(4, 200, "C", _ed(correct(REPORT), "C")),
    )
    command = [sys.executable, "-m", "engine", "--site", str(place.engine.site), "audit", "balance", "--json"]
    done = subprocess.run(command, capture_output=True, check=False, timeout=60)
    found = json.loads(done.stdout)
    assert (done.returncode, found["unaccounted"]) == (0, [])
    assert found["messages"] == {"sent": 1, "replaced": 1, "waiting": 1, "duplicate": 1}
    assert found["results"]["sent"] == found["results"]["replaced"] == len(place.kept())


def refusing(value: str) -> Callable[[bytes], bytes]:
    """An EHR that refuses messages with a certain value."""
    return lambda message: accept(message, "AE" if f"||{value}|".encode() in message else "AA")


def _command(place: Place, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "engine", "--site", str(place.engine.site), *words]
    return subprocess.run(command, capture_output=True, check=False, timeout=60, text=True)


def test_a_refused_version_never_follows_the_newer_one(place: Place) -> None:
    """The EHR refuses the preliminary result; the final one ends its delivery, and nobody can send it any more."""
    place.ehr.behave = refusing("100")
    seen = place.send(oru(1, 100, "P", glucose("100", "P")))
    assert seen["V001"]["state"] == "parked"
    seen = place.send(oru(2, 200, "F", glucose("200", "F")))
    assert [seen[name]["deliveries"][0]["state"] for name in ("V001", "V002")] == ["withdrawn", "sent"]
    assert [seen[name]["state"] for name in ("V001", "V002")] == ["delivered", "delivered"]
    assert "delivery.superseded" in _codes(seen["V001"])
    assert seen["V002"]["id"] in seen["V001"]["reasons"][-1]["text"]
    detail = place.engine.get(f"/api/v1/messages/{seen['V001']['id']}")
    done = _command(place, "queue", "retry", detail["deliveries"][0]["id"], "--force", "--reason", "all the same")
    assert (done.returncode, done.stdout) == (1, "")
    balance = json.loads(_command(place, "audit", "balance", "--json").stdout)
    assert (balance["unaccounted"], balance["messages"]) == ([], {"sent": 1, "replaced": 1})
    place.ehr.behave = accept
    assert _command(place, "replay", seen["V001"]["id"]).returncode == 0
    seen = {item["control_id"]: item for item in place.engine.settled()}
    assert seen["V001"]["state"] == "review"
    assert len(place.ehr.received) == 2


def test_what_only_the_refused_version_says_stays_parked_and_is_not_retried_by_mistake(place: Place) -> None:
    """The newer message speaks of one of two results: the older one waits, a retry says why not, force sends it."""
    place.ehr.behave = refusing("100")
    sodium = "OBX|2|NM|2951-2^Sodium^LN||140|mmol/L^mmol/L^UCUM|135-145|N|||P"
    place.send(oru(1, 100, "P", glucose("100", "P"), sodium))
    seen = place.send(oru(2, 200, "F", glucose("200", "F")))
    assert [seen[name]["state"] for name in ("V001", "V002")] == ["parked", "delivered"]
    assert "delivery.overtaken" in _codes(seen["V001"])
    place.ehr.behave = accept
    delivery = place.engine.get(f"/api/v1/messages/{seen['V001']['id']}")["deliveries"][0]["id"]
    done = _command(place, "queue", "retry", delivery)
    assert done.returncode == 1
    assert seen["V002"]["id"] in done.stderr
    assert done.stderr.count("\n") == 1
    assert place.kept() == {("F77", "2345-7", ""): "200", ("F77", "2951-2", ""): "140"}
    assert len(place.ehr.received) == 2
    assert _command(place, "queue", "retry", delivery, "--force", "--reason", "sodium is needed").returncode == 0
    place.engine.settled()
    assert len(place.ehr.received) == 3


def test_an_outage_ends_with_the_newest_version_alone(place: Place) -> None:
    """While the EHR hangs up, three versions gather: only the last one is sent, and what it lacks before it."""
    place.ehr.behave = lambda _message: None
    sodium = "OBX|2|NM|2951-2^Sodium^LN||140|mmol/L^mmol/L^UCUM|135-145|N|||P"
    with Lab(place.engine.mllp) as lab:
        lab.send(oru(1, 100, "P", glucose("100", "P")))
        lab.send(oru(2, 200, "P", glucose("200", "P"), sodium))
        lab.send(oru(3, 300, "F", glucose("300", "F")))
        until(lambda: all(item["deliveries"] for item in place.engine.messages()), "three deliveries")
    place.ehr.received.clear()
    place.ehr.behave = accept
    seen = {item["control_id"]: item for item in place.engine.settled()}
    states = [seen[f"V00{number}"]["deliveries"][0]["state"] for number in (1, 2, 3)]
    assert states == ["withdrawn", "sent", "sent"]
    assert place.kept() == {("F77", "2345-7", ""): "300", ("F77", "2951-2", ""): "140"}


def test_an_older_version_comes_back_when_the_newer_one_is_closed(place: Place) -> None:
    """The newer version, for which the older one was withdrawn, is refused and closed by a person: a replay sends the older."""
    place.ehr.behave = lambda message: accept(message, "AE")
    seen = place.send(oru(1, 100, "P", glucose("100", "P")), oru(2, 200, "F", glucose("200", "F")))
    assert [seen[name]["deliveries"][0]["state"] for name in ("V001", "V002")] == ["withdrawn", "parked"]
    place.ehr.behave = accept
    assert _command(place, "withdraw", seen["V002"]["id"], "--reason", "sent by mistake").returncode == 0
    assert _command(place, "replay", seen["V001"]["id"]).returncode == 0
    seen = {item["control_id"]: item for item in place.engine.settled()}
    assert (seen["V001"]["state"], seen["V001"]["deliveries"][0]["state"]) == ("delivered", "sent")
    assert len(seen["V001"]["deliveries"]) == 1
    assert place.ehr.received[-1].count(b"||100|") == 1
