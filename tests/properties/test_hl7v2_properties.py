"""The wire language under random bytes: no loss, no crash, no injection."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.hl7v2.ack import AckCode, AckError, batch_ack, build_ack, mode_of, read_ack, wants
from engine.hl7v2.batch import split_batch
from engine.hl7v2.charset import decode
from engine.hl7v2.er7 import parse
from engine.hl7v2.errors import Er7Error
from engine.hl7v2.escapes import Delimiters, escape, unescape
from engine.hl7v2.framing import Deviation, Event, Frame, Framer, Noise, wrap
from engine.hl7v2.header import Limits, check_structure, peek
from engine.hl7v2.writer import Comp, FieldValue, MessageWriter, Rep, Sub, Text

pytestmark = pytest.mark.slow  # many examples; `make test` runs them, `make check` does not wait

examined = settings(deadline=None, max_examples=150)

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
PIECES = [
    b"\x0b",
    b"\x1c\r",
    b"\x1c",
    b"\r",
    b"\n",
    b"\x1c\n",
    b"MSH|",
    b"M",
    b"MS",
    b"\x0bMSH|^~\\&|a\r",
    b"abc",
    b" ",
    b"\xef\xbb\xbf",
    b"\x00",
    b"|",
]
streams = st.lists(st.sampled_from(PIECES) | st.binary(max_size=4), max_size=25).map(b"".join)
messages = st.binary(max_size=60).map(
    lambda tail: b"MSH|^~\\&|A|B|C|D|||ORU^R01|1|P|2.5.1\r" + tail.translate(None, b"\x0b\x1c")
)
er7_bytes = st.lists(
    st.sampled_from(
        [
            b"MSH|",
            b"MSH",
            b"^~\\&",
            b"|",
            b"\r",
            b"\n",
            b"\xef\xbb\xbf",
            b"BHS|",
            b"BTS|2",
            b"FTS",
            b"MSA|AA|1",
            b"PID|1",
            b"~",
            b"^",
            b"\\F\\",
            b"\\X0D\\",
            b'""',
            b"\xc3",
            b"\x1c",
            b"2.3",
            b"ERR|",
        ]
    )
    | st.binary(max_size=6),
    max_size=25,
).map(b"".join)
# Signs that can be a delimiter; letters would make every word one.
signs = st.lists(st.sampled_from("|^~\\&#$!*%@;:"), min_size=6, max_size=6, unique=True)
texts = st.text(max_size=30) | st.lists(
    st.sampled_from(
        [
            "\r",
            "\n",
            "|",
            "^",
            "~",
            "\\",
            "&",
            "\\F\\",
            "\\X0D\\",
            "\\.br\\",
            "OBX|1",
            "\x0b",
            "\x1c",
            "\x00",
            '""',
            "é",
            "漢",
            "x",
        ]
    ),
    max_size=12,
).map("".join)
encodable = texts.filter(lambda text: not any("\ud800" <= sign <= "\udfff" for sign in text))


def outcome(data: bytes, cuts: list[int], *, limit: int, lenient: bool) -> tuple[list[Event], Counter[Deviation]]:
    framer = Framer(max_frame=limit, lenient=lenient)
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    events = [event for start, stop in pairwise(edges) for event in framer.feed(data[start:stop])]
    events += framer.end()
    noise: Counter[Deviation] = Counter()
    for event in events:
        if isinstance(event, Noise):
            noise[event.reason] += event.size
    return [event for event in events if not isinstance(event, Noise)], noise


@given(
    streams,
    st.lists(st.integers(min_value=0, max_value=500), max_size=8),
    st.sampled_from([3, 20, 10_000]),
    st.booleans(),
)
@examined
def test_any_chunking_gives_the_same_events(data: bytes, cuts: list[int], limit: int, lenient: bool):
    """Frames, fragments, oversizes and noise totals do not depend on how the bytes were cut."""
    whole = outcome(data, [], limit=limit, lenient=lenient)
    assert outcome(data, cuts, limit=limit, lenient=lenient) == whole
    assert outcome(data, list(range(len(data))), limit=limit, lenient=lenient) == whole


@given(streams.filter(lambda data: b"\x0b" not in data and b"MSH" not in data), messages, st.booleans())
@examined
def test_a_frame_is_never_lost_after_noise(noise: bytes, message: bytes, lenient: bool):
    """Whatever came before it outside a block, a block with VT arrives whole and the noise is counted."""
    events, counted = outcome(noise + wrap(message), [], limit=10_000, lenient=lenient)
    assert [event.data for event in events if isinstance(event, Frame)] == [message]
    assert sum(counted.values()) == len(noise)


@given(st.lists(messages, max_size=6))
@examined
def test_frames_come_back_as_they_were_wrapped(sent: list[bytes]):
    """A pipelined stream of blocks is the same list of data."""
    events, counted = outcome(b"".join(map(wrap, sent)), [7, 50], limit=10_000, lenient=True)
    assert [event.data for event in events if isinstance(event, Frame)] == sent
    assert not counted


@given(texts, signs, st.booleans())
@examined
def test_escape_is_undone_by_unescape(text: str, own: list[str], truncation: bool):
    """With any delimiters the text comes back, and nothing of the escaped form can be structure."""
    delimiters = Delimiters.of(own[0], "".join(own[1 : 6 if truncation else 5]))
    sent = escape(text, delimiters)
    assert unescape(sent, delimiters, newlines=False).text == text
    assert not any(sign in sent for sign in (own[0], own[1], own[2], own[4]))
    assert not any(sign < " " or sign == "\x7f" for sign in sent)


@given(texts)
@examined
def test_multiline_escape_is_undone_but_for_line_ends(text: str):
    """TX and FT text comes back with one kind of line end."""
    delimiters = Delimiters()
    sent = escape(text, delimiters, multiline=True)
    assert unescape(sent, delimiters, newlines=False).text == text.replace("\r\n", "\n").replace("\r", "\n")


@given(st.text(max_size=40), signs)
@examined
def test_unescape_takes_any_text(text: str, own: list[str]):
    """Unescaping never raises, and text without the escape character is untouched."""
    delimiters = Delimiters.of(own[0], "".join(own[1:]))
    found = unescape(text, delimiters, newlines=False)
    assert delimiters.escape in text or found.text == text


@given(er7_bytes)
@examined
def test_every_frame_can_be_answered(raw: bytes):
    """Peek, checks and answer work for any bytes, and MSA-2 is MSH-10 byte for byte."""
    header = peek(raw)
    mode, _ = mode_of(header)
    wants(header, mode, AckCode.CA)
    check_structure(raw, header, Limits(segments=3, fields=5, repetitions=2))
    fault = check_structure(raw, header, Limits())
    errors = [AckError(code=fault.error_code, segment=fault.segment, text=fault.text)] if fault else []
    answer = build_ack(header, AckCode.AE, control_id="A1", now=NOW, errors=errors)
    separator = header.field_separator if header.has_msh else b"|"
    echoed = answer.split(b"\r")[1].split(separator)
    assert echoed[:2] == [b"MSA", b"AE"]
    assert echoed[2] == (header.control_id if header.has_msh else b"")
    found = read_ack(answer)
    assert found is not None
    assert found.control_id == echoed[2]
    assert len(found.errors) == len(errors)
    framed = Framer(max_frame=1 << 20).feed(wrap(answer))
    assert header.control_id.count(b"\x1c") or [type(event) for event in framed] == [Frame]


@given(st.binary(max_size=12).filter(lambda raw: not set(raw) & set(b"\r\n|")))
@examined
def test_a_control_id_comes_back_verbatim(control_id: bytes):
    """Any bytes but separators and line ends are echoed."""
    header = peek(b"MSH|^~\\&|A|B|C|D|||ORU^R01|" + control_id + b"|P|2.5.1\rPID|1\r")
    found = read_ack(build_ack(header, AckCode.AA, control_id="A1", now=NOW))
    assert found is not None
    assert found.control_id == control_id == header.control_id


@given(er7_bytes)
@examined
def test_answers_from_anybody_are_read_or_not(raw: bytes):
    """Reading an answer never raises; what is read has a code of the table."""
    found = read_ack(raw)
    assert found is None or found.code in set(AckCode)


@given(er7_bytes)
@examined
def test_parsing_takes_any_bytes_with_a_header(raw: bytes):
    """With an MSH everything parses: segments tile the text and every access gives text."""
    try:
        message = parse(b"MSH|^~\\&|A|B" + raw)
    except Er7Error:
        return
    assert message.segments[0].name == "MSH"
    joined = "".join(message.text[segment._start : segment._stop] for segment in message.segments)
    assert joined.replace("\r", "").replace("\n", "") == message.text.replace("\r", "").replace("\n", "")
    for segment in message.segments:
        assert "\r" not in segment.text
        for number in range(segment.field_count + 2):
            segment.value(number, 2, 1, 2)
            assert len(segment.repetitions(number)) == len(segment.texts(number))
            segment.components(number)


@given(er7_bytes)
@examined
def test_no_error_hides_behind_missing_headers(raw: bytes):
    """Only a frame without MSH is refused by the parser."""
    try:
        parse(raw)
    except Er7Error:
        assert not peek(raw).has_msh
    else:
        assert peek(raw).has_msh


@given(st.binary(max_size=60), st.binary(max_size=12))
@examined
def test_decoding_takes_any_bytes_and_names(raw: bytes, declared: bytes):
    """No byte is lost: what was decoded encodes to the same number of bytes or characters."""
    found = decode(raw, declared, fallbacks=("utf-8", "windows-1252"))
    if found.codec in {"latin-1", "iso8859-1"}:
        assert len(found.text) == len(raw)
    elif found.codec in {"ascii", "utf-8", "windows-1252"}:
        assert found.text.encode(found.codec) == raw


leaves = encodable | encodable.map(lambda text: Text(text, multiline=True))
components = leaves | st.lists(leaves, min_size=1, max_size=3).map(lambda parts: Sub(*parts))
repeats = components | st.lists(components, min_size=1, max_size=3).map(lambda parts: Comp(*parts))
values: st.SearchStrategy[FieldValue] = repeats | st.lists(repeats, min_size=1, max_size=3).map(
    lambda parts: Rep(*parts)
)


@given(st.lists(st.dictionaries(st.integers(min_value=1, max_value=9), values, max_size=4), max_size=4))
@examined
def test_what_is_built_reads_back(segments: list[dict[int, FieldValue]]):
    """Any tree of values gives the segments asked for, and plain values come back identical."""
    writer = MessageWriter()
    writer.segment("MSH", {9: Comp("ORU", "R01"), 10: "1"})
    for fields in segments:
        writer.segment("OBX", fields)
    raw = writer.build()
    found = parse(raw, charset="utf-8").all("OBX")
    assert len(found) == len(segments) == raw.count(b"\r") - 1
    for segment, fields in zip(found, segments, strict=True):
        for number, value in fields.items():
            if isinstance(value, str):
                sent = segment.raw_field(number)
                assert unescape(sent, Delimiters(), newlines=False).text == value
                assert not segment.is_null(number)


@given(er7_bytes)
@examined
def test_splitting_a_batch_keeps_every_byte_of_its_messages(raw: bytes):
    """Messages are slices of the input, in order, without overlap."""
    at = 0
    for message in split_batch(raw).messages:
        found = raw.find(message, at)
        assert found >= at
        assert message.startswith(b"MSH")
        at = found + len(message)


@given(
    st.lists(
        messages.filter(
            lambda raw: raw.count(b"MSH") == 1 and not any(mark in raw for mark in (b"FHS", b"BHS", b"BTS", b"FTS"))
        ),
        max_size=5,
    )
)
@examined
def test_a_batch_is_the_list_of_its_messages(sent: list[bytes]):
    """What was put into a batch comes out, byte for byte, and is answered in one batch."""
    raw = b"BHS|^~\\&|x\r" + b"".join(message + b"\r" for message in sent) + b"BTS|%d\r" % len(sent)
    found = split_batch(raw)
    assert [message[:-1] for message in found.messages] == sent
    assert found.notes == ()
    answers = [build_ack(peek(message), AckCode.AA, control_id="A", now=NOW) for message in found.messages]
    whole = batch_ack(peek(raw), answers, control_id="B", now=NOW)
    assert list(split_batch(whole).messages) == answers
    assert split_batch(whole).notes == ()
