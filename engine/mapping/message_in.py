"""An ORU or MDM message to its clinical content, and the carriers of its documents."""

from __future__ import annotations

from engine.domain.document import Carried
from engine.domain.order import Inbound, Order
from engine.domain.patient import Demographics
from engine.hl7v2.er7 import Er7Message, Segment
from engine.mapping import carried_in, orders_in, patient_in


def read(message: Er7Message) -> tuple[Inbound, tuple[Carried, ...]]:
    """Read the whole message; what is missing stays empty, nothing raises for content.

    Returns:
        The clinical content, and every document carrier still undecoded, in message order.
    """
    groups, notes = orders_in.collect(message)
    sorted_groups = [carried_in.documents(message, group, index) for index, group in enumerate(groups)]
    if not any(_has_more_than_text(item) for item in sorted_groups):
        sorted_groups = [carried_in.text_reports(item, index) for index, item in enumerate(sorted_groups)]
    orders = tuple(_order(group, found) for group, found in zip(groups, sorted_groups, strict=True))
    return _inbound(message, orders, tuple(notes)), tuple(item for found in sorted_groups for item in found.carried)


def _has_more_than_text(found: carried_in.Sorted) -> bool:
    """A document or a discrete result: lines of text beside them are remarks, not a report of their own."""
    return any(item.parts for item in found.carried) or any(carried_in.is_result(item) for item in found.observations)


def _order(group: orders_in.Group, found: carried_in.Sorted) -> Order:
    observations = tuple(
        [orders_in.observation(item, is_result=carried_in.is_result(item)) for item in found.observations]
    )
    status = next((item.status for item in found.carried if item.status), "")
    return orders_in.order(group, observations, notes=found.notes, status=status)


def _inbound(message: Er7Message, orders: tuple[Order, ...], notes: tuple[str, ...]) -> Inbound:
    msh, pid, pv1, txa = (message.first(name) for name in ("MSH", "PID", "PV1", "TXA"))
    return Inbound(
        kind=message.header.message_code or "ORU",
        control_id=_value(msh, 10),
        message_type=message.header.type_event,
        sending_application=_value(msh, 3),
        sending_facility=_value(msh, 4),
        message_time=_value(msh, 7),
        patient=patient_in.read(pid) if pid else Demographics(),
        patient_count=len(message.all("PID")),
        visit=orders_in.line(pv1) if pv1 else "",
        note_lines=orders_in.patient_notes(message),
        orders=orders,
        document_number=_value(txa, 12),
        parent_document_number=_value(txa, 13),
        document_status=_value(txa, 17),
        notes=(*notes, *message.notes),
    )


def _value(segment: Segment | None, field: int) -> str:
    return segment.value(field) if segment else ""
