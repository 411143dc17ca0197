"""From a finished dossier to what is queued: payloads for the destinations, a review case, or both."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import datetime

from engine.domain.dossier import Dossier
from engine.domain.message import MessageId, MessageState
from engine.domain.outcome import Release, ReleaseKind, plan_release
from engine.domain.reasons import merge
from engine.mapping import versions_out
from engine.pipeline import codec
from engine.pipeline.plan import ChannelPlan
from engine.ports.content import Content
from engine.ports.destination import Destination, Outgoing
from engine.ports.store import AuditEntry, Fingerprint, NewDelivery, NewReview, Overtaken, Transition, WorkItem


def finish(item: WorkItem, plan: ChannelPlan, dossier: Dossier, content: Content, now: datetime) -> Transition:
    """The last transition of a message: everything that follows from its dossier, in one transaction.

    Raises:
        ValueError: a destination can build nothing valid of it.
    """
    release = plan_release(dossier)
    text, said = codec.encode_said(dossier)
    return Transition(
        message_id=item.id,
        next_stage=None,
        dossier=text,
        reasons=merge(dossier.all_reasons, release.reasons),
        metadata=dossier.metadata,
        documents=dossier.documents,
        fingerprints=tuple(Fingerprint(kind=kind, value=value) for kind, value in dossier.fingerprints),
        fingerprint_detail=versions_out.dumps(dossier.versions, is_all=versions_out.says_all(dossier)),
        deliveries=_deliveries(
            item,
            plan,
            Outgoing(channel=plan.name, dossier=dossier, content=content, release=release, control_id="", built_at=now),
            result_set_version(said, release),
        ),
        overtakes=_overtakes(dossier, release),
        review=NewReview(id=f"{item.id}-{item.run_id}", reasons=release.reasons) if release.reasons else None,
        audit=(AuditEntry(action="decide", detail=_detail(dossier, release)),),
    )


def _overtakes(dossier: Dossier, release: Release) -> tuple[Overtaken, ...]:
    """The messages whose unsent deliveries must not follow; one that holds something back says no other one whole."""
    is_all = release.kind is ReleaseKind.ALL
    return tuple(
        Overtaken(message_id=MessageId(one.message_id), is_whole=one.is_whole and is_all) for one in dossier.older
    )


def _deliveries(item: WorkItem, plan: ChannelPlan, outgoing: Outgoing, version: str) -> tuple[NewDelivery, ...]:
    """One payload a destination; none while everything waits for a person."""
    if outgoing.release.kind is ReleaseKind.NOTHING:
        return ()
    made = []
    for name, destination in plan.destinations.items():
        key = idempotency_key(item, name, version)
        made.append(_delivery(key, name, destination, replace(outgoing, control_id=control_id(key))))
    return tuple(made)


def end(item: WorkItem, dossier: Dossier, state: MessageState, *, why: str = "", duplicate_of: str = "") -> Transition:
    """A message that ends without a delivery: filtered, duplicate, or parked."""
    return Transition(
        message_id=item.id,
        next_stage=None,
        final_state=state,
        dossier=codec.encode(dossier),
        reasons=dossier.all_reasons,
        error=why,
        metadata={**dossier.metadata, "duplicate_of": duplicate_of} if duplicate_of else dossier.metadata,
        documents=dossier.documents,
        duplicate_of=duplicate_of or None,  # type: ignore[arg-type]  # an empty id is none
        audit=(AuditEntry(action="decide", detail=json.dumps({"state": state.value, "why": why})),),
    )


def idempotency_key(item: WorkItem, destination: str, version: str) -> str:
    """The identity of one result set for one destination: the same after every crash and every idle replay."""
    return f"{item.channel}/{item.id}/{destination}/{version}"


def result_set_version(dossier_text: str, release: Release) -> str:
    """Changes exactly when what leaves changes: what is known of the message, and how much of it is released."""
    held = ",".join(f"{sha256}:{result}" for sha256, result in sorted(release.held))
    return hashlib.sha256(f"{dossier_text}|{release.kind}|{held}".encode()).hexdigest()[:16]


def control_id(key: str) -> str:
    """MSH-10 of a payload: 20 characters, derived, so that a rebuilt payload can never leave under a second id."""
    digest = hashlib.sha256(key.encode("utf-8")).digest()
    return "HR" + base64.b32encode(digest[:12]).decode("ascii")[:18]


def _delivery(key: str, name: str, destination: Destination, outgoing: Outgoing) -> NewDelivery:
    return NewDelivery(
        id=hashlib.sha256(key.encode("utf-8")).hexdigest()[:32],
        destination=name,
        idempotency_key=key,
        control_id=outgoing.control_id,
        body=destination.build(outgoing),
        media_type=destination.media_type,
        required=destination.required,
    )


def _detail(dossier: Dossier, release: Release) -> str:
    results = sum(len(report.results) for report in dossier.reports)
    discrete = dossier.inbound.observation_count if dossier.inbound else 0
    return json.dumps(
        {
            "release": release.kind.value,
            "results": results,
            "held": len(release.held),
            "discrete": discrete,
            "patient": dossier.patient.step if dossier.patient else "message",
            "reasons": [item.code for item in release.reasons],
        }
    )
