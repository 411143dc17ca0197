"""Second opinions: hl7apy judges what we build, python-hl7 reads what we read."""

from __future__ import annotations

from datetime import UTC, datetime

import hl7
import pytest
from hl7apy.consts import VALIDATION_LEVEL
from hl7apy.parser import parse_message
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.hl7v2.ack import AckCode, AckError, build_ack
from engine.hl7v2.batch import split_batch
from engine.hl7v2.er7 import parse
from engine.hl7v2.header import peek
from engine.hl7v2.writer import Comp, MessageWriter, Rep, Text

pytestmark = pytest.mark.slow  # many examples; `make test` runs them, `make check` does not wait

examined = settings(deadline=None, max_examples=60)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
STAMP = "20260102030405+0000"
INBOUND = b"MSH|^~\\&|LAB|HOSP|EHR|NORTH|20260101120000||ORU^R01^ORU_R01|ID1|P|%b||||||UNICODE UTF-8\r"


def judge(raw: bytes) -> None:
    """Raises when hl7apy finds the message invalid."""
    message = parse_message(raw.decode(), validation_level=VALIDATION_LEVEL.STRICT, find_groups=True)
    message.validate()


def oru() -> bytes:
    writer = MessageWriter()
    writer.segment(
        "MSH",
        {
            3: "HEADRACE",
            4: "SITE",
            5: "EHR",
            6: "NORTH",
            7: STAMP,
            9: Comp("ORU", "R01", "ORU_R01"),
            10: "H0001",
            11: "P",
            12: "2.5.1",
            18: "UNICODE UTF-8",
        },
    )
    writer.segment(
        "PID",
        {
            1: "1",
            3: Rep(Comp("4711", "", "", "SITE", "MR"), Comp("9", "", "", "NAT|ION", "NI")),
            5: Comp("Müller & Söhne", "Ada"),
            7: "19700102",
            8: "F",
        },
    )
    writer.segment("PV1", {1: "1", 2: "O"})
    writer.segment("ORC", {1: "RE", 2: "P1", 3: "F1"})
    writer.segment(
        "OBR",
        {1: "1", 2: "P1", 3: "F1", 4: Comp("11502-2", "Laboratory report", "LN"), 7: STAMP, 22: STAMP, 25: "F"},
    )
    writer.segment(
        "OBX",
        {
            1: "1",
            2: "NM",
            3: Comp("718-7", "Hemoglobin", "LN"),
            5: "13.5",
            6: Comp("g/dL", "", "UCUM"),
            7: "12-16",
            8: "N",
            11: "F",
        },
    )
    writer.segment("OBX", {1: "2", 2: "SN", 3: Comp("1988-5", "CRP", "LN"), 5: Comp("<", "5"), 11: "F"})
    writer.segment(
        "OBX", {1: "3", 2: "TX", 3: Comp("8251-1", "Comment", "LN"), 5: Text("one\rtwo|three", multiline=True), 11: "F"}
    )
    writer.segment("NTE", {1: "1", 3: "read by a machine & checked"})
    writer.segment(
        "OBX",
        {
            1: "4",
            2: "ED",
            3: Comp("11502-2", "Laboratory report", "LN"),
            5: Comp("", "AP", "PDF", "Base64", "JVBERi0xLjQK"),
            11: "F",
        },
    )
    return writer.build()


def test_the_writer_builds_an_oru_r01_that_hl7apy_accepts():
    """A complete 2.5.1 report passes the strict validation of an independent library."""
    judge(oru())


def test_hl7apy_reads_the_values_that_were_written():
    """Escapes and structure mean the same to an independent reader."""
    message = parse_message(oru().decode(), find_groups=False)
    assert message.pid.pid_5.pid_5_1.value == "Müller \\T\\ Söhne"
    assert [field.cx_1.value for field in message.pid.pid_3] == ["4711", "9"]
    assert [segment.obx_2.value for segment in message.obx] == ["NM", "SN", "TX", "ED"]


@pytest.mark.parametrize("version", [b"2.3.1", b"2.4", b"2.5", b"2.5.1", b"2.6"])
@pytest.mark.parametrize(
    ("code", "errors"),
    [
        (AckCode.AA, ()),
        (AckCode.CA, ()),
        (AckCode.AR, (AckError(code="200", segment="MSH", occurrence=1, field=9, text="not | accepted"),)),
        (AckCode.AE, (AckError(code="101", segment="OBX", occurrence=3, field=5, component=2, text="no value"),)),
    ],
)
def test_answers_pass_hl7apy(version: bytes, code: AckCode, errors: tuple[AckError, ...]):
    """An answer in the sender's version is a valid ACK of that version."""
    judge(build_ack(peek(INBOUND % version), code, control_id="A1", now=NOW, errors=errors))


def test_an_answer_with_two_errors_passes_hl7apy():
    """ERR repeats from 2.5 on."""
    errors = (AckError(code="101", segment="OBX", occurrence=1, field=5), AckError(code="207", diagnostic="disk"))
    judge(build_ack(peek(INBOUND % b"2.5.1"), AckCode.AE, control_id="A1", now=NOW, errors=errors))


def test_an_answer_to_nobody_passes_hl7apy():
    """Even the answer to a frame without header is valid; strict mode has no rule for an ACK without event."""
    raw = build_ack(peek(b""), AckCode.AR, control_id="A1", now=NOW, errors=(AckError(code="100"),))
    message = parse_message(raw.decode(), validation_level=VALIDATION_LEVEL.TOLERANT)
    assert message.msa.msa_1.value == "AR"
    assert [segment.name for segment in message.children] == ["MSH", "MSA", "ERR"]


def test_python_hl7_reads_what_the_writer_wrote():
    """Segments, repetitions and components sit at the same numbers for an independent reader."""
    theirs = hl7.parse(oru().decode())
    ours = parse(oru())
    assert [str(segment[0]) for segment in theirs] == [segment.name for segment in ours.segments]
    assert str(theirs["PID.F3.R2.C1"]) == ours.segments[1].value(3, 1, 1, 2)
    assert str(theirs["MSH.F10"]) == "H0001"


words = st.text(st.characters(categories=["L", "Nd"], max_codepoint=0x24F), max_size=6)
fields = st.lists(
    st.lists(st.lists(words, min_size=1, max_size=3).map("^".join), min_size=1, max_size=2).map("~".join), max_size=6
)
lines = st.lists(st.tuples(st.sampled_from(["PID", "OBR", "OBX", "NTE", "ZLB"]), fields), max_size=6)


@given(lines)
@examined
def test_well_formed_messages_mean_the_same_to_python_hl7(body: list[tuple[str, list[str]]]):
    """Every field, repetition and component of a well-formed message reads alike in both."""
    text = "MSH|^~\\&|LAB|HOSP|EHR|NORTH|20260101||ORU^R01|1|P|2.5.1||||||UNICODE UTF-8\r"
    text += "".join("|".join((name, *parts)) + "\r" for name, parts in body)
    ours, theirs = parse(text.encode()), hl7.parse(text)
    assert len(ours.segments) == len(theirs)
    for mine, other in zip(ours.segments, theirs, strict=True):
        for number in range(1, mine.field_count + 1):
            assert mine.raw_field(number) == str(other[number])
    for segment, (_, parts) in zip(ours.segments[1:], body, strict=True):
        assert [segment.raw_field(number) for number in range(1, len(parts) + 1)] == parts


@given(lines)
@examined
def test_the_parsed_view_is_python_hl7s_own(body: list[tuple[str, list[str]]]):
    """What plugin authors get is what python-hl7 makes of the same text, whatever the line ends were."""
    text = "MSH|^~\\&|LAB|HOSP|EHR|NORTH|20260101||ORU^R01|1|P|2.5.1||||||UNICODE UTF-8\r"
    text += "".join("|".join((name, *parts)) + "\r" for name, parts in body)
    assert str(parse(text.replace("\r", "\n").encode()).parsed) == str(hl7.parse(text))


@given(st.lists(lines, max_size=4))
@examined
def test_batches_are_cut_as_python_hl7_cuts_them(bodies: list[list[tuple[str, list[str]]]]):
    """Both find the same messages in a well-formed batch."""
    sent = [
        f"MSH|^~\\&|LAB|HOSP|EHR|NORTH|20260101||ORU^R01|{number}|P|2.5.1\r"
        + "".join("|".join((name, *parts)) + "\r" for name, parts in body)
        for number, body in enumerate(bodies)
    ]
    text = "BHS|^~\\&|LAB|HOSP\r" + "".join(sent) + f"BTS|{len(sent)}\r"
    ours, theirs = split_batch(text.encode()), hl7.parse_batch(text)
    assert [message.decode() for message in ours.messages] == [str(message) for message in theirs]
    assert ours.notes == ()


def test_files_of_batches_are_cut_as_python_hl7_cuts_them():
    """FHS and FTS around batches change nothing of the messages."""
    one = "MSH|^~\\&|LAB|HOSP|||20260101||ORU^R01|1|P|2.5.1\rPID|1\r"
    text = f"FHS|^~\\&|F\rBHS|^~\\&|B\r{one}{one}BTS|2\rBHS|^~\\&|B\r{one}BTS|1\rFTS|2\r"
    theirs = [str(message) for batch in hl7.parse_file(text) for message in batch]
    found = split_batch(text.encode())
    assert [message.decode() for message in found.messages] == theirs
    assert found.notes == ()
