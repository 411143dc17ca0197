"""Character sets, batches, times and tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from engine.hl7v2 import tables
from engine.hl7v2.batch import split_batch
from engine.hl7v2.charset import codec_of, decode
from engine.hl7v2.errors import LocalProtocolError, RemoteProtocolError, TimeError
from engine.hl7v2.times import Hl7Time, Precision, format_time

ONE = b"MSH|^~\\&|A\rPID|1\r"
TWO = b"MSH#^~\\&#B\nPID#2\n"


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("", "ascii"),
        ("ASCII", "ascii"),
        ("ISO IR6", "ascii"),
        ("8859/1", "iso8859-1"),
        ("8859-1", "iso8859-1"),
        ("ISO-8859-1", "iso8859-1"),
        ("ISO IR100", "iso8859-1"),
        *((f"8859/{part}", f"iso8859-{part}") for part in (*range(2, 10), 15)),
        ("ISO IR14", "shift_jis"),
        ("ISO IR13", "shift_jis"),
        ("ISO IR87", "iso2022_jp"),
        ("ISO IR159", "iso2022_jp_1"),
        ("GB 18030-2000", "gb18030"),
        ("KS X 1001", "euc_kr"),
        ("BIG-5", "big5"),
        ("UNICODE UTF-8", "utf-8"),
        ("UTF-8", "utf-8"),
        ("UTF8", "utf-8"),
        ("utf-8", "utf-8"),
        ("UNICODE", "utf-8"),
        ("CNS 11643-1992", None),
        ("ISO IR 999", None),
        ("hex", None),
    ],
)
def test_table_0211(declared: str, codec: str | None):
    """Every row, and the spellings real senders use."""
    assert codec_of(declared) == codec
    assert codec is None or "x".encode(codec)


@pytest.mark.parametrize(
    ("raw", "declared", "text", "codec", "guessed", "notes"),
    [
        (b"abc", b"", "abc", "ascii", False, ()),
        ("é".encode(), b"", "é", "utf-8", True, ()),
        (b"\xe9", b"", "é", "windows-1252", True, ()),
        (b"\x81", b"", "\x81", "latin-1", True, ()),
        (b"\x80\x81", b"8859/1", "€\x81", "iso8859-1", False, ()),
        (b"\xe9", b"UNICODE UTF-8", "é", "windows-1252", True, ("charset.undecodable",)),
        ("é".encode(), b"UTF-8~UNICODE", "é", "utf-8", False, ()),
        ("é".encode(), b"~8859/1", "é", "utf-8", True, ()),
        ("é".encode(), b"ISO IR 999", "é", "utf-8", True, ("charset.unknown",)),
        (b"abc", b"ISO IR 999", "abc", "ascii", False, ("charset.unknown",)),
        (b"\xa4\xa1", b"CNS 11643-1992", "¤¡", "windows-1252", True, ("charset.no_codec",)),
        ("한".encode("euc_kr"), b"KS X 1001", "한", "euc_kr", False, ()),
        ("한".encode("iso2022_kr"), b"KS X 1001", "한", "iso2022_kr", False, ()),
        ("検査".encode("iso2022_jp"), b"~ISO IR87", "検査", "iso2022_jp", False, ()),
        ("検査".encode("iso2022_jp"), b"ASCII~ISO IR14~ISO IR87", "検査", "iso2022_jp", False, ()),
        (b"abc", b"~ISO IR87", "abc", "ascii", False, ()),
        (b"\xe9\x1bx", b"~ISO IR87", "é\x1bx", "windows-1252", True, ("charset.undecodable",)),
        (b"\xff", b"\xff\xfe", "ÿ", "windows-1252", True, ("charset.unknown",)),
    ],
)
def test_decoding_always_gives_text(
    raw: bytes, declared: bytes, text: str, codec: str, *, guessed: bool, notes: tuple[str, ...]
):
    """Declared, then the fallbacks, then a last resort that loses nothing."""
    found = decode(raw, declared, fallbacks=("utf-8", "windows-1252"))
    assert (found.text, found.codec, found.guessed, found.notes) == (text, codec, guessed, notes)


def test_unusable_overrides_and_fallbacks_are_passed_over():
    """A misspelt codec, or one that is no charset, never raises."""
    assert decode(b"\xe9", b"", override="nonsense", fallbacks=("nonsense", "hex", "rot13", "cp1252")).text == "é"
    assert decode(b"\xe9", b"UNICODE UTF-8", override="cp1252").codec == "cp1252"


@pytest.mark.parametrize(
    ("raw", "messages", "notes"),
    [
        (ONE, [ONE], ()),
        (ONE + TWO, [ONE, TWO], ()),
        (b"\xef\xbb\xbf\r\n" + ONE, [ONE], ()),
        (b"FHS|^~\\&\rBHS|^~\\&\r" + ONE + TWO + b"BTS|2\rFTS|1\r", [ONE, TWO], ()),
        (b"BHS#*~\\&#x\r" + ONE + b"BTS#1#ok\r", [ONE], ()),
        (b"BHS|^~\\&\r" + ONE + b"BTS|02\r", [ONE], ("batch.count",)),
        (b"BHS|^~\\&\r" + ONE + TWO + b"BTS|02\r", [ONE, TWO], ()),
        (b"BHS|^~\\&\r" + ONE + b"BTS|\r", [ONE], ()),
        (b"BHS|^~\\&\r" + ONE + b"BTS|many\r", [ONE], ("batch.count",)),
        (b"BHS|^~\\&\r" + ONE + b"BTS", [ONE], ()),
        (b"BHS|^~\\&\rBTS|0\r", [], ()),
        (b"FHS|^~\\&\rBHS|^~\\&\r" + ONE + b"BTS|1\rBHS|^~\\&\r" + TWO + b"BTS|1\rFTS|2\r", [ONE, TWO], ()),
        (b"FHS|^~\\&\rBHS|^~\\&\r" + ONE + b"BTS|1\rFTS|9\r", [ONE], ("file.count",)),
        (b"BHS|^~\\&\r" + ONE, [ONE], ("batch.no_trailer",)),
        (b"BHS|^~\\&\rZZZ|1\r" + ONE + b"BTS|1\rjunk\r", [ONE], ("batch.stray_bytes",)),
        (b"PID|1\r" + ONE, [ONE], ("batch.stray_bytes",)),
        (b"", [], ()),
        (b"FHS", [], ("batch.no_trailer",)),
    ],
)
def test_batches_are_cut_without_touching_a_message(raw: bytes, messages: list[bytes], notes: tuple[str, ...]):
    """The messages come byte for byte; what does not add up is a note, never a loss."""
    found = split_batch(raw)
    assert list(found.messages) == messages
    assert found.notes == notes


def test_the_header_of_a_batch_is_its_bhs():
    """BHS if there is one, FHS otherwise, nothing for a bare message."""
    assert split_batch(b"FHS|^~\\&|f\rBHS|^~\\&|b\r" + ONE + b"BTS|1").header == b"BHS|^~\\&|b"
    assert split_batch(b"FHS|^~\\&|f\n" + ONE + b"FTS|0").header == b"FHS|^~\\&|f"
    assert split_batch(ONE).header == b""


@pytest.mark.parametrize(
    ("text", "precision"),
    [
        ("2026", Precision.YEAR),
        ("202602", Precision.MONTH),
        ("20260228", Precision.DAY),
        ("2026022823", Precision.HOUR),
        ("202602282359", Precision.MINUTE),
        ("20260228235958", Precision.SECOND),
        ("20260228235958.1", Precision.FRACTION),
        ("20260228235958.1234-0500", Precision.FRACTION),
        ("202602282359+1400", Precision.MINUTE),
        ("2026+0000", Precision.YEAR),
        ("20240229", Precision.DAY),
    ],
)
def test_times_keep_their_precision(text: str, precision: Precision):
    """What was read is written back digit for digit."""
    found = Hl7Time.parse(text)
    assert (str(found), found.precision) == (text, precision)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2",
        "202",
        "20261",
        "20261301",
        "20260230",
        "20250229",
        "2026022824",
        "202602282360",
        "20260228235960",
        "0000",
        "20260101x",
        " 20260101",
        "20260101 ",
        "20260101\n",
        "2026-01-01",
        "20260101120000.",
        "20260101120000.12345",
        "20260101+1500",
        "20260101+0060",
        "20260101+01",
        '""',
        "２０２６",
        "٢٠٢٦",
    ],
)
def test_anything_else_is_no_time(text: str):
    """Junk, impossible dates and foreign digits are errors that do not quote the text."""
    with pytest.raises(TimeError) as caught:
        Hl7Time.parse(text)
    assert caught.value.error_code == "102"
    assert not text or len(text) < 4 or text not in str(caught.value)


def test_times_turn_into_dates_and_moments():
    """Dates exist from day precision on; a missing offset is never invented."""
    found = Hl7Time.parse("20260228235958.25-0330")
    assert found.date() == date(2026, 2, 28)
    assert found.floor() == datetime(2026, 2, 28, 23, 59, 58, 250000, tzinfo=timezone(timedelta(hours=-3, minutes=-30)))
    assert Hl7Time.parse("202602").date() is None
    assert Hl7Time.parse("2026").floor().tzinfo is None
    assert Hl7Time.parse("2026").floor(UTC) == datetime(2026, 1, 1, tzinfo=UTC)


def test_moments_are_written_with_the_precision_asked_for():
    """The offset is written from hours on, and only when known."""
    moment = datetime(2026, 2, 3, 4, 5, 6, 789000, tzinfo=UTC)
    assert format_time(moment) == "20260203040506+0000"
    assert format_time(moment, Precision.FRACTION) == "20260203040506.789+0000"
    assert format_time(moment, Precision.DAY) == "20260203"
    assert format_time(moment.replace(tzinfo=None), Precision.MINUTE) == "202602030405"
    with pytest.raises(LocalProtocolError):
        format_time(moment.replace(tzinfo=timezone(timedelta(seconds=30))))


def test_remote_errors_carry_the_answer():
    """What the peer would see travels with the error, and the place with the text."""
    error = RemoteProtocolError("no value", ack_code="AE", error_code="101", location="OBX[3]-5")
    assert (error.ack_code, error.error_code, error.location, str(error)) == (
        "AE",
        "101",
        "OBX[3]-5",
        "OBX[3]-5: no value",
    )


def test_tables_cannot_be_changed():
    """The tables are facts, not state."""
    for table in (
        tables.ACK_CODES,
        tables.MESSAGE_ERRORS,
        tables.OBSERVATION_STATUSES,
        tables.REPORT_STATUSES,
        tables.INTERPRETATIONS,
    ):
        with pytest.raises(TypeError):
            table["x"] = "y"  # type: ignore[index]
    assert {"ED", "RP", "NM", "SN"} <= tables.VALUE_TYPES
    assert tables.TEXT_TYPES <= tables.VALUE_TYPES
