"""HL7 v2 messages as vendors write them, built from plain strings and never by the engine.

Every function takes its times and ids; the same arguments give the same bytes.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from tests.generators.content import Report
from tests.generators.patients import Patient

CR = "\r"
STAMP = "%Y%m%d%H%M%S"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """How one vendor writes.

    Attributes:
        name: Key of the dialect.
        version: MSH-12.
        application, facility: MSH-3 and MSH-4 exactly as sent.
        charset: MSH-18 as sent, may be empty.
        codec: Python codec the bytes are in.
        type_tail: The message type carries its structure (``ORU^R01^ORU_R01``).
        pid3: ``authority`` (CX with authority and type), ``bare`` (id only), ``oid`` (authority with OID).
        old_ids: Fill PID-2 and PID-4 as version 2.2 systems do.
        ed: First four components of an ED value.
        ed_type: OBX-2 of the embedded document.
        breaks: What stands after each 76 base64 characters; empty for one run.
        chunk: Base64 characters per OBX; 0 keeps one OBX.
        orc: An ORC goes before each OBR.
        document_id: OBX-3 of the embedded document.
        zone: Offset behind times, may be empty.
    """

    name: str
    version: str
    application: str
    facility: str
    charset: str = ""
    codec: str = "ascii"
    type_tail: bool = True
    pid3: str = "authority"
    old_ids: bool = False
    ed: str = "^AP^PDF^Base64"
    ed_type: str = "ED"
    breaks: str = ""
    chunk: int = 0
    orc: bool = True
    document_id: str = "11502-2^Laboratory report^LN"
    zone: str = ""


DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect
    for dialect in (
        Dialect(name="classic23", version="2.3", application="LABSYS", facility="TDW", codec="latin-1", type_tail=False, pid3="bare", old_ids=True,
                ed="Application^PDF^Base64", orc=False, document_id="PDFREPORT^PDF REPORT^L"),
        Dialect(name="short231", version="2.3.1", application="GESTLAB", facility="HCA", charset="8859/1", codec="latin-1", type_tail=False, pid3="bare",
                ed="^TEXT^PDF^Base64", breaks="\\.br\\", document_id="INFORME^Informe de laboratorio^99HCA"),
        Dialect(name="blank24", version="2.4", application="MCL^^", facility="MCLW", charset="", codec="utf-8", ed="^^^", chunk=0, document_id="PDF^Display format in PDF^AUSPDI"),
        Dialect(name="lri251", version="2.5.1", application="TidewaterLIS^2.16.840.1.113883.3.72.5.20^ISO", facility="TDW^34D0655205^CLIA", charset="UNICODE UTF-8", codec="utf-8",
                pid3="oid", ed="^AP^PDF^Base64", zone="-0500"),
        Dialect(name="chunked251", version="2.5.1", application="OAKLAB", facility="OAK", charset="UNICODE UTF-8", codec="utf-8", ed="^application^pdf^Base64", chunk=3000, document_id="PDF^Report^L"),
        Dialect(name="mime26", version="2.6", application="RIVERLIS", facility="RVR", charset="UNICODE UTF-8", codec="utf-8", ed="^application^pdf^Base64", zone="+0100"),
    )
}  # fmt: skip


def escape(text: str) -> str:
    """Text with the five HL7 separators escaped."""
    out = text.replace("\\", "\\E\\")
    for sign, code in (("|", "F"), ("^", "S"), ("~", "R"), ("&", "T")):
        out = out.replace(sign, f"\\{code}\\")
    return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """What stands around the results of one message.

    Attributes:
        control_id: MSH-10.
        sent: MSH-7.
        patient: The person in PID.
        placer, filler: Order numbers; empty when the sender has none.
        status: OBR-25 (or, for MDM, decides nothing).
        reported: OBR-22.
        collected: OBR-7.
        accept, application: MSH-15 and MSH-16.
        processing_id: MSH-11.
    """

    control_id: str
    sent: datetime
    patient: Patient
    placer: str
    filler: str
    collected: datetime
    reported: datetime
    status: str = "F"
    accept: str = ""
    application: str = ""
    processing_id: str = "P"


def envelope_of(report: Report, control_id: str, *, sent: datetime | None = None) -> Envelope:
    """The envelope a lab would put around this report; sent a minute after it was reported."""
    order = report.order
    status = {"final": "F", "preliminary": "P", "corrected": "C"}[order.status]
    return Envelope(
        control_id=control_id, sent=sent or order.reported + timedelta(minutes=1), patient=report.patient, placer=order.placer,
        filler=order.accession, collected=order.collected, reported=order.reported, status=status,
    )  # fmt: skip


def _time(moment: datetime, dialect: Dialect) -> str:
    return f"{moment:{STAMP}}{dialect.zone}"


def msh(dialect: Dialect, envelope: Envelope, kind: str) -> str:
    """The MSH for ``ORU^R01`` or ``MDM^T02``..."""
    code, event = kind.split("^")
    structure = f"MDM_T0{2 - int(event[1:]) % 2}" if code == "MDM" else f"{code}_{event}"
    fields = [
        "MSH", "^~\\&", dialect.application, dialect.facility, "EHR", "HOSP", _time(envelope.sent, dialect), "",
        f"{kind}^{structure}" if dialect.type_tail else kind, envelope.control_id, envelope.processing_id, dialect.version,
        "", "", envelope.accept, envelope.application, "", dialect.charset,
    ]  # fmt: skip
    return "|".join(fields).rstrip("|")


def pid(dialect: Dialect, patient: Patient) -> str:
    """The PID segment in the dialect's habit of writing identifiers."""
    mrn, authority = patient.mrn, patient.assigning_authority
    third = {
        "bare": mrn,
        "authority": f"{mrn}^^^{authority}^MR",
        "oid": f"{mrn}^^^{authority}&2.16.840.1.113883.3.72.5.30.2&ISO^MR^{authority}",
    }[dialect.pid3]
    if dialect.pid3 != "bare":
        third += "".join(f"~{value}^^^{owner}^NI" for owner, value in (one.split(":") for one in patient.identifiers))
    second, fourth = (f"EXT{mrn}", f"ALT-{mrn}") if dialect.old_ids else ("", "")
    name = f"{escape(patient.family)}^{escape(patient.given)}^{patient.middle}".rstrip("^")
    if dialect.pid3 == "oid":
        name = f"{escape(patient.family)}^{escape(patient.given)}^{patient.middle}^^^^L"
    address = f"^^^^{patient.postcode}" if patient.postcode else ""
    phone = f"^PRN^PH^^^^^^^^^{patient.phone}" if dialect.version == "2.6" and patient.phone else patient.phone
    fields = [
        "PID",
        "1",
        second,
        third,
        fourth,
        name,
        "",
        f"{patient.birth_date:%Y%m%d}",
        patient.sex,
        "",
        "",
        address,
        "",
        phone,
    ]
    return "|".join(fields).rstrip("|")


def order_segments(
    dialect: Dialect, envelope: Envelope, number: int, code: str, provider: str = "1000000004^OKONKWO^ADAEZE"
) -> list[str]:
    collected, reported = _time(envelope.collected, dialect), _time(envelope.reported, dialect)
    segments = [f"ORC|RE|{envelope.placer}|{envelope.filler}"] if dialect.orc else []
    fields = [""] * 26
    fields[0], fields[1], fields[2], fields[3], fields[4] = "OBR", str(number), envelope.placer, envelope.filler, code
    fields[7], fields[14], fields[16], fields[22], fields[24], fields[25] = (
        collected,
        collected,
        provider,
        reported,
        "LAB",
        envelope.status,
    )
    return [*segments, "|".join(fields)]


def document_obx(
    dialect: Dialect, document: bytes, *, first: int = 1, status: str = "F", ed: str | None = None
) -> list[str]:
    """OBX segments that carry a file as the dialect does: typed or not, broken, chunked."""
    text = base64.b64encode(document).decode("ascii")
    head = dialect.ed if ed is None else ed
    pieces = [text[i : i + dialect.chunk] for i in range(0, len(text), dialect.chunk)] if dialect.chunk else [text]
    if dialect.breaks:
        pieces = [dialect.breaks.join(piece[i : i + 76] for i in range(0, len(piece), 76)) for piece in pieces]
    return [
        f"OBX|{first + index}|{dialect.ed_type}|{dialect.document_id}|{'' if len(pieces) == 1 else index + 1}|{head}^{piece}||||||{status}"
        for index, piece in enumerate(pieces)
    ]


def join(segments: list[str], dialect: Dialect, *, end: str = CR) -> bytes:
    """Segments to bytes in the dialect's codec, each closed by ``end``."""
    return "".join(segment + end for segment in segments).encode(dialect.codec)


def oru_document(
    dialect: Dialect,
    envelope: Envelope,
    document: bytes,
    *,
    ed: str | None = None,
    end: str = CR,
    extra: tuple[str, ...] = (),
) -> bytes:
    """An ORU^R01 whose only observation is an embedded document; ``extra`` segments follow it."""
    code = "11502-2^Laboratory report^LN" if dialect.orc else "LAB^LABORATORY REPORT^L"
    segments = [
        msh(dialect, envelope, "ORU^R01"),
        pid(dialect, envelope.patient),
        "PV1|1|O",
        *order_segments(dialect, envelope, 1, code),
    ]
    return join([*segments, *document_obx(dialect, document, status=envelope.status, ed=ed), *extra], dialect, end=end)


def mdm_document(
    dialect: Dialect, envelope: Envelope, document: bytes, *, number: str, event: str = "T02", parent: str = "",
    completion: str = "AU", availability: str = "AV",
) -> bytes:  # fmt: skip
    """An MDM with TXA-12 ``number``, TXA-13 ``parent``, TXA-17 ``completion``, TXA-19 ``availability``; T11 carries no document."""
    fields = [""] * 20
    fields[0], fields[1], fields[2], fields[3] = (
        "TXA",
        "1",
        "LR^Laboratory Report^L" if dialect.version == "2.6" else "LR",
        "AP",
    )
    fields[4], fields[6] = _time(envelope.collected, dialect), _time(envelope.reported, dialect)
    fields[12], fields[13] = (
        f"{number}^{dialect.facility.split('^')[0]}",
        f"{parent}^{dialect.facility.split('^')[0]}" if parent else "",
    )
    fields[14], fields[15], fields[17], fields[19] = envelope.placer, envelope.filler, completion, availability
    segments = [
        msh(dialect, envelope, f"MDM^{event}"),
        f"EVN|{event}|{_time(envelope.sent, dialect)}",
        pid(dialect, envelope.patient),
        "PV1|1|O",
        "|".join(fields),
    ]
    body = [] if int(event[1:]) % 2 else document_obx(dialect, document, status="F")
    return join([*segments, *body], dialect)


def oru_text(
    dialect: Dialect, envelope: Envelope, text: str, *, kind: str = "TX", local: str = "LABRPT^Laboratory Report^L"
) -> bytes:
    r"""A report as text: ``TX`` one OBX per line, ``FT`` one OBX with ``\.br\``."""
    lines = [escape(line) for line in text.split("\n")]
    if kind == "FT":
        body = [f"OBX|1|FT|{local}|1|" + "\\.br\\".join(lines) + f"||||||{envelope.status}"]
    else:
        body = [
            f"OBX|{n}|{kind}|{local if n == 1 else ''}|1|{line}||||||{envelope.status}"
            for n, line in enumerate(lines, 1)
        ]
    return join(
        [
            msh(dialect, envelope, "ORU^R01"),
            pid(dialect, envelope.patient),
            *order_segments(dialect, envelope, 1, local),
            *body,
        ],
        dialect,
    )


def renumbered(raw: bytes, dialect: Dialect, control_id: str, sent: datetime) -> bytes:
    """The same content under another control id and time: a duplicate that is no retransmission."""
    head, tail = raw.split(b"\r", 1)
    fields = head.split(b"|")
    fields[6], fields[9] = _time(sent, dialect).encode(), control_id.encode()
    return b"|".join(fields) + b"\r" + tail


def with_line_feeds(raw: bytes, end: bytes = b"\n") -> bytes:
    """Segment ends as LF (or CRLF) instead of CR."""
    return raw.replace(b"\r", end)


def enhanced(envelope: Envelope, accept: str, application: str) -> Envelope:
    """The envelope with MSH-15 and MSH-16 set."""
    return replace(envelope, accept=accept, application=application)


def batch(messages: list[bytes], dialect: Dialect, envelope: Envelope, *, file: bool = True) -> bytes:
    """FHS BHS ... BTS FTS around messages; without ``file`` only BHS and BTS."""
    head = f"^~\\&|{dialect.application}|{dialect.facility}|EHR|HOSP|{_time(envelope.sent, dialect)}|||BATCH|{envelope.control_id}"
    parts = [
        f"FHS|{head}\r".encode(),
        f"BHS|{head}\r".encode(),
        *messages,
        f"BTS|{len(messages)}\r".encode(),
        b"FTS|1\r",
    ]
    return b"".join(parts if file else parts[1:-1])


def with_second_patient(raw: bytes, dialect: Dialect, other: Patient) -> bytes:
    """One message that holds two patients: a second PID and OBR group after the first."""
    head = raw.split(b"\r", 1)[0]
    tail = [
        pid(dialect, other),
        "OBR|2||2ND-0001|GLU^Glucose^L|||20250301080000|||||||||||||||||||F",
        "OBX|1|NM|2345-7^Glucose^LN||97|mg/dL|65-99||||F",
    ]
    return raw + join(tail, dialect) if head else raw


def frame(raw: bytes) -> bytes:
    """The MLLP block: VT, content, FS, CR."""
    return b"\x0b" + raw + b"\x1c\r"
