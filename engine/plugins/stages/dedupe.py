"""dedupe: is the same report here already."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from engine.domain import fingerprint
from engine.domain.dossier import Dossier
from engine.domain.message import MessageState
from engine.domain.outcome import Continue, Duplicate, Outcome
from engine.domain.patient import Decision
from engine.domain.reasons import merge, reason
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.stage import FingerprintLookup, StageContext, StageServices
from engine.ports.store import Fingerprint, FingerprintOwner

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
        same = next((owner for owner in owners if _is_repeat(owner, prints, dossier, taken)), None)
        if same is not None:
            return Duplicate(free, same.message_id)
        if any(owner.fingerprint.kind == "report" for owner in owners):
            return Continue(replace(free, reasons=merge(free.reasons, [reason("duplicate.conflict", field="report")])))
        return Continue(free)

    async def close(self) -> None:
        """Nothing is held."""


def _fingerprints(dossier: Dossier) -> list[tuple[str, str]]:
    """Every identity of the message, bound to the patient it was decided (or claimed) to be about."""
    inbound = dossier.inbound
    if inbound is None:
        return []
    patient = _patient_key(dossier)
    found: list[tuple[str, str] | None] = [fingerprint.of_message(inbound, patient=patient)]
    for document in dossier.documents:
        order = inbound.orders[document.order_index] if document.order_index < len(inbound.orders) else None
        status = f"{order.report_status}|{order.reported_at}" if order else ""
        found.append(fingerprint.of_document(document, patient=patient, status=f"{status}|{inbound.document_status}"))
    found.extend(
        fingerprint.of_report(report, patient=patient, facility=inbound.sending_facility)
        for report in dossier.reports
        if not report.patient_count > 1
    )
    return list(dict.fromkeys(item for item in found if item is not None))


def _patient_key(dossier: Dossier) -> str:
    """The certain patient's number; without one, what the message calls the patient."""
    match = dossier.patient
    if match is not None and match.decision is Decision.MATCH and match.record is not None:
        return f"mrn:{match.record.mrn}"
    person = dossier.inbound.patient if dossier.inbound else None
    if person is None:
        return "unknown"
    return "|".join(("said", *(f"{item.authority}:{item.value}" for item in person.identifiers), person.birth_date))


def _is_repeat(
    owner: FingerprintOwner, prints: Sequence[tuple[str, str]], dossier: Dossier, taken: set[tuple[str, str]]
) -> bool:
    """The same discrete results; or every document known already; or the same report with the same values."""
    kind = owner.fingerprint.kind
    if kind == "message":
        return True
    if kind == "document":
        documents = [item for item in prints if item[0] == "document"]
        discrete = any(item[0] == "message" for item in prints)
        return not discrete and all(item in taken for item in documents)
    return bool(dossier.reports) and _stored_values(owner) == fingerprint.values_of(dossier.reports)


def _stored_values(owner: FingerprintOwner) -> str:
    return str(json.loads(owner.detail or "{}").get("values", ""))


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
