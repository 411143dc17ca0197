"""The identity of a report's content, for recognising the same report when it comes again.

Three kinds, from certain to likely: `document`, the same file byte for byte; `report`, the same lab report by its
own numbers and tests; `message`, the same discrete results. Each is bound to the patient and to the report's status,
so that a correction (P to F to C) is never taken for a repeat.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from engine.domain import names
from engine.domain.document import Document
from engine.domain.order import Inbound, Order
from engine.domain.report import LabReport

_SET_ID = re.compile(r"^OBX\|[^|]*\|")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()


def of_document(document: Document, *, patient: str, status: str) -> tuple[str, str]:
    """The file itself: the same bytes for the same patient with the same status."""
    return "document", _digest(document.sha256, patient, status)


def of_report(report: LabReport, *, patient: str, facility: str) -> tuple[str, str] | None:
    """The report by what it says of itself: lab, accession, collection date and tests; None when too little is known.

    Values are not part of it: the same report with other values is a conflict or a correction, not a new report.
    """
    lab = names.fold(report.lab.name) or names.fold(facility)
    accession = names.fold(report.lab.accession)
    collected = report.report.collected_at[:10]
    tests = sorted({item.loinc_code or names.fold(item.test_name) for item in report.results})
    if not lab or not tests or not (accession or len(collected) == 10):
        return None
    return "report", _digest(lab, accession, collected, patient, report.report.status, *tests)


def values_of(reports: Sequence[LabReport]) -> str:
    """A digest of all values read, to tell a repeat from a conflict between two reports of one identity."""
    return _digest(
        *sorted(
            f"{item.loinc_code or names.fold(item.test_name)}={item.value}|{item.unit}"
            for report in reports
            for item in report.results
        )
    )


def of_message(inbound: Inbound, *, patient: str) -> tuple[str, str] | None:
    """Discrete results: facility, order numbers, statuses, times and every OBX; None when the message has none.

    Set ids and the message's own header are left out: a repeat under another control id has the same identity.
    """
    if inbound.observation_count == 0:
        return None
    parts = [part for order in inbound.orders for part in _order_parts(order)]
    return "message", _digest(inbound.sending_application, inbound.sending_facility, patient, *parts)


def _order_parts(order: Order) -> Sequence[str]:
    return (
        order.placer_order_number.er7,
        order.filler_order_number.er7,
        order.service.code,
        order.collected_at,
        order.reported_at,
        order.report_status,
        *(_SET_ID.sub("OBX||", item.er7) for item in order.observations),
    )
