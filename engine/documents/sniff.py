"""Telling what a file is from its bytes alone: declared types are wrong too often to be trusted."""

from __future__ import annotations

import re

PDF = "application/pdf"
RTF = "application/rtf"
TIFF = "image/tiff"
JPEG = "image/jpeg"
PNG = "image/png"
GIF = "image/gif"
BMP = "image/bmp"
WEBP = "image/webp"
HTML = "text/html"
CDA = "application/hl7-v3+xml"
XML = "text/xml"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ZIP = "application/zip"
OLE = "application/msword"
MIME = "multipart/related"
TEXT = "text/plain"
BINARY = "application/octet-stream"

_HEAD = 1024
_SAMPLE = 8192
_BLANK = b" \t\r\n\x0b\x0c\x00"
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", PDF),
    (b"{\\rtf", RTF),
    (b"II*\x00", TIFF),
    (b"MM\x00*", TIFF),
    (b"II+\x00", TIFF),
    (b"MM\x00+", TIFF),
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"PK\x03\x04", ZIP),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
)
_FRAGMENT = re.compile(
    rb"<(?:!--|(?:table|div|p|pre|style|title|meta|link|script|base|h[1-6]|span|font|center|section|article|header|main"
    rb"|form|ul|ol|dl|b|strong)[\s/>])"
)
"""How a piece of HTML begins that was sent without its frame."""
_TEXT_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_CONTROLS = bytes(sorted(set(range(32)) - set(b"\t\n\r\x0b\x0c\x1b"))) + b"\x7f"


def sniff(data: bytes) -> str:
    """Name the media type of a file by its magic bytes.

    Leading junk is tolerated: a byte order mark, blanks and NULs before any magic, and up to 1 KiB of anything before
    a PDF header (ISO 32000-1 annex H.3.4.1 lets readers accept that).
    """
    if not data:
        return BINARY
    for head in (data[:_HEAD], _without_lead(data)):
        found = _by_magic(head, data)
        if found:
            return found
    if b"%PDF-" in data[:_HEAD]:
        return PDF
    return _markup(_without_lead(data)) or (TEXT if is_text(data) else BINARY)


def _without_lead(data: bytes) -> bytes:
    head = data[: 2 * _HEAD]
    if head.startswith(_TEXT_BOMS[1:]):
        head = head.decode("utf-16", "ignore").encode("utf-8")
    for bom in _TEXT_BOMS[:1]:
        head = head.removeprefix(bom)
    return head.lstrip(_BLANK)


def _by_magic(head: bytes, data: bytes) -> str:
    for magic, media_type in _MAGIC:
        if head.startswith(magic):
            return _zip_kind(data) if media_type == ZIP else media_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return WEBP
    if head[:2] == b"BM" and len(head) >= 26 and head[6:10] == b"\x00\x00\x00\x00":
        return BMP
    return ""


def _zip_kind(data: bytes) -> str:
    return DOCX if b"word/" in data[: 64 * _HEAD] or b"word/document.xml" in data[-64 * _HEAD :] else ZIP


def _markup(head: bytes) -> str:
    low = head.lower()
    if b"<clinicaldocument" in low or b":clinicaldocument" in low:
        return CDA
    if low.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        return HTML
    if low.startswith(b"<?xml"):
        return HTML if b"<html" in low else XML
    if _FRAGMENT.match(low) and b"</" in low:
        return HTML
    if low.startswith((b"mime-version:", b"content-type: multipart")):
        return MIME
    return ""


def is_text(data: bytes) -> bool:
    """Whether bytes read as text: a UTF-16 mark, or almost no control characters (at most one in a hundred)."""
    if data.startswith(_TEXT_BOMS):
        return True
    sample = data[:_SAMPLE]
    if not sample.strip(_BLANK):
        return False
    controls = len(sample) - len(sample.translate(None, _CONTROLS))
    return controls * 100 <= len(sample)


def is_complete(data: bytes, media_type: str) -> bool:
    """Whether a file has its end mark; formats without one count as complete."""
    tail = data[-2048:]
    if media_type == PDF:
        return b"%%EOF" in tail
    if media_type == RTF:
        return tail.rstrip(_BLANK).endswith(b"}")
    if media_type == JPEG:
        return b"\xff\xd9" in tail
    if media_type == PNG:
        return b"IEND" in tail
    if media_type == GIF:
        return tail.rstrip(b"\x00\r\n").endswith(b";")
    if media_type in (ZIP, DOCX):
        return b"PK\x05\x06" in data[-66_000:]
    return True
