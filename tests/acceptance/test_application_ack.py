"""Enhanced mode over raw sockets: the word that comes when a message is safe, and the one that comes when it is done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.generators.discrete import oru_discrete
from tests.generators.messages import DIALECTS, envelope_of
from tests.generators.patients import make_population, write_csv
from tests.generators.reports import compose
from tests.support.site import CR, Lab, ack_code, acked_id, ehr_listening, make_site, running, until

pytestmark = pytest.mark.slow
PATIENTS = make_population(8000, 4, "en")
STRANGER = make_population(99, 1, "en")[0]


def message(number: int, conditions: bytes, *, person: object = PATIENTS[0]) -> bytes:
    """A small discrete message that asks for these acknowledgements (MSH-15 and MSH-16)."""
    report = compose("us_chem", seed=8100 + number, patient=person, panels=("lipids",))
    envelope = replace(envelope_of(report, f"APP-{number:04}"), placer=f"ORD-{number}", filler=f"ACC-{number}")
    head, _, rest = oru_discrete(DIALECTS["lri251"], envelope, report).partition(CR)
    fields = head.split(b"|")
    fields += [b""] * (16 - len(fields))
    fields[14:16] = conditions.split(b"/")
    return b"|".join(fields) + CR + rest


def site(folder: Path, ehr: int, source: str = "") -> Path:
    return make_site(folder / "site", ehr=ehr, patients=write_csv(PATIENTS), source=source)


def test_commit_and_application_acknowledgement_on_one_connection(tmp_path: Path) -> None:
    """AL/AL gets CA at once and AA when the stages are done; AL/ER gets CA only when all is well."""
    with ehr_listening() as ehr, running(site(tmp_path, ehr.port)) as engine, Lab(engine.mllp) as lab:
        assert ack_code(lab.send(message(1, b"AL/AL"))) == "CA"
        late = lab.read()
        assert (ack_code(late), acked_id(late)) == ("AA", "APP-0001")
        assert late.split(CR)[0].split(b"|")[14:16] == [b"NE", b"NE"]
        assert ack_code(lab.send(message(2, b"AL/ER"))) == "CA"
        engine.settled()
        assert ack_code(lab.send(message(3, b"AL/NE"))) == "CA"


def test_a_message_in_review_is_accepted_with_a_warning(tmp_path: Path) -> None:
    """A patient nobody knows: AA, with ERR severity W and the reason's code in ERR-5."""
    with ehr_listening() as ehr, running(site(tmp_path, ehr.port)) as engine, Lab(engine.mllp) as lab:
        assert ack_code(lab.send(message(1, b"AL/AL", person=STRANGER))) == "CA"
        late = lab.read()
        errors = [line.split(b"|") for line in late.split(CR) if line.startswith(b"ERR|")]
        assert ack_code(late) == "AA"
        assert [(error[3].split(b"^")[0], error[4]) for error in errors] == [(b"0", b"W")] * len(errors)
        assert {error[5].split(b"^")[0].decode() for error in errors} == {
            one["code"] for item in engine.messages() for one in item["reasons"]
        }


def test_a_connection_that_is_gone_leaves_its_acknowledgement_queued(tmp_path: Path) -> None:
    """The sender left: its AA stays queued with the reason shown, also over a restart; the message itself is delivered."""
    with ehr_listening() as ehr:
        folder = site(tmp_path, ehr.port)
        with running(folder) as engine:
            with Lab(engine.mllp) as lab:
                lab.write(b"\x0b" + message(1, b"NE/AL") + b"\x1c\r")
            until(lambda: [one["code"] for item in engine.messages() for one in item["reasons"]], "the reason")
        with running(folder) as engine:
            (item,) = engine.messages()
            assert item["state"] == "delivered"
            assert [one["code"] for one in item["reasons"]] == ["ack.connection_gone"]
            states = {one["destination"]: one["state"] for one in item["deliveries"]}
            assert states == {"ehr": "sent", "ack:lab": "queued"}


def test_acknowledgement_through_a_named_destination(tmp_path: Path) -> None:
    """`ack.application` names a destination: the AA arrives there as a message of its own, results go to the EHR alone."""
    with ehr_listening() as ehr, ehr_listening() as office:
        folder = site(tmp_path, ehr.port, source=", ack: {application: office}")
        channel = folder / "channels" / "lab-reports.yaml"
        line = f'  - {{name: office, use: mllp, to: "127.0.0.1:{office.port}", message: ACK}}\n'
        channel.write_text(channel.read_text(encoding="utf-8") + line, encoding="utf-8")
        with running(folder) as engine, Lab(engine.mllp) as lab:
            assert ack_code(lab.send(message(1, b"AL/AL"))) == "CA"
            until(lambda: office.received, "the acknowledgement")
            engine.settled()
        assert [(ack_code(item), acked_id(item)) for item in office.received] == [("AA", "APP-0001")]
        assert len(ehr.received) == 1
