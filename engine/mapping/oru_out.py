"""A dossier to ORU^R01 for the EHR: the reconciled patient, the inbound order numbers, coded results, the original.

Discrete results of the message pass byte for byte (set ids aside); results read from a page are written with LOINC
and their printed name, digits as printed. Nothing is computed here.

Source: HL7 v2.5.1 chapter 7.3.1; the field choices of the LRI profile where they do no harm elsewhere.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from engine.domain.document import OpenedDocument
from engine.domain.dossier import Dossier
from engine.domain.order import Inbound, Order
from engine.domain.outcome import Release, ReleaseKind
from engine.domain.patient import Demographics, PatientRecord
from engine.domain.report import LabReport
from engine.domain.version import CANCELLED, TAKEN_BACK
from engine.hl7v2.errors import WriterError
from engine.hl7v2.times import Precision, format_time
from engine.hl7v2.writer import Comp, FieldValue, MessageWriter, Raw, Rep
from engine.mapping import numbers_out, result_out, versions_out

_LAST_OBR_FIELD = 50
"""Of 2.5.1; what later versions put behind it no receiver of 2.5.1 takes."""
_CODECS = {"UNICODE UTF-8": "utf-8", "8859/1": "iso8859_1", "8859/15": "iso8859_15", "ASCII": "ascii"}
# OBX-5 components 2 and 3 by media type. Source: tables 0191 and 0291; `AP` for PDF is what receivers before 2.6 know.
_ED_TYPES = {
    "application/pdf": ("AP", "PDF"),
    "application/rtf": ("TEXT", "RTF"),
    "text/rtf": ("TEXT", "RTF"),
    "text/plain": ("TEXT", "PLAIN"),
    "text/html": ("TEXT", "HTML"),
    "image/tiff": ("IM", "TIFF"),
    "image/jpeg": ("IM", "JPEG"),
    "image/png": ("IM", "PNG"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OruOptions:
    """What a receiver wants.

    Attributes:
        version: MSH-12.
        charset: MSH-18, an entry of table 0211 this writer knows: `UNICODE UTF-8`, `8859/1`, `8859/15`, `ASCII`.
        attach_original: send the document itself as the last OBX of its order.
    """

    version: str = "2.5.1"
    sending_application: str = "HEADRACE"
    sending_facility: str = ""
    receiving_application: str = ""
    receiving_facility: str = ""
    processing_id: str = "P"
    charset: str = "UNICODE UTF-8"
    attach_original: bool = True


def build(
    *,
    dossier: Dossier,
    documents: Mapping[str, OpenedDocument],
    release: Release,
    control_id: str,
    built_at: datetime,
    options: OruOptions,
) -> bytes:
    """The message as bytes, checked by reading it back.

    Args:
        dossier: with `inbound` set, and a match or a patient in the message.
        documents: the message's documents by digest.
        release: what may leave; results it holds are left out.
        control_id: MSH-10, at most 20 characters.
        built_at: MSH-7, aware.
        options: the receiver's wishes.

    Raises:
        ValueError: nothing valid can be built: no patient, nothing released, or a value the charset does not have.
    """
    inbound = dossier.inbound
    if inbound is None or release.kind is ReleaseKind.NOTHING:
        raise ValueError("nothing to send")
    writer = MessageWriter(codec=_CODECS[options.charset])
    try:
        _header(writer, control_id, built_at, options)
        _patient(writer, dossier, inbound)
        _visit(writer, inbound)
        written = [
            _order(writer, index, order, _parts(index, dossier, documents, release, built_at=built_at, options=options))
            for index, order in _numbered(inbound)
        ]
        if not any(written):
            raise ValueError("no observation to send")
        return writer.build()
    except WriterError as problem:
        raise ValueError(str(problem)) from None


@dataclass(frozen=True, slots=True)
class _OrderParts:
    """What belongs to one order of the outgoing message.

    Attributes:
        opened: the order's documents, each file once.
        reports: what was read from them; a file that comes with several orders is read for the first.
    """

    dossier: Dossier
    release: Release
    built_at: datetime
    options: OruOptions
    opened: tuple[OpenedDocument, ...]
    reports: tuple[LabReport, ...]


def _parts(
    order_index: int,
    dossier: Dossier,
    documents: Mapping[str, OpenedDocument],
    release: Release,
    *,
    built_at: datetime,
    options: OruOptions,
) -> _OrderParts:
    own = dict.fromkeys(item.sha256 for item in dossier.documents if item.order_index == order_index)
    return _OrderParts(
        dossier=dossier,
        release=release,
        built_at=built_at,
        options=options,
        opened=tuple(documents[sha256] for sha256 in own if sha256 in documents),
        reports=tuple(
            item for item in versions_out.reports_of(order_index, dossier) if item.document.sha256 in documents
        ),
    )


def _numbered(inbound: Inbound) -> list[tuple[int, Order]]:
    return list(enumerate(inbound.orders or (Order(),)))


def _header(writer: MessageWriter, control_id: str, built_at: datetime, options: OruOptions) -> None:
    writer.segment(
        "MSH",
        {
            3: options.sending_application,
            4: options.sending_facility,
            5: options.receiving_application,
            6: options.receiving_facility,
            7: format_time(built_at, Precision.SECOND),
            9: Comp("ORU", "R01", "ORU_R01"),
            10: control_id,
            11: options.processing_id,
            12: options.version,
            18: options.charset,
        },
    )


def _patient(writer: MessageWriter, dossier: Dossier, inbound: Inbound) -> None:
    """PID from the directory's record, the sender's NTE; PID of the message only where no directory was asked."""
    if dossier.patient is not None and dossier.patient.record is not None:
        writer.segment("PID", _pid_of_record(dossier.patient.record))
    elif inbound.patient.identifiers:
        writer.segment("PID", _pid_of_message(inbound.patient))
    else:
        raise ValueError("no patient")
    for line in inbound.note_lines:
        writer.line(line)


def _pid_of_record(record: PatientRecord) -> dict[int, FieldValue]:
    return {
        1: "1",
        3: Comp(record.mrn, "", "", record.assigning_authority, "MR"),
        5: Comp(record.family, record.given, record.middle),
        7: record.birth_date.replace("-", ""),
        8: record.sex,
    }


def _pid_of_message(person: Demographics) -> dict[int, FieldValue]:
    return {
        1: "1",
        3: Rep(*(Comp(item.value, "", "", item.authority, item.type) for item in person.identifiers)),
        5: Comp(person.family, person.given, person.middle),
        7: person.birth_date.replace("-", ""),
        8: person.sex,
    }


def _visit(writer: MessageWriter, inbound: Inbound) -> None:
    """PV1 with the class and the visit number only; the rest of a lab's PV1 is not for the EHR to take over."""
    fields = inbound.visit.split("|")
    visit_class = fields[2] if len(fields) > 2 and fields[2] else "U"
    visit_number = fields[19] if len(fields) > 19 else ""
    writer.segment("PV1", {1: "1", 2: Raw(visit_class), 19: Raw(visit_number)})


def _order(writer: MessageWriter, index: int, order: Order, parts: _OrderParts) -> bool:
    """One order group; returns whether it holds an observation.

    An order that came without any (cancelled, with the reason as NTE) leaves as it came, unless something waits that
    might be its result. First what the message brought, then what was read from its documents, the documents last.
    """
    results = _released(order, parts)
    gone = _withdrawn(parts)
    kept = [(n, item) for n, item in enumerate(parts.opened, start=1) if item.document.sha256 not in gone]
    attached = kept if parts.options.attach_original or parts.release.kind is ReleaseKind.ORIGINAL else []
    retracted = [item for item in parts.dossier.retractions if item.order_index == index]
    observed = bool(order.observations or results or attached or retracted)
    if not observed and (parts.opened or parts.release.kind is not ReleaseKind.ALL):
        return False
    numbers = numbers_out.for_order(order, parts.dossier, parts.reports, [item.document for item in parts.opened])
    writer.segment("ORC", {1: "RE", 2: Raw(numbers.placer), 3: Raw(numbers.filler)})
    writer.segment("OBR", _obr(index, order, parts, numbers))
    for line in order.note_lines:
        writer.line(line)
    for number, text in enumerate(_provenance(parts, len(results)), start=len(order.note_lines) + 1):
        writer.segment("NTE", {1: str(number), 2: "O", 3: text})
    _discrete(writer, order)
    count = len(order.observations)
    result_out.write(writer, results, order.collected_at, first=count + 1)
    status = result_out.document_status(_status(order, parts))
    count += len(results)
    for number, (place, opened) in enumerate(attached, start=count + 1):
        writer.segment("OBX", _original(number, str(place), opened, status))
    for number, item in enumerate(retracted, start=count + len(attached) + 1):
        writer.segment("OBX", {1: str(number), 3: Raw(item.code), 4: item.sub_id, 11: item.status})
    return observed or order.report_status == CANCELLED


def _released(order: Order, parts: _OrderParts) -> list[result_out.Outgoing]:
    """Results that leave: those let out, without the ones the lab sent as discrete results itself."""
    gone = _withdrawn(parts)
    return [
        replace(item, order_status=order.report_status, preliminary=_is_partial(parts))
        for item in result_out.numbered(parts.reports, order)
        if parts.release.lets_out(item.report, item.result) and item.report.document.sha256 not in gone
    ]


def _withdrawn(parts: _OrderParts) -> frozenset[str]:
    """Documents that the lab takes back with this message: nothing of them leaves but the retraction."""
    return frozenset(item.sha256 for item in parts.dossier.documents if item.status in TAKEN_BACK)


def _is_partial(parts: _OrderParts) -> bool:
    """Something read from the order's documents waits for a person."""
    return parts.release.kind is not ReleaseKind.ORIGINAL and any(
        not parts.release.lets_out(report, result) for report in parts.reports for result in report.results
    )


def _obr(index: int, order: Order, parts: _OrderParts, numbers: numbers_out.Numbers) -> dict[int, FieldValue]:
    """OBR: the inbound one field by field where there is one, completed from the report; numbers unchanged."""
    inbound = order.obr.split("|")[1:]
    fields: dict[int, FieldValue] = {
        n: Raw(value) for n, value in enumerate(inbound[:_LAST_OBR_FIELD], start=1) if value
    }
    fields |= {1: str(index + 1), 2: Raw(numbers.placer), 3: Raw(numbers.filler), 25: _status(order, parts)}
    header = parts.reports[0].report if parts.reports else None
    if 4 not in fields:
        fields[4] = _service(order)
    if 7 not in fields and header is not None and header.collected_at:
        fields[7] = result_out.hl7_time(header.collected_at)
    if 14 not in fields and header is not None and header.received_at:
        fields[14] = result_out.hl7_time(header.received_at)
    if 22 not in fields:
        reported = order.reported_at or (result_out.hl7_time(header.reported_at) if header is not None else "")
        fields[22] = reported or format_time(parts.built_at, Precision.SECOND)
    return fields


def _service(order: Order) -> FieldValue:
    """OBR-4 of an MDM's document: LOINC for the whole report, with the sender's document type beside it."""
    return Comp(
        "11502-2",
        "Laboratory report",
        "LN",
        order.service.code,
        order.service.display,
        "L" if order.service.code else "",
    )


def _status(order: Order, parts: _OrderParts) -> str:
    """OBR-25: what the lab says, the message before the page; preliminary instead of final while something waits."""
    printed = next((report.report.status for report in parts.reports if report.report.status), "")
    status = order.report_status or printed or "F"
    return "P" if status == "F" and _is_partial(parts) and not any(o.is_result for o in order.observations) else status


def _provenance(parts: _OrderParts, count: int) -> Sequence[str]:
    """What a reader of the record must know about machine-read results."""
    if parts.release.kind is ReleaseKind.ORIGINAL and parts.opened:
        return ("The report is attached as received; its results were not read automatically.",)
    if count == 0:
        return ()
    engine = next((report.engine for report in parts.reports if report.engine), "local")
    text = f"Results read automatically from the attached report by headrace ({engine})."
    held = sum(1 for report in parts.reports for item in report.results if not parts.release.lets_out(report, item))
    if held:
        return (text, f"{held} of {count + held} results are held for review by a person and will follow.")
    return (text,)


def _discrete(writer: MessageWriter, order: Order) -> None:
    for number, observation in enumerate(order.observations, start=1):
        rest = observation.er7.split("|", 2)
        writer.line("|".join(("OBX", str(number), rest[2] if len(rest) > 2 else "")))
        for line in observation.note_lines:
            writer.line(line)


def _original(number: int, sub_id: str, opened: OpenedDocument, status: str) -> dict[int, FieldValue]:
    """OBX-4 counts the order's documents alone: it stays when more results join them later."""
    kind, subtype = _ED_TYPES.get(opened.document.media_type, ("AP", "Octet-stream"))
    data = base64.b64encode(opened.data).decode("ascii")
    return {
        1: str(number),
        2: "ED",
        3: Comp("11502-2", "Laboratory report", "LN", subtype, "Original report", "L"),
        4: sub_id,
        5: Comp("", kind, subtype, "Base64", Raw(data)),
        11: status,
    }
