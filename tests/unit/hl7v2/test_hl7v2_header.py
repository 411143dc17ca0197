"""The header peek and the byte counts that run before the acknowledgement."""

from __future__ import annotations

import pytest

from engine.hl7v2.header import Header, Limits, check_structure, peek

LINE = b"MSH|^~\\&|LAB^1|HOSP|EHR|NORTH|20260101120000||ORU^R01^ORU_R01|ID 1|P^T|2.5.1^x|||AL|NE||UNICODE UTF-8"
MESSAGE = LINE + b"\rPID|1\rOBR|1\rOBX|1|NM|x||5\r"


def test_fields_are_raw_bytes_at_their_numbers():
    """Every property gives what stands at its field number."""
    header = peek(MESSAGE)
    assert header.has_msh
    assert (header.field_separator, header.encoding) == (b"|", b"^~\\&")
    assert (header.sending_application, header.sending_facility) == (b"LAB^1", b"HOSP")
    assert (header.receiving_application, header.receiving_facility) == (b"EHR", b"NORTH")
    assert (header.timestamp, header.security) == (b"20260101120000", b"")
    assert (header.message_type, header.control_id) == (b"ORU^R01^ORU_R01", b"ID 1")
    assert (header.processing_id, header.version) == (b"P", b"2.5.1")
    assert (header.accept_ack, header.application_ack, header.charset) == (b"AL", b"NE", b"UNICODE UTF-8")
    assert (header.message_code, header.trigger_event, header.type_event) == ("ORU", "R01", "ORU^R01")
    assert not header.is_ack
    assert not header.is_batch
    assert header.field(99) == b""
    assert header.field(0) == b""


@pytest.mark.parametrize("lead", [b"", b"\xef\xbb\xbf", b"\r\n", b"  \t", b"\xef\xbb\xbf\r\n "])
@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b""])
def test_byte_order_mark_blanks_and_line_ends_are_tolerated(lead: bytes, end: bytes):
    """Marks before MSH and any line end behind it change nothing."""
    header = peek(lead + LINE + end + (b"PID|1" + end if end else b""))
    assert header.has_msh
    assert header.offset == len(lead)
    assert header.charset == b"UNICODE UTF-8"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"M",
        b"MSH",
        b"MSH|",
        b"MSH|\r",
        b"msh|^~\\&|A",
        b"MSHX|^~\\&",
        b"PID|1",
        b"MSH ^~\\&",
        b"MSH\xc2\xa6^~\\&",
        b"\x00MSH|^",
        b"|" * 1_000_000,
    ],
)
def test_what_is_no_header_is_none(raw: bytes):
    """No MSH with a 7-bit separator and something behind it means no header, never an error."""
    header = peek(raw)
    assert not header.has_msh
    assert not header.is_batch
    assert header == Header()
    assert header.control_id == b""
    assert header.type_event == ""
    assert header.encoding == b"^~\\&"


def test_other_separators_are_read_as_sent():
    """The sender chooses its separators."""
    header = peek(b"MSH#*~\\&#LAB#HOSP#####ORU*R01#42#P*T#2.3*x")
    assert (header.control_id, header.type_event, header.processing_id, header.version) == (
        b"42",
        "ORU^R01",
        b"P",
        b"2.3",
    )


@pytest.mark.parametrize("encoding", [b"", b"^", b"^~", b"^~\\", b"^^^^"])
def test_a_short_msh_2_still_gives_an_id(encoding: bytes):
    """Missing encoding characters cost nothing of the header."""
    header = peek(b"MSH|" + encoding + b"|A|B|C|D|||ORU^R01|77|P|2.3\r")
    assert (header.control_id, header.type_event) == (b"77", "ORU^R01")


@pytest.mark.parametrize("control_id", [b"a b", b"\xff\xfe", b"x\x00y", b"<>&\"'", b"~^\\&", b"\xe6\xbc\xa2"])
def test_the_control_id_is_verbatim(control_id: bytes):
    """MSH-10 comes out byte for byte."""
    assert peek(b"MSH|^~\\&|A|B|C|D|||ORU^R01|" + control_id + b"|P|2.3\r").control_id == control_id


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"MSH|^~\\&|||||||ACK^R01|1\rMSA|AA|1\r", True),
        (b"MSH|^~\\&|||||||ACK|1\r", True),
        (b"MSH|^~\\&|||||||ORR^O02|1\rMSA|AA|1\r", True),
        (b"MSH|^~\\&|||||||ORR^O02|1\nSFT|x\nUAC|y\nZZZ|1\nMSA|AA|1\n", True),
        (b"MSH|^~\\&|||||||ORU^R01|1\rPID|1\rNTE|1||MSA|\r", False),
        (b"MSH|^~\\&|||||||ORU^R01|1\rMSAX|1\r", False),
    ],
)
def test_an_acknowledgement_is_known_by_its_type_or_its_msa(raw: bytes, expected: bool):
    """Type ACK, or MSA behind MSH and its companions, is never answered."""
    assert peek(raw).is_ack is expected


def test_a_batch_is_known_and_shows_its_control_id():
    """FHS and BHS are batches with their own separators; BHS-11 is their id."""
    header = peek(b"BHS$^~\\&$LAB$HOSP$EHR$NORTH$20260101$$$$B7\r")
    assert header.is_batch
    assert not header.has_msh
    assert (header.control_id, header.message_type, header.version, header.processing_id) == (b"B7", b"", b"", b"")
    assert peek(b"FHS|^~\\&|x\rBHS|").is_batch


def test_a_foreign_type_is_shown_in_ascii():
    """Eight-bit bytes in MSH-9 become visible escapes, never an error."""
    assert peek(b"MSH|^~\\&|||||||\xd6RU^R01|1").message_code == "\\xd6RU"


@pytest.mark.parametrize(
    ("raw", "code", "segment"),
    [
        (MESSAGE, None, ""),
        (LINE.replace(b"\r", b"\n") + b"\nPID|1\n", None, ""),
        (b"", "100", "MSH"),
        (b"PID|1", "100", "MSH"),
        (MESSAGE + MESSAGE, "100", "MSH"),
        (MESSAGE + b"\nMSH|^~\\&|again", "100", "MSH"),
        (MESSAGE + b"NTE|1||the MSH|segment\r", None, ""),
        (MESSAGE + b"NTE|1||a\x00b\r", "100", ""),
        (MESSAGE + b"NTE|1||a\x0bb\r", "100", ""),
        (MESSAGE + b"NTE|1||a\x1cb\tc\x1bd\x1de\r", None, ""),
        (MESSAGE + b"OBX|" + b"|" * 1001 + b"\r", "104", "OBX"),
        (MESSAGE + b"PID|" + b"~" * 10_001 + b"\r", "104", "PID"),
        (MESSAGE + b"\r" * 60_000, None, ""),
        (MESSAGE + b"NTE|\r" * 50_001, "104", ""),
        (MESSAGE + b"NTE|\r\n" * 40_000, None, ""),
        (MESSAGE + b"OBX|1|||||||||||\r" * 20_000, None, ""),
    ],
)
def test_structure_faults_before_the_answer(raw: bytes, code: str | None, segment: str):
    """Each rule of the contract gives its error code, and everything else passes."""
    fault = check_structure(raw, peek(raw), Limits())
    assert (fault.error_code if fault else None) == code
    assert fault is None or fault.segment == segment


def test_limits_are_exact():
    """The limit itself passes, one more does not."""
    limits = Limits(segments=3, fields=14, repetitions=2)
    base = b"MSH|^~\\&|||||||ORU^R01|1|P|2.3\r"
    ok = base + b"PID|1||a~b\rOBX|1\r"
    assert check_structure(ok, peek(ok), limits) is None
    for more, code in (
        (b"PID|1||a~b~c\r", "104"),
        (b"PID|1\rPID|2\rPID|3\r", "104"),
        (b"PID" + b"|" * 15 + b"\r", "104"),
    ):
        fault = check_structure(base + more, peek(base + more), limits)
        assert fault is not None
        assert fault.error_code == code


def test_a_batch_may_hold_several_msh():
    """Later MSH segments are what a batch is made of."""
    raw = b"BHS|^~\\&|x\r" + MESSAGE + MESSAGE + b"BTS|2\r"
    assert check_structure(raw, peek(raw), Limits()) is None


def test_control_bytes_deep_in_a_large_frame_are_found():
    """The check looks at every stride of a large frame."""
    raw = MESSAGE + b"x" * (3 << 20) + b"\x00"
    fault = check_structure(raw, peek(raw), Limits())
    assert fault is not None
    assert fault.error_code == "100"
