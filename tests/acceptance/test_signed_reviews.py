"""What a person says when closing a case is what `match --estimate` learns from, through a running engine."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.generators.demo import DemoCase, demo_patients, demo_set
from tests.support.site import Lab, ack_code, ehr_listening, make_site, running

pytestmark = pytest.mark.slow


@cache
def cases() -> dict[str, DemoCase]:
    """The demo's messages by title; made when a test asks, not when the file is read."""
    return {case.title: case for case in demo_set()}


def _headrace(site: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "engine", "--site", str(site), *arguments]
    return subprocess.run(command, capture_output=True, check=False, timeout=120)


def test_a_signed_review_is_counted_and_u_comes_from_the_directory(tmp_path: Path) -> None:
    """One match by number, one case closed with `--patient shown`; too few for m, and the figures can be pasted."""
    with ehr_listening() as ehr:
        site = make_site(tmp_path / "s", ehr=ehr.port, patients=demo_patients())
        with running(site) as engine:
            with Lab(engine.mllp) as lab:
                for title in ("Wrong patient, a twin", "Discrete results"):
                    assert ack_code(lab.send(cases()[title].raw)) == "AA"
            engine.settled()
            (case,) = json.loads(_headrace(site, "review", "ls", "--json").stdout)["items"]
            close = ("review", "close", case["id"], "--outcome", "handled", "--reason", "by hand", "--patient", "shown")
            assert _headrace(site, *close).returncode == 0
            done = _headrace(site, "match", "--directory", "patients", "--estimate", "--json")
            found: dict[str, Any] = json.loads(done.stdout)
            assert done.returncode == 0, done.stderr
            assert (found["signed"], found["by_number"], found["unsigned"]) == (1, 1, 0)
            assert all(set(own) == {"u"} for own in found["weights"].values())
            printed = _headrace(site, "match", "--directory", "patients", "--estimate").stdout.decode()
        channel = site / "channels" / "lab-reports.yaml"
        text, own = channel.read_text(encoding="utf-8"), yaml.safe_load(printed)["weights"]
        pasted = f"directory: patients, weights: {json.dumps(own)}"
        channel.write_text(text.replace("directory: patients", pasted), encoding="utf-8")
        assert _headrace(site, "check").returncode == 0
