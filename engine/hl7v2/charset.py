"""Character sets: table 0211 to codecs, and a decoder that always gives text and says how sure it is.

Source: HL7 v2 chapter 2, MSH-18 and table 0211. Two thirds of real messages leave MSH-18 empty and send 8-bit text.
"""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

_TABLE_0211: Mapping[str, str] = MappingProxyType(
    {
        "": "ascii",
        "ASCII": "ascii",
        "USASCII": "ascii",
        "ISOIR6": "ascii",
        "88591": "iso8859-1",
        "ISO88591": "iso8859-1",
        "ISOIR100": "iso8859-1",
        "LATIN1": "iso8859-1",
        **{f"{prefix}8859{part}": f"iso8859-{part}" for part in (*range(2, 10), 15) for prefix in ("", "ISO")},
        "ISOIR13": "shift_jis",
        "ISOIR14": "shift_jis",
        "ISOIR87": "iso2022_jp",
        "ISOIR159": "iso2022_jp_1",
        "GB180302000": "gb18030",
        "GB18030": "gb18030",
        "KSX1001": "euc_kr",
        "BIG5": "big5",
        "UNICODEUTF8": "utf-8",
        "UTF8": "utf-8",
        "UNICODE": "utf-8",
        "WINDOWS1252": "cp1252",
        "CP1252": "cp1252",
    }
)
_NO_CODEC = frozenset({"CNS116431992"})
_C1_AS_CP1252 = MappingProxyType(
    {code: bytes([code]).decode("cp1252", "ignore") or chr(code) for code in range(0x80, 0xA0)}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoded:
    """Text and how it was come by.

    Attributes:
        text: every byte is in it, nothing was dropped.
        codec: the Python codec that decoded it.
        guessed: the sender did not say, or what it said does not fit; the message carries `charset.guessed`.
        notes: kinds of trouble met (`charset.unknown`, `charset.undecodable`, `charset.no_codec`).
    """

    text: str
    codec: str
    guessed: bool
    notes: tuple[str, ...] = ()


def codec_of(declared: str) -> str | None:
    """The codec of a table 0211 value (also in the spellings real senders use), None when there is none."""
    return _TABLE_0211.get(_normal(declared))


def _normal(name: str) -> str:
    return "".join(character for character in name.upper() if character not in " -_/.\t")


def decode(raw: bytes, declared: bytes, *, override: str | None = None, fallbacks: Sequence[str] = ()) -> Decoded:
    """Turn the bytes of a message into text; never raises.

    Args:
        raw: the message.
        declared: MSH-18 as sent; its first repetition is the charset of the whole message.
        override: a codec the channel insists on.
        fallbacks: codecs to try in order when nothing is declared, or what is declared does not fit.

    Returns:
        The text. The last resort is Windows-1252 over Latin-1, which gives every byte a character.
    """
    first = declared.split(b"~", 1)[0].decode("ascii", "replace")
    notes: list[str] = []
    codec = override if override and _is_codec(override) else _switched(raw, declared) or codec_of(first)
    if codec is None:
        notes.append("charset.no_codec" if _normal(first) in _NO_CODEC else "charset.unknown")
        codec = "ascii"
    if codec == "euc_kr" and b"\x1b" in raw:
        codec = "iso2022_kr"
    text = _strict(raw, codec)
    if text is not None:
        return Decoded(text=text, codec=codec, guessed=bool(notes) and not raw.isascii(), notes=tuple(notes))
    if codec != "ascii":
        notes.append("charset.undecodable")
    for candidate in fallbacks:
        text = _strict(raw, candidate) if _is_codec(candidate) else None
        if text is not None:
            return Decoded(text=text, codec=candidate, guessed=True, notes=tuple(notes))
    return Decoded(text=_latin(raw), codec="latin-1", guessed=True, notes=tuple(notes))


def _switched(raw: bytes, declared: bytes) -> str | None:
    """The ISO 2022 set among the declared alternates, when the text really switches sets (`~ISO IR87` in Japan)."""
    if b"\x1b" not in raw:
        return None
    named = (codec_of(name.decode("ascii", "replace")) for name in declared.split(b"~"))
    return next((codec for codec in named if codec and codec.startswith("iso2022")), None)


def _is_codec(name: str) -> bool:
    """A text encoding this interpreter knows; `hex` or `rot13` are codecs but no charsets."""
    try:
        codecs.lookup(name)
        b"".decode(name)
    except (LookupError, ValueError):
        return False
    return True


def _strict(raw: bytes, codec: str) -> str | None:
    if codec == "iso8859-1":
        return _latin(raw)
    try:
        return raw.decode(codec)
    except (UnicodeDecodeError, LookupError):
        return None


def _latin(raw: bytes) -> str:
    """Latin-1 in which 0x80-0x9F mean what Windows-1252 means by them: that is what senders of 8859/1 send."""
    text = raw.decode("latin-1")
    if text.isascii() or len(raw.translate(None, bytes(range(0x80, 0xA0)))) == len(raw):
        return text
    return text.translate(dict(_C1_AS_CP1252))
