"""A laboratory changes its report while the engine runs: held with words, let go by one command, kept over a restart."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.generators.layouts import LAYOUTS
from tests.generators.messages import DIALECTS, envelope_of, oru_document
from tests.generators.patients import make_population, write_csv
from tests.generators.reports import compose, render
from tests.support.site import Ehr, Engine, Lab, ack_code, ehr_listening, make_site, running, until

pytestmark = pytest.mark.slow
PATIENTS = make_population(8700, 12, "en")
DIALECT = DIALECTS["lri251"]


def report_of(number: int, layout: str) -> bytes:
    """A message with a PDF of one patient in one layout; sender and laboratory are the same for all."""
    report = compose(layout, seed=8700 + number, patient=PATIENTS[number], panels=("lipids",), language="en")
    report = replace(report, lab=LAYOUTS["us_chem"].labs["en"])
    return oru_document(DIALECT, envelope_of(report, f"LAY-{number:04}"), render(report)[0])


def state_of(engine: Engine, number: int) -> str:
    (found,) = engine.messages(control_id=f"LAY-{number:04}")
    return str(found["state"])


def send(engine: Engine, *messages: bytes) -> None:
    with Lab(engine.mllp) as lab:
        assert [ack_code(lab.send(item)) for item in messages] == ["AA"] * len(messages)


def layouts(site: Path, *arguments: str) -> Any:
    """`headrace layouts … --json`, one JSON line."""
    done = subprocess.run(
        [sys.executable, "-m", "engine", "--site", str(site), "layouts", *arguments, "--json"],
        capture_output=True, check=True, timeout=120, encoding="utf-8", env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip
    return json.loads(done.stdout)


def results_at(ehr: Ehr) -> int:
    """Results that reached the receiver beside documents."""
    return sum(
        segment.startswith(b"OBX") and b"|NM|" in segment for raw in ehr.received for segment in raw.split(b"\r")
    )


def test_changed_report_waits_for_a_word_and_then_goes(tmp_path: Path) -> None:
    """Five reports teach the usual form; the sixth has another one, waits over a restart, and one command lets it go."""
    with ehr_listening() as ehr:
        made = make_site(tmp_path / "site", ehr=ehr.port, patients=write_csv(PATIENTS))
        with running(made) as engine:
            send(engine, *(report_of(number, "us_chem") for number in range(5)))
            until(lambda: all(state_of(engine, n) == "delivered" for n in range(5)), "five delivered")
            before = results_at(ehr)
            assert before > 0
            send(engine, report_of(5, "uk_trust"), report_of(6, "us_chem"))
            until(lambda: (state_of(engine, 5), state_of(engine, 6)) == ("review", "delivered"), "one held")
            (held,) = engine.messages(control_id="LAY-0005")
            (told,) = [item["text"] for item in held["reasons"] if item["code"] == "layout.unknown"]
            assert "changed its report on" in told
            assert "review.layout_changed" in engine.log
        with running(made) as engine:
            (waiting,) = layouts(made, "list", "--held")["items"]
            assert waiting["message_id"] == held["id"]
            before = results_at(ehr)
            assert layouts(made, "confirm", waiting["id"])["replayed"] == 1
            until(lambda: state_of(engine, 5) == "delivered", "the held one delivered")
            until(lambda: results_at(ehr) > before, "its results at the receiver")
            assert layouts(made, "list", "--held")["items"] == []
