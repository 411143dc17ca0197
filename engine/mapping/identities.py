"""The identities of a message's content, bound to the patient it was decided (or claimed) to be about."""

from __future__ import annotations

from collections.abc import Collection

from engine.domain import fingerprint
from engine.domain.document import Document
from engine.domain.dossier import Dossier
from engine.domain.patient import Decision
from engine.domain.report import LabReport
from engine.domain.version import TAKEN_BACK
from engine.mapping import versions_out

Print = tuple[str, str]
"""Kind and value of a fingerprint."""
_REVISIONS = versions_out.REPLACEMENTS | versions_out.EDITS


def all_of(dossier: Dossier) -> list[Print]:
    """Every identity of the message, bound to the patient it was decided (or claimed) to be about."""
    found = [of_results(dossier), *(of_document(item, dossier) for item in dossier.documents), of_number(dossier)]
    for report in dossier.reports:
        found.extend(of_report(report, dossier))
    return list(dict.fromkeys(item for item in found if item is not None))


def of_results(dossier: Dossier) -> Print | None:
    """The discrete results; None when there are none."""
    return fingerprint.of_message(dossier.inbound, patient=patient_key(dossier)) if dossier.inbound else None


def of_number(dossier: Dossier) -> Print | None:
    """The own number of a replacement, which leads to the history of what it replaced."""
    inbound = dossier.inbound
    if inbound is None or not inbound.document_number:
        return None
    if versions_out.history_number(inbound) in ("", inbound.document_number):
        return None
    return versions_out.ALIAS, versions_out.document_key(dossier, inbound.document_number, patient_key(dossier))


def of_document(document: Document, dossier: Dossier) -> Print:
    """The file, with what the message says of its version."""
    return fingerprint.of_document(
        document, patient=patient_key(dossier), status=_version(document, dossier, dated=True)
    )


def likenesses(dossier: Dossier) -> list[Print]:
    """What the reports read have in common with one that says less or more of itself."""
    facility = dossier.inbound.sending_facility if dossier.inbound else ""
    found = [
        fingerprint.of_likeness(report, patient=patient_key(dossier), facility=facility)
        for report in dossier.reports
        if report.patient_count <= 1
    ]
    return list(dict.fromkeys(item for item in found if item is not None))


def _order_number(document: Document, dossier: Dossier) -> str:
    inbound = dossier.inbound
    if inbound is None or document.order_index >= len(inbound.orders):
        return ""
    order = inbound.orders[document.order_index]
    return order.filler_order_number.er7 or order.placer_order_number.er7


def of_report(report: LabReport, dossier: Dossier) -> tuple[Print, ...]:
    """The report's identity and its reading; nothing for a page of several patients or one that says too little."""
    document = next((item for item in dossier.documents if item.sha256 == report.document.sha256), None)
    if report.patient_count > 1 or document is None:
        return ()
    identity = fingerprint.of_report(
        report,
        patient=patient_key(dossier),
        facility=dossier.inbound.sending_facility if dossier.inbound else "",
        status=_version(document, dossier, dated=False),
        order=_order_number(document, dossier),
    )
    return () if identity is None else (identity, fingerprint.of_reading(report, identity))


def _version(document: Document, dossier: Dossier, *, dated: bool) -> str:
    """What the message says of the version: report status, completion status of an MDM, when reported, remarks."""
    inbound = dossier.inbound
    if inbound is None or document.order_index >= len(inbound.orders):
        return ""
    order = inbound.orders[document.order_index]
    dates = (order.reported_at, *inbound.note_lines, *order.note_lines) if dated else ()
    withdrawn = (document.status,) if document.status in TAKEN_BACK else ()
    replaces = (inbound.message_type, inbound.document_number) if inbound.message_type in _REVISIONS else ()
    return "|".join((order.report_status, inbound.document_status, *dates, *withdrawn, *replaces))


def patient_key(dossier: Dossier) -> str:
    """The certain patient's number; without one, what the message calls the patient."""
    match = dossier.patient
    if match is not None and match.decision is Decision.MATCH and match.record is not None:
        return f"mrn:{match.record.mrn}"
    person = dossier.inbound.patient if dossier.inbound else None
    if person is None:
        return "unknown"
    return "|".join(("said", *(f"{item.authority}:{item.value}" for item in person.identifiers), person.birth_date))


def is_repeat(dossier: Dossier, taken: Collection[Print]) -> bool:
    """Whether everything the message brings came before: its results, and each document by its file or its reading."""
    results = of_results(dossier)
    brought = [] if results is None else [results in taken]
    for document in dossier.documents:
        report = dossier.report_on(document.sha256)
        known = of_report(report, dossier) if report is not None else ()
        brought.append(of_document(document, dossier) in taken or (bool(known) and set(known) <= set(taken)))
    return bool(brought) and all(brought)


def contradicts(report: LabReport, dossier: Dossier, taken: Collection[Print]) -> bool:
    """The report came before and said something else."""
    known = of_report(report, dossier)
    return bool(known) and known[0] in taken and known[1] not in taken
