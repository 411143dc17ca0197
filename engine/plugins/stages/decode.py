"""decode: the message's bytes to clinical content and documents."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.domain.dossier import Dossier
from engine.domain.order import Inbound
from engine.domain.outcome import Continue, Filtered, Outcome
from engine.domain.reasons import Reason, merge, reason
from engine.extraction.normalise import normalise
from engine.extraction.packs.load import load_packs
from engine.extraction.packs.model import Packs
from engine.hl7v2.errors import Er7Error
from engine.ports.content import Content, Decoded
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.stage import StageContext, StageServices

# Status and cancel notifications bring no document of their own. Source: HL7 v2.5.1 chapter 9.6.
_CANCELS = frozenset({"MDM^T11"})
_NOTIFICATIONS = frozenset({"MDM^T01", "MDM^T03", "MDM^T05", "MDM^T07", "MDM^T09"})
# OBX-11 of a document the lab takes back: deleted, wrong (perhaps the wrong patient), cannot be obtained (table 0085).
_WITHDRAWN = frozenset({"D", "W", "X"})


class DecodeSettings(Settings):
    """Read the message: patient, orders, discrete results, and the documents embedded in it."""

    normalise: bool = False
    """Add LOINC codes and UCUM units to discrete results where they are certain; off, they pass byte for byte."""


class Decode:
    """The decode stage; pure, so its output is not committed on its own."""

    checkpoint = False

    def __init__(self, packs: Packs | None = None) -> None:
        self._packs = packs

    async def run(self, dossier: Dossier, context: StageContext) -> Outcome:
        """Read the message; what cannot be read becomes a reason, never a loss."""
        try:
            decoded = context.content.decoded
        except Er7Error:
            return Continue(replace(dossier, reasons=merge(dossier.reasons, [reason("message.unreadable")])))
        inbound = decoded.inbound if self._packs is None else normalise(decoded.inbound, self._packs)
        filled = replace(
            dossier,
            normalise=self._packs is not None,
            inbound=inbound,
            documents=tuple(item.document for item in decoded.documents),
            reasons=merge(dossier.reasons, decoded.reasons, _reasons(context.content, decoded)),
            metadata={**dossier.metadata, **_metadata(inbound)},
        )
        nothing = not filled.documents and not decoded.reasons and not inbound.observation_count
        if inbound.message_type in _NOTIFICATIONS and nothing:
            return Filtered(filled, "a notification without a document")
        return Continue(filled)

    async def close(self) -> None:
        """Nothing is held."""


def _reasons(content: Content, decoded: Decoded) -> list[Reason]:
    inbound = decoded.inbound
    found: list[Reason] = []
    if inbound.patient_count > 1:
        found.append(reason("patient.two_in_message", field="PID"))
    if inbound.kind != "DOCUMENT" and content.message.charset_guessed:
        found.append(reason("charset.guessed", field="MSH-18"))
    if inbound.message_type in _CANCELS:
        found.append(reason("result.withdrawn", field="TXA-12"))
    elif not decoded.documents and not decoded.reasons and not inbound.observation_count:
        found.append(reason("extraction.no_results", "The message holds neither a result nor a document."))
    found.extend(
        reason("result.withdrawn", field=item.document.location)
        for item in decoded.documents
        if item.document.status in _WITHDRAWN
    )
    found.extend(
        reason("document.truncated", field=item.document.location)
        for item in decoded.documents
        if not item.document.complete
    )
    return found


def _metadata(inbound: Inbound) -> dict[str, str]:
    """Search keys from the message; the patient's number is added once it is certain."""
    first = inbound.orders[0] if inbound.orders else None
    found = {
        "sender": inbound.sending_facility or inbound.sending_application,
        "document_number": inbound.document_number,
        "filler": first.filler_order_number.number if first else "",
        "placer": first.placer_order_number.number if first else "",
    }
    return {key: value for key, value in found.items() if value}


def _build(settings: DecodeSettings, _services: StageServices) -> Any:
    return Decode(load_packs() if settings.normalise else None)


PLUGIN = Plugin(
    kind=Kind.STAGE,
    name="decode",
    settings=DecodeSettings,
    build=_build,
    summary="Reads the message and takes the documents out of it.",
    guarantees="Pure: the same bytes give the same content.",
)
