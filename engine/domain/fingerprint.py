"""The identity of a report's content, for recognising the same report when it comes again.

From certain to likely: `document`, the same file byte for byte; `message`, the same discrete results; `report`, the
same lab report by its own numbers and tests, and `reading`, that report with all its values. Each is bound to the
patient and to the report's status, so that a correction (P to F to C) is never taken for a repeat.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from engine.domain import names
from engine.domain.document import Document
from engine.domain.order import Inbound, Order
from engine.domain.report import LabReport


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()


def of_document(document: Document, *, patient: str, status: str) -> tuple[str, str]:
    """The file itself: the same bytes for the same patient with the same status."""
    return "document", _digest(document.sha256, patient, status)


def of_report(report: LabReport, *, patient: str, facility: str, status: str = "") -> tuple[str, str] | None:
    """The report by what it says of itself: lab, accession, collection date and tests; None when too little is known.

    Values are not part of it: the same report with other values is a conflict or a correction, not a new report.

    Args:
        report: as read.
        patient: whose it is.
        facility: of the message; stands in for a lab that the page does not name.
        status: what the message says (OBR-25); the same page may come as preliminary and again as final.
    """
    lab = names.fold(report.lab.name) or names.fold(facility)
    accession = names.fold(report.lab.accession)
    collected = report.report.collected_at[:10]
    tests = sorted({item.loinc_code or names.fold(item.test_name) for item in report.results})
    if not lab or not tests or not (accession or len(collected) == 10):
        return None
    return "report", _digest(lab, accession, collected, patient, report.report.status, status, *tests)


def of_reading(report: LabReport, identity: tuple[str, str]) -> tuple[str, str]:
    """The report with everything it says, to tell a repeat from a conflict between two reports of one identity."""
    said = (
        "|".join((item.loinc_code or names.fold(item.test_name), item.value, item.unit, item.flag, *item.comments))
        for item in report.results
    )
    return "reading", _digest(identity[1], *sorted(said))


def of_message(inbound: Inbound, *, patient: str) -> tuple[str, str] | None:
    """Discrete results: facility, order numbers, statuses, times, every OBX and NTE; None when the message has none.

    Set ids and the message's own header are left out: a repeat under another control id has the same identity.
    """
    if inbound.observation_count == 0:
        return None
    parts = [*inbound.note_lines, *(part for order in inbound.orders for part in _order_parts(order))]
    return "message", _digest(inbound.sending_application, inbound.sending_facility, patient, *parts)


def _order_parts(order: Order) -> Sequence[str]:
    return (
        order.placer_order_number.er7,
        order.filler_order_number.er7,
        order.service.code,
        order.collected_at,
        order.reported_at,
        order.report_status,
        *(_without_set_id(line) for line in order.note_lines),
        *(_without_set_id(line) for item in order.observations for line in (item.er7, *item.note_lines)),
    )


def _without_set_id(line: str) -> str:
    name, *rest = line.split("|", 2)
    return f"{name}||{rest[1]}" if name in ("OBX", "NTE") and len(rest) > 1 else line
