"""Ordering keys and the STAT lane, read off raw bytes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.hl7v2.header import peek
from engine.pipeline.ordering import SEARCH_BYTES, OrderBy, ordering_key, priority

MSH = b"MSH|^~\\&|LIS|LAB|HR|HOSP|20260105||ORU^R01|M1|P|2.5.1\r"


def key(raw: bytes, order_by: OrderBy = OrderBy.PATIENT, channel: str = "labs", source: str = "lab") -> str:
    return ordering_key(raw, peek(raw), channel=channel, source=source, order_by=order_by)


PATIENT = MSH + b"PID|1|OLD|4711^^^HOSP^MR~99^^^SSN||TESTER\r"


@pytest.mark.parametrize(
    "other",
    [
        MSH + b"PID|1||4711^^^HOSP^PI||OTHER NAME\r",
        MSH + b"NTE|1||x\rPID|||4711^5^M10^HOSP\rOBR|1||F9\r",
        MSH.replace(b"\r", b"\n") + b"PID|1||4711^^^HOSP\nOBR|1\n",
        MSH.replace(b"|", b"#").replace(b"^~", b"*!") + b"PID#1##4711***HOSP!1\r",
        MSH + b"PID|1|| 4711 ^^^HOSP",
    ],
)
def test_same_patient_same_key(other):
    """The first identifier with its authority decides, whatever else, the separators and the line ends are."""
    assert key(other) == key(PATIENT)


@pytest.mark.parametrize(
    "other",
    [
        MSH + b"PID|1||4712^^^HOSP\r",
        MSH + b"PID|1||4711^^^OTHER\r",
        MSH + b"PID|1||4711\r",
        MSH + b"PID|1||99^^^SSN~4711^^^HOSP\r",
    ],
)
def test_other_patient_other_key(other):
    """Number and authority both count, and only the first repetition does."""
    assert key(other) != key(PATIENT)


def test_fallbacks():
    """PID-2 where PID-3 is empty or null, then the order, then the source."""
    second = MSH + b"PID|1|4711^^^HOSP|\r"
    assert key(second) == key(PATIENT)
    assert key(MSH + b'PID|1|4711^^^HOSP|""\r') == key(PATIENT)
    order = MSH + b"PID|1||\rOBR|1|P1|F1\r"
    assert key(order) == key(order, OrderBy.ORDER)
    bare = MSH + b"PID|1||\rOBX|1\r"
    assert key(bare) == key(PATIENT, OrderBy.SOURCE) == key(MSH, OrderBy.ORDER)


def test_by_order():
    """OBR-3, else ORC-3, else the filler number of a document, else its own number; then the patient."""
    keys = {
        key(MSH + tail, OrderBy.ORDER)
        for tail in (
            b"PID|1||1\rORC|RE|P|F1\rOBR|1|P|F1\r",
            b"PID|1||2\rORC|RE|P|F1\rOBR|1|P|\r",
            b"TXA|1|CN||||||||||DOC9|||F1\r",
        )
    }
    assert len(keys) == 1
    assert key(MSH + b"TXA|1|CN||||||||||F1\r", OrderBy.ORDER) in keys
    assert key(PATIENT, OrderBy.ORDER) == key(PATIENT)


def test_by_source():
    """Everything of one source stands in one line; sources and channels never share one."""
    assert key(PATIENT, OrderBy.SOURCE) == key(MSH, OrderBy.SOURCE)
    names = {key(PATIENT, OrderBy.SOURCE, channel=c, source=s) for c in ("a", "b") for s in ("a", "b")}
    assert len(names) == 4
    assert key(PATIENT, channel="a") != key(PATIENT, channel="b")


def test_a_key_says_nothing():
    """The key is sixteen hex digits: no identifier can be read off it."""
    assert len(key(PATIENT)) == 16
    assert int(key(PATIENT), 16) >= 0


def test_the_search_is_bounded():
    """A PID behind the first 16 KiB is not looked for."""
    near = MSH + b"Z" * (SEARCH_BYTES - len(MSH) - 6) + b"\rPID|1||4711^^^HOSP\r"
    far = MSH + b"Z" * SEARCH_BYTES + b"\rPID|1||4711^^^HOSP\r"
    assert key(near) == key(PATIENT)
    assert key(far) == key(MSH)


@pytest.mark.parametrize(
    ("tail", "expected"),
    [
        (b"OBR|1|P|F" + b"|" * 24 + b"^^^^^S\r", 0),
        (b"OBR|1|P|F" + b"|" * 24 + b"S\r", 0),
        (b"OBR|1|P|F" + b"|" * 24 + b"^^^^^A^x\r", 0),
        (b"OBR|1|P|F\rTQ1|1||||||||S\r", 0),
        (b"OBR|1|P|F\rTQ1|1||||||||A^ASAP^HL70485\r", 0),
        (b"OBR|1|P|F\nTQ1|1||||||||S\n", 0),
        (b"OBR|1|P|F" + b"|" * 24 + b"^^^^^R\r", 5),
        (b"OBR|1|P|F" + b"|" * 23 + b"S\r", 5),
        (b"OBR|1|P|F\rTQ1|1||||||||R\r", 5),
        (b"OBR|1|P|F\r", 5),
        (b"", 5),
    ],
)
def test_stat_lane(tail, expected):
    """OBR-27.6, OBR-27.1 and TQ1-9 say STAT or as soon as possible; nothing else does."""
    raw = MSH + tail
    assert priority(raw, peek(raw)) == expected


@given(st.lists(st.sampled_from([MSH, b"MSH|", b"MSH||", b"MSH|^", b"\r", b"\n", b"PID", b"OBR", b"TQ1", b"TXA|", b"|", b"^", b"~",
                                 b"x", b"\xff", b'""', b"|||||||||||||||||||||||||||"]), max_size=40).map(b"".join))  # fmt: skip
def test_never_raises(raw):
    """Any bytes have a key and a priority."""
    for order_by in OrderBy:
        assert len(key(raw, order_by)) == 16
    assert priority(raw, peek(raw)) in {0, 5}
