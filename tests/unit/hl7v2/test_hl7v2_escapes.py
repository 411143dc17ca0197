"""The escape language, row by row, and what must stay as it was sent."""

from __future__ import annotations

import pytest

from engine.hl7v2.errors import LocalProtocolError
from engine.hl7v2.escapes import Delimiters, escape, unescape

STANDARD = Delimiters()


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        (r"a\F\b", "a|b"),
        (r"a\S\b", "a^b"),
        (r"a\T\b", "a&b"),
        (r"a\R\b", "a~b"),
        (r"a\E\b", "a\\b"),
        (r"a\P\b", "a#b"),
        (r"\H\bold\N\ plain", "bold plain"),
        (r"a\X41\b", "aAb"),
        (r"a\X4142\b", "aABb"),
        (r"a\XC3A9\b", "aéb"),
        (r"a\XC3\\XA9\b", "aéb"),
        (r"a\x0d\b", "a\nb"),
        (r"a\X0D\b", "a\nb"),
        (r"a\X0A\b", "a\nb"),
        (r"a\X0D0A\b", "a\nb"),
        (r"a\X0D\\X0A\b", "a\nb"),
        (r"a\X000d\b", "a\nb"),
        (r"a\.br\b", "a\nb"),
        (r"a\.sp\b", "a\nb"),
        (r"a\.sp3\b", "a\n\n\nb"),
        (r"a\.sp+2\b", "a\n\nb"),
        (r"a\.ce\b", "a\nb"),
        (r"\.in+4\b", "    b"),
        (r"\.ti-2\b", "  b"),
        (r"\.sk3\b", "   b"),
        (r"\.fi\a\.nf\b", "ab"),
        (r"C:\E\dir\E\x", r"C:\dir\x"),
        ("a\rb\r\nc\nd", "a\nb\nc\nd"),
    ],
)
def test_known_sequences(sent: str, text: str):
    """Each sequence of the table stands for its text, without a note."""
    found = unescape(sent, STANDARD)
    assert (found.text, found.unknown) == (text, ())


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        (r"C:\dir\x", "unbalanced"),
        (r"100\ unit", "unbalanced"),
        ("\\", "unbalanced"),
        (r"a\\b", "unbalanced"),
        (r"a\X\b", "unbalanced"),
        (r"a\X4\b", "unbalanced"),
        (r"a\Q\b", "unbalanced"),
        (r"\Zfoo\b", "local"),
        (r"\C2842\b", "charset"),
        (r"\M2442\b", "charset"),
        (r"a\.sp999\b", "format"),
        (r"a\.xx\b", "unbalanced"),
    ],
)
def test_unknown_sequences_stay_letter_for_letter(sent: str, kind: str):
    """Nothing is dropped that was not understood, and the kind is reported."""
    found = unescape(sent, STANDARD)
    assert (found.text, found.unknown) == (sent, (kind,))


def test_a_stray_escape_character_does_not_swallow_the_next_sequence():
    r"""After `100\ ` the well-formed `\F\` still counts."""
    assert unescape(r"100\ u\F\v", STANDARD).text == r"100\ u|v"


def test_hex_that_does_not_fit_the_charset_is_read_as_latin_and_reported():
    r"""`\XE9\` in a UTF-8 message is the code point many senders mean."""
    found = unescape(r"Andr\XE9\ ", STANDARD)
    assert (found.text, found.unknown) == ("André ", ("hex",))
    assert unescape(r"Andr\XE9\ ", STANDARD, codec="iso8859-1").unknown == ()


def test_without_an_escape_character_nothing_is_resolved():
    """A message that names no escape character has no escapes."""
    short = Delimiters.of("|", "^~")
    assert unescape(r"a\F\b", short).text == r"a\F\b"


def test_other_delimiters_have_their_own_letters():
    """The letters stand for the message's own characters."""
    own = Delimiters.of("#", "*!?@%")
    assert unescape("?F??S??R??E??T??P?", own).text == "#*!?@%"
    assert escape("#*!?@%|^", own) == "?F??S??R??E??T??P?|^"


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("plain", "plain"),
        ("", ""),
        ("a|b^c&d~e\\f", r"a\F\b\S\c\T\d\R\e\E\f"),
        ("a\rb\nc", r"a\X0D\b\X0A\c"),
        ("a\r\rOBX|1", r"a\X0D\\X0D\OBX\F\1"),
        ("\x0b\x1c\x00\x7f\t", r"\X0B\\X1C\\X00\\X7F\\X09\ ".strip()),
        ("é漢€\xa0", "é漢€\xa0"),
        ("\x85\u2028", r"\XC285\\XE280A8\ ".strip()),
        (r"\.br\ ", r"\E\.br\E\ "),
        ("#", "#"),
    ],
)
def test_escape_makes_values_harmless(text: str, sent: str):
    """Delimiters, the escape character and control characters leave as sequences, the rest as it is."""
    assert escape(text, STANDARD) == sent
    assert unescape(sent, STANDARD, newlines=False).text == text


def test_a_control_character_the_charset_lacks_stays():
    """There are no bytes to write it with; the writer refuses the message instead."""
    assert escape("a\u2028|", STANDARD, codec="iso8859-1") == "a\u2028\\F\\"


def test_multiline_text_uses_line_breaks():
    """TX and FT get one `.br` for CR LF, CR or LF."""
    assert escape("a\r\nb\rc\nd|", STANDARD, multiline=True) == r"a\.br\b\.br\c\.br\d\F\ ".strip()


def test_escaping_without_an_escape_character_is_refused():
    """A value that needs escaping can't be sent; a harmless one can."""
    none = Delimiters(escape="")
    assert escape("plain", none) == "plain"
    with pytest.raises(LocalProtocolError):
        escape("a|b", none)


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("^~\\&", ("^", "~", "\\", "&", "")),
        ("^~\\&#", ("^", "~", "\\", "&", "#")),
        ("^~", ("^", "~", "", "", "")),
        ("", ("", "", "", "", "")),
        ("^^\\&", ("^", "", "\\", "&", "")),
        ("|~\\&", ("", "~", "\\", "&", "")),
        ("A~\\ ", ("", "~", "\\", "", "")),
        ("^~\\&#extra", ("^", "~", "\\", "&", "#")),
        ("§~\\&", ("", "~", "\\", "&", "")),
    ],
)
def test_delimiters_that_cannot_work_are_empty(encoding: str, expected: tuple[str, ...]):
    """Missing, doubled, alphanumeric and non-ASCII characters separate nothing."""
    found = Delimiters.of("|", encoding)
    assert (found.component, found.repetition, found.escape, found.subcomponent, found.truncation) == expected
