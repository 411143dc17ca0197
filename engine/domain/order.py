"""Orders and observations as a message brought them, free of its separators except where bytes must pass unchanged."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.domain.patient import Demographics


@dataclass(frozen=True, slots=True, kw_only=True)
class Coded:
    """A CE/CWE value: one code with its alternate, as sent."""

    code: str = ""
    text: str = ""
    system: str = ""
    alternate_code: str = ""
    alternate_text: str = ""
    alternate_system: str = ""

    def in_system(self, system: str) -> str:
        """The code given in that coding system (`LN` for LOINC), from either triplet, or empty."""
        if self.system == system:
            return self.code
        return self.alternate_code if self.alternate_system == system else ""

    @property
    def display(self) -> str:
        """The best text for a person."""
        return self.text or self.alternate_text or self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One discrete result of the message (OBX), and its segment as it must leave again.

    Attributes:
        location: `OBX[n]`, the n-th OBX of the message, from 1.
        values: OBX-5, one text a repetition, escapes resolved, components not split.
        er7: the OBX segment in standard separators with its escapes untouched; passed on byte for byte (set id aside).
        note_lines: the NTE segments that follow, in the same form.
        status: OBX-11, first component.
        is_result: a result; false for a line of text beside the results, which only passes on.
    """

    location: str
    code: Coded
    value_type: str
    er7: str
    sub_id: str = ""
    values: tuple[str, ...] = ()
    unit: Coded = Coded()
    reference_range: str = ""
    interpretation: tuple[str, ...] = ()
    status: str = ""
    is_result: bool = True
    note_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderNumber:
    """A placer or filler order number (EI): the number, and the whole field in standard separators."""

    number: str = ""
    namespace: str = ""
    er7: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order group: ORC, OBR and what belongs to them, or what TXA says of an MDM's document.

    Attributes:
        placer_order_number: OBR-2 (ORC-2, TXA-14) as sent.
        filler_order_number: OBR-3 (ORC-3, TXA-15) as sent.
        orc: the ORC segment in standard separators, or empty.
        obr: the OBR segment in standard separators, or empty.
        collected_at: OBR-7 as sent; `received_at` OBR-14, `reported_at` OBR-22 (TXA-6/7 for MDM), as sent.
        report_status: OBR-25, or derived from TXA-17, or OBX-11 of the document the order brings.
        priority: OBR-27.6 or TQ1-9: `S` for STAT, or empty.
        note_lines: NTE segments of the order, in standard separators.
    """

    placer_order_number: OrderNumber = OrderNumber()
    filler_order_number: OrderNumber = OrderNumber()
    service: Coded = Coded()
    orc: str = ""
    obr: str = ""
    collected_at: str = ""
    received_at: str = ""
    reported_at: str = ""
    report_status: str = ""
    ordering_provider: str = ""
    priority: str = ""
    observations: tuple[Observation, ...] = ()
    note_lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
    """What decode read from one message.

    Attributes:
        kind: `ORU`, `MDM`, or `DOCUMENT` for a bare document.
        control_id: MSH-10, decoded.
        patient: from PID; empty for a bare document.
        patient_count: number of PID segments.
        visit: the PV1 segment in standard separators, or empty.
        note_lines: NTE segments of the patient, in standard separators.
        document_number: TXA-12.1, or empty; `parent_document_number` TXA-13.1.
        document_status: TXA-17.
        notes: what was odd in the message, in words without content.
    """

    kind: str
    control_id: str = ""
    message_type: str = ""
    sending_application: str = ""
    sending_facility: str = ""
    message_time: str = ""
    patient: Demographics = field(default_factory=Demographics)
    patient_count: int = 0
    visit: str = ""
    note_lines: tuple[str, ...] = ()
    orders: tuple[Order, ...] = ()
    document_number: str = ""
    parent_document_number: str = ""
    document_status: str = ""
    notes: tuple[str, ...] = ()

    @property
    def results(self) -> tuple[Observation, ...]:
        """The discrete results over all orders, without lines of text."""
        return tuple(item for order in self.orders for item in order.observations if item.is_result)

    @property
    def observation_count(self) -> int:
        """Number of discrete observations over all orders, lines of text included."""
        return sum(len(order.observations) for order in self.orders)
