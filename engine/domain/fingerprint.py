"""The identity of a report's content, for recognising the same report when it comes again.

From certain to likely: `document`, the same file byte for byte; `message`, the same discrete results; `report`, the
same lab report by its own numbers, its time of collection and its tests, and `reading`, that report with all its
values. Each is bound to the patient and to the report's status, so that a correction (P to F to C) is never taken for
a repeat. `like` recognises a report that lacks the number or the time another one prints: a person compares the two.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from engine.domain import names
from engine.domain.document import Document
from engine.domain.order import Inbound, Order
from engine.domain.report import LabReport

_DAY = 10
_SHORT = 16


def _digest(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode("utf-8")).hexdigest()


def of_document(document: Document, *, patient: str, status: str) -> tuple[str, str]:
    """The file itself: the same bytes for the same patient with the same status."""
    return "document", _digest(document.sha256, patient, status)


def of_report(
    report: LabReport, *, patient: str, facility: str, status: str = "", order: str = ""
) -> tuple[str, str] | None:
    """The report by what it says of itself: lab, accession, time of collection and tests; None when that is too little.

    Values are not part of it: the same report with other values is a conflict or a correction, not a new report.

    Args:
        report: as read.
        patient: whose it is.
        facility: of the message; stands in for a lab that the page does not name.
        status: what the message says (OBR-25); the same page may come as preliminary and again as final.
        order: the order's number; stands in for accession and hour, or a glucose of 12:00 would repeat the one of 8:00.
    """
    lab, tests = _lab(report, facility), _tests(report)
    accession = names.fold(report.lab.accession)
    collected = report.report.collected_at
    if not lab or not tests or not (accession or len(collected) >= _DAY):
        return None
    own = accession if accession or len(collected) > _DAY else f"order {order}"
    return "report", _digest(lab, own, collected, patient, report.report.status, status, *tests)


def of_likeness(report: LabReport, *, patient: str, facility: str) -> tuple[str, str] | None:
    """Lab, patient, day of collection and tests, then accession and hour apart, empty where the page lacks them."""
    lab, tests, collected = _lab(report, facility), _tests(report), report.report.collected_at
    if not lab or not tests or len(collected) < _DAY:
        return None
    rest = (names.fold(report.lab.accession), collected[_DAY:])
    common = _digest(lab, patient, collected[:_DAY], *tests)
    return "like", ":".join((common, *(_digest(item)[:_SHORT] if item else "" for item in rest)))


def is_like(one: str, other: str) -> bool:
    """Whether nothing that two likenesses say tells them apart, and one of them says less than it could."""
    pairs = list(zip(one.split(":"), other.split(":"), strict=False))
    return all(not left or not right or left == right for left, right in pairs) and not all(
        left and right for left, right in pairs
    )


def _lab(report: LabReport, facility: str) -> str:
    return names.fold(report.lab.name) or names.fold(facility)


def _tests(report: LabReport) -> list[str]:
    return sorted({item.loinc_code or names.fold(item.test_name) for item in report.results})


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
