"""dedupe: is the same report here already."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

from engine.domain import fingerprint
from engine.domain.document import Document
from engine.domain.dossier import Dossier
from engine.domain.message import MessageState
from engine.domain.outcome import Continue, Duplicate, Outcome
from engine.domain.patient import Decision
from engine.domain.reasons import merge, reason
from engine.domain.report import LabReport
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.stage import FingerprintLookup, StageContext, StageServices
from engine.ports.store import Fingerprint

Print = tuple[str, str]
"""Kind and value of a fingerprint."""
_GONE = frozenset({MessageState.WITHDRAWN, MessageState.FILTERED})


class DedupeSettings(Settings):
    """Recognise a report that came before, under whatever control id or door."""


class Dedupe:
    """The dedupe stage. Its fingerprints are claimed in the transaction that queues the deliveries."""

    checkpoint = False

    def __init__(self, lookup: FingerprintLookup) -> None:
        self._lookup = lookup

    async def run(self, dossier: Dossier, context: StageContext) -> Outcome:
        """Compare with what came before; a repeat ends here, a contradiction goes to a person."""
        prints = _fingerprints(dossier)
        owners = [
            owner
            for owner in await self._lookup.find_fingerprints([Fingerprint(kind=k, value=v) for k, v in prints])
            if owner.message_id != context.message_id and owner.state not in _GONE
        ]
        taken = {(owner.fingerprint.kind, owner.fingerprint.value) for owner in owners}
        free = replace(dossier, fingerprints=tuple(item for item in prints if item not in taken))
        if taken and _is_repeat(dossier, taken):
            return Duplicate(free, owners[0].message_id)
        if any(_contradicts(report, dossier, taken) for report in dossier.reports):
            return Continue(replace(free, reasons=merge(free.reasons, [reason("duplicate.conflict", field="report")])))
        return Continue(free)

    async def close(self) -> None:
        """Nothing is held."""


def _fingerprints(dossier: Dossier) -> list[Print]:
    """Every identity of the message, bound to the patient it was decided (or claimed) to be about."""
    found = [_of_results(dossier), *(_of_document(item, dossier) for item in dossier.documents)]
    for report in dossier.reports:
        found.extend(_of_report(report, dossier))
    return list(dict.fromkeys(item for item in found if item is not None))


def _of_results(dossier: Dossier) -> Print | None:
    return fingerprint.of_message(dossier.inbound, patient=_patient_key(dossier)) if dossier.inbound else None


def _of_document(document: Document, dossier: Dossier) -> Print:
    return fingerprint.of_document(
        document, patient=_patient_key(dossier), status=_version(document, dossier, dated=True)
    )


def _of_report(report: LabReport, dossier: Dossier) -> tuple[Print, ...]:
    """The report's identity and its reading; nothing for a page of several patients or one that says too little."""
    document = next((item for item in dossier.documents if item.sha256 == report.document.sha256), None)
    if report.patient_count > 1 or document is None:
        return ()
    facility = dossier.inbound.sending_facility if dossier.inbound else ""
    identity = fingerprint.of_report(
        report, patient=_patient_key(dossier), facility=facility, status=_version(document, dossier, dated=False)
    )
    return () if identity is None else (identity, fingerprint.of_reading(report, identity))


def _version(document: Document, dossier: Dossier, *, dated: bool) -> str:
    """What the message says of the version: report status, completion status of an MDM, when reported, remarks."""
    inbound = dossier.inbound
    if inbound is None or document.order_index >= len(inbound.orders):
        return ""
    order = inbound.orders[document.order_index]
    dates = (order.reported_at, *inbound.note_lines, *order.note_lines) if dated else ()
    return "|".join((order.report_status, inbound.document_status, *dates))


def _patient_key(dossier: Dossier) -> str:
    """The certain patient's number; without one, what the message calls the patient."""
    match = dossier.patient
    if match is not None and match.decision is Decision.MATCH and match.record is not None:
        return f"mrn:{match.record.mrn}"
    person = dossier.inbound.patient if dossier.inbound else None
    if person is None:
        return "unknown"
    return "|".join(("said", *(f"{item.authority}:{item.value}" for item in person.identifiers), person.birth_date))


def _is_repeat(dossier: Dossier, taken: Collection[Print]) -> bool:
    """Whether everything the message brings came before: its results, and each document by its file or its reading."""
    results = _of_results(dossier)
    brought = [] if results is None else [results in taken]
    for document in dossier.documents:
        report = dossier.report_on(document.sha256)
        known = _of_report(report, dossier) if report is not None else ()
        brought.append(_of_document(document, dossier) in taken or (bool(known) and set(known) <= set(taken)))
    return bool(brought) and all(brought)


def _contradicts(report: LabReport, dossier: Dossier, taken: Collection[Print]) -> bool:
    """The report came before and said something else."""
    known = _of_report(report, dossier)
    return bool(known) and known[0] in taken and known[1] not in taken


def _build(_settings: DedupeSettings, services: StageServices) -> Any:
    return Dedupe(services.fingerprints)


PLUGIN = Plugin(
    kind=Kind.STAGE,
    name="dedupe",
    settings=DedupeSettings,
    build=_build,
    summary="Recognises a report that came before and links it to the first.",
    guarantees="A new status (P, F, C) is never a repeat; equal identity with other values goes to a person.",
)
