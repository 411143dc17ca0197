"""Order numbers of an outgoing message: the lab's own, unchanged; a stable derived one where the lab sent none."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain.dossier import Dossier
from engine.domain.order import Order
from engine.domain.report import LabReport


@dataclass(frozen=True, slots=True)
class Numbers:
    """OBR-2 and OBR-3 in standard separators."""

    placer: str
    filler: str


def for_order(order: Order, dossier: Dossier, reports: Sequence[LabReport]) -> Numbers:
    """The numbers to send; ORC-2/3 and OBR-2/3 are the same.

    Source: HL7 v2.5.1 OBR-3: an intermediate sends the filler's original number on.
    """
    return Numbers(
        placer=order.placer_order_number.er7,
        filler=order.filler_order_number.er7 or _derived(dossier, reports),
    )


def _derived(dossier: Dossier, reports: Sequence[LabReport]) -> str:
    """A filler number made of what stays the same when the report comes again or corrected.

    The lab's own report number if the page or the message has one; else patient, collection time and tests; else the
    document itself.
    """
    inbound = dossier.inbound
    facility = (inbound.sending_facility or inbound.sending_application) if inbound else ""
    lab = next((report.lab.name for report in reports if report.lab.name), facility)
    accession = next((report.lab.accession for report in reports if report.lab.accession), "")
    number = accession or (inbound.document_number if inbound else "")
    if number:
        return _encode("number", lab, number)
    collected = next((report.report.collected_at for report in reports if report.report.collected_at), "")
    if collected:
        patient = dossier.patient.record.mrn if dossier.patient and dossier.patient.record else ""
        tests = sorted({item.loinc_code or item.test_name for report in reports for item in report.results})
        return _encode("content", lab, patient, collected, *tests)
    return _encode("document", lab, *(item.sha256 for item in dossier.documents))


def _encode(*parts: str) -> str:
    digest = hashlib.sha256("\x1f".join(parts).encode("utf-8")).digest()
    return f"HR{base64.b32encode(digest[:10]).decode('ascii').rstrip('=')}^HEADRACE"
