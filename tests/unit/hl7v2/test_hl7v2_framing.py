"""MLLP framing: every deviation row of the protocol facts, each with what must come out."""

from __future__ import annotations

import pytest

from engine.hl7v2.framing import Deviation, Event, Fragment, Frame, Framer, Noise, Oversize, wrap

MSH = b"MSH|^~\\&|LAB|HOSP|EHR|HOSP|20260101||ORU^R01|1|P|2.5.1\r"
OTHER = b"MSH|^~\\&|LAB|HOSP|EHR|HOSP|20260101||ORU^R01|2|P|2.5.1\r"


def run(data: bytes, *, max_frame: int = 1 << 20, lenient: bool = True, end: bool = True) -> list[Event]:
    framer = Framer(max_frame=max_frame, lenient=lenient)
    events = framer.feed(data)
    return events + framer.end() if end else events


def frames(events: list[Event]) -> list[bytes]:
    return [event.data for event in events if isinstance(event, Frame)]


def noise(events: list[Event]) -> int:
    return sum(event.size for event in events if isinstance(event, Noise))


def test_a_well_formed_block_is_one_frame_without_deviations():
    """VT data FS CR gives the data and nothing to forgive."""
    assert run(wrap(MSH)) == [Frame(data=MSH)]


def test_two_frames_in_one_packet_come_in_order():
    """A burst of two frames yields two frames, first in first out."""
    assert frames(run(wrap(MSH) + wrap(OTHER))) == [MSH, OTHER]


@pytest.mark.parametrize("lead", [b"", b"\r\n", b"  \t", b"\xef\xbb\xbf", b"\x00"])
def test_a_missing_start_is_forgiven_when_lenient(lead: bytes):
    """Without VT a message that begins with MSH is a frame, marked as such."""
    events = run(lead + MSH + b"\x1c\r" + wrap(OTHER))
    assert frames(events) == [MSH, OTHER]
    assert noise(events) == len(lead)
    found = next(event for event in events if isinstance(event, Frame))
    assert found.deviations == {Deviation.MISSING_START}


def test_a_missing_start_is_noise_when_strict():
    """Strict framing discards up to the next VT and keeps the following frame."""
    events = run(MSH + b"\x1c\r" + wrap(OTHER), lenient=False)
    assert frames(events) == [OTHER]
    assert noise(events) == len(MSH) + 2


def test_a_log_line_before_a_message_without_start_is_noise():
    """On a fresh connection a line of text before a bare MSH does not hide it."""
    assert frames(run(b"connected to lab\nMSH|^~\\&|A\r\x1c\r")) == [b"MSH|^~\\&|A\r"]


@pytest.mark.parametrize("between", [b"\n", b"\r\n", b"   ", b"log: sent 1\n", b"\x1c\r", b"\x00", b"MSH", b"MSHX|"])
def test_noise_before_and_between_frames_never_costs_a_frame(between: bytes):
    """Whatever stands outside blocks is counted, and both frames arrive."""
    events = run(between + wrap(MSH) + between + wrap(OTHER) + between)
    assert frames(events) == [MSH, OTHER]
    assert noise(events) == 3 * len(between)


def test_fs_without_cr_ends_at_the_next_start():
    """A forgotten CR costs nothing when the next VT follows."""
    events = run(b"\x0b" + MSH + b"\x1c" + wrap(OTHER))
    assert frames(events) == [MSH, OTHER]
    assert events[0] == Frame(data=MSH, deviations=frozenset({Deviation.MISSING_CR}))


def test_fs_without_cr_ends_when_the_stream_pauses():
    """The framer says it waits for CR, and settling completes the frame."""
    framer = Framer(max_frame=1000)
    assert framer.feed(b"\x0b" + MSH + b"\x1c") == []
    assert framer.waiting_for_cr
    assert framer.settle() == [Frame(data=MSH, deviations=frozenset({Deviation.MISSING_CR}))]
    assert not framer.in_frame
    assert framer.feed(wrap(OTHER)) == [Frame(data=OTHER)]


def test_settling_in_the_middle_of_a_frame_changes_nothing():
    """A pause without FS ends no frame."""
    framer = Framer(max_frame=1000)
    framer.feed(b"\x0bMSH|")
    assert framer.settle() == []
    assert framer.in_frame
    assert not framer.waiting_for_cr


@pytest.mark.parametrize("how", ["next", "pause", "eof"])
def test_fs_followed_by_lf_ends_the_frame(how: str):
    """FS LF instead of FS CR ends a frame before VT, a pause or the end of the stream."""
    framer = Framer(max_frame=1000)
    events = framer.feed(b"\x0b" + MSH + b"\x1c\n")
    events += {"next": lambda: framer.feed(wrap(OTHER)), "pause": framer.settle, "eof": framer.end}[how]()
    assert events[0] == Frame(data=MSH, deviations=frozenset({Deviation.LF_AFTER_FS}))


def test_a_line_feed_behind_the_end_is_noise_of_its_own_kind():
    """FS CR LF is one counted byte and no loss."""
    events = run(wrap(MSH) + b"\n" + wrap(OTHER))
    assert events == [Frame(data=MSH), Noise(size=1, reason=Deviation.LF_AFTER_FS), Frame(data=OTHER)]


def test_fs_cr_inside_the_data_ends_the_frame_and_the_tail_is_noise():
    """The head is the frame, the tail up to the next VT is counted, the next frame is whole."""
    tail = b"QUJD\rOBX|2|ED|\rMSH|^~\\&|x\r\x1c\r"
    events = run(b"\x0b" + MSH + b"OBX|1|ED|JVBE\x1c\r" + tail + wrap(OTHER))
    assert frames(events) == [MSH + b"OBX|1|ED|JVBE", OTHER]
    assert noise(events) == len(tail)


@pytest.mark.parametrize("starts", [2, 3, 50])
def test_leading_double_starts_are_one_start(starts: int):
    """Several VT in a row begin one frame."""
    assert run(b"\x0b" * starts + MSH + b"\x1c\r") == [Frame(data=MSH, deviations=frozenset({Deviation.DOUBLE_START}))]


def test_a_start_with_msh_in_an_unfinished_frame_tears_it():
    """The torn part is a fragment, the new message is a frame."""
    assert run(b"\x0b" + MSH + b"OBX|1|ED|JV" + wrap(OTHER)) == [
        Fragment(data=MSH + b"OBX|1|ED|JV", size=len(MSH) + 11, reason=Deviation.TORN_BY_START),
        Frame(data=OTHER),
    ]


def test_a_start_without_msh_in_the_data_is_data():
    """A vertical tab in a text stays in the text."""
    assert run(b"\x0b" + MSH + b"NTE|1||a\x0bb\r\x1c\r") == [
        Frame(data=MSH + b"NTE|1||a\x0bb\r", deviations=frozenset({Deviation.START_IN_DATA}))
    ]


@pytest.mark.parametrize("after", [b"x", b"\x1c", b"\nx", b"|"])
def test_a_lone_fs_in_the_data_is_data(after: bytes):
    """FS followed by anything but CR, VT or LF VT does not end the frame."""
    data = MSH + b"NTE|1||a\x1c" + after + b"b\r"
    assert run(wrap(data)) == [Frame(data=data, deviations=frozenset({Deviation.FS_IN_DATA}))]


def test_an_empty_block_is_an_empty_frame():
    """VT FS CR is a frame without data; what to answer is the source's choice."""
    assert run(b"\x0b\x1c\r" + wrap(MSH)) == [
        Frame(data=b"", deviations=frozenset({Deviation.EMPTY_BLOCK})),
        Frame(data=MSH),
    ]


def test_a_commit_block_of_release_2_passes():
    """VT ACK FS CR and VT NAK FS CR are frames of one byte."""
    assert frames(run(b"\x0b\x06\x1c\r\x0b\x15\x1c\r")) == [b"\x06", b"\x15"]


def test_a_frame_of_exactly_the_limit_is_a_frame():
    """The limit itself is allowed."""
    assert frames(run(wrap(b"x" * 100), max_frame=100)) == [b"x" * 100]


def test_an_oversize_frame_reports_its_head_and_size_and_the_next_one_lives():
    """Past the limit the rest is dropped; the answer can be built from the head."""
    data = MSH + b"x" * 200
    assert run(wrap(data) + wrap(OTHER), max_frame=100) == [
        Oversize(head=data, size=len(data), overrun=False),
        Frame(data=OTHER),
    ]


def test_an_oversize_frame_is_not_buffered():
    """What is kept of a frame past the limit is its first 64 KiB, whatever streams by."""
    framer = Framer(max_frame=100_000)
    framer.feed(b"\x0b" + MSH)
    for _ in range(30):
        framer.feed(b"x" * 10_000)
    assert framer.in_frame
    assert framer.buffered <= 64 * 1024
    found = framer.feed(b"\x1c\r")[0]
    assert isinstance(found, Oversize)
    assert len(found.head) == 8 * 1024
    assert found.head.startswith(MSH)
    assert found.size == len(MSH) + 300_000


def test_four_times_the_limit_ends_the_reading():
    """An endless frame overruns once, then the framer is deaf."""
    framer = Framer(max_frame=100)
    events = [event for _ in range(10) for event in framer.feed(b"\x0b" + b"x" * 99)]
    assert events == [Oversize(head=(b"x" * 99 + b"\x0b") * 4 + b"x", size=401, overrun=True)]
    assert framer.feed(wrap(MSH)) == []
    assert framer.end() == []
    assert framer.buffered == 0


def test_end_of_stream_in_a_frame_is_a_fragment():
    """A frame cut by the end of the stream is kept for diagnosis and is no frame."""
    assert run(b"\x0b" + MSH) == [Fragment(data=MSH, size=len(MSH), reason=Deviation.EOF_IN_FRAME)]


def test_a_fragment_keeps_at_most_64_kib():
    """A large torn frame is reported with its whole size and a capped beginning."""
    found = run(b"\x0b" + b"x" * 200_000)[0]
    assert isinstance(found, Fragment)
    assert (len(found.data), found.size) == (64 * 1024, 200_000)


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_tiny_chunks_are_transparent(size: int):
    """One byte at a time gives what one packet gives, markers split over reads included."""
    data = b"\n" + wrap(MSH) + b"\n" + MSH + b"\x1c\n\x0b\x0b" + OTHER + b"\x1c\x0b" + MSH + wrap(OTHER)
    framer = Framer(max_frame=1000)
    events = [event for at in range(0, len(data), size) for event in framer.feed(data[at : at + size])]
    events += framer.end()
    whole = run(data)
    assert [event for event in events if not isinstance(event, Noise)] == [
        event for event in whole if not isinstance(event, Noise)
    ]
    assert noise(events) == noise(whole)


def test_wrap_and_frame_are_inverse():
    """What wrap made, the framer undoes."""
    assert frames(run(wrap(b"anything"))) == [b"anything"]


@pytest.mark.parametrize("data", [b"\x0b" * 65536, b"\x1c" * 65536, b"MS" * 32768, b"\n" * 65536, b"\x0bMSH" * 4096])
def test_hostile_bytes_stay_linear(data: bytes):
    """Megabytes of nothing but markers are worked off, without growing memory past the limit."""
    framer = Framer(max_frame=1 << 20)
    for _ in range(2):
        framer.feed(b"\x0ba" + data)
    assert framer.buffered <= 1 << 20


def test_held_back_bytes_are_noise_at_the_end():
    """A beginning of MSH that never became one is counted."""
    events = run(b"\rMSH")
    assert noise(events) == 4
    assert {type(event) for event in events} == {Noise}
