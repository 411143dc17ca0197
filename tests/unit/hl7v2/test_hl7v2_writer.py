"""The writer: values can't become structure, and what reads back differently is refused."""

from __future__ import annotations

import pytest

from engine.hl7v2.er7 import parse
from engine.hl7v2.errors import WriterError
from engine.hl7v2.escapes import Delimiters
from engine.hl7v2.writer import NULL, Comp, FieldValue, MessageWriter, Raw, Rep, Sub, Text

ATTACKS = [
    "a\rOBX|2|NM|x||9",
    "a\nOBX|2|NM|x||9",
    "a\r\nMSH|^~\\&|x",
    "\x0bMSH|^~\\&|x\x1c\r",
    "a|b",
    "a^b~c&d\\e",
    "\\F\\",
    "\\X0D\\OBX|2",
    "\\.br\\",
    "a\x00b\x1bc\x7f",
    '""',
    "\\",
    "\r",
    "\x00\r",
    " \t ",
    "\x85\u2028",
]


def start(**options: object) -> MessageWriter:
    writer = MessageWriter(**options)  # type: ignore[arg-type]
    writer.segment("MSH", {9: Comp("ORU", "R01", "ORU_R01"), 10: "1", 11: "P", 12: "2.5.1", 18: "UNICODE UTF-8"})
    return writer


def field(value: FieldValue) -> bytes:
    writer = start()
    writer.segment("OBX", {5: value})
    return writer.build().split(b"\r")[1].removeprefix(b"OBX|||||")


def test_a_message_ends_every_segment_with_cr():
    """MSH is filled in, empty fields keep their places, trailing ones are left out."""
    writer = start()
    writer.segment("OBX", {1: "1", 5: "x", 9: ""})
    writer.segment("DSC", {})
    assert writer.build() == (b"MSH|^~\\&|||||||ORU^R01^ORU_R01|1|P|2.5.1||||||UNICODE UTF-8\rOBX|1||||x\rDSC\r")


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("plain", b"plain"),
        ("a|b", b"a\\F\\b"),
        (Comp("a", "b^c"), b"a^b\\S\\c"),
        (Comp("a", "", Sub("x", "y&z")), b"a^^x&y\\T\\z"),
        (Rep(Comp("a", "b"), "c~d"), b"a^b~c\\R\\d"),
        (Sub("a", "b"), b"a&b"),
        (Raw("a^b~c&d\\F\\"), b"a^b~c&d\\F\\"),
        (Comp(Raw("x&y"), "z"), b"x&y^z"),
        (Rep(Raw("x^y"), "z"), b"x^y~z"),
        (NULL, b'""'),
        ('""', b"\\X2222\\"),
        (Text("a\r\nb", multiline=True), b"a\\.br\\b"),
        (Text("a\rb"), b"a\\X0D\\b"),
        (Comp("a", "", ""), b"a^^"),
        ("Müller 漢", "Müller 漢".encode()),
        ("x" * 100_000, b"x" * 100_000),
    ],
)
def test_values_are_written_where_they_belong(value: FieldValue, written: bytes):
    """Separators come from the structure alone, everything else is escaped."""
    assert field(value) == written


@pytest.mark.parametrize("value", ATTACKS)
@pytest.mark.parametrize("shape", [lambda v: v, lambda v: Comp("x", v), lambda v: Rep("x", Comp("y", Sub("z", v)))])
def test_no_value_makes_structure(value: str, shape: object):
    """Whatever a value holds, the message has the segments asked for and the value reads back."""
    writer = start()
    writer.segment("PID", {5: shape(value)})  # type: ignore[operator]
    writer.segment("OBX", {1: "1", 3: shape(value), 5: Text(value, multiline=True), 11: "F"})  # type: ignore[operator]
    raw = writer.build()
    found = parse(raw)
    assert [segment.name for segment in found.segments] == ["MSH", "PID", "OBX"]
    assert found.segments[2].value(11) == "F"
    assert raw.count(b"\r") == 3
    assert not any(byte < 0x20 and byte != 0x0D for byte in raw)
    assert len(raw.decode().splitlines()) == 3


@pytest.mark.parametrize("raw", ["a|b", "a\rb", "a\nb", "\x0b", "\x1c", "\x00"])
@pytest.mark.parametrize("shape", [lambda r: r, lambda r: Comp("x", r), lambda r: Rep("x", r)])
def test_raw_values_can_not_leave_their_field(raw: str, shape: object):
    """A raw value with a field separator or a control character is refused at once, and nothing was added."""
    writer = start()
    with pytest.raises(WriterError) as caught:
        writer.segment("OBX", {5: shape(Raw(raw))})  # type: ignore[operator]
    assert caught.value.location == "OBX"
    assert writer.build().count(b"\r") == 1


@pytest.mark.parametrize(
    "value", [Comp(Raw("a^b")), Comp(Raw("a~b")), Rep(Raw("a~b")), Comp(Sub(Raw("a&b"), "c")), Sub(Raw("a^b"))]
)
def test_raw_values_keep_to_their_level(value: FieldValue):
    """A raw value may not hold the delimiter of the level that contains it."""
    with pytest.raises(WriterError):
        start().segment("OBX", {5: value})


def test_foreign_segments_pass_byte_for_byte():
    """A line goes out exactly as it came, unknown escapes and TAB included."""
    writer = start()
    line = "OBX|1|FT|x^y||C:\\dir\\x \\Zq\\ 100\\ &^~\t|||||F||"
    writer.line(line)
    assert writer.build().split(b"\r")[1] == line.encode()


@pytest.mark.parametrize(
    "line",
    ["", "OB", "OBX|1\rNTE|1", "OBX|1\nNTE|1", "OBX|\x0b", "OBX|\x1c", "obx|1", "MSH|^~\\&|x", "OBX#1", "OBXX|1"],
)
def test_what_is_not_one_segment_is_not_passed_on(line: str):
    """A foreign line with a control character, another separator or no name is refused."""
    with pytest.raises(WriterError):
        start().line(line)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("obx", {}),
        ("OB", {}),
        ("OBX\r", {}),
        ("OBX|", {}),
        ("", {}),
        ("MSH", {3: "x"}),
        ("OBX", {0: "x"}),
        ("OBX", {-1: "x"}),
    ],
)
def test_names_and_numbers_are_checked(name: str, fields: dict[int, FieldValue]):
    """A segment name is three characters, MSH comes once, and fields count from 1."""
    with pytest.raises(WriterError):
        start().segment(name, fields)


def test_msh_comes_first_and_its_first_fields_are_the_writers():
    """Without MSH nothing is built, and MSH-1 and 2 can't be set."""
    with pytest.raises(WriterError):
        MessageWriter().build()
    with pytest.raises(WriterError):
        MessageWriter().segment("OBX", {1: "1"})
    with pytest.raises(WriterError):
        MessageWriter().segment("MSH", {2: "^~\\&"})


def test_characters_outside_the_charset_are_refused():
    """A value that the declared charset can't carry never leaves mangled."""
    writer = start(codec="iso8859-1")
    writer.segment("PID", {5: "漢"})
    with pytest.raises(WriterError):
        writer.build()


@pytest.mark.parametrize("codec", ["utf-8", "iso8859-1", "cp1252", "utf-8-sig", "gb18030"])
def test_other_charsets_read_back(codec: str):
    """The comparison reads with the charset that was written."""
    writer = start(codec=codec)
    writer.segment("PID", {5: Comp("Müller", "a\rb")})
    assert parse(writer.build(), charset=codec).segments[1].value(5) == "Müller"


def test_own_delimiters():
    """A destination may want other separators; escapes follow."""
    writer = start(delimiters=Delimiters.of("#", "*!?%"))
    writer.segment("PID", {5: Comp("a|b#c", "d*e")})
    assert writer.build().split(b"\r")[1] == b"PID#####a|b?F?c*d?S?e"


def test_an_incomplete_set_of_delimiters_is_refused():
    """Without an escape character values could not be kept apart."""
    with pytest.raises(WriterError):
        MessageWriter(delimiters=Delimiters(escape=""))


class Tampered(MessageWriter):
    """A writer with a defect: one written line is changed before it is built."""

    def tamper(self, index: int, line: str) -> None:
        self._lines[index] = line


@pytest.mark.parametrize(
    "line",
    [
        "OBX|1||||a|b",
        "OBX|1||||b",
        "OBX|1||||a\rNTE|1",
        "OBX|1||||a^",
        "OBX|1||||a\\F\\",
        "NTE|1||||a",
        "OBX|1||x||a",
        "OBX|1",
        "OBX|1||||a\\Zx\\",
    ],
)
def test_a_defect_of_the_writer_is_caught_before_sending(line: str):
    """The read-back comparison refuses every difference in segments, fields and values."""
    writer = Tampered()
    writer.segment("MSH", {9: "ORU", 10: "1"})
    writer.segment("OBX", {1: "1", 5: "a"})
    assert writer.build()
    writer.tamper(1, line)
    with pytest.raises(WriterError):
        writer.build()


def test_a_defect_in_passing_on_is_caught():
    """A foreign segment that reads back differently refuses the message."""
    writer = Tampered()
    writer.segment("MSH", {9: "ORU", 10: "1"})
    writer.line("OBX|1|x")
    writer.tamper(1, "OBX|1|y")
    with pytest.raises(WriterError):
        writer.build()


def test_errors_do_not_quote_values():
    """What went wrong is named by place, never by content."""
    writer = start(codec="iso8859-1")
    writer.segment("PID", {5: "SECRET漢"})
    with pytest.raises(WriterError) as caught:
        writer.build()
    assert "SECRET" not in str(caught.value)
    with pytest.raises(WriterError) as caught:
        start().line("OBX|SECRET\r")
    assert "SECRET" not in str(caught.value)
