"""The command line as a person uses it: every command against a real site, with its exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.generators.demo import DemoCase, demo_patients, demo_set
from tests.support.site import Ehr, Engine, ehr_listening, make_site, running, until

pytestmark = pytest.mark.slow


@cache
def cases() -> dict[str, DemoCase]:
    """The demo's messages by title; made when a test asks, not when the file is read."""
    return {case.title: case for case in demo_set()}


def headrace(site: Path | None, *arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run one command."""
    where = ["--site", str(site)] if site else []
    command = [sys.executable, "-m", "engine", *where, *(str(item) for item in arguments)]
    return subprocess.run(
        command, input=stdin, capture_output=True, check=False, timeout=120, env={**os.environ, "NO_COLOR": "1"}
    )


def as_json(done: subprocess.CompletedProcess[bytes]) -> Any:
    """The JSON a command printed."""
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def ehr() -> Iterator[Ehr]:
    with ehr_listening() as listening:
        yield listening


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The demo's messages as files."""
    folder = tmp_path_factory.mktemp("messages")
    made = {}
    for title, case in cases().items():
        made[title] = folder / f"{case.control_id}-{len(made)}.hl7"
        made[title].write_bytes(case.raw)
    return made


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, ehr: Ehr, files: dict[str, Path]) -> Iterator[Engine]:
    """An engine that has taken in a PDF report, a wrong-patient report and a discrete one."""
    site = make_site(tmp_path_factory.mktemp("site") / "s", ehr=ehr.port, patients=demo_patients())
    with running(site) as started:
        for title in ("PDF report, English", "Wrong patient, a twin", "Discrete results"):
            done = headrace(None, "send", files[title], "--to", f"{started.mllp[0]}:{started.mllp[1]}")
            assert done.returncode == 0, done.stderr
        started.settled()
        yield started


def test_send_shows_each_ack_and_fails_on_a_refusal(engine: Engine, tmp_path: Path) -> None:
    """`send` prints code, control id and error; a refused message makes exit code 1."""
    adt = tmp_path / "adt.hl7"
    adt.write_bytes(b"MSH|^~\\&|A|B|C|D|20260101||ADT^A01|ADT-1|P|2.5\rPID|1\r")
    done = headrace(None, "send", adt, "--to", f"127.0.0.1:{engine.mllp[1]}")
    assert done.returncode == 1
    assert done.stdout.startswith(b"AR  ADT-1")
    assert b"ERR 200" in done.stdout


def test_send_says_where_it_could_not_connect(files: dict[str, Path]) -> None:
    """Nobody listening is one line and exit code 1; an address that is none is exit code 2."""
    done = headrace(None, "send", files["Discrete results"], "--to", "127.0.0.1:1")
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)
    assert headrace(None, "send", files["Discrete results"], "--to", "nowhere").returncode == 2


def test_ls_lists_by_state(engine: Engine) -> None:
    """`ls --state review --json` has the shape of the API and shows the reason."""
    page = as_json(headrace(engine.site, "ls", "--state", "review", "--json"))
    assert [item["control_id"] for item in page["items"]] == ["DEMO-0014"]
    assert "patient.conflict" in {item["code"] for item in page["items"][0]["reasons"]}
    assert b"DEMO-0014" in headrace(engine.site, "ls").stdout


def test_show_gives_every_part_as_it_is(engine: Engine, ehr: Ehr) -> None:
    """Raw is what was sent, document a PDF, built and sent what the EHR got, ack what it answered."""
    case = cases()["PDF report, English"]
    assert headrace(engine.site, "show", case.control_id, "--part", "raw").stdout == case.raw
    assert headrace(engine.site, "show", case.control_id, "--part", "document").stdout.startswith(b"%PDF")
    sent = headrace(engine.site, "show", case.control_id, "--part", "sent").stdout
    assert sent in ehr.received
    assert headrace(engine.site, "show", case.control_id, "--part", "built").stdout == sent
    assert b"MSA|AA|" in headrace(engine.site, "show", case.control_id, "--part", "ack").stdout
    report = as_json(headrace(engine.site, "show", case.control_id, "--part", "extracted"))
    assert report["summary"]["total_tests"] == len(case.observations)


def test_explain_tells_the_life_of_a_message(engine: Engine) -> None:
    """`explain` shows reasons, timeline and the evidence on the patient; an unknown id is exit code 1 and one line."""
    told = headrace(engine.site, "explain", "DEMO-0014").stdout.decode()
    assert "patient.conflict" in told
    assert "accept" in told
    detail = as_json(headrace(engine.site, "explain", "DEMO-0001", "--json"))
    assert {"timeline", "report", "versions", "match"} <= set(detail)
    assert (detail["match"]["decision"], detail["match"]["step"]) == ("match", "identifier")
    assert "birth_date agree +11.0" in headrace(engine.site, "explain", "DEMO-0001").stdout.decode()
    done = headrace(engine.site, "explain", "NO-SUCH")
    assert (done.returncode, done.stderr.count(b"\n")) == (1, 1)


def test_second_engine_on_a_site_is_refused(engine: Engine) -> None:
    """A second `run` ends with 75 and names the pid of the first."""
    done = headrace(engine.site, "run")
    assert done.returncode == 75
    assert str(engine.process.pid).encode() in done.stderr


def test_site_at_rest_can_be_read(tmp_path: Path, files: dict[str, Path]) -> None:
    """After the engine stopped, `ls` and `doctor` read its store; the stop was clean (exit code 0)."""
    with ehr_listening() as ehr:
        site = make_site(tmp_path / "s", ehr=ehr.port, patients=demo_patients())
        with running(site) as engine:
            headrace(None, "send", files["Discrete results"], "--to", f"127.0.0.1:{engine.mllp[1]}")
            engine.settled()
            assert engine.stop() == 0
    assert [item["state"] for item in as_json(headrace(site, "ls", "--json"))["items"]] == ["delivered"]
    assert headrace(site, "doctor").returncode == 0
    assert as_json(headrace(site, "doctor", "--json"))["ok"] is True


def test_check_names_every_mistake_with_its_place(tmp_path: Path) -> None:
    """Two mistakes in one channel are both shown as file:line:column, and `run` refuses with 78 as `check` does."""
    site = make_site(tmp_path / "s", ehr=1, patients=demo_patients())
    channel = site / "channels" / "lab-reports.yaml"
    channel.write_text(
        channel.read_text().replace("use: dedupe", "use: dedup").replace("use: decode}", "use: decode, hots: 1}")
    )
    done = headrace(site, "check")
    assert done.returncode == 78
    assert b"channels/lab-reports.yaml:6:19: stages[0].hots: unknown setting" in done.stdout
    assert b"did you mean 'dedupe'" in done.stdout
    assert headrace(site, "run").returncode == 78
    assert len(as_json(headrace(site, "check", "--json"))["problems"]) == 2


def test_extract_prints_the_report(tmp_path: Path, engine: Engine) -> None:
    """`extract --json` has the documented shape and exit code 0 for a sure reading, 3 for a file that is no report."""
    pdf = tmp_path / "report.pdf"
    pdf.write_bytes(headrace(engine.site, "show", "DEMO-0001", "--part", "document").stdout)
    done = headrace(None, "extract", pdf, "--json")
    report = as_json(done)
    assert done.returncode == (3 if report["needs_review"] or report["summary"]["needs_review"] else 0)
    assert {"document", "patient", "lab", "report", "sections", "summary", "metadata", "pages_failed"} <= set(report)
    first = report["sections"][0]["results"][0]
    assert {"value", "numeric_value", "loinc_code", "unit_ucum", "needs_review", "review_reasons", "provenance"} <= set(
        first
    )
    junk = tmp_path / "junk.bin"
    junk.write_bytes(bytes(range(256)) * 8)
    assert headrace(None, "extract", junk, "--json").returncode == 3
    assert headrace(None, "extract", tmp_path / "missing.pdf").returncode == 2


def test_dry_run_sends_nothing(engine: Engine, ehr: Ehr, files: dict[str, Path], tmp_path: Path) -> None:
    """A dry run shows what would leave, writes it where asked, and neither stores nor sends anything."""
    before, stored = len(ehr.received), len(engine.messages())
    done = headrace(engine.site, "dry-run", "lab-reports", files["PDF report, English"], "--out", tmp_path / "out")
    assert done.returncode == 0, done.stdout + done.stderr
    assert b"would leave now: all" in done.stdout
    assert (tmp_path / "out" / "ehr.hl7").read_bytes().startswith(b"MSH|")
    assert headrace(engine.site, "dry-run", "lab-reports", files["Wrong patient, a twin"]).returncode == 3
    assert headrace(engine.site, "dry-run", "no-such", files["Wrong patient, a twin"]).returncode == 2
    assert (len(ehr.received), len(engine.messages())) == (before, stored)


def test_hl7_tools_look_into_a_file(files: dict[str, Path], engine: Engine, tmp_path: Path) -> None:
    """`hl7 get` prints one value, `show` every field, `validate` judges what the engine built as valid."""
    file = files["Discrete results"]
    assert headrace(None, "hl7", "get", "MSH-10", file).stdout == b"DEMO-0008\n"
    assert headrace(None, "hl7", "get", "OBX[99]-5", file).returncode == 1
    assert headrace(None, "hl7", "get", "what", file).returncode == 2
    assert b"PID-3" in headrace(None, "hl7", "show", file).stdout
    built = tmp_path / "built.hl7"
    built.write_bytes(headrace(engine.site, "show", "DEMO-0001", "--part", "built").stdout)
    assert headrace(None, "hl7", "validate", built).stdout == b"message 1: valid\n"


def test_match_decides_line_by_line(engine: Engine) -> None:
    """`match --batch` answers each person with decision, number, score and evidence; a bad line is named."""
    rows = demo_patients().splitlines()
    columns = rows[0].split(",")
    person = dict(zip(columns, rows[1].split(","), strict=True))
    case = {"case": "a", **{key: person[key] for key in ("family", "given", "birth_date", "sex")}}
    lines = json.dumps(case).encode() + b"\n" + b'{"case": "b", "family": "Nobody", "given": "Here"}\n'
    done = headrace(engine.site, "match", "--directory", "patients", "--batch", "-", "--json", stdin=lines)
    first, second = (json.loads(line) for line in done.stdout.splitlines())
    assert (first["case"], first["decision"], first["mrn"]) == ("a", "match", person["mrn"])
    assert {item["field"] for item in first["evidence"]} >= {"family", "given", "birth_date", "sex"}
    assert (second["decision"], second["mrn"]) == ("none", None)
    done = headrace(engine.site, "match", "--directory", "patients", "--batch", "-", stdin=b"{}\n")
    assert (done.returncode, b":1:" in done.stderr) == (2, True)


def test_listen_stands_in_for_an_ehr(files: dict[str, Path], tmp_path: Path) -> None:
    """`listen` answers what it is told, saves what it got, and stops after its count."""
    command = [
        sys.executable,
        "-m",
        "engine",
        "listen",
        "--port",
        "0",
        "--ack",
        "AE",
        "--save",
        str(tmp_path / "in"),
        "--count",
        "1",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "NO_COLOR": "1"}) as process:
        assert process.stdout is not None
        port = process.stdout.readline().decode().rsplit(":", 1)[1].strip()
        done = headrace(None, "send", files["Discrete results"], "--to", f"127.0.0.1:{port}")
        assert (done.returncode, done.stdout[:2]) == (1, b"AE")
        process.stdout.read()
        assert process.wait(timeout=30) == 0
    assert (tmp_path / "in" / "000001.hl7").read_bytes() == cases()["Discrete results"].raw


def test_demo_comes_out_as_it_should() -> None:
    """`headrace demo` plays every case and each one comes out right."""
    done = headrace(None, "demo", "--json")
    outcome = as_json(done)
    assert [(item["title"], item["wrong"]) for item in outcome["cases"] if item["wrong"]] == []
    assert (done.returncode, outcome["ok"], len(outcome["cases"])) == (0, True, len(cases()))


def test_readers_die_with_the_engine(tmp_path: Path, files: dict[str, Path]) -> None:
    """Kill -9 of the engine leaves no reader process behind."""
    with ehr_listening() as ehr:
        site = make_site(tmp_path / "s", ehr=ehr.port, patients=demo_patients())
        with running(site) as engine:
            headrace(None, "send", files["PDF report, English"], "--to", f"127.0.0.1:{engine.mllp[1]}")
            engine.settled()
            readers = _children(engine.process.pid)
            assert readers, "a reader process is running"
            engine.kill()
            until(lambda: not any(_is_reader(pid) for pid in readers), "the readers' end")


def _children(pid: int) -> list[int]:
    return [int(item) for item in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_reader(pid: int) -> bool:
    try:
        return b"extractors.local.reader" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
