"""The destination's payload: the settings reach the message, and what cannot be built is said."""

from __future__ import annotations

import hl7
import pytest

from engine.domain.dossier import Dossier
from engine.domain.outcome import Release, ReleaseKind
from engine.plugins.destinations.mllp import PLUGIN
from engine.ports.content import Content
from engine.ports.destination import Outgoing
from engine.ports.services import DestinationServices
from tests.support.intake_fakes import NOON, CountingIds, HandClock, RecordingObserver

RAW = (
    b"MSH|^~\\&|LIS|LAB|HR|HOSP|20260105120000||ORU^R01^ORU_R01|M1|P|2.5.1\r"
    b"PID|1||4711^^^HOSP^MR||TESTER^TONI||19800101|F\r"
    b"OBR|1|P1|F1|2093-3^Cholesterol^LN|||20260105\r"
    b"OBX|1|NM|2093-3^Cholesterol^LN||187|mg/dL|<200|N|||F\r"
)


def outgoing(kind: ReleaseKind) -> Outgoing:
    content = Content(RAW)
    return Outgoing(
        channel="labs",
        dossier=Dossier(inbound=content.decoded.inbound),
        content=content,
        release=Release(kind=kind),
        control_id="HR1",
        built_at=NOON,
    )


def destination():
    services = DestinationServices(
        name="ehr", channel="labs", clock=HandClock(), ids=CountingIds(), observer=RecordingObserver()
    )
    msh = {"sending_app": "US", "sending_facility": "HERE", "receiving_app": "EHR", "receiving_facility": "WARD"}
    return PLUGIN.build(PLUGIN.settings.model_validate({"to": "ehr.example:2576", "msh": msh}), services)


def test_settings_reach_the_message():
    """MSH-3 to MSH-6, MSH-10 and MSH-12 are as configured; the inbound filler number is kept."""
    message = hl7.parse(destination().build(outgoing(ReleaseKind.ALL)).decode())
    header = message.segment("MSH")
    assert [str(header[number]) for number in (3, 4, 5, 6, 10, 12)] == ["US", "HERE", "EHR", "WARD", "HR1", "2.5.1"]
    assert str(message.segment("OBR")[3]) == "F1"


def test_nothing_to_send():
    """What must not leave cannot be built: the pipeline parks it."""
    with pytest.raises(ValueError, match="nothing to send"):
        destination().build(outgoing(ReleaseKind.NOTHING))
