"""Bad input from outside: each piece gets its answer, nothing acknowledged is lost, and everybody else goes on."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import hl7.client
import pytest

from tests.generators import scenarios
from tests.generators.discrete import oru_discrete
from tests.generators.documents import OddDocument, odd_documents
from tests.generators.messages import (
    DIALECTS,
    batch,
    enhanced,
    envelope_of,
    mdm_document,
    oru_document,
    with_line_feeds,
    with_second_patient,
)
from tests.generators.patients import make_population, write_csv
from tests.generators.reports import compose, render
from tests.support.site import (
    CR,
    END,
    VT,
    Ehr,
    Engine,
    Lab,
    ack_code,
    acked_id,
    ehr_listening,
    is_moving,
    make_site,
    running,
    until,
)

pytestmark = pytest.mark.slow
PEOPLE = make_population(9000, 40, "en")
AT = datetime(2025, 3, 14, 9, 0)  # noqa: DTZ001  labs print local time without a zone
ODD = odd_documents(5)
LRI = DIALECTS["lri251"]


@pytest.fixture(scope="module")
def ehr() -> Iterator[Ehr]:
    with ehr_listening() as listening:
        yield listening


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, ehr: Ehr) -> Iterator[Engine]:
    site = make_site(
        tmp_path_factory.mktemp("bad") / "s", ehr=ehr.port, patients=write_csv(PEOPLE), source=", max_frame: 4MiB"
    )
    with running(site) as started:
        yield started


def settled(engine: Engine, control_id: str) -> dict[str, Any]:
    """The message with that control id, once nothing of it is on its way."""

    def look() -> dict[str, Any] | None:
        for item in engine.messages(control_id=control_id):
            if not is_moving(item):
                return item
        return None

    found: dict[str, Any] = until(look, control_id)
    return found


def codes(item: dict[str, Any]) -> set[str]:
    """Reason codes of a message."""
    return {one["code"] for one in item["reasons"]}


def still_works(engine: Engine, number: int) -> None:
    """Another lab's good message goes all the way through."""
    report = compose("us_chem", seed=9500 + number, patient=PEOPLE[-1], panels=("lipids",), at=AT)
    envelope = replace(envelope_of(report, f"GOOD-{number:04}"), filler=f"GOOD-{number}")
    with Lab(engine.mllp) as lab:
        assert ack_code(lab.send(oru_discrete(LRI, envelope, report))) == "AA"
    assert settled(engine, f"GOOD-{number:04}")["state"] == "delivered"


@pytest.mark.parametrize("odd", list(ODD.values()), ids=list(ODD))
def test_odd_document_becomes_a_case_and_the_original_goes_on(engine: Engine, ehr: Ehr, odd: OddDocument) -> None:
    """AA for each; what cannot be read is a review case with its reason, the patient is certain, so the original leaves."""
    number = list(ODD).index(odd.name)
    report = compose("us_chem", seed=9100 + number, patient=PEOPLE[number], at=AT)
    control_id = f"ODD-{number:04}"
    raw = oru_document(LRI, replace(envelope_of(report, control_id), filler=f"ODD-{number}"), odd.content)
    with Lab(engine.mllp) as lab:
        assert ack_code(lab.send(raw)) == "AA"
    item = settled(engine, control_id)
    assert engine.get(f"/api/v1/messages/{item['id']}/raw") == raw
    if odd.reasons:
        assert item["state"] == "review", codes(item)
        assert codes(item) & set(odd.reasons), codes(item)
    sent = [message for message in ehr.received if f"|ODD-{number}|".encode() in message]
    if odd.content and not codes(item) & {"patient.conflict", "patient.two_in_document"}:
        assert len(sent) == 1
        assert base64.b64encode(odd.content) in sent[0], "the original is attached byte for byte"
    still_works(engine, number)


def test_bombs_cost_only_their_reader(engine: Engine) -> None:
    """After documents that crash, hang or swell their reader, the next PDF is read as ever."""
    sent = scenarios.send_pdf("lri251", "us_chem", seed=9300, control_id="AFTER-1", patient=PEOPLE[30], at=AT)
    with Lab(engine.mllp) as lab:
        assert ack_code(lab.send(sent.raw)) == "AA"
    assert settled(engine, "AFTER-1")["state"] == "delivered"
    assert "Traceback" not in engine.log


@pytest.mark.parametrize(
    ("frame", "code", "error"),
    [
        pytest.param(b"", "AR", b"100", id="empty"),
        pytest.param(b"MSH", "AR", b"100", id="msh"),
        pytest.param(b"MSH|", "AR", b"100", id="msh-bar"),
        pytest.param(b"hello world", "AR", b"100", id="text"),
        pytest.param(b"PID|1||X\r", "AR", b"100", id="pid-first"),
        pytest.param(b"MSH|^~\\&|A|B|C|D|1||ORU^R01||P|2.5.1\r", "AR", b"101", id="no-control-id"),
        pytest.param(b"MSH|^~\\&|A|B|C|D|1||ADT^A01|X1|P|2.5.1\r", "AR", b"200", id="type"),
        pytest.param(b"MSH|^~\\&|A|B|C|D|1||ORU^R99|X2|P|2.5.1\r", "AR", b"201", id="event"),
        pytest.param(b"MSH|^~\\&|A|B|C|D|1||ORU^R01|X3|T|2.5.1\r", "AR", b"202", id="processing-id"),
        pytest.param(b"MSH|^~\\&|A|B|C|D|1||ORU^R01|X4|P|9.9\r", "AR", b"203", id="version"),
        pytest.param(
            b"MSH|^~\\&|A|B|C|D|1||ORU^R01|X5|P|2.5.1\r" + b"|^~&" * 250_000 + CR, "AE", b"104", id="separators"
        ),
        pytest.param(b"MSH|^~\\&|A|B|C|D|1||ORU^R01|X6|P|2.5.1\r" + b"NTE|1\r" * 60_000, "AE", b"104", id="segments"),
        pytest.param(b"MSH|^~\\&|A|B|C|D|1||ORU^R01|X7|P|2.5.1\rMSH|^~\\&|A|B\r", "AE", b"100", id="two-messages"),
        pytest.param(
            b"MSH|^~\\&|A|B|C|D|1||ORU^R01|X8|P|2.5.1\rOBX|1|ED|||" + b"A" * 5_000_000 + CR, "AE", b"104", id="oversize"
        ),
    ],
)
def test_refused_frame_gets_its_code_and_error(engine: Engine, frame: bytes, code: str, error: bytes) -> None:
    """One answer to each, with the code of the table, ERR-3 and MSA-2 as sent; the connection stays usable."""
    with Lab(engine.mllp) as lab:
        answer = lab.send(frame)
        assert ack_code(answer) == code
        fields = frame.split(CR)[0].split(b"|")
        assert acked_id(answer).encode() == (fields[9] if len(fields) > 9 else b"")
        assert b"ERR|" in answer
        assert error in answer
        assert ack_code(lab.send(b"MSH|^~\\&|A|B|C|D|1||ADT^A01|STILL|P|2.5.1\r")) == "AR"


def test_enhanced_mode_answers_commit_codes(engine: Engine) -> None:
    """MSH-15 AL gets CA for a stored message and CR for a refused one; NE gets nothing at all."""
    report = compose("us_chem", seed=9400, patient=PEOPLE[31], panels=("lipids",), at=AT)
    envelope = envelope_of(report, "ENH-1")
    with Lab(engine.mllp) as lab:
        assert ack_code(lab.send(oru_discrete(LRI, enhanced(envelope, "AL", "NE"), report))) == "CA"
        bad = b"MSH|^~\\&|A|B|C|D|1||ADT^A01|ENH-2|P|2.5.1|||AL|NE\r"
        assert ack_code(lab.send(bad)) == "CR"
        lab.write(VT + bad.replace(b"ENH-2", b"ENH-3").replace(b"|AL|NE", b"|NE|NE") + END)
        assert acked_id(lab.send(bad.replace(b"ENH-2", b"ENH-4"))) == "ENH-4", "the NE one was not answered"


def test_retransmission_gets_the_stored_answer(engine: Engine) -> None:
    """The same bytes again get the first answer byte for byte; other bytes under the id are taken in and flagged."""
    report = compose("us_chem", seed=9401, patient=PEOPLE[32], panels=("lipids",), at=AT)
    raw = oru_discrete(LRI, envelope_of(report, "RTX-1"), report)
    with Lab(engine.mllp) as lab:
        first = lab.send(raw)
        assert lab.send(raw) == first
        assert ack_code(lab.send(raw.replace(b"|F\r", b"|C\r"))) == "AA"
    until(lambda: len(engine.messages(control_id="RTX-1")) == 2, "both messages")
    newest = engine.messages(control_id="RTX-1")[0]
    assert "control_id.reused" in codes(newest)


def test_two_patients_in_one_message_wait_for_a_person(engine: Engine, ehr: Ehr) -> None:
    """Two PIDs: AA, one item in review, nothing leaves."""
    report = compose("us_chem", seed=9402, patient=PEOPLE[33], panels=("lipids",), at=AT)
    raw = oru_discrete(LRI, replace(envelope_of(report, "TWO-1"), filler="TWO-FILLER"), report)
    with Lab(engine.mllp) as lab:
        assert ack_code(lab.send(with_second_patient(raw, LRI, PEOPLE[34]))) == "AA"
    item = settled(engine, "TWO-1")
    assert (item["state"], "patient.two_in_message" in codes(item)) == ("review", True)
    assert not any(b"TWO-FILLER" in message for message in ehr.received)


def test_batch_is_one_item_a_message_and_one_answer(engine: Engine) -> None:
    """A batch of three gets one BHS … BTS answer with an MSA for each, and three messages linked by it."""
    messages = []
    for number in range(3):
        report = compose("us_chem", seed=9410 + number, patient=PEOPLE[35], panels=("lipids",), at=AT)
        messages.append(
            oru_discrete(LRI, replace(envelope_of(report, f"BAT-{number}"), filler=f"BAT-{number}"), report)
        )
    with Lab(engine.mllp) as lab:
        answer = lab.send(batch(messages, LRI, envelope_of(report, "BATCH")))
    assert answer.startswith(b"BHS|")
    assert [line.split(b"|")[1:3] for line in answer.split(CR) if line.startswith(b"MSA|")] == [
        [b"AA", f"BAT-{n}".encode()] for n in range(3)
    ]
    for number in range(3):
        assert settled(engine, f"BAT-{number}")["state"] == "delivered"


def test_twenty_thousand_results_pass(engine: Engine, ehr: Ehr) -> None:
    """20,000 OBX in one message are delivered, every one, while another lab's message is not held up."""
    head = oru_discrete(LRI, replace(envelope_of(compose("us_chem", seed=9420, patient=PEOPLE[36], panels=("lipids",), at=AT), "MANY-1"), filler="MANY"), compose("us_chem", seed=9420, patient=PEOPLE[36], panels=("lipids",), at=AT))  # fmt: skip
    head = CR.join(line for line in head.split(CR) if not line.startswith((b"OBX", b"NTE")))
    lines = b"".join(
        b"OBX|%d|NM|2345-7^Glucose^LN|%d|%d|mg/dL|||||F\r" % (n, n, 50 + n % 200) for n in range(1, 20_001)
    )
    with Lab(engine.mllp) as lab:
        assert ack_code(lab.send(head.rstrip(CR) + CR + lines)) == "AA"
        still_works(engine, 9999)
    assert settled(engine, "MANY-1")["state"] == "delivered"
    sent = next(message for message in ehr.received if b"|MANY|" in message)
    assert sent.count(CR + b"OBX|") == 20_000


def test_line_feeds_mdm_and_a_library_client(engine: Engine) -> None:
    """python-hl7's own client gets AA for an LF-separated ORU and for an MDM^T02 with a PDF; both are delivered."""
    report = compose("us_chem", seed=9430, patient=PEOPLE[37], panels=("lipids",), at=AT)
    lf = with_line_feeds(oru_discrete(LRI, replace(envelope_of(report, "LF-1"), filler="LF-1"), report))
    pdf_report = compose("us_chem", seed=9431, patient=PEOPLE[38], at=AT)
    pdf, _ = render(pdf_report)
    mdm = mdm_document(DIALECTS["mime26"], envelope_of(pdf_report, "MDM-1"), pdf, number="DOC-9431")
    for raw, control_id in ((lf, "LF-1"), (mdm, "MDM-1")):
        with hl7.client.MLLPClient(*engine.mllp) as client:
            assert ack_code(client.send_message(raw).strip(VT + END)) == "AA"
        item = settled(engine, control_id)
        assert item["state"] == "delivered", codes(item)
    (document,) = item["documents"]
    assert document["sha256"] == hashlib.sha256(pdf).hexdigest()
    assert engine.get(f"/api/v1/messages/{item['id']}/documents/{document['sha256']}") == pdf


def test_torn_frames_are_never_joined(engine: Engine) -> None:
    """A frame cut by the connection's end, then a good one on the next: the torn part is no message and the good one is."""
    report = compose("us_chem", seed=9440, patient=PEOPLE[39], panels=("lipids",), at=AT)
    good = oru_discrete(LRI, replace(envelope_of(report, "TORN-2"), filler="TORN-2"), report)
    with Lab(engine.mllp) as lab:
        lab.write(VT + good.replace(b"TORN-2", b"TORN-1")[:300])
    with Lab(engine.mllp) as lab:
        lab.write(b"log line\n" + VT + good.replace(b"TORN-2", b"TORN-3")[:200])
        assert acked_id(lab.send(good)) == "TORN-2"
    assert settled(engine, "TORN-2")["state"] == "delivered"
    assert engine.messages(control_id="TORN-1") == []
    assert engine.messages(control_id="TORN-3") == []


def test_api_is_closed_without_the_token(engine: Engine, tmp_path: Path) -> None:
    """No path under /api answers without the token but the public description."""
    import urllib.error
    import urllib.request

    for path in ("/api/v1/messages", "/api/v1/messages/unknown", "/api/v1/reviews", "/api/v1/nothing"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(engine.web + path, timeout=30)
        assert caught.value.code == 401
        caught.value.close()
    with urllib.request.urlopen(engine.web + "/api/openapi.json", timeout=30) as answer:
        assert answer.status == 200
