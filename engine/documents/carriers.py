"""From the text of a message field to the bytes of a file: base64, hex and plain text in every shape senders make.

What the sender declares (`Base64`, `Hex`, `A`) is only a hint; the decoded bytes decide, because a PDF that comes out
proves the reading right (HL7 v2 tables 0191, 0291, 0299 are filled wrongly more often than not).
"""

from __future__ import annotations

import binascii
import hashlib
import re
from dataclasses import dataclass

import pybase64

from engine.documents.sniff import BINARY, TEXT, is_complete, is_text, sniff
from engine.domain.document import Carried, Document, OpenedDocument

_ESCAPES = re.compile(r"\\(?:\.br|X(?:0[AaDd09]|20)+|\.sp\d*)\\")
_DATA_URI = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)
_HEX = b"0123456789abcdefABCDEF"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_BLANKS = b" \t\r\n\x0b\x0c\x00"
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_SHORTEST_BARE = 64
_STRAY_SHARE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class CarrierFault:
    """No bytes could be had from a carrier: the reason code, the place in the message, and a sentence on why."""

    reason_code: str
    location: str
    text: str


@dataclass(frozen=True, slots=True)
class _Decoded:
    data: bytes
    whole: bool = True

    @property
    def known(self) -> bool:
        """The bytes have a magic of their own, so the decoding was surely right."""
        return sniff(self.data) not in (TEXT, BINARY)

    @property
    def complete(self) -> bool:
        return self.whole and is_complete(self.data, sniff(self.data))


def open_carried(carried: Carried) -> OpenedDocument | CarrierFault:
    """Decode the document of a message field.

    Accepts base64 (plain, url-safe, wrapped, with escapes, unpadded, in chunks, behind a data URI), hex, and text; a
    declared encoding that does not fit is ignored. Text parts are joined by newlines.

    Returns:
        The document with its bytes; `complete` is false where base64 or the file stops early. A `CarrierFault` when
        nothing can be decoded.
    """
    parts = tuple(part for part in carried.parts if part and not part.isspace())
    if not parts:
        return CarrierFault(reason_code="document.unreadable", location=carried.location, text="The field is empty.")
    decoded = (
        _decode_text(carried.parts, carried.encoding) if carried.is_text else _decode_parts(parts, carried.encoding)
    )
    if decoded is None or not decoded.data:
        text = f"The data is neither base64, hex nor text ({sum(map(len, parts))} characters)."
        return CarrierFault(reason_code="document.unreadable", location=carried.location, text=text)
    media_type = sniff(decoded.data)
    document = Document(
        sha256=hashlib.sha256(decoded.data).hexdigest(),
        media_type=media_type,
        size_bytes=len(decoded.data),
        location=carried.location,
        order_index=carried.order_index,
        declared_type=carried.declared_type,
        file_name=carried.file_name,
        title=carried.title,
        complete=decoded.whole and is_complete(decoded.data, media_type),
    )
    return OpenedDocument(document=document, data=decoded.data)


def looks_like_base64(text: str) -> bool:
    """Whether a text is long enough and made of nothing but base64 characters, blanks aside (or is a data URI)."""
    if _DATA_URI.match(text):
        return True
    squeezed = _squeeze(text[:4096])
    return len(squeezed) >= _SHORTEST_BARE and not squeezed.translate(None, _BASE64)


def best_candidate(components: tuple[str, ...]) -> str:
    """Pick the component of a field that carries the data: the longest one (empty when there is none)."""
    return max(components, key=len, default="")


def _decode_text(parts: tuple[str, ...], encoding: str) -> _Decoded | None:
    """Read text parts as lines, unless they are an encoded file in disguise (base64 in ST or TX)."""
    joined = "\n".join(parts)
    if looks_like_base64(joined) or encoding.lower() in ("base64", "hex"):
        decoded = _decode_parts(tuple(part for part in parts if part.strip()), encoding)
        if decoded is not None and decoded.known:
            return decoded
    return _Decoded(joined.encode("utf-8", "replace"))


def _decode_parts(parts: tuple[str, ...], encoding: str) -> _Decoded | None:
    """Join the parts and decode; where that gives no complete file, decode each part by itself and join the bytes."""
    joined = "".join(_bare(part) for part in parts)
    first = _decode_one(joined, encoding)
    if len(parts) == 1 or (first is not None and first.known and first.complete):
        return first
    each = [_decode_one(_bare(part), encoding) for part in parts]
    if all(item is not None for item in each):
        chunks = [item for item in each if item is not None]
        second = _Decoded(b"".join(item.data for item in chunks), all(item.whole for item in chunks))
        if first is None or (second.known and second.complete):
            return second
    return first


def _bare(text: str) -> str:
    """Drop a data URI's head and the escapes that only wrapped the lines."""
    match = _DATA_URI.match(text[:256])
    if match:
        text = text[match.end() :]
    if "\\" in text:
        text = text.replace("\\.br\\", "")
    return _ESCAPES.sub("", text) if "\\" in text else text


def _squeeze(text: str) -> bytes:
    """Bytes of the text without blanks, the url-safe alphabet turned into the plain one."""
    return text.encode("ascii", "replace").translate(_URL_SAFE, _BLANKS)


def _decode_one(text: str, encoding: str) -> _Decoded | None:
    declared = encoding.strip().lower()
    if declared in ("base64", "hex") and _reads_as_words(text):
        declared = "a"
    squeezed = _squeeze(text.lstrip("\ufeff"))
    readings = [_from_hex(squeezed), _from_base64(squeezed)]
    if declared != "hex":
        readings.reverse()
    for reading in readings:
        if reading is not None and reading.known:
            return reading
    if declared == "a" or (declared not in ("base64", "hex") and not looks_like_base64(text)):
        plain = text.encode("utf-8", "replace")
        return _Decoded(plain) if is_text(plain) else None
    return next((reading for reading in readings if reading is not None and is_text(reading.data)), None) or next(
        (reading for reading in readings if reading is not None and declared in ("base64", "hex")), None
    )


def _reads_as_words(text: str) -> bool:
    """Whether a text has blanks as often as prose or a report has, where base64 at most wraps its lines."""
    head = text[:2000].strip()
    return head.count(" ") * 20 > len(head) and max(map(len, head.split()), default=0) < 60


def _from_hex(squeezed: bytes) -> _Decoded | None:
    if len(squeezed) < 2 or squeezed[:64].translate(None, _HEX) or squeezed.translate(None, _HEX):
        return None
    odd = len(squeezed) % 2
    return _Decoded(binascii.unhexlify(squeezed[: len(squeezed) - odd]), not odd)


def _from_base64(squeezed: bytes) -> _Decoded | None:
    """Decode base64; a few stray characters are dropped and then the result counts as incomplete."""
    stray = len(squeezed.translate(None, _BASE64)) if squeezed else 0
    if not squeezed or stray * _STRAY_SHARE > len(squeezed):
        return None
    if stray:
        squeezed = squeezed.translate(None, bytes(set(range(256)) - set(_BASE64)))
    body = squeezed.rstrip(b"=")
    runs = [run for run in body.split(b"=") if run] if b"=" in body else [body]
    chunks = [_decode_run(run) for run in runs]
    whole = not stray and all(len(run) % 4 != 1 for run in runs)
    return _Decoded(b"".join(chunks), whole) if chunks else None


def _decode_run(run: bytes) -> bytes:
    spare = len(run) % 4
    if spare == 1:
        run = run[:-1]
        spare = 0
    return pybase64.b64decode(run + b"=" * (-spare % 4), validate=True)
