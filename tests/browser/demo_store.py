"""A store full of synthetic traffic, so that pages show every state they know."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from engine.domain.document import Document
from engine.domain.dossier import Dossier
from engine.domain.message import DeliveryState, MessageState
from engine.domain.patient import Decision, Evidence, Match, PatientRecord
from engine.domain.report import (
    LabReport,
    PrintedIdentifier,
    Provenance,
    ReadDocument,
    ReportHeader,
    ReportLab,
    ReportPatient,
    Result,
    Section,
)
from engine.pipeline import codec
from engine.ports.store import MessageView, QueueView
from engine.web.services import ChannelInfo, DestinationInfo, Readiness, SourceInfo, StageInfo
from tests.unit.web.acting_store import ActingStore
from tests.unit.web.fakes import START, a_reason, delivery, detail, message_id, review, view

PDF = b"%PDF-1.4 synthetic " + b"0123456789" * 4000 + b"\n%%EOF\n"
SHA = hashlib.sha256(PDF).hexdigest()
STATES = list(MessageState)

RAW = (
    b"MSH|^~\\&|LABSYS|NORTHLAB|EHR|HOSP|20260302081500||ORU^R01^ORU_R01|MSG00001|P|2.5.1\r"
    b"PID|1||MRN0001^^^HOSP^MR||Sample^Synthetic^Q||19680512|F\r"
    b"OBR|1|P-77^EHR|F-1234^NORTHLAB|11502-2^Laboratory report^LN|||20260302070000\r"
    b"OBX|1|ED|PDF^Report^L||^application^pdf^Base64^" + base64.b64encode(PDF) + b"||||||F\r"
    b"NTE|1|L|<script>alert(1)</script> stays text\r"
)
BUILT = (
    b"MSH|^~\\&|HEADRACE|HOSP|EHR|HOSP|20260302081501||ORU^R01^ORU_R01|HR000001|P|2.5.1\r"
    b"PID|1||MRN0001^^^HOSP^MR||Sample^Synthetic||19680512|F\r"
    b"OBR|1|P-77^EHR|F-1234^NORTHLAB|11502-2^Laboratory report^LN|||20260302070000\r"
    b"OBX|1|NM|2823-3^Potassium^LN||5.10|mmol/L^^UCUM|3.5-5.1|N|||F\r"
    b"OBX|2|SN|2951-2^Sodium^LN||^139|mmol/L^^UCUM|136-145|N|||F\r"
)
ACK = b"MSH|^~\\&|EHR|HOSP|HEADRACE|HOSP|20260302081502||ACK^R01|A1|P|2.5.1\rMSA|AA|HR000001\r"

CHANNELS = (
    ChannelInfo(
        name="lab-reports",
        title="Laboratory reports",
        sources=(SourceInfo(name="lab", use="mllp", address="127.0.0.1:2575", listening=True, connections=3),),
        stages=tuple(StageInfo(id=name, use=name) for name in ("decode", "extract", "reconcile", "dedupe", "review")),
        destinations=(
            DestinationInfo(name="ehr", use="mllp", address="10.20.0.5:2576"),
            DestinationInfo(name="archive", use="files", address="var/archive", required=False),
        ),
    ),
    ChannelInfo(
        name="micro",
        title="Microbiology",
        sources=(SourceInfo(name="micro-lab", use="mllp", address="127.0.0.1:2585"),),
        destinations=(DestinationInfo(name="ehr", use="mllp", address="10.20.0.5:2576"),),
    ),
    ChannelInfo(name="scans", title="Scanned reports", enabled=False, sources=(SourceInfo(name="in", use="folder"),)),
)


async def ready() -> Readiness:
    return Readiness(ok=False, checks={"listeners": "micro-lab is not bound"})


def filled_store(messages: int = 70) -> ActingStore:
    details = [detail(_message(number), dossier=_dossier(number)) for number in range(1, messages + 1)]
    in_review = [item.message for item in details if item.message.state is MessageState.REVIEW]
    sent = {item.id: BUILT for one in details for item in one.message.deliveries}
    store = ActingStore(
        details=details,
        raws={item.message.id: RAW for item in details},
        acks={item.message.id: b"MSH|^~\\&|HEADRACE\rMSA|AA|" + item.message.control_id.encode() for item in details},
        payloads=sent,
        answers=dict.fromkeys(sent, ACK),
        review_views=[review(number, item) for number, item in enumerate(in_review, 1)],
    )
    store.queues = (
        QueueView(
            channel="lab-reports",
            destination="ehr",
            queued=12,
            parked=1,
            oldest_at=START + timedelta(minutes=3),
            head_error="connection refused",
        ),
    )
    return store


def _message(number: int) -> MessageView:
    state = MessageState.DELIVERED if number % 3 else STATES[(number // 3) % len(STATES)]
    reasons = ()
    if state is MessageState.REVIEW:
        reasons = (a_reason("patient.conflict", "patient"), a_reason("value.ambiguous", "results[r3].value"))
    elif number % 10 == 1:
        reasons = (a_reason("charset.guessed", "MSH-18"),)
    sent = {
        MessageState.DELIVERED: delivery(number),
        MessageState.QUEUED: delivery(number, state=DeliveryState.QUEUED, ack_code=None, sent_at=None, error="refused"),
        MessageState.PARKED: delivery(number, state=DeliveryState.PARKED, ack_code="AE", attempts=2),
    }
    return view(
        number,
        channel="micro" if number % 7 == 0 else "lab-reports",
        state=state,
        reasons=reasons,
        documents=(
            Document(
                sha256=SHA, media_type="application/pdf", size_bytes=len(PDF), location="OBX[1]-5", title="Report"
            ),
        ),
        deliveries=(sent[state],) if state in sent else (),
        size_bytes=len(RAW),
        duplicate_of=message_id(1) if state is MessageState.DUPLICATE else None,
    )


def _result(number: int, name: str, value: str, unit: str, printed: tuple[str, str], **more: object) -> Result:
    reference, loinc = printed
    made = Result(
        id=f"r{number}",
        test_name=name,
        value=value,
        numeric_value=Decimal(value) if value.replace(".", "").isdigit() else None,
        unit=unit,
        reference_range=reference,
        loinc_code=loinc,
        confidence=0.985,
        provenance=Provenance(page=1, box=(40.0, 100.0 + 20 * number, 200.0, 112.0 + 20 * number)),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def _dossier(number: int) -> str:
    doubt = {"needs_review": True, "confidence": 0.61, "review_reasons": (a_reason("value.ambiguous", "r3"),)}
    report = LabReport(
        document=ReadDocument(sha256=SHA, media_type="application/pdf", pages=1, language="es"),
        patient=ReportPatient(
            name="Sample, Synthetic",
            birth_date="1968-05-12",
            sex="F",
            identifiers=(PrintedIdentifier(value="MRN0001", type="MR"),),
        ),
        lab=ReportLab(name="Northlab", accession="ACC-2026-0001"),
        report=ReportHeader(collected_at="2026-03-02T07:00", reported_at="2026-03-02T08:10", status="final"),
        sections=(
            Section(
                name="BIOQUÍMICA",
                results=(
                    _result(1, "Potasio", "5.10", "mmol/L", ("3.5 - 5.1", "2823-3"), test_name_en="Potassium"),
                    _result(2, "Sodio", "139", "mmol/L", ("136 - 145", "2951-2"), test_name_en="Sodium"),
                    _result(3, "Glucosa basal", "1,234", "mg/dL", ("70 - 110", "2345-7"), flag="H", **doubt),
                    _result(4, "Índice local X", "<0.5", "U", ("", "")),
                ),
            ),
            Section(name="HEMATOLOGÍA", results=(_result(5, "Hemoglobina", "13.2", "g/dL", ("12.0 - 16.0", "718-7")),)),
        ),
    )
    match = Match(
        decision=Decision.MATCH,
        record=PatientRecord(mrn="MRN0001", family="Sample", given="Synthetic", birth_date="1968-05-12", sex="F"),
        score=0.9991,
        step="identifier",
        evidence=(
            Evidence(field="identifier", outcome="agree", weight=12.4),
            Evidence(field="family", outcome="agree", weight=7.9),
            Evidence(field="postcode", outcome="missing", weight=0.0),
        ),
    )
    return codec.encode(Dossier(reports=(report,), patient=match, supersedes=message_id(2) if number == 1 else ""))
