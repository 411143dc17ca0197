"""A report as it was embedded: its carrier in the message, and the file that comes out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Text of a message that carries a document, before any decoding.

    Attributes:
        location: the place in the message, e.g. `OBX[3]-5`.
        order_index: which order group of the message it belongs to, from 0.
        parts: the data of one document in order: one part, or several where the sender split it over repetitions or
            segments. Escapes are resolved, encodings (base64, hex) are not.
        encoding: as declared (`Base64`, `Hex`, `A`, or empty).
        declared_type: the sender's own words for the type (`application/pdf`, `AP^PDF`); never trusted.
        file_name: as given by the sender, or empty; never used as a path.
        is_text: the parts are lines of a text report (TX, FT, ST), not an encoded file.
        title: the document's title or the observation's text, e.g. `Laboratory report`.
        status: OBX-11 of the carrier, first component.
        continues: may be a further piece of the carrier before it, when that one alone is no complete file.
    """

    location: str
    order_index: int
    parts: tuple[str, ...]
    encoding: str = ""
    declared_type: str = ""
    file_name: str = ""
    is_text: bool = False
    title: str = ""
    status: str = ""
    continues: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A decoded document of a message; its bytes are fetched by `sha256`.

    Attributes:
        sha256: hex digest of the decoded bytes.
        media_type: sniffed from the bytes (`application/pdf`, `image/tiff`, `text/plain` ...).
        size_bytes: length of the decoded bytes.
        location: the place in the message it was carried in; empty for a bare document.
        order_index: the order group it belongs to, from 0.
        declared_type: the sender's words, kept for diagnosis.
        file_name: the sender's, may be empty.
        title: the sender's, may be empty.
        status: OBX-11 of the carrier, or empty.
        complete: false when the carrier or the file ends too early.
    """

    sha256: str
    media_type: str
    size_bytes: int
    location: str = ""
    order_index: int = 0
    declared_type: str = ""
    file_name: str = ""
    title: str = ""
    status: str = ""
    complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedDocument:
    """A document together with its decoded bytes."""

    document: Document
    data: bytes
