"""What the orders of a message say, result by result as it would leave, for comparing with their other versions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from engine.domain.document import Document
from engine.domain.dossier import Dossier
from engine.domain.order import Inbound, Order
from engine.domain.patient import Decision
from engine.domain.report import LabReport
from engine.domain.version import TAKEN_BACK, OrderVersion, SentResult, digest, latest_status
from engine.mapping import numbers_out, result_out

REPLACEMENTS = frozenset({"MDM^T09", "MDM^T10"})
EDITS = frozenset({"MDM^T07", "MDM^T08"})
CANCELS = frozenset({"MDM^T11"})
ORIGINAL = "11502-2^Laboratory report^LN"
"""OBX-3 of a document as it leaves."""
ALIAS = "document_number"
"""Kind of the fingerprint that leads from a replacement's own number to the history it belongs to."""
PLACE = "order"
"""Kind of the fingerprints that are the places of a history: its key, a colon, the place from 0."""
SPECIMEN = "specimen"
"""Kind of the fingerprint that knows whose an order with its specimen was first."""
_DAY = 8
_SAID = 12
_TAIL = 12


def document_key(dossier: Dossier, number: str, patient: str) -> str:
    """The key of a document's history, by its number (TXA-12)."""
    return digest("document", _facility(dossier.inbound), number, patient)


def history_number(inbound: Inbound) -> str:
    """The document number (TXA-12) under which an MDM's history is kept; a replacement names its parent (TXA-13)."""
    if inbound.kind != "MDM":
        return ""
    parent = inbound.parent_document_number if inbound.message_type in REPLACEMENTS else ""
    return parent or inbound.document_number


def versions(dossier: Dossier, patient: str, document: str = "") -> tuple[OrderVersion, ...]:
    """One version for each order that names itself; an order without any number has no history.

    Args:
        dossier: as the stages before left it.
        patient: whose it is; the same order of two patients has two histories.
        document: the key of the history that an MDM's document belongs to.
    """
    inbound = dossier.inbound
    if inbound is None:
        return ()
    found: dict[str, OrderVersion] = {}
    for index, order in enumerate(inbound.orders):
        own = reports_of(index, dossier)
        key = document if document and not index else _key(order, inbound, own, patient)
        if key:
            while key in found:
                key = digest(key, "again")
            found[key] = _version(key, index, order, dossier, own)
    return tuple(found.values())


def _facility(inbound: Inbound | None) -> str:
    return (inbound.sending_facility or inbound.sending_application) if inbound else ""


def _key(order: Order, inbound: Inbound, own: Sequence[LabReport], patient: str) -> str:
    """Filler number, else placer number, else the lab's own number on the page.

    Source: HL7 v2.5.1 OBR-3; senders leave the namespace out, so sender, service and patient stand beside it.
    """
    about = (_facility(inbound), order.service.code or order.service.text, patient)
    for kind, number in (("filler", order.filler_order_number), ("placer", order.placer_order_number)):
        if number.number:
            return digest(kind, number.number, number.namespace, *about)
    accession = next((item.lab.accession for item in own if item.lab.accession), "")
    return digest("accession", accession, *about) if accession else ""


def _specimen(order: Order, inbound: Inbound) -> str:
    """The order by its number and the day of collection: numbers are used again, but not for one day's specimens."""
    number = order.filler_order_number
    if not number.number or len(order.collected_at) < _DAY:
        return ""
    about = (_facility(inbound), order.service.code or order.service.text, order.collected_at[:_DAY])
    return digest("specimen", number.number, number.namespace, *about)


def _certain(dossier: Dossier) -> str:
    match = dossier.patient
    if match is None or match.decision is not Decision.MATCH or match.record is None:
        return ""
    return digest("patient", *match.record.key)


def _version(key: str, index: int, order: Order, dossier: Dossier, own: Sequence[LabReport]) -> OrderVersion:
    documents = [item for item in dossier.documents if item.order_index == index]
    numbers = numbers_out.for_order(order, dossier, own, documents)
    header = own[0].report if own else None
    return OrderVersion(
        key=key,
        order_index=index,
        placer=numbers.placer,
        filler=numbers.filler,
        reported_at=order.reported_at or (header.reported_at if header else ""),
        message_time=dossier.inbound.message_time if dossier.inbound else "",
        status=latest_status(order.report_status, header.status if header else ""),
        results=(*_discrete(order), *_read(order, own, documents)),
        patient=_certain(dossier),
        specimen=_specimen(order, dossier.inbound) if dossier.inbound else "",
    )


def reports_of(order_index: int, dossier: Dossier) -> tuple[LabReport, ...]:
    """What was read from an order's documents; a file that comes with several orders is read for the first."""
    own = dict.fromkeys(item.sha256 for item in dossier.documents if item.order_index == order_index)
    first = {item.sha256: item.order_index for item in reversed(dossier.documents)}
    read = [dossier.report_on(sha256) for sha256 in own if first[sha256] == order_index]
    return tuple(report for report in read if report is not None)


def _discrete(order: Order) -> Iterable[SentResult]:
    for item in order.observations:
        fields = [*item.er7.split("|"), *[""] * 7]
        status = item.status if item.status in TAKEN_BACK else ""
        yield SentResult(
            code="^".join(fields[3].split("^")[:3]),
            sub_id=fields[4],
            said=digest(fields[5], fields[6], status)[:_SAID],
            status=item.status,
        )


def _read(order: Order, own: Sequence[LabReport], documents: Sequence[Document]) -> Iterable[SentResult]:
    """Results of the pages, and the documents themselves, under the identities they leave with."""
    statuses = {item.sha256: item.status for item in documents if item.status in TAKEN_BACK}
    for item in result_out.numbered(own, order):
        status = statuses.get(item.report.document.sha256, "")
        code = result_out.code_parts(item.result)
        said = digest(item.result.value, item.result.unit, status)[:_SAID]
        yield SentResult(code="^".join(code), sub_id=item.sub_id, said=said, status=status, is_read=True)
    for number, sha256 in enumerate(dict.fromkeys(item.sha256 for item in documents), start=1):
        status = statuses.get(sha256, "")
        yield SentResult(code=ORIGINAL, sub_id=str(number), said=status, status=status, is_read=True)


def says_all(dossier: Dossier) -> bool:
    """Whether the versions hold everything the message says: every order of it has one."""
    return dossier.inbound is not None and len(dossier.versions) == len(dossier.inbound.orders)


def dumps(found: Sequence[OrderVersion], *, is_all: bool = False) -> str:
    """As JSON, to be kept beside the fingerprints; `is_all` when the message says nothing else."""
    if not found:
        return "{}"
    orders = [
        {
            "key": item.key, "number": item.number, "order_index": item.order_index, "placer": item.placer,
            "filler": item.filler, "reported_at": item.reported_at, "message_time": item.message_time,
            "status": item.status, "patient": item.patient, "specimen": item.specimen,
            "results": [[one.code, one.sub_id, one.said, one.status, int(one.is_read)] for one in item.results],
        }
        for item in found
    ]  # fmt: skip
    return json.dumps({"orders": orders, "is_all": int(is_all)}, separators=(",", ":"), ensure_ascii=False)


def is_all(text: str) -> bool:
    """Whether the message said nothing but what `loads` gives."""
    return '"is_all":1' in text[-_TAIL:]


def loads(text: str) -> tuple[OrderVersion, ...]:
    """What `dumps` wrote; anything else (an older release's) is no version."""
    try:
        return tuple(_loaded(item) for item in json.loads(text).get("orders", ()))
    except (ValueError, TypeError, AttributeError, KeyError):
        return ()


def _loaded(item: dict[str, object]) -> OrderVersion:
    rows = item.pop("results")
    made = OrderVersion(**item)  # type: ignore[arg-type]  # as written by `dumps`
    if not isinstance(rows, list):
        raise TypeError("results")
    results = tuple(
        SentResult(code=code, sub_id=sub_id, said=said, status=status, is_read=bool(is_read))
        for code, sub_id, said, status, is_read in rows
    )
    return replace(made, results=results)
