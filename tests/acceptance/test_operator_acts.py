"""What an operator does to messages and queues of a running engine, by the API and by the command line."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.generators.discrete import oru_discrete
from tests.generators.messages import DIALECTS, envelope_of
from tests.generators.patients import make_population, write_csv
from tests.generators.reports import compose
from tests.support.site import CR, Ehr, Engine, Lab, accept, ack_code, ehr_listening, make_site, running, until

pytestmark = pytest.mark.slow
PATIENTS = make_population(8000, 4, "en")
STRANGERS = make_population(9000, 4, "en")
QUICK = ", ack_timeout: 500ms, retry: {base: 20ms, max: 100ms}"
QUEUE = "/api/v1/queues/lab-reports/ehr"


def message(number: int, *, stranger: bool = False) -> bytes:
    """A small discrete message of one patient."""
    person = (STRANGERS if stranger else PATIENTS)[0]
    report = compose("us_chem", seed=8300 + number, patient=person, panels=("lipids",))
    envelope = replace(envelope_of(report, f"ACT-{number:04}"), placer=f"ORD-{number}", filler=f"ACC-{number}")
    return oru_discrete(DIALECTS["lri251"], envelope, report)


@contextlib.contextmanager
def site(folder: Path, ehr: Ehr, *, strict: bool = False) -> Iterator[Engine]:
    made = make_site(folder / "site", ehr=ehr.port, patients=write_csv(PATIENTS), destination=QUICK)
    if strict:
        channel = made / "channels" / "lab-reports.yaml"
        channel.write_text(channel.read_text(encoding="utf-8") + "order: strict\n", encoding="utf-8")
    with running(made) as engine:
        yield engine


def act(engine: Engine, path: str, **fields: object) -> tuple[int, Any]:
    """POST to the API; status and body."""
    request = urllib.request.Request(
        engine.web + path, data=json.dumps(fields).encode(), headers={"Authorization": f"Bearer {engine.token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as refusal:
        return refusal.code, json.loads(refusal.read())


def headrace(engine: Engine, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command on the site."""
    return subprocess.run(
        [sys.executable, "-m", "engine", "--site", str(engine.site), *arguments],
        capture_output=True, check=False, timeout=120, encoding="utf-8", env={**os.environ, "NO_COLOR": "1"},
    )  # fmt: skip


def send(engine: Engine, *messages: bytes) -> None:
    with Lab(engine.mllp) as lab:
        assert [ack_code(lab.send(item)) for item in messages] == ["AA"] * len(messages)


def wait_for(engine: Engine, state: str, count: int = 1) -> list[dict[str, Any]]:
    """The messages of a state once there are so many."""
    until(lambda: len(engine.messages(state=state)) == count, f"{count} {state}")
    return engine.messages(state=state)


def fillers(ehr: Ehr) -> list[bytes]:
    """The first order number of each message the EHR got."""
    found = [[line for line in item.split(CR) if line.startswith(b"OBR")] for item in ehr.received]
    return [lines[0].split(b"|")[3] for lines in found]


def test_a_parked_delivery_is_retried_with_the_same_bytes(tmp_path: Path) -> None:
    """The EHR refuses, a person cures it and retries: the same bytes arrive; a second retry has nothing to do."""
    with ehr_listening() as ehr:
        ehr.behave = lambda received: accept(received, code="AE")
        with site(tmp_path, ehr) as engine:
            send(engine, message(1))
            (parked,) = wait_for(engine, "parked")
            delivery = engine.get(f"/api/v1/messages/{parked['id']}")["deliveries"][0]["id"]
            ehr.behave = accept
            assert act(engine, f"/api/v1/deliveries/{delivery}/retry") == (202, {"id": delivery, "state": "queued"})
            wait_for(engine, "delivered")
            assert act(engine, f"/api/v1/deliveries/{delivery}/retry")[0] == 409
            timeline = engine.get(f"/api/v1/messages/{parked['id']}")["timeline"]
        assert ("retry", "admin") in [(item["action"], item["actor"]) for item in timeline]
        assert len(ehr.received) == 2
        assert ehr.received[0] == ehr.received[1]


def test_a_paused_queue_keeps_what_comes_and_its_order(tmp_path: Path) -> None:
    """While paused messages are taken in and nothing leaves, over a restart too; resumed they arrive in order."""
    with ehr_listening() as ehr, site(tmp_path, ehr) as engine:
        assert act(engine, f"{QUEUE}/pause", reason="EHR maintenance")[0] == 200
        send(engine, *(message(number) for number in (1, 2, 3)))
        waiting = wait_for(engine, "queued", 3)
        assert {one["state"] for item in waiting for one in item["deliveries"]} == {"paused"}
        assert engine.stop() == 0
        with running(engine.site) as again:
            (queue,) = again.get("/api/v1/queues")["items"]
            assert (queue["queued"], queue["paused"]) == (3, True)
            send(again, message(4))
            wait_for(again, "queued", 4)
            assert ehr.received == []
            _, page = act(again, f"{QUEUE}/resume")
            assert [item["paused"] for item in page["items"]] == [False]
            wait_for(again, "delivered", 4)
    assert fillers(ehr) == [b"ACC-1", b"ACC-2", b"ACC-3", b"ACC-4"]


def test_replay_of_what_was_delivered_sends_nothing_twice(tmp_path: Path) -> None:
    """An unchanged result set is queued once for ever; a dry run of many counts and does nothing."""
    with ehr_listening() as ehr, site(tmp_path, ehr) as engine:
        send(engine, *(message(number) for number in (1, 2, 3)))
        first = wait_for(engine, "delivered", 3)
        asked = {"channel": "lab-reports", "state": "delivered"}
        status, counted = act(engine, "/api/v1/replay", **asked)
        oldest_first = [item["id"] for item in reversed(first)]
        assert (status, counted["matched"], counted["replayed"], counted["ids"]) == (200, 3, 0, oldest_first)
        status, done = act(engine, "/api/v1/replay", dry_run=False, **asked)
        assert (status, done["replayed"], done["busy"]) == (202, 3, 0)
        assert {item["state"] for item in engine.settled()} == {"delivered"}
        stages = [item["action"] for item in engine.get(f"/api/v1/messages/{first[0]['id']}")["timeline"]]
        assert stages.count("decide") == 2  # processed again, from the first stage to the decision
        send(engine, message(4))
        wait_for(engine, "delivered", 4)
    assert fillers(ehr) == [b"ACC-1", b"ACC-2", b"ACC-3", b"ACC-4"]


def test_a_cured_directory_and_a_replay_deliver_what_was_in_review(tmp_path: Path) -> None:
    """A patient unknown at first is in review; with the record in the directory a replay from `reconcile` delivers."""
    with ehr_listening() as ehr, site(tmp_path, ehr) as engine:
        send(engine, message(1, stranger=True))
        (held,) = wait_for(engine, "review")
        csv = engine.site / "conf" / "patients.csv"
        csv.write_text(write_csv([*PATIENTS, *STRANGERS]), encoding="utf-8")
        for _ in range(50):  # the directory looks at its file once in a while
            assert act(engine, f"/api/v1/messages/{held['id']}/replay", **{"from": "reconcile"})[0] in (202, 409)
            until(
                lambda: engine.get(f"/api/v1/messages/{held['id']}")["state"] in ("review", "delivered"), "an outcome"
            )
            if engine.get(f"/api/v1/messages/{held['id']}")["state"] == "delivered":
                break
        wait_for(engine, "delivered")
        assert engine.get("/api/v1/reviews")["items"] == []
    assert fillers(ehr) == [b"ACC-1"]


def test_withdrawing_a_message_closes_its_review(tmp_path: Path) -> None:
    """The message ends as withdrawn, its case is closed, and nothing of it is ever sent."""
    with ehr_listening() as ehr, site(tmp_path, ehr) as engine:
        send(engine, message(1, stranger=True))
        (held,) = wait_for(engine, "review")
        (case,) = engine.get("/api/v1/reviews")["items"]
        assert act(engine, f"/api/v1/messages/{held['id']}/withdraw")[0] == 400
        status, done = act(engine, f"/api/v1/messages/{held['id']}/withdraw", reason="sent to us by mistake")
        assert (status, done["state"]) == (200, "withdrawn")
        assert engine.get("/api/v1/reviews")["items"] == []
        assert engine.get(f"/api/v1/reviews/{case['id']}")["state"] == "withdrawn"
        assert act(engine, f"/api/v1/messages/{held['id']}/withdraw", reason="again")[0] == 409
    assert ehr.received == []


def test_the_command_line_does_the_same(tmp_path: Path) -> None:
    """Queue, review, replay, set-aside and withdraw from the terminal, with their exit codes and one-line errors."""
    with ehr_listening() as ehr:
        ehr.behave = lambda received: accept(received, code="AE" if b"ACC-1|" in received else "AA")
        with site(tmp_path, ehr, strict=True) as engine:
            send(engine, message(1), message(2), message(3, stranger=True))
            (parked,) = wait_for(engine, "parked")
            wait_for(engine, "review")
            assert fillers(ehr) == [b"ACC-1"]  # the second waits behind the first
            assert json.loads(headrace(engine, "queue", "pause", "--all", "--json").stdout)["items"][0]["paused"]
            assert "paused" in headrace(engine, "queue", "ls").stdout
            assert headrace(engine, "queue", "resume", "--all").returncode == 0
            assert headrace(engine, "set-aside", "ACT-0001").returncode == 0
            wait_for(engine, "delivered")
            done = headrace(engine, "set-aside", "ACT-0001")
            assert (done.returncode, done.stderr) == (1, "the message holds nothing up\n")
            counted = headrace(engine, "replay", "--channel", "lab-reports", "--state", "parked", "--since", "1h")
            assert counted.stdout.startswith("1 messages would be processed again\n")
            assert headrace(engine, "replay", "--state", "lost", "--yes").returncode == 2
            assert headrace(engine, "replay", "ACT-0001", "--yes").returncode == 2
            assert headrace(engine, "withdraw", "NO-SUCH", "--reason", "x").stderr == "no such message\n"
            ehr.behave = accept
            delivery = json.loads(headrace(engine, "show", parked["id"], "--json").stdout)["deliveries"][0]["id"]
            assert headrace(engine, "queue", "retry", delivery).returncode == 0
            wait_for(engine, "delivered", 2)
            (case,) = json.loads(headrace(engine, "review", "ls", "--json").stdout)["items"]
            closed = headrace(engine, "review", "close", case["id"], "--outcome", "handled", "--reason", "by hand")
            assert (closed.returncode, closed.stdout) == (0, f"{case['id']} is handled\n")
            found = json.loads(headrace(engine, "ls", "--filler", "ACC-2", "--since", "1h", "--json").stdout)["items"]
            assert [item["control_id"] for item in found] == ["ACT-0002"]
            (node,) = json.loads(headrace(engine, "nodes", "--json").stdout)["items"]
            assert node["alive"]
