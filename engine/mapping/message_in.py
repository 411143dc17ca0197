"""An ORU or MDM message to its clinical content, and the carriers of its documents."""

from __future__ import annotations

from engine.domain.document import Carried
from engine.domain.order import Inbound, Observation, Order
from engine.domain.patient import Demographics
from engine.hl7v2.er7 import Er7Message, Segment
from engine.mapping import carried_in, orders_in, patient_in, standard


def read(message: Er7Message) -> tuple[Inbound, tuple[Carried, ...]]:
    """Read the whole message; what is missing stays empty, nothing raises for content.

    Returns:
        The clinical content, and every document carrier still undecoded, in message order.
    """
    groups, notes = orders_in.collect(message)
    orders: list[Order] = []
    carried: list[Carried] = []
    for index, group in enumerate(groups):
        documents, discrete = carried_in.sort(message, group, index)
        carried.extend(documents)
        observations: tuple[Observation, ...] = tuple(
            orders_in.observation(message, obx, obx_notes) for obx, obx_notes in discrete
        )
        orders.append(orders_in.order(message, group, observations))
    return _inbound(message, tuple(orders), tuple(notes)), tuple(carried)


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
        visit=standard.segment_text(message, pv1) if pv1 else "",
        orders=orders,
        document_number=_value(txa, 12),
        parent_document_number=_value(txa, 13),
        document_status=_value(txa, 17),
        notes=(*notes, *message.notes),
    )


def _value(segment: Segment | None, field: int) -> str:
    return segment.value(field) if segment else ""
