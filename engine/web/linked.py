"""What belongs to a message: its dossier, and the other messages it is linked to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain.dossier import Dossier
from engine.domain.message import MessageId
from engine.domain.version import OrderVersion, compare, overwrites
from engine.mapping import versions_out
from engine.pipeline import codec
from engine.ports.observe import Observer
from engine.ports.store import Fingerprint, FingerprintOwner, MessageDetail, MessageQuery, MessageView, Store

VERSIONS_MAX = 50
RELATIONS = ("duplicate_of", "repeated_by", "supersedes", "same_report", "newer", "older", "adds_to")


@dataclass(frozen=True, slots=True)
class Linked:
    """A linked message and how.

    `duplicate_of` what this one repeats, `repeated_by` what repeats it, `supersedes` what it replaces, `same_report`
    what has the same identity; of the same order: `newer` and `older` versions of its results, and `adds_to` where
    other results are told.
    """

    view: MessageView
    relations: tuple[str, ...]


def dossier_of(detail: MessageDetail, observer: Observer) -> Dossier:
    """The message's dossier; an empty one when an older release wrote it in a form this one cannot read."""
    try:
        return codec.decode(detail.dossier)
    except codec.DossierError:
        observer.note("web.dossier_unreadable", level="warning", message_id=detail.message.id)
        return Dossier()


async def versions(store: Store, detail: MessageDetail, dossier: Dossier) -> list[Linked]:
    """Messages linked to this one, newest first: what it repeats, what it replaces, all versions of its orders."""
    relations: dict[str, list[str]] = {}
    if detail.message.duplicate_of:
        relations.setdefault(detail.message.duplicate_of, []).append("duplicate_of")
    if dossier.supersedes:
        relations.setdefault(dossier.supersedes, []).append("supersedes")
    asked = [Fingerprint(kind=kind, value=value) for kind, value in dossier.fingerprints]
    asked += [Fingerprint(kind=versions_out.PLACE, value=f"{item.key}:", is_begin=True) for item in dossier.versions]
    for owner in await store.find_fingerprints(asked) if asked else ():
        names = relations.setdefault(owner.message_id, [])
        names += [name for name in _related(owner, dossier.versions) if name not in names]
    relations.pop(detail.message.id, None)
    found = [Linked(other.message, tuple(names)) for other, names in await _fetch(store, relations)]
    repeats = MessageQuery(metadata={"duplicate_of": detail.message.id}, limit=VERSIONS_MAX)
    found += [
        Linked(view, ("repeated_by",))
        for view in await store.search(repeats)
        if view.duplicate_of == detail.message.id and view.id not in relations  # a replay may have found otherwise
    ]
    return sorted(found, key=lambda item: item.view.sequence, reverse=True)


def _related(owner: FingerprintOwner, mine: Sequence[OrderVersion]) -> list[str]:
    """How the owner of a fingerprint stands to this message."""
    if owner.fingerprint.kind != versions_out.PLACE:
        return ["same_report"]
    theirs = {item.key: item for item in versions_out.loads(owner.detail)}
    return [_by_age(theirs[item.key], item) for item in mine if item.key in theirs]


def _by_age(other: OrderVersion, mine: OrderVersion) -> str:
    is_newer = compare(other, mine) > 0
    older, newer = (mine, other) if is_newer else (other, mine)
    if not overwrites(older, newer):
        return "adds_to"
    return "newer" if is_newer else "older"


async def _fetch(store: Store, relations: dict[str, list[str]]) -> list[tuple[MessageDetail, list[str]]]:
    found = []
    for message_id, names in list(relations.items())[:VERSIONS_MAX]:
        other = await store.get(MessageId(message_id))
        if other is not None:
            found.append((other, names))
    return found
