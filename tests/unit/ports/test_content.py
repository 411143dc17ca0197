"""What arrived is opened on demand, once, and a bare document is a message of its own."""

from __future__ import annotations

import hashlib

import pytest

from engine.domain.message import ContentKind
from engine.hl7v2.errors import Er7Error
from engine.ports.content import Content
from tests.support.lab_messages import OBR, PDF, TIFF, ed, message


def test_a_bare_document_brings_only_itself() -> None:
    """Its bytes, digest, sniffed type and name; no patient, no order number."""
    found = Content(PDF, kind=ContentKind.DOCUMENT, file_name="MSH.pdf").decoded
    (only,) = found.documents
    assert (only.data, only.document.sha256) == (PDF, hashlib.sha256(PDF).hexdigest())
    assert (only.document.media_type, only.document.complete, only.document.file_name) == (
        "application/pdf",
        True,
        "MSH.pdf",
    )
    assert found.inbound.kind == "DOCUMENT"
    assert found.inbound.patient.is_empty


def test_documents_are_found_by_digest() -> None:
    """Each by the digest of its decoded bytes; an unknown digest is None."""
    content = Content(message(OBR, ed(PDF), ed(TIFF, 2)))
    found = content.document(hashlib.sha256(TIFF).hexdigest())
    assert found is not None
    assert found.data == TIFF
    assert content.document("0" * 64) is None


def test_views_are_made_once() -> None:
    """Two stages share one parse and one decoding."""
    content = Content(message(OBR, ed(PDF)))
    assert content.message is content.message
    assert content.decoded is content.decoded


def test_the_channels_charset_wins() -> None:
    """`charset` overrides what the message says, the fallbacks serve where it says nothing."""
    raw = message(OBR).replace(b"Ada", b"Ad\xe9lie")
    assert Content(raw, charset="cp1252").decoded.inbound.patient.given == "Adélie"
    assert Content(raw, fallbacks=("cp1250",)).decoded.inbound.patient.given == "Adélie"


def test_bytes_without_msh_are_no_message() -> None:
    """Never accepted as ER7; the error holds no content."""
    with pytest.raises(Er7Error) as caught:
        _ = Content(b"PID|1||4711").decoded
    assert "4711" not in str(caught.value)
