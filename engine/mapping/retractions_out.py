"""How a message takes back what earlier versions said: by a status, by a cancelled order, by replacing a document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from engine.domain.dossier import Dossier
from engine.domain.history import History, overtaken
from engine.domain.order import Inbound, Order, OrderNumber
from engine.domain.reasons import merge, reason
from engine.domain.version import (
    CANCELLED,
    TAKEN_BACK,
    OrderVersion,
    Retraction,
    SentResult,
    newest,
    standing,
    withdrawals,
)
from engine.mapping.versions_out import CANCELS, EDITS, REPLACEMENTS

_CORRECTED = "C"
_DELETED = "D"
_WRONG = "W"
_FINAL = frozenset({"F", "C"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """A version after its history was looked at.

    Attributes:
        version: with what it takes back among its results.
        retractions: the OBX that take it back; what the message itself says so is not repeated.
        statuses: by which results are taken back (`D W X`), empty for an ordinary version.
    """

    version: OrderVersion
    retractions: tuple[Retraction, ...]
    statuses: frozenset[str]


def revise(version: OrderVersion, earlier: Sequence[OrderVersion], dossier: Dossier) -> Revised:
    """Find what a version takes back of the earlier ones (all older than it)."""
    before = standing(earlier)
    gone = [item for item in version.results if item.is_read and item.status in TAKEN_BACK]
    gone += _silently(version, before, dossier)
    retractions = tuple(
        Retraction(order_index=version.order_index, code=item.code, sub_id=item.sub_id, status=item.status)
        for item in gone
    )
    known = version.identities
    whole = replace(version, results=(*version.results, *(item for item in gone if item.identity not in known)))
    return Revised(version=whole, retractions=retractions, statuses=withdrawals(whole, before))


def _silently(version: OrderVersion, before: Sequence[SentResult], dossier: Dossier) -> list[SentResult]:
    """What stood before and this version takes back without naming it."""
    inbound = dossier.inbound or Inbound(kind="")
    named = version.identities
    rest = [item for item in before if item.identity not in named]
    if inbound.message_type in CANCELS:
        return _taken_back(rest, _WRONG)
    if version.status == CANCELLED and not version.results:
        return _taken_back(rest, CANCELLED)
    documents = [item for item in version.results if item.is_read]
    if documents and all(item.status in TAKEN_BACK for item in documents):
        return _taken_back([item for item in rest if item.is_read], documents[0].status)
    read_again = any(report.results for report in dossier.reports)
    if inbound.message_type in (*REPLACEMENTS, *EDITS) and read_again:
        return _taken_back([item for item in rest if item.is_read], _DELETED)
    return []


def _taken_back(items: Sequence[SentResult], status: str) -> list[SentResult]:
    return [replace(item, status=status, said=status) for item in items]


def cancel(dossier: Dossier) -> Dossier:
    """A cancelled document (MDM^T11): whatever comes with it is what is taken back, nothing new."""
    inbound = dossier.inbound
    if inbound is None or inbound.message_type not in CANCELS:
        return dossier
    orders = tuple(replace(order, report_status=CANCELLED, observations=()) for order in inbound.orders)
    documents = tuple(replace(item, status=_WRONG) for item in dossier.documents)
    return replace(dossier, inbound=replace(inbound, orders=orders), documents=documents)


def apply(dossier: Dossier, histories: Sequence[History]) -> Dossier:
    """The dossier with its versions, what it replaces, what it takes back and why a person must know of that."""
    versions: list[OrderVersion] = []
    retractions: list[Retraction] = []
    reasons = list(dossier.reasons)
    for history in histories:
        last = newest(history.older)
        revised = revise(history.version, history.older, dossier)
        versions.append(revised.version)
        retractions += revised.retractions
        if revised.statuses:
            reasons.append(reason("result.withdrawn", field=f"OBR[{history.version.order_index + 1}]"))
        if last is not None:
            dossier = follow(dossier, history.version, last)
    if retractions and not dossier.documents:  # a cancelled order brings no result, and that says something now
        reasons = [item for item in reasons if item.code != "extraction.no_results"]
    return replace(
        dossier,
        older=overtaken(histories, versions),
        versions=tuple(versions),
        retractions=tuple(retractions),
        supersedes=next((item.replaced for item in histories if item.replaced), ""),
        reasons=merge(reasons),
    )


def follow(dossier: Dossier, version: OrderVersion, earlier: OrderVersion) -> Dossier:
    """The order under the numbers it left with before; an edited or replaced final document is a correction.

    A replacement has a number of its own, and a cancellation may bring nothing but the document's number.
    """
    inbound = dossier.inbound
    if inbound is None or inbound.kind != "MDM":
        return dossier
    orders = list(inbound.orders)
    orders[version.order_index] = _followed(orders[version.order_index], inbound, earlier)
    return replace(dossier, inbound=replace(inbound, orders=tuple(orders)))


def _followed(order: Order, inbound: Inbound, earlier: OrderVersion) -> Order:
    corrects = inbound.message_type in (*REPLACEMENTS, *EDITS) and earlier.status in _FINAL
    status = _CORRECTED if corrects and order.report_status in ("", *_FINAL) else order.report_status
    return replace(
        order,
        report_status=status,
        placer_order_number=_number(earlier.placer) if earlier.placer else order.placer_order_number,
        filler_order_number=_number(earlier.filler) if earlier.filler else order.filler_order_number,
    )


def _number(er7: str) -> OrderNumber:
    number, _, namespace = er7.partition("^")
    return OrderNumber(number=number, namespace=namespace.partition("^")[0], er7=er7)
