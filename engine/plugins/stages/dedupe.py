"""dedupe: is the same report here already."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from engine.domain import fingerprint
from engine.domain.dossier import Dossier
from engine.domain.history import History
from engine.domain.message import MessageState
from engine.domain.outcome import Continue, Duplicate, Outcome
from engine.domain.reasons import Reason, merge, reason
from engine.domain.version import TAKEN_BACK, OrderVersion
from engine.mapping import identities, retractions_out, versions_out
from engine.mapping.identities import Print
from engine.ports.observe import Observer
from engine.ports.plugin import Kind, Plugin, Settings
from engine.ports.stage import FingerprintLookup, StageContext, StageServices
from engine.ports.store import Fingerprint, FingerprintOwner

_CORRECTED = frozenset({"C", "M"})
_GONE = frozenset({MessageState.WITHDRAWN, MessageState.FILTERED})


class DedupeSettings(Settings):
    """Recognise a report that came before, under whatever control id or door."""


class Dedupe:
    """The dedupe stage. Its fingerprints are claimed in the transaction that queues the deliveries.

    Each version of an order claims the next free place of the order's history, so that two messages that arrive at
    once cannot both believe they are the newest: one of them finds the place taken and looks again.
    """

    checkpoint = False

    def __init__(self, lookup: FingerprintLookup, observer: Observer) -> None:
        self._lookup = lookup
        self._observer = observer

    async def run(self, dossier: Dossier, context: StageContext) -> Outcome:
        """Compare with what came before; a repeat ends here, a contradiction or a late old version goes to a person."""
        dossier = retractions_out.cancel(dossier)
        prints, versions = identities.all_of(dossier), await self._versions(dossier)
        specimens, likes = _specimens(versions), identities.likenesses(dossier)
        own = [value for kind, value in prints if kind == versions_out.ALIAS]
        everyone = await self._owners([*prints, *specimens], [*own, *(item.key for item in versions)], likes)
        owners = [item for item in everyone if item.message_id != context.message_id and _print_of(item) in prints]
        taken = {_print_of(owner) for owner in owners}
        histories = [_history(item, everyone, context) for item in versions]
        free = tuple(item for item in prints if item not in taken)
        is_repeat = bool(taken) and identities.is_repeat(dossier, taken)
        repeated = owners[0].message_id if is_repeat else _said_before(prints, histories)
        if repeated and not any(item.goes_back_to(repeated) for item in histories):
            shown = tuple(item.version for item in histories)
            return Duplicate(replace(dossier, fingerprints=free, versions=shown), repeated)
        foreign = {_print_of(item) for item in everyone if item.message_id != context.message_id}
        claimed = (
            *free,
            *(item for item in (*specimens, *likes) if item not in foreign),
            *(place for item in histories for place in _places(item.version, everyone, context)),
        )
        doubts = (*_doubts(dossier, histories, taken, repeated), *_moved(versions, everyone, context))
        doubts = (*doubts, *_replaced_before(own, everyone, context))
        doubts = doubts or _likely_known(likes, everyone, histories, context)
        found = _placed(replace(dossier, fingerprints=claimed), histories, doubts)
        found = replace(found, reasons=merge(found.reasons, _elsewhere(found, everyone, context)))
        self._tell(found, context)
        return Continue(found)

    async def _owners(
        self, prints: Iterable[Print], keys: Sequence[str] = (), likes: Sequence[Print] = ()
    ) -> list[FingerprintOwner]:
        """Who has one of these, a place in the histories of these keys, or a report like one of those."""
        asked = [Fingerprint(kind=kind, value=value) for kind, value in prints]
        asked += [Fingerprint(kind=versions_out.PLACE, value=f"{key}:", is_begin=True) for key in keys]
        asked += [Fingerprint(kind=kind, value=f"{value.split(':')[0]}:", is_begin=True) for kind, value in likes]
        found = await self._lookup.find_fingerprints(asked) if asked else []
        return [item for item in found if item.state not in _GONE]

    async def _versions(self, dossier: Dossier) -> Sequence[OrderVersion]:
        """What the orders say; a document's history goes by its first number, however often it was replaced."""
        patient, inbound = identities.patient_key(dossier), dossier.inbound
        number = versions_out.history_number(inbound) if inbound else ""
        if not number:
            return versions_out.versions(dossier, patient)
        own = versions_out.document_key(dossier, number, patient)
        for owner in await self._owners([(versions_out.ALIAS, own)]):
            own = next((item.key for item in versions_out.loads(owner.detail) if not item.order_index), own)
        return versions_out.versions(dossier, patient, own)

    def _tell(self, dossier: Dossier, context: StageContext) -> None:
        """An alert for the operator: results were withdrawn; W may mean that they are another patient's."""
        statuses = sorted({one.status for item in dossier.versions for one in item.results} & TAKEN_BACK)
        if any(item.code == "result.withdrawn" for item in dossier.reasons):
            self._observer.note(
                "dedupe.result_withdrawn",
                level="warning",
                channel=context.channel,
                message_id=context.message_id,
                reason="".join(statuses) or None,
            )

    async def close(self) -> None:
        """Nothing is held."""


def _print_of(owner: FingerprintOwner) -> Print:
    return owner.fingerprint.kind, owner.fingerprint.value


def _history(version: OrderVersion, owners: Sequence[FingerprintOwner], context: StageContext) -> History:
    """The other versions of an order, and the place this one has or takes."""
    held = _held(version, owners)
    first = {owner.message_id: place for place, owner in sorted(held.items(), reverse=True)}
    number = first.pop(context.message_id, max(held, default=-1) + 1)
    theirs = {place: held[place] for place in sorted(first.values())}
    others = tuple(
        (owner.message_id, replace(item, number=place))
        for place, owner in theirs.items()
        for item in versions_out.loads(owner.detail)
        if item.key == version.key
    )
    wholes = {
        str(owner.message_id): versions_out.loads(owner.detail)
        for owner in theirs.values()
        if versions_out.is_all(owner.detail)
    }
    return History(version=replace(version, number=number), others=others, wholes=wholes)


def _places(version: OrderVersion, owners: Sequence[FingerprintOwner], context: StageContext) -> list[Print]:
    """The place of a version; with the next one when it had its own before.

    A message that is run again decides anew whether it is the newest: it competes with one that arrives meanwhile.
    """
    held = _held(version, owners)
    numbers = {version.number}
    if any(owner.message_id == context.message_id for owner in held.values()):
        numbers.add(max(held) + 1)
    return [(versions_out.PLACE, f"{version.key}:{number}") for number in sorted(numbers)]


def _held(version: OrderVersion, owners: Iterable[FingerprintOwner]) -> dict[int, FingerprintOwner]:
    """The owners of places of this history, by place."""
    found = {}
    for owner in owners:
        key, _, number = owner.fingerprint.value.partition(":")
        if owner.fingerprint.kind == versions_out.PLACE and key == version.key:
            found[int(number)] = owner
    return found


def _specimens(versions: Sequence[OrderVersion]) -> list[Print]:
    """Claimed by the first certain patient an order came for."""
    return [(versions_out.SPECIMEN, item.specimen) for item in versions if item.specimen and item.patient]


def _moved(
    versions: Sequence[OrderVersion], everyone: Sequence[FingerprintOwner], context: StageContext
) -> list[Reason]:
    """The same order with the same specimen came for somebody else before: the laboratory moved it, or mixed it up."""
    for owner in everyone:
        if owner.fingerprint.kind != versions_out.SPECIMEN or owner.message_id == context.message_id:
            continue
        known = [item for item in versions_out.loads(owner.detail) if item.specimen == owner.fingerprint.value]
        mine = [item for item in versions if item.specimen == owner.fingerprint.value]
        if {item.patient for item in known} != {item.patient for item in mine}:
            text = f"This order came for another patient before: message {owner.message_id}. Take it back there first."
            return [reason("patient.conflict", text, "order")]
    return []


def _elsewhere(dossier: Dossier, everyone: Sequence[FingerprintOwner], context: StageContext) -> list[Reason]:
    """Older versions that another channel took to receivers of its own: they keep what this one corrects."""
    older = {item.message_id for item in dossier.older}
    others = {item.message_id: item.channel for item in everyone if item.channel not in ("", context.channel)}
    return [
        reason("version.elsewhere", f"Message {owner} went out through channel {channel}.", "report")
        for owner, channel in others.items()
        if owner in older
    ][:1]


def _replaced_before(
    own: Sequence[str], everyone: Sequence[FingerprintOwner], context: StageContext
) -> tuple[Reason, ...]:
    """A replacement came before the replaced document: that one has a history of its own, and this one is late."""
    for owner in everyone:
        key = owner.fingerprint.value.partition(":")[0]
        if owner.fingerprint.kind == versions_out.PLACE and key in own and owner.message_id != context.message_id:
            text = f"A document that replaces this one is already here: message {owner.message_id}."
            return (reason("version.stale", text, "TXA-12"),)
    return ()


def _likely_known(
    likes: Sequence[Print],
    everyone: Sequence[FingerprintOwner],
    histories: Sequence[History],
    context: StageContext,
) -> tuple[Reason, ...]:
    """A report that differs from an earlier one only in what one of the two does not say, under another order."""
    known = {context.message_id, *(owner for item in histories for owner, _ in item.others)}
    for owner in everyone:
        mine = [value for kind, value in likes if kind == owner.fingerprint.kind]
        if owner.message_id in known or not any(fingerprint.is_like(item, owner.fingerprint.value) for item in mine):
            continue
        text = f"Probably the report of message {owner.message_id}: one of the two lacks its number or its hour."
        return (reason("duplicate.conflict", text, "report"),)
    return ()


def _said_before(prints: Sequence[Print], histories: Sequence[History]) -> str:
    """The message this one repeats when neither brings content: a cancellation that comes twice."""
    if prints or not histories:
        return ""
    said = [item.repeats for item in histories]
    return said[0] if all(said) else ""


def _doubts(
    dossier: Dossier, histories: Sequence[History], taken: Collection[Print], repeated: str
) -> tuple[Reason, ...]:
    """What of the history only a person can decide."""
    found: list[Reason] = []
    corrected = bool(histories) and all(item.is_newest and item.version.status in _CORRECTED for item in histories)
    if not corrected and any(identities.contradicts(report, dossier, taken) for report in dossier.reports):
        found.append(reason("duplicate.conflict", field="report"))
    for history in histories:
        place = f"OBR[{history.version.order_index + 1}]"
        if history.newer:
            text = f"A newer version of this report is already here: message {history.newer[0]}."
            found.append(reason("version.stale", text, place))
        unsure = repeated and not history.is_newest and history.goes_back_to(repeated)
        if (history.is_contradicted or unsure) and not found:
            found.append(reason("duplicate.conflict", field=place))
    return tuple(found)


def _placed(dossier: Dossier, histories: Sequence[History], doubts: Sequence[Reason]) -> Dossier:
    """The dossier with its place in the histories; what is stale takes nothing back and replaces nothing."""
    if any(item.code in ("version.stale", "patient.conflict") for item in doubts):
        versions = tuple(item.version for item in histories)
        return replace(dossier, versions=versions, reasons=merge(dossier.reasons, doubts))
    found = retractions_out.apply(dossier, histories)
    return replace(found, reasons=merge(found.reasons, doubts))


def _build(_settings: DedupeSettings, services: StageServices) -> Any:
    return Dedupe(services.fingerprints, services.observer)


PLUGIN = Plugin(
    kind=Kind.STAGE,
    name="dedupe",
    settings=DedupeSettings,
    build=_build,
    summary="Recognises a report that came before and links it to the first.",
    guarantees="A new status (P, F, C) is never a repeat; equal identity with other values, and a late older version, "
    "go to a person.",
)
