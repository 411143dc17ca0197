"""Media types by magic bytes."""

from __future__ import annotations

import pytest

from engine.documents.sniff import is_complete, sniff


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"%PDF-1.7\n...", "application/pdf"),
        (b"\xef\xbb\xbf \r\n%PDF-1.4", "application/pdf"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 500 + b"%PDF-1.4", "application/pdf"),
        (rb"{\rtf1\ansi hello}", "application/rtf"),
        (b"\r\n{\\rtf1 x}", "application/rtf"),
        (b"II*\x00\x08\x00\x00\x00", "image/tiff"),
        (b"MM\x00*\x00\x00\x00\x08", "image/tiff"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00", "image/png"),
        (b"GIF89a\x01", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"BM\x9a\x00\x00\x00\x00\x00\x00\x00\x36\x00\x00\x00" + b"\x00" * 20, "image/bmp"),
        (b"<!DOCTYPE html><html></html>", "text/html"),
        (b"<style>p{}</style><h2>Results</h2>", "text/html"),
        (b"<h2 class=x>Results</h2>", "text/html"),
        ("<html><p>Urea 5</p></html>".encode("utf-16"), "text/html"),
        (b"<5 mg/L </sup>", "text/plain"),
        (b"<?xml version='1.0'?><ClinicalDocument xmlns='urn:hl7-org:v3'>", "application/hl7-v3+xml"),
        (b"<?xml version='1.0'?><other/>", "text/xml"),
        (b"PK\x03\x04....word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (b"PK\x03\x04....other", "application/zip"),
        (b"Glucose 105 mg/dL\r\n", "text/plain"),
        ("Glucosa 105 mg/dL según método".encode("cp1252"), "text/plain"),
        ("\ufeffGlucose".encode("utf-16"), "text/plain"),
        (bytes(range(256)), "application/octet-stream"),
        (b"", "application/octet-stream"),
        (b"BMI and other measures of the patient", "text/plain"),
    ],
)
def test_magic_bytes_decide(data: bytes, media_type: str) -> None:
    """Each format is told by its own bytes, junk before them included."""
    assert sniff(data) == media_type


def test_end_marks() -> None:
    """A file without its end mark is incomplete; plain text has none to miss."""
    assert is_complete(b"%PDF-1.7 ... %%EOF\r\n", "application/pdf")
    assert not is_complete(b"%PDF-1.7 ... %%EOF" + b"x" * 5000, "application/pdf")
    assert not is_complete(b"{\\rtf1 abc", "application/rtf")
    assert is_complete(b"{\\rtf1 abc}\r\n\x00", "application/rtf")
    assert is_complete(b"abc", "text/plain")
