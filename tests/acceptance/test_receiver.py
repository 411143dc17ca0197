"""Promise one on the way out: whatever the EHR does, a result arrives once under one control id, or waits where people look."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.generators.discrete import oru_discrete
from tests.generators.messages import DIALECTS, envelope_of
from tests.generators.patients import make_population, write_csv
from tests.generators.reports import compose
from tests.support.site import CR, END, VT, Ehr, Engine, Lab, accept, ack_code, ehr_listening, make_site, running, until

pytestmark = pytest.mark.slow
PATIENTS = make_population(8000, 4, "en")
QUICK = ", ack_timeout: 500ms, retry: {base: 20ms, max: 100ms}"


def message(number: int, person: int = 0) -> bytes:
    """A small discrete message."""
    report = compose("us_chem", seed=8100 + number, patient=PATIENTS[person], panels=("lipids",))
    envelope = replace(envelope_of(report, f"RCV-{number:04}"), placer=f"ORD-{number}", filler=f"ACC-{number}")
    return oru_discrete(DIALECTS["lri251"], envelope, report)


@contextlib.contextmanager
def site(folder: Path, ehr_port: int, destination: str = QUICK) -> Iterator[Engine]:
    """A running engine whose destination is impatient."""
    made = make_site(folder / "site", ehr=ehr_port, patients=write_csv(PATIENTS), destination=destination)
    with running(made) as engine:
        yield engine


def send(engine: Engine, *messages: bytes) -> None:
    """Send and expect AA for each."""
    with Lab(engine.mllp) as lab:
        assert [ack_code(lab.send(item)) for item in messages] == ["AA"] * len(messages)


def delivered(engine: Engine, count: int) -> list[dict[str, object]]:
    """All messages once so many are delivered."""
    until(lambda: len(engine.messages(state="delivered")) == count, f"{count} delivered")
    return engine.messages()


def first_then_good(bad: Callable[[bytes], bytes | None]) -> Callable[[bytes], bytes | None]:
    """A receiver that misbehaves at its first message and is fine afterwards."""
    calls = iter([bad])

    def behave(received: bytes) -> bytes | None:
        return next(calls, accept)(received)

    return behave


def same_bytes_twice(ehr: Ehr) -> None:
    """The retry repeats the same bytes under the same MSH-10."""
    assert len(ehr.received) == 2
    assert ehr.received[0] == ehr.received[1]


def test_receiver_that_is_down_gets_everything_when_it_returns(tmp_path: Path) -> None:
    """With nobody listening messages are queued, with their reason shown; when the EHR comes back they arrive in order."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with site(tmp_path, port) as engine:
        send(engine, message(1), message(2), message(3))
        until(lambda: len(engine.messages(state="queued")) == 3, "three queued")
        assert {one["state"] for item in engine.messages() for one in item["deliveries"]} <= {"queued", "sending"}
        with ehr_listening(port) as ehr:
            delivered(engine, 3)
            assert [
                line.split(b"|")[3] for item in ehr.received for line in item.split(CR) if line.startswith(b"OBR")
            ] == [b"ACC-1", b"ACC-2", b"ACC-3"]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(lambda received: accept(received, control_id=b"SOMEBODY-ELSE"), id="wrong-msa2"),
        pytest.param(lambda _received: b"HTTP/1.1 400 Bad Request\r\n\r\n", id="garbage"),
        pytest.param(lambda _received: VT + b"MSH|^~\\&|E|H|||1||ACK|1|P|2.5.1\r" + END, id="no-msa"),
        pytest.param(lambda received: accept(received, code="ZZ"), id="unknown-code"),
        pytest.param(lambda _received: None, id="hangs-up"),
        pytest.param(lambda received: accept(received)[:30], id="half-an-ack"),
        pytest.param(lambda _received: b"", id="silence"),
    ],
)
def test_answer_that_is_no_answer_is_not_believed(tmp_path: Path, bad: Callable[[bytes], bytes | None]) -> None:
    """An answer that is not for the message in flight never counts: the same bytes go out again and then are done."""
    with ehr_listening() as ehr:
        ehr.behave = first_then_good(bad)
        with site(tmp_path, ehr.port) as engine:
            send(engine, message(1))
            (item,) = delivered(engine, 1)
        same_bytes_twice(ehr)
        assert [(one["attempts"], one["ack_code"]) for one in item["deliveries"]] == [(2, "AA")]


def test_application_error_parks_and_the_next_goes_on(tmp_path: Path) -> None:
    """AE parks the one message, visibly, and the patient's next result still goes out."""
    with ehr_listening() as ehr:
        ehr.behave = first_then_good(lambda received: accept(received, code="AE"))
        with site(tmp_path, ehr.port) as engine:
            send(engine, message(1), message(2))
            until(lambda: len(engine.messages(state="delivered")) == 1, "the second one")
            (parked,) = engine.messages(state="parked")
            assert parked["control_id"] == "RCV-0001"
            assert [one["code"] for one in parked["reasons"]] == ["delivery.rejected"]
            assert [(one["state"], one["ack_code"]) for one in parked["deliveries"]] == [("parked", "AE")]


def test_reject_is_tried_again_with_the_same_bytes(tmp_path: Path) -> None:
    """AR is tried again under the same control id and is done when the EHR accepts."""
    with ehr_listening() as ehr:
        ehr.behave = first_then_good(lambda received: accept(received, code="AR"))
        with site(tmp_path, ehr.port) as engine:
            send(engine, message(1))
            delivered(engine, 1)
        same_bytes_twice(ehr)


def test_reject_for_ever_parks_after_its_limit(tmp_path: Path) -> None:
    """After `rejects` refusals the message is parked, not tried for ever and not dropped."""
    with ehr_listening() as ehr:
        ehr.behave = lambda received: accept(received, code="AR")
        with site(tmp_path, ehr.port, QUICK + ", rejects: 2") as engine:
            send(engine, message(1))
            until(lambda: engine.messages(state="parked"), "parked")
        assert len(ehr.received) == 3
        assert len(set(ehr.control_ids())) == 1


def test_refused_message_blocks_only_its_patient(tmp_path: Path) -> None:
    """While one patient's message is refused again and again, another patient's result arrives; order inside the patient holds."""
    refused = {b"RCV"}

    def behave(received: bytes) -> bytes:
        return accept(received, code="AR" if b"ACC-1|" in received and refused else "AA")

    with ehr_listening() as ehr:
        ehr.behave = behave
        with site(tmp_path, ehr.port) as engine:
            send(engine, message(1, person=0), message(2, person=1), message(3, person=0))
            until(
                lambda: [item["control_id"] for item in engine.messages(state="delivered")] == ["RCV-0002"],
                "the other patient",
            )
            refused.clear()
            delivered(engine, 3)
        fillers = [line.split(b"|")[3] for item in ehr.received for line in item.split(CR) if line.startswith(b"OBR")]
        assert fillers.index(b"ACC-3") > max(index for index, filler in enumerate(fillers) if filler == b"ACC-1")


def test_no_patient_reaches_the_log(tmp_path: Path) -> None:
    """Names, numbers and birth dates of the messages stand nowhere in the log, whatever goes wrong."""
    with ehr_listening() as ehr:
        ehr.behave = first_then_good(lambda received: accept(received, code="AE"))
        with site(tmp_path, ehr.port) as engine:
            send(engine, message(1), message(2, person=1))
            with Lab(engine.mllp) as lab:
                lab.send(b"PID|1||" + PATIENTS[2].mrn.encode() + b"||" + PATIENTS[2].family.encode())
                lab.send(b"MSH|^~\\&|A|B|C|D|1||ADT^A01|X|P|2.5\rPID|||" + PATIENTS[2].mrn.encode() + b"\r")
            engine.settled()
            log = engine.log
        assert "intake.accepted" in log
        for person in PATIENTS:
            assert person.family not in log
            assert person.mrn not in log
            assert person.birth_date.isoformat().replace("-", "") not in log
