"""Messages with a story: the report, the document and the message that carries it, and what happens to it next."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tests.generators.content import Report
from tests.generators.discrete import oru_discrete
from tests.generators.messages import (
    DIALECTS,
    Dialect,
    Envelope,
    envelope_of,
    mdm_document,
    oru_document,
    oru_text,
    renumbered,
)
from tests.generators.patients import Patient
from tests.generators.reports import compose, correct, render, render_text
from tests.generators.scans import saved_again, worn
from tests.generators.truth import Truth


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A message with all it was made from; ``document`` empty for discrete results."""

    raw: bytes
    dialect: Dialect
    envelope: Envelope
    report: Report
    truth: Truth
    document: bytes = b""


def send_pdf(
    dialect: str, layout: str, *, seed: int, control_id: str, language: str | None = None, patient: Patient | None = None,
    at: datetime | None = None, status: str = "final", panels: tuple[str, ...] | None = None,
) -> Sent:  # fmt: skip
    """An ORU^R01 with the report as PDF."""
    report = compose(layout, seed=seed, language=language, patient=patient, at=at, status=status, panels=panels)
    return _with_document(DIALECTS[dialect], report, control_id, patient=report.patient)


def _with_document(
    dialect: Dialect, report: Report, control_id: str, *, patient: Patient, document: bytes | None = None
) -> Sent:
    made, truth = render(report)
    content = made if document is None else document
    envelope = replace(envelope_of(report, control_id), patient=patient)
    raw = oru_document(dialect, envelope, content)
    return Sent(raw=raw, dialect=dialect, envelope=envelope, report=report, truth=truth, document=content)


def with_document(sent: Sent, control_id: str, document: bytes) -> Sent:
    """The same order carrying another file instead of its report."""
    return _with_document(sent.dialect, sent.report, control_id, patient=sent.envelope.patient, document=document)


def wrong_patient(sent: Sent, control_id: str, named: Patient) -> Sent:
    """PID names ``named``, the document is still about the report's own patient."""
    return _with_document(sent.dialect, sent.report, control_id, patient=named)


def correction(sent: Sent, control_id: str) -> Sent:
    """The corrected report for the same order: OBR-25 C, OBR-22 later, one value changed."""
    return _with_document(sent.dialect, correct(sent.report), control_id, patient=sent.envelope.patient)


def duplicate(sent: Sent, control_id: str, *, minutes: int = 7) -> Sent:
    """The same content again under another control id and MSH-7."""
    again = sent.envelope.sent + timedelta(minutes=minutes)
    envelope = replace(sent.envelope, control_id=control_id, sent=again)
    return replace(sent, raw=renumbered(sent.raw, sent.dialect, control_id, again), envelope=envelope)


def withdrawal(sent: Sent, control_id: str, *, hours: int = 3) -> Sent:
    """The document posted as wrong (OBX-11 W) under the same order; OBR-22 later."""
    reported = sent.envelope.reported + timedelta(hours=hours)
    envelope = replace(
        sent.envelope, control_id=control_id, sent=reported + timedelta(minutes=1), reported=reported, status="C"
    )
    raw = oru_document(sent.dialect, envelope, sent.document).replace(b"||||||C", b"||||||W")
    return replace(sent, raw=raw, envelope=envelope)


def through_a_portal(sent: Sent, dialect: str, control_id: str) -> Sent:
    """The same report downloaded from the lab's portal: the file saved anew, another sender, no order numbers."""
    document = saved_again(sent.document)
    envelope = replace(sent.envelope, control_id=control_id, placer="", filler="")
    raw = oru_document(DIALECTS[dialect], envelope, document)
    return replace(sent, raw=raw, dialect=DIALECTS[dialect], envelope=envelope, document=document)


def scan(sent: Sent, control_id: str) -> Sent:
    """The same order with its report as a scanner delivers it: grainy, a little askew, no text layer."""
    return with_document(sent, control_id, worn(sent.document, "scan"))


def send_mdm(
    dialect: str, layout: str, *, seed: int, control_id: str, number: str, language: str | None = None, patient: Patient | None = None,
    at: datetime | None = None, event: str = "T02", parent: str = "", completion: str = "AU", availability: str = "AV",
) -> Sent:  # fmt: skip
    """An MDM with the report as PDF."""
    report = compose(layout, seed=seed, language=language, patient=patient, at=at)
    document, truth = render(report)
    envelope = envelope_of(report, control_id)
    raw = mdm_document(
        DIALECTS[dialect],
        envelope,
        document,
        number=number,
        event=event,
        parent=parent,
        completion=completion,
        availability=availability,
    )
    return Sent(raw=raw, dialect=DIALECTS[dialect], envelope=envelope, report=report, truth=truth, document=document)


def send_text(
    dialect: str, layout: str, *, seed: int, control_id: str, kind: str = "TX", language: str | None = None, patient: Patient | None = None,
    at: datetime | None = None, panels: tuple[str, ...] | None = None,
) -> Sent:  # fmt: skip
    """An ORU^R01 with the report as TX lines or one FT."""
    report = compose(layout, seed=seed, language=language, patient=patient, at=at, panels=panels)
    text, truth = render_text(report)
    envelope = envelope_of(report, control_id)
    raw = oru_text(DIALECTS[dialect], envelope, text, kind=kind)
    return Sent(
        raw=raw, dialect=DIALECTS[dialect], envelope=envelope, report=report, truth=truth, document=text.encode()
    )


def send_discrete(
    dialect: str, layout: str, *, seed: int, control_id: str, coding: str = "first", language: str | None = None,
    patient: Patient | None = None, at: datetime | None = None, panels: tuple[str, ...] | None = None, note: str = "",
) -> Sent:  # fmt: skip
    """An ORU^R01 with discrete results; ``coding`` as for ``oru_discrete``."""
    report = compose(layout, seed=seed, language=language, patient=patient, at=at, panels=panels)
    envelope = envelope_of(report, control_id)
    raw = oru_discrete(DIALECTS[dialect], envelope, report, coding=coding, note=note)
    return Sent(raw=raw, dialect=DIALECTS[dialect], envelope=envelope, report=report, truth=render_text(report)[1])
