"""Whatever a supplier answers: it is read, or refused by one error without content."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.asking import Question
from engine.domain.patient import Identifier, PatientRecord
from engine.hl7v2.er7 import parse
from engine.links.failures import CallFailed, Cause
from engine.plugins.directories.pdq.query import QueryWriter
from engine.plugins.directories.pdq.response import PidReader, merged_by_number, read_reply
from engine.plugins.directories.pdq.settings import PdqSettings
from tests.support.examples import examples

SETTINGS = PdqSettings.model_validate(
    {"to": "mpi:1", "default_authority": "HOSP", "authorities": {"HOSP": "2.999.1", "LAB": ""}}
)
READER = PidReader(SETTINGS)
ASKED = QueryWriter(SETTINGS).demographics(Question(family="Marlow"), "T1")
CROSSED = QueryWriter(SETTINGS).cross_reference(Identifier(value="L-7", authority="lab"), "IHE PIX Query", "T1")
HEAD = "MSH|^~\\&|PDS||||20260101||RSP^K22^RSP_K21|A1|P|2.5\rMSA|AA|C1\r"


def _record(pid: str) -> PatientRecord | None:
    segment = parse(f"{HEAD}{pid}\r".encode()).first("PID")
    return READER.record(segment) if segment is not None else None


@pytest.mark.parametrize(
    ("number", "authority"),
    [
        ("1^^^HOSP&2.999.1&ISO^MR", "HOSP"),
        ("1^^^HOSP", "HOSP"),
        ("1^^^hosp", "HOSP"),
        ("1^^^&2.999.1&ISO", "HOSP"),
        ("1^^^OTHER&2.999.1&ISO", "HOSP"),
        ("1^^^HOSP&9.9&ISO", "HOSP&9.9"),
        ("1^^^&9.9&ISO", "&9.9"),
        ("1^^^LAB&9.9&ISO", "LAB"),
        ("1^^^OTHER", "OTHER"),
        ("1", "(none)"),
    ],
)
def test_the_oid_decides_whose_number_it_is(number: str, authority: str) -> None:
    """A known OID names the authority; a foreign one under a known name does not, unless none was configured."""
    record = _record(f"PID|||{number}||Marlow^Ada")
    assert record is not None
    assert (record.assigning_authority, record.registered) == (authority, authority == "HOSP")


def test_the_own_number_is_taken_wherever_it_stands() -> None:
    """Own number behind a foreign one; the foreign one stays known, an empty repetition does not."""
    record = _record("PID|||7^^^LAB~^^^HOSP~1001^^^HOSP^^MR||Marlow^Ada^Jane||19680512|F|||^^^^12345||555-1")
    assert record is not None
    assert (record.mrn, record.identifiers) == ("1001", (Identifier(value="7", authority="LAB"),))
    assert (record.middle, record.birth_date, record.postcode, record.phone) == ("Jane", "1968-05-12", "12345", "555-1")
    assert _record("PID|||^^^HOSP||Marlow^Ada") is None


def test_one_number_told_in_two_ways_is_seen() -> None:
    """The same record twice is one; another birth date under its number is a contradiction."""
    one, other = _record("PID|||1^^^HOSP||A^B||19680512"), _record("PID|||1^^^HOSP||A^B||19680513")
    assert one is not None
    assert other is not None
    assert merged_by_number([one, one]) == ((one,), True)
    assert merged_by_number([one, other]) == ((one,), False)


@pytest.mark.parametrize(
    ("lines", "cause"),
    [
        ("MSA|AE|C1\rERR|QPD^1^3^204&Unknown\rQAK|T1|AE\r", None),
        ("MSA|AE|C1\rERR||QPD^1^3^1^1|204|E\rQAK|T1|AE\r", None),
        ("MSA|AE|C1\rERR||QPD^1^3^1^4|204|E\rQAK|T1|AE\r", Cause.QUESTION),
        ("MSA|AE|C1\rERR||QPD^1^3^1^1|204|E\rERR||QPD^1^4|204|E\rQAK|T1|AE\r", Cause.QUESTION),
        ("MSA|AE|C1\rERR|||207|E\rERR|||101|E\rQAK|T1|AE\r", Cause.SERVER),
        ("MSA|AE|C1\rERR|||101|W\rQAK|T1|AE\r", Cause.SERVER),
        ("MSA|AA|C1\rQAK|T1|AR\r", Cause.SERVER),
    ],
)
def test_errors_of_a_cross_reference(lines: str, cause: Cause | None) -> None:
    """That nobody has the number, in either form of ERR, is an answer; the rest is the question's or the server's."""
    data = f"MSH|^~\\&|PIX||||20260101||RSP^K23^RSP_K23|A1|P|2.5\r{lines}".encode()
    if cause is None:
        assert read_reply(data, CROSSED, "C1").pids == ()
        return
    with pytest.raises(CallFailed) as caught:
        read_reply(data, CROSSED, "C1")
    assert caught.value.cause is cause


_PARTS = st.sampled_from(
    ["MSA|AA|C1", "MSA|AE|C1", "QAK|T1|OK||x|1|9", "QAK|T1|NF", "PID|||1^^^HOSP", "PID", "ERR|||204", "DSC|p|I", "QAK", "\xff"]
)  # fmt: skip


@settings(max_examples=examples(200), deadline=None)
@given(st.lists(_PARTS, max_size=6), st.binary(max_size=40))
def test_any_bytes_are_an_answer_or_a_refusal(parts: list[str], tail: bytes) -> None:
    """Segments in any order and stray bytes raise CallFailed or are read, and so are their PIDs."""
    head = "MSH|^~\\&|PDS||||20260101||RSP^K22^RSP_K21|A1|P|2.5\r"
    for data in ((head + "\r".join(parts) + "\r").encode("latin-1") + tail, tail):
        try:
            reply = read_reply(data, ASKED, "C1")
        except CallFailed:
            continue
        for pid in reply.pids:
            READER.record(pid)
