"""ADT and results over MLLP into a running engine: the index that the one feeds decides on the other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.adt import ADA, BOB, adt, pid
from tests.support.lab_messages import HEAD, NUMBER, OBR, message
from tests.support.site import Engine, Lab, ack_code, ehr_listening, running, until

pytestmark = pytest.mark.slow

SITE = """\
version: 1
web: {listen: "127.0.0.1:0"}
directories:
  patients: {use: index, default_authority: HOSP, time_zone: UTC}
"""
CHANNEL = """\
version: 1
channel: front
sources:
  - {name: hub, use: mllp, listen: "127.0.0.1:0", accept: {types: ["ADT^*", ORU^R01]}}
stages:
  - {use: index}
  - {use: decode}
  - {use: reconcile}
  - {use: dedupe}
  - {use: review, unmapped: pass}
destinations:
  - {name: ehr, use: mllp, to: "127.0.0.1:%s"}
"""


def _site(folder: Path, ehr: int) -> Path:
    for name, text in (("conf/headrace.yaml", SITE), ("channels/front.yaml", CHANNEL % ehr)):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    (folder / "patients.csv").write_text(
        "mrn,assigning_authority,family,given,birth_date,sex\n4711,,Marlowe,Ada,1968-05-12,F\n6000,HOSP,Reed,Cy,1970-01-01,M\n"
    )
    return folder


def _command(site: Path, *words: str) -> str:
    command = [sys.executable, "-m", "engine", "--site", str(site), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def _oru(control_id: str, number: str, name: str, birth: str, sex: str) -> bytes:
    head = HEAD.replace("|M1|", f"|{control_id}|")
    return message(OBR.replace("F200", f"F{control_id}"), NUMBER, head=head, pid=pid(number, name, birth, sex))


def _tell(engine: Engine, *messages: bytes) -> dict[str, dict[str, Any]]:
    """Send, wait until nothing moves; the messages by control id."""
    with Lab(engine.mllp) as hub:
        for raw in messages:
            assert ack_code(hub.send(raw)) == "AA"
    count = len(messages)
    until(lambda: len(engine.messages()) >= count, "messages")
    return {item["control_id"]: item for item in engine.settled()}


def _codes(item: dict[str, Any]) -> list[str]:
    return [reason["code"] for reason in item["reasons"]]


def test_what_registration_says_decides_on_results(tmp_path: Path) -> None:
    """Loaded and admitted: delivered; merged: a case, after kill -9 and a late message too; not applicable: a case."""
    with ehr_listening() as ehr:
        site = _site(tmp_path, ehr.port)
        assert "2 records changed" in _command(
            site, "directory", "load", "patients", str(site / "patients.csv"), "--as-of", "2026-02-01"
        )
        with running(site) as engine:
            found = _tell(
                engine,
                adt("A08", pid(), at="20260301080000"),
                adt("A28", pid(BOB, "Fern^Bob", "19500102", "M"), at="20260301080100"),
            )
            assert [item["state"] for item in found.values()] == ["delivered", "delivered"]
            found = _tell(
                engine, _oru("R1", ADA, "Marlow^Ada", "19680512", "F"), _oru("R2", BOB, "Fern^Bob", "19500102", "M")
            )
            assert [found[name]["state"] for name in ("R1", "R2")] == ["delivered", "delivered"]
            found = _tell(
                engine,
                adt("A40", pid(), f"MRG|{BOB}", at="20260301090000"),
                adt("A43", pid(), f"MRG|{BOB}", at="20260301090100"),
            )
            assert found["A20260301090000"]["state"] == "delivered"
            assert (found["A20260301090100"]["state"], "directory.unclear_change" in _codes(found["A20260301090100"])) == (
                "review", True,
            )  # fmt: skip
            engine.kill()
        with running(site) as engine:
            found = _tell(
                engine, adt("A08", pid(BOB, "Fern^Bob", "19500102", "M"), at="20260301083000"),
                _oru("R3", BOB, "Fern^Bob", "19500102", "M"), _oru("R4", ADA, "Marlow^Ada", "19680512", "F"),
            )  # fmt: skip
            assert (found["R3"]["state"], _codes(found["R3"])) == ("review", ["patient.merged"])
            assert found["R4"]["state"] == "delivered"
            known = json.loads(_command(site, "directory", "show", "patients", "5000", "--json"))
            told_by = known[0]["facts"]["merged_into"]["message"]
            assert told_by == found["A20260301090000"]["id"]
            assert engine.stop() == 0
        assert "Marlow" not in engine.log
        assert "Fern" not in engine.log
        assert len(ehr.received) == 3


def test_the_index_is_built_again_from_messages(tmp_path: Path) -> None:
    """The file is lost: a replay of the feed brings the same index back."""
    with ehr_listening() as ehr:
        site = _site(tmp_path, ehr.port)
        with running(site) as engine:
            _tell(engine, adt("A28", at="20260301080000"), adt("A40", pid(), f"MRG|{BOB}", at="20260301090000"))
            before = _command(site, "directory", "show", "patients", "5000", "--json")
            assert engine.stop() == 0
        for path in (site / "var").glob("patients.db*"):
            path.unlink()
        with running(site) as engine:
            _command(site, "replay", "--channel", "front", "--yes")
            until(lambda: "merged_into" in _shown(site), "the replay")
            assert _command(site, "directory", "show", "patients", "5000", "--json") == before


def _shown(site: Path) -> str:
    command = [sys.executable, "-m", "engine", "--site", str(site), "directory", "show", "patients", "5000"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stdout
