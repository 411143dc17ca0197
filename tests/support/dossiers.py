"""Small dossiers for tests of the rules behind the stages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from engine.domain.document import Document, OpenedDocument
from engine.domain.dossier import Dossier
from engine.domain.message import MessageId
from engine.domain.patient import Decision, Match, PatientRecord
from engine.domain.reasons import Reason
from engine.domain.report import LabReport, ReadDocument, ReportHeader, ReportLab, ReportPatient, Result, Section
from engine.ports.content import Content
from engine.ports.stage import StageContext
from tests.support.lab_messages import OBR, message

NOW = datetime(2026, 3, 1, 10, 15, tzinfo=UTC)
RECORD = PatientRecord(
    mrn="4711", assigning_authority="HOSP", family="Marlow", given="Ada", birth_date="1968-05-12", sex="F"
)
MATCHED = Match(decision=Decision.MATCH, record=RECORD, score=0.999, step="identifier")


def result(number: int = 1, value: str = "105", **changes: object) -> Result:
    """A glucose-like result `r<number>` with its own code."""
    values: dict[str, object] = {
        "id": f"r{number}",
        "test_name": f"Test {number}",
        "loinc_code": f"{1000 + number}-1",
        "value": value,
        "numeric_value": Decimal(value) if value.replace(".", "", 1).isdecimal() else None,
        "unit": "mg/dL",
        "unit_ucum": "mg/dL",
        "confidence": 0.99,
    }
    return Result(**(values | changes))  # type: ignore[arg-type]  # the caller's words


def report(
    document: Document, *results: Result, reasons: Sequence[Reason] = (), status: str = "", accession: str = "A-77"
) -> LabReport:
    """What was read from that document."""
    return LabReport(
        document=ReadDocument(sha256=document.sha256, media_type=document.media_type),
        patient=ReportPatient(name="Ada Marlow", birth_date="1968-05-12", sex="F"),
        patient_count=1,
        lab=ReportLab(name="Mill Lane Laboratory", accession=accession),
        report=ReportHeader(collected_at="2026-03-01T08:15", reported_at="2026-03-01T10:00", status=status),
        sections=(Section(name="CHEMISTRY", results=results),),
        engine="local-test",
        confidence=0.99,
        review_reasons=tuple(reasons),
    )


def opened(raw: bytes) -> Mapping[str, OpenedDocument]:
    """The message's documents by digest."""
    return {item.document.sha256: item for item in Content(raw).decoded.documents}


def dossier_of(*lines: str, patient: Match | None = MATCHED, **changes: object) -> Dossier:
    """A dossier as decode and reconcile leave it."""
    found = Content(message(*(lines or (OBR,)))).decoded
    documents = tuple(item.document for item in found.documents)
    values: dict[str, object] = {"inbound": found.inbound, "documents": documents, "patient": patient}
    return Dossier(**(values | changes))  # type: ignore[arg-type]  # the caller's words


def context(raw: bytes, number: int = 1) -> StageContext:
    """A stage's view of that message."""
    return StageContext(message_id=MessageId(f"M{number}"), channel="lab", content=Content(raw), now=NOW)
