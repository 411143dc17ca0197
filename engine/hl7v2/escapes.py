r"""Delimiters and the escape language: `\F\ \S\ \T\ \R\ \E\ \P\`, hex bytes and the formatting of TX and FT.

Source: HL7 v2 chapter 2, use of escape sequences in text fields. What is not understood stays in the text, letter for
letter, and is reported: a lost backslash has turned `C:\dir` and `100\ unit` into something else before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from engine.hl7v2.errors import LocalProtocolError

# C0 and DEL may not stand in a message; C1 and the Unicode line ends are lines to some receivers.
_CONTROLS = "\x00-\x1f\x7f-\x9f\u2028\u2029"
_CONTROL = re.compile(f"[{_CONTROLS}]")
_SHORT = 256  # up to here one pattern is faster than a search for each character
_LINE_END = re.compile(r"\r\n?|\n")
_MAX_BLANKS = 255
_SEQUENCE = (
    r"{e}(?:(?P<name>[FSTREPHN])"
    r"|(?P<local>Z[^{e}\r\n]{{1,64}}|[CM][0-9A-Fa-f]{{4,6}})"
    r"|\.(?P<format>br|ce|fi|nf|sp|in|ti|sk)(?P<count>[+-]?\d{{0,3}})){e}"
)
_HEX = r"{e}[Xx](?:[0-9A-Fa-f]{{2}})+{e}(?:{e}[Xx](?:[0-9A-Fa-f]{{2}})+{e})*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delimiters:
    """The separators of one message; one the sender did not name is an empty string and separates nothing."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""

    @classmethod
    def of(cls, separator: str, encoding: str) -> Delimiters:
        """From MSH-1 and MSH-2; letters, digits, blanks, controls and doubles are not usable and become empty."""
        return _delimiters(separator, encoding[:5])

    @property
    def encoding(self) -> str:
        """MSH-2."""
        return "".join(self.named())

    def named(self) -> tuple[str, str, str, str, str]:
        """The five encoding characters in the order of MSH-2, empty where there is none."""
        return self.component, self.repetition, self.escape, self.subcomponent, self.truncation

    def letters(self) -> dict[str, str]:
        """The escape letter of each character, standard characters standing in for those not named."""
        return {
            "F": self.field,
            "S": self.component or "^",
            "T": self.subcomponent or "&",
            "R": self.repetition or "~",
            "E": self.escape,
            "P": self.truncation or "#",
        }


@lru_cache(maxsize=64)  # each sender has its own, and they do not change
def _delimiters(separator: str, encoding: str) -> Delimiters:
    seen = [separator]
    for character in encoding:
        usable = " " < character < "\x7f" and not character.isalnum() and character not in seen
        seen.append(character if usable else "")
    seen += [""] * (6 - len(seen))
    component, repetition, escape, subcomponent, truncation = seen[1:]
    return Delimiters(
        field=separator,
        component=component,
        repetition=repetition,
        escape=escape,
        subcomponent=subcomponent,
        truncation=truncation,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Unescaped:
    """Text with its escapes resolved.

    Attributes:
        text: the text.
        unknown: kinds of what was left as it stood or had to be guessed (`unbalanced`, `local`, `charset`, `hex`).
    """

    text: str
    unknown: tuple[str, ...] = field(default=())


@lru_cache(maxsize=64)
def special(delimiters: Delimiters) -> re.Pattern[str]:
    """Finds what may not stand in a value: a delimiter, the escape character, a control character."""
    return re.compile(f"[{re.escape(delimiters.field + delimiters.encoding)}{_CONTROLS}]")


def needs_escape(text: str, delimiters: Delimiters) -> bool:
    """Whether a value holds a delimiter, the escape character or a control character; fast on megabytes."""
    if len(text) <= _SHORT:
        return special(delimiters).search(text) is not None
    if not text.isprintable() and _CONTROL.search(text):
        return True
    return any(character in text for character in (delimiters.field, *delimiters.encoding))


def escape(text: str, delimiters: Delimiters, *, codec: str = "utf-8", multiline: bool = False) -> str:
    r"""Make a value safe to stand between delimiters.

    Args:
        text: the value.
        delimiters: those of the message it goes into.
        codec: the message's charset, for the bytes of `\X..\`.
        multiline: line ends become `\.br\` (TX, FT); otherwise they become `\X0D\` and `\X0A\`.

    Returns:
        Text without any delimiter, escape character of its own, or control character.

    Raises:
        LocalProtocolError: the delimiters have no escape character and the value needs one; nothing is sent.
    """
    if not needs_escape(text, delimiters):
        return text
    mark = delimiters.escape
    if not mark:
        raise LocalProtocolError("a value needs escaping and there is no escape character")
    table = {ord(control): _hex(control, mark, codec) for control in set(_CONTROL.findall(text))}
    signs = zip("FSRETP", (delimiters.field, *delimiters.named()), strict=True)
    table |= {ord(sign): f"{mark}{letter}{mark}" for letter, sign in signs if sign}
    if multiline:
        text = _LINE_END.sub("\n", text)
        table[ord("\n")] = f"{mark}.br{mark}"
    return text.translate(table)


def _hex(control: str, mark: str, codec: str) -> str:
    """A control character as hex bytes; one the charset lacks stays, and the writer refuses it when it encodes."""
    raw = control.encode(codec, "ignore")
    return f"{mark}X{raw.hex().upper()}{mark}" if raw else control


def unescape(text: str, delimiters: Delimiters, *, codec: str = "utf-8", newlines: bool = True) -> Unescaped:
    r"""Resolve the escapes of one value, after it was split at the delimiters.

    Args:
        text: the value as sent.
        delimiters: those of its message.
        codec: the message's charset: adjacent `\X..\` are joined and decoded with it.
        newlines: every line end in the value (CR, CR LF, `\X0D\`, `\X000D\`) becomes one LF; false keeps them apart,
            then `escape` is undone exactly.

    Returns:
        The text and the kinds of what was not understood; never raises.
    """
    mark = delimiters.escape
    unknown: list[str] = []
    if mark and mark in text:
        text = _resolve(text, delimiters, codec, unknown)
    if newlines and "\r" in text:
        text = _LINE_END.sub("\n", text.replace("\0\r", "\r").replace("\0\n", "\n"))
    elif newlines and "\0\n" in text:
        text = text.replace("\0\n", "\n")
    return Unescaped(text=text, unknown=tuple(dict.fromkeys(unknown)))


def _resolve(text: str, delimiters: Delimiters, codec: str, unknown: list[str]) -> str:
    mark = re.escape(delimiters.escape)
    pattern = re.compile(_HEX.format(e=mark) + "|" + _SEQUENCE.format(e=mark))
    letters = delimiters.letters()
    pieces: list[str] = []
    last = 0
    for found in pattern.finditer(text):
        between = text[last : found.start()]
        if delimiters.escape in between:
            unknown.append("unbalanced")
        pieces += (between, _one(found, letters, codec, unknown))
        last = found.end()
    if delimiters.escape in text[last:]:
        unknown.append("unbalanced")
    pieces.append(text[last:])
    return "".join(pieces)


def _one(found: re.Match[str], letters: dict[str, str], codec: str, unknown: list[str]) -> str:
    """What one well-formed sequence stands for."""
    if name := found["name"]:
        return letters.get(name, "")  # H and N only switch highlighting
    if found["format"]:
        return _format(found, unknown)
    if found["local"] is not None:
        unknown.append("local" if found["local"][0] == "Z" else "charset")
        return found[0]
    digits = "".join(re.findall(r"[0-9A-Fa-f]{2}", found[0].replace(letters["E"], " ")))
    return _from_hex(bytes.fromhex(digits), codec, unknown)


def _format(found: re.Match[str], unknown: list[str]) -> str:
    r"""`\.br\` and its kin."""
    command, count = found["format"], found["count"].lstrip("+-")
    number = int(count) if count else 1
    if number > _MAX_BLANKS:
        unknown.append("format")
        return found[0]
    if command in {"br", "ce"}:
        return "\n"
    if command == "sp":
        return "\n" * number
    return "" if command in {"fi", "nf"} else " " * (number if count else 0)


def _from_hex(raw: bytes, codec: str, unknown: list[str]) -> str:
    """Hex bytes are bytes of the message's charset; senders that mean Latin-1 code points are common, and guessed."""
    try:
        return raw.decode(codec)
    except (UnicodeDecodeError, LookupError):
        unknown.append("hex")
        return raw.decode("latin-1")
