"""Acknowledgements: modes, content by version, tolerance in reading."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine.hl7v2.ack import (
    AckCode,
    AckError,
    Mode,
    batch_ack,
    build_ack,
    mode_of,
    read_ack,
    wants,
    wants_application,
)
from engine.hl7v2.framing import Frame, Framer, wrap
from engine.hl7v2.header import Header, peek

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))
LINE = b"MSH|^~\\&|LAB^1|HOSP|EHR|NORTH|20260101||ORU^R01^ORU_R01|ID1|P|2.5.1"


def header(**fields: bytes) -> Header:
    parts = LINE.split(b"|") + [b""] * 8
    for name, value in fields.items():
        parts[int(name[1:]) - 1] = value
    return peek(b"|".join(parts) + b"\r")


def ack(head: Header, code: AckCode = AckCode.AA, *errors: AckError, text: str = "") -> list[bytes]:
    raw = build_ack(head, code, control_id="A1", now=NOW, errors=errors, text=text)
    assert raw.endswith(b"\r")
    return raw.split(b"\r")[:-1]


@pytest.mark.parametrize(
    ("accept", "application", "mode", "warning"),
    [
        (b"", b"", Mode.ORIGINAL, None),
        (b"AL", b"NE", Mode.ENHANCED, None),
        (b"NE", b"NE", Mode.ENHANCED, None),
        (b"", b"AL", Mode.ENHANCED, None),
        (b"ER", b"", Mode.ENHANCED, None),
        (b"su", b"", Mode.ENHANCED, None),
        (b"ACCEPT", b"ACKNOLWEDGE", Mode.ORIGINAL, "ack.unknown_condition"),
        (b"AL", b"WHAT", Mode.ENHANCED, "ack.unknown_condition"),
        (b'""', b'""', Mode.ORIGINAL, None),
    ],
)
def test_the_mode_follows_the_two_condition_fields(accept: bytes, application: bytes, mode: Mode, warning: str | None):
    """A table value in either field means enhanced mode; unknown words warn and do not count."""
    assert mode_of(header(f15=accept, f16=application)) == (mode, warning)


@pytest.mark.parametrize(
    ("condition", "positive", "negative"),
    [(b"AL", True, True), (b"SU", True, False), (b"ER", False, True), (b"NE", False, False), (b"", False, False)],
)
def test_enhanced_conditions_decide_whether_an_answer_goes(condition: bytes, positive: bool, negative: bool):
    """The table of MSH-15 and MSH-16, row by row."""
    head = header(f15=condition, f16=condition)
    assert wants(head, Mode.ENHANCED, AckCode.CA) is positive
    assert wants(head, Mode.ENHANCED, AckCode.CE) is negative
    assert wants(head, Mode.ENHANCED, AckCode.CR) is negative
    assert wants_application(head, Mode.ENHANCED, AckCode.AA) is positive
    assert wants_application(head, Mode.ENHANCED, AckCode.AE) is negative
    assert wants(head, Mode.ORIGINAL, AckCode.AA)
    assert not wants_application(head, Mode.ORIGINAL, AckCode.AA)


def test_a_positive_answer_swaps_the_sides_and_echoes_the_id():
    """MSH is built anew in the sender's terms and MSA names its message."""
    assert ack(header()) == [
        b"MSH|^~\\&|EHR|NORTH|LAB^1|HOSP|20260102030405-0330||ACK^R01^ACK|A1|P|2.5.1",
        b"MSA|AA|ID1",
    ]


def test_the_charset_is_copied_and_the_sender_can_be_named():
    """MSH-18 is the sender's; MSH-3 and 4 may be our own."""
    raw = build_ack(header(f18=b"8859/1"), AckCode.CA, control_id="A1", now=NOW, sender=(b"HEADRACE", b"SITE"))
    assert raw == (
        b"MSH|^~\\&|HEADRACE|SITE|LAB^1|HOSP|20260102030405-0330||ACK^R01^ACK|A1|P|2.5.1||||||8859/1\rMSA|CA|ID1\r"
    )


@pytest.mark.parametrize(
    ("version", "kind"),
    [
        (b"2.1", b"ACK"),
        (b"2.2", b"ACK^R01"),
        (b"2.3", b"ACK^R01"),
        (b"2.3.1", b"ACK^R01^ACK"),
        (b"2.8", b"ACK^R01^ACK"),
        (b"2.3.z", b"ACK^R01"),
        (b"x", b"ACK^R01^ACK"),
    ],
)
def test_the_type_of_the_answer_follows_the_version(version: bytes, kind: bytes):
    """The event came with 2.2 and the structure with 2.3.1."""
    assert ack(header(f12=version))[0].split(b"|")[8] == kind


def test_a_message_without_event_gets_a_bare_ack_type():
    """No event, nothing invented."""
    assert ack(header(f9=b"ORU"))[0].split(b"|")[8] == b"ACK"


def test_absent_version_and_processing_id_get_defaults():
    """An answer always says P and a version."""
    assert ack(peek(b"MSH|^~\\&|A|B|C|D|||ORU^R01|1"))[0].endswith(b"|A1|P|2.5.1")


def test_errors_from_2_5_on_are_one_err_each_with_the_place():
    """ERR-2 is an ERL with the absolute occurrence, ERR-3 of table 0357, ERR-7 and 8 the words."""
    errors = (
        AckError(code="101", segment="OBX", occurrence=3, field=5, component=2, text="a|b", diagnostic="why"),
        AckError(code="207"),
        AckError(code="101", segment="MSH", field=10),
    )
    assert ack(header(), AckCode.AE, *errors)[1:] == [
        b"MSA|AE|ID1",
        b"ERR||OBX^3^5^1^2|101^Required field missing^HL70357|E|||why|a\\F\\b",
        b"ERR|||207^Application internal error^HL70357|E",
        b"ERR||MSH^1^10|101^Required field missing^HL70357|E",
    ]


def test_errors_before_2_5_are_repetitions_of_err_1_and_msa_3_speaks():
    """ELD with sub-components, one repetition each; MSA-3 carries the text up to 2.4."""
    errors = (AckError(code="101", segment="OBX", occurrence=3, field=5, text="no value"), AckError(code="207"))
    assert ack(header(f12=b"2.4"), AckCode.AE, *errors)[1:] == [
        b"MSA|AE|ID1|no value",
        b"ERR|OBX^3^5^101&no value&HL70357~^^^207&Application internal error&HL70357",
    ]


def test_msa_3_is_sent_up_to_2_4_only():
    """The text field was withdrawn; later versions get ERR alone."""
    assert ack(header(f12=b"2.3"), text="stored")[1] == b"MSA|AA|ID1|stored"
    assert ack(header(f12=b"2.5"), text="stored")[1] == b"MSA|AA|ID1"


@pytest.mark.parametrize("raw", [b"", b"MSH", b"MSH|", b"PID|1", b"\x00" * 10, b"|" * 1_000_000])
def test_a_frame_without_header_gets_an_answer_with_an_empty_id(raw: bytes):
    """AR 100 can be said to anybody."""
    segments = ack(peek(raw), AckCode.AR, AckError(code="100"))
    assert segments == [
        b"MSH|^~\\&|||||20260102030405-0330||ACK|A1|P|2.5.1",
        b"MSA|AR|",
        b"ERR|||100^Segment sequence error^HL70357|E",
    ]


def test_the_senders_separators_are_used():
    """An answer in other separators than the sender's could not be read."""
    head = peek(b"MSH#*~\\&#LAB*1#HOSP#EHR#NORTH###ORU*R01#4|2#P#2.5.1\r")
    assert ack(head, AckCode.AE, AckError(code="101", segment="MSH", field=10, text="a#b*c")) == [
        b"MSH#*~\\&#EHR#NORTH#LAB*1#HOSP#20260102030405-0330##ACK*R01*ACK#A1#P#2.5.1",
        b"MSA#AE#4|2",
        b"ERR##MSH*1*10#101*Required field missing*HL70357#E####a\\F\\b\\S\\c",
    ]


@pytest.mark.parametrize("encoding", [b"", b"^", b"^^^^", b"ab~&", b"|~\\&", b"\xa6~\\&"])
def test_unusable_encoding_characters_are_replaced(encoding: bytes):
    """A short or senseless MSH-2 still gets an answer in four distinct characters."""
    found = ack(peek(b"MSH^" + encoding + b"^A^B^C^D^^^ORU^77^P^2.5.1"), AckCode.AE, AckError(code="101"))
    mark = found[0][4:8]
    assert len(set(mark) | {ord("^")}) == 5
    assert found[0][8:9] == b"^"


@pytest.mark.parametrize("control_id", [b"a b", b"\xff\x00", b"~^\\&", b"x\x1c", b"\x1c", b"\x0b", "漢".encode()])
def test_msa_2_is_the_id_byte_for_byte_and_the_answer_stays_one_frame(control_id: bytes):
    """Whatever MSH-10 holds comes back, and an FS in it does not end the block of the answer."""
    raw = build_ack(header(f10=control_id), AckCode.AA, control_id="A1", now=NOW)
    assert raw.split(b"\r")[1].split(b"|")[2] == control_id
    events = Framer(max_frame=10_000).feed(wrap(raw))
    assert [event.data for event in events if isinstance(event, Frame)] == [raw]


def test_copied_fields_lose_control_characters():
    """A copied name can't smuggle a block end into the answer."""
    assert ack(header(f3=b"LA\x1cB\x0b\x00"))[0].split(b"|")[4] == b"LAB"


def test_naive_times_are_written_without_offset_and_utc_with_zero():
    """MSH-7 never claims an offset it does not know."""
    naive = build_ack(header(), AckCode.AA, control_id="A", now=NOW.replace(tzinfo=None))
    assert naive.split(b"|")[6] == b"20260102030405"
    assert (
        build_ack(header(), AckCode.AA, control_id="A", now=datetime(2026, 1, 1, tzinfo=UTC)).split(b"|")[6]
        == b"20260101000000+0000"
    )


def test_our_own_words_leave_as_ascii():
    """The answer's charset is the sender's, so our text keeps to ASCII."""
    assert ack(header(), AckCode.AE, AckError(code="999", text="größe\r"))[2] == b"ERR|||999^^HL70357|E||||gr??e\\X0D\\"


def test_a_batch_of_answers_is_one_batch():
    """BHS, the answers in order, BTS with the count; BHS-12 names the inbound batch."""
    head = peek(b"BHS|^~\\&|LAB|HOSP|EHR|NORTH|2026||||B7\r")
    one = build_ack(header(), AckCode.AA, control_id="A1", now=NOW)
    assert batch_ack(head, [one, one], control_id="A9", now=NOW) == (
        b"BHS|^~\\&|EHR|NORTH|LAB|HOSP|20260102030405-0330||||A9|B7\r" + one + one + b"BTS|2\r"
    )


def test_what_was_built_reads_back():
    """Both forms of ERR come back as they went."""
    errors = (AckError(code="101", segment="OBX", occurrence=3, field=5, component=2, text="x", diagnostic="d"),)
    found = read_ack(build_ack(header(), AckCode.AE, control_id="A1", now=NOW, errors=errors))
    assert found is not None
    assert (found.code, found.control_id, found.errors, found.accepted) == (AckCode.AE, b"ID1", errors, False)
    assert found.message_type == "ACK^R01"
    old = read_ack(
        build_ack(
            header(f12=b"2.3"),
            AckCode.AR,
            control_id="A1",
            now=NOW,
            errors=(AckError(code="202", segment="MSH", occurrence=1, field=11, text="T"),),
        )
    )
    assert old is not None
    assert old.errors == (AckError(code="202", segment="MSH", occurrence=1, field=11, text="T"),)
    assert old.text == "T"


@pytest.mark.parametrize(
    "raw",
    [
        b"MSH|^~\\&|||||||ACK|9|P|2.3\rMSA|AA|ID1\r",
        b"MSH|^~\\&|||||||ACK|9|P|2.3\nMSA|AA|ID1\n",
        b"MSH|^~\\&|||||||ACK|9|P|2.3\r\nMSA|AA|ID1\r\n",
        b"\r\n MSH|^~\\&|||||||ACK|9|P|2.3\rMSA|AA|ID1",
        b"MSH|^~\\&|||||||ORR^O02|9|P|2.3\rSFT|x\rPID|1\rMSA|AA|ID1\r",
        b"MSA|AA|ID1",
    ],
)
def test_answers_are_read_wherever_msa_stands(raw: bytes):
    """LF ends, blanks, other types, a missing MSH: the code and the id are found."""
    found = read_ack(raw)
    assert found is not None
    assert found.accepted
    assert found.control_id == b"ID1"


def test_a_lower_case_code_is_accepted_with_a_note():
    """`aa` is AA, and somebody can see it was not written so."""
    found = read_ack(b"MSH|^~\\&|||||||ACK|9|P|2.3\rMSA|aa|ID1\r")
    assert found is not None
    assert found.code is AckCode.AA
    assert found.notes == ("ack.code_case",)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"MSH|^~\\&|||||||ACK|9\r",
        b"MSH|^~\\&|||||||ACK|9\rMSA||ID1\r",
        b"MSH|^~\\&|||||||ACK|9\rMSA|OK|ID1\r",
        b"MSA",
        b"MSA|",
        b"\x06",
        b"MSH|^~\\&|||||||ORU|9\rNTE|1||MSA|AA|ID1",
    ],
)
def test_no_or_unknown_code_is_no_acknowledgement(raw: bytes):
    """Without a code of table 0008 nothing was acknowledged."""
    assert read_ack(raw) is None


def test_an_id_in_other_separators_is_read_with_them():
    """MSA is split with the separator that stands behind its name."""
    found = read_ack(b"MSH#*~\\&#######ACK#9#P#2.3\rMSA#CE#a|b#no\r")
    assert found is not None
    assert (found.code, found.control_id, found.text) == (AckCode.CE, b"a|b", "no")


@pytest.mark.parametrize(
    ("behind", "text", "codes"),
    [
        (b"MSA|AE|A1", "", []),
        (b"MSA|AE|A1|||x", "", []),
        (b"MSA|AE|A1|no", "no", []),
        (b"MSA|AE|A1\rERR|||207", "", ["207"]),
        (b"MSA|AE|A1\rerr|||207", "", ["207"]),
        (b"ERR|||100\rMSA|AE|A1", "", ["100"]),
    ],
)
def test_the_short_way_misses_nothing(behind, text, codes):
    """Text and errors are found wherever they stand; without them the type of the answer is still read."""
    found = read_ack(b"MSH|^~\\&|||||||ACK^R01|9|P|2.5.1\r" + behind + b"\r")
    assert found is not None
    assert (found.control_id, found.text, [error.code for error in found.errors]) == (b"A1", text, codes)
    assert found.message_type == "ACK^R01"
