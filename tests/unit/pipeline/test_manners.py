"""What intake keeps of a kind of header, and that nothing is kept too long or for the wrong header."""

from __future__ import annotations

import pytest

from engine.hl7v2.ack import AckCode, build_ack
from engine.hl7v2.header import peek
from engine.pipeline.manners import Desk
from engine.pipeline.routing import Route
from engine.plugins.sources.mllp.settings import MllpSourceSettings
from engine.ports.source import Origin
from tests.support.intake_fakes import NOON

ORIGIN = Origin(source="lab", channel="labs", peer="192.0.2.1:4711", received_at=NOON)
POLICY = MllpSourceSettings.model_validate({"listen": "127.0.0.1:0"}).policy()
FIELDS = b"MSH|^~\\&|LIS|LAB|HR|HOSP|20260105||ORU^R01|M1|P|2.5.1|7||AL|NE||8859/1".split(b"|")


def desk() -> Desk:
    return Desk(ORIGIN, POLICY, Route(channel="labs"))


def changed(**values: bytes) -> bytes:
    """The header with other values, named f3 for MSH-3."""
    fields = list(FIELDS)
    for name, value in values.items():
        fields[int(name[1:]) - 1] = value
    return b"|".join(fields) + b"\rPID|1\r"


@pytest.mark.parametrize("values", [{"f7": b"2027"}, {"f8": b"s"}, {"f10": b"M2"}, {"f13": b"8"}, {"f14": b"c"}])
def test_what_differs_from_message_to_message_makes_no_new_kind(values):
    """Time, control id and sequence number change nothing that is kept."""
    at = desk()
    assert at.manner(peek(changed(**values))) is at.manner(peek(changed()))


@pytest.mark.parametrize("number", [3, 4, 5, 6, 9, 11, 12, 15, 16, 18])
def test_every_field_that_matters_makes_a_new_kind(number):
    """Two headers that differ where the answer or the verdict may differ never share a manner."""
    at = desk()
    assert at.manner(peek(changed(**{f"f{number}": b"X"}))) is not at.manner(peek(changed()))


def test_a_kept_form_gives_the_answer_of_a_fresh_one():
    """The hundredth answer of a kind has its own time, id and echo, and no byte of the first."""
    at = desk()
    at.manner(peek(changed())).form.fill(b"M1", AckCode.CA, control_id="C1", now=NOON)
    header, later = peek(changed(f7=b"2027", f10=b"M2\x1c")), NOON.replace(minute=3)
    kept = at.manner(header).form.fill(b"M2\x1c", AckCode.CA, control_id="C2", now=later)
    assert kept == build_ack(header, AckCode.CA, control_id="C2", now=later)
    assert kept.endswith(b"\rMSA|CA|M2\x1c|\r")


def test_the_kinds_are_bounded_in_number_and_size():
    """A sender that never sends the same header twice costs work, not memory."""
    at = desk()
    long = peek(changed(f3=b"x" * 2000))
    assert at.manner(long) is not at.manner(long)
    first = at.manner(peek(changed()))
    for number in range(300):
        at.manner(peek(changed(f3=b"%d" % number)))
    assert at.manner(peek(changed())) is not first
