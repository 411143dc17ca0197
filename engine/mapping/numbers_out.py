"""Order numbers of an outgoing message: the lab's own, unchanged; a stable derived one where the lab sent none."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain.document import Document
from engine.domain.dossier import Dossier
from engine.domain.order import Inbound, Order
from engine.domain.report import LabReport


@dataclass(frozen=True, slots=True)
class Numbers:
    """OBR-2 and OBR-3 in standard separators."""

    placer: str
    filler: str


def for_order(order: Order, dossier: Dossier, reports: Sequence[LabReport], documents: Sequence[Document]) -> Numbers:
    """The numbers to send; ORC-2/3 and OBR-2/3 are the same.

    Args:
        order: as it came.
        dossier: of the whole message.
        reports: read from the order's documents.
        documents: of the order.

    Source: HL7 v2.5.1 OBR-3: an intermediate sends the filler's original number on.
    """
    return Numbers(
        placer=order.placer_order_number.er7,
        filler=order.filler_order_number.er7 or _encode(*_identity(order, dossier, reports, documents)),
    )


def _identity(
    order: Order, dossier: Dossier, reports: Sequence[LabReport], documents: Sequence[Document]
) -> tuple[str, ...]:
    """What stays the same when the report comes again or corrected, and differs for any other report.

    Always of one lab, patient and service. The lab's own number for the report if the page or the message has one, or
    the order's; else the time of collection with the tests; else the content itself.
    """
    inbound = dossier.inbound or Inbound(kind="")
    facility = inbound.sending_facility or inbound.sending_application
    lab = next((report.lab.name for report in reports if report.lab.name), facility)
    record = dossier.patient.record if dossier.patient else None
    patient = record.mrn if record else "".join(item.value for item in inbound.patient.identifiers[:1])
    about = (lab, patient, order.service.code)
    number = next((report.lab.accession for report in reports if report.lab.accession), "")
    number = number or _document_number(inbound) or order.placer_order_number.er7
    if number:
        return "number", *about, number
    collected = next((report.report.collected_at for report in reports if report.report.collected_at), "")
    collected = collected or order.collected_at
    tests = {item.loinc_code or item.test_name for report in reports for item in report.results}
    tests |= {item.code.code or item.code.text for item in order.observations}
    if collected and tests:
        return "content", *about, collected, *sorted(tests)
    lines = (item.er7.split("|", 2)[-1] for item in order.observations)
    return "document", *about, *(item.sha256 for item in documents), *lines


def _document_number(inbound: Inbound) -> str:
    """TXA-12, or the number of the document that this one replaces."""
    replaces = inbound.message_type in ("MDM^T09", "MDM^T10")
    return (inbound.parent_document_number if replaces else "") or inbound.document_number


def _encode(*parts: str) -> str:
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8")).digest()
    return f"HR{base64.b32encode(digest[:10]).decode('ascii').rstrip('=')}^HEADRACE"
