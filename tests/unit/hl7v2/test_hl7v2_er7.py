"""The ER7 core: line rules, fields on demand, charsets, the python-hl7 view."""

from __future__ import annotations

import hl7
import pytest

from engine.hl7v2.er7 import Er7Message, parse
from engine.hl7v2.errors import Er7Error
from engine.hl7v2.escapes import Delimiters

HEAD = "MSH|^~\\&|LAB|HOSP|EHR|HOSP|20260101||ORU^R01^ORU_R01|1|P|2.5.1"


def message(*lines: str, end: str = "\r") -> Er7Message:
    return parse("".join(line + end for line in (HEAD, *lines)).encode())


def names(found: Er7Message) -> list[str]:
    return [segment.name for segment in found.segments]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r"])
def test_line_ends_of_every_kind_make_segments(end: str):
    """CR, LF and CR LF end segments; empty lines are nothing."""
    found = message("PID|1", "OBR|1", "OBX|1|NM", end=end)
    assert names(found) == ["MSH", "PID", "OBR", "OBX"]
    assert found.notes == ()
    assert found.segments[3].text == "OBX|1|NM"


def test_a_line_feed_inside_a_field_is_content():
    """In a message with CR ends, an LF that starts no segment stays in its field."""
    found = message("NTE|1||first\nsecond", "OBX|1|TX|||a\nb|F")
    assert names(found) == ["MSH", "NTE", "OBX"]
    assert found.segments[1].value(3) == "first\nsecond"
    assert found.segments[2].raw_field(6) == "F"
    assert found.notes == ("line.joined NTE[1]", "line.joined OBX[1]")


def test_a_line_feed_before_a_segment_id_ends_the_segment():
    """Mixed line ends do not glue segments together."""
    assert names(parse(f"{HEAD}\rPID|1\nOBR|1\rOBX|1".encode())) == ["MSH", "PID", "OBR", "OBX"]


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_a_line_that_is_no_segment_belongs_to_the_field_before(end: str):
    """A broken base64 or text line is appended with its line end, and noted."""
    found = message("OBX|1|ED|||^AP^PDF^Base64^JVBE", "Ri0x", "", "LjQK|||||F", "NTE|1", end=end)
    assert names(found) == ["MSH", "OBX", "NTE"]
    assert found.segments[1].raw_field(5).split("^")[4].split() == ["JVBE", "Ri0x", "LjQK"]
    assert found.segments[1].value(10) == "F"
    assert found.notes == ("line.joined OBX[1]",)


def test_the_text_of_a_segment_is_one_line():
    """Control characters inside a segment show as hex escapes, so that it can be passed on; TAB stays."""
    found = message("NTE|1||a\nb\x1cc\td")
    assert found.segments[1].text == "NTE|1||a\\X0A\\b\\X1C\\c\td"


@pytest.mark.parametrize("name", ["pid|1", "OBX", "Z01|x", "ZZZ", "A1B|"])
def test_segment_names(name: str):
    """Three characters, the first a letter; well-known names count in lower case too."""
    found = message(name, "NTE|1")
    assert names(found) == ["MSH", name[:3].upper(), "NTE"]
    assert found.segments[1].text == name[:3].upper() + name[3:]


@pytest.mark.parametrize(
    "line", ["abc|1", "ABCD|1", "1BC|x", "AB", " PID|1", "Dear colleague, | see", "CRP", "TSH", "obx"]
)
def test_lines_that_are_no_segments(line: str):
    """Prose with a bar in it is text, not a segment."""
    assert names(message(line, "NTE|1")) == ["MSH", "NTE"]


def test_places_are_counted():
    """Index is absolute from 0, occurrence per name from 1."""
    found = message("PID|1", "OBX|1", "NTE|1", "OBX|2")
    second = found.all("OBX")[1]
    assert (second.index, second.occurrence, second.location(5)) == (4, 2, "OBX[2]-5")
    assert found.first("OBX") is found.all("OBX")[0]
    assert found.first("ZZZ") is None
    assert found.all("ZZZ") == ()


@pytest.mark.parametrize("filler", ["x", "x" * 10_000])
def test_fields_of_short_and_long_segments(filler: str):
    """The two ways a segment is split give the same answers."""
    segment = message(f'OBX|1|ST|a&b^c~d^e\\F\\f&g||""|{filler}|').segments[1]
    assert segment.field_count == 7
    assert [segment.raw_field(n) for n in (0, 1, 2, 5, 7, 8, 99)] == ["", "1", "ST", '""', "", "", ""]
    assert (segment.has(1), segment.has(4), segment.has(5), segment.has(99)) == (True, False, True, False)
    assert (segment.is_null(5), segment.is_null(4), segment.is_null(1)) == (True, False, False)
    assert segment.repetitions(3) == ("a&b^c", "d^e\\F\\f&g")
    assert segment.repetitions(4) == ()
    assert segment.texts(3) == ("a&b^c", "d^e|f&g")
    assert segment.value(3) == "a"
    assert segment.value(3, 1, 2) == "b"
    assert segment.value(3, 2) == "c"
    assert segment.value(3, 2, 1, 2) == "e|f"
    assert segment.value(3, 2, 2, 2) == "g"
    assert (segment.value(3, 9), segment.value(3, 1, 9), segment.value(3, 1, 1, 9)) == ("", "", "")
    assert segment.value(5) == ""
    assert segment.components(3) == ("a&b", "c")
    assert segment.components(3, 2) == ("d", "e|f&g")
    assert segment.components(3, 3) == ()
    assert segment.components(5) == ("",)
    assert segment.components(4) == ()
    assert segment.value(6) == filler


def test_msh_counts_its_separator_as_field_1():
    """MSH-1 and MSH-2 are themselves, never split or unescaped."""
    segment = message().segments[0]
    assert [segment.raw_field(n) for n in (1, 2, 3, 10)] == ["|", "^~\\&", "LAB", "1"]
    assert (segment.value(1), segment.value(2), segment.value(9, 2)) == ("|", "^~\\&", "R01")
    assert segment.components(2) == ("^~\\&",)
    assert segment.texts(2) == ("^~\\&",)
    assert segment.field_count == 12


@pytest.mark.parametrize(
    ("head", "line", "standard"),
    [
        ("MSH|^~\\&|A", "OBX|1|ST|a^b||x&y~z\\F\\", "OBX|1|ST|a^b||x&y~z\\F\\"),
        ("MSH$*!?%$A", "OBX$1$ST$a*b$$x%y!z?F?|^~&\\", "OBX|1|ST|a^b||x&y~z$\\F\\\\S\\\\R\\\\T\\\\E\\"),
        ("MSH|^~\\&#|A", "OBX|1|ST|#1\\P\\", "OBX|1|ST|#1#"),
        ("MSH|^|A", "OBX|1|ST|a^b~c\\", "OBX|1|ST|a^b\\R\\c\\E\\"),
    ],
)
def test_a_line_in_standard_delimiters_means_the_same(head: str, line: str, standard: str):
    """Delimiters change to their counterparts; data stays the same characters, escaped where it would become one."""
    segment = parse(f"{head}\r{line}".encode()).segments[1]
    assert segment.line(Delimiters()) == standard
    again = parse(f"MSH|^~\\&|A\r{standard}".encode()).segments[1]
    assert [again.value(n, c) for n in range(1, 6) for c in (1, 2)] == [
        segment.value(n, c) for n in range(1, 6) for c in (1, 2)
    ]


def test_short_encoding_characters_separate_nothing():
    """Without a repetition or escape character the text is left alone."""
    found = parse(b"MSH|^|A\rPID|1||x~y^z\\F\\&q")
    assert found.segments[1].components(3) == ("x~y", "z\\F\\&q")
    assert found.segments[1].value(3, 2) == "z\\F\\&q"


def test_other_separators():
    """A message is read with its own separators, sub-components come joined by an ampersand."""
    found = parse(b"MSH$*!?%$LAB\rPID$1$$x*y%z!2$?F?|")
    segment = found.segments[1]
    assert segment.components(3) == ("x", "y&z")
    assert segment.value(3, 1, 1, 2) == "2"
    assert segment.value(4) == "$|"


@pytest.mark.parametrize(
    ("declared", "raw", "text", "codec", "guessed"),
    [
        ("", b"Muller", "Muller", "ascii", False),
        ("", "Müller".encode(), "Müller", "utf-8", True),
        ("", "Müller".encode("latin-1"), "Müller", "windows-1252", True),
        ("UNICODE UTF-8", "Müller".encode(), "Müller", "utf-8", False),
        ("utf8", "漢".encode(), "漢", "utf-8", False),
        ("UNICODE UTF-8", b"M\xfcller", "Müller", "windows-1252", True),
        ("8859/1", b"M\xfcller \x80", "Müller €", "iso8859-1", False),
        ("8859/15", b"\xa4", "€", "iso8859-15", False),
        ("ISO IR 999", "é".encode(), "é", "utf-8", True),
        ("ISO IR87", "検査".encode("iso2022_jp"), "検査", "iso2022_jp", False),
        ("ASCII~ISO IR87", b"x", "x", "ascii", False),
        ("GB 18030-2000", "检".encode("gb18030"), "检", "gb18030", False),
    ],
)
def test_the_charset_of_a_message(declared: str, raw: bytes, text: str, codec: str, guessed: bool):
    """MSH-18 decides, then the fallbacks; the message says when it was a guess."""
    found = parse(f"{HEAD}||||||{declared}\rPID|1||".encode() + raw + b"\r")
    assert found.segments[1].texts(3) == (text,)
    assert (found.codec, found.charset_guessed) == (codec, guessed)


def test_a_channel_can_insist_on_a_charset():
    """The override wins over what the message says."""
    found = parse(f"{HEAD}||||||UNICODE UTF-8\rPID|1||".encode() + b"\xfc", charset="iso8859-1")
    assert found.segments[1].value(3) == "ü"


def test_hex_escapes_are_bytes_of_the_charset():
    r"""`\XFC\` in an 8859/1 message is ü."""
    found = parse(f"{HEAD}||||||8859/1\rPID|1||M\\XFC\\ller".encode())
    assert found.segments[1].value(3) == "Müller"


@pytest.mark.parametrize("raw", [b"", b"MSH|", b"PID|1", b"BHS|^~\\&|x\rMSH|^~\\&|y", b"msh|^~\\&|x"])
def test_what_has_no_msh_is_no_message(raw: bytes):
    """There is one error, and it says AR without quoting content."""
    with pytest.raises(Er7Error) as caught:
        parse(raw)
    assert (caught.value.ack_code, caught.value.error_code, caught.value.location) == ("AR", "100", "MSH")


def test_a_byte_order_mark_is_no_content():
    """The mark in front is passed over, the raw bytes keep it."""
    raw = b"\xef\xbb\xbf" + HEAD.encode() + b"\rPID|1"
    found = parse(raw)
    assert found.raw == raw
    assert found.text.startswith("MSH")


def test_bytes_without_meaning_still_parse():
    """Separators by the megabyte, NULs and thousands of segments are no errors."""
    assert parse(b"MSH" + b"|" * 1_000_000).segments[0].field_count == 1_000_001
    assert parse(b"MSH|^~\\&|\x00\x01\xff").segments[0].raw_field(3)
    assert len(parse(HEAD.encode() + b"\rOBX|1|NM|x||5" * 20_000).segments) == 20_001
    assert len(parse(HEAD.encode() + b"\r" * 1_000_000).segments) == 1
    assert len(parse(HEAD.encode() + b"\n" * 1_000_000).segments) == 1


def test_python_hl7_sees_the_same_message():
    """The parsed view is made once, by python-hl7, from lines with CR ends."""
    found = message("PID|1||A^B", "OBX|1|NM|x||5", end="\n")
    assert isinstance(found.parsed, hl7.Message)
    assert str(found.parsed["PID.F3.R1.C2"]) == "B"
    assert found.parsed is found.parsed


def test_representations_hold_no_content():
    """What a debugger or a log shows is places and sizes."""
    found = message("PID|1||SECRET")
    assert "SECRET" not in repr(found) + repr(found.segments)
